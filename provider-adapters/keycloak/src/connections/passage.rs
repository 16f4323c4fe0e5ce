//! Somebody comes back through a connection.
//!
//! Owns: which connection they came through, what their provider has said, and that no session
//! of theirs is left here. Must not know: whether what was said is right.

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{Request, StatusCode};
use laneway_contract::{
    AdapterState, Brought, Callback, Denial, LoginStep, Passage, PassageTrial, ProviderError,
    RedirectLogin as _, UpstreamIdentity, UpstreamSession,
};
use secrecy::SecretString;
use serde_json::Value;

use super::{ANSWER, Connections, USED};
use crate::session::{end_by_refresh_token, invalid};

/// An answer may be so large and no larger.
const MAX_ANSWER: usize = 256 * 1024;

impl Connections {
    pub(super) async fn pass(
        &self,
        name: &str,
        state: &AdapterState,
        callback: Callback,
    ) -> PassageTrial {
        let trial = self.oidc.trial(state, callback).await;
        let outcome = match trial.outcome {
            Ok(LoginStep::Authenticated(identity)) => self.arrived(name, *identity).await,
            Ok(LoginStep::Denied(denial)) => Ok(Passage::Denied(denial)),
            Ok(LoginStep::Challenge(_) | LoginStep::Redirect(_)) => {
                Err(invalid("another step instead of an answer"))
            }
            Err(error) => Err(error),
        };
        PassageTrial {
            checks: trial.checks,
            outcome,
        }
    }

    async fn arrived(
        &self,
        name: &str,
        mut identity: UpstreamIdentity,
    ) -> Result<Passage, ProviderError> {
        let session = identity.session.take().unwrap_or_default();
        let passage = self.read(name, identity, &session).await;
        // Whatever was found: a session that stays would answer the next sign-in in this
        // browser, also one through another connection. If it stays after all, that one is
        // refused and ends it.
        self.end(&session).await;
        passage
    }

    async fn read(
        &self,
        name: &str,
        mut identity: UpstreamIdentity,
        session: &UpstreamSession,
    ) -> Result<Passage, ProviderError> {
        // The hint that was sent is a wish; the signed claim says what was done.
        let used = identity.claims.get(USED).and_then(Value::as_str);
        if used != Some(name) {
            let code = "another_connection".to_owned();
            return Ok(Passage::Denied(Denial::Refused(code)));
        }
        let answer = match identity.claims.remove(ANSWER) {
            Some(Value::String(token)) => SecretString::from(token),
            Some(_) => return Err(invalid("the customer's ID token is no text")),
            None => self.kept_response(name, session).await?,
        };
        Ok(Passage::Brought(Box::new(Brought {
            connection: name.to_owned(),
            issuer: identity.issuer,
            subject: identity.subject,
            email: identity.email,
            name: identity.name,
            answer,
        })))
    }

    /// The SAML response that this sign-in rests on.
    async fn kept_response(
        &self,
        name: &str,
        session: &UpstreamSession,
    ) -> Result<SecretString, ProviderError> {
        let token = session.access_token.as_deref().unwrap_or_default();
        let url = self.realm.url(&["broker", name, "token"]);
        let request = Request::get(url.as_str())
            .header(ACCEPT, "*/*")
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .body(Bytes::new())
            .map_err(|_| invalid("the access token cannot be sent"))?;
        let response = self.env.http.send(request).await?;
        match response.status() {
            StatusCode::OK if response.body().len() <= MAX_ANSWER => {
                String::from_utf8(response.into_body().into())
                    .map(SecretString::from)
                    .map_err(|_| invalid("the customer's answer is no text"))
            }
            status if status.is_server_error() => Err(ProviderError::Unreachable(format!(
                "Keycloak answers {}",
                status.as_u16()
            ))),
            status => Err(ProviderError::Misconfigured(format!(
                "the customer's answer cannot be read: HTTP {}",
                status.as_u16()
            ))),
        }
    }

    async fn end(&self, session: &UpstreamSession) {
        let Ok(metadata) = self.oidc.metadata().await else {
            return;
        };
        if let (Some(url), Some(token)) = (&metadata.end_session_endpoint, &session.refresh_token) {
            let _ = end_by_refresh_token(&self.oidc, url, token).await;
        }
    }
}
