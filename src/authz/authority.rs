//! What one caller may do, and the one question about it.

use std::collections::BTreeSet;

use super::permission::{OperatorRole, Permission};
use crate::domain::{Code, OrgId, Problem, TenantId};

/// Where something is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// The whole installation.
    Instance,
    /// One tenant.
    Tenant(TenantId),
    /// One organization of a tenant.
    Org(TenantId, OrgId),
}

impl Scope {
    /// Does what is granted here reach there?
    pub fn reaches(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Instance, _) => true,
            (Self::Tenant(own), Self::Tenant(there) | Self::Org(there, _)) => own == there,
            (Self::Org(..), Self::Org(..)) => self == other,
            _ => false,
        }
    }
}

/// One reason why somebody may do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// An operator's role over a scope.
    Operator(OperatorRole, Scope),
    /// What the roles of a membership permit in its organization. Words that are not ours
    /// belong to applications: they count when roles are compared.
    Member(TenantId, OrgId, BTreeSet<String>),
}

impl Grant {
    fn holds(&self, word: &str) -> bool {
        match self {
            // Words of applications live inside organizations: who may change everything
            // there stands above them.
            Self::Operator(role, _) => Permission::parse(word).map_or_else(
                || role.holds(Permission::OwnersWrite),
                |permission| role.holds(permission),
            ),
            Self::Member(_, _, words) => words.contains(word),
        }
    }

    fn scope(&self) -> Scope {
        match self {
            Self::Operator(_, scope) => scope.clone(),
            Self::Member(tenant, org, _) => Scope::Org(tenant.clone(), org.clone()),
        }
    }

    fn words(&self) -> BTreeSet<String> {
        match self {
            Self::Operator(role, _) => Permission::ALL
                .iter()
                .filter(|permission| role.holds(**permission))
                .map(|permission| permission.as_str().to_owned())
                .collect(),
            Self::Member(_, _, words) => words.clone(),
        }
    }
}

/// A caller, as far as permission goes.
#[derive(Debug, Clone)]
pub struct Authority {
    kind: &'static str,
    id: String,
    grants: Vec<Grant>,
    /// Scopes of a token: it never permits more than these, whoever it belongs to.
    limit: Option<BTreeSet<String>>,
}

impl Authority {
    /// Of a principal (`user`, `token`, `service_account`, `organization`, `system`).
    pub fn new(kind: &'static str, id: impl Into<String>, grants: Vec<Grant>) -> Self {
        Self {
            kind,
            id: id.into(),
            grants,
            limit: None,
        }
    }

    /// Whoever has the machine has everything: the command line and the start.
    pub fn system(id: &str) -> Self {
        let all = Grant::Operator(OperatorRole::Owner, Scope::Instance);
        Self::new("system", id, vec![all])
    }

    /// Limited to the scopes of a token.
    #[must_use]
    pub fn limited_to(mut self, scopes: impl IntoIterator<Item = String>) -> Self {
        self.limit = Some(scopes.into_iter().collect());
        self
    }

    /// Only what is granted there and nowhere else.
    #[must_use]
    pub fn within(mut self, there: &Scope) -> Self {
        self.grants.retain(|grant| there.reaches(&grant.scope()));
        self
    }

    /// Only what is granted over more than this organization: what its own people have by
    /// their roles, and whoever is appointed for it alone, is left out.
    #[must_use]
    pub fn from_above(mut self, org: &Scope) -> Self {
        self.grants.retain(|grant| grant.scope() != *org);
        self
    }

    /// Kind and id, for the audit event.
    pub fn actor(&self) -> (&'static str, &str) {
        (self.kind, &self.id)
    }

    /// Every word that is granted anywhere.
    pub fn words(&self) -> BTreeSet<String> {
        self.grants.iter().flat_map(Grant::words).collect()
    }

    /// Do they say over the whole installation who signs in, and how? Decides how far
    /// addresses that this caller names are trusted.
    pub fn is_instance_operator(&self) -> bool {
        self.grants.iter().any(|grant| {
            matches!(grant, Grant::Operator(role, Scope::Instance) if role.holds(Permission::UpstreamsWrite))
        })
    }

    /// Is anything granted over this tenant as a whole?
    pub fn is_operator_of(&self, tenant: &TenantId) -> bool {
        let tenant = Scope::Tenant(tenant.clone());
        self.grants
            .iter()
            .any(|grant| matches!(grant, Grant::Operator(..)) && grant.scope().reaches(&tenant))
    }

    /// The highest role of an operator that they hold there.
    pub fn operator_role(&self, there: &Scope) -> Option<OperatorRole> {
        let held = |role: &&OperatorRole| {
            self.grants.iter().any(|grant| {
                matches!(grant, Grant::Operator(own, scope) if own == *role && scope.reaches(there))
            })
        };
        OperatorRole::ALL.iter().find(held).copied()
    }

    /// Is anything granted there, even a role that permits nothing?
    pub fn belongs(&self, there: &Scope) -> bool {
        let reaches = |grant: &Grant| grant.scope().reaches(there);
        self.grants.iter().any(reaches)
    }

    /// May this caller do that there?
    pub fn may(&self, permission: Permission, there: &Scope) -> bool {
        self.may_word(permission.as_str(), there)
    }

    fn may_word(&self, word: &str, there: &Scope) -> bool {
        let wider = || Permission::parse(word)?.part_of().map(Permission::as_str);
        let within = self.limit.as_ref().is_none_or(|limit| {
            limit.contains(word) || wider().is_some_and(|wider| limit.contains(wider))
        });
        within
            && self
                .grants
                .iter()
                .any(|grant| grant.scope().reaches(there) && grant.holds(word))
    }

    /// Does this caller hold all that a role would give there? Nobody hands out, or takes
    /// away, more than they have.
    pub fn covers_words<'a>(
        &self,
        words: impl IntoIterator<Item = &'a str>,
        there: &Scope,
    ) -> bool {
        words.into_iter().all(|word| self.may_word(word, there))
    }

    /// Does this caller stand at least as high as somebody with this grant?
    pub fn covers(&self, grant: &Grant) -> bool {
        let words = grant.words();
        self.covers_words(words.iter().map(String::as_str), &grant.scope())
    }

    /// Does this caller stand at least as high as somebody with all these grants?
    ///
    /// # Errors
    /// `forbidden`.
    pub fn require_above(&self, grants: &[Grant]) -> Result<(), Problem> {
        if grants.iter().all(|grant| self.covers(grant)) {
            return Ok(());
        }
        Err(Problem::new(
            Code::Forbidden,
            "This would touch somebody who may do more than you.",
        ))
    }
}

/// The one question: may this caller do that there?
///
/// # Errors
/// `forbidden`.
pub fn require(caller: &Authority, permission: Permission, there: &Scope) -> Result<(), Problem> {
    if caller.may(permission, there) {
        return Ok(());
    }
    Err(
        Problem::new(Code::Forbidden, "You have no permission for this.")
            .because(permission.as_str()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(id: &str) -> TenantId {
        TenantId(id.into())
    }

    fn org(t: &str, o: &str) -> Scope {
        Scope::Org(tenant(t), OrgId(o.into()))
    }

    fn operator(role: OperatorRole, scope: Scope) -> Authority {
        Authority::new("user", "u", vec![Grant::Operator(role, scope)])
    }

    fn member(words: &[&str]) -> Grant {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        Grant::Member(tenant("a"), OrgId("o".into()), words)
    }

    #[test]
    fn nothing_is_permitted_beyond_the_scope_of_a_grant() {
        let own = Scope::Tenant(tenant("a"));
        let caller = operator(OperatorRole::Owner, own.clone());
        for permission in Permission::ALL {
            let yes = !permission.as_str().starts_with("account:");
            assert_eq!(caller.may(*permission, &own), yes);
            assert_eq!(caller.may(*permission, &org("a", "o")), yes);
            for there in [Scope::Instance, Scope::Tenant(tenant("b")), org("b", "o")] {
                assert!(require(&caller, *permission, &there).is_err());
            }
        }
        let admin = Authority::new("user", "u", vec![member(&["members:write", "org:write"])]);
        assert!(admin.may(Permission::MembersWrite, &org("a", "o")));
        for there in [own, Scope::Instance, org("a", "p"), org("b", "o")] {
            assert!(!admin.may(Permission::MembersWrite, &there));
        }
    }

    #[test]
    fn from_above_an_organization_only_wider_grants_count() {
        let there = org("a", "o");
        let read = &["members:write", "members:read"];
        for own in [
            member(read),
            Grant::Operator(OperatorRole::Owner, there.clone()),
        ] {
            let caller = Authority::new("user", "u", vec![own.clone()]);
            assert!(caller.may(Permission::MembersWrite, &there));
            assert!(!caller.from_above(&there).belongs(&there));
            let viewer = Grant::Operator(OperatorRole::Viewer, Scope::Tenant(tenant("a")));
            let both = Authority::new("user", "u", vec![own, viewer]).from_above(&there);
            assert!(both.may(Permission::MembersRead, &there));
            assert!(!both.may(Permission::MembersWrite, &there));
        }
    }

    #[test]
    fn the_highest_role_counts_and_only_who_decides_on_sign_in_names_trusted_addresses() {
        let own = Scope::Tenant(tenant("a"));
        for role in OperatorRole::ALL {
            use OperatorRole::{Admin, Owner, SecurityAdmin};
            let caller = operator(*role, Scope::Instance);
            let trusted = matches!(role, Owner | Admin | SecurityAdmin);
            assert_eq!(caller.is_instance_operator(), trusted, "{}", role.as_str());
            assert!(!operator(*role, own.clone()).is_instance_operator());
        }
        let grant = |role, scope: &Scope| Grant::Operator(role, scope.clone());
        let grants = vec![
            grant(OperatorRole::Billing, &own),
            grant(OperatorRole::Support, &own),
            grant(OperatorRole::Owner, &org("a", "o")),
        ];
        let caller = Authority::new("user", "u", grants);
        assert_eq!(caller.operator_role(&own), Some(OperatorRole::Support));
        assert_eq!(
            caller.operator_role(&org("a", "o")),
            Some(OperatorRole::Owner)
        );
        assert_eq!(caller.operator_role(&Scope::Instance), None);
        assert!(!caller.covers(&grant(OperatorRole::Auditor, &own)));
        assert!(caller.covers(&grant(OperatorRole::Support, &own)));
    }

    #[test]
    fn nobody_hands_out_more_than_they_have() {
        let there = org("a", "o");
        let admin = Authority::new("user", "u", vec![member(&["members:write", "org:write"])]);
        assert!(admin.covers_words(["members:write"], &there));
        assert!(!admin.covers_words(["members:write", "owners:write"], &there));
        assert!(
            !admin.covers_words(["invoices:pay"], &there),
            "an application's own word"
        );
        let tenant_admin = operator(OperatorRole::Admin, Scope::Tenant(tenant("a")));
        assert!(tenant_admin.covers_words(["owners:write", "invoices:pay"], &there));
        let viewer = operator(OperatorRole::Viewer, Scope::Instance);
        assert!(!viewer.covers_words(["invoices:pay"], &there));
        let owner = Grant::Operator(OperatorRole::Owner, Scope::Instance);
        assert!(!tenant_admin.covers(&owner));
        assert!(
            tenant_admin
                .require_above(std::slice::from_ref(&owner))
                .is_err()
        );
        assert!(Authority::system("cli").covers(&owner));
        let same = Grant::Operator(OperatorRole::Admin, Scope::Tenant(tenant("a")));
        assert!(tenant_admin.covers(&same));
    }

    #[test]
    fn a_token_never_permits_more_than_its_scopes() {
        let own = Scope::Tenant(tenant("a"));
        let token = operator(OperatorRole::Owner, Scope::Instance)
            .limited_to(["users:read".to_owned(), "nonsense".to_owned()]);
        assert!(token.may(Permission::UsersRead, &own));
        assert!(!token.may(Permission::UsersWrite, &own));
        assert!(!token.may(Permission::InvitationsSend, &own));
        let wider =
            operator(OperatorRole::Owner, Scope::Instance).limited_to(["users:write".to_owned()]);
        assert!(wider.may(Permission::InvitationsSend, &own));
        assert!(!wider.may(Permission::SessionsWrite, &own));
        let part = operator(OperatorRole::Owner, Scope::Instance)
            .limited_to(["invitations:send".to_owned()]);
        assert!(!part.may(Permission::UsersWrite, &own));
        assert!(!token.covers(&Grant::Operator(OperatorRole::Viewer, own.clone())));
        let person = Authority::new("user", "u", Vec::new()).limited_to(["users:read".to_owned()]);
        assert!(
            !person.may(Permission::UsersRead, &own),
            "scopes alone grant nothing"
        );
    }
}
