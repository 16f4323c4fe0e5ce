//! Where a person is signed in.

/// One live session. Times are epoch milliseconds.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// Public session id.
    pub id: String,
    /// The one that looks at this page.
    pub current: bool,
    /// Browser and system, such as "Firefox on macOS".
    pub title: String,
    /// Last address seen.
    pub ip: String,
    /// Signed in.
    pub created: i64,
    /// Last seen.
    pub last_seen: i64,
    /// Hosts that hold a cookie of it.
    pub hosts: Vec<String>,
}

/// Every sign-in that is live.
#[derive(Debug, Clone)]
pub struct SessionsSection {
    /// Newest first.
    pub rows: Vec<SessionRow>,
}

impl SessionsSection {
    /// Is there another to end?
    pub fn has_others(&self) -> bool {
        self.rows.iter().any(|session| !session.current)
    }
}

#[cfg(test)]
impl SessionsSection {
    pub(super) fn samples() -> [Self; 2] {
        let current = |title| SessionRow {
            current: true,
            ..SessionRow::sample("s1", title)
        };
        let other = SessionRow {
            hosts: Vec::new(),
            ..SessionRow::sample("s2", "Chrome on Windows")
        };
        [
            Self {
                rows: vec![current("Firefox on macOS"), other],
            },
            Self {
                rows: vec![current("")],
            },
        ]
    }
}

#[cfg(test)]
impl SessionRow {
    fn sample(id: &str, title: &str) -> Self {
        Self {
            id: id.into(),
            current: false,
            title: title.into(),
            ip: "203.0.113.24".into(),
            created: super::DAY,
            last_seen: super::DAY + 7_200_000,
            hosts: vec![
                "login.tidewell.example".into(),
                "app.tidewell.example".into(),
            ],
        }
    }
}
