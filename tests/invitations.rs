//! Invitations: made by operators, taken once, by the address that they are for and by no
//! other.

use serde_json::{Value, json};

use crate::harness::app::Options;
use crate::harness::{Browser, Call, LOGIN, Reply, TestApp, answer, both, form_token};

pub const PATH: &str = "/v1/admin/invitations";

pub async fn closed_to_strangers() -> TestApp {
    TestApp::sqlite_with(Options {
        signup: "invite",
        ..Options::default()
    })
    .await
}

impl TestApp {
    pub async fn invited(&self, path: &str, email: &str, roles: &[&str]) -> Value {
        let body = json!({ "email": email, "roles": roles });
        self.admin("POST", path, body).await.expect(201).json()
    }

    pub async fn organization(&self, slug: &str) -> String {
        let org = json!({ "slug": slug, "name": slug.to_uppercase() });
        let made = self.admin("POST", "/v1/organizations", org).await;
        made.expect(201).json()["id"]
            .as_str()
            .expect("an id")
            .to_owned()
    }
}

pub fn url(made: &Value) -> String {
    made["url"].as_str().expect("an address").to_owned()
}

pub fn id(made: &Value) -> String {
    made["id"].as_str().expect("an id").to_owned()
}

/// Presses a button of the invitation's page.
async fn press(browser: &mut Browser, url: &str, action: &str, code: &str) -> Reply {
    let page = browser.get(url).await.text();
    let csrf = form_token(&page);
    let fields = [("csrf", csrf.as_str()), ("action", action), ("code", code)];
    browser.send(Call::form(url, &fields)).await
}

/// A stranger goes on from the page; the id of the flow that begins.
async fn begin(browser: &mut Browser, url: &str) -> String {
    let to = press(browser, url, "begin", "").await.expect(303);
    let (_, flow) = to.location().split_once("?flow=").expect("a flow");
    flow.to_owned()
}

/// Takes an invitation as somebody new.
pub async fn join(app: &TestApp, url: &str, email: &str) -> Browser {
    let mut browser = app.browser();
    app.clock.advance_s(1);
    let flow = begin(&mut browser, url).await;
    let code = json!({ "code": app.code_for(email).await });
    answer(&mut browser, &flow, "email-code", code)
        .await
        .expect(200);
    answer(&mut browser, &flow, "profile", json!({ "name": "Ina" }))
        .await
        .expect(200);
    let done = answer(&mut browser, &flow, "enrol", json!({ "skip": true })).await;
    assert_eq!(done.expect(200).json()["return_to"], "/account?done=joined");
    browser
}

#[tokio::test]
async fn an_invitation_makes_an_account_where_sign_up_is_not_open() {
    let app = closed_to_strangers().await;
    let made = app.invited(PATH, " Ina@X.test ", &[]).await;
    assert_eq!(made["email"], "ina@x.test");
    assert_eq!(made["state"], "pending");
    let mail = app.mails_to("ina@x.test").await.pop().expect("a mail");
    assert_eq!(mail.links, [url(&made)]);
    assert!(mail.subject.contains("invited"));

    let mut browser = app.browser();
    let page = browser.get(&url(&made)).await.expect(200);
    let token = url(&made).rsplit('/').next().expect("a value").to_owned();
    assert!(page.text().contains("<b>ina@x.test</b>"));
    assert!(!page.text().contains(&token), "not in the page's body");
    assert_eq!(page.header("referrer-policy"), "no-referrer");

    let mut browser = join(&app, &url(&made), "ina@x.test").await;
    assert_eq!(browser.me().await["email"], "ina@x.test");
    let row = app
        .admin("GET", &format!("{PATH}/{}", id(&made)), json!({}))
        .await;
    let row = row.expect(200).json();
    assert_eq!(row["state"], "accepted");
    assert_eq!(row["accepted_by"], browser.me().await["sub"]);
    assert!(row.get("url").is_none(), "shown once");
    assert_eq!(app.events("invitation.accepted").await.len(), 1);
    let used = app.browser().get(&url(&made)).await.expect(410);
    assert!(used.text().contains("was used"));
}

#[tokio::test]
async fn an_invitation_into_an_organization_grants_its_roles_beside_others() {
    let app = closed_to_strangers().await;
    let org = app.organization("acme").await;
    let path = format!("/v1/organizations/{org}/invitations");
    let made = app.invited(&path, "ina@x.test", &["admin"]).await;
    assert_eq!(made["org_id"], org.as_str());
    let page = app.browser().get(&url(&made)).await.expect(200).text();
    assert!(page.contains("You are invited to ACME"));
    let mut browser = join(&app, &url(&made), "ina@x.test").await;
    let sub = browser.me().await["sub"]
        .as_str()
        .expect("an id")
        .to_owned();
    let member = format!("/v1/organizations/{org}/members/{sub}");
    let seen = app
        .admin("GET", &member, json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        seen["grants"],
        json!([{ "role": "admin", "source": "invitation" }])
    );
    // What stays is still the invitation's; what is left out is taken away, whoever gave it.
    let both = app.admin("PUT", &member, json!({ "roles": ["member", "admin"] }));
    let both = both.await.expect(200).json();
    let by = |role: &str, source: &str| json!({ "role": role, "source": source });
    let wanted = [by("admin", "invitation"), by("member", "manual")];
    assert_eq!(both["grants"], json!(wanted));
    let less = app.admin("PUT", &member, json!({ "roles": ["member"] }));
    assert_eq!(less.await.expect(200).json()["roles"], json!(["member"]));
    let mine = browser.get("/v1/me/organizations").await.json();
    assert_eq!(mine["items"][0]["roles"], json!(["member"]));
}

#[tokio::test]
async fn an_account_that_has_the_address_accepts_with_one_button() {
    let app = TestApp::sqlite().await;
    let org = app.organization("acme").await;
    let mut browser = app.signup("ina@x.test").await;
    let path = format!("/v1/organizations/{org}/invitations");
    let made = app.invited(&path, "ina@x.test", &["member"]).await;
    let page = browser.get(&url(&made)).await.expect(200).text();
    assert!(page.contains("which is your address"));
    let to = press(&mut browser, &url(&made), "accept", "")
        .await
        .expect(303);
    assert_eq!(to.location(), "/account?done=joined");
    let mine = browser.get("/v1/me/organizations").await.json();
    assert_eq!(mine["items"][0]["slug"], "acme");
    // And by its code, when nobody is signed in: the account that there is, no second one.
    let second = app.invited(PATH, "ina@x.test", &["owner"]).await;
    let mut stranger = app.browser();
    app.clock.advance_s(1);
    let flow = begin(&mut stranger, &url(&second)).await;
    let code = json!({ "code": app.code_for("ina@x.test").await });
    let done = answer(&mut stranger, &flow, "email-code", code).await;
    assert_eq!(done.expect(200).json()["state"], "done");
    assert_eq!(stranger.me().await["sub"], browser.me().await["sub"]);
    stranger.get("/v1/admin/users").await.expect(200);
}

#[tokio::test]
async fn another_account_is_refused_and_told_how() {
    let app = TestApp::sqlite().await;
    let mut bob = app.signup("bob@x.test").await;
    let made = app.invited(PATH, "ina@x.test", &["owner"]).await;
    let page = bob.get(&url(&made)).await.expect(200).text();
    assert!(page.contains("<b>bob@x.test</b>") && page.contains("Sign out and open it again"));
    for action in ["accept", "send", "begin"] {
        let refused = press(&mut bob, &url(&made), action, "").await.expect(403);
        assert!(
            refused.text().contains("for another address than yours"),
            "{action}"
        );
    }
    bob.get("/v1/admin/users").await.refused(403, "forbidden");
    let out = press(&mut bob, &url(&made), "sign-out", "")
        .await
        .expect(303);
    let (page, at) = bob.follow(out, url(&made)).await;
    assert_eq!(at, url(&made));
    assert!(page.expect(200).text().contains("Continue"));
    join(&app, &url(&made), "ina@x.test").await;
}

#[tokio::test]
async fn the_link_alone_is_no_proof_of_the_address() {
    let app = closed_to_strangers().await;
    let made = app.invited(PATH, "ina@x.test", &[]).await;
    let mut thief = app.browser();
    let flow = begin(&mut thief, &url(&made)).await;
    // The address of the flow is the invitation's, whatever is typed.
    answer(
        &mut thief,
        &flow,
        "identify",
        json!({ "username": "eve@x.test" }),
    )
    .await
    .refused(409, "wrong_step");
    answer(&mut thief, &flow, "choose", json!({}))
        .await
        .expect(200);
    let own = json!({ "username": "eve@x.test" });
    answer(&mut thief, &flow, "email-code", own)
        .await
        .expect(200);
    assert!(app.mails_to("eve@x.test").await.is_empty());
    answer(&mut thief, &flow, "email-code", json!({ "code": "000000" }))
        .await
        .refused(422, "invalid_credentials");
    assert_eq!(app.events("invitation.accepted").await.len(), 0);
    assert_eq!(app.events("user.created").await.len(), 0);
}

#[tokio::test]
async fn at_a_provider_with_its_own_page_the_address_is_confirmed_by_code() {
    let app = closed_to_strangers().await;
    let upstream = app.add_fake().await;
    let path = format!("/v1/admin/upstreams/{upstream}");
    let role = json!({ "role": "primary" });
    app.admin("PATCH", &path, role).await.expect(200);
    // The provider's word for the address counts for nothing.
    app.fake.put(laneway_fake::Person::new("ina", "ina@x.test"));
    let made = app.invited(PATH, "ina@x.test", &[]).await;
    let mut browser = app.browser();
    let away = press(&mut browser, &url(&made), "begin", "")
        .await
        .expect(303);
    assert!(away.location().starts_with("https://fake.test/"));
    app.clock.advance_s(1);
    let back = app.come_back(&mut browser, "ina", away.location()).await;
    let home = back.expect(303).location().to_owned();
    assert!(url(&made).ends_with(&home));
    let page = browser.get(&url(&made)).await.expect(200).text();
    assert!(page.contains("Send the code"));
    let refused = press(&mut browser, &url(&made), "accept", "").await;
    refused.expect(403);
    app.clock.advance_s(1);
    press(&mut browser, &url(&made), "send", "")
        .await
        .expect(303);
    let wrong = press(&mut browser, &url(&made), "confirm", "000000").await;
    assert!(wrong.expect(422).text().contains("does not match"));
    let code = app.code_for("ina@x.test").await;
    let done = press(&mut browser, &url(&made), "confirm", &code).await;
    assert_eq!(done.expect(303).location(), "/account?done=joined");
    assert_eq!(app.events("invitation.accepted").await.len(), 1);
}

#[tokio::test]
async fn lists_revokes_resends_and_expires() {
    let app = closed_to_strangers().await;
    let org = app.organization("acme").await;
    let there = format!("/v1/organizations/{org}/invitations");
    let first = app.invited(PATH, "ina@x.test", &[]).await;
    let second = app.invited(PATH, "ina@x.test", &[]).await;
    let elsewhere = app.invited(&there, "ina@x.test", &[]).await;
    // One link per address and place is good.
    let old = app.browser().get(&url(&first)).await.expect(410);
    assert!(old.text().contains("taken back"));
    let all = app.admin("GET", PATH, json!({})).await.expect(200).json();
    let mut states: Vec<&str> = all["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|row| row["state"].as_str())
        .collect();
    states.sort_unstable();
    assert_eq!(states, ["pending", "revoked"]);
    let page = app
        .admin("GET", &format!("{PATH}?limit=1"), json!({}))
        .await;
    assert!(page.expect(200).json()["next_cursor"].is_string());
    // Not one place's under another.
    let foreign = format!("{PATH}/{}", id(&elsewhere));
    app.admin("GET", &foreign, json!({}))
        .await
        .refused(404, "not_found");
    app.admin("DELETE", &foreign, json!({}))
        .await
        .refused(404, "not_found");

    app.clock.advance_s(8 * 86_400);
    let late = app.browser().get(&url(&second)).await.expect(410);
    assert!(late.text().contains("too old"));
    let path = format!("{PATH}/{}", id(&second));
    let again = app
        .admin("POST", &format!("{path}/resend"), json!({}))
        .await;
    let again = again.expect(200).json();
    assert_ne!(url(&again), url(&second));
    let replaced = app.browser().get(&url(&second)).await.expect(404);
    assert!(
        replaced
            .text()
            .contains("the newest mail with an invitation")
    );
    app.browser().get(&url(&again)).await.expect(200);
    app.admin("DELETE", &path, json!({})).await.expect(204);
    app.admin("DELETE", &path, json!({}))
        .await
        .refused(404, "not_found");
    app.browser().get(&url(&again)).await.expect(410);
    app.admin("POST", &format!("{path}/resend"), json!({}))
        .await
        .refused(409, "conflict");
    let nothing = format!("{LOGIN}/invitations/{}", "A".repeat(43));
    app.browser().get(&nothing).await.expect(404);
}

#[tokio::test]
async fn what_cannot_be_an_invitation() {
    let app = closed_to_strangers().await;
    for body in [
        json!({ "email": "no address" }),
        json!({ "email": "a@x.test", "roles": ["Not a slug"] }),
        json!({ "email": "a@x.test", "roles": ["emperor"] }),
    ] {
        app.admin("POST", PATH, body)
            .await
            .refused(422, "invalid_field");
    }
    let app = TestApp::sqlite_with(Options {
        signup: "closed",
        ..Options::default()
    })
    .await;
    app.admin("POST", PATH, json!({ "email": "a@x.test" }))
        .await
        .refused(409, "conflict");
    let app = TestApp::sqlite_with(Options {
        limits: "network_factor = 1000\nmails_per_address = 2".into(),
        ..Options::default()
    })
    .await;
    app.invited(PATH, "a@x.test", &[]).await;
    app.invited(PATH, "a@x.test", &[]).await;
    app.admin("POST", PATH, json!({ "email": "a@x.test" }))
        .await
        .refused(429, "rate_limited");
}

/// One link, many at once: exactly one account takes it.
async fn race(app: &TestApp) {
    let made = app.invited(PATH, "ina@x.test", &["owner"]).await;
    let ina = app.signup("ina@x.test").await;
    let address = url(&made);
    let mut open = ina.clone();
    let csrf = form_token(&open.get(&address).await.text());
    let all = (0..8).map(|_| {
        let (mut browser, csrf, address) = (ina.clone(), csrf.clone(), address.clone());
        async move {
            let fields = [("csrf", csrf.as_str()), ("action", "accept")];
            browser.send(Call::form(&address, &fields)).await.code()
        }
    });
    let codes = futures::future::join_all(all).await;
    assert_eq!(codes.iter().filter(|c| **c == 303).count(), 1, "{codes:?}");
    assert!(codes.iter().all(|c| [303, 410].contains(c)), "{codes:?}");
    assert_eq!(app.events("invitation.accepted").await.len(), 1);
}

#[tokio::test]
async fn an_invitation_is_taken_once() {
    race(&TestApp::sqlite().await).await;
    if let Some(app) = TestApp::postgres().await {
        race(&app).await;
    }
}

both! {
    async fn whoever_was_dismissed_promises_nothing_any_more(app: TestApp) {
        let org = app.organization("acme").await;
        let (mut admin, id) = crate::org_pages::member(&app, &org, "ben@x.test", &["admin"]).await;
        let body = json!({ "email": "ina@x.test", "roles": ["admin", "member"] });
        let path = format!("/v1/organizations/{org}/invitations");
        let made = admin.send(Call::api("POST", &path, &body)).await.expect(201).json();
        let member = format!("/v1/organizations/{org}/members");
        let place = format!("{member}/{id}");
        app.admin("PUT", &place, json!({ "roles": ["member"] })).await.expect(200);
        let mut ina = join(&app, &url(&made), "ina@x.test").await;
        let mine = ina.get("/v1/me/organizations").await.json();
        assert_eq!(mine["items"][0]["roles"], json!(["member"]));
        // The record says what was given, and what had been promised.
        let accepted = app.events("invitation.accepted").await;
        let told: Value = serde_json::from_str(&accepted[0].detail).expect("JSON");
        assert_eq!((&told["roles"], &told["promised"]), (&json!(["member"]), &json!(["admin", "member"])));
        // A plain member leaves by themselves.
        let leave = Call::api("DELETE", &format!("/v1/me/organizations/{org}"), &json!({}));
        ina.send(leave.clone()).await.expect(204);
        ina.send(leave).await.refused(404, "not_found");
        assert_eq!(ina.get("/v1/me/organizations").await.json()["items"], json!([]));
    }
}
