//! The realm's rule for passkeys: without user verification a stolen key would be enough for
//! the highest rung. The one thing that is set for the whole realm.
//!
//! Owns: that one rule. Must not know: the rest of the realm's passkey settings; they stay.

use laneway_contract::ProviderError;
use serde_json::{Map, Value, json};

use super::{PlanStep, StepAction};
use crate::admin::Admin;

const BLOCK: &str = "webAuthnPolicyPasswordless";
const VERIFICATION: &str = "webAuthnPolicyPasswordlessUserVerificationRequirement";

pub(super) fn step(realm: &Value) -> PlanStep {
    let is = &realm[VERIFICATION];
    let (action, details) = if is == "required" {
        (StepAction::Present, Vec::new())
    } else {
        (
            StepAction::Change,
            vec![format!(
                "user verification (whole realm): {is} → \"required\""
            )],
        )
    };
    PlanStep::new("passkey policy", action, details)
}

pub(super) async fn ensure(admin: &Admin, realm: &Value) -> Result<(), ProviderError> {
    if realm[VERIFICATION] == "required" {
        return Ok(());
    }
    // Keycloak applies these settings as one block: what is not sent falls back to defaults.
    let all = realm.as_object().into_iter().flatten();
    let mut block: Map<String, Value> = all
        .filter(|(name, _)| name.starts_with(BLOCK))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    block.insert(VERIFICATION.to_owned(), json!("required"));
    admin.put(&[], &Value::Object(block)).await
}
