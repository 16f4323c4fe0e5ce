//! An authenticator app that is set up while signing up, and ways that lead to a second factor.

use serde_json::{Value, json};
use totp_rs::Totp;

use crate::harness::{Browser, Call, LOGIN, TestApp, answer};

/// Somebody who has set an app up while signing up.
pub struct SignedUp {
    /// Signed in.
    pub browser: Browser,
    /// Who.
    pub id: String,
    /// The app.
    pub shown: Totp,
    /// The recovery codes that came with it.
    pub codes: Vec<Value>,
}

/// Signs up with an app and without a password; passwords must be on.
pub async fn signed_up(app: &TestApp, email: &str) -> SignedUp {
    let mut browser = app.browser();
    let (id, code) = app.asked_for_code(&mut browser, "signup", email).await;
    for (kind, body) in [
        ("email-code", json!({ "code": code })),
        ("profile", json!({ "name": "Ana" })),
    ] {
        answer(&mut browser, &id, kind, body).await.expect(200);
    }
    let body = json!({ "enrol": "totp" });
    let offered = answer(&mut browser, &id, "enrol", body).await.expect(200);
    let offered = offered.json();
    let uri = offered["step"]["otpauth_uri"].as_str().expect("an address");
    let shown = Totp::from_url(uri).expect("an app");
    let body = json!({ "code": app.shown_by(&shown) });
    let next = answer(&mut browser, &id, "enrol", body)
        .await
        .expect(200)
        .json();
    let codes = next["recovery_codes"].as_array().expect("codes").clone();
    // Shown once, and nowhere kept.
    let again = Call::api("GET", &format!("/v1/auth/flows/{id}"), &json!({}));
    let again = browser.send(again).await.expect(200).json();
    assert!(again.get("recovery_codes").is_none(), "{again}");
    // Beside an app a password may be shorter.
    assert_eq!(next["step"]["kind"], "new-password");
    let page = browser
        .get(&format!("/login?flow={id}"))
        .await
        .expect(200)
        .text();
    assert!(page.contains("minlength=\"8\""), "{page}");
    let body = json!({ "skip": true });
    let done = answer(&mut browser, &id, "new-password", body)
        .await
        .expect(200)
        .json();
    assert_eq!(done["state"], "done");
    let me = browser.me().await["sub"]
        .as_str()
        .expect("an id")
        .to_owned();
    SignedUp {
        browser,
        id: me,
        shown,
        codes,
    }
}

#[tokio::test]
async fn an_app_from_the_sign_up_comes_with_recovery_codes() {
    let app = TestApp::sqlite().await;
    app.passwords_on().await;
    let SignedUp {
        mut browser, codes, ..
    } = signed_up(&app, "ana@x.test").await;
    assert_eq!(codes.len(), 10);
    let left = browser
        .get("/v1/me/recovery-codes")
        .await
        .expect(200)
        .json();
    assert_eq!(left, json!({ "remaining": 10 }));
    let mails = app.mails_to("ana@x.test").await;
    assert!(
        mails
            .iter()
            .all(|mail| !mail.text.contains("worth nothing"))
    );

    // A lost phone locks nobody out.
    let mut other = app.browser();
    let (id, code) = app.asked_for_code(&mut other, "login", "ana@x.test").await;
    let body = json!({ "code": code });
    let asked = answer(&mut other, &id, "email-code", body)
        .await
        .expect(200)
        .json();
    assert_eq!(asked["step"]["kind"], "totp");
    let body = json!({ "code": codes[3] });
    let done = answer(&mut other, &id, "recovery-code", body)
        .await
        .expect(200)
        .json();
    assert_eq!(done["state"], "done");
    other.user(LOGIN).await.expect(200);
}
