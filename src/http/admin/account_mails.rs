//! Mails that a person's identity provider writes to them.

use axum::Json;
use axum::extract::Path;
use laneway_contract::AccountMail;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::context::Context;
use super::super::me::plausible;
use super::Operator;
use super::body::Body;
use crate::domain::{Problem, UserId};
use crate::lane_a::operator;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccountMail {
    mail: AccountMail,
}

/// `POST /v1/admin/users/{id}/mails`
pub async fn send_mail(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
    Body(body): Body<NewAccountMail>,
) -> Result<Json<Value>, Problem> {
    let id = UserId(plausible(id)?);
    let upstream = operator::send_account_mail(&by.act(&context), &id, body.mail).await?;
    Ok(Json(
        json!({ "upstream": upstream, "mail": body.mail.as_str() }),
    ))
}
