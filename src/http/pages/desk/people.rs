//! `GET /admin/users`: finding people; what is searched and which page it is stand in the
//! address.

use axum::extract::Query;
use axum::response::Response;
use http::{StatusCode, Uri};
use serde::Deserialize;

use super::super::super::context::Context;
use super::super::{chrome, render};
use super::guard::{Refused, enter};
use super::words;
use crate::domain::user::{User, UserState};
use crate::domain::{Lang, Problem};
use crate::lane_a::desk::acts::Permission;
use crate::lane_a::desk::{self, Cursor, PersonRow, UpstreamView};
use crate::views::desk::{PeoplePage, PersonLine};
use crate::views::{Words, grouped};

#[derive(Deserialize)]
pub struct PeopleQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

/// `GET /admin/users?q=&state=&after=`
pub async fn show(
    context: Context,
    here: Uri,
    Query(query): Query<PeopleQuery>,
) -> Result<Response, Refused> {
    let desk = enter(&context, &here, Permission::UsersRead).await?;
    let (core, tenant) = (&context.core, &context.site.tenant);
    let state = match query.state.as_str() {
        "active" => Some(UserState::Active),
        "disabled" => Some(UserState::Disabled),
        _ => None,
    };
    let q: String = query.q.trim().chars().take(200).collect();
    let found = desk::list(core, &tenant.id, &q, state, &Cursor::parse(&query.after)).await?;
    let upstreams = desk::upstreams(core, tenant).await?;
    let figures = desk::figures(core, &tenant.id).await?;
    let page = PeoplePage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(&context, "people"),
        lead: Words::new("desk-people-lead")
            .number("people", figures.active + figures.disabled)
            .number("organizations", figures.organizations)
            .instant("at", figures.at),
        rows: found
            .rows
            .iter()
            .map(|row| line(context.lang(), row, &upstreams))
            .collect(),
        first: (!query.after.is_empty()).then(|| address(&q, &query.state, "")),
        next: found
            .next
            .map(|next| address(&q, &query.state, &next.text())),
        may_invite: desk.may(Permission::UsersWrite),
        flash: (query.done == "deleted").then_some("desk-flash-deleted"),
        q,
        state: query.state,
    };
    Ok(render(&context, StatusCode::OK, &page))
}

fn address(q: &str, state: &str, after: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in [("q", q), ("state", state), ("after", after)] {
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() {
        "/admin/users".to_owned()
    } else {
        format!("/admin/users?{query}")
    }
}

/// What a person is called: name, else address, else id.
pub(super) fn called(user: &User) -> String {
    let name = user.name.clone().or_else(|| user.email.clone());
    name.unwrap_or_else(|| user.id.0.clone())
}

fn line(lang: Lang, row: &PersonRow, upstreams: &[UpstreamView]) -> PersonLine {
    let around = &row.around;
    let mut ways: Vec<Words> = around
        .links
        .iter()
        .map(|(kind, issuer)| way(kind, issuer, upstreams))
        .collect();
    ways.dedup();
    let name = called(&row.user);
    PersonLine {
        id: row.user.id.0.clone(),
        email: row
            .user
            .email
            .clone()
            .filter(|email| *email != name)
            .unwrap_or_default(),
        name,
        organization: around.organizations.first().cloned().unwrap_or_default(),
        more: around.organizations.len().saturating_sub(1),
        ways,
        last: around.last_used,
        sessions: grouped(lang, around.sessions),
        state: words::of_user(row.user.state),
    }
}

/// Whose word a link is.
pub(super) fn way(kind: &str, issuer: &str, upstreams: &[UpstreamView]) -> Words {
    if kind == "email" {
        return Words::new("desk-way-email");
    }
    let known = upstreams.iter().find(|view| view.row.issuer == issuer);
    Words::own(known.map_or_else(|| issuer.to_owned(), |view| view.row.label()))
}

/// One person by exact id or by an address that only one has.
pub(super) async fn one_person(context: &Context, text: &str) -> Result<Option<User>, Problem> {
    let found = desk::list(
        &context.core,
        &context.site.tenant.id,
        text,
        None,
        &Cursor::default(),
    )
    .await?;
    let wanted = text.trim().to_lowercase();
    let mut exact = found.rows.into_iter().map(|row| row.user).filter(|user| {
        user.id.as_str() == wanted
            || user.email.as_deref().map(str::to_lowercase) == Some(wanted.clone())
    });
    Ok(match (exact.next(), exact.next()) {
        (Some(one), None) if !wanted.is_empty() => Some(one),
        _ => None,
    })
}
