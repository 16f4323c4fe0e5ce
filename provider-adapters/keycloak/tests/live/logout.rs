//! The end of sessions, from both sides, and what Keycloak says about one.

use laneway_contract::{
    EndSession, ProviderError, SessionControl as _, SessionEvidence, UpstreamIdentity, Verdict,
};
use laneway_keycloak::Keycloak;
use reqwest::Method;
use serde_json::json;

use crate::browser::Browser;
use crate::listener::Listener;
use crate::login::sign_in;
use crate::realm::{TestRealm, addresses, begin};

fn evidence(identity: &UpstreamIdentity) -> SessionEvidence {
    SessionEvidence {
        subject: identity.subject.clone(),
        session: identity.session.clone().unwrap(),
    }
}

struct Scene {
    realm: TestRealm,
    listener: Listener,
    keycloak: Keycloak,
    browser: Browser,
}

impl Scene {
    async fn set() -> Option<Self> {
        let realm = TestRealm::create().await?;
        let listener = Listener::start().await;
        let keycloak = realm.keycloak(&addresses(&listener.url)).await;
        Some(Self {
            realm,
            listener,
            keycloak,
            browser: Browser::new(),
        })
    }

    async fn sign_in(&mut self, username: &str) -> SessionEvidence {
        let request = begin(&addresses(&self.listener.url));
        evidence(&sign_in(&self.keycloak, &mut self.browser, username, request).await)
    }

    /// Whether the browser still has a session at Keycloak.
    async fn signed_in(&mut self) -> bool {
        use laneway_contract::{Prompt, RedirectLogin as _};
        let mut request = begin(&addresses(&self.listener.url));
        request.prompt = Some(Prompt::None);
        let begun = self.keycloak.begin(request).await.unwrap();
        let place = self.browser.open(&begun.url).await;
        place.callback().single("code").is_some()
    }
}

#[tokio::test]
async fn an_administrators_logout_arrives_and_is_verified() {
    let Some(mut scene) = Scene::set().await else {
        return;
    };
    let session = scene.sign_in("ana").await;
    let sid = session.session.sid.clone().unwrap();
    scene
        .realm
        .admin(Method::DELETE, &format!("/sessions/{sid}"), None)
        .await;
    let token = scene.listener.token().await;
    let said = scene.keycloak.verify_logout_token(&token).await.unwrap();
    assert_eq!(said.issuer, scene.realm.issuer());
    assert_eq!(
        (said.sid.as_deref(), said.subject.as_deref()),
        (Some(sid.as_str()), Some(session.subject.as_str()))
    );
    assert!(!said.jti.is_empty());

    // One changed letter of the claims, and it is worthless.
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let flipped = if parts[1].starts_with("eyJ") {
        "eyK"
    } else {
        "eyJ"
    };
    parts[1].replace_range(..3, flipped);
    let forged = scene.keycloak.verify_logout_token(&parts.join(".")).await;
    assert!(
        matches!(forged, Err(ProviderError::InvalidResponse(_))),
        "{forged:?}"
    );
    assert_eq!(
        scene.keycloak.revalidate(session).await.unwrap(),
        Verdict::Ended
    );
    assert!(!scene.signed_in().await);
    scene.realm.delete().await;
}

#[tokio::test]
async fn our_logout_ends_the_session_without_the_browser() {
    let Some(mut scene) = Scene::set().await else {
        return;
    };
    for without_refresh_token in [false, true] {
        let mut session = scene.sign_in("ana").await;
        assert!(scene.signed_in().await);
        if without_refresh_token {
            session.session.refresh_token = None;
        }
        let home = addresses(&scene.listener.url).post_logout_uri;
        let end = scene
            .keycloak
            .end_session(session.clone(), home.as_str())
            .await
            .unwrap();
        assert_eq!(end, EndSession::Ended);
        assert!(
            !scene.signed_in().await,
            "without_refresh_token={without_refresh_token}"
        );
        let token = scene.listener.token().await;
        assert_eq!(
            scene
                .keycloak
                .verify_logout_token(&token)
                .await
                .unwrap()
                .sid,
            session.session.sid
        );
        // Ending what has ended is no error.
        let end = scene
            .keycloak
            .end_session(session, home.as_str())
            .await
            .unwrap();
        assert_eq!(end, EndSession::Ended);
    }
    scene.realm.delete().await;
}

#[tokio::test]
async fn without_anything_to_show_the_browser_has_to_go() {
    let Some(mut scene) = Scene::set().await else {
        return;
    };
    let mut session = scene.sign_in("ana").await;
    session.session = laneway_contract::UpstreamSession::default();
    let home = addresses(&scene.listener.url).post_logout_uri;
    let end = scene
        .keycloak
        .end_session(session, home.as_str())
        .await
        .unwrap();
    assert!(matches!(end, EndSession::Browser { .. }), "{end:?}");
    assert!(scene.signed_in().await);
    scene.realm.delete().await;
}

#[tokio::test]
async fn keycloaks_word_on_a_session_is_understood() {
    let Some(mut scene) = Scene::set().await else {
        return;
    };
    let other = scene.sign_in("ana").await;
    scene.browser = Browser::new();
    let session = scene.sign_in("ben").await;
    assert_eq!(
        scene.keycloak.revalidate(session.clone()).await.unwrap(),
        Verdict::Alive
    );
    let path = format!("/users/{}", session.subject);
    scene
        .realm
        .admin(Method::PUT, &path, Some(json!({"enabled": false})))
        .await;
    assert_eq!(
        scene.keycloak.revalidate(session.clone()).await.unwrap(),
        Verdict::Disabled
    );
    scene
        .realm
        .admin(Method::PUT, &path, Some(json!({"enabled": true})))
        .await;
    assert_eq!(
        scene.keycloak.revalidate(session.clone()).await.unwrap(),
        Verdict::Alive
    );
    scene.realm.admin(Method::DELETE, &path, None).await;
    assert_eq!(
        scene.keycloak.revalidate(session).await.unwrap(),
        Verdict::SubjectGone
    );
    // A realm that is switched off says nothing about anybody.
    scene
        .realm
        .admin(Method::PUT, "", Some(json!({"enabled": false})))
        .await;
    let off = scene.keycloak.revalidate(other).await;
    assert!(
        matches!(off, Err(ProviderError::Misconfigured(_))),
        "{off:?}"
    );
    scene.realm.delete().await;
}

/// Keycloak forgets a session that nobody uses there long before we end ours.
#[tokio::test]
async fn a_session_that_has_run_out_there_is_not_over() {
    let Some(mut scene) = Scene::set().await else {
        return;
    };
    let short = json!({"ssoSessionIdleTimeout": 4});
    scene.realm.admin(Method::PUT, "", Some(short)).await;
    let session = scene.sign_in("ana").await;
    // Until the refresh token says so itself.
    tokio::time::sleep(std::time::Duration::from_millis(5_100)).await;
    let said = scene.keycloak.revalidate(session).await;
    assert_eq!(said.unwrap(), Verdict::Alive, "its person is there");
    scene.realm.delete().await;
}
