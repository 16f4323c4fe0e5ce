//! What of the set-up is not in the realm any more, and which Keycloak it is.
//!
//! It is seen with the rights of whoever sets up, where they are given; else by our client's own
//! account, where it has been allowed to look. It has not by default: in releases before 26.8
//! whoever may see a realm's clients sees their secrets too.
//!
//! Owns: who looks, and how grave each difference is. Must not know: what the set-up consists of.

use laneway_contract::{Addresses, Check, ProviderError, Who};
use url::Url;

use crate::admin::{Admin, MISSING_RIGHT};
use crate::bootstrap::{self, BootstrapRequest, PlanStep, SEES, StepAction};
use crate::diagnose::RUN_SET_UP;
use crate::realm::Realm;
use crate::{AdminCredential, Keycloak, version};

const NAME: &str = "setup";
const EXPECTED: &str = "as `laneway upstream bootstrap keycloak` sets it up";
/// Without these people sign in all the same; each has a check of its own, or spoils one page.
const MINOR: [&str; 6] = [
    "events",
    "passkeys",
    "required_actions",
    "user_profile",
    "rules_of_the_user_profile",
    "rights_of_the_client",
];

impl Keycloak {
    /// Which Keycloak it is, for whoever asks why something is different there.
    pub(crate) async fn check_version(&self) -> Option<Check> {
        let name = "version";
        let seen = match self.looking().await {
            Ok(admin) => version::seen(&admin).await,
            Err(error) => Err(error),
        };
        let (expected, fix) = (
            "26.4 or later",
            "Upgrade Keycloak: Laneway is tried with 26.4 and later.",
        );
        Some(match seen.ok()? {
            None => Check::warn(name, "older than 26.4", expected, Who::Provider, fix),
            Some(old) if version::is_old(&old) => {
                Check::warn(name, old, expected, Who::Provider, fix)
            }
            Some(seen) => Check::pass(name, seen),
        })
    }

    /// Whoever may look with the most rights.
    async fn looking(&self) -> Result<Admin, ProviderError> {
        let env = self.oidc.env();
        match &self.config.admin {
            Some(credential) => {
                let realm = Realm::of_issuer(&self.config.issuer)?;
                Admin::sign_in(&realm, credential, env).await
            }
            None => self.account.fresh(env).await,
        }
    }

    /// Everything that the set-up would still change.
    pub(crate) async fn check_setup(&self, addresses: &Addresses) -> Vec<Check> {
        let credential = match &self.config.admin {
            Some(credential) => credential.clone(),
            None => match self.own_eyes().await {
                Ok(credential) => credential,
                Err(check) => return check.into_iter().map(|check| *check).collect(),
            },
        };
        let Some(mut request) = self.as_request(addresses, credential) else {
            return Vec::new();
        };
        let mut checks = self.compare(&request).await;
        // The realm of connections is seen by those who set up alone.
        let connections = self.config.options.connections.as_ref();
        if let (Some(connections), Some(_)) = (connections, &self.config.admin) {
            request.connections = Some(connections.realm.clone());
            let mut all = self.compare(&request).await;
            all.retain(|check| checks.iter().all(|known| known.name != check.name));
            checks.extend(all);
        }
        checks
    }

    /// Our client's own account, where it may look; else what is to be said about that.
    async fn own_eyes(&self) -> Result<AdminCredential, Option<Box<Check>>> {
        // Without an account nothing is seen, which `events` says.
        let admin = self
            .account
            .fresh(self.oidc.env())
            .await
            .map_err(|_| None)?;
        let roles = admin.roles();
        let all = roles.iter().any(|role| role == "realm-admin");
        let lacks = |role: &&&str| !all && !roles.iter().any(|held| held == *role);
        let missing: Vec<&str> = SEES.iter().filter(lacks).copied().collect();
        let said = match missing.len() {
            0 => return self.own_credential().map_err(|_| None),
            1 => Check::warn(
                NAME,
                format!("Laneway's client lacks the role {}", missing[0]),
                "both or none of the roles view-realm and view-clients",
                Who::Us,
                "Run `laneway upstream bootstrap keycloak` with --drift; or take the other role away.",
            ),
            _ => Check::pass(
                NAME,
                "not compared: Laneway's client lacks the roles view-realm and view-clients. `laneway doctor --setup-client` compares with rights of its own; `laneway upstream bootstrap keycloak --drift` gives the roles",
            ),
        };
        Err(Some(Box::new(said)))
    }

    fn own_credential(&self) -> Result<AdminCredential, ProviderError> {
        Ok(AdminCredential::Client {
            realm: Realm::of_issuer(&self.config.issuer)?.name,
            client_id: self.config.client_id.clone(),
            client_secret: self.config.client_secret.clone(),
        })
    }

    async fn compare(&self, request: &BootstrapRequest) -> Vec<Check> {
        match bootstrap::plan(request, self.oidc.env()).await {
            Ok(steps) => steps.iter().map(|step| told(step, request)).collect(),
            Err(error) => vec![self.not_compared(&error)],
        }
    }

    fn not_compared(&self, error: &ProviderError) -> Check {
        let fix = match &self.config.admin {
            None => {
                "Run `laneway upstream bootstrap keycloak` with --drift, or `laneway doctor --setup-client`."
            }
            Some(_) if error.code() == Some(MISSING_RIGHT) => {
                "Give the account that you set up with the role realm-admin of the client realm-management of this realm."
            }
            Some(_) => {
                "Check the account that you set up with: its realm, its name, its password or secret, and its role realm-admin of the client realm-management of this realm."
            }
        };
        let failed = Check::fail(NAME, error.to_string(), EXPECTED, Who::Provider, fix);
        // Nobody has asked for it: what is not seen keeps nobody out.
        let ok = self.config.admin.is_none();
        Check { ok, ..failed }
    }

    fn as_request(
        &self,
        addresses: &Addresses,
        credential: AdminCredential,
    ) -> Option<BootstrapRequest> {
        let realm = Realm::of_issuer(&self.config.issuer).ok()?;
        let base = self.config.issuer.rsplit_once("/realms/")?.0;
        let options = &self.config.options;
        let place = (Url::parse(base).ok()?, realm.name);
        let client_id = self.config.client_id.as_str();
        Some(BootstrapRequest {
            directory: options.directory,
            headless_password: options.headless.is_some(),
            passkey_rp_id: options.passkey_rp_id.clone(),
            leave: options.leave.clone(),
            ..BootstrapRequest::new(place, credential, addresses.clone(), client_id)
        })
    }
}

fn told(step: &PlanStep, request: &BootstrapRequest) -> Check {
    let about = plain(&step.name);
    let name = format!("{NAME}_{about}");
    let received = step.details.join("; ");
    match step.action {
        StepAction::Present => Check::pass(&name, "as set up"),
        StepAction::Decide => {
            let fix = "In Keycloak's admin console open Realm settings > User profile and decide whether it stays so; the option `leave = [\"user-profile\"]` says that it does.";
            let expected = "rules that let people be managed from here";
            Check::warn(&name, received, expected, Who::Provider, fix)
        }
        StepAction::Create | StepAction::Change => {
            let minor = MINOR.contains(&about.as_str());
            let received = if received.is_empty() {
                "missing".to_owned()
            } else {
                received
            };
            let failed = Check::fail(&name, received, EXPECTED, Who::Us, again(request));
            Check {
                ok: minor,
                ..failed
            }
        }
    }
}

/// The set-up as it was run here: without its flags it would not see the same.
fn again(request: &BootstrapRequest) -> String {
    let mut flags = String::new();
    if request.directory {
        flags.push_str(" --directory");
    }
    if request.headless_password {
        flags.push_str(" --headless-password");
    }
    if let Some(id) = &request.passkey_rp_id {
        flags.push_str(" --passkey-rp-id ");
        flags.push_str(id);
    }
    for part in &request.leave {
        let part = serde_json::json!(part);
        flags.push_str(" --leave ");
        flags.push_str(part.as_str().unwrap_or_default());
    }
    if let Some(realm) = &request.connections {
        flags.push_str(" --connections-realm ");
        flags.push_str(realm);
    }
    if flags.is_empty() {
        return RUN_SET_UP.to_owned();
    }
    RUN_SET_UP.replacen("keycloak`", &format!("keycloak …{flags}`"), 1)
}

/// A step's name as part of a check's: what is in brackets is said elsewhere.
fn plain(name: &str) -> String {
    let name = name.split(" (").next().unwrap_or_default();
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("_").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_check_is_named_like_its_step() {
        for (step, name) in [
            ("events (whole realm)", "events"),
            ("login flow laneway-login", "login_flow_laneway_login"),
            ("claim mapper laneway amr", "claim_mapper_laneway_amr"),
        ] {
            assert_eq!(plain(step), name);
        }
    }
}
