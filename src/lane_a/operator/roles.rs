//! Roles that a tenant defines for all of its organizations, or an organization for itself.
//!
//! Nobody defines, changes or deletes a role that may do more than they.

use serde_json::{Value, json};

use super::{Act, check_slug, check_version, moved};
use crate::audit::{Event, Outcome, kind};
use crate::authz::{BUILT_IN, IN_ORGANIZATIONS, Permission, Scope as Place};
use crate::domain::{Code, OrgId, Problem};
use crate::lane_a::submit::check_name;
use crate::store::Write;
use crate::store::invalidations::{Change, Scope};
use crate::store::roles::{self, Role, Uses};

/// So many roles in one place.
const MOST: i64 = 200;

/// A role that is wanted.
pub struct NewRole {
    /// Short name.
    pub slug: String,
    /// Name.
    pub name: String,
    /// What it permits.
    pub permissions: Vec<String>,
}

/// What is changed about a role; `None` keeps.
#[derive(Default)]
pub struct RoleChange {
    /// Name.
    pub name: Option<String>,
    /// What it permits.
    pub permissions: Option<Vec<String>>,
}

/// Does it come with every tenant?
pub fn is_built_in(role: &Role) -> bool {
    role.org.is_none() && BUILT_IN.iter().any(|one| one.slug == role.slug)
}

/// A page of the roles that can be granted in an organization; without one, of those that the
/// tenant has for all.
///
/// # Errors
/// `store_unavailable`.
pub async fn list_roles(
    act: &Act<'_>,
    org: Option<&OrgId>,
    after: &str,
    limit: i64,
) -> Result<Vec<Role>, Problem> {
    Ok(roles::list(&act.core.db, &act.tenant.id, org, after, limit).await?)
}

/// A role of that place, by its short name.
///
/// # Errors
/// `not_found`.
pub async fn get_role(act: &Act<'_>, org: Option<&OrgId>, slug: &str) -> Result<Role, Problem> {
    let found = roles::find(&act.core.db, &act.tenant.id, org, slug).await?;
    found.ok_or_else(Problem::not_found)
}

/// Defines a role.
///
/// # Errors
/// `invalid_field`, `duplicate`, `forbidden` for what the caller may not do themselves,
/// `conflict` when there are too many.
pub async fn create_role(
    act: &Act<'_>,
    org: Option<&OrgId>,
    new: NewRole,
) -> Result<Role, Problem> {
    check_slug("/slug", &new.slug)?;
    let tenant = &act.tenant.id;
    let role = Role {
        id: act.core.new_id(),
        org: org.cloned(),
        slug: new.slug,
        name: check_name(&new.name)?,
        permissions: check_permissions(&new.permissions)?,
        version: 1,
        created_at: act.core.now(),
    };
    require_words(act, org, &role.permissions)?;
    let mut write = act.core.begin().await?;
    // Of two places that define the same name at once, one is refused.
    roles::lock(&mut write.tx, tenant).await?;
    if roles::is_taken(&mut write.tx, tenant, org, &role.slug).await? {
        return Err(Problem::new(
            Code::Duplicate,
            "A role of this name exists already.",
        ));
    }
    if roles::count(&mut write.tx, tenant, org).await? >= MOST {
        return Err(Problem::new(
            Code::Conflict,
            "There are too many roles here. Delete one first.",
        ));
    }
    roles::define(&mut write.tx, tenant, &role).await?;
    let event = event(kind::ROLE_CREATED, &role).change(None, Some(shown(&role)));
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok(role)
}

/// Changes a role; whoever has it may do at once what it says now.
///
/// # Errors
/// `not_found`, `version_mismatch`, `invalid_field`, `forbidden`, `conflict` for a role that is
/// not this place's own.
pub async fn change_role(
    act: &Act<'_>,
    org: Option<&OrgId>,
    slug: &str,
    change: RoleChange,
    expected: Option<i64>,
) -> Result<Role, Problem> {
    let mut write = act.core.begin().await?;
    let mut role = own(act, &mut write, org, slug).await?;
    check_version(expected, role.version)?;
    let before = shown(&role);
    if let Some(name) = change.name {
        role.name = check_name(&name)?;
    }
    if let Some(permissions) = change.permissions {
        role.permissions = check_permissions(&permissions)?;
        require_words(act, org, &role.permissions)?;
    }
    if !roles::update(&mut write.tx, &act.tenant.id, &role).await? {
        return Err(moved());
    }
    role.version += 1;
    match org {
        Some(org) => write.invalidate(Change::Changed, Scope::Org, org.as_str()),
        // For readers of the feed too: these roles are in tokens.
        None => {
            let tenant = &act.tenant.id;
            write.invalidate_in(tenant, Change::Changed, Scope::Tenant, tenant.as_str());
        }
    }
    let event = event(kind::ROLE_UPDATED, &role).change(Some(before), Some(shown(&role)));
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok(role)
}

/// Deletes a role that nobody has and nothing would give.
///
/// # Errors
/// `not_found`, `version_mismatch`, `forbidden`, `conflict` with `used_by` for one in use and
/// for one that is not this place's own.
pub async fn delete_role(
    act: &Act<'_>,
    org: Option<&OrgId>,
    slug: &str,
    expected: Option<i64>,
) -> Result<(), Problem> {
    let tenant = &act.tenant.id;
    let mut write = act.core.begin().await?;
    let role = own(act, &mut write, org, slug).await?;
    check_version(expected, role.version)?;
    let now = write.now();
    let uses = roles::uses(&mut write.tx, tenant, &role, now).await?;
    if uses.any() {
        return Err(in_use(&uses));
    }
    // Granted since it was looked at: the grant holds it.
    if !roles::delete(&mut write.tx, tenant, &role).await? {
        return Err(moved());
    }
    let event = event(kind::ROLE_DELETED, &role).change(Some(shown(&role)), None);
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok(())
}

/// A role that this place has defined itself, and that may do no more than the caller.
async fn own(
    act: &Act<'_>,
    write: &mut Write,
    org: Option<&OrgId>,
    slug: &str,
) -> Result<Role, Problem> {
    let found = roles::find(&mut write.tx, &act.tenant.id, org, slug).await?;
    let role = found.ok_or_else(Problem::not_found)?;
    if is_built_in(&role) {
        let text = "This role comes with every tenant and stays as it is.";
        return Err(Problem::new(Code::Conflict, text));
    }
    if role.org.as_ref() != org {
        let text = "This role belongs to all organizations. It is changed there.";
        return Err(Problem::new(Code::Conflict, text));
    }
    require_words(act, org, &role.permissions)?;
    Ok(role)
}

/// Known words about organizations, each once, in order of the table.
fn check_permissions(words: &[String]) -> Result<Vec<String>, Problem> {
    for (i, word) in words.iter().enumerate() {
        let known = Permission::parse(word).filter(|one| IN_ORGANIZATIONS.contains(one));
        if known.is_none() {
            let all: Vec<&str> = IN_ORGANIZATIONS.iter().map(|one| one.as_str()).collect();
            let text = format!("A role can permit these: {}.", all.join(", "));
            return Err(Problem::field(
                &format!("/permissions/{i}"),
                "unknown",
                text,
            ));
        }
    }
    let wanted = IN_ORGANIZATIONS.iter().map(|one| one.as_str());
    Ok(wanted
        .filter(|word| words.iter().any(|one| one == word))
        .map(str::to_owned)
        .collect())
}

/// Nobody hands out, changes or takes away more than they have.
fn require_words(act: &Act<'_>, org: Option<&OrgId>, words: &[String]) -> Result<(), Problem> {
    let tenant = act.tenant.id.clone();
    let there = match org {
        Some(org) => Place::Org(tenant, org.clone()),
        None => Place::Tenant(tenant),
    };
    if act
        .by
        .covers_words(words.iter().map(String::as_str), &there)
    {
        return Ok(());
    }
    Err(super::members::above())
}

fn in_use(uses: &Uses) -> Problem {
    Problem::new(
        Code::Conflict,
        "This role is in use. Take it away there first.",
    )
    .with(
        "used_by",
        json!({
            "members": uses.members, "groups": uses.groups,
            "service_accounts": uses.service_accounts, "invitations": uses.invitations,
            "connections": uses.connections,
        }),
    )
}

fn shown(role: &Role) -> Value {
    json!({ "slug": role.slug, "name": role.name, "permissions": role.permissions })
}

fn event(kind: &'static str, role: &Role) -> Event {
    let event = Event::new(kind, Outcome::Success, ("role", role.slug.as_str()));
    match &role.org {
        Some(org) => event.org(org.as_str()),
        None => event,
    }
}

#[cfg(test)]
mod tests {
    use super::check_permissions;

    #[test]
    fn only_words_about_organizations_each_once_in_order_of_the_table() {
        let read = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            check_permissions(&words)
        };
        let good = read(&["members:write", "org:read", "org:read"]).expect("known");
        assert_eq!(good, ["org:read", "members:write"]);
        assert!(read(&[]).expect("a mere name").is_empty());
        for bad in [
            "users:write",
            "account:read",
            "tenants:create",
            "org:",
            "*",
            "org:read ",
        ] {
            let problem = read(&["org:read", bad]).expect_err(bad);
            assert_eq!(problem.errors[0].pointer, "/permissions/1");
        }
    }
}
