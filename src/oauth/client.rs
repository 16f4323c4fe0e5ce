//! Who an app or a service account is, at the endpoints that they call themselves (RFC 6749 §2.3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq as _;

use super::account::Account;
use super::{Fault, Params, account, assertion, document};
use crate::core::{Core, hash_token};
use crate::domain::app::{App, AppState, AuthMethod};
use crate::domain::tenant::Tenant;
use crate::domain::{Code, Problem, ids};
use crate::lane_a::limits;
use crate::store::apps;

/// What somebody brought to prove themselves.
struct Proof {
    method: AuthMethod,
    id: String,
    given: Given,
}

pub(super) enum Given {
    Nothing,
    Secret(String),
    Assertion(String),
}

/// Who calls.
pub enum Client {
    /// A registered app.
    App(Box<App>),
    /// A service account.
    Account(Account),
}

/// The app behind a request. `authorization` is the header as it came.
///
/// # Errors
/// `invalid_client` for everything that does not prove a registered app that is switched on, by
/// the method that it is registered with; `invalid_request` for two methods at once.
pub async fn authenticate(
    core: &Core,
    tenant: &Tenant,
    ip: &str,
    authorization: Option<&str>,
    params: &Params,
) -> Result<App, Fault> {
    match anybody(core, tenant, ip, authorization, params).await? {
        Client::App(app) => Ok(*app),
        Client::Account(_) => Err(unknown()),
    }
}

/// The app or the service account behind a request.
///
/// # Errors
/// As [`authenticate`].
pub async fn anybody(
    core: &Core,
    tenant: &Tenant,
    ip: &str,
    authorization: Option<&str>,
    params: &Params,
) -> Result<Client, Fault> {
    let proof = proof(authorization, params)?;
    let outcome = match registered(core, tenant, &proof.id).await {
        Ok(Some(app)) => {
            let judged = judge(core, tenant, &app, &proof).await;
            judged.map(|()| Client::App(Box::new(app)))
        }
        Ok(None) => account::prove(core, tenant, ip, (&proof.id, &proof.given))
            .await
            .map(Client::Account),
        Err(fault) => Err(fault),
    };
    if matches!(outcome, Err(Fault::Refused { .. })) {
        limits::callback(core, ip).await?;
    }
    outcome
}

/// What is said of everybody who is not known, or cannot prove it.
pub(super) fn unknown() -> Fault {
    Fault::client("the app is not known here, or its secret is wrong")
}

fn proof(authorization: Option<&str>, params: &Params) -> Result<Proof, Fault> {
    let basic = authorization.and_then(|text| text.split_once(' '));
    let basic = basic.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
    let (id, secret) = (params.get("client_id"), params.get("client_secret"));
    let signed = params.get("client_assertion");
    if signed.is_some() && (secret.is_some() || basic.is_some()) {
        return Err(Fault::request("the app proves itself in two ways at once"));
    }
    if let Some(signed) = signed {
        return by_assertion(id, signed, params);
    }
    if let Some((_, encoded)) = basic {
        if secret.is_some() {
            return Err(Fault::request("the app proves itself in two ways at once"));
        }
        let (own, secret) = decoded(encoded).ok_or_else(|| Fault::client("Basic is malformed"))?;
        if id.is_some_and(|id| id != own) {
            return Err(Fault::request(
                "client_id differs from the one in the header",
            ));
        }
        return Ok(Proof {
            method: AuthMethod::Basic,
            id: own,
            given: Given::Secret(secret),
        });
    }
    let id = id.ok_or_else(|| Fault::client("the app does not say who it is"))?;
    Ok(Proof {
        method: if secret.is_some() {
            AuthMethod::Post
        } else {
            AuthMethod::None
        },
        id: id.to_owned(),
        given: secret.map_or(Given::Nothing, |secret| Given::Secret(secret.to_owned())),
    })
}

/// `client_id` may be left out: the text says it too (RFC 7521 §4.2).
fn by_assertion(id: Option<&str>, signed: &str, params: &Params) -> Result<Proof, Fault> {
    if params.get("client_assertion_type") != Some(assertion::KIND) {
        return Err(Fault::request("client_assertion_type is not known"));
    }
    let id = match id {
        Some(id) => id.to_owned(),
        None => assertion::said_from(signed)
            .ok_or_else(|| Fault::client("client_assertion is malformed"))?,
    };
    Ok(Proof {
        method: AuthMethod::PrivateKey,
        id,
        given: Given::Assertion(signed.to_owned()),
    })
}

/// Both parts are encoded like a form (RFC 6749 §2.3.1).
fn decoded(encoded: &str) -> Option<(String, String)> {
    let bytes = STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    let plain = |text: &str| {
        let pair = format!("x={text}");
        let mut all = url::form_urlencoded::parse(pair.as_bytes());
        let first = all.next().map(|(_, value)| value.into_owned());
        first.filter(|_| all.next().is_none())
    };
    Some((plain(id)?, plain(secret)?))
}

async fn registered(core: &Core, tenant: &Tenant, id: &str) -> Result<Option<App>, Fault> {
    let found = match document::address(id) {
        Some(url) => document::app(core, tenant, &url, false).await,
        None if ids::plausible(id) => apps::find(&core.db, &tenant.id, id)
            .await
            .map_err(Problem::from),
        None => return Ok(None),
    };
    match found {
        Err(problem) if problem.code == Code::InvalidRequest => Ok(None),
        found => Ok(found?),
    }
}

async fn judge(core: &Core, tenant: &Tenant, app: &App, proof: &Proof) -> Result<(), Fault> {
    let registered = app.registration.token_endpoint_auth_method;
    if registered != proof.method {
        let words = format!("this app is registered for {}", registered.as_str());
        return Err(Fault::client(words));
    }
    match &proof.given {
        Given::Nothing => {}
        Given::Assertion(signed) => assertion::prove(core, tenant, app, signed).await?,
        Given::Secret(secret) => {
            let hash = apps::secret_hash(&core.db, &tenant.id, &app.id)
                .await
                .map_err(Problem::from)?;
            let fits = |hash: Vec<u8>| bool::from(hash.as_slice().ct_eq(&hash_token(secret)));
            if !hash.is_some_and(fits) {
                return Err(unknown());
            }
        }
    }
    if app.state != AppState::Active {
        return Err(Fault::client("this app is switched off"));
    }
    Ok(())
}
