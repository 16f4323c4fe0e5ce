//! Stacked bars as paths, with everything that must be said about them in words.

use super::super::words::Words;

/// One bar: what is under it, lowest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// Beside the number in the table.
    pub label: Words,
    /// One number per series.
    pub parts: Vec<i64>,
}

impl Bar {
    fn total(&self) -> i64 {
        self.parts.iter().sum()
    }
}

/// What one colour stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodSeries {
    /// Class of its colour.
    pub class: &'static str,
    /// Key of its name.
    pub key: &'static str,
}

/// A chart.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Lowest first.
    pub series: Vec<MethodSeries>,
    /// Oldest first.
    pub bars: Vec<Bar>,
    /// What the picture says, for those who do not see it.
    pub label: Words,
    /// Below the bars, from first to last.
    pub marks: Vec<Words>,
}

const WIDTH: i64 = 10;

impl Chart {
    /// Everything is zero: there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.bars.iter().all(|bar| bar.total() == 0)
    }

    /// The picture's box.
    pub fn view_box(&self) -> String {
        format!("0 0 {} 100", self.width())
    }

    fn width(&self) -> i64 {
        WIDTH * i64::try_from(self.bars.len()).unwrap_or(1)
    }

    /// The lines behind the bars.
    pub fn grid(&self) -> Vec<String> {
        let width = self.width();
        (0..=4).map(|i| format!("M0 {}H{width}", i * 25)).collect()
    }

    /// Left of the bars, highest first.
    pub fn scale(&self) -> Vec<i64> {
        let step = self.step();
        (0..=4).rev().map(|i| step * i).collect()
    }

    /// A quarter of the height: the next round number.
    fn step(&self) -> i64 {
        let most = self.bars.iter().map(Bar::total).max().unwrap_or(0);
        let least = most.max(1).div_euclid(4) + i64::from(most.max(1) % 4 != 0);
        let mut unit = 1;
        loop {
            for round in [1, 2, 5] {
                if unit * round >= least {
                    return unit * round;
                }
            }
            unit *= 10;
        }
    }

    /// One path per series, with its class.
    pub fn paths(&self) -> Vec<(&'static str, String)> {
        let full = self.step() * 4;
        let mut drawn: Vec<(&'static str, String)> = Vec::new();
        for (place, series) in self.series.iter().enumerate() {
            let mut path = String::new();
            for (at, bar) in (0i64..).zip(&self.bars) {
                let part = bar.parts.get(place).copied().unwrap_or(0);
                let below: i64 = bar.parts.iter().take(place).sum();
                if part > 0 {
                    path.push_str(&rect(at, below, part, full));
                }
            }
            if !path.is_empty() {
                drawn.push((series.class, path));
            }
        }
        drawn
    }
}

/// In thousandths, so that no rounding of machines is in the page.
fn rect(at: i64, below: i64, part: i64, full: i64) -> String {
    let height = (part * 100_000 / full).max(400);
    let top = 100_000 - below * 100_000 / full - height;
    let milli = |n: i64| format!("{}.{:03}", n / 1000, (n % 1000).abs());
    format!(
        "M{}.7 {}h6.6v{}h-6.6z",
        at * WIDTH + 1,
        milli(top.max(0)),
        milli(height)
    )
}

#[cfg(test)]
impl Chart {
    pub(crate) fn sample() -> Self {
        let bar = |hour: u8, parts: &[i64]| Bar {
            label: Words::own(format!("{hour:02}:00")),
            parts: parts.to_vec(),
        };
        Self {
            series: vec![
                MethodSeries {
                    class: "c-1",
                    key: "desk-method-passkey",
                },
                MethodSeries {
                    class: "c-2",
                    key: "desk-method-email-code",
                },
                MethodSeries {
                    class: "c-bad",
                    key: "desk-failed",
                },
            ],
            bars: vec![
                bar(7, &[420, 460, 6]),
                bar(8, &[610, 720, 10]),
                bar(9, &[0, 0, 101]),
            ],
            label: Words::own("Busiest at 08:00 UTC with 1,340."),
            marks: vec![Words::own("07:00"), Words::own("09:00")],
        }
    }

    pub(crate) fn empty_sample() -> Self {
        let mut chart = Self::sample();
        for bar in &mut chart.bars {
            bar.parts = vec![0, 0, 0];
        }
        chart
    }
}

#[cfg(test)]
mod tests {
    use super::Chart;

    #[test]
    fn the_scale_is_round_and_the_bars_stay_inside() {
        let chart = Chart::sample();
        assert_eq!(chart.scale(), [2_000, 1_500, 1_000, 500, 0]);
        assert_eq!(chart.view_box(), "0 0 30 100");
        let paths = chart.paths();
        assert_eq!(paths.len(), 3);
        assert!(
            paths[0].1.starts_with("M1.7 79.000h6.6v21.000h-6.6z"),
            "{}",
            paths[0].1
        );
        assert!(
            !paths
                .iter()
                .any(|(_, path)| path.contains('-') && path.contains(" -"))
        );
        assert!(Chart::empty_sample().is_empty() && Chart::empty_sample().paths().is_empty());
    }
}
