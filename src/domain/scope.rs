//! Scopes of OAuth: a set of words.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longer lists are refused.
const LONGEST: usize = 2048;

/// A set of scopes, written with spaces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope(BTreeSet<String>);

impl Scope {
    /// Reads a list; `None` for what cannot be one (RFC 6749 §3.3).
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |byte: u8| byte == b' ' || matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        let ok = text.len() <= LONGEST && text.bytes().all(fits);
        ok.then(|| {
            Self(
                text.split(' ')
                    .filter(|word| !word.is_empty())
                    .map(str::to_owned)
                    .collect(),
            )
        })
    }

    /// Is this word one of them?
    pub fn has(&self, word: &str) -> bool {
        self.0.contains(word)
    }

    /// None at all?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Are all of these in the other?
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// What both have.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// What either has.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// Without one word.
    #[must_use]
    pub fn without(mut self, word: &str) -> Self {
        self.0.remove(word);
        self
    }

    /// The words, sorted.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl<'a> FromIterator<&'a str> for Scope {
    fn from_iter<I: IntoIterator<Item = &'a str>>(words: I) -> Self {
        Self(words.into_iter().map(str::to_owned).collect())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<&str> = self.words().collect();
        f.write_str(&all.join(" "))
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a list of scopes"))
    }
}

#[cfg(test)]
mod tests {
    use super::Scope;

    #[test]
    fn lists_are_sets_of_plain_words() {
        let scope = Scope::parse("openid  email openid").expect("a list");
        assert_eq!(scope.to_string(), "email openid");
        assert!(scope.has("openid") && !scope.has("open"));
        for bad in ["a\"b", "a\\b", "a\tb", "a\nb", "\u{e4}"] {
            assert_eq!(Scope::parse(bad), None, "{bad:?}");
        }
        let more = Scope::parse("openid email profile").expect("a list");
        assert!(scope.is_within(&more) && !more.is_within(&scope));
        assert_eq!(
            more.and(&Scope::parse("profile x").expect("a list"))
                .to_string(),
            "profile"
        );
        assert!(Scope::parse("").is_some_and(|none| none.is_empty()));
    }
}
