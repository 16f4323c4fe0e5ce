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
use crate::domain::connection::{Connection, Rollout};
use crate::domain::{Code, Email, Problem, UserId};
use crate::lane_a::desk::acts::Permission;
use crate::lane_b::connections::{self as connections_of, ConnectionChange, get};
use crate::lane_b::enforce;
use crate::lane_b::setup_links::{self, LinkState, NewLink};
use crate::store::orgs::Organization;
use crate::store::setup_links::{self as rows, SetupLink};
use crate::store::{break_glass, connections, links, users};
use crate::views::desk::{CompanyPage, ConnectionLine, EmergencyLine, SetupLinkLine};

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
    #[serde(default)]
    email: String,
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
    page.flash = match query.done.as_str() {
        "back" => Some("desk-flash-link-back"),
        "enforced" => Some("desk-flash-enforced"),
        "freed" => Some("desk-flash-freed"),
        "named" => Some("desk-flash-named"),
        _ => None,
    };
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
        emergency: emergency(context, org).await?,
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
        enforced: one.enforced,
        enforceable: one.is_active() && one.rollout == Rollout::All,
    }
}

async fn emergency(context: &Context, org: &Organization) -> Result<Vec<EmergencyLine>, Problem> {
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let mut lines = Vec::new();
    for one in break_glass::list(db, tenant, &org.id).await? {
        let person = users::find(db, tenant, &one.user).await?;
        let name = person.and_then(|person| person.name.or(person.email));
        lines.push(EmergencyLine {
            name: name.unwrap_or_else(|| one.user.0.clone()),
            user: one.user.0,
            proven: one.proven_at,
            used: one.used_at,
        });
    }
    Ok(lines)
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
    let done = if form.action == "create" {
        let made = create(&desk, &org, form.connection).await;
        made.map(|(_, token)| Done::Link(token))
    } else {
        change(&context, &desk, &org, form).await.map(Done::Flash)
    };
    match done {
        Ok(Done::Flash(word)) => Ok(see_other(&format!("{}?done={word}", address(&org)))),
        Ok(Done::Link(token)) => {
            let address = context.site.tenant.address(&format!("/setup/{token}"));
            let mut page = page(&context, &desk, &org, "").await?;
            page.made = Some(address);
            Ok(render(&context, StatusCode::OK, &page))
        }
        Err(problem) => {
            let (status, text) = explain(desk.visit.lang, problem)?;
            let mut page = page(&context, &desk, &org, "").await?;
            page.error = Some(text);
            Ok(render(&context, status, &page))
        }
    }
}

/// What came of a form.
enum Done {
    /// The value of a new link.
    Link(String),
    /// The word for it in the address.
    Flash(&'static str),
}

/// Everything but a new link.
async fn change(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    form: CompanyForm,
) -> Result<&'static str, Problem> {
    let act = desk.act();
    match form.action.as_str() {
        "revoke" => {
            setup_links::revoke(&act, &org.id, &plausible(form.id)?).await?;
            Ok("back")
        }
        "enforce" | "free" => {
            let enforced = form.action == "enforce";
            let id = plausible(form.connection)?;
            let change = ConnectionChange {
                enforced: Some(enforced),
                ..ConnectionChange::default()
            };
            connections_of::change(&act, &org.id, &id, change, None).await?;
            Ok(if enforced { "enforced" } else { "freed" })
        }
        "name" => {
            let (db, tenant) = (&context.core.db, &context.site.tenant.id);
            let email = Email::parse(&form.email);
            let user = match email {
                Some(email) => links::find_by_email(db, tenant, &email).await?,
                None => None,
            };
            let unknown = "Nobody in this organization has this address.";
            let refused = || Problem::field("/email", "unknown", unknown);
            let user = user.ok_or_else(refused)?;
            match enforce::name(&act, &org.id, &user).await {
                Err(problem) if problem.code == Code::NotFound => Err(refused()),
                other => other.map(|()| "named"),
            }
        }
        "unname" => {
            enforce::unname(&act, &org.id, &UserId(plausible(form.id)?)).await?;
            Ok("named")
        }
        _ => Err(Problem::not_found()),
    }
}
