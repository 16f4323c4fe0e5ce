//! The realm's people, made, changed and removed from here.

use laneway_contract::{
    Check, Diagnose, DirectoryUser, ForeignHash, Imported, ImportedUser, NewUser, Provider as _,
    ProviderError, RedirectLogin, UserDirectory,
};
use laneway_keycloak::bootstrap::{BootstrapOutcome, PlanStep, StepAction, apply, plan};
use laneway_keycloak::{Keycloak, KeycloakConfig, KeycloakOptions};
use reqwest::Method;
use serde_json::{Value, json};

use crate::browser::{Browser, Place};
use crate::login::sign_in;
use crate::outside::env;
use crate::realm::{TestRealm, begin, unheard};

/// A realm whose people we may manage, as an operator runs it: without an administrator's hands.
pub async fn managed() -> Option<(TestRealm, KeycloakConfig)> {
    let realm = TestRealm::create().await?;
    let mut request = realm.request(&unheard());
    request.directory = true;
    let outcome = apply(&request, &env()).await.unwrap();
    let config = with_directory(&realm, &outcome);
    Some((realm, config))
}

fn with_directory(realm: &TestRealm, outcome: &BootstrapOutcome) -> KeycloakConfig {
    KeycloakConfig {
        admin: None,
        options: KeycloakOptions {
            directory: true,
            ..KeycloakOptions::default()
        },
        ..realm.config(outcome)
    }
}

fn directory(keycloak: &Keycloak) -> &dyn UserDirectory {
    keycloak.user_directory().unwrap()
}

fn new_user(login_name: &str) -> NewUser {
    NewUser {
        subject: Some("not-ours-to-choose".into()),
        login_name: login_name.into(),
        email: Some(login_name.into()),
        email_verified: false,
        name: Some("Cleo Maria Lind".into()),
    }
}

async fn record(realm: &TestRealm, subject: &str) -> Value {
    realm
        .admin(Method::GET, &format!("/users/{subject}"), None)
        .await
}

#[tokio::test]
async fn people_are_made_found_and_removed() {
    let Some((realm, config)) = managed().await else {
        return;
    };
    let keycloak = Keycloak::new(config, env()).unwrap();
    let people = directory(&keycloak);
    let cleo = people.create(new_user("Cleo@Example.test")).await.unwrap();
    assert_ne!(cleo.subject, "not-ours-to-choose");
    assert_eq!(cleo.login_name, "cleo@example.test");
    assert!(cleo.enabled && !cleo.email_verified);
    assert_eq!(people.get(&cleo.subject).await.unwrap(), Some(cleo.clone()));
    assert_eq!(
        people.find("CLEO@example.test").await.unwrap(),
        Some(cleo.clone())
    );
    let record = record(&realm, &cleo.subject).await;
    assert_eq!(record["firstName"], "Cleo Maria");
    assert_eq!(record["lastName"], "Lind");

    // The name is taken, and so is an address; a part of a name is nobody's.
    let again = people.create(new_user("cleo@example.test")).await;
    assert_eq!(again, Err(ProviderError::Conflict));
    let mut other = new_user("somebody-else");
    other.email = Some("ANA@example.test".into());
    assert_eq!(people.create(other).await, Err(ProviderError::Conflict));
    for nobody in ["cleo", "", "*", "service-account-laneway"] {
        assert_eq!(people.find(nobody).await.unwrap(), None, "{nobody}");
    }

    people.delete(&cleo.subject).await.unwrap();
    let gone = &cleo.subject;
    assert_eq!(people.get(gone).await.unwrap(), None);
    assert_eq!(people.delete(gone).await, Err(ProviderError::NotFound));
    let enabled = people.set_enabled(gone, true).await;
    assert_eq!(enabled, Err(ProviderError::NotFound));
    let update = people.update(cleo.clone()).await;
    assert_eq!(update, Err(ProviderError::NotFound));
    // A client's account is nobody, whoever knows its id.
    let account = realm.account("laneway").await;
    assert_eq!(people.get(&account).await.unwrap(), None);
    assert_eq!(people.delete(&account).await, Err(ProviderError::NotFound));
    for strange in ["", "..", "a/b", "%2e%2e", "?x"] {
        assert_eq!(people.get(strange).await.ok().flatten(), None, "{strange}");
    }
    realm.delete().await;
}

#[tokio::test]
async fn a_change_keeps_what_is_not_ours() {
    let Some((realm, config)) = managed().await else {
        return;
    };
    let mut profile = realm.admin(Method::GET, "/users/profile", None).await;
    profile["unmanagedAttributePolicy"] = json!("ADMIN_EDIT");
    realm
        .admin(Method::PUT, "/users/profile", Some(profile))
        .await;
    let ana = realm.user_id("ana").await;
    let mut before = record(&realm, &ana).await;
    before["attributes"] = json!({"department": ["wind", "water"]});
    before["requiredActions"] = json!(["CONFIGURE_TOTP"]);
    before["firstName"] = json!("Ana Maria");
    before["lastName"] = json!("de Souza");
    let path = format!("/users/{ana}");
    realm.admin(Method::PUT, &path, Some(before)).await;

    let keycloak = Keycloak::new(config, env()).unwrap();
    let people = directory(&keycloak);
    let found = people.get(&ana).await.unwrap().unwrap();
    assert_eq!(found.name.as_deref(), Some("Ana Maria de Souza"));
    let moved = DirectoryUser {
        email: Some("ana@example.net".into()),
        email_verified: false,
        ..found.clone()
    };
    people.update(moved.clone()).await.unwrap();
    people.set_enabled(&ana, false).await.unwrap();
    let after = record(&realm, &ana).await;
    assert_eq!(after["attributes"]["department"], json!(["wind", "water"]));
    assert_eq!(after["requiredActions"], json!(["CONFIGURE_TOTP"]));
    // A name that is the same is not split anew.
    assert_eq!(after["lastName"], "de Souza");
    assert_eq!(after["email"], "ana@example.net");
    assert_eq!(
        (&after["emailVerified"], &after["enabled"]),
        (&json!(false), &json!(false))
    );

    // A change does not let anybody in again.
    let renamed = DirectoryUser {
        name: Some("Ana Lind".into()),
        email: None,
        ..moved.clone()
    };
    people.update(renamed).await.unwrap();
    let after = record(&realm, &ana).await;
    assert_eq!(after["attributes"]["department"], json!(["wind", "water"]));
    assert_eq!(after["enabled"], false);
    let shown = people.get(&ana).await.unwrap().unwrap();
    assert_eq!(shown.name.as_deref(), Some("Ana Lind"));
    assert_eq!(shown.email, None);

    // What the realm's rules do not let pass is named, and nothing is changed.
    let bent = |change: &dyn Fn(&mut DirectoryUser)| {
        let mut bent = shown.clone();
        change(&mut bent);
        bent
    };
    for (user, field) in [
        (bent(&|user| user.name = Some("<b>".into())), "name"),
        (
            bent(&|user| user.email = Some("no-address".into())),
            "email",
        ),
    ] {
        let refused = people.update(user).await;
        assert_eq!(refused, Err(ProviderError::Unacceptable(field)));
    }
    let taken = people
        .update(bent(&|user| user.email = Some("ben@example.test".into())))
        .await;
    assert_eq!(taken, Err(ProviderError::Conflict));
    let fixed = people
        .update(bent(&|user| user.login_name = "ana2".into()))
        .await;
    assert!(
        matches!(&fixed, Err(ProviderError::Misconfigured(text)) if text.contains("Edit username")),
        "{fixed:?}"
    );
    assert_eq!(people.get(&ana).await.unwrap(), Some(shown.clone()));
    let short = people.create(new_user("ab")).await;
    assert!(
        matches!(short, Err(ProviderError::Unacceptable(_))),
        "{short:?}"
    );
    realm.delete().await;
}

#[tokio::test]
async fn login_names_follow_where_the_realm_lets_them() {
    let Some((realm, config)) = managed().await else {
        return;
    };
    let keycloak = Keycloak::new(config, env()).unwrap();
    let people = directory(&keycloak);
    let may = json!({"editUsernameAllowed": true});
    realm.admin(Method::PUT, "", Some(may)).await;
    let ben = realm.user_id("ben").await;
    let mut found = people.get(&ben).await.unwrap().unwrap();
    found.login_name = "Benedict".into();
    people.update(found.clone()).await.unwrap();
    assert_eq!(people.find("ben").await.unwrap(), None);
    let found = people.find("benedict").await.unwrap().unwrap();
    assert_eq!(found.subject, ben);
    let taken = DirectoryUser {
        login_name: "ana".into(),
        ..found.clone()
    };
    assert_eq!(people.update(taken).await, Err(ProviderError::Conflict));

    // Where the address is the name, a new address is a new name.
    let may = json!({"editUsernameAllowed": false, "registrationEmailAsUsername": true});
    realm.admin(Method::PUT, "", Some(may)).await;
    let cleo = people.create(new_user("cleo@example.test")).await.unwrap();
    let moved = DirectoryUser {
        email: Some("cleo@example.net".into()),
        ..cleo
    };
    people.update(moved).await.unwrap();
    let found = people.find("cleo@example.net").await.unwrap();
    assert!(found.is_some());
    realm.delete().await;
}

#[tokio::test]
async fn whoever_is_switched_off_stays_out_until_they_are_let_in_again() {
    let Some((realm, config)) = managed().await else {
        return;
    };
    let keycloak = Keycloak::new(config, env()).unwrap();
    let people = directory(&keycloak);
    let ana = realm.user_id("ana").await;
    people.set_enabled(&ana, false).await.unwrap();
    let begun = RedirectLogin::begin(&keycloak, begin(&unheard()))
        .await
        .unwrap();
    let place = Browser::new().sign_in(&begun.url, "ana").await;
    assert!(matches!(place, Place::Page { .. }), "{place:?}");
    assert!(place.html().contains("Account is disabled"));
    people.set_enabled(&ana, true).await.unwrap();
    let who = sign_in(&keycloak, &mut Browser::new(), "ana", begin(&unheard())).await;
    assert_eq!(who.subject, ana);

    // Locked out for an hour by two wrong tries.
    let guarded = json!({"bruteForceProtected": true, "failureFactor": 2,
        "waitIncrementSeconds": 3600, "maxFailureWaitSeconds": 3600,
        "minimumQuickLoginWaitSeconds": 3600, "maxDeltaTimeSeconds": 43_200});
    realm.admin(Method::PUT, "", Some(guarded)).await;
    let path = format!("/attack-detection/brute-force/users/{ana}");
    let mut browser = Browser::new();
    for _ in 0..5 {
        let begun = RedirectLogin::begin(&keycloak, begin(&unheard())).await;
        let page = browser.open(&begun.unwrap().url).await;
        let fields = [("username", "ana"), ("password", "wrong")];
        browser.submit(&page, "kc-form-login", &fields).await;
        if realm.admin(Method::GET, &path, None).await["disabled"] == true {
            break;
        }
    }
    assert_eq!(
        realm.admin(Method::GET, &path, None).await["disabled"],
        true
    );
    people.set_enabled(&ana, true).await.unwrap();
    let who = sign_in(&keycloak, &mut Browser::new(), "ana", begin(&unheard())).await;
    assert_eq!(who.subject, ana);
    realm.delete().await;
}

async fn check(keycloak: &Keycloak) -> Check {
    let mut checks = Diagnose::diagnose(keycloak, &unheard()).await;
    checks.retain(|check| check.name == "directory");
    checks.remove(0)
}

fn of_rights(steps: &[PlanStep]) -> &PlanStep {
    let mut steps = steps.iter();
    steps
        .find(|step| step.name == "rights of the client")
        .unwrap()
}

#[tokio::test]
async fn the_right_is_asked_for_only_where_it_is_wanted_and_missed_aloud() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    // The directory is switched on here before anybody has given the right there.
    let mut request = realm.request(&unheard());
    let outcome = apply(&request, &env()).await.unwrap();
    let without = Keycloak::new(realm.config(&outcome), env()).unwrap();
    assert!(without.user_directory().is_none());
    let keycloak = Keycloak::new(with_directory(&realm, &outcome), env()).unwrap();
    let people = directory(&keycloak);
    let ana = realm.user_id("ana").await;
    let refused = [
        people.create(new_user("cleo@example.test")).await.err(),
        people.set_enabled(&ana, false).await.err(),
        people.delete(&ana).await.err(),
    ];
    for error in refused {
        let error = error.unwrap();
        assert_eq!(error.code(), Some("missing_right"), "{error}");
        assert!(error.to_string().contains("manage-users"), "{error}");
    }
    // Reading alone is not managing.
    assert!(people.find("ana").await.unwrap().is_some());
    let found = check(&keycloak).await;
    assert!(found.is_warning() && found.fix.contains("--directory"));

    // The set-up says it, gives it, and then has nothing to do; the token that is held without
    // the right stands in nobody's way.
    request.directory = true;
    let planned = plan(&request, &env()).await.unwrap();
    let step = of_rights(&planned);
    assert_eq!(step.action, StepAction::Change);
    assert_eq!(step.details, ["add manage-users", "carry manage-users"]);
    apply(&request, &env()).await.unwrap();
    let after = plan(&request, &env()).await.unwrap();
    assert!(after.iter().all(|step| step.action == StepAction::Present));
    let cleo = people.create(new_user("cleo@example.test")).await.unwrap();
    people.delete(&cleo.subject).await.unwrap();
    let found = check(&keycloak).await;
    assert!(found.ok && !found.is_warning());

    realm.forget_rights("laneway").await;
    let found = check(&keycloak).await;
    assert!(found.is_warning());
    realm.delete().await;
}

#[tokio::test]
async fn a_keycloak_that_is_away_says_nothing_about_anybody() {
    let config = KeycloakConfig {
        issuer: "http://127.0.0.1:9/realms/x".into(),
        client_id: "laneway".into(),
        client_secret: "secret".into(),
        options: KeycloakOptions {
            directory: true,
            ..KeycloakOptions::default()
        },
        admin: None,
    };
    let keycloak = Keycloak::new(config, env()).unwrap();
    let people = directory(&keycloak);
    let away = |error: Option<ProviderError>| {
        assert!(
            matches!(error, Some(ProviderError::Unreachable(_))),
            "{error:?}"
        );
    };
    away(people.get("somebody").await.err());
    away(people.find("somebody").await.err());
    away(people.delete("somebody").await.err());
    away(people.create(new_user("cleo@example.test")).await.err());
}

/// Hashes of `correct horse battery staple`, by PHP and by Python.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "argon2id",
        "$argon2id$v=19$m=1024,t=2,p=1$MFl0NkpXSDFmZ1RPc0NJcA$0Zmcpb9h43LoAp9Jq1IHE6Q0XBKIeDu3+uwRcynnsDY",
    ),
    (
        "argon2i",
        "$argon2i$v=19$m=1024,t=2,p=1$UEs1Yy5DWjRnblVVUThrVg$68fcxt3R68eSsICtm0hByRRB+WbKwoieWiiiaMyb13k",
    ),
    (
        "sha1",
        "$pbkdf2-sha1$i=1000,l=20$YSBzYWx0IG9mIHNpeHRlZQ$V8z2SpxfGDq4viiCCiZZz5x8gH8",
    ),
    (
        "sha256",
        "$pbkdf2-sha256$1000$YSBzYWx0IG9mIHNpeHRlZQ$IyOiMcew1QO0U7KEAvYoGIBT6FaYe.wldKDgtY1rT8s",
    ),
    (
        "sha512",
        "$pbkdf2-sha512$i=1000,l=64$YSBzYWx0IG9mIHNpeHRlZQ$f/Y8cC8c/ayLuksuDMTlWUT/YEry7tgXcafUEHxJdd/AH4eKEen/xdegtDTG+eVrAXyip/OEyDRryh1Y6pGPEg",
    ),
];
const BCRYPT: &str = "$2y$05$9Jcbnlp.x.mW1MtFa/3QvOWl5kAVg3MNDdwQIy9QOuXTPKe/u0Nma";

fn imported(name: &str, hash: &str) -> ImportedUser {
    ImportedUser {
        user: new_user(&format!("{name}@example.test")),
        enabled: true,
        password: Some(ForeignHash::parse(hash).unwrap()),
    }
}

#[tokio::test]
async fn people_bring_the_password_that_they_have_elsewhere() {
    let Some((realm, config)) = managed().await else {
        return;
    };
    let keycloak = Keycloak::new(config, env()).unwrap();
    let people = directory(&keycloak);
    let wanted: Vec<_> = ELSEWHERE
        .iter()
        .map(|(name, hash)| imported(name, hash))
        .collect();
    let made = people.import(wanted.clone()).await.unwrap();
    for (answer, (name, _)) in made.iter().zip(ELSEWHERE) {
        assert!(matches!(answer, Imported::Made(_)), "{name}: {answer:?}");
        let login = format!("{name}@example.test");
        let begun = RedirectLogin::begin(&keycloak, begin(&unheard()))
            .await
            .unwrap();
        let mut browser = Browser::new();
        let page = browser.open(&begun.url).await;
        let right = [
            ("username", login.as_str()),
            ("password", "correct horse battery staple"),
        ];
        let place = browser.submit(&page, "kc-form-login", &right).await;
        assert!(matches!(place, Place::Home(_)), "{name}: {place:?}");
    }
    for (login, email, taken) in [
        ("sha1@example.test", "x@example.test", true),
        ("x", "SHA1@example.test", true),
        ("sha1", "sha1", false),
    ] {
        assert_eq!(people.is_taken(login, email).await, Ok(taken), "{login}");
    }
    let again = people.import(wanted).await.unwrap();
    assert!(again.iter().all(|answer| *answer == Imported::Present));
    // Keycloak has no bcrypt: nobody is made whom it could never let in.
    let bcrypt = imported("bcrypt", BCRYPT);
    assert!(!people.checks(bcrypt.password.as_ref().unwrap()));
    let refused = people.import(vec![bcrypt]).await.unwrap();
    assert_eq!(refused, [Imported::Refused("password")]);
    assert_eq!(people.find("bcrypt@example.test").await.unwrap(), None);
    let mut off = imported("off", ELSEWHERE[0].1);
    off.enabled = false;
    let off = people.import(vec![off]).await.unwrap();
    assert!(matches!(&off[..], [Imported::Made(off)] if !off.enabled));
    realm.delete().await;
}
