//! Apps that were let in.

/// One app. Times are epoch milliseconds.
#[derive(Debug, Clone)]
pub struct AppRow {
    /// `client_id`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it may do, in words.
    pub may: Vec<String>,
    /// The tenant's own: nobody was asked.
    pub own: bool,
    /// Since when.
    pub since: i64,
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
        let row = |id: &str, name: &str, own: bool| AppRow {
            id: id.into(),
            name: name.into(),
            may: ["See who you are", "Use berths:read"]
                .map(String::from)
                .into(),
            own,
            since: super::DAY,
        };
        [
            Self {
                rows: vec![
                    row("a1", "Quay <Reports>", false),
                    row("a2", "Planner", true),
                ],
            },
            Self { rows: Vec::new() },
        ]
    }
}
