//! What opens the account from elsewhere.

use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::response::Response;
use axum::routing::post;
use axum::{Form, Router};
use serde::Deserialize;

use super::super::super::context::Context;
use super::super::super::router::AppState;
use super::super::super::{flows, me};
use super::super::{see_other, words};
use super::{Pressed, Signed, done, posted};
use crate::domain::Problem;
use crate::domain::upstream::Role;
use crate::domain::user::{IdentityLink, LinkKind};
use crate::lane_a::account::CompanyWay;
use crate::lane_a::{Visit, account, methods};
use crate::providers::{EMBEDDED, Offer};
use crate::views::{IdentitiesSection, IdentityRow, RedirectChoice};

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/account/identities/link", post(link))
        .route("/account/identities/{id}/remove", post(unlink))
}

pub async fn section(visit: &Visit<'_>) -> Result<IdentitiesSection, Problem> {
    let links = account::list_identities(visit).await?;
    let ways = account::company_ways(visit).await?;
    // Who came by an organization's own provider adds nothing that opens the account elsewhere.
    let confined = visit.session()?.session.within().is_some();
    Ok(IdentitiesSection {
        linkable: if confined {
            Vec::new()
        } else {
            linkable(visit, &links, &ways).await?
        },
        confined,
        rows: rows(visit, links, &ways).await?,
    })
}

async fn rows(
    visit: &Visit<'_>,
    all: Vec<IdentityLink>,
    ways: &[CompanyWay],
) -> Result<Vec<IdentityRow>, Problem> {
    let upstreams = visit.core.providers.of_tenant(&visit.site.tenant).await?;
    let social = visit.core.providers.social(&visit.site.tenant).await?;
    // Who somebody is at an upstream in between goes with the link to their own provider.
    let shadow = |link: &IdentityLink| {
        let own =
            |one: &IdentityLink| one.kind == LinkKind::Connection && one.source == link.source;
        link.kind == LinkKind::Upstream && link.source.is_some() && all.iter().any(own)
    };
    let all: Vec<IdentityLink> = all.iter().filter(|link| !shadow(link)).cloned().collect();
    let several = all.len() > 1;
    // What the embedded provider keeps is this account itself: there is nothing to cut.
    let own = |link: &IdentityLink| {
        upstreams
            .iter()
            .any(|u| u.row.kind == EMBEDDED && u.row.issuer == link.issuer)
    };
    Ok(all
        .into_iter()
        .map(|link| IdentityRow {
            removable: several && link.kind != LinkKind::Email && !own(&link),
            label: match link.kind {
                LinkKind::Email => words(visit.lang, "identity-email"),
                LinkKind::Connection => social
                    .iter()
                    .find(|offer| methods::opens(offer, &link))
                    .map(|offer| offer.upstream.row.label())
                    .or_else(|| company(&link, ways))
                    .unwrap_or_else(|| link.issuer.clone()),
                LinkKind::Upstream => upstreams
                    .iter()
                    .find(|u| u.row.issuer == link.issuer)
                    .map_or_else(|| link.issuer.clone(), |u| u.row.label()),
            },
            kind: if social.iter().any(|offer| methods::opens(offer, &link)) {
                "social".to_owned()
            } else {
                link.kind.as_str().to_owned()
            },
            id: link.id,
            subject: link.subject,
            since: link.created_at,
        })
        .collect())
}

fn company(link: &IdentityLink, ways: &[CompanyWay]) -> Option<String> {
    let source = link.source.as_ref()?;
    let found = ways.iter().find(|way| way.id == source.as_str());
    found.map(|way| way.label.clone())
}

/// Providers with a page of their own that this person is not linked to yet, and those of their
/// organizations that take somebody who is here already.
async fn linkable(
    visit: &Visit<'_>,
    links: &[IdentityLink],
    ways: &[CompanyWay],
) -> Result<Vec<RedirectChoice>, Problem> {
    let all = visit.core.providers.of_tenant(&visit.site.tenant).await?;
    Ok(all
        .iter()
        .filter(|u| u.redirects() && u.row.role != Role::Retired)
        .filter(|u| !links.iter().any(|link| link.issuer == u.row.issuer))
        .map(|u| RedirectChoice {
            connection: u.row.slug.clone(),
            label: u.row.label(),
            social: false,
        })
        .chain(social_ones(visit, links).await?)
        .chain(
            ways.iter()
                .filter(|way| way.linkable)
                .map(|way| RedirectChoice {
                    connection: way.id.clone(),
                    label: way.label.clone(),
                    social: false,
                }),
        )
        .collect())
}

/// What the tenant itself has attached and this person has no account at, as far as is known.
async fn social_ones(
    visit: &Visit<'_>,
    links: &[IdentityLink],
) -> Result<Vec<RedirectChoice>, Problem> {
    let all = visit.core.providers.social(&visit.site.tenant).await?;
    let open = |offer: &&Offer| !links.iter().any(|link| methods::opens(offer, link));
    Ok(all
        .iter()
        .filter(open)
        .map(|offer| RedirectChoice {
            connection: offer.upstream.row.slug.clone(),
            label: offer.upstream.row.label(),
            social: true,
        })
        .collect())
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    connection: String,
}

/// `POST /account/identities/{id}/remove`
async fn unlink(
    context: Context,
    Path(id): Path<String>,
    form: Result<Form<Signed<Pressed>>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, _) = posted(&context, form).await?;
    done(
        account::unlink(&visit, &me::plausible(id)?).await,
        "removed",
    )
}

/// `POST /account/identities/link`
async fn link(
    context: Context,
    form: Result<Form<Signed<Wanted>>, FormRejection>,
) -> Result<Response, Problem> {
    let (_, wanted) = posted(&context, form).await?;
    let browser = context.browser_or_new();
    let visit = context.visit(&browser).await?;
    match me::begin_link(&visit, &wanted.connection).await {
        Ok(url) => {
            let mut response = see_other(&url);
            flows::set_flow_cookie(&mut response, &browser);
            Ok(response)
        }
        Err(problem) => done(Err(problem), "linked"),
    }
}
