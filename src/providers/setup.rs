//! Setting a Keycloak up for us, and seeing with the same rights what of that has changed since.
//!
//! Owns: how a set-up is told in words. Must not know: who is asked for the rights.

use std::sync::Arc;
use std::time::Duration;

use laneway_contract::{Addresses, Check, Env, HttpClient, ProviderError};
use laneway_keycloak::bootstrap::{self, PlanStep};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::{Configured, Providers, builtin, problem, unavailable};
use crate::config;
use crate::domain::upstream::Trust;
use crate::domain::{Code, Problem};
use crate::outbound::{GuardedClient, SystemClock, SystemRandom};

pub use laneway_keycloak::AdminCredential as RealmAdmin;
pub use laneway_keycloak::bootstrap::{BootstrapRequest as BootstrapKeycloak, Part as RealmPart};

/// Somebody waits at a terminal: a new realm takes a busy Keycloak longer than a login may.
const PATIENCE: Duration = Duration::from_secs(60);

/// Says what a bootstrap would do; one line each.
///
/// # Errors
/// As Keycloak.
pub async fn plan_keycloak(request: &BootstrapKeycloak) -> Result<String, Problem> {
    let steps = bootstrap::plan(request, &env()?).await.map_err(explain)?;
    let mut lines: Vec<String> = steps.iter().map(line).collect();
    if !steps.iter().any(|step| step.action.is_work()) {
        lines.push("There is nothing to do.".to_owned());
    }
    Ok(lines.join("\n"))
}

fn line(step: &PlanStep) -> String {
    let action = json!(step.action);
    let action = action.as_str().unwrap_or_default();
    let mut text = format!("{action:<8} {}", step.name);
    for detail in &step.details {
        text.push_str("\n           ");
        text.push_str(detail);
    }
    text
}

/// Does it; answers `{"issuer","client_id","client_secret","version","options","steps"}`.
///
/// # Errors
/// As Keycloak.
pub async fn bootstrap_keycloak(request: &BootstrapKeycloak) -> Result<Value, Problem> {
    let made = bootstrap::apply(request, &env()?).await.map_err(explain)?;
    Ok(json!({
        "options": options(request),
        "issuer": made.issuer,
        "client_id": made.client_id,
        "client_secret": made.client_secret.expose_secret(),
        "version": made.version,
        "steps": made.steps,
    }))
}

/// What the upstream has to be told of what was set up.
fn options(request: &BootstrapKeycloak) -> Value {
    let mut options = json!({});
    if let Some(realm) = &request.connections {
        options["connections"] = json!({ "realm": realm });
    }
    if request.directory {
        options["directory"] = json!(true);
    }
    if request.headless_password {
        options["headless"] = json!("password");
    }
    if let Some(id) = &request.passkey_rp_id {
        options["passkey_rp_id"] = json!(id);
    }
    if !request.leave.is_empty() {
        options["leave"] = json!(request.leave);
    }
    options
}

/// Whoever runs this command is the operator: they hear what Keycloak said.
fn explain(error: ProviderError) -> Problem {
    let mut told = problem(&error);
    told.detail = error.to_string();
    told
}

fn env() -> Result<Env, Problem> {
    let federation = config::Federation::default();
    let bounds = config::Outbound {
        deadline: PATIENCE,
        ..config::Outbound::default()
    };
    let http = GuardedClient::new(Trust::Operator, bounds, federation).map_err(|error| {
        Problem::new(Code::Internal, "The outbound client cannot be set up.").because(error)
    })?;
    Ok(Env {
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        http: Arc::new(http) as Arc<dyn HttpClient>,
    })
}

impl Providers {
    /// Everything that is right and wrong with a Keycloak, seen with the rights of whoever sets
    /// it up; `None` for anything else.
    ///
    /// # Errors
    /// `upstream_unavailable` when its configuration does not fit.
    pub async fn compare(
        &self,
        configured: &Configured,
        (addresses, admin): (&Addresses, &RealmAdmin),
    ) -> Result<Option<Vec<Check>>, Problem> {
        let row = &configured.row;
        if row.kind != "keycloak" {
            return Ok(None);
        }
        let secret = self.secret(row).map_err(|reason| unavailable(&reason))?;
        let provider = builtin::keycloak(row, secret, Some(admin.clone()), env()?);
        let provider = provider.map_err(|reason| unavailable(&reason))?;
        match provider.diagnose() {
            Some(diagnose) => Ok(Some(diagnose.diagnose(addresses).await)),
            None => Ok(None),
        }
    }
}
