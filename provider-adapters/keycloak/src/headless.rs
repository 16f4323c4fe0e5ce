//! Passwords and codes of an app that are typed on our own page, by Keycloak's direct grant.
//!
//! It cannot say that a code is wanted: a wrong password, a missing code and a wrong one are one
//! answer to it, and each counts as a failure. So the set-up says whether a code is asked for, of
//! everybody alike; asking whoever has an app would tell who has one.
//!
//! Owns: what is sent, and what Keycloak's refusals mean.
//! Must not know: our page, and who guesses too often.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Response, StatusCode};
use laneway_contract::{
    AccountActions, Acr, AdapterState, Answer, AuthEvidence, BeginHeadless, Challenge, Check,
    Denial, EvidenceSource, HeadlessLogin, LoginStep, MethodKind, ProviderError, SubjectHint,
    UpstreamIdentity, Who,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize as _;

use crate::session::error_of;
use crate::{Headless, Keycloak};

/// Longer is nobody's: Keycloak would hash it all the same.
const LONGEST: usize = 4096;

/// What the core keeps for us between two answers, sealed.
#[derive(Serialize, Deserialize)]
struct Memory {
    login_name: String,
    /// Typed already, where a code is still to come.
    password: Option<String>,
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.password.zeroize();
    }
}

#[async_trait]
impl HeadlessLogin for Keycloak {
    async fn begin(&self, request: BeginHeadless) -> Result<LoginStep, ProviderError> {
        if request.method != MethodKind::Password || self.config.options.headless.is_none() {
            let text = format!("{} is not on offer here", request.method.as_str());
            return Err(ProviderError::Misconfigured(text));
        }
        if matches!(request.subject, SubjectHint::Known(_)) {
            // A grant proves a whole sign-in: it cannot be asked of one person by id.
            return Ok(LoginStep::Denied(Denial::LoginRequired));
        }
        let memory = Memory {
            login_name: request.login_name.unwrap_or_default(),
            password: None,
        };
        challenge(MethodKind::Password, &memory)
    }

    async fn answer(
        &self,
        state: &AdapterState,
        answer: Answer,
    ) -> Result<LoginStep, ProviderError> {
        let memory: Memory = state
            .decode()
            .map_err(|_| ProviderError::InvalidResponse("the state is not ours".into()))?;
        match (answer, &memory.password, self.config.options.headless) {
            (Answer::Password(typed), None, Some(Headless::PasswordAndCode)) => {
                let memory = Memory {
                    login_name: memory.login_name.clone(),
                    password: Some(typed.expose_secret().to_owned()),
                };
                challenge(MethodKind::Totp, &memory)
            }
            (Answer::Password(typed), None, Some(Headless::Password)) => {
                self.grant(state, (&memory.login_name, typed.expose_secret()), None)
                    .await
            }
            (Answer::Code(code), Some(password), Some(Headless::PasswordAndCode)) => {
                self.grant(state, (&memory.login_name, password), Some(&code))
                    .await
            }
            // An answer of another kind is as wrong as a wrong one.
            _ => Ok(wrong(state)),
        }
    }
}

impl Keycloak {
    async fn grant(
        &self,
        state: &AdapterState,
        (name, password): (&str, &str),
        code: Option<&SecretString>,
    ) -> Result<LoginStep, ProviderError> {
        // Without a name Keycloak finds fault with us, not with the answer.
        if name.is_empty() || password.len() > LONGEST {
            return Ok(wrong(state));
        }
        let response = self.ask_grant((name, password), code).await?;
        if response.status() != StatusCode::OK {
            return refusal(&response, state);
        }
        let mut identity = self.oidc.granted(response.body()).await?;
        identity.evidence = self.evidence(&identity, code.is_some()).await;
        Ok(LoginStep::Authenticated(Box::new(identity)))
    }

    async fn ask_grant(
        &self,
        (name, password): (&str, &str),
        code: Option<&SecretString>,
    ) -> Result<Response<Bytes>, ProviderError> {
        let metadata = self.oidc.metadata().await?;
        let secret = self.oidc.config().client_secret.as_ref();
        let (authorization, mut fields) = self.oidc.client_credentials(&metadata, secret);
        let scope = format!("openid {}", self.oidc.config().scopes.join(" "));
        fields.extend([
            ("grant_type", "password"),
            ("username", name),
            ("password", password),
            ("scope", scope.as_str()),
        ]);
        let code = code.map(|code| digits(code.expose_secret()));
        if let Some(code) = &code {
            fields.push(("totp", code));
        }
        let url = &metadata.token_endpoint;
        self.send_form(url, authorization.as_deref(), &fields).await
    }

    /// Whether the client may ask at all. Nobody is named, so that no failure counts against
    /// anybody.
    pub(crate) async fn check_headless(&self) -> Check {
        let (name, expected) = ("headless", "a client that may ask about passwords");
        let fix = "Run `laneway upstream bootstrap keycloak` with --headless-password; or leave out the option `headless`.";
        let fail = |said: String| Check::fail(name, said, expected, Who::Provider, fix);
        match self.ask_grant(("", ""), None).await {
            Err(error) => fail(error.to_string()),
            Ok(response) => {
                let (error, description) = error_of(&response);
                if matches!(error.as_str(), "invalid_request" | "invalid_grant") {
                    Check::pass(name, expected)
                } else {
                    fail(format!("{error}: {description}"))
                }
            }
        }
    }

    /// From what was sent: the token says level 1 and nothing about how. A code counts only where
    /// the person has an app there, because Keycloak looks at no code of anybody else's.
    async fn evidence(&self, identity: &UpstreamIdentity, code: bool) -> AuthEvidence {
        let has_app = code && self.has_app(&identity.subject).await;
        let amr: &[&str] = if has_app { &["pwd", "otp"] } else { &["pwd"] };
        AuthEvidence {
            amr: amr.iter().map(|one| (*one).to_owned()).collect(),
            acr: if has_app { Acr::Aal2 } else { Acr::Aal1 },
            auth_time_ms: self.oidc.env().clock.now_ms(),
            source: EvidenceSource::Headless,
        }
    }

    /// What cannot be read is not there.
    async fn has_app(&self, subject: &str) -> bool {
        let found = AccountActions::credentials(self, subject).await;
        found.is_ok_and(|all| all.iter().any(|one| one.kind == MethodKind::Totp))
    }
}

fn challenge(method: MethodKind, memory: &Memory) -> Result<LoginStep, ProviderError> {
    let state = AdapterState::encode(memory)
        .map_err(|error| ProviderError::InvalidResponse(error.to_string()))?;
    Ok(LoginStep::Challenge(Box::new(Challenge {
        method,
        public_key: None,
        resend_in: None,
        delivery: None,
        state,
    })))
}

fn wrong(state: &AdapterState) -> LoginStep {
    LoginStep::Denied(Denial::WrongAnswer(state.clone()))
}

/// By error and description, never by status, which has changed between versions.
fn refusal(response: &Response<Bytes>, state: &AdapterState) -> Result<LoginStep, ProviderError> {
    let (error, description) = error_of(response);
    Ok(match (error.as_str(), description.as_str()) {
        // Said only to whoever has typed what is right.
        ("invalid_grant", "Account is not fully set up") => {
            LoginStep::Denied(Denial::LoginRequired)
        }
        // Also of "Account disabled": up to 26.5 that is said whatever was typed, and nobody is to
        // learn it by guessing.
        ("invalid_grant", _) => wrong(state),
        ("unauthorized_client", "Client not allowed for direct access grants") => {
            return Err(ProviderError::Misconfigured(
                "the client may not ask for passwords: run `laneway upstream bootstrap keycloak` with --headless-password [direct_grant_off]".into(),
            ));
        }
        _ => {
            return Err(ProviderError::Misconfigured(format!(
                "a sign-in by password is refused with {error}: {description}"
            )));
        }
    })
}

/// As people copy them from their app.
fn digits(code: &str) -> String {
    code.chars().filter(char::is_ascii_digit).take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, error: &str, description: &str) -> Result<LoginStep, ProviderError> {
        let body = serde_json::json!({ "error": error, "error_description": description });
        let body = Bytes::from(body.to_string());
        let response = Response::builder().status(status).body(body).unwrap();
        refusal(&response, &AdapterState::default())
    }

    #[test]
    fn what_keycloak_refuses_is_told_apart_by_its_words() {
        for status in [400, 401] {
            let said = |description: &str| answered(status, "invalid_grant", description).unwrap();
            for description in ["Invalid user credentials", "Account disabled", "", "new"] {
                assert!(matches!(
                    said(description),
                    LoginStep::Denied(Denial::WrongAnswer(_))
                ));
            }
            assert!(matches!(
                said("Account is not fully set up"),
                LoginStep::Denied(Denial::LoginRequired)
            ));
        }
        let off = answered(
            400,
            "unauthorized_client",
            "Client not allowed for direct access grants",
        );
        assert_eq!(off.unwrap_err().code(), Some("direct_grant_off"));
        for error in ["invalid_client", "unauthorized_client", ""] {
            let refused = answered(401, error, "Invalid client");
            assert!(matches!(refused, Err(ProviderError::Misconfigured(_))));
        }
    }

    #[test]
    fn a_code_is_its_digits() {
        assert_eq!(digits(" 123 456 "), "123456");
        assert_eq!(digits("x"), "");
    }
}
