//! What well-known providers do differently, as data (`vendors/*.toml`).
//!
//! Owns: reading the files. Must not know: any of them but by the name of its file.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

/// One provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vendor {
    /// Its issuer, where everybody has the same.
    pub issuer: String,
    /// What a sign-in asks for.
    pub scopes: Vec<String>,
    /// Members of a connection that it cannot do without.
    #[serde(default)]
    pub needs: Vec<String>,
    /// [`OidcOptions`](crate::OidcOptions).
    pub options: Map<String, Value>,
}

const FILES: [(&str, &str); 4] = [
    ("apple", include_str!("../vendors/apple.toml")),
    ("github", include_str!("../vendors/github.toml")),
    ("google", include_str!("../vendors/google.toml")),
    ("microsoft", include_str!("../vendors/microsoft.toml")),
];

static ALL: LazyLock<Vec<(&str, Vendor)>> = LazyLock::new(|| {
    let read = |(name, text): (&'static str, &str)| Some((name, toml::from_str(text).ok()?));
    FILES.into_iter().filter_map(read).collect()
});

/// The provider of a name.
pub fn vendor(name: &str) -> Option<&'static Vendor> {
    let found = ALL.iter().find(|(known, _)| *known == name);
    found.map(|(_, vendor)| vendor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OidcOptions;

    #[test]
    fn every_file_reads_and_its_options_are_ones() {
        for (name, text) in FILES {
            let read: Vendor = toml::from_str(text).unwrap_or_else(|e| panic!("{name}: {e}"));
            let options = Value::Object(read.options.clone());
            serde_json::from_value::<OidcOptions>(options)
                .unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(vendor(name).is_some() && read.issuer.starts_with("https://"));
        }
        assert!(vendor("okta").is_none());
    }
}
