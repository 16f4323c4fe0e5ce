//! `/org/{org}/groups`: groups of members, and what each gives.

use axum::extract::{Path, Query};
use axum::response::Response;
use http::{StatusCode, Uri};

use super::super::super::super::context::Context;
use super::super::super::super::me::plausible;
use super::super::super::{chrome, render};
use super::super::guard::{Desk, Refused, act_org, enter_org};
use super::super::organizations::Paging;
use super::super::paging::{cut, limit, pages_of};
use super::answer::{answered, leads_to};
use super::ticked::{Posted, Ticked};
use crate::domain::{Email, Problem, UserId};
use crate::lane_a::desk::acts::{self as operator, GroupChange, Permission};
use crate::store::groups::{Group, GroupMember};
use crate::store::orgs::{self, Organization};
use crate::store::{links, members};
use crate::views::org::{GroupLine, GroupMemberLine, GroupPage, GroupsPage, Tick};

/// `GET /org/{org}/groups?after=`
pub async fn show(
    context: Context,
    here: Uri,
    Path(org): Path<String>,
    Query(query): Query<Paging>,
) -> Result<Response, Refused> {
    let (desk, org) = enter_org(&context, &here, &org, Permission::MembersRead).await?;
    let mut page = list(&context, &desk, &org, &[], &query.after).await?;
    page.flash = (query.done == "deleted").then_some("org-flash-group-deleted");
    Ok(render(&context, StatusCode::OK, &page))
}

async fn list(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    held: &[String],
    after: &str,
) -> Result<GroupsPage, Problem> {
    let path = format!("/org/{}/groups", org.slug);
    let all = operator::list_groups(&desk.act(), &org.id, "", after, limit()).await?;
    let shown = cut(all, after, |group| &group.id, pages_of(&path));
    Ok(GroupsPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "groups"),
        path,
        groups: shown.rows.into_iter().map(line).collect(),
        first: shown.first,
        next: shown.next,
        ticks: ticks(context, desk, org, held).await?,
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
    let defined = orgs::roles(db, tenant, &org.id).await?;
    let tick = |(role, permits): (String, Vec<String>)| Tick {
        held: held.contains(&role),
        above: !desk.covers(&permits),
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
    let made = operator::create_group(&desk.act(), &org.id, form.name.trim(), &form.ticks).await;
    let made = made.map(|group| format!("/org/{}/groups/{}?done=saved", org.slug, group.id));
    let page = list(&context, &desk, &org, &form.ticks, "");
    answered(&desk, made, page, |mut page, status, text| {
        page.error = Some(text);
        page.value.clone_from(&form.name);
        render(&context, status, &page)
    })
    .await
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
    let members = operator::list_group_members(&act, &group, after, limit()).await?;
    let up = format!("/org/{}/groups", org.slug);
    let path = format!("{up}/{}", group.id);
    let shown = cut(members, after, |one| one.user.as_str(), pages_of(&path));
    Ok(GroupPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "groups"),
        up,
        people: format!("/org/{}/people", org.slug),
        ticks: ticks(context, desk, org, &group.roles).await?,
        name: group.name,
        version: group.version,
        next: shown.next,
        first: shown.first,
        members: shown.rows.into_iter().map(member).collect(),
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
    let word = carry_out(&context, &desk, &org, &group, form).await;
    let done = word.map(|word| leads_to(&org, ("/groups", &at), word));
    let page = page(&context, &desk, &org, &group, "");
    answered(&desk, done, page, |mut page, status, text| {
        page.error = Some(text);
        render(&context, status, &page)
    })
    .await
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
