//! `/admin/organizations/{org}/sign-in`: an organization's connections, and the links by which its
//! administrator sets one up. A new link stands on the answer itself: it is shown once and never in
//! an address.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::{StatusCode, Uri};
use serde::Deserialize;

use super::super::super::context::Context;
use super::super::super::flows::form_body;
use super::super::super::me::plausible;
use super::super::{chrome, render, see_other};
use super::guard::{Desk, Refused, act, enter, explain};
use super::organizations::{Paging, org_by};
use super::words;
use crate::domain::Problem;
use crate::domain::connection::Connection;
use crate::lane_a::desk::acts::Permission;
use crate::lane_b::connections::get;
use crate::lane_b::setup_links::{self, LinkState, NewLink};
use crate::store::connections;
use crate::store::orgs::Organization;
use crate::store::setup_links::{self as rows, SetupLink};
use crate::views::desk::{CompanyPage, ConnectionLine, SetupLinkLine};

const ON_A_PAGE: usize = 20;
/// More connections than any organization has; all of them are in the API.
const CONNECTIONS: i64 = 100;

/// Fields of the forms.
#[derive(Deserialize)]
pub struct CompanyForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    connection: String,
}

/// `GET /admin/organizations/{org}/sign-in?after=`
pub async fn show(
    context: Context,
    here: Uri,
    Path(org): Path<String>,
    Query(query): Query<Paging>,
) -> Result<Response, Refused> {
    let desk = enter(&context, &here, Permission::ConnectionsRead).await?;
    let org = org_by(&context, org).await?;
    let mut page = page(&context, &desk, &org, &query.after).await?;
    page.flash = (query.done == "back").then_some("desk-flash-link-back");
    Ok(render(&context, StatusCode::OK, &page))
}

fn address(org: &Organization) -> String {
    format!("/admin/organizations/{}/sign-in", org.slug)
}

async fn page(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    before: &str,
) -> Result<CompanyPage, Problem> {
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let limit = i64::try_from(ON_A_PAGE + 1).unwrap_or(i64::MAX);
    let may_write = desk.may(Permission::ConnectionsWrite);
    let mut links = if may_write {
        rows::list(db, tenant, &org.id, before, limit).await?
    } else {
        Vec::new()
    };
    let more = links.len() > ON_A_PAGE;
    links.truncate(ON_A_PAGE);
    let all = connections::list(db, tenant, &org.id, "", CONNECTIONS).await?;
    let (path, now) = (address(org), context.core.now());
    let last = links.last().filter(|_| more);
    Ok(CompanyPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "organizations"),
        slug: org.slug.clone(),
        name: org.name.clone(),
        connections: all.iter().map(connection).collect(),
        next: last.map(|link| format!("{path}?after={}", link.id)),
        links: links.iter().map(|link| line(link, now)).collect(),
        first: (!before.is_empty()).then_some(path),
        may_write,
        made: None,
        flash: None,
        error: None,
    })
}

fn connection(one: &Connection) -> ConnectionLine {
    ConnectionLine {
        id: one.id.0.clone(),
        name: one.name.clone(),
        state: words::of_connection(one.state),
        rollout: one.active.map(|_| words::of_rollout(one.rollout)),
        used: one.last_login_at,
    }
}

fn line(link: &SetupLink, now: i64) -> SetupLinkLine {
    let state = setup_links::state(link, None, now);
    SetupLinkLine {
        id: link.id.clone(),
        state: words::of_setup_link(link, now),
        created: link.created_at,
        expires: link.expires_at,
        shared: link.invited_by.starts_with("setup_link:"),
        open: !matches!(state, LinkState::Revoked | LinkState::Expired),
    }
}

async fn create(
    desk: &Desk<'_>,
    org: &Organization,
    connection: String,
) -> Result<(SetupLink, String), Problem> {
    let act = desk.act();
    let connection = match connection.as_str() {
        "" => None,
        _ => Some(get(&act, &org.id, &plausible(connection)?).await?.id),
    };
    let new = NewLink {
        connection,
        ..NewLink::default()
    };
    setup_links::create(&act, &org.id, new).await
}

/// `POST /admin/organizations/{org}/sign-in`: makes a link, or takes one back.
pub async fn answer(
    context: Context,
    Path(org): Path<String>,
    form: Result<Form<CompanyForm>, FormRejection>,
) -> Result<Response, Refused> {
    let form = form_body(form)?;
    let org = plausible(org)?;
    let back = format!("/admin/organizations/{org}/sign-in");
    let desk = act(&context, Permission::ConnectionsWrite, &form.csrf, &back).await?;
    let org = org_by(&context, org).await?;
    if form.action == "revoke" {
        let id = plausible(form.id)?;
        setup_links::revoke(&desk.act(), &org.id, &id).await?;
        return Ok(see_other(&format!("{}?done=back", address(&org))));
    }
    let made = create(&desk, &org, form.connection).await;
    let mut page = page(&context, &desk, &org, "").await?;
    let status = match made {
        Ok((_, token)) => {
            let address = context.site.tenant.address(&format!("/setup/{token}"));
            page.made = Some(address);
            StatusCode::OK
        }
        Err(problem) => {
            let (status, text) = explain(desk.visit.lang, problem)?;
            page.error = Some(text);
            status
        }
    };
    Ok(render(&context, status, &page))
}
