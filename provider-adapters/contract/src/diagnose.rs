//! One finding about an upstream, in a form that says who must do what.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{LoginStep, ProviderError};

/// Our addresses that an administrator registers at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// `{public_url}/federation/callback/{slug}`
    pub redirect_uri: Url,
    /// `{public_url}/logged-out`
    pub post_logout_uri: Url,
    /// `{public_url}/bff/backchannel/{slug}`
    pub backchannel_uri: Url,
}

/// Who has to act on a failed check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// The administrator of the identity provider.
    Provider,
    /// Whoever runs Laneway.
    Us,
    /// The customer whose IdP it is.
    Customer,
}

/// The result of one check (CONTRACT §8, `probe`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Stable name, `snake_case`.
    pub name: String,
    /// Passed?
    pub ok: bool,
    /// What was found.
    pub received: Option<String>,
    /// What was wanted.
    pub expected: Option<String>,
    /// Who can fix it.
    pub who: Who,
    /// What to do, in one sentence; empty where nothing is to be done. `ok` with something to do
    /// is a warning: people sign in all the same.
    pub fix: String,
    /// What exactly is wrong, where there is a word for it: `issuer_mismatch` of `discovery`.
    #[serde(skip)]
    pub code: Option<String>,
}

/// A provider's answer, judged step by step.
#[derive(Debug, Clone)]
pub struct Trial {
    /// What was looked at.
    pub checks: Vec<Check>,
    /// What came of it.
    pub outcome: Result<LoginStep, ProviderError>,
}

impl Check {
    /// A passed check.
    pub fn pass(name: &str, received: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ok: true,
            received: Some(received.into()),
            expected: None,
            who: Who::Us,
            fix: String::new(),
            code: None,
        }
    }

    /// A failed check with what to do about it.
    pub fn fail(
        name: &str,
        received: impl Into<String>,
        expected: impl Into<String>,
        who: Who,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            ok: false,
            received: Some(received.into()),
            expected: Some(expected.into()),
            who,
            fix: fix.into(),
            code: None,
        }
    }

    /// Something to be done that keeps nobody from signing in.
    pub fn warn(
        name: &str,
        received: impl Into<String>,
        expected: impl Into<String>,
        who: Who,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            ok: true,
            ..Self::fail(name, received, expected, who, fix)
        }
    }

    /// Is it one of those?
    pub fn is_warning(&self) -> bool {
        self.ok && !self.fix.is_empty()
    }

    /// With the word for what exactly is wrong, where an error has one.
    #[must_use]
    pub fn because(mut self, error: &ProviderError) -> Self {
        self.code = error.code().map(str::to_owned);
        self
    }
}
