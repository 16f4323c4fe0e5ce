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
    /// What whoever shows nothing is asked for; not set: a sign-in, where that is accepted.
    pub default_method: Option<AuthMethod>,
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

impl AuthMethod {
    /// All of them, as they are written.
    pub const ALL: [(&'static str, Self); 4] = [
        ("cookie", Self::Cookie),
        ("api_token", Self::ApiToken),
        ("access_token", Self::AccessToken),
        ("upstream_token", Self::UpstreamToken),
    ];
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
        let all: Self = serde_json::from_value(Value::Object(all)).map_err(|_| {
            Problem::field(
                "/settings",
                "invalid",
                "This setting is unknown or of the wrong form.",
            )
        })?;
        // One that is left from before is no fault of whoever changes something else.
        let touched = ["auth_methods", "default_method"];
        if touched.iter().any(|name| patch.contains_key(*name)) && !all.has_default() {
            let pointer = "/settings/default_method";
            let text = "Name one of the methods that are accepted.";
            return Err(Problem::field(pointer, "invalid", text));
        }
        Ok(all)
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

    /// Is what strangers are asked for one of what is accepted?
    pub fn has_default(&self) -> bool {
        self.default_method
            .is_none_or(|method| self.accepts(method))
    }

    /// Is whoever shows nothing led to a sign-in? A sign-in that is not accepted would lead them
    /// back here, for ever.
    pub fn asks_to_sign_in(&self) -> bool {
        let wanted = self.default_method.filter(|method| self.accepts(*method));
        wanted.unwrap_or(AuthMethod::Cookie) == AuthMethod::Cookie
            && self.accepts(AuthMethod::Cookie)
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
    use super::{AuthMethod, Settings};
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

    #[test]
    fn strangers_are_asked_for_what_is_accepted() {
        let of = |patch: Value| patched(&Settings::default(), patch);
        for (patch, asks) in [
            (json!({}), true),
            (json!({ "auth_methods": ["cookie", "api_token"] }), true),
            (json!({ "auth_methods": ["api_token"] }), false),
            (json!({ "default_method": "access_token" }), false),
            (json!({ "default_method": "cookie" }), true),
            (
                json!({ "auth_methods": ["cookie", "api_token"], "default_method": "api_token" }),
                false,
            ),
        ] {
            let settings = of(patch.clone()).expect("good");
            assert_eq!(settings.asks_to_sign_in(), asks, "{patch}");
        }
        let pointer = || Err("/settings/default_method".to_owned());
        for bad in [
            json!({ "default_method": "password" }),
            json!({ "auth_methods": ["api_token"], "default_method": "cookie" }),
        ] {
            assert_eq!(of(bad), pointer());
        }
        let set = of(json!({ "default_method": "api_token" })).expect("good");
        assert_eq!(
            patched(&set, json!({ "auth_methods": ["cookie"] })),
            pointer()
        );
        // Of the file and of the API, each for itself, there may come what does not fit.
        let unfit = Settings {
            auth_methods: Some(vec![AuthMethod::Cookie]),
            ..set
        };
        assert!(unfit.asks_to_sign_in() && patched(&unfit, json!({ "locale": "de" })).is_ok());
    }

    #[test]
    fn every_method_is_written_as_it_is_read() {
        for (word, method) in AuthMethod::ALL {
            assert_eq!(serde_json::to_value(method).expect("JSON"), json!(word));
        }
    }
}
