//! Was this request made by our own page? (CONTRACT §2)

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use http::{HeaderMap, Method};
use subtle::ConstantTimeEq;
use url::Url;

use crate::domain::{Code, Problem};
use crate::store::seal::Sealer;

/// With a cookie: unsafe requests, and all of `/api`, must carry the mark that no foreign
/// page can set without asking first.
///
/// # Errors
/// `csrf_required`.
pub fn check_api(headers: &HeaderMap, method: &Method, under_api: bool) -> Result<(), Problem> {
    if headers.get("x-csrf").is_some_and(|value| value == "1") {
        return Ok(());
    }
    let reading = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let same_origin = headers
        .get("sec-fetch-site")
        .is_some_and(|value| value == "same-origin");
    if reading && (!under_api || same_origin) {
        return Ok(());
    }
    Err(Problem::new(
        Code::CsrfRequired,
        "Send the header `X-CSRF: 1` with this request.",
    ))
}

/// Before a session exists: JSON, the mark, and nothing that speaks of a foreign page.
///
/// # Errors
/// `csrf_required`, `origin_not_allowed`, `unsupported_media_type`.
pub fn check_flow_api(
    headers: &HeaderMap,
    method: &Method,
    own_origin: &str,
) -> Result<(), Problem> {
    if headers.get("x-csrf").is_none_or(|value| value != "1") {
        return Err(Problem::new(
            Code::CsrfRequired,
            "Send the header `X-CSRF: 1` with this request.",
        ));
    }
    if is_foreign(headers, own_origin) {
        return Err(Problem::new(
            Code::OriginNotAllowed,
            "Sign-in happens on the login host's own pages.",
        ));
    }
    let json = headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value
                .split(';')
                .next()
                .is_some_and(|t| t.trim() == "application/json")
        });
    if *method == Method::POST && !json {
        return Err(Problem::new(
            Code::UnsupportedMediaType,
            "Send `Content-Type: application/json`.",
        ));
    }
    Ok(())
}

/// With a cookie, what administers or changes factors is for our own pages: the script of an
/// application on the same site brings the cookie along too.
///
/// # Errors
/// `origin_not_allowed`.
pub fn check_own_page(headers: &HeaderMap, own_origin: &str) -> Result<(), Problem> {
    if is_foreign(headers, own_origin) {
        return Err(Problem::new(
            Code::OriginNotAllowed,
            "With a cookie this is for the login host's own pages. Send a token instead.",
        ));
    }
    Ok(())
}

/// Does anything speak of a page on another origin?
fn is_foreign(headers: &HeaderMap, own_origin: &str) -> bool {
    let foreign_site = headers
        .get("sec-fetch-site")
        .is_some_and(|value| value != "same-origin" && value != "none");
    let foreign_origin = headers
        .get("origin")
        .is_some_and(|value| !same_origin(value.to_str().ok(), own_origin));
    foreign_site || foreign_origin
}

fn same_origin(given: Option<&str>, own: &str) -> bool {
    match (
        given.and_then(|text| Url::parse(text).ok()),
        Url::parse(own),
    ) {
        (Some(given), Ok(own)) => given.origin() == own.origin(),
        _ => false,
    }
}

/// The hidden token of a form: bound to the browser's flow cookie or session cookie.
pub fn form_token(sealer: &Sealer, browser: &str) -> String {
    B64.encode(sealer.mac("form token", browser.as_bytes()))
}

/// Does a form carry the token of this browser?
pub fn form_token_matches(sealer: &Sealer, browser: &str, given: &str) -> bool {
    form_token(sealer, browser)
        .as_bytes()
        .ct_eq(given.as_bytes())
        .into()
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue, Method};

    use super::{check_api, check_flow_api};
    use crate::domain::Code;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(k, v)| (HeaderName::from_static(k), HeaderValue::from_static(v)))
            .collect()
    }

    #[test]
    fn cookie_requests_need_the_mark() {
        assert!(check_api(&headers(&[]), &Method::GET, false).is_ok());
        assert!(check_api(&headers(&[]), &Method::GET, true).is_err());
        assert!(
            check_api(
                &headers(&[("sec-fetch-site", "same-origin")]),
                &Method::GET,
                true
            )
            .is_ok()
        );
        assert!(
            check_api(
                &headers(&[("sec-fetch-site", "same-site")]),
                &Method::GET,
                true
            )
            .is_err()
        );
        assert!(
            check_api(
                &headers(&[("sec-fetch-site", "same-origin")]),
                &Method::POST,
                true
            )
            .is_err()
        );
        assert!(check_api(&headers(&[("x-csrf", "1")]), &Method::POST, true).is_ok());
        assert!(check_api(&headers(&[("x-csrf", "0")]), &Method::POST, false).is_err());
    }

    #[test]
    fn flows_refuse_foreign_pages() {
        let good = [
            ("x-csrf", "1"),
            ("content-type", "application/json; charset=utf-8"),
        ];
        let check = |extra: &[(&'static str, &'static str)]| {
            let all: Vec<_> = good.iter().chain(extra).copied().collect();
            check_flow_api(&headers(&all), &Method::POST, "https://login.test").map_err(|p| p.code)
        };
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&[("origin", "https://login.test")]), Ok(()));
        assert_eq!(
            check(&[("origin", "https://evil.test")]),
            Err(Code::OriginNotAllowed)
        );
        assert_eq!(check(&[("origin", "null")]), Err(Code::OriginNotAllowed));
        assert_eq!(
            check(&[("sec-fetch-site", "cross-site")]),
            Err(Code::OriginNotAllowed)
        );
        assert_eq!(
            check(&[("sec-fetch-site", "same-site")]),
            Err(Code::OriginNotAllowed)
        );
        let plain = headers(&[("x-csrf", "1"), ("content-type", "text/plain")]);
        let refused =
            check_flow_api(&plain, &Method::POST, "https://login.test").map_err(|p| p.code);
        assert_eq!(refused, Err(Code::UnsupportedMediaType));
    }
}
