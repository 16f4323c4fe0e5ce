//! Enrolling, listing and removing passkeys.

use laneway_contract::{CredentialAdmin as _, MethodKind, ProviderError, UserDirectory as _};
use laneway_fake::{Conduct, SoftAuthenticator};

use crate::rig::{ANNA, BERT, NOW_MS, ORIGIN, RP_ID, Rig, on_both};

on_both!(
    the_options_ask_for_a_discoverable_verified_key,
    an_enrolled_passkey_is_listed_and_removed,
    a_ceremony_is_good_for_one_key_and_five_minutes,
    a_bad_attestation_is_refused,
    a_credential_id_belongs_to_one_person,
    an_enrolment_does_not_outlive_its_person,
);

async fn the_options_ask_for_a_discoverable_verified_key(rig: &Rig) {
    let first = rig.enrol(ANNA).await;
    let (options, _) = rig.begin_enrol(ANNA).await;
    assert_eq!(options["rp"]["id"], RP_ID);
    let selection = &options["authenticatorSelection"];
    assert_eq!(selection["residentKey"], "required");
    assert_eq!(selection["requireResidentKey"], true);
    assert_eq!(selection["userVerification"], "required");
    assert_eq!(options["attestation"], "none");
    // base64url of the sixteen bytes of the subject's UUID.
    assert_eq!(options["user"]["id"], "AZAAAAAAcACAAAAAAAAACg");
    assert_eq!(options["excludeCredentials"].as_array().unwrap().len(), 1);
    // The browser would refuse to enrol the same authenticator twice.
    assert!(
        rig.keys
            .create(&options, ORIGIN)
            .unwrap_err()
            .contains("InvalidState")
    );
    assert_eq!(first.label, "Passkey");
}

async fn an_enrolled_passkey_is_listed_and_removed(rig: &Rig) {
    let (options, state) = rig.begin_enrol(ANNA).await;
    let credential = rig.keys.create(&options, ORIGIN).unwrap();
    let made = rig
        .finish_enrol(&state, credential, "  my phone ")
        .await
        .unwrap();
    assert_eq!(made.label, "my phone");
    assert_eq!(made.kind, MethodKind::Passkey);
    assert_eq!((made.created_at_ms, made.last_used_at_ms), (NOW_MS, None));
    assert_eq!(
        rig.embedded.list(ANNA).await.unwrap(),
        std::slice::from_ref(&made)
    );
    // A companion's row came into being, findable by nobody but the core.
    assert!(rig.embedded.get(ANNA).await.unwrap().unwrap().enabled);

    assert_eq!(
        rig.embedded.remove(BERT, &made.id).await,
        Err(ProviderError::NotFound)
    );
    let stranger = rig.other_tenant();
    assert_eq!(
        stranger.remove(ANNA, &made.id).await,
        Err(ProviderError::NotFound)
    );
    assert!(stranger.list(ANNA).await.unwrap().is_empty());
    rig.embedded.remove(ANNA, &made.id).await.unwrap();
    assert!(rig.embedded.list(ANNA).await.unwrap().is_empty());
    assert_eq!(
        rig.embedded.remove(ANNA, &made.id).await,
        Err(ProviderError::NotFound)
    );
}

async fn a_ceremony_is_good_for_one_key_and_five_minutes(rig: &Rig) {
    let (options, state) = rig.begin_enrol(ANNA).await;
    let credential = rig.keys.create(&options, ORIGIN).unwrap();
    rig.finish_enrol(&state, credential.clone(), "")
        .await
        .unwrap();
    assert_over(rig.finish_enrol(&state, credential, "").await);
    let another = SoftAuthenticator::new().create(&options, ORIGIN).unwrap();
    assert_over(rig.finish_enrol(&state, another, "").await);

    let (options, state) = rig.begin_enrol(BERT).await;
    let late = rig.keys.create(&options, ORIGIN).unwrap();
    rig.clock.advance_s(300);
    assert_over(rig.finish_enrol(&state, late, "").await);
    assert!(rig.embedded.list(BERT).await.unwrap().is_empty());
}

fn assert_over(outcome: Result<laneway_contract::Credential, ProviderError>) {
    match outcome {
        Err(ProviderError::InvalidResponse(text)) => assert!(text.contains("over"), "{text}"),
        other => panic!("unexpected {other:?}"),
    }
}

async fn a_bad_attestation_is_refused(rig: &Rig) {
    let honest = Conduct::default;
    let bad = [
        (
            "no verification",
            ORIGIN,
            Conduct {
                user_verified: false,
                ..honest()
            },
        ),
        (
            "no presence",
            ORIGIN,
            Conduct {
                user_present: false,
                ..honest()
            },
        ),
        (
            "other RP",
            ORIGIN,
            Conduct {
                rp_id: Some("example.net".to_owned()),
                ..honest()
            },
        ),
        (
            "framed",
            ORIGIN,
            Conduct {
                cross_origin: true,
                ..honest()
            },
        ),
        (
            "not discoverable",
            ORIGIN,
            Conduct {
                not_resident: true,
                ..honest()
            },
        ),
        ("other origin", "https://login.example.net", honest()),
        ("origin below", "https://x.login.example.org", honest()),
        ("other port", "https://login.example.org:8443", honest()),
        ("http", "http://login.example.org", honest()),
    ];
    for (name, origin, conduct) in bad {
        let (options, state) = rig.begin_enrol(ANNA).await;
        let credential = rig.keys.create_with(&options, origin, &conduct).unwrap();
        let refused = rig.finish_enrol(&state, credential, "").await;
        assert!(
            matches!(refused, Err(ProviderError::InvalidResponse(_))),
            "{name}: {refused:?}"
        );
    }
    // An answer to another challenge, and no answer at all.
    let (old, _) = rig.begin_enrol(ANNA).await;
    let (_, state) = rig.begin_enrol(ANNA).await;
    let stale = rig.keys.create(&old, ORIGIN).unwrap();
    assert!(rig.finish_enrol(&state, stale, "").await.is_err());
    assert!(
        rig.finish_enrol(&state, serde_json::json!({ "id": [] }), "")
            .await
            .is_err()
    );
    assert!(rig.embedded.list(ANNA).await.unwrap().is_empty());
}

async fn a_credential_id_belongs_to_one_person(rig: &Rig) {
    // Both ceremonies are answered with the same key: the second one by a thief.
    let (first, first_state) = rig.begin_enrol(ANNA).await;
    let credential = rig.keys.create(&first, ORIGIN).unwrap();
    let id = credential["id"].as_str().unwrap().to_owned();
    rig.finish_enrol(&first_state, credential, "")
        .await
        .unwrap();

    let (second, second_state) = rig.begin_enrol(BERT).await;
    let copied = rig.keys.create_again(&second, ORIGIN, &id).unwrap();
    let outcome = rig.finish_enrol(&second_state, copied, "").await;
    assert_eq!(outcome, Err(ProviderError::Conflict));
    assert!(rig.embedded.list(BERT).await.unwrap().is_empty());
}

async fn an_enrolment_does_not_outlive_its_person(rig: &Rig) {
    rig.sign_up("anna@example.org", ANNA).await;
    let (options, state) = rig.begin_enrol(ANNA).await;
    let credential = rig.keys.create(&options, ORIGIN).unwrap();
    rig.embedded.delete(ANNA).await.unwrap();
    assert_over(rig.finish_enrol(&state, credential, "").await);
    assert!(rig.embedded.get(ANNA).await.unwrap().is_none());
}
