//! Claims that an app asks for by name (OpenID Connect Core §5.5).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::profile::scope_of;
use super::scope::Scope;

/// Names of standard claims, by where the app wants them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WantedClaims {
    /// From the userinfo endpoint.
    pub userinfo: BTreeSet<String>,
    /// In the ID token.
    pub id_token: BTreeSet<String>,
}

impl WantedClaims {
    /// None at all?
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }

    /// The scopes that would give as much: what people are asked for, and what an app has to be
    /// registered for.
    pub fn scopes(&self) -> Scope {
        let names = self.userinfo.iter().chain(&self.id_token);
        names.filter_map(|name| scope_of(name)).collect()
    }

    /// Only what these scopes give.
    #[must_use]
    pub fn within(mut self, scope: &Scope) -> Self {
        let known = |name: &String| scope_of(name).is_some_and(|own| scope.has(own));
        self.userinfo.retain(known);
        self.id_token.retain(known);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::WantedClaims;
    use crate::domain::scope::Scope;

    #[test]
    fn names_stand_for_the_scopes_that_hold_them() {
        let wanted = WantedClaims {
            userinfo: ["name", "phone_number", "sub"].map(String::from).into(),
            id_token: ["email"].map(String::from).into(),
        };
        assert_eq!(wanted.scopes().to_string(), "email phone profile");
        let own = Scope::parse("profile").expect("a scope");
        let wanted = wanted.within(&own);
        assert_eq!(wanted.scopes(), own);
        assert!(wanted.id_token.is_empty());
    }
}
