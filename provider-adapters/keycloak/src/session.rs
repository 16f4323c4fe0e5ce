//! Keycloak's sessions: ended server to server where that works, asked about, and logout
//! tokens.
//!
//! Owns: which of Keycloak's ways out fits what we hold.
//! Must not know: our own sessions.

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{Request, Response, StatusCode};
use laneway_contract::{
    EndSession, LogoutToken, ProviderError, SessionControl, SessionEvidence, UpstreamSession,
    Verdict,
};
use laneway_oidc::OidcProvider;
use url::Url;

use crate::Keycloak;
use crate::admin::Seen;

#[async_trait]
impl SessionControl for Keycloak {
    async fn end_session(
        &self,
        session: SessionEvidence,
        return_to: &str,
    ) -> Result<EndSession, ProviderError> {
        let in_browser = self.oidc.end_session(session.clone(), return_to).await?;
        let EndSession::Browser { url, fields } = in_browser else {
            return Ok(in_browser);
        };
        let ended = match (&session.session.refresh_token, &session.session.id_token) {
            (Some(token), _) => end_by_refresh_token(&self.oidc, &url, token).await?,
            (None, Some(_)) => self.end_by_hint(&url, &fields, return_to).await?,
            (None, None) => false,
        };
        Ok(if ended {
            EndSession::Ended
        } else {
            EndSession::Browser { url, fields }
        })
    }

    async fn verify_logout_token(&self, token: &str) -> Result<LogoutToken, ProviderError> {
        self.oidc.verify_logout_token(token).await
    }

    async fn revalidate(&self, session: SessionEvidence) -> Result<Verdict, ProviderError> {
        let env = self.oidc.env();
        let seen = self.account.seen(&session.subject, env).await?;
        match seen {
            Seen::Gone => return Ok(Verdict::SubjectGone),
            Seen::Off => return Ok(Verdict::Disabled),
            Seen::In | Seen::Not => {}
        }
        match self.oidc.revalidate(session.clone()).await? {
            // The session may have run out there; its person is there.
            Verdict::Unknown if seen == Seen::In => Ok(Verdict::Alive),
            Verdict::Ended => self.why_ended(&session).await,
            verdict => Ok(verdict),
        }
    }

    async fn refresh(
        &self,
        session: SessionEvidence,
    ) -> Result<Option<UpstreamSession>, ProviderError> {
        self.oidc.refresh(session).await
    }

    /// Keycloak ends the session there with it, unless other clients take part in that.
    async fn revoke(&self, session: &UpstreamSession) -> Result<(), ProviderError> {
        self.oidc.revoke(session).await
    }
}

impl Keycloak {
    /// With an ID token that names the session Keycloak asks nothing and needs no cookie: it
    /// ends the session and answers with the way home. Any other answer (a confirmation page,
    /// the logout of a customer's provider) is for the browser.
    async fn end_by_hint(
        &self,
        url: &Url,
        fields: &[(String, String)],
        return_to: &str,
    ) -> Result<bool, ProviderError> {
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        let response = self.send_form(url, None, &fields).await?;
        let home = response
            .headers()
            .get(LOCATION)
            .and_then(|to| to.to_str().ok());
        Ok(response.status().is_redirection() && home == Some(return_to))
    }

    /// A refresh token that is inactive can be burnt: the refusal says why.
    async fn why_ended(&self, session: &SessionEvidence) -> Result<Verdict, ProviderError> {
        let Some(token) = &session.session.refresh_token else {
            return Ok(Verdict::Ended);
        };
        let url = self.oidc.metadata().await?.token_endpoint.clone();
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token.as_str()),
        ];
        let response = self.post(&url, &fields).await?;
        let (error, description) = error_of(&response);
        match (error.as_str(), description.as_str()) {
            // It came back to life in between, as a person does who is enabled again.
            _ if response.status() == StatusCode::OK => Ok(Verdict::Alive),
            ("invalid_grant", "User disabled") => Ok(Verdict::Disabled),
            ("invalid_grant", _) => Ok(Verdict::Ended),
            // A switched-off realm or client says nothing about the person.
            _ => Err(ProviderError::Misconfigured(format!(
                "a refresh is refused with {error}"
            ))),
        }
    }

    async fn post(
        &self,
        url: &Url,
        fields: &[(&str, &str)],
    ) -> Result<Response<Bytes>, ProviderError> {
        post(&self.oidc, url, fields).await
    }

    pub(crate) async fn send_form(
        &self,
        url: &Url,
        authorization: Option<&str>,
        fields: &[(&str, &str)],
    ) -> Result<Response<Bytes>, ProviderError> {
        send_form(&self.oidc, url, authorization, fields).await
    }
}

/// 204 when done. A token that is no longer good means that there is nothing to end.
pub(crate) async fn end_by_refresh_token(
    oidc: &OidcProvider,
    url: &Url,
    token: &str,
) -> Result<bool, ProviderError> {
    let response = post(oidc, url, &[("refresh_token", token)]).await?;
    match response.status() {
        StatusCode::NO_CONTENT | StatusCode::OK => Ok(true),
        StatusCode::BAD_REQUEST => Ok(error_of(&response).0 == "invalid_grant"),
        _ => Ok(false),
    }
}

async fn post(
    oidc: &OidcProvider,
    url: &Url,
    fields: &[(&str, &str)],
) -> Result<Response<Bytes>, ProviderError> {
    let metadata = oidc.metadata().await?;
    let secret = oidc.config().client_secret.as_ref();
    let (authorization, mut all) = oidc.client_credentials(&metadata, secret);
    all.extend(fields);
    send_form(oidc, url, authorization.as_deref(), &all).await
}

async fn send_form(
    oidc: &OidcProvider,
    url: &Url,
    authorization: Option<&str>,
    fields: &[(&str, &str)],
) -> Result<Response<Bytes>, ProviderError> {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let mut request = Request::post(url.as_str())
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(value) = authorization {
        request = request.header(AUTHORIZATION, value);
    }
    let request = request
        .body(Bytes::from(body))
        .map_err(|_| ProviderError::Misconfigured("the address cannot be called".into()))?;
    let response = oidc.env().http.send(request).await?;
    if response.status().is_server_error() {
        let status = response.status().as_u16();
        return Err(ProviderError::Unreachable(format!(
            "Keycloak answers {status}"
        )));
    }
    Ok(response)
}

pub(crate) fn invalid(text: &str) -> ProviderError {
    ProviderError::InvalidResponse(text.into())
}

/// `error` and `error_description` of an answer, empty where there is none.
pub(crate) fn error_of(response: &Response<Bytes>) -> (String, String) {
    let answer: serde_json::Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let text = |name: &str| {
        answer[name]
            .as_str()
            .unwrap_or_default()
            .chars()
            .take(100)
            .collect()
    };
    (text("error"), text("error_description"))
}
