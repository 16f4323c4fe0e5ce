//! `laneway explain`: the command, held against what the program does with the same request.

use serde_json::Value;

use crate::forward::{NOTES, WIKI, nginx, proxy, with};
use crate::harness::app::Options;
use crate::harness::{Beside, Browser, TestApp};

/// The program with its configuration as a file, so that the command sees the same.
struct Explained {
    app: TestApp,
    beside: Beside,
}

impl Explained {
    async fn new() -> Self {
        let options = Options {
            real_time: true,
            ..crate::forward::options()
        };
        let app = TestApp::sqlite_with(options.clone()).await;
        let beside = Beside::new(&app, &options);
        Self { app, beside }
    }

    async fn ask(&self, url: &str, cookie: Option<&str>, require: &str) -> Value {
        let mut arguments = vec!["explain", url, "--json", "--require", require];
        let file = cookie.map(|cookie| self.beside.write("cookie", cookie));
        if let Some(file) = &file {
            arguments.extend(["--cookie-file", file.to_str().expect("a path")]);
        }
        let out = self.beside.run(&arguments).await;
        let errors = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.success(), "{errors}");
        serde_json::from_slice(&out.stdout).expect("JSON")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_says_what_the_enforcer_does() {
    let rig = Explained::new().await;
    let mut browser = rig.app.signup("ana@x.test").await;
    rig.app.enter(&mut browser, WIKI).await;
    let value = cookie(&browser, WIKI);
    let twice = format!("__Host-lw={value}; __Host-lw={value}");
    let made_up = "A".repeat(43);
    for (url, cookie, require) in [
        ("https://wiki.test/a?b=c", Some(value.as_str()), ""),
        ("https://wiki.test/a?b=c", None, ""),
        ("https://wiki.test/", Some(value.as_str()), "acr=aal1"),
        ("https://wiki.test/", Some(value.as_str()), "acr=phr"),
        ("https://wiki.test/", Some(value.as_str()), "role=admin"),
        ("https://wiki.test/", Some(value.as_str()), "roel=admin"),
        (
            "https://wiki.test/",
            Some(value.as_str()),
            "allowed_emails=ana@x.test",
        ),
        ("https://wiki.test/a/../b", Some(value.as_str()), ""),
        ("https://wiki.test/api/x", None, ""),
        (
            "https://wiki.test/api/x",
            Some(value.as_str()),
            "role=admin",
        ),
        ("https://wiki.test/bff/user", Some(value.as_str()), ""),
        ("https://wiki.test/v1/x", Some(value.as_str()), "acr=phr"),
        ("https://notes.test/", Some(value.as_str()), ""),
        ("https://wiki.test/", Some(twice.as_str()), ""),
        ("https://wiki.test/", Some(made_up.as_str()), ""),
        ("https://wiki.test/", Some("short"), ""),
        ("https://nobody.test/", Some(value.as_str()), ""),
    ] {
        let told = rig.ask(url, cookie, require).await;
        let call = nginx(url, &format!("?{require}"));
        let call = match cookie {
            Some(text) if text.contains('=') => call.header("cookie", text),
            Some(text) => with(call, text),
            None => call,
        };
        let done = proxy(&rig.app).send(call).await;
        // nginx gets 401 where a browser is redirected; an unknown host is no question.
        let want = match told["verdict"]["status"].as_u64().expect("a status") {
            302 => 401,
            421 => 403,
            other => other,
        };
        assert_eq!(
            u64::from(done.code()),
            want,
            "{url} {cookie:?} {require}: {told}"
        );
        if matches!(done.code(), 401) {
            assert_eq!(
                told["verdict"]["location"],
                done.location(),
                "{url} {require}"
            );
        }
    }
}

fn cookie(browser: &Browser, origin: &str) -> String {
    browser
        .cookie(origin, "__Host-lw")
        .expect("a cookie")
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_names_host_route_rule_and_policy() {
    let rig = Explained::new().await;
    let mut browser = rig.app.signup("ana@x.test").await;
    rig.app.enter(&mut browser, WIKI).await;
    let value = cookie(&browser, WIKI);
    let told = rig
        .ask("https://wiki.test/x", Some(&value), "role=admin&acr=aal1")
        .await;
    assert_eq!(told["host"]["tenant"], "main");
    assert_eq!(told["host"]["config_owned"], true);
    assert_eq!(told["route"]["kind"], "forward_auth");
    assert_eq!(told["cookie"]["state"], "live");
    assert_eq!(told["session"]["acr"], "aal1");
    assert_eq!(told["policy"]["revocation_bound_seconds"], 5);
    let rules: Vec<_> = told["rule"]
        .as_array()
        .expect("rules")
        .iter()
        .map(|r| &r["holds"])
        .collect();
    assert_eq!(rules, [false, true]);
    assert!(
        told["verdict"]["why"]
            .as_str()
            .expect("why")
            .contains("role admin"),
        "{told}"
    );
    for (cookie, url, state) in [
        (value.as_str(), NOTES, "other_host"),
        ("short", WIKI, "malformed"),
        (&"A".repeat(43), WIKI, "unknown"),
    ] {
        assert_eq!(
            rig.ask(url, Some(cookie), "").await["cookie"]["state"],
            state,
            "{url}"
        );
    }
    for (url, kind, status) in [
        ("https://app.test/api/echo/x", "api", 401),
        ("https://app.test/api/other/x", "none", 404),
        ("https://app.test/bff/user", "ours", 200),
        ("https://ide.test/", "frontend", 302),
        ("https://login.test/account", "ours", 200),
    ] {
        let told = rig.ask(url, None, "").await;
        assert_eq!(told["route"]["kind"], kind, "{url}");
        assert_eq!(told["verdict"]["status"], status, "{url}");
    }
}
