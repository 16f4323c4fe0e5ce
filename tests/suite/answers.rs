//! The provider's answer on its way back through the browser: once, in the browser that
//! asked, and from the provider that was asked.

use url::Url;

use super::rig::{Does, Person};
use super::stage::Stage;
use super::web::Browser;

/// The address with which the provider leads this browser back, not opened yet.
async fn answer(stage: &Stage, browser: &mut Browser, person: &Person) -> Url {
    let url = stage.begin(browser, "").await;
    stage
        .rig
        .act_as_user(stage, browser, &url, (person, Does::SignIn))
        .await
        .home()
}

async fn assert_refused(stage: &Stage, browser: &mut Browser, answer: &Url) {
    let before = browser.cookie("__Host-lw").map(str::to_owned);
    let page = browser.open(answer).await;
    assert!(
        (400..500).contains(&page.status),
        "{}: {}",
        page.status,
        page.text
    );
    assert_eq!(
        browser.cookie("__Host-lw"),
        before.as_deref(),
        "the cookie of {}",
        stage.slug
    );
}

/// The same answer a second time is refused, and what it gave the first time stays.
pub async fn an_answer_works_once(stage: &Stage) {
    let ana = stage.rig.provision(stage, "ana", false).await;
    let mut browser = Browser::new();
    let home = answer(stage, &mut browser, &ana).await;
    browser.open(&home).await.expect(303);
    let first = stage.who(&mut browser).await;
    assert_refused(stage, &mut browser, &home).await;
    assert_eq!(stage.who(&mut browser).await["sid"], first["sid"]);
    browser.forget("__Host-lw");
    assert_refused(stage, &mut browser, &home).await;
}

/// An answer that was meant for another browser signs nobody in, and is not used up by it.
pub async fn an_answer_belongs_to_its_browser(stage: &Stage) {
    let ana = stage.rig.provision(stage, "ana", false).await;
    let mut browser = Browser::new();
    let home = answer(stage, &mut browser, &ana).await;
    assert_refused(stage, &mut Browser::new(), &home).await;
    let mut other = Browser::new();
    stage.begin(&mut other, "").await;
    assert_refused(stage, &mut other, &home).await;
    browser.open(&home).await.expect(303);
    stage.who(&mut browser).await;
}

/// A made-up code, another issuer, a missing or doubled parameter: refused, each one.
pub async fn a_forged_answer_is_refused(stage: &Stage) {
    let ana = stage.rig.provision(stage, "ana", false).await;
    let with = |home: &Url, change: &dyn Fn(String, String) -> Vec<(String, String)>| {
        let pairs: Vec<_> = home
            .query_pairs()
            .into_owned()
            .flat_map(|(name, value)| change(name, value))
            .collect();
        let mut forged = home.clone();
        forged.query_pairs_mut().clear().extend_pairs(pairs);
        forged
    };
    let replaced = |wanted: &'static str, new: &'static str| {
        move |name: String, value: String| {
            let value = if name == wanted {
                new.to_owned()
            } else {
                value
            };
            vec![(name, value)]
        }
    };
    let dropped = |wanted: &'static str| {
        move |name: String, value: String| {
            if name == wanted {
                Vec::new()
            } else {
                vec![(name, value)]
            }
        }
    };
    let doubled = |name: String, value: String| match name.as_str() {
        "code" => vec![(name.clone(), value.clone()), (name, value)],
        _ => vec![(name, value)],
    };
    let forgeries: Vec<Box<dyn Fn(String, String) -> Vec<(String, String)>>> = vec![
        Box::new(replaced("code", "made-up")),
        Box::new(replaced("iss", "https://somebody.else.test")),
        Box::new(replaced("state", "made-up")),
        Box::new(dropped("code")),
        Box::new(dropped("state")),
        Box::new(doubled),
    ];
    for (number, change) in forgeries.iter().enumerate() {
        let mut browser = Browser::new();
        let home = answer(stage, &mut browser, &ana).await;
        let forged = with(&home, change.as_ref());
        assert_ne!(forged, home, "forgery {number}");
        assert_refused(stage, &mut browser, &forged).await;
    }
}

/// Who turns back at the provider is told so and gets nothing.
pub async fn turning_back_is_a_refusal(stage: &Stage) {
    let ana = stage.rig.provision(stage, "ana", false).await;
    let mut browser = Browser::new();
    if stage.rig.declared().cancel {
        let page = stage
            .try_sign_in(&mut browser, "", (&ana, Does::Cancel))
            .await
            .expect("it leads back");
        assert_eq!(page.status, 403, "{}", page.text);
    } else {
        // Its page has no way back; what it would send is judged all the same.
        let url = stage.begin(&mut browser, "").await;
        let state = url
            .query_pairs()
            .find(|(name, _)| name == "state")
            .expect("a state")
            .1
            .into_owned();
        let issuer = stage
            .admin(
                "GET",
                &format!("/v1/admin/upstreams/{}", stage.upstream),
                None,
            )
            .await
            .json();
        let mut home = stage.at(&format!("/federation/callback/{}", stage.slug));
        let issuer = issuer["issuer"].as_str().expect("an issuer").to_owned();
        home.query_pairs_mut()
            .append_pair("error", "access_denied")
            .append_pair("state", &state)
            .append_pair("iss", &issuer);
        browser.open(&home).await.expect(403);
    }
    assert_eq!(browser.cookie("__Host-lw"), None);
    // The way in is still open.
    stage.sign_in(&mut browser, "", (&ana, Does::SignIn)).await;
}
