//! Guessing: where it ends, and who is not shut out by it.

use std::net::{IpAddr, Ipv6Addr};

use laneway_fake::SoftAuthenticator;
use serde_json::{Value, json};

use crate::harness::app::Options;
use crate::harness::{Browser, LOGIN, Reply, TestApp, answer, soak};

const PASSWORD: &str = "nine brown boats on a quay";
const VICTIM: &str = "ana@x.test";

const PASSWORDS_ON: &str = "[upstream]\nkind = \"embedded\"\n\
    options = { methods = [\"passkey\", \"email-code\", \"password\", \"totp\"] }\n";

fn options(limits: &str) -> Options {
    Options {
        signup: "closed",
        tables: PASSWORDS_ON.into(),
        limits: format!("network_factor = 1000\n{limits}"),
        ..Options::default()
    }
}

async fn with_victim(options: Options) -> TestApp {
    let app = TestApp::sqlite_with(options).await;
    add_victim(&app).await;
    app
}

async fn add_victim(app: &TestApp) {
    let body =
        json!({ "email": VICTIM, "email_verified": true, "name": "Ana", "password": PASSWORD });
    app.admin("POST", "/v1/admin/users", body).await.expect(201);
}

/// The n-th network of an attacker: a /64 each.
fn network(n: u16) -> IpAddr {
    Ipv6Addr::new(0x2001, 0xdb8, 7, n, 0, 0, 0, 1).into()
}

async fn try_in(
    app: &TestApp,
    browser: &mut Browser,
    name: &str,
    password: &str,
) -> (String, Reply) {
    let flow = app.begin(browser, json!({ "username": name })).await;
    let id = flow["id"].as_str().expect("an id").to_owned();
    let reply = answer(browser, &id, "password", json!({ "password": password })).await;
    (id, reply)
}

async fn guess(app: &TestApp, n: u16, name: &str, password: &str) -> Reply {
    try_in(app, &mut app.browser().at_ip(network(n)), name, password)
        .await
        .1
}

fn step(reply: &Reply) -> String {
    let body = reply.json();
    body["step"]["kind"].as_str().unwrap_or_default().to_owned()
}

/// The victim at home: signed in by password once, so that the device is known.
async fn at_home(app: &TestApp) -> Browser {
    let mut home = app.browser();
    let (_, reply) = try_in(app, &mut home, VICTIM, PASSWORD).await;
    assert_eq!(reply.expect(200).json()["state"], "done");
    home
}

#[tokio::test]
async fn lockout_as_denial_of_service_does_not_shut_the_victim_out() {
    let app = with_victim(options("")).await;
    let mut home = at_home(&app).await;
    let keys = SoftAuthenticator::new();
    app.enrol(&mut home, &keys).await;
    // 1,000 at full length, three from each network else; those of a round at once.
    let each = soak::factor().clamp(3, 20);
    let (mut told, mut blind) = (0, 0);
    for round in 0..each {
        let wrong = format!("wrong {round}");
        let guesses = (0..50).map(|n| guess(&app, n, VICTIM, &wrong));
        for reply in futures::future::join_all(guesses).await {
            match (reply.code(), step(&reply).as_str()) {
                (422, _) => told += 1,
                (200, "email-code") => blind += 1,
                other => panic!("{other:?}: {}", reply.text()),
            }
        }
    }
    soak::measured(&format!(
        "{} wrong passwords: {told} answered, {blind} without a verdict",
        told + blind
    ));
    assert_eq!(
        told, 100,
        "no more than a hundred in a row learn whether they were right"
    );

    // The known device: the password alone, as ever.
    let (_, reply) = try_in(&app, &mut home, VICTIM, PASSWORD).await;
    assert_eq!(reply.expect(200).json()["state"], "done");
    // The passkey, on a device that nobody knows, in a network that attacks.
    let mut borrowed = app.browser().at_ip(network(1));
    let flow = app.begin(&mut borrowed, json!({})).await;
    let id = flow["id"].as_str().expect("an id");
    let open = answer(&mut borrowed, id, "passkey", json!({}))
        .await
        .expect(200)
        .json();
    let credential = keys
        .get(&open["step"]["public_key"], LOGIN)
        .expect("it signs");
    let done = answer(
        &mut borrowed,
        id,
        "passkey",
        json!({ "credential": credential }),
    )
    .await;
    assert_eq!(done.expect(200).json()["state"], "done");
    // The right password from a new network: a code by mail, and then in.
    let before = app.mails_to(VICTIM).await.len();
    let mut elsewhere = app.browser().at_ip(network(99));
    let (id, reply) = try_in(&app, &mut elsewhere, VICTIM, PASSWORD).await;
    assert_eq!(step(&reply.expect(200)), "email-code");
    elsewhere
        .get("/v1/me")
        .await
        .refused(401, "unauthenticated");
    assert!(app.mails_to(VICTIM).await.len() > before, "it was sent");
    let code = app.code_for(VICTIM).await;
    let done = answer(&mut elsewhere, &id, "email-code", json!({ "code": code }))
        .await
        .expect(200);
    assert_eq!(done.json()["state"], "done");
    let me = elsewhere.get("/bff/user").await.expect(200).json();
    assert_eq!(me["acr"], "aal2", "{me}");
    let newest = app.events("login.completed").await.remove(0);
    assert!(
        newest.detail.contains("too many wrong answers"),
        "the trace says why: {}",
        newest.detail
    );
}

#[tokio::test]
async fn after_the_hours_budget_a_right_password_needs_a_code_and_a_wrong_one_is_still_told() {
    let app = with_victim(options("failures_per_account = 5")).await;
    for n in 0..5 {
        guess(&app, n, VICTIM, "wrong")
            .await
            .refused(422, "invalid_credentials");
    }
    guess(&app, 50, VICTIM, "wrong")
        .await
        .refused(422, "invalid_credentials");
    let reply = guess(&app, 51, VICTIM, PASSWORD).await.expect(200);
    assert_eq!(step(&reply), "email-code");
    // The next hour.
    app.clock.advance_s(3600);
    let reply = guess(&app, 52, VICTIM, PASSWORD).await.expect(200);
    assert_eq!(reply.json()["state"], "done");
}

#[tokio::test]
async fn past_a_hundred_in_a_row_right_wrong_and_unknown_look_the_same() {
    let app = with_victim(options("failures_per_account = 2\nfailures_in_a_row = 4")).await;
    let nobody = "bob@x.test";
    for n in 0..4 {
        guess(&app, n, VICTIM, "wrong")
            .await
            .refused(422, "invalid_credentials");
        guess(&app, n, nobody, "wrong")
            .await
            .refused(422, "invalid_credentials");
    }
    let shape = |reply: Reply| {
        let mut body = reply.expect(200).json();
        body["id"] = Value::Null;
        body
    };
    let wrong = shape(guess(&app, 5, VICTIM, "wrong").await);
    let unknown = shape(guess(&app, 6, nobody, "wrong").await);
    let mails = app.mails_to(VICTIM).await.len();
    let right = shape(guess(&app, 7, VICTIM, PASSWORD).await);
    assert_eq!((&wrong, &unknown), (&right, &right));
    assert_eq!(
        app.mails_to(VICTIM).await.len(),
        mails + 1,
        "only the mailbox learns"
    );
    assert_eq!(app.mails_to(nobody).await.len(), 0);
}

/// What can be asked next in the same flow must not tell either.
#[tokio::test]
async fn nothing_that_is_tried_after_a_hidden_verdict_shows_it() {
    let app = with_victim(options("failures_per_account = 2\nfailures_in_a_row = 4")).await;
    let keys = SoftAuthenticator::new();
    app.enrol(&mut at_home(&app).await, &keys).await;
    let mallory = SoftAuthenticator::new();
    let made = json!({ "email": "mal@x.test", "email_verified": true, "password": PASSWORD });
    app.admin("POST", "/v1/admin/users", made).await.expect(201);
    let mut own = app.browser();
    let (_, reply) = try_in(&app, &mut own, "mal@x.test", PASSWORD).await;
    assert_eq!(reply.expect(200).json()["state"], "done");
    app.enrol(&mut own, &mallory).await;
    for n in 0..4 {
        guess(&app, n, VICTIM, "wrong")
            .await
            .refused(422, "invalid_credentials");
    }
    let probes = [
        ("choose", json!({})),
        ("identify", json!({ "username": "x@x.test" })),
        (
            "password",
            json!({ "password": "another one that is wrong" }),
        ),
        ("passkey", json!({})),
        ("totp", json!({ "code": "123456" })),
        ("email-code", json!({ "code": "000000" })),
    ];
    for (number, (kind, body)) in (10u16..).zip(&probes) {
        let mut seen = Vec::new();
        for (lane, password) in [(0, "wrong"), (100, PASSWORD)] {
            let mut browser = app.browser().at_ip(network(number + lane));
            let (id, reply) = try_in(&app, &mut browser, VICTIM, password).await;
            assert_eq!(step(&reply.expect(200)), "email-code");
            let mut replies = Vec::new();
            // Once as it is, and once after going back.
            for back in [false, true] {
                if back {
                    answer(&mut browser, &id, "choose", json!({})).await;
                }
                let reply = answer(&mut browser, &id, kind, body.clone()).await;
                let mut json = reply.json();
                for path in [
                    "/step/public_key/challenge",
                    "/request_id",
                    "/flow/id",
                    "/id",
                ] {
                    if let Some(value) = json.pointer_mut(path) {
                        *value = Value::Null;
                    }
                }
                replies.push((reply.code(), json));
            }
            seen.push(replies);
        }
        assert_eq!(seen[0], seen[1], "{kind}");
    }
    // A passkey of one's own signs in as oneself, whatever was typed before.
    for password in ["wrong", PASSWORD] {
        let mut browser = app.browser().at_ip(network(40));
        let (id, _) = try_in(&app, &mut browser, VICTIM, password).await;
        let open = answer(&mut browser, &id, "passkey", json!({})).await;
        let open = open.expect(200).json();
        let credential = mallory
            .get(&open["step"]["public_key"], LOGIN)
            .expect("it signs");
        let body = json!({ "credential": credential });
        let done = answer(&mut browser, &id, "passkey", body).await.expect(200);
        assert_eq!(done.json()["state"], "done");
        assert_eq!(browser.me().await["email"], "mal@x.test");
    }
    // Nor does signing in as oneself, with the victim's name typed, open a hundred more.
    let reply = guess(&app, 41, VICTIM, "wrong").await.expect(200);
    assert_eq!(step(&reply), "email-code", "the row has not ended");
}

#[tokio::test]
async fn guesses_at_once_are_counted_before_they_are_judged() {
    let limits = options("failures_per_account = 3\nfailures_in_a_row = 10");
    let Some(app) = TestApp::postgres_with(limits).await else {
        return;
    };
    add_victim(&app).await;
    let mut flows = Vec::new();
    for n in 0..30 {
        let mut browser = app.browser().at_ip(network(n));
        let flow = app.begin(&mut browser, json!({ "username": VICTIM })).await;
        flows.push((browser, flow["id"].as_str().expect("an id").to_owned()));
    }
    let mut tasks = tokio::task::JoinSet::new();
    for (mut browser, id) in flows {
        tasks.spawn(async move {
            answer(
                &mut browser,
                &id,
                "password",
                json!({ "password": "wrong" }),
            )
            .await
            .code()
        });
    }
    let codes = tasks.join_all().await;
    assert_eq!(
        codes.iter().filter(|code| **code == 422).count(),
        10,
        "{codes:?}"
    );
    // A crowded machine may answer "come back later", which judges nothing.
    let known = codes.iter().all(|code| [200, 422, 503].contains(code));
    assert!(known, "{codes:?}");
}

#[tokio::test]
async fn a_known_device_has_a_budget_of_its_own_and_no_more() {
    let app = with_victim(options("failures_per_device = 3\nfailures_per_account = 2")).await;
    let mut home = at_home(&app).await;
    for n in 0..3 {
        guess(&app, n, VICTIM, "wrong")
            .await
            .refused(422, "invalid_credentials");
    }
    // Somebody sits down at it and guesses.
    for _ in 0..3 {
        try_in(&app, &mut home, VICTIM, "wrong")
            .await
            .1
            .refused(422, "invalid_credentials");
    }
    let (_, reply) = try_in(&app, &mut home, VICTIM, PASSWORD).await;
    assert_eq!(
        step(&reply.expect(200)),
        "email-code",
        "a stranger like any other"
    );
    app.clock.advance_s(3600);
    let (_, reply) = try_in(&app, &mut home, VICTIM, PASSWORD).await;
    assert_eq!(reply.expect(200).json()["state"], "done");
}

#[tokio::test]
async fn a_device_of_somebody_else_is_worth_nothing() {
    let app = with_victim(options("failures_per_account = 2")).await;
    let body = json!({ "email": "eve@x.test", "email_verified": true, "name": "Eve", "password": PASSWORD });
    app.admin("POST", "/v1/admin/users", body).await.expect(201);
    let mut eve = app.browser().at_ip(network(1));
    let (_, reply) = try_in(&app, &mut eve, "eve@x.test", PASSWORD).await;
    assert_eq!(reply.expect(200).json()["state"], "done");
    for _ in 0..3 {
        try_in(&app, &mut eve, VICTIM, "wrong")
            .await
            .1
            .refused(422, "invalid_credentials");
    }
    let (_, reply) = try_in(&app, &mut eve, VICTIM, PASSWORD).await;
    assert_eq!(step(&reply.expect(200)), "email-code");
}

#[tokio::test]
async fn mails_that_others_ask_for_do_not_use_up_the_victims() {
    let app = with_victim(options("failures_per_account = 2\nmails_per_address = 3")).await;
    let mut home = at_home(&app).await;
    for n in 0..6 {
        let mut browser = app.browser().at_ip(network(n));
        let flow = app.begin(&mut browser, json!({ "username": VICTIM })).await;
        answer(
            &mut browser,
            flow["id"].as_str().expect("an id"),
            "email-code",
            json!({}),
        )
        .await
        .expect(200);
        guess(&app, n, VICTIM, "wrong")
            .await
            .refused(422, "invalid_credentials");
    }
    let sent = app.mails_to(VICTIM).await.len();
    // At home a code comes.
    app.login_in(&mut home, VICTIM).await;
    assert_eq!(app.mails_to(VICTIM).await.len(), sent + 1);
    // And so it does after the right password.
    let mut elsewhere = app.browser().at_ip(network(99));
    let (id, reply) = try_in(&app, &mut elsewhere, VICTIM, PASSWORD).await;
    assert_eq!(step(&reply.expect(200)), "email-code");
    assert_eq!(app.mails_to(VICTIM).await.len(), sent + 2);
    let code = app.code_for(VICTIM).await;
    let done = answer(&mut elsewhere, &id, "email-code", json!({ "code": code }))
        .await
        .expect(200);
    assert_eq!(done.json()["state"], "done");
}

#[tokio::test]
async fn one_network_cannot_try_one_password_on_everybody() {
    let mut limits = options("");
    limits.limits =
        "flows_per_network = 1000\nanswers_per_network = 1000\nfailures_per_network = 5".into();
    let app = with_victim(limits).await;
    let mut home = at_home(&app).await;
    for n in 0..5 {
        let name = format!("p{n}@x.test");
        guess(&app, 1, &name, "Summer2027!")
            .await
            .refused(422, "invalid_credentials");
    }
    let reply = guess(&app, 1, VICTIM, "Summer2027!")
        .await
        .refused(429, "rate_limited");
    assert!(
        reply
            .header("retry-after")
            .parse::<u64>()
            .is_ok_and(|seconds| seconds <= 3600)
    );
    // The same network spelled otherwise, another one, and a known device in this one.
    let same = IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 7, 1, 9, 9, 9, 9));
    try_in(&app, &mut app.browser().at_ip(same), VICTIM, PASSWORD)
        .await
        .1
        .refused(429, "rate_limited");
    assert_eq!(
        guess(&app, 2, VICTIM, PASSWORD).await.expect(200).json()["state"],
        "done"
    );
    home = home.at_ip(network(1));
    let (_, reply) = try_in(&app, &mut home, VICTIM, PASSWORD).await;
    assert_eq!(reply.expect(200).json()["state"], "done");
}

#[tokio::test]
async fn a_crowd_in_one_network_does_not_hold_up_a_known_device() {
    let mut limits = options("");
    limits.limits = "flows_per_network = 4\nanswers_per_network = 4".into();
    let app = with_victim(limits).await;
    let mut home = at_home(&app).await.at_ip(network(1));
    let mut crowd = app.browser().at_ip(network(1));
    for _ in 0..4 {
        crowd.post("/v1/auth/flows", json!({})).await.expect(201);
    }
    crowd
        .post("/v1/auth/flows", json!({}))
        .await
        .refused(429, "rate_limited");
    let (_, reply) = try_in(&app, &mut home, VICTIM, PASSWORD).await;
    assert_eq!(reply.expect(200).json()["state"], "done");
}
