//! A request to the authorization endpoint: read, and judged as far as that needs nobody.
//!
//! Until app and redirect URI are known to belong together, a refusal stays here, on a page of
//! ours; afterwards it goes back to the app.

use laneway_contract::Acr;
use serde::{Deserialize, Serialize};

use super::{Fault, Params, claims, document, dpop, pkce, pushed};
use crate::core::Core;
use crate::domain::app::{App, AppState, GrantType, covering};
use crate::domain::scope::Scope;
use crate::domain::tenant::Tenant;
use crate::domain::wanted_claims::WantedClaims;
use crate::domain::{AppId, Code, Problem};
use crate::store::apps;
use crate::tokens;

/// How an answer travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// In the address.
    Query,
    /// In a form that the browser posts.
    FormPost,
}

/// Where the answer goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Back {
    /// An address that is registered for the app.
    pub redirect_uri: String,
    /// How.
    pub mode: Mode,
    /// What the app gets back as it sent it.
    pub state: Option<String>,
}

/// What the app wants of the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Prompts {
    /// Nothing: answer or refuse at once.
    pub none: bool,
    /// A new sign-in.
    pub login: bool,
    /// Their consent, again.
    pub consent: bool,
    /// To choose who they are.
    pub select: bool,
}

/// A request that can be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Which app.
    pub app: AppId,
    /// Where the answer goes.
    pub back: Back,
    /// What it gets at most.
    pub scope: Scope,
    /// Whom its tokens may be for.
    pub audiences: Vec<String>,
    /// Claims that it asks for by name.
    #[serde(default)]
    pub claims: WantedClaims,
    /// For the ID token.
    pub nonce: Option<String>,
    /// Of PKCE.
    pub challenge: Option<String>,
    /// Of the person.
    pub prompts: Prompts,
    /// Oldest proof in seconds.
    pub max_age: Option<u64>,
    /// Wanted rung.
    pub acr: Option<Acr>,
    /// Who is probably signing in.
    pub login_hint: Option<String>,
    /// Who has to be signed in.
    pub subject: Option<String>,
    /// Organization to enter, by id or short name.
    pub org: Option<String>,
    /// The key that the code is for (RFC 9449 §10).
    #[serde(default)]
    pub jkt: Option<String>,
    /// The provider to sign in with, by its short name.
    #[serde(default)]
    pub connection: Option<String>,
    /// Epoch ms.
    pub asked_at: i64,
}

impl Asked {
    /// What the person is asked for: named claims are as much as the scopes that hold them.
    pub fn whole(&self) -> Scope {
        self.scope.or(&self.claims.scopes())
    }
}

/// A request that is not answered.
pub enum Refusal {
    /// Here.
    Page(Problem),
    /// At the app.
    Back(Back, Box<Fault>),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Page(problem)
    }
}

/// Reads a request: what the browser brings, or what the app has pushed before.
///
/// # Errors
/// [`Refusal`].
pub async fn read(core: &Core, tenant: &Tenant, params: &Params) -> Result<(App, Asked), Refusal> {
    let pushed = pushed::take(core, tenant, params).await?;
    let params = pushed.as_ref().unwrap_or(params);
    let app = app_of(core, tenant, params).await?;
    if pushed.is_none() && app.registration.require_pushed_authorization_requests {
        let fault = Fault::request("this app has to push its requests");
        return Err(Refusal::Back(back_of(&app, params)?, Box::new(fault)));
    }
    let asked = judge(core, tenant, &app, params).await?;
    Ok((app, asked))
}

/// Judges what an app asks for, whoever is going to answer.
///
/// # Errors
/// [`Refusal`].
pub(super) async fn judge(
    core: &Core,
    tenant: &Tenant,
    app: &App,
    params: &Params,
) -> Result<Asked, Refusal> {
    let back = back_of(app, params)?;
    let asked = asked(core, tenant, app, back.clone(), params).await;
    asked.map_err(|fault| Refusal::Back(back, Box::new(fault)))
}

fn refused(detail: &str) -> Problem {
    Problem::new(Code::InvalidRequest, detail)
}

async fn app_of(core: &Core, tenant: &Tenant, params: &Params) -> Result<App, Problem> {
    if params.is_double("client_id") || params.is_double("redirect_uri") {
        return Err(refused("client_id or redirect_uri is sent twice."));
    }
    let id = params
        .get("client_id")
        .filter(|id| crate::domain::ids::plausible(id) || document::address(id).is_some())
        .ok_or_else(|| refused("client_id is missing or not valid."))?;
    let found = match document::address(id) {
        Some(url) => document::app(core, tenant, &url, true).await?,
        None => apps::find(&core.db, &tenant.id, id).await?,
    };
    let app = found.ok_or_else(|| refused("client_id is not registered here."))?;
    if app.state != AppState::Active {
        return Err(refused("This app is switched off."));
    }
    Ok(app)
}

fn back_of(app: &App, params: &Params) -> Result<Back, Problem> {
    let uri = params
        .get("redirect_uri")
        .ok_or_else(|| refused("redirect_uri is missing."))?;
    if !app.answers_at(uri) {
        return Err(refused("redirect_uri is not registered for this app."));
    }
    // What cannot be read is refused below, by way of the address.
    let mode = match params.get("response_mode") {
        Some("form_post") if uri.starts_with("http") => Mode::FormPost,
        _ => Mode::Query,
    };
    let state = params.get("state").map(str::to_owned);
    Ok(Back {
        redirect_uri: uri.to_owned(),
        mode,
        state: state.filter(|_| !params.is_double("state")),
    })
}

async fn asked(
    core: &Core,
    tenant: &Tenant,
    app: &App,
    back: Back,
    params: &Params,
) -> Result<Asked, Fault> {
    params.check()?;
    for (name, error) in [
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
    ] {
        if params.get(name).is_some() {
            return Err(Fault::new(error, format!("{name} is not supported")));
        }
    }
    if params.need("response_type")? != "code" {
        return Err(Fault::new(
            "unsupported_response_type",
            "response_type must be code",
        ));
    }
    if !app.may_use(GrantType::Code) {
        return Err(Fault::new(
            "unauthorized_client",
            "this app has no authorization_code",
        ));
    }
    let mode_fits = match params.get("response_mode") {
        None | Some("query") => true,
        Some("form_post") => back.mode == Mode::FormPost,
        Some(_) => false,
    };
    if !mode_fits {
        return Err(Fault::request("response_mode must be query or form_post"));
    }
    let text = |name: &str, most: usize| match params.get(name) {
        Some(value) if value.len() > most => Err(Fault::request(format!("{name} is too long"))),
        value => Ok(value.map(str::to_owned)),
    };
    text("state", 2048)?;
    let named = claims::read(app, params)?;
    let hinted = subject(core, tenant, app, params).await?;
    Ok(Asked {
        app: app.id.clone(),
        scope: scope(app, params)?,
        audiences: audiences(tenant, app, params)?,
        claims: named.wanted,
        nonce: text("nonce", 512)?,
        challenge: pkce::challenge(app, params)?,
        prompts: prompts(params)?,
        max_age: max_age(params)?,
        acr: acr(params).or(named.acr),
        login_hint: text("login_hint", 254)?,
        subject: hinted.or(named.subject),
        org: params
            .get("organization")
            .or_else(|| params.get("org"))
            .map(str::to_owned),
        jkt: jkt(params)?,
        connection: text("connection", 64)?,
        asked_at: core.now(),
        back,
    })
}

/// What the app may have of what it asks for; of what it is not registered for, nothing.
pub(super) fn scope(app: &App, params: &Params) -> Result<Scope, Fault> {
    let bad = |detail: &str| Fault::new("invalid_scope", detail);
    let own = &app.registration.scope;
    let Some(text) = params.get("scope") else {
        return Err(bad("scope is missing"));
    };
    let scope = Scope::parse(text).ok_or_else(|| bad("scope cannot be read"))?;
    let mut scope = scope.and(own);
    // Without refresh tokens there is no access while somebody is away.
    if !app.may_use(GrantType::Refresh) {
        scope = scope.without("offline_access");
    }
    if scope.is_empty() {
        return Err(bad("this app is registered for none of these scopes"));
    }
    Ok(scope)
}

fn jkt(params: &Params) -> Result<Option<String>, Fault> {
    match params.get("dpop_jkt") {
        Some(text) if !dpop::is_name(text) => {
            Err(Fault::request("dpop_jkt is not the name of a key"))
        }
        name => Ok(name.map(str::to_owned)),
    }
}

/// RFC 8707: the ones that are asked for, else all that are registered.
pub(super) fn audiences(tenant: &Tenant, app: &App, params: &Params) -> Result<Vec<String>, Fault> {
    let own = app.audiences(&tenant.issuer());
    let wanted = params.all("resource");
    let wanted = wanted.map(|one| covering(&own, one).cloned().ok_or_else(unknown_target));
    let wanted: Vec<String> = wanted.collect::<Result<_, _>>()?;
    Ok(if wanted.is_empty() { own } else { wanted })
}

pub(super) fn unknown_target() -> Fault {
    Fault::new("invalid_target", "resource is not registered for this app")
}

fn prompts(params: &Params) -> Result<Prompts, Fault> {
    let mut prompts = Prompts::default();
    let words = params.get("prompt").unwrap_or_default();
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        match word {
            "none" => prompts.none = true,
            "login" => prompts.login = true,
            "consent" => prompts.consent = true,
            "select_account" => prompts.select = true,
            _ => {
                let known = "prompt must be none, login, consent or select_account";
                return Err(Fault::request(known));
            }
        }
    }
    if prompts.none && (prompts.login || prompts.consent || prompts.select) {
        return Err(Fault::request("prompt=none stands alone"));
    }
    Ok(prompts)
}

fn max_age(params: &Params) -> Result<Option<u64>, Fault> {
    let Some(text) = params.get("max_age") else {
        return Ok(None);
    };
    let seconds = text
        .parse()
        .ok()
        .filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    seconds
        .map(Some)
        .ok_or_else(|| Fault::request("max_age must be a number of seconds"))
}

/// The first that we know: the claim is a wish (OpenID Connect Core §5.5.1.1).
fn acr(params: &Params) -> Option<Acr> {
    let mut words = params.get("acr_values")?.split(' ');
    words.find_map(Acr::parse)
}

/// Whom an ID token of this app names.
async fn subject(
    core: &Core,
    tenant: &Tenant,
    app: &App,
    params: &Params,
) -> Result<Option<String>, Fault> {
    let Some(token) = params.get("id_token_hint") else {
        return Ok(None);
    };
    let claims = tokens::verify_hint(&core.keys, tenant, token).await?;
    claims
        .filter(|claims| claims.aud == app.client_id())
        .map(|claims| Some(claims.sub))
        .ok_or_else(|| Fault::request("id_token_hint is not an ID token of this app"))
}
