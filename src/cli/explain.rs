//! `laneway explain URL`: which host, route, rule and policy decide about a request, and why.
//!
//! Owns: the order of the questions and how the answers are told. Each answer comes from the
//! function that decides when the request really comes.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};

use super::{failed, open, say};
use crate::authn::{self, CookieState};
use crate::config::{Config, Frontend, HeaderSet, RouteToken};
use crate::core::{Core, Site};
use crate::domain::forward::{Original, Rule, Verdict, judge, login_address, rules};
use crate::domain::{Code, Problem};
use crate::edge::{forward, is_ours};
use crate::sessions::Live;

#[derive(Args)]
pub(super) struct Arguments {
    /// The address that a browser opens
    url: String,
    /// Its method
    #[arg(long, default_value = "GET")]
    method: String,
    /// Value of its session cookie; `-` reads it from standard input
    #[arg(long, value_name = "VALUE", conflicts_with = "cookie_file")]
    cookie: Option<String>,
    /// File with the value of its session cookie
    #[arg(long, value_name = "FILE")]
    cookie_file: Option<PathBuf>,
    /// Filters that the proxy asks with, like role=admin&acr=aal2
    #[arg(long, value_name = "QUERY", default_value = "")]
    require: String,
    /// Machine-readable output
    #[arg(long)]
    json: bool,
}

/// One answer on the way to the verdict.
struct Line {
    about: &'static str,
    text: String,
}

/// What is told.
#[derive(Default)]
struct Story {
    lines: Vec<Line>,
    /// Laneway itself shows the frontend to everybody: the verdict is what a proxy would be told.
    if_asked: bool,
    json: serde_json::Map<String, Value>,
}

impl Story {
    fn tell(&mut self, about: &'static str, text: impl Into<String>, json: Value) {
        self.lines.push(Line {
            about,
            text: text.into(),
        });
        match self.json.get_mut(about) {
            Some(Value::Array(list)) => list.push(json),
            _ if about == "rule" => {
                self.json.insert(about.into(), Value::Array(vec![json]));
            }
            _ => {
                self.json.insert(about.into(), json);
            }
        }
    }

    fn verdict(&mut self, status: u16, code: &str, why: impl Into<String>, location: Option<&str>) {
        let why = why.into();
        let to = location.map(|to| format!(" → {to}")).unwrap_or_default();
        let json = json!({ "status": status, "code": code, "why": why, "location": location });
        let whom = if self.if_asked {
            "to a proxy that asks: "
        } else {
            ""
        };
        self.tell("verdict", format!("{status} {whom}{why}{to}"), json);
    }
}

pub(super) async fn run(config: Config, arguments: Arguments) -> ExitCode {
    match story(config, &arguments).await {
        Ok(story) if arguments.json => {
            let mut json = story.json;
            json.insert("url".into(), Value::String(arguments.url));
            say(&Value::Object(json).to_string());
            ExitCode::SUCCESS
        }
        Ok(story) => {
            say(&arguments.url);
            for line in story.lines {
                say(&format!("  {:<8} {}", line.about, line.text));
            }
            ExitCode::SUCCESS
        }
        Err(problem) => failed(&problem),
    }
}

async fn story(config: Config, arguments: &Arguments) -> Result<Story, Problem> {
    let cookie = cookie(arguments)?;
    let (core, _) = open(config).await?;
    explain(
        &core,
        &arguments.url,
        &arguments.method,
        cookie.as_deref(),
        &arguments.require,
    )
    .await
}

fn cookie(arguments: &Arguments) -> Result<Option<String>, Problem> {
    let unreadable = |error: std::io::Error| {
        Problem::new(Code::InvalidRequest, "The cookie cannot be read.").because(error)
    };
    let mut text = String::new();
    match (&arguments.cookie, &arguments.cookie_file) {
        (Some(value), _) if value != "-" => text.clone_from(value),
        (Some(_), _) => {
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(unreadable)?;
        }
        (None, Some(path)) => text = std::fs::read_to_string(path).map_err(unreadable)?,
        (None, None) => return Ok(None),
    }
    Ok(Some(text.trim().to_owned()))
}

async fn explain(
    core: &Core,
    url: &str,
    method: &str,
    cookie: Option<&str>,
    require: &str,
) -> Result<Story, Problem> {
    let mut story = Story::default();
    let original = match Original::parse(method, url) {
        Ok(original) => original,
        Err(why) => {
            story.verdict(
                403,
                "forbidden",
                format!("the address is not usable: {why}"),
                None,
            );
            return Ok(story);
        }
    };
    let site = match core.tenants.site(&original.host).await {
        Ok(site) => site,
        Err(problem) if problem.code == Code::UnknownHost => {
            let why = "no tenant has this host: add it under [[app]] or to the tenant's hosts";
            story.verdict(421, "unknown_host", why, None);
            return Ok(story);
        }
        Err(problem) => return Err(problem),
    };
    tell_host(&mut story, &site);
    let place = tell_route(&mut story, &site, &original.path);
    let live = tell_cookie(&mut story, core, &site, cookie).await?;
    if let Some(live) = &live {
        tell_session(&mut story, core, live);
    }
    match place {
        Place::Ours => story.verdict(
            200,
            "ours",
            "Laneway itself answers this address; each of its routes asks for what it needs",
            None,
        ),
        Place::Nothing => story.verdict(
            404,
            "not_found",
            "no route and no frontend stands behind this address",
            None,
        ),
        Place::Route { anonymous } => tell_api(&mut story, live.as_deref(), anonymous),
        Place::Application => tell_check(&mut story, &site, &original, live.as_deref(), require),
    }
    Ok(story)
}

enum Place {
    Ours,
    Route { anonymous: bool },
    Application,
    Nothing,
}

fn tell_host(story: &mut Story, site: &Site) {
    let purpose = site.host.purpose.as_str();
    let source = if site.host.config_owned {
        "the configuration"
    } else {
        "the administration API"
    };
    story.tell(
        "host",
        format!(
            "{} is a host of tenant {} for {purpose}, from {source}",
            site.host.host, site.tenant.slug
        ),
        json!({ "host": site.host.host, "tenant": site.tenant.slug, "purpose": purpose,
                "config_owned": site.host.config_owned }),
    );
}

fn tell_route(story: &mut Story, site: &Site, path: &str) -> Place {
    let path = path.split('?').next().unwrap_or_default();
    let mut kind = |kind: &str, text: String| {
        story.tell("route", text, json!({ "kind": kind }));
    };
    if site.is_login() {
        kind("ours", "everything on a login host is Laneway's own".into());
        return Place::Ours;
    }
    let app = site.app.as_ref();
    // Nothing of the host passes through Laneway but the way back of a sign-in: the rest is the
    // application's, whatever its paths are called.
    let elsewhere = app.is_none_or(|app| app.frontend.is_none() && app.routes.is_empty());
    let theirs = elsewhere && !path.starts_with("/.laneway/");
    if path.starts_with("/api/") && !theirs {
        let Some(route) = app.and_then(|app| app.route(path)) else {
            kind("none", "no [[app.route]] has this name".into());
            return Place::Nothing;
        };
        let with = match route.token {
            RouteToken::Laneway => format!("with a token for {}", route.audience),
            RouteToken::Upstream => "with the provider's token".into(),
            RouteToken::None => "without a token".into(),
        };
        kind(
            "api",
            format!("route {}: to {} {with}", route.name, route.backend),
        );
        return Place::Route {
            anonymous: route.anonymous,
        };
    }
    if is_ours(path) && !theirs {
        kind(
            "ours",
            "a path that is Laneway's own on every app host".into(),
        );
        return Place::Ours;
    }
    let frontend = app.and_then(|app| app.frontend.as_ref());
    match frontend {
        Some(Frontend::Proxy { url: to, .. }) => kind(
            "frontend",
            format!(
                "Laneway passes it on to {to} for everybody; behind a proxy of yours forward-auth decides"
            ),
        ),
        Some(Frontend::Dir(dir)) => kind(
            "frontend",
            format!(
                "Laneway serves files of {} to everybody; behind a proxy of yours forward-auth decides",
                dir.display()
            ),
        ),
        None => kind(
            "forward_auth",
            "behind a proxy of yours: forward-auth decides".into(),
        ),
    }
    story.if_asked = frontend.is_some();
    Place::Application
}

async fn tell_cookie(
    story: &mut Story,
    core: &Core,
    site: &Site,
    cookie: Option<&str>,
) -> Result<Option<std::sync::Arc<Live>>, Problem> {
    let mut headers = HeaderMap::new();
    if let Some(cookie) = cookie {
        let whole = if cookie.contains("__Host-lw") {
            cookie.to_owned()
        } else {
            format!("{}={cookie}", authn::SESSION)
        };
        let value = HeaderValue::from_str(&whole)
            .map_err(|_| Problem::new(Code::InvalidRequest, "A cookie is plain ASCII."))?;
        headers.insert(header::COOKIE, value);
    }
    let state = authn::judge_cookie(core, site, &headers, false).await?;
    let (name, text) = match &state {
        CookieState::Absent => ("absent", "no session cookie".to_owned()),
        CookieState::Twice => (
            "twice",
            "two of them: somebody planted one, neither counts".into(),
        ),
        CookieState::Malformed => (
            "malformed",
            "no value that Laneway makes; not looked up".into(),
        ),
        CookieState::Unknown => (
            "unknown",
            "no live session: signed out, ended, run out, replaced, or never ours".into(),
        ),
        CookieState::OtherHost(host) => (
            "other_host",
            format!("set for {host}; it counts there only"),
        ),
        CookieState::OtherTenant => ("other_tenant", "of another tenant".into()),
        CookieState::Live(_) => ("live", "a live session's, set for this host".into()),
    };
    story.tell("cookie", text, json!({ "state": name }));
    Ok(match state {
        CookieState::Live(live) => Some(live),
        _ => None,
    })
}

fn tell_session(story: &mut Story, core: &Core, live: &Live) {
    let session = &live.session;
    let org = live.org.as_ref();
    let roles = org.map_or_else(
        || "no organization is active".to_owned(),
        |org| format!("in {} with roles {}", org.slug, org.roles.join(", ")),
    );
    let left = |until: i64| (until - core.now()).max(0) / 1000;
    story.tell(
        "session",
        format!(
            "{} of user {}, {} by {}, {roles}",
            session.sid,
            session.user,
            session.acr.as_str(),
            session.amr.join(" ")
        ),
        json!({
            "sid": session.sid, "sub": session.user, "acr": session.acr.as_str(),
            "amr": session.amr, "org": org.map(|org| &org.slug),
            "roles": org.map(|org| org.roles.clone()).unwrap_or_default(),
        }),
    );
    let (idle, end) = (left(live.idle_until()), left(session.expires_at));
    story.tell(
        "policy",
        format!(
            "ends unused in {idle} s, in any case in {end} s; if revoked, at the latest {} s later",
            core.config.revocation.bound.as_secs()
        ),
        json!({ "idle_expires_in": idle, "session_expires_in": end,
                "revocation_bound_seconds": core.config.revocation.bound.as_secs() }),
    );
}

fn tell_api(story: &mut Story, live: Option<&Live>, anonymous: bool) {
    match (live, anonymous) {
        (Some(_), _) => story.verdict(
            200,
            "passed_on",
            "with X-CSRF: 1, or a GET of the same origin",
            None,
        ),
        (None, true) => story.verdict(
            200,
            "passed_on",
            "the route takes strangers, without a token",
            None,
        ),
        (None, false) => story.verdict(
            401,
            "unauthenticated",
            "nobody is signed in",
            Some("/bff/login"),
        ),
    }
}

fn tell_check(
    story: &mut Story,
    site: &Site,
    original: &Original,
    live: Option<&Live>,
    require: &str,
) {
    let list: Vec<Rule> = match rules(require) {
        Ok(list) => list,
        Err(why) => return story.verdict(403, "forbidden", why, None),
    };
    let seen = live.map(Live::glance);
    let session = live.zip(seen.as_ref());
    let who = session.map(|(live, seen)| forward::who(live, seen));
    for rule in &list {
        let holds = who.as_ref().is_some_and(|who| rule.holds(who));
        let word = if holds { "holds" } else { "does not hold" };
        story.tell(
            "rule",
            format!("{}: {word}", rule.text()),
            json!({ "rule": rule.text(), "holds": holds }),
        );
    }
    let login = site.tenant.issuer();
    match judge(&list, who.as_ref()) {
        Verdict::Yes => {
            let sets: Vec<&str> = forward::header_sets(site)
                .iter()
                .map(|set| match set {
                    HeaderSet::XAuthRequest => "x-auth-request",
                    HeaderSet::Remote => "remote",
                    HeaderSet::Laneway => "laneway",
                })
                .collect();
            let why = format!("let through, with the headers of: {}", sets.join(", "));
            story.verdict(200, "yes", why, None);
        }
        Verdict::SignIn => {
            let to = login_address(&login, original, None);
            story.verdict(
                302,
                "unauthenticated",
                "nobody is signed in here (401 for scripts, forms and nginx)",
                Some(&to),
            );
        }
        Verdict::StepUp(acr) => {
            let to = login_address(&login, original, Some(acr));
            story.verdict(403, "step_up_required", "more proof is needed", Some(&to));
        }
        Verdict::Refused(number) => {
            let rule = list.get(number).map(Rule::text).unwrap_or_default();
            story.verdict(
                403,
                "forbidden",
                format!("this does not hold: {rule}"),
                None,
            );
        }
    }
}
