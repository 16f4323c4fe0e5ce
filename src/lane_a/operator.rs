//! What operators do to tenants, people, organizations, sessions and providers (CONTRACT §8).
//!
//! Each function does one thing in one transaction, with its audit event inside. Whether the
//! caller may do it at all has been asked before; here stands what depends on the record:
//! nobody touches somebody, or hands out something, above themselves.

mod account_mails;
pub(in crate::lane_a) mod directory;
mod factors;
mod grants;
mod groups;
mod hosts;
mod identities;
mod invitations;
mod lock_outs;
mod members;
mod orgs;
mod profiles;
mod public_keys;
mod restored;
mod roles;
mod service_accounts;
mod sessions;
mod settings;
mod tenants;
mod token_imports;
mod upstreams;
mod user_imports;
mod users;

use crate::audit::{Event, RequestMeta};
use crate::authz::Authority;
use crate::core::Core;
use crate::domain::tenant::Tenant;
use crate::domain::{Code, Lang, Problem, TenantId};
use crate::store::Write;

pub use account_mails::{mails_by, send_account_mail};
pub use factors::reset_second_factor;
pub use grants::{NewGrant, appoint, change_operator, dismiss};
pub use groups::{
    GroupChange, change_group, create_group, delete_group, get_group, list_group_members,
    list_groups, put_into_group, take_from_group,
};
pub use hosts::{add_host, remove_host};
pub use identities::{delete_identity, put_identity};
pub use invitations::{Invite, Made, get_invitation, invite, resend_invitation, revoke_invitation};
pub use lock_outs::{Kept, Lock, lock_outs, unlock};
pub use members::{
    change_member, is_only_owner, known as known_roles, put_member, remove_member, require_covered,
};
pub use orgs::{OrgChange, change_org, create_org, delete_org, put_org_logo, remove_org_logo};
pub use profiles::put_profile;
pub use public_keys::{add_public_key, list_public_keys, remove_public_key};
pub use restored::{AfterRestore, after_restore};
pub use roles::{
    NewRole, RoleChange, change_role, create_role, delete_role, get_role, is_built_in, list_roles,
};
pub use service_accounts::{
    ServiceChange, change_service_account, create_key, create_service_account,
    delete_service_account, get_service_account, list_keys, list_service_accounts, revoke_key,
};
pub use sessions::{EndedSessions, end_sessions};
pub use settings::{
    check_color, may_set_sender, patch_brand, patch_settings, put_logo, remove_logo, set_in_file,
};
pub use tenants::{NewTenant, change_tenant, check_tenant_name, create_tenant};
pub use token_imports::{ForeignKey, import_key};
pub use upstreams::{
    UpstreamChange, UpstreamInput, addresses, change_upstream, create_upstream, delete_upstream,
    probe, put_upstream,
};
pub use user_imports::{BATCH, Became, Importer, Newcomer, Ready};
pub use users::{ChangeUser, CreateUser, change_user, create_user, delete_user};

/// Who acts, in which tenant, from where.
#[derive(Clone, Copy)]
pub struct Act<'a> {
    /// The program.
    pub core: &'a Core,
    /// The tenant that it happens in.
    pub tenant: &'a Tenant,
    /// Request id and address.
    pub meta: &'a RequestMeta,
    /// Who, and what they may do.
    pub by: &'a Authority,
    /// Their language, for mails to people of whom nothing is known.
    pub lang: Lang,
}

impl Act<'_> {
    /// Writes an event of this actor into a transaction.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn audit(&self, write: &mut Write, event: Event) -> Result<(), Problem> {
        self.audit_in(write, &self.tenant.id, event).await
    }

    /// The same about another tenant.
    async fn audit_in(
        &self,
        write: &mut Write,
        tenant: &TenantId,
        event: Event,
    ) -> Result<(), Problem> {
        let (kind, id) = self.by.actor();
        let event = event.by(kind, id);
        self.core.audit(write, tenant, self.meta, event).await?;
        Ok(())
    }
}

/// `If-Match`, where the caller sent one.
///
/// # Errors
/// `version_mismatch`.
pub fn check_version(expected: Option<i64>, current: i64) -> Result<(), Problem> {
    if expected.is_none_or(|version| version == current) {
        return Ok(());
    }
    Err(Problem::new(
        Code::VersionMismatch,
        "Read the record again before you change it.",
    ))
}

/// Somebody was faster.
pub fn moved() -> Problem {
    Problem::new(
        Code::Conflict,
        "The record was changed meanwhile. Read it again.",
    )
}

/// A short name in addresses.
///
/// # Errors
/// `invalid_field`.
pub fn check_slug(pointer: &str, slug: &str) -> Result<(), Problem> {
    let ok = !slug.is_empty()
        && slug.len() <= 63
        && slug
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !slug.starts_with('-')
        && !slug.ends_with('-');
    let detail = if ok && !crate::domain::ids::is_uuid(slug) {
        return Ok(());
    } else if ok {
        // Whoever names an id must not get somebody who is called so.
        "This has the form of an id. Choose a name."
    } else {
        "Use lower-case letters, digits and inner dashes."
    };
    Err(Problem::field(pointer, "invalid_slug", detail))
}
