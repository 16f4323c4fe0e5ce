//! What a provider can do beside signing people in, and that it is refused where it cannot.

use std::time::Duration;

use serde_json::json;
use url::Url;

use super::live::unique;
use super::rig::Does;
use super::stage::Stage;
use super::web::Browser;

/// Operators create people at providers with a directory, and the id they are given is the
/// one that they sign in as.
pub async fn people_are_created_there_or_not_at_all(stage: &Stage) {
    let login = format!("{}@example.test", unique("new"));
    let body = json!({ "email": login, "email_verified": true, "name": "New Person" });
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
    let person = stage.rig.created(&login, &id).await;
    let signed_in = stage
        .sign_in(&mut Browser::new(), "", (&person, Does::SignIn))
        .await;
    assert_eq!(signed_in["sub"], id);
}

/// What an operator does to a person here is done there, where people are managed there: a new
/// name, out, in again, and gone for good.
pub async fn people_are_managed_there_or_here_only(stage: &Stage) {
    let managed = stage.rig.declared().manages;
    let ana = stage.rig.provision(stage, "ana", false).await;
    let mut browser = stage.signed_in(&ana).await;
    let id = stage.who(&mut browser).await["sub"].clone();
    let path = format!("/v1/admin/users/{}", id.as_str().expect("an id"));
    let change = async |body| stage.admin("PATCH", &path, Some(body)).await;
    change(json!({ "name": "Ana Maria Lind" }))
        .await
        .expect(200);
    change(json!({ "state": "disabled" })).await.expect(200);
    stage
        .user(&mut browser)
        .await
        .refused(401, "unauthenticated");
    let mut again = Browser::new();
    let tried = stage.try_sign_in(&mut again, "", (&ana, Does::SignIn));
    if let Ok(page) = tried.await {
        assert_eq!(page.status, 403, "{}", page.text);
    }
    assert_eq!(again.cookie("__Host-lw"), None);
    if managed {
        let there = Some(("Ana Maria Lind".to_owned(), false));
        assert_eq!(stage.rig.record(&ana).await, there);
        // A name that the provider's rules refuse is not written here either.
        let refused = change(json!({ "name": "<Ana>" })).await;
        refused.refused(422, "invalid_field");
        let told = stage.admin("GET", &path, None).await.expect(200).json();
        assert_eq!(told["name"], "Ana Maria Lind");
    }
    change(json!({ "state": "active" })).await.expect(200);
    let mut browser = stage.signed_in(&ana).await;
    assert_eq!(stage.who(&mut browser).await["sub"], id);
    stage.admin("DELETE", &path, None).await.expect(204);
    stage
        .user(&mut browser)
        .await
        .refused(401, "unauthenticated");
    if managed {
        assert_eq!(stage.rig.record(&ana).await, None);
    }
}

/// Who is kept out for wrong tries is seen, and let in, where the provider says so; elsewhere
/// there is nothing to see, and that is said. So with the mails that a provider writes itself.
pub async fn lock_outs_are_seen_there_or_not_at_all(stage: &Stage) {
    let ana = stage.rig.provision(stage, "ana", false).await;
    let mut browser = stage.signed_in(&ana).await;
    let id = stage.who(&mut browser).await["sub"].clone();
    let path = format!("/v1/admin/users/{}", id.as_str().expect("an id"));
    let locks = format!("{path}/lockouts");
    let seen = stage.admin("GET", &locks, None).await.expect(200).json();
    let ended = stage.admin("DELETE", &locks, None).await;
    if stage.rig.declared().manages {
        assert_eq!(seen["items"][0]["state"], "open", "{seen}");
        ended.refused(404, "not_found");
        return;
    }
    assert_eq!(seen["items"], json!([]));
    ended.refused(409, "not_supported_by_upstream");
    let body = json!({ "mail": "set-password" });
    let mails = format!("{path}/mails");
    let sent = stage.admin("POST", &mails, Some(body)).await;
    sent.refused(409, "not_supported_by_upstream");
}

/// A provider that is away keeps nobody in: they are out here, and it hears of it when it is
/// told again. What must be so there first is not done by halves.
pub async fn who_is_switched_off_is_out_although_it_is_away(stage: &Stage) {
    let ana = stage.rig.provision(stage, "ana", false).await;
    let mut browser = stage.signed_in(&ana).await;
    let id = stage.who(&mut browser).await["sub"].clone();
    let path = format!("/v1/admin/users/{}", id.as_str().expect("an id"));
    let change = async |body| stage.admin("PATCH", &path, Some(body)).await;
    stage.rig.stop().await;
    let renamed = change(json!({ "name": "Other" })).await;
    renamed.refused(503, "upstream_unavailable");
    let deleted = stage.admin("DELETE", &path, None).await;
    deleted.refused(503, "upstream_unavailable");
    stage.who(&mut browser).await;
    let off = change(json!({ "state": "disabled" })).await;
    assert!(off.text.contains("switched off here"), "{}", off.text);
    off.refused(503, "upstream_unavailable");
    stage
        .user(&mut browser)
        .await
        .refused(401, "unauthenticated");
    stage.rig.start().await;
    assert_eq!(stage.rig.record(&ana).await, Some(("ana".into(), true)));
    change(json!({ "state": "disabled" })).await.expect(200);
    assert_eq!(stage.rig.record(&ana).await, Some(("ana".into(), false)));
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

/// What a provider keeps of people they change on its page, from their account here. What they
/// have not done is not said to be done, and the session that they did it in goes on.
pub async fn ways_in_are_changed_there_or_not_at_all(stage: &Stage) {
    let ana = stage.rig.provision(stage, "ana", false).await;
    let mut browser = stage.signed_in(&ana).await;
    let mut other = stage.signed_in(&ana).await;
    let path = stage.at("/v1/me/upstream-credentials");
    let listed = browser.call("GET", &path, None).await.expect(200).json();
    let wish = json!({ "upstream": stage.slug, "action": "change-password" });
    if !stage.rig.declared().actions {
        assert_eq!(listed["items"], json!([]));
        let begun = browser.call("POST", &path, Some(&wish)).await;
        begun.refused(404, "not_found");
        return;
    }
    assert_eq!(listed["items"][0]["state"], "known", "{listed}");
    for (does, word) in [
        (Does::Cancel, "there-nothing"),
        (Does::ChangePassword, "password"),
    ] {
        stage.who(&mut other).await;
        let begun = browser.call("POST", &path, Some(&wish)).await.expect(200);
        let to = begun.json()["redirect_to"].as_str().map(Url::parse);
        let to = to.expect("an address").expect("an address");
        let act = (&ana, does);
        let home = stage.rig.act_as_user(stage, &mut browser, &to, act).await;
        let back = browser.open(&home.home()).await.leads_to();
        assert_eq!(back.query(), Some(format!("done={word}").as_str()));
    }
    let gone = stage.user(&mut other).await;
    gone.refused(401, "unauthenticated");
    // What the provider itself tells of it is heard by then.
    tokio::time::sleep(Duration::from_secs(3)).await;
    stage.who(&mut browser).await;
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
        .refused(404, "not_found");
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
