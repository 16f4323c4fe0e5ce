//! Realms of a test's own in a live Keycloak: the upstream's, that of customers' providers, and
//! a customer's.
//!
//! Owns: their making and removal, and a person who signs in there.
//! Must not know: what any test proves.

use laneway::providers::{BootstrapKeycloak, RealmAdmin, bootstrap_keycloak};
use laneway_contract::Addresses;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard};
use url::Url;

use crate::suite::live::{named, unique};
use crate::suite::web::{Browser, client};

const SECRET: &str = "a-secret-of-the-customer";
const RUN: &str = "brokered";
/// Realms are heavy to make: many at once make a small Keycloak slower than the program's patience.
static TURN: Mutex<()> = Mutex::const_new(());

/// Three realms.
pub struct Realms {
    base: String,
    admin: (String, String),
    /// Where people of the tenant sign in.
    pub home: String,
    /// Where customers' providers are spoken to.
    pub between: String,
    /// A customer's.
    pub customer: String,
    /// Whether people of the tenant are managed from here.
    pub directory: bool,
    /// Whether passwords may be typed on our page.
    pub headless: bool,
    _turn: MutexGuard<'static, ()>,
}

impl Realms {
    /// `None`, said aloud, where no Keycloak runs. Realms of runs that are over are removed.
    pub async fn new() -> Option<Self> {
        let [base, user, password] = named([
            "LANEWAY_TEST_KEYCLOAK_URL",
            "LANEWAY_TEST_KEYCLOAK_ADMIN_USER",
            "LANEWAY_TEST_KEYCLOAK_ADMIN_PASSWORD",
        ])?;
        let name = unique(RUN);
        let realms = Self {
            base,
            admin: (user, password),
            home: format!("{name}-home"),
            between: format!("{name}-between"),
            customer: format!("{name}-customer"),
            directory: false,
            headless: false,
            _turn: TURN.lock().await,
        };
        realms.tidy().await;
        for realm in [&realms.home, &realms.customer] {
            let body = json!({ "realm": realm, "enabled": true, "sslRequired": "external" });
            realms.send(Method::POST, "", Some(body)).await;
        }
        Some(realms)
    }

    async fn tidy(&self) {
        let all = self
            .send(Method::GET, "?briefRepresentation=true", None)
            .await;
        for realm in all.as_array().expect("a list") {
            let name = realm["realm"].as_str().expect("a name");
            let mut parts = name.split('-');
            let run = parts.next().filter(|first| *first == RUN);
            let over = |run: &str| !std::path::Path::new("/proc").join(run).exists();
            if run.and_then(|_| parts.next()).is_some_and(over) {
                self.send(Method::DELETE, &format!("/{name}"), None).await;
            }
        }
    }

    /// Removes them all.
    pub async fn remove(&self) {
        for realm in [&self.home, &self.between, &self.customer] {
            self.send(Method::DELETE, &format!("/{realm}"), None).await;
        }
    }

    async fn token(&self) -> String {
        let (user, password) = &self.admin;
        let fields = [
            ("grant_type", "password"),
            ("client_id", "admin-cli"),
            ("username", user),
            ("password", password),
        ];
        let url = format!("{}/realms/master/protocol/openid-connect/token", self.base);
        let answer = client().post(url).form(&fields).send().await;
        let answer: Value = answer.expect("an answer").json().await.expect("a token");
        answer["access_token"].as_str().expect("a token").to_owned()
    }

    /// A call of the Admin API below `/admin/realms`; the id of what was made, or the document.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let request = client().request(method.clone(), format!("{}/admin/realms{path}", self.base));
        let mut request = request.bearer_auth(self.token().await);
        if let Some(Value::String(xml)) = body {
            request = request.header("content-type", "application/xml").body(xml);
        } else if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("Keycloak answers");
        let status = answer.status();
        let made = answer.headers().get("location").cloned();
        let text = answer.text().await.unwrap_or_default();
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        match made.and_then(|made| made.to_str().ok()?.rsplit('/').next().map(str::to_owned)) {
            Some(id) => json!(id),
            None => serde_json::from_str(&text).unwrap_or_default(),
        }
    }

    /// Where Keycloak is.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The administrator's password.
    pub fn password(&self) -> &str {
        &self.admin.1
    }

    /// A client of the home realm whose account may look at all of it; its secret.
    pub async fn observer(&self, client_id: &str) -> &'static str {
        let home = &self.home;
        let body = json!({ "clientId": client_id, "secret": SECRET, "publicClient": false,
            "serviceAccountsEnabled": true, "standardFlowEnabled": false });
        let path = format!("/{home}/clients");
        let id = self.send(Method::POST, &path, Some(body)).await;
        let id = id.as_str().expect("an id");
        let account = format!("/{home}/clients/{id}/service-account-user");
        let account = self.send(Method::GET, &account, None).await["id"].take();
        let management = format!("/{home}/clients?clientId=realm-management");
        let management = self.send(Method::GET, &management, None).await[0]["id"].take();
        let (account, management) = (account.as_str(), management.as_str());
        let (account, management) = (account.expect("an id"), management.expect("an id"));
        let mut roles = Vec::new();
        for role in ["view-realm", "view-clients", "view-events", "view-users"] {
            let path = format!("/{home}/clients/{management}/roles/{role}");
            roles.push(self.send(Method::GET, &path, None).await);
        }
        let path = format!("/{home}/users/{account}/role-mappings/clients/{management}");
        self.send(Method::POST, &path, Some(json!(roles))).await;
        SECRET
    }

    /// Sets the upstream up as an operator does; what to register it with.
    pub async fn bootstrap(&self, name: &str) -> Value {
        let url =
            |path: &str| Url::parse(&format!("https://login.test{path}")).expect("an address");
        let place = (Url::parse(&self.base).expect("an address"), &self.home);
        let admin = RealmAdmin::Password {
            realm: "master".into(),
            username: self.admin.0.clone(),
            password: self.admin.1.clone().into(),
        };
        let addresses = Addresses {
            redirect_uri: url(&format!("/federation/callback/{name}")),
            post_logout_uri: url("/logged-out"),
            backchannel_uri: url(&format!("/bff/backchannel/{name}")),
        };
        let request = BootstrapKeycloak {
            connections: Some(self.between.clone()),
            directory: self.directory,
            headless_password: self.headless,
            ..BootstrapKeycloak::new(place, admin, addresses, "laneway")
        };
        let made = bootstrap_keycloak(&request).await.expect("it is set up");
        json!({
            "kind": "keycloak", "name": name, "issuer": made["issuer"],
            "client_id": made["client_id"], "client_secret": made["client_secret"],
            "options": made["options"],
        })
    }

    /// An address of a realm.
    pub fn at(&self, realm: &str, path: &str) -> String {
        format!("{}/realms/{realm}{path}", self.base)
    }

    /// A connection as Keycloak has it.
    pub async fn instance(&self, id: &str) -> Value {
        let path = format!("/{}/identity-provider/instances/{id}", self.between);
        self.send(Method::GET, &path, None).await
    }

    /// Somebody in a realm, in a group; their id there.
    pub async fn person(&self, realm: &str, name: &str, group: &str) -> String {
        let body = json!({ "username": name, "email": format!("{name}@acme.test"),
            "emailVerified": true, "enabled": true, "firstName": name, "lastName": "Acme",
            "credentials": [{ "type": "password", "value": format!("{name}-signs-in") }] });
        let user = self
            .send(Method::POST, &format!("/{realm}/users"), Some(body))
            .await;
        let user = user.as_str().expect("an id").to_owned();
        let all = self
            .send(Method::GET, &format!("/{realm}/groups"), None)
            .await;
        let known = all.as_array().expect("a list").iter();
        let mut known = known
            .filter(|one| one["name"] == group)
            .map(|one| one["id"].clone());
        let group = match known.next_back() {
            Some(id) => id,
            None => {
                let body = json!({ "name": group });
                let path = format!("/{realm}/groups");
                self.send(Method::POST, &path, Some(body)).await
            }
        };
        let path = format!(
            "/{realm}/users/{user}/groups/{}",
            group.as_str().expect("an id")
        );
        self.send(Method::PUT, &path, None).await;
        user
    }

    /// A client of the customer's for OpenID Connect; its config.
    pub async fn oidc_config(&self, redirect_uri: &str) -> Value {
        let client_id = unique("customer");
        let body = json!({ "clientId": client_id, "secret": SECRET, "publicClient": false,
            "redirectUris": [redirect_uri] });
        let realm = &self.customer;
        let id = self
            .send(Method::POST, &format!("/{realm}/clients"), Some(body))
            .await;
        let mapper = json!({ "name": "groups", "protocol": "openid-connect",
            "protocolMapper": "oidc-group-membership-mapper",
            "config": { "claim.name": "groups", "full.path": "false", "id.token.claim": "true" } });
        self.add_mapper(&id, mapper).await;
        json!({ "issuer": self.at(realm, ""), "client_id": client_id, "client_secret": SECRET,
            "scopes": ["openid", "email", "profile"] })
    }

    async fn add_mapper(&self, client: &Value, mapper: Value) {
        let client = client.as_str().expect("an id");
        let path = format!(
            "/{}/clients/{client}/protocol-mappers/models",
            self.customer
        );
        self.send(Method::POST, &path, Some(mapper)).await;
    }

    /// Registers us at the customer's by the metadata that lies at an address.
    pub async fn register_saml(&self, metadata_url: &str) {
        let metadata = client().get(metadata_url).send().await.expect("an answer");
        let metadata = metadata.text().await.expect("a document");
        let path = format!("/{}/client-description-converter", self.customer);
        let mut body = self.send(Method::POST, &path, Some(json!(metadata))).await;
        body["attributes"]["saml.assertion.signature"] = json!("true");
        body["attributes"]["saml_name_id_format"] = json!("persistent");
        let path = format!("/{}/clients", self.customer);
        let id = self.send(Method::POST, &path, Some(body)).await;
        let email = json!({ "name": "email", "protocol": "saml",
            "protocolMapper": "saml-user-property-mapper",
            "config": { "user.attribute": "email", "attribute.name": "email",
                "attribute.nameformat": "Basic" } });
        self.add_mapper(&id, email).await;
        let groups = json!({ "name": "groups", "protocol": "saml",
            "protocolMapper": "saml-group-membership-mapper",
            "config": { "attribute.name": "groups", "single": "true", "full.path": "false" } });
        self.add_mapper(&id, groups).await;
    }

    /// Goes from an address to Laneway's callback, signing in where it is asked for.
    pub async fn walk(&self, browser: &mut Browser, address: &str, login: &str) -> String {
        let ours = |next: &Url| next.host_str() == Some("login.test");
        let start: Url = address.parse().expect("an address");
        let mut page = browser.walk(&start, ours).await;
        for _ in 0..6 {
            if let Some(home) = page.location {
                return home.into();
            }
            let mark = if page.has_form("kc-form-login") {
                "kc-form-login"
            } else {
                "method=\"post\""
            };
            let (action, mut fields) = page.form(mark);
            if mark == "kc-form-login" {
                fields.push(("username".into(), login.into()));
                fields.push(("password".into(), format!("{login}-signs-in")));
            }
            let fields: Vec<(&str, &str)> = fields
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            page = browser.submit(&action, &fields).await;
            if let Some(next) = page.location.clone().filter(|next| !ours(next)) {
                page = browser.walk(&next, ours).await;
            }
        }
        panic!("does not lead back: {} {}", page.at, page.text)
    }
}
