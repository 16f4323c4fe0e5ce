//! `GET /admin`: what needs somebody, then how much, how fast, where, who.

use axum::extract::Query;
use axum::response::Response;
use http::{StatusCode, Uri};
use serde::Deserialize;
use time::OffsetDateTime;

use super::super::super::context::Context;
use super::super::health::day;
use super::super::{chrome, render};
use super::guard::{Desk, Refused, enter};
use super::trail::who;
use super::words;
use crate::domain::{Lang, Problem};
use crate::lane_a::desk::acts::Permission;
use crate::lane_a::desk::{self, Figures, METHODS, NodeView, Range, Series, UpstreamView};
use crate::views::desk::{
    Bar, ChangeRow, Chart, MethodSeries, NodeLine, OverviewPage, RangeLink, ReasonRow, StripCell,
    UpstreamLine,
};
use crate::views::{Words, grouped};

#[derive(Deserialize)]
pub struct OverviewQuery {
    #[serde(default)]
    range: String,
}

/// `GET /admin?range=`
pub async fn show(
    context: Context,
    here: Uri,
    Query(query): Query<OverviewQuery>,
) -> Result<Response, Refused> {
    let desk = enter(&context, &here, Permission::TenantsRead).await?;
    let page = page(&context, &desk, Range::parse(&query.range)).await?;
    Ok(render(&context, StatusCode::OK, &page))
}

async fn page(context: &Context, desk: &Desk<'_>, range: Range) -> Result<OverviewPage, Problem> {
    let (core, tenant) = (&context.core, &context.site.tenant);
    let mut frame = desk.frame(context, "overview");
    let (works, trail) = (frame.opens("upstreams"), frame.opens("trail"));
    let findings = if works {
        desk::findings(core, tenant).await?
    } else {
        Vec::new()
    };
    let series = desk::series(core, &tenant.id, range).await?;
    let nodes = desk::nodes(core).await?;
    let figures = desk::figures(core, &tenant.id).await?;
    let upstreams = if works {
        desk::upstreams(core, tenant).await?
    } else {
        Vec::new()
    };
    let changes = if trail {
        desk::changed_by_people(core, &tenant.id, 6).await?
    } else {
        Vec::new()
    };
    let bound = i64::try_from(core.config.revocation.bound.as_secs()).unwrap_or(i64::MAX);
    let lang = context.lang();
    frame.attention = u32::try_from(findings.len()).unwrap_or(u32::MAX);
    Ok(OverviewPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame,
        host: context.site.host.host.clone(),
        at: series.at,
        ranges: Range::ALL
            .map(|known| RangeLink {
                word: known.as_str(),
                key: range_key(known),
                current: known == range,
            })
            .into(),
        findings: findings.iter().map(words::of_finding).collect(),
        strip: strip(lang, &series, &figures, &nodes, bound),
        chart: chart(&series),
        chart_key: match range {
            Range::Day => "desk-by-hour",
            Range::Week => "desk-by-six-hours",
            Range::Month => "desk-by-day",
        },
        upstreams: upstreams
            .iter()
            .map(|view| upstream_line(lang, view))
            .collect(),
        nodes: nodes.iter().map(|node| node_line(lang, node)).collect(),
        bound: Words::new("desk-bound").number("seconds", bound),
        reasons: reasons(lang, &series),
        failed: Words::new("desk-failed-count")
            .number("n", series.failed)
            .key("range", range_key(range)),
        changes: changes
            .iter()
            .map(|row| ChangeRow {
                who: who(row),
                kind: row.event.kind.clone(),
                target: row
                    .target_name
                    .clone()
                    .unwrap_or_else(|| kind_of(&row.event.target)),
                at: row.event.at,
                id: row.event.id.clone(),
            })
            .collect(),
    })
}

/// What an id stands for: the id itself is in the event's details.
fn kind_of(target: &str) -> String {
    let kind = target.split_once(':').map_or(target, |(kind, _)| kind);
    kind.to_owned()
}

fn range_key(range: Range) -> &'static str {
    match range {
        Range::Day => "desk-range-24h",
        Range::Week => "desk-range-7d",
        Range::Month => "desk-range-30d",
    }
}

fn strip(
    lang: Lang,
    series: &Series,
    figures: &Figures,
    nodes: &[NodeView],
    bound: i64,
) -> Vec<StripCell> {
    let cell = |key, figure: String, unit, more| StripCell {
        key,
        figure,
        unit,
        more,
    };
    let p99 = nodes.iter().filter_map(|node| node.row.p99_ms).max();
    let worst = nodes.iter().filter_map(|node| node.row.worst_ms).max();
    let revocation = match worst {
        Some(worst) => Words::new("desk-revocation-more").number("worst", worst),
        None => Words::new("desk-revocation-none"),
    };
    vec![
        cell(
            "desk-sign-ins",
            grouped(lang, series.worked + series.failed),
            "",
            worked(series),
        ),
        cell(
            "desk-live-sessions",
            grouped(lang, figures.sessions),
            "",
            Words::new("desk-counted-at").instant("at", figures.at),
        ),
        cell(
            "desk-revocation",
            p99.map_or_else(|| "–".into(), |ms| grouped(lang, ms)),
            if p99.is_some() { "ms" } else { "" },
            revocation.number("bound", bound),
        ),
        cell(
            "desk-users-active",
            grouped(lang, figures.active + figures.disabled),
            "",
            Words::new("desk-people-organizations")
                .number("disabled", figures.disabled)
                .number("organizations", figures.organizations)
                .instant("at", figures.at),
        ),
    ]
}

/// How many worked, and against the same time before where there is enough to compare.
fn worked(series: &Series) -> Words {
    let total = series.worked + series.failed;
    if total == 0 {
        return Words::new("desk-worked-none");
    }
    let before = series.before.0 + series.before.1;
    let words = if before < 20 {
        Words::new("desk-worked-share")
    } else {
        let key = if total >= before {
            "desk-worked-more"
        } else {
            "desk-worked-less"
        };
        Words::new(key)
            .number("change", (total - before).abs() * 100 / before)
            .key("range", range_key(series.range))
    };
    words.tenths("share", series.worked * 1000 / total)
}

fn chart(series: &Series) -> Chart {
    const KEYS: [&str; METHODS.len()] = [
        "desk-method-passkey",
        "desk-method-email-code",
        "desk-method-password",
        "desk-method-redirect",
        "desk-method-other",
    ];
    const CLASSES: [&str; METHODS.len()] = ["c-1", "c-2", "c-3", "c-4", "c-5"];
    let used: Vec<usize> = (0..METHODS.len())
        .filter(|at| series.bars.iter().any(|bar| bar.worked[*at] > 0))
        .collect();
    let mut all: Vec<MethodSeries> = used
        .iter()
        .map(|at| MethodSeries {
            class: CLASSES[*at],
            key: KEYS[*at],
        })
        .collect();
    all.push(MethodSeries {
        class: "c-bad",
        key: "desk-failed",
    });
    let bars: Vec<Bar> = series
        .bars
        .iter()
        .map(|bar| Bar {
            label: moment(series.range, bar.from, true),
            parts: used
                .iter()
                .map(|at| bar.worked[*at])
                .chain([bar.failed])
                .collect(),
        })
        .collect();
    Chart {
        series: all,
        bars,
        label: chart_label(series),
        marks: marks(series),
    }
}

/// The picture in one sentence.
fn chart_label(series: &Series) -> Words {
    let busiest = series.bars.iter().max_by_key(|bar| bar.total());
    let worst = series.bars.iter().max_by_key(|bar| bar.failed);
    let named = |from: Option<i64>| {
        from.map(|from| said_moment(series.range, from))
            .unwrap_or_default()
    };
    Words::new("desk-chart-busiest")
        .number("total", series.worked + series.failed)
        .text("at", named(busiest.map(|bar| bar.from)))
        .number("most", busiest.map_or(0, desk::Bar::total))
        .number("failed", series.failed)
        .text("worst", named(worst.map(|bar| bar.from)))
}

/// Every few bars a mark, and "now" under the last.
fn marks(series: &Series) -> Vec<Words> {
    let every = match series.range {
        Range::Day | Range::Week => 4,
        Range::Month => 5,
    };
    let mut marks: Vec<Words> = series
        .bars
        .iter()
        .step_by(every)
        .map(|bar| moment(series.range, bar.from, false))
        .collect();
    marks.push(Words::new("desk-chart-now"));
    marks
}

/// When a bar begins: the hour within a day, else the day.
fn moment(range: Range, from: i64, exact: bool) -> Words {
    let Ok(at) = OffsetDateTime::from_unix_timestamp(from / 1000) else {
        return Words::own("");
    };
    if range == Range::Day || (exact && range == Range::Week) {
        let clock = format!("{:02}:{:02}", at.hour(), at.minute());
        if range == Range::Day {
            return Words::new("desk-clock").text("time", clock);
        }
        return Words::own(format!(
            "{}-{:02}-{:02} {clock}",
            at.year(),
            u8::from(at.month()),
            at.day()
        ));
    }
    day(from)
}

fn said_moment(range: Range, from: i64) -> String {
    let Ok(at) = OffsetDateTime::from_unix_timestamp(from / 1000) else {
        return String::new();
    };
    let (date, clock) = (
        at.date(),
        format!("{:02}:{:02} UTC", at.hour(), at.minute()),
    );
    match range {
        Range::Day => clock,
        Range::Week => format!("{date} {clock}"),
        Range::Month => date.to_string(),
    }
}

fn upstream_line(lang: Lang, view: &UpstreamView) -> UpstreamLine {
    UpstreamLine {
        label: view.row.label(),
        slug: view.row.slug.clone(),
        role: words::of_role(view.row.role),
        state: words::of_upstream(view),
        since: view.probe.as_ref().map(|probe| probe.since),
        probed: view.probe.as_ref().map(|probe| probe.probed_at),
        took: view.probe.as_ref().map_or_else(
            || "–".into(),
            |probe| format!("{} ms", grouped(lang, probe.took_ms)),
        ),
    }
}

fn node_line(lang: Lang, node: &NodeView) -> NodeLine {
    let (state, more) = words::of_trust(node.trust);
    let ms = |delay: Option<i64>| {
        delay.map_or_else(|| "–".into(), |ms| format!("{} ms", grouped(lang, ms)))
    };
    NodeLine {
        name: node.row.name.clone(),
        state,
        more,
        seen: node.row.seen_at,
        p50: ms(node.row.p50_ms),
        p99: ms(node.row.p99_ms),
        heard: grouped(lang, node.row.heard),
    }
}

fn reasons(lang: Lang, series: &Series) -> Vec<ReasonRow> {
    let most = series.reasons.first().map_or(1, |(_, n)| (*n).max(1));
    series
        .reasons
        .iter()
        .take(6)
        .map(|((method, reason), n)| ReasonRow {
            words: words::of_reason(method, reason),
            shown: grouped(lang, *n),
            share: u32::try_from((n * 100 / most).max(1)).unwrap_or(100),
            class: if words::is_trouble(reason) {
                "c-bad"
            } else {
                "c-idle"
            },
        })
        .collect()
}
