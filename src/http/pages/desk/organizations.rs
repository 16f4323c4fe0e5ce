//! Organizations, and one with its members.

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
use super::paging::{cut, limit, pages_of};
use super::people::one_person;
use super::words;
use crate::domain::user::UserState;
use crate::domain::{Code, Problem};
use crate::lane_a::desk::acts as operator;
use crate::lane_a::desk::acts::Permission;
use crate::store::belongings::{self, Member};
use crate::store::orgs::{self, Organization};
use crate::views::desk::{MemberLine, OrganizationLine, OrganizationPage, OrganizationsPage};

#[derive(Deserialize)]
pub struct Paging {
    #[serde(default)]
    pub after: String,
    #[serde(default)]
    pub done: String,
}

/// Fields of the forms.
#[derive(Deserialize)]
pub struct OrganizationForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    slug: String,
    #[serde(default)]
    person: String,
    #[serde(default)]
    roles: String,
}

type Posted = Result<Form<OrganizationForm>, FormRejection>;

/// `GET /admin/organizations?after=`
pub async fn show(
    context: Context,
    here: Uri,
    Query(query): Query<Paging>,
) -> Result<Response, Refused> {
    let desk = enter(&context, &here, Permission::OrganizationsRead).await?;
    let page = list_page(&context, &desk, &query.after).await?;
    Ok(render(&context, StatusCode::OK, &page))
}

async fn list_page(
    context: &Context,
    desk: &Desk<'_>,
    after: &str,
) -> Result<OrganizationsPage, Problem> {
    let tenant = &context.site.tenant.id;
    let all = orgs::list(&context.core.db, tenant, after, limit()).await?;
    let pages = pages_of("/admin/organizations");
    let shown = cut(all, after, |org| org.id.as_str(), pages);
    Ok(OrganizationsPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "organizations"),
        first: shown.first,
        next: shown.next,
        rows: shown
            .rows
            .iter()
            .map(|org| OrganizationLine {
                slug: org.slug.clone(),
                name: org.name.clone(),
                created: org.created_at,
                state: words::of_org(org.state.as_str()),
            })
            .collect(),
        may_write: desk.may(Permission::OrganizationsWrite),
        values: Default::default(),
        error: None,
    })
}

/// `POST /admin/organizations`
pub async fn create(context: Context, form: Posted) -> Result<Response, Refused> {
    let form = form_body(form)?;
    let back = "/admin/organizations";
    let desk = act(&context, Permission::OrganizationsWrite, &form.csrf, back).await?;
    match operator::create_org(&desk.act(), form.slug.trim(), form.name.trim()).await {
        Ok(org) => Ok(see_other(&format!("/admin/organizations/{}", org.slug))),
        Err(problem) => {
            let (status, text) = explain(desk.visit.lang, problem)?;
            let mut page = list_page(&context, &desk, "").await?;
            page.error = Some(text);
            page.values = (form.name, form.slug);
            Ok(render(&context, status, &page))
        }
    }
}

pub(super) async fn org_by(context: &Context, org: String) -> Result<Organization, Problem> {
    let org = plausible(org)?;
    let found = orgs::find(&context.core.db, &context.site.tenant.id, &org).await?;
    found.ok_or_else(Problem::not_found)
}

/// `GET /admin/organizations/{org}?after=`
pub async fn show_one(
    context: Context,
    here: Uri,
    Path(org): Path<String>,
    Query(query): Query<Paging>,
) -> Result<Response, Refused> {
    let desk = enter(&context, &here, Permission::MembersRead).await?;
    let org = org_by(&context, org).await?;
    let mut page = one_page(&context, &desk, &org, &query.after).await?;
    page.flash = (query.done == "member").then_some("desk-flash-member");
    Ok(render(&context, StatusCode::OK, &page))
}

async fn one_page(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    after: &str,
) -> Result<OrganizationPage, Problem> {
    let tenant = &context.site.tenant.id;
    let members = belongings::of_org(&context.core.db, tenant, &org.id, "", after, limit()).await?;
    let path = format!("/admin/organizations/{}", org.slug);
    let shown = cut(members, after, |one| one.user.as_str(), pages_of(&path));
    Ok(OrganizationPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "organizations"),
        id: org.id.0.clone(),
        slug: org.slug.clone(),
        name: org.name.clone(),
        state: words::of_org(org.state.as_str()),
        created: org.created_at,
        first: shown.first,
        next: shown.next,
        members: shown
            .rows
            .iter()
            .map(|member| line(member, format!("/admin/users/{}", member.user)))
            .collect(),
        may_write: desk.may(Permission::MembersWrite),
        may_invite: desk.may(Permission::UsersWrite),
        may_connect: desk.may(Permission::ConnectionsRead),
        values: Default::default(),
        flash: None,
        error: None,
    })
}

/// A member in a line, with where more about them is.
pub(super) fn line(member: &Member, href: String) -> MemberLine {
    let name = member.name.clone().or_else(|| member.email.clone());
    let name = name.unwrap_or_else(|| member.user.0.clone());
    let person = UserState::parse(&member.user_state);
    MemberLine {
        href,
        email: member
            .email
            .clone()
            .filter(|email| *email != name)
            .unwrap_or_default(),
        name,
        grants: sourced(&member.grants),
        since: member.since,
        state: match words::of_membership(&member.state, "active") {
            Some(word) if person == UserState::Active => word,
            _ => words::of_user(person),
        },
    }
}

/// Roles, each with the key of where it comes from.
pub(super) fn sourced(grants: &[(String, String)]) -> Vec<(String, &'static str)> {
    let named = |(role, source): &(String, String)| (role.clone(), words::of_source(source));
    grants.iter().map(named).collect()
}

/// `POST /admin/organizations/{org}/members`: the roles by hand become exactly these.
pub async fn put_member(
    context: Context,
    Path(org): Path<String>,
    form: Posted,
) -> Result<Response, Refused> {
    let form = form_body(form)?;
    let org = plausible(org)?;
    let back = format!("/admin/organizations/{org}");
    let desk = act(&context, Permission::MembersWrite, &form.csrf, &back).await?;
    let org = org_by(&context, org).await?;
    let outcome = put(&context, &desk, &org, &form).await;
    match outcome {
        Ok(()) => Ok(see_other(&format!(
            "/admin/organizations/{}?done=member",
            org.slug
        ))),
        Err(problem) => {
            let (status, text) = explain(desk.visit.lang, problem)?;
            let mut page = one_page(&context, &desk, &org, "").await?;
            page.error = Some(text);
            page.values = (form.person, form.roles);
            Ok(render(&context, status, &page))
        }
    }
}

async fn put(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    form: &OrganizationForm,
) -> Result<(), Problem> {
    let unknown = || {
        let text = super::super::words(context.lang(), "desk-member-unknown");
        Problem::new(Code::InvalidField, text)
    };
    let person = one_person(context, &form.person)
        .await?
        .ok_or_else(unknown)?;
    let roles: Vec<String> = form
        .roles
        .split([' ', ',', '\n', '\r', '\t'])
        .filter(|role| !role.is_empty())
        .map(str::to_owned)
        .collect();
    operator::put_member(&desk.act(), &org.id, &person.id, &roles, None).await?;
    Ok(())
}
