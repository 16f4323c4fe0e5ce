//! A browser without a window on the real network: one cookie jar for Laneway and the
//! provider, no redirect followed unseen, forms filled in.
//!
//! Owns: requests, cookies (RFC 6265 §5.3, without ports), reading forms.
//! Must not know: whose pages they are.

use std::time::Duration;

use cookie::Cookie;
use reqwest::{Method, RequestBuilder, header};
use serde_json::Value;
use url::Url;

/// A client that follows nothing by itself and reaches loopback without a proxy.
pub fn client() -> reqwest::Client {
    let builder = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(30));
    builder
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client")
}

/// One person's browser.
#[derive(Clone)]
pub struct Browser {
    http: reqwest::Client,
    jar: Vec<Kept>,
}

#[derive(Clone)]
struct Kept {
    host: String,
    path: String,
    name: String,
    value: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Page {
    /// Where it came from.
    pub at: Url,
    /// Status.
    pub status: u16,
    /// Where it sends the browser.
    pub location: Option<Url>,
    /// `Retry-After`.
    pub retry_after: Option<String>,
    /// Body.
    pub text: String,
}

impl Page {
    /// The body as JSON; `null` where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// Fails unless the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.at.path(), self.text);
        self
    }

    /// Fails unless it is this problem.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        let found = self.json()["code"].as_str().unwrap_or_default().to_owned();
        assert_eq!(
            (self.status, found.as_str()),
            (status, code),
            "{}: {}",
            self.at.path(),
            self.text
        );
        self
    }

    /// Where it sends the browser.
    #[track_caller]
    pub fn leads_to(&self) -> Url {
        self.location
            .clone()
            .unwrap_or_else(|| panic!("{} {}: {}", self.at.path(), self.status, self.text))
    }

    /// The form with this mark in its opening tag: its address and its hidden fields.
    #[track_caller]
    pub fn form(&self, mark: &str) -> (Url, Vec<(String, String)>) {
        let forms = self.text.split("<form").skip(1);
        let form = forms.map(|rest| rest.split("</form").next().unwrap_or_default());
        let form = form
            .clone()
            .find(|form| form.split('>').next().is_some_and(|tag| tag.contains(mark)));
        let form = form.unwrap_or_else(|| {
            panic!(
                "no form {mark} at {} ({}): {}",
                self.at, self.status, self.text
            )
        });
        let action = attribute(form.split('>').next().unwrap_or_default(), "action");
        let inputs = form
            .split("<input")
            .skip(1)
            .map(|rest| rest.split('>').next().unwrap_or_default());
        let hidden = inputs.filter(|tag| attribute(tag, "type").as_deref() == Some("hidden"));
        let fields = hidden.filter_map(|tag| {
            Some((
                attribute(tag, "name")?,
                attribute(tag, "value").unwrap_or_default(),
            ))
        });
        (
            self.at
                .join(&action.unwrap_or_default())
                .expect("an address"),
            fields.collect(),
        )
    }

    /// Whether a form has this mark.
    pub fn has_form(&self, mark: &str) -> bool {
        self.text
            .split("<form")
            .skip(1)
            .any(|form| form.split('>').next().is_some_and(|tag| tag.contains(mark)))
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}="))?;
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = rest[1..].split(quote).next()?;
    let entities = [
        ("&amp;", "&"),
        ("&#38;", "&"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&#x2F;", "/"),
    ];
    Some(
        entities
            .iter()
            .fold(value.to_owned(), |text, (from, to)| text.replace(from, to)),
    )
}

impl Browser {
    /// Without cookies.
    pub fn new() -> Self {
        Self {
            http: client(),
            jar: Vec::new(),
        }
    }

    /// Opens a page.
    pub async fn open(&mut self, url: &Url) -> Page {
        let request = self
            .http
            .get(url.clone())
            .header(header::ACCEPT, "text/html");
        self.send(url, request).await
    }

    /// Sends a form.
    pub async fn submit(&mut self, url: &Url, fields: &[(&str, &str)]) -> Page {
        let request = self
            .http
            .post(url.clone())
            .header(header::ACCEPT, "text/html")
            .form(fields);
        self.send(url, request).await
    }

    /// Calls as a page's script does.
    pub async fn call(&mut self, method: &str, url: &Url, body: Option<&Value>) -> Page {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.http.request(method, url.clone()).header("x-csrf", "1");
        request = request.header(header::ACCEPT, "application/json");
        if let Some(body) = body {
            request = request.json(body);
        }
        self.send(url, request).await
    }

    /// Opens a page and follows redirects until a page is shown or the next address is
    /// one that `stop` names.
    pub async fn walk(&mut self, url: &Url, stop: impl Fn(&Url) -> bool) -> Page {
        let mut page = self.open(url).await;
        for _ in 0..15 {
            match &page.location {
                Some(next) if !stop(next) => page = self.open(&next.clone()).await,
                _ => return page,
            }
        }
        panic!("redirected in a circle at {}", page.at);
    }

    /// A cookie's value.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.jar
            .iter()
            .find(|kept| kept.name == name)
            .map(|kept| kept.value.as_str())
    }

    /// Forgets a cookie.
    pub fn forget(&mut self, name: &str) {
        self.jar.retain(|kept| kept.name != name);
    }

    async fn send(&mut self, url: &Url, request: RequestBuilder) -> Page {
        let host = url.host_str().expect("a host");
        let fits = |kept: &&Kept| kept.host == host && url.path().starts_with(&kept.path);
        let pairs = self
            .jar
            .iter()
            .filter(fits)
            .map(|kept| format!("{}={}", kept.name, kept.value));
        let cookies = pairs.collect::<Vec<_>>().join("; ");
        let request = if cookies.is_empty() {
            request
        } else {
            request.header(header::COOKIE, cookies)
        };
        let answer = request
            .send()
            .await
            .unwrap_or_else(|error| panic!("{url}: {error:?}"));
        let text = |name: header::HeaderName| {
            answer
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        let location = text(header::LOCATION).map(|to| url.join(&to).expect("a location"));
        let retry_after = text(header::RETRY_AFTER);
        for value in answer.headers().get_all(header::SET_COOKIE) {
            self.keep(host, value.to_str().expect("ASCII"));
        }
        let status = answer.status().as_u16();
        Page {
            at: url.clone(),
            status,
            location,
            retry_after,
            text: answer.text().await.expect("a body"),
        }
    }

    fn keep(&mut self, host: &str, line: &str) {
        let cookie = Cookie::parse(line).expect("a cookie");
        let path = cookie.path().unwrap_or("/").to_owned();
        self.jar
            .retain(|kept| !(kept.host == host && kept.name == cookie.name() && kept.path == path));
        let past = cookie
            .expires_datetime()
            .is_some_and(|at| at.unix_timestamp() < 86_400);
        let over = cookie
            .max_age()
            .is_some_and(cookie::time::Duration::is_zero)
            || past;
        if !over {
            self.jar.push(Kept {
                host: host.to_owned(),
                path,
                name: cookie.name().to_owned(),
                value: cookie.value().to_owned(),
            });
        }
    }
}
