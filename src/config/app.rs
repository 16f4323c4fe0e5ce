//! App hosts: what stands behind them and which routes their API has. This is the only
//! source of routes, because a route decides where a person's token is sent.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::section::Section;
use super::server::Server;
use super::values;
use crate::domain::tenant::{host_key, is_loopback_name, split_host};

/// One app host.
#[derive(Debug, Clone)]
pub struct App {
    /// Normal form, as hosts are looked up.
    pub host: String,
    /// Scheme, host and port that browsers use.
    pub origin: Url,
    /// What answers where no path of ours does; none: 404.
    pub frontend: Option<Frontend>,
    /// Headers that forward-auth sets; our own where the file says nothing.
    pub header_sets: Vec<HeaderSet>,
    /// Backends under `/api`.
    pub routes: Vec<Route>,
}

impl App {
    /// The route that `/api/{name}/…` names.
    pub fn route(&self, path: &str) -> Option<&Route> {
        let name = path.strip_prefix("/api/")?.split('/').next()?;
        self.routes.iter().find(|route| route.name == name)
    }
}

/// The app's own pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frontend {
    /// Another server.
    Proxy {
        /// Where.
        url: Url,
        /// How much and how long.
        exchange: Exchange,
    },
    /// Files.
    Dir(PathBuf),
}

/// A family of identity headers (CONTRACT §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HeaderSet {
    /// `X-Auth-Request-…`
    XAuthRequest,
    /// `Remote-…`
    Remote,
    /// `X-Laneway-…`
    Laneway,
}

/// What a route attaches as `Authorization`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteToken {
    /// A short JWT of ours.
    Laneway,
    /// The access token of the provider that the person signed in at.
    Upstream,
    /// Nothing.
    None,
}

/// One backend.
#[derive(Debug, Clone)]
pub struct Route {
    /// `/api/{name}/…`
    pub name: String,
    /// Where requests go; its path is a prefix.
    pub backend: Url,
    /// What is attached.
    pub token: RouteToken,
    /// `aud` of our JWT.
    pub audience: String,
    /// Whether strangers are let through, without `Authorization`.
    pub anonymous: bool,
    /// Whether `/api/{name}` is cut off.
    pub strip_prefix: bool,
    /// How much and how long.
    pub exchange: Exchange,
}

/// Bounds of what goes through the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchange {
    /// Bytes of a request body.
    pub body_limit: usize,
    /// Until the connection stands.
    pub connect_timeout: Duration,
    /// Until the answer's headers are there, from the last byte that the backend took.
    pub header_timeout: Duration,
    /// Silence inside a body, in either direction.
    pub idle_timeout: Duration,
    /// Silence on an event stream or WebSocket.
    pub stream_idle_timeout: Duration,
}

const HEADER_SETS: [(&str, HeaderSet); 3] = [
    ("x-auth-request", HeaderSet::XAuthRequest),
    ("remote", HeaderSet::Remote),
    ("laneway", HeaderSet::Laneway),
];

const TOKENS: [(&str, RouteToken); 3] = [
    ("laneway", RouteToken::Laneway),
    ("upstream", RouteToken::Upstream),
    ("none", RouteToken::None),
];

pub(super) fn read(root: &mut Section<'_>, server: &Server) -> Vec<App> {
    let login_host = host_of(&server.public_url);
    let mut hosts = BTreeSet::new();
    let mut apps = Vec::new();
    for mut section in root.sections("app") {
        if let Some(app) = app(&mut section, server) {
            if Some(&app.host) == login_host.as_ref() {
                section.fault(
                    "host",
                    &app.host,
                    "choose another host than that of public_url",
                );
            }
            if !hosts.insert(app.host.clone()) {
                section.fault("host", &app.host, "name each host once");
            }
            apps.push(app);
        }
        section.finish();
    }
    apps
}

fn host_of(url: &Url) -> Option<String> {
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    host_key(&format!("{}{port}", url.host_str()?))
}

fn app(section: &mut Section<'_>, server: &Server) -> Option<App> {
    if !section.has("host") {
        section.missing(
            "host",
            "name the host, like app.example or demo.localhost:8080",
        );
    }
    let host = section.parsed("host", |text| parse_host(text, server));
    let frontend = frontend(section);
    let chosen = section.has("header_sets");
    let mut header_sets = section.list("header_sets", |text| values::choice(text, &HEADER_SETS));
    if !chosen {
        header_sets.push(HeaderSet::Laneway);
    }
    header_sets.sort_unstable();
    header_sets.dedup();
    let mut names = BTreeSet::new();
    let mut routes = Vec::new();
    for mut inner in section.sections("route") {
        if let Some(route) = route(&mut inner, host.as_ref().map(|(_, origin)| origin)) {
            if !names.insert(route.name.clone()) {
                inner.fault("name", &route.name, "name each route of a host once");
            }
            routes.push(route);
        }
        inner.finish();
    }
    let (host, origin) = host?;
    Some(App {
        host,
        origin,
        frontend,
        header_sets,
        routes,
    })
}

/// The host's normal form and origin: https, but http for loopback names, whose port is
/// that of the public address where none is given (one listener serves both).
fn parse_host(text: &str, server: &Server) -> Result<(String, Url), String> {
    let fix = || "write name or name:port, without scheme and path".to_owned();
    let key = host_key(text).ok_or_else(fix)?;
    let lower = text.to_ascii_lowercase();
    let (name, port) = split_host(&lower);
    let loopback = is_loopback_name(name);
    let scheme = if loopback { "http" } else { "https" };
    let mut origin = Url::parse(&format!("{scheme}://{lower}/")).map_err(|_| fix())?;
    if loopback && port.is_none() {
        origin
            .set_port(server.public_url.port())
            .map_err(|()| fix())?;
    }
    Ok((key, origin))
}

fn frontend(app: &mut Section<'_>) -> Option<Frontend> {
    if !app.has("frontend") {
        return None;
    }
    let mut section = app.section("frontend");
    let named = section.has("proxy") || section.has("dir");
    let proxy = section.parsed("proxy", backend);
    let dir = section.parsed("dir", folder);
    let exchange = proxy.is_some().then(|| exchange(&mut section));
    section.finish();
    match (proxy.zip(exchange), dir) {
        (Some((url, exchange)), None) => Some(Frontend::Proxy { url, exchange }),
        (None, Some(dir)) => Some(Frontend::Dir(dir)),
        (Some(_), Some(_)) => {
            app.fault("frontend", "proxy and dir", "choose one of them");
            None
        }
        // What was wrong with it has been said.
        (None, None) if named => None,
        (None, None) => {
            app.fault(
                "frontend",
                "no usable value",
                "write { dir = \"…\" } or { proxy = \"…\" }",
            );
            None
        }
    }
}

/// A folder that is there: one with a typing error would answer 404 to everything.
fn folder(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(values::label(text, 4_096)?);
    if path.is_dir() {
        Ok(path)
    } else {
        Err("no such folder; a relative path starts where laneway is started".to_owned())
    }
}

fn route(section: &mut Section<'_>, origin: Option<&Url>) -> Option<Route> {
    for (name, fix) in [
        ("name", "name the route; it becomes /api/{name}"),
        (
            "backend",
            "write the backend's address, like http://127.0.0.1:7000",
        ),
    ] {
        if !section.has(name) {
            section.missing(name, fix);
        }
    }
    let name = section.parsed("name", values::slug);
    let backend = section.parsed("backend", backend);
    let audience = section.parsed("audience", |text| values::label(text, 255));
    let token = section.choice("token", RouteToken::Laneway, &TOKENS);
    if let (RouteToken::Upstream, Some(audience)) = (token, &audience) {
        let fix = "leave it out: whom the provider's token is for says the provider";
        section.fault("audience", audience, fix);
    }
    let anonymous = section.flag("anonymous", false);
    let strip_prefix = section.flag("strip_prefix", true);
    let exchange = exchange(section);
    let name = name?;
    let default_audience = || Some(format!("{}api/{name}", origin?));
    Some(Route {
        audience: audience.or_else(default_audience).unwrap_or_default(),
        name,
        backend: backend?,
        token,
        anonymous,
        strip_prefix,
        exchange,
    })
}

fn exchange(section: &mut Section<'_>) -> Exchange {
    let body_limit = section.size("body_limit", 10 << 20, 0..=16 << 30);
    let seconds = Duration::from_secs;
    let [
        connect_timeout,
        header_timeout,
        idle_timeout,
        stream_idle_timeout,
    ] = [
        ("connect_timeout", 2, 60),
        ("header_timeout", 10, 3_600),
        ("idle_timeout", 60, 3_600),
        ("stream_idle_timeout", 600, 86_400),
    ]
    .map(|(key, default, most)| {
        section.duration(
            key,
            seconds(default),
            Duration::from_millis(100)..=seconds(most),
        )
    });
    Exchange {
        body_limit,
        connect_timeout,
        header_timeout,
        idle_timeout,
        stream_idle_timeout,
    }
}

fn backend(text: &str) -> Result<Url, String> {
    let url = values::address(text)?;
    if url.query().is_some() {
        Err("write it without a query".to_owned())
    } else {
        Ok(url)
    }
}
