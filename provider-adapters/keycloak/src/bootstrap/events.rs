//! The realm's record of what happens in it: Keycloak says by no other way that a person was
//! switched off, removed, or given a new password.
//!
//! Owns: what of it must be kept. Must not know: how it is read.

use laneway_contract::ProviderError;
use serde_json::{Value, json};

use super::PlanStep;
use crate::admin::Admin;
use crate::events::KINDS;

const PATH: [&str; 2] = ["events", "config"];
/// How long events of people are kept where nobody has said it: as long as we may be away.
const KEPT_S: i64 = 7 * 24 * 3600;

pub(super) async fn look(admin: &Admin) -> Result<Value, ProviderError> {
    admin.get(&PATH).await?.ok_or(ProviderError::NotFound)
}

/// Each thing that is not kept as it must be, in words.
pub(crate) fn differences(config: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if config["eventsEnabled"] == true {
        let missing = missing(config);
        if !missing.is_empty() {
            found.push(format!("events of people: add {}", missing.join(", ")));
        }
    } else {
        found.push(format!("events of people: off → {}", KINDS.join(", ")));
    }
    if config["adminEventsEnabled"] != true {
        found.push("events of administrators: off → on".to_owned());
    }
    // Only with them it says whether a change has switched somebody off.
    if config["adminEventsDetailsEnabled"] != true {
        found.push("events of administrators with what they have set: off → on".to_owned());
    }
    found
}

fn missing(config: &Value) -> Vec<&'static str> {
    let kept = config["enabledEventTypes"].as_array();
    let has = |kind: &&&str| kept.is_some_and(|all| all.iter().any(|one| one == **kind));
    KINDS.iter().filter(|kind| !has(kind)).copied().collect()
}

pub(super) fn step(config: &Value) -> PlanStep {
    PlanStep::changed("events (whole realm)", differences(config))
}

pub(super) async fn ensure(admin: &Admin, mut config: Value) -> Result<(), ProviderError> {
    if differences(&config).is_empty() {
        return Ok(());
    }
    if config["eventsEnabled"] == true {
        let added = missing(&config);
        if let Some(kept) = config["enabledEventTypes"].as_array_mut() {
            kept.extend(added.into_iter().map(Value::from));
        }
    } else {
        // Nobody has asked for more: what people do is none of our business.
        config["enabledEventTypes"] = json!(KINDS);
        if config["eventsExpiration"].as_i64().unwrap_or_default() == 0 {
            config["eventsExpiration"] = json!(KEPT_S);
        }
    }
    for name in [
        "eventsEnabled",
        "adminEventsEnabled",
        "adminEventsDetailsEnabled",
    ] {
        config[name] = json!(true);
    }
    admin.put(&PATH, &config).await
}
