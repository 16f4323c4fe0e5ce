//! Requests to the provider through the guarded client, and what an answer's status means.
//!
//! Owns: status → reaction, size bound, JSON reading.
//! Must not know: which document is asked for.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use http::{Request, Response, StatusCode};
use laneway_contract::{HttpClient, ProviderError};
use serde_json::{Map, Value};
use url::Url;

use crate::fault;

/// Discovery, keys, tokens and userinfo of real providers stay far below.
const MAX_BYTES: usize = 512 * 1024;

/// Sends; trouble on the provider's side (429, 5xx) is an error here already.
pub(crate) async fn send(
    http: &dyn HttpClient,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, ProviderError> {
    let host = request.uri().host().unwrap_or_default().to_owned();
    let response = http.send(request).await?;
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse().ok());
    match response.status() {
        StatusCode::TOO_MANY_REQUESTS => Err(ProviderError::RateLimited { retry_after }),
        StatusCode::SERVICE_UNAVAILABLE if retry_after.is_some() => {
            Err(ProviderError::RateLimited { retry_after })
        }
        status if status.is_server_error() => Err(ProviderError::Unreachable(format!(
            "{host} answers {} [server_error]",
            status.as_u16()
        ))),
        _ if response.body().len() > MAX_BYTES => {
            Err(fault::invalid(format!("the answer of {host} is too large")))
        }
        _ => Ok(response),
    }
}

/// A GET of a page, as a browser would open it.
pub(crate) async fn get_page(
    http: &dyn HttpClient,
    url: &Url,
) -> Result<Response<Bytes>, ProviderError> {
    let request = Request::get(url.as_str())
        .header(ACCEPT, "text/html")
        .body(Bytes::new())
        .map_err(|_| fault::misconfigured("the address cannot be called"))?;
    send(http, request).await
}

/// A GET of a JSON object.
pub(crate) async fn get_json(
    http: &dyn HttpClient,
    url: &Url,
) -> Result<Map<String, Value>, ProviderError> {
    let request = Request::get(url.as_str())
        .header(ACCEPT, "application/json")
        .body(Bytes::new())
        .map_err(|_| fault::misconfigured(format!("{url} cannot be called")))?;
    let response = send(http, request).await?;
    if response.status() != StatusCode::OK {
        let status = response.status();
        let code = match status.as_u16() {
            404 | 410 => "not_found",
            300..=399 => "redirects",
            _ => "http_status",
        };
        let text = format!("{url} answers {} instead of a document", status.as_u16());
        return Err(fault::misconfigured_as(code, &text));
    }
    object(response.body())
        .ok_or_else(|| fault::invalid_as("invalid_json", &format!("{url} is not a JSON object")))
}

/// A form POST; the answer's body is the caller's to judge.
pub(crate) async fn post_form(
    http: &dyn HttpClient,
    url: &Url,
    authorization: Option<&str>,
    fields: &[(&str, &str)],
) -> Result<Response<Bytes>, ProviderError> {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let mut request = Request::post(url.as_str())
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(value) = authorization {
        request = request.header(http::header::AUTHORIZATION, value);
    }
    let request = request
        .body(Bytes::from(body))
        .map_err(|_| fault::misconfigured(format!("{url} cannot be called")))?;
    send(http, request).await
}

pub(crate) fn object(body: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(body).ok()
}

/// `Content-Type` without parameters, lower case.
pub(crate) fn media_type(response: &Response<Bytes>) -> String {
    response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(|value| value.trim().to_ascii_lowercase())
        .unwrap_or_default()
}
