//! People, sessions and self-description.

use laneway_contract::{
    Addresses, DirectoryUser, EndSession, NewUser, Provider as _, ProviderError, SessionEvidence,
    UpstreamSession, UserDirectory as _, Verdict,
};
use url::Url;

use crate::rig::{ANNA, BERT, Rig, on_both};

on_both!(
    people_are_made_found_changed_and_removed,
    revalidation_follows_the_account,
    diagnosis_names_what_is_wrong,
    the_database_refuses_a_newer_schema,
);

fn new_user(subject: Option<&str>, login_name: &str) -> NewUser {
    NewUser {
        subject: subject.map(str::to_owned),
        login_name: login_name.to_owned(),
        email: Some(login_name.to_owned()),
        email_verified: false,
        name: None,
    }
}

async fn people_are_made_found_changed_and_removed(rig: &Rig) {
    let directory = rig.embedded.user_directory().unwrap();
    let anna = directory
        .create(new_user(Some(ANNA), "Anna@Example.org"))
        .await
        .unwrap();
    assert_eq!(
        (anna.subject.as_str(), anna.login_name.as_str()),
        (ANNA, "anna@example.org")
    );
    assert!(anna.enabled && !anna.email_verified);
    assert_eq!(
        directory.find("ANNA@example.org").await.unwrap(),
        Some(anna.clone())
    );
    assert_eq!(directory.get(ANNA).await.unwrap(), Some(anna.clone()));

    for clash in [
        new_user(Some(BERT), "anna@example.org"),
        new_user(Some(ANNA), "x@example.org"),
    ] {
        assert_eq!(directory.create(clash).await, Err(ProviderError::Conflict));
    }
    // Where nobody chose an id, one is made; and another tenant has its own Anna.
    let bert = directory
        .create(new_user(None, "bert@example.org"))
        .await
        .unwrap();
    assert_ne!(bert.subject, ANNA);
    rig.other_tenant()
        .create(new_user(Some(ANNA), "anna@example.org"))
        .await
        .unwrap();

    let changed = DirectoryUser {
        email: Some("anna@example.net".to_owned()),
        email_verified: true,
        name: Some("Anna".to_owned()),
        ..anna
    };
    directory.update(changed.clone()).await.unwrap();
    assert_eq!(directory.get(ANNA).await.unwrap(), Some(changed));

    directory.delete(ANNA).await.unwrap();
    assert_eq!(directory.get(ANNA).await.unwrap(), None);
    assert_eq!(directory.delete(ANNA).await, Err(ProviderError::NotFound));
    assert_eq!(
        directory.set_enabled(ANNA, true).await,
        Err(ProviderError::NotFound)
    );
    assert!(rig.other_tenant().get(ANNA).await.unwrap().is_some());
}

async fn revalidation_follows_the_account(rig: &Rig) {
    let sessions = rig.embedded.session_control().unwrap();
    let evidence = || SessionEvidence {
        subject: ANNA.to_owned(),
        session: UpstreamSession::default(),
    };
    assert_eq!(
        sessions.revalidate(evidence()).await.unwrap(),
        Verdict::SubjectGone
    );
    rig.embedded
        .create(new_user(Some(ANNA), "anna@example.org"))
        .await
        .unwrap();
    assert_eq!(
        sessions.revalidate(evidence()).await.unwrap(),
        Verdict::Alive
    );
    rig.embedded.set_enabled(ANNA, false).await.unwrap();
    assert_eq!(
        sessions.revalidate(evidence()).await.unwrap(),
        Verdict::Disabled
    );
    let ended = sessions
        .end_session(evidence(), "https://login.example.org/")
        .await
        .unwrap();
    assert_eq!(ended, EndSession::Ended);
    let token = sessions.verify_logout_token("x").await;
    assert!(matches!(token, Err(ProviderError::InvalidResponse(_))));
    assert!(rig.embedded.redirect_login().is_none());
}

async fn diagnosis_names_what_is_wrong(rig: &Rig) {
    rig.enrol(ANNA).await;
    let at = |host: &str| {
        let url = |path: &str| Url::parse(&format!("{host}{path}")).unwrap();
        Addresses {
            redirect_uri: url("/federation/callback/x"),
            post_logout_uri: url("/logged-out"),
            backchannel_uri: url("/bff/backchannel/x"),
        }
    };
    let checks = rig
        .embedded
        .diagnose()
        .unwrap()
        .diagnose(&at("https://login.example.org"))
        .await;
    assert_eq!(checks.len(), 3);
    assert!(checks.iter().all(|check| check.ok), "{checks:?}");

    let checks = rig
        .embedded
        .diagnose()
        .unwrap()
        .diagnose(&at("http://other.example.org"))
        .await;
    let failed: Vec<_> = checks
        .iter()
        .filter(|check| !check.ok)
        .map(|check| check.name.as_str())
        .collect();
    assert_eq!(failed, ["passkey_origin", "passkey_rp_id"]);
    assert!(checks[2].fix.contains("1 passkeys"), "{}", checks[2].fix);
}

async fn the_database_refuses_a_newer_schema(rig: &Rig) {
    // Applying again changes nothing.
    laneway_embedded::migrations()
        .apply(rig.db())
        .await
        .unwrap();
    let older = laneway_sqlkit::MigrationSet {
        steps: &[],
        ..laneway_embedded::migrations()
    };
    let refused = older.apply(rig.db()).await;
    assert!(
        matches!(refused, Err(laneway_sqlkit::DbError::NewerSchema(_))),
        "{refused:?}"
    );
}

/// A store that is gone is an outage, never a wrong answer and never "nobody".
#[tokio::test]
async fn a_dead_database_is_an_outage() {
    let rig = Rig::sqlite().await;
    rig.db().close().await;
    let found = rig.embedded.get(ANNA).await;
    assert!(
        matches!(found, Err(ProviderError::Unreachable(_))),
        "{found:?}"
    );
    let addresses = Addresses {
        redirect_uri: Url::parse("https://login.example.org/a").unwrap(),
        post_logout_uri: Url::parse("https://login.example.org/b").unwrap(),
        backchannel_uri: Url::parse("https://login.example.org/c").unwrap(),
    };
    let checks = rig.embedded.diagnose().unwrap().diagnose(&addresses).await;
    assert!(!checks[0].ok && checks[0].name == "database", "{checks:?}");
}
