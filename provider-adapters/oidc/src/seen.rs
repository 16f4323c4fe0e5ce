//! What the judgement of an answer has looked at, told check by check.
//!
//! Owns: names of the checks, who must act when one fails, and what to do then.
//! Must not know: how anything is checked.

use laneway_contract::{Check, Denial, LoginStep, ProviderError, Who};

use crate::OidcConfig;

/// A part of the judgement, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Discovery,
    Answer,
    Exchange,
    IdToken,
    Userinfo,
    Identity,
}

/// The stages that were begun: all but the last have passed.
pub(crate) struct Seen {
    begun: Vec<Stage>,
    issuer: String,
    client_id: String,
}

impl Seen {
    pub(crate) fn new(config: &OidcConfig) -> Self {
        Self {
            begun: Vec::new(),
            issuer: config.issuer.clone(),
            client_id: config.client_id.clone(),
        }
    }

    pub(crate) fn looks_at(&mut self, stage: Stage) {
        self.begun.push(stage);
    }

    /// All checks that were made, the failed one last.
    pub(crate) fn told(&self, outcome: &Result<LoginStep, ProviderError>) -> Vec<Check> {
        let failed = match outcome {
            Ok(LoginStep::Denied(denial)) => Some(refusal(denial)),
            Ok(_) => None,
            Err(error) => Some((error.code().unwrap_or("").to_owned(), plain(error))),
        };
        let passed = self.begun.len() - usize::from(failed.is_some()).min(self.begun.len());
        let mut all: Vec<Check> = self.begun[..passed]
            .iter()
            .map(|stage| self.passed(*stage))
            .collect();
        if let (Some((code, received)), Some(stage)) = (failed, self.begun.last()) {
            all.push(self.failed(*stage, &code, received));
        }
        all
    }

    fn passed(&self, stage: Stage) -> Check {
        let received = match stage {
            Stage::Discovery => self.issuer.as_str(),
            Stage::Answer => "a code for this sign-in",
            Stage::Exchange => "the client was accepted",
            Stage::IdToken => "signature, issuer, audience, times and nonce",
            Stage::Userinfo => "about the same person",
            Stage::Identity => "a person",
        };
        Check::pass(name(stage), received)
    }

    fn failed(&self, stage: Stage, code: &str, received: String) -> Check {
        let code = if code.is_empty() { name(stage) } else { code };
        let (expected, who, fix) = self.advice(code, stage);
        Check::fail(code, received, expected, who, fix)
    }

    fn advice(&self, code: &str, stage: Stage) -> (String, Who, &'static str) {
        let theirs = |expected: &str, fix| (expected.to_owned(), Who::Customer, fix);
        match code {
            "client_refused" => theirs(
                "the client id and secret are accepted",
                "Copy the client id and the client secret from the identity provider again; an expired secret has to be replaced there first.",
            ),
            "redirect_uri_mismatch" | "invalid_redirect_uri" => theirs(
                "the redirect URI shown here",
                "Register the redirect URI at the identity provider exactly as it is shown here.",
            ),
            "wrong_issuer" | "issuer_mismatch" => (
                self.issuer.clone(),
                Who::Customer,
                "Use the issuer exactly as the provider's discovery document states it.",
            ),
            "tenant_not_named" => (
                "an account of a directory that is named".to_owned(),
                Who::Us,
                "Name the directory in the settings of the connection, or sign in with an account of one that is named.",
            ),
            "wrong_audience" => (
                self.client_id.clone(),
                Who::Customer,
                "Use the client id of the application that was registered for this sign-in.",
            ),
            "weak_algorithm" => theirs(
                "RS256, PS256, ES256, ES384 or EdDSA",
                "Let the provider sign ID tokens with one of these algorithms.",
            ),
            "unknown_key" | "wrong_signature" => theirs(
                "a signature by a key that the provider publishes",
                "Look at the provider's signing keys: the key that signs must be in its key set.",
            ),
            "token_expired" | "clock_skew" => theirs(
                "times within a minute of ours",
                "Set the provider's clock by network time.",
            ),
            "wrong_nonce" => (
                "the nonce of this sign-in".to_owned(),
                Who::Us,
                "Start the test again; an answer counts once and for the sign-in that asked for it.",
            ),
            "cancelled" => theirs(
                "a completed sign-in",
                "The sign-in was cancelled at the provider. Start the test again; if the provider refused, assign the person to the application there.",
            ),
            "address_forbidden" => theirs(
                "a public https address",
                "Use an address of the provider that can be reached from the internet.",
            ),
            "timeout" | "unreachable" | "tls_fault" | "server_error" => theirs(
                "an answer",
                "Make the provider reachable from the internet, with a certificate that browsers trust.",
            ),
            _ => theirs(
                match stage {
                    Stage::Discovery => "a discovery document of this issuer",
                    Stage::Answer => "an authorization code",
                    Stage::Exchange => "tokens for the code",
                    Stage::IdToken => "an ID token that proves this sign-in",
                    Stage::Userinfo => "claims about the same person",
                    Stage::Identity => "who signed in",
                },
                "Look at the provider's own log for this sign-in; it says why it answered so.",
            ),
        }
    }
}

fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Discovery => "discovery",
        Stage::Answer => "authorization_answer",
        Stage::Exchange => "token_exchange",
        Stage::IdToken => "id_token",
        Stage::Userinfo => "userinfo",
        Stage::Identity => "identity",
    }
}

fn refusal(denial: &Denial) -> (String, String) {
    match denial {
        Denial::Cancelled => ("cancelled".into(), "access_denied".into()),
        Denial::LoginRequired => ("login_required".into(), "login_required".into()),
        Denial::Refused(code) => {
            let known = match code.as_str() {
                "invalid_grant" => "code_refused",
                "unauthorized_client" | "invalid_client" => "client_refused",
                "invalid_scope" => "scope_refused",
                _ => "",
            };
            (known.to_owned(), code.clone())
        }
        Denial::Disabled => ("account_disabled".into(), "disabled".into()),
        Denial::WrongAnswer(_) | Denial::TooManyTries | Denial::Expired => {
            (String::new(), "refused".into())
        }
    }
}

/// The sentence without its code.
fn plain(error: &ProviderError) -> String {
    let text = error.to_string();
    match error.code() {
        Some(code) => text
            .strip_suffix(&format!(" [{code}]"))
            .unwrap_or(&text)
            .to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use laneway_contract::Who;

    use super::*;
    use crate::{OidcOptions, fault};

    fn seen(stages: &[Stage]) -> Seen {
        let mut seen = Seen::new(&OidcConfig {
            issuer: "https://idp.example".into(),
            client_id: "laneway".into(),
            client_secret: None,
            scopes: Vec::new(),
            options: OidcOptions::default(),
        });
        for stage in stages {
            seen.looks_at(*stage);
        }
        seen
    }

    #[test]
    fn the_last_stage_is_the_one_that_failed() {
        let seen = seen(&[Stage::Discovery, Stage::Answer, Stage::Exchange]);
        let error = fault::misconfigured_as("client_refused", "it says invalid_client");
        let told = seen.told(&Err(error));
        let names: Vec<(&str, bool)> = told.iter().map(|c| (c.name.as_str(), c.ok)).collect();
        assert_eq!(
            names,
            [
                ("discovery", true),
                ("authorization_answer", true),
                ("client_refused", false)
            ]
        );
        assert_eq!(told[2].who, Who::Customer);
        assert!(!told[2].fix.is_empty());
        assert!(!told[2].received.as_deref().unwrap_or("[").contains('['));
    }

    #[test]
    fn a_refusal_is_a_failed_check_and_nothing_begun_is_nothing_told() {
        let denied = Ok(LoginStep::Denied(Denial::Cancelled));
        let told = seen(&[Stage::Discovery, Stage::Answer]).told(&denied);
        assert_eq!((told[1].name.as_str(), told[1].ok), ("cancelled", false));
        assert!(seen(&[]).told(&denied).is_empty());
    }
}
