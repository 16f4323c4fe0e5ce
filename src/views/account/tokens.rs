//! A person's API tokens.

use super::super::org::Tick;

/// One token. Times are epoch milliseconds.
#[derive(Debug, Clone)]
pub struct TokenRow {
    /// Id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// What it is for.
    pub scopes: Vec<String>,
    /// The organization that it acts in.
    pub org: Option<String>,
    /// Its end.
    pub expires: i64,
    /// The end is past.
    pub over: bool,
    /// Used last, and from where.
    pub last_used: Option<(i64, String)>,
    /// How often it was used.
    pub uses: u32,
}

/// All tokens, and the form for another.
#[derive(Debug, Clone)]
pub struct TokensSection {
    /// Newest first.
    pub rows: Vec<TokenRow>,
    /// The value of the one that was just made.
    pub made: Option<String>,
    /// What is wrong with the form.
    pub error: Option<String>,
    /// The name that was typed.
    pub name: String,
    /// What one can be for.
    pub ticks: Vec<Tick>,
    /// Organizations that one can act in: short name and name.
    pub orgs: Vec<(String, String)>,
    /// Lives to choose from, in days; the first is the usual one.
    pub days: [u32; 4],
    /// A token can be made in this session.
    pub can_make: bool,
}

#[cfg(test)]
impl TokensSection {
    pub(super) fn samples() -> [Self; 2] {
        let row = |id: &str, name: &str| TokenRow {
            id: id.into(),
            name: name.into(),
            prefix: "lw_pat_4fK2".into(),
            scopes: vec!["api".into(), "members:read".into()],
            org: Some("Tidewell <Harbour>".into()),
            expires: super::DAY,
            over: false,
            last_used: Some((super::DAY, "203.0.113.24".into())),
            uses: 12,
        };
        let unused = TokenRow {
            org: None,
            over: true,
            last_used: None,
            uses: 0,
            ..row("k2", "Old script")
        };
        [
            Self {
                rows: vec![row("k1", "Nightly <report>"), unused],
                made: Some("lw_pat_4fK2Qm9vYmFyYm9vYmFyYm9vYmFyYm9vYmFyYm9vYmFy1a2b3c".into()),
                error: Some("Say what the token is for: one scope at least.".into()),
                name: "Nightly <report>".into(),
                ticks: Tick::samples(),
                orgs: vec![("bk".into(), "Tidewell <Harbour>".into())],
                days: [90, 30, 7, 365],
                can_make: true,
            },
            Self {
                rows: Vec::new(),
                made: None,
                error: None,
                name: String::new(),
                ticks: Vec::new(),
                orgs: Vec::new(),
                days: [90, 30, 7, 365],
                can_make: false,
            },
        ]
    }
}
