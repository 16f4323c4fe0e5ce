//! What opens an account from elsewhere.

use super::super::RedirectChoice;

/// One linked identity.
#[derive(Debug, Clone)]
pub struct IdentityRow {
    /// Link id.
    pub id: String,
    /// Name of the provider.
    pub label: String,
    /// Who the person is there.
    pub subject: String,
    /// `upstream`, `connection`, `social` or `email`.
    pub kind: String,
    /// Linked, epoch milliseconds.
    pub since: i64,
    /// Shows "Unlink", which posts to `/account/identities/{id}/remove`.
    pub removable: bool,
}

impl IdentityRow {
    /// What stands before it.
    pub fn icon(&self) -> &'static str {
        if self.kind == "email" {
            "envelope"
        } else {
            "building"
        }
    }

    /// The words for its kind.
    pub fn kind_key(&self) -> &'static str {
        match self.kind.as_str() {
            "email" => "identity-kind-email",
            "connection" => "identity-kind-connection",
            "social" => "identity-kind-social",
            _ => "identity-kind-upstream",
        }
    }
}

/// All links, and what could be linked.
#[derive(Debug, Clone)]
pub struct IdentitiesSection {
    /// Oldest first.
    pub rows: Vec<IdentityRow>,
    /// Providers that could be linked.
    pub linkable: Vec<RedirectChoice>,
    /// Signed in by an organization's own provider: this account's other ways in are not touched.
    pub confined: bool,
}

#[cfg(test)]
impl IdentitiesSection {
    pub(super) fn samples() -> [Self; 2] {
        let address = "ana.ferreira@brennankohl.example";
        [
            Self {
                rows: vec![
                    IdentityRow::sample("i1", "Brennan & Kohl", "00u1f7", "upstream"),
                    IdentityRow::sample("i3", "Git<Hub>", "583231", "social"),
                    IdentityRow {
                        removable: true,
                        ..IdentityRow::sample("i2", "Email", address, "email")
                    },
                ],
                linkable: vec![RedirectChoice {
                    connection: "kc".into(),
                    label: "Keycloak".into(),
                    social: false,
                }],
                confined: false,
            },
            Self {
                rows: Vec::new(),
                linkable: Vec::new(),
                confined: true,
            },
        ]
    }
}

#[cfg(test)]
impl IdentityRow {
    fn sample(id: &str, label: &str, subject: &str, kind: &str) -> Self {
        Self {
            id: id.into(),
            label: label.into(),
            subject: subject.into(),
            kind: kind.into(),
            since: super::DAY,
            removable: false,
        }
    }
}
