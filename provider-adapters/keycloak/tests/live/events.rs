//! What Keycloak tells of people and sessions, and how soon.

use std::time::{Duration, Instant};

use laneway_contract::{AccountAction, EventFeed as _, Happened, SecurityEvent, Told};
use laneway_keycloak::{Keycloak, KeycloakConfig, bootstrap};
use reqwest::Method;
use serde_json::json;

use crate::browser::Browser;
use crate::login::sign_in;
use crate::outside::env;
use crate::realm::{TestRealm, begin, unheard};

/// Listens on, as a node does.
struct Ear {
    keycloak: Keycloak,
    cursor: Option<String>,
}

impl Ear {
    async fn hear(&mut self) -> Vec<SecurityEvent> {
        let told = self.keycloak.events(self.cursor.as_deref()).await.unwrap();
        let Told::Events { events, cursor } = told else {
            panic!("we may not listen: {told:?}");
        };
        self.cursor = Some(cursor);
        events
    }

    /// What is told next, and how long it took from now.
    async fn next(&mut self) -> (Vec<Happened>, Duration) {
        let asked = Instant::now();
        loop {
            let events = self.hear().await;
            if !events.is_empty() {
                let what = events.into_iter().map(|event| event.what).collect();
                return (what, asked.elapsed());
            }
            assert!(asked.elapsed() < Duration::from_secs(5), "nothing is told");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

struct Scene {
    realm: TestRealm,
    config: KeycloakConfig,
    ear: Ear,
    browser: Browser,
}

impl Scene {
    async fn set() -> Option<Self> {
        let realm = TestRealm::create().await?;
        let request = realm.request(&unheard());
        let config = realm.config(&bootstrap::apply(&request, &env()).await.unwrap());
        let mut ear = Ear {
            keycloak: Keycloak::new(config.clone(), env()).unwrap(),
            cursor: None,
        };
        assert_eq!(ear.hear().await, []);
        Some(Self {
            realm,
            config,
            ear,
            browser: Browser::new(),
        })
    }

    /// Signs somebody in; subject and session.
    async fn sign_in(&mut self, name: &str) -> (String, String) {
        let keycloak = &self.ear.keycloak;
        let who = sign_in(keycloak, &mut self.browser, name, begin(&unheard())).await;
        (who.subject, who.session.unwrap().sid.unwrap())
    }
}

#[tokio::test]
async fn what_an_administrator_does_is_told_once_and_soon() {
    let Some(mut scene) = Scene::set().await else {
        return;
    };
    let (subject, sid) = scene.sign_in("ana").await;
    let own = || subject.clone();
    let user = format!("/users/{subject}");
    let password = json!({"type": "password", "value": "another-password", "temporary": false});
    let acts = [
        (
            Method::DELETE,
            format!("/sessions/{sid}"),
            None,
            Happened::SessionEnded { sid: sid.clone() },
        ),
        (
            Method::POST,
            format!("{user}/logout"),
            None,
            Happened::SignedOut { subject: own() },
        ),
        (
            Method::PUT,
            format!("{user}/reset-password"),
            Some(password),
            Happened::NewPassword {
                subject: own(),
                within: None,
            },
        ),
        (
            Method::PUT,
            user.clone(),
            Some(json!({"enabled": false})),
            Happened::Disabled { subject: own() },
        ),
        (
            Method::DELETE,
            user.clone(),
            None,
            Happened::Deleted { subject: own() },
        ),
    ];
    for (method, path, body, expected) in acts {
        scene.realm.admin(method, &path, body).await;
        let (what, took) = scene.ear.next().await;
        eprintln!(
            "measured: {expected:?} is told after {} ms",
            took.as_millis()
        );
        assert_eq!(what, [expected]);
    }
    // What ends nothing is not told, and nothing is told again.
    let ben = scene.realm.user_id("ben").await;
    let change = json!({"firstName": "Benedict"});
    scene
        .realm
        .admin(Method::PUT, &format!("/users/{ben}"), Some(change))
        .await;
    scene.sign_in("ben").await;
    assert_eq!(scene.ear.hear().await, []);
    // Signed out of the realm, our account signs in again.
    scene.realm.admin(Method::POST, "/logout-all", None).await;
    assert_eq!(scene.ear.hear().await, []);
    scene.realm.delete().await;
}

#[tokio::test]
async fn what_a_person_does_names_the_session_that_they_did_it_in() {
    let Some(mut scene) = Scene::set().await else {
        return;
    };
    let (subject, sid) = scene.sign_in("ana").await;
    let begun = laneway_contract::AccountActions::begin(
        &scene.ear.keycloak,
        begin(&unheard()),
        &AccountAction::ChangePassword,
    )
    .await
    .unwrap();
    let page = scene.browser.open(&begun.url).await;
    let fields = [
        ("password-new", "chosen-by-ana-herself"),
        ("password-confirm", "chosen-by-ana-herself"),
    ];
    scene
        .browser
        .submit(&page, "kc-passwd-update-form", &fields)
        .await;
    let (what, _) = scene.ear.next().await;
    let expected = Happened::NewPassword {
        subject,
        within: Some(sid),
    };
    assert!(!what.is_empty());
    for one in what {
        assert_eq!(one, expected);
    }
    scene.realm.delete().await;
}

#[tokio::test]
async fn a_feed_that_starts_anew_hears_of_the_last_seconds_only() {
    let Some(mut scene) = Scene::set().await else {
        return;
    };
    let ana = scene.realm.user_id("ana").await;
    let path = format!("/users/{ana}/logout");
    scene.realm.admin(Method::POST, &path, None).await;
    scene.ear.next().await;
    scene.ear.cursor = None;
    let again = scene.ear.hear().await;
    assert_eq!(again.len(), 1, "{again:?}");
    let age = env().clock.now_ms() - again[0].at_ms;
    assert!((0..10_000).contains(&age), "{age}");
    scene.realm.delete().await;
}

#[tokio::test]
async fn without_the_right_nothing_is_told_and_nothing_is_amiss() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    scene.realm.forget_rights("laneway").await;
    // Rights are in the token: a node that starts now gets one without.
    let fresh = Keycloak::new(scene.config.clone(), env()).unwrap();
    let told = fresh.events(None).await.unwrap();
    assert!(matches!(told, Told::Deaf(_)), "{told:?}");
    scene.realm.delete().await;
}
