//! Pictures of a tenant and of an organization: put and removed.

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use http::{StatusCode, header};

use super::super::context::Context;
use super::super::me::plausible;
use super::super::shown;
use super::{Operator, if_match, versioned};
use crate::domain::{Code, Problem, TenantId};
use crate::lane_a::operator;

/// `PUT /v1/admin/tenants/{id}/logo` with `image/png`.
pub async fn put_logo(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let picture = picture(&context, body)?;
    let (id, expected) = (TenantId(plausible(id)?), if_match(&context)?);
    let tenant = operator::put_logo(&by.act(&context), &id, expected, picture).await?;
    Ok(versioned(tenant.version, shown::tenant(&tenant)))
}

fn picture(context: &Context, body: Result<Bytes, BytesRejection>) -> Result<Vec<u8>, Problem> {
    let kind = context.headers.get(header::CONTENT_TYPE);
    if kind.is_none_or(|kind| kind != "image/png") {
        let detail = "Send `Content-Type: image/png`.";
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    let too_large = |_| Problem::new(Code::TooLarge, "Send a picture of at most 64 KiB.");
    Ok(body.map_err(too_large)?.to_vec())
}

/// `DELETE /v1/admin/tenants/{id}/logo`
pub async fn remove_logo(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let (id, expected) = (TenantId(plausible(id)?), if_match(&context)?);
    operator::remove_logo(&by.act(&context), &id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /v1/organizations/{org}/logo` with `image/png`.
pub async fn put_org_logo(
    by: Operator,
    context: Context,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let picture = picture(&context, body)?;
    let (id, expected) = (&by.org()?.id, if_match(&context)?);
    let org = operator::put_org_logo(&by.act(&context), id, expected, picture).await?;
    Ok(versioned(org.version, shown::organization(&org)))
}

/// `DELETE /v1/organizations/{org}/logo`
pub async fn remove_org_logo(by: Operator, context: Context) -> Result<StatusCode, Problem> {
    let (id, expected) = (&by.org()?.id, if_match(&context)?);
    operator::remove_org_logo(&by.act(&context), id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}
