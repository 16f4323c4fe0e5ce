//! Pages of listings: `limit`, sealed cursors, `Link`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::context::Context;
use crate::domain::{Code, Problem};

/// `?limit=&cursor=` of a listing.
#[derive(Deserialize, Default)]
pub struct Page {
    limit: Option<i64>,
    cursor: Option<String>,
}

impl Page {
    /// How many.
    ///
    /// # Errors
    /// `invalid_request` outside 1–200.
    pub fn limit(&self) -> Result<i64, Problem> {
        match self.limit.unwrap_or(50) {
            limit @ 1..=200 => Ok(limit),
            _ => Err(Problem::new(
                Code::InvalidRequest,
                "limit is between 1 and 200.",
            )),
        }
    }

    /// From where: the opened cursor, bound to `query`.
    ///
    /// # Errors
    /// `invalid_cursor`.
    pub fn after(&self, context: &Context, query: &str) -> Result<String, Problem> {
        let Some(cursor) = &self.cursor else {
            return Ok(String::new());
        };
        open_cursor(context, query, cursor).ok_or_else(|| {
            Problem::new(
                Code::InvalidCursor,
                "Use next_cursor of the same query as it came.",
            )
        })
    }
}

fn cursor_place<'a>(context: &'a Context, query: &'a str) -> crate::store::seal::Place<'a> {
    crate::store::seal::Place {
        tenant: context.site.tenant.id.as_str(),
        table: "cursor",
        column: "",
        row: query,
    }
}

fn open_cursor(context: &Context, query: &str, cursor: &str) -> Option<String> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()?;
    let plain = context
        .core
        .sealer
        .open(cursor_place(context, query), &bytes)
        .ok()?;
    String::from_utf8(plain).ok()
}

/// A page of a listing: `items`, and the way to the next when the page is full.
pub fn page(
    context: &Context,
    query: &str,
    limit: i64,
    items: Vec<Value>,
    last: Option<String>,
) -> Response {
    use base64::Engine as _;
    let full = i64::try_from(items.len()).is_ok_and(|n| n == limit);
    let next = last.filter(|_| full).map(|last| {
        let sealed = context
            .core
            .sealer
            .seal(cursor_place(context, query), last.as_bytes());
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sealed)
    });
    let mut response = Json(json!({ "items": items, "next_cursor": next })).into_response();
    if let Some(next) = next {
        let path = query.split_once('?').map_or(query, |(path, _)| path);
        let rest = query
            .split_once('?')
            .map(|(_, rest)| format!("&{rest}"))
            .unwrap_or_default();
        let link = format!(
            "<{}{path}?limit={limit}&cursor={next}{rest}>; rel=\"next\"",
            context.origin()
        );
        if let Ok(value) = link.parse() {
            response.headers_mut().insert(header::LINK, value);
        }
    }
    response
}
