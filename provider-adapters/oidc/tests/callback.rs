//! The authorization request and what comes back through the browser.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use laneway_contract::{
    Acr, BeginRedirect, Denial, LoginStep, Prompt, ProviderError, RedirectLogin as _,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::provider::{ISSUER, REDIRECT, Rig, callback, form, good_answer, query, request};

#[tokio::test]
async fn the_request_has_state_nonce_and_pkce() {
    let rig = Rig::with(json!({"acr": {"aal2": ["gold", "2"]},
        "authorization_params": {"hd": "x.test"}, "response_mode": "form_post"}));
    let asked = BeginRedirect {
        login_hint: Some("a@x.test".into()),
        prompt: Some(Prompt::Create),
        acr: Some(Acr::Aal2),
        max_age: Some(300),
        ui_locales: Some("fr de".into()),
        ..request()
    };
    let begun = rig.rp.begin(asked).await.unwrap();
    let expected = [
        ("ui_locales", "fr de"),
        ("ui", "1"),
        ("response_type", "code"),
        ("client_id", "laneway"),
        ("redirect_uri", REDIRECT),
        ("scope", "openid email profile"),
        ("state", "st-1"),
        ("code_challenge_method", "S256"),
        ("login_hint", "a@x.test"),
        ("prompt", "create"),
        ("acr_values", "gold 2"),
        ("max_age", "300"),
        ("hd", "x.test"),
        ("response_mode", "form_post"),
    ];
    for (name, value) in expected {
        assert_eq!(query(&begun.url, name).as_deref(), Some(value), "{name}");
    }
    assert!(query(&begun.url, "nonce").unwrap().len() >= 43);
}

#[tokio::test]
async fn the_verifier_belongs_to_the_challenge_and_is_new_each_time() {
    let rig = Rig::new();
    let begun = rig.begin().await;
    let other = rig.begin().await;
    assert_ne!(
        query(&begun.url, "code_challenge"),
        query(&other.url, "code_challenge")
    );
    assert_ne!(query(&begun.url, "nonce"), query(&other.url, "nonce"));
    let token = rig.signer.sign(&rig.claims(&begun));
    rig.finish(&begun, token).await.unwrap();
    let sent = form(&rig.op.last("/token"));
    let digest = Sha256::digest(sent["code_verifier"].as_str().unwrap());
    assert_eq!(
        query(&begun.url, "code_challenge"),
        Some(URL_SAFE_NO_PAD.encode(digest))
    );
    assert_eq!(
        (&sent["code"], &sent["redirect_uri"]),
        (&json!("c-1"), &json!(REDIRECT))
    );
}

async fn refused(rig: &Rig, params: &[(&str, &str)]) -> String {
    let begun = rig.begin().await;
    let before = rig.op.count("/token");
    let step = rig.complete(&begun, params).await;
    assert_eq!(
        rig.op.count("/token"),
        before,
        "a code of a bad answer was used: {params:?}"
    );
    match step {
        Ok(LoginStep::Denied(Denial::Refused(code))) => code,
        other => panic!("{params:?}: {other:?}"),
    }
}

#[tokio::test]
async fn a_repeated_parameter_is_refused() {
    let rig = Rig::new();
    for name in ["code", "state", "iss"] {
        let mut params = good_answer().to_vec();
        let twin = params
            .iter()
            .find(|(key, _)| *key == name)
            .copied()
            .unwrap();
        params.push(twin);
        assert_eq!(refused(&rig, &params).await, "repeated_parameter", "{name}");
    }
}

#[tokio::test]
async fn another_state_is_refused() {
    let rig = Rig::new();
    assert_eq!(
        refused(&rig, &[("code", "c"), ("state", "st-2"), ("iss", ISSUER)]).await,
        "state_mismatch"
    );
    assert_eq!(
        refused(&rig, &[("code", "c"), ("iss", ISSUER)]).await,
        "state_mismatch"
    );
}

#[tokio::test]
async fn another_or_a_missing_issuer_is_refused() {
    let rig = Rig::new();
    let with = |iss| [("code", "c"), ("state", "st-1"), ("iss", iss)];
    assert_eq!(
        refused(&rig, &with("https://evil.example")).await,
        "issuer_mismatch"
    );
    assert_eq!(
        refused(&rig, &with("https://idp.example/realm/")).await,
        "issuer_mismatch"
    );
    let without = [("code", "c"), ("state", "st-1")];
    assert_eq!(refused(&rig, &without).await, "issuer_missing");
    assert_eq!(
        refused(&rig, &[("error", "access_denied"), ("state", "st-1")]).await,
        "issuer_missing"
    );
}

#[tokio::test]
async fn a_missing_issuer_passes_where_it_is_not_announced_or_excused() {
    let without = [("code", "c-1"), ("state", "st-1")];
    let rig = Rig::new();
    rig.op.script().discovery["authorization_response_iss_parameter_supported"] = json!(false);
    let excused = Rig::with(json!({"allow_missing_iss": true}));
    for rig in [rig, excused] {
        let begun = rig.begin().await;
        rig.op.script().id_token = Some(rig.signer.sign(&rig.claims(&begun)));
        assert!(matches!(
            rig.complete(&begun, &without).await,
            Ok(LoginStep::Authenticated(_))
        ));
    }
}

#[tokio::test]
async fn an_answer_at_another_address_is_refused() {
    let rig = Rig::new();
    let begun = rig.begin().await;
    let mut answer = callback(&good_answer());
    answer.redirect_uri = Url::parse("https://us.example/federation/callback/other").unwrap();
    let step = rig.rp.complete(&begun.state, answer).await;
    assert!(
        matches!(step, Ok(LoginStep::Denied(Denial::Refused(code))) if code == "redirect_uri_mismatch")
    );
}

#[tokio::test]
async fn nothing_or_both_is_refused() {
    let rig = Rig::new();
    let rest = [("state", "st-1"), ("iss", ISSUER)];
    assert_eq!(refused(&rig, &rest).await, "code_missing");
    let both = [&rest[..], &[("code", "c"), ("error", "access_denied")]].concat();
    assert_eq!(refused(&rig, &both).await, "contradictory_answer");
}

#[tokio::test]
async fn errors_are_read_by_reaction() {
    let rig = Rig::new();
    let cases = [
        ("access_denied", Denial::Cancelled),
        ("login_required", Denial::LoginRequired),
        ("interaction_required", Denial::LoginRequired),
        ("account_selection_required", Denial::LoginRequired),
        ("consent_required", Denial::LoginRequired),
        ("invalid_scope", Denial::Refused("invalid_scope".into())),
        (
            "<script>alert(1)</script>",
            Denial::Refused("unreadable_error".into()),
        ),
    ];
    for (error, expected) in cases {
        let begun = rig.begin().await;
        let params = [("error", error), ("state", "st-1"), ("iss", ISSUER)];
        match rig.complete(&begun, &params).await {
            Ok(LoginStep::Denied(denial)) => assert_eq!(denial, expected),
            other => panic!("{error}: {other:?}"),
        }
    }
    let begun = rig.begin().await;
    let params = [
        ("error", "temporarily_unavailable"),
        ("state", "st-1"),
        ("iss", ISSUER),
    ];
    assert!(matches!(
        rig.complete(&begun, &params).await,
        Err(ProviderError::Unreachable(_))
    ));
}
