//! Somebody whom their identity provider keeps out for wrong tries, or is to write to: seen,
//! let in and written to by those who may, through the API and on the person's page.

use std::time::{Duration, Instant};

use laneway_contract::{AccountMail, LockOut};
use laneway_fake::Mood;
use serde_json::{Value, json};

use crate::authority::appointed;
use crate::desk_pages::owner;
use crate::harness::app::Options;
use crate::harness::{Browser, Call, Reply, TestApp, both, form_token};

const LOCKED: LockOut = LockOut {
    failures: 5,
    until_ms: Some(1_896_107_880_000),
    last_failure_ms: Some(1_896_104_257_770),
};

/// Somebody of a provider that people are managed at, and somebody who owns the installation.
async fn stage(app: &TestApp) -> (Browser, String) {
    let boss = owner(app, "boss@x.test").await;
    let upstream = format!("/v1/admin/upstreams/{}", app.add_fake().await);
    let primary = json!({ "role": "primary" });
    app.admin("PATCH", &upstream, primary).await.expect(200);
    let body = json!({ "email": "ana@x.test", "name": "Ana" });
    let made = app.admin("POST", "/v1/admin/users", body).await.expect(201);
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    (boss, id)
}

fn lock(app: &TestApp, id: &str, lock: Option<LockOut>) {
    assert!(app.fake.change(id, |person| person.locked = lock));
}

async fn said(app: &TestApp, id: &str) -> Value {
    let path = format!("/v1/admin/users/{id}/lockouts");
    let list = app.admin("GET", &path, Value::Null).await.expect(200);
    list.json()["items"].clone()
}

async fn unlock(app: &TestApp, id: &str) -> Reply {
    let path = format!("/v1/admin/users/{id}/lockouts");
    app.admin("DELETE", &path, Value::Null).await
}

async fn mail(app: &TestApp, id: &str, word: &str) -> Reply {
    let path = format!("/v1/admin/users/{id}/mails");
    app.admin("POST", &path, json!({ "mail": word })).await
}

async fn page(browser: &mut Browser, id: &str) -> String {
    browser
        .get(&format!("/admin/users/{id}"))
        .await
        .expect(200)
        .text()
}

async fn press(browser: &mut Browser, id: &str, act: &str, fields: &[(&str, &str)]) -> Reply {
    let token = form_token(&page(browser, id).await);
    let mut all = vec![("csrf", token.as_str())];
    all.extend_from_slice(fields);
    let to = format!("/admin/users/{id}/{act}");
    browser.send(Call::form(&to, &all)).await
}

#[track_caller]
fn says(html: &str, words: &str) {
    assert!(
        html.contains(words),
        "{words:?} is not on the page:\n{html}"
    );
}

both! {
    async fn a_lock_out_is_seen_and_ended(app: TestApp) {
        let (mut boss, id) = stage(&app).await;
        let open = json!([{ "upstream": "corp", "state": "open", "failures": null, "until": null, "last_failure_at": null }]);
        assert_eq!(said(&app, &id).await, open);
        says(&page(&mut boss, &id).await, "Not locked out at Corp");
        lock(&app, &id, Some(LOCKED));
        let found = said(&app, &id).await;
        assert_eq!((&found[0]["state"], &found[0]["failures"]), (&json!("locked"), &json!(5)));
        assert_eq!(found[0]["until"], "2030-01-31T16:38:00Z", "{found}");
        let html = page(&mut boss, &id).await;
        says(&html, "Locked out by Corp until");
        says(&html, "after 5 wrong tries");
        unlock(&app, &id).await.expect(204);
        assert_eq!(said(&app, &id).await, open);
        unlock(&app, &id).await.refused(404, "not_found");
        let events = app.events("user.unlocked").await;
        assert_eq!(events.len(), 1, "one change, one event");
        assert_eq!(events[0].target, format!("user:{id}"));

        // For good, and the provider no longer knows for what.
        let for_good = LockOut { failures: 0, until_ms: None, last_failure_ms: None };
        lock(&app, &id, Some(for_good));
        says(&page(&mut boss, &id).await, "until somebody unlocks them, after wrong tries");
        let done = press(&mut boss, &id, "unlock", &[]).await.expect(303);
        assert_eq!(done.location(), format!("/admin/users/{id}?done=unlocked"));
        assert_eq!(said(&app, &id).await, open);
        // It has ended by itself since the page was made.
        press(&mut boss, &id, "unlock", &[]).await.expect(303);
        assert_eq!(app.events("user.unlocked").await.len(), 2);
    }

    async fn a_silent_provider_is_unknown_and_the_page_opens(app: TestApp) {
        let (mut boss, id) = stage(&app).await;
        lock(&app, &id, Some(LOCKED));
        app.fake.set_mood(Mood::Down);
        assert_eq!(said(&app, &id).await[0]["state"], "unknown");
        says(&page(&mut boss, &id).await, "Corp does not say now");
        unlock(&app, &id).await.refused(503, "upstream_unavailable");
        app.fake.set_mood(Mood::Slow(Duration::from_secs(30)));
        let begun = Instant::now();
        says(&page(&mut boss, &id).await, "Corp does not say now");
        assert!(begun.elapsed() < Duration::from_secs(6), "nobody waits for it");
        app.fake.set_mood(Mood::Fine);
        assert_eq!(said(&app, &id).await[0]["state"], "locked");
        assert_eq!(app.events("user.unlocked").await.len(), 0);
    }

    async fn who_is_switched_off_here_is_not_let_in_there(app: TestApp) {
        let (mut boss, id) = stage(&app).await;
        let path = format!("/v1/admin/users/{id}");
        app.admin("PATCH", &path, json!({ "state": "disabled" })).await.expect(200);
        lock(&app, &id, Some(LOCKED));
        unlock(&app, &id).await.refused(409, "conflict");
        mail(&app, &id, "set-password").await.refused(409, "conflict");
        let refused = press(&mut boss, &id, "unlock", &[]).await.expect(409);
        says(&refused.text(), "Switching them on ends the lock-out too");
        assert_eq!(said(&app, &id).await[0]["state"], "locked");
        app.admin("PATCH", &path, json!({ "state": "active" })).await.expect(200);
        assert_eq!(said(&app, &id).await[0]["state"], "open");
    }

    async fn where_nobody_is_locked_out_there_is_nothing_to_end(app: TestApp) {
        let mut ana = app.signup("ana@x.test").await;
        let id = ana.me().await["sub"].as_str().expect("a sub").to_owned();
        assert_eq!(said(&app, &id).await, json!([]));
        unlock(&app, &id).await.refused(409, "not_supported_by_upstream");
        mail(&app, &id, "set-password").await.refused(409, "not_supported_by_upstream");
        unlock(&app, "nobody").await.refused(404, "not_found");
        mail(&app, "nobody", "set-password").await.refused(404, "not_found");
    }

    async fn the_provider_writes_to_whom_it_is_asked_to(app: TestApp) {
        let (mut boss, id) = stage(&app).await;
        let sent = mail(&app, &id, "set-password").await.expect(200).json();
        assert_eq!(sent, json!({ "upstream": "corp", "mail": "set-password" }));
        let done = press(&mut boss, &id, "mails", &[("mail", "verify-email")]).await.expect(303);
        assert_eq!(done.location(), format!("/admin/users/{id}?done=mailed"));
        let mut got = Vec::new();
        app.fake.change(&id, |person| got.clone_from(&person.mails));
        assert_eq!(got, [AccountMail::SetPassword, AccountMail::VerifyEmail]);
        let events = app.events("user.mailed").await;
        assert_eq!((events.len(), events[0].target.as_str()), (2, format!("user:{id}").as_str()));

        // What stands in the way says what to do.
        for (change, words) in [
            (Box::new(|person: &mut laneway_fake::Person| person.enabled = false) as Box<dyn Fn(&mut laneway_fake::Person) + Send>, "Switch them on there"),
            (Box::new(|person: &mut laneway_fake::Person| { person.enabled = true; person.email = None; }), "Give them one first"),
        ] {
            app.fake.change(&id, change);
            let refused = mail(&app, &id, "set-password").await;
            says(&refused.text(), words);
            refused.refused(409, "conflict");
        }
        let path = format!("/v1/admin/users/{id}/mails");
        app.admin("POST", &path, json!({ "mail": "birthday" })).await.expect(422);
    }

    async fn support_helps_people_and_nobody_above(app: TestApp) {
        let (mut helper, helper_id) = appointed(&app, "help@x.test", "support", false).await;
        let (mut auditor, _) = appointed(&app, "audit@x.test", "auditor", false).await;
        let (mut boss, id) = stage(&app).await;
        let own = boss.me().await["sub"].as_str().expect("a sub").to_owned();
        lock(&app, &id, Some(LOCKED));
        let at = |id: &str| Call::api("DELETE", &format!("/v1/admin/users/{id}/lockouts"), &json!({}));
        let to = |id: &str| Call::api("POST", &format!("/v1/admin/users/{id}/mails"), &json!({ "mail": "set-password" }));
        auditor.send(at(&id)).await.refused(403, "forbidden");
        auditor.send(to(&id)).await.refused(403, "forbidden");
        helper.send(at(&own)).await.refused(403, "forbidden");
        helper.send(to(&own)).await.refused(403, "forbidden");
        let html = page(&mut auditor, &id).await;
        says(&html, "Locked out by Corp");
        assert!(!html.contains("/unlock\"") && !html.contains("/mails\""), "nothing to press");
        let html = page(&mut helper, &id).await;
        assert!(html.contains("/unlock\"") && html.contains("/mails\""), "{html}");
        helper.send(at(&id)).await.expect(204);
        helper.send(to(&id)).await.expect(200);
        let events = app.events("user.unlocked").await;
        assert_eq!(events[0].actor, format!("user:{helper_id}"));
    }

    async fn whoever_moves_their_address_moves_it_there_too(app: TestApp) {
        let mut ana = app.signup("ana@x.test").await;
        let id = ana.me().await["sub"].as_str().expect("a sub").to_owned();
        let upstream = format!("/v1/admin/upstreams/{}", app.add_fake().await);
        app.fake.put(laneway_fake::Person::new("ana-there", "ana@x.test"));
        let linked = json!({ "upstream": "corp", "subject": "ana-there" });
        app.admin("PUT", &format!("/v1/admin/users/{id}/identities"), linked).await.expect(200);
        let mut ana = app.login("ana@x.test").await;
        app.admin("PATCH", &upstream, json!({ "role": "primary" })).await.expect(200);
        let there = || {
            let mut found = None;
            app.fake.change("ana-there", |person| found = person.email.clone().map(|email| (email, person.email_verified)));
            found.expect("an address")
        };
        ana.post("/v1/me/email", json!({ "email": "new@x.test" })).await.expect(202);
        let code = json!({ "code": app.code_for("new@x.test").await });
        app.fake.set_mood(Mood::Down);
        ana.post("/v1/me/email/confirm", code.clone()).await.refused(503, "upstream_unavailable");
        app.fake.set_mood(Mood::Fine);
        assert_eq!(ana.me().await["email"], "ana@x.test");
        assert_eq!(there(), ("ana@x.test".to_owned(), true));
        ana.post("/v1/me/email/confirm", code).await.expect(200);
        assert_eq!(ana.me().await["email"], "new@x.test");
        assert_eq!(there(), ("new@x.test".to_owned(), true));
    }
}

#[tokio::test]
async fn a_mailbox_is_not_flooded() {
    let app = TestApp::sqlite_with(Options {
        limits: "network_factor = 1000\nmails_per_address = 2".into(),
        ..Options::default()
    })
    .await;
    let (_, id) = stage(&app).await;
    for _ in 0..2 {
        mail(&app, &id, "set-password").await.expect(200);
    }
    let refused = mail(&app, &id, "set-password").await;
    refused.refused(429, "rate_limited");
    let mut got = 0;
    app.fake.change(&id, |person| got = person.mails.len());
    assert_eq!((got, app.events("user.mailed").await.len()), (2, 2));
}
