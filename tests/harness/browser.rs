//! A browser without a window: cookies per host, requests into the router, answers.
//!
//! Owns: what goes into a request and how an answer is read.
//! Must not know: flows, people.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;
use url::Url;

use super::{LOGIN, described};

/// A request in the making. A path without a host goes to the login host.
#[derive(Clone)]
pub struct Call {
    method: Method,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    cookies: bool,
}

impl Call {
    /// Any method.
    pub fn new(method: &str, url: &str) -> Self {
        let url = if url.starts_with('/') {
            format!("{LOGIN}{url}")
        } else {
            url.to_owned()
        };
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        Self {
            method,
            url,
            headers: Vec::new(),
            body: Vec::new(),
            cookies: true,
        }
    }

    /// As a page's script calls: JSON, and the mark against forgery.
    pub fn api(method: &str, url: &str, body: &Value) -> Self {
        let call = Self::new(method, url)
            .header("x-csrf", "1")
            .header("content-type", "application/json");
        call.body(body.to_string().into_bytes())
    }

    /// A posted form.
    pub fn form(url: &str, fields: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        Self::new("POST", url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.into_bytes())
    }

    /// With a header; one given twice is sent twice.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// To another tenant's login host.
    #[must_use]
    pub fn at_host(mut self, origin: &str) -> Self {
        self.url = self.url.replace(LOGIN, origin);
        self
    }

    /// With an operator's token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With a body.
    #[must_use]
    pub fn body(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    /// Without the cookies that the browser has; a `cookie` header may be set by hand.
    #[must_use]
    pub fn bare(mut self) -> Self {
        self.cookies = false;
        self
    }
}

/// Cookies of one person on one machine.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    jar: BTreeMap<(String, String), String>,
    address: SocketAddr,
    agent: Option<String>,
}

impl Browser {
    /// Without cookies.
    pub fn new(router: Router) -> Self {
        Self {
            router,
            jar: BTreeMap::new(),
            address: SocketAddr::from(([192, 0, 2, 7], 4711)),
            agent: None,
        }
    }

    /// The same cookies towards another node.
    #[must_use]
    pub fn towards(&self, router: &Router) -> Self {
        Self {
            router: router.clone(),
            ..self.clone()
        }
    }

    /// The same machine from another network.
    #[must_use]
    pub fn at_address(mut self, address: [u8; 4]) -> Self {
        self.address = SocketAddr::from((address, 4711));
        self
    }

    /// The same machine from any network.
    #[must_use]
    pub fn at_ip(mut self, address: std::net::IpAddr) -> Self {
        self.address = SocketAddr::new(address, 4711);
        self
    }

    /// A browser that names itself.
    #[must_use]
    pub fn agent(mut self, name: &str) -> Self {
        self.agent = Some(name.to_owned());
        self
    }

    /// A cookie of a host, such as `https://login.test`.
    pub fn cookie(&self, origin: &str, name: &str) -> Option<&str> {
        self.jar
            .get(&(host_of(origin), name.to_owned()))
            .map(String::as_str)
    }

    /// Plants a cookie.
    pub fn set_cookie(&mut self, origin: &str, name: &str, value: &str) {
        self.jar
            .insert((host_of(origin), name.to_owned()), value.to_owned());
    }

    /// Opens an address.
    pub async fn get(&mut self, url: &str) -> Reply {
        self.send(Call::new("GET", url)).await
    }

    /// Posts JSON.
    pub async fn post(&mut self, url: &str, body: Value) -> Reply {
        self.send(Call::api("POST", url, &body)).await
    }

    /// Sends a request and keeps the cookies of its answer.
    pub async fn send(&mut self, call: Call) -> Reply {
        let url = Url::parse(&call.url).expect("an absolute address");
        let host = host_of(&call.url);
        let path = url
            .query()
            .map_or_else(|| url.path().to_owned(), |q| format!("{}?{q}", url.path()));
        // The path as it was written: the parser would tidy dot segments away.
        let raw = call
            .url
            .splitn(4, '/')
            .nth(3)
            .map_or(path, |rest| format!("/{rest}"));
        let (method, asked) = (call.method.to_string(), url.path().to_owned());
        let mut request = Request::builder().method(call.method).uri(raw);
        if !call.headers.iter().any(|(name, _)| name == "host") {
            request = request.header(header::HOST, &host);
        }
        if let Some(agent) = &self.agent {
            request = request.header(header::USER_AGENT, agent);
        }
        for (name, value) in &call.headers {
            request = request.header(name, value.as_bytes());
        }
        let cookies: Vec<String> = self
            .jar
            .iter()
            .filter(|((at, _), _)| *at == host)
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        if call.cookies && !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let mut request = request.body(Body::from(call.body)).expect("a request");
        request.extensions_mut().insert(ConnectInfo(self.address));
        let response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        self.keep(&host, &parts.headers);
        let body = body.collect().await.expect("a body").to_bytes().to_vec();
        let reply = Reply {
            status: parts.status,
            headers: parts.headers,
            body,
        };
        // Backends of app hosts answer what they like.
        let json = reply.header("content-type") == "application/json" && !reply.body.is_empty();
        if json && reply.status.is_success() && host == host_of(LOGIN) {
            described(&method, &asked, reply.code(), &reply.json()).expect("as described");
        }
        reply
    }

    fn keep(&mut self, host: &str, headers: &HeaderMap) {
        for value in headers.get_all(header::SET_COOKIE) {
            let cookie =
                cookie::Cookie::parse(value.to_str().expect("ASCII").to_owned()).expect("a cookie");
            let key = (host.to_owned(), cookie.name().to_owned());
            if cookie
                .max_age()
                .is_some_and(cookie::time::Duration::is_zero)
            {
                self.jar.remove(&key);
            } else {
                self.jar.insert(key, cookie.value().to_owned());
            }
        }
    }

    /// Follows redirects among our own hosts until something else answers.
    pub async fn follow(&mut self, mut reply: Reply, mut at: String) -> (Reply, String) {
        for _ in 0..10 {
            if reply.status != StatusCode::SEE_OTHER {
                break;
            }
            let next = Url::parse(&at)
                .and_then(|base| base.join(reply.location()))
                .expect("a location");
            if !next
                .host_str()
                .is_some_and(|host| host.rsplit('.').next() == Some("test") && host != "fake.test")
            {
                break;
            }
            at = next.into();
            reply = self.get(&at).await;
        }
        (reply, at)
    }
}

fn host_of(url: &str) -> String {
    let url = Url::parse(url).expect("an absolute address");
    let name = url.host_str().expect("a host");
    url.port()
        .map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"))
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The status as a number.
    pub fn code(&self) -> u16 {
        self.status.as_u16()
    }

    /// A header's value, empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Where it sends the browser.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; `null` where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The problem code, empty where the answer is no problem document.
    pub fn problem(&self) -> String {
        if self.header("content-type") != "application/problem+json" {
            return String::new();
        }
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Fails unless the status is this one; the answer itself otherwise.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.code(), status, "{}", self.text());
        self
    }

    /// Fails unless it is this refusal with all that CONTRACT §1 promises of one.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        assert_eq!(
            (self.code(), self.problem().as_str()),
            (status, code),
            "{}",
            self.text()
        );
        let body = self.json();
        assert_eq!(body["type"], format!("urn:laneway:problem:{code}"));
        assert_eq!(body["status"], status);
        assert_eq!(body["request_id"], self.header("x-request-id"));
        assert!(body["title"].is_string() && body["detail"].is_string());
        self
    }
}

/// The member names of an object, sorted.
pub fn members(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

/// The hidden token of the first form on a page.
pub fn form_token(html: &str) -> String {
    let field = html
        .split("name=\"csrf\"")
        .nth(1)
        .expect("a form with a token");
    let value = field
        .split("value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    value.expect("a token").to_owned()
}
