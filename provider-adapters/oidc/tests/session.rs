//! Refresh and re-validation of a session that we hold.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use laneway_contract::{
    Clock as _, ProviderError, SessionControl as _, SessionEvidence, UpstreamSession, Verdict,
};
use serde_json::{Value, json};

use crate::provider::{ISSUER, NOW_S, Reply, Rig, form};

async fn signed_in(rig: &Rig) -> SessionEvidence {
    let identity = rig.login().await;
    SessionEvidence {
        subject: identity.subject,
        session: identity.session.unwrap(),
    }
}

fn answer(rig: &Rig, change: impl FnOnce(&mut Value)) -> Reply {
    let now = rig.clock.now_ms() / 1000;
    let mut claims = json!({"iss": ISSUER, "aud": "laneway", "sub": "s-1", "exp": now + 300,
        "iat": now, "auth_time": NOW_S - 5});
    change(&mut claims);
    Reply::Json(
        200,
        json!({"access_token": "at-2", "token_type": "bearer", "expires_in": 60,
        "refresh_token": "rt-2", "id_token": rig.signer.sign(&claims)}),
    )
}

#[tokio::test]
async fn a_refresh_brings_new_tokens() {
    let rig = Rig::new();
    let session = signed_in(&rig).await;
    rig.clock.advance_s(3000);
    rig.op.script().token = Some(answer(&rig, |_| {}));
    let renewed = rig.rp.renewed(&session).await.unwrap();
    assert_eq!(renewed.refresh_token.as_deref(), Some("rt-2"));
    assert_eq!(renewed.access_token.as_deref(), Some("at-2"));
    assert_ne!(renewed.id_token, session.session.id_token);
    let sent = form(&rig.op.last("/token"));
    assert_eq!(
        (&sent["grant_type"], &sent["refresh_token"]),
        (&json!("refresh_token"), &json!("rt-1"))
    );
}

#[tokio::test]
async fn what_the_provider_does_not_renew_is_kept() {
    let rig = Rig::new();
    let session = signed_in(&rig).await;
    let bare = json!({"access_token": "at-2", "token_type": "Bearer"});
    rig.op.script().token = Some(Reply::Json(200, bare));
    let renewed = rig.rp.renewed(&session).await.unwrap();
    assert_eq!(renewed.refresh_token, session.session.refresh_token);
    assert_eq!(renewed.id_token, session.session.id_token);
}

#[tokio::test]
async fn a_refreshed_token_is_about_the_same_person_and_sign_in() {
    let faults: [(&str, Value); 6] = [
        ("sub", json!("s-2")),
        ("iss", json!("https://evil.example")),
        ("aud", json!("other")),
        ("auth_time", json!(NOW_S - 4)),
        ("nonce", json!("another")),
        ("azp", json!("other")),
    ];
    for (claim, value) in faults {
        let rig = Rig::new();
        let session = signed_in(&rig).await;
        rig.op.script().token = Some(answer(&rig, |claims| claims[claim] = value));
        let renewed = rig.rp.renewed(&session).await;
        assert!(
            matches!(&renewed, Err(ProviderError::InvalidResponse(text)) if text.contains(claim)),
            "{claim}: {renewed:?}"
        );
    }
    let rig = Rig::with(json!({"refresh_auth_time_may_advance": true}));
    let session = signed_in(&rig).await;
    rig.op.script().token = Some(answer(&rig, |claims| claims["auth_time"] = json!(NOW_S)));
    rig.rp.renewed(&session).await.unwrap();
    rig.op.script().token = Some(answer(&rig, |claims| {
        claims["auth_time"] = json!(NOW_S - 50);
    }));
    assert!(rig.rp.renewed(&session).await.is_err());
}

#[tokio::test]
async fn only_the_end_of_the_grant_ends_the_session() {
    let rig = Rig::new();
    let session = signed_in(&rig).await;
    let over = json!({"error": "invalid_grant"});
    rig.op.script().token = Some(Reply::Json(400, over));
    assert_eq!(
        rig.rp.renewed(&session).await,
        Err(ProviderError::GrantRevoked)
    );
    for (status, code) in [
        (401, "invalid_client"),
        (403, "access_denied"),
        (500, "invalid_grant"),
    ] {
        rig.op.script().token = Some(Reply::Json(status, json!({"error": code})));
        let error = rig.rp.renewed(&session).await.unwrap_err();
        assert_ne!(error, ProviderError::GrantRevoked, "{status} {code}");
    }
    let without = SessionEvidence {
        session: UpstreamSession::default(),
        ..session
    };
    assert_eq!(
        rig.rp.renewed(&without).await,
        Err(ProviderError::GrantRevoked)
    );
}

#[tokio::test]
async fn revalidation_uses_nothing_up() {
    let rig = Rig::new();
    rig.op.script().discovery["introspection_endpoint"] = json!("https://idp.example/introspect");
    let session = signed_in(&rig).await;
    let tokens = rig.op.count("/token");
    for (active, verdict) in [(true, Verdict::Alive), (false, Verdict::Ended)] {
        rig.op.script().introspection = Some(Reply::Json(200, json!({"active": active})));
        assert_eq!(rig.rp.revalidate(session.clone()).await, Ok(verdict));
    }
    assert_eq!(
        form(&rig.op.last("/introspect"))["token_type_hint"],
        "refresh_token"
    );
    assert_eq!(rig.op.count("/token"), tokens);
    rig.op.script().introspection = Some(Reply::Json(401, json!({"error": "invalid_client"})));
    let refused = rig.rp.revalidate(session.clone()).await;
    assert!(matches!(refused, Err(ProviderError::Misconfigured(_))));
    rig.op.script().introspection = Some(Reply::Json(200, json!({"active": "false"})));
    assert!(matches!(
        rig.rp.revalidate(session.clone()).await,
        Err(ProviderError::InvalidResponse(_))
    ));
    rig.op.script().introspection = Some(Reply::Down);
    assert!(matches!(
        rig.rp.revalidate(session).await,
        Err(ProviderError::Unreachable(_))
    ));
}

/// Providers whose refresh tokens are JWTs (Keycloak is one) call one that has run out inactive.
#[tokio::test]
async fn a_refresh_token_that_has_run_out_says_nothing_about_its_session() {
    let rig = Rig::new();
    rig.op.script().discovery["introspection_endpoint"] = json!("https://idp.example/introspect");
    rig.op.script().introspection = Some(Reply::Json(200, json!({"active": false})));
    let mut session = signed_in(&rig).await;
    let until = rig.clock.now_ms() / 1000 + 60;
    let claims = URL_SAFE_NO_PAD.encode(json!({"exp": until}).to_string());
    session.session.refresh_token = Some(format!("e30.{claims}.c2ln"));
    session.session.access_token = None;
    assert_eq!(rig.rp.revalidate(session.clone()).await, Ok(Verdict::Ended));
    let asked = rig.op.count("/introspect");
    rig.clock.advance_s(60);
    assert_eq!(rig.rp.revalidate(session).await, Ok(Verdict::Unknown));
    assert_eq!(rig.op.count("/introspect"), asked);
}

#[tokio::test]
async fn without_introspection_only_a_yes_is_a_verdict() {
    let rig = Rig::new();
    let session = signed_in(&rig).await;
    assert_eq!(rig.rp.revalidate(session.clone()).await, Ok(Verdict::Alive));
    rig.op.script().userinfo = Some(Reply::Json(401, json!({})));
    assert_eq!(
        rig.rp.revalidate(session.clone()).await,
        Ok(Verdict::Unknown)
    );
    rig.op.script().userinfo = Some(Reply::Json(200, json!({"sub": "s-2"})));
    assert_eq!(
        rig.rp.revalidate(session.clone()).await,
        Ok(Verdict::Unknown)
    );
    let asked = rig.op.count("/userinfo");
    rig.clock.advance_s(301);
    assert_eq!(rig.rp.revalidate(session).await, Ok(Verdict::Unknown));
    assert_eq!(rig.op.count("/userinfo"), asked);
}

#[tokio::test]
async fn a_refresh_token_is_given_back_where_the_provider_takes_it() {
    let rig = Rig::new();
    let session = signed_in(&rig).await.session;
    assert_eq!(rig.rp.revoke(&session).await, Ok(()), "nobody takes it");
    assert_eq!(rig.op.count("/revoke"), 0);

    let rig = Rig::new();
    rig.op.script().discovery["revocation_endpoint"] = json!("https://idp.example/revoke");
    let session = signed_in(&rig).await.session;
    for (status, body) in [
        (200, json!({})),
        (400, json!({"error": "unsupported_token_type"})),
    ] {
        rig.op.script().revocation = Some(Reply::Json(status, body));
        assert_eq!(rig.rp.revoke(&session).await, Ok(()), "{status}");
    }
    let sent = form(&rig.op.last("/revoke"));
    assert_eq!(
        (&sent["token"], &sent["token_type_hint"]),
        (&json!("rt-1"), &json!("refresh_token"))
    );
    let said = rig.op.last("/revoke").headers().clone();
    assert!(said.contains_key("authorization"), "by whom");
    let none = UpstreamSession {
        refresh_token: None,
        ..session.clone()
    };
    let asked = rig.op.count("/revoke");
    assert_eq!(rig.rp.revoke(&none).await, Ok(()));
    assert_eq!(rig.op.count("/revoke"), asked);
    rig.op.script().revocation = Some(Reply::Json(401, json!({"error": "invalid_client"})));
    let refused = rig.rp.revoke(&session).await;
    assert!(matches!(refused, Err(ProviderError::Misconfigured(_))));
    rig.op.script().revocation = Some(Reply::Down);
    let down = rig.rp.revoke(&session).await;
    assert!(matches!(down, Err(ProviderError::Unreachable(_))));
}
