//! Every route refuses whoever it is not for: the list of routes, walked.

use laneway::edge::forward::Endpoint;
use laneway::http::{Access, ROUTES};
use serde_json::{Value, json};

use crate::harness::{APP, Browser, Call, LOGIN, Reply, TestApp};

/// A route with something plausible in place of its parameters.
fn filled(path: &str) -> String {
    let segments = path.split('/').map(|segment| {
        if segment.starts_with('{') {
            "0199aaaa"
        } else {
            segment
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// The host on which a route exists.
fn at(path: &str) -> String {
    let origin = if path.starts_with("/.laneway/") || path.starts_with("/oauth2/") {
        APP
    } else {
        LOGIN
    };
    format!("{origin}{}", filled(path))
}

/// A body that every write would accept the form of.
fn body() -> Value {
    json!({
        "name": "n", "slug": "s", "public_url": "https://n.test", "host": "n.test", "purpose": "app", "label": "l",
        "email": "n@x.test", "upstream": "corp", "subject": "s", "kind": "fake", "issuer": "https://n.test",
        "client_id": "c", "roles": [], "credential": {}, "org": null, "code": "000000",
    })
}

async fn call(browser: &mut Browser, method: &str, path: &str) -> Reply {
    browser.send(Call::api(method, &at(path), &body())).await
}

#[tokio::test]
async fn strangers_are_refused_wherever_somebody_must_be_signed_in() {
    let app = TestApp::sqlite().await;
    let mut seen = 0;
    for (method, path, access) in ROUTES {
        if !matches!(access, Access::Session | Access::Needs(..)) {
            continue;
        }
        seen += 1;
        let reply = call(&mut app.browser(), method, path).await;
        assert_eq!(
            (reply.code(), reply.problem().as_str()),
            (401, "unauthenticated"),
            "{method} {path}"
        );
        let expired = Call::api(method, &at(path), &body())
            .header("cookie", &format!("__Host-lw={}", "A".repeat(43)));
        assert_eq!(
            app.browser().send(expired).await.code(),
            401,
            "{method} {path}"
        );
    }
    assert!(seen > 40, "the list is walked");
}

#[tokio::test]
async fn people_are_refused_wherever_an_operator_is_wanted() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    for (method, path, access) in ROUTES {
        if matches!(access, Access::Needs(..)) {
            let reply = call(&mut browser, method, path).await;
            assert_eq!(
                (reply.code(), reply.problem().as_str()),
                (403, "forbidden"),
                "{method} {path}"
            );
        }
    }
    assert_eq!(
        app.events("tenant.created").await.len(),
        1,
        "nothing was changed"
    );
}

#[tokio::test]
async fn nobody_is_answered_where_a_proxy_asks() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    app.enter(&mut browser, APP).await;
    for (method, path, access) in ROUTES {
        if *access == Access::Proxy {
            call(&mut browser, method, path)
                .await
                .refused(403, "forbidden");
        }
    }
}

#[tokio::test]
async fn operators_tokens_open_no_account() {
    let app = TestApp::sqlite().await;
    let token = app.operator().await;
    for (method, path, access) in ROUTES {
        if *access == Access::Session && path.starts_with("/v1/me") {
            let call = Call::api(method, &at(path), &body()).bearer(&token);
            let reply = app.browser().send(call).await;
            assert_eq!(
                (reply.code(), reply.problem().as_str()),
                (403, "forbidden"),
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn bad_tokens_are_refused_and_never_replaced_by_the_cookie() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    let token = app.operator().await;
    let unknown = format!("lw_adm_{}", "A".repeat(43));
    for bad in [
        "",
        "x",
        "lw_adm_",
        "lw_adm_x",
        unknown.as_str(),
        "ü",
        "eyJhbGciOiJub25lIn0.e30.",
    ] {
        for header in ["authorization", "x-api-key"] {
            let value = if header == "authorization" {
                format!("Bearer {bad}")
            } else {
                bad.to_owned()
            };
            for path in ["/v1/me", "/v1/admin/users"] {
                let reply = browser
                    .send(Call::new("GET", path).header(header, &value))
                    .await;
                reply.refused(401, "invalid_token");
            }
        }
    }
    let ok = Call::new("GET", "/v1/admin/users").header("x-api-key", &token);
    browser.send(ok).await.expect(200);
    let first = Call::new("GET", "/v1/admin/users")
        .header("authorization", "Bearer x")
        .header("x-api-key", &token);
    browser.send(first).await.refused(401, "invalid_token");
    app.clock.advance_s(90 * 86_400);
    browser
        .send(Call::new("GET", "/v1/admin/users").bearer(&token))
        .await
        .refused(401, "token_expired");
}

#[tokio::test]
async fn values_that_were_made_for_somebody_open_nothing_to_others() {
    let app = TestApp::sqlite().await;
    app.add_fake().await;
    for (method, path, access) in ROUTES {
        if *access == Access::Bound {
            let reply = call(&mut app.browser(), method, path).await;
            assert!(
                matches!(reply.code(), 400 | 404 | 410 | 415),
                "{method} {path}: {}",
                reply.text()
            );
            assert!(app.browser().cookie(LOGIN, "__Host-lw").is_none());
        }
    }
}

#[tokio::test]
async fn what_belongs_to_others_is_not_mine_to_end() {
    let app = TestApp::sqlite().await;
    let keys = laneway_fake::SoftAuthenticator::new();
    let mut bob = app.signup("bob@x.test").await;
    let passkey = app.enrol(&mut bob, &keys).await;
    let sid = bob.me().await["sid"].as_str().expect("a sid").to_owned();
    let link = bob.get("/v1/me/identities").await.json()["items"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let mut ana = app.signup("ana@x.test").await;
    for path in [
        format!("/v1/me/sessions/{sid}"),
        format!("/v1/me/passkeys/{passkey}"),
        format!("/v1/me/identities/{link}"),
    ] {
        ana.send(Call::api("DELETE", &path, &json!({})))
            .await
            .refused(404, "not_found");
    }
    bob.user(LOGIN).await.expect(200);
    assert_eq!(
        bob.get("/v1/me/passkeys").await.json()["items"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

/// Pages that nobody sees without signing in.
const PAGES: &[&str] = &[
    "/account",
    "/account/password",
    "/account/totp",
    "/admin",
    "/account/email",
    "/account/delete",
    "/admin/users",
    "/admin/users/invite",
    "/admin/users/x",
    "/admin/users/x/delete",
    "/admin/upstream",
    "/admin/upstreams",
    "/admin/upstreams/x/activate",
    "/admin/connections",
    "/admin/connections/new",
    "/admin/apps",
    "/admin/apps/x",
    "/admin/organizations",
    "/admin/organizations/x",
    "/admin/organizations/x/sign-in",
    "/admin/audit",
    "/admin/audit/export",
    "/admin/settings",
    "/org/x",
    "/org/x/people",
    "/org/x/people/invite",
    "/org/x/people/x",
    "/org/x/groups",
    "/org/x/groups/x",
    "/org/x/roles",
    "/org/x/roles/x",
    "/org/x/services",
    "/org/x/services/x",
    "/org/x/connections",
    "/org/x/connections/x",
    "/org/x/domains",
    "/org/x/sign-in",
    "/org/x/audit",
    "/org/x/audit/export",
    "/org/x/settings",
    "/verify",
];

/// Forms that nobody sends without it.
const FORMS: &[&str] = &[
    "/account/profile",
    "/account/email",
    "/account/email/confirm",
    "/account/email/cancel",
    "/account/delete",
    "/account/sessions/end-others",
    "/account/sessions/x/end",
    "/account/passkeys/x/remove",
    "/account/password",
    "/account/totp",
    "/account/totp/confirm",
    "/account/totp/remove",
    "/account/recovery-codes",
    "/account/upstream-credentials",
    "/account/identities/link",
    "/account/devices/x",
    "/account/devices/x/forget",
    "/account/organizations/x/leave",
    "/account/apps/x/withdraw",
    "/account/tokens",
    "/account/tokens/x/revoke",
    "/account/identities/x/remove",
    "/admin/upstream",
    "/admin/upstream/activate",
    "/admin/users/invite",
    "/admin/users/x/state",
    "/admin/users/x/totp/reset",
    "/admin/users/x/unlock",
    "/admin/users/x/mails",
    "/admin/users/x/operator",
    "/admin/users/x/sessions/end",
    "/admin/users/x/sessions/x/end",
    "/admin/users/x/delete",
    "/admin/users/x/identities",
    "/admin/users/x/identities/x/remove",
    "/admin/upstreams/x/probe",
    "/admin/upstreams/x/activate",
    "/admin/connections",
    "/admin/connections/new",
    "/admin/apps",
    "/admin/apps/x",
    "/admin/organizations",
    "/admin/organizations/x/members",
    "/admin/organizations/x/sign-in",
    "/admin/settings",
    "/admin/settings/about",
    "/admin/settings/logo",
    "/admin/settings/logo/remove",
    "/admin/settings/hosts",
    "/admin/settings/hosts/x/remove",
    "/org/x/people/invite",
    "/org/x/people/x",
    "/org/x/groups",
    "/org/x/groups/x",
    "/org/x/roles",
    "/org/x/roles/x",
    "/org/x/services",
    "/org/x/services/x",
    "/org/x/connections",
    "/org/x/domains",
    "/org/x/sign-in",
    "/org/x/settings",
    "/org/x/settings/logo",
    "/org/x/settings/logo/remove",
];

#[tokio::test]
async fn pages_send_strangers_to_the_login_and_refuse_their_forms() {
    let app = TestApp::sqlite().await;
    for path in PAGES {
        let reply = app.browser().get(path).await.expect(303);
        assert!(reply.location().starts_with("/login"), "{path}");
    }
    for path in FORMS {
        let reply = app.browser().send(Call::form(path, &[("csrf", "x")])).await;
        let to_login = reply.code() == 303 && reply.location().starts_with("/login");
        assert!(reply.code() == 401 || to_login, "{path}: {}", reply.text());
    }
    let mut browser = app.signup("ana@x.test").await;
    for path in FORMS {
        let reply = browser.send(Call::form(path, &[("csrf", "guessed")])).await;
        assert_eq!(reply.code(), 403, "{path}: {}", reply.text());
    }
    browser
        .get("/admin/upstream")
        .await
        .refused(403, "forbidden");
    for path in ["/login", "/signup"] {
        let mut stranger = app.browser();
        stranger
            .send(Call::form(
                path,
                &[("kind", "identify"), ("username", "a@x.test")],
            ))
            .await
            .refused(403, "csrf_required");
        stranger.get(path).await.expect(200);
        let guessed = Call::form(
            path,
            &[
                ("kind", "identify"),
                ("username", "a@x.test"),
                ("csrf", "x"),
            ],
        );
        stranger.send(guessed).await.refused(403, "csrf_required");
    }
}

/// What a source file routes: method and path, read from the text so that a new route
/// cannot be forgotten in the tables above.
pub fn routed(source: &str) -> std::collections::BTreeSet<(String, String)> {
    let mut found = std::collections::BTreeSet::new();
    for chunk in source.split(".route(").skip(1) {
        let mut parts = chunk.splitn(3, '"');
        let (Some(_), Some(path), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let end = [".merge(", ".layer(", ".fallback", "\n}"]
            .iter()
            .filter_map(|mark| rest.find(mark))
            .min()
            .unwrap_or(rest.len());
        for method in ["get", "post", "put", "patch", "delete"] {
            let call = format!("{method}(");
            let named = rest[..end].match_indices(&call).any(|(at, _)| {
                let before = rest[..at].chars().next_back().unwrap_or(' ');
                !before.is_alphanumeric() && before != '_' && before != ':'
            });
            if named {
                found.insert((method.to_uppercase(), path.to_owned()));
            }
        }
    }
    found
}

#[test]
fn every_route_stands_in_the_table() {
    let mut routed = routed(include_str!("../src/http/router.rs"));
    routed.extend(self::routed(include_str!("../src/http/admin/routes.rs")));
    routed.extend(self::routed(include_str!("../src/http/oauth/routes.rs")));
    routed.extend(self::routed(include_str!("../src/http/me/routes.rs")));
    routed.extend(Endpoint::PATHS.map(|path| ("GET".into(), path.into())));
    let table = ROUTES
        .iter()
        .map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(routed, table);
}

/// The text of every source file below a folder.
pub fn gather(folder: &std::path::Path, into: &mut String) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in std::fs::read_dir(root.join(folder)).expect("the folder is readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            gather(&path, into);
        } else {
            into.push_str(&std::fs::read_to_string(&path).expect("sources are text"));
        }
    }
}

#[test]
fn every_form_is_sent_by_a_stranger_above() {
    let bound = [
        "/login",
        "/login/link/{token}",
        "/signup",
        "/recover",
        "/verify",
        "/owner/{token}",
        "/invitations/{token}",
        // Without the token of its page: tests/org_login.rs.
        "/login/{org}",
        // With a link's value and without its browser: tests/wizard.rs.
        "/setup/{token}",
        "/setup/{token}/connect",
        "/setup/{token}/metadata",
        "/setup/{token}/test",
        "/setup/{token}/activate",
        "/setup/{token}/health",
        "/setup/{token}/trace",
        "/setup/{token}/share",
    ];
    let me = include_str!("routes.rs");
    let mut pages = include_str!("../src/http/pages.rs").to_owned();
    gather("src/http/pages".as_ref(), &mut pages);
    let routed = routed(&pages);
    assert!(routed.len() > 20, "the pages are read");
    for (method, path) in routed {
        let sent = [
            "{sid}",
            "{id}",
            "{link}",
            "{org}",
            "{user}",
            "{group}",
            "{role}",
            "{app}",
            "{account}",
        ]
        .iter()
        .fold(path.clone(), |sent, name| sent.replace(name, "x"));
        let known = bound.contains(&path.as_str()) || me.contains(&format!("\"{sent}\","));
        assert!(method != "POST" || known, "{path} is in no refusal table");
    }
}
