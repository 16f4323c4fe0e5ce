//! What the set-up changes for a whole realm: passkeys, required actions, the user profile; what
//! it leaves to the team; and the rights that it gives.

use laneway_contract::ProviderError;
use laneway_keycloak::bootstrap::{BootstrapRequest, Part, PlanStep, StepAction, apply, plan};
use reqwest::Method;
use serde_json::{Value, json};

use crate::outside::env;
use crate::realm::{TestRealm, unheard};

const PASSKEYS: &str = "webAuthnPolicyPasswordless";

fn open(steps: &[PlanStep]) -> Vec<&str> {
    let open = steps.iter().filter(|step| step.action.is_work());
    open.map(|step| step.name.as_str()).collect()
}

async fn still(request: &BootstrapRequest) -> Vec<PlanStep> {
    let steps = plan(request, &env()).await.unwrap();
    let open = steps.into_iter().filter(|step| step.action.is_work());
    open.collect()
}

/// Passkeys off, one action off, one thrown out, and nobody of the administration may write names.
async fn spoil(realm: &TestRealm) {
    let block = json!({
        format!("{PASSKEYS}RpEntityName"): "team", format!("{PASSKEYS}PasskeysEnabled"): false,
        format!("{PASSKEYS}UserVerificationRequirement"): "preferred",
        format!("{PASSKEYS}ExtraOrigins"): ["https://app.example.test"],
    });
    realm.admin(Method::PUT, "", Some(block)).await;
    let path = "/authentication/required-actions/CONFIGURE_TOTP";
    let mut totp = realm.admin(Method::GET, path, None).await;
    totp["enabled"] = json!(false);
    realm.admin(Method::PUT, path, Some(totp)).await;
    let path = "/authentication/required-actions/delete_credential";
    realm.admin(Method::DELETE, path, None).await;
    let mut profile = realm.admin(Method::GET, "/users/profile", None).await;
    for one in profile["attributes"].as_array_mut().unwrap() {
        if one["name"] == "lastName" {
            one["permissions"]["edit"] = json!(["user"]);
        }
    }
    realm
        .admin(Method::PUT, "/users/profile", Some(profile))
        .await;
}

#[tokio::test]
async fn what_is_off_in_the_realm_is_named_and_switched_on_and_the_rest_stays() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let mut request = realm.request(&unheard());
    request.directory = true;
    apply(&request, &env()).await.unwrap();
    spoil(&realm).await;
    let steps = still(&request).await;
    assert_eq!(
        open(&steps),
        [
            "passkey policy (whole realm)",
            "passkeys (whole realm)",
            "required actions (whole realm)",
            "user profile (whole realm)",
        ]
    );
    let said: Vec<&str> = steps
        .iter()
        .flat_map(|step| step.details.iter().map(String::as_str))
        .collect();
    for words in [
        "CONFIGURE_TOTP: off → on",
        "add delete_credential",
        "administrators may write lastName",
    ] {
        assert!(said.contains(&words), "{words}: {said:?}");
    }

    apply(&request, &env()).await.unwrap();
    assert_eq!(still(&request).await, []);
    let found = realm.admin(Method::GET, "", None).await;
    let is = |name: &str| &found[format!("{PASSKEYS}{name}")];
    assert_eq!(is("PasskeysEnabled"), true);
    assert_eq!(is("UserVerificationRequirement"), "required");
    assert_eq!(is("RpEntityName"), "team");
    assert_eq!(is("ExtraOrigins"), &json!(["https://app.example.test"]));
    let actions = realm
        .admin(Method::GET, "/authentication/required-actions", None)
        .await;
    let on = |alias: &str| {
        let mut all = actions.as_array().unwrap().iter();
        all.any(|one| one["alias"] == alias && one["enabled"] == true)
    };
    assert!(on("CONFIGURE_TOTP") && on("delete_credential"), "{actions}");
    // Nobody needs this one here.
    assert!(!on("TERMS_AND_CONDITIONS"), "{actions}");
    let profile = realm.admin(Method::GET, "/users/profile", None).await;
    let mut all = profile["attributes"].as_array().unwrap().iter();
    let last = all.find(|one| one["name"] == "lastName").unwrap();
    let may = last["permissions"]["edit"].as_array().unwrap();
    assert!(may.len() == 2 && may.contains(&json!("admin")), "{last}");
    assert_eq!(last["required"], json!({"roles": ["user"]}));
    realm.delete().await;
}

#[tokio::test]
async fn what_the_team_keeps_to_itself_is_left() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let mut request = realm.request(&unheard());
    request.directory = true;
    request.leave = vec![Part::Passkeys, Part::RequiredActions, Part::UserProfile];
    apply(&request, &env()).await.unwrap();
    spoil(&realm).await;
    // Whose passkey it is must be seen all the same: nobody is above that.
    let steps = still(&request).await;
    assert_eq!(open(&steps), ["passkey policy (whole realm)"]);
    apply(&request, &env()).await.unwrap();
    assert_eq!(still(&request).await, []);
    let found = realm.admin(Method::GET, "", None).await;
    assert_eq!(found[format!("{PASSKEYS}PasskeysEnabled")], false);
    realm.delete().await;
}

#[tokio::test]
async fn a_rule_of_the_team_is_told_and_never_loosened() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let mut request = realm.request(&unheard());
    let mut profile = realm.admin(Method::GET, "/users/profile", None).await;
    profile["attributes"].as_array_mut().unwrap().push(json!({
        "name": "department", "displayName": "Department", "required": {},
        "permissions": {"view": ["admin"], "edit": ["admin"]},
    }));
    realm
        .admin(Method::PUT, "/users/profile", Some(profile))
        .await;
    let before = realm.admin(Method::GET, "/users/profile", None).await;
    // Who manages nobody from here is not concerned.
    let steps = plan(&request, &env()).await.unwrap();
    assert!(steps.iter().all(|step| step.action != StepAction::Decide));
    request.directory = true;
    apply(&request, &env()).await.unwrap();
    let steps = plan(&request, &env()).await.unwrap();
    assert_eq!(open(&steps), [""; 0]);
    let told = steps.iter().find(|step| step.action == StepAction::Decide);
    let told = told.unwrap();
    assert_eq!(told.name, "rules of the user profile");
    assert!(told.details[0].starts_with("department "), "{told:?}");
    let after = realm.admin(Method::GET, "/users/profile", None).await;
    assert_eq!(after, before);
    realm.delete().await;
}

#[tokio::test]
async fn the_domain_of_passkeys_is_set_where_it_is_named_and_fits() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let mut request = realm.request(&unheard());
    request.passkey_rp_id = Some("example.com".into());
    let error = plan(&request, &env()).await.unwrap_err();
    assert!(
        matches!(&error, ProviderError::Misconfigured(text) if text.contains("`example.com`")),
        "{error:?}"
    );
    request.passkey_rp_id = Some("localhost".into());
    let steps = still(&request).await;
    let step = steps.iter().find(|one| one.name.starts_with("passkeys"));
    let said = step.unwrap().details.join("; ");
    assert!(said.contains("\"localhost\""), "{said}");
    apply(&request, &env()).await.unwrap();
    assert_eq!(still(&request).await, []);
    let found = realm.admin(Method::GET, "", None).await;
    assert_eq!(found[format!("{PASSKEYS}RpId")], "localhost");
    // Who names none leaves it.
    request.passkey_rp_id = None;
    assert_eq!(still(&request).await, []);
    realm.delete().await;
}

#[tokio::test]
async fn a_client_of_the_realm_sets_it_up_as_a_person_does() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    realm
        .client_with("set-up", "set-up-secret", &["realm-admin"])
        .await;
    let mut request = realm.request(&unheard());
    request.credential = realm.by_client("set-up", "set-up-secret");
    request.directory = true;
    let made = apply(&request, &env()).await.unwrap();
    assert_eq!(still(&request).await, []);
    let version = made.version.unwrap();
    assert!(version.starts_with("26."), "{version}");

    // With less it is said what is missing, and nothing is changed.
    realm
        .client_with("onlooker", "onlooker-secret", &["view-realm"])
        .await;
    request.credential = realm.by_client("onlooker", "onlooker-secret");
    let error = plan(&request, &env()).await.unwrap_err();
    assert!(
        matches!(&error, ProviderError::Misconfigured(text) if text.contains("realm-admin")),
        "{error:?}"
    );
    realm.delete().await;
}

#[tokio::test]
async fn our_account_sees_the_set_up_only_where_that_is_asked_for() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let mut request = realm.request(&unheard());
    apply(&request, &env()).await.unwrap();
    let held = async || -> Value {
        let account = realm.account("laneway").await;
        let path = format!("/users/{account}/role-mappings");
        let held = realm.admin(Method::GET, &path, None).await;
        let roles = &held["clientMappings"]["realm-management"]["mappings"];
        let names = roles.as_array().unwrap().iter().map(|one| &one["name"]);
        let mut names: Vec<&str> = names.filter_map(Value::as_str).collect();
        names.sort_unstable();
        json!(names)
    };
    assert_eq!(held().await, json!(["view-events", "view-users"]));
    request.drift = true;
    let steps = still(&request).await;
    assert_eq!(open(&steps), ["rights of the client"]);
    apply(&request, &env()).await.unwrap();
    let all = json!(["view-clients", "view-events", "view-realm", "view-users"]);
    assert_eq!(held().await, all);
    assert_eq!(still(&request).await, []);
    realm.delete().await;
}
