//! Where a sign-in may send the browser afterwards.

use serde::{Deserialize, Serialize};
use url::Url;

/// A checked return address: a path on this host, or an absolute address of a listed origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReturnTo(String);

impl ReturnTo {
    /// Checks an address from a request. `listed` judges an origin by scheme, host and
    /// port. `None` means: refuse, do not guess.
    pub fn parse(text: &str, listed: impl Fn(&Url) -> bool) -> Option<Self> {
        if text.len() > 2048 || text.chars().any(|c| c.is_control() || c == '\\') {
            return None;
        }
        if text.starts_with('/') {
            // "//host" and "/\host" leave the site; browsers fold tabs and newlines away,
            // which the control check above has refused.
            return (!text.starts_with("//")).then(|| Self(text.to_owned()));
        }
        let url = Url::parse(text).ok()?;
        let plain = url.username().is_empty() && url.password().is_none();
        let web = matches!(url.scheme(), "https" | "http");
        (plain && web && listed(&url)).then(|| Self(url.into()))
    }

    /// A path that this program itself chose.
    pub fn own(path: impl Into<String>) -> Self {
        Self(path.into())
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address with one more query parameter.
    pub fn with_query(&self, key: &str, value: &str) -> String {
        let (body, fragment) = match self.0.split_once('#') {
            Some((body, fragment)) => (body, Some(fragment)),
            None => (self.0.as_str(), None),
        };
        let join = if body.contains('?') { '&' } else { '?' };
        let pair = url::form_urlencoded::Serializer::new(String::new())
            .append_pair(key, value)
            .finish();
        let fragment = fragment.map(|f| format!("#{f}")).unwrap_or_default();
        format!("{body}{join}{pair}{fragment}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(url: &Url) -> bool {
        url.origin() == Url::parse("https://ide.example").expect("url").origin()
    }

    #[test]
    fn accepts_paths_and_listed_origins() {
        for good in [
            "/",
            "/a?b=c#d",
            "/a//b",
            "https://ide.example/x",
            "https://ide.example:443/",
        ] {
            assert!(ReturnTo::parse(good, listed).is_some(), "{good}");
        }
    }

    #[test]
    fn open_redirects_are_refused() {
        for bad in [
            "",
            "a",
            "//evil.test",
            "/\\evil.test",
            "\\\\evil.test",
            "https://evil.test",
            "https://ide.example.evil.test",
            "https://ide.example@evil.test/",
            "javascript:alert(1)",
            "https://ide.example:444/",
            "http://ide.example/",
            "/\t/evil.test",
            " /x",
            "https:/ide.example",
            "https://user@ide.example/",
        ] {
            let parsed = ReturnTo::parse(bad, listed);
            let harmless = parsed
                .as_ref()
                .is_some_and(|r| r.as_str().starts_with("https://ide.example/"));
            assert!(parsed.is_none() || harmless, "{bad:?}");
        }
    }

    #[test]
    fn adds_a_parameter_before_the_fragment() {
        let to = ReturnTo::own("/a?b=c#d");
        assert_eq!(
            to.with_query("error", "login_required"),
            "/a?b=c&error=login_required#d"
        );
    }
}
