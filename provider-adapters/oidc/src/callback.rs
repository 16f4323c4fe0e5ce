//! The way back: is this the answer to the question we asked, and whom does it prove?
//!
//! What the browser brings (parameters) can be written by anybody: a bad one is a refusal.
//! What the provider's servers say is a protocol: a bad answer there is an error.
//!
//! Owns: the order of checks. Must not know: sessions, cookies, our users.

use laneway_contract::{
    Acr, AdapterState, Callback, Denial, LoginStep, ProviderError, Trial, UpstreamIdentity,
    UpstreamSession,
};
use subtle::ConstantTimeEq as _;

use crate::authorize::Begun;
use crate::claims::Claims;
use crate::id_token::Expected;
use crate::seen::{Seen, Stage};
use crate::token::Exchange;
use crate::{Metadata, OidcProvider, fault, identity};

/// Parameters that must not be repeated (RFC 6749 §3.1).
const ONCE: &[&str] = &[
    "code",
    "state",
    "iss",
    "error",
    "error_description",
    "error_uri",
];

/// What may follow from the parameters alone.
enum Answer<'a> {
    Code(&'a str),
    Denied(Denial),
    Trouble(ProviderError),
}

impl OidcProvider {
    /// The one judgement of an answer, with what it looked at.
    pub(crate) async fn examine(&self, state: &AdapterState, callback: &Callback) -> Trial {
        let mut seen = Seen::new(&self.config);
        let outcome = self.judge(state, callback, &mut seen).await;
        Trial {
            checks: seen.told(&outcome),
            outcome,
        }
    }

    async fn judge(
        &self,
        state: &AdapterState,
        callback: &Callback,
        seen: &mut Seen,
    ) -> Result<LoginStep, ProviderError> {
        let begun: Begun = state
            .decode()
            .map_err(|_| fault::invalid("the remembered login is unreadable"))?;
        seen.looks_at(Stage::Discovery);
        let metadata = self.metadata().await?;
        seen.looks_at(Stage::Answer);
        let code = match self.read_answer(&metadata, &begun, callback) {
            Answer::Code(code) => code,
            Answer::Denied(denial) => return Ok(LoginStep::Denied(denial)),
            Answer::Trouble(error) => return Err(error),
        };
        seen.looks_at(Stage::Exchange);
        let tokens = match self.exchange(&metadata, code, &begun).await? {
            Exchange::Tokens(tokens) => tokens,
            Exchange::Refused(code) => return Ok(LoginStep::Denied(Denial::Refused(code))),
        };
        if let Some(api) = &self.config.options.api {
            seen.looks_at(Stage::Userinfo);
            let session = tokens.into_session();
            let identity = self.ask_api(api, &metadata, session).await?;
            seen.looks_at(Stage::Identity);
            return Ok(reached(begun.acr, identity));
        }
        let id_token = tokens
            .id_token
            .clone()
            .ok_or_else(|| fault::invalid("the token answer has no id_token"))?;
        let expected = Expected {
            nonce: Some(&begun.nonce),
            max_age: begun.max_age,
            access_token: Some(&tokens.access_token),
        };
        seen.looks_at(Stage::IdToken);
        let claims = self.check_id_token(&metadata, &id_token, &expected).await?;
        seen.looks_at(Stage::Userinfo);
        let info = self
            .userinfo(&metadata, &tokens.access_token, &claims)
            .await?;
        seen.looks_at(Stage::Identity);
        let named = self.named_in(callback);
        self.conclude(&begun, &claims, info, (tokens.into_session(), named))
    }

    /// The name in a parameter of the answer: nobody has signed it.
    fn named_in(&self, callback: &Callback) -> Option<String> {
        let parameter = self.config.options.name_parameter.as_deref()?;
        identity::unsigned_name(callback.single(parameter)?)
    }

    fn conclude(
        &self,
        begun: &Begun,
        claims: &Claims,
        info: Option<Claims>,
        (mut session, named): (UpstreamSession, Option<String>),
    ) -> Result<LoginStep, ProviderError> {
        session.sid = claims
            .get("sid")
            .and_then(|sid| sid.as_str())
            .map(str::to_owned);
        let mut identity = identity::build(&self.config, claims, info, session)?;
        identity.name = identity.name.or(named);
        Ok(reached(begun.acr, identity))
    }

    fn read_answer<'c>(
        &self,
        metadata: &Metadata,
        begun: &Begun,
        callback: &'c Callback,
    ) -> Answer<'c> {
        if ONCE.iter().any(|name| {
            callback
                .params
                .iter()
                .filter(|(key, _)| key == name)
                .count()
                > 1
        }) {
            return refused("repeated_parameter");
        }
        let state = callback.single("state").unwrap_or_default();
        if !bool::from(state.as_bytes().ct_eq(begun.state.as_bytes())) {
            return refused("state_mismatch");
        }
        if callback.redirect_uri != begun.redirect_uri {
            return refused("redirect_uri_mismatch");
        }
        // RFC 9207 §2.4: also for errors, or another provider could speak in this one's name.
        match callback.single("iss") {
            Some(issuer) if issuer != self.config.issuer => return refused("issuer_mismatch"),
            None if metadata.sends_iss && !self.config.options.allow_missing_iss => {
                return refused("issuer_missing");
            }
            _ => {}
        }
        match (callback.single("error"), callback.single("code")) {
            (Some(_), Some(_)) => refused("contradictory_answer"),
            (Some(error), None) => read_error(self.config.options.error_word(error)),
            (None, Some(code)) if !code.is_empty() => Answer::Code(code),
            _ => refused("code_missing"),
        }
    }
}

/// (12): asking for a rung is not getting it.
fn reached(demanded: Option<Acr>, identity: UpstreamIdentity) -> LoginStep {
    if demanded.is_some_and(|demanded| identity.evidence.acr < demanded) {
        let code = "unmet_authentication_requirements".to_owned();
        return LoginStep::Denied(Denial::Refused(code));
    }
    LoginStep::Authenticated(Box::new(identity))
}

/// OIDC Core §3.1.2.6 and RFC 6749 §4.1.2.1 by reaction.
fn read_error<'a>(error: &str) -> Answer<'a> {
    match error {
        "access_denied" => Answer::Denied(Denial::Cancelled),
        "login_required"
        | "interaction_required"
        | "account_selection_required"
        | "consent_required" => Answer::Denied(Denial::LoginRequired),
        "temporarily_unavailable" => Answer::Trouble(ProviderError::Unreachable(
            "it says temporarily_unavailable".into(),
        )),
        other => refused(fault::error_code(other)),
    }
}

fn refused<'a>(code: &str) -> Answer<'a> {
    Answer::Denied(Denial::Refused(code.to_owned()))
}
