//! The account of our client in a realm, and what it may do there.
//!
//! Owns: giving it rights, and no more than it lacks. Must not know: what they are for.

use laneway_contract::ProviderError;
use serde_json::{Value, json};

use super::{PlanStep, client};
use crate::admin::Admin;

const MANAGEMENT: &str = "realm-management";

/// What the account lacks.
pub(super) struct Lacks {
    /// Roles that it does not have.
    roles: Vec<&'static str>,
    /// Roles that it has or will have, and that its tokens would not carry: a client without
    /// full scope carries none that it does not name.
    scope: Vec<&'static str>,
}

impl Lacks {
    /// Of a client without an account; `full`: its tokens carry all that the account has.
    pub(super) fn all(rights: &[&'static str], full: bool) -> Self {
        Self {
            roles: rights.to_vec(),
            scope: if full { Vec::new() } else { rights.to_vec() },
        }
    }

    pub(super) async fn look(
        admin: &Admin,
        client: &Value,
        rights: &[&'static str],
    ) -> Result<Self, ProviderError> {
        let full = client["fullScopeAllowed"] == true;
        if client["serviceAccountsEnabled"] != true {
            return Ok(Self::all(rights, full));
        }
        let (account, management) = (account(admin, client).await?, management(admin).await?);
        let held = ["users", &account, "role-mappings", "clients", &management];
        let id = client::id(client)?;
        let carried = ["clients", id, "scope-mappings", "clients", &management];
        Ok(Self {
            roles: absent(admin, &held, rights).await?,
            scope: if full {
                Vec::new()
            } else {
                absent(admin, &carried, rights).await?
            },
        })
    }

    pub(super) fn step(&self, name: impl Into<String>) -> PlanStep {
        let roles = self.roles.iter().map(|right| format!("add {right}"));
        let scope = self.scope.iter().map(|right| format!("carry {right}"));
        PlanStep::changed(name, roles.chain(scope).collect())
    }

    /// Gives what is missing; `client` is as it is by now.
    pub(super) async fn ensure(self, admin: &Admin, client: &Value) -> Result<(), ProviderError> {
        if self.roles.is_empty() && self.scope.is_empty() {
            return Ok(());
        }
        let (account, management) = (account(admin, client).await?, management(admin).await?);
        let held = ["users", &account, "role-mappings", "clients", &management];
        give(admin, &held, &management, &self.roles).await?;
        let id = client::id(client)?;
        let carried = ["clients", id, "scope-mappings", "clients", &management];
        give(admin, &carried, &management, &self.scope).await
    }
}

async fn account(admin: &Admin, client: &Value) -> Result<String, ProviderError> {
    let path = ["clients", client::id(client)?, "service-account-user"];
    let account = admin.get(&path).await?.unwrap_or_default();
    account["id"]
        .as_str()
        .map(str::to_owned)
        .ok_or(ProviderError::NotFound)
}

async fn management(admin: &Admin) -> Result<String, ProviderError> {
    let found = client::find(admin, MANAGEMENT).await?;
    let found = found.ok_or(ProviderError::NotFound)?;
    client::id(&found).map(str::to_owned)
}

async fn absent(
    admin: &Admin,
    path: &[&str],
    rights: &[&'static str],
) -> Result<Vec<&'static str>, ProviderError> {
    let held = admin.get(path).await?.unwrap_or_default();
    let has = |right: &&str| {
        held.as_array()
            .is_some_and(|all| all.iter().any(|role| role["name"] == **right))
    };
    Ok(rights.iter().copied().filter(|right| !has(right)).collect())
}

async fn give(
    admin: &Admin,
    path: &[&str],
    management: &str,
    rights: &[&str],
) -> Result<(), ProviderError> {
    if rights.is_empty() {
        return Ok(());
    }
    let mut roles = Vec::new();
    for right in rights {
        let role = admin.get(&["clients", management, "roles", right]).await?;
        let role = role.ok_or(ProviderError::NotFound)?;
        roles.push(json!({"id": role["id"], "name": role["name"]}));
    }
    admin.give(path, &json!(roles)).await
}
