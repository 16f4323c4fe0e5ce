//! From one organization to another in one session: what an organization demands is asked for
//! at the switch, and no sooner given than shown.

use laneway::domain::user::{IdentityLink, LinkKind};
use laneway::domain::{UpstreamId, UserId};
use laneway::store::links;
use laneway_fake::SoftAuthenticator;
use serde_json::{Value, json};

use crate::enforce::{Acme, Person};
use crate::harness::app::Options;
use crate::harness::rows::{AT, tx};
use crate::harness::saml::SamlCustomer;
use crate::harness::{APP, Browser, Call, LOGIN, Reply, TestApp, answer};

/// Max works for two organizations: one of them has enforced its provider, where he is known
/// as `max`; his address is none of its domains.
pub struct Stage {
    pub acme: Acme,
    pub globex: String,
    pub max: Person,
}

impl Stage {
    async fn new() -> Self {
        Self::in_app(TestApp::sqlite().await).await
    }

    pub async fn in_app(app: TestApp) -> Self {
        let acme = Acme::of(SamlCustomer::in_app(app, &json!({})).await).await;
        acme.ready().await;
        let app = &acme.saml.app;
        let globex = app.organization("globex").await;
        let max = Person::new(app, "max@other.test").await;
        let stage = Self { acme, globex, max };
        stage.join(&stage.max.id, &["member"]).await;
        stage.link("max", &stage.max.id).await;
        stage
    }

    pub fn app(&self) -> &TestApp {
        &self.acme.saml.app
    }

    pub fn org(&self) -> &str {
        &self.acme.saml.org
    }

    pub async fn join(&self, user: &str, roles: &[&str]) {
        for org in [self.org(), &self.globex] {
            self.app().grant(org, user, roles).await.expect(200);
        }
    }

    /// Somebody's account at Acme's provider is linked to theirs here.
    pub async fn link(&self, subject: &str, user: &str) {
        let row = IdentityLink {
            id: format!("l-{subject}"),
            user: UserId(user.to_owned()),
            kind: LinkKind::Connection,
            source: Some(UpstreamId(self.acme.saml.id.clone())),
            issuer: self.acme.saml.idp.entity_id.clone(),
            subject: subject.to_owned(),
            created_at: AT,
            last_used_at: None,
        };
        let (tenant, mut tx) = (self.app().tenant().await.id, tx(self.app()).await);
        let made = links::create(&mut tx, &tenant, &row).await;
        assert!(made.expect("a link"));
        tx.commit().await.expect("a commit");
    }
}

pub async fn switch(browser: &mut Browser, org: &str) -> Reply {
    browser.post("/bff/org", json!({ "org": org })).await
}

fn cookie(browser: &Browser) -> String {
    let value = browser.cookie(LOGIN, "__Host-lw");
    value.expect("a cookie").to_owned()
}

#[tokio::test]
async fn an_enforced_provider_is_asked_at_the_switch_and_the_session_stays_one() {
    let stage = Stage::new().await;
    let mut browser = stage.max.browser.clone();
    let sid = browser.me().await["sid"].clone();
    switch(&mut browser, &stage.globex).await.expect(200);
    let refused = switch(&mut browser, stage.org()).await;
    let refused = refused.refused(403, "sso_required").json();
    let start = format!("{LOGIN}/federation/{}/start", stage.acme.saml.id);
    assert_eq!(
        (&refused["start_url"], &refused["linked"]),
        (&json!(start), &json!(true))
    );
    assert_eq!(
        browser.me().await["org"]["id"],
        json!(stage.globex),
        "still where they were"
    );
    let before = (cookie(&browser), browser.me().await);
    let back = stage.acme.saml.sign_in(&mut browser, "max", &[]).await;
    assert_eq!(back.expect(303).location(), "/account");
    let after = browser.me().await;
    assert_eq!(
        (&after["sid"], &after["org"]["id"]),
        (&sid, &json!(stage.org()))
    );
    assert_ne!(cookie(&browser), before.0, "another value");
    // The provider has raised nothing: who somebody is elsewhere is not its to say.
    for member in ["acr", "amr", "auth_time", "upstream"] {
        assert_eq!(after[member], before.1[member], "{member}");
    }
    // From here on the way is free, both ways, and each with a new cookie value.
    for org in [&stage.globex, stage.org(), &stage.globex, stage.org()] {
        let old = cookie(&browser);
        let me = switch(&mut browser, org).await.expect(200).json();
        assert_eq!((&me["sid"], &me["org"]["id"]), (&sid, &json!(org)));
        assert_ne!(cookie(&browser), old);
    }
    let path = format!("/v1/organizations/{}", stage.globex);
    browser.get(&path).await.refused(403, "forbidden");
    browser.get("/v1/me").await.expect(200);
    // A tab that believes in the other one is told.
    let stale = Call::new("GET", "/v1/me").header("x-laneway-org", &stage.globex);
    browser.send(stale).await.refused(409, "org_mismatch");
    // Another session of the same person has shown nothing.
    let mut other = stage.max.clone();
    other.browser = stage.app().browser();
    let asked = other.sign_in(stage.app()).await.expect(200).json();
    let flow = asked["id"].as_str().expect("an id");
    let choice = json!({ "organization": stage.globex });
    let done = answer(&mut other.browser, flow, "organization", choice).await;
    done.expect(200);
    let refused = switch(&mut other.browser, stage.org()).await;
    refused.refused(403, "sso_required");
}

#[tokio::test]
async fn whom_the_provider_does_not_know_is_told_to_add_it_first() {
    let stage = Stage::new().await;
    let mut nora = Person::new(stage.app(), "nora@other.test").await;
    stage.join(&nora.id, &["member"]).await;
    let refused = switch(&mut nora.browser, stage.org()).await;
    assert_eq!(refused.refused(403, "sso_required").json()["linked"], false);
    // Somebody else's sign-in in this browser is somebody else's session.
    let mut browser = nora.browser.clone();
    let before = browser.me().await["sid"].clone();
    stage
        .acme
        .saml
        .sign_in(&mut browser, "max", &[])
        .await
        .expect(303);
    let me = browser.me().await;
    assert_eq!(me["sub"], json!(stage.max.id));
    assert_ne!(me["sid"], before);
    switch(&mut browser, &stage.globex)
        .await
        .refused(403, "sso_required");
}

#[tokio::test]
async fn what_the_provider_vouched_for_ends_with_it() {
    let stage = Stage::new().await;
    let mut browser = stage.max.browser.clone();
    stage
        .acme
        .saml
        .sign_in(&mut browser, "max", &[])
        .await
        .expect(303);
    let sid = browser.me().await["sid"].clone();
    let off = json!({ "state": "disabled" });
    let path = stage.acme.saml.at("");
    stage.acme.saml.call("PATCH", &path, &off).await.expect(200);
    let me = browser.me().await;
    assert_eq!(
        (&me["sid"], &me["org"]),
        (&sid, &Value::Null),
        "outside, and still signed in"
    );
    // Nothing is enforced any more, so nothing is asked.
    switch(&mut browser, stage.org()).await.expect(200);
}

#[tokio::test]
async fn enforcing_leads_whoever_works_there_another_way_out() {
    let acme = Acme::new().await;
    let app = &acme.saml.app;
    let mut max = Person::new(app, "max@other.test").await;
    app.grant(&acme.saml.org, &max.id, &["member"])
        .await
        .expect(200);
    switch(&mut max.browser, &acme.saml.org).await.expect(200);
    acme.ready().await;
    assert_eq!(max.browser.me().await["org"], Value::Null);
    switch(&mut max.browser, &acme.saml.org)
        .await
        .refused(403, "sso_required");
    // A sign-in does not begin in it either.
    max.browser = app.browser();
    max.sign_in(app).await.expect(200);
    assert_eq!(max.browser.me().await["org"], Value::Null);
    // Whoever asks for it by name is led to the provider.
    let mut browser = app.browser();
    let to = browser
        .get("/bff/login?org=acme&return_to=/account")
        .await
        .expect(303);
    let to = to.location();
    assert!(to.starts_with("https://idp.acme.test/sso"), "{to}");
}

#[tokio::test]
async fn people_for_emergencies_get_in_with_two_factors_and_it_is_told() {
    let acme = Acme::new().await;
    let app = &acme.saml.app;
    let mut max = Person::new(app, "max@other.test").await;
    app.grant(&acme.saml.org, &max.id, &["admin"])
        .await
        .expect(200);
    acme.ready().await;
    let path = acme.saml.path(&format!("break-glass/{}", max.id));
    acme.saml.call("PUT", &path, &json!({})).await.expect(204);
    let weak = &mut app.login("max@other.test").await;
    let refused = switch(weak, &acme.saml.org)
        .await
        .refused(403, "step_up_required")
        .json();
    assert_eq!(refused["acr_values"], json!(["aal2"]));
    max.browser = app.browser();
    max.sign_in(app).await.expect(200);
    let used = app.events("break_glass.used").await.len();
    switch(&mut max.browser, &acme.saml.org).await.expect(200);
    let events = app.events("break_glass.used").await;
    assert_eq!(
        (events.len(), events[0].actor.as_str()),
        (used + 1, format!("user:{}", max.id).as_str())
    );
}

#[tokio::test]
async fn a_rung_that_an_organization_asks_for_is_reached_in_the_same_session() {
    let app = TestApp::sqlite_with(Options::default()).await;
    let (acme, globex) = (
        app.organization("acme").await,
        app.organization("globex").await,
    );
    let mut browser = app.signup("ana@x.test").await;
    let user = browser.me().await["sub"]
        .as_str()
        .expect("a sub")
        .to_owned();
    for org in [&acme, &globex] {
        app.grant(org, &user, &["member"]).await.expect(200);
    }
    switch(&mut browser, &acme).await.expect(200);
    app.enter(&mut browser, APP).await;
    let path = format!("/v1/organizations/{acme}");
    let bad = json!({ "required_acr": "gold" });
    app.admin("PATCH", &path, bad)
        .await
        .refused(422, "invalid_field");
    let made = app
        .admin("PATCH", &path, json!({ "required_acr": "phr" }))
        .await;
    assert_eq!(made.expect(200).json()["required_acr"], "phr");
    // Whoever is below is out of it at once, on every host, and stays signed in.
    for origin in [LOGIN, APP] {
        assert_eq!(
            browser.user(origin).await.expect(200).json()["org"],
            Value::Null
        );
    }
    // Without a passkey there is no way up.
    let refused = switch(&mut browser, &acme).await;
    refused.refused(409, "not_supported_by_upstream");
    let keys = SoftAuthenticator::new();
    app.enrol(&mut browser, &keys).await;
    let refused = switch(&mut browser, &acme)
        .await
        .refused(403, "step_up_required")
        .json();
    assert_eq!(refused["acr_values"], json!(["phr"]));
    let url = refused["step_up_url"]
        .as_str()
        .expect("an address")
        .to_owned();
    let sid = browser.me().await["sid"].clone();
    let flow = browser.get(&url).await.expect(303).location().to_owned();
    let flow = flow.split_once("flow=").expect("a flow").1.to_owned();
    let asked = answer(&mut browser, &flow, "passkey", json!({}))
        .await
        .expect(200)
        .json();
    let credential = keys
        .get(&asked["step"]["public_key"], LOGIN)
        .expect("an answer");
    answer(
        &mut browser,
        &flow,
        "passkey",
        json!({ "credential": credential }),
    )
    .await
    .expect(200);
    let me = switch(&mut browser, &acme).await.expect(200).json();
    assert_eq!(
        (&me["sid"], &me["acr"], &me["org"]["id"]),
        (&sid, &json!("phr"), &json!(acme))
    );
    // A weak sign-in begins outside of it.
    app.grant(&globex, &user, &[]).await.expect(200);
    let member = format!("/v1/organizations/{globex}/members/{user}");
    app.admin("DELETE", &member, json!({})).await.expect(204);
    let mut weak = app.login("ana@x.test").await;
    assert_eq!(weak.me().await["org"], Value::Null);
    // Nothing asked for any more.
    let none = json!({ "required_acr": null });
    let read = app.admin("PATCH", &path, none).await.expect(200).json();
    assert_eq!(read["required_acr"], Value::Null);
    switch(&mut weak, &acme).await.expect(200);
}
