//! Which ways to sign in are open, to anybody and to one person.

use std::sync::Arc;

use laneway_contract::{Acr, MethodKind, Mode};

use super::{Visit, routing, social};
use crate::domain::connection::Rollout;
use crate::domain::flow::{Flow, FlowPurpose};
use crate::domain::ladder::{self, Rung};
use crate::domain::session::Session;
use crate::domain::user::{IdentityLink, LinkKind};
use crate::domain::{Code, Problem, UserId};
use crate::providers::{Configured, EMBEDDED, Offer};
use crate::store::orgs::{OrgState, Organization};
use crate::store::{domains, links, orgs};

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
    let all = match here(visit).await {
        Err(problem) if problem.code == Code::NotSupportedByUpstream => Vec::new(),
        other => other?,
    };
    // What is offered must not tell whether the password was right.
    let more = flow.state.more.as_ref().filter(|_| !flow.state.is_hidden());
    if let Some(more) = more {
        let open = of_person(visit, &more.user, &all).await?;
        // What is attached vouches for a whole sign-in, never for the second half of one.
        return Ok(open
            .into_iter()
            .filter(|o| o.upstream.attached.is_none())
            .filter(|o| flow.state.acr_with(rung(o)) >= Some(more.wanted))
            .collect());
    }
    let only = |wanted: &[MethodKind]| {
        let all = all.iter().filter(|offer| wanted.contains(&offer.kind));
        Ok(all.cloned().collect())
    };
    // An organization that wants its own provider wants it for all that begins with an address.
    let enters = matches!(flow.purpose, FlowPurpose::Signup | FlowPurpose::Recover);
    if enters
        && flow.state.bound.is_none()
        && let Some(only) = enforced(visit, flow).await?
    {
        return Ok(vec![only]);
    }
    match (&flow.state.bound, flow.purpose) {
        // It has one way, which it was begun with.
        (_, FlowPurpose::Errand) => Ok(Vec::new()),
        (_, FlowPurpose::Signup) => {
            let open = only(&[MethodKind::EmailCode, MethodKind::Redirect])?;
            taken(visit, flow, open).await
        }
        (_, FlowPurpose::Verify | FlowPurpose::Recover) => only(&[MethodKind::EmailCode]),
        (Some(bound), _) => {
            let open = of_person(visit, &bound.user, &all).await?;
            Ok(towards(flow, open))
        }
        (None, _) => {
            let own = all.into_iter().filter(|offer| !offer.kind.is_second_only());
            let own = match asked_for(visit, flow).await? {
                Some(org) => of_organization(visit, &org, own.collect()).await?,
                None => own.collect(),
            };
            let own = taken(visit, flow, own).await?;
            led(visit, flow, own).await
        }
    }
}

/// The tenant's own ways on this host.
///
/// # Errors
/// `not_supported_by_upstream` where there is none, `store_unavailable`.
pub async fn here(visit: &Visit<'_>) -> Result<Vec<Offer>, Problem> {
    let mut all = visit.core.providers.offers(&visit.site.tenant).await?;
    all.retain(|offer| offer.kind != MethodKind::Passkey || visit.site.takes_passkeys());
    Ok(all)
}

/// The organization that a flow is to enter.
///
/// # Errors
/// `store_unavailable`.
pub async fn asked_for(visit: &Visit<'_>, flow: &Flow) -> Result<Option<Organization>, Problem> {
    let Some(name) = &flow.state.demand.org else {
        return Ok(None);
    };
    let found = orgs::find(&visit.core.db, &visit.site.tenant.id, name).await?;
    Ok(found.filter(|org| org.state == OrgState::Active))
}

/// The ways into an organization: its own providers that are open to all, before those of the
/// tenant's ways that it takes; and nothing but them where it has enforced one.
///
/// # Errors
/// `store_unavailable`.
pub async fn of_organization(
    visit: &Visit<'_>,
    org: &Organization,
    own: Vec<Offer>,
) -> Result<Vec<Offer>, Problem> {
    let (core, tenant) = (visit.core, &visit.site.tenant);
    let live = domains::live_connections(&core.db, &tenant.id, &org.id, "").await?;
    let mut theirs = Vec::new();
    for one in live.iter().filter(|one| one.rollout == Rollout::All) {
        match core.providers.customer(tenant, one.id.as_str()).await {
            Ok(upstream) => theirs.push(by_redirect(upstream)),
            Err(problem) if matches!(problem.code, Code::Denied | Code::NotFound) => {}
            Err(problem) => return Err(problem),
        }
    }
    if !live.iter().any(|one| one.enforced) {
        let taken = |offer: &Offer| org.social_login || !offer.upstream.is_social();
        theirs.extend(own.into_iter().filter(taken));
    }
    Ok(theirs)
}

/// Of the tenant's ways those that the organization takes which somebody signs in to.
async fn taken(visit: &Visit<'_>, flow: &Flow, mut own: Vec<Offer>) -> Result<Vec<Offer>, Problem> {
    let social = |offer: &Offer| offer.upstream.is_social();
    if own.iter().any(social) && social::is_shut(visit, flow).await? {
        own.retain(|offer| !social(offer));
    }
    Ok(own)
}

/// The provider of the organization that has proven the domain of the typed address: before
/// the tenant's own ways, after them where it is not open to all, or instead of them. The same
/// for everybody of that domain, whoever is known.
async fn led(visit: &Visit<'_>, flow: &Flow, own: Vec<Offer>) -> Result<Vec<Offer>, Problem> {
    let Some(name) = &flow.state.username else {
        return Ok(own);
    };
    let (core, tenant) = (visit.core, &visit.site.tenant);
    let Some(routed) = routing::of_address(core, &tenant.id, name).await? else {
        return Ok(own);
    };
    let Some(id) = &routed.connection else {
        return Ok(own);
    };
    let theirs = match core.providers.customer(tenant, id.as_str()).await {
        Ok(upstream) => by_redirect(upstream),
        Err(problem) if matches!(problem.code, Code::Denied | Code::NotFound) => return Ok(own),
        Err(problem) => return Err(problem),
    };
    // It may stand there already, as a way of the organization that is asked for.
    let mut own = own;
    own.retain(|offer| offer.upstream.row.id != theirs.upstream.row.id);
    Ok(if routed.enforced {
        vec![theirs]
    } else if routed.beside {
        own.into_iter().chain([theirs]).collect()
    } else {
        std::iter::once(theirs).chain(own).collect()
    })
}

/// The one way in that the organization of the typed address has left open.
async fn enforced(visit: &Visit<'_>, flow: &Flow) -> Result<Option<Offer>, Problem> {
    let mut all = led(visit, flow, Vec::new()).await?;
    let routed = match &flow.state.username {
        Some(name) => routing::of_address(visit.core, &visit.site.tenant.id, name).await?,
        None => None,
    };
    Ok(all
        .pop()
        .filter(|_| routed.is_some_and(|routed| routed.enforced)))
}

fn rung(offer: &Offer) -> Rung {
    (offer.kind, offer.upstream.reach(offer.kind))
}

/// Of a known person's methods those that lead to what is wanted: by themselves, together
/// with what is proven already, or as the first of two.
fn towards(flow: &Flow, open: Vec<Offer>) -> Vec<Offer> {
    let wanted = flow.state.demand.acr.unwrap_or(Acr::Aal1);
    let leads = |offer: &Offer| {
        if offer.kind.is_second_only() && wanted == Acr::Aal1 {
            return false;
        }
        let own = rung(offer);
        // The first of two only where it takes two: nobody types a code to be asked for the
        // passkey that would have done alone.
        let needs = |other: &&Offer| flow.state.acr_with(rung(other)) < Some(wanted);
        let in_two = wanted == Acr::Aal2
            && open
                .iter()
                .filter(needs)
                .any(|other| ladder::combined([own, rung(other)]) >= Some(wanted));
        in_two || flow.state.acr_with(own) >= Some(wanted)
    };
    open.iter().filter(|offer| leads(offer)).cloned().collect()
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
    let kept = kept_here(visit, user, all).await?;
    for offer in all {
        let usable = match offer.kind {
            MethodKind::Passkey
            | MethodKind::Password
            | MethodKind::Totp
            | MethodKind::RecoveryCode => {
                offer.upstream.row.kind == EMBEDDED && kept.contains(&offer.kind)
            }
            MethodKind::EmailCode => has_address,
            MethodKind::Redirect => known.iter().any(|link| opens(offer, link)),
        };
        if usable {
            open.push(offer.clone());
        }
    }
    open.extend(own_customer(visit, user).await?);
    Ok(open)
}

/// Does this provider find a person by this link?
pub fn opens(offer: &Offer, link: &IdentityLink) -> bool {
    let row = &offer.upstream.row;
    if offer.upstream.attached.is_some() {
        // One provider may have many issuers: the connection is what was linked.
        return link.kind == LinkKind::Connection && link.source.as_ref() == Some(&row.id);
    }
    link.kind == LinkKind::Upstream && link.issuer == row.issuer
}

/// The customer's provider that vouches for this session's person: it can do so again.
async fn own_customer(visit: &Visit<'_>, user: &UserId) -> Result<Option<Offer>, Problem> {
    let live = visit
        .live
        .as_ref()
        .filter(|live| live.session.user == *user);
    let tie = live.and_then(|live| live.session.upstream.clone());
    let Some(tie) = tie.filter(|tie| tie.within.is_some()) else {
        return Ok(None);
    };
    match visit.core.providers.get(&visit.site.tenant, &tie.id).await {
        Ok(upstream) => Ok(Some(by_redirect(upstream))),
        // Switched off: it vouches for nobody.
        Err(problem) if matches!(problem.code, Code::Denied | Code::NotFound) => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// A customer's provider that is asked for by name: it is offered to nobody who does not.
///
/// # Errors
/// `denied` for one that is switched off, `store_unavailable`.
pub async fn named_customer(
    visit: &Visit<'_>,
    flow: &Flow,
    name: Option<&str>,
) -> Result<Option<Offer>, Problem> {
    let Some(name) = name.filter(|_| flow.purpose == FlowPurpose::Login) else {
        return Ok(None);
    };
    match visit.core.providers.by_slug(&visit.site.tenant, name).await {
        // What the tenant itself has attached is offered where it may be, or not at all.
        Ok(upstream) if upstream.attached.is_some() && !upstream.is_social() => {
            Ok(Some(by_redirect(upstream)))
        }
        Ok(_) => Ok(None),
        Err(problem) if problem.code == Code::NotFound => Ok(None),
        Err(problem) => Err(problem),
    }
}

fn by_redirect(upstream: Arc<Configured>) -> Offer {
    Offer {
        upstream,
        kind: MethodKind::Redirect,
        mode: Mode::Redirect,
    }
}

/// The kinds of credentials that this person has with us.
async fn kept_here(
    visit: &Visit<'_>,
    user: &UserId,
    all: &[Offer],
) -> Result<Vec<MethodKind>, Problem> {
    let own = all
        .iter()
        .find(|offer| offer.upstream.row.kind == EMBEDDED && offer.kind != MethodKind::EmailCode);
    let Some(offer) = own else {
        return Ok(Vec::new());
    };
    let Some(admin) = offer.upstream.provider()?.credential_admin() else {
        return Ok(Vec::new());
    };
    let work = admin.list(user.as_str());
    let listed = visit.core.providers.call(&offer.upstream, "list", work);
    Ok(listed.await?.iter().map(|found| found.kind).collect())
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
    Ok(ladder::combined(open_to(visit, user).await?).unwrap_or(Acr::Aal1))
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
    let rungs = all.into_iter().map(|(kind, acr)| match kind {
        MethodKind::Redirect => (kind, acr.min(session.acr)),
        _ => (kind, acr),
    });
    Ok(ladder::combined(rungs).unwrap_or(Acr::Aal1))
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
