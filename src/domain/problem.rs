//! Refusals and failures as the outside sees them (CONTRACT §1).

use serde_json::{Map, Value};

macro_rules! codes {
    ($($variant:ident $status:literal $text:literal $title:literal;)+) => {
        /// A stable problem code. The comment-free table is CONTRACT §1 itself.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names are the contract's own words")]
        pub enum Code { $($variant),+ }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
            /// The HTTP status.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }
            /// One line for people.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }
        }
    };
}

codes! {
    InvalidRequest 400 "invalid_request" "The request is not valid";
    InvalidCursor 400 "invalid_cursor" "The page cursor is not valid";
    InvalidReturnTo 400 "invalid_return_to" "The return address is not allowed";
    Unauthenticated 401 "unauthenticated" "Sign in first";
    InvalidToken 401 "invalid_token" "The token is not valid";
    TokenExpired 401 "token_expired" "The token has expired";
    SessionStale 401 "session_stale" "The session could not be confirmed";
    Forbidden 403 "forbidden" "You may not do this";
    CsrfRequired 403 "csrf_required" "The request lacks its anti-forgery mark";
    OriginNotAllowed 403 "origin_not_allowed" "This origin may not call";
    StepUpRequired 403 "step_up_required" "More proof is needed";
    SsoRequired 403 "sso_required" "Sign in with your organization";
    Denied 403 "denied" "Sign-in was refused";
    NotFound 404 "not_found" "There is nothing here";
    MethodNotAllowed 405 "method_not_allowed" "This method is not allowed here";
    Duplicate 409 "duplicate" "This exists already";
    Conflict 409 "conflict" "The state has changed meanwhile";
    WrongStep 409 "wrong_step" "This step is not open";
    OrgMismatch 409 "org_mismatch" "Another organization is active";
    LastFactor 409 "last_factor" "This is the last way to sign in";
    NotSupportedByUpstream 409 "not_supported_by_upstream" "The identity provider cannot do this";
    Expired 410 "expired" "This is over";
    VersionMismatch 412 "version_mismatch" "The record has changed meanwhile";
    TooLarge 413 "too_large" "The body is too large";
    UnsupportedMediaType 415 "unsupported_media_type" "This content type is not accepted";
    UnknownHost 421 "unknown_host" "This host is not served here";
    InvalidField 422 "invalid_field" "A field is not valid";
    InvalidCredentials 422 "invalid_credentials" "That did not match";
    RateLimited 429 "rate_limited" "Too many requests";
    HeadersTooLarge 431 "headers_too_large" "The headers are too large";
    Internal 500 "internal" "Something went wrong on our side";
    UpstreamInvalid 502 "upstream_invalid" "The other side did not answer as it should";
    UpstreamUnavailable 503 "upstream_unavailable" "The other side cannot be reached";
    StoreUnavailable 503 "store_unavailable" "The database cannot be reached";
    UpstreamTimeout 504 "upstream_timeout" "The other side took too long";
}

/// One faulty field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// JSON pointer (RFC 6901).
    pub pointer: String,
    /// Stable code.
    pub code: &'static str,
    /// What to do about it.
    pub detail: String,
}

/// A refusal or failure on its way out.
#[derive(Debug, Clone)]
pub struct Problem {
    /// What it is.
    pub code: Code,
    /// What happened and what to do, for people; never holds secrets or foreign text.
    pub detail: String,
    /// Faulty fields.
    pub errors: Vec<FieldFault>,
    /// Further members of the JSON document.
    pub extra: Map<String, Value>,
    /// Seconds for `Retry-After`.
    pub retry_after: Option<u64>,
    /// For the log only: what really happened.
    pub source: Option<String>,
}

impl Problem {
    /// A problem with a sentence about it.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let retry_after = matches!(code, Code::StoreUnavailable | Code::UpstreamUnavailable);
        Self {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            extra: Map::new(),
            retry_after: retry_after.then_some(5),
            source: None,
        }
    }

    /// One faulty field: 422.
    pub fn field(pointer: &str, code: &'static str, detail: impl Into<String>) -> Self {
        let mut problem = Self::new(
            Code::InvalidField,
            "Correct the marked field and send again.",
        );
        problem.errors.push(FieldFault {
            pointer: pointer.into(),
            code,
            detail: detail.into(),
        });
        problem
    }

    /// Not found, said the same way for what never was and what belongs to others.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "Nothing is known under this address.")
    }

    /// Adds a member to the JSON document.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(key.into(), value.into());
        self
    }

    /// Adds what the log should say.
    #[must_use]
    pub fn because(mut self, source: impl std::fmt::Display) -> Self {
        self.source = Some(source.to_string());
        self
    }

    /// Sets `Retry-After` in seconds.
    #[must_use]
    pub fn retry_in(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}
