//! What identity providers call things, as data (`vendors/*.toml`).
//!
//! Owns: reading the files, and which provider an address belongs to.
//! Must not know: any of them by name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rust_embed::RustEmbed;
use serde::Deserialize;
use url::Url;

use crate::domain::Lang;
use crate::domain::connection::Protocol;

/// One provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vendor {
    /// As people call it.
    pub name: String,
    /// Hosts of its addresses; one that begins with a dot stands for all names below.
    #[serde(default)]
    hosts: Vec<String>,
    /// What its addresses have in their path.
    #[serde(default)]
    paths: Vec<String>,
    oidc: Option<Words>,
    saml: Option<Words>,
    /// For accounts of everybody instead of a customer's.
    social: Option<Words>,
}

/// Its words for one protocol.
#[derive(Debug, Clone, Deserialize)]
pub struct Words {
    /// What it calls our values and its own.
    #[serde(flatten)]
    pub names: BTreeMap<String, toml::Value>,
}

/// Where to go and what to do, in one language.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Guide {
    /// Way through its menus.
    pub place: String,
    /// One sentence each.
    pub steps: Vec<String>,
    /// What it calls things in this language, where that is not what it calls them everywhere.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
}

/// The one that stands for all others.
pub const GENERIC: &str = "generic";

#[derive(RustEmbed)]
#[folder = "vendors"]
struct Files;

static ALL: LazyLock<Vec<(String, Vendor)>> = LazyLock::new(|| {
    let read = |path: &str| {
        let text = Files::get(path)?.data;
        match toml::from_slice(&text) {
            Ok(vendor) => Some((path.strip_suffix(".toml")?.to_owned(), vendor)),
            Err(error) => {
                tracing::error!(path, %error, "a vendor file cannot be read");
                None
            }
        }
    };
    Files::iter().filter_map(|path| read(&path)).collect()
});

/// All of them: id and data.
pub fn all() -> &'static [(String, Vendor)] {
    &ALL
}

/// By id; the general one where nobody is called so.
///
/// # Panics
/// Never: the general one is part of the program, and a test reads all files.
pub fn get(id: &str) -> &'static Vendor {
    let find = |id: &str| ALL.iter().find(|(known, _)| known == id).map(|(_, v)| v);
    find(id)
        .or_else(|| find(GENERIC))
        .expect("the general words are there")
}

/// Whose address this is.
pub fn of_address(url: &Url) -> &'static str {
    let host = url.host_str().unwrap_or_default();
    let at_host = |vendor: &Vendor| {
        vendor
            .hosts
            .iter()
            .any(|known| match known.strip_prefix('.') {
                Some(below) => host.ends_with(known.as_str()) || host == below,
                None => host == known,
            })
    };
    let in_path = |vendor: &Vendor| {
        vendor
            .paths
            .iter()
            .any(|part| url.path().contains(part.as_str()))
    };
    ALL.iter()
        .find(|(_, vendor)| at_host(vendor))
        .or_else(|| ALL.iter().find(|(_, vendor)| in_path(vendor)))
        .map_or(GENERIC, |(id, _)| id.as_str())
}

impl Vendor {
    /// Its words, or the general ones.
    fn words(&self, protocol: Protocol) -> Option<&Words> {
        match protocol {
            Protocol::Oidc => self.oidc.as_ref(),
            Protocol::Saml => self.saml.as_ref(),
        }
    }

    /// What it calls something; the general word where it has none of its own.
    pub fn word(&self, protocol: Protocol, lang: Lang, name: &str) -> String {
        let of = |vendor: &Vendor| {
            let names = &vendor.words(protocol)?.names;
            let here = names.get(lang.tag()).and_then(|guide| guide.get("names"));
            let own = here.and_then(|names| names.get(name));
            own.or_else(|| names.get(name))?.as_str().map(str::to_owned)
        };
        of(self)
            .or_else(|| of(get(GENERIC)))
            .unwrap_or_else(|| name.to_owned())
    }

    /// What it calls something where everybody may have an account; the general word of OpenID
    /// Connect where it has none of its own.
    pub fn social_word(&self, lang: Lang, name: &str) -> String {
        let own = self.social.as_ref().and_then(|words| words.names.get(name));
        match own.and_then(toml::Value::as_str) {
            Some(word) => word.to_owned(),
            None => get(GENERIC).word(Protocol::Oidc, lang, name),
        }
    }

    /// Where to go for that and what to do; the general way where it has none of its own.
    pub fn social_guide(&self, lang: Lang) -> Guide {
        let own = self.social.as_ref().and_then(|words| {
            let guide = words.names.get(lang.tag())?.clone();
            guide.try_into().ok()
        });
        own.unwrap_or_else(|| get(GENERIC).guide(Protocol::Oidc, lang))
    }

    /// A claim that must be demanded there, where one must.
    pub fn required_claim(&self, protocol: Protocol) -> Option<&str> {
        self.words(protocol)?.names.get("required_claim")?.as_str()
    }

    /// Where to go and what to do.
    pub fn guide(&self, protocol: Protocol, lang: Lang) -> Guide {
        let of = |vendor: &Vendor| -> Option<Guide> {
            let words = vendor.words(protocol)?;
            let guide = words.names.get(lang.tag())?.clone();
            guide.try_into().ok()
        };
        of(self).or_else(|| of(get(GENERIC))).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_reads_and_the_common_ones_are_complete() {
        assert_eq!(all().len(), Files::iter().count());
        for id in [
            "entra", "okta", "google", "adfs", "ping", "keycloak", "generic",
        ] {
            let vendor = get(id);
            for protocol in [Protocol::Oidc, Protocol::Saml] {
                let words = vendor.words(protocol).unwrap_or_else(|| panic!("{id}"));
                let needed: &[&str] = match protocol {
                    Protocol::Oidc => &["redirect_uri", "client_id", "client_secret", "issuer"],
                    Protocol::Saml => &["acs", "entity_id", "sign_on", "metadata"],
                };
                for name in needed.iter().chain(&["groups"]) {
                    assert!(words.names.contains_key(*name), "{id} {protocol:?} {name}");
                }
                for lang in Lang::ALL {
                    let guide = vendor.guide(protocol, lang);
                    assert!(!guide.place.is_empty(), "{id} {protocol:?} {}", lang.tag());
                    assert!(guide.steps.len() >= 3, "{id} {protocol:?} {}", lang.tag());
                }
            }
        }
    }

    #[test]
    fn accounts_of_everybody_are_explained_in_every_language() {
        for id in ["apple", "github", "google", "microsoft"] {
            let vendor = get(id);
            for name in ["redirect_uri", "client_id", "client_secret"] {
                let words = vendor.social.as_ref().unwrap_or_else(|| panic!("{id}"));
                assert!(words.names.contains_key(name), "{id} {name}");
            }
            for lang in Lang::ALL {
                let guide = vendor.social_guide(lang);
                assert!(!guide.place.is_empty() && guide.steps.len() >= 3, "{id}");
            }
        }
        assert!(!get(GENERIC).social_guide(Lang::En).steps.is_empty());
    }

    #[test]
    fn addresses_belong_to_their_vendors() {
        for (address, id) in [
            ("https://login.microsoftonline.com/7f3c/v2.0", "entra"),
            ("https://sts.windows.net/7f3c/", "entra"),
            ("https://acme.okta.com", "okta"),
            ("https://accounts.google.com", "google"),
            ("https://fs.acme.example/adfs", "adfs"),
            ("https://auth.pingone.eu/1/as", "ping"),
            ("https://sso.acme.example/realms/acme", "keycloak"),
            ("https://acme.eu.auth0.com/", "auth0"),
            ("https://acme.onelogin.com/oidc/2", "onelogin"),
            ("https://oauth.id.jumpcloud.com/", "jumpcloud"),
            (
                "https://auth.acme.example/application/o/laneway/",
                "authentik",
            ),
            ("https://acme.zitadel.cloud", "zitadel"),
            (
                "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_x",
                "cognito",
            ),
            ("https://okta.com.evil.example", "generic"),
            ("https://evilokta.com", "generic"),
        ] {
            assert_eq!(
                of_address(&address.parse().expect("an address")),
                id,
                "{address}"
            );
        }
    }
}
