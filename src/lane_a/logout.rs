//! Ending sessions: by the person, by the provider, on both sides.

use laneway_contract::{EndSession, SessionEvidence, UpstreamSession};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use super::{Visit, limits, sign_in};
use crate::audit::{Event, Outcome, RequestMeta, kind};
use crate::core::{Core, Site, hash_token};
use crate::domain::{Code, Problem, Sid, TenantId, UpstreamId, UserId};
use crate::store::seal::Place;
use crate::store::secrets::{self, SecretPurpose};
use crate::store::sessions::Which;
use crate::store::{Write, upstream_sessions};

const CONTINUATION_MS: i64 = 5 * 60_000;
/// So long after somebody has signed out here they may still be on their way to the provider.
pub(super) const AT_PROVIDER_MS: i64 = CONTINUATION_MS + 60_000;

/// The rest of a logout, at the provider.
#[derive(Serialize, Deserialize)]
struct Continuation {
    upstream: UpstreamId,
    subject: String,
    session: UpstreamSession,
    return_to: Option<String>,
}

/// What the browser does next.
pub enum Next {
    /// Nothing is left to do.
    Go(String),
    /// Post these fields to the provider.
    Post {
        /// Its end-session endpoint.
        url: Url,
        /// Form fields; they hold the ID token, which must not be in an address.
        fields: Vec<(String, String)>,
    },
}

/// Ends this browser's session, or all of the person's. Answers the path that ends the
/// provider's session too, where there is one.
///
/// # Errors
/// `unauthenticated`, `store_unavailable`.
pub async fn logout(
    visit: &Visit<'_>,
    everywhere: bool,
    return_to: Option<String>,
) -> Result<Option<String>, Problem> {
    let session = visit.session()?.session.clone();
    let (core, tenant) = (visit.core, &visit.site.tenant.id);
    let kept = upstream_sessions::list(&core.db, tenant, &session.sid).await?;
    let mut write = core.begin().await?;
    let which = if everywhere {
        Which::OfUser(&session.user)
    } else {
        Which::One(&session.sid)
    };
    let ended = sign_in::end(&mut write, tenant, which, "logout").await?;
    let event = Event::new(
        kind::SESSION_ENDED,
        Outcome::Success,
        ("user", session.user.as_str()),
    )
    .by_user(&session.user)
    .detail(json!({ "reason": "logout", "everywhere": everywhere, "sids": ended }));
    core.audit(&mut write, tenant, visit.meta, event).await?;
    let mut path = None;
    if let Some(row) = kept.first() {
        let place = upstream_sessions::place(tenant, &session.sid);
        // Our side ends whatever became of the provider's tokens.
        let plain = core.sealer.open(place, &row.sealed).unwrap_or_default();
        if let Ok(kept) = serde_json::from_slice::<UpstreamSession>(&plain) {
            let rest = Continuation {
                upstream: row.upstream.clone(),
                subject: row.subject.clone(),
                session: kept,
                return_to,
            };
            path = Some(continuation(core, &mut write, tenant, &rest).await?);
        }
    }
    core.commit(write).await?;
    Ok(path)
}

async fn continuation(
    core: &Core,
    write: &mut Write,
    tenant: &TenantId,
    rest: &Continuation,
) -> Result<String, Problem> {
    let (plain, hash) = core.new_token();
    let bytes = serde_json::to_vec(rest)
        .map_err(|error| Problem::new(Code::Internal, "logout").because(error))?;
    let sealed = core.sealer.seal(place(tenant), &bytes);
    let now = write.now();
    let purpose = SecretPurpose::LogoutContinuation;
    secrets::create(
        &mut write.tx,
        tenant,
        purpose,
        &hash,
        sealed,
        now,
        now + CONTINUATION_MS,
    )
    .await?;
    Ok(format!("/bff/logout/continue/{}", plain.expose()))
}

fn place(tenant: &TenantId) -> Place<'_> {
    Place {
        tenant: tenant.as_str(),
        table: "one_time_secrets",
        column: "sealed",
        row: "logout_continuation",
    }
}

/// Goes on with a logout at the provider. Our side has ended already: trouble at the
/// provider is logged and the person still arrives at "signed out".
///
/// # Errors
/// `expired` for a value that is unknown or used.
pub async fn go_on(core: &Core, site: &Site, token: &str) -> Result<Next, Problem> {
    let tenant = &site.tenant;
    let mut write = core.begin().await?;
    let now = write.now();
    let purpose = SecretPurpose::LogoutContinuation;
    let sealed =
        secrets::consume(&mut write.tx, &tenant.id, purpose, &hash_token(token), now).await?;
    core.commit(write).await?;
    let sealed =
        sealed.ok_or_else(|| Problem::new(Code::Expired, "You are signed out already."))?;
    let plain = core.sealer.open(place(&tenant.id), &sealed)?;
    let rest: Continuation = serde_json::from_slice(&plain)
        .map_err(|error| Problem::new(Code::Internal, "logout").because(error))?;
    let home = rest
        .return_to
        .unwrap_or_else(|| tenant.address("/logged-out"));
    let configured = core.providers.get(tenant, &rest.upstream).await?;
    let Ok(provider) = configured.provider() else {
        return Ok(Next::Go(home));
    };
    let Some(control) = provider.session_control() else {
        return Ok(Next::Go(home));
    };
    let evidence = SessionEvidence {
        subject: rest.subject,
        session: rest.session,
    };
    let logged_out = tenant.address("/logged-out");
    let work = control.end_session(evidence, &logged_out);
    match core.providers.call(&configured, "end_session", work).await {
        Ok(EndSession::Browser { url, mut fields }) => {
            let state = new_state(core, &tenant.id, &home).await?;
            fields.push(("state".to_owned(), state));
            Ok(Next::Post { url, fields })
        }
        Ok(EndSession::Ended | EndSession::NotOffered) => Ok(Next::Go(home)),
        Err(problem) => {
            tracing::warn!(?problem, upstream = %configured.row.slug, "the provider's session was not ended");
            Ok(Next::Go(home))
        }
    }
}

/// The value by which `/logged-out` knows that the provider's answer belongs to a logout
/// of ours (OpenID RP-Initiated Logout 1.0 §3), and where the person goes on from there.
async fn new_state(core: &Core, tenant: &TenantId, home: &str) -> Result<String, Problem> {
    let (plain, hash) = core.new_token();
    let sealed = core.sealer.seal(state_place(tenant), home.as_bytes());
    let mut write = core.begin().await?;
    let now = write.now();
    let purpose = SecretPurpose::LogoutState;
    let until = now + CONTINUATION_MS;
    secrets::create(&mut write.tx, tenant, purpose, &hash, sealed, now, until).await?;
    core.commit(write).await?;
    Ok(plain.expose().to_owned())
}

fn state_place(tenant: &TenantId) -> Place<'_> {
    Place {
        tenant: tenant.as_str(),
        table: "one_time_secrets",
        column: "sealed",
        row: "logout_state",
    }
}

/// Judges the `state` that came back from a provider after a logout; where the person goes on.
///
/// # Errors
/// `invalid_request` when no logout of ours waits for it.
pub async fn returned(core: &Core, tenant: &TenantId, state: &str) -> Result<String, Problem> {
    let mut write = core.begin().await?;
    let now = write.now();
    let purpose = SecretPurpose::LogoutState;
    let used = secrets::consume(&mut write.tx, tenant, purpose, &hash_token(state), now).await?;
    core.commit(write).await?;
    let unknown = || {
        Problem::new(
            Code::InvalidRequest,
            "This answer of the identity provider belongs to no sign-out that began here.",
        )
    };
    let home = core
        .sealer
        .open(state_place(tenant), &used.ok_or_else(unknown)?)?;
    String::from_utf8(home).map_err(|_| unknown())
}

/// Ends what a provider's logout token names; how many sessions that were.
///
/// # Errors
/// `invalid_request` for a token that is not acceptable or was used before.
pub async fn back_channel(
    core: &Core,
    site: &Site,
    meta: &RequestMeta,
    slug: &str,
    token: &str,
) -> Result<usize, Problem> {
    let tenant = &site.tenant;
    let configured = core.providers.by_slug(tenant, slug).await?;
    let control = configured
        .provider()?
        .session_control()
        .ok_or_else(Problem::not_found)?;
    let work = control.verify_logout_token(token);
    let token = match core.providers.call(&configured, "logout_token", work).await {
        Ok(token) => token,
        Err(problem) if problem.code == Code::UpstreamInvalid => {
            let event = Event::new(
                kind::LOGOUT_TOKEN_REFUSED,
                Outcome::Denied,
                ("upstream", slug),
            )
            .detail(json!({ "reason": problem.source }));
            // Anybody can send nonsense here; past the limit it leaves no more rows.
            limits::callback(core, &meta.ip).await?;
            core.audit_alone(&tenant.id, meta, event).await;
            return Err(Problem::new(
                Code::InvalidRequest,
                "The logout token is not acceptable.",
            ));
        }
        Err(problem) => return Err(problem),
    };
    let mut write = core.begin().await?;
    let jti = hash_token(&format!("{}\0{}", token.issuer, token.jti));
    let now = write.now();
    // Kept a little longer than the token could be accepted.
    let until = token.expires_at_ms.max(now) + 300_000;
    let purpose = SecretPurpose::LogoutJti;
    if !secrets::create(
        &mut write.tx,
        &tenant.id,
        purpose,
        &jti,
        Vec::new(),
        now,
        until,
    )
    .await?
    {
        return Err(Problem::new(
            Code::InvalidRequest,
            "The logout token was used before.",
        ));
    }
    let which = match (&token.sid, &token.subject) {
        (Some(sid), _) => Which::UpstreamSession(&configured.row.id, sid),
        (None, Some(subject)) => Which::UpstreamSubject(&configured.row.id, subject),
        (None, None) => {
            return Err(Problem::new(
                Code::InvalidRequest,
                "The logout token names nobody.",
            ));
        }
    };
    let ended = sign_in::end(&mut write, &tenant.id, which, "upstream_logout").await?;
    let event = Event::new(kind::SESSION_ENDED, Outcome::Success, ("upstream", slug))
        .by("upstream", slug)
        .detail(json!({ "reason": "upstream_logout", "sids": ended }));
    core.audit(&mut write, &tenant.id, meta, event).await?;
    core.commit(write).await?;
    Ok(ended.len())
}

/// Ends sessions of a person on somebody's behalf; their ids.
///
/// # Errors
/// `store_unavailable`.
pub async fn end_sessions(
    core: &Core,
    tenant: &TenantId,
    meta: &RequestMeta,
    actor: (&'static str, &str),
    user: &UserId,
    which: Which<'_>,
    reason: &'static str,
) -> Result<Vec<Sid>, Problem> {
    let mut write = core.begin().await?;
    let ended = sign_in::end(&mut write, tenant, which, reason).await?;
    if !ended.is_empty() {
        let event = Event::new(
            kind::SESSION_ENDED,
            Outcome::Success,
            ("user", user.as_str()),
        )
        .by(actor.0, actor.1)
        .detail(json!({ "reason": reason, "sids": ended }));
        core.audit(&mut write, tenant, meta, event).await?;
    }
    core.commit(write).await?;
    Ok(ended)
}
