//! Changing the upstream under customers' connections: direct ones do not notice, and what the
//! others would lose is said before.

use serde_json::{Value, json};

use crate::harness::brokered::{BrokeredCustomer, UPSTREAM};
use crate::harness::customer::Customer;
use crate::harness::realms::Realms;
use crate::harness::{Call, TestApp};

/// Makes the upstream of a kind the one that everybody signs in at.
async fn activate(app: &TestApp, kind: &str) -> String {
    let all = app.admin("GET", "/v1/admin/upstreams", json!({})).await;
    let all = all.expect(200).json();
    let mut rows = all["items"].as_array().expect("items").iter();
    let row = rows.find(|row| row["kind"] == kind).expect("there");
    let path = format!("/v1/admin/upstreams/{}", row["id"].as_str().expect("an id"));
    let primary = json!({ "role": "primary" });
    app.admin("PATCH", &path, primary).await.expect(200);
    path
}

async fn plan(app: &TestApp) -> Value {
    let tenant = app.tenant().await;
    let plan = laneway::lane_a::swap::plan(app.core(), &tenant, UPSTREAM, "embedded").await;
    json!(plan.expect("a plan"))
}

/// The program's own `doctor`, beside the running one.
fn doctor(app: &TestApp) -> Value {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_laneway"));
    command
        .args(["doctor", "--json"])
        .env("LANEWAY_PUBLIC_URL", "https://login.test")
        .env("LANEWAY_DATABASE_URL", &app.database)
        .env(
            "LANEWAY_MASTER_KEY",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        )
        .env_remove("LANEWAY_SOAK");
    let out = command.output().expect("the program runs");
    serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("{out:?}"))
}

#[tokio::test]
async fn people_of_direct_connections_outlive_a_swap_and_back() {
    let (Some(acme), Some(realms)) = (Customer::new().await, Realms::new().await) else {
        return;
    };
    let body = realms.bootstrap(UPSTREAM).await;
    acme.app
        .admin("POST", "/v1/admin/upstreams", body)
        .await
        .expect(201);
    activate(&acme.app, "keycloak").await;
    acme.put_rules(&json!([{ "when": { "group": "it" }, "roles": ["admin"] }]))
        .await;
    let ida = acme.idp.person("ida", &json!({ "groups": ["it"] })).await;
    acme.go_live(&ida).await;
    let mut live = acme.app.browser();
    acme.sign_in(&mut live, &ida).await.expect(303);
    let me = live.me().await;
    assert_eq!(me["org"]["roles"], json!(["admin"]));
    assert_eq!(plan(&acme.app).await["tied"], json!([]));
    for kind in ["embedded", "keycloak"] {
        activate(&acme.app, kind).await;
        assert_eq!(
            live.me().await["sid"],
            me["sid"],
            "{kind}: the session goes on"
        );
        let mut browser = acme.app.browser();
        acme.sign_in(&mut browser, &ida).await.expect(303);
        let again = browser.me().await;
        assert_eq!(again["sub"], me["sub"], "{kind}");
        assert_eq!(again["org"]["roles"], json!(["admin"]), "{kind}");
    }
    realms.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_hangs_on_an_upstream_is_named_before_it_goes() {
    let Some(acme) = BrokeredCustomer::oidc().await else {
        return;
    };
    acme.realms.person(&acme.realms.customer, "ida", "it").await;
    acme.go_live("ida").await;
    let mut live = acme.app.browser();
    acme.sign_in(&mut live, "ida").await.expect(303);
    let me = live.me().await;

    let told = plan(&acme.app).await;
    assert_eq!(told["tied"], json!(["acme/acme-sso"]));
    assert!(
        told["notes"]
            .to_string()
            .contains("acme/acme-sso (active, 1 people)"),
        "{told}"
    );
    let tied = |found: &Value| {
        let mut all = found["checks"].as_array().expect("checks").iter();
        let one = all.find(|check| check["name"] == "upstream.kc.tied");
        one.unwrap_or_else(|| panic!("{found}")).clone()
    };
    let found = doctor(&acme.app);
    let one = tied(&found);
    assert_eq!(one["state"], "ok");
    assert!(one["detail"].to_string().contains("acme/acme-sso"), "{one}");
    let mut all = found["checks"].as_array().expect("checks").iter();
    let ready = all.find(|check| check["name"] == "upstream.kc.connections");
    assert_eq!(ready.expect("looked at")["state"], "ok", "{found}");

    let kc = activate(&acme.app, "keycloak").await;
    activate(&acme.app, "embedded").await;
    // It stays where it is, and works for as long as that runs.
    let mut again = acme.app.browser();
    acme.sign_in(&mut again, "ida").await.expect(303);
    assert_eq!(again.me().await["sub"], me["sub"]);
    assert_eq!(live.me().await["sid"], me["sid"]);
    assert_eq!(tied(&doctor(&acme.app))["state"], "warn");
    let delete = Call::api("DELETE", &kc, &json!({})).bearer(&acme.token);
    let refused = acme.app.browser().send(delete).await;
    refused.refused(409, "conflict");
    let retired = json!({ "role": "retired" });
    let refused = acme.app.admin("PATCH", &kc, retired).await;
    refused.refused(409, "conflict");
    // A new one cannot be tied to what no longer signs people in.
    let body = json!({ "protocol": "saml", "name": "X", "broker": "upstream",
        "config": { "metadata_url": acme.realms.at(&acme.realms.customer, "/protocol/saml/descriptor") } });
    let refused = acme.call("POST", &acme.path("connections"), &body).await;
    refused.refused(409, "not_supported_by_upstream");
    acme.realms.remove().await;
}
