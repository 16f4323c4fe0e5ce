//! Why a request gets no further, and how that is said.

use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::json;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// No token was sent.
    Missing,
    /// The token does not count here, or was taken back.
    InvalidToken,
    /// It did count, and is over.
    Expired,
    /// It is not limited to less than this, but to something else.
    InsufficientScope {
        /// What is needed, with spaces.
        scope: String,
    },
    /// It is not for the organization that this is about, or for none.
    Forbidden,
    /// The person has to prove more (RFC 9470).
    InsufficientProof {
        /// The lowest that will do.
        acr: String,
    },
    /// It cannot be judged now: keys or feed are out of reach for too long.
    Unavailable,
}

/// A client that is told to come back waits so long, s.
const RETRY_AFTER: &str = "2";

impl Refusal {
    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Missing | Self::InvalidToken | Self::Expired => StatusCode::UNAUTHORIZED,
            Self::InsufficientScope { .. } | Self::Forbidden | Self::InsufficientProof { .. } => {
                StatusCode::FORBIDDEN
            }
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The stable code in the problem document.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "unauthenticated",
            Self::InvalidToken => "invalid_token",
            Self::Expired => "token_expired",
            Self::InsufficientScope { .. } => "insufficient_scope",
            Self::Forbidden => "forbidden",
            Self::InsufficientProof { .. } => "step_up_required",
            Self::Unavailable => "verification_unavailable",
        }
    }

    fn words(&self) -> &'static str {
        match self {
            Self::Missing => "Send an access token.",
            Self::InvalidToken => "The access token does not count here.",
            Self::Expired => "Get a new access token.",
            Self::InsufficientScope { .. } => "The access token's scope does not include this.",
            Self::Forbidden => "The access token is not for this organization.",
            Self::InsufficientProof { .. } => "Sign in with more proof.",
            Self::Unavailable => "Access tokens cannot be verified at the moment.",
        }
    }

    /// `WWW-Authenticate`; `metadata` is the address of the resource's own description (RFC 9728).
    pub fn challenge(&self, metadata: Option<&str>) -> Option<String> {
        let mut parts: Vec<(&str, &str)> = Vec::new();
        match self {
            Self::Missing => {}
            Self::InvalidToken => parts.push(("error", "invalid_token")),
            Self::Expired => {
                parts.push(("error", "invalid_token"));
                parts.push(("error_description", "the access token has expired"));
            }
            Self::InsufficientScope { scope } => {
                parts.push(("error", "insufficient_scope"));
                parts.push(("scope", scope));
            }
            Self::InsufficientProof { acr } => {
                parts.push(("error", "insufficient_user_authentication"));
                parts.push(("acr_values", acr));
            }
            Self::Forbidden | Self::Unavailable => return None,
        }
        if let Some(metadata) = metadata {
            parts.push(("resource_metadata", metadata));
        }
        let parts: Vec<String> = parts
            .iter()
            .map(|(name, value)| format!("{name}=\"{value}\""))
            .collect();
        Some(format!("Bearer {}", parts.join(", ")).trim_end().to_owned())
    }

    /// The problem document.
    pub fn body(&self) -> String {
        let mut body = json!({
            "type": format!("urn:laneway:problem:{}", self.code()),
            "code": self.code(),
            "title": self.words(),
            "status": self.status().as_u16(),
        });
        if let Self::InsufficientProof { acr } = self {
            body["acr_values"] = json!([acr]);
        }
        body.to_string()
    }

    /// The headers of the answer.
    pub fn headers(&self, metadata: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let fixed = HeaderValue::from_static;
        headers.insert(header::CONTENT_TYPE, fixed("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, fixed("no-store"));
        if *self == Self::Unavailable {
            headers.insert(header::RETRY_AFTER, fixed(RETRY_AFTER));
        }
        let challenge = self.challenge(metadata);
        if let Some(value) = challenge.and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(header::WWW_AUTHENTICATE, value);
        }
        headers
    }

    /// The whole answer, with a body of whatever kind the service uses.
    pub fn response<B: From<String>>(&self, metadata: Option<&str>) -> http::Response<B> {
        let mut response = http::Response::new(B::from(self.body()));
        *response.status_mut() = self.status();
        *response.headers_mut() = self.headers(metadata);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::Refusal;

    #[test]
    fn challenges_are_those_of_the_specifications() {
        for (refusal, expected) in [
            (Refusal::Missing, Some("Bearer")),
            (
                Refusal::InvalidToken,
                Some("Bearer error=\"invalid_token\""),
            ),
            (
                Refusal::Expired,
                Some(
                    "Bearer error=\"invalid_token\", error_description=\"the access token has expired\"",
                ),
            ),
            (
                Refusal::InsufficientScope {
                    scope: "a b".into(),
                },
                Some("Bearer error=\"insufficient_scope\", scope=\"a b\""),
            ),
            (
                Refusal::InsufficientProof { acr: "aal2".into() },
                Some("Bearer error=\"insufficient_user_authentication\", acr_values=\"aal2\""),
            ),
            (Refusal::Forbidden, None),
            (Refusal::Unavailable, None),
        ] {
            assert_eq!(refusal.challenge(None).as_deref(), expected);
            let response = refusal.response::<String>(None);
            assert_eq!(response.headers()["cache-control"], "no-store");
            assert!(response.body().contains(refusal.code()));
        }
        let metadata = "https://api.test/.well-known/oauth-protected-resource";
        assert_eq!(
            Refusal::Missing.challenge(Some(metadata)),
            Some(format!("Bearer resource_metadata=\"{metadata}\""))
        );
        let response = Refusal::Unavailable.response::<String>(None);
        assert_eq!(response.headers()["retry-after"], "2");
    }
}
