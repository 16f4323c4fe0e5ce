//! People of a live Keycloak who are managed from here: what is said where the right is missing,
//! who is not taken over, whom it locks out and what it writes to them.

use laneway::config::Mail;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use crate::harness::app::Options;
use crate::harness::realms::Realms;
use crate::harness::relay::{Door, SmtpServer};
use crate::harness::{LOGIN, TestApp, until};
use crate::suite::web::{Browser, Page};

/// An app in front of the realm, with its people managed from here; the upstream's address.
async fn in_front(realms: &Realms) -> (TestApp, String) {
    let options = Options {
        real_time: true,
        ..Options::default()
    };
    let app = TestApp::sqlite_with(options).await;
    let mut upstream = realms.bootstrap("kc").await;
    upstream["options"] = json!({ "directory": true });
    let made = app.admin("POST", "/v1/admin/upstreams", upstream).await;
    let made = made.expect(201).json();
    let path = format!(
        "/v1/admin/upstreams/{}",
        made["id"].as_str().expect("an id")
    );
    let primary = json!({ "role": "primary" });
    app.admin("PATCH", &path, primary).await.expect(200);
    (app, path)
}

async fn people(app: &TestApp) -> Value {
    let all = app.admin("GET", "/v1/admin/users", Value::Null).await;
    all.expect(200).json()["items"].clone()
}

#[tokio::test]
async fn without_the_right_it_is_said_and_nobody_is_made() {
    let Some(mut realms) = Realms::new().await else {
        return;
    };
    let (app, upstream) = in_front(&realms).await;
    let new = json!({ "email": "new@acme.test", "name": "New Person" });
    let refused = app.admin("POST", "/v1/admin/users", new.clone()).await;
    refused.refused(409, "not_supported_by_upstream");
    assert_eq!(people(&app).await, json!([]));
    let probe = format!("{upstream}/probe");
    let probe = app.admin("POST", &probe, Value::Null).await.expect(200);
    let probe = probe.json().to_string();
    assert!(probe.contains("--directory"), "{probe}");

    // With the right, an address that is taken there opens nothing to whoever has taken it.
    realms.directory = true;
    realms.bootstrap("kc").await;
    let subject = realms.person(&realms.home, "new", "staff").await;
    let refused = app.admin("POST", "/v1/admin/users", new.clone()).await;
    refused.refused(409, "duplicate");
    assert_eq!(people(&app).await, json!([]));
    let path = format!("/{}/users/{subject}", realms.home);
    realms.send(Method::DELETE, &path, None).await;
    let made = app.admin("POST", "/v1/admin/users", new).await.expect(201);
    let id = made.json()["id"].as_str().expect("an id").to_owned();

    // Whoever was removed there meanwhile can still be changed and removed here.
    let found = format!("/{}/users?username=new@acme.test&exact=true", realms.home);
    let found = realms.send(Method::GET, &found, None).await;
    let subject = found[0]["id"].as_str().expect("an id");
    let path = format!("/{}/users/{subject}", realms.home);
    realms.send(Method::DELETE, &path, None).await;
    let path = format!("/v1/admin/users/{id}");
    let change = json!({ "name": "Other Person", "state": "disabled" });
    app.admin("PATCH", &path, change).await.expect(200);
    app.admin("DELETE", &path, Value::Null).await.expect(204);
    realms.remove().await;
}

/// Opens the link of a mail and goes on until Keycloak asks for something.
async fn follow(browser: &mut Browser, link: &str) -> Page {
    let link: Url = link.parse().expect("an address");
    let page = browser.walk(&link, |_| false).await;
    let mut parts = page.text.split('"');
    let onward = parts.find(|text| text.contains("/login-actions/action-token?"));
    let onward = onward.expect("a way on").replace("&amp;", "&");
    let onward: Url = onward.parse().expect("an address");
    browser.walk(&onward, |_| false).await
}

#[tokio::test]
async fn a_password_is_chosen_by_keycloaks_own_mail_and_a_lock_out_is_ended() {
    let (Some(mut realms), Some(post)) = (Realms::new().await, SmtpServer::start()) else {
        return;
    };
    realms.directory = true;
    let (app, _) = in_front(&realms).await;
    let new = json!({ "email": "mia@acme.test", "name": "Mia Lind" });
    let made = app.admin("POST", "/v1/admin/users", new).await.expect(201);
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let (mails, locks) = (
        format!("/v1/admin/users/{id}/mails"),
        format!("/v1/admin/users/{id}/lockouts"),
    );
    let wanted = json!({ "mail": "set-password" });
    let refused = app.admin("POST", &mails, wanted.clone()).await;
    let text = refused.text();
    assert!(text.contains("mail settings"), "{text}");
    refused.refused(409, "conflict");

    let Mail::Smtp { relay, .. } = post.mail(&Door::Plain) else {
        panic!("a mail server");
    };
    let smtp =
        json!({ "host": "localhost", "port": relay.port.to_string(), "from": "kc@acme.test" });
    let guarded = json!({ "smtpServer": smtp, "bruteForceProtected": true, "failureFactor": 2,
        "waitIncrementSeconds": 3600, "maxFailureWaitSeconds": 3600,
        "minimumQuickLoginWaitSeconds": 3600, "maxDeltaTimeSeconds": 43_200 });
    let home = format!("/{}", realms.home);
    realms.send(Method::PUT, &home, Some(guarded)).await;
    app.admin("POST", &mails, wanted).await.expect(200);
    let mail = until(10, "a mail", async || post.received().into_iter().next()).await;
    assert_eq!(mail.to(), "mia@acme.test");
    let mut words = mail.raw().split_whitespace();
    let link = words.find(|word| word.starts_with("http"));
    let mut abroad = Browser::new();
    let page = follow(&mut abroad, link.expect("a link")).await;
    let (action, hidden) = page.form("kc-passwd-update-form");
    let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(k, v)| (&**k, &**v)).collect();
    for name in ["password-new", "password-confirm"] {
        fields.push((name, "mia@acme.test-signs-in"));
    }
    let page = abroad.submit(&action, &fields).await;
    let page = match &page.location {
        Some(next) => abroad.walk(&next.clone(), |_| false).await,
        None => page,
    };
    // The last page leads to our own door.
    assert!(
        page.text.contains("href=\"https://login.test/\""),
        "{}",
        page.text
    );
    app.browser().get("/").await.expect(303);

    // Wrong tries lock her out; whoever helps sees it, and ends it.
    let mut browser = app.browser();
    let start = browser.get("/federation/kc/start").await.expect(303);
    let start: Url = start.location().parse().expect("an address");
    let mut strange = Browser::new();
    let mut page = strange.walk(&start, |_| false).await;
    for _ in 0..2 {
        let (action, _) = page.form("kc-form-login");
        let wrong = [("username", "mia@acme.test"), ("password", "wrong")];
        page = strange.submit(&action, &wrong).await;
    }
    let found = app.admin("GET", &locks, Value::Null).await.expect(200);
    let found = found.json()["items"][0].clone();
    assert_eq!(
        (&found["state"], &found["upstream"]),
        (&json!("locked"), &json!("kc"))
    );
    assert!(
        found["until"].is_string() && found["last_failure_at"].is_string(),
        "{found}"
    );
    app.admin("DELETE", &locks, Value::Null).await.expect(204);
    app.admin("DELETE", &locks, Value::Null)
        .await
        .refused(404, "not_found");

    let mut browser = app.browser();
    let start = browser.get("/federation/kc/start").await.expect(303);
    let back = realms
        .walk(&mut Browser::new(), start.location(), "mia@acme.test")
        .await;
    let back = back.strip_prefix(LOGIN).expect("our own address");
    browser.get(back).await.expect(303);
    assert_eq!(browser.me().await["sub"], id);
    realms.remove().await;
}
