//! A tower layer: nothing behind it is reached without a token that fits.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower::{Layer, Service};

use crate::{Rules, Verifier};

/// Lets requests through whose token is good and fits the rules, with its
/// [`Claims`](crate::Claims) among the request's extensions; answers all others itself.
#[derive(Clone)]
pub struct RequireToken {
    verifier: Verifier,
    rules: Rules,
}

impl RequireToken {
    /// By these rules.
    pub fn new(verifier: &Verifier, rules: Rules) -> Self {
        Self {
            verifier: verifier.clone(),
            rules,
        }
    }
}

impl<S> Layer<S> for RequireToken {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded {
            inner,
            guard: self.clone(),
        }
    }
}

/// A service behind the layer.
#[derive(Clone)]
pub struct Guarded<S> {
    inner: S,
    guard: RequireToken,
}

impl<S, B, R> Service<Request<B>> for Guarded<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: From<String>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The one that was asked whether it is ready goes; its clone has to be asked again.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let RequireToken { verifier, rules } = self.guard.clone();
        Box::pin(async move {
            // Nobody in front of this may say who is calling.
            request.extensions_mut().remove::<crate::Claims>();
            let headers = request.headers().clone();
            let claims = match verifier.authenticate(&headers).await {
                Ok(claims) => claims,
                Err(refusal) => return Ok(refusal.response(verifier.metadata())),
            };
            if let Err(refusal) = rules.check(&claims) {
                return Ok(refusal.response(verifier.metadata()));
            }
            request.extensions_mut().insert(claims);
            inner.call(request).await
        })
    }
}
