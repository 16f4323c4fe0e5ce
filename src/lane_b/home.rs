//! Where a connection belongs: to an organization, or to the tenant itself.
//!
//! Owns: what only those of an organization have.
//! Must not know: what either of them is set to.

use super::connections::{ConnectionChange, NewConnection};
use crate::domain::connection::{Broker, LinkPolicy, Protocol, Rollout};
use crate::domain::{OrgId, Problem};

/// Whose connections are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home<'a> {
    /// Those that anybody may have an account at.
    Tenant,
    /// A customer's own.
    Org(&'a OrgId),
}

impl<'a> From<&'a OrgId> for Home<'a> {
    fn from(org: &'a OrgId) -> Self {
        Self::Org(org)
    }
}

impl<'a> Home<'a> {
    /// The organization, if it is one.
    pub fn org(self) -> Option<&'a OrgId> {
        match self {
            Self::Tenant => None,
            Self::Org(org) => Some(org),
        }
    }

    /// What happens when a signed-in person attaches an identity, where nothing is said: a
    /// customer decides who its people are, an account elsewhere is everybody's own.
    pub fn usual_policy(self) -> LinkPolicy {
        match self {
            Self::Tenant => LinkPolicy::Link,
            Self::Org(_) => LinkPolicy::Refuse,
        }
    }

    /// For whom a new one is open, once it is live.
    pub(super) fn first_rollout(self) -> Rollout {
        match self {
            Self::Tenant => Rollout::All,
            Self::Org(_) => Rollout::Admins,
        }
    }

    /// Refuses what a new one of the tenant itself cannot have.
    pub(super) fn check_new(self, new: &NewConnection) -> Result<(), Problem> {
        if self.org().is_some() {
            return Ok(());
        }
        if new.config.protocol() != Protocol::Oidc {
            let detail = "A connection of the tenant itself speaks OpenID Connect.";
            return Err(Problem::field("/protocol", "invalid", detail));
        }
        only_of_organizations("/broker", new.broker == Broker::Upstream)?;
        only_of_organizations("/domains", !new.domains.is_empty())
    }

    /// The same of a change.
    pub(super) fn check_change(self, change: &ConnectionChange) -> Result<(), Problem> {
        if self.org().is_some() {
            return Ok(());
        }
        for (pointer, set) in [
            ("/domains", change.domains.is_some()),
            ("/rollout", change.rollout.is_some()),
            ("/people", change.people.is_some()),
            ("/enforced", change.enforced.is_some()),
        ] {
            only_of_organizations(pointer, set)?;
        }
        Ok(())
    }
}

fn only_of_organizations(pointer: &str, set: bool) -> Result<(), Problem> {
    if !set {
        return Ok(());
    }
    let detail = "Only connections of an organization have this.";
    Err(Problem::field(pointer, "invalid", detail))
}
