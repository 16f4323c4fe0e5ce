//! Other names that clients of the field know (CONTRACT §8).

use http::Uri;
use http::uri::PathAndQuery;

const ALIASES: &[(&str, &str)] = &[
    ("/authorize", "/oauth/authorize"),
    ("/token", "/oauth/token"),
    ("/oidc/v1/userinfo", "/oauth/userinfo"),
    ("/oidc/v1/end_session", "/oauth/end_session"),
];
const VERSIONED: &str = "/oauth/v2/";

/// The address under its usual name, if it has come under another one.
pub fn usual(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let known = ALIASES.iter().find(|(alias, _)| *alias == path);
    let usual = match (known, path.strip_prefix(VERSIONED)) {
        (Some((_, usual)), _) => (*usual).to_owned(),
        (None, Some(rest)) => format!("/oauth/{rest}"),
        (None, None) => return None,
    };
    let whole = match uri.query() {
        Some(query) => format!("{usual}?{query}"),
        None => usual,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(whole).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::usual;

    #[test]
    fn each_leads_to_its_usual_name() {
        for (alias, expected) in [
            ("/authorize?a=b", Some("/oauth/authorize?a=b")),
            ("/token", Some("/oauth/token")),
            ("/oauth/v2/introspect", Some("/oauth/introspect")),
            ("/oidc/v1/userinfo", Some("/oauth/userinfo")),
            ("/oauth/token", None),
            ("/tokens", None),
            ("/oidc/v1/other", None),
        ] {
            let found = usual(&alias.parse().expect("an address"));
            assert_eq!(found.map(|uri| uri.to_string()).as_deref(), expected);
        }
    }
}
