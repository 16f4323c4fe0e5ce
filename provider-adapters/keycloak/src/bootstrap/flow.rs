//! A browser login flow that asks for as much proof as was demanded: password for `aal1`, then
//! a second factor for `aal2` or a passkey for `phr`.
//!
//! Owns: the shape of that flow. Must not know: the client it is bound to.

use laneway_contract::ProviderError;
use serde_json::{Value, json};

use super::{PlanStep, StepAction, client};
use crate::admin::Admin;

const ALIAS: &str = "laneway-login";

/// The client's `acr.loa.map`: our rungs → the levels of the flow below.
pub(super) const LEVELS: &str = r#"{"aal1":"1","aal2":"2","phr":"3"}"#;

/// How long a level holds within Keycloak's own session: a working day, and five minutes.
const DAY: &str = "36000";
const MINUTES: &str = "300";

struct Node {
    requirement: &'static str,
    kind: Kind,
}

enum Kind {
    Leaf {
        provider: &'static str,
        config: Vec<(&'static str, &'static str)>,
    },
    Sub {
        alias: &'static str,
        children: Vec<Node>,
    },
}

/// `phr` comes before `aal2` and excludes it: who shows a passkey is asked for nothing else,
/// and the level reached last is the one that counts.
///
/// A second factor or passkey stands in a sub-flow of alternatives: as a required step of its
/// own, Keycloak would let a person without one enrol it on the spot, and a stolen password
/// would be enough to reach the next level.
fn shape() -> Vec<Node> {
    let passkey = || leaf("ALTERNATIVE", PASSKEY, reference("hwk", MINUTES));
    let otp = leaf("ALTERNATIVE", "auth-otp-form", reference("otp", MINUTES));
    vec![
        leaf("ALTERNATIVE", "auth-cookie", vec![]),
        leaf("ALTERNATIVE", "identity-provider-redirector", vec![]),
        sub(
            "ALTERNATIVE",
            "laneway-login forms",
            vec![
                sub(
                    "CONDITIONAL",
                    "laneway-login aal1",
                    vec![
                        level("1", DAY),
                        leaf(
                            "REQUIRED",
                            "auth-username-password-form",
                            reference("pwd", DAY),
                        ),
                    ],
                ),
                sub(
                    "CONDITIONAL",
                    STRONGEST,
                    vec![
                        level("3", MINUTES),
                        sub("REQUIRED", "laneway-login passkey", vec![passkey()]),
                    ],
                ),
                sub(
                    "CONDITIONAL",
                    "laneway-login aal2",
                    vec![
                        level("2", MINUTES),
                        leaf(
                            "REQUIRED",
                            UNLESS,
                            vec![
                                ("flow_to_check", STRONGEST),
                                ("check_result", "not-executed"),
                            ],
                        ),
                        sub(
                            "REQUIRED",
                            "laneway-login second factor",
                            vec![otp, passkey()],
                        ),
                    ],
                ),
            ],
        ),
    ]
}

const REFERENCE: &str = "default.reference.";
const PASSKEY: &str = "webauthn-authenticator-passwordless";
const STRONGEST: &str = "laneway-login phr";
const UNLESS: &str = "conditional-sub-flow-executed";
const CONDITION: &str = "conditional-level-of-authentication";

fn leaf(
    requirement: &'static str,
    provider: &'static str,
    config: Vec<(&'static str, &'static str)>,
) -> Node {
    Node {
        requirement,
        kind: Kind::Leaf { provider, config },
    }
}

fn sub(requirement: &'static str, alias: &'static str, children: Vec<Node>) -> Node {
    Node {
        requirement,
        kind: Kind::Sub { alias, children },
    }
}

fn level(level: &'static str, max_age: &'static str) -> Node {
    leaf(
        "REQUIRED",
        CONDITION,
        vec![("loa-condition-level", level), ("loa-max-age", max_age)],
    )
}

/// What the `amr` mapper writes for a step, and for how long.
fn reference(value: &'static str, max_age: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("default.reference.value", value),
        ("default.reference.maxAge", max_age),
    ]
}

/// One line per execution, in order: how a flow is compared.
fn lines(nodes: &[Node], depth: usize, into: &mut Vec<String>) {
    for node in nodes {
        let requirement = node.requirement;
        match &node.kind {
            Kind::Leaf { provider, config } => {
                let config = readable(&config.iter().copied().collect());
                into.push(line(depth, requirement, provider, config.as_ref()));
            }
            Kind::Sub { alias, children } => {
                let flow = format!("flow {alias}");
                into.push(line(depth, requirement, &flow, None));
                lines(children, depth + 1, into);
            }
        }
    }
}

/// Indented as deep as the step lies.
fn line(depth: usize, requirement: &str, what: &str, config: Option<&Value>) -> String {
    let indent = "  ".repeat(depth);
    let config = config.map(|config| format!(" {config}"));
    format!("{indent}{requirement} {what}{}", config.unwrap_or_default())
}

/// Keycloak shows the reference values masked, so only their presence can be compared.
fn readable(config: &Value) -> Option<Value> {
    let mut config = config.as_object().cloned().unwrap_or_default();
    for (_, value) in config
        .iter_mut()
        .filter(|(key, _)| key.starts_with(REFERENCE))
    {
        *value = json!("set");
    }
    (!config.is_empty()).then_some(Value::Object(config))
}

/// What the realm has under our alias.
pub(super) enum Found {
    Nothing,
    Right {
        id: String,
    },
    Wrong {
        id: String,
        differences: Vec<String>,
    },
}

impl Found {
    /// The id that the client is to be bound to, unless the flow will be made anew.
    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Self::Right { id } => Some(id),
            _ => None,
        }
    }
}

pub(super) async fn find(admin: &Admin) -> Result<Found, ProviderError> {
    let flows = admin
        .get(&["authentication", "flows"])
        .await?
        .unwrap_or_default();
    let flow = flows
        .as_array()
        .and_then(|all| all.iter().find(|flow| flow["alias"] == ALIAS));
    let Some(id) = flow.and_then(|flow| flow["id"].as_str()).map(str::to_owned) else {
        return Ok(Found::Nothing);
    };
    let is = read(admin).await?;
    let mut shall = Vec::new();
    lines(&shape(), 0, &mut shall);
    if is == shall {
        return Ok(Found::Right { id });
    }
    let missing = shall
        .iter()
        .filter(|line| !is.contains(line))
        .map(|l| format!("missing: {l}"));
    let surplus = is
        .iter()
        .filter(|line| !shall.contains(line))
        .map(|l| format!("not ours: {l}"));
    let mut differences: Vec<String> = missing.chain(surplus).collect();
    if differences.is_empty() {
        differences.push("the steps stand in another order".into());
    }
    Ok(Found::Wrong { id, differences })
}

async fn read(admin: &Admin) -> Result<Vec<String>, ProviderError> {
    let found = admin
        .get(&["authentication", "flows", ALIAS, "executions"])
        .await?;
    let mut lines = Vec::new();
    for execution in found
        .as_ref()
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let depth = execution["level"]
            .as_u64()
            .and_then(|level| usize::try_from(level).ok());
        let requirement = execution["requirement"].as_str().unwrap_or_default();
        let what = match execution["providerId"].as_str() {
            Some(provider) => provider.to_owned(),
            None => format!(
                "flow {}",
                execution["displayName"].as_str().unwrap_or_default()
            ),
        };
        let config = match execution["authenticationConfig"].as_str() {
            Some(id) => {
                let config = admin.get(&["authentication", "config", id]).await?;
                readable(&config.unwrap_or_default()["config"])
            }
            None => None,
        };
        lines.push(line(
            depth.unwrap_or_default(),
            requirement,
            &what,
            config.as_ref(),
        ));
    }
    Ok(lines)
}

pub(super) fn step(found: &Found) -> PlanStep {
    let (action, details) = match found {
        Found::Right { .. } => (StepAction::Present, Vec::new()),
        Found::Wrong { differences, .. } => (StepAction::Change, differences.clone()),
        Found::Nothing => {
            let mut all = Vec::new();
            lines(&shape(), 0, &mut all);
            (StepAction::Create, all)
        }
    };
    PlanStep::new(format!("login flow {ALIAS}"), action, details)
}

/// The id of a flow of our shape. A flow that differs is made anew, not patched: half of an
/// earlier run, or somebody's experiment, has too many forms.
pub(super) async fn ensure(
    admin: &Admin,
    found: Found,
    client: Option<&Value>,
) -> Result<String, ProviderError> {
    match found {
        Found::Right { id } => return Ok(id),
        Found::Wrong { id, .. } => {
            unbind(admin, client).await?;
            admin.delete(&["authentication", "flows", &id]).await?;
        }
        Found::Nothing => {}
    }
    let body = json!({"alias": ALIAS, "providerId": "basic-flow", "topLevel": true,
        "builtIn": false, "description": "Sign-in for Laneway"});
    let id = admin.post(&["authentication", "flows"], &body).await?;
    build(admin, ALIAS, &id, shape()).await?;
    Ok(id)
}

/// A flow in use cannot be deleted; until the client is bound again it uses the realm's.
async fn unbind(admin: &Admin, client: Option<&Value>) -> Result<(), ProviderError> {
    let Some(client) = client else { return Ok(()) };
    let mut client = client.clone();
    client["authenticationFlowBindingOverrides"]["browser"] = json!("");
    admin.put(&["clients", client::id(&client)?], &client).await
}

async fn build(
    admin: &Admin,
    alias: &str,
    flow_id: &str,
    nodes: Vec<Node>,
) -> Result<(), ProviderError> {
    for (index, node) in nodes.into_iter().enumerate() {
        let priority = 10 * (index + 1);
        match node.kind {
            Kind::Leaf { provider, config } => {
                let body = json!({"parentFlow": flow_id, "authenticator": provider,
                    "requirement": node.requirement, "priority": priority, "authenticatorFlow": false});
                let id = admin.post(&["authentication", "executions"], &body).await?;
                if !config.is_empty() {
                    let config: Value = config.into_iter().collect();
                    let body = json!({"alias": format!("{alias} {provider}"), "config": config});
                    admin
                        .post(&["authentication", "executions", &id, "config"], &body)
                        .await?;
                }
            }
            Kind::Sub {
                alias: child,
                children,
            } => {
                let body = json!({"alias": child, "type": "basic-flow", "priority": priority,
                    "provider": "registration-page-form", "description": ""});
                let path = ["authentication", "flows", alias, "executions", "flow"];
                let id = admin.post(&path, &body).await?;
                require(admin, alias, child, node.requirement).await?;
                Box::pin(build(admin, child, &id, children)).await?;
            }
        }
    }
    Ok(())
}

/// Creating a sub-flow takes no requirement; it is set afterwards.
async fn require(
    admin: &Admin,
    parent: &str,
    child: &str,
    requirement: &str,
) -> Result<(), ProviderError> {
    let path = ["authentication", "flows", parent, "executions"];
    let found = admin.get(&path).await?.unwrap_or_default();
    let execution = found.as_array().and_then(|all| {
        all.iter()
            .find(|e| e["displayName"] == child && e["authenticationFlow"] == true)
    });
    let mut execution = execution.cloned().ok_or(ProviderError::NotFound)?;
    execution["requirement"] = json!(requirement);
    admin.put(&path, &execution).await
}
