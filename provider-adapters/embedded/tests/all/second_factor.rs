//! Authenticator apps and recovery codes: set up, used once each, removed.

use futures::future::join_all;
use laneway_contract::{
    AdapterState, Answer, BeginEnrol, BeginHeadless, CredentialAdmin as _, Denial, EnrolStep,
    FinishEnrol, HeadlessLogin as _, LoginStep, MethodKind, PasswordBy, PasswordSet, ProviderError,
    SubjectHint,
};
use laneway_embedded::Embedded;
use secrecy::{ExposeSecret as _, SecretString};
use totp_rs::{Builder, Secret, Totp};
use url::Url;

use crate::password::{CHEAP, GOOD, anna, set, with_passwords};
use crate::rig::{ANNA, ORIGIN, Rig, challenge, denial, identity, on_both, party};

struct App {
    totp: Totp,
    id: String,
}

impl App {
    fn code(&self, rig: &Rig) -> String {
        use laneway_contract::Clock as _;
        let seconds = u64::try_from(rig.clock.now_ms() / 1000).unwrap();
        self.totp.generate(seconds).to_string()
    }
}

async fn begin(embedded: &Embedded) -> Result<(Totp, AdapterState), ProviderError> {
    let request = BeginEnrol {
        kind: MethodKind::Totp,
        subject: ANNA.to_owned(),
        login_name: "anna@example.org".to_owned(),
        display_name: "Anna".to_owned(),
        relying_party: party(),
        return_to: Url::parse(ORIGIN).unwrap(),
    };
    let EnrolStep::Secret {
        otpauth_uri,
        secret,
        state,
    } = embedded.begin_enrol(request).await?
    else {
        panic!("no secret");
    };
    let totp = Totp::from_url(otpauth_uri.expose_secret()).unwrap();
    let typed = Secret::try_from_base32(secret.expose_secret()).unwrap();
    let by_hand = Builder::new().with_secret(typed).build().unwrap();
    assert_eq!(
        by_hand.generate(0).to_string(),
        totp.generate(0).to_string()
    );
    Ok((totp, state))
}

async fn finish(
    embedded: &Embedded,
    state: &AdapterState,
    code: &str,
) -> Result<String, ProviderError> {
    let request = FinishEnrol {
        state: state.clone(),
        answer: Answer::Code(SecretString::from(code)),
        label: String::new(),
    };
    Ok(embedded.finish_enrol(request).await?.id)
}

async fn enrolled(rig: &Rig, embedded: &Embedded) -> App {
    let (totp, state) = begin(embedded).await.unwrap();
    let mut app = App {
        totp,
        id: String::new(),
    };
    app.id = finish(embedded, &state, &app.code(rig)).await.unwrap();
    app
}

async fn ask(embedded: &Embedded, method: MethodKind) -> AdapterState {
    let request = BeginHeadless {
        method,
        relying_party: party(),
        login_name: None,
        subject: SubjectHint::Known(ANNA.to_owned()),
        deliver: false,
    };
    challenge(embedded.begin(request).await.unwrap()).state
}

async fn answer(embedded: &Embedded, method: MethodKind, code: &str) -> LoginStep {
    let state = ask(embedded, method).await;
    let typed = Answer::Code(SecretString::from(code));
    embedded.answer(&state, typed).await.unwrap()
}

fn is_wrong(step: LoginStep) -> bool {
    matches!(denial(step), Denial::WrongAnswer(_))
}

async fn a_code_counts_once_and_within_one_step(rig: &Rig) {
    let embedded = with_passwords(rig, CHEAP);
    anna(&embedded).await;
    let totp = MethodKind::Totp;
    assert!(
        is_wrong(answer(&embedded, totp, "000000").await),
        "no app yet"
    );
    let app = enrolled(rig, &embedded).await;
    let setting_up = app.code(rig);
    assert!(
        is_wrong(answer(&embedded, totp, &setting_up).await),
        "spent by setting up"
    );
    rig.clock.advance_s(30);
    let code = app.code(rig);
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    let found = identity(answer(&embedded, totp, &spaced).await);
    assert_eq!(
        (found.subject.as_str(), found.evidence.amr),
        (ANNA, vec!["otp".to_owned()])
    );
    assert!(is_wrong(answer(&embedded, totp, &code).await), "replayed");
    rig.clock.advance_s(30);
    let late = app.code(rig);
    rig.clock.advance_s(30);
    identity(answer(&embedded, totp, &late).await);
    rig.clock.advance_s(30);
    let too_late = app.code(rig);
    rig.clock.advance_s(60);
    assert!(is_wrong(answer(&embedded, totp, &too_late).await));
    let rows = rig.rows("SELECT secret FROM embedded_totp").await;
    let stored: Vec<u8> = rows[0].get("secret").unwrap();
    let plain = app.totp.secret().as_bytes();
    assert!(
        !stored.windows(plain.len()).any(|part| part == plain),
        "sealed"
    );
}

async fn setting_up_needs_a_right_code_and_happens_once(rig: &Rig) {
    let embedded = with_passwords(rig, CHEAP);
    anna(&embedded).await;
    let (totp, state) = begin(&embedded).await.unwrap();
    let app = App {
        totp,
        id: String::new(),
    };
    for _ in 0..4 {
        let refused = finish(&embedded, &state, "000000").await.unwrap_err();
        assert!(
            matches!(refused, ProviderError::InvalidResponse(_)),
            "{refused:?}"
        );
    }
    finish(&embedded, &state, &app.code(rig)).await.unwrap();
    finish(&embedded, &state, &app.code(rig)).await.unwrap_err();
    assert_eq!(begin(&embedded).await.unwrap_err(), ProviderError::Conflict);
    let rows = rig.rows("SELECT ceremony FROM embedded_challenges").await;
    let text: String = rows[0].get("ceremony").unwrap();
    assert!(!text.contains(&app.totp.secret().to_base32()), "sealed");
}

async fn recovery_codes_count_once_each(rig: &Rig) {
    let embedded = with_passwords(rig, CHEAP);
    anna(&embedded).await;
    let none = embedded.renew_recovery_codes(ANNA).await.unwrap_err();
    assert_eq!(none, ProviderError::NotFound);
    enrolled(rig, &embedded).await;
    let first = embedded.renew_recovery_codes(ANNA).await.unwrap();
    let second = embedded.renew_recovery_codes(ANNA).await.unwrap();
    assert_eq!(second.len(), 10);
    let recovery = MethodKind::RecoveryCode;
    let old = first[0].expose_secret();
    assert!(is_wrong(answer(&embedded, recovery, old).await), "void");
    let code = second[0].expose_secret();
    let shouted = code.to_uppercase().replace('-', " ");
    identity(answer(&embedded, recovery, &shouted).await);
    assert!(is_wrong(answer(&embedded, recovery, code).await), "used");
    let listed = embedded.list(ANNA).await.unwrap();
    let left = listed.iter().find(|one| one.kind == recovery).unwrap();
    assert_eq!(left.remaining, Some(9));
}

async fn of_fifty_copies_of_one_code_one_counts(rig: &Rig) {
    let embedded = with_passwords(rig, CHEAP);
    anna(&embedded).await;
    let app = enrolled(rig, &embedded).await;
    rig.clock.advance_s(30);
    let code = app.code(rig);
    let recovery = embedded.renew_recovery_codes(ANNA).await.unwrap();
    let kinds = [
        (MethodKind::Totp, code.as_str()),
        (MethodKind::RecoveryCode, recovery[3].expose_secret()),
    ];
    for (kind, code) in kinds {
        let copies = (0..50).map(|_| answer(&embedded, kind, code));
        let steps = join_all(copies).await;
        let won = steps
            .iter()
            .filter(|step| matches!(step, LoginStep::Authenticated(_)))
            .count();
        assert_eq!(won, 1, "{kind:?}");
    }
}

async fn removing_takes_the_codes_along_and_leaves_no_weak_password_alone(rig: &Rig) {
    let embedded = with_passwords(rig, CHEAP);
    anna(&embedded).await;
    let app = enrolled(rig, &embedded).await;
    embedded.renew_recovery_codes(ANNA).await.unwrap();
    let short = set(&embedded, "p4Wf!9zQkt", PasswordBy::Proof).await;
    assert_eq!(short, PasswordSet::Done, "eight are enough beside an app");
    let refused = embedded.remove(ANNA, &app.id).await.unwrap_err();
    assert_eq!(refused, ProviderError::Conflict);
    assert_eq!(
        set(&embedded, GOOD, PasswordBy::Proof).await,
        PasswordSet::Done
    );
    embedded.remove(ANNA, &app.id).await.unwrap();
    let kinds: Vec<_> = embedded
        .list(ANNA)
        .await
        .unwrap()
        .iter()
        .map(|c| c.kind)
        .collect();
    assert_eq!(kinds, [MethodKind::Password]);
    let again = embedded.remove(ANNA, &app.id).await.unwrap_err();
    assert_eq!(again, ProviderError::NotFound);
}

async fn nobody_is_asked_who_is_not_known(rig: &Rig) {
    let embedded = with_passwords(rig, CHEAP);
    for method in [MethodKind::Totp, MethodKind::RecoveryCode] {
        let request = BeginHeadless {
            method,
            relying_party: party(),
            login_name: Some("anna@example.org".to_owned()),
            subject: SubjectHint::Unknown,
            deliver: false,
        };
        let step = embedded.begin(request).await.unwrap();
        assert!(matches!(denial(step), Denial::Refused(_)));
    }
}

on_both!(
    a_code_counts_once_and_within_one_step,
    setting_up_needs_a_right_code_and_happens_once,
    recovery_codes_count_once_each,
    of_fifty_copies_of_one_code_one_counts,
    removing_takes_the_codes_along_and_leaves_no_weak_password_alone,
    nobody_is_asked_who_is_not_known,
);
