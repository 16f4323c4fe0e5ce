//! `/consent`: where a waiting request goes on, by a sign-in, a question, or at once.

use axum::Form;
use axum::extract::Query;
use axum::extract::rejection::FormRejection;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use url::Url;

use super::super::bff::{see_other, sign_in};
use super::super::context::{Browser, Context};
use super::super::{flows, pages};
use super::discovery::home;
use super::{answer, words};
use crate::domain::app::{App, known_by};
use crate::domain::return_to::ReturnTo;
use crate::domain::{Code, OrgId, Problem};
use crate::edge::handoff::Ask;
use crate::lane_a::{Visit, limits};
use crate::oauth::Fault;
use crate::oauth::authorize::{self, Need, Next};
use crate::oauth::request::Asked;
use crate::oauth::waiting;
use crate::store::orgs;
use crate::views::{ConsentOrg, ConsentPage};

#[derive(Deserialize)]
pub struct ConsentQuery {
    request: String,
    from: Option<String>,
}

/// `GET /consent?request=`
pub async fn show(
    context: Context,
    Query(query): Query<ConsentQuery>,
) -> Result<Response, Problem> {
    home(&context)?;
    limits::callback(&context.core, &context.meta.ip).await?;
    let browser = context.browser().ok_or_else(over)?;
    let visit = context.visit(&browser).await?;
    let tenant = &context.site.tenant.id;
    let found = waiting::find(&context.core, tenant, &browser.hash, &query.request).await;
    let (app, asked) = found?;
    let been = query.from.as_deref() == Some("org");
    let next = authorize::judge(&visit, &app, &asked, been).await?;
    let mut response = match next {
        Next::Answer(org) => {
            let how = (Some(query.request.as_str()), false);
            let answer = authorize::issue(&visit, (&app, &asked), org, how).await?;
            return Ok(answer::back(&context, answer));
        }
        Next::Refuse(fault) => {
            let issuer = context.site.tenant.issuer();
            let refusal = authorize::refusal(issuer, asked.back.clone(), &fault);
            return Ok(answer::back(&context, refusal));
        }
        Next::SignIn(need) => {
            return match go_sign_in(&context, &query.request, &asked, need).await {
                // Whoever waits for an answer hears that there will be none of this kind.
                Err(problem) if problem.code == Code::NotFound && asked.connection.is_some() => {
                    let fault = Fault::request("connection names no provider on offer here");
                    let issuer = context.site.tenant.issuer();
                    let refusal = authorize::refusal(issuer, asked.back.clone(), &fault);
                    Ok(answer::back(&context, refusal))
                }
                other => other,
            };
        }
        Next::Elsewhere(start) => elsewhere(&start, &query.request),
        Next::Ask(org) => {
            let what = (&app, &asked, org.as_ref());
            page(&context, &visit, &browser, what, &query.request).await?
        }
    };
    flows::set_flow_cookie(&mut response, &browser);
    Ok(response)
}

fn over() -> Problem {
    Problem::new(
        Code::Expired,
        "This request of an app is over. Start again in the app.",
    )
}

async fn go_sign_in(
    context: &Context,
    request: &str,
    asked: &Asked,
    need: Need,
) -> Result<Response, Problem> {
    let here = ReturnTo::own(format!("/consent?request={request}"));
    let ask = Ask {
        acr: need.acr,
        max_age: need.max_age,
        prompt: need.prompt,
        login_hint: asked.login_hint.clone(),
        connection: asked.connection.clone(),
        // Which organization the tokens are for is judged afterwards; its own sign-in is for
        // those who are not signed in at all.
        org: None,
    };
    Box::pin(sign_in(context, here, ask, Some(asked.asked_at))).await
}

fn elsewhere(start: &str, request: &str) -> Response {
    let back = format!("/consent?request={request}&from=org");
    let back: String = url::form_urlencoded::byte_serialize(back.as_bytes()).collect();
    let join = if start.contains('?') { '&' } else { '?' };
    see_other(&format!("{start}{join}return_to={back}"))
}

#[derive(Deserialize)]
pub struct ConsentForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    request: String,
    #[serde(default)]
    answer: String,
    /// The organization that was chosen, where the app has left it open.
    #[serde(default)]
    org: String,
}

/// `POST /consent`
pub async fn answer(
    context: Context,
    form: Result<Form<ConsentForm>, FormRejection>,
) -> Result<Response, Problem> {
    home(&context)?;
    let form = flows::form_body(form)?;
    let browser = context.browser().ok_or_else(over)?;
    pages::check_form(&context, &browser.binding, &form.csrf)?;
    let visit = context.visit(&browser).await?;
    let tenant = &context.site.tenant.id;
    let (app, mut asked) =
        waiting::find(&context.core, tenant, &browser.hash, &form.request).await?;
    if asked.org.is_none() && !form.org.is_empty() {
        asked.org = Some(form.org);
    }
    let (what, token) = ((&app, &asked), form.request.as_str());
    if form.answer == "deny" {
        let answer = authorize::deny(&visit, what, token).await?;
        return Ok(answer::back(&context, answer));
    }
    // Judged again: the person, the session or the app may have changed since the page.
    match authorize::judge(&visit, &app, &asked, false).await? {
        Next::Ask(org) | Next::Answer(org) if form.answer == "allow" => {
            let answer = authorize::issue(&visit, what, org, (Some(token), true)).await?;
            Ok(answer::back(&context, answer))
        }
        Next::Elsewhere(start) => Ok(elsewhere(&start, token)),
        Next::SignIn(need) => go_sign_in(&context, token, &asked, need).await,
        _ => Ok(see_other(&format!("/consent?request={token}"))),
    }
}

async fn page(
    context: &Context,
    visit: &Visit<'_>,
    browser: &Browser,
    (app, asked, org): (&App, &Asked, Option<&OrgId>),
    request: &str,
) -> Result<Response, Problem> {
    let live = visit.session()?;
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let organizations = choice(visit, asked, org).await?;
    let org = match org.filter(|_| organizations.is_empty()) {
        Some(org) => orgs::find(db, tenant, org.as_str())
            .await?
            .map(|org| org.name),
        None => None,
    };
    let user = &live.user;
    let what = &app.registration;
    let link = |url: Option<&Url>| url.map(ToString::to_string);
    let page = ConsentPage {
        chrome: pages::chrome(&context.site, &context.meta.request_id),
        csrf: pages::form_csrf(context, browser),
        request: request.to_owned(),
        app_name: app.name.clone(),
        account: user
            .email
            .clone()
            .or_else(|| user.name.clone())
            .unwrap_or_default(),
        rows: words::rows(visit.lang, &asked.whole(), &asked.audiences),
        switch_href: another(request),
        organization: org,
        organizations,
        goes_to: goes_to(&asked.back.redirect_uri),
        known_by: app.document.as_deref().and_then(known_by),
        policy_href: link(what.policy_uri.as_ref()),
        terms_href: link(what.tos_uri.as_ref()),
    };
    let target = waiting::target(&asked.back.redirect_uri);
    Ok(pages::render_leading_to(
        context,
        StatusCode::OK,
        &page,
        &target,
    ))
}

/// The way to another account and back.
fn another(request: &str) -> String {
    let back = format!("/consent?request={request}");
    let back: String = url::form_urlencoded::byte_serialize(back.as_bytes()).collect();
    format!("/bff/login?prompt=select_account&return_to={back}")
}

/// The organizations to choose from: none where the app has named one, or where the sign-in is
/// good in one only.
async fn choice(
    visit: &Visit<'_>,
    asked: &Asked,
    active: Option<&OrgId>,
) -> Result<Vec<ConsentOrg>, Problem> {
    let session = &visit.session()?.session;
    if asked.org.is_some() || session.within().is_some() {
        return Ok(Vec::new());
    }
    let all = orgs::memberships(&visit.core.db, &session.tenant, &session.user).await?;
    // With one that is active anyway there is nothing to choose.
    if all.len() < 2 && active.is_some() {
        return Ok(Vec::new());
    }
    Ok(all
        .into_iter()
        .map(|held| ConsentOrg {
            active: active == Some(&held.org),
            id: held.org.0,
            name: held.name,
        })
        .collect())
}

/// Where the answer goes, as people can compare it.
fn goes_to(uri: &str) -> String {
    match Url::parse(uri) {
        Ok(url) => match (url.host_str(), url.scheme()) {
            (Some(host), "https") => host.to_owned(),
            (Some(_), "http") => String::new(),
            _ => url.scheme().to_owned(),
        },
        Err(_) => String::new(),
    }
}
