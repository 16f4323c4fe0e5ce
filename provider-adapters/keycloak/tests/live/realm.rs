//! A fresh realm with people, and an administrator's hands in it.

use laneway_contract::{Addresses, BeginRedirect};
use laneway_keycloak::bootstrap::{self, BootstrapOutcome, BootstrapRequest};
use laneway_keycloak::{AdminCredential, Keycloak, KeycloakConfig, KeycloakOptions};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use url::Url;

use crate::outside::{client, env, random_hex};

/// Key of tia's one-time codes, as raw text.
pub const TOTP_KEY: &str = "live-test-key-0001";

pub struct TestRealm {
    pub name: String,
    base: String,
    password: String,
    http: reqwest::Client,
}

impl TestRealm {
    /// `None`, said aloud, when no Keycloak was named.
    pub async fn create() -> Option<Self> {
        let read = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let (Some(base), Some(password)) = (
            read("LANEWAY_TEST_KEYCLOAK_URL"),
            read("LANEWAY_TEST_KEYCLOAK_ADMIN_PASSWORD"),
        ) else {
            let ci = std::env::var("CI").is_ok_and(|value| value == "true");
            assert!(
                !ci,
                "CI must name a Keycloak: these tests prove nothing without one"
            );
            eprintln!(
                "not run: set LANEWAY_TEST_KEYCLOAK_URL and LANEWAY_TEST_KEYCLOAK_ADMIN_PASSWORD"
            );
            return None;
        };
        let name = format!("live-{}", random_hex());
        let realm = Self {
            name,
            base,
            password,
            http: client(),
        };
        let body = json!({"realm": realm.name, "enabled": true, "sslRequired": "external",
            "groups": [{"name": "staff"}],
            "users": [person("ana", false), person("ben", false), person("tia", true)]});
        let token = realm.token().await;
        let url = format!("{}/admin/realms", realm.base);
        let made = realm
            .http
            .post(url)
            .bearer_auth(token)
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(made.status(), StatusCode::CREATED);
        Some(realm)
    }

    pub async fn delete(self) {
        self.admin(Method::DELETE, "", None).await;
    }

    /// The realm of this name beside it, not made yet.
    pub fn beside(&self, name: &str) -> Self {
        Self {
            name: format!("{}-{name}", self.name),
            base: self.base.clone(),
            password: self.password.clone(),
            http: client(),
        }
    }

    async fn token(&self) -> String {
        let fields = [
            ("grant_type", "password"),
            ("client_id", "admin-cli"),
            ("username", "admin"),
            ("password", &self.password),
        ];
        let url = format!("{}/realms/master/protocol/openid-connect/token", self.base);
        let answer = self.http.post(url).form(&fields).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// A call of the Admin API below this realm.
    pub async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}/admin/realms/{}{path}", self.base, self.name);
        let mut request = self
            .http
            .request(method.clone(), url)
            .bearer_auth(self.token().await);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        assert!(
            answer.status().is_success(),
            "{method} {path}: {}",
            answer.status()
        );
        answer.json().await.unwrap_or_default()
    }

    pub async fn user_id(&self, username: &str) -> String {
        let path = format!("/users?username={username}&exact=true");
        self.admin(Method::GET, &path, None).await[0]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// The user id of a client's account.
    pub async fn account(&self, client_id: &str) -> String {
        let path = format!("/users?username=service-account-{client_id}&exact=true");
        let found = self.admin(Method::GET, &path, None).await;
        found[0]["id"].as_str().unwrap().to_owned()
    }

    /// Takes all rights in the realm from a client's account.
    pub async fn forget_rights(&self, client_id: &str) {
        let account = self.account(client_id).await;
        let path = "/clients?clientId=realm-management";
        let found = self.admin(Method::GET, path, None).await;
        let management = found[0]["id"].as_str().unwrap();
        let path = format!("/users/{account}/role-mappings/clients/{management}");
        self.admin(Method::DELETE, &path, None).await;
    }

    /// A client of the realm whose account has these rights, and no more.
    pub async fn client_with(&self, client_id: &str, secret: &str, rights: &[&str]) {
        let body = json!({"clientId": client_id, "secret": secret, "publicClient": false,
            "standardFlowEnabled": false, "serviceAccountsEnabled": true});
        self.admin(Method::POST, "/clients", Some(body)).await;
        for right in rights {
            self.give(client_id, right).await;
        }
    }

    /// Gives the account of a client a right, and lets its tokens carry it.
    pub async fn give(&self, client_id: &str, right: &str) {
        let path = "/clients?clientId=realm-management";
        let found = self.admin(Method::GET, path, None).await;
        let management = found[0]["id"].as_str().unwrap();
        let path = format!("/clients/{management}/roles/{right}");
        let role = json!([self.admin(Method::GET, &path, None).await]);
        let account = self.account(client_id).await;
        let path = format!("/users/{account}/role-mappings/clients/{management}");
        self.admin(Method::POST, &path, Some(role.clone())).await;
        let path = format!("/clients?clientId={client_id}");
        let client = self.admin(Method::GET, &path, None).await;
        let id = client[0]["id"].as_str().unwrap();
        let path = format!("/clients/{id}/scope-mappings/clients/{management}");
        self.admin(Method::POST, &path, Some(role)).await;
    }

    pub fn by_client(&self, client_id: &str, secret: &str) -> AdminCredential {
        AdminCredential::Client {
            realm: self.name.clone(),
            client_id: client_id.into(),
            client_secret: secret.to_owned().into(),
        }
    }

    pub fn issuer(&self) -> String {
        format!("{}/realms/{}", self.base, self.name)
    }

    pub fn request(&self, addresses: &Addresses) -> BootstrapRequest {
        let place = (Url::parse(&self.base).unwrap(), self.name.clone());
        BootstrapRequest::new(place, self.credential(), addresses.clone(), "laneway")
    }

    pub fn credential(&self) -> AdminCredential {
        AdminCredential::Password {
            realm: "master".into(),
            username: "admin".into(),
            password: self.password.clone().into(),
        }
    }

    pub fn config(&self, outcome: &BootstrapOutcome) -> KeycloakConfig {
        KeycloakConfig {
            issuer: outcome.issuer.clone(),
            client_id: outcome.client_id.clone(),
            client_secret: outcome.client_secret.clone(),
            options: KeycloakOptions::default(),
            admin: Some(self.credential()),
        }
    }

    /// Sets the realm up and returns the adapter for it.
    pub async fn keycloak(&self, addresses: &Addresses) -> Keycloak {
        let outcome = bootstrap::apply(&self.request(addresses), &env())
            .await
            .unwrap();
        Keycloak::new(self.config(&outcome), env()).unwrap()
    }
}

fn person(username: &str, otp: bool) -> Value {
    let mut credentials = vec![json!({"type": "password", "value": password_of(username)})];
    if otp {
        let data = json!({"subType": "totp", "digits": 6, "period": 30, "counter": 0, "algorithm": "HmacSHA1"});
        credentials.push(json!({"type": "otp", "userLabel": "test",
            "secretData": json!({"value": TOTP_KEY}).to_string(), "credentialData": data.to_string()}));
    }
    json!({"username": username, "email": format!("{username}@example.test"), "emailVerified": true,
        "enabled": true, "firstName": username, "lastName": "Test", "credentials": credentials,
        "groups": if username == "ana" { json!(["/staff"]) } else { json!([]) }})
}

pub fn password_of(username: &str) -> String {
    format!("{username}-test-password")
}

pub fn addresses(backchannel: &str) -> Addresses {
    let url = |text: &str| Url::parse(text).unwrap();
    Addresses {
        redirect_uri: url("http://localhost:9/federation/callback/keycloak"),
        post_logout_uri: url("http://localhost:9/logged-out"),
        backchannel_uri: url(backchannel),
    }
}

pub fn unheard() -> Addresses {
    addresses("http://127.0.0.1:9/bff/backchannel/keycloak")
}

pub fn begin(addresses: &Addresses) -> BeginRedirect {
    BeginRedirect {
        redirect_uri: addresses.redirect_uri.clone(),
        state: random_hex(),
        login_hint: None,
        prompt: None,
        acr: None,
        max_age: None,
        ui_locales: None,
    }
}
