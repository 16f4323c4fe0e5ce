//! `laneway verify-edge` against the recipes as they are, and broken on purpose: each
//! breakage is found, and the line that was taken away is the line that it names.

use std::process::Command;

use serde_json::Value;

use super::rig::{Front, Rig, recipe};
use super::{FILES, NOTES, Visitor, WIKI};

/// A person's cookie for an application behind a front whose recipe is whole.
async fn cookie(rig: &Rig, login: &Front, origin: &str, front: &Front) -> String {
    let name = origin.trim_start_matches("https://");
    if rig.app.mails_to("ana@x.test").await.is_empty() {
        drop(rig.app.signup("ana@x.test").await);
    }
    let mut visitor = Visitor::new(&[("login.test", login.port), (name, front.port)]);
    let page = visitor.go(&format!("{origin}/")).await;
    let page = visitor.sign_in(&rig.app, "ana@x.test", &page).await;
    assert_eq!(page.status, 200, "{}", page.at);
    visitor.cookie(origin).expect("a cookie").to_owned()
}

/// The report on a front.
async fn verify(origin: &str, front: &Front, cookie: &str) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("cookie");
    std::fs::write(&file, format!("__Host-lw={cookie}\n")).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_laneway"));
    command
        .arg("verify-edge")
        .arg(format!("{origin}/deep?x=1"))
        .args(["--insecure", "--json", "--connect"])
        .arg(format!("127.0.0.1:{}", front.port))
        .arg("--cookie-file")
        .arg(&file)
        .arg("--proxy-config")
        .arg(&front.config);
    let out = tokio::task::spawn_blocking(move || command.output().expect("it runs"))
        .await
        .expect("it ends");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let report: Value = serde_json::from_str(&text)
        .unwrap_or_else(|_| panic!("{text}\n{}", String::from_utf8_lossy(&out.stderr)));
    assert_eq!(out.status.success(), report["ok"] == true, "{report}");
    assert!(!text.contains(cookie), "the cookie is not in the report");
    report
}

fn failed(report: &Value) -> Vec<(String, String)> {
    let checks = report["checks"].as_array().expect("checks").iter();
    checks
        .filter(|check| check["state"] == "fail")
        .map(|check| {
            let text = |name: &str| check[name].as_str().unwrap_or_default().to_owned();
            (
                text("name"),
                format!("{} → {} ({})", text("detail"), text("fix"), text("place")),
            )
        })
        .collect()
}

/// What is taken out of a recipe, what is put there, which check finds it, and what the
/// line that it names holds.
struct Breakage {
    from: &'static str,
    to: &'static str,
    check: &'static str,
    names: &'static str,
}

const fn broken(
    from: &'static str,
    to: &'static str,
    check: &'static str,
    names: &'static str,
) -> Breakage {
    Breakage {
        from,
        to,
        check,
        names,
    }
}

const NGINX: &[Breakage] = &[
    broken(
        "    proxy_set_header X-Original-URL \"\";\n",
        "",
        "the_served_address_cannot_be_forged",
        "proxy_set_header X-Original-URL \"\";",
    ),
    broken(
        "    auth_request /laneway-check;\n",
        "",
        "strangers_are_sent_to_sign_in",
        "auth_request /laneway-check;",
    ),
    broken(
        "    error_page 401 = @laneway_login;\n",
        "",
        "strangers_are_sent_to_sign_in",
        "error_page 401 = @laneway_login;",
    ),
    broken(
        "https://wiki.example.com$request_uri",
        "https://unlisted.invalid$request_uri",
        "strangers_are_sent_to_sign_in",
        "host under [[app]]",
    ),
    broken(
        "https://wiki.example.com$request_uri",
        "https://$http_host$request_uri",
        "the_asked_address_cannot_be_forged",
        "proxy_set_header X-Original-URL https://wiki.test$request_uri;",
    ),
    broken(
        "https://wiki.example.com$request_uri",
        "https://wiki.example.com$uri",
        "sign_in_returns_to_the_page",
        "proxy_set_header X-Original-URL https://wiki.test$request_uri;",
    ),
    broken(
        "    location /.laneway/ {\n        auth_request off;\n",
        "    location /.laneway/ {\n",
        "sign_in_can_come_back",
        "location /.laneway/ { auth_request off;",
    ),
    broken(
        "    proxy_set_header Remote-User \"\";\n",
        "",
        "identity_headers_cannot_be_spoofed",
        "proxy_set_header Remote-User \"\";",
    ),
    broken(
        "    proxy_set_header X-Laneway-Roles $laneway_roles;\n",
        "",
        "identity_headers_cannot_be_spoofed",
        "proxy_set_header X-Laneway-Roles $laneway_roles;",
    ),
    broken(
        "underscores_in_headers off;",
        "underscores_in_headers on;",
        "nor_with_underscores",
        "underscores_in_headers off;",
    ),
    broken(
        "    proxy_set_header Cookie $laneway_cookie;\n",
        "",
        "our_cookie_stays_out",
        "proxy_set_header Cookie $laneway_cookie;",
    ),
    broken(
        "    proxy_set_header X-Laneway-User  $laneway_user;\n",
        "    proxy_set_header X-Laneway-User \"\";\n",
        "the_application_learns_who_it_is",
        "proxy_set_header X-Laneway-User $laneway_user;",
    ),
    broken(
        "    location /authz/ { return 404; }\n",
        "",
        "questions_are_for_proxies_only",
        "location /authz/ { return 404; }",
    ),
    broken(
        "    location / { proxy_pass http://wiki; }\n",
        "    location / { proxy_pass http://wiki; }\n    location ~* \\.(css|ico)$ { auth_request off; proxy_pass http://wiki; }\n",
        "confused_paths_open_nothing",
        "auth_request /laneway-check;",
    ),
    broken(
        "    location /.laneway/echo/ { proxy_pass http://laneway; }\n",
        "    location /.laneway/echo/ { auth_request off; proxy_pass http://laneway; }\n",
        "the_echo_is_protected",
        "location /.laneway/echo/",
    ),
];

const CADDY: &[Breakage] = &[
    broken(
        "\t\trequest_header -X-Rewrite-URL\n",
        "",
        "the_served_address_cannot_be_forged",
        "request_header -X-Rewrite-URL",
    ),
    broken(
        "uri /authz/forward-auth?",
        "uri /authz/forward-auth",
        "the_browsers_query_is_no_filter",
        "uri /authz/forward-auth?",
    ),
    broken(
        "\t\tforward_auth 127.0.0.1:8080 {\n",
        "\t\tforward_auth /private/* 127.0.0.1:8080 {\n",
        "strangers_are_sent_to_sign_in",
        "forward_auth",
    ),
    broken(
        "\t\trequest_header -Remote-*\n",
        "",
        "identity_headers_cannot_be_spoofed",
        "request_header -Remote-*",
    ),
    broken("\t\t\t\tCookie\n", "", "our_cookie_stays_out", "Cookie"),
    broken(
        "\t\treverse_proxy @laneway 127.0.0.1:8080\n",
        "",
        "sign_in_can_come_back",
        "reverse_proxy @laneway 127.0.0.1:8080",
    ),
    broken(
        "\troute {\n\t\t# Names",
        "\thandle {\n\t\t# Names",
        "the_application_learns_who_it_is",
        "request_header above forward_auth inside route",
    ),
];

const ENVOY: &[Breakage] = &[
    broken(
        "                          - remove: x-forwarded-host\n",
        "",
        "the_served_address_cannot_be_forged",
        "remove: x-forwarded-host",
    ),
    broken(
        "route: { cluster: files }\n",
        "route: { cluster: files }\n                          typed_per_filter_config:\n                            laneway.check:\n                              \"@type\": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute\n                              disabled: true\n",
        "strangers_are_sent_to_sign_in",
        "laneway.check",
    ),
    broken(
        "                          - { exact: accept }\n",
        "",
        "strangers_are_sent_to_sign_in",
        "{ exact: accept }",
    ),
    broken(
        "                          - remove_on_match: { key_matcher: { prefix: remote-, ignore_case: true } }\n",
        "",
        "identity_headers_cannot_be_spoofed",
        "prefix: remote-",
    ),
    broken(
        "headers_with_underscores_action: DROP_HEADER",
        "headers_with_underscores_action: ALLOW",
        "nor_with_underscores",
        "headers_with_underscores_action: DROP_HEADER",
    ),
    broken(
        "                              - { exact: cookie }\n",
        "",
        "our_cookie_stays_out",
        "{ exact: cookie }",
    ),
    broken(
        "                              - { prefix: x-laneway- }\n",
        "",
        "the_application_learns_who_it_is",
        "{ prefix: x-laneway- }",
    ),
];

enum Kind {
    Nginx,
    Caddy,
    Envoy,
}

async fn start(rig: &Rig, kind: &Kind, text: &str) -> Front {
    match kind {
        Kind::Nginx => rig.nginx(text).await,
        Kind::Caddy => rig.caddy(text).await,
        Kind::Envoy => rig.envoy(text).await,
    }
}

async fn prove(kind: Kind, file: &str, origin: &str, breakages: &[Breakage]) {
    let Some(rig) = Rig::new().await else { return };
    let whole = recipe(file);
    let login = rig.nginx(&recipe("nginx.conf")).await;
    let front = start(&rig, &kind, &whole).await;
    let cookie = cookie(&rig, &login, origin, &front).await;
    let report = verify(origin, &front, &cookie).await;
    assert!(failed(&report).is_empty(), "{file} as it is: {report}");
    let skipped = report["checks"].as_array().expect("checks").iter();
    assert_eq!(
        skipped.filter(|check| check["state"] == "skipped").count(),
        0,
        "{report}"
    );
    drop(front);
    let mut missed = Vec::new();
    for Breakage {
        from,
        to,
        check,
        names,
    } in breakages
    {
        assert!(whole.contains(from), "{file} has no {from:?}");
        let front = start(&rig, &kind, &whole.replacen(from, to, 1)).await;
        let report = verify(origin, &front, &cookie).await;
        let found = failed(&report);
        let named = found
            .iter()
            .any(|(name, text)| name == check && text.contains(names));
        if !named {
            missed.push(format!(
                "{from:?} → {to:?}: {check} with {names:?} is not in {found:#?}"
            ));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_breakage_of_the_nginx_recipe_is_found_and_its_line_named() {
    prove(Kind::Nginx, "nginx.conf", WIKI, NGINX).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_breakage_of_the_caddy_recipe_is_found_and_its_line_named() {
    prove(Kind::Caddy, "Caddyfile", NOTES, CADDY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_breakage_of_the_envoy_recipe_is_found_and_its_line_named() {
    prove(Kind::Envoy, "envoy.yaml", FILES, ENVOY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recipe_for_oauth2_proxy_setups_passes_too() {
    let Some(rig) = Rig::new().await else { return };
    let login = rig.nginx(&recipe("nginx.conf")).await;
    let front = rig.nginx(&recipe("nginx-oauth2-proxy.conf")).await;
    let cookie = cookie(&rig, &login, WIKI, &front).await;
    let report = verify(WIKI, &front, &cookie).await;
    assert!(failed(&report).is_empty(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recipe_for_authelia_setups_passes_too() {
    let Some(rig) = Rig::new().await else { return };
    let login = rig.nginx(&recipe("nginx.conf")).await;
    let front = rig.caddy(&recipe("Caddyfile-authelia")).await;
    let cookie = cookie(&rig, &login, NOTES, &front).await;
    let report = verify(NOTES, &front, &cookie).await;
    assert!(failed(&report).is_empty(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_not_listed_is_told_so() {
    let Some(rig) = Rig::new().await else { return };
    let text = recipe("nginx.conf").replace(
        "proxy_pass http://laneway/authz/auth-request;",
        "proxy_bind 127.0.0.2; proxy_pass http://laneway/authz/auth-request;",
    );
    let front = rig.nginx(&text).await;
    let found = failed(&verify(WIKI, &front, &"A".repeat(43)).await);
    let named = found
        .iter()
        .any(|(_, text)| text.contains("trusted_proxies = ["));
    assert!(named, "{found:#?}");
}
