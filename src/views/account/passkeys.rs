//! A person's passkeys.

/// One passkey. Times are epoch milliseconds.
#[derive(Debug, Clone)]
pub struct PasskeyRow {
    /// Id at its provider.
    pub id: String,
    /// Its name.
    pub label: String,
    /// Added.
    pub created: i64,
    /// Used last.
    pub last_used: Option<i64>,
}

/// All passkeys.
#[derive(Debug, Clone)]
pub struct PasskeysSection {
    /// In no order that matters.
    pub rows: Vec<PasskeyRow>,
    /// Passkeys can be added here.
    pub can_enrol: bool,
}

#[cfg(test)]
impl PasskeysSection {
    pub(super) fn samples() -> [Self; 2] {
        [
            Self {
                rows: vec![
                    PasskeyRow::sample("p1", "MacBook, Touch ID", Some(super::DAY)),
                    PasskeyRow::sample("p2", "YubiKey <5C>", None),
                ],
                can_enrol: true,
            },
            Self {
                rows: Vec::new(),
                can_enrol: false,
            },
        ]
    }
}

#[cfg(test)]
impl PasskeyRow {
    fn sample(id: &str, label: &str, last_used: Option<i64>) -> Self {
        Self {
            id: id.into(),
            label: label.into(),
            created: super::DAY,
            last_used,
        }
    }
}
