//! Does the provider still stand behind a session? Asked without using anything up: a
//! refresh would burn a rotating token, so introspection and userinfo are asked instead.
//!
//! Owns: which question is cheapest. Must not know: what the core does with the verdict.

use http::StatusCode;
use laneway_contract::{ProviderError, SessionEvidence, Verdict};
use serde_json::Value;

use crate::{Metadata, OidcProvider, fault, jwt, outbound};

impl OidcProvider {
    pub(crate) async fn verdict(
        &self,
        session: &SessionEvidence,
    ) -> Result<Verdict, ProviderError> {
        let metadata = self.metadata().await?;
        if let Some(refresh_token) = &session.session.refresh_token
            && !self.has_run_out(refresh_token)
            && let Some(active) = self.introspect(&metadata, refresh_token).await?
        {
            return Ok(if active {
                Verdict::Alive
            } else {
                Verdict::Ended
            });
        }
        self.ask_with_access_token(&metadata, session).await
    }

    /// A token that says itself that its time is over is inactive, and that is no word about the
    /// session: providers let refresh tokens run out long before we end a session.
    fn has_run_out(&self, refresh_token: &str) -> bool {
        let until = jwt::read_kept(refresh_token)
            .and_then(|claims| claims.get("exp")?.as_i64())
            .map(|seconds| seconds.saturating_mul(1000));
        until.is_some_and(|until| until <= self.env.clock.now_ms())
    }

    /// Whether a refresh token is active (RFC 7662 §2); `None` where nobody can be asked.
    ///
    /// # Errors
    /// `Misconfigured` where the provider refuses our credentials.
    pub async fn introspect(
        &self,
        metadata: &Metadata,
        refresh_token: &str,
    ) -> Result<Option<bool>, ProviderError> {
        let Some(url) = &metadata.introspection_endpoint else {
            return Ok(None);
        };
        let secret = self.client_secret()?;
        let (authorization, mut fields) = self.client_credentials(metadata, secret.as_ref());
        fields.extend([
            ("token", refresh_token),
            ("token_type_hint", "refresh_token"),
        ]);
        let response =
            outbound::post_form(&*self.env.http, url, authorization.as_deref(), &fields).await?;
        if response.status() != StatusCode::OK {
            let status = response.status().as_u16();
            return Err(fault::misconfigured(format!(
                "introspection answers {status}"
            )));
        }
        match outbound::object(response.body())
            .as_ref()
            .and_then(|answer| answer.get("active"))
        {
            Some(Value::Bool(active)) => Ok(Some(*active)),
            _ => Err(fault::invalid("the introspection answer has no `active`")),
        }
    }

    /// An access token that lives proves the session; one that is refused proves nothing, it
    /// may simply have expired early.
    async fn ask_with_access_token(
        &self,
        metadata: &Metadata,
        session: &SessionEvidence,
    ) -> Result<Verdict, ProviderError> {
        let now_ms = self.env.clock.now_ms();
        let live = session.session.expires_at_ms.is_some_and(|at| at > now_ms);
        let (Some(url), Some(token), true) = (
            &metadata.userinfo_endpoint,
            &session.session.access_token,
            live,
        ) else {
            return Ok(Verdict::Unknown);
        };
        let response = self.ask_userinfo(url, token).await?;
        if response.status() != StatusCode::OK {
            return Ok(Verdict::Unknown);
        }
        let claims = outbound::object(response.body());
        let subject = claims
            .as_ref()
            .and_then(|claims| claims.get("sub"))
            .and_then(Value::as_str);
        Ok(if subject == Some(&session.subject) {
            Verdict::Alive
        } else {
            Verdict::Unknown
        })
    }
}
