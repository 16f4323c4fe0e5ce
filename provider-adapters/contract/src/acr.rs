//! The authentication context ladder (CONTRACT §1): `aal1 < aal2 < phr`.

use serde::{Deserialize, Serialize};

/// How strongly a person has proven who they are. The order is the ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Acr {
    /// One factor: an email code, a password.
    Aal1,
    /// Two factors.
    Aal2,
    /// A passkey with user verification: phishing-resistant.
    Phr,
}

impl Acr {
    /// The value that tokens, sessions and query parameters carry.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aal1 => "aal1",
            Self::Aal2 => "aal2",
            Self::Phr => "phr",
        }
    }

    /// Reads one value of the ladder; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "aal1" => Some(Self::Aal1),
            "aal2" => Some(Self::Aal2),
            "phr" => Some(Self::Phr),
            _ => None,
        }
    }

    /// Reads a space-separated `acr_values` list (OIDC Core §3.1.2.1): the weakest
    /// rung that would satisfy the request, because any listed value is acceptable.
    pub fn parse_list(text: &str) -> Option<Self> {
        text.split_ascii_whitespace().filter_map(Self::parse).min()
    }
}

#[cfg(test)]
mod tests {
    use super::Acr;

    #[test]
    fn ladder_is_ordered() {
        assert!(Acr::Aal1 < Acr::Aal2 && Acr::Aal2 < Acr::Phr);
    }

    #[test]
    fn list_takes_the_weakest_known_rung() {
        assert_eq!(Acr::parse_list("phr aal2"), Some(Acr::Aal2));
        assert_eq!(Acr::parse_list("gold"), None);
    }
}
