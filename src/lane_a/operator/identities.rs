//! What links a person to a subject at an upstream.

use serde_json::json;

use super::Act;
use super::users::{find_below, new_link};
use crate::audit::{Event, Outcome, kind};
use crate::domain::user::{IdentityLink, LinkKind};
use crate::domain::{Code, Problem, UserId};
use crate::lane_a::account::keep_login_name;
use crate::lane_a::sign_in;
use crate::providers::EMBEDDED;
use crate::store::links;
use crate::store::sessions::Which;

/// Links a person to a subject at an upstream (bulk preparation of a swap).
///
/// # Errors
/// `not_found`, `duplicate` when the subject is somebody else's, `forbidden` for somebody who
/// may do more than the caller: a link is a way to sign in as them.
pub async fn put_identity(
    act: &Act<'_>,
    user: &UserId,
    upstream: &str,
    subject: &str,
) -> Result<IdentityLink, Problem> {
    if subject.is_empty() || subject.len() > 255 || subject.chars().any(char::is_control) {
        return Err(Problem::field(
            "/subject",
            "invalid",
            "Give the person's id at the provider.",
        ));
    }
    let (core, tenant) = (act.core, act.tenant);
    let all = core.providers.of_tenant(tenant).await?;
    let configured = all
        .iter()
        .find(|c| c.row.id.as_str() == upstream || c.row.slug == upstream)
        .ok_or_else(|| {
            Problem::field(
                "/upstream",
                "unknown",
                "Name one of the tenant's upstreams.",
            )
        })?;
    let link = new_link(core, user, LinkKind::Upstream, Some(configured), subject);
    let mut write = core.begin().await?;
    find_below(act, &mut write, user).await?;
    // The embedded provider's subjects are our own ids: a link to another's would answer for them.
    if configured.row.kind == EMBEDDED && subject != user.as_str() {
        return Err(Problem::field(
            "/subject",
            "invalid",
            "At the embedded provider everybody is known by their own id.",
        ));
    }
    if !links::create(&mut write.tx, &tenant.id, &link).await? {
        let all = links::list(&mut write.tx, &tenant.id, user).await?;
        let own = all.into_iter().find(|own| {
            own.kind == LinkKind::Upstream && own.issuer == link.issuer && own.subject == subject
        });
        return own.ok_or_else(|| {
            Problem::new(Code::Duplicate, "This identity belongs to another user.")
        });
    }
    let event = Event::new(
        kind::IDENTITY_LINKED,
        Outcome::Success,
        ("user", user.as_str()),
    )
    .detail(json!({ "upstream": configured.row.slug, "subject": subject }));
    act.audit(&mut write, event).await?;
    core.commit(write).await?;
    Ok(link)
}

/// Removes a link. What it opened may be somebody else's: the person's sessions end.
///
/// # Errors
/// `not_found`, `forbidden`, `conflict` for the address that is the sign-in name.
pub async fn delete_identity(act: &Act<'_>, user: &UserId, id: &str) -> Result<(), Problem> {
    let tenant = &act.tenant.id;
    let mut look = act.core.begin().await?;
    find_below(act, &mut look, user).await?;
    let all = links::list(&mut look.tx, tenant, user).await?;
    // Nothing is held while a provider is asked.
    drop(look);
    let link = all
        .into_iter()
        .find(|link| link.id == id)
        .ok_or_else(Problem::not_found)?;
    keep_login_name(act.core, act.tenant, user, &link).await?;
    let mut write = act.core.begin().await?;
    find_below(act, &mut write, user).await?;
    if !links::delete(&mut write.tx, tenant, user, id).await? {
        return Err(Problem::not_found());
    }
    sign_in::end(&mut write, tenant, Which::OfUser(user), "identity_removed").await?;
    if let Some(source) = &link.source {
        let which = Which::UpstreamSubject(source, &link.subject);
        sign_in::end_tokens(&mut write, tenant, &which).await?;
    }
    let event = Event::new(
        kind::IDENTITY_UNLINKED,
        Outcome::Success,
        ("user", user.as_str()),
    )
    .detail(json!({ "kind": link.kind, "issuer": link.issuer, "subject": link.subject }));
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok(())
}
