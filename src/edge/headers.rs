//! Which headers may cross the proxy, and in which direction.

use http::{HeaderMap, HeaderName, header};

/// Identity headers that only Laneway may set (CONTRACT §5), lower case.
const IDENTITY_PREFIXES: &[&str] = &["x-auth-request-", "remote-", "x-laneway-", "x-forwarded-"];

/// Hop-by-hop headers (RFC 9110 §7.6.1).
const HOP: &[&str] = &[
    "connection",
    // Of an upgrade that is never passed on.
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The names that a client may not set, for documentation and tests.
pub fn forwarded_names() -> &'static [&'static str] {
    IDENTITY_PREFIXES
}

/// Removes hop-by-hop headers, including those that `Connection` names.
pub(super) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    // Whoever sends both means to be read in two ways; the library has read the chunks.
    if headers.contains_key(header::TRANSFER_ENCODING) {
        headers.remove(header::CONTENT_LENGTH);
    }
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in HOP {
        headers.remove(*name);
    }
}

/// Removes what a client must not tell a backend: its copy of our identity headers in
/// any spelling that a CGI-style backend would fold into ours, and our own marks.
pub(super) fn remove_spoofable(headers: &mut HeaderMap) {
    let doomed: Vec<HeaderName> = headers
        .keys()
        .filter(|name| spoofable(name.as_str()))
        .cloned()
        .collect();
    for name in doomed {
        headers.remove(name);
    }
}

fn spoofable(name: &str) -> bool {
    let folded = name.replace('_', "-");
    IDENTITY_PREFIXES
        .iter()
        .any(|prefix| folded.starts_with(prefix))
        || matches!(
            folded.as_str(),
            "authorization"
                // Answered here, when the body is first asked for.
                | "expect"
                | "x-csrf"
                | "x-api-key"
                | "x-request-id"
                | "forwarded"
                | "x-real-ip"
                | "x-original-url"
                | "x-original-method"
                | "x-rewrite-url"
        )
}

/// Removes a backend's word on which origins may read its answers: behind the cookie that
/// is decided here (CONTRACT §1).
pub(super) fn remove_cors(headers: &mut HeaderMap) {
    let doomed: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("access-control-"))
        .cloned()
        .collect();
    for name in doomed {
        headers.remove(name);
    }
}

/// Removes what a backend must not tell the browser in our name.
pub(super) fn clean_answer(headers: &mut HeaderMap) {
    remove_hop_by_hop(headers);
    let doomed: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("x-laneway-"))
        .cloned()
        .collect();
    for name in doomed {
        headers.remove(name);
    }
    let cookies: Vec<_> = headers
        .get_all(header::SET_COOKIE)
        .iter()
        .cloned()
        .collect();
    headers.remove(header::SET_COOKIE);
    for cookie in cookies {
        let ours = cookie
            .as_bytes()
            // A cookie without a name comes back as its bare value, and that could be ours.
            .iter()
            .skip_while(|b| b.is_ascii_whitespace() || **b == b'=')
            .map(u8::to_ascii_lowercase)
            .take(9)
            .eq(*b"__host-lw");
        if !ours {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::*;

    #[test]
    fn client_copies_of_identity_headers_are_removed_in_any_spelling() {
        let mut headers = HeaderMap::new();
        for name in [
            "x-laneway-user",
            "X-Laneway_User",
            "x_laneway_user",
            "remote-user",
            "remote_user",
            "x-auth-request-email",
            "x_auth_request_email",
            "x-forwarded-for",
            "forwarded",
            "authorization",
            "x-csrf",
            "x-request-id",
            "expect",
        ] {
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).expect("name"),
                HeaderValue::from_static("x"),
            );
        }
        headers.append("accept", HeaderValue::from_static("a"));
        remove_spoofable(&mut headers);
        assert_eq!(headers.len(), 1, "{headers:?}");
    }

    #[test]
    fn headers_named_in_connection_go() {
        let mut headers = HeaderMap::new();
        headers.append(
            "connection",
            HeaderValue::from_static("keep-alive, x-secret"),
        );
        headers.append("x-secret", HeaderValue::from_static("1"));
        headers.append("te", HeaderValue::from_static("trailers"));
        remove_hop_by_hop(&mut headers);
        assert!(headers.is_empty());
    }

    #[test]
    fn two_lengths_become_one() {
        let mut headers = HeaderMap::new();
        headers.append("content-length", HeaderValue::from_static("5"));
        headers.append("transfer-encoding", HeaderValue::from_static("chunked"));
        remove_hop_by_hop(&mut headers);
        assert!(headers.is_empty());
        headers.append("content-length", HeaderValue::from_static("5"));
        remove_hop_by_hop(&mut headers);
        assert_eq!(headers.len(), 1);
    }

    #[test]
    fn backends_cannot_set_our_cookies() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::SET_COOKIE,
            HeaderValue::from_static("__Host-lw=stolen; Path=/"),
        );
        headers.append(
            header::SET_COOKIE,
            HeaderValue::from_static("__HOST-LW-flow=x"),
        );
        headers.append(header::SET_COOKIE, HeaderValue::from_static("theme=dark"));
        headers.append("x-laneway-user", HeaderValue::from_static("evil"));
        clean_answer(&mut headers);
        assert_eq!(headers.get_all(header::SET_COOKIE).iter().count(), 1);
        assert_eq!(headers.len(), 1);
    }
}
