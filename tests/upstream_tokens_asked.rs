//! Access tokens of a tenant's own identity provider that say nothing themselves: the provider is
//! asked, once, and its answer counts for a bounded while.

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::api_tokens::get;
use crate::harness::issuer::{AUDIENCE, Issuer, late};
use crate::harness::{TestApp, both};
use crate::upstream_tokens::{impatient, later, linked};

const TOKEN: &str = "opaque-0123456789-of-somebody";

fn about(issuer: &Issuer, subject: &str) -> Value {
    let mut said = issuer.claims(subject);
    said["active"] = json!(true);
    said["token_type"] = json!("Bearer");
    said
}

/// An issuer that is asked, and Ana.
async fn rig(app: &TestApp) -> (Issuer, String) {
    let issuer = Issuer::new(app).await;
    let rules = json!({ "audiences": [AUDIENCE], "introspection": {} });
    issuer.attach(app, rules).await;
    let (_, id) = linked(app, "ana").await;
    issuer.tells(about(&issuer, "ana"));
    (issuer, id)
}

both! {
    async fn a_yes_counts_for_half_a_minute_and_never_past_its_end(app: TestApp) {
        let (issuer, id) = rig(&app).await;
        let me = get(&app, TOKEN, "/v1/me").await.expect(200).json();
        assert_eq!(me["id"], json!(id));
        get(&app, TOKEN, "/v1/me").await.expect(200);
        later(&app, 20).await;
        get(&app, TOKEN, "/v1/me").await.expect(200);
        assert_eq!(issuer.asked("/introspect"), 1);
        issuer.tells(json!({ "active": false }));
        later(&app, 10).await;
        get(&app, TOKEN, "/v1/me").await.refused(401, "invalid_token");
        assert_eq!(issuer.asked("/introspect"), 2);

        let mut short = about(&issuer, "ana");
        short["exp"] = json!(short["iat"].as_i64().expect("iat") + 8);
        issuer.tells(short);
        later(&app, 5).await;
        get(&app, TOKEN, "/v1/me").await.expect(200);
        later(&app, 3).await;
        get(&app, TOKEN, "/v1/me").await.refused(401, "token_expired");
    }

    async fn a_no_counts_for_five_seconds(app: TestApp) {
        let (issuer, _) = rig(&app).await;
        issuer.tells(json!({ "active": false }));
        for _ in 0..3 {
            get(&app, TOKEN, "/v1/me").await.refused(401, "invalid_token");
        }
        assert_eq!(issuer.asked("/introspect"), 1);
        issuer.tells(about(&issuer, "ana"));
        later(&app, 4).await;
        get(&app, TOKEN, "/v1/me").await.refused(401, "invalid_token");
        later(&app, 1).await;
        get(&app, TOKEN, "/v1/me").await.expect(200);
        // A yes about nobody here is no reason to ask each time.
        issuer.tells(about(&issuer, "stranger"));
        let other = "opaque-of-a-stranger";
        for _ in 0..3 {
            get(&app, other, "/v1/me").await.refused(401, "invalid_token");
        }
        assert_eq!(issuer.asked("/introspect"), 3);
    }

    async fn what_happens_to_the_person_drops_the_answer(app: TestApp) {
        let (issuer, id) = rig(&app).await;
        get(&app, TOKEN, "/v1/me").await.expect(200);
        let user = format!("/v1/admin/users/{id}");
        app.admin("PATCH", &user, json!({ "name": "Ana" })).await.expect(200);
        assert_eq!(get(&app, TOKEN, "/v1/me").await.expect(200).json()["name"], "Ana");
        assert_eq!(issuer.asked("/introspect"), 2, "asked anew");
        later(&app, 1).await;
        app.admin("PATCH", &user, json!({ "state": "disabled" })).await.expect(200);
        get(&app, TOKEN, "/v1/me").await.refused(401, "invalid_token");
        app.admin("PATCH", &user, json!({ "state": "active" })).await.expect(200);
        get(&app, TOKEN, "/v1/me").await.refused(401, "invalid_token");
        later(&app, 2).await;
        issuer.tells(about(&issuer, "ana"));
        later(&app, 6).await;
        get(&app, TOKEN, "/v1/me").await.expect(200);
    }

    async fn what_an_answer_does_not_say_is_not_read_into_it(app: TestApp) {
        let (issuer, _) = rig(&app).await;
        for (n, (member, value)) in [
            ("aud", json!("other")), ("aud", Value::Null), ("iss", json!("https://evil.test")),
            ("sub", Value::Null), ("typ", json!("Refresh")), ("token_type", json!("DPoP")),
            ("cnf", json!({ "jkt": "x" })), ("active", json!(false)),
        ].into_iter().enumerate() {
            let mut said = about(&issuer, "ana");
            said[member] = value;
            issuer.tells(said);
            let token = format!("{TOKEN}-{n}");
            let refused = get(&app, &token, "/v1/me").await.refused(401, "invalid_token");
            assert!(!refused.text().contains(&token), "{member}");
        }
        // What has not the form of a token is shown to nobody.
        let asked = issuer.asked("/introspect");
        for junk in ["short", "has a space in it", "quote\"in-it-0123456789"] {
            get(&app, junk, "/v1/me").await.refused(401, "invalid_token");
        }
        assert_eq!(issuer.asked("/introspect"), asked);
    }
}

#[tokio::test]
async fn twenty_at_once_are_one_question() {
    let app = TestApp::sqlite().await;
    let (issuer, _) = rig(&app).await;
    let said = ResponseTemplate::new(200)
        .set_body_json(about(&issuer, "ana"))
        .set_delay(std::time::Duration::from_millis(200));
    issuer.answers("/introspect", said);
    let all = (0..20).map(|_| get(&app, TOKEN, "/v1/me"));
    for reply in futures::future::join_all(all).await {
        reply.expect(200);
    }
    assert_eq!(issuer.asked("/introspect"), 1);
}

#[tokio::test]
async fn a_provider_that_cannot_be_asked_is_its_own_trouble() {
    let app = TestApp::sqlite_with(impatient()).await;
    let (issuer, _) = rig(&app).await;
    for (answer, status, code) in [
        (ResponseTemplate::new(500), 503, "upstream_unavailable"),
        (ResponseTemplate::new(401), 503, "upstream_unavailable"),
        (late(), 503, "upstream_unavailable"),
        (
            ResponseTemplate::new(200).set_body_string("yes"),
            502,
            "upstream_invalid",
        ),
        (
            ResponseTemplate::new(200).set_body_json(json!({ "sub": "ana" })),
            502,
            "upstream_invalid",
        ),
    ] {
        issuer.answers("/introspect", answer);
        let refused = get(&app, TOKEN, "/v1/me").await.refused(status, code);
        assert!(!refused.text().contains(TOKEN));
    }
    // Its silence is not remembered as a no.
    issuer.tells(about(&issuer, "ana"));
    get(&app, TOKEN, "/v1/me").await.expect(200);
}
