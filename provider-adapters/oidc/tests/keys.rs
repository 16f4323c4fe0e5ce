//! Keys: which fits, when they are fetched, how long they count.

use laneway_contract::{LoginStep, ProviderError};
use serde_json::json;

use crate::provider::{Rig, identity, invalid};
use crate::signer::Signer;

#[tokio::test]
async fn kid_may_be_missing_only_while_one_key_fits() {
    let rig = Rig::new();
    let begun = rig.begin().await;
    let token = rig
        .signer
        .sign_with(&json!({"alg": "RS256"}), &rig.claims(&begun));
    // An EC key beside it cannot have made an RS256 signature.
    rig.op.script().keys.push(Signer::es256("k2").jwk());
    identity(rig.finish(&begun, token).await);

    let rig = Rig::new();
    rig.op.script().keys.push(Signer::other_rsa("k2").jwk());
    let begun = rig.begin().await;
    let token = rig
        .signer
        .sign_with(&json!({"alg": "RS256"}), &rig.claims(&begun));
    assert!(invalid(rig.finish(&begun, token).await).contains("ambiguous"));
}

#[tokio::test]
async fn two_keys_of_one_kid_are_ambiguous() {
    let rig = Rig::new();
    rig.op.script().keys.push(Signer::other_rsa("k1").jwk());
    assert!(invalid(rig.login_with(|_| {}).await).contains("ambiguous"));
}

#[tokio::test]
async fn a_key_for_another_purpose_does_not_count() {
    for (member, value) in [
        ("use", json!("enc")),
        ("alg", json!("RS512")),
        ("key_ops", json!(["encrypt"])),
    ] {
        let rig = Rig::new();
        rig.op.script().keys[0][member] = value;
        assert!(
            invalid(rig.login_with(|_| {}).await).contains("no key"),
            "{member}"
        );
    }
}

#[tokio::test]
async fn an_unreadable_key_does_not_spoil_the_others() {
    let rig = Rig::new();
    let strange = [json!({"kty": "XYZ"}), json!(7), json!({"kty": "RSA"})];
    rig.op.script().keys.extend(strange);
    rig.login().await;
}

#[tokio::test]
async fn a_new_key_is_fetched_but_at_most_once_a_minute() {
    let mut rig = Rig::new();
    rig.login().await;
    assert_eq!(rig.op.count("/keys"), 1);
    rig.signer = Signer::other_rsa("k2");
    rig.op.script().keys = vec![rig.signer.jwk()];
    rig.login().await;
    assert_eq!(rig.op.count("/keys"), 2);

    let unknown = Signer::es256("k3");
    for _ in 0..20 {
        let begun = rig.begin().await;
        let token = unknown.sign(&rig.claims(&begun));
        assert!(invalid(rig.finish(&begun, token).await).contains("no key"));
    }
    assert_eq!(rig.op.count("/keys"), 2);
    rig.clock.advance_s(60);
    let begun = rig.begin().await;
    let token = unknown.sign(&rig.claims(&begun));
    invalid(rig.finish(&begun, token).await);
    assert_eq!(rig.op.count("/keys"), 3);
}

#[tokio::test]
async fn old_keys_bridge_silence_for_a_day_but_not_longer() {
    let rig = Rig::new();
    rig.login().await;
    rig.op.script().keys_down = true;
    rig.clock.advance_s(23 * 3600);
    rig.login().await;
    rig.clock.advance_s(2 * 3600);
    let step = rig.login_with(|_| {}).await;
    assert!(
        matches!(step, Err(ProviderError::Unreachable(_))),
        "{step:?}"
    );
}

#[tokio::test]
async fn a_withdrawn_key_counts_no_longer_than_an_hour() {
    let rig = Rig::new();
    rig.login().await;
    rig.op.script().keys = vec![Signer::other_rsa("k2").jwk()];
    assert!(matches!(
        rig.login_with(|_| {}).await,
        Ok(LoginStep::Authenticated(_))
    ));
    rig.clock.advance_s(3600);
    assert!(invalid(rig.login_with(|_| {}).await).contains("no key"));
}
