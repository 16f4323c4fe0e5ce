//! A customer's provider as the only way in: what must be proven before, what is shut, and who
//! gets in all the same.

use std::sync::Arc;

use laneway_fake::SoftAuthenticator;
use serde_json::{Value, json};

use crate::harness::saml::SamlCustomer;
use crate::harness::{Browser, Call, LOGIN, Reply, TestApp, answer};
use crate::signup_app::signed_up;

/// Somebody with an account and a passkey.
#[derive(Clone)]
pub struct Person {
    pub browser: Browser,
    pub keys: Arc<SoftAuthenticator>,
    pub id: String,
}

impl Person {
    pub async fn new(app: &TestApp, email: &str) -> Self {
        let mut browser = app.signup(email).await;
        let keys = Arc::new(SoftAuthenticator::new());
        app.enrol(&mut browser, &keys).await;
        let id = browser.me().await["sub"]
            .as_str()
            .expect("an id")
            .to_owned();
        Self { browser, keys, id }
    }

    /// Signs in by passkey, without saying who it is.
    pub async fn sign_in(&mut self, app: &TestApp) -> Reply {
        let flow = app.begin(&mut self.browser, json!({})).await;
        let id = flow["id"].as_str().expect("an id").to_owned();
        let asked = answer(&mut self.browser, &id, "passkey", json!({})).await;
        let asked = asked.expect(200).json();
        let options = &asked["step"]["public_key"];
        let credential = self.keys.get(options, LOGIN).expect("a passkey answers");
        let body = json!({ "credential": credential });
        answer(&mut self.browser, &id, "passkey", body).await
    }
}

/// Live for all, with a proven domain and two administrators.
pub struct Acme {
    pub saml: SamlCustomer,
    pub people: Vec<Person>,
}

impl Acme {
    pub async fn new() -> Self {
        Self::of(SamlCustomer::new().await).await
    }

    pub async fn of(saml: SamlCustomer) -> Self {
        saml.go_live().await;
        saml.app.prove_domain(&saml.org, "acme.test").await;
        let mut people = Vec::new();
        for email in ["ana@acme.test", "ben@acme.test"] {
            let person = Person::new(&saml.app, email).await;
            let path = saml.path(&format!("members/{}", person.id));
            let body = json!({ "roles": ["admin"] });
            saml.call("PUT", &path, &body).await.expect(200);
            people.push(person);
        }
        Self { saml, people }
    }

    async fn enforce(&self) -> Reply {
        let body = json!({ "enforced": true });
        self.saml.call("PATCH", &self.saml.at(""), &body).await
    }

    async fn lacks(&self, words: &str) {
        let refused = self.enforce().await.refused(409, "conflict").json();
        let detail = refused["detail"].as_str().expect("words");
        assert!(detail.contains(words), "{detail}");
    }

    pub async fn name(&self, place: usize) {
        let path = format!("break-glass/{}", self.people[place].id);
        let path = self.saml.path(&path);
        self.saml.call("PUT", &path, &json!({})).await.expect(204);
    }

    async fn proves(&self, place: usize) {
        let mut person = self.people[place].clone();
        person.sign_in(&self.saml.app).await.expect(200);
    }

    async fn tests(&self, place: usize) {
        let mut browser = self.people[place].browser.clone();
        let trace = self.saml.test_with(&mut browser, |_| {}).await;
        assert_eq!(trace["state"], "passed", "{trace}");
    }

    /// All that is needed.
    pub async fn ready(&self) {
        self.tests(0).await;
        for place in 0..2 {
            self.name(place).await;
            self.proves(place).await;
        }
        self.enforce().await.expect(200);
    }
}

#[tokio::test]
async fn nothing_is_shut_before_it_is_proven_that_people_get_in() {
    let acme = Acme::new().await;
    acme.lacks("test login").await;
    // The test of somebody without an account counts nothing.
    acme.saml
        .test_with(&mut acme.saml.app.browser(), |_| {})
        .await;
    acme.lacks("test login").await;
    acme.tests(0).await;
    acme.lacks("two people").await;
    acme.name(0).await;
    acme.name(1).await;
    acme.lacks("two people").await;
    acme.proves(0).await;
    acme.lacks("two people").await;
    acme.proves(1).await;
    acme.enforce().await.expect(200);
    // Now they are needed.
    let path = acme
        .saml
        .path(&format!("break-glass/{}", acme.people[0].id));
    let refused = acme.saml.call("DELETE", &path, &json!({})).await;
    refused.refused(409, "conflict");
    // A stranger to the organization is nobody's emergency.
    let stranger = Person::new(&acme.saml.app, "eve@x.test").await;
    let path = acme.saml.path(&format!("break-glass/{}", stranger.id));
    let refused = acme.saml.call("PUT", &path, &json!({})).await;
    refused.refused(404, "not_found");
}

#[tokio::test]
async fn a_proof_of_long_ago_proves_nothing() {
    let acme = Acme::new().await;
    for place in 0..2 {
        acme.name(place).await;
        acme.proves(place).await;
    }
    acme.tests(0).await;
    acme.saml.app.clock.advance_s(25 * 3600);
    acme.lacks("test login").await;
}

#[tokio::test]
async fn a_way_in_that_is_shut_afterwards_proves_nothing() {
    let acme = Acme::new().await;
    acme.tests(0).await;
    acme.name(0).await;
    acme.name(1).await;
    acme.proves(0).await;
    let app = &acme.saml.app;
    app.passwords_on().await;
    // Two factors, and the first of them is asked for by address.
    let dora = signed_up(app, "dora@acme.test").await;
    let member = acme.saml.path(&format!("members/{}", dora.id));
    let body = json!({ "roles": ["admin"] });
    acme.saml.call("PUT", &member, &body).await.expect(200);
    let path = acme.saml.path(&format!("break-glass/{}", dora.id));
    acme.saml.call("PUT", &path, &json!({})).await.expect(204);
    app.clock.advance_s(60);
    let mut other = app.browser();
    let (id, code) = app
        .asked_for_code(&mut other, "login", "dora@acme.test")
        .await;
    let body = json!({ "code": code });
    answer(&mut other, &id, "email-code", body)
        .await
        .expect(200);
    let body = json!({ "code": app.shown_by(&dora.shown) });
    let done = answer(&mut other, &id, "totp", body)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&done["state"], &other.me().await["acr"]),
        (&json!("done"), &json!("aal2"))
    );
    acme.lacks("two people").await;
}

#[tokio::test]
async fn sessions_of_other_ways_end_and_an_emergency_is_a_session_of_its_own() {
    let acme = Acme::new().await;
    let app = &acme.saml.app;
    let mut cleo = Person::new(app, "cleo@acme.test").await;
    let mut max = Person::new(app, "max@other.test").await;
    acme.ready().await;
    cleo.browser
        .user(LOGIN)
        .await
        .refused(401, "unauthenticated");
    max.browser.user(LOGIN).await.expect(200);
    // Ana's older session does not carry her past the hour.
    let mut ana = acme.people[0].clone();
    ana.browser = app.browser();
    ana.sign_in(app).await.expect(200);
    ana.sign_in(app).await.expect(200);
    app.clock.advance_s(3_700);
    ana.browser
        .user(LOGIN)
        .await
        .refused(401, "unauthenticated");
}

#[tokio::test]
async fn every_other_way_in_is_shut_for_the_domain() {
    let acme = Acme::new().await;
    let app = &acme.saml.app;
    let mut cleo = Person::new(app, "cleo@acme.test").await;
    acme.ready().await;
    let mut max = app.signup("max@other.test").await;
    app.passwords_on().await;
    let start = format!("{LOGIN}/federation/{}/start", acme.saml.id);

    // By address nothing but the provider is offered, to known and unknown people alike.
    for email in ["cleo@acme.test", "nobody@acme.test"] {
        for purpose in ["login", "signup", "recover"] {
            let mut browser = app.browser();
            let body = json!({ "purpose": purpose, "username": email });
            let flow = app.begin(&mut browser, body).await;
            let methods = flow["methods"].as_array().expect("methods");
            let kinds: Vec<&Value> = methods.iter().map(|method| &method["kind"]).collect();
            assert_eq!(kinds, ["redirect"], "{purpose} {email}");
            let id = flow["id"].as_str().expect("an id");
            let refused = answer(&mut browser, id, "email-code", json!({})).await;
            refused.refused(403, "sso_required");
        }
    }
    assert!(app.mails_to("nobody@acme.test").await.is_empty());

    // A passkey needs no address: it is judged by whose it is.
    cleo.browser = app.browser();
    let refused = cleo.sign_in(app).await.refused(403, "sso_required").json();
    assert_eq!(refused["start_url"], json!(start));
    let gone = cleo.browser.user(LOGIN).await;
    gone.refused(401, "unauthenticated");
    let denied = app.events("login.denied").await;
    assert!(
        denied
            .iter()
            .any(|event| event.detail.contains("sso_required"))
    );

    // The provider lets people in, and other domains are nobody's business.
    let mut ida = app.browser();
    acme.saml.sign_in(&mut ida, "ida", &[]).await.expect(303);
    max.user(LOGIN).await.expect(200);

    // The others get back in when it is switched off.
    let off = json!({ "state": "disabled" });
    let path = acme.saml.at("");
    acme.saml.call("PATCH", &path, &off).await.expect(200);
    cleo.sign_in(app).await.expect(200);
}

#[tokio::test]
async fn an_invitation_leads_to_the_provider_and_is_taken_there() {
    let acme = Acme::new().await;
    acme.ready().await;
    let app = &acme.saml.app;
    let body = json!({ "email": "gus@acme.test", "roles": ["member"] });
    let path = acme.saml.path("invitations");
    acme.saml.call("POST", &path, &body).await.expect(201);
    let mails = app.mails_to("gus@acme.test").await;
    let link = mails[0].links[0].clone();
    let mut gus = app.browser();
    let csrf = crate::harness::form_token(&gus.get(&link).await.expect(200).text());
    let form = Call::form(&link, &[("csrf", &csrf)]);
    let page = gus.send(form).await;
    assert_eq!(page.code(), 403, "{}", page.text());
    let start = format!(
        "/federation/{}/start?return_to=%2Finvitations%2F",
        acme.saml.id
    );
    assert!(page.text().contains(&start), "{}", page.text());
    acme.saml.sign_in(&mut gus, "gus", &[]).await.expect(303);
    let csrf = crate::harness::form_token(&gus.get(&link).await.expect(200).text());
    let form = Call::form(&link, &[("csrf", &csrf)]);
    gus.send(form).await.expect(303);
    assert_eq!(app.events("invitation.accepted").await.len(), 1);
}

#[tokio::test]
async fn an_emergency_takes_two_factors_lasts_an_hour_and_is_told() {
    let acme = Acme::new().await;
    acme.ready().await;
    let app = &acme.saml.app;
    let mut ana = acme.people[0].clone();
    ana.browser = app.browser();
    ana.sign_in(app).await.expect(200);
    let user = ana.browser.user(LOGIN).await.expect(200).json();
    assert_eq!(user["sub"], json!(ana.id));
    let used = app.events("break_glass.used").await;
    assert_eq!(used.len(), 1);
    assert!(used[0].detail.contains("acme.test"), "{}", used[0].detail);
    let path = acme.saml.path("break-glass");
    let call = Call::new("GET", &path).bearer(&acme.saml.token);
    let all = app.browser().send(call).await.expect(200).json();
    let people = all["items"].as_array().expect("people");
    let mine = people.iter().find(|one| one["user"] == json!(ana.id));
    let mine = mine.expect("ana");
    assert!(mine["used_at"].is_string() && mine["proven_at"].is_string());
    app.clock.advance_s(3_590);
    ana.browser.user(LOGIN).await.expect(200);
    app.clock.advance_s(20);
    let over = ana.browser.user(LOGIN).await;
    over.refused(401, "unauthenticated");
}

#[tokio::test]
async fn an_operator_does_all_of_it_on_the_page() {
    let acme = Acme::new().await;
    let app = &acme.saml.app;
    let mut owner = crate::desk_pages::owner(app, "olga@x.test").await;
    let page = "/admin/organizations/acme/sign-in";
    let post = async |owner: &mut Browser, fields: &[(&str, &str)]| {
        let csrf = crate::harness::form_token(&owner.get(page).await.expect(200).text());
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend(fields);
        owner.send(Call::form(page, &all)).await
    };
    let enforce = [("action", "enforce"), ("connection", acme.saml.id.as_str())];
    let refused = post(&mut owner, &enforce).await;
    assert_eq!(refused.code(), 409, "{}", refused.text());
    assert!(refused.text().contains("test login of what is live"));
    let fields = [("action", "name"), ("email", "nobody@acme.test")];
    let unknown = post(&mut owner, &fields).await;
    assert!(unknown.text().contains("Nobody in this organization"));
    acme.tests(0).await;
    for (place, email) in [(0, "ana@acme.test"), (1, "ben@acme.test")] {
        let fields = [("action", "name"), ("email", email)];
        post(&mut owner, &fields).await.expect(303);
        acme.proves(place).await;
    }
    post(&mut owner, &enforce).await.expect(303);
    let html = owner.get(page).await.expect(200).text();
    assert!(html.contains("The only way in"), "{html}");
    on_the_set_up_page(&acme, &mut owner, page).await;
    post(&mut owner, &enforce).await.expect(303);
    let fields = [("action", "unname"), ("id", acme.people[0].id.as_str())];
    let refused = post(&mut owner, &fields).await;
    assert_eq!(refused.code(), 409);
    let free = [("action", "free"), ("connection", acme.saml.id.as_str())];
    post(&mut owner, &free).await.expect(303);
    post(&mut owner, &fields).await.expect(303);
}

/// The set-up page says that it is the only way in, narrows nothing meanwhile, and leads on and back.
async fn on_the_set_up_page(acme: &Acme, owner: &mut Browser, company: &str) {
    let open = [("action", "open"), ("connection", acme.saml.id.as_str())];
    let opened = crate::wizard::post(owner, company, &open).await.expect(303);
    let link = opened.location().to_owned();
    let base = owner.get(&link).await.expect(303).location().to_owned();
    let (base, _) = base.rsplit_once('/').expect("a page");
    let page = format!("{base}/activate");
    let html = owner.get(&page).await.expect(200).text();
    assert!(html.contains("This is the only way in"), "{html}");
    assert!(!html.contains("value=\"admins\""), "{html}");
    let press = async |owner: &mut Browser, fields: &[(&str, &str)]| {
        let next = crate::wizard::post(owner, &page, fields).await.expect(303);
        let next = next.location().to_owned();
        owner.get(&next).await.expect(200).text()
    };
    let html = press(owner, &[("action", "free")]).await;
    assert!(html.contains("Other ways are open again"), "{html}");
    assert!(html.contains("2 of 2 people for emergencies"), "{html}");
    let some = [
        ("action", "rollout"),
        ("rollout", "some"),
        ("people", "ana@acme.test or so"),
    ];
    let refused = crate::wizard::post(owner, &page, &some)
        .await
        .expect(422)
        .text();
    for words in [
        "ana@acme.test or so",
        "aria-invalid=\"true\"",
        "one e-mail address per line",
    ] {
        assert!(refused.contains(words), "{words}: {refused}");
    }
    let html = press(owner, &[("action", "enforce")]).await;
    assert!(html.contains("It is the only way in now"), "{html}");
    let html = press(owner, &[("action", "off")]).await;
    assert!(html.contains("It is switched off"), "{html}");
    let html = press(owner, &[("action", "on")]).await;
    assert!(html.contains("until you make this the only one"), "{html}");
}

#[tokio::test]
async fn on_postgres_it_is_the_same() {
    let Some(app) = TestApp::postgres().await else {
        return;
    };
    let acme = Acme::of(SamlCustomer::in_app(app, &json!({})).await).await;
    let app = &acme.saml.app;
    let mut cleo = Person::new(app, "cleo@acme.test").await;
    acme.ready().await;
    cleo.browser
        .user(LOGIN)
        .await
        .refused(401, "unauthenticated");
    cleo.browser = app.browser();
    cleo.sign_in(app).await.refused(403, "sso_required");
    let mut ana = acme.people[0].clone();
    ana.browser = app.browser();
    ana.sign_in(app).await.expect(200);
    assert_eq!(app.events("break_glass.used").await.len(), 1);
    let path = acme.saml.path(&format!("break-glass/{}", ana.id));
    let refused = acme.saml.call("DELETE", &path, &json!({})).await;
    refused.refused(409, "conflict");
    // How it goes is counted and looked at there too.
    let mut ida = app.browser();
    acme.saml.sign_in(&mut ida, "ida", &[]).await.expect(303);
    let core = app.core();
    laneway::lane_b::health::look_due(core)
        .await
        .expect("looked");
    let path = acme.saml.at("health");
    let told = acme
        .saml
        .call("GET", &path, &json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(told["days"][0]["worked"], 1, "{told}");
    assert!(told["looked_at"].is_string(), "{told}");
}

impl TestApp {
    /// As if the record stood in the name system.
    pub async fn prove_domain(&self, org: &str, domain: &str) {
        let core = self.core();
        let tenant = self.tenant().await.id;
        let mut write = core.begin().await.expect("a transaction");
        laneway_sqlkit::q(
            "INSERT INTO organization_domains (id, tenant_id, org_id, domain, proof, verified_at, \
             checked_at, created_at) VALUES ($1, $2, $3, $4, 'x', $5, $5, $5)",
        )
        .bind(core.new_id())
        .bind(tenant.as_str())
        .bind(org)
        .bind(domain)
        .bind(core.now())
        .run(&mut write.tx)
        .await
        .expect("a row");
        core.commit(write).await.expect("written");
    }
}
