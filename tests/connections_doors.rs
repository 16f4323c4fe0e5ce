//! Who comes in through a connection, and what they are then.

use serde_json::{Value, json};

use crate::harness::customer::{Customer, real_time};
use crate::harness::idp::{Idp, Way};
use crate::harness::{Call, TestApp};

#[tokio::test]
async fn roles_follow_the_provider_and_manual_ones_stay() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    acme.put_rules(&json!([
        { "when": { "group": "it" }, "roles": ["admin"] },
        { "when": { "always": true }, "roles": ["member"] },
    ]))
    .await;
    let ida = acme.idp.person("ida", &json!({ "groups": ["it"] })).await;
    acme.go_live(&ida).await;
    let mut browser = acme.app.browser();
    acme.sign_in(&mut browser, &ida).await.expect(303);
    let me = browser.me().await;
    assert_eq!(me["org"]["roles"], json!(["admin", "member"]));
    let member = acme.path(&format!("members/{}", me["sub"].as_str().expect("an id")));
    acme.call("PUT", &member, &json!({ "roles": ["owner"] }))
        .await
        .expect(200);
    acme.idp.say(&ida, &json!({ "groups": ["sales"] })).await;
    let mut later = acme.app.browser();
    acme.sign_in(&mut later, &ida).await.expect(303);
    assert_eq!(later.me().await["org"]["roles"], json!(["member", "owner"]));
    // The first session too: what it may do is read again at once.
    assert_eq!(
        browser.me().await["org"]["roles"],
        json!(["member", "owner"])
    );
    let changed = acme.app.events("member.changed").await;
    assert!(
        changed
            .iter()
            .any(|event| event.detail.contains("\"lost\":[\"admin\"]"))
    );
}

#[tokio::test]
async fn who_is_switched_off_between_redirect_and_callback_does_not_come_in() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let ida = acme.idp.person("ida", &json!({})).await;
    acme.go_live(&ida).await;
    let mut known = acme.app.browser();
    acme.sign_in(&mut known, &ida).await.expect(303);
    let user = known.me().await["sub"].as_str().expect("an id").to_owned();

    let switches = [
        (
            acme.at(""),
            json!({ "state": "disabled" }),
            json!({ "state": "active" }),
        ),
        (
            acme.path("").trim_end_matches('/').to_owned(),
            json!({ "state": "disabled" }),
            json!({ "state": "active" }),
        ),
        (
            format!("/v1/admin/users/{user}"),
            json!({ "state": "disabled" }),
            json!({ "state": "active" }),
        ),
        (
            acme.path(&format!("members/{user}")),
            json!({ "state": "suspended" }),
            json!({ "state": "active" }),
        ),
    ];
    for (path, off, on) in &switches {
        let mut browser = acme.app.browser();
        let back = acme.way_back(&mut browser, &ida).await;
        acme.call("PATCH", path, off).await.expect(200);
        browser.get(&back).await.refused(403, "denied");
        browser
            .user("https://login.test")
            .await
            .refused(401, "unauthenticated");
        acme.call("PATCH", path, on).await.expect(200);
        acme.sign_in(&mut acme.app.browser(), &ida)
            .await
            .expect(303);
    }
}

#[tokio::test]
async fn switching_a_connection_off_ends_its_sessions_and_no_others() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let ida = acme.idp.person("ida", &json!({})).await;
    acme.go_live(&ida).await;
    let mut theirs = acme.app.browser();
    acme.sign_in(&mut theirs, &ida).await.expect(303);
    let mut own = acme.app.signup("own@x.test").await;
    let off = acme
        .call("PATCH", &acme.at(""), &json!({ "state": "disabled" }))
        .await
        .expect(200);
    assert_eq!(off.json()["state"], "disabled");
    theirs
        .user("https://login.test")
        .await
        .refused(401, "unauthenticated");
    own.user("https://login.test").await.expect(200);
    let start = format!("/federation/{}/start", acme.id);
    acme.app.browser().get(&start).await.refused(403, "denied");
}

#[tokio::test]
async fn a_rollout_opens_step_by_step() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    acme.put_rules(&json!([{ "when": { "group": "it" }, "roles": ["admin"] }]))
        .await;
    let ida = acme.idp.person("ida", &json!({ "groups": ["it"] })).await;
    let joe = acme.idp.person("joe", &json!({})).await;
    acme.go_live(&ida).await;
    let roll_out = async |body: Value| {
        acme.call("PATCH", &acme.at(""), &body).await.expect(200);
    };
    roll_out(json!({ "rollout": "admins" })).await;
    acme.sign_in(&mut acme.app.browser(), &joe)
        .await
        .refused(403, "denied");
    acme.sign_in(&mut acme.app.browser(), &ida)
        .await
        .expect(303);
    let denied = acme.app.events("login.denied").await;
    assert!(
        denied[0].detail.contains("not_rolled_out"),
        "{}",
        denied[0].detail
    );
    roll_out(json!({ "rollout": "some", "people": [format!("{joe}@acme.test")] })).await;
    acme.sign_in(&mut acme.app.browser(), &joe)
        .await
        .expect(303);
    roll_out(json!({ "people": [] })).await;
    acme.sign_in(&mut acme.app.browser(), &joe)
        .await
        .refused(403, "denied");
    roll_out(json!({ "rollout": "all" })).await;
    acme.sign_in(&mut acme.app.browser(), &joe)
        .await
        .expect(303);
}

#[tokio::test]
async fn a_rule_keeps_people_out() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let rules = json!([{ "when": { "group": "contractors" }, "access": "deny" },
        { "when": { "always": true }, "roles": ["member"] }]);
    acme.put_rules(&rules).await;
    let ida = acme
        .idp
        .person("ida", &json!({ "groups": ["staff"] }))
        .await;
    let con = acme
        .idp
        .person("con", &json!({ "groups": ["contractors"] }))
        .await;
    acme.go_live(&ida).await;
    acme.sign_in(&mut acme.app.browser(), &con)
        .await
        .refused(403, "denied");
    acme.sign_in(&mut acme.app.browser(), &ida)
        .await
        .expect(303);
    let trace = acme.test(&con).await;
    assert_eq!(trace["result"]["refused"], "kept_out");
    assert_eq!(trace["result"]["membership"], Value::Null);
}

#[tokio::test]
async fn the_word_of_a_customers_provider_counts_in_its_organization_only() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    acme.put_rules(&json!([{ "when": { "always": true }, "roles": ["owner"] }]))
        .await;
    let ida = acme.idp.person("ida", &json!({})).await;
    acme.go_live(&ida).await;
    let mut browser = acme.app.browser();
    acme.sign_in(&mut browser, &ida).await.expect(303);
    let user = browser.me().await["sub"]
        .as_str()
        .expect("an id")
        .to_owned();
    // The same person is made an operator of the whole tenant, and owner elsewhere.
    let body = json!({ "user": user, "role": "owner", "scope": "tenant" });
    acme.call("POST", "/v1/admin/operators", &body)
        .await
        .expect(201);
    let body = json!({ "slug": "globex", "name": "Globex" });
    let other = acme
        .call("POST", "/v1/organizations", &body)
        .await
        .expect(201)
        .json();
    let other = other["id"].as_str().expect("an id").to_owned();
    let place = format!("/v1/organizations/{other}/members/{user}");
    acme.call("PUT", &place, &json!({ "roles": ["owner"] }))
        .await
        .expect(200);

    let mut browser = acme.app.browser();
    acme.sign_in(&mut browser, &ida).await.expect(303);
    browser.get(&acme.path("members")).await.expect(200);
    for foreign in [
        "/v1/admin/users".to_owned(),
        format!("/v1/organizations/{other}/members"),
    ] {
        browser.get(&foreign).await.refused(403, "forbidden");
    }
    let switch = Call::api("POST", "/bff/org", &json!({ "org": "globex" }));
    browser.send(switch).await.refused(403, "sso_required");
    assert_eq!(browser.me().await["org"]["slug"], "acme");
    // Asked for by name, another organization is not entered by it either.
    let start = format!(
        "/bff/login?connection={}&org=globex&return_to=/account",
        acme.id
    );
    let mut third = acme.app.browser();
    let start = third.get(&start).await.expect(303);
    let back = acme.idp.sign_in(start.location(), &ida).await.address();
    third.get(&back).await.refused(403, "denied");
}

#[tokio::test]
async fn one_provider_serves_several_organizations_and_tells_them_apart() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let ida = acme.idp.person("ida", &json!({})).await;
    acme.go_live(&ida).await;
    let body = json!({ "slug": "globex", "name": "Globex" });
    let org = acme
        .call("POST", "/v1/organizations", &body)
        .await
        .expect(201)
        .json();
    let org = org["id"].as_str().expect("an id").to_owned();
    let body = json!({ "protocol": "oidc", "name": "Acme SSO", "config": acme.config });
    let path = format!("/v1/organizations/{org}/connections");
    let made = acme.call("POST", &path, &body).await.expect(201).json();
    assert_eq!(made["slug"], "acme-sso-2");
    let id = made["id"].as_str().expect("an id").to_owned();
    // Another organization's connection does not exist under this one's address.
    let foreign = acme.path(&format!("connections/{id}"));
    let call = Call::new("GET", &foreign).bearer(&acme.token);
    acme.app
        .browser()
        .send(call)
        .await
        .refused(404, "not_found");
    let mut first = acme.app.browser();
    acme.sign_in(&mut first, &ida).await.expect(303);
    let sub = first.me().await["sub"].clone();
    // The same issuer and subject through another connection is somebody else.
    let globex = Customer { org, id, ..acme };
    globex
        .idp
        .register(
            &globex.config,
            made["redirect_uri"].as_str().expect("an address"),
        )
        .await;
    globex.go_live(&ida).await;
    let mut second = globex.app.browser();
    globex.sign_in(&mut second, &ida).await.expect(303);
    let me = second.me().await;
    assert_eq!(me["org"]["slug"], "globex");
    assert_ne!(me["sub"], sub);
}

#[tokio::test]
async fn a_posted_answer_takes_the_way_round() {
    let Some(idp) = Idp::new().await else { return };
    let mut config = idp.config();
    config["response_mode"] = json!("form_post");
    let acme = Customer::with(idp, config).await;
    let ida = acme.idp.person("ida", &json!({})).await;
    // The test login.
    let made = acme
        .call("POST", &acme.at("tests"), &json!({}))
        .await
        .expect(201);
    let mut browser = acme.app.browser();
    let url = made.json()["url"].as_str().expect("an address").to_owned();
    let start = browser.get(&url).await.expect(303);
    let Way::Form(action, fields) = acme.idp.sign_in(start.location(), &ida).await else {
        panic!("the provider was asked to post");
    };
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    // Cross-site: without any cookie, and nothing is judged by it.
    let posted = acme
        .app
        .browser()
        .send(Call::form(&action, &fields))
        .await
        .expect(303);
    acme.app
        .browser()
        .get(posted.location())
        .await
        .refused(404, "not_found");
    browser.get(posted.location()).await.expect(200);
    let call = Call::new("GET", made.location()).bearer(&acme.token);
    let trace = acme.app.browser().send(call).await.expect(200).json();
    assert_eq!(trace["state"], "passed", "{trace}");
    let hash = json!({ "hash": trace["hash"] });
    acme.call("POST", &acme.at("activate"), &hash)
        .await
        .expect(200);
    acme.call("PATCH", &acme.at(""), &json!({ "rollout": "all" }))
        .await
        .expect(200);
    // And the sign-in.
    let mut browser = acme.app.browser();
    let start = format!("/federation/{}/start?return_to=/account", acme.id);
    let start = browser.get(&start).await.expect(303);
    let Way::Form(action, fields) = acme.idp.sign_in(start.location(), &ida).await else {
        panic!("the provider was asked to post");
    };
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    let posted = acme
        .app
        .browser()
        .send(Call::form(&action, &fields))
        .await
        .expect(303);
    browser.get(posted.location()).await.expect(303);
    assert_eq!(browser.me().await["org"]["slug"], "acme");
}

#[tokio::test]
async fn linking_is_for_the_signed_in_and_by_policy() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let ida = acme.idp.person("ida", &json!({})).await;
    let eve = acme.idp.person("eve", &json!({})).await;
    acme.go_live(&ida).await;
    let mut ana = acme.app.signup("ana@x.test").await;
    let sub = ana.me().await["sub"].clone();
    let link = async |browser: &mut crate::harness::Browser, login: &str| {
        let body = json!({ "upstream": acme.id });
        let begun = browser
            .post("/v1/me/identities", body)
            .await
            .expect(200)
            .json();
        let mut to = begun["redirect_to"]
            .as_str()
            .expect("an address")
            .to_owned();
        for _ in 0..3 {
            if to.starts_with(&acme.idp.issuer) {
                break;
            }
            to = browser.get(&to).await.expect(303).location().to_owned();
        }
        let back = acme.idp.sign_in(&to, login).await.address();
        browser.get(&back).await
    };
    link(&mut ana, &ida).await.refused(403, "denied");
    let allow = async |policy: &str| {
        let body = json!({ "config": { "link_policy": policy } });
        acme.call("PATCH", &acme.at(""), &body).await.expect(200);
        acme.go_live(&ida).await;
    };
    allow("link").await;
    link(&mut ana, &ida).await.expect(303);
    link(&mut ana, &eve).await.refused(403, "denied");
    let mut browser = acme.app.browser();
    acme.sign_in(&mut browser, &ida).await.expect(303);
    assert_eq!(browser.me().await["sub"], sub, "found by the link");
    allow("replace").await;
    link(&mut ana, &eve).await.expect(303);
    let mut browser = acme.app.browser();
    acme.sign_in(&mut browser, &eve).await.expect(303);
    assert_eq!(browser.me().await["sub"], sub);
    let mut browser = acme.app.browser();
    acme.sign_in(&mut browser, &ida).await.expect(303);
    assert_ne!(
        browser.me().await["sub"],
        sub,
        "it took the other one's place"
    );
}

#[tokio::test]
async fn a_refusal_in_the_providers_words_is_told_as_its_own() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let ida = acme.idp.person("ida", &json!({})).await;
    acme.go_live(&ida).await;
    let mut browser = acme.app.browser();
    let start = format!("/federation/{}/start", acme.id);
    let sent = browser.get(&start).await.expect(303);
    let there: url::Url = sent.location().parse().expect("an address");
    let state = there.query_pairs().find(|(name, _)| name == "state");
    let state = state.expect("a state").1.into_owned();
    let answer = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("error", "server_error")
        .append_pair("state", &state)
        .append_pair("iss", &acme.idp.issuer)
        .finish();
    let back = format!("/federation/callback/{}?{answer}", acme.id);
    let told = browser.get(&back).await.refused(403, "denied").json();
    let words = "The identity provider refused the sign-in.";
    assert_eq!(told["detail"], words, "no answer that cannot be trusted");
    let health = acme.get("health").await;
    assert_eq!(health["causes"][0]["code"], "server_error", "{health}");
}

#[tokio::test]
async fn the_account_page_offers_the_way_of_an_organization_by_its_policy() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let ida = acme.idp.person("ida", &json!({})).await;
    acme.go_live(&ida).await;
    let mut ana = acme.app.signup("ana@x.test").await;
    let sub = ana.me().await["sub"].as_str().expect("an id").to_owned();
    let button = format!("name=\"connection\" value=\"{}\"", acme.id);
    let offered = async |browser: &mut crate::harness::Browser| {
        let page = browser.get("/account").await.expect(200).text();
        page.contains(&button) && page.contains("Acme · Acme SSO")
    };
    let allow = async |policy: &str| {
        let body = json!({ "config": { "link_policy": policy } });
        acme.call("PATCH", &acme.at(""), &body).await.expect(200);
        acme.go_live(&ida).await;
    };
    allow("link").await;
    assert!(!offered(&mut ana).await, "it is nothing to a stranger");
    let member = acme.path(&format!("members/{sub}"));
    let body = json!({ "roles": ["member"] });
    acme.call("PUT", &member, &body).await.expect(200);
    assert!(offered(&mut ana).await);
    allow("refuse").await;
    assert!(!offered(&mut ana).await, "a button that is refused is none");
    allow("replace").await;
    assert!(offered(&mut ana).await);
}

#[tokio::test]
async fn both_engines_serve_customers() {
    let Some(app) = TestApp::postgres_with(real_time()).await else {
        return;
    };
    let Some(idp) = Idp::new().await else { return };
    let config = idp.config();
    let acme = Customer::in_app(app, idp, config).await;
    acme.put_rules(&json!([{ "when": { "always": true }, "roles": ["member"] }]))
        .await;
    let ida = acme.idp.person("ida", &json!({})).await;
    acme.go_live(&ida).await;
    let mut browser = acme.app.browser();
    acme.sign_in(&mut browser, &ida).await.expect(303);
    assert_eq!(browser.me().await["org"]["roles"], json!(["member"]));
}
