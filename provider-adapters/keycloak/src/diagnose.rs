//! What is wrong with a realm's set-up for us, and the exact step that mends it.
//!
//! Owns: Keycloak's checks and their fixes. Must not know: how they are shown.

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_LANGUAGE, LOCATION};
use http::{Request, Response, StatusCode};
use laneway_contract::{Addresses, Check, ConnectionAdmin as _, Diagnose, ProviderError, Who};
use url::Url;

use crate::Keycloak;
use crate::bootstrap;
use crate::realm::Realm;
use crate::session::error_of;

pub(crate) const RUN_SET_UP: &str =
    "Run `laneway upstream bootstrap keycloak`; with --plan it only shows what it would change.";

#[async_trait]
impl Diagnose for Keycloak {
    async fn diagnose(&self, addresses: &Addresses) -> Vec<Check> {
        let mut checks = vec![self.check_realm().await];
        if !checks[0].ok {
            return checks;
        }
        checks.extend(self.check_version().await);
        checks.extend(self.oidc.diagnose_protocol().await);
        if checks
            .iter()
            .any(|check| check.name == "discovery" && !check.ok)
        {
            return checks;
        }
        checks.push(self.check_redirect_uri(addresses).await);
        checks.push(self.check_post_logout_uri(addresses).await);
        checks.push(self.check_events().await);
        checks.push(self.check_credentials().await);
        if self.config.options.directory {
            checks.push(self.check_directory().await);
        }
        if self.config.options.headless.is_some() {
            checks.push(self.check_headless().await);
        }
        checks.extend(self.check_setup(addresses).await);
        if let Some(connections) = &self.connections {
            checks.extend(connections.examine().await);
        }
        checks
    }
}

impl Keycloak {
    async fn check_realm(&self) -> Check {
        let name = "realm";
        let fail = |received: String, who, fix: String| {
            Check::fail(name, received, "an enabled realm", who, fix)
        };
        let realm = match Realm::of_issuer(&self.config.issuer) {
            Ok(realm) => realm,
            Err(error) => {
                let fix = "Set the issuer to {Keycloak's address}/realms/{name of the realm}.";
                return fail(error.to_string(), Who::Us, fix.into());
            }
        };
        match self.look(&realm.url(&[])).await {
            Err(error) => {
                let fix = "Start Keycloak and make its address reachable from the machine that Laneway runs on.";
                fail(error.to_string(), Who::Provider, fix.into())
            }
            Ok(response) if response.status() == StatusCode::OK => {
                match self.switched_off(&realm).await {
                    Ok(false) => Check::pass(name, &realm.name),
                    Ok(true) => fail("switched off".into(), Who::Provider, switch_on(&realm)),
                    Err(error) => fail(error.to_string(), Who::Provider, switch_on(&realm)),
                }
            }
            Ok(response) => {
                let status = response.status().as_u16();
                fail(format!("HTTP {status}"), Who::Provider, switch_on(&realm))
            }
        }
    }

    /// A realm that is switched off still describes itself; only its endpoints refuse.
    async fn switched_off(&self, realm: &Realm) -> Result<bool, ProviderError> {
        let url = realm.url(&["protocol", "openid-connect", "token"]);
        let response = self
            .send_form(&url, None, &[("grant_type", "none")])
            .await?;
        Ok(error_of(&response).0 == "access_denied")
    }

    /// With `prompt=none` a registered address gets its answer at once; any other gets a page
    /// that never leads back.
    async fn check_redirect_uri(&self, addresses: &Addresses) -> Check {
        let name = "redirect_uri";
        let ours = addresses.redirect_uri.as_str();
        let fix = format!(
            "In Keycloak's admin console open Clients > {} > Settings and add exactly this line to Valid redirect URIs: {ours}",
            self.config.client_id
        );
        match self.probe_redirect(ours).await {
            Ok(response) if leads_to(&response, ours) => Check::pass(name, ours),
            Ok(response) => Check::fail(name, page_says(&response), ours, Who::Provider, fix),
            Err(error) => Check::fail(name, error.to_string(), ours, Who::Provider, fix),
        }
    }

    async fn probe_redirect(&self, redirect_uri: &str) -> Result<Response<Bytes>, ProviderError> {
        let mut url = self.oidc.metadata().await?.authorization_endpoint.clone();
        url.query_pairs_mut().extend_pairs([
            ("client_id", self.config.client_id.as_str()),
            ("redirect_uri", redirect_uri),
            ("response_type", "code"),
            ("scope", "openid"),
            ("prompt", "none"),
            ("state", "laneway-configuration-check"),
            ("code_challenge_method", "S256"),
            // SHA-256 of nothing: no code can come of this request.
            (
                "code_challenge",
                "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
            ),
        ]);
        self.look(&url).await
    }

    async fn check_post_logout_uri(&self, addresses: &Addresses) -> Check {
        let name = "post_logout_redirect_uri";
        let ours = addresses.post_logout_uri.as_str();
        let fix = format!(
            "In Keycloak's admin console open Clients > {} > Settings and add exactly this line to Valid post logout redirect URIs: {ours}",
            self.config.client_id
        );
        match self.probe_logout(ours).await {
            Ok(response) if response.status() == StatusCode::BAD_REQUEST => {
                Check::fail(name, page_says(&response), ours, Who::Provider, fix)
            }
            Ok(_) => Check::pass(name, ours),
            Err(error) => Check::fail(name, error.to_string(), ours, Who::Provider, fix),
        }
    }

    /// Without a hint and without a cookie Keycloak ends nothing, but it checks the address.
    async fn probe_logout(&self, return_to: &str) -> Result<Response<Bytes>, ProviderError> {
        let metadata = self.oidc.metadata().await?;
        let mut url = metadata
            .end_session_endpoint
            .clone()
            .ok_or(ProviderError::NotFound)?;
        url.query_pairs_mut().extend_pairs([
            ("client_id", self.config.client_id.as_str()),
            ("post_logout_redirect_uri", return_to),
        ]);
        self.look(&url).await
    }

    /// Whether we hear of what happens in the realm. Without it people sign in all the same, and
    /// those who are switched off there stay signed in here.
    async fn check_events(&self) -> Check {
        let name = "events";
        let expected = "records of disabled and removed people, new passwords and ended sessions that Laneway's client may read";
        match self.missing_events().await {
            Ok(missing) if missing.is_empty() => Check::pass(name, "read each second"),
            Ok(missing) => Check::warn(name, missing.join("; "), expected, Who::Us, RUN_SET_UP),
            Err(ProviderError::Misconfigured(_)) => {
                let received = "Laneway's client may not read them";
                Check::warn(name, received, expected, Who::Us, RUN_SET_UP)
            }
            Err(error) => Check::warn(name, error.to_string(), expected, Who::Us, RUN_SET_UP),
        }
    }

    /// Whether we may manage the realm's people. Without it people sign in all the same.
    async fn check_directory(&self) -> Check {
        let name = "directory";
        let expected = "the right to create, change and remove people (manage-users)";
        let fix = "Run `laneway upstream bootstrap keycloak` with --directory; or leave out the option `directory`.";
        match self.may_manage_people().await {
            Ok(true) => Check::pass(name, "people are managed from here"),
            Ok(false) | Err(ProviderError::Misconfigured(_)) => {
                let received = "Laneway's client may not manage people";
                Check::warn(name, received, expected, Who::Us, fix)
            }
            Err(error) => Check::warn(name, error.to_string(), expected, Who::Us, fix),
        }
    }

    async fn missing_events(&self) -> Result<Vec<String>, ProviderError> {
        let admin = self.account.fresh(self.oidc.env()).await?;
        let none = || ProviderError::Misconfigured("the administration is not there".into());
        let config = admin.get(&["events", "config"]).await?.ok_or_else(none)?;
        Ok(bootstrap::events::differences(&config))
    }

    async fn look(&self, url: &Url) -> Result<Response<Bytes>, ProviderError> {
        let request = Request::get(url.as_str())
            .header(ACCEPT, "text/html, application/json")
            .header(ACCEPT_LANGUAGE, "en")
            .body(Bytes::new())
            .map_err(|_| ProviderError::Misconfigured("the address cannot be called".into()))?;
        let response = self.oidc.env().http.send(request).await?;
        if response.status().is_server_error() {
            let status = response.status().as_u16();
            return Err(ProviderError::Unreachable(format!(
                "Keycloak answers {status}"
            )));
        }
        Ok(response)
    }
}

fn switch_on(realm: &Realm) -> String {
    format!(
        "Open Keycloak's admin console, check that the realm \"{}\" exists, and switch it on under Realm settings.",
        realm.name
    )
}

fn leads_to(response: &Response<Bytes>, address: &str) -> bool {
    let to = response
        .headers()
        .get(LOCATION)
        .and_then(|to| to.to_str().ok());
    response.status().is_redirection()
        && to.is_some_and(|to| {
            to.strip_prefix(address)
                .is_some_and(|rest| rest.starts_with(['?', '#', '&']))
        })
}

/// Which of Keycloak's known refusals a page shows; never the page itself.
fn page_says(response: &Response<Bytes>) -> String {
    let page = String::from_utf8_lossy(response.body());
    let known = [
        "Invalid parameter: redirect_uri",
        "Invalid redirect uri",
        "Client not found",
        "Client disabled",
        "Client is disabled",
        "Invalid Request",
    ];
    let said = known.iter().find(|text| page.contains(*text)).copied();
    let status = response.status().as_u16();
    said.map_or_else(
        || format!("HTTP {status}"),
        |said| format!("HTTP {status}: {said}"),
    )
}
