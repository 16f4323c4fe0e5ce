//! How it goes with a connection that is live.

use askama::Template;

use super::SetupFrame;
use crate::domain::checks::EXPLAINED;
use crate::views::{Checks, Chrome, filters};

/// Sign-ins of one day.
#[derive(Debug, Clone)]
pub struct DayRow {
    /// `2026-11-29`.
    pub day: String,
    /// How many worked.
    pub worked: i64,
    /// How many did not.
    pub failed: i64,
}

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

    fn explained(&self) -> bool {
        EXPLAINED.contains(&self.code.as_str())
    }

    fn key(&self) -> &str {
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

/// `GET {base}/health`.
#[derive(Template)]
#[template(path = "pages/setup/health.html")]
pub struct SetupHealthPage {
    /// Frame.
    pub chrome: Chrome,
    /// Frame of the set-up.
    pub frame: SetupFrame,
    /// When it was last looked at, epoch ms.
    pub looked: Option<i64>,
    /// What was found then.
    pub checks: Checks,
    /// By day, the newest first.
    pub days: Vec<DayRow>,
    /// The most frequent first.
    pub causes: Vec<CauseRow>,
    /// The next first.
    pub endings: Vec<EndingRow>,
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
    /// What went wrong.
    pub error: Option<String>,
}

#[cfg(test)]
impl SetupHealthPage {
    pub(in crate::views) fn samples() -> Vec<Self> {
        const AT: i64 = 1_773_306_840_000;
        let full = || Self {
            chrome: Chrome::sample(),
            frame: SetupFrame::sample(4, 4),
            looked: Some(AT),
            checks: Checks::sample(&[("saml_metadata", true)]).advised("certificate_expiring"),
            days: vec![DayRow {
                day: "2026-03-12".into(),
                worked: 41,
                failed: 2,
            }],
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
            error: None,
        };
        let empty = Self {
            looked: None,
            checks: Checks::default(),
            days: Vec::new(),
            causes: Vec::new(),
            endings: Vec::new(),
            changes: None,
            has_secret: false,
            secret_end: String::new(),
            can_read_again: false,
            contacts: String::new(),
            error: Some("Give an e-mail address.".into()),
            ..full()
        };
        vec![full(), empty]
    }
}
