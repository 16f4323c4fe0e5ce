//! `/oauth/end_session`: an app sends a browser to sign out.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use http::{StatusCode, header};

use super::super::bff::see_other;
use super::super::context::Context;
use super::super::{flows, pages};
use super::answer::form;
use super::discovery::home;
use crate::authn;
use crate::domain::{Code, Problem};
use crate::oauth::end::{self, Ending};
use crate::oauth::{Params, waiting};
use crate::views::ConfirmLogoutPage;

const PATH: &str = "/oauth/end_session";

/// `GET /oauth/end_session`
pub async fn asked(context: Context) -> Result<Response, Problem> {
    home(&context)?;
    let query = context.uri.query().unwrap_or_default().to_owned();
    let params = Params::parse(query.as_bytes()).map_err(|_| unread())?;
    let (core, tenant) = (&context.core, &context.site.tenant);
    let ending = match params.get("request") {
        Some(sealed) => end::open(core, tenant, sealed)?,
        None => end::read(core, tenant, &params).await?,
    };
    let browser = context.browser_or_new();
    let visit = context.visit(&browser).await?;
    if !end::is_open(&visit, &ending) {
        return ended(&context, &ending).await;
    }
    let page = ConfirmLogoutPage {
        chrome: pages::chrome(&context.site, &context.meta.request_id),
        action: PATH.into(),
        csrf: pages::form_csrf(&context, &browser),
        request: end::seal(core, tenant, &ending)?,
    };
    let target = ending.target().map(waiting::target).unwrap_or_default();
    let mut response = pages::render_leading_to(&context, StatusCode::OK, &page, &target);
    flows::set_flow_cookie(&mut response, &browser);
    Ok(response)
}

fn unread() -> Problem {
    Problem::new(
        Code::InvalidRequest,
        "The parameters of the app cannot be read.",
    )
}

/// `POST /oauth/end_session`: the answer of our own page, or an app's request in a form.
pub async fn posted(
    context: Context,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    home(&context)?;
    let params = form(&context.headers, body).map_err(|_| unread())?;
    let (core, tenant) = (&context.core, &context.site.tenant);
    if let (Some(csrf), Some(sealed)) = (params.get("csrf"), params.get("request")) {
        let browser = context.browser().ok_or_else(unread)?;
        pages::check_form(&context, &browser.binding, csrf)?;
        return ended(&context, &end::open(core, tenant, sealed)?).await;
    }
    // A form of another site brings no cookie; the address that it leads to does.
    let ending = end::read(core, tenant, &params).await?;
    let sealed = end::seal(core, tenant, &ending)?;
    Ok(see_other(&format!("{PATH}?request={sealed}")))
}

async fn ended(context: &Context, ending: &Ending) -> Result<Response, Problem> {
    let visit = context.visit_as([0; 32], false).await?;
    let to = end::end(&visit, ending).await?;
    let mut response = see_other(&to);
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, authn::clear(authn::SESSION));
    Ok(response)
}
