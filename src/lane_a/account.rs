//! What people can do with their own account (CONTRACT §7): a file per section of the
//! account page, and here the fresh proof that changes of factors ask for.

mod deletion;
mod elsewhere;
mod email;
mod export;
mod identities;
mod organizations;
mod passkeys;
mod profile;
mod sessions;
mod tokens;

pub use deletion::{Deletion, delete, deletion};
pub use elsewhere::{Kept, Unseen, begin_elsewhere, is_removable, kept_elsewhere};
pub(in crate::lane_a) use elsewhere::{actions, credentials};
pub use email::{
    PendingEmail, begin_email_change, cancel_email_change, confirm_email_change, pending_email,
};
pub use export::{ExportAt, ExportPiece, begin_export, export_piece, shown_event};
pub(in crate::lane_a) use identities::keep_login_name;
pub use identities::{CompanyWay, company_ways, list_identities, unlink};
pub use organizations::{admits, enter_by_token, enter_org, leave_org, switch_org};
pub use passkeys::{begin_passkey, can_enrol, finish_passkey, list_passkeys, remove_passkey};
pub use profile::change_profile;
pub use sessions::{end_other_sessions, end_session, list_sessions};
pub use tokens::{create_token, list_tokens, offered_scopes, revoke_token};

use super::{Visit, methods};
use crate::authz;
use crate::domain::{Code, Problem};

/// Whoever runs an organization's provider can be anybody who comes by it: such a session must
/// not make itself another way in, nor carry the account away.
///
/// # Errors
/// `forbidden`, `unauthenticated`.
pub fn require_own_way(visit: &Visit<'_>) -> Result<(), Problem> {
    match visit.session()?.session.within() {
        None => Ok(()),
        Some(_) => Err(Problem::new(
            Code::Forbidden,
            "Your organization's own provider vouches for you there only. Sign in another way to change the account itself.",
        )),
    }
}

/// Changes to factors, address or existence need a fresh proof of the strongest kind.
///
/// # Errors
/// `step_up_required`; `forbidden` for a session of an organization's own provider.
pub async fn require_fresh(visit: &Visit<'_>, return_to: &str) -> Result<(), Problem> {
    require_own_way(visit)?;
    require_within(visit, return_to, authz::FRESH_S).await
}

/// What changes an installation needs the strongest proof too, but a form takes longer to
/// fill in.
///
/// # Errors
/// `step_up_required`.
pub async fn require_operator(visit: &Visit<'_>, return_to: &str) -> Result<(), Problem> {
    require_within(visit, return_to, authz::OPERATOR_S).await
}

async fn require_within(visit: &Visit<'_>, return_to: &str, max_age_s: u64) -> Result<(), Problem> {
    let live = visit.session()?;
    let reachable = methods::expected(visit, &live.session).await?;
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("acr_values", reachable.as_str())
        .append_pair("max_age", &max_age_s.to_string())
        .append_pair("return_to", return_to)
        .finish();
    let url = visit.site.tenant.address(&format!("/bff/login?{query}"));
    authz::require_fresh(&live.session, reachable, max_age_s, visit.core.now(), &url)
}
