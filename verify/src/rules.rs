//! What a route asks of a token beyond being good.

use crate::{Claims, Refusal};

/// The ladder of proofs, lowest first.
const LADDER: [&str; 3] = ["aal1", "aal2", "phr"];

/// What is asked; all of it must hold.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    scopes: Vec<String>,
    any_org: bool,
    org: Option<String>,
    permissions: Vec<String>,
    acr: Option<String>,
}

impl Rules {
    /// Nothing but a good token.
    pub fn new() -> Self {
        Self::default()
    }

    /// This word among the scopes.
    #[must_use]
    pub fn scope(mut self, word: &str) -> Self {
        self.scopes.push(word.to_owned());
        self
    }

    /// An organization, whichever.
    #[must_use]
    pub fn in_some_org(mut self) -> Self {
        self.any_org = true;
        self
    }

    /// This organization, by id or short name.
    #[must_use]
    pub fn in_org(mut self, org: &str) -> Self {
        self.org = Some(org.to_owned());
        self
    }

    /// A permission that the person's roles in the organization include.
    #[must_use]
    pub fn permission(mut self, word: &str) -> Self {
        self.permissions.push(word.to_owned());
        self
    }

    /// At least this proof: `aal1`, `aal2` or `phr`.
    #[must_use]
    pub fn acr(mut self, acr: &str) -> Self {
        self.acr = Some(acr.to_owned());
        self
    }

    /// Holds all of it?
    ///
    /// # Errors
    /// [`Refusal::InsufficientScope`], [`Refusal::Forbidden`], [`Refusal::InsufficientProof`].
    pub fn check(&self, claims: &Claims) -> Result<(), Refusal> {
        if !self.scopes.iter().all(|word| claims.has_scope(word)) {
            let scope = self.scopes.join(" ");
            return Err(Refusal::InsufficientScope { scope });
        }
        let org = match &self.org {
            Some(org) => claims.is_in(org),
            None => !self.any_org || claims.org_id.is_some(),
        };
        if !org
            || !self
                .permissions
                .iter()
                .all(|word| claims.is_permitted(word))
        {
            return Err(Refusal::Forbidden);
        }
        match &self.acr {
            Some(acr) if !reaches(claims.acr.as_deref(), acr) => {
                Err(Refusal::InsufficientProof { acr: acr.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// A word that is not on the ladder reaches nothing, and is reached by nothing.
fn reaches(has: Option<&str>, needs: &str) -> bool {
    let step = |word: &str| LADDER.iter().position(|known| *known == word);
    match (has.and_then(step), step(needs)) {
        (Some(has), Some(needs)) => has >= needs,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_rule_is_asked() {
        let claims: Claims = serde_json::from_value(json!({
            "iss": "i", "sub": "u", "aud": ["a"], "client_id": "c", "jti": "j", "iat": 1, "exp": 2,
            "scope": "a:read b:read", "org_id": "o1", "org_slug": "acme",
            "org_permissions": ["members:read"], "acr": "aal2",
        }))
        .expect("claims");
        let alone = Claims {
            org_id: None,
            org_slug: None,
            acr: None,
            ..claims.clone()
        };
        let any = Rules::new();
        for (rules, with, without) in [
            (any.clone(), None, None),
            (any.clone().scope("a:read").scope("b:read"), None, None),
            (any.clone().scope("a"), Some(403), Some(403)),
            (any.clone().in_some_org(), None, Some(403)),
            (any.clone().in_org("acme"), None, Some(403)),
            (any.clone().in_org("o1"), None, Some(403)),
            (any.clone().in_org("else"), Some(403), Some(403)),
            (any.clone().permission("members:read"), None, None),
            (
                any.clone().permission("members:write"),
                Some(403),
                Some(403),
            ),
            (any.clone().acr("aal1"), None, Some(403)),
            (any.clone().acr("aal2"), None, Some(403)),
            (any.clone().acr("phr"), Some(403), Some(403)),
            (any.clone().acr("aal9"), Some(403), Some(403)),
        ] {
            for (claims, expected) in [(&claims, with), (&alone, without)] {
                let refused = rules.check(claims).err();
                let status = refused.map(|refusal| refusal.status().as_u16());
                assert_eq!(status, expected, "{rules:?}");
            }
        }
    }
}
