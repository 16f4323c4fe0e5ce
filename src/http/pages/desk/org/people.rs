//! `GET /org/{org}/people`: finding members; what is searched and which page it is stand in
//! the address.

use axum::extract::{Path, Query};
use axum::response::Response;
use http::{StatusCode, Uri};
use serde::Deserialize;

use super::super::super::super::context::Context;
use super::super::super::{chrome, render};
use super::super::guard::{Desk, Refused, enter_org};
use super::super::organizations::line;
use super::super::paging::{cut, limit};
use crate::domain::Problem;
use crate::lane_a::desk::acts::Permission;
use crate::store::orgs::Organization;
use crate::store::{belongings, invitations};
use crate::views::Words;
use crate::views::org::MembersPage;

/// What stands in the address.
#[derive(Deserialize)]
pub struct MembersQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

/// `GET /org/{org}/people?q=&after=`
pub async fn show(
    context: Context,
    here: Uri,
    Path(org): Path<String>,
    Query(query): Query<MembersQuery>,
) -> Result<Response, Refused> {
    let (desk, org) = enter_org(&context, &here, &org, Permission::MembersRead).await?;
    let page = page(&context, &desk, &org, query).await?;
    Ok(render(&context, StatusCode::OK, &page))
}

async fn page(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    query: MembersQuery,
) -> Result<MembersPage, Problem> {
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let q: String = query.q.trim().chars().take(200).collect();
    let members = belongings::of_org(db, tenant, &org.id, &q, &query.after, limit()).await?;
    let path = format!("/org/{}/people", org.slug);
    let (active, suspended) = belongings::counted(db, tenant, &org.id).await?;
    let waiting = invitations::waiting(db, tenant, &org.id, context.core.now()).await?;
    let shown = cut(
        members,
        &query.after,
        |member| member.user.as_str(),
        |after| address(&path, &q, after),
    );
    Ok(MembersPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "people"),
        lead: Words::new("org-people-lead")
            .number("active", active)
            .number("suspended", suspended),
        next: shown.next,
        first: shown.first,
        members: shown
            .rows
            .iter()
            .map(|member| line(member, format!("{path}/{}", member.user)))
            .collect(),
        waiting: (waiting > 0).then(|| Words::new("org-people-waiting").number("n", waiting)),
        may_write: desk.may(Permission::MembersWrite),
        flash: (query.done == "removed").then_some("org-flash-removed"),
        path,
        q,
    })
}

fn address(path: &str, q: &str, after: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in [("q", q), ("after", after)] {
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}
