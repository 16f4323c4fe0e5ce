//! The provider's answer on its way back through the browser: once, in the browser that
//! asked, and from the provider that was asked.

use url::Url;

use super::rig::{Does, Person};
use super::stage::Stage;
use super::web::Browser;

/// The address with which the provider leads this browser back, not opened yet.
pub async fn answer(stage: &Stage, browser: &mut Browser, person: &Person) -> Url {
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

type Parameters = Vec<(String, String)>;
type Forge = fn(&mut Parameters);

/// What somebody might do to an answer on its way.
const FORGERIES: [(&str, Forge); 6] = [
    ("another code", |all| set(all, "code", "made-up")),
    ("another issuer", |all| {
        set(all, "iss", "https://somebody.else.test");
    }),
    ("another state", |all| set(all, "state", "made-up")),
    ("no code", |all| all.retain(|(name, _)| name != "code")),
    ("no state", |all| all.retain(|(name, _)| name != "state")),
    ("two codes", |all| {
        all.push(("code".to_owned(), "made-up".to_owned()));
    }),
];

fn set(all: &mut Parameters, wanted: &str, new: &str) {
    let found = all.iter_mut().find(|(name, _)| name == wanted);
    new.clone_into(&mut found.expect("the parameter is there").1);
}

/// Nothing that was changed on the way signs anybody in.
pub async fn a_forged_answer_is_refused(stage: &Stage) {
    let ana = stage.rig.provision(stage, "ana", false).await;
    for (what, forge) in FORGERIES {
        let mut browser = Browser::new();
        let home = answer(stage, &mut browser, &ana).await;
        let mut parameters: Parameters = home.query_pairs().into_owned().collect();
        forge(&mut parameters);
        let mut forged = home.clone();
        forged.query_pairs_mut().clear().extend_pairs(parameters);
        assert_ne!(forged, home, "{what}");
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
