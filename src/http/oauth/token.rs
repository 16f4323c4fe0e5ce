//! `POST /oauth/token`

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use super::super::context::Context;
use super::answer::{either, form, json_answer, refused};
use super::discovery::home;
use crate::domain::app::App;
use crate::oauth::client::{self, Client};
use crate::oauth::token::{self, Desk};
use crate::oauth::{Fault, Params, account, dpop, pushed};

/// `POST /oauth/token`
pub async fn exchange(context: Context, body: Result<Bytes, BytesRejection>) -> Response {
    if let Err(problem) = home(&context) {
        return problem.into_response();
    }
    let outcome = async {
        let (client, params) = called_by_anybody(&context, body).await?;
        let desk = desk(&context);
        match client {
            Client::App(app) => Box::pin(token::exchange(desk, &app, &params)).await,
            Client::Account(account) => Box::pin(account::grant(desk, &account, &params)).await,
        }
    };
    match Box::pin(outcome).await {
        Ok(body) => json_answer(body),
        Err(fault) => refused(&context, fault),
    }
}

/// `POST /oauth/par`
pub async fn push(context: Context, body: Result<Bytes, BytesRejection>) -> Response {
    if let Err(problem) = home(&context) {
        return problem.into_response();
    }
    let outcome = async {
        let (app, params) = called_by(&context, body).await?;
        pushed::push(desk(&context), &app, params).await
    };
    match Box::pin(outcome).await {
        Ok(body) => {
            let mut response = json_answer(body);
            *response.status_mut() = StatusCode::CREATED;
            response
        }
        Err(fault) => refused(&context, fault),
    }
}

/// `POST /auth/refresh`: the same for a refresh token alone, as a form or JSON. An app that keeps no
/// secret need not say which it is: its token tells.
pub async fn refresh(context: Context, body: Result<Bytes, BytesRejection>) -> Response {
    if let Err(problem) = home(&context) {
        return problem.into_response();
    }
    let outcome = async {
        let mut params = either(&context.headers, body)?;
        params.set("grant_type", "refresh_token");
        let named = ["client_id", "client_assertion"].map(|name| params.get(name).is_some());
        if !named.contains(&true) && !context.headers.contains_key(header::AUTHORIZATION) {
            token::name_by_token(desk(&context), &mut params).await?;
        }
        let app = authenticated(&context, &params).await?;
        Box::pin(token::exchange(desk(&context), &app, &params)).await
    };
    match Box::pin(outcome).await {
        Ok(body) => json_answer(body),
        Err(fault) => refused(&context, fault),
    }
}

/// The app that calls, and what it sends.
///
/// # Errors
/// `invalid_client`, `invalid_request`.
pub(super) async fn called_by(
    context: &Context,
    body: Result<Bytes, BytesRejection>,
) -> Result<(App, Params), Fault> {
    let params = form(&context.headers, body)?;
    let app = authenticated(context, &params).await?;
    Ok((app, params))
}

/// The same where a service account may call too.
///
/// # Errors
/// `invalid_client`, `invalid_request`.
pub(super) async fn called_by_anybody(
    context: &Context,
    body: Result<Bytes, BytesRejection>,
) -> Result<(Client, Params), Fault> {
    let params = form(&context.headers, body)?;
    let header = authorization(context, &params)?;
    let (core, tenant) = (&context.core, &context.site.tenant);
    let client = client::anybody(core, tenant, &context.meta.ip, header, &params).await?;
    Ok((client, params))
}

async fn authenticated(context: &Context, params: &Params) -> Result<App, Fault> {
    let header = authorization(context, params)?;
    let (core, tenant) = (&context.core, &context.site.tenant);
    client::authenticate(core, tenant, &context.meta.ip, header, params).await
}

fn authorization<'a>(context: &'a Context, params: &Params) -> Result<Option<&'a str>, Fault> {
    params.check()?;
    let mut given = context.headers.get_all(header::AUTHORIZATION).iter();
    let first = given.next().map(|value| value.to_str().unwrap_or_default());
    if given.next().is_some() {
        return Err(Fault::request("Authorization is sent twice"));
    }
    Ok(first)
}

pub(super) fn desk(context: &Context) -> Desk<'_> {
    Desk {
        core: &context.core,
        tenant: &context.site.tenant,
        meta: &context.meta,
        sent: dpop::Sent {
            proof: proof(context),
            method: if context.reading { "GET" } else { "POST" },
            path: context.uri.path(),
        },
    }
}

/// Two proofs are none, and neither is what is no text.
fn proof(context: &Context) -> Option<&str> {
    let mut given = context.headers.get_all("dpop").iter();
    let first = given.next()?;
    let text = first.to_str().unwrap_or_default();
    Some(if given.next().is_some() { "" } else { text })
}
