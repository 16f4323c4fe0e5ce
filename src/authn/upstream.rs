//! Access tokens of a tenant's own identity providers.
//!
//! Owns: from such a token to the caller that it stands for.
//! Must not know: what makes it count (`providers`), how long that is kept (`sessions`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use laneway_contract::{BearerIdentity, BearerVerdict};
use secrecy::SecretString;
use serde::Deserialize;

use super::Caller;
use crate::core::{Core, Site, hash_token};
use crate::domain::session::SessionUpstream;
use crate::domain::settings::AuthMethod;
use crate::domain::{Code, Problem};
use crate::providers::Configured;
use crate::sessions::{Nobody, Vouched};

/// A few kilobytes; longer ones do not fit beside the other headers of a request.
const LONGEST: usize = 16 * 1024;

/// The caller of a signed token, where it names an upstream whose tokens count here; `None`
/// where it does not.
pub(super) async fn signed(
    core: &Core,
    site: &Site,
    value: &str,
) -> Result<Option<Caller>, Problem> {
    let named = || stated_issuer(value);
    match core.providers.issuer_of(&site.tenant, named).await? {
        Some(upstream) => judged(core, site, &upstream, value).await.map(Some),
        None => Ok(None),
    }
}

/// The caller of a token that says nothing itself, where somebody can be asked about it.
pub(super) async fn opaque(
    core: &Core,
    site: &Site,
    value: &str,
) -> Result<Option<Caller>, Problem> {
    match core.providers.asked_about_tokens(&site.tenant).await? {
        Some(upstream) if is_token(value) => judged(core, site, &upstream, value).await.map(Some),
        _ => Ok(None),
    }
}

async fn judged(
    core: &Core,
    site: &Site,
    upstream: &Configured,
    value: &str,
) -> Result<Caller, Problem> {
    super::token::require(site, AuthMethod::UpstreamToken)?;
    if !is_token(value) {
        return Err(refused("the form of the token"));
    }
    // Two tenants may have the same upstream, and each its own people and rules.
    let key = hash_token(&format!("{} {} {value}", site.tenant.id, upstream.row.id));
    if let Some(live) = core.sessions.kept_foreign(&key) {
        return Ok(Caller::Token(live));
    }
    let as_of = core.sessions.as_of();
    let token = SecretString::from(value);
    let verdict = core.providers.judge_token(upstream, &token, key).await?;
    let identity = match &*verdict {
        BearerVerdict::Good(identity) => identity,
        BearerVerdict::Expired => {
            let text = "Get a new access token from the identity provider.";
            return Err(Problem::new(Code::TokenExpired, text));
        }
        BearerVerdict::Refused(why) => return Err(refused(why)),
    };
    let Some(vouched) = vouched(site, upstream, identity) else {
        return Err(refused("nobody accepts its tokens any more"));
    };
    let admitted = core.sessions.admit_foreign(&key, vouched, as_of).await?;
    admitted.map(Caller::Token).map_err(nobody)
}

fn vouched(site: &Site, upstream: &Configured, identity: &BearerIdentity) -> Option<Vouched> {
    let (accepted, _) = upstream.bearer()?;
    let row = &upstream.row;
    Some(Vouched {
        tenant: site.tenant.id.clone(),
        upstream: SessionUpstream {
            id: row.id.clone(),
            slug: row.slug.clone(),
            subject: identity.subject.clone(),
            sid: identity.session.clone(),
            within: None,
        },
        issuer: identity.issuer.clone(),
        acr: identity.evidence.acr,
        amr: identity.evidence.amr.clone(),
        auth_time: identity.evidence.auth_time_ms,
        issued_at: identity.issued_at_ms,
        expires_at: identity.expires_at_ms,
        grants: accepted.grants.clone(),
    })
}

fn nobody(why: Nobody) -> Problem {
    let text = match why {
        Nobody::Unlinked => "Nobody here is linked to whom this token names. Sign in once.",
        Nobody::Inactive => "The account of this token is not active.",
        Nobody::Outlived => "This token is older than the end of its person's sessions.",
    };
    Problem::new(Code::InvalidToken, text)
}

fn refused(why: &str) -> Problem {
    Problem::new(Code::InvalidToken, "This token does not count here.").because(why)
}

/// Has it the form of a bearer token (RFC 6750 §2.1)? Nobody is asked about anything else.
fn is_token(value: &str) -> bool {
    (8..=LONGEST).contains(&value.len())
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b))
}

/// The issuer that a signed token names; nothing is proven by it.
fn stated_issuer(value: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Stated {
        iss: String,
    }
    if value.len() > LONGEST {
        return None;
    }
    let claims = B64.decode(value.split('.').nth(1)?).ok()?;
    let stated: Stated = serde_json::from_slice(&claims).ok()?;
    Some(stated.iss)
}
