//! The provider goes away and comes back.

use std::time::{Duration, Instant};

use serde_json::json;
use url::Url;

use super::answers::answer;
use super::probe::failed;
use super::rig::{Does, Person};
use super::stage::Stage;
use super::web::Browser;
use crate::harness::until;

/// Nobody waits longer for the news that the provider is away.
const PATIENCE: Duration = Duration::from_secs(12);

/// While it is away: sessions go on, new sign-ins hear 503 soon, as a page and as a
/// problem. When it is back: sign-in works, and nobody had to restart Laneway.
pub async fn sessions_live_on_and_logins_come_back(stage: &Stage) {
    let ana = stage.rig.provision(stage, "ana", false).await;
    let mut browser = stage.signed_in(&ana).await;
    let before = stage.who(&mut browser).await;
    let ana_elsewhere = stage.signed_in(&ana).await;
    let mut late = Browser::new();
    let late = (answer(stage, &mut late, &ana).await, late);
    stage.rig.stop().await;
    assert_eq!(stage.who(&mut browser).await["sid"], before["sid"]);
    refuses_new_sign_ins(stage).await;
    assert_eq!(stage.who(&mut browser).await["sid"], before["sid"]);
    let (probe, (), ()) = tokio::join!(
        stage.probe(),
        logout_still_works(stage, &ana_elsewhere),
        an_answer_in_between_is_not_believed(stage, late),
    );
    let found = failed(&probe);
    assert!(
        found.iter().any(|check| check["who"] == "provider"
            && !check["fix"].as_str().unwrap_or_default().is_empty()),
        "{found:?}"
    );
    assert_eq!(stage.who(&mut browser).await["sid"], before["sid"]);
    stage.rig.start().await;
    comes_back(stage, &ana).await;
    assert_eq!(
        failed(&stage.probe().await),
        Vec::<serde_json::Value>::new()
    );
}

async fn refuses_new_sign_ins(stage: &Stage) {
    let mut stranger = Browser::new();
    // A sign of life of a moment ago still counts; then the silence is noticed.
    let page = until(20, "a new sign-in hears of it", || async {
        let from = Instant::now();
        let page = Browser::new()
            .open(&stage.at("/bff/login?return_to=/account"))
            .await;
        assert!(from.elapsed() < PATIENCE, "{:?}", from.elapsed());
        (page.status != 303).then_some(page)
    })
    .await
    .expect(503);
    assert!(
        page.text.starts_with("<!doctype html>") || page.text.starts_with("<!DOCTYPE html>"),
        "{}",
        page.text
    );
    assert!(page.retry_after.is_some());
    let flow = stage
        .flow(&mut stranger, json!({}))
        .await
        .expect(201)
        .json();
    let from = Instant::now();
    let problem = stage
        .answer(
            &mut stranger,
            flow["id"].as_str().expect("an id"),
            "redirect",
            json!({}),
        )
        .await;
    assert!(from.elapsed() < PATIENCE, "{:?}", from.elapsed());
    assert!(problem.retry_after.is_some());
    problem.refused(503, "upstream_unavailable");
    assert_eq!(stranger.cookie("__Host-lw"), None);
}

/// Signing out here never hangs on the provider.
async fn logout_still_works(stage: &Stage, browser: &Browser) {
    let mut browser = browser.clone();
    let answer = browser
        .call("POST", &stage.at("/bff/logout"), Some(&json!({})))
        .await
        .expect(200)
        .json();
    let path = answer["redirect_to"].as_str().expect("a continuation");
    let from = Instant::now();
    let page = browser.open(&stage.at(path)).await;
    assert!(
        matches!(page.status, 200 | 303),
        "{}: {}",
        page.status,
        page.text
    );
    assert!(from.elapsed() < PATIENCE, "{:?}", from.elapsed());
    stage
        .user(&mut browser)
        .await
        .refused(401, "unauthenticated");
}

/// Nobody can say whether an answer is genuine: no session, and no verdict on the person.
async fn an_answer_in_between_is_not_believed(stage: &Stage, late: (Url, Browser)) {
    let (home, mut browser) = late;
    let from = Instant::now();
    browser.open(&home).await.expect(503);
    assert!(from.elapsed() < PATIENCE, "{:?}", from.elapsed());
    stage
        .user(&mut browser)
        .await
        .refused(401, "unauthenticated");
}

async fn comes_back(stage: &Stage, person: &Person) {
    until(10, "sign-in works again", || async {
        let mut browser = Browser::new();
        let page = browser
            .open(&stage.at("/bff/login?return_to=/account"))
            .await;
        (page.status == 303).then_some(())
    })
    .await;
    stage
        .sign_in(&mut Browser::new(), "", (person, Does::SignIn))
        .await;
}
