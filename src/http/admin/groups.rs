//! Groups of an organization's members.

use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::bff::rfc3339;
use super::super::context::Context;
use super::super::me::{Page, page, plausible};
use super::super::shown;
use super::body::{Body, Patch};
use super::{Operator, address, created, if_match, versioned};
use crate::domain::{Problem, UserId};
use crate::lane_a::operator::{self, GroupChange};

#[derive(Deserialize)]
pub struct GroupQuery {
    member: Option<String>,
}

/// `GET /v1/organizations/{org}/groups?member=`
pub async fn groups(
    by: Operator,
    context: Context,
    Query(query): Query<GroupQuery>,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    let org = &by.org()?.id;
    let path = format!("/v1/organizations/{org}/groups");
    let path = address(&path, &[("member", &query.member)]);
    let limit = paging.limit()?;
    let after = paging.after(&context, &path)?;
    let member = query.member.unwrap_or_default();
    let all = operator::list_groups(&by.act(&context), org, &member, &after, limit).await?;
    let last = all.last().map(|group| group.id.clone());
    let items = all.iter().map(shown::group).collect();
    Ok(page(&context, &path, limit, items, last))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewGroup {
    name: String,
    #[serde(default)]
    roles: Vec<String>,
}

/// `POST /v1/organizations/{org}/groups`
pub async fn create_group(
    by: Operator,
    context: Context,
    Body(body): Body<NewGroup>,
) -> Result<Response, Problem> {
    let org = &by.org()?.id;
    let act = by.act(&context);
    let group = operator::create_group(&act, org, &body.name, &body.roles).await?;
    let location = format!("/v1/organizations/{org}/groups/{}", group.id);
    Ok(created(&location, group.version, shown::group(&group)))
}

/// `GET /v1/organizations/{org}/groups/{group}`
pub async fn read_group(
    by: Operator,
    context: Context,
    Path((_, group)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let group = plausible(group)?;
    let group = operator::get_group(&by.act(&context), &by.org()?.id, &group).await?;
    Ok(versioned(group.version, shown::group(&group)))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct GroupPatch {
    name: Patch<String>,
    roles: Patch<Vec<String>>,
}

/// `PATCH /v1/organizations/{org}/groups/{group}`
pub async fn change_group(
    by: Operator,
    context: Context,
    Path((_, group)): Path<(String, String)>,
    Body(body): Body<GroupPatch>,
) -> Result<Response, Problem> {
    let group = plausible(group)?;
    let change = GroupChange {
        name: body.name.lasting("/name")?,
        roles: body.roles.lasting("/roles")?,
    };
    let (org, expected) = (&by.org()?.id, if_match(&context)?);
    let act = by.act(&context);
    let group = operator::change_group(&act, org, &group, change, expected).await?;
    Ok(versioned(group.version, shown::group(&group)))
}

/// `DELETE /v1/organizations/{org}/groups/{group}`
pub async fn delete_group(
    by: Operator,
    context: Context,
    Path((_, group)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let group = plausible(group)?;
    let (org, expected) = (&by.org()?.id, if_match(&context)?);
    operator::delete_group(&by.act(&context), org, &group, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v1/organizations/{org}/groups/{group}/members`
pub async fn group_members(
    by: Operator,
    context: Context,
    Path((_, group)): Path<(String, String)>,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    let (org, act) = (&by.org()?.id, by.act(&context));
    let group = operator::get_group(&act, org, &plausible(group)?).await?;
    let path = format!("/v1/organizations/{org}/groups/{}/members", group.id);
    let limit = paging.limit()?;
    let after = paging.after(&context, &path)?;
    let all = operator::list_group_members(&act, &group, &after, limit).await?;
    let last = all.last().map(|member| member.user.0.clone());
    let items: Vec<Value> = all
        .iter()
        .map(|one| {
            json!({
                "user": one.user, "name": one.name, "email": one.email,
                "since": rfc3339(one.since),
            })
        })
        .collect();
    Ok(page(&context, &path, limit, items, last))
}

/// `PUT /v1/organizations/{org}/groups/{group}/members/{user}`
pub async fn put_group_member(
    by: Operator,
    context: Context,
    Path((_, group, user)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let (group, user) = (plausible(group)?, UserId(plausible(user)?));
    let act = by.act(&context);
    let member = operator::put_into_group(&act, &by.org()?.id, &group, &user).await?;
    Ok(versioned(member.version, shown::member(&member)))
}

/// `DELETE /v1/organizations/{org}/groups/{group}/members/{user}`
pub async fn remove_group_member(
    by: Operator,
    context: Context,
    Path((_, group, user)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    let (group, user) = (plausible(group)?, UserId(plausible(user)?));
    let act = by.act(&context);
    operator::take_from_group(&act, &by.org()?.id, &group, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}
