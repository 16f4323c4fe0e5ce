//! OIDC Core §3.1.3.7, point by point: a good token passes, each fault alone fails it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use laneway_contract::{Acr, BeginRedirect, Denial, LoginStep, RedirectLogin as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::provider::{ISSUER, NOW_S, Rig, identity, invalid, request};
use crate::signer::{Signer, hmac, unsigned};

/// One changed claim makes the token unacceptable, for the reason named.
async fn fails(name: &str, value: Value, reason: &str) {
    let rig = Rig::new();
    let what = format!("{name}={value}");
    let text = invalid(
        rig.login_with(|claims| {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value;
            }
        })
        .await,
    );
    assert!(text.contains(reason), "{what}: {text}");
}

#[tokio::test]
async fn a_good_token_signs_in() {
    let found = Rig::new().login().await;
    assert_eq!(
        (found.issuer.as_str(), found.subject.as_str()),
        (ISSUER, "s-1")
    );
    assert_eq!(found.evidence.auth_time_ms, (NOW_S - 5) * 1000);
    let session = found.session.unwrap();
    assert_eq!(session.refresh_token.as_deref(), Some("rt-1"));
    assert_eq!(session.expires_at_ms, Some((NOW_S + 300) * 1000));
}

#[tokio::test]
async fn every_allowed_algorithm_works() {
    let signers = [
        Signer::rsa(Algorithm::RS256, "k1"),
        Signer::rsa(Algorithm::PS256, "k1"),
        Signer::es256("k1"),
        Signer::es384("k1"),
        Signer::ed25519("k1"),
    ];
    for signer in signers {
        let rig = Rig::build(json!({}), signer);
        rig.login().await;
    }
}

#[tokio::test]
async fn iss_must_be_ours_exactly() {
    fails("iss", json!("https://evil.example"), "iss").await;
    fails("iss", json!("https://idp.example/realm/"), "iss").await;
    fails("iss", Value::Null, "iss").await;
}

#[tokio::test]
async fn sub_must_be_there_and_sane() {
    fails("sub", Value::Null, "sub").await;
    fails("sub", json!(""), "sub").await;
    fails("sub", json!("x".repeat(256)), "sub").await;
    fails("sub", json!("ünïcode"), "sub").await;
    fails("sub", json!(7), "sub").await;
    let rig = Rig::new();
    rig.op.script().userinfo = Some(crate::provider::Reply::Json(
        200,
        json!({"sub": "x".repeat(255)}),
    ));
    identity(
        rig.login_with(|claims| claims["sub"] = json!("x".repeat(255)))
            .await,
    );
}

#[tokio::test]
async fn aud_must_name_us() {
    fails("aud", json!("other"), "aud").await;
    fails("aud", json!(["other"]), "aud").await;
    fails("aud", Value::Null, "aud").await;
    fails("aud", json!([]), "aud").await;
    identity(
        Rig::new()
            .login_with(|claims| claims["aud"] = json!(["laneway"]))
            .await,
    );
}

#[tokio::test]
async fn an_unknown_audience_beside_us_is_refused() {
    let rig = Rig::new();
    let both = |claims: &mut Value| {
        claims["aud"] = json!(["laneway", "api"]);
        claims["azp"] = json!("laneway");
    };
    assert!(invalid(rig.login_with(both).await).contains("not trusted"));
    identity(
        Rig::with(json!({"trusted_audiences": ["api"]}))
            .login_with(both)
            .await,
    );
}

#[tokio::test]
async fn several_audiences_need_azp_and_azp_must_be_us() {
    let rig = Rig::with(json!({"trusted_audiences": ["api"]}));
    let text = invalid(
        rig.login_with(|claims| claims["aud"] = json!(["laneway", "api"]))
            .await,
    );
    assert!(text.contains("azp"), "{text}");
    fails("azp", json!("other"), "azp").await;
    fails("azp", json!(["laneway"]), "azp").await;
}

#[tokio::test]
async fn the_signature_must_be_right() {
    let rig = Rig::new();
    let begun = rig.begin().await;
    let forged = Signer::other_rsa("k1").sign(&rig.claims(&begun));
    assert!(invalid(rig.finish(&begun, forged).await).contains("signature"));
    let mut cut = rig.signer.sign(&rig.claims(&begun));
    cut.truncate(cut.rfind('.').unwrap() + 1);
    assert!(invalid(rig.finish(&begun, cut).await).contains("signature"));
}

#[tokio::test]
async fn changed_claims_break_the_signature() {
    let rig = Rig::new();
    let begun = rig.begin().await;
    let token = rig.signer.sign(&rig.claims(&begun));
    let mut claims = rig.claims(&begun);
    claims["sub"] = json!("s-2");
    let other = rig.signer.sign(&claims);
    let (parts, others): (Vec<_>, Vec<_>) =
        (token.split('.').collect(), other.split('.').collect());
    let mixed = format!("{}.{}.{}", parts[0], others[1], parts[2]);
    assert!(invalid(rig.finish(&begun, mixed).await).contains("signature"));
}

#[tokio::test]
async fn alg_none_and_macs_are_refused() {
    let rig = Rig::new();
    let begun = rig.begin().await;
    let claims = rig.claims(&begun);
    let public = rig.signer.jwk()["n"].as_str().unwrap().to_owned();
    for token in [
        unsigned(&claims),
        hmac("s3cret&+ü".as_bytes(), &claims),
        hmac(public.as_bytes(), &claims),
    ] {
        assert!(invalid(rig.finish(&begun, token).await).contains("alg"));
    }
}

#[tokio::test]
async fn only_the_pinned_algorithm_passes() {
    let rig = Rig::build(
        json!({"id_token_signed_response_alg": "ES256"}),
        Signer::es256("k1"),
    );
    rig.login().await;
    let rig = Rig::with(json!({"id_token_signed_response_alg": "ES256"}));
    assert!(invalid(rig.login_with(|_| {}).await).contains("alg"));
    // A pin cannot bring back what is never allowed.
    let rig = Rig::with(json!({"id_token_signed_response_alg": "none"}));
    let begun = rig.begin().await;
    let token = unsigned(&rig.claims(&begun));
    assert!(invalid(rig.finish(&begun, token).await).contains("alg"));
}

#[tokio::test]
async fn an_algorithm_that_discovery_does_not_list_is_refused() {
    let rig = Rig::build(json!({}), Signer::rsa(Algorithm::PS256, "k1"));
    rig.op.script().discovery["id_token_signing_alg_values_supported"] = json!(["RS256"]);
    assert!(invalid(rig.login_with(|_| {}).await).contains("alg"));
}

#[tokio::test]
async fn keys_in_the_header_are_ignored() {
    let rig = Rig::new();
    let begun = rig.begin().await;
    let attacker = Signer::other_rsa("evil");
    for (name, value) in [
        ("jwk", attacker.jwk()),
        ("jku", json!("https://evil.example/keys")),
    ] {
        let mut header = json!({"alg": "RS256", "kid": "k1"});
        header[name] = value;
        let token = attacker.sign_with(&header, &rig.claims(&begun));
        assert!(invalid(rig.finish(&begun, token).await).contains("signature"));
    }
    assert!(
        rig.op
            .script()
            .requests
            .iter()
            .all(|r| r.uri().host() == Some("idp.example"))
    );
}

#[tokio::test]
async fn critical_extensions_and_other_token_types_are_refused() {
    let rig = Rig::new();
    let begun = rig.begin().await;
    let claims = rig.claims(&begun);
    let header = json!({"alg": "RS256", "kid": "k1", "crit": ["b64"], "b64": false});
    let token = rig.signer.sign_with(&header, &claims);
    assert!(invalid(rig.finish(&begun, token).await).contains("critical"));
    for typ in ["at+jwt", "logout+jwt", "application/at+jwt"] {
        let token = rig
            .signer
            .sign_with(&json!({"alg": "RS256", "kid": "k1", "typ": typ}), &claims);
        assert!(invalid(rig.finish(&begun, token).await).contains("typ"));
    }
}

#[tokio::test]
async fn exp_must_lie_ahead() {
    fails("exp", json!(NOW_S - 60), "exp").await;
    fails("exp", Value::Null, "exp").await;
    // Within the allowed difference of clocks.
    identity(
        Rig::new()
            .login_with(|claims| claims["exp"] = json!(NOW_S - 59))
            .await,
    );
}

#[tokio::test]
async fn iat_must_be_recent_and_not_ahead() {
    fails("iat", Value::Null, "iat").await;
    fails("iat", json!(NOW_S + 61), "future").await;
    fails("iat", json!(NOW_S - 661), "long ago").await;
    fails("nbf", json!(NOW_S + 61), "nbf").await;
}

#[tokio::test]
async fn numbers_must_be_numbers() {
    for claim in ["exp", "iat", "auth_time", "nbf"] {
        fails(claim, json!(NOW_S.to_string()), claim).await;
        fails(claim, json!({}), claim).await;
        fails(claim, json!(-1), claim).await;
        fails(claim, json!(1e300), claim).await;
    }
}

#[tokio::test]
async fn texts_must_be_texts() {
    for claim in ["acr", "sid", "nonce", "at_hash", "iss", "azp"] {
        fails(claim, json!(["x"]), claim).await;
    }
    fails("aud", json!(["laneway", 7]), "aud").await;
    fails("amr", json!("pwd"), "amr").await;
}

#[tokio::test]
async fn nonce_must_be_the_one_sent() {
    fails("nonce", json!("another"), "nonce").await;
    fails("nonce", Value::Null, "nonce").await;
    fails("nonce", json!(""), "nonce").await;
}

#[tokio::test]
async fn at_hash_must_fit_if_present() {
    fails("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"), "at_hash").await;
    let good = URL_SAFE_NO_PAD.encode(&Sha256::digest("at-1")[..16]);
    identity(
        Rig::new()
            .login_with(|claims| claims["at_hash"] = json!(good))
            .await,
    );
}

async fn demanding(
    options: Value,
    acr: Option<Acr>,
    max_age: Option<u64>,
    change: impl FnOnce(&mut Value),
) -> Result<LoginStep, laneway_contract::ProviderError> {
    let rig = Rig::with(options);
    let begun = rig
        .rp
        .begin(BeginRedirect {
            acr,
            max_age,
            ..request()
        })
        .await
        .unwrap();
    let mut claims = rig.claims(&begun);
    change(&mut claims);
    let token = rig.signer.sign(&claims);
    rig.finish(&begun, token).await
}

#[tokio::test]
async fn a_demanded_acr_must_be_met() {
    let map = json!({"acr": {"aal1": ["silver"], "aal2": ["gold"], "phr": ["diamond"]}});
    for (acr, met) in [
        ("silver", false),
        ("0", false),
        ("gold", true),
        ("diamond", true),
    ] {
        let step = demanding(map.clone(), Some(Acr::Aal2), None, |c| {
            c["acr"] = json!(acr);
        })
        .await;
        match step {
            Ok(LoginStep::Authenticated(_)) => assert!(met, "{acr}"),
            Ok(LoginStep::Denied(Denial::Refused(code))) => {
                assert!(!met, "{acr}");
                assert_eq!(code, "unmet_authentication_requirements");
            }
            other => panic!("{other:?}"),
        }
    }
    let silent = demanding(map, Some(Acr::Aal2), None, |_| {}).await;
    assert!(matches!(silent, Ok(LoginStep::Denied(_))));
}

#[tokio::test]
async fn auth_time_must_be_there_and_recent_when_max_age_was_demanded() {
    let remove = |claims: &mut Value| {
        claims.as_object_mut().unwrap().remove("auth_time");
    };
    assert!(invalid(demanding(json!({}), None, Some(60), remove).await).contains("auth_time"));
    let old = |claims: &mut Value| claims["auth_time"] = json!(NOW_S - 121);
    assert!(invalid(demanding(json!({}), None, Some(60), old).await).contains("auth_time"));
    let within = |claims: &mut Value| claims["auth_time"] = json!(NOW_S - 119);
    identity(demanding(json!({}), None, Some(60), within).await);
    identity(demanding(json!({}), None, None, remove).await);
}

#[tokio::test]
async fn a_monstrous_or_mangled_token_is_refused() {
    let rig = Rig::new();
    for token in [
        "",
        "x",
        "a.b",
        "a.b.c.d",
        "!.!.!",
        "e30.e30.e30",
        &"a".repeat(70_000),
    ] {
        let begun = rig.begin().await;
        invalid(rig.finish(&begun, token.to_owned()).await);
    }
}
