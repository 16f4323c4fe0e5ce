//! People and apps at one node, who do what people and apps do all day.
//!
//! Owns: who they are, what comes next, and whether an answer was right.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Client, Response};

use crate::harness::Node;
use crate::harness::node::{Visitor, patient_client};
use crate::oauth::developer::Developer;

/// People who are signed in from the beginning.
const PEOPLE: usize = 48;

/// The host of the application that asks.
pub fn app_host(node: &Node) -> String {
    format!("app.localhost:{}", node.port())
}

/// What came of one thing.
pub struct Seen {
    pub took: Duration,
    /// 503, and when to come back.
    pub come_back: bool,
    pub wrong: Option<String>,
}

/// The crowd.
pub struct Crowd {
    client: Client,
    base: String,
    ops: u16,
    host: String,
    port: u16,
    developer: Developer,
    people: Vec<Person>,
    /// No two sign-ups are of one address.
    signed_up: AtomicUsize,
}

struct Person {
    cookie: String,
    at_app: String,
    /// Only one uses it at a time.
    refresh: tokio::sync::Mutex<String>,
}

enum Outcome {
    Right,
    ComeBack,
    Wrong(String),
}

impl Crowd {
    /// Signs everybody up, at the application too.
    pub async fn at(node: &Node) -> Self {
        let mut new = Self {
            client: patient_client(60),
            base: node.url(),
            ops: node.ops(),
            host: app_host(node),
            port: node.port(),
            developer: Developer::at(node).await,
            people: Vec::new(),
            signed_up: AtomicUsize::new(0),
        };
        for number in 0..PEOPLE {
            let person = new.person(&format!("p{number}@x.test")).await;
            new.people.push(person.expect("a person"));
        }
        new
    }

    async fn person(&self, email: &str) -> Result<Person, String> {
        let cookie = self.visitor(email).sign_in("signup").await?;
        let at_app = self.enters(&cookie).await?;
        let code = self.developer.code(&cookie).await?;
        let (_, tokens) = self.developer.redeem(&code).await?;
        let refresh = tokens["refresh_token"].as_str().ok_or("no refresh token")?;
        Ok(Person {
            cookie,
            at_app,
            refresh: tokio::sync::Mutex::new(refresh.to_owned()),
        })
    }

    fn visitor(&self, email: &str) -> Visitor {
        let ops = [self.ops];
        Visitor::new(self.client.clone(), (&self.base, &ops), email)
    }

    /// The next thing: of ten, five cookies and two questions of a proxy, two refreshes, one sign-up.
    pub async fn does(&self, number: usize) -> Seen {
        let begun = Instant::now();
        let person = &self.people[number / 10 % PEOPLE];
        let outcome = match number % 10 {
            0 => self.signs_up(number).await,
            1 | 6 => self.refreshes(person).await,
            2 | 7 => self.proxy_asks(person).await,
            _ => self.uses(person).await,
        };
        let wrong = match &outcome {
            Ok(Outcome::Wrong(text)) | Err(text) => Some(text.clone()),
            Ok(Outcome::Right | Outcome::ComeBack) => None,
        };
        Seen {
            took: begun.elapsed(),
            come_back: matches!(outcome, Ok(Outcome::ComeBack)),
            wrong,
        }
    }

    async fn signs_up(&self, number: usize) -> Result<Outcome, String> {
        let email = format!(
            "new{number}-{}@x.test",
            self.signed_up.fetch_add(1, Ordering::Relaxed)
        );
        Ok(match self.visitor(&email).sign_in("signup").await {
            Ok(_) => Outcome::Right,
            Err(error) if error.starts_with("503") => Outcome::ComeBack,
            Err(error) => Outcome::Wrong(error),
        })
    }

    async fn refreshes(&self, person: &Person) -> Result<Outcome, String> {
        let mut token = person.refresh.lock().await;
        let (status, tokens) = self.developer.refresh(&token).await?;
        Ok(match (status, tokens["refresh_token"].as_str()) {
            (200, Some(next)) => {
                next.clone_into(&mut token);
                Outcome::Right
            }
            (503, _) => Outcome::ComeBack,
            _ => Outcome::Wrong(format!("refresh: {status} {tokens}")),
        })
    }

    async fn uses(&self, person: &Person) -> Result<Outcome, String> {
        let call = self.client.get(format!("{}/bff/user", self.base));
        let call = call.header("cookie", format!("__Host-lw={}", person.cookie));
        Ok(outcome(&sent(call).await?))
    }

    async fn proxy_asks(&self, person: &Person) -> Result<Outcome, String> {
        let call = self
            .client
            .get(format!("{}/authz/auth-request", self.base))
            .header("x-original-url", format!("http://{}/x", self.host))
            .header("x-original-method", "GET")
            .header("cookie", format!("__Host-lw={}", person.at_app));
        Ok(outcome(&sent(call).await?))
    }

    /// From the application to the login host and back: the cookie of the application's host.
    async fn enters(&self, cookie: &str) -> Result<String, String> {
        let mut own = BTreeMap::new();
        let mut at = format!("http://{}/.laneway/start?rd=/", self.host);
        for _ in 0..4 {
            let url = url::Url::parse(&at).map_err(|error| format!("{at}: {error}"))?;
            let name = url.host_str().unwrap_or_default().to_owned();
            let query = url.query().map(|query| format!("?{query}"));
            let place = format!("{}{}", url.path(), query.unwrap_or_default());
            let there = name.starts_with("app.");
            let cookies = if there {
                let all = own.iter().map(|(name, value)| format!("{name}={value}"));
                all.collect::<Vec<_>>().join("; ")
            } else {
                format!("__Host-lw={cookie}")
            };
            let call = self
                .client
                .get(format!("http://127.0.0.1:{}{place}", self.port))
                .header("host", format!("{name}:{}", self.port))
                .header("cookie", cookies);
            let reply = sent(call).await?;
            if there {
                for (name, value) in set_cookies(&reply) {
                    own.insert(name, value);
                }
            }
            if let Some(value) = own.get("__Host-lw") {
                return Ok(value.clone());
            }
            let to = reply
                .headers()
                .get("location")
                .ok_or_else(|| format!("{} at {at}", reply.status()))?;
            let to = to.to_str().map_err(|error| error.to_string())?;
            at = url.join(to).map_err(|error| error.to_string())?.into();
        }
        Err(format!("no way in: {at}"))
    }
}

async fn sent(call: reqwest::RequestBuilder) -> Result<Response, String> {
    call.send().await.map_err(|error| format!("{error:?}"))
}

fn set_cookies(reply: &Response) -> Vec<(String, String)> {
    let all = reply.headers().get_all("set-cookie").iter();
    all.filter_map(|value| {
        let cookie = cookie::Cookie::parse(value.to_str().ok()?.to_owned()).ok()?;
        Some((cookie.name().to_owned(), cookie.value().to_owned()))
    })
    .collect()
}

fn outcome(reply: &Response) -> Outcome {
    let later = reply.headers().contains_key("retry-after");
    match reply.status().as_u16() {
        200 => Outcome::Right,
        503 if later => Outcome::ComeBack,
        other => Outcome::Wrong(format!("{other} at {}", reply.url())),
    }
}
