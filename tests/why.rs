//! `laneway why`: the command, held against what the program did and recorded.

use laneway_fake::{Mood, Person};
use serde_json::{Value, json};

use crate::harness::app::Options;
use crate::harness::{Beside, TestApp, answer};

/// The program, and the command beside it.
struct Asked {
    app: TestApp,
    beside: Beside,
}

impl Asked {
    async fn new() -> Self {
        let options = Options::default();
        let app = TestApp::sqlite_with(options.clone()).await;
        let beside = Beside::new(&app, &options);
        Self { app, beside }
    }

    /// The events of a reference.
    async fn why(&self, reference: &str) -> Vec<Value> {
        let out = self.beside.run(&["why", reference, "--json"]).await;
        let errors = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.success(), "{errors}");
        let told: Value = serde_json::from_slice(&out.stdout).expect("JSON");
        assert_eq!(told["reference"], reference);
        told["events"].as_array().expect("events").clone()
    }

    /// What a terminal shows.
    async fn shown(&self, reference: &str) -> String {
        let out = self.beside.run(&["why", reference]).await;
        assert!(out.status.success());
        String::from_utf8(out.stdout).expect("a text")
    }

    /// What it complains about, with exit code 1 and nothing on standard output.
    async fn complaint(&self, arguments: &[&str]) -> String {
        let out = self.beside.run(arguments).await;
        assert_eq!(out.status.code(), Some(1), "{arguments:?}");
        assert!(out.stdout.is_empty(), "{arguments:?}");
        String::from_utf8(out.stderr).expect("a text")
    }

    /// Everybody signs in at the fake provider from here on.
    async fn at_the_fake(&self) {
        let path = format!("/v1/admin/upstreams/{}", self.app.add_fake().await);
        let primary = json!({ "role": "primary" });
        self.app.admin("PATCH", &path, primary).await.expect(200);
    }

    /// An event of the command is the one that the API has of this kind, member by member.
    async fn is_the_record(&self, told: &Value, kind: &str) {
        let path = format!("/v1/admin/audit-events?type={kind}");
        let all = self.app.admin("GET", &path, Value::Null).await.expect(200);
        let all = all.json()["items"].as_array().expect("items").clone();
        let same = all.iter().find(|event| event["id"] == told["id"]);
        let same = same.unwrap_or_else(|| panic!("{told} is not in {all:?}"));
        for (name, value) in same.as_object().expect("an event") {
            assert_eq!(&told[name], value, "{name}");
        }
    }
}

fn of_kind<'a>(events: &'a [Value], kind: &str) -> &'a Value {
    let found = events.iter().find(|event| event["type"] == kind);
    found.unwrap_or_else(|| panic!("no {kind}: {events:?}"))
}

/// The text shows each line of the trace.
fn shows_the_trace(text: &str, event: &Value) {
    let trace = event["detail"]["trace"].as_array().expect("a trace");
    assert!(trace.len() >= 2, "{trace:?}");
    let word = |value: &Value| value.as_str().expect("a text").to_owned();
    for line in trace {
        let says = format!(
            "rule       {}: {}",
            word(&line["rule"]),
            word(&line["outcome"])
        );
        assert!(text.contains(&says), "{says} is missing in:\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_tells_what_decided() {
    let rig = Asked::new().await;
    rig.app.signup("ana@x.test").await;
    let mut browser = rig.app.browser();
    let (flow, code) = rig
        .app
        .asked_for_code(&mut browser, "login", "ana@x.test")
        .await;
    let code = json!({ "code": code });
    let reply = answer(&mut browser, &flow, "email-code", code)
        .await
        .expect(200);
    let reference = reply.header("x-request-id");
    let events = rig.why(reference).await;
    let login = of_kind(&events, "login.completed");
    rig.is_the_record(login, "login.completed").await;
    assert_eq!(
        (&login["tenant"], &login["actor_name"]),
        (&json!("main"), &json!("ana"))
    );
    let text = rig.shown(reference).await;
    assert!(
        text.starts_with(&format!("{reference}\n  event      ")),
        "{text}"
    );
    assert!(text.contains("login.completed (success) at 20"), "{text}");
    assert!(text.contains("  method     email-code"), "{text}");
    assert!(text.contains("  who        ana (user:"), "{text}");
    shows_the_trace(&text, login);
    let spoken = reference.to_lowercase().replace('0', "o").replace('1', "l");
    let (first, rest) = spoken.split_at(4);
    assert_eq!(
        rig.shown(&format!("{first}-{rest}")).await,
        text,
        "as people say it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_tells_which_rule() {
    let rig = Asked::new().await;
    rig.at_the_fake().await;
    rig.app.fake.put(Person::new("sub-new", "new@corp.test"));
    let path = format!("/v1/admin/tenants/{}", rig.app.tenant().await.id);
    let deny = json!({ "jit": "deny" });
    rig.app.admin("PATCH", &path, deny).await.expect(200);
    let mut browser = rig.app.browser();
    let reply = rig.app.redirect_login(&mut browser, "sub-new").await;
    let reply = reply.refused(403, "denied");
    let reference = reply.header("x-request-id");
    let events = rig.why(reference).await;
    let denied = of_kind(&events, "login.denied");
    rig.is_the_record(denied, "login.denied").await;
    assert_eq!(denied["detail"]["reason"], "unknown_person");
    let text = rig.shown(reference).await;
    assert!(text.contains("login.denied (denied)"), "{text}");
    assert!(text.contains("  reason     unknown_person"), "{text}");
    assert!(text.contains("person: nobody is linked"), "{text}");
    shows_the_trace(&text, denied);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_providers_bad_answer_is_named() {
    let rig = Asked::new().await;
    rig.at_the_fake().await;
    rig.app.fake.put(Person::new("sub-ana", "ana@corp.test"));
    let mut browser = rig.app.browser();
    let start = browser.get("/federation/corp/start").await.expect(303);
    rig.app.fake.set_mood(Mood::Lying);
    let reply = rig
        .app
        .come_back(&mut browser, "sub-ana", start.location())
        .await;
    let reply = reply.refused(502, "upstream_invalid");
    let reference = reply.header("x-request-id");
    let events = rig.why(reference).await;
    let failed = of_kind(&events, "login.failed");
    rig.is_the_record(failed, "login.failed").await;
    assert_eq!(failed["detail"]["upstream"], "corp");
    let cause = failed["detail"]["cause"].as_str().expect("a cause");
    let text = rig.shown(reference).await;
    assert!(text.contains("  upstream   corp"), "{text}");
    assert!(text.contains(&format!("  cause      {cause}")), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_recorded_is_said_with_what_to_do() {
    let rig = Asked::new().await;
    let nothing = rig.app.browser().get("/nothing-here").await.expect(404);
    let reference = nothing.header("x-request-id");
    let said = rig.complaint(&["why", reference]).await;
    assert!(
        said.contains(&format!("Nothing is recorded under {reference}")),
        "{said}"
    );
    assert!(said.contains(&format!("request_id={reference}")), "{said}");
    for typed in ["ana@x.test", "KQ7A", ""] {
        let said = rig.complaint(&["why", typed]).await;
        assert!(
            said.contains("twelve letters and digits"),
            "{typed}: {said}"
        );
    }
    let said = rig
        .complaint(&["why", reference, "--tenant", "nowhere"])
        .await;
    assert!(said.contains("No tenant is called nowhere"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tenant_is_found_or_named() {
    let rig = Asked::new().await;
    let mut browser = rig.app.browser();
    let (flow, _) = rig
        .app
        .asked_for_code(&mut browser, "signup", "ana@x.test")
        .await;
    let wrong = answer(
        &mut browser,
        &flow,
        "email-code",
        json!({ "code": "000000" }),
    )
    .await;
    let reference = wrong.header("x-request-id");
    let events = rig.why(reference).await;
    assert_eq!(of_kind(&events, "login.failed")["tenant"], "main");
    let other = json!({ "slug": "other", "name": "Other", "public_url": "https://other.test" });
    rig.app
        .admin("POST", "/v1/admin/tenants", other)
        .await
        .expect(201);
    assert_eq!(rig.why(reference).await, events, "whoever else there is");
    let said = rig
        .complaint(&["why", reference, "--tenant", "other"])
        .await;
    assert!(said.contains("Nothing is recorded"), "{said}");
}
