//! How it goes with a connection that is live.

use askama::Template;

use super::SetupFrame;
use crate::domain::checks::EXPLAINED;
use crate::views::desk::Chart;
use crate::views::{Checks, Chrome, filters};

/// Failures of one cause.
#[derive(Debug, Clone)]
pub struct CauseRow {
    /// Code.
    pub code: String,
    /// How many.
    pub n: i64,
    /// The last one, epoch ms.
    pub last: i64,
    key: String,
}

impl CauseRow {
    /// A cause in a line.
    pub fn new(code: String, n: i64, last: i64) -> Self {
        let key = format!("explain-{}", code.replace('_', "-"));
        Self { code, n, last, key }
    }

    pub(in crate::views) fn explained(&self) -> bool {
        EXPLAINED.contains(&self.code.as_str())
    }

    pub(in crate::views) fn key(&self) -> &str {
        &self.key
    }
}

/// Something that ends.
#[derive(Debug, Clone)]
pub struct EndingRow {
    /// The client secret; else a certificate.
    pub secret: bool,
    /// What the certificate is called.
    pub name: String,
    /// Epoch ms.
    pub at: i64,
}

/// What a provider states otherwise than before.
#[derive(Debug, Clone)]
pub struct StatedChanges {
    /// Of what is stated now.
    pub hash: String,
    /// Member, before, now.
    pub rows: Vec<(String, String, String)>,
}

/// All that is known of how it goes.
#[derive(Debug, Clone)]
pub struct HealthView {
    /// When it was last looked at, epoch ms.
    pub looked: Option<i64>,
    /// What was found then.
    pub checks: Checks,
    /// Sign-ins by day.
    pub chart: Chart,
    /// The most frequent first.
    pub causes: Vec<CauseRow>,
    /// The next first.
    pub endings: Vec<EndingRow>,
}

/// `GET {base}/health`.
#[derive(Template)]
#[template(path = "pages/setup/health.html")]
pub struct SetupHealthPage {
    /// Frame.
    pub chrome: Chrome,
    /// Frame of the set-up.
    pub frame: SetupFrame,
    /// How it goes.
    pub health: HealthView,
    /// What the provider states otherwise than before.
    pub changes: Option<StatedChanges>,
    /// There is a client secret, whose end may be known.
    pub has_secret: bool,
    /// `2027-03-01`, or empty.
    pub secret_end: String,
    /// The other side's metadata has changed and can be read again.
    pub can_read_again: bool,
    /// Addresses, one per line.
    pub contacts: String,
    /// They stand as they were typed, and one of them, or the day, is wrong.
    pub wrong: bool,
    /// What was entered is kept.
    pub saved: bool,
    /// What went wrong.
    pub error: Option<String>,
}

#[cfg(test)]
impl HealthView {
    pub(in crate::views) fn sample() -> Self {
        const AT: i64 = 1_773_306_840_000;
        Self {
            looked: Some(AT),
            checks: Checks::sample(&[("saml_metadata", true)]).advised("certificate_expiring"),
            chart: Chart::sample(),
            causes: vec![
                CauseRow::new("wrong_certificate".into(), 2, AT),
                CauseRow::new("kept_out".into(), 1, AT),
            ],
            endings: vec![
                EndingRow {
                    secret: false,
                    name: "RSA 2048".into(),
                    at: AT,
                },
                EndingRow {
                    secret: true,
                    name: String::new(),
                    at: AT,
                },
            ],
        }
    }

    pub(in crate::views) fn empty_sample() -> Self {
        Self {
            looked: None,
            checks: Checks::default(),
            chart: Chart::empty_sample(),
            causes: Vec::new(),
            endings: Vec::new(),
        }
    }
}

#[cfg(test)]
impl SetupHealthPage {
    pub(in crate::views) fn samples() -> Vec<Self> {
        let full = || Self {
            chrome: Chrome::sample(),
            frame: SetupFrame::sample(4, 4),
            health: HealthView::sample(),
            changes: Some(StatedChanges {
                hash: "c1a5".into(),
                rows: vec![(
                    "token_endpoint".into(),
                    "https://idp.example/<old>/token".into(),
                    "https://idp.example/oauth2/v2.0/a-much-longer-path/token".into(),
                )],
            }),
            has_secret: true,
            secret_end: "2027-03-01".into(),
            can_read_again: true,
            contacts: "it@pellworm.example".into(),
            wrong: false,
            saved: true,
            error: None,
        };
        let empty = Self {
            health: HealthView::empty_sample(),
            changes: None,
            has_secret: false,
            secret_end: String::new(),
            can_read_again: false,
            contacts: "it@pellworm.example nobody".into(),
            wrong: true,
            saved: false,
            error: Some("Give an e-mail address.".into()),
            ..full()
        };
        vec![full(), empty]
    }
}
