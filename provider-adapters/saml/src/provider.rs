//! The service provider for one configured identity provider.
//!
//! Owns: its abilities, and that work on strangers' documents never runs on an async thread.
//! Must not know: how a document is judged.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use laneway_contract::{
    AccountActions, AccountMails, AdapterState, BearerTokens, BeginRedirect, Callback, Check,
    ConnectionAdmin, CredentialAdmin, Delegable, Denial, Diagnose, Env, EventFeed, HeadlessLogin,
    LockOuts, LoginStep, Method, MethodKind, Mode, Prompt, Provider, ProviderError, RedirectLogin,
    RedirectTo, SessionControl, Trial, UpstreamIdentity, UserDirectory,
};
use subtle::ConstantTimeEq as _;
use url::Url;

use crate::answer::Answer;
use crate::engine::{Engine, Sent};
use crate::judge::{self, Expected};
use crate::request::{Begun, fields};
use crate::{Fault, SamlConfig, identity};

/// An identity provider reached by SAML 2.0.
pub struct SamlProvider {
    pub(crate) config: SamlConfig,
    pub(crate) env: Env,
    pub(crate) engine: Engine,
}

impl SamlProvider {
    /// Makes it without touching the network.
    ///
    /// # Errors
    /// What of the settings can never work.
    pub fn new(config: SamlConfig, env: Env) -> Result<Arc<Self>, String> {
        if config.certificates.is_empty() {
            return Err("there is no signing certificate".to_owned());
        }
        let engine = Engine::new(&config)?;
        Ok(Arc::new(Self {
            config,
            env,
            engine,
        }))
    }

    /// Our metadata, to be registered at the provider.
    pub fn metadata(&self) -> String {
        self.engine.metadata()
    }

    fn start(&self, request: &BeginRedirect) -> Result<RedirectTo, ProviderError> {
        let force = request.prompt == Some(Prompt::Login) || request.max_age.is_some();
        let sent = self
            .engine
            .begin(self.config.sso_binding, &request.state, force)
            .map_err(|error| ProviderError::Misconfigured(error.to_string()))?;
        let unusable = |_| ProviderError::Misconfigured("the sign-on address is unusable".into());
        let url = match sent.1 {
            Sent::To(url) => Url::parse(&url).map_err(unusable)?,
            // A request that must be posted travels by a page of ours, which posts it.
            Sent::Posted(text) => {
                let fields = [("SAMLRequest", &text), ("RelayState", &request.state)];
                let mut page = self.config.request_page.clone();
                page.query_pairs_mut().extend_pairs(fields);
                page
            }
        };
        let begun = Begun {
            request_id: sent.0,
            relay_state: request.state.clone(),
            acs_url: self.config.acs_url.as_str().to_owned(),
        };
        let state = AdapterState::encode(&begun)
            .map_err(|_| ProviderError::Misconfigured("the request cannot be kept".into()))?;
        Ok(RedirectTo { url, state })
    }

    /// The one judgement of an answer, with what it looked at.
    fn examine(&self, state: &AdapterState, callback: &Callback) -> Examined {
        let mut told = Vec::new();
        let outcome = self.judge(state, callback, &mut told);
        if let Err(fault) = &outcome {
            told.push(fault.check());
        }
        (told, outcome)
    }

    fn judge(
        &self,
        state: &AdapterState,
        callback: &Callback,
        told: &mut Vec<Check>,
    ) -> Result<UpstreamIdentity, Fault> {
        let begun: Begun = state.decode().map_err(|_| missing("nothing to compare"))?;
        let (response, relay_state) = fields(callback).ok_or_else(|| missing("no SAMLResponse"))?;
        if !bool::from(relay_state.as_bytes().ct_eq(begun.relay_state.as_bytes())) {
            return Err(missing("another RelayState"));
        }
        let (plain, answer) = read(response)?;
        self.judge_answer(&begun, (&plain, &answer), told)
    }

    /// A response to somebody who asked on our behalf: which request it answers they have
    /// judged; all of it must be an answer to one.
    pub(crate) fn examine_brought(&self, response: &str) -> Examined {
        let mut told = Vec::new();
        let outcome = read(response).and_then(|(plain, answer)| {
            let begun = Begun {
                request_id: answer.in_response_to.clone().unwrap_or_default(),
                relay_state: "brought".to_owned(),
                acs_url: self.config.acs_url.as_str().to_owned(),
            };
            self.judge_answer(&begun, (&plain, &answer), &mut told)
        });
        if let Err(fault) = &outcome {
            told.push(fault.check());
        }
        (told, outcome)
    }

    fn judge_answer(
        &self,
        begun: &Begun,
        (plain, answer): (&str, &Answer),
        told: &mut Vec<Check>,
    ) -> Result<UpstreamIdentity, Fault> {
        let now_ms = self.env.clock.now_ms();
        let expected = Expected {
            idp: &self.config.entity_id,
            sp: &self.config.sp_entity_id,
            acs: &begun.acs_url,
            request_id: &begun.request_id,
            certificates: &self.config.certificates,
            now_ms,
        };
        let ours = judge::judge(answer, &expected, told)?;
        let verified = self.engine.finish(begun, plain, &expected)?;
        identity::agree(ours, &verified)?;
        told.push(Check::pass(
            "saml_signature",
            "by a certificate that was given here",
        ));
        Ok(identity::build(&self.config, ours, verified, now_ms))
    }
}

/// What an examination has looked at, and what came of it.
pub(crate) type Examined = (Vec<Check>, Result<UpstreamIdentity, Fault>);

/// The base64 text without its spaces, and what it says.
fn read(response: &str) -> Result<(String, Answer), Fault> {
    let plain: String = response.split_ascii_whitespace().collect();
    let bytes = STANDARD
        .decode(&plain)
        .map_err(|_| missing("no base64 text"))?;
    let xml = String::from_utf8(bytes).map_err(|_| missing("no UTF-8 text"))?;
    let answer = Answer::read(&xml)?;
    Ok((plain, answer))
}

fn missing(received: &str) -> Fault {
    Fault::new(
        "saml_response_missing",
        received,
        "a SAML response with the RelayState that was sent",
        "Let the provider answer sign-ins with a SAML 2.0 response at the address shown here, and keep RelayState as it is.",
    )
}

/// The handle that the core holds: judging strangers' XML takes a thread of its own, on which
/// a panic of a library ends nothing but itself.
pub struct Handle(pub Arc<SamlProvider>);

impl Handle {
    async fn examine(&self, state: &AdapterState, callback: Callback) -> Examined {
        let (provider, state) = (Arc::clone(&self.0), state.clone());
        let work = tokio::task::spawn_blocking(move || provider.examine(&state, &callback));
        work.await.unwrap_or_else(|_| unreadable())
    }
}

/// What a thread that died of a document leaves behind.
pub(crate) fn unreadable() -> Examined {
    let fault = Fault::new(
        "saml_not_acceptable",
        "a response that cannot be read",
        "a response by the Web Browser SSO profile",
        "Look at the provider's settings for this application.",
    );
    (vec![fault.check()], Err(fault))
}

#[async_trait]
impl RedirectLogin for Handle {
    async fn begin(&self, request: BeginRedirect) -> Result<RedirectTo, ProviderError> {
        let provider = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || provider.start(&request))
            .await
            .map_err(|_| ProviderError::Misconfigured("the request cannot be made".into()))?
    }

    async fn complete(
        &self,
        state: &AdapterState,
        callback: Callback,
    ) -> Result<LoginStep, ProviderError> {
        Ok(step(self.examine(state, callback).await.1))
    }

    async fn trial(&self, state: &AdapterState, callback: Callback) -> Trial {
        let (checks, outcome) = self.examine(state, callback).await;
        Trial {
            checks,
            outcome: Ok(step(outcome)),
        }
    }
}

/// What the browser brings can be written by anybody: a bad one is a refusal.
pub(crate) fn step(outcome: Result<UpstreamIdentity, Fault>) -> LoginStep {
    match outcome {
        Ok(identity) => LoginStep::Authenticated(Box::new(identity)),
        Err(fault) => LoginStep::Denied(Denial::Refused(fault.code.to_owned())),
    }
}

impl Provider for Handle {
    fn issuer(&self) -> &str {
        &self.0.config.entity_id
    }

    fn methods(&self) -> Vec<Method> {
        vec![Method {
            kind: MethodKind::Redirect,
            mode: Mode::Redirect,
        }]
    }

    fn redirect_login(&self) -> Option<&dyn RedirectLogin> {
        Some(self)
    }

    fn headless_login(&self) -> Option<&dyn HeadlessLogin> {
        None
    }

    fn credential_admin(&self) -> Option<&dyn CredentialAdmin> {
        None
    }

    fn account_actions(&self) -> Option<&dyn AccountActions> {
        None
    }

    fn user_directory(&self) -> Option<&dyn UserDirectory> {
        None
    }

    fn lock_outs(&self) -> Option<&dyn LockOuts> {
        None
    }

    fn account_mails(&self) -> Option<&dyn AccountMails> {
        None
    }

    fn session_control(&self) -> Option<&dyn SessionControl> {
        None
    }

    fn event_feed(&self) -> Option<&dyn EventFeed> {
        None
    }

    fn diagnose(&self) -> Option<&dyn Diagnose> {
        Some(self)
    }

    fn connection_admin(&self) -> Option<&dyn ConnectionAdmin> {
        None
    }

    fn delegable(&self) -> Option<&dyn Delegable> {
        Some(self)
    }

    fn bearer_tokens(&self) -> Option<&dyn BearerTokens> {
        None
    }
}
