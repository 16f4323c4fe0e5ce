//! `/org/{org}/roles`: what each role permits, and those that the organization defines itself.

use axum::extract::{Path, Query};
use axum::response::Response;
use http::{StatusCode, Uri};

use super::super::super::super::context::Context;
use super::super::super::super::me::plausible;
use super::super::super::{chrome, render, see_other};
use super::super::guard::{Desk, Refused, act_org, enter_org, explain_refusal};
use super::super::organizations::Paging;
use super::super::words;
use super::ticked::{Posted, Ticked};
use crate::authz::{IN_ORGANIZATIONS, Scope};
use crate::domain::Problem;
use crate::lane_a::desk::acts::{self as operator, NewRole, Permission, RoleChange};
use crate::store::orgs::Organization;
use crate::store::roles::Role;
use crate::views::org::{RoleLine, RolePage, RolesPage, Tick};

/// More than can be defined.
const MOST: i64 = 500;

/// `GET /org/{org}/roles`
pub async fn show(
    context: Context,
    here: Uri,
    Path(org): Path<String>,
    Query(query): Query<Paging>,
) -> Result<Response, Refused> {
    let (desk, org) = enter_org(&context, &here, &org, Permission::MembersRead).await?;
    let mut page = list(&context, &desk, &org).await?;
    page.flash = (query.done == "deleted").then_some("org-flash-role-deleted");
    Ok(render(&context, StatusCode::OK, &page))
}

async fn list(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
) -> Result<RolesPage, Problem> {
    let all = operator::list_roles(&desk.act(), Some(&org.id), "", MOST).await?;
    Ok(RolesPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "roles"),
        path: format!("/org/{}/roles", org.slug),
        roles: all.into_iter().map(line).collect(),
        ticks: ticks(desk, org, &[]),
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
fn ticks(desk: &Desk<'_>, org: &Organization, held: &[String]) -> Vec<Tick> {
    let act = desk.act();
    let there = Scope::Org(act.tenant.id.clone(), org.id.clone());
    let tick = |word: &str, key| Tick {
        word: word.to_owned(),
        key: Some(key),
        held: held.iter().any(|one| one == word),
        above: !act.by.covers_words([word], &there),
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
    match operator::create_role(&desk.act(), Some(&org.id), new).await {
        Ok(role) => Ok(see_other(&format!(
            "/org/{}/roles/{}?done=saved",
            org.slug, role.slug
        ))),
        Err(problem) => {
            let (status, text) = explain_refusal(desk.visit.lang, problem)?;
            let mut page = list(&context, &desk, &org).await?;
            page.ticks = ticks(&desk, &org, &form.ticks);
            page.error = Some(text);
            page.values = (form.name, form.slug);
            Ok(render(&context, status, &page))
        }
    }
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
    let ticks = ticks(desk, org, &role.permissions);
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
    match carry_out(&desk, &org, &role, form).await {
        Ok(word) => {
            let page = if word == "deleted" {
                "/roles"
            } else {
                at.as_str()
            };
            Ok(see_other(&format!("/org/{}{page}?done={word}", org.slug)))
        }
        Err(problem) => {
            let (status, text) = explain_refusal(desk.visit.lang, problem)?;
            let mut page = page(&context, &desk, &org, &role).await?;
            page.error = Some(text);
            Ok(render(&context, status, &page))
        }
    }
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
