//! Where a person works with others.

/// One membership.
#[derive(Debug, Clone)]
pub struct MembershipRow {
    /// Name of the organization.
    pub name: String,
    /// Its short name.
    pub slug: String,
    /// Effective roles.
    pub roles: Vec<String>,
    /// May see how it is set up.
    pub manages: bool,
    /// Nobody else owns it: there is no leaving before somebody does.
    pub only_owner: bool,
}

/// All memberships.
#[derive(Debug, Clone)]
pub struct OrganizationsSection {
    /// In order of joining.
    pub rows: Vec<MembershipRow>,
}

#[cfg(test)]
impl OrganizationsSection {
    pub(super) fn samples() -> [Self; 2] {
        let row = |name: &str, slug: &str, roles: &[&str]| MembershipRow {
            name: name.into(),
            slug: slug.into(),
            manages: !roles.is_empty(),
            only_owner: roles.contains(&"owner"),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        };
        [
            Self {
                rows: vec![
                    row("Brennan & Kohl", "brennan-kohl", &["admin", "member"]),
                    row("Acme", "acme", &[]),
                    row("Quay", "quay", &["owner"]),
                ],
            },
            Self { rows: Vec::new() },
        ]
    }
}
