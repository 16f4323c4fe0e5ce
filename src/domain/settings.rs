//! What a tenant tells its people about itself, beside its look.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use super::{Email, Lang, Problem};

/// The member that says what address mails come from.
pub const SENDER_ADDRESS: &str = "mail_from_address";

/// All of it is optional: what is not set is not shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The language where nothing else decides.
    pub locale: Option<Lang>,
    /// Where people find help.
    pub help_url: Option<Url>,
    /// Where it says what happens to their data.
    pub privacy_url: Option<Url>,
    /// Whom people write to when something fails.
    pub support_email: Option<String>,
    /// Sender of mails: name.
    pub mail_from_name: Option<String>,
    /// Sender of mails: address.
    pub mail_from_address: Option<String>,
    /// What callers may show; not set: all of it.
    pub auth_methods: Option<Vec<AuthMethod>>,
}

/// What a caller shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// The cookie of a session.
    Cookie,
    /// An API token, imported ones too.
    ApiToken,
    /// An access token of ours.
    AccessToken,
    /// An access token of an identity provider of the tenant's, where that counts.
    UpstreamToken,
}

impl Settings {
    /// These settings with a merge patch (RFC 7396) on them.
    ///
    /// # Errors
    /// `invalid_field` with the member's pointer.
    pub fn patched(&self, patch: &Map<String, Value>) -> Result<Self, Problem> {
        let mut all = self.as_map();
        for (name, value) in patch {
            all.insert(name.clone(), value.clone());
            // One after the other, so that the pointer names the faulty one.
            let one = Map::from_iter([(name.clone(), value.clone())]);
            let read: Self = serde_json::from_value(Value::Object(one)).map_err(|_| {
                let pointer = format!("/settings/{name}");
                Problem::field(
                    &pointer,
                    "invalid",
                    "This setting is unknown or of the wrong form.",
                )
            })?;
            read.check()?;
        }
        serde_json::from_value(Value::Object(all)).map_err(|_| {
            Problem::field(
                "/settings",
                "invalid",
                "This setting is unknown or of the wrong form.",
            )
        })
    }

    /// The merge patch that clears every member.
    pub fn none() -> Map<String, Value> {
        Self::default().as_map()
    }

    /// May callers show this? Operators' tokens are beside it, or nobody could set it back.
    pub fn accepts(&self, method: AuthMethod) -> bool {
        let methods = self.auth_methods.as_ref();
        methods.is_none_or(|methods| methods.contains(&method))
    }

    /// The members that are set here, over those of others.
    #[must_use]
    pub fn over(&self, others: &Self) -> Self {
        let mut all = others.as_map();
        all.extend(
            self.as_map()
                .into_iter()
                .filter(|(_, value)| !value.is_null()),
        );
        serde_json::from_value(Value::Object(all)).unwrap_or_else(|_| others.clone())
    }

    /// The members that are not as they were.
    pub fn changed_from(&self, before: &Self) -> Vec<String> {
        let before = before.as_map();
        let now = self.as_map().into_iter();
        now.filter(|(name, value)| before.get(name) != Some(value))
            .map(|(name, _)| name)
            .collect()
    }

    /// Is a member set?
    pub fn sets(&self, name: &str) -> bool {
        self.as_map()
            .get(name)
            .is_some_and(|value| !value.is_null())
    }

    fn as_map(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(all)) => all,
            _ => Map::new(),
        }
    }

    fn check(&self) -> Result<(), Problem> {
        for (name, url) in [
            ("help_url", &self.help_url),
            ("privacy_url", &self.privacy_url),
        ] {
            if url.as_ref().is_some_and(|url| !is_web(url)) {
                let pointer = format!("/settings/{name}");
                return Err(Problem::field(
                    &pointer,
                    "invalid_url",
                    "Give an https address.",
                ));
            }
        }
        let addresses = [
            ("support_email", &self.support_email),
            (SENDER_ADDRESS, &self.mail_from_address),
        ];
        for (name, address) in addresses {
            if address
                .as_deref()
                .is_some_and(|text| text != text.trim() || Email::parse(text).is_none())
            {
                let pointer = format!("/settings/{name}");
                return Err(Problem::field(
                    &pointer,
                    "invalid_email",
                    "Give a full email address.",
                ));
            }
        }
        if self.auth_methods.as_ref().is_some_and(Vec::is_empty) {
            let pointer = "/settings/auth_methods";
            let text = "Accept at least one method.";
            return Err(Problem::field(pointer, "required", text));
        }
        let name = self.mail_from_name.as_deref().unwrap_or("-").trim();
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            let pointer = "/settings/mail_from_name";
            return Err(Problem::field(
                pointer,
                "invalid",
                "Use 1 to 100 characters.",
            ));
        }
        Ok(())
    }
}

/// What a page may lead to.
fn is_web(url: &Url) -> bool {
    url.scheme() == "https"
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
}

#[cfg(test)]
mod tests {
    use super::Settings;
    use crate::domain::Lang;
    use serde_json::{Value, json};

    fn patched(on: &Settings, patch: Value) -> Result<Settings, String> {
        let Value::Object(patch) = patch else {
            panic!("an object")
        };
        on.patched(&patch)
            .map_err(|problem| problem.errors[0].pointer.clone())
    }

    #[test]
    fn a_patch_sets_clears_and_leaves() {
        let set = patched(
            &Settings::default(),
            json!({ "locale": "de", "support_email": "a@x.test" }),
        )
        .expect("good");
        assert_eq!(set.locale, Some(Lang::De));
        let cleared = patched(
            &set,
            json!({ "support_email": null, "help_url": "https://h.test/" }),
        )
        .expect("good");
        assert_eq!(
            (cleared.locale, &cleared.support_email),
            (Some(Lang::De), &None)
        );
        assert!(cleared.sets("help_url") && !cleared.sets("privacy_url"));
        let config = Settings {
            locale: Some(Lang::En),
            ..Settings::default()
        };
        assert_eq!(config.over(&cleared).locale, Some(Lang::En));
        assert_eq!(config.over(&cleared).help_url, cleared.help_url);
    }

    #[test]
    fn what_pages_must_not_show_is_refused() {
        for (name, value) in [
            ("locale", json!("fr")),
            ("help_url", json!("javascript:alert(1)")),
            ("privacy_url", json!("http://a.test/")),
            ("help_url", json!("https://u:p@a.test/")),
            ("support_email", json!("x")),
            ("support_email", json!(" a@x.test")),
            ("mail_from_address", json!("a@b@c")),
            ("mail_from_name", json!("a\r\nBcc: b")),
            ("colour", json!("x")),
        ] {
            let patch = json!({ name: value });
            let pointer = format!("/settings/{name}");
            assert_eq!(
                patched(&Settings::default(), patch),
                Err(pointer),
                "{value}"
            );
        }
    }
}
