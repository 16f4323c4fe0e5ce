//! The token endpoint: how we prove who we are, and what its errors mean.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use laneway_contract::{Denial, LoginStep, ProviderError};
use serde_json::{Value, json};

use crate::provider::{Reply, Rig, form, good_answer};

#[tokio::test]
async fn basic_credentials_are_form_encoded_first() {
    let rig = Rig::new();
    rig.login().await;
    let sent = rig.op.last("/token");
    let header = sent.headers()["authorization"].to_str().unwrap();
    let pair = STANDARD
        .decode(header.strip_prefix("Basic ").unwrap())
        .unwrap();
    assert_eq!(pair, b"laneway:s3cret%26%2B%C3%BC");
    assert!(form(&sent).get("client_secret").is_none());
}

#[tokio::test]
async fn post_credentials_go_into_the_body() {
    let rig = Rig::with(json!({"token_endpoint_auth_method": "client_secret_post"}));
    rig.login().await;
    let sent = rig.op.last("/token");
    assert!(sent.headers().get("authorization").is_none());
    assert_eq!(form(&sent)["client_secret"], "s3cret&+ü");
    assert_eq!(form(&sent)["client_id"], "laneway");
}

async fn answering(reply: Reply) -> Result<LoginStep, ProviderError> {
    let rig = Rig::new();
    let begun = rig.begin().await;
    rig.op.script().token = Some(reply);
    rig.complete(&begun, &good_answer()).await
}

fn error(code: &str) -> Value {
    json!({"error": code, "error_description": "why"})
}

#[tokio::test]
async fn a_bad_code_is_a_refusal() {
    let step = answering(Reply::Json(400, error("invalid_grant"))).await;
    assert!(
        matches!(step, Ok(LoginStep::Denied(Denial::Refused(code))) if code == "invalid_grant")
    );
}

#[tokio::test]
async fn errors_are_mapped_by_reaction() {
    for code in [
        "invalid_client",
        "unauthorized_client",
        "invalid_request",
        "invalid_scope",
    ] {
        let step = answering(Reply::Json(401, error(code))).await;
        assert!(
            matches!(&step, Err(ProviderError::Misconfigured(text)) if text.contains(code)),
            "{step:?}"
        );
    }
    let html = Reply::Raw(502, "text/html", "<h1>Bad gateway</h1>".into());
    assert!(matches!(
        answering(html).await,
        Err(ProviderError::Unreachable(_))
    ));
    assert!(matches!(
        answering(Reply::Down).await,
        Err(ProviderError::Unreachable(_))
    ));
    let busy = Reply::Json(429, json!({}));
    assert!(matches!(
        answering(busy).await,
        Err(ProviderError::RateLimited { retry_after: None })
    ));
    for garbage in [
        "",
        "{",
        "[]",
        "null",
        r#"{"token_type":"Bearer"}"#,
        r#"{"access_token":7,"token_type":"Bearer"}"#,
    ] {
        let step = answering(Reply::Raw(200, "application/json", garbage.into())).await;
        assert!(
            matches!(step, Err(ProviderError::InvalidResponse(_))),
            "{garbage}: {step:?}"
        );
    }
    let page = Reply::Raw(200, "text/html", "<p>Welcome</p>".into());
    assert!(matches!(
        answering(page).await,
        Err(ProviderError::InvalidResponse(_))
    ));
    let step = answering(Reply::Json(400, error("something_new"))).await;
    assert!(matches!(step, Err(ProviderError::InvalidResponse(_))));
}

#[tokio::test]
async fn an_answer_without_id_token_or_of_another_type_is_refused() {
    let none = json!({"access_token": "at", "token_type": "Bearer"});
    assert!(matches!(
        answering(Reply::Json(200, none)).await,
        Err(ProviderError::InvalidResponse(_))
    ));
    let mac = json!({"access_token": "at", "token_type": "mac", "id_token": "x.y.z"});
    let step = answering(Reply::Json(200, mac)).await;
    assert!(
        matches!(step, Err(ProviderError::InvalidResponse(text)) if text.contains("token_type"))
    );
}

#[tokio::test]
async fn no_secret_and_no_token_reaches_an_error_text() {
    for body in [
        "{\"access_token\":\"at-canary\"}",
        "canary",
        "{\"access_token\":\"at-canary\",\"token_type\":7}",
    ] {
        let step = answering(Reply::Raw(200, "application/json", body.into())).await;
        let text = format!("{:?}", step.unwrap_err());
        assert!(
            !text.contains("canary") && !text.contains("s3cret"),
            "{text}"
        );
    }
    let rig = Rig::new();
    assert!(!format!("{:?}", rig.rp.config()).contains("s3cret"));
}
