//! The cookies of Laneway, and no others (CONTRACT §2).

use cookie::Cookie;
use http::{HeaderMap, HeaderValue, header};

/// The only cookie that authenticates.
pub const SESSION: &str = "__Host-lw";
/// Binds login flows to this browser; authenticates nothing.
pub const FLOW: &str = "__Host-lw-flow";
/// Recognises a device for notices and lockout; authenticates nothing.
pub const DEVICE: &str = "__Host-lw-device";
/// The language of pages; says nothing about who or where.
pub const LANG: &str = "lw-lang";

const FLOW_SECONDS: i64 = 600;
const DEVICE_SECONDS: i64 = 400 * 86_400;
const LANG_DAYS: i64 = 365;

/// A cookie as it was sent.
pub enum Sent<'a> {
    /// Not at all.
    Absent,
    /// More than once: somebody planted one, and neither counts.
    Twice,
    /// In a form that we never set.
    Malformed,
    /// Once, in our form.
    Once(&'a str),
}

/// The value of a cookie that appears exactly once, in our form.
pub fn read_single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    match read_sent(headers, name) {
        Sent::Once(value) => Some(value),
        Sent::Absent | Sent::Twice | Sent::Malformed => None,
    }
}

/// How a cookie was sent.
pub fn read_sent<'a>(headers: &'a HeaderMap, name: &str) -> Sent<'a> {
    let mut found = None;
    for pair in raw_pairs(headers) {
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        let (Some(key), Some(value)) = (parts.next(), parts.next()) else {
            continue;
        };
        if key.trim_ascii() == name.as_bytes() {
            if found.is_some() {
                return Sent::Twice;
            }
            found = Some(value.trim_ascii());
        }
    }
    let Some(value) = found else {
        return Sent::Absent;
    };
    // Our own values are base64url of fixed length; anything else is not looked up.
    match std::str::from_utf8(value) {
        Ok(text) if text.len() == 43 && text.bytes().all(is_base64url) => Sent::Once(text),
        _ => Sent::Malformed,
    }
}

/// `Set-Cookie` for the session cookie.
pub fn set_session(value: &str, seconds: i64) -> HeaderValue {
    write(SESSION, value, seconds)
}

/// `Set-Cookie` for the flow cookie.
pub fn set_flow(value: &str) -> HeaderValue {
    write(FLOW, value, FLOW_SECONDS)
}

/// `Set-Cookie` for the device cookie: as long as browsers keep any.
pub fn set_device(value: &str) -> HeaderValue {
    write(DEVICE, value, DEVICE_SECONDS)
}

/// The language tags that were asked for before, separated by dots. Of several cookies the
/// first counts: a wrong one costs a click.
pub fn read_lang(headers: &HeaderMap) -> Option<&str> {
    pairs(headers).find_map(|pair| pair.strip_prefix(LANG)?.strip_prefix('='))
}

/// `Set-Cookie` for the language: for a year, or until the browser closes.
pub fn set_lang(tags: &str, lasting: bool) -> HeaderValue {
    let mut cookie = build(LANG, tags);
    if lasting {
        cookie.set_max_age(cookie::time::Duration::days(LANG_DAYS));
    }
    header_value(&cookie)
}

/// `Set-Cookie` that removes a cookie.
pub fn clear(name: &'static str) -> HeaderValue {
    write(name, "", 0)
}

/// The `Cookie` header without any cookie of ours, for backends: theirs byte by byte.
pub fn strip_ours(headers: &HeaderMap) -> Option<HeaderValue> {
    let kept: Vec<&[u8]> = raw_pairs(headers)
        .filter(|pair| {
            let key = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
            !key.trim_ascii().starts_with(SESSION.as_bytes())
        })
        .collect();
    if kept.is_empty() {
        None
    } else {
        HeaderValue::from_bytes(&kept.join(&b"; "[..])).ok()
    }
}

/// The cookies that are text: of others, which anybody on a neighbouring host can set, none is
/// ours.
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    raw_pairs(headers).filter_map(|pair| std::str::from_utf8(pair).ok())
}

fn raw_pairs(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        .map(<[u8]>::trim_ascii)
        .filter(|pair| !pair.is_empty())
}

fn is_base64url(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'-' || b == b'_'
}

fn write(name: &'static str, value: &str, seconds: i64) -> HeaderValue {
    let mut cookie = build(name, value);
    cookie.set_max_age(cookie::time::Duration::seconds(seconds));
    header_value(&cookie)
}

fn build<'a>(name: &'static str, value: &'a str) -> Cookie<'a> {
    Cookie::build((name, value))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(cookie::SameSite::Lax)
        .build()
}

fn header_value(cookie: &Cookie<'_>) -> HeaderValue {
    HeaderValue::from_str(&cookie.to_string())
        .unwrap_or_else(|_| unreachable!("names and values are plain ASCII"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(cookie: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_str(cookie).expect("header"),
        );
        headers
    }

    #[test]
    fn two_session_cookies_are_no_session() {
        let value = "a".repeat(43);
        assert_eq!(
            read_single(&with(&format!("__Host-lw={value}")), SESSION),
            Some(value.as_str())
        );
        let twice = format!("__Host-lw={value}; x=1; __Host-lw={value}");
        assert_eq!(read_single(&with(&twice), SESSION), None);
        let mut two_lines = with(&format!("__Host-lw={value}"));
        two_lines.append(
            header::COOKIE,
            HeaderValue::from_str(&format!("__Host-lw={value}")).expect("header"),
        );
        assert_eq!(read_single(&two_lines, SESSION), None);
    }

    #[test]
    fn malformed_values_are_not_looked_up() {
        for bad in [
            "",
            "short",
            &"a".repeat(44),
            &format!("{}=", "a".repeat(42)),
            &"ä".repeat(43),
        ] {
            let mut headers = HeaderMap::new();
            if let Ok(value) = HeaderValue::from_bytes(format!("__Host-lw={bad}").as_bytes()) {
                headers.append(header::COOKIE, value);
            }
            assert_eq!(read_single(&headers, SESSION), None, "{bad}");
        }
    }

    #[test]
    fn a_neighbours_cookie_that_is_no_text_changes_nothing_about_ours() {
        let value = "a".repeat(43);
        let mut line = b"n=Zo\xeb; __Host-lw=".to_vec();
        line.extend_from_slice(value.as_bytes());
        line.extend_from_slice(b"; m=\xff");
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_bytes(&line).expect("header"),
        );
        assert_eq!(read_single(&headers, SESSION), Some(value.as_str()));
        let kept = strip_ours(&headers).expect("two remain");
        assert_eq!(kept.as_bytes(), b"n=Zo\xeb; m=\xff");
        headers.append(
            header::COOKIE,
            HeaderValue::from_bytes(b"__Host-lw=\xff").expect("header"),
        );
        assert_eq!(read_single(&headers, SESSION), None, "two of them");
    }

    #[test]
    fn backends_never_see_our_cookies() {
        let kept = strip_ours(&with(
            "a=1; __Host-lw=x; b=2; __Host-lw-flow=y; __Host-lw-device=z",
        ));
        assert_eq!(
            kept.expect("two remain").to_str().expect("ascii"),
            "a=1; b=2"
        );
        assert_eq!(strip_ours(&with("__Host-lw=x")), None);
    }
}
