//! The issuer's keys: rotated, unknown, out of reach.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use laneway_verify::Refusal;
use serde_json::{Value, json};

use super::{access, fine, verifier};
use crate::harness::app::Options;
use crate::harness::{TestApp, until};

/// An issuer of which there is nothing but a key set: the set, and how often it was fetched.
struct Issuer {
    address: String,
    set: Arc<Mutex<Option<String>>>,
    fetched: Arc<AtomicUsize>,
}

impl Issuer {
    async fn with(set: String) -> Self {
        let set = Arc::new(Mutex::new(Some(set)));
        let fetched = Arc::new(AtomicUsize::new(0));
        let (told, counted) = (Arc::clone(&set), Arc::clone(&fetched));
        let router = axum::Router::new().fallback(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            let set = told.lock().expect("a set").clone();
            async move { set.ok_or(http::StatusCode::INTERNAL_SERVER_ERROR) }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            address,
            set,
            fetched,
        }
    }

    fn says(&self, set: Option<String>) {
        *self.set.lock().expect("a set") = set;
    }

    fn fetched(&self) -> usize {
        self.fetched.load(Ordering::SeqCst)
    }
}

async fn key_set(app: &TestApp) -> String {
    let set = app.browser().get("/.well-known/jwks.json").await;
    set.expect(200).text()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_unknown_key_is_asked_for_once_and_known_ones_outlive_an_outage_for_a_while() {
    let (app, next) = (TestApp::sqlite().await, TestApp::sqlite().await);
    let issuer = Issuer::with(key_set(&app).await).await;
    let keep = Duration::from_secs(6);
    let claims = fine(&app).await;
    let (old, new) = (
        app.sign("at+jwt", &claims).await,
        next.sign("at+jwt", &claims).await,
    );
    let strange = TestApp::sqlite().await.sign("at+jwt", &claims).await;
    let one = verifier(&app, &issuer.address)
        .keep_keys(keep)
        .build()
        .expect("a verifier");
    one.verify(&old).await.expect("it counts");
    // Rotated: the set has both, and the first token that names the new key brings it.
    let (first, second): (Value, Value) = (
        serde_json::from_str(&key_set(&app).await).expect("JSON"),
        serde_json::from_str(&key_set(&next).await).expect("JSON"),
    );
    let both: Vec<&Value> = [&first, &second]
        .into_iter()
        .flat_map(|set| set["keys"].as_array().expect("keys"))
        .collect();
    issuer.says(Some(json!({ "keys": both }).to_string()));
    one.verify(&new).await.expect("the new key");
    one.verify(&old).await.expect("the old key");
    let before = issuer.fetched();
    let asked = (0..50).map(|_| one.verify(&strange));
    for outcome in futures::future::join_all(asked).await {
        assert_eq!(outcome, Err(Refusal::InvalidToken));
    }
    assert!(
        issuer.fetched() <= before + 1,
        "{} fetches",
        issuer.fetched() - before
    );
    // Away: what is known goes on, for so long.
    issuer.says(None);
    one.verify(&new).await.expect("kept");
    until(20, "kept for so long", || async {
        (one.verify(&new).await == Err(Refusal::Unavailable)).then_some(())
    })
    .await;
    // Nothing was ever fetched: nothing can be judged.
    let late = verifier(&app, "127.0.0.1:9").build().expect("a verifier");
    assert_eq!(late.verify(&old).await, Err(Refusal::Unavailable));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rotation_of_our_keys_is_not_noticed() {
    let app = TestApp::sqlite().await;
    let (core, tenant) = (app.core(), app.tenant().await.id);
    let old = app.sign("at+jwt", &fine(&app).await).await;
    let mut write = core.begin().await.expect("a transaction");
    let now = write.now();
    let rotated = laneway::tokens::rotate(&mut write.tx, &core.sealer, &tenant, now, false).await;
    rotated.expect("rotated");
    core.commit(write).await.expect("a commit");
    // A node that reads the keys afresh publishes the new one and signs with the old.
    let next = app
        .restarted(&Options {
            seed: 3,
            ..Default::default()
        })
        .await
        .expect("a node");
    let listener = next.listen().await;
    let verifier = verifier(&next, listener.address)
        .build()
        .expect("a verifier");
    verifier.verify(&old).await.expect("the old key");
    let mut browser = next.signup("ana@x.test").await;
    let client = next.client(json!({})).await;
    let before = next.tokens(&mut browser, &client).await;
    let kid = |token: &str| crate::oauth::client::head(token)["kid"].clone();
    assert_eq!(kid(access(&before)), kid(&old));
    next.clock.advance_s(301);
    let after = next.tokens(&mut browser, &client).await;
    assert_ne!(kid(access(&after)), kid(&old));
    verifier.verify(access(&after)).await.expect("the new key");
}
