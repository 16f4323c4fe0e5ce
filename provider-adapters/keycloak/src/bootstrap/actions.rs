//! What people do on Keycloak's pages for their account page here: each is a required action of
//! the realm, and one that is switched off ends in an error.
//!
//! Owns: that they are there and on. Must not know: when one is asked for.

use laneway_contract::ProviderError;
use serde_json::{Value, json};

use super::{BootstrapRequest, Part, PlanStep};
use crate::actions::NEEDED;
use crate::admin::Admin;

const HOME: &str = "authentication";
const ACTIONS: &str = "required-actions";

/// What of it is not as it must be. What a version does not know is not missed.
#[derive(Default)]
pub(super) struct Found {
    off: Vec<Value>,
    unregistered: Vec<Value>,
}

pub(super) async fn look(
    admin: &Admin,
    request: &BootstrapRequest,
) -> Result<Found, ProviderError> {
    if request.leaves(Part::RequiredActions) {
        return Ok(Found::default());
    }
    let all = admin.get(&[HOME, ACTIONS]).await?.unwrap_or_default();
    let named = |alias: &str| {
        let mut all = all.as_array().into_iter().flatten();
        all.find(|one| one["alias"] == alias)
    };
    let known = NEEDED.iter().filter_map(|alias| named(alias));
    let off = known.filter(|one| one["enabled"] != true).cloned();
    let mut found = Found {
        off: off.collect(),
        unregistered: Vec::new(),
    };
    if NEEDED.iter().any(|alias| named(alias).is_none()) {
        let path = [HOME, "unregistered-required-actions"];
        let rest = admin.get(&path).await?.unwrap_or_default();
        let needed = |one: &&Value| NEEDED.iter().any(|alias| one["providerId"] == **alias);
        let rest = rest.as_array().into_iter().flatten();
        found.unregistered = rest.filter(needed).cloned().collect();
    }
    Ok(found)
}

impl Found {
    pub(super) fn steps(&self, request: &BootstrapRequest) -> Vec<PlanStep> {
        if request.leaves(Part::RequiredActions) {
            return Vec::new();
        }
        let off = self.off.iter();
        let off = off.map(|one| format!("{}: off → on", text(one, "alias")));
        let new = self.unregistered.iter();
        let new = new.map(|one| format!("add {}", text(one, "providerId")));
        vec![PlanStep::changed(
            "required actions (whole realm)",
            off.chain(new).collect(),
        )]
    }

    pub(super) async fn ensure(self, admin: &Admin) -> Result<(), ProviderError> {
        for mut one in self.off {
            one["enabled"] = json!(true);
            let alias = text(&one, "alias").to_owned();
            admin.put(&[HOME, ACTIONS, &alias], &one).await?;
        }
        for one in self.unregistered {
            let body = json!({"providerId": one["providerId"], "name": one["name"]});
            let path = [HOME, "register-required-action"];
            admin.give(&path, &body).await?;
        }
        Ok(())
    }
}

fn text<'v>(one: &'v Value, name: &str) -> &'v str {
    one[name].as_str().unwrap_or_default()
}
