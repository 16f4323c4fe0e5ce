//! Login on the fake provider's page. There is no page: the test reads the address that
//! the browser would open and asks the fake for the parameters of the way back.

use async_trait::async_trait;
use laneway_contract::{
    AdapterState, BeginRedirect, Callback, Check, Denial, LoginStep, ProviderError, RedirectLogin,
    RedirectTo, Trial, Who,
};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::Fake;
use crate::provider::{Evidence, state_of};

#[derive(Serialize, Deserialize)]
struct Begun {
    state: String,
    redirect_uri: Url,
}

impl Fake {
    /// The parameters with which the provider sends the browser back after this person
    /// signed in at `authorize` (the address from `begin`). The code works once.
    pub fn callback_params(&self, subject: &str, authorize: &Url) -> Vec<(String, String)> {
        let code = self.token("code");
        self.script().codes.insert(code.clone(), subject.to_owned());
        self.answer(authorize, ("code", code))
    }

    /// The parameters of a refusal (`access_denied`, `login_required`, …).
    pub fn error_params(&self, error: &str, authorize: &Url) -> Vec<(String, String)> {
        self.answer(authorize, ("error", error.to_owned()))
    }

    fn answer(&self, authorize: &Url, (name, value): (&str, String)) -> Vec<(String, String)> {
        let state = authorize.query_pairs().find(|(key, _)| key == "state");
        let state = state
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default();
        vec![
            (name.to_owned(), value),
            ("state".to_owned(), state),
            ("iss".to_owned(), self.shared.config.issuer.clone()),
        ]
    }
}

#[async_trait]
impl RedirectLogin for Fake {
    async fn begin(&self, request: BeginRedirect) -> Result<RedirectTo, ProviderError> {
        self.obey().await?;
        let mut url = Url::parse(&self.shared.config.issuer)
            .and_then(|base| base.join("/authorize"))
            .map_err(|error| ProviderError::Misconfigured(error.to_string()))?;
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("state", &request.state);
            query.append_pair("redirect_uri", request.redirect_uri.as_str());
            let optional = [
                ("login_hint", request.login_hint),
                ("ui_locales", request.ui_locales),
                (
                    "prompt",
                    request.prompt.map(|prompt| prompt.as_str().to_owned()),
                ),
                ("acr_values", request.acr.map(|acr| acr.as_str().to_owned())),
                (
                    "max_age",
                    request.max_age.map(|seconds| seconds.to_string()),
                ),
            ];
            for (name, value) in optional {
                if let Some(value) = value {
                    query.append_pair(name, &value);
                }
            }
        }
        let begun = Begun {
            state: request.state,
            redirect_uri: request.redirect_uri,
        };
        Ok(RedirectTo {
            url,
            state: state_of(&begun)?,
        })
    }

    async fn complete(
        &self,
        state: &AdapterState,
        callback: Callback,
    ) -> Result<LoginStep, ProviderError> {
        self.obey().await?;
        let begun: Begun = state
            .decode()
            .map_err(|_| invalid("the state is not ours"))?;
        // What the browser brings can be written by anybody: it is refused, not an error.
        if callback.single("state") != Some(&begun.state) {
            return Ok(refused("state_mismatch"));
        }
        if callback.redirect_uri != begun.redirect_uri {
            return Ok(refused("redirect_uri_mismatch"));
        }
        if callback.single("iss") != Some(&self.shared.config.issuer) {
            return Ok(refused("issuer_mismatch"));
        }
        if let Some(error) = callback.single("error") {
            return Ok(LoginStep::Denied(refusal(error)));
        }
        let Some(code) = callback.single("code") else {
            return Ok(refused("code_missing"));
        };
        let person = {
            let mut script = self.script();
            let Some(subject) = script.codes.remove(code) else {
                return Ok(refused("invalid_grant"));
            };
            script
                .people
                .get(&subject)
                .cloned()
                .ok_or(ProviderError::SubjectGone)?
        };
        if !person.enabled {
            return Ok(LoginStep::Denied(Denial::Disabled));
        }
        Ok(LoginStep::Authenticated(
            self.assert(&person, Evidence::OwnPage),
        ))
    }

    async fn trial(&self, state: &AdapterState, callback: Callback) -> Trial {
        let outcome = self.complete(state, callback).await;
        let check = match &outcome {
            Ok(LoginStep::Authenticated(_)) => Check::pass("answer", "as scripted"),
            other => {
                let received = format!("{other:?}");
                Check::fail(
                    "answer",
                    received,
                    "a person",
                    Who::Provider,
                    "Change the script.",
                )
            }
        };
        Trial {
            checks: vec![check],
            outcome,
        }
    }
}

fn refusal(error: &str) -> Denial {
    match error {
        "access_denied" => Denial::Cancelled,
        "login_required" | "interaction_required" => Denial::LoginRequired,
        other => Denial::Refused(other.to_owned()),
    }
}

fn refused(code: &str) -> LoginStep {
    LoginStep::Denied(Denial::Refused(code.to_owned()))
}

fn invalid(what: &str) -> ProviderError {
    ProviderError::InvalidResponse(what.to_owned())
}
