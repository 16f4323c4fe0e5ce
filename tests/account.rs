//! The account of a person: another address, data to take along, the end.

use laneway::domain::UserId;
use laneway::store::api_tokens::Principal;
use serde_json::json;

use crate::harness::app::Options;
use crate::harness::{Browser, Call, LOGIN, Reply, TestApp, form_token};

async fn change(browser: &mut Browser, email: &str) -> Reply {
    browser
        .post("/v1/me/email", json!({ "email": email }))
        .await
}

async fn confirm(browser: &mut Browser, code: &str) -> Reply {
    browser
        .post("/v1/me/email/confirm", json!({ "code": code }))
        .await
}

impl TestApp {
    /// The one mail to an address whose subject says this.
    async fn mail_about(&self, email: &str, subject: &str) -> laneway::lane_a::mail::Message {
        let mails = self.mails_to(email).await;
        let mut found = mails
            .into_iter()
            .filter(|mail| mail.subject.contains(subject));
        let one = found.next().expect("a mail");
        assert!(found.next().is_none(), "told once");
        one
    }
}

/// Email links of whoever is signed in.
async fn addresses(browser: &mut Browser) -> Vec<String> {
    let all = browser.get("/v1/me/identities").await.expect(200).json();
    let rows = all["items"].as_array().expect("a list");
    rows.iter()
        .filter(|row| row["kind"] == "email")
        .map(|row| row["subject"].as_str().expect("text").to_owned())
        .collect()
}

#[tokio::test]
async fn an_account_moves_to_another_address() {
    let app = TestApp::sqlite().await;
    let mut elsewhere = app.signup("ana@x.test").await;
    let mut browser = app.login("ana@x.test").await;
    let before = browser.get("/v1/me").await.json();
    let asked = change(&mut browser, " Ana@New.Test ").await.expect(202);
    assert_eq!(asked.json()["email"], "ana@new.test");
    assert_eq!(browser.get("/v1/me").await.json(), before, "nothing yet");
    let code = app.code_for("ana@new.test").await;
    let moved = confirm(&mut browser, &code).await.expect(200).json();
    assert_eq!(moved["email"], "ana@new.test");
    assert_eq!(moved["email_verified"], true);
    assert_eq!(moved["id"], before["id"]);
    assert_eq!(browser.me().await["email"], "ana@new.test");
    assert_eq!(addresses(&mut browser).await, ["ana@new.test"]);
    elsewhere.user(LOGIN).await.refused(401, "unauthenticated");

    let told = app.mail_about("ana@x.test", "was changed").await;
    let event = &app.events("email.changed").await[0];
    for part in [
        "ana@new.test",
        "15 Jan 2027, 08:00 UTC",
        &event.request_id,
        "sign in with a passkey",
    ] {
        assert!(told.text.contains(part), "{part}: {}", told.text);
    }
    assert!(
        event
            .before
            .as_deref()
            .is_some_and(|b| b.contains("ana@x.test"))
    );
    assert!(
        event
            .after
            .as_deref()
            .is_some_and(|a| a.contains("ana@new.test"))
    );

    // The new address is the way in, at the provider too; the old one is free again.
    let mut again = app.login("ana@new.test").await;
    assert_eq!(again.me().await["sub"], before["id"]);
    let mut other = app.signup("ana@x.test").await;
    assert_ne!(other.me().await["sub"], before["id"]);
}

#[tokio::test]
async fn a_code_that_is_out_for_the_old_address_opens_nothing_any_more() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    let mut thief = app.browser();
    let (flow, old) = app.asked_for_code(&mut thief, "login", "ana@x.test").await;
    change(&mut browser, "ana@new.test").await.expect(202);
    let code = app.code_for("ana@new.test").await;
    confirm(&mut browser, &code).await.expect(200);
    let path = format!("/v1/auth/flows/{flow}/email-code");
    let late = thief.post(&path, json!({ "code": old })).await;
    assert!(late.code() >= 400, "{}", late.text());
    assert_eq!(addresses(&mut browser).await, ["ana@new.test"]);
}

#[tokio::test]
async fn an_address_of_somebody_else_is_told_only_to_its_reader() {
    let app = TestApp::sqlite().await;
    app.signup("eve@x.test").await;
    let made = json!({ "email": "made@x.test", "email_verified": false, "name": "Made" });
    app.admin("POST", "/v1/admin/users", made).await.expect(201);
    let mut browser = app.signup("ana@x.test").await;
    let free = change(&mut browser, "free@x.test").await.expect(202).json();
    for taken in ["eve@x.test", "made@x.test"] {
        let mails = app.mails_to(taken).await.len();
        let mut answer = change(&mut browser, taken).await.expect(202).json();
        answer["email"] = free["email"].clone();
        assert_eq!(answer, free, "the same answer");
        let all = app.mails_to(taken).await;
        assert_eq!(all.len(), mails + 1);
        let mail = all.iter().find(|mail| mail.subject.contains("already"));
        let mail = mail.expect("a mail");
        assert!(mail.code.is_none() && mail.text.contains("has an account"));
        confirm(&mut browser, "000000")
            .await
            .refused(422, "invalid_credentials");
    }
    assert_eq!(addresses(&mut browser).await, ["ana@x.test"]);
}

#[tokio::test]
async fn an_address_that_is_added_by_a_code_is_told_to_the_one_before() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    let before = app.mails_to("ana@x.test").await.len();
    let asked = json!({ "purpose": "verify", "username": "b@x.test" });
    let flow = browser.post("/v1/auth/flows", asked).await.expect(201);
    let flow = flow.json()["id"].as_str().expect("an id").to_owned();
    let path = format!("/v1/auth/flows/{flow}/email-code");
    browser.post(&path, json!({})).await.expect(200);
    let code = app.code_for("b@x.test").await;
    browser
        .post(&path, json!({ "code": code }))
        .await
        .expect(200);
    let told = app.mails_to("ana@x.test").await;
    assert_eq!(told.len(), before + 1, "the address that was there before");
    assert!(told.iter().any(|mail| mail.subject.contains("linked")));
    let codes = app.mails_to("b@x.test").await;
    assert_eq!(codes.len(), 1, "the code, and no notice");
    assert_eq!(
        browser.me().await["email"],
        "ana@x.test",
        "a way in more: moving the account is another change"
    );
}

#[tokio::test]
async fn wrong_tries_expiry_and_resending() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    confirm(&mut browser, "000000")
        .await
        .refused(410, "expired");
    change(&mut browser, "not an address")
        .await
        .refused(422, "invalid_field");
    change(&mut browser, "ana@x.test")
        .await
        .refused(422, "invalid_field");

    change(&mut browser, "b@x.test").await.expect(202);
    let first = app.code_for("b@x.test").await;
    let asked = change(&mut browser, "b@x.test").await.expect(202).json();
    assert!(asked["resend_in"].as_i64() > Some(0));
    assert_eq!(app.mails_to("b@x.test").await.len(), 1, "too early");
    app.clock.advance_s(31);
    change(&mut browser, "b@x.test").await.expect(202);
    assert_eq!(app.mails_to("b@x.test").await.len(), 2);
    let second = app.code_for("b@x.test").await;
    assert_ne!(first, second);
    confirm(&mut browser, &first)
        .await
        .refused(422, "invalid_credentials");
    for _ in 0..4 {
        confirm(&mut browser, "999999")
            .await
            .refused(422, "invalid_credentials");
    }
    confirm(&mut browser, &second).await.refused(410, "expired");
    assert_eq!(app.events("email_change.failed").await.len(), 5);

    change(&mut browser, "c@x.test").await.expect(202);
    let code = app.code_for("c@x.test").await;
    app.clock.advance_s(600);
    confirm(&mut browser, &code).await.refused(410, "expired");
    assert_eq!(addresses(&mut browser).await, ["ana@x.test"]);
}

#[tokio::test]
async fn only_the_session_that_asked_may_answer_and_only_a_fresh_one_may_ask() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    let mut other = app.login("ana@x.test").await;
    change(&mut browser, "b@x.test").await.expect(202);
    let code = app.code_for("b@x.test").await;
    confirm(&mut other, &code).await.refused(410, "expired");
    confirm(&mut browser, &code).await.expect(200);
    confirm(&mut browser, &code).await.refused(410, "expired");
    app.clock.advance_s(301);
    change(&mut browser, "c@x.test")
        .await
        .refused(403, "step_up_required");
    let page = browser.get("/account/email").await.expect(303);
    assert!(page.location().contains("return_to=%2Faccount%2Femail"));
}

#[tokio::test]
async fn mails_of_one_person_are_limited() {
    let app = TestApp::sqlite_with(Options {
        limits: "network_factor = 1000\nmails_per_address = 3".into(),
        ..Options::default()
    })
    .await;
    let mut browser = app.signup("ana@x.test").await;
    for name in ["b", "c", "d"] {
        change(&mut browser, &format!("{name}@x.test"))
            .await
            .expect(202);
    }
    let fourth = change(&mut browser, "e@x.test").await;
    assert!(!fourth.header("retry-after").is_empty());
    fourth.refused(429, "rate_limited");
}

/// Two people with a code for one address, at once: exactly one account has it after.
async fn race(app: &TestApp) {
    let mut ana = app.signup("ana@x.test").await;
    let mut bob = app.signup("bob@x.test").await;
    change(&mut ana, "shared@x.test").await.expect(202);
    let for_ana = app.code_for("shared@x.test").await;
    app.clock.advance_s(1);
    change(&mut bob, "shared@x.test").await.expect(202);
    let for_bob = app.code_for("shared@x.test").await;
    let (mut twin, again) = (ana.clone(), for_ana.clone());
    let (one, two, three) = tokio::join!(
        confirm(&mut ana, &for_ana),
        confirm(&mut bob, &for_bob),
        confirm(&mut twin, &again)
    );
    let codes = [one.code(), two.code(), three.code()];
    assert_eq!(codes.iter().filter(|c| **c == 200).count(), 1, "{codes:?}");
    let mut owners = Vec::new();
    for browser in [&mut ana, &mut bob] {
        owners.push(
            addresses(browser)
                .await
                .contains(&"shared@x.test".to_owned()),
        );
    }
    assert_ne!(owners[0], owners[1], "{codes:?}");
    // The provider agrees: the address opens the account that has it, the other's own opens its.
    let (mut winner, mut loser, own) = if owners[0] {
        (ana, bob, "bob@x.test")
    } else {
        (bob, ana, "ana@x.test")
    };
    let mut entered = app.login("shared@x.test").await;
    assert_eq!(entered.me().await["sub"], winner.me().await["sub"]);
    let mut entered = app.login(own).await;
    assert_eq!(entered.me().await["sub"], loser.me().await["sub"]);
}

#[tokio::test]
async fn of_two_people_one_gets_the_address() {
    race(&TestApp::sqlite().await).await;
    if let Some(app) = TestApp::postgres().await {
        race(&app).await;
    }
}

#[tokio::test]
async fn another_address_without_scripts() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    let page = browser.get("/account/email").await.expect(200).text();
    assert!(page.contains("<b>ana@x.test</b>"));
    let csrf = form_token(&page);
    let fields = [("csrf", csrf.as_str()), ("email", "b@")];
    let wrong = browser.send(Call::form("/account/email", &fields)).await;
    let wrong = wrong.expect(422).text();
    assert!(wrong.contains("value=\"b@\"") && wrong.contains("<title>Error:"));
    let fields = [("csrf", csrf.as_str()), ("email", "b@x.test")];
    let sent = browser.send(Call::form("/account/email", &fields)).await;
    assert_eq!(sent.expect(303).location(), "/account/email");
    let page = browser.get("/account/email").await.expect(200).text();
    assert!(page.contains("<b>b@x.test</b>") && page.contains("name=\"code\""));
    let fields = [("csrf", csrf.as_str()), ("code", "000000")];
    let wrong = browser
        .send(Call::form("/account/email/confirm", &fields))
        .await
        .expect(422);
    assert!(wrong.text().contains("does not match"));
    let cancel = [("csrf", csrf.as_str())];
    browser
        .send(Call::form("/account/email/cancel", &cancel))
        .await
        .expect(303);
    let page = browser.get("/account/email").await.expect(200).text();
    assert!(page.contains("name=\"email\""));
    app.clock.advance_s(40);
    browser
        .send(Call::form(
            "/account/email",
            &[("csrf", &csrf), ("email", "b@x.test")],
        ))
        .await
        .expect(303);
    let code = app.code_for("b@x.test").await;
    let fields = [("csrf", csrf.as_str()), ("code", code.as_str())];
    let moved = browser
        .send(Call::form("/account/email/confirm", &fields))
        .await;
    assert_eq!(moved.expect(303).location(), "/account?done=moved");
    let page = browser.get("/account?done=moved").await.expect(200).text();
    assert!(page.contains("Your address is changed") && page.contains("value=\"b@x.test\""));
    let odd = browser.get("/account?done=%3Cb%3E").await.expect(200);
    assert!(!odd.text().contains("class=\"notice\""));
}

#[tokio::test]
async fn an_export_is_whole_and_holds_no_secrets() {
    let app = TestApp::sqlite().await;
    let keys = laneway_fake::SoftAuthenticator::new();
    let mut browser = app.signup("ana@x.test").await;
    app.enrol(&mut browser, &keys).await;
    let me = browser.me().await;
    let id = me["sub"].as_str().expect("an id").to_owned();
    // More events than one page holds, and one by an operator.
    for number in 0..130 {
        let name = json!({ "name": format!("Ana {number}") });
        browser
            .send(Call::api("PATCH", "/v1/me", &name))
            .await
            .expect(200);
    }
    let path = format!("/v1/admin/users/{id}");
    app.admin("PATCH", &path, json!({ "name": "Ana" }))
        .await
        .expect(200);
    app.signup("bob@x.test").await;

    let reply = browser.get("/v1/me/export").await.expect(200);
    let name = reply.header("content-disposition");
    assert_eq!(
        name,
        "attachment; filename=\"main-account-2027-01-15.json\""
    );
    let text = reply.text();
    let all = reply.json();
    assert_eq!(all["profile"]["id"], id.as_str());
    assert_eq!(all["profile"]["name"], "Ana");
    let links = all["identities"].as_array().expect("links");
    assert!(links.iter().any(|link| link["subject"] == "ana@x.test"));
    assert_eq!(all["sessions"][0]["current"], true);
    assert_eq!(all["factors"][0]["kind"], "passkey");
    let events = all["events"].as_array().expect("events");
    assert!(events.len() > 130, "{}", events.len());
    let mut ids: Vec<&str> = events.iter().filter_map(|e| e["id"].as_str()).collect();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "no event twice");
    let by_operator = events.iter().find(|e| {
        e["actor"]
            .as_str()
            .is_some_and(|actor| actor.starts_with("token:"))
    });
    assert!(by_operator.expect("the operator's change")["ip"].is_null());
    assert!(events.iter().any(|e| e["ip"] == "192.0.2.7"));
    assert!(!text.contains("bob@x.test"), "nobody else is in it");
    for secret in [
        browser.cookie(LOGIN, "__Host-lw").expect("a cookie"),
        "public_key",
        "token_hash",
        "credential_id",
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert_eq!(app.events("user.exported").await.len(), 1);
    app.browser()
        .get("/v1/me/export")
        .await
        .refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_deleted_account_leaves_an_id_and_nothing_else() {
    let app = TestApp::sqlite().await;
    let org = json!({ "slug": "acme", "name": "Acme" });
    let org = app.admin("POST", "/v1/organizations", org).await;
    let org = org.expect(201).json()["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let mut elsewhere = app.signup("ana@x.test").await;
    let mut browser = app.login("ana@x.test").await;
    let id = browser.me().await["sub"]
        .as_str()
        .expect("an id")
        .to_owned();
    let member = format!("/v1/organizations/{org}/members/{id}");
    app.admin("PUT", &member, json!({ "roles": ["admin"] }))
        .await
        .expect(200);
    change(&mut browser, "b@x.test").await.expect(202);
    // What hangs on a person in every corner: failures, codes that others asked for, a token,
    // invitations that were taken and that wait, and a grant.
    confirm(&mut browser, "000000")
        .await
        .refused(422, "invalid_credentials");
    app.asked_for_code(&mut app.browser(), "login", "ana@x.test")
        .await;
    let owner = Principal::User(UserId(id.clone()));
    app.api_token(owner, &["account:read"]).await;
    let invited = json!({ "email": "ana@x.test" });
    app.admin("POST", "/v1/admin/invitations", invited)
        .await
        .expect(201);
    let grant = json!({ "user": id, "role": "viewer", "scope": "tenant" });
    app.admin("POST", "/v1/admin/operators", grant)
        .await
        .expect(201);

    let page = browser.get("/account/delete").await.expect(200).text();
    for part in ["Acme", "What stays", "ana@x.test", "network address"] {
        assert!(page.contains(part), "{part}");
    }
    let csrf = form_token(&page);
    let wrong = Call::form("/account/delete", &[("csrf", &csrf), ("confirm", "yes")]);
    assert!(
        browser
            .send(wrong)
            .await
            .expect(422)
            .text()
            .contains("Nothing was deleted")
    );
    let right = Call::form(
        "/account/delete",
        &[("csrf", &csrf), ("confirm", " Ana@x.test ")],
    );
    let gone = browser.send(right).await.expect(303);
    assert_eq!(gone.location(), "/account/deleted");
    assert!(browser.cookie(LOGIN, "__Host-lw").is_none());
    browser.get("/account/deleted").await.expect(200);
    elsewhere.user(LOGIN).await.refused(401, "unauthenticated");
    let last = app.mail_about("ana@x.test", "was deleted").await;
    assert!(last.text.contains("was deleted on 15 Jan 2027"));

    app.leaves_nothing_of(&id, &["ana@x.test", "b@x.test"])
        .await;
    // The same address makes a new account with another id.
    let mut again = app.signup("ana@x.test").await;
    assert_ne!(again.me().await["sub"], id.as_str());
}

#[tokio::test]
async fn deletion_needs_a_fresh_proof_and_spares_the_only_owner() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    app.clock.advance_s(301);
    browser
        .send(Call::api("DELETE", "/v1/me", &json!({})))
        .await
        .refused(403, "step_up_required");
    let first = browser.get("/account/delete").await.expect(303);
    assert!(first.location().contains("return_to=%2Faccount%2Fdelete"));

    let mut owner = app.login("ana@x.test").await;
    let id = owner.me().await["sub"].as_str().expect("an id").to_owned();
    app.make_owner(&id).await;
    owner
        .send(Call::api("DELETE", "/v1/me", &json!({})))
        .await
        .refused(409, "conflict");
    let page = owner.get("/account/delete").await.expect(200).text();
    assert!(page.contains("only owner") && !page.contains("name=\"confirm\""));
    let mut second = app.signup("bob@x.test").await;
    let other = second.me().await["sub"].as_str().expect("an id").to_owned();
    app.make_owner(&other).await;
    owner
        .send(Call::api("DELETE", "/v1/me", &json!({})))
        .await
        .expect(204);
    owner.user(LOGIN).await.refused(401, "unauthenticated");
}
