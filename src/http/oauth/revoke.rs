//! `POST /oauth/revoke`, `POST /oauth/introspect`

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::super::context::Context;
use super::answer::{json_answer, refused};
use super::discovery::home;
use super::token::{called_by, called_by_anybody, desk};
use crate::oauth::client::Client;
use crate::oauth::{account, revoke as tokens};

/// `POST /oauth/revoke`
pub async fn revoke(context: Context, body: Result<Bytes, BytesRejection>) -> Response {
    if let Err(problem) = home(&context) {
        return problem.into_response();
    }
    let outcome = async {
        let (client, params) = called_by_anybody(&context, body).await?;
        let desk = desk(&context);
        match client {
            Client::App(app) => tokens::revoke(desk, &app, &params).await,
            Client::Account(account) => account::give_back(desk, &account, &params).await,
        }
    };
    match Box::pin(outcome).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(fault) => refused(&context, fault),
    }
}

/// `POST /oauth/introspect`
pub async fn introspect(context: Context, body: Result<Bytes, BytesRejection>) -> Response {
    if let Err(problem) = home(&context) {
        return problem.into_response();
    }
    let outcome = async {
        let (app, params) = called_by(&context, body).await?;
        tokens::introspect(desk(&context), &app, &params).await
    };
    match Box::pin(outcome).await {
        Ok(body) => json_answer(body),
        Err(fault) => refused(&context, fault),
    }
}
