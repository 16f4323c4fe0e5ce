//! Registered apps, in the words of RFC 7591.

use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::super::context::Context;
use super::super::me::{Page, page, plausible};
use super::super::shown;
use super::body::{Body, Patch};
use super::{Operator, created, if_match, versioned};
use crate::domain::Problem;
use crate::domain::app::{AppState, AuthMethod, GrantType, IdTokenAlg, Registration};
use crate::domain::scope::Scope;
use crate::oauth::apps::{self, AppChange};
use crate::store::apps as rows;

const PATH: &str = "/v1/admin/apps";

/// `GET /v1/admin/apps`
pub async fn apps(
    by: Operator,
    context: Context,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    let limit = paging.limit()?;
    let after = paging.after(&context, PATH)?;
    let all = apps::list_apps(&by.act(&context), &after, limit).await?;
    let last = all.last().map(|app| app.id.0.clone());
    let items = all.iter().map(|one| shown::app(one, None)).collect();
    Ok(page(&context, PATH, limit, items, last))
}

/// A registration as it is sent; a member that is not there has its usual value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewApp {
    client_name: String,
    #[serde(default)]
    redirect_uris: Vec<String>,
    #[serde(default)]
    post_logout_redirect_uris: Vec<String>,
    grant_types: Option<Vec<GrantType>>,
    response_types: Option<Vec<String>>,
    token_endpoint_auth_method: Option<AuthMethod>,
    scope: Option<String>,
    #[serde(default)]
    audiences: Vec<String>,
    id_token_signed_response_alg: Option<IdTokenAlg>,
    access_token_lifetime: Option<i64>,
    #[serde(default)]
    first_party: bool,
    require_pkce: Option<bool>,
    jwks: Option<Value>,
    jwks_uri: Option<Url>,
    #[serde(default)]
    require_pushed_authorization_requests: bool,
    #[serde(default)]
    dpop_bound_access_tokens: bool,
    client_uri: Option<Url>,
    policy_uri: Option<Url>,
    tos_uri: Option<Url>,
    backchannel_logout_uri: Option<Url>,
    #[serde(default)]
    backchannel_logout_session_required: bool,
    initiate_login_uri: Option<Url>,
}

impl NewApp {
    fn registration(self) -> Result<Registration, Problem> {
        responses(self.response_types.as_deref())?;
        let usual = Registration::default();
        let grant_types = self.grant_types.unwrap_or(usual.grant_types);
        let scope = match self.scope {
            Some(text) => scope(&text)?,
            None if grant_types.contains(&GrantType::Refresh) => {
                scope("openid profile email offline_access")?
            }
            None => usual.scope,
        };
        Ok(Registration {
            redirect_uris: self.redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            grant_types,
            token_endpoint_auth_method: self
                .token_endpoint_auth_method
                .unwrap_or(usual.token_endpoint_auth_method),
            scope,
            audiences: self.audiences,
            id_token_signed_response_alg: self
                .id_token_signed_response_alg
                .unwrap_or(usual.id_token_signed_response_alg),
            access_token_lifetime: self
                .access_token_lifetime
                .unwrap_or(usual.access_token_lifetime),
            first_party: self.first_party,
            require_pkce: self.require_pkce.unwrap_or(true),
            jwks: self.jwks,
            jwks_uri: self.jwks_uri,
            require_pushed_authorization_requests: self.require_pushed_authorization_requests,
            dpop_bound_access_tokens: self.dpop_bound_access_tokens,
            client_uri: self.client_uri,
            policy_uri: self.policy_uri,
            tos_uri: self.tos_uri,
            backchannel_logout_uri: self.backchannel_logout_uri,
            backchannel_logout_session_required: self.backchannel_logout_session_required,
            initiate_login_uri: self.initiate_login_uri,
        })
    }
}

fn scope(text: &str) -> Result<Scope, Problem> {
    Scope::parse(text).ok_or_else(|| {
        Problem::field(
            "/scope",
            "invalid",
            "Scopes are plain words with spaces between them.",
        )
    })
}

/// There is one: what others would put into an address, nobody keeps a secret there.
fn responses(given: Option<&[String]>) -> Result<(), Problem> {
    if given.is_none_or(|all| all.iter().all(|one| one == "code")) {
        return Ok(());
    }
    Err(Problem::field(
        "/response_types",
        "invalid",
        "`code` is the only response type here.",
    ))
}

/// `POST /v1/admin/apps`
pub async fn create_app(
    by: Operator,
    context: Context,
    Body(body): Body<NewApp>,
) -> Result<Response, Problem> {
    let name = body.client_name.clone();
    let registration = body.registration()?;
    let (app, secret) = apps::create_app(&by.act(&context), &name, registration).await?;
    let location = format!("{PATH}/{}", app.id);
    let shown = shown::app(&app, secret.as_ref());
    Ok(created(&location, app.version, shown))
}

/// The id of an app by its `client_id`, which is the same for all but those that are known by a
/// document: theirs is its address.
async fn named(context: &Context, client_id: String) -> Result<String, Problem> {
    if !client_id.contains("://") {
        return plausible(client_id);
    }
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let found = rows::find_by_document(db, tenant, &client_id).await?;
    Ok(found.ok_or_else(Problem::not_found)?.id.0)
}

/// `GET /v1/admin/apps/{app}`
pub async fn read_app(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let app = apps::get_app(&by.act(&context), &named(&context, id).await?).await?;
    Ok(versioned(app.version, shown::app(&app, None)))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct AppPatch {
    client_name: Patch<String>,
    state: Patch<AppState>,
    redirect_uris: Patch<Vec<String>>,
    post_logout_redirect_uris: Patch<Vec<String>>,
    grant_types: Patch<Vec<GrantType>>,
    response_types: Patch<Vec<String>>,
    token_endpoint_auth_method: Patch<AuthMethod>,
    scope: Patch<String>,
    audiences: Patch<Vec<String>>,
    id_token_signed_response_alg: Patch<IdTokenAlg>,
    access_token_lifetime: Patch<i64>,
    first_party: Patch<bool>,
    require_pkce: Patch<bool>,
    jwks: Patch<Value>,
    jwks_uri: Patch<Url>,
    require_pushed_authorization_requests: Patch<bool>,
    dpop_bound_access_tokens: Patch<bool>,
    client_uri: Patch<Url>,
    policy_uri: Patch<Url>,
    tos_uri: Patch<Url>,
    backchannel_logout_uri: Patch<Url>,
    backchannel_logout_session_required: Patch<bool>,
    initiate_login_uri: Patch<Url>,
}

/// `null` is the usual value.
fn put<T>(to: &mut T, change: Patch<T>, usual: T) {
    match change {
        Patch::Keep => {}
        Patch::Remove => *to = usual,
        Patch::Set(value) => *to = value,
    }
}

impl AppPatch {
    fn over(self, old: Registration) -> Result<Registration, Problem> {
        if let Patch::Set(all) = &self.response_types {
            responses(Some(all))?;
        }
        let (mut new, usual) = (old, Registration::default());
        match self.scope {
            Patch::Keep => {}
            Patch::Remove => new.scope = usual.scope,
            Patch::Set(text) => new.scope = scope(&text)?,
        }
        put(&mut new.redirect_uris, self.redirect_uris, Vec::new());
        let ends = self.post_logout_redirect_uris;
        put(&mut new.post_logout_redirect_uris, ends, Vec::new());
        put(&mut new.grant_types, self.grant_types, usual.grant_types);
        let (auth, alg) = (
            self.token_endpoint_auth_method,
            self.id_token_signed_response_alg,
        );
        put(
            &mut new.token_endpoint_auth_method,
            auth,
            usual.token_endpoint_auth_method,
        );
        put(
            &mut new.id_token_signed_response_alg,
            alg,
            usual.id_token_signed_response_alg,
        );
        put(&mut new.audiences, self.audiences, Vec::new());
        let lifetime = self.access_token_lifetime;
        put(
            &mut new.access_token_lifetime,
            lifetime,
            usual.access_token_lifetime,
        );
        put(&mut new.first_party, self.first_party, false);
        put(&mut new.require_pkce, self.require_pkce, true);
        let named = self.backchannel_logout_session_required;
        put(&mut new.backchannel_logout_session_required, named, false);
        let (pushed, bound) = (
            self.require_pushed_authorization_requests,
            self.dpop_bound_access_tokens,
        );
        put(
            &mut new.require_pushed_authorization_requests,
            pushed,
            false,
        );
        put(&mut new.dpop_bound_access_tokens, bound, false);
        if let Some(value) = self.jwks.removable() {
            new.jwks = value;
        }
        for (to, change) in [
            (&mut new.jwks_uri, self.jwks_uri),
            (&mut new.client_uri, self.client_uri),
            (&mut new.policy_uri, self.policy_uri),
            (&mut new.tos_uri, self.tos_uri),
            (&mut new.backchannel_logout_uri, self.backchannel_logout_uri),
            (&mut new.initiate_login_uri, self.initiate_login_uri),
        ] {
            if let Some(value) = change.removable() {
                *to = value;
            }
        }
        Ok(new)
    }
}

/// `PATCH /v1/admin/apps/{app}`
pub async fn change_app(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
    Body(mut body): Body<AppPatch>,
) -> Result<Response, Problem> {
    let (id, act) = (named(&context, id).await?, by.act(&context));
    let expected = if_match(&context)?;
    let old = apps::get_app(&act, &id).await?;
    let change = AppChange {
        name: std::mem::take(&mut body.client_name).lasting("/client_name")?,
        state: std::mem::take(&mut body.state).lasting("/state")?,
        registration: Some(body.over(old.registration)?),
    };
    // What was read is what is changed.
    let expected = expected.or(Some(old.version));
    let app = apps::change_app(&act, &id, change, expected).await?;
    Ok(versioned(app.version, shown::app(&app, None)))
}

/// `POST /v1/admin/apps/{app}/secret`
pub async fn new_app_secret(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = named(&context, id).await?;
    let (app, secret) = apps::new_app_secret(&by.act(&context), &id).await?;
    let location = format!("{PATH}/{}", app.id);
    let body = json!({ "client_id": app.id, "client_secret": secret.expose() });
    Ok(created(&location, app.version, body))
}

/// `DELETE /v1/admin/apps/{app}`
pub async fn delete_app(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let (id, expected) = (named(&context, id).await?, if_match(&context)?);
    apps::delete_app(&by.act(&context), &id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}
