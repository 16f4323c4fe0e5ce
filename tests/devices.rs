//! Devices: recognised, told about, listed, trusted, forgotten.

use serde_json::{Value, json};

use crate::harness::{Browser, Call, LOGIN, TestApp, both, members};

const COOKIE: &str = "__Host-lw-device";
const DAY_S: i64 = 24 * 3600;

async fn devices(browser: &mut Browser) -> Vec<Value> {
    let list = browser.get("/v1/me/devices").await.expect(200).json();
    list["items"].as_array().expect("a list").clone()
}

async fn patch(browser: &mut Browser, id: &str, body: Value) -> crate::harness::Reply {
    let path = format!("/v1/me/devices/{id}");
    browser.send(Call::api("PATCH", &path, &body)).await
}

async fn forget(browser: &mut Browser, id: &str) -> crate::harness::Reply {
    let path = format!("/v1/me/devices/{id}");
    browser.send(Call::api("DELETE", &path, &json!({}))).await
}

fn id(device: &Value) -> String {
    device["id"].as_str().expect("an id").to_owned()
}

/// Subjects of the mails that are no codes.
async fn notices(app: &TestApp, email: &str) -> Vec<String> {
    let mails = app.mails_to(email).await;
    let told = mails.into_iter().filter(|mail| mail.code.is_none());
    told.map(|mail| mail.subject).collect()
}

#[tokio::test]
async fn the_device_cookie_has_its_attributes_and_authenticates_nothing() {
    let app = TestApp::sqlite().await;
    app.signup("ana@x.test").await;
    let mut browser = app.browser();
    let (flow, code) = app
        .asked_for_code(&mut browser, "login", "ana@x.test")
        .await;
    let body = json!({ "code": code });
    let reply = crate::harness::answer(&mut browser, &flow, "email-code", body)
        .await
        .expect(200);
    let set: Vec<&str> = reply
        .headers
        .get_all("set-cookie")
        .iter()
        .filter_map(|v| v.to_str().ok())
        .collect();
    let line = set
        .iter()
        .find(|line| line.starts_with(COOKIE))
        .expect("it is set");
    for part in [
        "; HttpOnly",
        "; SameSite=Lax",
        "; Secure",
        "; Path=/",
        "; Max-Age=34560000",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(!line.contains("Domain"));
    let value = browser
        .cookie(LOGIN, COOKIE)
        .expect("it is kept")
        .to_owned();
    // 256 bits in base64url.
    assert_eq!(value.len(), 43);
    let bare = Call::new("GET", "/v1/me")
        .bare()
        .header("cookie", &format!("{COOKIE}={value}"));
    app.browser()
        .send(bare)
        .await
        .refused(401, "unauthenticated");
}

both! {
    async fn a_new_device_is_told_about_but_not_the_first(app: TestApp) {
        let mut home = app.signup("ana@x.test").await;
        assert_eq!(notices(&app, "ana@x.test").await, Vec::<String>::new(), "the first is no news");
        app.login_in(&mut home, "ana@x.test").await;
        assert_eq!(notices(&app, "ana@x.test").await, Vec::<String>::new(), "it is known");
        let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let mut other = app.browser().at_address([198, 51, 100, 9]).agent(agent);
        app.login_in(&mut other, "ana@x.test").await;
        assert_eq!(notices(&app, "ana@x.test").await, ["New sign-in to Laneway"]);
        let mails = app.mails_to("ana@x.test").await;
        let text = &mails.last().expect("a mail").text;
        for words in ["Firefox on Linux", "198.51.100.9", "15 Jan 2027, 08:0", "https://login.test/account"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        let known = devices(&mut other).await;
        assert_eq!(known.len(), 2);
        assert_eq!(
            members(&known[0]),
            ["created_at", "current", "id", "ip", "label", "last_seen_at", "sessions", "trusted", "user_agent"]
        );
        assert_eq!((&known[0]["current"], &known[0]["label"]), (&json!(true), &json!("Firefox on Linux")));
        assert_eq!((&known[0]["sessions"], &known[1]["current"]), (&json!(1), &json!(false)));
    }

    async fn forgetting_a_device_signs_it_out_and_makes_it_a_stranger(app: TestApp) {
        let mut home = app.signup("ana@x.test").await;
        let mut lost = app.login("ana@x.test").await;
        let stolen = devices(&mut home).await.iter().find(|d| d["current"] == false).map(id).expect("the other");
        forget(&mut home, &stolen).await.expect(204);
        lost.get("/v1/me").await.refused(401, "unauthenticated");
        forget(&mut home, &stolen).await.refused(404, "not_found");
        assert_eq!(devices(&mut home).await.len(), 1);
        let before = notices(&app, "ana@x.test").await.len();
        app.login_in(&mut lost, "ana@x.test").await;
        assert_eq!(notices(&app, "ana@x.test").await.len(), before + 1, "a stranger again");
        // Its own: signed out at once, both cookies gone.
        let own = devices(&mut home).await.iter().find(|d| d["current"] == true).map(id).expect("this one");
        forget(&mut home, &own).await.expect(204);
        assert_eq!((home.cookie(LOGIN, "__Host-lw"), home.cookie(LOGIN, COOKIE)), (None, None));
        home.get("/v1/me").await.refused(401, "unauthenticated");
        assert_eq!(app.events("device.forgotten").await.len(), 2);
    }
}

#[tokio::test]
async fn a_copied_cookie_is_worth_nothing_after_the_next_sign_in() {
    let app = TestApp::sqlite().await;
    let mut home = app.signup("ana@x.test").await;
    let copied = home.cookie(LOGIN, COOKIE).expect("a cookie").to_owned();
    app.login_in(&mut home, "ana@x.test").await;
    assert_ne!(home.cookie(LOGIN, COOKIE), Some(copied.as_str()));
    assert_eq!(devices(&mut home).await.len(), 1, "it is the same device");
    let mut thief = app.browser();
    thief.set_cookie(LOGIN, COOKIE, &copied);
    app.login_in(&mut thief, "ana@x.test").await;
    assert_eq!(notices(&app, "ana@x.test").await.len(), 1, "not recognised");
}

#[tokio::test]
async fn one_browser_is_a_device_of_everybody_who_uses_it_and_of_nobody_else() {
    let app = TestApp::sqlite().await;
    let mut shared = app.signup("ana@x.test").await;
    app.signup("bob@x.test").await;
    app.login_in(&mut shared, "bob@x.test").await;
    app.login_in(&mut shared, "ana@x.test").await;
    app.login_in(&mut shared, "bob@x.test").await;
    assert_eq!(notices(&app, "ana@x.test").await.len(), 0);
    assert_eq!(
        notices(&app, "bob@x.test").await.len(),
        1,
        "once, at the first time"
    );
    let of_ana = {
        let mut own = app.login("ana@x.test").await;
        devices(&mut own).await
    };
    let foreign = id(&of_ana[0]);
    patch(&mut shared, &foreign, json!({ "label": "x" }))
        .await
        .refused(404, "not_found");
    forget(&mut shared, &foreign)
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn trust_wants_a_fresh_proof_and_makes_a_device_last() {
    let app = TestApp::sqlite().await;
    let mut home = app.signup("ana@x.test").await;
    let device = id(&devices(&mut home).await[0]);
    let named = patch(&mut home, &device, json!({ "label": "  Kitchen  " }))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&named["label"], &named["trusted"]),
        (&json!("Kitchen"), &json!(false))
    );
    app.clock.advance_s(600);
    patch(&mut home, &device, json!({ "trusted": true }))
        .await
        .refused(403, "step_up_required");
    app.login_in(&mut home, "ana@x.test").await;
    let trusted = patch(&mut home, &device, json!({ "trusted": true }))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&trusted["label"], &trusted["trusted"]),
        (&json!("Kitchen"), &json!(true))
    );
    app.clock.advance_s(200 * DAY_S);
    app.login_in(&mut home, "ana@x.test").await;
    assert_eq!(notices(&app, "ana@x.test").await.len(), 0, "remembered");
    let less = patch(&mut home, &device, json!({ "trusted": false }))
        .await
        .expect(200)
        .json();
    assert_eq!(less["trusted"], false);
    app.clock.advance_s(61 * DAY_S);
    app.login_in(&mut home, "ana@x.test").await;
    assert_eq!(
        notices(&app, "ana@x.test").await.len(),
        1,
        "for sixty days only"
    );
    assert_eq!(
        devices(&mut home).await.len(),
        1,
        "but it is no second device"
    );
    assert_eq!(app.events("device.updated").await.len(), 3);
    let long = json!({ "label": "x".repeat(81) });
    patch(&mut home, &device, long)
        .await
        .refused(422, "invalid_field");
    patch(&mut home, &device, json!({ "label": "a\u{7}b" }))
        .await
        .refused(422, "invalid_field");
}

#[tokio::test]
async fn the_page_renames_trusts_and_forgets() {
    let app = TestApp::sqlite().await;
    let mut home = app.signup("ana@x.test").await;
    let device = id(&devices(&mut home).await[0]);
    let page = home.get("/account").await.expect(200).text();
    assert!(page.contains("id=\"devices\"") && page.contains(&device));
    let csrf = crate::harness::form_token(&page);
    let path = format!("/account/devices/{device}");
    let send = |fields: Vec<(&'static str, String)>| {
        let all: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        Call::form(&path, &all)
    };
    let renamed = send(vec![
        ("csrf", csrf.clone()),
        ("label", "Kitchen <b>".into()),
    ]);
    home.send(renamed).await.expect(303);
    let trusted = send(vec![("csrf", csrf.clone()), ("trusted", "true".into())]);
    home.send(trusted).await.expect(303);
    let page = home
        .get("/account?done=device-saved")
        .await
        .expect(200)
        .text();
    for words in [
        "Kitchen &#60;b&#62;",
        "Trusted",
        "Trust no more",
        "The device is saved.",
    ] {
        assert!(page.contains(words), "{words}");
    }
    home.send(send(vec![("csrf", "wrong".into()), ("label", "x".into())]))
        .await
        .expect(403);
    let gone = Call::form(&format!("{path}/forget"), &[("csrf", csrf.as_str())]);
    assert_eq!(home.send(gone).await.expect(303).location(), "/logged-out");
    assert_eq!(home.cookie(LOGIN, "__Host-lw"), None);
}
