//! The end of a session, from either side.

use serde_json::json;
use url::Url;

use super::login::is_signed_in_there;
use super::rig::{Logout, Person};
use super::stage::Stage;
use super::web::{Browser, Page};
use crate::harness::until;

/// Signing out here signs out there too: afterwards the provider asks again.
pub async fn a_logout_ends_both_sides(stage: &Stage) {
    let how = stage.rig.declared().logout;
    let ana = stage.rig.provision(stage, "ana", false).await;
    let mut browser = stage.signed_in(&ana).await;
    let mut copy = browser.clone();
    let answer = browser
        .call("POST", &stage.at("/bff/logout"), Some(&json!({})))
        .await
        .expect(200)
        .json();
    stage.user(&mut copy).await.refused(401, "unauthenticated");
    stage
        .user(&mut browser)
        .await
        .refused(401, "unauthenticated");
    let Some(path) = answer["redirect_to"].as_str() else {
        assert_eq!(how, Logout::Nothing);
        return;
    };
    assert!(path.starts_with("/bff/logout/continue/"), "{path}");
    let page = browser.open(&stage.at(path)).await;
    let home = match how {
        Logout::Nothing => panic!("there is nothing to end at {}", stage.slug),
        Logout::Server => page.expect(303).leads_to(),
        Logout::Browser => by_form(stage, &mut browser, page.expect(200)).await,
    };
    assert!(stage.owns(&home) && home.path() == "/logged-out", "{home}");
    browser.open(&home).await.expect(200);
    assert!(!is_signed_in_there(stage, &mut browser, &ana).await);
    // The continuation works once.
    browser
        .call("GET", &stage.at(path), None)
        .await
        .refused(410, "expired");
}

/// Signing out by a link goes on where it was to go, also past a provider that asks first.
pub async fn a_logout_leads_on(stage: &Stage) {
    let ana = stage.rig.provision(stage, "ana", false).await;
    let mut browser = stage.signed_in(&ana).await;
    let user = stage.user(&mut browser).await.expect(200).json();
    let link = user["logout_url"].as_str().expect("a link");
    let link = stage.at(&format!("{link}&return_to=%2Fterms"));
    let mut next = browser.open(&link).await.expect(303).leads_to();
    if next.path().starts_with("/bff/logout/continue/") {
        let page = browser.open(&next).await;
        next = match stage.rig.declared().logout {
            Logout::Browser => {
                let back = by_form(stage, &mut browser, page.expect(200)).await;
                browser.open(&back).await.expect(303).leads_to()
            }
            Logout::Server | Logout::Nothing => page.expect(303).leads_to(),
        };
    }
    assert!(stage.owns(&next) && next.path() == "/terms", "{next}");
}

/// Posts our form to the provider, and the provider's own question with "yes".
async fn by_form(stage: &Stage, browser: &mut Browser, page: Page) -> Url {
    let (action, fields) = page.form("post");
    assert!(!stage.owns(&action), "{action}");
    assert_eq!(
        action.query(),
        None,
        "nothing about the session is in an address"
    );
    assert!(fields.iter().any(|(name, _)| name == "id_token_hint"));
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let question = browser.submit(&action, &fields).await.expect(200);
    let (action, fields) = question.form("op.logoutForm");
    let mut fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    fields.push(("logout", "yes"));
    browser.submit(&action, &fields).await.leads_to()
}

/// A session that the provider ends is dead here, and so is only that person's.
pub async fn a_session_ended_there_is_dead_here(stage: &Stage) {
    assert!(stage.rig.declared().back_channel);
    let ana = stage.rig.provision(stage, "ana", false).await;
    let ben = stage.rig.provision(stage, "ben", false).await;
    let mut browser = stage.signed_in(&ana).await;
    let mut other = stage.signed_in(&ben).await;
    stage.rig.end_session(stage, &ana).await;
    is_dead(stage, &browser, &ana).await;
    stage
        .user(&mut browser)
        .await
        .refused(401, "unauthenticated");
    stage.who(&mut other).await;
}

/// Whoever is switched off there is out here.
pub async fn a_person_disabled_there_is_out_here(stage: &Stage) {
    ends_soon(stage, async |person| stage.rig.disable(stage, person).await).await;
}

/// So is whoever is removed there.
pub async fn a_person_deleted_there_is_out_here(stage: &Stage) {
    ends_soon(stage, async |person| stage.rig.delete(person).await).await;
}

/// A new password there ends what the old one has begun.
pub async fn a_new_password_there_ends_sessions_here(stage: &Stage) {
    ends_soon(stage, async |person| stage.rig.give_password(person).await).await;
}

/// What happens to somebody there ends their sessions here, in all their browsers, and nobody
/// else's.
async fn ends_soon(stage: &Stage, act: impl AsyncFnOnce(&Person)) {
    assert!(stage.rig.declared().tells);
    let ana = stage.rig.provision(stage, "ana", false).await;
    let ben = stage.rig.provision(stage, "ben", false).await;
    let (one, two) = (stage.signed_in(&ana).await, stage.signed_in(&ana).await);
    let mut other = stage.signed_in(&ben).await;
    act(&ana).await;
    let done = tokio::time::Instant::now();
    is_dead(stage, &one, &ana).await;
    is_dead(stage, &two, &ana).await;
    let took = done.elapsed().as_millis();
    eprintln!("measured: the sessions end {took} ms after the act was answered");
    stage.who(&mut other).await;
}

async fn is_dead(stage: &Stage, browser: &Browser, person: &Person) {
    let what = format!("the session of {} ends", person.login);
    until(5, &what, || async {
        let page = stage.user(&mut browser.clone()).await;
        (page.status == 401).then_some(())
    })
    .await;
}

/// A logout token that the provider did not make ends nothing; a provider that makes none
/// is believed none.
pub async fn only_its_own_word_ends_sessions(stage: &Stage) {
    let ana = stage.rig.provision(stage, "ana", false).await;
    let mut browser = stage.signed_in(&ana).await;
    let address = stage.at(&format!("/bff/backchannel/{}", stage.slug));
    let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoibG9nb3V0K2p3dCJ9.eyJzdWIiOiJhbmEifQ.";
    for token in ["", "junk", unsigned] {
        let page = Browser::new()
            .submit(&address, &[("logout_token", token)])
            .await
            .expect(400);
        assert_eq!(page.json(), json!({ "error": "invalid_request" }));
    }
    stage.who(&mut browser).await;
}
