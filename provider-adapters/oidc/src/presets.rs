//! What is special of well-known providers as a tenant's own, as data (`presets/*.toml`).
//!
//! Owns: reading the files. Must not know: any of them but by the name of its file.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::vendors::vendor;

/// One provider.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Preset {
    /// Whose sign-ins it shares with those who bring it themselves.
    vendor: Option<String>,
    /// [`OidcOptions`](crate::OidcOptions), over those of the vendor.
    pub options: Map<String, Value>,
    /// [`BearerRules`](laneway_contract::BearerRules), as far as they are the same for everybody.
    pub bearer: Map<String, Value>,
}

const FILES: [(&str, &str); 7] = [
    ("auth0", include_str!("../presets/auth0.toml")),
    ("cognito", include_str!("../presets/cognito.toml")),
    ("entra", include_str!("../presets/entra.toml")),
    ("generic", include_str!("../presets/generic.toml")),
    ("google", include_str!("../presets/google.toml")),
    ("okta", include_str!("../presets/okta.toml")),
    ("ory", include_str!("../presets/ory.toml")),
];

static ALL: LazyLock<Vec<(&str, Preset)>> = LazyLock::new(|| {
    let read = |(name, text): (&'static str, &str)| {
        let mut preset: Preset = toml::from_str(text).ok()?;
        if let Some(vendor) = preset.vendor.as_deref().and_then(vendor) {
            let mut options = vendor.options.clone();
            options.extend(std::mem::take(&mut preset.options));
            preset.options = options;
        }
        Some((name, preset))
    };
    FILES.into_iter().filter_map(read).collect()
});

/// The preset of a name.
pub fn preset(name: &str) -> Option<&'static Preset> {
    let found = ALL.iter().find(|(known, _)| *known == name);
    found.map(|(_, preset)| preset)
}

/// The names of all presets.
pub fn preset_names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use laneway_contract::BearerRules;
    use serde_json::json;

    use super::*;
    use crate::OidcOptions;

    #[test]
    fn every_file_reads_and_lacks_nothing_but_the_audience() {
        for (name, text) in FILES {
            let read: Preset = toml::from_str(text).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(
                read.vendor
                    .as_deref()
                    .is_none_or(|known| vendor(known).is_some())
            );
            let made = preset(name).unwrap_or_else(|| panic!("{name}"));
            let options = Value::Object(made.options.clone());
            serde_json::from_value::<OidcOptions>(options)
                .unwrap_or_else(|e| panic!("{name}: {e}"));
            let mut bearer = made.bearer.clone();
            bearer.insert("audiences".into(), json!(["us"]));
            let rules: BearerRules = serde_json::from_value(Value::Object(bearer))
                .unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(rules.fault(), None, "{name}");
        }
        assert!(preset("microsoft").is_none());
    }
}
