//! Time does not tell whether somebody has an account: known and unknown names, answer by
//! answer, interleaved (SECURITY T22).

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::app::Options;
use crate::harness::{Browser, Call, TestApp, answer, soak};

/// So often a name is used: fewer than the wrong passwords after which verdicts end.
const USES: usize = 80;

/// What is measured, and what comes before it unmeasured.
#[derive(Debug, Clone, Copy)]
enum Answered {
    Begin,
    Identify,
    Password,
    EmailCode,
}

async fn program(names: usize) -> TestApp {
    let options = Options {
        signup: "closed",
        tables: "[upstream]\nkind = \"embedded\"\noptions = { methods = [\"passkey\", \"email-code\", \"password\"] }".into(),
        limits: "network_factor = 1000\nflows_per_network = 100000\nanswers_per_network = 100000\nfailures_per_network = 100000\n\
            failures_per_account = 1000\nmails_per_address = 1000".into(),
        real_time: true,
        ..Options::default()
    };
    let app = TestApp::sqlite_with(options).await;
    for n in 0..=names {
        let name = known(n * USES);
        let body = json!({ "email": name, "email_verified": true, "name": "A", "password": "nine brown boats on a quay" });
        app.admin("POST", "/v1/admin/users", body).await.expect(201);
        // One sign-in by code, so that the address is linked as that of any other person.
        app.login(&name).await;
    }
    app
}

fn known(n: usize) -> String {
    format!("k{:05}@x.test", n / USES)
}

fn unknown(n: usize) -> String {
    format!("u{:05}@x.test", n / USES)
}

async fn once(app: &TestApp, what: Answered, name: &str) -> Duration {
    let mut browser = app.browser();
    let begin = json!({ "username": name });
    if matches!(what, Answered::Begin) {
        return timed(&mut browser, "/v1/auth/flows", &begin).await;
    }
    let first = if matches!(what, Answered::Identify) {
        json!({})
    } else {
        begin.clone()
    };
    let flow = browser
        .post("/v1/auth/flows", first)
        .await
        .expect(201)
        .json();
    let id = flow["id"].as_str().expect("an id").to_owned();
    let at = |kind: &str| format!("/v1/auth/flows/{id}/{kind}");
    match what {
        Answered::Identify => timed(&mut browser, &at("identify"), &begin).await,
        Answered::EmailCode => timed(&mut browser, &at("email-code"), &json!({})).await,
        _ => {
            answer(&mut browser, &id, "password", json!({}))
                .await
                .expect(200);
            timed(
                &mut browser,
                &at("password"),
                &json!({ "password": "wrong" }),
            )
            .await
        }
    }
}

async fn timed(browser: &mut Browser, path: &str, body: &Value) -> Duration {
    let call = Call::api("POST", path, body);
    let begun = Instant::now();
    let reply = browser.send(call).await;
    let took = begun.elapsed();
    assert!([200, 201, 422].contains(&reply.code()), "{}", reply.text());
    took
}

/// Welch's t of two samples in µs, without the slowest twentieth of each: that is the
/// machine, not the program.
fn welch(known: &mut [f64], unknown: &mut [f64]) -> (f64, f64) {
    let of = |all: &mut [f64]| {
        all.sort_by(f64::total_cmp);
        let kept = &all[..all.len() - all.len() / 20];
        #[expect(clippy::cast_precision_loss, reason = "a few thousand samples")]
        let n = kept.len() as f64;
        let mean = kept.iter().sum::<f64>() / n;
        let variance = kept.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        (mean, variance / n)
    };
    let ((one, a), (two, b)) = (of(known), of(unknown));
    ((one - two) / (a + b).sqrt(), (one - two) / two)
}

async fn compare(app: &TestApp, what: Answered, samples: usize, from: usize) -> (f64, f64) {
    let (mut here, mut nowhere) = (Vec::new(), Vec::new());
    for n in 0..samples + 3 {
        let (person, stranger) = (known(from + n), unknown(from + n));
        let (mut one, mut two) = (0.0, 0.0);
        // Which goes first alternates.
        for turn in [n % 2, (n + 1) % 2] {
            if turn == 0 {
                one = once(app, what, &person).await.as_secs_f64() * 1e6;
            } else {
                two = once(app, what, &stranger).await.as_secs_f64() * 1e6;
            }
        }
        // The first few fill caches.
        if n >= 3 {
            here.push(one);
            nowhere.push(two);
        }
    }
    welch(&mut here, &mut nowhere)
}

#[tokio::test]
async fn time_does_not_tell_whether_somebody_has_an_account() {
    let samples = if soak::factor() > 1 { 2000 } else { 40 };
    let app = program(2 * (samples + 3) / USES).await;
    for what in [
        Answered::Begin,
        Answered::Identify,
        Answered::Password,
        Answered::EmailCode,
    ] {
        let mut rounds = Vec::new();
        for round in 0..2 {
            rounds.push(compare(&app, what, samples, round * (samples + 3)).await);
        }
        let told = |(t, part): (f64, f64)| format!("t {t:.2}, {:.2} %", part * 100.0);
        soak::measured(&format!(
            "{what:?} known/unknown, {samples} each: {}; {}",
            told(rounds[0]),
            told(rounds[1])
        ));
        // p > 0.01 in one of two rounds; what is smaller than a fiftieth of the answer's own
        // time in both is no difference that a network lets through.
        let significant = rounds.iter().all(|(t, _)| t.abs() > 2.6)
            && rounds[0].0.signum() == rounds[1].0.signum();
        let visible = rounds.iter().all(|(_, part)| part.abs() > 0.02);
        assert!(!(significant && visible), "{what:?}: {rounds:?}");
    }
}
