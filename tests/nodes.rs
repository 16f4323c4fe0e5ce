//! Two nodes on one PostgreSQL hear of each other's changes, and what a node does that
//! hears nothing.

use serde_json::json;

use crate::harness::app::Options;
use crate::harness::saml::SamlCustomer;
use crate::harness::{APP, Browser, Call, Cluster, LOGIN, TestApp, answer, until};

/// Two nodes with their own work going on.
async fn two_nodes() -> Option<(TestApp, TestApp, [tokio::task::JoinSet<()>; 2])> {
    let first = TestApp::postgres().await?;
    let second = first.second().await;
    let jobs = [first.jobs(), second.jobs()];
    Some((first, second, jobs))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_way_of_ending_reaches_the_other_node() {
    let Some((first, second, _jobs)) = two_nodes().await else {
        return;
    };
    for way in ["logout", "disable", "delete", "operator", "rotate"] {
        let email = format!("{way}@x.test");
        let mut browser = first.signup(&email).await;
        first.enter(&mut browser, APP).await;
        let sub = browser.me().await["sub"]
            .as_str()
            .expect("a sub")
            .to_owned();
        let mut there = browser.towards(&second.app.router);
        for origin in [LOGIN, APP] {
            there.user(origin).await.expect(200);
        }
        let path = format!("/v1/admin/users/{sub}");
        match way {
            "logout" => browser
                .post(&format!("{APP}/bff/logout"), json!({}))
                .await
                .expect(200),
            "disable" => first
                .admin("PATCH", &path, json!({ "state": "disabled" }))
                .await
                .expect(200),
            "delete" => first.admin("DELETE", &path, json!({})).await.expect(204),
            "operator" => first
                .admin("DELETE", &format!("{path}/sessions"), json!({}))
                .await
                .expect(204),
            // The old value of a replaced cookie dies too, and the session goes on.
            _ => browser
                .post("/bff/org", json!({ "org": null }))
                .await
                .expect(200),
        };
        let hosts: &[&str] = if way == "rotate" {
            &[LOGIN]
        } else {
            &[LOGIN, APP]
        };
        for origin in hosts {
            until(5, way, || {
                let mut there = there.clone();
                async move { (there.user(origin).await.code() == 401).then_some(()) }
            })
            .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_connection_that_is_rolled_back_is_the_old_one_on_both_nodes() {
    let Some((first, second, _jobs)) = two_nodes().await else {
        return;
    };
    let acme = SamlCustomer::in_app(first, &json!({})).await;
    acme.go_live().await;
    let start = format!("/federation/{}/start", acme.id);
    let leads = |to: &'static str, browser: Browser| {
        let start = start.clone();
        until(5, to, move || {
            let (mut browser, start) = (browser.clone(), start.clone());
            async move {
                let there = browser.get(&start).await.expect(303);
                there.location().contains(to).then_some(())
            }
        })
    };
    for app in [&acme.app, &second] {
        leads("idp.acme.test/sso?", app.browser()).await;
    }
    let other = json!({ "config": { "sso_url": "https://idp.acme.test/new" } });
    acme.call("PATCH", &acme.at(""), &other).await.expect(200);
    acme.go_live().await;
    for app in [&acme.app, &second] {
        leads("idp.acme.test/new?", app.browser()).await;
    }
    let (rollback, nothing) = (acme.at("rollback"), json!({}));
    acme.call("POST", &rollback, &nothing).await.expect(200);
    // On the node that did it at once, on the other within the bound.
    let here = acme.app.browser().get(&start).await.expect(303);
    assert!(here.location().contains("idp.acme.test/sso?"), "{here:?}");
    leads("idp.acme.test/sso?", second.browser()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_host_and_a_new_provider_reach_the_other_node() {
    let Some((first, second, _jobs)) = two_nodes().await else {
        return;
    };
    second
        .browser()
        .get("https://new.test/login")
        .await
        .refused(421, "unknown_host");
    let path = format!("/v1/admin/tenants/{}/hosts", first.tenant().await.id);
    first
        .admin(
            "POST",
            &path,
            json!({ "host": "new.test", "purpose": "login" }),
        )
        .await
        .expect(201);
    until(5, "the host", || async {
        (second.browser().get("https://new.test/login").await.code() == 200).then_some(())
    })
    .await;
    let id = first.add_fake().await;
    first
        .admin(
            "PATCH",
            &format!("/v1/admin/upstreams/{id}"),
            json!({ "role": "primary" }),
        )
        .await
        .expect(200);
    until(5, "the provider", || async {
        let reply = second
            .browser()
            .post("/v1/auth/flows", json!({}))
            .await
            .expect(201)
            .json();
        (reply["methods"][0]["connection"] == "corp").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_node_that_has_not_listened_trusts_no_memory() {
    let Some(first) = TestApp::postgres().await else {
        return;
    };
    // This node never polls.
    let deaf = first.second().await;
    let mut browser = first.signup("ana@x.test").await;
    let mut there = browser.towards(&deaf.app.router);
    there.user(LOGIN).await.expect(200);
    browser.post("/bff/logout", json!({})).await.expect(200);
    there.user(LOGIN).await.expect(200);
    first.clock.advance_s(6);
    there.user(LOGIN).await.refused(401, "unauthenticated");
    let ready = Call::new("GET", "https://ops.test/readyz");
    assert_eq!(
        Browser::new(deaf.app.ops.clone()).send(ready).await.code(),
        503,
        "not ready either"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_signups_for_one_address_make_one_person() {
    let Some(nodes) = two_nodes().await else {
        return;
    };
    let mut flows = Vec::new();
    for i in 0..8 {
        let node = if i % 2 == 0 { &nodes.0 } else { &nodes.1 };
        let mut browser = node.browser();
        let (flow, code) = nodes
            .0
            .asked_for_code(&mut browser, "signup", "ana@x.test")
            .await;
        flows.push((browser, flow, code));
    }
    let mut tasks = tokio::task::JoinSet::new();
    for (mut browser, flow, code) in flows {
        tasks.spawn(async move {
            let mut last = 0;
            for (kind, body) in [
                ("email-code", json!({ "code": code })),
                ("profile", json!({ "name": "Ana" })),
                ("enrol", json!({ "skip": true })),
            ] {
                let reply = answer(&mut browser, &flow, kind, body).await;
                assert!(reply.code() < 500, "{}", reply.text());
                last = reply.code();
            }
            if last == 200 {
                Some(browser.me().await["sub"].clone())
            } else {
                None
            }
        });
    }
    let subs: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    assert!(!subs.is_empty(), "somebody got in");
    assert!(subs.iter().all(|sub| *sub == subs[0]), "{subs:?}");
    let all = nodes
        .0
        .admin("GET", "/v1/admin/users?q=ana@x.test", json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(all["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_during_an_outage_is_refused_and_works_afterwards() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let options = Options {
        real_time: true,
        ..Options::default()
    };
    let app = TestApp::on(&cluster.url(), &options).await;
    let _jobs = app.jobs();
    let mut browser = app.browser();
    let (flow, code) = app
        .asked_for_code(&mut browser, "signup", "ana@x.test")
        .await;
    cluster.signal("STOP");
    let reply = answer(&mut browser, &flow, "email-code", json!({ "code": code })).await;
    reply.refused(503, "store_unavailable");
    cluster.signal("CONT");
    let mut again = until(20, "a new start", || async {
        let mut browser = app.browser();
        let reply = browser
            .post(
                "/v1/auth/flows",
                json!({ "purpose": "signup", "username": "ana@x.test" }),
            )
            .await;
        (reply.code() == 201).then_some((
            browser,
            reply.json()["id"].as_str().expect("an id").to_owned(),
        ))
    })
    .await;
    answer(&mut again.0, &again.1, "email-code", json!({}))
        .await
        .expect(200);
    let code = app.code_for("ana@x.test").await;
    answer(
        &mut again.0,
        &again.1,
        "email-code",
        json!({ "code": code }),
    )
    .await
    .expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_receipt_says_which_node_has_heard() {
    let Some((first, second, [_jobs, deaf])) = two_nodes().await else {
        return;
    };
    let states = async |receipt: &str| {
        let path = format!("/v1/admin/receipts?seq={receipt}");
        let told = first
            .admin("GET", &path, json!({}))
            .await
            .expect(200)
            .json();
        let nodes = told["nodes"].as_array().expect("nodes").iter();
        let mut states: Vec<_> = nodes.map(|node| node["state"].clone()).collect();
        states.sort_by_key(ToString::to_string);
        (told["complete"] == true, states)
    };
    let end = async |email: &str| {
        let browser = &mut first.signup(email).await;
        let sid = browser.me().await["sid"]
            .as_str()
            .expect("a sid")
            .to_owned();
        let path = format!("/v1/admin/sessions/{sid}");
        let gone = first.admin("DELETE", &path, json!({})).await.expect(204);
        gone.header("x-laneway-receipt").to_owned()
    };
    until(
        10,
        "both nodes have written that they are there",
        || async {
            let rows = laneway::lane_a::desk::nodes(first.core()).await.ok()?;
            (rows.len() == 2).then_some(())
        },
    )
    .await;
    let receipt = end("ana@x.test").await;
    until(10, "both have heard", || async {
        let (complete, states) = states(&receipt).await;
        (complete && states == ["heard", "heard"]).then_some(())
    })
    .await;
    // A node that hears nothing leaves the receipt open, until it is known to trust no cache.
    drop(deaf);
    let receipt = end("ben@x.test").await;
    until(10, "the one has heard", || async {
        let (complete, states) = states(&receipt).await;
        (!complete && states == ["heard", "waiting"]).then_some(())
    })
    .await;
    first.clock.advance_s(40);
    until(20, "the other is missed", || async {
        let (complete, states) = states(&receipt).await;
        (complete && states == ["heard", "missed"]).then_some(())
    })
    .await;
    assert!(second.core().log.applied() < receipt.parse().expect("a number"));
    let ahead = format!("/v1/admin/receipts?seq={}", 1_000_000);
    first
        .admin("GET", &ahead, json!({}))
        .await
        .refused(404, "not_found");
    first
        .admin("GET", "/v1/admin/receipts?seq=x", json!({}))
        .await
        .refused(400, "invalid_request");
}
