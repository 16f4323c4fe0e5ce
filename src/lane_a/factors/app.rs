//! An authenticator app and the recovery codes that stand in for it: set up, renewed,
//! removed.

use laneway_contract::{
    AdapterState, Answer, BeginEnrol, Credential, EnrolStep, FinishEnrol, MethodKind,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::Visit;
use super::super::account::{end_other_sessions, require_fresh};
use super::{Changed, admin, changed, list, totp_home, unsupported, wrong};
use crate::audit::{Event, Outcome, kind};
use crate::core::Core;
use crate::domain::{Code, Problem, UserId};
use crate::providers::Configured;
use crate::store::seal::Place;
use crate::store::secrets::{self, SecretPurpose};

/// An app that is being set up.
pub struct NewApp {
    /// For the QR code.
    pub otpauth_uri: SecretString,
    /// For typing.
    pub secret: SecretString,
}

/// Begins setting up an authenticator app. What is remembered is bound to this session;
/// beginning again voids what was begun before.
///
/// # Errors
/// `not_supported_by_upstream`, `step_up_required`, `duplicate`.
pub async fn begin_totp(visit: &Visit<'_>) -> Result<NewApp, Problem> {
    let home = totp_home(visit).await?;
    require_fresh(visit, "/account").await?;
    let live = visit.session()?;
    let (core, tenant) = (visit.core, &visit.site.tenant);
    let login_name = live.user.email.clone();
    let request = BeginEnrol {
        kind: MethodKind::Totp,
        subject: live.session.user.0.clone(),
        display_name: live.user.name.clone().unwrap_or_default(),
        login_name: login_name.unwrap_or_else(|| live.session.user.0.clone()),
        relying_party: visit.relying_party(),
        return_to: tenant.public_url.clone(),
    };
    let work = admin(&home)?.begin_enrol(request);
    let step = core.providers.call(&home, "enrol", work).await?;
    let EnrolStep::Secret {
        otpauth_uri,
        secret,
        state,
    } = step
    else {
        return Err(unsupported("Set the app up at the identity provider."));
    };
    let (sid, hash) = (
        live.session.sid.as_str(),
        pending(core, live.session.sid.as_str()),
    );
    let setup = Setup {
        state,
        otpauth_uri: otpauth_uri.expose_secret().to_owned(),
    };
    let plain = serde_json::to_vec(&setup)
        .map_err(|error| Problem::new(Code::Internal, "setup").because(error))?;
    let sealed = core.sealer.seal(place(tenant.id.as_str(), sid), &plain);
    let mut write = core.begin().await?;
    let now = write.now();
    let (id, purpose) = (&tenant.id, SecretPurpose::Totp);
    secrets::discard(&mut write.tx, id, purpose, &hash).await?;
    secrets::create(
        &mut write.tx,
        id,
        purpose,
        &hash,
        sealed,
        now,
        now + SETUP_MS,
    )
    .await?;
    core.commit(write).await?;
    Ok(NewApp {
        otpauth_uri,
        secret,
    })
}

const SETUP_MS: i64 = 10 * 60_000;

/// Under which name a session's begun app is kept: one per session.
fn pending(core: &Core, sid: &str) -> [u8; 32] {
    core.sealer.mac("totp setup", sid.as_bytes())
}

fn place<'a>(tenant: &'a str, sid: &'a str) -> Place<'a> {
    Place {
        tenant,
        table: "one_time_secrets",
        column: "totp",
        row: sid,
    }
}

#[derive(Serialize, Deserialize)]
struct Setup {
    state: AdapterState,
    otpauth_uri: String,
}

async fn setup(visit: &Visit<'_>) -> Result<Option<Setup>, Problem> {
    let (core, tenant) = (visit.core, &visit.site.tenant.id);
    let sid = visit.session()?.session.sid.as_str();
    let (hash, purpose) = (pending(core, sid), SecretPurpose::Totp);
    let Some(sealed) = secrets::peek(&core.db, tenant, purpose, &hash, core.now()).await? else {
        return Ok(None);
    };
    let plain = core.sealer.open(place(tenant.as_str(), sid), &sealed)?;
    Ok(serde_json::from_slice(&plain).ok())
}

/// The address of the app that is being set up in this session, to be shown again.
///
/// # Errors
/// `unauthenticated`, `store_unavailable`.
pub async fn begun_totp(visit: &Visit<'_>) -> Result<Option<SecretString>, Problem> {
    Ok(setup(visit)
        .await?
        .map(|setup| SecretString::from(setup.otpauth_uri)))
}

/// Finishes it with a code from the app. The first app brings recovery codes along.
///
/// # Errors
/// `not_found` where nothing was begun, `invalid_credentials`, `duplicate`.
pub async fn confirm_totp(
    visit: &Visit<'_>,
    code: &str,
) -> Result<(Credential, Vec<SecretString>), Problem> {
    let home = totp_home(visit).await?;
    let live = visit.session()?;
    let (core, tenant) = (visit.core, &visit.site.tenant);
    let setup = setup(visit).await?.ok_or_else(Problem::not_found)?;
    let request = FinishEnrol {
        state: setup.state,
        answer: Answer::Code(SecretString::from(code)),
        label: String::new(),
    };
    let work = admin(&home)?.finish_enrol(request);
    let app = match core.providers.call(&home, "enrol", work).await {
        Err(problem) if problem.code == Code::UpstreamInvalid => {
            return Err(wrong(
                "That code does not match. Wait for the next one in your app.",
            ));
        }
        other => other?,
    };
    let mut write = core.begin().await?;
    let hash = pending(core, live.session.sid.as_str());
    secrets::discard(&mut write.tx, &tenant.id, SecretPurpose::Totp, &hash).await?;
    core.commit(write).await?;
    let user = &live.session.user;
    changed(visit, user, Changed::TotpAdded, &app.id).await;
    let codes = first_codes(visit, &home, user).await?;
    Ok((app, codes))
}

/// Removes the app, and with it the recovery codes. Other sessions end.
///
/// # Errors
/// `step_up_required`, `not_found`, `conflict` where a short password would be left alone.
pub async fn remove_totp(visit: &Visit<'_>) -> Result<(), Problem> {
    let home = totp_home(visit).await?;
    require_fresh(visit, "/account").await?;
    let user = &visit.session()?.session.user;
    let app = list(visit).await?.totp.ok_or_else(Problem::not_found)?;
    let work = admin(&home)?.remove(user.as_str(), &app.id);
    match visit.core.providers.call(&home, "remove", work).await {
        Err(problem) if problem.code == Code::Duplicate => {
            return Err(Problem::new(
                Code::LastFactor,
                "Your password is too short to stand alone. Change it to one of 15 characters or more first.",
            ));
        }
        other => other?,
    }
    changed(visit, user, Changed::TotpRemoved, &app.id).await;
    end_other_sessions(visit).await
}

/// How many recovery codes are unused.
///
/// # Errors
/// Those of stores and providers.
pub async fn recovery_codes_left(visit: &Visit<'_>) -> Result<u32, Problem> {
    Ok(list(visit).await?.recovery_codes)
}

/// Makes new recovery codes; the old ones are void. This is the only time they are shown.
///
/// # Errors
/// `step_up_required`, `conflict` where there is no app that they could stand in for.
pub async fn new_recovery_codes(visit: &Visit<'_>) -> Result<Vec<SecretString>, Problem> {
    let home = totp_home(visit).await?;
    require_fresh(visit, "/account").await?;
    make_codes(visit, &home).await
}

/// The codes that come with an app. No mail tells of them: that of the app does.
///
/// # Errors
/// Those of the provider.
pub(in crate::lane_a) async fn first_codes(
    visit: &Visit<'_>,
    home: &Configured,
    user: &UserId,
) -> Result<Vec<SecretString>, Problem> {
    let codes = renew(visit, home, user).await?;
    let target = ("user", user.as_str());
    let event = Event::new(kind::RECOVERY_CODES_CREATED, Outcome::Success, target).by_user(user);
    let tenant = &visit.site.tenant.id;
    visit.core.audit_alone(tenant, visit.meta, event).await;
    Ok(codes)
}

async fn make_codes(visit: &Visit<'_>, home: &Configured) -> Result<Vec<SecretString>, Problem> {
    let user = &visit.session()?.session.user;
    let codes = renew(visit, home, user).await?;
    changed(visit, user, Changed::RecoveryCodesMade, user.as_str()).await;
    Ok(codes)
}

async fn renew(
    visit: &Visit<'_>,
    home: &Configured,
    user: &UserId,
) -> Result<Vec<SecretString>, Problem> {
    let work = admin(home)?.renew_recovery_codes(user.as_str());
    let providers = &visit.core.providers;
    match providers.call(home, "recovery_codes", work).await {
        Err(problem) if problem.code == Code::NotFound => Err(Problem::new(
            Code::Conflict,
            "Recovery codes stand in for an authenticator app. Set one up first.",
        )),
        other => other,
    }
}

/// The codes as JSON.
pub fn codes_json(codes: &[SecretString]) -> serde_json::Value {
    let plain = codes.iter().map(SecretString::expose_secret);
    json!(plain.collect::<Vec<_>>())
}
