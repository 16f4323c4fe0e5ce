//! Passwords and codes that are typed on our own page.

use laneway_contract::{
    Acr, Answer, BeginHeadless, Check, Denial, Diagnose, EvidenceSource, HeadlessLogin, LoginStep,
    MethodKind, Mode, Provider as _, ProviderError, RelyingParty, SubjectHint,
};
use laneway_keycloak::bootstrap::apply;
use laneway_keycloak::{Headless, Keycloak, KeycloakConfig, KeycloakOptions};
use reqwest::Method;
use secrecy::SecretString;
use serde_json::json;

use crate::outside::env;
use crate::realm::{TestRealm, password_of, unheard};

async fn asked(realm: &TestRealm, may: bool) -> Keycloak {
    let mut request = realm.request(&unheard());
    request.headless_password = may;
    let outcome = apply(&request, &env()).await.unwrap();
    let config = KeycloakConfig {
        admin: None,
        options: KeycloakOptions {
            headless: Some(Headless::Password),
            ..KeycloakOptions::default()
        },
        ..realm.config(&outcome)
    };
    Keycloak::new(config, env()).unwrap()
}

async fn types(
    keycloak: &Keycloak,
    name: &str,
    password: &str,
) -> Result<LoginStep, ProviderError> {
    let request = BeginHeadless {
        method: MethodKind::Password,
        relying_party: RelyingParty {
            id: "login.test".into(),
            name: "Test".into(),
            origins: Vec::new(),
        },
        login_name: Some(name.into()),
        subject: SubjectHint::Unknown,
        deliver: false,
    };
    let login = keycloak.headless_login().unwrap();
    let LoginStep::Challenge(challenge) = HeadlessLogin::begin(login, request).await? else {
        panic!("no question");
    };
    let typed = Answer::Password(SecretString::from(password));
    HeadlessLogin::answer(login, &challenge.state, typed).await
}

async fn check(keycloak: &Keycloak) -> Check {
    let mut checks = Diagnose::diagnose(keycloak, &unheard()).await;
    checks.retain(|check| check.name == "headless");
    checks.remove(0)
}

#[tokio::test]
async fn a_password_is_judged_and_refusals_are_told_apart() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    // By the first set-up the client may not ask: that is said, not taken for a wrong password.
    let keycloak = asked(&realm, false).await;
    let refused = types(&keycloak, "ana", &password_of("ana"))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("direct_grant_off"));
    assert!(!check(&keycloak).await.ok);
    let keycloak = asked(&realm, true).await;
    assert!(check(&keycloak).await.ok);
    let modes: Vec<_> = keycloak
        .methods()
        .iter()
        .map(|one| (one.kind, one.mode))
        .collect();
    assert!(modes.contains(&(MethodKind::Password, Mode::Headless)));

    let right = types(&keycloak, "ana", &password_of("ana")).await.unwrap();
    let LoginStep::Authenticated(ana) = right else {
        panic!("ana does not come in: {right:?}");
    };
    assert_eq!(
        (ana.subject.as_str(), ana.email_verified),
        (realm.user_id("ana").await.as_str(), true)
    );
    assert_eq!(
        (ana.evidence.acr, ana.evidence.source),
        (Acr::Aal1, EvidenceSource::Headless)
    );
    assert_eq!(ana.evidence.amr, ["pwd"]);
    assert!(
        ana.session
            .is_some_and(|session| session.sid.is_some() && session.refresh_token.is_some())
    );
    for (name, password) in [
        ("ana", "wrong"),
        ("nobody", "wrong"),
        ("ana", ""),
        ("", "x"),
    ] {
        let step = types(&keycloak, name, password).await.unwrap();
        assert!(
            matches!(step, LoginStep::Denied(Denial::WrongAnswer(_))),
            "{name}: {step:?}"
        );
    }
    let path = format!("/users/{}", ana.subject);
    let unfinished = json!({ "requiredActions": ["UPDATE_PASSWORD"] });
    let disabled = json!({ "requiredActions": [], "enabled": false });
    for (record, right) in [(unfinished, Some(Denial::LoginRequired)), (disabled, None)] {
        realm.admin(Method::PUT, &path, Some(record)).await;
        let wrong = types(&keycloak, "ana", "wrong").await.unwrap();
        assert!(
            matches!(wrong, LoginStep::Denied(Denial::WrongAnswer(_))),
            "{wrong:?}"
        );
        let step = types(&keycloak, "ana", &password_of("ana")).await.unwrap();
        let LoginStep::Denied(said) = step else {
            panic!("{step:?}");
        };
        match right {
            Some(denial) => assert_eq!(said, denial),
            // Whatever was typed: 26.4 and 26.5 do not look at it.
            None => assert!(matches!(said, Denial::WrongAnswer(_)), "{said:?}"),
        }
    }
    realm.delete().await;
}
