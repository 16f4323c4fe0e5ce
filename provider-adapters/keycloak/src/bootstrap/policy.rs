//! The realm's rules for passkeys.
//!
//! Two things: that a stolen key is not enough for the highest rung, which nobody may leave out;
//! and that people can sign in by a passkey at all, which a team may keep to itself.
//!
//! Owns: these rules. Must not know: the rest of the realm's passkey settings; they stay.

use laneway_contract::ProviderError;
use serde_json::{Map, Value, json};

use super::{BootstrapRequest, Part, PlanStep};
use crate::admin::Admin;

const BLOCK: &str = "webAuthnPolicyPasswordless";
const VERIFICATION: &str = "UserVerificationRequirement";
const OFFERED: &str = "PasskeysEnabled";
/// Whether a passkey names its person: that of 26.7 and later, and that of before.
const RESIDENT: &str = "ResidentKey";
const RESIDENT_BEFORE: &str = "RequireResidentKey";
const RP_ID: &str = "RpId";
/// Without it Keycloak takes nothing of the block.
const RP_NAME: &str = "RpEntityName";

fn is<'r>(realm: &'r Value, name: &str) -> &'r Value {
    &realm[format!("{BLOCK}{name}")]
}

/// What must be otherwise so that a passkey proves who holds it.
fn verified(realm: &Value) -> Vec<(&'static str, Value, String)> {
    let found = is(realm, VERIFICATION);
    if found == "required" {
        return Vec::new();
    }
    let told = format!("user verification: {found} → \"required\"");
    vec![(VERIFICATION, json!("required"), told)]
}

/// What must be otherwise so that people sign in by one.
fn offered(realm: &Value, request: &BootstrapRequest) -> Vec<(&'static str, Value, String)> {
    let mut all = Vec::new();
    if request.leaves(Part::Passkeys) {
        return all;
    }
    if is(realm, OFFERED) != true {
        let told = "every sign-in form of the realm offers passkeys: off → on";
        all.push((OFFERED, json!(true), told.to_owned()));
    }
    let (name, shall) = if is(realm, RESIDENT).is_null() {
        (RESIDENT_BEFORE, "Yes")
    } else {
        (RESIDENT, "required")
    };
    if is(realm, name) != shall {
        let told = format!("a passkey names its person: {} → on", is(realm, name));
        all.push((name, json!(shall), told));
    }
    if let Some(id) = &request.passkey_rp_id
        && is(realm, RP_ID) != id.as_str()
    {
        let before = is(realm, RP_ID);
        let told = format!(
            "domain of passkeys: {before} → \"{id}\" (passkeys made before no longer sign in)"
        );
        all.push((RP_ID, json!(id), told));
    }
    all
}

pub(super) fn steps(realm: &Value, request: &BootstrapRequest) -> Vec<PlanStep> {
    let told = |all: Vec<(&str, Value, String)>| all.into_iter().map(|(_, _, told)| told).collect();
    let mut steps = vec![PlanStep::changed(
        "passkey policy (whole realm)",
        told(verified(realm)),
    )];
    if !request.leaves(Part::Passkeys) {
        let offered = told(offered(realm, request));
        steps.push(PlanStep::changed("passkeys (whole realm)", offered));
    }
    steps
}

pub(super) async fn ensure(
    admin: &Admin,
    realm: &Value,
    request: &BootstrapRequest,
) -> Result<(), ProviderError> {
    let mut wanted = verified(realm);
    wanted.extend(offered(realm, request));
    if wanted.is_empty() {
        return Ok(());
    }
    // Keycloak applies these settings as one block: what is not sent falls back to defaults.
    let all = realm.as_object().into_iter().flatten();
    let mut block: Map<String, Value> = all
        .filter(|(name, _)| name.starts_with(BLOCK))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let name = format!("{BLOCK}{RP_NAME}");
    if block.get(&name).and_then(Value::as_str).unwrap_or_default() == "" {
        block.insert(name, json!("keycloak"));
    }
    for (name, shall, _) in wanted {
        block.insert(format!("{BLOCK}{name}"), shall);
    }
    admin.put(&[], &Value::Object(block)).await
}

/// Browsers take the host of the page, or a domain above it, and nothing else.
pub(super) fn fits(id: &str, issuer: &str) -> Result<(), ProviderError> {
    let url = url::Url::parse(issuer).ok();
    let host = url
        .as_ref()
        .and_then(url::Url::host_str)
        .unwrap_or_default();
    let below = host.strip_suffix(id).is_some_and(|rest| {
        // An address has no domain above it, and a domain of one label is nobody's.
        rest.is_empty() || rest.ends_with('.') && id.contains('.') && !numeric(host)
    });
    if !id.is_empty() && below {
        return Ok(());
    }
    Err(ProviderError::Misconfigured(format!(
        "passkeys of Keycloak at {host} cannot have the domain `{id}`: name its host, or a domain above it"
    )))
}

fn numeric(host: &str) -> bool {
    host.trim_matches(['[', ']'])
        .parse::<std::net::IpAddr>()
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn passkeys_belong_to_the_host_or_a_domain_above_it() {
        let issuer = "https://kc.example.com/realms/main";
        for right in ["kc.example.com", "example.com"] {
            fits(right, issuer).unwrap();
        }
        for wrong in ["", "com", "c.example.com", "other.com", "x.kc.example.com"] {
            assert!(fits(wrong, issuer).is_err(), "{wrong}");
        }
        assert!(fits("0.0.1", "http://127.0.0.1:8080/realms/main").is_err());
        fits("localhost", "http://localhost:8080/realms/main").unwrap();
    }
}
