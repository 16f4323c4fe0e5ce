//! What a stranger must not get, and where a stranger is to be sent.

use url::Url;

use super::Probe;
use super::corpus;
use super::fixes::Fault;
use super::wire::{Answer, Request};

pub(super) fn check(probe: &mut Probe, first: &Answer) {
    protected(probe, first);
    return_address(probe, first);
    forged_original(probe, first);
    query(probe, first);
    own_paths(probe);
    nothing_opens(probe);
    nothing_else_opens(probe);
    exposed(probe, first);
}

/// Names, cookies and paths.
fn nothing_opens(probe: &mut Probe) {
    let page = probe.page.clone();
    let headers = corpus::IDENTITY.iter().flat_map(|name| {
        let spellings = [corpus::dashed(name), corpus::underscored(name)].concat();
        spellings.into_iter().map(|name| {
            let request = Request::page(&page).with(&name, "root");
            (name, request)
        })
    });
    let headers: Vec<_> = headers.collect();
    refused(
        probe,
        "identity_headers_open_nothing",
        &headers,
        Fault::Unprotected,
    );
    let cookies: Vec<_> = corpus::cookies(probe.cookie.as_deref())
        .into_iter()
        .map(|cookie| {
            let what: String = cookie.chars().take(24).collect();
            (what, Request::page(&page).with("Cookie", &cookie))
        })
        .collect();
    refused(
        probe,
        "broken_cookies_open_nothing",
        &cookies,
        Fault::Unprotected,
    );
    let paths: Vec<_> = corpus::paths(probe.url.path())
        .into_iter()
        .map(|path| (path.clone(), Request::page(&path)))
        .collect();
    refused(
        probe,
        "confused_paths_open_nothing",
        &paths,
        Fault::Unprotected,
    );
}

/// Methods and protocols.
fn nothing_else_opens(probe: &mut Probe) {
    let page = probe.page.clone();
    let methods: Vec<_> = [
        "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "PROPFIND",
    ]
    .into_iter()
    .map(|method| {
        let request = Request::new(method, &page).with("Access-Control-Request-Method", "PUT");
        (method.to_owned(), request)
    })
    .collect();
    refused(
        probe,
        "other_methods_open_nothing",
        &methods,
        Fault::Unprotected,
    );
    let upgrade = Request::get(&page)
        .with("Connection", "Upgrade")
        .with("Upgrade", "websocket")
        .with("Sec-WebSocket-Version", "13")
        .with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    let upgrades = [("Upgrade: websocket".to_owned(), upgrade)];
    refused(
        probe,
        "websockets_open_nothing",
        &upgrades,
        Fault::Unprotected,
    );
}

fn refused(probe: &mut Probe, name: &'static str, requests: &[(String, Request)], fault: Fault) {
    let through = probe.let_through(requests);
    if through.is_empty() {
        probe.good(name, format!("{} requests", requests.len()));
    } else {
        let detail = format!("a stranger is let through with: {}", some(&through));
        probe.bad(name, detail, fault, "");
    }
}

/// The first of them, and how many there are beside: one hole lets a hundred spellings through.
fn some<S: AsRef<str>>(all: &[S]) -> String {
    const SHOWN: usize = 5;
    let mut text: Vec<&str> = all.iter().take(SHOWN).map(AsRef::as_ref).collect();
    let more = all.len().saturating_sub(SHOWN);
    let rest = format!("{more} more");
    if more > 0 {
        text.push(&rest);
    }
    text.join(" | ")
}

/// A stranger's page view leads to the sign-in.
fn protected(probe: &mut Probe, first: &Answer) {
    const NAME: &str = "strangers_are_sent_to_sign_in";
    let to = first.header("location").to_owned();
    match first.status {
        _ if first.redirects() && to.contains("/bff/login?") => {
            probe.good(NAME, to.split('?').next().unwrap_or_default());
        }
        // As oauth2-proxy's recipe does it: the proxy asks for the start of a sign-in.
        _ if first.redirects() && to.contains("/bff/handoff?") => {
            probe.good(NAME, to.split('?').next().unwrap_or_default());
        }
        _ if first.passed() => probe.bad(
            NAME,
            format!("the application answers a stranger ({})", first.status),
            Fault::Unprotected,
            "",
        ),
        _ if first.redirects() => probe.bad(
            NAME,
            format!("a stranger is sent to {to:?}, which is no sign-in of Laneway"),
            Fault::NoRedirect,
            "",
        ),
        401 => probe.bad(
            NAME,
            "a browser gets a bare 401".to_owned(),
            Fault::NoRedirect,
            "",
        ),
        403 => {
            let why =
                probe.send(&Request::get(&probe.page.clone()).with("Accept", "application/json"));
            let why = why.map(|answer| answer.body).unwrap_or_default();
            let why: serde_json::Value = serde_json::from_str(&why).unwrap_or_default();
            let why = why["detail"]
                .as_str()
                .unwrap_or("Laneway refuses the question of the proxy");
            probe.bad(NAME, format!("403: {why}"), Fault::QuestionRefused, "");
        }
        503 => probe.bad(
            NAME,
            "503: the proxy cannot reach Laneway, or gets an answer that it does not know"
                .to_owned(),
            Fault::QuestionRefused,
            "",
        ),
        status => probe.bad(
            NAME,
            format!("{status}: a sign-in that cannot be judged is to be 503"),
            Fault::NotUnavailable,
            "",
        ),
    }
}

fn rd_of(answer: &Answer) -> Option<String> {
    let to = Url::parse(answer.header("location")).ok()?;
    let found = to.query_pairs().find(|(name, _)| name == "rd")?;
    Some(found.1.into_owned())
}

/// It comes back to the page that was asked for.
fn return_address(probe: &mut Probe, first: &Answer) {
    const NAME: &str = "sign_in_returns_to_the_page";
    let Some(rd) = rd_of(first) else {
        return probe.skip(NAME, "the redirect names no address to come back to");
    };
    if rd == probe.url.as_str() {
        probe.good(NAME, rd);
    } else {
        let detail = format!("a sign-in would end at {rd}, not at {}", probe.url);
        let host = probe.target.host.clone();
        probe.bad(NAME, detail, Fault::WrongReturn, &host);
    }
}

/// Laneway is asked about the address that is served, whatever a client says.
fn forged_original(probe: &mut Probe, first: &Answer) {
    const NAME: &str = "the_asked_address_cannot_be_forged";
    if first.status == 403 {
        return probe.skip(NAME, "every question is refused");
    }
    let host = probe.target.host.clone();
    let ours = probe.url.origin();
    // Asked about another address, Laneway refuses or leads back to that one.
    let forged = |answer: &Answer| {
        let rd = rd_of(answer).and_then(|rd| Url::parse(&rd).ok());
        answer.status == 403 || rd.is_some_and(|rd| rd.origin() != ours)
    };
    let mut requests: Vec<(String, Request)> = corpus::ORIGINAL
        .iter()
        .map(|(name, value)| {
            let request = Request::page(&probe.page).with(name, value);
            (format!("{name}: {value}"), request)
        })
        .collect();
    // The proxy goes by the one and may ask about the other.
    let absolute = format!("{}{}", ours.ascii_serialization(), probe.page);
    requests.push((
        "another Host than in the request line".into(),
        Request::page(&absolute).with("Host", "forged.invalid"),
    ));
    let wrong: Vec<&str> = requests
        .iter()
        .filter(|(_, request)| probe.send(request).is_ok_and(|answer| forged(&answer)))
        .map(|(what, _)| what.as_str())
        .collect();
    if wrong.is_empty() {
        probe.good(NAME, format!("{} requests", requests.len()));
    } else {
        let detail = format!("a client chooses what is asked about by: {}", some(&wrong));
        probe.bad(NAME, detail, Fault::OriginalForged, &host);
    }
}

/// What the browser writes behind the question mark is the application's business.
fn query(probe: &mut Probe, first: &Answer) {
    const NAME: &str = "the_browsers_query_is_no_filter";
    let path = probe.url.path().to_owned();
    match probe.send(&Request::page(&format!("{path}?role=&acr=none"))) {
        Ok(answer) if answer.status == 403 && first.status != 403 => {
            let detail = "the proxy passes the browser's query on to Laneway".to_owned();
            probe.bad(NAME, detail, Fault::QueryLeaks, "");
        }
        _ => probe.good(NAME, "not passed on"),
    }
}

/// The way back from the login host.
fn own_paths(probe: &mut Probe) {
    const NAME: &str = "sign_in_can_come_back";
    match probe.send(&Request::page("/.laneway/start?rd=/")) {
        Ok(answer) if answer.redirects() && answer.header("location").contains("/bff/handoff?") => {
            probe.good(NAME, "/.laneway/ reaches Laneway");
        }
        Ok(answer) => {
            let to = answer.header("location");
            let to = to.split('?').next().unwrap_or_default();
            let detail = format!("/.laneway/start answers {} {to}", answer.status);
            probe.bad(NAME, detail, Fault::OwnPaths, "");
        }
        Err(error) => probe.bad(NAME, error.to_string(), Fault::OwnPaths, ""),
    }
}

/// Questions of proxies are not for browsers: a script could read the signed header.
fn exposed(probe: &mut Probe, first: &Answer) {
    const NAME: &str = "questions_are_for_proxies_only";
    let mut sites = vec![probe.target.clone()];
    let login = Url::parse(first.header("location")).ok();
    sites.extend(login.and_then(|url| probe.target.beside(&url)));
    let url = probe.url.to_string();
    let mut open: Option<(String, &str)> = None;
    for site in sites {
        for (path, location) in [
            ("/authz/auth-request", "/authz/"),
            ("/authz/forward-auth", "/authz/"),
            ("/authz/ext-authz/", "/authz/"),
            ("/oauth2/auth", "= /oauth2/auth"),
        ] {
            let request = Request::page(path)
                .with("X-Original-URL", &url)
                .with("X-Original-Method", "POST")
                .with("X-Forwarded-Method", "POST")
                .with("X-Forwarded-Uri", "/");
            let Ok(answer) = site.send(&request) else {
                continue;
            };
            let ours = !answer.header("x-request-id").is_empty();
            let asked = ours && matches!(answer.status, 200..=202 | 401 | 403);
            let redirected = ours && path.contains("ext-authz") && answer.status == 302;
            if asked || (redirected && site.host != probe.target.host) {
                open.get_or_insert((format!("https://{}{path}", site.host), location));
            }
        }
    }
    match open {
        None => probe.good(NAME, "not reachable"),
        Some((address, location)) => {
            let detail = format!("{address} answers browsers");
            probe.bad(NAME, detail, Fault::QuestionsExposed, location);
        }
    }
}
