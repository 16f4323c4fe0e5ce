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
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        };
        [
            Self {
                rows: vec![
                    row("Brennan & Kohl", "brennan-kohl", &["admin", "member"]),
                    row("Acme", "acme", &[]),
                ],
            },
            Self { rows: Vec::new() },
        ]
    }
}
