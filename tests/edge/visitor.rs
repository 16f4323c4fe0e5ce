//! A browser over the network: real sockets, TLS, a cookie jar per host.
//!
//! Owns: following redirects as browsers do, signing in on the login host.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::{Value, json};
use url::Url;

use crate::harness::{LOGIN, TestApp};

/// What came back.
pub struct Page {
    pub status: u16,
    pub location: String,
    pub challenge: String,
    pub text: String,
    pub at: String,
}

impl Page {
    /// The echo's headers of a name.
    pub fn seen(&self, name: &str) -> Vec<String> {
        let body: Value = serde_json::from_str(&self.text).unwrap_or_default();
        let all = body["headers"].as_array().cloned().unwrap_or_default();
        all.iter()
            .filter(|pair| {
                pair[0]
                    .as_str()
                    .is_some_and(|n| n.eq_ignore_ascii_case(name))
            })
            .map(|pair| pair[1].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// Every header whose name folds into one of ours, as the application saw it.
    pub fn identity(&self) -> Vec<(String, String)> {
        let body: Value = serde_json::from_str(&self.text).unwrap_or_default();
        let all = body["headers"].as_array().cloned().unwrap_or_default();
        let ours = |name: &str| {
            let folded = name.to_ascii_lowercase().replace('_', "-");
            ["x-laneway-", "x-auth-request-", "remote-"]
                .iter()
                .any(|family| folded.starts_with(family))
        };
        all.iter()
            .map(|pair| {
                let text = |at: usize| pair[at].as_str().unwrap_or_default().to_owned();
                (text(0), text(1))
            })
            .filter(|(name, _)| ours(name))
            .collect()
    }
}

/// One person's browser.
#[derive(Clone)]
pub struct Visitor {
    client: reqwest::Client,
    jar: BTreeMap<(String, String), String>,
}

impl Visitor {
    /// Each name leads to a port of this machine.
    pub fn new(names: &[(&str, u16)]) -> Self {
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .tls_danger_accept_invalid_certs(true)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_secs(20));
        for (name, port) in names {
            builder = builder.resolve(name, SocketAddr::from(([127, 0, 0, 1], *port)));
        }
        Self {
            client: builder.build().expect("a client"),
            jar: BTreeMap::new(),
        }
    }

    pub fn cookie(&self, origin: &str) -> Option<&str> {
        let host = Url::parse(origin).ok()?.host_str()?.to_owned();
        self.jar
            .get(&(host, "__Host-lw".to_owned()))
            .map(String::as_str)
    }

    /// As a browser opens a page.
    pub async fn open(&mut self, url: &str) -> Page {
        self.send("GET", url, &[("accept", "text/html")], None)
            .await
    }

    pub async fn send(
        &mut self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Page {
        let host = Url::parse(url).expect("an address");
        let host = host.host_str().expect("a host").to_owned();
        let method = method.parse().expect("a method");
        let mut request = self.client.request(method, url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let cookies: Vec<String> = self
            .jar
            .iter()
            .filter(|((at, _), _)| *at == host)
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() && !headers.iter().any(|(name, _)| *name == "cookie") {
            request = request.header("cookie", cookies.join("; "));
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let reply = request
            .send()
            .await
            .unwrap_or_else(|error| panic!("{url}: {error:?}"));
        for value in reply.headers().get_all("set-cookie") {
            let text = value.to_str().expect("ASCII").to_owned();
            let cookie = cookie::Cookie::parse(text).expect("a cookie");
            let key = (host.clone(), cookie.name().to_owned());
            let gone = cookie
                .max_age()
                .is_some_and(cookie::time::Duration::is_zero);
            if gone {
                self.jar.remove(&key);
            } else {
                self.jar.insert(key, cookie.value().to_owned());
            }
        }
        let header = |name: &str| {
            let value = reply.headers().get(name);
            let text = value.and_then(|value| value.to_str().ok());
            text.unwrap_or_default().to_owned()
        };
        Page {
            status: reply.status().as_u16(),
            location: header("location"),
            challenge: header("www-authenticate"),
            text: reply.text().await.unwrap_or_default(),
            at: url.to_owned(),
        }
    }

    /// Goes wherever it is sent, like a browser.
    pub async fn go(&mut self, url: &str) -> Page {
        let mut page = self.open(url).await;
        for _ in 0..12 {
            if !matches!(page.status, 301 | 302 | 303 | 307) {
                break;
            }
            let next = Url::parse(&page.at)
                .and_then(|at| at.join(&page.location))
                .expect("a location");
            page = self.open(next.as_str()).await;
        }
        page
    }

    /// Signs in by a code on the login page that a redirect has led to, and goes back.
    pub async fn sign_in(&mut self, app: &TestApp, email: &str, login: &Page) -> Page {
        let at = Url::parse(&login.at).expect("an address");
        assert_eq!((login.status, at.path()), (200, "/login"), "{}", login.at);
        let back = at
            .query_pairs()
            .find(|(name, _)| name == "return_to")
            .map(|(_, value)| value.into_owned())
            .expect("a way back");
        app.clock.advance_s(1);
        let begun = self
            .post(
                "/v1/auth/flows",
                &json!({ "username": email, "return_to": back }),
            )
            .await;
        let id = begun["id"].as_str().expect("a flow").to_owned();
        let path = format!("/v1/auth/flows/{id}/email-code");
        self.post(&path, &json!({})).await;
        let code = app.code_for(email).await;
        let done = self.post(&path, &json!({ "code": code })).await;
        assert_eq!(done["state"], "done", "{done}");
        self.go(&format!(
            "{LOGIN}{}",
            done["return_to"].as_str().expect("an address")
        ))
        .await
    }

    async fn post(&mut self, path: &str, body: &Value) -> Value {
        let url = format!("{LOGIN}{path}");
        let page = self
            .send("POST", &url, &[("x-csrf", "1")], Some(body))
            .await;
        assert!(page.status < 300, "{path}: {} {}", page.status, page.text);
        serde_json::from_str(&page.text).expect("JSON")
    }
}
