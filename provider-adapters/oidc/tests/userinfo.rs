//! Userinfo: about the same person or not at all.

use serde_json::{Value, json};

use crate::provider::{ISSUER, Reply, Rig, identity, invalid};
use crate::signer::Signer;

async fn with(
    reply: Reply,
) -> Result<laneway_contract::LoginStep, laneway_contract::ProviderError> {
    let rig = Rig::new();
    rig.op.script().userinfo = Some(reply);
    rig.login_with(|_| {}).await
}

#[tokio::test]
async fn claims_are_added_and_the_token_is_sent_in_the_header() {
    let rig = Rig::new();
    let claims = json!({"sub": "s-1", "name": "Ana", "email": "a@x.test", "email_verified": true,
        "iss": "https://evil.example", "groups": ["staff"],
        "_claim_names": {"payment": "src"}, "_claim_sources": {"src": {"endpoint": "https://evil.example/claims"}}});
    rig.op.script().userinfo = Some(Reply::Json(200, claims));
    let found = rig.login().await;
    assert_eq!(
        (found.name.as_deref(), found.email.as_deref()),
        (Some("Ana"), Some("a@x.test"))
    );
    assert!(found.email_verified);
    assert_eq!(found.claims["iss"], ISSUER);
    assert_eq!(
        rig.op.last("/userinfo").headers()["authorization"],
        "Bearer at-1"
    );
    // Aggregated and distributed claims are not followed.
    assert!(
        rig.op
            .script()
            .requests
            .iter()
            .all(|r| r.uri().host() == Some("idp.example"))
    );
}

#[tokio::test]
async fn another_or_no_sub_is_refused() {
    for body in [
        json!({"sub": "s-2"}),
        json!({}),
        json!({"sub": ["s-1"]}),
        json!({"sub": ""}),
    ] {
        assert!(invalid(with(Reply::Json(200, body)).await).contains("sub"));
    }
}

#[tokio::test]
async fn garbage_and_refusals_are_refused() {
    for body in ["", "[]", "<html>"] {
        invalid(with(Reply::Raw(200, "application/json", body.into())).await);
    }
    invalid(with(Reply::Json(401, json!({"error": "invalid_token"}))).await);
}

#[tokio::test]
async fn it_is_not_asked_when_switched_off() {
    let rig = Rig::with(json!({"userinfo": false}));
    rig.op.script().userinfo = Some(Reply::Down);
    rig.login().await;
    assert_eq!(rig.op.count("/userinfo"), 0);
}

#[tokio::test]
async fn a_signed_answer_is_verified() {
    let rig = Rig::new();
    let reply = |signer: &Signer, claims: Value| {
        Some(Reply::Raw(200, "application/jwt", signer.sign(&claims)))
    };
    let claims = json!({"iss": ISSUER, "aud": "laneway", "sub": "s-1", "name": "Ana"});
    rig.op.script().userinfo = reply(&rig.signer, claims.clone());
    assert_eq!(
        identity(rig.login_with(|_| {}).await).name.as_deref(),
        Some("Ana")
    );
    rig.op.script().userinfo = reply(&Signer::other_rsa("k1"), claims);
    assert!(invalid(rig.login_with(|_| {}).await).contains("signature"));
    let other = json!({"iss": ISSUER, "aud": "other", "sub": "s-1"});
    rig.op.script().userinfo = reply(&rig.signer, other);
    assert!(invalid(rig.login_with(|_| {}).await).contains("aud"));
}
