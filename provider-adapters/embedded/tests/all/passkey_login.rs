//! Signing in by passkey.

use laneway_contract::{
    Acr, Answer, CredentialAdmin as _, Denial, HeadlessLogin as _, LoginStep, ProviderError,
    SubjectHint, UserDirectory as _,
};
use laneway_fake::Conduct;
use url::Url;

use crate::rig::{
    ANNA, BERT, NOW_MS, ORIGIN, RP_ID, Rig, denial, identity, on_both, passkey_request,
};

on_both!(
    a_discoverable_passkey_says_who_it_is,
    a_synced_passkey_is_called_so,
    the_options_fit_both_ways,
    step_up_takes_only_own_passkeys,
    a_bad_assertion_is_refused,
    an_assertion_works_once,
    of_many_parallel_assertions_one_wins,
    a_counter_that_falls_back_is_refused,
    a_foreign_handle_is_refused,
    a_disabled_or_deleted_person_stays_out,
    a_removed_passkey_is_dead,
    the_relying_party_must_fit,
);

async fn a_discoverable_passkey_says_who_it_is(rig: &Rig) {
    rig.enrol(ANNA).await;
    rig.clock.advance_s(60);
    let (options, state) = rig.begin_passkey(SubjectHint::Unknown).await;
    let credential = rig.keys.get(&options, ORIGIN).unwrap();
    let found = identity(rig.assert(&state, credential).await);
    assert_eq!(found.subject, ANNA);
    assert_eq!(found.evidence.amr, ["hwk", "user"]);
    assert_eq!(found.evidence.acr, Acr::Phr);
    assert_eq!(found.evidence.auth_time_ms, NOW_MS + 60_000);
    let listed = rig.embedded.list(ANNA).await.unwrap();
    assert_eq!(listed[0].last_used_at_ms, Some(NOW_MS + 60_000));
}

async fn a_synced_passkey_is_called_so(rig: &Rig) {
    let synced = Conduct {
        synced: true,
        ..Conduct::default()
    };
    let (options, state) = rig.begin_enrol(ANNA).await;
    let credential = rig.keys.create_with(&options, ORIGIN, &synced).unwrap();
    rig.finish_enrol(&state, credential, "").await.unwrap();
    // Synced passkeys do not count; twice in a row is no sign of a copy.
    for _ in 0..2 {
        let (options, state) = rig.begin_passkey(SubjectHint::Unknown).await;
        let credential = rig.keys.get_with(&options, ORIGIN, &synced).unwrap();
        let found = identity(rig.assert(&state, credential).await);
        assert_eq!(found.evidence.amr, ["swk", "user"]);
    }
    // Backup eligibility never changes: one who claims so is another authenticator.
    let (options, state) = rig.begin_passkey(SubjectHint::Unknown).await;
    let bound = rig.keys.get(&options, ORIGIN).unwrap();
    assert!(matches!(
        denial(rig.assert(&state, bound).await),
        Denial::WrongAnswer(_)
    ));
}

async fn the_options_fit_both_ways(rig: &Rig) {
    rig.enrol(ANNA).await;
    let (open, _) = rig.begin_passkey(SubjectHint::Unknown).await;
    assert_eq!(open["rpId"], RP_ID);
    assert_eq!(open["userVerification"], "required");
    assert_eq!(open["allowCredentials"], serde_json::json!([]));
    assert!(
        open["challenge"].as_str().unwrap().len() >= 22,
        "at least 16 bytes"
    );
    let (bound, _) = rig.begin_passkey(SubjectHint::Known(ANNA.to_owned())).await;
    assert_eq!(bound["allowCredentials"].as_array().unwrap().len(), 1);
    assert_ne!(open["challenge"], bound["challenge"]);
}

async fn step_up_takes_only_own_passkeys(rig: &Rig) {
    let known = |subject: &str| SubjectHint::Known(subject.to_owned());
    // Nothing to step up with: never an empty list, which would mean any passkey.
    let none = rig
        .embedded
        .begin(passkey_request(known(ANNA)))
        .await
        .unwrap();
    assert_eq!(denial(none), Denial::Refused("no_passkey".to_owned()));

    rig.enrol(ANNA).await;
    let (options, _) = rig.begin_passkey(SubjectHint::Unknown).await;
    let anna_key = rig.keys.get(&options, ORIGIN).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    rig.enrol(BERT).await;

    let (options, state) = rig.begin_passkey(known(BERT)).await;
    let own = rig.keys.get(&options, ORIGIN).unwrap();
    assert_eq!(identity(rig.assert(&state, own).await).subject, BERT);
    // An honest signature by somebody else's key, with and without a handle.
    for handle in [None, Some(None)] {
        let (options, state) = rig.begin_passkey(known(BERT)).await;
        let conduct = Conduct {
            credential: Some(anna_key.clone()),
            user_handle: handle,
            ..Conduct::default()
        };
        let foreign = rig.keys.get_with(&options, ORIGIN, &conduct).unwrap();
        assert!(matches!(
            denial(rig.assert(&state, foreign).await),
            Denial::WrongAnswer(_)
        ));
    }
    // Some authenticators leave the handle out where a list was given.
    let (options, state) = rig.begin_passkey(known(ANNA)).await;
    let conduct = Conduct {
        user_handle: Some(None),
        ..Conduct::default()
    };
    let own = rig.keys.get_with(&options, ORIGIN, &conduct).unwrap();
    assert_eq!(identity(rig.assert(&state, own).await).subject, ANNA);
}

async fn a_bad_assertion_is_refused(rig: &Rig) {
    rig.enrol(ANNA).await;
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
            "bad signature",
            ORIGIN,
            Conduct {
                broken_signature: true,
                ..honest()
            },
        ),
        ("other origin", "https://login.example.net", honest()),
        ("origin below", "https://x.login.example.org", honest()),
        ("other port", "https://login.example.org:8443", honest()),
        ("http", "http://login.example.org", honest()),
    ];
    for (name, origin, conduct) in bad {
        let (options, state) = rig.begin_passkey(SubjectHint::Unknown).await;
        let credential = rig.keys.get_with(&options, origin, &conduct).unwrap();
        let refused = denial(rig.assert(&state, credential).await);
        assert!(
            matches!(refused, Denial::WrongAnswer(_)),
            "{name}: {refused:?}"
        );
    }
    // One challenge stays open for another try, but not for ever.
    let (options, state) = rig.begin_passkey(SubjectHint::Unknown).await;
    for garbage in [serde_json::json!(null), serde_json::json!({ "id": "x" })] {
        let refused = denial(rig.assert(&state, garbage).await);
        assert!(matches!(refused, Denial::WrongAnswer(_)));
    }
    for _ in 0..2 {
        let refused = denial(rig.embedded.answer(&state, Answer::Resend).await.unwrap());
        assert!(matches!(refused, Denial::WrongAnswer(_)));
    }
    let last = denial(rig.assert(&state, serde_json::json!({})).await);
    assert_eq!(last, Denial::TooManyTries);
    let right = rig.keys.get(&options, ORIGIN).unwrap();
    assert_eq!(
        denial(rig.assert(&state, right).await),
        Denial::TooManyTries
    );
}

async fn an_assertion_works_once(rig: &Rig) {
    rig.enrol(ANNA).await;
    let (options, state) = rig.begin_passkey(SubjectHint::Unknown).await;
    let credential = rig.keys.get(&options, ORIGIN).unwrap();
    assert_eq!(
        identity(rig.assert(&state, credential.clone()).await).subject,
        ANNA
    );
    assert_eq!(
        denial(rig.assert(&state, credential.clone()).await),
        Denial::Expired
    );
    // Nor does it answer another challenge.
    let (_, other) = rig.begin_passkey(SubjectHint::Unknown).await;
    assert!(matches!(
        denial(rig.assert(&other, credential).await),
        Denial::WrongAnswer(_)
    ));

    let (options, state) = rig.begin_passkey(SubjectHint::Unknown).await;
    let late = rig.keys.get(&options, ORIGIN).unwrap();
    rig.clock.advance_s(300);
    assert_eq!(denial(rig.assert(&state, late).await), Denial::Expired);
}

async fn of_many_parallel_assertions_one_wins(rig: &Rig) {
    rig.enrol(ANNA).await;
    let (options, state) = rig.begin_passkey(SubjectHint::Unknown).await;
    let credential = rig.keys.get(&options, ORIGIN).unwrap();
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (embedded, state) = (rig.embedded.clone(), state.clone());
            let answer = Answer::Credential(credential.clone());
            tokio::spawn(async move { embedded.answer(&state, answer).await.unwrap() })
        })
        .collect();
    let steps = futures::future::try_join_all(tasks).await.unwrap();
    let won = steps
        .iter()
        .filter(|step| matches!(step, LoginStep::Authenticated(_)))
        .count();
    assert_eq!(won, 1);
}

async fn a_counter_that_falls_back_is_refused(rig: &Rig) {
    rig.enrol(ANNA).await;
    let regressed = Denial::Refused("sign_count_regressed".to_owned());
    for (counter, fits) in [(5, true), (5, false), (4, false), (0, false), (6, true)] {
        let (options, state) = rig.begin_passkey(SubjectHint::Unknown).await;
        let conduct = Conduct {
            counter: Some(counter),
            ..Conduct::default()
        };
        let credential = rig.keys.get_with(&options, ORIGIN, &conduct).unwrap();
        let step = rig.assert(&state, credential).await;
        if fits {
            assert_eq!(identity(step).subject, ANNA);
        } else {
            assert_eq!(denial(step), regressed, "counter {counter}");
        }
    }
    // Two copies of one key at the same moment, each with a challenge of its own.
    let conduct = Conduct {
        counter: Some(7),
        ..Conduct::default()
    };
    let mut steps = Vec::new();
    for _ in 0..8 {
        let (options, state) = rig.begin_passkey(SubjectHint::Unknown).await;
        let credential = rig.keys.get_with(&options, ORIGIN, &conduct).unwrap();
        let embedded = rig.embedded.clone();
        steps.push(async move {
            embedded
                .answer(&state, Answer::Credential(credential))
                .await
                .unwrap()
        });
    }
    let steps = futures::future::join_all(steps.into_iter().map(tokio::spawn)).await;
    let won = steps
        .into_iter()
        .filter(|step| matches!(step, Ok(LoginStep::Authenticated(_))))
        .count();
    assert_eq!(won, 1);
}

async fn a_foreign_handle_is_refused(rig: &Rig) {
    rig.enrol(ANNA).await;
    for handle in [None, Some(b"somebody else".to_vec()), Some(Vec::new())] {
        let (options, state) = rig.begin_passkey(SubjectHint::Unknown).await;
        let conduct = Conduct {
            user_handle: Some(handle),
            ..Conduct::default()
        };
        let credential = rig.keys.get_with(&options, ORIGIN, &conduct).unwrap();
        assert!(matches!(
            denial(rig.assert(&state, credential).await),
            Denial::WrongAnswer(_)
        ));
    }
}

async fn a_disabled_or_deleted_person_stays_out(rig: &Rig) {
    rig.enrol(ANNA).await;
    rig.embedded.set_enabled(ANNA, false).await.unwrap();
    let (options, state) = rig.begin_passkey(SubjectHint::Unknown).await;
    let credential = rig.keys.get(&options, ORIGIN).unwrap();
    assert_eq!(
        denial(rig.assert(&state, credential).await),
        Denial::Disabled
    );

    rig.embedded.delete(ANNA).await.unwrap();
    assert!(rig.embedded.list(ANNA).await.unwrap().is_empty());
    let (options, state) = rig.begin_passkey(SubjectHint::Unknown).await;
    let credential = rig.keys.get(&options, ORIGIN).unwrap();
    assert!(matches!(
        denial(rig.assert(&state, credential).await),
        Denial::WrongAnswer(_)
    ));
}

async fn a_removed_passkey_is_dead(rig: &Rig) {
    let made = rig.enrol(ANNA).await;
    let (options, state) = rig.begin_passkey(SubjectHint::Known(ANNA.to_owned())).await;
    let credential = rig.keys.get(&options, ORIGIN).unwrap();
    rig.embedded.remove(ANNA, &made.id).await.unwrap();
    assert!(matches!(
        denial(rig.assert(&state, credential).await),
        Denial::WrongAnswer(_)
    ));
}

async fn the_relying_party_must_fit(rig: &Rig) {
    rig.enrol(ANNA).await;
    // A passkey of this host is none at another one of the tenant.
    let mut request = passkey_request(SubjectHint::Known(ANNA.to_owned()));
    "other.example.org".clone_into(&mut request.relying_party.id);
    request.relying_party.origins = vec![Url::parse("https://other.example.org").unwrap()];
    let step = rig.embedded.begin(request).await.unwrap();
    assert_eq!(denial(step), Denial::Refused("no_passkey".to_owned()));
    // An origin outside the RP ID is a mistake in the configuration.
    let mut request = passkey_request(SubjectHint::Unknown);
    request
        .relying_party
        .origins
        .push(Url::parse("https://example.net").unwrap());
    let refused = rig.embedded.begin(request).await;
    assert!(
        matches!(refused, Err(ProviderError::Misconfigured(_))),
        "{refused:?}"
    );
    // The other tenant does not know the passkey.
    let (options, _) = rig.begin_passkey(SubjectHint::Unknown).await;
    let credential = rig.keys.get(&options, ORIGIN).unwrap();
    let stranger = rig.other_tenant();
    let begun = stranger
        .begin(passkey_request(SubjectHint::Unknown))
        .await
        .unwrap();
    let state = crate::rig::challenge(begun).state;
    let step = stranger
        .answer(&state, Answer::Credential(credential))
        .await
        .unwrap();
    assert!(matches!(denial(step), Denial::WrongAnswer(_)));
}
