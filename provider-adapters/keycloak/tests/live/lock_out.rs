//! Whom the realm keeps out for wrong tries, and the mails it refuses to send.

use laneway_contract::{
    AccountMail, AccountMails, Clock as _, LockOuts as _, MailSent, Provider as _, ProviderError,
    RedirectLogin, UserDirectory as _,
};
use laneway_keycloak::Keycloak;
use reqwest::Method;
use serde_json::{Value, json};

use crate::browser::{Browser, Place};
use crate::directory::managed;
use crate::login::sign_in;
use crate::outside::{Wall, env};
use crate::realm::{TestRealm, begin, unheard};

/// Two wrong tries lock for an hour, or for good.
async fn guard(realm: &TestRealm, for_good: bool) {
    let guarded = json!({"bruteForceProtected": true, "failureFactor": 2,
        "permanentLockout": for_good, "maxTemporaryLockouts": 0,
        "waitIncrementSeconds": 3600, "maxFailureWaitSeconds": 3600,
        "minimumQuickLoginWaitSeconds": if for_good { 1 } else { 3600 },
        "quickLoginCheckMilliSeconds": if for_good { 0 } else { 1000 },
        "maxDeltaTimeSeconds": 43_200});
    realm.admin(Method::PUT, "", Some(guarded)).await;
}

/// Wrong tries on Keycloak's page until it has had enough.
async fn lock(realm: &TestRealm, keycloak: &Keycloak, username: &str) {
    let id = realm.user_id(username).await;
    let path = format!("/attack-detection/brute-force/users/{id}");
    let mut browser = Browser::new();
    for _ in 0..5 {
        let begun = RedirectLogin::begin(keycloak, begin(&unheard())).await;
        let page = browser.open(&begun.unwrap().url).await;
        let fields = [("username", username), ("password", "wrong")];
        browser.submit(&page, "kc-form-login", &fields).await;
        if realm.admin(Method::GET, &path, None).await["disabled"] == true {
            return;
        }
    }
    panic!("{username} is not locked out");
}

async fn is_out(keycloak: &Keycloak, username: &str) -> bool {
    let begun = RedirectLogin::begin(keycloak, begin(&unheard())).await;
    let place = Browser::new().sign_in(&begun.unwrap().url, username).await;
    matches!(place, Place::Page { .. })
}

#[tokio::test]
async fn locks_for_a_while_and_for_good_are_seen_and_ended() {
    let Some((realm, config)) = managed().await else {
        return;
    };
    let keycloak = Keycloak::new(config, env()).unwrap();
    let (ana, ben) = (realm.user_id("ana").await, realm.user_id("ben").await);
    assert_eq!(keycloak.lock_out(&ana).await.unwrap(), None);
    guard(&realm, false).await;
    lock(&realm, &keycloak, "ana").await;
    let seen = keycloak.lock_out(&ana).await.unwrap().unwrap();
    assert!(seen.failures > 0, "{seen:?}");
    let left = seen.until_ms.unwrap() - Wall.now_ms();
    assert!((3_500_000..3_700_000).contains(&left), "{seen:?}");
    assert!(seen.last_failure_ms.is_some());
    assert!(is_out(&keycloak, "ana").await);
    assert_eq!(keycloak.lock_out(&ben).await.unwrap(), None);
    keycloak.unlock(&ana).await.unwrap();
    assert_eq!(keycloak.lock_out(&ana).await.unwrap(), None);
    let who = sign_in(&keycloak, &mut Browser::new(), "ana", begin(&unheard())).await;
    assert_eq!(who.subject, ana);

    guard(&realm, true).await;
    lock(&realm, &keycloak, "ben").await;
    let seen = keycloak.lock_out(&ben).await.unwrap().unwrap();
    assert_eq!(seen.until_ms, None, "{seen:?}");
    assert!(!keycloak.get(&ben).await.unwrap().unwrap().enabled);
    // What was counted is lost, as after a restart; the lock is not.
    let path = format!("/attack-detection/brute-force/users/{ben}");
    realm.admin(Method::DELETE, &path, None).await;
    let seen = keycloak.lock_out(&ben).await.unwrap().unwrap();
    assert_eq!((seen.until_ms, seen.failures), (None, 0));
    assert!(is_out(&keycloak, "ben").await);
    keycloak.unlock(&ben).await.unwrap();
    assert_eq!(keycloak.lock_out(&ben).await.unwrap(), None);
    let who = sign_in(&keycloak, &mut Browser::new(), "ben", begin(&unheard())).await;
    assert_eq!(who.subject, ben);

    // Whoever an administrator has switched off is not locked out, and is not let in.
    keycloak.set_enabled(&ana, false).await.unwrap();
    assert_eq!(keycloak.lock_out(&ana).await.unwrap(), None);
    keycloak.unlock(&ana).await.unwrap();
    assert!(!keycloak.get(&ana).await.unwrap().unwrap().enabled);
    let account = realm.account("laneway").await;
    for nobody in ["nobody", "", "..", account.as_str()] {
        let seen = keycloak.lock_out(nobody).await;
        assert_eq!(seen, Err(ProviderError::NotFound), "{nobody}");
        let ended = keycloak.unlock(nobody).await;
        assert_eq!(ended, Err(ProviderError::NotFound), "{nobody}");
    }
    realm.delete().await;
    assert!(keycloak.lock_out(&ben).await.is_err(), "no realm, no word");
}

#[tokio::test]
async fn mails_that_cannot_be_sent_say_why() {
    let Some((realm, config)) = managed().await else {
        return;
    };
    let keycloak = Keycloak::new(config, env()).unwrap();
    assert!(keycloak.account_mails().is_some());
    let ana = realm.user_id("ana").await;
    let send = async |who: &str| AccountMails::send(&keycloak, who, AccountMail::SetPassword).await;
    let sent = send(&ana).await.unwrap();
    assert!(
        matches!(&sent, MailSent::NotDelivered(words) if words.starts_with("Failed to send")),
        "{sent:?}"
    );
    let change = async |body: Value| {
        let path = format!("/users/{ana}");
        realm.admin(Method::PUT, &path, Some(body)).await;
    };
    change(json!({"enabled": false})).await;
    assert_eq!(send(&ana).await.unwrap(), MailSent::Disabled);
    change(json!({"enabled": true, "email": ""})).await;
    assert_eq!(send(&ana).await.unwrap(), MailSent::NoAddress);
    for nobody in ["nobody", "", ".."] {
        let sent = send(nobody).await;
        assert_eq!(sent, Err(ProviderError::NotFound), "{nobody}");
    }
    realm.delete().await;
}
