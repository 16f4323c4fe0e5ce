//! Many requests at once find a provider's access token expired, on two nodes: it is renewed once,
//! however slow the provider is, and whoever dies meanwhile.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use laneway::store::upstream_sessions::{self, Stamp};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use url::Url;
use wiremock::ResponseTemplate;

use crate::backend_tokens::{ANA, BOB, LIFE_S, api, at_app, attaching, bearer, options};
use crate::harness::issuer::Issuer;
use crate::harness::soak::{self, Spread};
use crate::harness::{Browser, IDE, LOGIN, TestApp};

/// What one request may wait beside the call itself: the looks of the other node, and its turn
/// among five hundred on a small machine.
const BOUND: Duration = Duration::from_secs(4);

struct Outcome {
    status: u16,
    token: Option<String>,
    text: String,
    took: Duration,
}

async fn ask(mut browser: Browser) -> Outcome {
    let begun = Instant::now();
    let reply = browser.send(api()).await;
    Outcome {
        status: reply.code(),
        token: bearer(&reply),
        text: reply.text(),
        took: begun.elapsed(),
    }
}

/// So many requests of a person, every other one at the second node.
fn many(browser: &Browser, nodes: [&TestApp; 2], count: usize) -> Vec<JoinHandle<Outcome>> {
    let at = |n: usize| browser.towards(&nodes[n % 2].app.router);
    (0..count).map(|n| tokio::spawn(ask(at(n)))).collect()
}

async fn two_nodes() -> Option<[TestApp; 2]> {
    let app = TestApp::postgres().await?;
    let first = attaching(&app).await;
    let second = first.restarted(&options(8)).await.expect("it starts");
    Some([first, second])
}

/// 500 requests of one person and 50 of another, with a provider that takes this long.
async fn stampede(takes: Duration) {
    let Some([first, second]) = two_nodes().await else {
        return;
    };
    let _jobs = [first.jobs(), second.jobs()];
    let (ana, bob) = (at_app(&first, ANA).await, at_app(&first, BOB).await);
    let usual = usually(&ana, [&first, &second]).await;
    first.clock.advance_s(LIFE_S);
    first.fake.renewing_takes(takes);
    let of_bob = many(&bob, [&second, &first], 50);
    let of_ana = many(&ana, [&first, &second], 500);
    let mut waits = Vec::new();
    for (subject, all) in [(ANA, of_ana), (BOB, of_bob)] {
        let mut tokens = std::collections::BTreeSet::new();
        for one in all {
            let one = one.await.expect("an answer");
            assert_eq!(one.status, 200, "{}", one.text);
            tokens.insert(one.token.expect("a token"));
            waits.push(one.took);
        }
        assert_eq!(tokens.len(), 1, "{subject}");
        let token = tokens.first().expect("one");
        assert_eq!(first.fake.owner_of(token).as_deref(), Some(subject));
    }
    assert_eq!(first.fake.times_renewed(), 2, "one for each person");
    assert_eq!(first.fake.times_reused(), 0);
    let spread = Spread::of(waits);
    soak::measured(&format!(
        "stampede: token endpoint of {} ms, 500 + 50 requests at 2 nodes, 2 persons: 2 renewals, waits {} \
         (without renewal max {} ms)",
        takes.as_millis(),
        spread.told(),
        usual.as_millis()
    ));
    let most = takes + 2 * usual + BOUND / 2;
    assert!(spread.max < most, "{} instead of {most:?}", spread.told());
}

/// What the slowest of so many waits where nothing has to be renewed.
async fn usually(browser: &Browser, nodes: [&TestApp; 2]) -> Duration {
    let mut slowest = Duration::ZERO;
    for one in many(browser, nodes, 550) {
        let one = one.await.expect("an answer");
        assert_eq!(one.status, 200, "{}", one.text);
        slowest = slowest.max(one.took);
    }
    slowest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_quick_provider_is_asked_once() {
    stampede(Duration::from_millis(50)).await;
}

/// Slower than the time after which a lease that does not move is a dead one's; the full length in
/// `dev/soak`.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_provider_slower_than_the_lease_is_asked_once() {
    if soak::factor() == 1 {
        return stampede(Duration::from_millis(3_500)).await;
    }
    for seconds in [3, 10] {
        stampede(Duration::from_secs(seconds)).await;
    }
}

/// Over the network, by an answer that comes later than any other call is waited for (in
/// `dev/soak`).
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_slow_token_endpoint_is_waited_for() {
    let takes = Duration::from_secs(if soak::factor() == 1 { 1 } else { 11 });
    let app = TestApp::sqlite_with(options(1)).await;
    let issuer = Issuer::new(&app).await;
    let base = issuer.url();
    let document = json!({
        "issuer": base, "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"), "jwks_uri": format!("{base}/keys"),
        "id_token_signing_alg_values_supported": ["ES256"],
    });
    issuer.says("/.well-known/openid-configuration", document);
    let id = issuer.attach(&app, Value::Null).await;
    let path = format!("/v1/admin/upstreams/{id}");
    let primary = json!({ "role": "primary" });
    app.admin("PATCH", &path, primary).await.expect(200);
    let mut ana = app.browser();
    let start = "/federation/idp/start?return_to=/account";
    let there = ana.get(start).await.expect(303).location().to_owned();
    let there = Url::parse(&there).expect("an address");
    let asked: HashMap<_, _> = there.query_pairs().into_owned().collect();
    let mut claims = issuer.claims("sub-ana");
    claims["aud"] = json!("ours");
    claims["nonce"] = json!(asked["nonce"]);
    let mut answer = json!({
        "access_token": "at-1", "refresh_token": "rt-1", "token_type": "Bearer",
        "expires_in": LIFE_S, "id_token": issuer.key.sign_as("JWT", &claims),
    });
    issuer.says("/token", answer.clone());
    let back = format!("/federation/callback/idp?code=c&state={}", asked["state"]);
    ana.get(&back).await.expect(303);
    app.enter(&mut ana, IDE).await;
    assert_eq!(ask(ana.clone()).await.token.as_deref(), Some("at-1"));

    answer["access_token"] = json!("at-2");
    answer["refresh_token"] = json!("rt-2");
    answer["id_token"].take();
    let late = ResponseTemplate::new(200).set_body_json(answer);
    issuer.answers("/token", late.set_delay(takes));
    app.clock.advance_s(LIFE_S);
    for one in many(&ana, [&app, &app], 100) {
        let one = one.await.expect("an answer");
        assert_eq!(
            (one.status, one.token.as_deref()),
            (200, Some("at-2")),
            "{}",
            one.text
        );
        assert!(one.took < takes + BOUND, "{:?}", one.took);
    }
    assert_eq!(issuer.asked("/token"), 2, "for the code, and once more");
}

/// A node with threads of its own: all that it does ends with them.
struct Mortal {
    runtime: Option<Runtime>,
    node: Option<TestApp>,
}

impl Mortal {
    fn beside(app: &TestApp) -> Self {
        std::thread::scope(|scope| {
            let start = || {
                let runtime = tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(2)
                    .enable_all()
                    .build()
                    .expect("a runtime");
                let node = runtime.block_on(app.restarted(&options(9)));
                Self {
                    runtime: Some(runtime),
                    node: Some(node.expect("it starts")),
                }
            };
            scope.spawn(start).join().expect("a node")
        })
    }

    fn ask(&self, browser: &Browser) -> JoinHandle<Outcome> {
        let (Some(runtime), Some(node)) = (&self.runtime, &self.node) else {
            panic!("it is dead");
        };
        runtime.spawn(ask(browser.towards(&node.app.router)))
    }

    fn kill(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Mortal {
    fn drop(&mut self) {
        self.kill();
        self.node.take();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_killed_after_it_asked_leaves_a_session_that_a_visit_renews() {
    let Some([first, _]) = two_nodes().await else {
        return;
    };
    let _jobs = first.jobs();
    let mut dying = Mortal::beside(&first);
    let (mut ana, bob) = (at_app(&first, ANA).await, at_app(&first, BOB).await);
    first.clock.advance_s(LIFE_S);
    first.fake.renewing_takes(Duration::from_secs(5));
    let there: Vec<_> = (0..25).map(|_| dying.ask(&ana)).collect();
    crate::harness::until(5, "it asks", || async {
        (first.fake.times_renewed() == 1).then_some(())
    })
    .await;
    let mut waiting = many(&ana, [&first, &first], 25);
    tokio::time::sleep(Duration::from_millis(700)).await;
    dying.kill();
    let killed = Instant::now();
    first.fake.renewing_takes(Duration::ZERO);
    for one in there {
        // Its client goes to the other node, as a balancer does.
        match one.await {
            Ok(outcome) => assert_ne!(outcome.status / 100, 5, "{}", outcome.text),
            Err(_) => waiting.push(tokio::spawn(ask(ana.clone()))),
        }
    }
    for one in waiting {
        let one = one.await.expect("an answer");
        assert_eq!(one.status, 401, "{}", one.text);
        assert!(
            one.text.contains("token_expired") && one.token.is_none(),
            "{}",
            one.text
        );
    }
    let took = killed.elapsed();
    soak::measured(&format!(
        "stampede: node killed after it asked: 50 answers, none 5xx, told to sign in {} ms after",
        took.as_millis()
    ));
    assert!(took < Duration::from_secs(3) + BOUND, "{took:?}");
    assert_eq!(first.fake.times_reused(), 1, "the old one is tried once");
    // Nobody else lost anything, and the session itself goes on.
    let other = ask(bob).await;
    assert_eq!(other.status, 200, "{}", other.text);
    let token = other.token.expect("a token");
    assert_eq!(first.fake.owner_of(&token).as_deref(), Some(BOB));
    ana.user(IDE).await.expect(200);
    let to = format!("{LOGIN}/bff/login?return_to=/account");
    let to = ana.get(&to).await.expect(303).location().to_owned();
    first.come_back(&mut ana, ANA, &to).await.expect(303);
    let token = ask(ana).await.token.expect("a token");
    assert_eq!(first.fake.owner_of(&token).as_deref(), Some(ANA));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_killed_before_it_asked_is_replaced_within_its_lease() {
    let Some([first, second]) = two_nodes().await else {
        return;
    };
    let mut ana = at_app(&first, ANA).await;
    first.clock.advance_s(LIFE_S);
    let tenant = first.tenant().await;
    let upstream = first.core().providers.by_slug(&tenant, "corp").await;
    let upstream = upstream.expect("an upstream").row.id.clone();
    let sid = ana.me().await["sid"].as_str().expect("an id").to_owned();
    let sid = laneway::domain::Sid(sid);
    // Its lease lies in the future by its own clock, which was wrong.
    let stamp = Stamp {
        owner: "dead".into(),
        until: i64::MAX - 1,
    };
    let mut tx = first.core().db.begin().await.expect("a transaction");
    let key = (&sid, &upstream);
    let taken = upstream_sessions::take(&mut tx, &tenant.id, key, 1, None, &stamp).await;
    assert!(taken.expect("no error"));
    tx.commit().await.expect("a commit");
    let mut waits = Vec::new();
    for one in many(&ana, [&first, &second], 50) {
        let one = one.await.expect("an answer");
        assert_eq!(one.status, 200, "{}", one.text);
        assert_eq!(
            first.fake.owner_of(&one.token.expect("a token")).as_deref(),
            Some(ANA)
        );
        waits.push(one.took);
    }
    assert_eq!(
        (first.fake.times_renewed(), first.fake.times_reused()),
        (1, 0)
    );
    let spread = Spread::of(waits);
    soak::measured(&format!(
        "stampede: node killed before it asked: 50 × 200, 1 renewal, waits {}",
        spread.told()
    ));
    assert!(
        spread.max < Duration::from_secs(3) + BOUND,
        "{}",
        spread.told()
    );
}
