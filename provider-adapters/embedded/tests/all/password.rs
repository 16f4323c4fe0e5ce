//! Passwords: whom they let in, what may be one, and that racing changes end in one.

use futures::future::join_all;
use laneway_contract::{
    Acr, AdapterState, Answer, BeginHeadless, CredentialAdmin as _, Denial, HeadlessLogin as _,
    LoginStep, MethodKind, NewUser, PasswordBy, PasswordFault, PasswordSet, SetPassword,
    SubjectHint, UserDirectory as _,
};
use laneway_embedded::{Embedded, EmbeddedConfig, HashCost};
use secrecy::SecretString;

use crate::rig::{ANNA, Rig, challenge, configured, denial, identity, on_both, party};

pub(crate) const CHEAP: HashCost = HashCost {
    memory_kib: 64,
    passes: 1,
};
pub(crate) const GOOD: &str = "seven brown kettles sing";

/// The rig's tables under a provider with passwords and apps switched on.
pub(crate) fn with_passwords(rig: &Rig, hash_cost: HashCost) -> Embedded {
    let config = EmbeddedConfig {
        methods: vec![
            MethodKind::EmailCode,
            MethodKind::Password,
            MethodKind::Totp,
        ],
        hash_cost,
        ..EmbeddedConfig::new("tenant-1", "tenant-1")
    };
    configured(rig.db(), &rig.clock, 3, config)
}

pub(crate) async fn anna(embedded: &Embedded) {
    let user = NewUser {
        subject: Some(ANNA.to_owned()),
        login_name: "Anna@Example.org".to_owned(),
        email: Some("anna@example.org".to_owned()),
        email_verified: true,
        name: Some("Anna Berg".to_owned()),
    };
    embedded.create(user).await.unwrap();
}

pub(crate) async fn set(embedded: &Embedded, new: &str, by: PasswordBy) -> PasswordSet {
    let request = SetPassword {
        subject: ANNA.to_owned(),
        login_name: None,
        new: SecretString::from(new),
        by,
        about: vec!["Anna Berg".to_owned(), "anna@example.org".to_owned()],
    };
    embedded.set_password(request).await.unwrap()
}

async fn begin(embedded: &Embedded, login_name: &str, subject: SubjectHint) -> AdapterState {
    let request = BeginHeadless {
        method: MethodKind::Password,
        relying_party: party(),
        login_name: Some(login_name.to_owned()),
        subject,
        deliver: false,
    };
    challenge(embedded.begin(request).await.unwrap()).state
}

pub(crate) async fn login(embedded: &Embedded, login_name: &str, typed: &str) -> LoginStep {
    let state = begin(embedded, login_name, SubjectHint::Unknown).await;
    let answer = Answer::Password(SecretString::from(typed));
    embedded.answer(&state, answer).await.unwrap()
}

fn is_wrong(step: LoginStep) -> bool {
    matches!(denial(step), Denial::WrongAnswer(_))
}

async fn the_right_password_lets_its_owner_in(rig: &Rig) {
    let embedded = with_passwords(rig, CHEAP);
    anna(&embedded).await;
    assert!(
        is_wrong(login(&embedded, "anna@example.org", GOOD).await),
        "none yet"
    );
    assert_eq!(
        set(&embedded, GOOD, PasswordBy::Proof).await,
        PasswordSet::Done
    );
    let found = identity(login(&embedded, " ANNA@example.org", GOOD).await);
    assert_eq!(found.subject, ANNA);
    assert_eq!(
        (found.evidence.acr, found.evidence.amr),
        (Acr::Aal1, vec!["pwd".to_owned()])
    );
    for typed in [
        "",
        "x",
        "Seven brown kettles sing",
        " seven brown kettles sing",
    ] {
        assert!(
            is_wrong(login(&embedded, "anna@example.org", typed).await),
            "{typed:?}"
        );
    }
    let long = "x".repeat(1_000_000);
    assert!(is_wrong(login(&embedded, "anna@example.org", &long).await));
    assert!(is_wrong(login(&embedded, "bert@example.org", GOOD).await));
    let other = configured(
        rig.db(),
        &rig.clock,
        4,
        EmbeddedConfig {
            methods: vec![MethodKind::Password],
            hash_cost: CHEAP,
            ..EmbeddedConfig::new("tenant-2", "tenant-2")
        },
    );
    assert!(
        is_wrong(login(&other, "anna@example.org", GOOD).await),
        "another tenant"
    );
    let rows = rig.rows("SELECT hash FROM embedded_passwords").await;
    let hash: String = rows[0].get("hash").unwrap();
    assert!(hash.starts_with("$argon2id$") && !hash.contains("kettles"));
}

async fn who_is_switched_off_learns_it_only_by_the_right_password(rig: &Rig) {
    let embedded = with_passwords(rig, CHEAP);
    anna(&embedded).await;
    set(&embedded, GOOD, PasswordBy::Proof).await;
    embedded.set_enabled(ANNA, false).await.unwrap();
    assert!(is_wrong(login(&embedded, "anna@example.org", "x").await));
    let step = login(&embedded, "anna@example.org", GOOD).await;
    assert_eq!(denial(step), Denial::Disabled);
}

async fn a_hash_of_another_cost_is_made_anew(rig: &Rig) {
    let old = with_passwords(rig, CHEAP);
    anna(&old).await;
    set(&old, GOOD, PasswordBy::Proof).await;
    let dearer = HashCost {
        memory_kib: 128,
        passes: 2,
    };
    let new = with_passwords(rig, dearer);
    identity(login(&new, "anna@example.org", GOOD).await);
    let rows = rig.rows("SELECT hash FROM embedded_passwords").await;
    let hash: String = rows[0].get("hash").unwrap();
    assert!(hash.contains("$m=128,t=2,p=1$"), "{hash}");
    identity(login(&new, "anna@example.org", GOOD).await);
}

async fn what_may_not_be_a_password_is_said(rig: &Rig) {
    let embedded = with_passwords(rig, CHEAP);
    anna(&embedded).await;
    let refused = |fault| PasswordSet::Refused(fault);
    for (typed, want) in [
        ("short", refused(PasswordFault::TooShort { min: 15 })),
        ("1q2w3e4r5t6y7u8i9o0p", refused(PasswordFault::Common)),
        ("annaberg annaberg", refused(PasswordFault::Personal)),
        ("aaaaaaaaaaaaaaaaaaaaaa", refused(PasswordFault::Weak)),
    ] {
        assert_eq!(
            set(&embedded, typed, PasswordBy::Proof).await,
            want,
            "{typed}"
        );
    }
    let long = "kettle ".repeat(200);
    assert_eq!(
        set(&embedded, &long, PasswordBy::Proof).await,
        refused(PasswordFault::TooLong)
    );
    assert!(
        rig.rows("SELECT hash FROM embedded_passwords")
            .await
            .is_empty()
    );
    // What people have elsewhere is taken as it is.
    assert_eq!(
        set(&embedded, "Sommer2019", PasswordBy::Import).await,
        PasswordSet::Done
    );
    identity(login(&embedded, "anna@example.org", "Sommer2019").await);
}

async fn a_change_needs_the_old_one(rig: &Rig) {
    let embedded = with_passwords(rig, CHEAP);
    anna(&embedded).await;
    set(&embedded, GOOD, PasswordBy::Person(None)).await;
    let by = |old: &str| PasswordBy::Person(Some(SecretString::from(old)));
    let new = "nine grey lanterns hum";
    assert_eq!(
        set(&embedded, new, by("x")).await,
        PasswordSet::WrongCurrent
    );
    assert_eq!(
        set(&embedded, new, PasswordBy::Person(None)).await,
        PasswordSet::WrongCurrent
    );
    assert_eq!(set(&embedded, new, by(GOOD)).await, PasswordSet::Done);
    assert!(is_wrong(login(&embedded, "anna@example.org", GOOD).await));
    identity(login(&embedded, "anna@example.org", new).await);
}

async fn of_many_changes_by_one_old_password_one_wins(rig: &Rig) {
    let embedded = with_passwords(rig, CHEAP);
    anna(&embedded).await;
    set(&embedded, GOOD, PasswordBy::Proof).await;
    let changes = (0..20).map(|number| {
        let new = format!("{number} grey lanterns hum along");
        let embedded = &embedded;
        async move {
            let by = PasswordBy::Person(Some(SecretString::from(GOOD)));
            set(embedded, &new, by).await
        }
    });
    let done = join_all(changes).await;
    let won = done
        .iter()
        .filter(|done| **done == PasswordSet::Done)
        .count();
    assert_eq!(won, 1, "{done:?}");
}

on_both!(
    the_right_password_lets_its_owner_in,
    who_is_switched_off_learns_it_only_by_the_right_password,
    a_hash_of_another_cost_is_made_anew,
    what_may_not_be_a_password_is_said,
    a_change_needs_the_old_one,
    of_many_changes_by_one_old_password_one_wins,
);
