//! Keycloak, live, in a realm of the run's own, with a client per test that the real set-up
//! has prepared.
//!
//! Owns: the realm, its pages, and freezing the server. Must not know: what any test proves.

use async_trait::async_trait;
use aws_lc_rs::hmac;
use laneway::outbound::SystemClock;
use laneway::providers::{BootstrapKeycloak, RealmAdmin, bootstrap_keycloak};
use laneway_contract::{Addresses, Clock as _};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::{Mutex, OnceCell, RwLock};
use url::Url;

use super::frozen::Frozen;
use super::live::{Hold, named, unique};
use super::rig::{Declared, Does, Landing, Logout, Person, Rig};
use super::stage::{NAME, Stage};
use super::web::{Browser, Page, client};

static USE: RwLock<()> = RwLock::const_new(());
static REALM: OnceCell<()> = OnceCell::const_new();
/// The set-up looks, then acts: two at once in one realm would both create.
static SET_UP: Mutex<()> = Mutex::const_new(());
pub const TOTP_KEY: &str = "suite-test-key-0001";

/// One realm of the live server.
pub struct KeycloakRig {
    base: String,
    admin: (String, String),
    realm: String,
    client_id: String,
    frozen: Frozen,
    /// Passwords are typed on Laneway's page.
    headless: bool,
    _hold: Hold,
}

impl KeycloakRig {
    /// `None`, said aloud, where none runs. `alone`: no other test uses it meanwhile.
    pub async fn new(alone: bool) -> Option<Self> {
        let names = [
            "LANEWAY_TEST_KEYCLOAK_URL",
            "LANEWAY_TEST_KEYCLOAK_ADMIN_USER",
            "LANEWAY_TEST_KEYCLOAK_ADMIN_PASSWORD",
        ];
        let [base, user, password] = named(names)?;
        let port = Url::parse(&base)
            .expect("an address")
            .port()
            .expect("a port of its own");
        let rig = Self {
            base,
            admin: (user, password),
            realm: format!("suite-{}", std::process::id()),
            client_id: unique("laneway"),
            frozen: Frozen::at(port),
            headless: false,
            _hold: Hold::of(&USE, alone).await,
        };
        REALM.get_or_init(|| rig.make_realm()).await;
        Some(rig)
    }

    /// The same with passwords that are typed on Laneway's page.
    pub async fn headless() -> Option<Self> {
        let rig = Self::new(false).await?;
        Some(Self {
            headless: true,
            ..rig
        })
    }

    /// What the person does on Laneway's page; or the address at Keycloak that they go on to.
    async fn on_our_page(
        &self,
        stage: &Stage,
        browser: &mut Browser,
        url: &Url,
        (person, does): (&Person, Does),
    ) -> Result<Landing, Url> {
        if does == Does::Nothing {
            return Ok(Landing::Page(browser.open(url).await.status));
        }
        let mut query = url.query_pairs();
        let given = query.find(|(name, _)| name == "flow");
        let (further, flow) = match given {
            Some((_, id)) => (true, id.into_owned()),
            None => {
                let body = json!({ "username": person.login, "return_to": "/account" });
                let begun = stage.flow(browser, body).await.expect(201).json();
                (false, begun["id"].as_str().expect("an id").to_owned())
            }
        };
        if further || does == Does::SecondFactor {
            return Err(over_there(stage, browser, &flow).await);
        }
        let typed = match does {
            Does::WrongAnswer => "wrong".to_owned(),
            _ => password(person),
        };
        let body = json!({ "password": typed });
        let page = stage.answer(browser, &flow, "password", body).await;
        if page.status == 200 && page.json()["state"] == "done" {
            return Ok(Landing::Home(stage.at("/account")));
        }
        // Whoever has an app there is refused here, and signs in on its page.
        if page.status == 422 && does == Does::SignIn {
            return Err(over_there(stage, browser, &flow).await);
        }
        Ok(Landing::Page(page.status))
    }

    /// Makes the run's realm, and removes those of runs that are over: a test cannot know
    /// that it is the last.
    async fn make_realm(&self) {
        let all = self
            .send(Method::GET, "/admin/realms?briefRepresentation=true", None)
            .await;
        let names = all
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|realm| realm["realm"].as_str());
        for name in names {
            let Some(run) = name.strip_prefix("suite-") else {
                continue;
            };
            if !std::path::Path::new("/proc").join(run).exists() {
                self.send(Method::DELETE, &format!("/admin/realms/{name}"), None)
                    .await;
            }
        }
        let body = json!({ "realm": self.realm, "enabled": true, "sslRequired": "external" });
        self.send(Method::POST, "/admin/realms", Some(body)).await;
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
        let answer = client()
            .post(url)
            .form(&fields)
            .send()
            .await
            .expect("Keycloak answers");
        let answer: Value = answer.json().await.expect("a token");
        answer["access_token"].as_str().expect("a token").to_owned()
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = client()
            .request(method.clone(), format!("{}{path}", self.base))
            .bearer_auth(self.token().await);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("Keycloak answers");
        assert!(
            answer.status().is_success(),
            "{method} {path}: {}",
            answer.status()
        );
        answer.json().await.unwrap_or_default()
    }

    /// A call of the Admin API below the realm.
    async fn in_realm(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        self.send(method, &format!("/admin/realms/{}{path}", self.realm), body)
            .await
    }
}

fn password(person: &Person) -> String {
    format!("{}-signs-in", person.login)
}

/// The current one-time code (RFC 6238, SHA-1, six digits, 30 s).
pub fn totp() -> String {
    let counter = u64::try_from(SystemClock.now_ms() / 30_000).expect("a time");
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, TOTP_KEY.as_bytes());
    let tag = hmac::sign(&key, &counter.to_be_bytes());
    let digest = tag.as_ref();
    let at = usize::from(digest[19] & 15);
    let word = u32::from_be_bytes(digest[at..at + 4].try_into().expect("four bytes")) & 0x7fff_ffff;
    format!("{:06}", word % 1_000_000)
}

/// Where a flow goes on at Keycloak.
async fn over_there(stage: &Stage, browser: &mut Browser, flow: &str) -> Url {
    let body = json!({ "connection": stage.slug });
    let page = stage.answer(browser, flow, "redirect", body).await;
    let page = page.expect(200).json();
    let there = page["step"]["url"].as_str().expect("an address");
    there.parse().expect("an address")
}

/// Sends a form of Keycloak's and follows it to the next page, or to Laneway's door.
async fn submit(
    stage: &Stage,
    browser: &mut Browser,
    page: &Page,
    form: &str,
    fields: &[(&str, &str)],
) -> Page {
    let (action, hidden) = page.form(form);
    let mut all: Vec<(&str, &str)> = hidden
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    all.retain(|(name, _)| !fields.iter().any(|(own, _)| own == name));
    all.extend(fields);
    let page = browser.submit(&action, &all).await;
    match page.location.clone() {
        Some(next) if !stage.owns(&next) => browser.walk(&next, |next| stage.owns(next)).await,
        _ => page,
    }
}

#[async_trait]
impl Rig for KeycloakRig {
    fn declared(&self) -> Declared {
        Declared {
            methods: if self.headless {
                &[("password", "headless"), ("redirect", "redirect")]
            } else {
                &[("redirect", "redirect")]
            },
            acr: "aal1",
            amr: &["pwd"],
            strongest: "aal2",
            beyond: Some("phr"),
            judges_factors: true,
            directory: true,
            manages: true,
            credentials: false,
            actions: true,
            logout: Logout::Server,
            back_channel: true,
            tells: true,
            cancel: false,
        }
    }

    async fn register(&self, public_url: &str) -> Option<Value> {
        let url = |path: &str| Url::parse(&format!("{public_url}{path}")).expect("an address");
        let place = (Url::parse(&self.base).expect("an address"), &self.realm);
        let admin = RealmAdmin::Password {
            realm: "master".into(),
            username: self.admin.0.clone(),
            password: self.admin.1.clone().into(),
        };
        let addresses = Addresses {
            redirect_uri: url(&format!("/federation/callback/{NAME}")),
            post_logout_uri: url("/logged-out"),
            backchannel_uri: url(&format!("/bff/backchannel/{NAME}")),
        };
        let request = BootstrapKeycloak {
            directory: true,
            headless_password: self.headless,
            ..BootstrapKeycloak::new(place, admin, addresses, &self.client_id)
        };
        let _turn = SET_UP.lock().await;
        let made = bootstrap_keycloak(&request)
            .await
            .expect("the realm is set up");
        Some(json!({
            "kind": "keycloak", "name": NAME, "issuer": made["issuer"],
            "client_id": made["client_id"], "client_secret": made["client_secret"],
            "options": if self.headless {
                json!({ "headless": "password", "directory": true })
            } else {
                made["options"].clone()
            },
        }))
    }

    async fn provision(&self, _: &Stage, name: &str, strong: bool) -> Person {
        let name = unique(name);
        let mut person = Person {
            login: name.clone(),
            subject: String::new(),
        };
        let mut credentials = vec![json!({ "type": "password", "value": password(&person) })];
        if strong {
            let data = json!({"subType": "totp", "digits": 6, "period": 30, "counter": 0, "algorithm": "HmacSHA1"});
            let secret = json!({ "value": TOTP_KEY }).to_string();
            credentials.push(
                json!({"type": "otp", "secretData": secret, "credentialData": data.to_string()}),
            );
        }
        let body = json!({ "username": name, "email": format!("{name}@example.test"), "emailVerified": true,
            "enabled": true, "firstName": name, "lastName": "Test", "credentials": credentials });
        self.in_realm(Method::POST, "/users", Some(body)).await;
        let found = self
            .in_realm(
                Method::GET,
                &format!("/users?username={name}&exact=true"),
                None,
            )
            .await;
        found[0]["id"]
            .as_str()
            .expect("an id")
            .clone_into(&mut person.subject);
        person
    }

    async fn created(&self, login: &str, _id: &str) -> Person {
        let path = format!("/users?username={login}&exact=true");
        let found = self.in_realm(Method::GET, &path, None).await;
        let person = Person {
            login: login.to_owned(),
            subject: found[0]["id"].as_str().expect("an id").to_owned(),
        };
        let path = format!("/users/{}/reset-password", person.subject);
        let body = json!({ "type": "password", "value": password(&person), "temporary": false });
        self.in_realm(Method::PUT, &path, Some(body)).await;
        person
    }

    async fn record(&self, person: &Person) -> Option<(String, bool)> {
        let path = format!("/users?username={}&exact=true", person.login);
        let found = self.in_realm(Method::GET, &path, None).await;
        let record = found.get(0)?;
        let text = |name: &str| record[name].as_str().unwrap_or_default();
        let name = format!("{} {}", text("firstName"), text("lastName"));
        Some((name, record["enabled"] == true))
    }

    async fn act_as_user(
        &self,
        stage: &Stage,
        browser: &mut Browser,
        url: &Url,
        (person, does): (&Person, Does),
    ) -> Landing {
        let mut url = url.clone();
        if self.headless && stage.owns(&url) {
            match self.on_our_page(stage, browser, &url, (person, does)).await {
                Ok(landing) => return landing,
                Err(there) => url = there,
            }
        }
        let mut page = browser.walk(&url, |next| stage.owns(next)).await;
        if page.location.is_none() && page.has_form("kc-form-login") && does != Does::Nothing {
            let password = if does == Does::WrongAnswer {
                "wrong".to_owned()
            } else {
                password(person)
            };
            let fields = [
                ("username", person.login.as_str()),
                ("password", password.as_str()),
            ];
            page = submit(stage, browser, &page, "kc-form-login", &fields).await;
        }
        if page.location.is_none()
            && page.has_form("kc-otp-login-form")
            && does == Does::SecondFactor
        {
            page = submit(
                stage,
                browser,
                &page,
                "kc-otp-login-form",
                &[("otp", &totp())],
            )
            .await;
        }
        let fields: Option<&[(&str, &str)]> = match does {
            Does::ChangePassword => Some(&[
                ("password-new", "chosen-by-themselves"),
                ("password-confirm", "chosen-by-themselves"),
            ]),
            Does::Cancel => Some(&[("cancel-aia", "true")]),
            _ => None,
        };
        if let Some(fields) = fields.filter(|_| page.has_form("kc-passwd-update-form")) {
            page = submit(stage, browser, &page, "kc-passwd-update-form", fields).await;
        }
        match page.location {
            Some(home) => Landing::Home(home),
            None => Landing::Page(page.status),
        }
    }

    async fn disable(&self, _: &Stage, person: &Person) {
        self.in_realm(
            Method::PUT,
            &format!("/users/{}", person.subject),
            Some(json!({ "enabled": false })),
        )
        .await;
    }

    async fn delete(&self, person: &Person) {
        let path = format!("/users/{}", person.subject);
        self.in_realm(Method::DELETE, &path, None).await;
    }

    async fn give_password(&self, person: &Person) {
        let path = format!("/users/{}/reset-password", person.subject);
        let body = json!({ "type": "password", "value": "given-by-somebody", "temporary": false });
        self.in_realm(Method::PUT, &path, Some(body)).await;
    }

    async fn end_session(&self, _: &Stage, person: &Person) {
        let all = self
            .in_realm(
                Method::GET,
                &format!("/users/{}/sessions", person.subject),
                None,
            )
            .await;
        let all = all.as_array().expect("a list");
        assert!(!all.is_empty(), "Keycloak has a session to end");
        for session in all {
            let path = format!("/sessions/{}", session["id"].as_str().expect("an id"));
            self.in_realm(Method::DELETE, &path, None).await;
        }
    }

    async fn stop(&self) {
        self.frozen.freeze();
    }

    async fn start(&self) {
        self.frozen.thaw();
    }

    async fn clean_up(&self) {}
}
