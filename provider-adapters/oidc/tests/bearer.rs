//! Access tokens as a resource judges them: what counts, what never does, and what is asked.

use jsonwebtoken::Algorithm;
use laneway_contract::{BearerRules, BearerTokens as _, BearerVerdict, ProviderError};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::provider::{ISSUER, Reply, Rig, form};
use crate::signer::{Signer, hmac, unsigned};

const API: &str = "https://api.example/";

fn rules(more: Value) -> BearerRules {
    let mut all = json!({ "audiences": [API] });
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    serde_json::from_value(all).unwrap()
}

fn claims(rig: &Rig) -> Value {
    use laneway_contract::Clock as _;
    let now = rig.clock.now_ms() / 1000;
    json!({"iss": ISSUER, "aud": API, "sub": "s-1", "exp": now + 300, "iat": now,
        "client_id": "cli", "scope": "read write", "auth_time": now - 60})
}

fn header(typ: &str) -> Value {
    json!({"alg": "RS256", "kid": "k1", "typ": typ})
}

async fn judged(rig: &Rig, token: String, more: Value) -> BearerVerdict {
    let token = SecretString::from(token);
    rig.rp.judge(&token, &rules(more)).await.unwrap()
}

fn refused(verdict: BearerVerdict) -> String {
    match verdict {
        BearerVerdict::Refused(why) => why,
        other => panic!("not refused: {other:?}"),
    }
}

fn subject(verdict: BearerVerdict) -> String {
    match verdict {
        BearerVerdict::Good(identity) => identity.subject,
        other => panic!("not good: {other:?}"),
    }
}

#[tokio::test]
async fn a_token_of_access_for_us_counts_as_rfc_9068_says() {
    let rig = Rig::new();
    for typ in ["at+jwt", "application/at+jwt", "AT+JWT", "JWT"] {
        let token = rig.signer.sign_with(&header(typ), &claims(&rig));
        assert_eq!(
            subject(judged(&rig, token, json!({})).await),
            "s-1",
            "{typ}"
        );
    }
    for (name, value) in [
        ("aud", json!(["other", API])),
        ("scp", json!(["read"])),
        ("typ", json!("Bearer")),
        ("token_use", json!("access")),
    ] {
        let mut good = claims(&rig);
        good[name] = value;
        let token = rig.signer.sign(&good);
        assert_eq!(
            subject(judged(&rig, token, json!({})).await),
            "s-1",
            "{name}"
        );
    }
    assert_eq!(rig.op.count("/keys"), 1);
}

#[tokio::test]
async fn what_a_resource_must_not_take_is_refused() {
    let rig = Rig::new();
    for (name, value, why) in [
        ("iss", json!("https://evil.example"), "wrong_issuer"),
        ("iss", Value::Null, "iss"),
        ("aud", json!("laneway"), "wrong_audience"),
        ("aud", json!([]), "wrong_audience"),
        ("aud", Value::Null, "wrong_audience"),
        ("aud", json!([7]), "wrong_audience"),
        ("aud", json!("https://api.example"), "wrong_audience"),
        ("sub", json!(""), "nobody"),
        ("sub", json!(7), "sub"),
        ("exp", json!("soon"), "exp"),
        ("iat", Value::Null, "iat"),
        ("iat", json!(1_800_000_100), "clock_skew"),
        ("nbf", json!(1_800_000_100), "clock_skew"),
        ("cnf", json!({"jkt": "x"}), "bound"),
        ("typ", json!("ID"), "wrong_kind"),
        ("typ", json!("Refresh"), "wrong_kind"),
        ("token_use", json!("id"), "wrong_kind"),
        ("scope", json!("write"), "wrong_scope"),
        ("acr", json!(1), "acr"),
    ] {
        let mut bad = claims(&rig);
        bad[name] = value.clone();
        let token = rig.signer.sign_with(&header("at+jwt"), &bad);
        let said = refused(judged(&rig, token, json!({"scopes": ["read"]})).await);
        assert!(said.contains(why), "{name} {value}: {said}");
    }
    for typ in ["logout+jwt", "dpop+jwt", "secevent+jwt", "id+jwt"] {
        let token = rig.signer.sign_with(&header(typ), &claims(&rig));
        assert!(
            refused(judged(&rig, token, json!({})).await).contains("typ"),
            "{typ}"
        );
    }
    let mut over = claims(&rig);
    over["exp"] = json!(1_800_000_000);
    let token = rig.signer.sign(&over);
    assert_eq!(judged(&rig, token, json!({})).await, BearerVerdict::Expired);
}

/// An ID token is signed by the same keys, and its audience is a client: where a client's id is
/// what we are called too, it must not open anything.
#[tokio::test]
async fn an_id_token_is_no_token_of_access() {
    let rig = Rig::new();
    let mine = json!({"audiences": ["laneway"]});
    let mut id = claims(&rig);
    id["aud"] = json!("laneway");
    id.as_object_mut().unwrap().remove("scope");
    for (name, value) in [
        ("name", json!("x")),
        ("nonce", json!("n")),
        ("at_hash", json!("h")),
    ] {
        let mut one = id.clone();
        one[name] = value;
        let token = rig.signer.sign(&one);
        let said = refused(judged(&rig, token, mine.clone()).await);
        assert!(said.contains("wrong_kind"), "{name}: {said}");
        one["scope"] = json!("openid");
        let token = rig.signer.sign(&one);
        let good = matches!(
            judged(&rig, token, mine.clone()).await,
            BearerVerdict::Good(_)
        );
        assert_eq!(good, name == "name", "{name}");
    }
}

#[tokio::test]
async fn no_algorithm_confuses_and_no_key_comes_with_the_token() {
    let rig = Rig::new();
    let public = rig.signer.jwk()["n"].as_str().unwrap().to_owned();
    for token in [
        unsigned(&claims(&rig)),
        hmac(public.as_bytes(), &claims(&rig)),
        hmac("s3cret&+ü".as_bytes(), &claims(&rig)),
        Signer::other_rsa("k1").sign(&claims(&rig)),
        Signer::es256("k1").sign(&claims(&rig)),
        "a.b".into(),
        "a.b.c.d.e".into(),
        String::new(),
    ] {
        refused(judged(&rig, token, json!({})).await);
    }
    let own = Signer::other_rsa("k1");
    let with_key = json!({"alg": "RS256", "kid": "k1", "typ": "at+jwt", "jwk": own.jwk()});
    let token = own.sign_with(&with_key, &claims(&rig));
    refused(judged(&rig, token, json!({})).await);
    let token = rig.signer.sign(&claims(&rig));
    let named = json!({"algorithms": ["ES256"]});
    assert!(refused(judged(&rig, token, named).await).contains("weak_algorithm"));
}

#[tokio::test]
async fn junk_costs_the_provider_nothing_and_new_keys_are_asked_for_once_a_minute() {
    let mut rig = Rig::new();
    refused(judged(&rig, unsigned(&claims(&rig)), json!({})).await);
    assert_eq!(
        rig.op.count("openid-configuration") + rig.op.count("/keys"),
        0
    );
    let token = rig.signer.sign(&claims(&rig));
    subject(judged(&rig, token, json!({})).await);
    rig.signer = Signer::other_rsa("k2");
    rig.op.script().keys = vec![rig.signer.jwk()];
    for _ in 0..20 {
        let token = rig.signer.sign(&claims(&rig));
        subject(judged(&rig, token, json!({})).await);
        let token = Signer::rsa(Algorithm::RS256, "k9").sign(&claims(&rig));
        refused(judged(&rig, token, json!({})).await);
    }
    assert_eq!(rig.op.count("/keys"), 2);
    rig.op.script().keys_down = true;
    rig.clock.advance_s(3700);
    let token = rig.signer.sign(&claims(&rig));
    assert_eq!(
        subject(judged(&rig, token, json!({})).await),
        "s-1",
        "silence is bridged"
    );
    let cold = Rig::new();
    cold.op.script().keys_down = true;
    let token = SecretString::from(cold.signer.sign(&claims(&cold)));
    let silent = cold.rp.judge(&token, &rules(json!({}))).await;
    assert!(
        matches!(silent, Err(ProviderError::Unreachable(_))),
        "{silent:?}"
    );
}

#[tokio::test]
async fn the_subject_is_read_where_the_provider_keeps_it() {
    let rig = Rig::new();
    let mut token = claims(&rig);
    token["uid"] = json!("00u1");
    token["client_id"] = json!(API);
    token.as_object_mut().unwrap().remove("aud");
    let token = rig.signer.sign(&token);
    let special = json!({"subject_claim": "uid", "audience_claim": "client_id"});
    assert_eq!(subject(judged(&rig, token, special).await), "00u1");
}

async fn asked(rig: &Rig, answer: Reply, more: Value) -> Result<BearerVerdict, ProviderError> {
    rig.op.script().introspection = Some(answer);
    let mut all = json!({"introspection": {"endpoint": "https://idp.example/introspect"}});
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    let token = SecretString::from("opaque-secret-1");
    rig.rp.ask(&token, &rules(all)).await
}

#[tokio::test]
async fn the_provider_is_asked_as_rfc_7662_says() {
    let rig = Rig::new();
    let good = json!({"active": true, "aud": API, "sub": "s-1", "scope": "read",
        "exp": 1_800_000_300, "iat": 1_800_000_000, "token_type": "Bearer", "sid": "up-1"});
    let verdict = asked(&rig, Reply::Json(200, good.clone()), json!({}))
        .await
        .unwrap();
    let BearerVerdict::Good(identity) = verdict else {
        panic!("{verdict:?}")
    };
    assert_eq!(
        (identity.issuer.as_str(), identity.subject.as_str()),
        (ISSUER, "s-1")
    );
    assert_eq!(identity.session.as_deref(), Some("up-1"));
    let request = rig.op.last("/introspect");
    assert!(request.headers().contains_key("authorization"));
    assert_eq!(form(&request)["token"], "opaque-secret-1");
    for (change, value) in [
        ("active", json!(false)),
        ("aud", json!("other")),
        ("aud", Value::Null),
        ("iss", json!("https://evil.example")),
        ("sub", Value::Null),
        ("token_type", json!("DPoP")),
        ("typ", json!("Refresh")),
        ("token_use", json!("refresh_token")),
        ("cnf", json!({"jkt": "x"})),
        ("nbf", json!(1_900_000_000)),
    ] {
        let mut bad = good.clone();
        bad[change] = value.clone();
        let verdict = asked(&rig, Reply::Json(200, bad), json!({})).await.unwrap();
        let why = refused(verdict);
        assert!(!why.contains("opaque-secret"), "{change} {value}: {why}");
    }
    let mut over = good;
    over["exp"] = json!(1_799_999_999);
    let verdict = asked(&rig, Reply::Json(200, over), json!({}))
        .await
        .unwrap();
    assert_eq!(verdict, BearerVerdict::Expired);
}

#[tokio::test]
async fn an_answer_that_is_none_is_the_providers_trouble() {
    let rig = Rig::new();
    for answer in [
        Reply::Json(200, json!({"sub": "s-1", "aud": API})),
        Reply::Json(200, json!({"active": "true"})),
        Reply::Raw(200, "text/html", "<p>".into()),
        Reply::Json(401, json!({"error": "invalid_client"})),
        Reply::Json(500, json!({})),
        Reply::Down,
    ] {
        let outcome = asked(&rig, answer, json!({})).await;
        let error = outcome.expect_err("no verdict").to_string();
        assert!(
            !error.contains("opaque-secret") && !error.contains("s3cret"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn where_the_status_answers_no_secret_of_ours_goes_along() {
    let rig = Rig::new();
    let how = json!({"introspection": {"endpoint": "https://idp.example/introspect",
        "parameter": "access_token", "by_status": true}});
    let said = json!({"aud": API, "sub": "s-1", "exp": "1800000300", "scope": "openid"});
    let verdict = asked(&rig, Reply::Json(200, said), how.clone())
        .await
        .unwrap();
    assert_eq!(subject(verdict), "s-1");
    let request = rig.op.last("/introspect");
    assert!(!request.headers().contains_key("authorization"));
    assert_eq!(form(&request).len(), 1);
    let no = Reply::Json(400, json!({"error": "invalid_token"}));
    refused(asked(&rig, no, how).await.unwrap());
}
