//! `/org/{org}/groups`: groups of members, and what each gives.

use axum::extract::{Path, Query};
use axum::response::Response;
use http::{StatusCode, Uri};

use super::super::super::super::context::Context;
use super::super::super::super::me::plausible;
use super::super::super::{chrome, render, see_other};
use super::super::guard::{Desk, Refused, act_org, enter_org, explain_refusal};
use super::super::organizations::Paging;
use super::ticked::{Posted, Ticked};
use crate::authz::Scope;
use crate::domain::{Email, Problem, UserId};
use crate::lane_a::desk::acts::{self as operator, GroupChange, Permission};
use crate::store::groups::{Group, GroupMember};
use crate::store::orgs::{self, Organization};
use crate::store::{links, members};
use crate::views::org::{GroupLine, GroupMemberLine, GroupPage, GroupsPage, Tick};

/// More than can be made.
const MOST: i64 = 1000;
const ON_A_PAGE: usize = 50;

/// `GET /org/{org}/groups`
pub async fn show(
    context: Context,
    here: Uri,
    Path(org): Path<String>,
    Query(query): Query<Paging>,
) -> Result<Response, Refused> {
    let (desk, org) = enter_org(&context, &here, &org, Permission::MembersRead).await?;
    let mut page = list(&context, &desk, &org).await?;
    page.flash = (query.done == "deleted").then_some("org-flash-group-deleted");
    Ok(render(&context, StatusCode::OK, &page))
}

async fn list(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
) -> Result<GroupsPage, Problem> {
    let all = operator::list_groups(&desk.act(), &org.id, "", "", MOST).await?;
    Ok(GroupsPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "groups"),
        path: format!("/org/{}/groups", org.slug),
        groups: all.into_iter().map(line).collect(),
        ticks: ticks(context, desk, org, &[]).await?,
        may_write: desk.may(Permission::MembersWrite),
        value: String::new(),
        flash: None,
        error: None,
    })
}

fn line(group: Group) -> GroupLine {
    GroupLine {
        members: u32::try_from(group.members).unwrap_or(u32::MAX),
        id: group.id,
        name: group.name,
        roles: group.roles,
    }
}

/// All roles that a group can give.
async fn ticks(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    held: &[String],
) -> Result<Vec<Tick>, Problem> {
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let there = Scope::Org(tenant.clone(), org.id.clone());
    let act = desk.act();
    let defined = orgs::roles(db, tenant, &org.id).await?;
    let tick = |(role, permits): (String, Vec<String>)| Tick {
        held: held.contains(&role),
        above: !act
            .by
            .covers_words(permits.iter().map(String::as_str), &there),
        word: role,
        key: None,
    };
    Ok(defined.into_iter().map(tick).collect())
}

/// `POST /org/{org}/groups`
pub async fn create(
    context: Context,
    Path(org): Path<String>,
    form: Posted,
) -> Result<Response, Refused> {
    let form = Ticked::read(form)?;
    let place = (org.as_str(), "/groups");
    let (desk, org) = act_org(&context, place, Permission::MembersWrite, &form.csrf).await?;
    match operator::create_group(&desk.act(), &org.id, form.name.trim(), &form.ticks).await {
        Ok(group) => Ok(see_other(&format!(
            "/org/{}/groups/{}?done=saved",
            org.slug, group.id
        ))),
        Err(problem) => {
            let (status, text) = explain_refusal(desk.visit.lang, problem)?;
            let mut page = list(&context, &desk, &org).await?;
            page.ticks = ticks(&context, &desk, &org, &form.ticks).await?;
            page.error = Some(text);
            page.value = form.name;
            Ok(render(&context, status, &page))
        }
    }
}

/// `GET /org/{org}/groups/{group}?after=`
pub async fn show_one(
    context: Context,
    here: Uri,
    Path((org, group)): Path<(String, String)>,
    Query(query): Query<Paging>,
) -> Result<Response, Refused> {
    let (desk, org) = enter_org(&context, &here, &org, Permission::MembersRead).await?;
    let mut page = page(&context, &desk, &org, &plausible(group)?, &query.after).await?;
    page.flash = (query.done == "saved").then_some("org-flash-saved");
    Ok(render(&context, StatusCode::OK, &page))
}

async fn page(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    group: &str,
    after: &str,
) -> Result<GroupPage, Problem> {
    let act = desk.act();
    let group = operator::get_group(&act, &org.id, group).await?;
    let limit = i64::try_from(ON_A_PAGE + 1).unwrap_or(i64::MAX);
    let mut members = operator::list_group_members(&act, &group, after, limit).await?;
    let more = members.len() > ON_A_PAGE;
    members.truncate(ON_A_PAGE);
    let up = format!("/org/{}/groups", org.slug);
    let path = format!("{up}/{}", group.id);
    let last = members.last().filter(|_| more);
    Ok(GroupPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "groups"),
        up,
        people: format!("/org/{}/people", org.slug),
        ticks: ticks(context, desk, org, &group.roles).await?,
        name: group.name,
        version: group.version,
        next: last.map(|one| format!("{path}?after={}", one.user)),
        first: (!after.is_empty()).then(|| path.clone()),
        members: members.into_iter().map(member).collect(),
        path,
        may_write: desk.may(Permission::MembersWrite),
        flash: None,
        error: None,
    })
}

fn member(one: GroupMember) -> GroupMemberLine {
    let name = one.name.or(one.email);
    GroupMemberLine {
        name: name.unwrap_or_else(|| one.user.0.clone()),
        id: one.user.0,
        since: one.since,
    }
}

/// `POST /org/{org}/groups/{group}`
pub async fn answer(
    context: Context,
    Path((org, group)): Path<(String, String)>,
    form: Posted,
) -> Result<Response, Refused> {
    let (form, group) = (Ticked::read(form)?, plausible(group)?);
    let at = format!("/groups/{group}");
    let place = (org.as_str(), at.as_str());
    let (desk, org) = act_org(&context, place, Permission::MembersWrite, &form.csrf).await?;
    match carry_out(&context, &desk, &org, &group, form).await {
        Ok(word) => {
            let page = if word == "deleted" {
                "/groups"
            } else {
                at.as_str()
            };
            Ok(see_other(&format!("/org/{}{page}?done={word}", org.slug)))
        }
        Err(problem) => {
            let (status, text) = explain_refusal(desk.visit.lang, problem)?;
            let mut page = page(&context, &desk, &org, &group, "").await?;
            page.error = Some(text);
            Ok(render(&context, status, &page))
        }
    }
}

async fn carry_out(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    group: &str,
    form: Ticked,
) -> Result<&'static str, Problem> {
    let (act, org) = (desk.act(), &org.id);
    match form.action.as_str() {
        "save" => {
            let change = GroupChange {
                name: Some(form.name.trim().to_owned()),
                roles: Some(form.ticks),
            };
            operator::change_group(&act, org, group, change, form.version).await?;
        }
        "add" => {
            let (db, tenant) = (&context.core.db, &context.site.tenant.id);
            let user = match Email::parse(&form.person) {
                Some(email) => links::find_by_email(db, tenant, &email).await?,
                None => None,
            };
            let found = match user {
                Some(user) => members::find(db, tenant, org, &user).await?,
                None => None,
            };
            let unknown = "Nobody in this organization has this address.";
            let found = found.ok_or_else(|| Problem::field("/email", "unknown", unknown))?;
            operator::put_into_group(&act, org, group, &found.user).await?;
        }
        "take" => {
            let user = UserId(plausible(form.person)?);
            operator::take_from_group(&act, org, group, &user).await?;
        }
        "delete" => {
            operator::delete_group(&act, org, group, form.version).await?;
            return Ok("deleted");
        }
        _ => return Err(Problem::not_found()),
    }
    Ok("saved")
}
