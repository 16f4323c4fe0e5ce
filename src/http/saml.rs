//! Our side of SAML: who we are, where answers are posted, and the page that posts a request.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query, RawQuery};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header;
use serde::Deserialize;
use url::Url;

use super::context::Context;
use super::{federation, flows, pages};
use crate::domain::connection::Config;
use crate::domain::{Code, Problem, ids};
use crate::lane_a::{self, limits};
use crate::lane_b::logout::{self, LogoutAnswer, LogoutMessage};

type Fields = Vec<(String, String)>;

/// `GET /saml/{connection}` (the entity id) and `…/metadata`: what a provider has to know of us.
pub async fn metadata(context: Context, Path(name): Path<String>) -> Result<Response, Problem> {
    context.login_host_only()?;
    limits::callback(&context.core, &context.meta.ip).await?;
    let (providers, tenant) = (&context.core.providers, &context.site.tenant);
    let xml = providers.saml_metadata(tenant, &plausible(name)?).await?;
    let kind = [
        (header::CONTENT_TYPE, "application/samlmetadata+xml"),
        (
            header::CONTENT_DISPOSITION,
            "inline; filename=\"laneway-metadata.xml\"",
        ),
    ];
    Ok((kind, xml).into_response())
}

/// `POST /saml/{connection}/acs`: a provider's answer. It comes across sites and brings no
/// cookie: it is kept, and judged at the GET that brings one.
pub async fn acs(
    context: Context,
    Path(name): Path<String>,
    body: Result<Form<Fields>, FormRejection>,
) -> Result<Response, Problem> {
    context.login_host_only()?;
    let name = plausible(name)?;
    let mut params = flows::form_body(body)?;
    params.retain(|(key, _)| matches!(key.as_str(), "SAMLResponse" | "RelayState"));
    let relay: Vec<&String> = params
        .iter()
        .filter(|(key, _)| key == "RelayState")
        .map(|(_, value)| value)
        .collect();
    let known = match relay.as_slice() {
        [one] => federation::is_state(one).then(|| (*one).clone()),
        _ => None,
    };
    match known {
        // The core knows a sign-in by `state`, whatever a protocol calls it.
        Some(state) => {
            params.push(("state".to_owned(), state));
            federation::keep(&context, &name, &params).await
        }
        None => unasked(&context, &name).await,
    }
}

/// An answer that nobody asked for proves nothing here: it could have been given for somebody
/// else. Where the connection allows it, it is taken as the wish to sign in.
async fn unasked(context: &Context, name: &str) -> Result<Response, Problem> {
    limits::callback(&context.core, &context.meta.ip).await?;
    let tenant = &context.site.tenant;
    let configured = context.core.providers.customer(tenant, name).await?;
    let allowed = configured
        .attached
        .as_ref()
        .is_some_and(|own| matches!(&own.config, Config::Saml(saml) if saml.allow_idp_initiated));
    if allowed {
        let start = format!("/federation/{name}/start?unasked=1");
        return Ok(Redirect::to(&start).into_response());
    }
    lane_a::count_unasked(&context.core, tenant, &configured).await;
    Err(Problem::new(
        Code::Denied,
        "Nobody asked for this answer here, or the identity provider has left out the RelayState that it was given. Start the sign-in at the application that you want to use; if it ends here again, tell your administrator.",
    ))
}

/// `GET /saml/{connection}/logout`: the provider has ended sessions, or answers that it has.
pub async fn logout(
    context: Context,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let fields = url::form_urlencoded::parse(query.as_bytes()).into_owned();
    let fields: Fields = fields.collect();
    end(&context, name, &fields, LogoutMessage::Redirect(query)).await
}

/// `POST /saml/{connection}/logout`: the same by a form, or without any browser.
pub async fn posted_logout(
    context: Context,
    Path(name): Path<String>,
    body: Result<Form<Fields>, FormRejection>,
) -> Result<Response, Problem> {
    let fields = flows::form_body(body)?;
    let message = LogoutMessage::Posted(fields.clone());
    end(&context, name, &fields, message).await
}

async fn end(
    context: &Context,
    name: String,
    fields: &Fields,
    message: LogoutMessage,
) -> Result<Response, Problem> {
    context.login_host_only()?;
    let name = plausible(name)?;
    // We ask no provider for this, so an answer says nothing.
    if !fields.iter().any(|(key, _)| key == "SAMLRequest") {
        let (providers, tenant) = (&context.core.providers, &context.site.tenant);
        providers.saml_live(tenant, &name).await?;
        return Ok(Redirect::to("/logged-out").into_response());
    }
    let (core, site, meta) = (&context.core, &context.site, &context.meta);
    match logout::end_asked(core, site, meta, &name, message).await? {
        None => Ok(Redirect::to("/logged-out").into_response()),
        Some(LogoutAnswer::To(address)) => Ok(Redirect::to(&address).into_response()),
        Some(LogoutAnswer::Post(address, fields)) => {
            let address = Url::parse(&address).map_err(|_| Problem::not_found())?;
            Ok(pages::continue_logout(context, &address, fields))
        }
    }
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(rename = "SAMLRequest")]
    request: String,
    #[serde(rename = "RelayState")]
    relay_state: String,
}

/// `GET /saml/{connection}/request`: posts our request to the provider that takes it no other
/// way. What it carries is no secret: any provider's address line would show the same.
pub async fn request(
    context: Context,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    context.login_host_only()?;
    let state = federation::is_state(&asked.relay_state);
    if asked.request.len() > 32 * 1024 || !state {
        return Err(Problem::not_found());
    }
    let place = sso_url(&context, &plausible(name)?, &asked.request).await?;
    let fields = vec![
        ("SAMLRequest".to_owned(), asked.request),
        ("RelayState".to_owned(), asked.relay_state),
    ];
    Ok(pages::continue_sign_in(&context, &place, fields))
}

/// Where a request of this connection goes: what is live and its draft may differ, and the
/// request says which of the two it was made for.
async fn sso_url(context: &Context, name: &str, request: &str) -> Result<Url, Problem> {
    let (providers, tenant) = (&context.core.providers, &context.site.tenant);
    let known = providers.sso_urls(tenant, name).await?;
    let request = STANDARD.decode(request).map_err(|_| Problem::not_found())?;
    let request = String::from_utf8_lossy(&request).replace("&amp;", "&");
    let named = |url: &&String| request.contains(&format!("Destination=\"{url}\""));
    let found = known.iter().find(named).ok_or_else(Problem::not_found)?;
    Url::parse(found).map_err(|_| Problem::not_found())
}

fn plausible(name: String) -> Result<String, Problem> {
    if ids::plausible(&name) {
        Ok(name)
    } else {
        Err(Problem::not_found())
    }
}
