//! Test logins: nobody is signed in, everything is told.

use serde_json::{Value, json};

use crate::harness::Call;
use crate::harness::customer::Customer;

#[tokio::test]
async fn the_browser_that_tests_stays_as_it_was() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let ida = acme.idp.person("ida", &json!({})).await;
    let mut admin = acme.app.signup("admin@x.test").await;
    let before = admin.me().await;
    let cookie = admin
        .cookie("https://login.test", "__Host-lw")
        .map(str::to_owned);
    let trace = acme.test_in(&mut admin, &ida).await;
    assert_eq!(trace["state"], "passed", "{trace}");
    let after = admin.me().await;
    assert_eq!(after["sid"], before["sid"]);
    assert_eq!(after["sub"], before["sub"]);
    assert_eq!(after["org"], before["org"]);
    assert_eq!(
        admin
            .cookie("https://login.test", "__Host-lw")
            .map(str::to_owned),
        cookie
    );
    // Nothing is left but the trace: no account, no member, no link.
    let call = Call::new("GET", &acme.path("members")).bearer(&acme.token);
    let found = acme.app.browser().send(call).await.expect(200).json();
    assert_eq!(found["items"], json!([]));
    let found = acme
        .call("GET", &format!("/v1/admin/users?q={ida}"), &Value::Null)
        .await;
    assert_eq!(found.expect(200).json()["items"], json!([]));
}

#[tokio::test]
async fn a_trace_tells_all_and_hides_what_proves_something() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let ida = acme.idp.person("ida", &json!({ "groups": ["it"] })).await;
    let trace = acme.test(&ida).await;
    let codes: Vec<(&str, bool)> = trace["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .map(|check| (check["code"].as_str().expect("a code"), check["ok"] == true))
        .collect();
    assert_eq!(
        codes,
        [
            ("discovery", true),
            ("authorization_answer", true),
            ("token_exchange", true),
            ("id_token", true),
            ("userinfo", true),
            ("identity", true),
            ("email", true),
            ("groups", true),
            ("domain_not_covered", false),
        ]
    );
    assert_eq!(trace["claims"]["groups"], json!(["it"]));
    assert_eq!(trace["claims"]["nonce"], "(hidden)");
    assert_eq!(trace["identity"]["subject"], json!(ida));
    let steps: Vec<&str> = trace["timeline"]
        .as_array()
        .expect("moments")
        .iter()
        .filter_map(|moment| moment["what"].as_str())
        .collect();
    assert_eq!(
        steps,
        ["sent_to_provider", "answer_received", "identity_received"]
    );
    // After an edit the rules are judged again on what was received.
    acme.put_rules(&json!([{ "when": { "group": "it" }, "roles": ["admin"] }]))
        .await;
    let id = trace["id"].as_str().expect("an id");
    let again = acme.get(&format!("tests/{id}")).await;
    assert_eq!(again["result"]["membership"]["roles"], json!(["admin"]));
    assert_eq!(again["rules"][0]["why"], "in it");
    assert_eq!(again["current"], true);
    acme.call(
        "PATCH",
        &acme.at(""),
        &json!({ "config": { "scopes": "openid" } }),
    )
    .await
    .expect(200);
    assert_eq!(acme.get(&format!("tests/{id}")).await["current"], false);
    let listed = acme.get("tests").await;
    assert_eq!(listed["items"][0]["id"], trace["id"]);
}

#[tokio::test]
async fn missing_groups_fail_where_rules_need_them() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let ida = acme.idp.person("ida", &json!({})).await;
    assert_eq!(
        acme.test(&ida).await["state"],
        "passed",
        "no rule asks for groups"
    );
    let before = acme.get("tests").await["items"][0].clone();
    assert_eq!(acme.get("").await["state"], "tested");
    acme.put_rules(&json!([{ "when": { "group": "it" }, "roles": ["admin"] }]))
        .await;
    // One verdict for page, list and activation, also of what was tested before the rule.
    let hash = json!({ "hash": before["hash"] });
    let again = acme.get("tests").await["items"][0].clone();
    assert_eq!(
        (&again["id"], &again["state"]),
        (&before["id"], &json!("failed"))
    );
    let told = acme.get("").await;
    assert_eq!(
        (&told["state"], &told["tested_hash"]),
        (&json!("draft"), &json!(null))
    );
    let refused = acme.call("POST", &acme.at("activate"), &hash).await;
    refused.refused(409, "conflict");
    acme.put_rules(&json!([])).await;
    assert_eq!(acme.get("").await["tested_hash"], before["hash"]);
    acme.call("POST", &acme.at("activate"), &hash)
        .await
        .expect(200);
    acme.put_rules(&json!([{ "when": { "group": "it" }, "roles": ["admin"] }]))
        .await;
    assert_eq!(acme.get("").await["state"], "active", "what is live stays");
    let trace = acme.test(&ida).await;
    assert_eq!(trace["state"], "failed");
    let check = trace["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .find(|check| check["code"] == "groups_missing")
        .expect("named");
    assert_eq!(
        (&check["ok"], &check["who"]),
        (&json!(false), &json!("customer"))
    );
    assert_eq!(check["expected"], "the person's groups");
}

#[tokio::test]
async fn a_test_is_judged_once_and_in_the_browser_that_began_it() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let ida = acme.idp.person("ida", &json!({})).await;
    let made = acme
        .call("POST", &acme.at("tests"), &json!({}))
        .await
        .expect(201)
        .json();
    let url = made["url"].as_str().expect("an address").to_owned();
    let mut browser = acme.app.browser();
    let start = browser.get(&url).await.expect(303);
    let back = acme.idp.sign_in(start.location(), &ida).await.address();
    acme.app
        .browser()
        .get(&back)
        .await
        .refused(404, "not_found");
    browser.get(&back).await.expect(200);
    browser.get(&back).await.refused(409, "wrong_step");
    let shown = browser.get(&url).await.expect(200).text();
    assert!(shown.contains("Test login worked"), "{shown}");
    let stranger = acme.app.browser().get(&url).await.expect(200).text();
    assert!(
        !stranger.contains("Test login worked") && !stranger.contains(&ida),
        "{stranger}"
    );
    let nonsense = format!("https://login.test/federation/tests/{}", "x".repeat(43));
    acme.app
        .browser()
        .get(&nonsense)
        .await
        .refused(404, "not_found");
    // A sign-in cannot end with the answer to a test, nor a test with that to a sign-in.
    assert!(browser.cookie("https://login.test", "__Host-lw").is_none());
}

#[tokio::test]
async fn rules_are_tried_out_and_rehearsed() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    acme.put_rules(&json!([{ "when": { "group": "it" }, "roles": ["admin"] }]))
        .await;
    let ida = acme.idp.person("ida", &json!({ "groups": ["it"] })).await;
    let joe = acme
        .idp
        .person("joe", &json!({ "groups": ["sales"] }))
        .await;
    acme.go_live(&ida).await;
    for login in [&ida, &joe] {
        acme.sign_in(&mut acme.app.browser(), login)
            .await
            .expect(303);
    }
    let simulate = json!({ "claims": { "groups": ["it", "sales"] } });
    let found = acme
        .call("POST", &acme.at("role-mappings/simulate"), &simulate)
        .await
        .expect(200)
        .json();
    assert_eq!(found["result"]["membership"]["roles"], json!(["admin"]));
    assert_eq!(found["rules"][0]["matched"], true);
    // Why has this person this role? By what their provider said last.
    let people = format!("/v1/admin/users?q={}", joe.as_str());
    let found = acme
        .app
        .admin("GET", &people, json!({}))
        .await
        .expect(200)
        .json();
    let sub = found["items"][0]["id"].clone();
    let asked = async |body: Value| {
        let at = acme.at("role-mappings/simulate");
        acme.call("POST", &at, &body).await
    };
    let told = asked(json!({ "user": sub })).await.expect(200).json();
    assert_eq!(told["rules"][0]["why"], "not in it", "{told}");
    let stranger = acme.app.signup("max@x.test").await.me().await["sub"].clone();
    for body in [json!({}), json!({ "user": stranger })] {
        let refused = asked(body).await.refused(422, "invalid_field").json();
        assert_eq!(refused["errors"][0]["pointer"], "/claims");
    }
    let draft = json!({ "rules": [{ "when": { "group": "sales" }, "roles": ["member"] }] });
    let diff = acme
        .call("POST", &acme.at("role-mappings/diff"), &draft)
        .await
        .expect(200)
        .json();
    assert_eq!(diff["gain"][0]["email"], json!(format!("{joe}@acme.test")));
    assert_eq!(diff["gain"][0]["roles"], json!(["member"]));
    assert_eq!(diff["lose"][0]["email"], json!(format!("{ida}@acme.test")));
    assert_eq!(diff["lose"][0]["roles"], json!(["admin"]));
    let kept = acme.get("role-mappings").await;
    assert_eq!(
        kept["rules"][0]["when"],
        json!({ "group": "it" }),
        "a rehearsal changes nothing"
    );
}

#[tokio::test]
async fn nobody_maps_more_than_they_have() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let mut ana = acme.app.signup("ana@acme.test").await;
    let user = ana.me().await["sub"].as_str().expect("an id").to_owned();
    let member = acme.path(&format!("members/{user}"));
    acme.call("PUT", &member, &json!({ "roles": ["admin"] }))
        .await
        .expect(200);
    let put =
        |rules: Value| Call::api("PUT", &acme.at("role-mappings"), &json!({ "rules": rules }));
    let owner = json!([{ "when": { "always": true }, "roles": ["owner"] }]);
    ana.send(put(owner.clone())).await.refused(403, "forbidden");
    ana.send(put(
        json!([{ "when": { "always": true }, "roles": ["admin"] }]),
    ))
    .await
    .expect(200);
    acme.put_rules(&owner).await;
    // Taking away counts like giving.
    ana.send(put(json!([]))).await.refused(403, "forbidden");
    let unknown = json!([{ "when": { "always": true }, "roles": ["pilot"] }]);
    let reply = ana.send(put(unknown)).await.refused(422, "invalid_field");
    assert_eq!(reply.json()["errors"][0]["pointer"], "/rules/0/roles/0");
}
