//! Signing in.

use serde_json::{Value, json};

use super::rig::{Does, Landing};
use super::stage::Stage;
use super::web::Browser;

/// The methods on offer are those that the provider declares, no more and no fewer.
pub async fn offers_what_it_declares(stage: &Stage) {
    let flow = stage
        .flow(&mut Browser::new(), json!({}))
        .await
        .expect(201)
        .json();
    let offered = flow["methods"].as_array().expect("a list");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut offered: Vec<_> = offered
        .iter()
        .map(|method| (text(&method["kind"]), text(&method["mode"])))
        .collect();
    offered.sort();
    assert_eq!(offered, stage.rig.expected_methods());
}

/// Two browsers, one person: one `sub`, two sessions, the declared rung and methods.
pub async fn a_person_keeps_their_id(stage: &Stage) {
    let declared = stage.rig.declared();
    let ana = stage.rig.provision(stage, "ana", false).await;
    let ben = stage.rig.provision(stage, "ben", false).await;
    let mut first = Browser::new();
    let one = stage.sign_in(&mut first, "", (&ana, Does::SignIn)).await;
    let two = stage
        .sign_in(&mut Browser::new(), "", (&ana, Does::SignIn))
        .await;
    assert_eq!(one["sub"], two["sub"]);
    assert_ne!(one["sid"], two["sid"]);
    assert_eq!(
        (&one["acr"], &one["amr"]),
        (&json!(declared.acr), &json!(declared.amr))
    );
    assert_eq!(one["upstream"]["id"], stage.slug);
    let other = stage
        .sign_in(&mut Browser::new(), "", (&ben, Does::SignIn))
        .await;
    assert_ne!(one["sub"], other["sub"]);
    // The first browser is still whose it was.
    assert_eq!(stage.who(&mut first).await["sid"], one["sid"]);
}

/// Who answers wrongly gets nothing.
pub async fn a_wrong_answer_gives_no_session(stage: &Stage) {
    let ana = stage.rig.provision(stage, "ana", false).await;
    let mut browser = Browser::new();
    let outcome = stage
        .try_sign_in(&mut browser, "", (&ana, Does::WrongAnswer))
        .await;
    assert!(outcome.is_err(), "{outcome:?}");
    assert_eq!(browser.cookie("__Host-lw"), None);
    stage
        .user(&mut browser)
        .await
        .refused(401, "unauthenticated");
}

/// Who is switched off at the provider does not come in, and gets in where they are not.
pub async fn a_disabled_person_stays_out(stage: &Stage) {
    let ana = stage.rig.provision(stage, "ana", false).await;
    stage.signed_in(&ana).await;
    stage.rig.disable(stage, &ana).await;
    let mut browser = Browser::new();
    if let Ok(page) = stage
        .try_sign_in(&mut browser, "", (&ana, Does::SignIn))
        .await
    {
        assert_eq!(page.status, 403, "{}", page.text);
    }
    assert_eq!(browser.cookie("__Host-lw"), None);
    stage
        .user(&mut browser)
        .await
        .refused(401, "unauthenticated");
}

/// `prompt=none` never shows a page: without a session at the provider it says so to the
/// address that asked.
pub async fn no_silent_sign_in_without_a_session_there(stage: &Stage) {
    let ana = stage.rig.provision(stage, "ana", false).await;
    let mut browser = Browser::new();
    let mut url = stage.begin(&mut browser, "&prompt=none").await;
    if !stage.owns(&url) {
        let landing = stage
            .rig
            .act_as_user(stage, &mut browser, &url, (&ana, Does::Nothing))
            .await;
        url = browser.open(&landing.home()).await.expect(303).leads_to();
    }
    assert_eq!(url, stage.at("/account?error=login_required"));
    assert_eq!(browser.cookie("__Host-lw"), None);
}

/// Where the provider has a session, `prompt=none` signs in without a page.
pub async fn a_session_there_signs_in_silently(stage: &Stage) {
    let ana = stage.rig.provision(stage, "ana", false).await;
    let mut browser = Browser::new();
    let before = stage.sign_in(&mut browser, "", (&ana, Does::SignIn)).await;
    browser.forget("__Host-lw");
    assert!(is_signed_in_there(stage, &mut browser, &ana).await);
    let after = stage.who(&mut browser).await;
    assert_eq!(after["sub"], before["sub"]);
    assert_ne!(after["sid"], before["sid"]);
}

/// Whether the provider lets this browser in without asking; then it is signed in here too.
pub async fn is_signed_in_there(
    stage: &Stage,
    browser: &mut Browser,
    person: &super::rig::Person,
) -> bool {
    let url = stage.begin(browser, "&prompt=none").await;
    let Landing::Home(home) = stage
        .rig
        .act_as_user(stage, browser, &url, (person, Does::Nothing))
        .await
    else {
        panic!("a page is shown though none was allowed");
    };
    let to = browser.open(&home).await.expect(303).leads_to();
    if to == stage.at("/account") {
        return true;
    }
    assert_eq!(to, stage.at("/account?error=login_required"));
    false
}
