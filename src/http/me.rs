//! `/v1/me`: people and their own account (CONTRACT §7), a file per noun; here who may.

mod apps;
mod devices;
mod elsewhere;
mod email;
mod export;
mod identities;
mod listing;
mod organizations;
mod passkeys;
mod profile;
mod routes;
mod sessions;
mod tokens;

pub use apps::{apps, withdraw_app};
pub use devices::{change_device, clear_device, device_json, device_name, devices, forget_device};
pub use elsewhere::{Wish, begin_errand, change_upstream_credentials, upstream_credentials};
pub use email::{begin_email, confirm_email};
pub use export::export;
pub use identities::{begin_link, identities, identity_json, link, unlink};
pub use listing::{Page, page};
pub use organizations::{leave_organization, organizations};
pub use passkeys::{begin_passkey, credential_json, finish_passkey, passkeys, remove_passkey};
pub use profile::{change, read, remove, user_json};
pub use routes::{account, factors};
pub use sessions::{end_others, end_session, session_json, sessions};
pub use tokens::{create_token, revoke_token, tokens};

use http::Method;

use super::bff::check_org;
use super::context::Context;
use crate::authn::{self, Caller};
use crate::authz::Permission;
use crate::domain::{Problem, ids};
use crate::lane_a::Visit;

const NO_BROWSER: [u8; 32] = [0; 32];

pub(super) async fn reading(context: &Context) -> Result<Visit<'_>, Problem> {
    own(context, Permission::AccountRead)
        .await
        .map(|(_, visit)| visit)
}

pub(super) async fn writing<'a>(
    context: &'a Context,
    method: &Method,
) -> Result<Visit<'a>, Problem> {
    let (caller, visit) = own(context, Permission::AccountWrite).await?;
    if caller.by_cookie() {
        authn::check_api(&context.headers, method, false)?;
    }
    Ok(visit)
}

/// The session of a person who may do that with their own account. A token that has no
/// account, or is limited to less, is refused whatever cookie comes with it.
async fn own(context: &Context, permission: Permission) -> Result<(Caller, Visit<'_>), Problem> {
    let caller = context.caller().await?;
    caller.needs_scope(permission)?;
    let visit = context.visit_by(&caller, NO_BROWSER);
    check_org(context, visit.session()?)?;
    Ok((caller, visit))
}

/// An id that can be one of ours at all.
///
/// # Errors
/// `not_found`.
pub fn plausible(id: String) -> Result<String, Problem> {
    if ids::plausible(&id) {
        Ok(id)
    } else {
        Err(Problem::not_found())
    }
}
