//! Apps that were let in.

/// One app. Times are epoch milliseconds.
#[derive(Debug, Clone)]
pub struct AppRow {
    /// `client_id`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The host of the document that it is known by.
    pub known_by: Option<String>,
    /// What it may do, in words.
    pub may: Vec<String>,
    /// The tenant's own: nobody was asked.
    pub own: bool,
    /// Since when.
    pub since: i64,
    /// What it got in each sign-in, the newest first.
    pub sign_ins: Vec<AppSignIn>,
}

/// How an app uses what it got in a sign-in. Times are epoch milliseconds.
#[derive(Debug, Clone)]
pub struct AppSignIn {
    /// When.
    pub created: i64,
    /// Renewed last, and from where.
    pub last_used: Option<(i64, String)>,
    /// How often it was renewed.
    pub uses: u32,
}

#[cfg(test)]
impl AppRow {
    pub(in crate::views) fn sample(id: &str, name: &str, own: bool) -> Self {
        let used = |uses| AppSignIn {
            created: super::DAY,
            last_used: (uses > 0).then(|| (super::DAY, "203.0.113.24".into())),
            uses,
        };
        Self {
            id: id.into(),
            name: name.into(),
            known_by: (!own).then(|| "agent.example".into()),
            may: ["See who you are", "Use berths:read"]
                .map(String::from)
                .into(),
            own,
            since: super::DAY,
            sign_ins: vec![used(3), used(0)],
        }
    }
}

/// Every app that has something.
#[derive(Debug, Clone)]
pub struct AppsSection {
    /// In no order that matters.
    pub rows: Vec<AppRow>,
}

#[cfg(test)]
impl AppsSection {
    pub(super) fn samples() -> [Self; 2] {
        [
            Self {
                rows: vec![
                    AppRow::sample("a1", "Quay <Reports>", false),
                    AppRow::sample("a2", "Planner", true),
                ],
            },
            Self { rows: Vec::new() },
        ]
    }
}
