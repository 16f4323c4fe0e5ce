//! A customer's own identity provider: the npm package `oidc-provider`, live, with clients and
//! people of its own for each test.
//!
//! Owns: its control side, and a person who signs in at it.
//! Must not know: what any test proves.

use serde_json::{Value, json};
use url::Url;

use crate::suite::live::{Hold, named, unique};
use crate::suite::oidc_provider::hold;
use crate::suite::web::{Browser, client};

const SECRET: &str = "a-secret-of-the-customer";

/// The provider.
pub struct Idp {
    /// Its issuer.
    pub issuer: String,
    control: String,
    _hold: Hold,
}

impl Idp {
    /// `None`, said aloud, where none runs.
    pub async fn new() -> Option<Self> {
        let [issuer, control] = named([
            "LANEWAY_TEST_OIDC_PROVIDER_URL",
            "LANEWAY_TEST_OIDC_PROVIDER_CONTROL",
        ])?;
        Some(Self {
            issuer,
            control,
            _hold: hold().await,
        })
    }

    async fn put(&self, path: &str, body: &Value) {
        let request = client().put(format!("{}{path}", self.control)).json(body);
        let answer = request.send().await.expect("the control side answers");
        assert!(answer.status().is_success(), "{path}");
    }

    /// A config for a connection; its client is registered by [`Idp::register`].
    pub fn config(&self) -> Value {
        json!({
            "issuer": self.issuer, "client_id": unique("customer"), "client_secret": SECRET,
            "scopes": ["openid", "email", "profile", "groups"],
        })
    }

    /// Registers the client of a config with our callback.
    pub async fn register(&self, config: &Value, redirect_uri: &str) {
        let metadata = json!({
            "client_secret": SECRET, "redirect_uris": [redirect_uri],
            "grant_types": ["authorization_code"], "response_types": ["code"],
            "token_endpoint_auth_method":
                config["token_endpoint_auth_method"].as_str().unwrap_or("client_secret_basic"),
        });
        let id = config["client_id"].as_str().expect("a client id");
        self.put(&format!("/clients/{id}"), &metadata).await;
    }

    /// Somebody who works for the customer; the name they sign in with.
    pub async fn person(&self, name: &str, claims: &Value) -> String {
        let login = unique(name);
        self.say(&login, claims).await;
        login
    }

    /// From now on the provider says this about them.
    pub async fn say(&self, login: &str, claims: &Value) {
        let mut all =
            json!({ "email": format!("{login}@acme.test"), "email_verified": true, "name": login });
        for (name, value) in claims.as_object().expect("claims") {
            all[name] = value.clone();
        }
        let body = json!({ "password": "the-customers-own", "enabled": true, "claims": all });
        self.put(&format!("/accounts/{login}"), &body).await;
    }

    /// Signs in at the address that Laneway sent the browser to; where the provider sends it
    /// back to, and by which form, where by one.
    pub async fn sign_in(&self, authorize: &str, login: &str) -> Way {
        let mut browser = Browser::new();
        let start: Url = authorize.parse().expect("an address");
        let ours = |next: &Url| next.host_str().is_some_and(|name| name != "127.0.0.1");
        let page = browser.walk(&start, ours).await;
        assert!(
            page.at.path().starts_with("/interaction/"),
            "{}: {}",
            page.at,
            page.text
        );
        let form = page.at.clone();
        let fields = [("login", login), ("password", "the-customers-own")];
        let mut page = browser.submit(&form, &fields).await;
        if let Some(next) = page.location.clone().filter(|next| !ours(next)) {
            page = browser.walk(&next, ours).await;
        }
        match page.location {
            Some(home) => Way::Address(home.into()),
            None => {
                let (action, fields) = page.form("method=\"post\"");
                Way::Form(action.into(), fields)
            }
        }
    }
}

/// How the provider's answer travels.
pub enum Way {
    /// In an address.
    Address(String),
    /// In a form that is posted.
    Form(String, Vec<(String, String)>),
}

impl Way {
    /// The address.
    #[track_caller]
    pub fn address(self) -> String {
        match self {
            Self::Address(address) => address,
            Self::Form(action, _) => panic!("a form for {action}"),
        }
    }
}
