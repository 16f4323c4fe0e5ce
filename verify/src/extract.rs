//! An axum extractor: a handler that names it is not reached without a good token.

use axum::body::Body;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use crate::{Claims, Refusal, Rules, Verifier};

/// Who is calling. Behind [`RequireToken`](crate::RequireToken) the token is not verified again.
#[derive(Debug, Clone)]
pub struct Caller(pub Claims);

/// A refusal on its way out.
#[derive(Debug, Clone)]
pub struct Refused {
    refusal: Refusal,
    metadata: Option<String>,
}

impl Caller {
    /// Only who fits these rules as well.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn require(&self, rules: &Rules) -> Result<(), Refused> {
        rules.check(&self.0).map_err(Refused::from)
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            metadata: None,
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        self.refusal.response::<Body>(self.metadata.as_deref())
    }
}

impl<S> FromRequestParts<S> for Caller
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        if let Some(claims) = parts.extensions.get::<Claims>() {
            return Ok(Self(claims.clone()));
        }
        let verifier = Verifier::from_ref(state);
        let outcome = verifier.authenticate(&parts.headers).await;
        outcome.map(Self).map_err(|refusal| Refused {
            refusal,
            metadata: verifier.metadata().map(str::to_owned),
        })
    }
}
