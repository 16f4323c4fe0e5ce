//! Codes by e-mail.

use laneway_contract::{
    Acr, Answer, BeginHeadless, Denial, EvidenceSource, HeadlessLogin as _, LoginStep, MethodKind,
    NewUser, Provider as _, SubjectHint, UserDirectory as _,
};
use secrecy::SecretString;

use crate::rig::{
    ANNA, BERT, NOW_MS, Rig, challenge, denial, identity, on_both, other_than, party, sent,
};

on_both!(
    a_right_code_makes_the_account_once,
    of_fifty_parallel_right_answers_one_wins,
    of_fifty_parallel_guesses_five_count,
    five_wrong_codes_end_the_challenge,
    a_code_dies_of_age,
    another_code_voids_the_first,
    codes_are_not_sent_without_end,
    without_delivery_nothing_matches,
    a_known_subject_is_bound,
    two_signups_of_one_address_meet,
    a_disabled_person_is_told_after_the_proof_only,
    a_challenge_is_worthless_elsewhere,
    the_table_holds_no_code,
    old_rows_are_purged,
);

fn anna() -> SubjectHint {
    SubjectHint::Candidate(ANNA.to_owned())
}

async fn a_right_code_makes_the_account_once(rig: &Rig) {
    let challenge = rig.begin_code(" Anna@Example.org ", anna(), true).await;
    let delivery = challenge.delivery.as_ref().unwrap();
    assert_eq!(delivery.to, "anna@example.org");
    assert_eq!(delivery.expires_in, 600);
    assert_eq!(challenge.resend_in, Some(30));
    let code = sent(&challenge);
    assert!(
        code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()),
        "{code}"
    );
    assert!(
        rig.embedded.get(ANNA).await.unwrap().is_none(),
        "no account before the proof"
    );

    // As people type it.
    let typed = format!(" {} {}", &code[..3], &code[3..]);
    let found = identity(rig.type_code(&challenge.state, &typed).await);
    assert_eq!(found.issuer, "urn:laneway:embedded:tenant-1");
    assert_eq!(found.subject, ANNA);
    assert_eq!(found.email.as_deref(), Some("anna@example.org"));
    assert!(found.email_verified);
    assert_eq!(found.evidence.amr, ["email"]);
    assert_eq!(found.evidence.acr, Acr::Aal1);
    assert_eq!(found.evidence.source, EvidenceSource::Own);
    assert_eq!(found.evidence.auth_time_ms, NOW_MS);

    let again = rig.type_code(&challenge.state, &code).await;
    assert_eq!(denial(again), Denial::Expired);
    // The next login finds the account, whatever id the core has in store for a new one.
    let back = rig.sign_up("anna@example.org", BERT).await;
    assert_eq!(back.subject, ANNA);
    assert_eq!(
        rig.rows("SELECT subject FROM embedded_accounts")
            .await
            .len(),
        1
    );
}

async fn of_fifty_parallel_right_answers_one_wins(rig: &Rig) {
    let challenge = rig.begin_code("anna@example.org", anna(), true).await;
    let code = sent(&challenge);
    let (mut won, mut late) = (0, 0);
    for step in parallel(rig, &challenge.state, vec![code; 50]).await {
        match step {
            LoginStep::Authenticated(found) if found.subject == ANNA => won += 1,
            LoginStep::Denied(Denial::Expired) => late += 1,
            other => panic!("unexpected {other:?}"),
        }
    }
    assert_eq!((won, late), (1, 49));
}

async fn of_fifty_parallel_guesses_five_count(rig: &Rig) {
    let challenge = rig.begin_code("anna@example.org", anna(), true).await;
    let code = sent(&challenge);
    let steps = parallel(rig, &challenge.state, vec![other_than(&code); 50]).await;
    let open = steps
        .iter()
        .filter(|step| matches!(step, LoginStep::Denied(Denial::WrongAnswer(_))))
        .count();
    let over = steps
        .iter()
        .filter(|step| matches!(step, LoginStep::Denied(Denial::TooManyTries)))
        .count();
    assert_eq!((open, over), (4, 46));
    let tries: i64 = rig.rows("SELECT tries FROM embedded_challenges").await[0]
        .get("tries")
        .unwrap();
    assert_eq!(tries, 5);
    let right = rig.type_code(&challenge.state, &code).await;
    assert_eq!(denial(right), Denial::TooManyTries);
}

async fn parallel(
    rig: &Rig,
    state: &laneway_contract::AdapterState,
    codes: Vec<String>,
) -> Vec<LoginStep> {
    let tasks: Vec<_> = codes
        .into_iter()
        .map(|code| {
            let (embedded, state) = (rig.embedded.clone(), state.clone());
            tokio::spawn(async move {
                embedded
                    .answer(&state, Answer::Code(SecretString::from(code)))
                    .await
                    .unwrap()
            })
        })
        .collect();
    futures::future::try_join_all(tasks).await.unwrap()
}

async fn five_wrong_codes_end_the_challenge(rig: &Rig) {
    let challenge = rig.begin_code("anna@example.org", anna(), true).await;
    let code = sent(&challenge);
    // Empty, of another kind, or merely wrong: each costs a try.
    let wrong = [
        Answer::Code(SecretString::from("")),
        Answer::Password(SecretString::from(code.clone())),
        Answer::Credential(serde_json::json!({ "id": 1 })),
        Answer::Code(SecretString::from(other_than(&code))),
    ];
    let mut state = challenge.state;
    for answer in wrong {
        match denial(rig.embedded.answer(&state, answer).await.unwrap()) {
            Denial::WrongAnswer(next) => state = next,
            other => panic!("unexpected {other:?}"),
        }
    }
    assert_eq!(
        denial(rig.type_code(&state, "x").await),
        Denial::TooManyTries
    );
    assert_eq!(
        denial(rig.type_code(&state, &code).await),
        Denial::TooManyTries
    );
    // Another code is not another five guesses.
    let resend = rig.embedded.answer(&state, Answer::Resend).await.unwrap();
    assert_eq!(denial(resend), Denial::TooManyTries);
}

async fn a_code_dies_of_age(rig: &Rig) {
    let fresh = rig.begin_code("anna@example.org", anna(), true).await;
    rig.clock.advance_s(599);
    assert_eq!(
        identity(rig.type_code(&fresh.state, &sent(&fresh)).await).subject,
        ANNA
    );

    let old = rig.begin_code("anna@example.org", anna(), true).await;
    rig.clock.advance_s(600);
    assert_eq!(
        denial(rig.type_code(&old.state, &sent(&old)).await),
        Denial::Expired
    );
    let resend = rig
        .embedded
        .answer(&old.state, Answer::Resend)
        .await
        .unwrap();
    assert_eq!(denial(resend), Denial::Expired);
}

async fn another_code_voids_the_first(rig: &Rig) {
    let first = rig.begin_code("anna@example.org", anna(), true).await;
    rig.clock.advance_s(12);
    let early = challenge(
        rig.embedded
            .answer(&first.state, Answer::Resend)
            .await
            .unwrap(),
    );
    assert!(early.delivery.is_none(), "nothing is sent too early");
    assert_eq!(early.resend_in, Some(18));

    rig.clock.advance_s(18);
    let second = challenge(
        rig.embedded
            .answer(&early.state, Answer::Resend)
            .await
            .unwrap(),
    );
    assert_eq!(second.resend_in, Some(30));
    let (old, new) = (sent(&first), sent(&second));
    assert_ne!(old, new);
    assert!(matches!(
        denial(rig.type_code(&second.state, &old).await),
        Denial::WrongAnswer(_)
    ));
    // The new code lives its own ten minutes.
    rig.clock.advance_s(599);
    assert_eq!(
        identity(rig.type_code(&second.state, &new).await).subject,
        ANNA
    );
}

async fn codes_are_not_sent_without_end(rig: &Rig) {
    let first = rig.begin_code("anna@example.org", anna(), true).await;
    let mut last = sent(&first);
    for round in 2..=5 {
        rig.clock.advance_s(30);
        let next = challenge(
            rig.embedded
                .answer(&first.state, Answer::Resend)
                .await
                .unwrap(),
        );
        last = sent(&next);
        assert_eq!(next.resend_in.is_some(), round < 5);
    }
    rig.clock.advance_s(30);
    let none = challenge(
        rig.embedded
            .answer(&first.state, Answer::Resend)
            .await
            .unwrap(),
    );
    assert!(none.delivery.is_none() && none.resend_in.is_none());
    assert_eq!(
        identity(rig.type_code(&first.state, &last).await).subject,
        ANNA
    );
}

async fn without_delivery_nothing_matches(rig: &Rig) {
    rig.sign_up("anna@example.org", ANNA).await;
    let open = rig.begin_code("anna@example.org", anna(), true).await;
    let silent = [
        rig.begin_code("anna@example.org", anna(), false).await,
        rig.begin_code(
            "nobody@example.org",
            SubjectHint::Candidate(BERT.to_owned()),
            false,
        )
        .await,
        rig.begin_code("nobody@example.org", SubjectHint::Unknown, true)
            .await,
        rig.begin_code(
            "not-an-address",
            SubjectHint::Candidate(BERT.to_owned()),
            true,
        )
        .await,
        rig.begin_code("", SubjectHint::Candidate(BERT.to_owned()), true)
            .await,
    ];
    for challenge in silent {
        assert!(challenge.delivery.is_none());
        assert_eq!(challenge.resend_in, open.resend_in, "the same shape");
        let wrong = denial(rig.type_code(&challenge.state, "000000").await);
        assert!(matches!(wrong, Denial::WrongAnswer(_)), "{wrong:?}");
        rig.clock.advance_s(30);
        let resent = rig
            .embedded
            .answer(&challenge.state, Answer::Resend)
            .await
            .unwrap();
        assert!(self::challenge(resent).delivery.is_none());
    }
    assert!(rig.embedded.get(BERT).await.unwrap().is_none());
}

async fn a_known_subject_is_bound(rig: &Rig) {
    // A companion's person: the core knows them, we have no row yet.
    let known = |subject: &str| SubjectHint::Known(subject.to_owned());
    let challenge = rig.begin_code("anna@example.org", known(ANNA), true).await;
    let found = identity(rig.type_code(&challenge.state, &sent(&challenge)).await);
    assert_eq!(found.subject, ANNA);
    // Nobody finds that row by the address: only the core's link leads there.
    assert!(
        rig.embedded
            .find("anna@example.org")
            .await
            .unwrap()
            .is_none()
    );

    // The subject stands, even where another account owns the typed name.
    rig.sign_up("bert@example.org", BERT).await;
    let challenge = rig.begin_code("bert@example.org", known(ANNA), true).await;
    let found = identity(rig.type_code(&challenge.state, &sent(&challenge)).await);
    assert_eq!(found.subject, ANNA);
    let stored = rig.embedded.get(ANNA).await.unwrap().unwrap();
    assert_eq!(
        stored.email.as_deref(),
        Some("anna@example.org"),
        "a second address replaces none"
    );
}

async fn two_signups_of_one_address_meet(rig: &Rig) {
    let one = rig.begin_code("anna@example.org", anna(), true).await;
    let hint = SubjectHint::Candidate(BERT.to_owned());
    let two = rig.begin_code("anna@example.org", hint, true).await;
    let second = identity(rig.type_code(&two.state, &sent(&two)).await);
    let first = identity(rig.type_code(&one.state, &sent(&one)).await);
    assert_eq!(
        (second.subject.as_str(), first.subject.as_str()),
        (BERT, BERT)
    );
    assert!(rig.embedded.get(ANNA).await.unwrap().is_none());
}

async fn a_disabled_person_is_told_after_the_proof_only(rig: &Rig) {
    rig.sign_up("anna@example.org", ANNA).await;
    rig.embedded.set_enabled(ANNA, false).await.unwrap();
    let challenge = rig.begin_code("anna@example.org", anna(), true).await;
    let code = sent(&challenge);
    let wrong = denial(rig.type_code(&challenge.state, &other_than(&code)).await);
    assert!(matches!(wrong, Denial::WrongAnswer(_)));
    assert_eq!(
        denial(rig.type_code(&challenge.state, &code).await),
        Denial::Disabled
    );
    rig.embedded.set_enabled(ANNA, true).await.unwrap();
    assert_eq!(
        denial(rig.type_code(&challenge.state, &code).await),
        Denial::Expired
    );
}

async fn a_challenge_is_worthless_elsewhere(rig: &Rig) {
    let challenge = rig.begin_code("anna@example.org", anna(), true).await;
    let (code, other) = (
        sent(&challenge),
        rig.begin_code("bert@example.org", anna(), true).await,
    );
    let swapped = denial(rig.type_code(&other.state, &code).await);
    assert!(
        matches!(swapped, Denial::WrongAnswer(_)),
        "a code is bound to its challenge"
    );

    let stranger = rig.other_tenant();
    assert_eq!(stranger.issuer(), "urn:laneway:embedded:tenant-2");
    let answer = Answer::Code(SecretString::from(code.clone()));
    let step = stranger.answer(&challenge.state, answer).await.unwrap();
    assert_eq!(denial(step), Denial::Expired, "and to its tenant");
    assert_eq!(
        identity(rig.type_code(&challenge.state, &code).await).subject,
        ANNA
    );
    assert!(stranger.find("anna@example.org").await.unwrap().is_none());
}

async fn the_table_holds_no_code(rig: &Rig) {
    let challenge = rig.begin_code("anna@example.org", anna(), true).await;
    let rows = rig
        .rows("SELECT id, ceremony, answer_mac FROM embedded_challenges")
        .await;
    let code = sent(&challenge);
    let mac: Vec<u8> = rows[0].get("answer_mac").unwrap();
    assert_eq!(mac.len(), 32);
    assert!(!rows[0].get::<String>("ceremony").unwrap().contains(&code));
    assert!(
        !format!("{challenge:?}").contains(&code),
        "nor does a log of the challenge"
    );
}

async fn old_rows_are_purged(rig: &Rig) {
    rig.begin_code("anna@example.org", anna(), true).await;
    rig.clock.advance_s(600 + 3600 + 1);
    rig.begin_code("bert@example.org", anna(), true).await;
    let rows = rig.rows("SELECT ceremony FROM embedded_challenges").await;
    assert_eq!(rows.len(), 1);
    assert!(rows[0].get::<String>("ceremony").unwrap().contains("bert"));
}

/// An account whose login name is no address gets its code at the stored address.
mod a_name_that_is_no_address {
    use super::*;

    on_both!(uses_the_stored_address);

    async fn uses_the_stored_address(rig: &Rig) {
        let new = NewUser {
            subject: Some(ANNA.to_owned()),
            login_name: "Anna".to_owned(),
            email: Some("anna@example.org".to_owned()),
            email_verified: false,
            name: None,
        };
        rig.embedded.create(new).await.unwrap();
        let challenge = rig.begin_code("ANNA", SubjectHint::Unknown, true).await;
        assert_eq!(challenge.delivery.as_ref().unwrap().to, "anna@example.org");
        let found = identity(rig.type_code(&challenge.state, &sent(&challenge)).await);
        assert_eq!(found.subject, ANNA);
        let stored = rig.embedded.get(ANNA).await.unwrap().unwrap();
        assert!(stored.email_verified, "the code has proven it");
    }
}

/// A method that is not on offer is refused, whatever the page asks for.
#[tokio::test]
async fn methods_outside_the_configuration_are_refused() {
    let rig = Rig::sqlite().await;
    for method in [MethodKind::Password, MethodKind::Totp, MethodKind::Redirect] {
        let request = BeginHeadless {
            method,
            relying_party: party(),
            login_name: Some("anna@example.org".to_owned()),
            subject: anna(),
            deliver: true,
        };
        assert!(rig.embedded.begin(request).await.is_err());
    }
    rig.close().await;
}
