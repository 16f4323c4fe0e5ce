//! Our client in the realm.
//!
//! Owns: how it must be configured. Must not know: the inside of the login flow.

use laneway_contract::ProviderError;
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use super::{BootstrapRequest, PlanStep, StepAction};
use crate::admin::Admin;

/// Scopes that carry `auth_time` and `sub`, `acr`, names and addresses.
const SCOPES: &[&str] = &["basic", "acr", "profile", "email"];

const UNREADABLE: &str = "the secret of the client is not shown: whoever sets up needs the role manage-clients of the client realm-management";

pub(super) async fn find(admin: &Admin, client_id: &str) -> Result<Option<Value>, ProviderError> {
    let found = admin
        .query(&["clients"], &[("clientId", client_id)])
        .await?;
    let list = found.as_ref().and_then(Value::as_array);
    Ok(list
        .and_then(|list| list.iter().find(|c| c["clientId"] == client_id))
        .cloned())
}

/// Fields that must have exactly these values. `flow_id` is absent while a plan is made for a
/// flow that does not exist yet.
fn wanted(request: &BootstrapRequest, flow_id: Option<&str>) -> Map<String, Value> {
    let addresses = &request.addresses;
    // Keycloak's own error pages never lead back to us; this puts a link home on them.
    let home = addresses
        .redirect_uri
        .join("/")
        .map(String::from)
        .unwrap_or_default();
    let wanted = json!({
        "enabled": true,
        "protocol": "openid-connect",
        "publicClient": false,
        "clientAuthenticatorType": "client-secret",
        "standardFlowEnabled": true,
        "implicitFlowEnabled": false,
        "directAccessGrantsEnabled": request.headless_password,
        "serviceAccountsEnabled": true,
        "frontchannelLogout": false,
        // Roles of the realm are not ours to carry, and would grow every token.
        "fullScopeAllowed": false,
        "baseUrl": home,
        "redirectUris": [addresses.redirect_uri],
        "webOrigins": [],
        "attributes": {
            "pkce.code.challenge.method": "S256",
            "post.logout.redirect.uris": addresses.post_logout_uri,
            "backchannel.logout.url": addresses.backchannel_uri,
            "backchannel.logout.session.required": "true",
            "backchannel.logout.revoke.offline.tokens": "true",
            "acr.loa.map": super::flow::LEVELS,
        },
        "authenticationFlowBindingOverrides": {"browser": flow_id},
    });
    match wanted {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// Every wanted field that is otherwise, as `name: is → shall be`.
pub(super) fn differences(client: &Value, wanted: &Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, shall) in wanted {
        if let Value::Object(inner) = shall {
            for (key, shall) in inner {
                compare(
                    &mut found,
                    &format!("{name}.{key}"),
                    &client[name][key],
                    shall,
                );
            }
        } else {
            compare(&mut found, name, &client[name], shall);
        }
    }
    found
}

fn compare(found: &mut Vec<String>, name: &str, is: &Value, shall: &Value) {
    if is != shall {
        found.push(format!("{name}: {is} → {shall}"));
    }
}

pub(super) fn step(
    client: Option<&Value>,
    request: &BootstrapRequest,
    flow_id: Option<&str>,
) -> PlanStep {
    let name = format!("client {}", request.client_id);
    let wanted = wanted(request, flow_id);
    match client {
        None => PlanStep::new(name, StepAction::Create, differences(&Value::Null, &wanted)),
        Some(client) => {
            let mut details = differences(client, &wanted);
            if flow_id.is_none() {
                details.retain(|detail| !detail.starts_with("authenticationFlowBindingOverrides"));
                details
                    .push("authenticationFlowBindingOverrides.browser: the new login flow".into());
            }
            let action = if details.is_empty() {
                StepAction::Present
            } else {
                StepAction::Change
            };
            PlanStep::new(name, action, details)
        }
    }
}

/// Creates or corrects the client; returns it as it is then.
pub(super) async fn ensure(
    admin: &Admin,
    found: Option<Value>,
    request: &BootstrapRequest,
    flow_id: &str,
) -> Result<Value, ProviderError> {
    let wanted = wanted(request, Some(flow_id));
    match found {
        None => {
            let mut client = Value::Object(wanted);
            client["clientId"] = json!(request.client_id);
            client["name"] = json!("Laneway");
            admin.post(&["clients"], &client).await?;
        }
        Some(client) if differences(&client, &wanted).is_empty() => return Ok(client),
        Some(mut client) => {
            let id = id(&client)?.to_owned();
            for (name, shall) in wanted {
                merge(&mut client, &name, shall);
            }
            admin.put(&["clients", &id], &client).await?;
        }
    }
    find(admin, &request.client_id)
        .await?
        .ok_or(ProviderError::NotFound)
}

/// Other attributes and overrides stay: an administrator may have set them.
pub(super) fn merge(client: &mut Value, name: &str, shall: Value) {
    match (client.get_mut(name), shall) {
        (Some(Value::Object(is)), Value::Object(shall)) => is.extend(shall),
        (_, shall) => client[name] = shall,
    }
}

pub(super) async fn secret(admin: &Admin, client: &Value) -> Result<SecretString, ProviderError> {
    let answer = admin
        .get(&["clients", id(client)?, "client-secret"])
        .await?;
    answer
        .as_ref()
        .and_then(|answer| answer["value"].as_str())
        // From 26.8 on this is what is shown to whoever may only look.
        .filter(|secret| secret.chars().any(|c| c != '*'))
        .map(SecretString::from)
        .ok_or_else(|| ProviderError::Misconfigured(UNREADABLE.into()))
}

pub(super) fn id(client: &Value) -> Result<&str, ProviderError> {
    client["id"]
        .as_str()
        .ok_or_else(|| ProviderError::InvalidResponse("a client without an id".into()))
}

fn missing_scopes(client: &Value) -> Vec<&'static str> {
    let has = |scope: &&&str| {
        client["defaultClientScopes"]
            .as_array()
            .is_some_and(|list| list.iter().any(|name| name.as_str() == Some(**scope)))
    };
    SCOPES.iter().filter(|scope| !has(scope)).copied().collect()
}

/// A new client gets the realm's default scopes, which usually contain all of these.
pub(super) fn scopes_step(client: Option<&Value>) -> PlanStep {
    let missing = client.map(missing_scopes).unwrap_or_default();
    let action = if missing.is_empty() {
        StepAction::Present
    } else {
        StepAction::Change
    };
    let details = missing
        .into_iter()
        .map(|scope| format!("add {scope}"))
        .collect();
    PlanStep::new("client scopes", action, details)
}

pub(super) async fn ensure_scopes(admin: &Admin, client: &Value) -> Result<(), ProviderError> {
    let missing = missing_scopes(client);
    if missing.is_empty() {
        return Ok(());
    }
    let all = admin.get(&["client-scopes"]).await?.unwrap_or_default();
    for name in missing {
        let scope = all
            .as_array()
            .and_then(|all| all.iter().find(|scope| scope["name"] == name));
        let scope_id = scope
            .and_then(|scope| scope["id"].as_str())
            .ok_or_else(|| {
                ProviderError::Misconfigured(format!(
                    "the realm has no client scope `{name}`: restore Keycloak's default scopes"
                ))
            })?;
        let path = ["clients", id(client)?, "default-client-scopes", scope_id];
        admin.put(&path, &json!({})).await?;
    }
    Ok(())
}
