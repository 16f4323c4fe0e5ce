//! How it goes with a connection, as pages show it to whoever sets it up.

use time::OffsetDateTime;

use super::test_login::row_for;
use crate::domain::Lang;
use crate::lane_b::health::{Day, Health};
use crate::views::Words;
use crate::views::desk::{Bar, Chart, MethodSeries};
use crate::views::setup::{CauseRow, EndingRow, HealthView};

const DAY_MS: i64 = 24 * 3_600_000;
/// Bars of the chart: four weeks.
const SHOWN: i64 = 28;
/// One mark below the bars for so many of them.
const EVERY: usize = 7;

/// Months as charts name a day in them.
const DAYS: [&str; 12] = [
    "desk-day-1",
    "desk-day-2",
    "desk-day-3",
    "desk-day-4",
    "desk-day-5",
    "desk-day-6",
    "desk-day-7",
    "desk-day-8",
    "desk-day-9",
    "desk-day-10",
    "desk-day-11",
    "desk-day-12",
];

/// What a page shows of it.
pub(super) fn shown(lang: Lang, now: i64, known: Health) -> HealthView {
    HealthView {
        looked: known.looked_at,
        checks: known
            .findings
            .into_iter()
            .map(|check| row_for(lang, check))
            .collect(),
        chart: chart(now, &known.days),
        causes: known
            .causes
            .into_iter()
            .map(|cause| CauseRow::new(cause.code, cause.n, cause.last_at))
            .collect(),
        endings: known
            .endings
            .into_iter()
            .map(|ending| EndingRow {
                secret: ending.what == "client_secret",
                name: ending.name,
                at: ending.at,
            })
            .collect(),
    }
}

fn chart(now: i64, days: &[Day]) -> Chart {
    let today = now - now.rem_euclid(DAY_MS);
    let first = today - (SHOWN - 1) * DAY_MS;
    let of = |at: i64| days.iter().find(|day| day.day == at);
    let bars = (0..SHOWN).map(|n| first + n * DAY_MS).map(|at| Bar {
        label: day(at),
        parts: of(at).map_or_else(|| vec![0, 0], |one| vec![one.worked, one.failed]),
    });
    let bars: Vec<Bar> = bars.collect();
    let sum = |place: usize| bars.iter().map(|bar| bar.parts[place]).sum();
    let (worked, failed): (i64, i64) = (sum(0), sum(1));
    let mut marks: Vec<Words> = bars
        .iter()
        .step_by(EVERY)
        .map(|bar| bar.label.clone())
        .collect();
    marks.push(Words::new("desk-chart-now"));
    Chart {
        series: vec![
            MethodSeries {
                class: "c-1",
                key: "setup-health-worked",
            },
            MethodSeries {
                class: "c-bad",
                key: "setup-health-failed",
            },
        ],
        label: Words::new("setup-health-chart")
            .number("worked", worked)
            .number("failed", failed),
        bars,
        marks,
    }
}

/// A day as charts name it.
pub(super) fn day(at: i64) -> Words {
    let Ok(at) = OffsetDateTime::from_unix_timestamp(at / 1000) else {
        return Words::own("");
    };
    let key = DAYS[usize::from(u8::from(at.month())) - 1];
    Words::new(key).text("day", at.day().to_string())
}

#[cfg(test)]
mod tests {
    use super::{DAY_MS, Day, chart};

    #[test]
    fn days_on_which_nothing_happened_are_bars_too() {
        let today = 20_000 * DAY_MS;
        let day = |ago: i64, worked, failed| Day {
            day: today - ago * DAY_MS,
            worked,
            failed,
        };
        // What is older than the chart is not in it.
        let drawn = chart(today + 5, &[day(29, 7, 7), day(27, 3, 0), day(0, 1, 2)]);
        let parts: Vec<&[i64]> = drawn.bars.iter().map(|bar| bar.parts.as_slice()).collect();
        assert_eq!(parts.len(), 28);
        assert_eq!(
            (parts[0], parts[1], parts[27]),
            (&[3, 0][..], &[0, 0][..], &[1, 2][..])
        );
        assert_eq!(drawn.marks.len(), 5);
        assert!(chart(today, &[]).is_empty());
    }
}
