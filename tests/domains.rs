//! Domains of organizations: proven by a name server, and where addresses lead by them.

use serde_json::{Value, json};

use crate::harness::app::Options;
use crate::harness::names::NameServer;
use crate::harness::{Call, Reply, TestApp, form_token};

struct World {
    app: TestApp,
    names: NameServer,
    token: String,
    org: String,
}

impl World {
    async fn new() -> Self {
        let names = NameServer::start().await;
        let options = Options {
            top: format!("dns_server = \"{}\"", names.at),
            fake_customers: true,
            ..Options::default()
        };
        let app = TestApp::sqlite_with(options).await;
        let token = app.operator().await;
        let mut world = Self {
            app,
            names,
            token,
            org: String::new(),
        };
        world.org = world.organization("acme").await;
        world
    }

    async fn organization(&self, slug: &str) -> String {
        let body = json!({ "slug": slug, "name": slug });
        let made = self
            .call("POST", "/v1/organizations", &body)
            .await
            .expect(201);
        made.json()["id"].as_str().expect("an id").to_owned()
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> Reply {
        let call = Call::api(method, path, body).bearer(&self.token);
        self.app.browser().send(call).await
    }

    /// Names a domain; its id and the text that proves it.
    async fn add(&self, org: &str, domain: &str) -> (String, String) {
        let path = format!("/v1/organizations/{org}/domains");
        let made = self
            .call("POST", &path, &json!({ "domain": domain }))
            .await
            .expect(201)
            .json();
        assert_eq!(made["verified_at"], Value::Null);
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        assert_eq!(
            text(&made["txt"]["name"]),
            format!("_laneway.{}", text(&made["domain"]))
        );
        (text(&made["id"]), text(&made["txt"]["value"]))
    }

    async fn verify(&self, org: &str, id: &str) -> Reply {
        let path = format!("/v1/organizations/{org}/domains/{id}/verify");
        self.call("POST", &path, &json!({})).await
    }

    async fn prove(&self, org: &str, domain: &str) -> String {
        let (id, value) = self.add(org, domain).await;
        self.names.say(&format!("_laneway.{domain}"), &[&value]);
        let proven = self.verify(org, &id).await.expect(200).json();
        assert_ne!(proven["verified_at"], Value::Null);
        id
    }

    async fn explain(&self, identifier: &str) -> Value {
        let body = json!({ "identifier": identifier });
        self.call("POST", "/v1/admin/routing/explain", &body)
            .await
            .expect(200)
            .json()
    }
}

#[tokio::test]
async fn a_domain_is_proven_by_its_record_and_says_what_was_seen() {
    let world = World::new().await;
    let (id, value) = world.add(&world.org, "Acme.TEST.").await;
    let looked = world.verify(&world.org, &id).await.expect(200).json();
    assert_eq!(
        (&looked["verified_at"], &looked["seen"]),
        (&Value::Null, &json!([]))
    );
    world.names.say(
        "_laneway.acme.test",
        &["v=spf1 -all", "laneway-verify=other"],
    );
    let looked = world.verify(&world.org, &id).await.expect(200).json();
    assert_eq!(
        looked["seen"],
        json!(["v=spf1 -all", "laneway-verify=other"])
    );
    assert_eq!(looked["verified_at"], Value::Null);
    world
        .names
        .say("_laneway.acme.test", &["v=spf1 -all", &value]);
    let looked = world.verify(&world.org, &id).await.expect(200).json();
    assert_ne!(looked["verified_at"], Value::Null);
    let events = world.app.events("domain.verified").await;
    assert_eq!(events[0].org.as_deref(), Some(world.org.as_str()));
    let path = format!("/v1/organizations/{}/domains", world.org);
    world
        .call("POST", &path, &json!({ "domain": "acme.test" }))
        .await
        .refused(409, "duplicate");
    for bad in ["", "acme", "a b.test", "x@acme.test", "*.acme.test"] {
        world
            .call("POST", &path, &json!({ "domain": bad }))
            .await
            .refused(422, "invalid_field");
    }
    let gone = format!("{path}/{id}");
    world.call("DELETE", &gone, &Value::Null).await.expect(204);
    world
        .call("DELETE", &gone, &Value::Null)
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn of_two_organizations_the_first_to_prove_a_domain_keeps_it() {
    let world = World::new().await;
    let id = world.prove(&world.org, "acme.test").await;
    let globex = world.organization("globex").await;
    let (second, value) = world.add(&globex, "acme.test").await;
    world.names.say("_laneway.acme.test", &[&value]);
    world
        .verify(&globex, &second)
        .await
        .refused(409, "conflict");
    // Given up, it can be proven by the other.
    let path = format!("/v1/organizations/{}/domains/{id}", world.org);
    world.call("DELETE", &path, &Value::Null).await.expect(204);
    let proven = world.verify(&globex, &second).await.expect(200).json();
    assert_ne!(proven["verified_at"], Value::Null);
}

#[tokio::test]
async fn a_proof_that_is_gone_is_missed_for_three_days_and_lost_then() {
    let world = World::new().await;
    let id = world.prove(&world.org, "acme.test").await;
    world.names.say("_laneway.acme.test", &[]);
    let idp = laneway_fake::saml_idp::SamlIdp::new(
        "https://idp.acme.test/meta",
        "https://idp.acme.test/sso",
    );
    let body =
        json!({ "protocol": "saml", "name": "SSO", "config": { "metadata_xml": idp.metadata() } });
    let all = format!("/v1/organizations/{}/connections", world.org);
    let made = world.call("POST", &all, &body).await.expect(201).json();
    let made = made["id"].as_str().expect("an id");
    let contacts = json!({ "contacts": ["it@acme.test"] });
    let one = format!("{all}/{made}");
    world.call("PATCH", &one, &contacts).await.expect(200);
    world.app.make_live(made, false).await;
    let read = async || {
        let path = format!("/v1/organizations/{}/domains/{id}", world.org);
        world
            .call("GET", &path, &Value::Null)
            .await
            .expect(200)
            .json()
    };
    let recheck = async || {
        let looked = laneway::lane_b::domains::recheck(world.app.core()).await;
        looked.expect("looked");
    };
    recheck().await;
    assert_eq!(
        read().await["missing_since"],
        Value::Null,
        "looked at today already"
    );
    world.app.clock.advance_s(25 * 3600);
    recheck().await;
    let missed = read().await;
    assert_ne!(missed["missing_since"], Value::Null);
    assert_ne!(missed["verified_at"], Value::Null, "still good");
    world.app.clock.advance_s(73 * 3600);
    recheck().await;
    assert_eq!(read().await["verified_at"], Value::Null);
    assert_eq!(world.app.events("domain.lost").await.len(), 1);
    let mails = world.app.mails_to("it@acme.test").await;
    assert_eq!(mails.len(), 2, "missed, lost");
    for (number, code) in ["domain_missing", "domain_lost"].iter().enumerate() {
        let text = &mails[number].text;
        assert!(text.contains("E-mail domain: acme.test."), "{text}");
        assert!(text.contains(&format!("/help/checks#{code}")), "{text}");
        assert!(text.contains("/org/acme/domains"), "{text}");
    }
}

#[tokio::test]
async fn a_silent_name_server_is_no_verdict() {
    let world = World::new().await;
    let id = world.prove(&world.org, "acme.test").await;
    let World {
        app,
        names,
        token,
        org,
    } = world;
    drop(names);
    let path = format!("/v1/organizations/{org}/domains/{id}");
    let verify = Call::api("POST", &format!("{path}/verify"), &json!({})).bearer(&token);
    app.browser()
        .send(verify)
        .await
        .refused(503, "upstream_unavailable");
    // Nor by itself; but its turn is over, so that others get theirs.
    let read = async || {
        let call = Call::new("GET", &path).bearer(&token);
        app.browser().send(call).await.expect(200).json()
    };
    let before = read().await;
    app.clock.advance_s(2 * 24 * 3600);
    laneway::lane_b::domains::recheck(app.core())
        .await
        .expect("looked");
    let after = read().await;
    assert_ne!(after["verified_at"], Value::Null);
    assert_ne!(after["checked_at"], before["checked_at"]);
}

#[tokio::test]
async fn addresses_lead_to_the_connection_of_their_domain_and_say_why() {
    let world = World::new().await;
    assert_eq!(
        world.explain("bo@acme.test").await["reason"],
        "domain_not_proven"
    );
    world.prove(&world.org, "acme.test").await;
    assert_eq!(
        world.explain("bo@acme.test").await["reason"],
        "no_connection"
    );
    let (id, _) = world
        .app
        .add_connection(&world.token, "https://login.test", &world.org)
        .await;
    let led = world.explain("bo@acme.test").await;
    assert_eq!(
        (&led["connection"], &led["reason"]),
        (&json!(id), &json!("domain"))
    );
    assert_eq!(led["beside"], true, "rolled out to admins");
    assert!(
        led["rules"]
            .as_array()
            .is_some_and(|rules| rules.len() >= 3)
    );
    for name in ["acme.test", "acme", "own", id.as_str()] {
        assert_eq!(world.explain(name).await["connection"], json!(id), "{name}");
    }
    assert_eq!(
        world.explain("bo@other.test").await["connection"],
        Value::Null
    );
    // A link by which one is set up leads to what it is about.
    let links = format!("/v1/organizations/{}/setup-links", world.org);
    let body = json!({ "purpose": "connection" });
    let link = world.call("POST", &links, &body).await.expect(201).json();
    let link = link["id"].as_str().expect("an id").to_owned();
    let rule =
        json!({ "rule": "setup", "outcome": "its connection is not live", "matched": false });
    let told = world.explain(&link).await;
    assert!(
        told["rules"]
            .as_array()
            .is_some_and(|all| all.contains(&rule))
    );
    let core = world.app.core();
    let mut write = core.begin().await.expect("a transaction");
    laneway_sqlkit::q("UPDATE setup_links SET connection_id = $1 WHERE id = $2")
        .bind(&id)
        .bind(&link)
        .run(&mut write.tx)
        .await
        .expect("a row");
    core.commit(write).await.expect("written");
    let told = world.explain(&link).await;
    assert_eq!(
        (&told["connection"], &told["reason"]),
        (&json!(id), &json!("setup"))
    );

    // On the login page it stands beside the others, and first when it is open to all.
    let methods = async |username: &str| {
        world.app.clock.advance_s(1);
        let body = json!({ "username": username });
        let flow = world
            .app
            .browser()
            .post("/v1/auth/flows", body)
            .await
            .expect(201)
            .json();
        let all = flow["methods"].as_array().expect("methods").clone();
        all.iter()
            .map(|m| m["kind"].as_str().expect("a kind").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(methods("bo@other.test").await, ["passkey", "email-code"]);
    assert_eq!(
        methods("bo@acme.test").await,
        ["passkey", "email-code", "redirect"]
    );
    let path = format!("/v1/organizations/{}/connections/{id}", world.org);
    world
        .call("PATCH", &path, &json!({ "rollout": "all" }))
        .await
        .expect(200);
    assert_eq!(
        methods("bo@acme.test").await,
        ["redirect", "passkey", "email-code"]
    );
    // "Continue" on the page goes there too, and for others to the tenant's own way.
    for (name, theirs) in [("bo@acme.test", true), ("bo@other.test", false)] {
        let mut browser = world.app.browser();
        let csrf = form_token(&browser.get("/login").await.expect(200).text());
        let fields = [("csrf", &*csrf), ("kind", "identify"), ("username", name)];
        let sent = browser.send(Call::form("/login", &fields)).await;
        let leads = sent.expect(303).location().contains("fake.test");
        assert_eq!(leads, theirs, "{name}");
    }
    world
        .call("PATCH", &path, &json!({ "state": "disabled" }))
        .await
        .expect(200);
    assert_eq!(methods("bo@acme.test").await, ["passkey", "email-code"]);
}
