//! The npm package `oidc-provider`, live: another people's implementation of the protocol.
//!
//! Owns: its login form and its control side (`tests/oidc-provider/server.mjs`).
//! Must not know: what any test proves.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::sync::RwLock;
use url::Url;

use super::live::{Hold, named, unique};
use super::rig::{Declared, Does, Landing, Logout, Person, Rig};
use super::stage::{NAME, Stage};
use super::web::{Browser, client};

static USE: RwLock<()> = RwLock::const_new(());

/// Holds the provider up while a test beside the suite uses it.
pub async fn hold() -> Hold {
    Hold::of(&USE, false).await
}

/// The provider and its control side.
pub struct OidcProviderRig {
    issuer: String,
    control: String,
    client_id: String,
    stopped: AtomicBool,
    _hold: Hold,
}

impl OidcProviderRig {
    /// `None`, said aloud, where none runs. `alone`: no other test uses it meanwhile.
    pub async fn new(alone: bool) -> Option<Self> {
        let [issuer, control] = named([
            "LANEWAY_TEST_OIDC_PROVIDER_URL",
            "LANEWAY_TEST_OIDC_PROVIDER_CONTROL",
        ])?;
        Some(Self {
            issuer,
            control,
            client_id: unique("client"),
            stopped: AtomicBool::new(false),
            _hold: Hold::of(&USE, alone).await,
        })
    }

    async fn arrange(&self, method: &str, path: &str, body: Option<Value>) {
        let method = method.parse().expect("a method");
        let mut request = client().request(method, format!("{}{path}", self.control));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("the control side answers");
        assert!(
            answer.status().is_success(),
            "{path}: {}",
            answer.text().await.expect("a text")
        );
    }

    async fn put_person(&self, person: &Person, enabled: bool) {
        let claims = json!({ "email": format!("{}@example.test", person.login), "email_verified": true, "name": person.login });
        let body = json!({ "password": password(person), "enabled": enabled, "claims": claims });
        self.arrange("PUT", &format!("/accounts/{}", person.login), Some(body))
            .await;
    }

    /// Registers our client with this redirect URI.
    async fn put_client(&self, public_url: &str) {
        let metadata = json!({
            "client_secret": "a-secret-of-the-suite",
            "redirect_uris": [format!("{public_url}/federation/callback/{NAME}")],
            "post_logout_redirect_uris": [format!("{public_url}/logged-out")],
            "backchannel_logout_uri": format!("{public_url}/bff/backchannel/{NAME}"),
            "backchannel_logout_session_required": true,
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
        });
        self.arrange(
            "PUT",
            &format!("/clients/{}", self.client_id),
            Some(metadata),
        )
        .await;
    }
}

fn password(person: &Person) -> String {
    format!("{}-signs-in", person.login)
}

#[async_trait]
impl Rig for OidcProviderRig {
    fn declared(&self) -> Declared {
        Declared {
            methods: &[("redirect", "redirect")],
            acr: "aal1",
            // It keeps amr to itself unless a client is let ask for it.
            amr: &[],
            strongest: "aal2",
            beyond: Some("phr"),
            judges_factors: false,
            directory: false,
            manages: false,
            credentials: false,
            actions: false,
            logout: Logout::Browser,
            back_channel: true,
            tells: false,
            cancel: true,
        }
    }

    async fn register(&self, public_url: &str) -> Option<Value> {
        self.put_client(public_url).await;
        Some(json!({
            "kind": "oidc", "name": NAME, "issuer": self.issuer, "client_id": self.client_id,
            "client_secret": "a-secret-of-the-suite",
            "options": { "max_acr": "aal2", "acr": { "aal1": ["aal1"], "aal2": ["aal2"] } },
        }))
    }

    async fn provision(&self, _: &Stage, name: &str, _strong: bool) -> Person {
        let login = unique(name);
        let person = Person {
            subject: login.clone(),
            login,
        };
        self.put_person(&person, true).await;
        person
    }

    async fn act_as_user(
        &self,
        stage: &Stage,
        browser: &mut Browser,
        url: &Url,
        (person, does): (&Person, Does),
    ) -> Landing {
        let mut page = browser.walk(url, |next| stage.owns(next)).await;
        if page.location.is_none()
            && page.at.path().starts_with("/interaction/")
            && does != Does::Nothing
        {
            let password = if does == Does::WrongAnswer {
                "wrong".to_owned()
            } else {
                password(person)
            };
            let mut fields = vec![
                ("login", person.login.as_str()),
                ("password", password.as_str()),
            ];
            if does == Does::Cancel {
                fields = vec![("abort", "1")];
            }
            let form = page.at.clone();
            page = browser.submit(&form, &fields).await;
            if let Some(next) = page.location.clone().filter(|next| !stage.owns(next)) {
                page = browser.walk(&next, |next| stage.owns(next)).await;
            }
        }
        match page.location {
            Some(home) => Landing::Home(home),
            None => Landing::Page(page.status),
        }
    }

    async fn disable(&self, _: &Stage, person: &Person) {
        self.put_person(person, false).await;
    }

    async fn end_session(&self, _: &Stage, person: &Person) {
        self.arrange(
            "DELETE",
            &format!("/accounts/{}/sessions", person.login),
            None,
        )
        .await;
    }

    async fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.arrange("POST", "/stop", None).await;
    }

    async fn start(&self) {
        if self.stopped.swap(false, Ordering::SeqCst) {
            self.arrange("POST", "/start", None).await;
        }
    }

    async fn clean_up(&self) {}
}
