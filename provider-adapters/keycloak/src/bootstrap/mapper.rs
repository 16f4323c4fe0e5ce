//! Claims that Keycloak does not put into ID tokens by itself.
//!
//! Owns: our protocol mappers. Must not know: who reads the claims.

use laneway_contract::ProviderError;
use serde_json::{Value, json};

use super::client;
use super::{PlanStep, StepAction};
use crate::admin::Admin;
use crate::connections::{ANSWER, USED};

/// The claims of the client that everybody signs in by: what each mapper is for, its type and
/// its configuration.
pub(super) fn of_login() -> Vec<Value> {
    vec![
        // How the person signed in.
        mapper("laneway amr", "oidc-amr-mapper", json!({})),
        // Full paths: `/a/staff` and `/b/staff` are different groups.
        mapper(
            "laneway groups",
            "oidc-group-membership-mapper",
            json!({"claim.name": "groups", "full.path": "true", "userinfo.token.claim": "false"}),
        ),
        used(),
    ]
}

/// The claims of the client that people come through connections by.
pub(super) fn of_connections() -> Vec<Value> {
    vec![
        used(),
        // Word for word, so that it can be judged by the customer's own keys.
        note("laneway customer's ID token", "FEDERATED_ID_TOKEN", ANSWER),
    ]
}

/// Which of the realm's identity providers was used, proven by a signature.
fn used() -> Value {
    note("laneway identity provider", "identity_provider", USED)
}

fn note(name: &str, note: &str, claim: &str) -> Value {
    mapper(
        name,
        "oidc-usersessionmodel-note-mapper",
        json!({"user.session.note": note, "claim.name": claim, "jsonType.label": "String"}),
    )
}

fn mapper(name: &str, kind: &str, mut config: Value) -> Value {
    config["id.token.claim"] = json!("true");
    config["access.token.claim"] = json!("false");
    json!({"name": name, "protocol": "openid-connect", "protocolMapper": kind, "config": config})
}

fn find<'c>(client: &'c Value, name: &Value) -> Option<&'c Value> {
    client["protocolMappers"]
        .as_array()?
        .iter()
        .find(|mapper| mapper["name"] == *name)
}

fn differences(found: &Value, wanted: &Value) -> Vec<String> {
    let mut list = Vec::new();
    if found["protocolMapper"] != wanted["protocolMapper"] {
        list.push(format!(
            "type: {} → {}",
            found["protocolMapper"], wanted["protocolMapper"]
        ));
    }
    for (key, shall) in wanted["config"].as_object().into_iter().flatten() {
        let is = &found["config"][key];
        if is != shall {
            list.push(format!("{key}: {is} → {shall}"));
        }
    }
    list
}

pub(super) fn steps(client: Option<&Value>, wanted: &[Value]) -> Vec<PlanStep> {
    let step = |wanted: &Value| {
        let name = format!(
            "claim mapper {}",
            wanted["name"].as_str().unwrap_or_default()
        );
        match client.and_then(|client| find(client, &wanted["name"])) {
            None => PlanStep::new(name, StepAction::Create, Vec::new()),
            Some(found) => {
                let details = differences(found, wanted);
                let action = if details.is_empty() {
                    StepAction::Present
                } else {
                    StepAction::Change
                };
                PlanStep::new(name, action, details)
            }
        }
    };
    wanted.iter().map(step).collect()
}

pub(super) async fn ensure(
    admin: &Admin,
    client: &Value,
    wanted: &[Value],
) -> Result<(), ProviderError> {
    let id = client::id(client)?;
    for wanted in wanted {
        let path = ["clients", id, "protocol-mappers", "models"];
        match find(client, &wanted["name"]) {
            None => {
                admin.post(&path, wanted).await?;
            }
            Some(found) if differences(found, wanted).is_empty() => {}
            Some(found) => {
                let mapper_id = found["id"].as_str().unwrap_or_default();
                let mut body = wanted.clone();
                body["id"] = json!(mapper_id);
                admin
                    .put(
                        &["clients", id, "protocol-mappers", "models", mapper_id],
                        &body,
                    )
                    .await?;
            }
        }
    }
    Ok(())
}
