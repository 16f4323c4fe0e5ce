//! Addresses of a realm, made from data without any text pasting.
//!
//! Owns: Keycloak's path layout. Must not know: what is called there.

use laneway_contract::ProviderError;
use url::Url;

/// Base address and realm name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Realm {
    base: Url,
    pub(crate) name: String,
}

impl Realm {
    pub(crate) fn new(base: &Url, name: &str) -> Result<Self, ProviderError> {
        let plain = !base.cannot_be_a_base() && base.query().is_none() && base.fragment().is_none();
        // Keycloak refuses these in paths; as names they could only climb out of the realm.
        let named = !name.is_empty() && name != "." && name != "..";
        if !plain || !named {
            return Err(ProviderError::Misconfigured(
                "this is not the address of a realm".into(),
            ));
        }
        Ok(Self {
            base: base.clone(),
            name: name.to_owned(),
        })
    }

    /// Takes `{base}/realms/{realm}` apart.
    pub(crate) fn of_issuer(issuer: &str) -> Result<Self, ProviderError> {
        let wrong = || {
            let text = "a Keycloak issuer ends in /realms/ and the name of the realm";
            ProviderError::Misconfigured(text.into())
        };
        let (base, name) = issuer.rsplit_once("/realms/").ok_or_else(wrong)?;
        if name.contains('/') {
            return Err(wrong());
        }
        Self::new(&Url::parse(base).map_err(|_| wrong())?, name)
    }

    /// `{base}/realms/{realm}/…`
    pub(crate) fn url(&self, path: &[&str]) -> Url {
        self.at(&["realms", &self.name], path)
    }

    /// `{base}/admin/realms/{realm}/…`
    pub(crate) fn admin_url(&self, path: &[&str]) -> Url {
        self.at(&["admin", "realms", &self.name], path)
    }

    /// `{base}/admin/realms`
    pub(crate) fn all_url(&self) -> Url {
        self.at(&["admin", "realms"], &[])
    }

    /// `{base}/admin/serverinfo`
    pub(crate) fn server_url(&self) -> Url {
        self.at(&["admin", "serverinfo"], &[])
    }

    pub(crate) fn sibling(&self, name: &str) -> Result<Self, ProviderError> {
        Self::new(&self.base, name)
    }

    fn at(&self, head: &[&str], tail: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(head).extend(tail);
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_taken_apart_and_names_are_escaped() {
        let realm = Realm::of_issuer("https://kc.example/auth/realms/our realm").unwrap();
        assert_eq!(
            realm.url(&["x"]).as_str(),
            "https://kc.example/auth/realms/our%20realm/x"
        );
        let url = realm.admin_url(&["clients", "a/b?c"]);
        assert_eq!(
            url.path(),
            "/auth/admin/realms/our%20realm/clients/a%2Fb%3Fc"
        );
        for wrong in [
            "https://kc.example",
            "https://kc.example/realms/",
            "https://kc.example/realms/a/b",
            "x/realms/y",
            "https://kc.example/realms/..",
        ] {
            assert!(Realm::of_issuer(wrong).is_err(), "{wrong}");
        }
    }
}
