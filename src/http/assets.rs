//! Public documents: assets, key set, a sign of life.

use axum::Json;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::context::Context;
use crate::domain::Problem;
use crate::store::logos;
use crate::views;

/// `GET /healthz`: this process answers. Says nothing about its parts.
pub async fn healthz() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

#[derive(Deserialize)]
pub struct BrandQuery {
    c: Option<String>,
}

/// `GET /assets/{path}`: stylesheets and scripts of our pages.
pub async fn asset(
    context: Context,
    Path(path): Path<String>,
    Query(query): Query<BrandQuery>,
) -> Result<Response, Problem> {
    if path == "brand.css" {
        let css = query
            .c
            .as_deref()
            .and_then(views::brand_css)
            .ok_or_else(Problem::not_found)?;
        return Ok(cached(
            "text/css; charset=utf-8",
            css.into_bytes(),
            None,
            true,
        ));
    }
    if let Some(hash) = path
        .strip_prefix("logo/")
        .and_then(|name| name.strip_suffix(".png"))
    {
        let bytes = logos::find(&context.core.db, &context.site.tenant.id, hash)
            .await?
            .ok_or_else(Problem::not_found)?;
        return Ok(cached("image/png", bytes, None, true));
    }
    let asset = views::assets::get(&path).ok_or_else(Problem::not_found)?;
    let immutable = asset.immutable;
    Ok(cached(
        &asset.content_type,
        asset.bytes.into_owned(),
        Some(&asset.etag),
        immutable,
    ))
}

/// `GET /.laneway/laneway.js` on app hosts: the client for their scripts. The same file as
/// `/assets/js/laneway.js` on the login host.
pub async fn client() -> Result<Response, Problem> {
    of_client("js/laneway.js")
}

/// `GET /.laneway/laneway.d.ts`: its types.
pub async fn client_types() -> Result<Response, Problem> {
    of_client("js/laneway.d.ts")
}

fn of_client(name: &str) -> Result<Response, Problem> {
    let asset = views::assets::get(name).ok_or_else(Problem::not_found)?;
    let bytes = asset.bytes.into_owned();
    Ok(cached(&asset.content_type, bytes, Some(&asset.etag), false))
}

// An address with this version's hash may be kept for a year.
fn cached(content_type: &str, bytes: Vec<u8>, etag: Option<&str>, immutable: bool) -> Response {
    // An address of another version must not be kept: during a rolling upgrade its content
    // is this version's.
    let caching = if immutable {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if let Ok(value) = HeaderValue::from_str(content_type) {
        headers.insert(header::CONTENT_TYPE, value);
    }
    if let Some(Ok(value)) = etag.map(HeaderValue::from_str) {
        headers.insert(header::ETAG, value);
    }
    response
}

/// `GET /.well-known/jwks.json`: the keys that verify our tokens.
pub async fn jwks(context: Context) -> Result<Response, Problem> {
    let keys = context.core.keys.jwks(&context.site.tenant.id).await?;
    let mut response = Json(keys).into_response();
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=300"),
    );
    Ok(response)
}
