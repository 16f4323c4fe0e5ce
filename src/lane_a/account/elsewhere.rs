//! A person's ways to sign in that their provider keeps: shown here, changed there.

use std::sync::Arc;
use std::time::Duration;

use laneway_contract::{AccountAction, AccountActions, Credential, MethodKind};

use super::super::{Begin, Visit, errand, flow, methods};
use super::{list_identities, require_own_way};
use crate::domain::errand::{Errand, Known};
use crate::domain::flow::{Demand, Flow, FlowPurpose};
use crate::domain::return_to::ReturnTo;
use crate::domain::upstream::Role;
use crate::domain::user::{IdentityLink, LinkKind};
use crate::domain::{Code, Problem};
use crate::providers::Configured;

/// A page is not kept waiting for longer: what is kept elsewhere is a part of it.
const PATIENCE: Duration = Duration::from_secs(3);

/// What one provider keeps of a person.
pub struct Kept {
    /// The upstream.
    pub upstream: Arc<Configured>,
    /// Their credentials there, oldest first.
    pub credentials: Result<Vec<Credential>, Unseen>,
    /// The one that must stay: nothing else lets them in.
    pub last: Option<String>,
}

/// Why they cannot be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unseen {
    /// The provider does not answer as it should.
    Away,
    /// We may not see them.
    NotAllowed,
    /// It does not know this person any more.
    Gone,
}

/// What providers keep of this person and let them change; nothing for whoever came by an
/// organization's own provider.
///
/// # Errors
/// `unauthenticated`, `store_unavailable`; a provider's trouble is told in its place.
pub async fn kept_elsewhere(visit: &Visit<'_>) -> Result<Vec<Kept>, Problem> {
    let mut all = Vec::new();
    if require_own_way(visit).is_err() {
        visit.session()?;
        return Ok(all);
    }
    for (upstream, link) in homes(visit).await? {
        let seen = tokio::time::timeout(PATIENCE, credentials(visit, &upstream, &link.subject));
        let credentials = match seen.await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(problem)) => Err(match problem.code {
                Code::NotSupportedByUpstream => Unseen::NotAllowed,
                Code::NotFound => Unseen::Gone,
                _ => Unseen::Away,
            }),
            Err(_) => Err(Unseen::Away),
        };
        let last = match &credentials {
            Ok(found) => last(visit, &upstream, found).await?,
            Err(_) => None,
        };
        all.push(Kept {
            upstream,
            credentials,
            last,
        });
    }
    Ok(all)
}

/// The person's providers with pages for it.
async fn homes(visit: &Visit<'_>) -> Result<Vec<(Arc<Configured>, IdentityLink)>, Problem> {
    let links = list_identities(visit).await?;
    let upstreams = visit.core.providers.of_tenant(&visit.site.tenant).await?;
    let able = |one: &&Arc<Configured>| {
        let provider = one.provider().ok();
        let actions = provider.and_then(|provider| provider.account_actions());
        actions.is_some() && one.row.role != Role::Retired
    };
    let found = upstreams.iter().filter(able).filter_map(|one| {
        let own = links.iter().find(|link| {
            // Whoever stands there in between, for a customer's provider, has nothing there.
            let direct = link.source.as_ref().is_none_or(|id| *id == one.row.id);
            link.kind == LinkKind::Upstream && link.issuer == one.row.issuer && direct
        });
        own.map(|link| (Arc::clone(one), link.clone()))
    });
    Ok(found.collect())
}

/// Asks the provider what somebody signs in with there.
///
/// # Errors
/// `not_supported_by_upstream`, `not_found`, `upstream_unavailable`, `upstream_invalid`.
pub(in crate::lane_a) async fn credentials(
    visit: &Visit<'_>,
    upstream: &Configured,
    subject: &str,
) -> Result<Vec<Credential>, Problem> {
    let work = actions(upstream)?.credentials(subject);
    let mut all = visit
        .core
        .providers
        .call(upstream, "credentials", work)
        .await?;
    all.sort_by_key(|one| one.created_at_ms);
    Ok(all)
}

/// The provider's pages for it.
///
/// # Errors
/// `not_supported_by_upstream`.
pub(in crate::lane_a) fn actions(upstream: &Configured) -> Result<&dyn AccountActions, Problem> {
    upstream.provider()?.account_actions().ok_or_else(|| {
        Problem::new(
            Code::NotSupportedByUpstream,
            "The identity provider has no pages for this.",
        )
    })
}

/// Begins to change something at a provider: the flow waits for the browser to come back.
///
/// No fresh proof is asked for here: the provider does so before it lets anybody at what it keeps.
///
/// # Errors
/// `forbidden`, `not_found` for a provider or a credential that is not theirs, `last_factor`,
/// `invalid_field` for what is not removed here, and those of stores and providers.
pub async fn begin_elsewhere(
    visit: &Visit<'_>,
    upstream: &str,
    action: AccountAction,
) -> Result<Flow, Problem> {
    require_own_way(visit)?;
    let mut homes = homes(visit).await?.into_iter();
    let named = homes.find(|(one, _)| one.row.slug == upstream || one.row.id.as_str() == upstream);
    let (upstream, link) = named.ok_or_else(Problem::not_found)?;
    let before = credentials(visit, &upstream, &link.subject).await?;
    if let AccountAction::Remove(id) = &action {
        may_go(visit, &upstream, &before, id).await?;
    }
    let errand = Errand {
        upstream: upstream.row.id.clone(),
        subject: link.subject,
        action,
        before: before.iter().map(Known::from).collect(),
    };
    let begin = Begin {
        purpose: FlowPurpose::Errand,
        username: visit.session()?.user.email.clone(),
        return_to: ReturnTo::own("/account"),
        demand: Demand::default(),
        link_to: None,
        owner_link: None,
        invitation: None,
    };
    let mut flow = flow::begin(visit, begin).await?;
    errand::start(visit, &mut flow, &upstream, errand).await?;
    Ok(flow)
}

/// May this credential be removed?
async fn may_go(
    visit: &Visit<'_>,
    upstream: &Configured,
    all: &[Credential],
    id: &str,
) -> Result<(), Problem> {
    let doomed = all.iter().find(|one| one.id == id);
    let doomed = doomed.ok_or_else(Problem::not_found)?;
    if !is_removable(doomed) {
        return Err(Problem::field(
            "/credential",
            "not_removable",
            "Only authenticator apps and passkeys are removed here.",
        ));
    }
    match last(visit, upstream, all).await? {
        Some(last) if last == id => Err(Problem::new(
            Code::LastFactor,
            "Add another way to sign in before you remove this one.",
        )),
        _ => Ok(()),
    }
}

/// Is it one of those that people remove?
pub fn is_removable(credential: &Credential) -> bool {
    matches!(credential.kind, MethodKind::Totp | MethodKind::Passkey)
}

/// The only one of them that signs somebody in by itself, where nothing else does.
async fn last(
    visit: &Visit<'_>,
    upstream: &Configured,
    all: &[Credential],
) -> Result<Option<String>, Problem> {
    let alone = |one: &&Credential| matches!(one.kind, MethodKind::Password | MethodKind::Passkey);
    let mut alone = all.iter().filter(alone);
    let (Some(only), None) = (alone.next(), alone.next()) else {
        return Ok(None);
    };
    let others = other_ways(visit, upstream).await?;
    Ok((!others).then(|| only.id.clone()))
}

/// Does something open this account that this provider does not keep?
async fn other_ways(visit: &Visit<'_>, upstream: &Configured) -> Result<bool, Problem> {
    let links = list_identities(visit).await?;
    let offers = visit.core.providers.offers(&visit.site.tenant).await?;
    let opens = |link: &IdentityLink| match link.kind {
        LinkKind::Email => offers
            .iter()
            .any(|offer| offer.kind == MethodKind::EmailCode),
        LinkKind::Connection => offers.iter().any(|offer| methods::opens(offer, link)),
        LinkKind::Upstream => {
            let other = |one: &Configured| one.row.issuer == link.issuer;
            link.issuer != upstream.row.issuer && offers.iter().any(|offer| other(&offer.upstream))
        }
    };
    Ok(links.iter().any(opens))
}
