//! What a provider can do beside signing people in, and that it is refused where it cannot.

use serde_json::json;

use super::rig::{Does, Person};
use super::stage::Stage;
use super::web::Browser;

/// Operators create people at providers with a directory, and the id they are given is the
/// one that they sign in as.
pub async fn people_are_created_there_or_not_at_all(stage: &Stage) {
    let login = "new@example.test".to_owned();
    let body = json!({ "email": login, "email_verified": true, "name": "New" });
    let answer = stage
        .admin("POST", "/v1/admin/users", Some(body.clone()))
        .await;
    if !stage.rig.declared().directory {
        answer.refused(409, "not_supported_by_upstream");
        let all = stage
            .admin("GET", "/v1/admin/users", None)
            .await
            .expect(200)
            .json();
        assert_eq!(all["items"], json!([]));
        return;
    }
    let id = answer.expect(201).json()["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    stage
        .admin("POST", "/v1/admin/users", Some(body))
        .await
        .refused(409, "duplicate");
    let person = Person {
        login,
        subject: id.clone(),
    };
    let signed_in = stage
        .sign_in(&mut Browser::new(), "", (&person, Does::SignIn))
        .await;
    assert_eq!(signed_in["sub"], id);
}

/// Passkeys are added on the account page where the provider manages credentials.
pub async fn passkeys_are_added_here_or_not_at_all(stage: &Stage) {
    let declared = stage.rig.declared();
    let tia = stage.rig.provision(stage, "tia", true).await;
    let mut browser = Browser::new();
    let demand = format!("&acr_values={}", declared.strongest);
    stage.sign_in(&mut browser, "", (&tia, Does::SignIn)).await;
    stage
        .sign_in(&mut browser, &demand, (&tia, Does::SecondFactor))
        .await;
    let passkeys = stage.at("/v1/me/passkeys");
    let begun = browser
        .call("POST", &passkeys, Some(&json!({ "label": "second" })))
        .await;
    let listed = browser
        .call("GET", &passkeys, None)
        .await
        .expect(200)
        .json();
    let count = listed["items"].as_array().expect("a list").len();
    if declared.credentials {
        assert!(begun.expect(201).json()["public_key"].is_object());
        assert_eq!(count, 1);
    } else {
        begun.refused(409, "not_supported_by_upstream");
        assert_eq!(count, 0);
    }
}

/// Passwords and authenticator apps are kept here where the provider manages credentials;
/// elsewhere they are refused, and nobody is made on the way.
pub async fn passwords_and_apps_are_kept_here_or_not_at_all(stage: &Stage) {
    let declared = stage.rig.declared();
    let body = json!({ "email": "pat@example.test", "password": "seven brown kettles sing" });
    let answer = stage.admin("POST", "/v1/admin/users", Some(body)).await;
    if declared.credentials {
        answer.expect(201);
    } else {
        answer.refused(409, "not_supported_by_upstream");
        let found = stage
            .admin("GET", "/v1/admin/users?q=pat", None)
            .await
            .expect(200)
            .json();
        assert_eq!(found["items"], json!([]));
    }
    let tia = stage.rig.provision(stage, "tia", true).await;
    let mut browser = Browser::new();
    let demand = format!("&acr_values={}", declared.strongest);
    stage.sign_in(&mut browser, "", (&tia, Does::SignIn)).await;
    stage
        .sign_in(&mut browser, &demand, (&tia, Does::SecondFactor))
        .await;
    let totp = stage.at("/v1/me/totp");
    let begun = browser.call("POST", &totp, Some(&json!({}))).await;
    if declared.credentials {
        let uri = begun.expect(201).json()["otpauth_uri"].to_string();
        assert!(uri.contains("otpauth://totp/"), "{uri}");
    } else {
        begun.refused(409, "not_supported_by_upstream");
    }
}

/// A method that is not on offer cannot be used by naming it.
pub async fn other_methods_are_refused(stage: &Stage) {
    let offered = stage.rig.expected_methods();
    for kind in ["email-code", "passkey", "password", "redirect", "totp"] {
        if offered.iter().any(|(own, _)| own == kind) {
            continue;
        }
        let mut browser = Browser::new();
        let flow = stage
            .flow(&mut browser, json!({ "username": "ana@example.test" }))
            .await
            .expect(201)
            .json();
        let id = flow["id"].as_str().expect("an id");
        stage
            .answer(&mut browser, id, kind, json!({}))
            .await
            .refused(409, "wrong_step");
    }
}

/// A provider without a page of its own is no place to go to or to come back from.
pub async fn there_is_no_page_to_go_to(stage: &Stage) {
    let mut browser = Browser::new();
    let start = stage.at(&format!(
        "/federation/{}/start?return_to=/account",
        stage.slug
    ));
    browser
        .call("GET", &start, None)
        .await
        .refused(409, "wrong_step");
    let flow = stage.flow(&mut browser, json!({})).await.expect(201).json();
    let state = format!("{}.{}", flow["id"].as_str().expect("an id"), "x".repeat(43));
    let mut home = stage.at(&format!("/federation/callback/{}", stage.slug));
    home.query_pairs_mut()
        .append_pair("code", "made-up")
        .append_pair("state", &state);
    browser
        .call("GET", &home, None)
        .await
        .refused(409, "wrong_step");
    assert_eq!(browser.cookie("__Host-lw"), None);
}
