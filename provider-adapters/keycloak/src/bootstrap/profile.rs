//! The realm's rules for what is known of people, as far as they would keep us from managing
//! them. A rule is the team's own: none is loosened, and what only they can decide is told.
//!
//! Owns: what of it we need. Must not know: what is written about anybody.

use laneway_contract::ProviderError;
use serde_json::{Value, json};

use super::{BootstrapRequest, Part, PlanStep, StepAction};
use crate::admin::Admin;

const PATH: [&str; 2] = ["users", "profile"];
/// What we write of a person.
const WRITTEN: [&str; 4] = ["username", "email", "firstName", "lastName"];

/// `None` where nobody is managed from here, or the team keeps it to itself.
pub(super) async fn look(
    admin: &Admin,
    request: &BootstrapRequest,
) -> Result<Option<Value>, ProviderError> {
    if !request.directory || request.leaves(Part::UserProfile) {
        return Ok(None);
    }
    admin.get(&PATH).await
}

fn attributes(profile: &Value) -> impl Iterator<Item = &Value> {
    profile["attributes"].as_array().into_iter().flatten()
}

fn name(attribute: &Value) -> &str {
    attribute["name"].as_str().unwrap_or_default()
}

/// May administrators not write what we write?
fn closed(attribute: &Value) -> bool {
    let may = attribute["permissions"]["edit"].as_array();
    let may = may.is_some_and(|all| all.iter().any(|who| who == "admin"));
    WRITTEN.contains(&name(attribute)) && !may
}

/// Must administrators write what we know nothing of? Without roles and scopes it is asked of
/// everybody; with scopes alone only of whoever signs in.
fn demanded(attribute: &Value) -> bool {
    let Some(rule) = attribute["required"].as_object() else {
        return false;
    };
    let list = |name: &str| rule.get(name).and_then(Value::as_array);
    let some = |name: &str| list(name).is_some_and(|all| !all.is_empty());
    let asked = match list("roles") {
        Some(roles) if !roles.is_empty() => roles.iter().any(|role| role == "admin"),
        _ => !some("scopes"),
    };
    let given = attribute["defaultValue"].as_str().unwrap_or_default() != "";
    asked && !given && !matches!(name(attribute), "username" | "email")
}

pub(super) fn steps(profile: Option<&Value>) -> Vec<PlanStep> {
    let Some(profile) = profile else {
        return Vec::new();
    };
    let closed = attributes(profile).filter(|one| closed(one));
    let closed = closed.map(|one| format!("administrators may write {}", name(one)));
    let mut steps = vec![PlanStep::changed(
        "user profile (whole realm)",
        closed.collect(),
    )];
    let undecided = undecided(profile);
    if !undecided.is_empty() {
        let name = "rules of the user profile";
        steps.push(PlanStep::new(name, StepAction::Decide, undecided));
    }
    steps
}

/// What works only in part as long as the team keeps it so.
fn undecided(profile: &Value) -> Vec<String> {
    let mut all = Vec::new();
    for one in attributes(profile).filter(|one| demanded(one)) {
        let name = name(one);
        all.push(if WRITTEN.contains(&name) {
            format!("{name} is required of administrators: nobody without one can be created from Laneway")
        } else {
            format!("{name} is required of administrators: nobody can be created from Laneway until it is required of users alone, or has a default value")
        });
    }
    for missing in ["firstName", "lastName"] {
        if !attributes(profile).any(|one| name(one) == missing) {
            all.push(format!(
                "there is no {missing}: names that are given in Laneway are not kept whole there"
            ));
        }
    }
    all
}

pub(super) async fn ensure(admin: &Admin, profile: Option<Value>) -> Result<(), ProviderError> {
    let Some(mut profile) = profile else {
        return Ok(());
    };
    let mut changed = false;
    let all = profile["attributes"].as_array_mut().into_iter().flatten();
    for one in all.filter(|one| closed(one)) {
        match one["permissions"]["edit"].as_array_mut() {
            Some(may) => may.push(json!("admin")),
            None => one["permissions"]["edit"] = json!(["admin"]),
        }
        changed = true;
    }
    if !changed {
        return Ok(());
    }
    admin.put(&PATH, &profile).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_administrator_would_have_to_fill_in_is_demanded() {
        let rule = |required: Value| json!({"name": "department", "required": required});
        for asked in [
            json!({}),
            json!({"roles": ["admin"]}),
            json!({"roles": ["user", "admin"]}),
            json!({"roles": []}),
        ] {
            assert!(demanded(&rule(asked.clone())), "{asked}");
        }
        for free in [
            Value::Null,
            json!({"roles": ["user"]}),
            json!({"scopes": ["profile"]}),
        ] {
            assert!(!demanded(&rule(free.clone())), "{free}");
        }
        let mut filled = rule(json!({}));
        filled["defaultValue"] = json!("none");
        assert!(!demanded(&filled));
        assert!(!demanded(&json!({"name": "email", "required": {}})));
    }
}
