//! Service accounts of an organization and their keys.

use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::super::context::Context;
use super::super::me::{Page, page, plausible};
use super::super::shown;
use super::body::{Body, Patch};
use super::{Operator, created, if_match, versioned};
use crate::domain::{OrgId, Problem};
use crate::lane_a::api_tokens::NewToken;
use crate::lane_a::operator::{self, ServiceChange};
use crate::store::service_accounts::ServiceState;

fn of_org(org: &OrgId) -> String {
    format!("/v1/organizations/{org}/service-accounts")
}

/// `GET /v1/organizations/{org}/service-accounts`
pub async fn service_accounts(
    by: Operator,
    context: Context,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    let org = &by.org()?.id;
    let path = of_org(org);
    let (limit, after) = (paging.limit()?, paging.after(&context, &path)?);
    let all = operator::list_service_accounts(&by.act(&context), org, &after, limit).await?;
    let last = all.last().map(|account| account.id.clone());
    let items = all.iter().map(shown::service_account).collect();
    Ok(page(&context, &path, limit, items, last))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    name: String,
    #[serde(default)]
    roles: Vec<String>,
}

/// `POST /v1/organizations/{org}/service-accounts`
pub async fn create_service_account(
    by: Operator,
    context: Context,
    Body(body): Body<NewAccount>,
) -> Result<Response, Problem> {
    let org = &by.org()?.id;
    let act = by.act(&context);
    let account = operator::create_service_account(&act, org, &body.name, &body.roles).await?;
    let location = format!("{}/{}", of_org(org), account.id);
    Ok(created(
        &location,
        account.version,
        shown::service_account(&account),
    ))
}

/// `GET /v1/organizations/{org}/service-accounts/{account}`
pub async fn read_service_account(
    by: Operator,
    context: Context,
    Path((_, account)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (act, org, id) = (by.act(&context), &by.org()?.id, plausible(account)?);
    let account = operator::get_service_account(&act, org, &id).await?;
    Ok(versioned(account.version, shown::service_account(&account)))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct AccountPatch {
    name: Patch<String>,
    state: Patch<ServiceState>,
    roles: Patch<Vec<String>>,
}

/// `PATCH /v1/organizations/{org}/service-accounts/{account}`
pub async fn change_service_account(
    by: Operator,
    context: Context,
    Path((_, account)): Path<(String, String)>,
    Body(body): Body<AccountPatch>,
) -> Result<Response, Problem> {
    let id = plausible(account)?;
    let change = ServiceChange {
        name: body.name.lasting("/name")?,
        state: body.state.lasting("/state")?,
        roles: body.roles.lasting("/roles")?,
    };
    let (org, expected) = (&by.org()?.id, if_match(&context)?);
    let act = by.act(&context);
    let account = operator::change_service_account(&act, org, &id, change, expected).await?;
    Ok(versioned(account.version, shown::service_account(&account)))
}

/// `DELETE /v1/organizations/{org}/service-accounts/{account}`
pub async fn delete_service_account(
    by: Operator,
    context: Context,
    Path((_, account)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let id = plausible(account)?;
    let (org, expected) = (&by.org()?.id, if_match(&context)?);
    operator::delete_service_account(&by.act(&context), org, &id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v1/organizations/{org}/service-accounts/{account}/keys`
pub async fn keys(
    by: Operator,
    context: Context,
    Path((_, account)): Path<(String, String)>,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    let (org, id) = (&by.org()?.id, plausible(account)?);
    let path = format!("{}/{id}/keys", of_org(org));
    let (limit, before) = (paging.limit()?, paging.after(&context, &path)?);
    let all = operator::list_keys(&by.act(&context), org, &id, &before, limit).await?;
    let last = all.last().map(|key| key.id.clone());
    let items = all.iter().map(|one| shown::api_token(one, None)).collect();
    Ok(page(&context, &path, limit, items, last))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    name: String,
    scopes: Option<Vec<String>>,
    expires_in: Option<i64>,
}

/// `POST /v1/organizations/{org}/service-accounts/{account}/keys`: the value is shown once.
pub async fn create_key(
    by: Operator,
    context: Context,
    Path((_, account)): Path<(String, String)>,
    Body(body): Body<NewKey>,
) -> Result<Response, Problem> {
    let (org, id) = (&by.org()?.id, plausible(account)?);
    let new = NewToken {
        name: body.name,
        scopes: body.scopes,
        expires_in: body.expires_in,
    };
    let (key, plain) = operator::create_key(&by.act(&context), org, &id, new).await?;
    let location = format!("{}/{id}/keys/{}", of_org(org), key.id);
    let record = shown::api_token(&key, Some(&plain));
    Ok(created(&location, 1, record))
}

/// `DELETE /v1/organizations/{org}/service-accounts/{account}/keys/{key}`
pub async fn revoke_key(
    by: Operator,
    context: Context,
    Path((_, account, key)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    let (id, key) = (plausible(account)?, plausible(key)?);
    operator::revoke_key(&by.act(&context), &by.org()?.id, &id, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}
