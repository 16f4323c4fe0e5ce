//! What opens an account from elsewhere.

use laneway_contract::MethodKind;
use serde_json::json;

use super::super::notices::{self, Notice};
use super::super::{Visit, methods, sign_in};
use super::{end_other_sessions, require_fresh};
use crate::audit::{Event, Outcome, kind};
use crate::core::Core;
use crate::domain::connection::LinkPolicy;
use crate::domain::tenant::Tenant;
use crate::domain::user::{IdentityLink, LinkKind};
use crate::domain::{Code, Problem, UpstreamId, UserId};
use crate::providers::EMBEDDED;
use crate::store::invalidations::{Change, Scope};
use crate::store::sessions::Which;
use crate::store::{admissions, connections, links, orgs};

/// More than any organization has.
const WAYS: i64 = 20;

/// The person's identity links.
///
/// # Errors
/// `store_unavailable`.
pub async fn list_identities(visit: &Visit<'_>) -> Result<Vec<IdentityLink>, Problem> {
    let live = visit.session()?;
    Ok(links::list(&visit.core.db, &visit.site.tenant.id, &live.session.user).await?)
}

/// A way in of an organization that the person belongs to.
#[derive(Debug, Clone)]
pub struct CompanyWay {
    /// The connection.
    pub id: String,
    /// Whose it is, and how it is called.
    pub label: String,
    /// An identity there can be added to an account that exists.
    pub linkable: bool,
}

/// The ways in of the person's organizations that are switched on.
///
/// # Errors
/// `unauthenticated`, `store_unavailable`.
pub async fn company_ways(visit: &Visit<'_>) -> Result<Vec<CompanyWay>, Problem> {
    let user = &visit.session()?.session.user;
    let (core, tenant) = (visit.core, &visit.site.tenant);
    let (linked, mut ways) = (links::list(&core.db, &tenant.id, user).await?, Vec::new());
    for place in orgs::memberships(&core.db, &tenant.id, user).await? {
        let all = connections::list(&core.db, &tenant.id, Some(&place.org), "", WAYS).await?;
        for one in all.iter().filter(|one| one.is_active()) {
            let id = UpstreamId(one.id.0.clone());
            // Switched off a moment ago, or its upstream is gone: no way in.
            let Ok(found) = core.providers.get(tenant, &id).await else {
                continue;
            };
            let policy = found.attached.as_ref().map(|own| own.config.link_policy());
            let has = linked.iter().any(|link| link.source.as_ref() == Some(&id));
            ways.push(CompanyWay {
                id: id.0,
                label: format!("{} · {}", place.name, one.name),
                linkable: match policy {
                    None | Some(LinkPolicy::Refuse) => false,
                    Some(LinkPolicy::Add | LinkPolicy::Link) => !has,
                    Some(LinkPolicy::Replace) => true,
                },
            });
        }
    }
    Ok(ways)
}

/// The embedded provider finds its account by this address whatever is linked: taking the link
/// alone away would close nothing.
///
/// # Errors
/// `conflict` for the link of such an address.
pub(in crate::lane_a) async fn keep_login_name(
    core: &Core,
    tenant: &Tenant,
    user: &UserId,
    doomed: &IdentityLink,
) -> Result<(), Problem> {
    if doomed.kind != LinkKind::Email {
        return Ok(());
    }
    let all = core.providers.of_tenant(tenant).await?;
    for home in all.iter().filter(|one| one.row.kind == EMBEDDED) {
        let Some(directory) = home.provider()?.user_directory() else {
            continue;
        };
        let work = directory.find(&doomed.subject);
        let found = core.providers.call(home, "find", work).await?;
        if found.is_some_and(|found| found.subject == user.as_str()) {
            return Err(Problem::new(
                Code::Conflict,
                "This address is the sign-in name here. Move the account to another address instead.",
            ));
        }
    }
    Ok(())
}

/// Removes one of the person's links, unless it is the last way in.
///
/// # Errors
/// `step_up_required`, `last_factor`, `conflict`, `not_found`.
pub async fn unlink(visit: &Visit<'_>, id: &str) -> Result<(), Problem> {
    require_fresh(visit, "/account").await?;
    let live = visit.session()?;
    let (core, tenant, user) = (visit.core, &visit.site.tenant.id, &live.session.user);
    let all = list_identities(visit).await?;
    let doomed = all
        .iter()
        .find(|link| link.id == id)
        .ok_or_else(Problem::not_found)?;
    keep_login_name(core, &visit.site.tenant, user, doomed).await?;
    let offers = core.providers.offers(&visit.site.tenant).await?;
    let opens = |link: &IdentityLink| match link.kind {
        LinkKind::Email => offers.iter().any(|o| o.kind == MethodKind::EmailCode),
        LinkKind::Connection => offers.iter().any(|o| methods::opens(o, link)),
        LinkKind::Upstream => offers.iter().any(|o| o.upstream.row.issuer == link.issuer),
    };
    if !all.iter().any(|link| link.id != doomed.id && opens(link)) {
        return Err(Problem::new(
            Code::LastFactor,
            "Link another way to sign in before you remove this one.",
        ));
    }
    let mut write = core.begin().await?;
    links::delete(&mut write.tx, tenant, user, id).await?;
    if let Some(source) = &doomed.source {
        // What was vouched for by it, in this session too.
        let which = Which::UpstreamSubject(source, &doomed.subject);
        for sid in admissions::take_back(&mut write.tx, tenant, &which).await? {
            write.invalidate(Change::Changed, Scope::Session, sid.as_str());
        }
        sign_in::end_tokens(&mut write, tenant, &which).await?;
    }
    if doomed.kind == LinkKind::Connection {
        let second = |link: &&IdentityLink| {
            link.kind == LinkKind::Upstream && link.source.is_some() && link.source == doomed.source
        };
        for link in all.iter().filter(second) {
            links::delete(&mut write.tx, tenant, user, &link.id).await?;
        }
    }
    let event = Event::new(
        kind::IDENTITY_UNLINKED,
        Outcome::Success,
        ("user", user.as_str()),
    )
    .by_user(user)
    .detail(json!({ "kind": doomed.kind, "issuer": doomed.issuer, "subject": doomed.subject }));
    core.audit(&mut write, tenant, visit.meta, event).await?;
    notices::tell(visit, &mut write, &live.user, Notice::IdentityUnlinked).await?;
    core.commit(write).await?;
    // As with a passkey: what was taken away may have opened others of these sessions.
    end_other_sessions(visit).await
}
