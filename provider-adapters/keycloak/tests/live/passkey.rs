//! The highest rung: a passkey, made and used on Keycloak's pages.

use laneway_contract::{AccountAction, Acr, BeginRedirect, RedirectLogin as _};
use laneway_fake::{Conduct, SoftAuthenticator};
use laneway_keycloak::bootstrap::{PlanStep, StepAction, apply, plan};
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use crate::browser::{Browser, Place};
use crate::login::{identity, sign_in};
use crate::outside::env;
use crate::realm::{TestRealm, begin, unheard};

/// A value that a page hands to its script: `name : "value"`; in 26.4 `name : 'value'`.
fn handed(html: &str, name: &str) -> String {
    let (_, rest) = html
        .split_once(&format!("{name} :"))
        .unwrap_or_else(|| panic!("no {name} in {html}"));
    rest.trim_start()
        .trim_start_matches(['"', '\''])
        .split(['"', '\''])
        .next()
        .unwrap()
        .to_owned()
}

pub async fn register(
    browser: &mut Browser,
    key: &SoftAuthenticator,
    page: &Place,
    origin: &str,
) -> Place {
    let html = page.html();
    let options = json!({
        "challenge": handed(html, "challenge"),
        "rp": {"id": handed(html, "rpId"), "name": "Keycloak"},
        "user": {"id": handed(html, "userid"), "name": "ana", "displayName": "ana"},
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
    });
    let made = key.create(&options, origin).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (client, object, id) = (
        text(&made["response"]["clientDataJSON"]),
        text(&made["response"]["attestationObject"]),
        text(&made["id"]),
    );
    let fields = [
        ("clientDataJSON", client.as_str()),
        ("attestationObject", &object),
        ("publicKeyCredentialId", &id),
        ("authenticatorLabel", "test"),
        ("transports", "internal"),
    ];
    browser.submit(page, "register", &fields).await
}

pub async fn use_key(
    browser: &mut Browser,
    key: &SoftAuthenticator,
    page: &Place,
    origin: &str,
    conduct: &Conduct,
) -> Place {
    let html = page.html();
    let options = json!({"challenge": handed(html, "challenge"), "rpId": handed(html, "rpId")});
    let made = key.get_with(&options, origin, conduct).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let response = &made["response"];
    let values = [
        "clientDataJSON",
        "authenticatorData",
        "signature",
        "userHandle",
    ]
    .map(|name| (name, text(&response[name])));
    let id = text(&made["id"]);
    let mut fields: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
    fields.push(("credentialId", &id));
    browser.submit(page, "webauth", &fields).await
}

#[tokio::test]
async fn a_passkey_reaches_the_highest_rung() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let keycloak = realm.keycloak(&unheard()).await;
    let origin = Url::parse(&realm.issuer())
        .unwrap()
        .origin()
        .ascii_serialization();
    let (mut browser, key) = (Browser::new(), SoftAuthenticator::new());
    sign_in(&keycloak, &mut browser, "ana", begin(&unheard())).await;
    let begun = laneway_contract::AccountActions::begin(
        &keycloak,
        begin(&unheard()),
        &AccountAction::AddPasskey,
    )
    .await
    .unwrap();
    let page = browser.open(&begun.url).await;
    let place = register(&mut browser, &key, &page, &origin).await;
    assert_eq!(place.callback().single("kc_action_status"), Some("success"));

    for demanded in [Acr::Aal2, Acr::Phr] {
        let mut browser = Browser::new();
        let asked = BeginRedirect {
            acr: Some(demanded),
            ..begin(&unheard())
        };
        let begun = keycloak.begin(asked).await.unwrap();
        let mut place = browser.sign_in(&begun.url, "ana").await;
        let mut ceremonies = 0;
        while let Place::Page { .. } = place {
            ceremonies += 1;
            place = use_key(&mut browser, &key, &place, &origin, &Conduct::default()).await;
        }
        let found = identity(
            keycloak
                .complete(&begun.state, place.callback())
                .await
                .unwrap(),
        );
        assert_eq!(found.evidence.acr, demanded);
        assert!(
            found.evidence.amr.contains(&"hwk".to_owned()),
            "{:?}",
            found.evidence
        );
        assert_eq!(ceremonies, 1, "{demanded:?}");
    }

    // A key in a thief's hand: touched, but without the owner's finger or PIN.
    let stolen = Conduct {
        user_verified: false,
        ..Conduct::default()
    };
    let mut browser = Browser::new();
    let asked = BeginRedirect {
        acr: Some(Acr::Phr),
        ..begin(&unheard())
    };
    let begun = keycloak.begin(asked).await.unwrap();
    let page = browser.sign_in(&begun.url, "ana").await;
    let place = use_key(&mut browser, &key, &page, &origin, &stolen).await;
    assert!(matches!(place, Place::Page { .. }), "{place:?}");
    realm.delete().await;
}

#[tokio::test]
async fn passkeys_without_user_verification_are_not_left_allowed() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let lax = json!({"webAuthnPolicyPasswordlessRpEntityName": "Somebody",
        "webAuthnPolicyPasswordlessUserVerificationRequirement": "preferred",
        "webAuthnPolicyPasswordlessCreateTimeout": 77});
    realm.admin(Method::PUT, "", Some(lax)).await;
    let request = realm.request(&unheard());
    let policy = |steps: Vec<PlanStep>| {
        steps
            .into_iter()
            .find(|s| s.name == "passkey policy (whole realm)")
            .unwrap()
    };
    assert_eq!(
        policy(plan(&request, &env()).await.unwrap()).action,
        StepAction::Change
    );
    apply(&request, &env()).await.unwrap();
    assert_eq!(
        policy(plan(&request, &env()).await.unwrap()).action,
        StepAction::Present
    );
    let after = realm.admin(Method::GET, "", None).await;
    assert_eq!(
        after["webAuthnPolicyPasswordlessUserVerificationRequirement"],
        "required"
    );
    assert_eq!(after["webAuthnPolicyPasswordlessRpEntityName"], "Somebody");
    assert_eq!(after["webAuthnPolicyPasswordlessCreateTimeout"], 77);
    realm.delete().await;
}
