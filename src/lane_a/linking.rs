//! What opens an account from now on: links to whatever a flow has proven.
//!
//! Owns: which links come of a proof, and who hears of a new one.
//! Must not know: how anything is proven, what else a flow writes.

use laneway_contract::MethodKind;
use serde_json::json;

use super::notices::{self, Notice};
use super::{Visit, door};
use crate::audit::{Event, Outcome, kind};
use crate::domain::connection::LinkPolicy;
use crate::domain::flow::{Flow, FlowPurpose, Proof};
use crate::domain::user::{IdentityLink, LinkKind, User};
use crate::domain::{Code, Email, Problem, UserId};
use crate::providers::{Configured, EMBEDDED};
use crate::store::{Write, links, users};

/// Links what was proven; true if a link was added that its owner should hear of.
///
/// # Errors
/// `denied` for what is linked to somebody else, `store_unavailable`.
pub(super) async fn link(
    visit: &Visit<'_>,
    write: &mut Write,
    flow: &Flow,
    user: &UserId,
    configured: &Configured,
    proof: &Proof,
) -> Result<bool, Problem> {
    let mut added = false;
    let kind = match configured.attached {
        Some(_) => LinkKind::Connection,
        None => LinkKind::Upstream,
    };
    let (issuer, subject) = proof.identity.origin();
    let source = Some(configured.row.id.clone());
    let mut wanted = vec![(kind, source, issuer.to_owned(), subject.to_owned())];
    let address = proof.identity.email.as_deref().and_then(Email::parse);
    if proof.method == MethodKind::EmailCode
        && let Some(address) = address
    {
        wanted.push((
            LinkKind::Email,
            None,
            String::new(),
            address.as_str().to_owned(),
        ));
    }
    // An embedded subject stands for the user id it is equal to, and for nobody else.
    if configured.row.kind == EMBEDDED && proof.identity.subject != user.as_str() {
        wanted.remove(0);
    }
    let (tenant, now) = (&visit.site.tenant.id, write.now());
    if let Some(attached) = configured.attached.as_ref().filter(|own| {
        let policy = own.config.link_policy();
        flow.purpose == FlowPurpose::Link && policy == LinkPolicy::Replace
    }) {
        let id = &attached.connection;
        links::delete_of_connection(&mut write.tx, tenant, user, id).await?;
    }
    for (kind, source, issuer, subject) in wanted {
        let row = IdentityLink {
            id: visit.core.new_id(),
            user: user.clone(),
            kind,
            source,
            issuer,
            subject,
            created_at: now,
            last_used_at: Some(now),
        };
        let made = links::create(&mut write.tx, tenant, &row).await?;
        if made && kind == LinkKind::Connection {
            door::remember(visit, write, &row.id, &proof.identity).await?;
        }
        if made {
            if flow.purpose == FlowPurpose::Link || flow.purpose == FlowPurpose::Verify {
                linked_event(visit, write, user, &row).await?;
                added = true;
            }
            continue;
        }
        let found = links::find(&mut write.tx, tenant, &row).await?;
        let Some(old) = found.filter(|old| old.user == *user) else {
            return Err(Problem::new(
                Code::Denied,
                "This identity belongs to another account already.",
            ));
        };
        links::touch(&mut write.tx, tenant, &old.id, now).await?;
        if kind == LinkKind::Connection {
            door::remember(visit, write, &old.id, &proof.identity).await?;
        }
    }
    if proof.identity.via.is_some() {
        let second = IdentityLink {
            id: visit.core.new_id(),
            user: user.clone(),
            kind: LinkKind::Upstream,
            source: Some(configured.row.id.clone()),
            issuer: proof.identity.issuer.clone(),
            subject: proof.identity.subject.clone(),
            created_at: now,
            last_used_at: Some(now),
        };
        links::follow(&mut write.tx, tenant, &second).await?;
    }
    Ok(added)
}

async fn linked_event(
    visit: &Visit<'_>,
    write: &mut Write,
    user: &UserId,
    row: &IdentityLink,
) -> Result<(), Problem> {
    let event = Event::new(
        kind::IDENTITY_LINKED,
        Outcome::Success,
        ("user", user.as_str()),
    )
    .by_user(user)
    .detail(json!({ "kind": row.kind, "issuer": row.issuer, "subject": row.subject }));
    let tenant = &visit.site.tenant.id;
    visit.core.audit(write, tenant, visit.meta, event).await?;
    Ok(())
}

/// The address that was theirs before hears of it: the new one may be in other hands.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn tell(
    visit: &Visit<'_>,
    write: &mut Write,
    user: &UserId,
    before: Option<User>,
) -> Result<(), Problem> {
    let known = before.filter(|user| user.email.is_some() && user.email_verified);
    let told = match known {
        Some(user) => Some(user),
        None => users::find(&mut write.tx, &visit.site.tenant.id, user).await?,
    };
    match told {
        Some(user) => notices::tell(visit, write, &user, Notice::IdentityLinked).await,
        None => Ok(()),
    }
}
