//! `/org/{org}/people/{user}`: one member, their roles by hand and their place.

use axum::extract::{Path, Query};
use axum::response::Response;
use http::{StatusCode, Uri};
use serde::Deserialize;

use super::super::super::super::context::Context;
use super::super::super::super::me::plausible;
use super::super::super::{chrome, render};
use super::super::guard::{Desk, Refused, act_org, enter_org};
use super::super::words;
use super::answer::{answered, leads_to};
use super::ticked::{Posted, Ticked};
use crate::domain::user::UserState;
use crate::domain::{Problem, UserId};
use crate::lane_a::desk::acts::{self as operator, Permission};
use crate::store::members::{self, Member, MemberState};
use crate::store::orgs::{self, Organization};
use crate::store::{break_glass, users};
use crate::views::org::{MemberPage, RoleChoice};

#[derive(Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

/// `GET /org/{org}/people/{user}`
pub async fn show(
    context: Context,
    here: Uri,
    Path((org, user)): Path<(String, String)>,
    Query(query): Query<Done>,
) -> Result<Response, Refused> {
    let (desk, org) = enter_org(&context, &here, &org, Permission::MembersRead).await?;
    let user = UserId(plausible(user)?);
    let mut page = page(&context, &desk, &org, &user).await?;
    page.flash = (query.done == "saved").then_some("org-flash-saved");
    Ok(render(&context, StatusCode::OK, &page))
}

async fn page(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    user: &UserId,
) -> Result<MemberPage, Problem> {
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let found = members::find(db, tenant, &org.id, user).await?;
    let member = found.ok_or_else(Problem::not_found)?;
    let person = users::find(db, tenant, user).await?;
    let person = person.map_or(UserState::Deleted, |person| person.state);
    let name = member.name.clone().or_else(|| member.email.clone());
    let name = name.unwrap_or_else(|| user.0.clone());
    let up = format!("/org/{}/people", org.slug);
    Ok(MemberPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "people"),
        path: format!("{up}/{user}"),
        up,
        id: user.0.clone(),
        email: member
            .email
            .clone()
            .filter(|email| *email != name)
            .unwrap_or_default(),
        name,
        state: match words::of_membership(member.state.as_str(), "active") {
            Some(word) if person == UserState::Active => word,
            _ => words::of_user(person),
        },
        suspended: member.state == MemberState::Suspended,
        own: desk.is(user.as_str()),
        since: member.created_at,
        version: member.version,
        roles: roles(context, desk, org, &member).await?,
        emergency: desk.may(Permission::ConnectionsRead)
            && break_glass::is_one(db, tenant, &org.id, user).await?,
        may_write: desk.may(Permission::MembersWrite),
        flash: None,
        error: None,
    })
}

/// What was ticked here, or promised by an invitation: both can be taken away here.
fn by_people(source: &str) -> bool {
    matches!(source, "manual" | "invitation")
}

async fn roles(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    member: &Member,
) -> Result<Vec<RoleChoice>, Problem> {
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let defined = orgs::roles(db, tenant, &org.id).await?;
    let choice = |(role, permits): (String, Vec<String>)| {
        let of_role = || member.grants.iter().filter(|(given, _)| *given == role);
        RoleChoice {
            held: of_role().any(|(_, source)| by_people(source)),
            above: !desk.covers(&permits),
            sources: of_role()
                .filter(|(_, source)| !by_people(source))
                .map(|(_, source)| words::of_source(source))
                .collect(),
            role,
        }
    };
    Ok(defined.into_iter().map(choice).collect())
}

/// `POST /org/{org}/people/{user}`
pub async fn answer(
    context: Context,
    Path((org, user)): Path<(String, String)>,
    form: Posted,
) -> Result<Response, Refused> {
    let form = Ticked::read(form)?;
    let user = UserId(plausible(user)?);
    let page_of = format!("/people/{user}");
    let place = (org.as_str(), page_of.as_str());
    let (desk, org) = act_org(&context, place, Permission::MembersWrite, &form.csrf).await?;
    let word = carry_out(&desk, &org, &user, form).await;
    let done = word.map(|word| {
        if word == "removed" && desk.is(user.as_str()) {
            // They have just closed the door behind themselves.
            return "/account#organizations".to_owned();
        }
        leads_to(&org, ("/people", &page_of), word)
    });
    let page = page(&context, &desk, &org, &user);
    answered(&desk, done, page, |mut page, status, text| {
        page.error = Some(text);
        render(&context, status, &page)
    })
    .await
}

async fn carry_out(
    desk: &Desk<'_>,
    org: &Organization,
    user: &UserId,
    form: Ticked,
) -> Result<&'static str, Problem> {
    let act = desk.act();
    let (org, version) = (&org.id, form.version);
    let state = match form.action.as_str() {
        "roles" => {
            // This page changes members; it makes nobody one.
            let found = members::find(&act.core.db, &act.tenant.id, org, user).await?;
            found.ok_or_else(Problem::not_found)?;
            operator::put_member(&act, org, user, &form.ticks, version).await?;
            return Ok("saved");
        }
        "remove" => {
            operator::remove_member(&act, org, user, version).await?;
            return Ok("removed");
        }
        "suspend" => MemberState::Suspended,
        "restore" => MemberState::Active,
        _ => return Err(Problem::not_found()),
    };
    operator::change_member(&act, org, user, Some(state), version).await?;
    Ok("saved")
}
