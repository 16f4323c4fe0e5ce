//! RP-initiated logout and logout tokens (Back-Channel Logout 1.0 §2.6).

use laneway_contract::{EndSession, ProviderError, SessionControl as _, SessionEvidence};
use serde_json::{Value, json};

use crate::provider::{ISSUER, NOW_S, Rig};
use crate::signer::{Signer, hmac, unsigned};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": "laneway", "iat": NOW_S, "exp": NOW_S + 120, "jti": "j-1",
        "sub": "s-1", "sid": "sid-1", "events": {EVENT: {}}})
}

fn header(typ: &str) -> Value {
    json!({"alg": "RS256", "kid": "k1", "typ": typ})
}

async fn verify(rig: &Rig, token: &str) -> Result<laneway_contract::LogoutToken, String> {
    match rig.rp.verify_logout_token(token).await {
        Ok(found) => Ok(found),
        Err(ProviderError::InvalidResponse(text)) => Err(text),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_good_logout_token_is_read() {
    let rig = Rig::new();
    for typ in ["logout+jwt", "LOGOUT+JWT", "application/logout+jwt", "JWT"] {
        let found = verify(&rig, &rig.signer.sign_with(&header(typ), &claims()))
            .await
            .unwrap();
        assert_eq!((found.issuer.as_str(), found.jti.as_str()), (ISSUER, "j-1"));
        assert_eq!(
            (found.subject.as_deref(), found.sid.as_deref()),
            (Some("s-1"), Some("sid-1"))
        );
        assert_eq!(found.expires_at_ms, (NOW_S + 120) * 1000);
    }
    for missing in ["sub", "sid"] {
        let mut one = claims();
        one.as_object_mut().unwrap().remove(missing);
        verify(&rig, &rig.signer.sign(&one)).await.unwrap();
    }
}

#[tokio::test]
async fn every_fault_alone_is_refused() {
    let rig = Rig::new();
    let faults: Vec<(&str, Value)> = vec![
        ("iss", json!("https://evil.example")),
        ("iss", Value::Null),
        ("aud", json!("other")),
        ("aud", json!([])),
        ("iat", Value::Null),
        ("iat", json!(NOW_S + 61)),
        ("iat", json!(NOW_S - 700)),
        ("exp", Value::Null),
        ("exp", json!(NOW_S - 60)),
        ("exp", json!("soon")),
        ("jti", Value::Null),
        ("jti", json!("")),
        ("events", Value::Null),
        ("events", json!({})),
        ("events", json!({EVENT: true})),
        ("events", json!([EVENT])),
        ("sub", json!(7)),
        ("sid", json!(7)),
        ("nonce", json!("n")),
    ];
    for (name, value) in faults {
        let what = format!("{name}={value}");
        let mut bad = claims();
        if value.is_null() {
            bad.as_object_mut().unwrap().remove(name);
        } else {
            bad[name] = value;
        }
        let text = verify(&rig, &rig.signer.sign(&bad)).await.expect_err(&what);
        assert!(text.contains(name), "{what}: {text}");
    }
}

#[tokio::test]
async fn somebody_must_be_named() {
    let rig = Rig::new();
    let mut nobody = claims();
    nobody.as_object_mut().unwrap().remove("sub");
    nobody["sid"] = json!("");
    assert!(verify(&rig, &rig.signer.sign(&nobody)).await.is_err());
    nobody.as_object_mut().unwrap().remove("sid");
    assert!(verify(&rig, &rig.signer.sign(&nobody)).await.is_err());
}

#[tokio::test]
async fn forged_and_foreign_tokens_are_refused() {
    let rig = Rig::new();
    let forged = Signer::other_rsa("k1").sign(&claims());
    assert!(
        verify(&rig, &forged)
            .await
            .unwrap_err()
            .contains("signature")
    );
    assert!(
        verify(&rig, &unsigned(&claims()))
            .await
            .unwrap_err()
            .contains("alg")
    );
    assert!(
        verify(&rig, &hmac(b"s3cret&+", &claims()))
            .await
            .unwrap_err()
            .contains("alg")
    );
    let access = rig.signer.sign_with(&header("at+jwt"), &claims());
    assert!(verify(&rig, &access).await.unwrap_err().contains("typ"));
    for garbage in ["", "x", "a.b.c"] {
        assert!(verify(&rig, garbage).await.is_err());
    }
}

#[tokio::test]
async fn an_id_token_ends_no_session() {
    let rig = Rig::new();
    let begun = rig.begin().await;
    let id_token = rig.signer.sign(&rig.claims(&begun));
    assert!(verify(&rig, &id_token).await.is_err());
}

#[tokio::test]
async fn the_browser_posts_the_hint() {
    let rig = Rig::new();
    let identity = rig.login().await;
    let session = SessionEvidence {
        subject: identity.subject,
        session: identity.session.unwrap(),
    };
    let hint = session.session.id_token.clone().unwrap();
    let end = rig
        .rp
        .end_session(session.clone(), "https://us.example/logged-out")
        .await
        .unwrap();
    let EndSession::Browser { url, fields } = end else {
        panic!("{end:?}")
    };
    assert_eq!(url.as_str(), "https://idp.example/logout");
    let value = |name: &str| {
        fields
            .iter()
            .find(|(k, _)| k == name)
            .map(|(_, v)| v.clone())
    };
    assert_eq!(value("id_token_hint"), Some(hint));
    assert_eq!(value("client_id").as_deref(), Some("laneway"));
    assert_eq!(
        value("post_logout_redirect_uri").as_deref(),
        Some("https://us.example/logged-out")
    );

    let rig = Rig::new();
    rig.op
        .script()
        .discovery
        .as_object_mut()
        .unwrap()
        .remove("end_session_endpoint");
    let end = rig
        .rp
        .end_session(session, "https://us.example/logged-out")
        .await
        .unwrap();
    assert_eq!(end, EndSession::NotOffered);
}
