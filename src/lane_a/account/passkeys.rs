//! A person's passkeys: they live at a provider, the ceremony is ours.

use std::sync::Arc;

use laneway_contract::{
    Answer, BeginEnrol, Credential, CredentialAdmin, EnrolStep, FinishEnrol, MethodKind,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::factors::{self, Changed};
use super::super::{Visit, methods};
use super::{end_other_sessions, require_fresh};
use crate::core::hash_token;
use crate::domain::{Code, Problem};
use crate::providers::Configured;
use crate::store::seal::Place;
use crate::store::secrets::{self, SecretPurpose};

const CEREMONY_MS: i64 = 5 * 60_000;

/// A ceremony between its two calls.
#[derive(Serialize, Deserialize)]
struct Ceremony {
    state: laneway_contract::AdapterState,
    label: String,
}

async fn passkey_home(visit: &Visit<'_>) -> Result<Arc<Configured>, Problem> {
    let none = || {
        Problem::new(
            Code::NotSupportedByUpstream,
            "Passkeys are kept by your identity provider.",
        )
    };
    let offers = visit.core.providers.offers(&visit.site.tenant).await?;
    let offer = methods::pick(&offers, MethodKind::Passkey, None).ok_or_else(none)?;
    offer
        .upstream
        .provider()?
        .credential_admin()
        .ok_or_else(none)?;
    Ok(Arc::clone(&offer.upstream))
}

fn admin(home: &Configured) -> Result<&dyn CredentialAdmin, Problem> {
    home.provider()?
        .credential_admin()
        .ok_or_else(Problem::not_found)
}

/// The person's passkeys; none where the provider keeps them to itself.
///
/// # Errors
/// `upstream_unavailable`.
pub async fn list_passkeys(visit: &Visit<'_>) -> Result<Vec<Credential>, Problem> {
    let live = visit.session()?;
    let home = match passkey_home(visit).await {
        Err(problem) if problem.code == Code::NotSupportedByUpstream => return Ok(Vec::new()),
        other => other?,
    };
    let work = admin(&home)?.list(live.session.user.as_str());
    let mut all = visit.core.providers.call(&home, "list", work).await?;
    all.retain(|credential| credential.kind == MethodKind::Passkey);
    Ok(all)
}

/// Can a passkey be added on our page?
pub async fn can_enrol(visit: &Visit<'_>) -> bool {
    super::require_own_way(visit).is_ok() && passkey_home(visit).await.is_ok()
}

/// Begins adding a passkey: `{"id","public_key"}` or `{"redirect_to"}`.
///
/// # Errors
/// `step_up_required`, `not_supported_by_upstream`.
pub async fn begin_passkey(visit: &Visit<'_>, label: &str) -> Result<Value, Problem> {
    require_fresh(visit, "/account").await?;
    let live = visit.session()?;
    let (core, tenant) = (visit.core, &visit.site.tenant);
    let home = passkey_home(visit).await?;
    let login_name = live
        .user
        .email
        .clone()
        .unwrap_or_else(|| live.session.user.0.clone());
    let request = BeginEnrol {
        kind: MethodKind::Passkey,
        subject: live.session.user.0.clone(),
        display_name: live.user.name.clone().unwrap_or_else(|| login_name.clone()),
        login_name,
        relying_party: visit.relying_party(),
        return_to: tenant.public_url.clone(),
    };
    let work = admin(&home)?.begin_enrol(request);
    let (public_key, state) = match core.providers.call(&home, "enrol", work).await? {
        EnrolStep::Challenge { public_key, state } => (public_key, state),
        EnrolStep::Redirect(url) => return Ok(json!({ "redirect_to": url })),
        EnrolStep::Secret { .. } => return Err(Problem::not_found()),
    };
    let ceremony = Ceremony {
        state,
        label: label.trim().chars().take(80).collect(),
    };
    let bytes = serde_json::to_vec(&ceremony)
        .map_err(|error| Problem::new(Code::Internal, "ceremony").because(error))?;
    let (plain, hash) = core.new_token();
    let sid = live.session.sid.as_str();
    let sealed = core.sealer.seal(place(tenant.id.as_str(), sid), &bytes);
    let mut write = core.begin().await?;
    let now = write.now();
    let purpose = SecretPurpose::Ceremony;
    secrets::create(
        &mut write.tx,
        &tenant.id,
        purpose,
        &hash,
        sealed,
        now,
        now + CEREMONY_MS,
    )
    .await?;
    core.commit(write).await?;
    Ok(json!({ "id": plain.expose(), "public_key": public_key }))
}

/// Sealed for one session: another's ceremony does not open.
fn place<'a>(tenant: &'a str, sid: &'a str) -> Place<'a> {
    Place {
        tenant,
        table: "one_time_secrets",
        column: "ceremony",
        row: sid,
    }
}

/// Finishes adding a passkey.
///
/// # Errors
/// `not_found` for a ceremony that is over or another's, `invalid_credentials`,
/// `duplicate`.
pub async fn finish_passkey(
    visit: &Visit<'_>,
    id: &str,
    credential: Value,
) -> Result<Credential, Problem> {
    let live = visit.session()?;
    let (core, tenant) = (visit.core, &visit.site.tenant);
    let mut write = core.begin().await?;
    let now = write.now();
    let purpose = SecretPurpose::Ceremony;
    let sealed = secrets::consume(&mut write.tx, &tenant.id, purpose, &hash_token(id), now).await?;
    core.commit(write).await?;
    let sealed = sealed.ok_or_else(Problem::not_found)?;
    let place = place(tenant.id.as_str(), live.session.sid.as_str());
    let plain = core
        .sealer
        .open(place, &sealed)
        .map_err(|_| Problem::not_found())?;
    let ceremony: Ceremony = serde_json::from_slice(&plain).map_err(|_| Problem::not_found())?;
    let home = passkey_home(visit).await?;
    let request = FinishEnrol {
        state: ceremony.state,
        answer: Answer::Credential(credential),
        label: ceremony.label,
    };
    let work = admin(&home)?.finish_enrol(request);
    let stored =
        core.providers
            .call(&home, "enrol", work)
            .await
            .map_err(|problem| match problem.code {
                Code::UpstreamInvalid => Problem::new(
                    Code::InvalidCredentials,
                    "The passkey could not be stored. Try again.",
                ),
                _ => problem,
            })?;
    let user = &live.session.user;
    factors::changed(visit, user, Changed::PasskeyAdded, &stored.id).await;
    Ok(stored)
}

/// Removes a passkey, unless it is the last way in.
///
/// # Errors
/// `step_up_required`, `last_factor`, `not_found`.
pub async fn remove_passkey(visit: &Visit<'_>, id: &str) -> Result<(), Problem> {
    require_fresh(visit, "/account").await?;
    let live = visit.session()?;
    let user = &live.session.user;
    let ways = methods::open_to(visit, user).await?;
    let passkeys = list_passkeys(visit).await?;
    if !passkeys.iter().any(|passkey| passkey.id == id) {
        return Err(Problem::not_found());
    }
    // What only adds to another proof opens nothing by itself.
    let others = ways
        .iter()
        .any(|(kind, _)| *kind != MethodKind::Passkey && !kind.is_second_only());
    if passkeys.len() <= 1 && !others {
        return Err(Problem::new(
            Code::LastFactor,
            "Add another way to sign in before you remove this one.",
        ));
    }
    let home = passkey_home(visit).await?;
    let work = admin(&home)?.remove(user.as_str(), id);
    visit.core.providers.call(&home, "remove", work).await?;
    factors::changed(visit, user, Changed::PasskeyRemoved, id).await;
    // A passkey in the wrong hands may have opened others of these sessions.
    end_other_sessions(visit).await
}
