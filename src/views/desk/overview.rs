//! The overview: what needs somebody, then how much, how fast, where, who.

use askama::Template;

use super::super::words::Words;
use super::super::{Chrome, filters};
use super::{Chart, DeskFrame, StateWord};

/// Another range of time.
#[derive(Debug, Clone)]
pub struct RangeLink {
    /// The word in addresses.
    pub word: &'static str,
    /// Key of its name.
    pub key: &'static str,
    /// It is shown.
    pub current: bool,
}

/// Something that needs an operator.
#[derive(Debug, Clone)]
pub struct FindingRow {
    /// `bad`, `warn`, `info`, `ok`.
    pub tone: &'static str,
    /// What it is.
    pub title: Words,
    /// Since when, what it means.
    pub detail: Words,
    /// Where to go on, with the key of the button.
    pub go: Option<(String, &'static str)>,
}

impl FindingRow {
    /// The icon beside it.
    pub fn icon(&self) -> &'static str {
        match self.tone {
            "ok" => "check",
            "bad" => "cross",
            "warn" => "bang",
            _ => "info",
        }
    }
}

/// One figure.
#[derive(Debug, Clone)]
pub struct StripCell {
    /// Key of what it is.
    pub key: &'static str,
    /// The number.
    pub figure: String,
    /// Its unit.
    pub unit: &'static str,
    /// Its bound, time or source.
    pub more: Words,
}

/// An upstream in a line.
#[derive(Debug, Clone)]
pub struct UpstreamLine {
    /// Its name.
    pub label: String,
    /// Short name.
    pub slug: String,
    /// Key of what it is used for.
    pub role: &'static str,
    /// How it is.
    pub state: StateWord,
    /// Since when, epoch ms.
    pub since: Option<i64>,
    /// Last probe, epoch ms.
    pub probed: Option<i64>,
    /// How long the probe took.
    pub took: String,
}

/// A node in a line.
#[derive(Debug, Clone)]
pub struct NodeLine {
    /// Its name.
    pub name: String,
    /// Does it trust its cache?
    pub state: StateWord,
    /// Key of what it does instead.
    pub more: Option<&'static str>,
    /// When it wrote, epoch ms.
    pub seen: i64,
    /// Half of the delays.
    pub p50: String,
    /// Almost all of them.
    pub p99: String,
    /// How many.
    pub heard: String,
}

/// Why sign-ins failed.
#[derive(Debug, Clone)]
pub struct ReasonRow {
    /// Why.
    pub words: Words,
    /// How often.
    pub shown: String,
    /// Of 100, against the most frequent one.
    pub share: u32,
    /// Class of its colour.
    pub class: &'static str,
}

/// What somebody changed.
#[derive(Debug, Clone)]
pub struct ChangeRow {
    /// Who.
    pub who: Words,
    /// Event type.
    pub kind: String,
    /// To whom or what.
    pub target: String,
    /// Epoch ms.
    pub at: i64,
    /// The event's id.
    pub id: String,
}

/// `GET /admin`.
#[derive(Template)]
#[template(path = "pages/desk/overview.html")]
pub struct OverviewPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// The login host.
    pub host: String,
    /// When this was read, epoch ms.
    pub at: i64,
    /// Ranges to choose from.
    pub ranges: Vec<RangeLink>,
    /// Worst first; empty: nothing needs anybody.
    pub findings: Vec<FindingRow>,
    /// Figures.
    pub strip: Vec<StripCell>,
    /// Sign-ins.
    pub chart: Chart,
    /// Key of the chart's heading.
    pub chart_key: &'static str,
    /// Upstreams.
    pub upstreams: Vec<UpstreamLine>,
    /// Nodes.
    pub nodes: Vec<NodeLine>,
    /// The bound.
    pub bound: Words,
    /// Why sign-ins failed.
    pub reasons: Vec<ReasonRow>,
    /// How many failed.
    pub failed: Words,
    /// What was changed lately.
    pub changes: Vec<ChangeRow>,
}

#[cfg(test)]
impl OverviewPage {
    pub(crate) fn samples() -> Vec<Self> {
        let billing = Self {
            frame: DeskFrame::billing("overview"),
            findings: Vec::new(),
            upstreams: Vec::new(),
            changes: Vec::new(),
            ..Self::busy()
        };
        vec![Self::busy(), Self::quiet(), billing]
    }

    fn busy() -> Self {
        const AT: i64 = 1_773_306_840_000;
        Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::sample("overview"),
            host: "login.tidewell.example".into(),
            at: AT,
            ranges: vec![
                RangeLink {
                    word: "24h",
                    key: "desk-range-24h",
                    current: true,
                },
                RangeLink {
                    word: "7d",
                    key: "desk-range-7d",
                    current: false,
                },
            ],
            findings: ["bad", "warn", "info"]
                .map(|tone| FindingRow {
                    tone,
                    title: Words::new("desk-find-silent").text("label", "Kc <eu>"),
                    detail: Words::new("desk-find-silent-more").instant("since", AT),
                    go: Some(("/admin/upstreams#corp".into(), "desk-open-upstream")),
                })
                .into(),
            strip: vec![StripCell {
                key: "desk-sign-ins",
                figure: "13,469".into(),
                unit: "ms",
                more: Words::new("desk-worked-share").text("share", "98.7"),
            }],
            chart: Chart::sample(),
            chart_key: "desk-by-hour",
            upstreams: vec![UpstreamLine {
                label: "Corp".into(),
                slug: "corp".into(),
                role: "desk-use-primary",
                state: StateWord::new("ok", "desk-answering"),
                since: Some(AT),
                probed: Some(AT),
                took: "212 ms".into(),
            }],
            nodes: vec![NodeLine {
                name: "lw-2:8080".into(),
                state: StateWord::new("warn", "desk-trust-catching-up"),
                more: Some("desk-trust-catching-up-more"),
                seen: AT,
                p50: "–".into(),
                p99: "–".into(),
                heard: "0".into(),
            }],
            bound: Words::new("desk-bound").number("seconds", 5),
            reasons: vec![ReasonRow {
                words: Words::new("desk-why-code"),
                shown: "38".into(),
                share: 40,
                class: "c-idle",
            }],
            failed: Words::new("desk-failed-count")
                .number("n", 175)
                .key("range", "desk-range-24h"),
            changes: vec![ChangeRow {
                who: Words::own("Priya <Raman>"),
                kind: "user.updated".into(),
                target: "Greta".into(),
                at: AT,
                id: "e1".into(),
            }],
        }
    }

    fn quiet() -> Self {
        Self {
            findings: Vec::new(),
            chart: Chart::empty_sample(),
            upstreams: Vec::new(),
            nodes: Vec::new(),
            reasons: Vec::new(),
            changes: Vec::new(),
            ..Self::busy()
        }
    }
}
