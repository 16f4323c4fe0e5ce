//! Which ways to sign in are open, to anybody and to one person.

use laneway_contract::{Acr, MethodKind};

use super::Visit;
use crate::domain::flow::{Flow, FlowPurpose};
use crate::domain::session::Session;
use crate::domain::user::LinkKind;
use crate::domain::{Code, Problem, UserId};
use crate::providers::{EMBEDDED, Offer};
use crate::store::links;

/// The methods that a flow may use now.
///
/// Before a factor is proven they depend on the tenant and the purpose only, never on who
/// the person is: known and unknown people see the same.
///
/// # Errors
/// `store_unavailable`.
pub async fn of_flow(visit: &Visit<'_>, flow: &Flow) -> Result<Vec<Offer>, Problem> {
    if let Some(target) = &flow.state.link_to {
        return link_target(visit, target).await;
    }
    let all = match visit.core.providers.offers(&visit.site.tenant).await {
        Err(problem) if problem.code == Code::NotSupportedByUpstream => Vec::new(),
        other => other?,
    };
    match (&flow.state.bound, flow.purpose) {
        (_, FlowPurpose::Signup) => Ok(all
            .into_iter()
            .filter(|o| o.kind != MethodKind::Passkey)
            .collect()),
        (_, FlowPurpose::Verify) => Ok(all
            .into_iter()
            .filter(|o| o.kind == MethodKind::EmailCode)
            .collect()),
        (Some(bound), _) => {
            let open = of_person(visit, &bound.user, &all).await?;
            let wanted = flow.state.demand.acr;
            Ok(open
                .into_iter()
                .filter(|o| wanted.is_none_or(|w| o.upstream.reach(o.kind) >= w))
                .collect())
        }
        (None, _) => Ok(after_proof(flow, all)),
    }
}

/// Once something is proven but more is wanted, only stronger methods remain.
fn after_proof(flow: &Flow, all: Vec<Offer>) -> Vec<Offer> {
    match (flow.state.acr(), flow.state.demand.acr) {
        (Some(_), Some(wanted)) => all
            .into_iter()
            .filter(|o| o.upstream.reach(o.kind) >= wanted)
            .collect(),
        _ => all,
    }
}

async fn link_target(
    visit: &Visit<'_>,
    target: &crate::domain::UpstreamId,
) -> Result<Vec<Offer>, Problem> {
    let upstream = visit.core.providers.get(&visit.site.tenant, target).await?;
    let methods = upstream.provider()?.methods();
    Ok(methods
        .into_iter()
        .filter(|method| method.kind == MethodKind::Redirect)
        .map(|method| Offer {
            upstream: std::sync::Arc::clone(&upstream),
            kind: method.kind,
            mode: method.mode,
        })
        .collect())
}

/// The offers that this person can really use.
async fn of_person(visit: &Visit<'_>, user: &UserId, all: &[Offer]) -> Result<Vec<Offer>, Problem> {
    let tenant = &visit.site.tenant.id;
    let known = links::list(&visit.core.db, tenant, user).await?;
    let has_address = known.iter().any(|link| link.kind == LinkKind::Email);
    let mut open = Vec::new();
    for offer in all {
        let usable = match offer.kind {
            MethodKind::Passkey => has_passkey(visit, offer, user).await?,
            MethodKind::EmailCode => has_address,
            MethodKind::Redirect => known.iter().any(|link| {
                link.kind == LinkKind::Upstream && link.issuer == offer.upstream.row.issuer
            }),
            MethodKind::Password | MethodKind::Totp => false,
        };
        if usable {
            open.push(offer.clone());
        }
    }
    Ok(open)
}

async fn has_passkey(visit: &Visit<'_>, offer: &Offer, user: &UserId) -> Result<bool, Problem> {
    let Some(admin) = offer.upstream.provider()?.credential_admin() else {
        return Ok(false);
    };
    if offer.upstream.row.kind != EMBEDDED {
        return Ok(false);
    }
    let all = visit
        .core
        .providers
        .call(&offer.upstream, "list", admin.list(user.as_str()))
        .await?;
    Ok(all
        .iter()
        .any(|credential| credential.kind == MethodKind::Passkey))
}

/// Stronger methods that are open to a person, with the rung each reaches.
///
/// # Errors
/// `store_unavailable`, `upstream_unavailable`.
pub async fn open_to(visit: &Visit<'_>, user: &UserId) -> Result<Vec<(MethodKind, Acr)>, Problem> {
    let all = match visit.core.providers.offers(&visit.site.tenant).await {
        Err(problem) if problem.code == Code::NotSupportedByUpstream => return Ok(Vec::new()),
        other => other?,
    };
    let open = of_person(visit, user, &all).await?;
    Ok(open
        .iter()
        .map(|offer| (offer.kind, offer.upstream.reach(offer.kind)))
        .collect())
}

/// The strongest rung a person can reach now.
///
/// # Errors
/// As [`open_to`].
pub async fn reachable(visit: &Visit<'_>, user: &UserId) -> Result<Acr, Problem> {
    Ok(open_to(visit, user)
        .await?
        .iter()
        .map(|(_, acr)| *acr)
        .max()
        .unwrap_or(Acr::Aal1))
}

/// The rung that this person can be asked for: what they can do on our own page, and at a
/// provider no more than they have shown in this session. Whether somebody has a second
/// factor there is the provider's secret; asking for it in vain would lock them out of
/// their own account page.
///
/// # Errors
/// As [`open_to`].
pub async fn expected(visit: &Visit<'_>, session: &Session) -> Result<Acr, Problem> {
    let all = open_to(visit, &session.user).await?;
    let rungs = all.iter().map(|(kind, acr)| match kind {
        MethodKind::Redirect => (*acr).min(session.acr),
        _ => *acr,
    });
    Ok(rungs.max().unwrap_or(Acr::Aal1))
}

/// The offer of a kind, preferring a named connection.
pub fn pick<'a>(
    offers: &'a [Offer],
    kind: MethodKind,
    connection: Option<&str>,
) -> Option<&'a Offer> {
    offers
        .iter()
        .filter(|offer| offer.kind == kind)
        .find(|offer| {
            connection.is_none_or(|name| {
                offer.upstream.row.slug == name || offer.upstream.row.id.as_str() == name
            })
        })
}
