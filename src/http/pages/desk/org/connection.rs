//! `GET /org/{org}/connections/{connection}`: how it goes with one.

use axum::extract::Path;
use axum::response::Response;
use http::{StatusCode, Uri};

use super::super::super::super::context::Context;
use super::super::super::super::me::plausible;
use super::super::super::health::shown;
use super::super::super::{chrome, render};
use super::super::guard::{Desk, Refused, enter_org};
use super::super::words;
use crate::domain::Problem;
use crate::domain::connection::{Connection, Protocol};
use crate::lane_a::desk::acts::Permission;
use crate::lane_b::check::Check;
use crate::lane_b::{connections, health};
use crate::views::org::ConnectionPage;

/// `GET /org/{org}/connections/{connection}`
pub async fn show(
    context: Context,
    here: Uri,
    Path((org, connection)): Path<(String, String)>,
) -> Result<Response, Refused> {
    let (desk, org) = enter_org(&context, &here, &org, Permission::ConnectionsRead).await?;
    let id = plausible(connection)?;
    let one = connections::get(&desk.act(), &org.id, &id).await?;
    let up = format!("/org/{}/connections", org.slug);
    let page = page(&context, &desk, one, up).await?;
    Ok(render(&context, StatusCode::OK, &page))
}

async fn page(
    context: &Context,
    desk: &Desk<'_>,
    one: Connection,
    up: String,
) -> Result<ConnectionPage, Problem> {
    let was_live = one.active.is_some();
    let mut changed = false;
    let health = if was_live {
        let known = health::of(&desk.act(), &one).await?;
        changed = known.changes.is_some() || known.findings.iter().any(is_change);
        Some(shown(context.lang(), context.core.now(), known))
    } else {
        None
    };
    Ok(ConnectionPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "connections"),
        up,
        protocol: match one.protocol {
            Protocol::Oidc => "OpenID Connect",
            Protocol::Saml => "SAML 2.0",
        },
        state: words::of_connection(one.state),
        rollout: was_live.then(|| words::of_rollout(one.rollout)),
        enforced: one.enforced,
        used: one.last_login_at,
        health,
        changed,
        may_write: desk.may(Permission::ConnectionsWrite),
        id: one.id.0,
        name: one.name,
    })
}

fn is_change(check: &Check) -> bool {
    !check.ok && ["metadata_changed", "metadata_moved"].contains(&check.code.as_str())
}
