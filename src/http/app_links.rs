//! Links of applications behind a foreign proxy: `/.laneway/logout`, and the addresses that
//! setups made for oauth2-proxy link to (`/oauth2/sign_in`, `/start`, `/sign_out`; those only
//! behind a listed proxy, otherwise they are the application's).

use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Uri, header};
use serde::Deserialize;

use super::bff::see_other;
use super::context::{self, Context};
use super::router::AppState;
use super::{flows, handoff};
use crate::authn;
use crate::domain::return_to::ReturnTo;
use crate::domain::{Code, Problem};
use crate::edge::handoff::Ask;
use crate::lane_a::{Visit, logout as ending};

#[derive(Deserialize, Default)]
pub struct Wanted {
    rd: Option<String>,
    return_to: Option<String>,
    sid: Option<String>,
}

/// `GET /oauth2/sign_in?rd=` and `GET /oauth2/start?rd=`; a proxy that turned a 401 into
/// this names the address in `X-Auth-Request-Redirect`.
pub async fn start(State(state): State<AppState>, request: Request) -> Response {
    match proxied(&request) {
        Some(context) => begin(&context, request.uri()).unwrap_or_else(IntoResponse::into_response),
        None => handoff::fallback(State(state), request).await,
    }
}

fn proxied(request: &Request) -> Option<Context> {
    context::of(request).filter(|context| context.by_proxy)
}

fn begin(context: &Context, uri: &Uri) -> Result<Response, Problem> {
    let wanted = wanted(uri);
    let named = context
        .headers
        .get("x-auth-request-redirect")
        .and_then(|value| value.to_str().ok());
    let text = wanted.rd.as_deref().or(named);
    let rd = home(context, text)?.unwrap_or_else(|| ReturnTo::own("/"));
    Ok(handoff::begin(context, rd, Ask::default()))
}

fn wanted(uri: &Uri) -> Wanted {
    Query::<Wanted>::try_from_uri(uri)
        .map(|Query(wanted)| wanted)
        .unwrap_or_default()
}

/// Links, not pages: coming back to one would begin again.
const OWN: &[&str] = &["/oauth2/", "/.laneway/"];

/// Where to go afterwards: a path here, or an address on this host.
fn home(context: &Context, text: Option<&str>) -> Result<Option<ReturnTo>, Problem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let rd = flows::return_to(context, Some(text))?;
    let rd = handoff::own_path(context, rd)?;
    // A proxy that says where the person was when they followed this very link.
    let here = OWN.iter().any(|prefix| rd.as_str().starts_with(prefix));
    Ok(Some(if here { ReturnTo::own("/") } else { rd }))
}

/// `GET /.laneway/logout?sid=&return_to=`: the session id is what makes it no forgery.
pub async fn logout(context: Context, Query(wanted): Query<Wanted>) -> Result<Response, Problem> {
    let target = wanted.return_to.as_deref().or(wanted.rd.as_deref());
    let target = target
        .map(|text| flows::return_to(&context, Some(text)))
        .transpose()?;
    let visit = context.visit_as([0; 32], false).await?;
    if wanted.sid.as_deref() != Some(visit.session()?.session.sid.as_str()) {
        return Err(Problem::new(
            Code::InvalidRequest,
            "The link is for another session. Nothing was ended.",
        ));
    }
    end(&context, &visit, target.as_ref()).await
}

/// `GET /oauth2/sign_out?rd=`: by a click in the application. A foreign page cannot sign
/// anybody out; whoever comes from one finds the button on the account page.
pub async fn sign_out(State(state): State<AppState>, request: Request) -> Response {
    match proxied(&request) {
        Some(context) => clicked(&context, request.uri().clone())
            .await
            .unwrap_or_else(IntoResponse::into_response),
        None => handoff::fallback(State(state), request).await,
    }
}

async fn clicked(context: &Context, uri: Uri) -> Result<Response, Problem> {
    let home = home(context, wanted(&uri).rd.as_deref())?;
    let visit = context.visit_as([0; 32], false).await?;
    if visit.live.is_none() {
        return Ok(see_other(&after(context, home.as_ref())));
    }
    if is_click(&context.headers) {
        end(context, &visit, home.as_ref()).await
    } else {
        Ok(see_other(&context.site.tenant.address("/account")))
    }
}

/// A page of this host that a person opened: no image, script or frame that another made.
fn is_click(headers: &HeaderMap) -> bool {
    let is = |name: &str, wanted: &[&str]| {
        let given = headers.get(name).and_then(|value| value.to_str().ok());
        given.is_some_and(|given| wanted.contains(&given))
    };
    is("sec-fetch-site", &["same-origin", "none"])
        && is("sec-fetch-mode", &["navigate"])
        && is("sec-fetch-dest", &["document"])
}

async fn end(
    context: &Context,
    visit: &Visit<'_>,
    home: Option<&ReturnTo>,
) -> Result<Response, Problem> {
    let back = home.map(|home| absolute(context, home));
    // The rest of it on the login host: this host's other paths belong to the application.
    let rest = ending::logout(visit, false, back).await?;
    let to = match rest {
        Some(path) => context.site.tenant.address(&path),
        None => after(context, home),
    };
    let mut response = see_other(&to);
    response
        .headers_mut()
        .append(header::SET_COOKIE, authn::clear(authn::SESSION));
    Ok(response)
}

fn after(context: &Context, home: Option<&ReturnTo>) -> String {
    home.map_or_else(
        || context.site.tenant.address("/logged-out"),
        |home| absolute(context, home),
    )
}

/// A path of this host as an address.
fn absolute(context: &Context, to: &ReturnTo) -> String {
    if to.as_str().starts_with('/') {
        format!("{}{}", context.origin(), to.as_str())
    } else {
        to.as_str().to_owned()
    }
}
