//! An organization's connections, the links by which its administrator sets one up, and which
//! connection is the only way in: `/admin/organizations/{org}/sign-in` for operators,
//! `/org/{org}/connections` and `/org/{org}/sign-in` for its own people. A new link stands on the
//! answer itself: it is shown once and never in an address.

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
use super::guard::{Desk, Refused, act, act_org, enter, enter_org, explain};
use super::organizations::{Paging, org_by};
use super::{set_up, words};
use crate::domain::connection::{Connection, Rollout};
use crate::domain::{Code, Email, Problem, UserId};
use crate::lane_a::desk::acts::Permission;
use crate::lane_b::connections::{self as connections_of, ConnectionChange, get};
use crate::lane_b::enforce;
use crate::lane_b::setup_links::{self, LinkState, NewLink};
use crate::store::orgs::Organization;
use crate::store::setup_links::{self as rows, SetupLink};
use crate::store::{break_glass, connections, links, users};
use crate::views::desk::{CompanyPage, CompanyPart, ConnectionLine, EmergencyLine, SetupLinkLine};

const ON_A_PAGE: usize = 20;
/// The draft of a link at which nothing was understood so far.
const NOTHING: &str = "{}";
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
    #[serde(default)]
    expires: String,
    #[serde(default)]
    mailbox: String,
    #[serde(default)]
    step: String,
}

type Posted = Result<Form<CompanyForm>, FormRejection>;

/// `GET /admin/organizations/{org}/sign-in?after=`
pub async fn show(
    context: Context,
    here: Uri,
    Path(org): Path<String>,
    Query(query): Query<Paging>,
) -> Result<Response, Refused> {
    let desk = enter(&context, &here, Permission::ConnectionsRead).await?;
    let org = org_by(&context, org).await?;
    looked(&context, &desk, &org, CompanyPart::All, &query).await
}

/// `GET /org/{org}/connections?after=`
pub async fn show_connections(
    context: Context,
    here: Uri,
    Path(org): Path<String>,
    Query(query): Query<Paging>,
) -> Result<Response, Refused> {
    let (desk, org) = enter_org(&context, &here, &org, Permission::ConnectionsRead).await?;
    looked(&context, &desk, &org, CompanyPart::Connections, &query).await
}

/// `GET /org/{org}/sign-in`
pub async fn show_rules(
    context: Context,
    here: Uri,
    Path(org): Path<String>,
    Query(query): Query<Paging>,
) -> Result<Response, Refused> {
    let (desk, org) = enter_org(&context, &here, &org, Permission::ConnectionsRead).await?;
    looked(&context, &desk, &org, CompanyPart::Rules, &query).await
}

async fn looked(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    part: CompanyPart,
    query: &Paging,
) -> Result<Response, Refused> {
    let mut page = page(context, desk, org, part, &query.after).await?;
    page.flash = match query.done.as_str() {
        "back" => Some("desk-flash-link-back"),
        "enforced" => Some("desk-flash-enforced"),
        "freed" => Some("desk-flash-freed"),
        "named" => Some("desk-flash-named"),
        _ => None,
    };
    Ok(render(context, StatusCode::OK, &page))
}

/// Where a part is.
fn address(org: &Organization, part: CompanyPart) -> String {
    match part {
        CompanyPart::All => format!("/admin/organizations/{}/sign-in", org.slug),
        CompanyPart::Connections => format!("/org/{}/connections", org.slug),
        CompanyPart::Rules => format!("/org/{}/sign-in", org.slug),
    }
}

async fn page(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    part: CompanyPart,
    before: &str,
) -> Result<CompanyPage, Problem> {
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let limit = i64::try_from(ON_A_PAGE + 1).unwrap_or(i64::MAX);
    let may_write = desk.may(Permission::ConnectionsWrite);
    let mut links = if may_write && part.sets_up() {
        rows::list(db, tenant, &org.id, before, limit).await?
    } else {
        Vec::new()
    };
    let more = links.len() > ON_A_PAGE;
    links.truncate(ON_A_PAGE);
    let all = connections::list(db, tenant, Some(&org.id), "", CONNECTIONS).await?;
    let (path, now) = (address(org, part), context.core.now());
    let last = links.last().filter(|_| more);
    Ok(CompanyPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, room(part)),
        part,
        action: path.clone(),
        up: format!("/admin/organizations/{}", org.slug),
        name: org.name.clone(),
        connections: all
            .iter()
            .map(|one| connection(desk.own_org(), one))
            .collect(),
        emergency: if part.rules() {
            emergency(context, org).await?
        } else {
            Vec::new()
        },
        next: last.map(|link| format!("{path}?after={}", link.id)),
        links: links.iter().map(|link| line(link, now)).collect(),
        first: (!before.is_empty()).then_some(path),
        may_write,
        made: None,
        flash: None,
        error: None,
    })
}

fn room(part: CompanyPart) -> &'static str {
    match part {
        CompanyPart::All => "organizations",
        CompanyPart::Connections => "connections",
        CompanyPart::Rules => "rules",
    }
}

fn connection(own: Option<&Organization>, one: &Connection) -> ConnectionLine {
    ConnectionLine {
        id: one.id.0.clone(),
        name: one.name.clone(),
        state: words::of_connection(one.state),
        rollout: one.active.map(|_| words::of_rollout(one.rollout)),
        used: one.last_login_at,
        enforced: one.enforced,
        enforceable: one.is_active() && one.rollout == Rollout::All,
        href: own.map(|org| format!("/org/{}/connections/{}", org.slug, one.id)),
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
        unfinished: link.connection.is_none() && link.draft.len() > NOTHING.len(),
    }
}

/// So long a link may live, as the form offers it: days.
const LIVES: [i64; 3] = [1, 7, 30];

async fn create(
    desk: &Desk<'_>,
    org: &Organization,
    form: CompanyForm,
) -> Result<(SetupLink, String), Problem> {
    let act = desk.act();
    let connection = match form.connection.as_str() {
        "" => None,
        _ => Some(get(&act, &org.id, &plausible(form.connection)?).await?.id),
    };
    let days = form.expires.parse().ok();
    let days = days.filter(|days| LIVES.contains(days));
    let new = NewLink {
        connection,
        expires_in: days.map(|days| days * 24 * 3600),
        email: Some(form.mailbox.trim().to_owned()).filter(|email| !email.is_empty()),
        ..NewLink::default()
    };
    setup_links::create(&act, &org.id, new).await
}

/// `POST /admin/organizations/{org}/sign-in`: makes a link, or takes one back.
pub async fn answer(
    context: Context,
    Path(org): Path<String>,
    form: Posted,
) -> Result<Response, Refused> {
    let form = form_body(form)?;
    let org = plausible(org)?;
    let back = format!("/admin/organizations/{org}/sign-in");
    let desk = act(&context, Permission::ConnectionsWrite, &form.csrf, &back).await?;
    let org = org_by(&context, org).await?;
    answered(&context, &desk, &org, CompanyPart::All, form).await
}

/// `POST /org/{org}/connections`
pub async fn answer_connections(
    context: Context,
    Path(org): Path<String>,
    form: Posted,
) -> Result<Response, Refused> {
    answer_own(
        &context,
        &org,
        ("/connections", CompanyPart::Connections),
        form,
    )
    .await
}

/// `POST /org/{org}/sign-in`
pub async fn answer_rules(
    context: Context,
    Path(org): Path<String>,
    form: Posted,
) -> Result<Response, Refused> {
    answer_own(&context, &org, ("/sign-in", CompanyPart::Rules), form).await
}

async fn answer_own(
    context: &Context,
    org: &str,
    (page, part): (&str, CompanyPart),
    form: Posted,
) -> Result<Response, Refused> {
    let form = form_body(form)?;
    let may = Permission::ConnectionsWrite;
    let (desk, org) = act_org(context, (org, page), may, &form.csrf).await?;
    answered(context, &desk, &org, part, form).await
}

async fn answered(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    part: CompanyPart,
    form: CompanyForm,
) -> Result<Response, Refused> {
    let done = match form.action.as_str() {
        "create" => {
            let made = create(desk, org, form).await;
            made.map(|(_, token)| Done::Link(token))
        }
        "open" => {
            let of = set_up::Of {
                connection: form.connection,
                link: form.id,
                health: form.step == "health",
            };
            let opened = set_up::open(context, desk, org, of).await;
            opened.map(Done::Opened)
        }
        _ => change(context, desk, org, form).await.map(Done::Flash),
    };
    match done {
        Ok(Done::Flash(word)) => {
            let page = address(org, part);
            Ok(see_other(&format!("{page}?done={word}")))
        }
        Ok(Done::Opened(response)) => Ok(response),
        Ok(Done::Link(token)) => {
            let address = context.site.tenant.address(&format!("/setup/{token}"));
            let mut page = page(context, desk, org, part, "").await?;
            page.made = Some(address);
            Ok(render(context, StatusCode::OK, &page))
        }
        Err(problem) => {
            let (status, text) = explain(desk.visit.lang, problem)?;
            let mut page = page(context, desk, org, part, "").await?;
            page.error = Some(text);
            Ok(render(context, status, &page))
        }
    }
}

/// What came of a form.
enum Done {
    /// The value of a new link.
    Link(String),
    /// The set-up itself.
    Opened(Response),
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
