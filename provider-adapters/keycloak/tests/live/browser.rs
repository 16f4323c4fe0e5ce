//! A browser without a screen: cookies, forms, and the moment it would come back to us.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use laneway_contract::{Callback, Clock as _};
use reqwest::{Method, Response, header};
use url::Url;

use crate::outside::{Wall, client};
use crate::realm::TOTP_KEY;

pub struct Browser {
    cookies: BTreeMap<String, String>,
    http: reqwest::Client,
}

/// Where a click has led.
#[derive(Debug)]
pub enum Place {
    /// To a page of Keycloak.
    Page { status: u16, html: String },
    /// Back to us.
    Home(Url),
}

impl Place {
    pub fn html(&self) -> &str {
        match self {
            Self::Page { html, .. } => html,
            Self::Home(url) => panic!("left Keycloak: {}", url.path()),
        }
    }

    pub fn callback(&self) -> Callback {
        let Self::Home(url) = self else {
            panic!("still at Keycloak: {self:?}")
        };
        let mut redirect_uri = url.clone();
        redirect_uri.set_query(None);
        let params = url
            .query_pairs()
            .map(|(k, v)| (k.into_owned(), v.into_owned()))
            .collect();
        Callback {
            redirect_uri,
            params,
        }
    }
}

impl Browser {
    pub fn new() -> Self {
        Self {
            cookies: BTreeMap::new(),
            http: client(),
        }
    }

    pub async fn open(&mut self, url: &Url) -> Place {
        self.follow(Method::GET, url.clone(), &[]).await
    }

    /// Fills the form of this id on a page and sends it.
    pub async fn submit(&mut self, place: &Place, form: &str, fields: &[(&str, &str)]) -> Place {
        let action = action_of(place.html(), form);
        self.follow(Method::POST, action, fields).await
    }

    /// Presses the button of this name on a page with one form that has none.
    pub async fn press(&mut self, place: &Place, button: &str) -> Place {
        let action = address_of(
            place
                .html()
                .split("<form")
                .map(|rest| rest.split('>').next().unwrap_or_default())
                .find(|tag| tag.contains("login-actions"))
                .unwrap_or_else(|| panic!("no form in: {}", place.html())),
        );
        self.follow(Method::POST, action, &[(button, "true")]).await
    }

    pub async fn sign_in(&mut self, url: &Url, username: &str) -> Place {
        let page = self.open(url).await;
        let password = crate::realm::password_of(username);
        let fields = [("username", username), ("password", &password)];
        self.submit(&page, "kc-form-login", &fields).await
    }

    async fn follow(&mut self, mut method: Method, mut url: Url, fields: &[(&str, &str)]) -> Place {
        for _ in 0..10 {
            // Port 9 is where our own addresses of these tests lie; nobody listens there.
            if url.port() == Some(9) {
                return Place::Home(url);
            }
            let response = self.send(method.clone(), &url, fields).await;
            let Some(to) = response.headers().get(header::LOCATION) else {
                let status = response.status().as_u16();
                return Place::Page {
                    status,
                    html: response.text().await.unwrap(),
                };
            };
            url = url.join(to.to_str().unwrap()).unwrap();
            method = Method::GET;
        }
        panic!("redirected in a circle at {}", url.path());
    }

    async fn send(&mut self, method: Method, url: &Url, fields: &[(&str, &str)]) -> Response {
        let jar: Vec<String> = self
            .cookies
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        let mut request = self
            .http
            .request(method.clone(), url.clone())
            .header(header::COOKIE, jar.join("; "));
        if method == Method::POST {
            request = request.form(fields);
        }
        let response = request.send().await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() || cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }
}

fn action_of(html: &str, form: &str) -> Url {
    let tag = html
        .split("<form")
        .map(|rest| rest.split('>').next().unwrap_or_default())
        .find(|tag| tag.contains(&format!("id=\"{form}\"")))
        .unwrap_or_else(|| panic!("no form {form} in: {html}"));
    address_of(tag)
}

fn address_of(tag: &str) -> Url {
    let action = tag
        .split("action=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    Url::parse(&action.replace("&amp;", "&")).unwrap()
}

/// The current one-time code of tia's.
pub fn totp() -> String {
    totp_of(TOTP_KEY.as_bytes())
}

/// The current one-time code (RFC 6238, SHA-1, six digits, 30 s).
pub fn totp_of(key: &[u8]) -> String {
    let counter = u64::try_from(Wall.now_ms() / 30_000).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let tag = hmac::sign(&key, &counter.to_be_bytes());
    let digest = tag.as_ref();
    let at = usize::from(digest[19] & 15);
    let word = u32::from_be_bytes(digest[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", word % 1_000_000)
}
