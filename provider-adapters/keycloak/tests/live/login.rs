//! Sign-in and step-up on Keycloak's own pages.

use laneway_contract::{
    AccountAction, Acr, BeginRedirect, Denial, EvidenceSource, Groups, LoginStep, Prompt,
    RedirectLogin as _, UpstreamIdentity,
};
use laneway_keycloak::Keycloak;

use crate::browser::{Browser, Place, totp};
use crate::realm::{TestRealm, begin, unheard};

pub fn identity(step: LoginStep) -> UpstreamIdentity {
    match step {
        LoginStep::Authenticated(identity) => *identity,
        other => panic!("not signed in: {other:?}"),
    }
}

/// A login with name and password.
pub async fn sign_in(
    keycloak: &Keycloak,
    browser: &mut Browser,
    username: &str,
    request: BeginRedirect,
) -> UpstreamIdentity {
    let begun = keycloak.begin(request).await.unwrap();
    let place = browser.sign_in(&begun.url, username).await;
    identity(
        keycloak
            .complete(&begun.state, place.callback())
            .await
            .unwrap(),
    )
}

#[tokio::test]
async fn a_person_signs_in_by_redirect() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let keycloak = realm.keycloak(&unheard()).await;
    let mut browser = Browser::new();
    let ana = sign_in(&keycloak, &mut browser, "ana", begin(&unheard())).await;
    assert_eq!(ana.issuer, realm.issuer());
    assert_eq!(ana.subject, realm.user_id("ana").await);
    assert_eq!(
        (ana.email.as_deref(), ana.email_verified),
        (Some("ana@example.test"), true)
    );
    assert_eq!(ana.name.as_deref(), Some("ana Test"));
    assert_eq!(ana.groups, Groups::Known(vec!["/staff".into()]));
    assert_eq!(ana.evidence.acr, Acr::Aal1);
    assert_eq!(ana.evidence.amr, ["pwd"]);
    assert_eq!(ana.evidence.source, EvidenceSource::Asserted);
    assert!(ana.session.unwrap().sid.is_some());

    // The same browser again: no form, same person, same rung.
    let begun = keycloak.begin(begin(&unheard())).await.unwrap();
    let place = browser.open(&begun.url).await;
    let again = identity(
        keycloak
            .complete(&begun.state, place.callback())
            .await
            .unwrap(),
    );
    assert_eq!(
        (again.subject, again.evidence.acr),
        (ana.subject, Acr::Aal1)
    );

    // A code works once.
    let step = keycloak
        .complete(&begun.state, place.callback())
        .await
        .unwrap();
    assert!(matches!(step, LoginStep::Denied(Denial::Refused(code)) if code == "invalid_grant"));
    realm.delete().await;
}

#[tokio::test]
async fn step_up_asks_for_the_second_factor_only() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let keycloak = realm.keycloak(&unheard()).await;
    let mut browser = Browser::new();
    let first = sign_in(&keycloak, &mut browser, "tia", begin(&unheard())).await;
    assert_eq!(first.evidence.acr, Acr::Aal1);

    let asked = BeginRedirect {
        acr: Some(Acr::Aal2),
        ..begin(&unheard())
    };
    let begun = keycloak.begin(asked).await.unwrap();
    let page = browser.open(&begun.url).await;
    let place = browser
        .submit(&page, "kc-otp-login-form", &[("otp", &totp())])
        .await;
    let second = identity(
        keycloak
            .complete(&begun.state, place.callback())
            .await
            .unwrap(),
    );
    assert_eq!(second.evidence.acr, Acr::Aal2);
    assert_eq!(second.evidence.amr, ["pwd", "otp"]);
    assert_eq!(second.subject, first.subject);
    assert_eq!(second.session.unwrap().sid, first.session.unwrap().sid);
    realm.delete().await;
}

#[tokio::test]
async fn a_password_alone_reaches_no_higher_rung() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let keycloak = realm.keycloak(&unheard()).await;
    for acr in [Acr::Aal2, Acr::Phr] {
        let asked = BeginRedirect {
            acr: Some(acr),
            ..begin(&unheard())
        };
        let begun = keycloak.begin(asked).await.unwrap();
        let place = Browser::new().sign_in(&begun.url, "ana").await;
        let Place::Page { status, html } = &place else {
            panic!("{acr:?} reached: {place:?}")
        };
        // Neither a code nor an enrolment is offered to somebody who has no second factor.
        assert_eq!(*status, 400, "{html}");
        for form in [
            "kc-totp-settings-form",
            "kc-otp-login-form",
            "webauth",
            "register",
        ] {
            assert!(!html.contains(form), "{acr:?}: {form} in {html}");
        }
    }
    realm.delete().await;
}

#[tokio::test]
async fn prompts_hints_and_actions_reach_the_pages() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let keycloak = realm.keycloak(&unheard()).await;
    let mut browser = Browser::new();

    let silent = BeginRedirect {
        prompt: Some(Prompt::None),
        ..begin(&unheard())
    };
    let begun = keycloak.begin(silent).await.unwrap();
    let place = browser.open(&begun.url).await;
    let step = keycloak
        .complete(&begun.state, place.callback())
        .await
        .unwrap();
    assert!(
        matches!(step, LoginStep::Denied(Denial::LoginRequired)),
        "{step:?}"
    );

    let hinted = BeginRedirect {
        login_hint: Some("ben".into()),
        ..begin(&unheard())
    };
    let begun = keycloak.begin(hinted).await.unwrap();
    assert!(
        browser
            .open(&begun.url)
            .await
            .html()
            .contains("value=\"ben\"")
    );

    sign_in(&keycloak, &mut browser, "ben", begin(&unheard())).await;
    let forced = BeginRedirect {
        prompt: Some(Prompt::Login),
        ..begin(&unheard())
    };
    let begun = keycloak.begin(forced).await.unwrap();
    assert!(
        browser
            .open(&begun.url)
            .await
            .html()
            .contains("kc-form-login")
    );

    let begun = laneway_contract::AccountActions::begin(
        &keycloak,
        begin(&unheard()),
        &AccountAction::ChangePassword,
    )
    .await
    .unwrap();
    let page = browser.open(&begun.url).await;
    let place = browser
        .submit(&page, "kc-passwd-update-form", &[("cancel-aia", "true")])
        .await;
    assert_eq!(
        place.callback().single("kc_action_status"),
        Some("cancelled")
    );
    identity(
        keycloak
            .complete(&begun.state, place.callback())
            .await
            .unwrap(),
    );
    realm.delete().await;
}
