//! What an access token says.

use serde::{Deserialize, Deserializer};

/// The claims of a verified access token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Claims {
    /// The issuer.
    pub iss: String,
    /// The person, or the app where it speaks for itself. Never changes.
    pub sub: String,
    /// Whom the token is for.
    #[serde(deserialize_with = "one_or_many")]
    pub aud: Vec<String>,
    /// The app that got it; `bff` for tokens of Laneway's proxy.
    pub client_id: String,
    /// The sign-in; none where nobody has signed in.
    #[serde(default)]
    pub sid: Option<String>,
    /// This token's own id.
    pub jti: String,
    /// Since when, epoch seconds.
    pub iat: i64,
    /// Until when, epoch seconds.
    pub exp: i64,
    /// Not before, epoch seconds.
    #[serde(default)]
    pub nbf: Option<i64>,
    /// What it is limited to, with spaces.
    #[serde(default)]
    pub scope: String,
    /// The organization that it is for.
    #[serde(default)]
    pub org_id: Option<String>,
    /// Its short name.
    #[serde(default)]
    pub org_slug: Option<String>,
    /// The person's roles there.
    #[serde(default)]
    pub org_roles: Vec<String>,
    /// What these permit.
    #[serde(default)]
    pub org_permissions: Vec<String>,
    /// How well the person has proven who they are: `aal1`, `aal2`, `phr`.
    #[serde(default)]
    pub acr: Option<String>,
    /// By which means.
    #[serde(default)]
    pub amr: Vec<String>,
    /// When, epoch seconds.
    #[serde(default)]
    pub auth_time: Option<i64>,
    /// The position of the issuer's log that this token reckons with.
    #[serde(default)]
    pub seen: Option<i64>,
    /// A key that the bearer has to prove (RFC 7800); such a token is refused here.
    #[serde(default)]
    pub(crate) cnf: Option<serde_json::Value>,
}

impl Claims {
    /// Is this word among the scopes?
    pub fn has_scope(&self, word: &str) -> bool {
        self.scope.split(' ').any(|known| known == word)
    }

    /// Is the token for this organization, by id or short name?
    pub fn is_in(&self, org: &str) -> bool {
        [&self.org_id, &self.org_slug]
            .into_iter()
            .any(|known| known.as_deref() == Some(org))
    }

    /// Do the person's roles in the organization permit this?
    pub fn is_permitted(&self, permission: &str) -> bool {
        self.org_permissions.iter().any(|known| known == permission)
    }

    /// What all tokens of one sign-in of an app have in common; of others, the token itself.
    pub(crate) fn family(&self) -> &str {
        self.jti
            .split_once('.')
            .map_or(self.jti.as_str(), |(family, _)| family)
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Audience {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Audience::deserialize(from)? {
        Audience::One(one) => vec![one],
        Audience::Many(all) => all,
    })
}
