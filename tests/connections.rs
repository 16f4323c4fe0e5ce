//! Connections by API: drafts, activation of what was tested, rollback, rollout (CONTRACT §10).

use serde_json::{Value, json};

use crate::harness::customer::Customer;
use crate::harness::{Call, members};

#[tokio::test]
async fn what_was_tested_goes_live_and_its_people_come_in_with_their_roles() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    acme.put_rules(&json!([{ "when": { "group": "it" }, "roles": ["admin"] }]))
        .await;
    let ida = acme
        .idp
        .person("ida", &json!({ "groups": ["it", "staff"] }))
        .await;
    let draft = acme.get("").await;
    assert_eq!(
        members(&draft),
        [
            "acs_url",
            "active_revision",
            "broker",
            "config",
            "created_at",
            "domains",
            "draft_hash",
            "draft_revision",
            "enforced",
            "id",
            "last_login_at",
            "name",
            "org",
            "people",
            "protocol",
            "redirect_uri",
            "rollout",
            "slug",
            "sp_entity_id",
            "sp_metadata_url",
            "state",
            "tested_hash",
            "trust",
            "upstream",
        ]
    );
    assert_eq!(
        (&draft["state"], &draft["slug"]),
        (&json!("draft"), &json!("acme-sso"))
    );
    assert_eq!(draft["config"]["client_secret"], json!({ "set": true }));
    // Not tested: not live, and nobody gets in.
    let hash = json!({ "hash": draft["draft_hash"] });
    acme.call("POST", &acme.at("activate"), &hash)
        .await
        .refused(409, "conflict");
    let start = format!("/federation/{}/start", acme.id);
    acme.app
        .browser()
        .get(&start)
        .await
        .refused(404, "not_found");

    let trace = acme.test(&ida).await;
    assert_eq!(trace["state"], "passed", "{trace}");
    assert_eq!(trace["rules"][0]["matched"], true);
    assert_eq!(trace["result"]["membership"]["roles"], json!(["admin"]));
    assert_eq!(trace["result"]["user"]["new"], true);
    assert_eq!(acme.get("").await["state"], "tested");
    acme.app
        .browser()
        .get(&start)
        .await
        .refused(404, "not_found");

    acme.call("POST", &acme.at("activate"), &json!({ "hash": "other" }))
        .await
        .refused(409, "conflict");
    let live = acme
        .call("POST", &acme.at("activate"), &hash)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&live["state"], &live["active_revision"]),
        (&json!("active"), &json!(1))
    );

    let mut browser = acme.app.browser();
    acme.sign_in(&mut browser, &ida).await.expect(303);
    let me = browser.me().await;
    assert_eq!(me["org"]["slug"], "acme");
    assert_eq!(me["org"]["roles"], json!(["admin"]));
    assert_eq!(me["upstream"]["id"], "acme-sso");
    assert_eq!(
        me["email_verified"], false,
        "the domain is not proven to be theirs"
    );
    let member = format!("members/{}", me["sub"].as_str().expect("an id"));
    let call = Call::new("GET", &acme.path(&member)).bearer(&acme.token);
    let member = acme.app.browser().send(call).await.expect(200).json();
    assert_eq!(
        member["grants"],
        json!([{ "role": "admin", "source": "mapping" }])
    );
    // The same person again: the same account.
    let mut again = acme.app.browser();
    acme.sign_in(&mut again, &ida).await.expect(303);
    assert_eq!(again.me().await["sub"], me["sub"]);
    let audit = acme.app.events("login.completed").await;
    assert!(audit[0].detail.contains(&acme.id) && audit[0].org.as_deref() == Some(&acme.org));
}

#[tokio::test]
async fn an_edit_is_a_new_draft_and_what_is_live_stays() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let ida = acme.idp.person("ida", &json!({})).await;
    acme.go_live(&ida).await;
    let before = acme.get("").await;
    let change = json!({ "config": { "required_claims": { "department": "it" } } });
    let edited = acme
        .call("PATCH", &acme.at(""), &change)
        .await
        .expect(200)
        .json();
    assert_ne!(edited["draft_hash"], before["draft_hash"]);
    assert_eq!(
        edited["config"]["client_secret"],
        json!({ "set": true }),
        "kept"
    );
    assert_eq!(
        edited["config"]["issuer"], before["config"]["issuer"],
        "kept"
    );
    assert_eq!(
        (&edited["state"], &edited["active_revision"]),
        (&json!("active"), &json!(1))
    );
    let mut browser = acme.app.browser();
    acme.sign_in(&mut browser, &ida).await.expect(303);
    // The draft demands what the provider does not say: its test fails, and it cannot go live.
    let trace = acme.test(&ida).await;
    assert_eq!(trace["state"], "failed");
    let failed: Vec<&str> = trace["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .filter(|check| check["ok"] == false && check["advice"] == false)
        .filter_map(|check| check["code"].as_str())
        .collect();
    assert_eq!(failed, ["claim_unmet"]);
    let hash = json!({ "hash": edited["draft_hash"] });
    acme.call("POST", &acme.at("activate"), &hash)
        .await
        .refused(409, "conflict");

    let good = json!({ "config": { "required_claims": null, "response_mode": "query" } });
    acme.call("PATCH", &acme.at(""), &good).await.expect(200);
    acme.go_live(&ida).await;
    assert_eq!(acme.get("").await["active_revision"], 3);
    let back = acme
        .call("POST", &acme.at("rollback"), &json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&back["active_revision"], &back["draft_revision"]),
        (&json!(1), &json!(3))
    );
    acme.sign_in(&mut acme.app.browser(), &ida)
        .await
        .expect(303);
    let forth = acme
        .call("POST", &acme.at("rollback"), &json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(forth["active_revision"], 3, "and forth again");
}

#[tokio::test]
async fn a_secret_is_written_and_never_read() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let ida = acme.idp.person("ida", &json!({})).await;
    let first = acme.get("").await;
    assert!(!first.to_string().contains("a-secret-of-the-customer"));
    // Another one, even the same text, is another draft.
    let same = json!({ "config": { "client_secret": "a-secret-of-the-customer" } });
    let second = acme
        .call("PATCH", &acme.at(""), &same)
        .await
        .expect(200)
        .json();
    assert_ne!(first["draft_hash"], second["draft_hash"]);
    assert_eq!(acme.test(&ida).await["state"], "passed");
    let wrong = json!({ "config": { "client_secret": "wrong" } });
    let saved = acme
        .call("PATCH", &acme.at(""), &wrong)
        .await
        .expect(200)
        .json();
    let refused = |checks: &Value| {
        checks.as_array().expect("checks").iter().any(|check| {
            check["code"] == "client_refused" && check["ok"] == false && check["who"] == "customer"
        })
    };
    let credentials = saved["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .any(|check| check["code"] == "client_credentials" && check["ok"] == false);
    assert!(credentials, "said when it is saved: {saved}");
    let trace = acme.test(&ida).await;
    assert_eq!(trace["state"], "failed");
    assert!(refused(&trace["checks"]), "{trace}");
    for fix in trace["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .filter(|c| c["ok"] == false)
    {
        assert!(!fix["fix"].as_str().expect("a text").is_empty(), "{fix}");
    }
    assert!(!trace.to_string().contains("wrong\""));
}

#[tokio::test]
async fn versions_are_compared_and_nonsense_is_refused() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let call = Call::new("GET", &acme.at("")).bearer(&acme.token);
    let etag = acme
        .app
        .browser()
        .send(call)
        .await
        .expect(200)
        .header("etag")
        .to_owned();
    let patch = |body: &Value| Call::api("PATCH", &acme.at(""), body).bearer(&acme.token);
    let named = patch(&json!({ "name": "Okta" })).header("if-match", &etag);
    acme.app.browser().send(named).await.expect(200);
    let stale = patch(&json!({ "name": "Entra" })).header("if-match", &etag);
    acme.app
        .browser()
        .send(stale)
        .await
        .refused(412, "version_mismatch");
    for (body, code) in [
        (json!({ "config": { "isuer": "x" } }), "invalid_field"),
        (json!({ "config": { "issuer": null } }), "invalid_field"),
        (
            json!({ "config": { "issuer": "javascript:1" } }),
            "invalid_field",
        ),
        (json!({ "config": "text" }), "invalid_field"),
        (json!({ "rollout": "nobody" }), "invalid_field"),
        (json!({ "state": "draft" }), "invalid_field"),
        (json!({ "people": ["nobody"] }), "invalid_field"),
        (json!({ "domains": ["no domain"] }), "invalid_field"),
        (json!({ "slug": "other" }), "invalid_field"),
    ] {
        let reply = acme.call("PATCH", &acme.at(""), &body).await;
        assert_eq!(
            (reply.code(), reply.problem().as_str()),
            (422, code),
            "{body}: {}",
            reply.text()
        );
    }
    for state in ["active", "disabled"] {
        let reply = acme
            .call("PATCH", &acme.at(""), &json!({ "state": state }))
            .await;
        reply.refused(409, "conflict");
    }
    acme.call("POST", &acme.at("rollback"), &json!({}))
        .await
        .refused(409, "conflict");
    acme.call("PATCH", &acme.at(""), &json!({ "enforced": true }))
        .await
        .refused(409, "conflict");
}

#[tokio::test]
async fn addresses_and_documents_that_cannot_work_are_refused_by_name() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let issuer = acme.idp.issuer.clone();
    let refused = async |config: Value| -> (String, String) {
        let body = json!({ "protocol": "oidc", "name": "Other", "config": config });
        let reply = acme
            .call("POST", &acme.path("connections"), &body)
            .await
            .refused(422, "invalid_field");
        let error = reply.json()["errors"][0].clone();
        let text = |name: &str| error[name].as_str().expect("a text").to_owned();
        (text("pointer"), text("code"))
    };
    let with = |issuer: &str| json!({ "issuer": issuer, "client_id": "c", "client_secret": "s" });
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(
        refused(with(&format!("{issuer}/nowhere"))).await,
        pair("/config/issuer", "not_found")
    );
    assert_eq!(
        refused(with("http://127.0.0.1:9")).await,
        pair("/config/issuer", "unreachable")
    );
    let shouted = issuer.replace("127.0.0.1", "localhost");
    assert_eq!(
        refused(with(&shouted)).await,
        pair("/config/issuer", "issuer_mismatch")
    );
    for (member, address) in [
        ("issuer", "http://169.254.169.254"),
        ("issuer", "http://idp.example"),
        ("jwks_uri", "https://[fe80::1]/keys"),
        ("token_endpoint", "https://user:pass@idp.example/token"),
        ("userinfo_endpoint", "http://10.0.0.1/"),
        ("authorization_endpoint", "ftp://idp.example/"),
    ] {
        let mut config = with(&issuer);
        config[member] = json!(address);
        let found = refused(config).await;
        assert_eq!(
            found,
            pair(&format!("/config/{member}"), "address_forbidden"),
            "{address}"
        );
    }
}

#[tokio::test]
async fn an_organizations_admin_names_public_addresses_only() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let mut ana = acme.app.signup("ana@acme.test").await;
    let user = ana.me().await["sub"].as_str().expect("an id").to_owned();
    let body = json!({ "roles": ["admin"] });
    acme.call("PUT", &acme.path(&format!("members/{user}")), &body)
        .await
        .expect(200);
    let post = |config: &Value| {
        let body = json!({ "protocol": "oidc", "name": "Own", "config": config });
        Call::api("POST", &acme.path("connections"), &body)
    };
    let reply = ana
        .send(post(&acme.config))
        .await
        .refused(422, "invalid_field");
    assert_eq!(
        reply.json()["errors"][0]["code"],
        "address_forbidden",
        "{}",
        reply.text()
    );
    // An operator's connection is theirs from the first edit on.
    let patch = Call::api(
        "PATCH",
        &acme.at(""),
        &json!({ "config": { "scopes": "openid" } }),
    );
    let reply = ana.send(patch).await.refused(422, "invalid_field");
    assert_eq!(reply.json()["errors"][0]["code"], "address_forbidden");
    let read = ana.get(&acme.at("")).await.expect(200).json();
    assert_eq!(
        (&read["trust"], &read["draft_revision"]),
        (&json!("operator"), &json!(1))
    );
    assert_eq!(read["org"], json!(acme.org));
}
