//! What the application gets from somebody who is signed in, seen through an echo.

use serde_json::Value;

use super::Probe;
use super::corpus;
use super::fixes::Fault;
use super::wire::Request;

/// What the backend was sent.
struct Seen {
    target: String,
    headers: Vec<(String, String)>,
}

impl Seen {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

pub(super) fn check(probe: &mut Probe) {
    const NAME: &str = "the_echo_is_protected";
    let path = format!("{}/seen", probe.echo);
    let stranger = probe.send(&Request::page(&path));
    if stranger.is_ok_and(|answer| answer.passed()) {
        let detail = format!("{path} answers strangers: protect it like the application");
        return probe.bad(NAME, detail, Fault::NoEcho, "");
    }
    let Some(cookie) = probe.cookie.clone() else {
        return probe.skip(
            "signed_in",
            "give --cookie-file for what the application gets from somebody who is signed in",
        );
    };
    let base = match look(probe, Request::get(&path).with("Cookie", &ours(&cookie))) {
        Ok(seen) => seen,
        Err(why) => return probe.bad("signed_in", why, Fault::NoEcho, ""),
    };
    probe.good(NAME, path);
    identity(probe, &base);
    cookies(probe, &base);
    spoofed(probe, &cookie);
    served(probe, &cookie);
    connection(probe, &cookie, &base);
    bytes(probe, &cookie);
}

/// Ours among others, as browsers send it.
fn ours(cookie: &str) -> String {
    format!("theme=dark; __Host-lw={cookie}; lang=en")
}

fn look(probe: &Probe, request: Request) -> Result<Seen, String> {
    let answer = probe.send(&request).map_err(|error| error.to_string())?;
    if answer.redirects() || answer.status == 401 {
        return Err("the cookie is no session of this host; take a fresh one".into());
    }
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let Some(headers) = body["headers"].as_array() else {
        return Err(format!(
            "{} {}: no echo answers there",
            probe.echo, answer.status
        ));
    };
    let pair = |pair: &Value| {
        let text = |at: usize| pair[at].as_str().unwrap_or_default().to_owned();
        (text(0), text(1))
    };
    let path = body["target"].as_str().or(body["path"].as_str());
    Ok(Seen {
        target: path.unwrap_or_default().to_owned(),
        headers: headers.iter().map(pair).collect(),
    })
}

/// Somebody is named, and once.
fn identity(probe: &mut Probe, seen: &Seen) {
    const NAME: &str = "the_application_learns_who_it_is";
    let known: Vec<&str> = corpus::USERS
        .iter()
        .copied()
        .filter(|name| seen.values(name).any(|value| !value.is_empty()))
        .collect();
    let twice = corpus::IDENTITY
        .iter()
        .find(|name| seen.values(name).count() > 1);
    match (known.first(), twice) {
        (Some(name), None) => probe.good(NAME, *name),
        (_, Some(name)) => {
            probe.bad(NAME, format!("{name} is there twice"), Fault::Spoofed, name);
        }
        (None, None) => probe.bad(
            NAME,
            "no identity header arrives".to_owned(),
            Fault::NoIdentity,
            "X-Laneway-User",
        ),
    }
}

fn cookies(probe: &mut Probe, seen: &Seen) {
    const NAME: &str = "our_cookie_stays_out";
    let all: Vec<&str> = seen.values("cookie").collect();
    let all = all.join("; ");
    if all.contains("__Host-lw") {
        let detail = "the application gets the cookie that signs in".to_owned();
        probe.bad(NAME, detail, Fault::CookieLeaks, "Cookie");
    } else if all.contains("theme=") && all.contains("lang=") {
        probe.good(NAME, "others arrive");
    } else {
        let detail = "the application's own cookies do not arrive".to_owned();
        probe.bad(NAME, detail, Fault::CookieLeaks, "Cookie");
    }
}

/// One name at a time, so that the line can be named.
fn spoofed(probe: &mut Probe, cookie: &str) {
    let path = format!("{}/seen", probe.echo);
    for (check, underscore) in [
        ("identity_headers_cannot_be_spoofed", false),
        ("nor_with_underscores", true),
    ] {
        let fault = if underscore {
            Fault::SpoofedUnderscore
        } else {
            Fault::Spoofed
        };
        let mut arrived: Vec<(&str, String)> = Vec::new();
        for name in corpus::IDENTITY {
            let spellings = if underscore {
                corpus::underscored(name)
            } else {
                corpus::dashed(name)
            };
            for spelling in spellings {
                let request = Request::get(&path)
                    .with("Cookie", &ours(cookie))
                    .with(&spelling, "spoofed-one")
                    .with(&spelling, "spoofed-two");
                let seen = look(probe, request);
                if seen.is_ok_and(|seen| spoof(&seen)) {
                    arrived.push((name, spelling));
                }
            }
        }
        if arrived.is_empty() {
            probe.good(check, format!("{} names", corpus::IDENTITY.len()));
            continue;
        }
        let mut told: Vec<&str> = Vec::new();
        for (name, spelling) in &arrived {
            if told.contains(name) {
                continue;
            }
            told.push(name);
            let detail = format!("a client's {spelling} reaches the application");
            probe.bad(check, detail, fault, name);
        }
    }
}

/// What was judged is what is served, also by a framework that asks a header for the address.
fn served(probe: &mut Probe, cookie: &str) {
    const NAME: &str = "the_served_address_cannot_be_forged";
    const FORGED: &str = "laneway-forged.invalid";
    let path = format!("{}/seen", probe.echo);
    let mut fine = true;
    for name in corpus::SERVED {
        let request = Request::get(&path)
            .with("Cookie", &ours(cookie))
            .with(name, FORGED);
        let seen = look(probe, request);
        if seen.is_ok_and(|seen| seen.values(name).any(|value| value.contains(FORGED))) {
            let detail = format!("a client's {name} reaches the application");
            probe.bad(NAME, detail, Fault::ServedForged, name);
            fine = false;
        }
    }
    if fine {
        probe.good(NAME, corpus::SERVED.join(", "));
    }
}

fn spoof(seen: &Seen) -> bool {
    let identity = |name: &str| {
        let folded = name.replace('_', "-");
        corpus::IDENTITY
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&folded))
    };
    seen.headers
        .iter()
        .any(|(name, value)| identity(name) && value.contains("spoofed-"))
}

/// Hop-by-hop by a client's word: then ours would be dropped on the way.
fn connection(probe: &mut Probe, cookie: &str, base: &Seen) {
    const NAME: &str = "connection_cannot_drop_headers";
    let names = corpus::IDENTITY.join(", ");
    let request = Request::get(&format!("{}/seen", probe.echo))
        .with("Cookie", &ours(cookie))
        .with(
            "Connection",
            &format!("close, {names}, Cookie, X-Forwarded-For, X-Original-URL"),
        );
    let lost = match look(probe, request) {
        Ok(seen) => corpus::IDENTITY.iter().find(|name| {
            base.values(name).any(|value| !value.is_empty()) && seen.values(name).next().is_none()
        }),
        // A proxy may refuse such a request altogether.
        Err(_) => None,
    };
    match lost {
        None => probe.good(NAME, "nothing is lost"),
        Some(name) => probe.bad(
            NAME,
            format!("a client that names {name} in Connection has it dropped"),
            Fault::NamedInConnection,
            name,
        ),
    }
}

/// The bytes that were judged are the bytes that are served.
fn bytes(probe: &mut Probe, cookie: &str) {
    const NAME: &str = "the_judged_bytes_are_served";
    const ODD: &str = "/a%2Fb;c/%C3%A4%20d";
    let request =
        Request::get(&format!("{}{ODD}?e=%2F&f=..", probe.echo)).with("Cookie", &ours(cookie));
    match look(probe, request) {
        Ok(seen) if seen.target.contains(ODD) => probe.good(NAME, ODD),
        Ok(seen) => {
            let detail = format!("{ODD} arrives as {}", seen.target);
            probe.bad(NAME, detail, Fault::OtherBytes, "");
        }
        Err(_) => probe.skip(NAME, "the proxy refuses such a path"),
    }
}
