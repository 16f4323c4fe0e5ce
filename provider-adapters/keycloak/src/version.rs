//! Which Keycloak it is. Only administrators are told the version; anybody else sees which features
//! it knows, and with these its release.
//!
//! Owns: what tells releases apart. Must not know: what is different in one.

use laneway_contract::ProviderError;
use serde_json::Value;

use crate::admin::Admin;

/// Features that came with a release, the newest first: also those that are switched off are told.
const CAME_WITH: [(&str, &str); 4] = [
    ("LOGIN_FAILURES_V2", "26.8 or later"),
    ("SSF", "26.7"),
    ("SCIM_API", "26.6"),
    ("JWT_AUTHORIZATION_GRANT", "26.5"),
];
/// A feature that the oldest release knows that we are tried with, and none before it.
const OLDEST: (&str, &str) = ("CLIENT_AUTH_FEDERATED", "26.4");

/// `26.7.3`, or `26.7` where no more is to be seen; `None` for one that is older than any that we
/// are tried with, or tells nothing of itself.
pub(crate) async fn seen(admin: &Admin) -> Result<Option<String>, ProviderError> {
    Ok(told(&admin.server().await?))
}

fn told(server: &Value) -> Option<String> {
    if let Some(version) = server["systemInfo"]["version"].as_str() {
        return Some(version.chars().take(32).collect());
    }
    let features = server["features"].as_array()?;
    let knows = |name: &str| features.iter().any(|one| one["name"] == name);
    let mut all = CAME_WITH.iter().chain([&OLDEST]);
    let (_, release) = all.find(|(name, _)| knows(name))?;
    Some((*release).to_owned())
}

/// Is it older than any that we are tried with?
pub(crate) fn is_old(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    match (parts.next().flatten(), parts.next().flatten()) {
        (Some(major), Some(minor)) => (major, minor) < (26, 4),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_release_is_seen_by_what_it_knows() {
        let server = |features: &[&str]| {
            let all: Vec<Value> = features.iter().map(|one| json!({"name": one})).collect();
            told(&json!({"features": all}))
        };
        assert_eq!(server(&["SSF", "SCIM_API"]).as_deref(), Some("26.7"));
        assert_eq!(server(&["SCIM_API"]).as_deref(), Some("26.6"));
        assert_eq!(server(&["IMPERSONATION"]), None);
        let whole = json!({"systemInfo": {"version": "26.5.6"}, "features": []});
        assert_eq!(told(&whole).as_deref(), Some("26.5.6"));
        assert_eq!(told(&json!({})), None);
    }

    #[test]
    fn older_than_tried_is_said() {
        for old in ["26.3.5", "25.0", "9.1"] {
            assert!(is_old(old), "{old}");
        }
        for fine in ["26.4.0", "26.10", "27.0.1", "nightly"] {
            assert!(!is_old(fine), "{fine}");
        }
    }
}
