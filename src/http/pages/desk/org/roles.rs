//! `/org/{org}/roles`: what each role permits, and those that the organization defines itself.

use axum::extract::{Path, Query};
use axum::response::Response;
use http::{StatusCode, Uri};

use super::super::super::super::context::Context;
use super::super::super::super::me::plausible;
use super::super::super::{chrome, render};
use super::super::guard::{Desk, Refused, act_org, enter_org};
use super::super::organizations::Paging;
use super::super::paging::{cut, limit, pages_of};
use super::super::words;
use super::answer::{answered, leads_to};
use super::ticked::{Posted, Ticked};
use crate::authz::IN_ORGANIZATIONS;
use crate::domain::Problem;
use crate::lane_a::desk::acts::{self as operator, NewRole, Permission, RoleChange};
use crate::store::orgs::Organization;
use crate::store::roles::Role;
use crate::views::org::{RoleLine, RolePage, RolesPage, Tick};

/// `GET /org/{org}/roles?after=`
pub async fn show(
    context: Context,
    here: Uri,
    Path(org): Path<String>,
    Query(query): Query<Paging>,
) -> Result<Response, Refused> {
    let (desk, org) = enter_org(&context, &here, &org, Permission::MembersRead).await?;
    let mut page = list(&context, &desk, &org, &[], &query.after).await?;
    page.flash = (query.done == "deleted").then_some("org-flash-role-deleted");
    Ok(render(&context, StatusCode::OK, &page))
}

async fn list(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    held: &[String],
    after: &str,
) -> Result<RolesPage, Problem> {
    let path = format!("/org/{}/roles", org.slug);
    let all = operator::list_roles(&desk.act(), Some(&org.id), after, limit()).await?;
    let shown = cut(all, after, |role| &role.slug, pages_of(&path));
    Ok(RolesPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "roles"),
        path,
        roles: shown.rows.into_iter().map(line).collect(),
        first: shown.first,
        next: shown.next,
        ticks: ticks(desk, held),
        may_write: desk.may(Permission::OrgWrite),
        values: Default::default(),
        flash: None,
        error: None,
    })
}

fn line(role: Role) -> RoleLine {
    RoleLine {
        own: role.org.is_some(),
        slug: role.slug,
        name: role.name,
        permissions: role.permissions,
    }
}

/// What a role can permit in an organization, and words of applications that it has besides.
fn ticks(desk: &Desk<'_>, held: &[String]) -> Vec<Tick> {
    let tick = |word: &str, key| {
        let word = word.to_owned();
        Tick {
            key: Some(key),
            held: held.contains(&word),
            above: !desk.covers([&word]),
            word,
        }
    };
    let ours = IN_ORGANIZATIONS.iter();
    let ours = ours.map(|one| tick(one.as_str(), words::of_permission(*one)));
    let known = |word: &&String| IN_ORGANIZATIONS.iter().any(|one| one.as_str() == *word);
    let others = held.iter().filter(|word| !known(word));
    ours.chain(others.map(|word| tick(word, "org-may-else")))
        .collect()
}

/// `POST /org/{org}/roles`
pub async fn create(
    context: Context,
    Path(org): Path<String>,
    form: Posted,
) -> Result<Response, Refused> {
    let form = Ticked::read(form)?;
    let place = (org.as_str(), "/roles");
    let (desk, org) = act_org(&context, place, Permission::OrgWrite, &form.csrf).await?;
    let new = NewRole {
        slug: form.slug.trim().to_owned(),
        name: form.name.trim().to_owned(),
        permissions: form.ticks.clone(),
    };
    let made = operator::create_role(&desk.act(), Some(&org.id), new).await;
    let made = made.map(|role| format!("/org/{}/roles/{}?done=saved", org.slug, role.slug));
    let page = list(&context, &desk, &org, &form.ticks, "");
    answered(&desk, made, page, |mut page, status, text| {
        page.error = Some(text);
        page.values = (form.name.clone(), form.slug.clone());
        render(&context, status, &page)
    })
    .await
}

/// `GET /org/{org}/roles/{role}`
pub async fn show_one(
    context: Context,
    here: Uri,
    Path((org, role)): Path<(String, String)>,
    Query(query): Query<Paging>,
) -> Result<Response, Refused> {
    let (desk, org) = enter_org(&context, &here, &org, Permission::MembersRead).await?;
    let mut page = page(&context, &desk, &org, &plausible(role)?).await?;
    page.flash = (query.done == "saved").then_some("org-flash-saved");
    Ok(render(&context, StatusCode::OK, &page))
}

async fn page(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    role: &str,
) -> Result<RolePage, Problem> {
    let role = operator::get_role(&desk.act(), Some(&org.id), role).await?;
    let up = format!("/org/{}/roles", org.slug);
    let ticks = ticks(desk, &role.permissions);
    let above = ticks.iter().any(|one| one.held && one.above);
    Ok(RolePage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "roles"),
        path: format!("{up}/{}", role.slug),
        up,
        version: role.version,
        may_write: role.org.is_some() && !above && desk.may(Permission::OrgWrite),
        ticks,
        slug: role.slug,
        name: role.name,
        flash: None,
        error: None,
    })
}

/// `POST /org/{org}/roles/{role}`
pub async fn answer(
    context: Context,
    Path((org, role)): Path<(String, String)>,
    form: Posted,
) -> Result<Response, Refused> {
    let (form, role) = (Ticked::read(form)?, plausible(role)?);
    let at = format!("/roles/{role}");
    let place = (org.as_str(), at.as_str());
    let (desk, org) = act_org(&context, place, Permission::OrgWrite, &form.csrf).await?;
    let word = carry_out(&desk, &org, &role, form).await;
    let done = word.map(|word| leads_to(&org, ("/roles", &at), word));
    let page = page(&context, &desk, &org, &role);
    answered(&desk, done, page, |mut page, status, text| {
        page.error = Some(text);
        render(&context, status, &page)
    })
    .await
}

async fn carry_out(
    desk: &Desk<'_>,
    org: &Organization,
    role: &str,
    form: Ticked,
) -> Result<&'static str, Problem> {
    let (act, org) = (desk.act(), Some(&org.id));
    match form.action.as_str() {
        "save" => {
            let change = RoleChange {
                name: Some(form.name.trim().to_owned()),
                permissions: Some(form.ticks),
            };
            operator::change_role(&act, org, role, change, form.version).await?;
            Ok("saved")
        }
        "delete" => {
            operator::delete_role(&act, org, role, form.version).await?;
            Ok("deleted")
        }
        _ => Err(Problem::not_found()),
    }
}
