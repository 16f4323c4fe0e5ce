//! The person's API tokens.

use axum::Router;
use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::response::Response;
use axum::routing::post;
use axum::{Form, http::StatusCode};

use super::super::super::context::Context;
use super::super::super::me;
use super::super::super::router::AppState;
use super::super::desk::{Ticked, of_scope};
use super::super::{check_form, render_flow, said_inline};
use super::{NO_BROWSER, Pressed, Signed, done, page, posted};
use crate::authn;
use crate::domain::{Code, Problem};
use crate::lane_a::api_tokens::NewToken;
use crate::lane_a::{Visit, account};
use crate::store::api_tokens::ApiToken;
use crate::store::orgs;
use crate::views::org::Tick;
use crate::views::{TokenRow, TokensSection};

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/account/tokens", post(create))
        .route("/account/tokens/{id}/revoke", post(revoke))
}

/// What became of the form just before.
#[derive(Default)]
pub struct Just {
    /// The value of the token that was made.
    made: Option<String>,
    /// Why none was, with the name and the scopes that were chosen.
    refused: Option<(String, String, Vec<String>)>,
}

pub async fn section(visit: &Visit<'_>, just: Just) -> Result<TokensSection, Problem> {
    let session = &visit.session()?.session;
    let (db, tenant) = (&visit.core.db, &visit.site.tenant.id);
    let places = orgs::memberships(db, tenant, &session.user).await?;
    let all = account::list_tokens(visit, "", 50).await?;
    let name_of = |token: &ApiToken| {
        let org = token.org.as_ref()?;
        let place = places.iter().find(|place| place.org == *org);
        Some(place.map_or_else(|| org.0.clone(), |place| place.name.clone()))
    };
    let now = visit.core.now();
    let rows = all.iter().map(|token| TokenRow {
        org: name_of(token),
        id: token.id.clone(),
        name: token.name.clone(),
        prefix: token.prefix.clone(),
        scopes: token.scopes.clone().unwrap_or_default(),
        expires: token.expires_at,
        over: token.expires_at <= now,
        last_used: token.usage.last_at.zip(token.usage.last_ip.clone()),
        uses: u32::try_from(token.usage.count).unwrap_or(u32::MAX),
    });
    let rows = rows.collect();
    let within = session.within();
    let orgs = places
        .iter()
        .filter(|place| within.is_none_or(|own| *own == place.org))
        .map(|place| (place.slug.clone(), place.name.clone()));
    let mut ticks = ticks(visit).await?;
    let (error, name) = match just.refused {
        Some((error, name, chosen)) => {
            for tick in &mut ticks {
                tick.held = chosen.contains(&tick.word);
            }
            (Some(error), name)
        }
        None => (None, String::new()),
    };
    Ok(TokensSection {
        rows,
        made: just.made,
        error,
        name,
        ticks,
        orgs: orgs.collect(),
        days: [90, 30, 7, 365],
        can_make: true,
    })
}

async fn ticks(visit: &Visit<'_>) -> Result<Vec<Tick>, Problem> {
    let offered = account::offered_scopes(visit).await?;
    let tick = |word: &'static str| Tick {
        // Those of operators say no more than their word does.
        key: Some(of_scope(word)).filter(|key| *key != "token-scope-operator"),
        held: word == crate::domain::api_token::API,
        above: false,
        word: word.to_owned(),
    };
    Ok(offered.into_iter().map(tick).collect())
}

/// `POST /account/tokens`: the page itself shows the value, once; no address ever holds it.
async fn create(
    context: Context,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Problem> {
    context.login_host_only()?;
    let form = Ticked::read(form)?;
    let visit = context.visit_as(NO_BROWSER, true).await?;
    visit.session()?;
    let value = authn::read_single(&context.headers, authn::SESSION).unwrap_or_default();
    check_form(&context, value, &form.csrf)?;
    let new = NewToken {
        name: form.name.trim().to_owned(),
        scopes: Some(form.ticks.clone()),
        expires_in: form.days.map(|days| days.saturating_mul(86_400)),
    };
    let org = Some(form.org.as_str()).filter(|org| !org.is_empty());
    match account::create_token(&visit, new, org).await {
        Ok((_, plain)) => {
            let just = Just {
                made: Some(plain.expose().to_owned()),
                ..Just::default()
            };
            let page = page(&context, &visit, None, just).await?;
            Ok(render_flow(&visit, StatusCode::OK, &page).await)
        }
        Err(problem) if problem.code == Code::InvalidField => {
            let words = said_inline(visit.lang, &problem);
            let just = Just {
                refused: Some((words, form.name, form.ticks)),
                ..Just::default()
            };
            let page = page(&context, &visit, None, just).await?;
            Ok(render_flow(&visit, StatusCode::UNPROCESSABLE_ENTITY, &page).await)
        }
        Err(problem) => done(Err(problem), ""),
    }
}

/// `POST /account/tokens/{id}/revoke`
async fn revoke(
    context: Context,
    Path(id): Path<String>,
    form: Result<Form<Signed<Pressed>>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, _) = posted(&context, form).await?;
    let outcome = account::revoke_token(&visit, &me::plausible(id)?).await;
    done(outcome, "revoked")
}
