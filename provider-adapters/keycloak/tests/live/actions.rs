//! What people change about their own ways to sign in on Keycloak's pages, seen afterwards in
//! what the administration shows of them.

use laneway_contract::{
    AccountAction, AccountActions, Check, Credential, Diagnose, MethodKind, Provider as _,
    ProviderError,
};
use laneway_fake::{Conduct, SoftAuthenticator};
use laneway_keycloak::Keycloak;
use url::Url;

use crate::browser::{Browser, Place, totp, totp_of};
use crate::login::{identity, sign_in};
use crate::passkey::{register, use_key};
use crate::realm::{TestRealm, begin, unheard};

/// Somebody, signed in at a realm that was set up as operators do it.
struct Scene {
    realm: TestRealm,
    keycloak: Keycloak,
    browser: Browser,
    subject: String,
}

impl Scene {
    async fn new(name: &str) -> Option<Self> {
        let realm = TestRealm::create().await?;
        let keycloak = realm.keycloak(&unheard()).await;
        let mut browser = Browser::new();
        sign_in(&keycloak, &mut browser, name, begin(&unheard())).await;
        Some(Self {
            subject: realm.user_id(name).await,
            realm,
            keycloak,
            browser,
        })
    }

    fn actions(&self) -> &dyn AccountActions {
        self.keycloak.account_actions().unwrap()
    }

    async fn credentials(&self) -> Vec<Credential> {
        self.actions().credentials(&self.subject).await.unwrap()
    }

    async fn ids(&self, kind: MethodKind) -> Vec<String> {
        let all = self.credentials().await;
        let own = all.into_iter().filter(|one| one.kind == kind);
        own.map(|one| one.id).collect()
    }

    /// Goes there; the page, and what judges the way back.
    async fn set_out(&mut self, action: AccountAction) -> (Place, laneway_contract::AdapterState) {
        let begun = AccountActions::begin(&self.keycloak, begin(&unheard()), &action);
        let begun = begun.await.unwrap();
        (self.browser.open(&begun.url).await, begun.state)
    }

    /// They are back, as themselves.
    async fn back(&self, state: &laneway_contract::AdapterState, place: &Place) {
        let login = self.keycloak.redirect_login().unwrap();
        let step = login.complete(state, place.callback()).await.unwrap();
        assert_eq!(identity(step).subject, self.subject);
    }

    fn origin(&self) -> String {
        let issuer = Url::parse(&self.realm.issuer()).unwrap();
        issuer.origin().ascii_serialization()
    }
}

fn hidden(html: &str, name: &str) -> String {
    let at = html.find(&format!("name=\"{name}\"")).unwrap();
    let value = html[at..].split("value=\"").nth(1).unwrap();
    value.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_password_is_another_one_by_its_date() {
    let Some(mut scene) = Scene::new("ana").await else {
        return;
    };
    let before = scene.credentials().await;
    assert_eq!(before.len(), 1, "{before:?}");
    assert_eq!(before[0].kind, MethodKind::Password);

    let (page, state) = scene.set_out(AccountAction::ChangePassword).await;
    let fields = [("cancel-aia", "true")];
    let form = "kc-passwd-update-form";
    let place = scene.browser.submit(&page, form, &fields).await;
    scene.back(&state, &place).await;
    assert_eq!(scene.credentials().await, before);

    let (page, state) = scene.set_out(AccountAction::ChangePassword).await;
    let fields = [("password-new", "another"), ("password-confirm", "another")];
    let place = scene.browser.submit(&page, form, &fields).await;
    scene.back(&state, &place).await;
    let after = scene.credentials().await;
    assert_eq!(after.len(), 1);
    assert!(after[0].created_at_ms > before[0].created_at_ms);
    scene.realm.delete().await;
}

#[tokio::test]
async fn a_passkey_comes_and_goes() {
    let Some(mut scene) = Scene::new("ana").await else {
        return;
    };
    let (page, state) = scene.set_out(AccountAction::AddPasskey).await;
    let (key, origin) = (SoftAuthenticator::new(), scene.origin());
    let place = register(&mut scene.browser, &key, &page, &origin).await;
    scene.back(&state, &place).await;
    let passkeys = scene.ids(MethodKind::Passkey).await;
    assert_eq!(passkeys.len(), 1);

    // Turned back from, then done.
    for (answer, left) in [("cancel-aia", 1), ("accept", 0)] {
        let action = AccountAction::Remove(passkeys[0].clone());
        let (mut place, state) = scene.set_out(action).await;
        while place.html().contains("id=\"webauth\"") {
            let browser = &mut scene.browser;
            place = use_key(browser, &key, &place, &origin, &Conduct::default()).await;
        }
        let place = scene.browser.press(&place, answer).await;
        scene.back(&state, &place).await;
        assert_eq!(scene.ids(MethodKind::Passkey).await.len(), left);
    }
    scene.realm.delete().await;
}

#[tokio::test]
async fn an_app_is_added() {
    let Some(mut scene) = Scene::new("ana").await else {
        return;
    };
    let (page, state) = scene.set_out(AccountAction::AddTotp).await;
    let key = hidden(page.html(), "totpSecret");
    let code = totp_of(key.as_bytes());
    let fields = [
        ("totp", code.as_str()),
        ("totpSecret", &key),
        ("userLabel", "Phone"),
    ];
    let form = "kc-totp-settings-form";
    let place = scene.browser.submit(&page, form, &fields).await;
    scene.back(&state, &place).await;
    let all = scene.credentials().await;
    let app = all.iter().find(|one| one.kind == MethodKind::Totp).unwrap();
    assert_eq!(app.label, "Phone");
    scene.realm.delete().await;
}

/// Keycloak wants the strongest proof first: a thief of a session removes nothing.
#[tokio::test]
async fn an_app_is_removed_by_whoever_has_it() {
    let Some(mut scene) = Scene::new("tia").await else {
        return;
    };
    let apps = scene.ids(MethodKind::Totp).await;
    let action = AccountAction::Remove(apps[0].clone());
    let (page, state) = scene.set_out(action).await;
    let form = "kc-otp-login-form";
    let page = scene.browser.submit(&page, form, &[("otp", &totp())]).await;
    let place = scene.browser.press(&page, "accept").await;
    scene.back(&state, &place).await;
    assert_eq!(scene.ids(MethodKind::Totp).await.len(), 0);
    scene.realm.delete().await;
}

#[tokio::test]
async fn what_cannot_be_is_not_done() {
    let Some(mut scene) = Scene::new("ana").await else {
        return;
    };
    let before = scene.credentials().await;
    let action = AccountAction::Remove("never-was".into());
    let (place, state) = scene.set_out(action).await;
    scene.back(&state, &place).await;
    assert_eq!(scene.credentials().await, before);
    for nobody in ["", ".", "..", "never-was"] {
        let found = scene.actions().credentials(nobody).await;
        assert_eq!(found, Err(ProviderError::NotFound), "{nobody}");
    }
    scene.realm.delete().await;
}

async fn check(keycloak: &Keycloak) -> Check {
    let mut checks = Diagnose::diagnose(keycloak, &unheard()).await;
    checks.retain(|check| check.name == "credentials");
    checks.remove(0)
}

#[tokio::test]
async fn a_missing_right_is_named() {
    let Some(scene) = Scene::new("ana").await else {
        return;
    };
    assert!(check(&scene.keycloak).await.ok);
    scene.realm.forget_rights("laneway").await;
    let keycloak = &scene.keycloak;
    let refused = scene
        .actions()
        .credentials(&scene.subject)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("missing_right"), "{refused}");
    assert!(refused.to_string().contains("view-users"), "{refused}");
    let found = check(keycloak).await;
    assert!(found.is_warning(), "{found:?}");
    assert!(found.fix.contains("bootstrap"));
    scene.realm.delete().await;
}
