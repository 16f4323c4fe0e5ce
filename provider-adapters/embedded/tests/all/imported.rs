//! People who come with the password that they have elsewhere.

use futures::future::join_all;
use laneway_contract::{
    Denial, ForeignHash, Imported, ImportedUser, LoginStep, NewUser, PasswordBy, PasswordSet,
    UserDirectory as _,
};
use laneway_embedded::Embedded;
use secrecy::ExposeSecret as _;

use crate::password::{CHEAP, GOOD, login, set, with_passwords};
use crate::rig::{ANNA, BERT, Rig, denial, identity, on_both, stored_text};

on_both!(
    an_imported_hash_lets_its_owner_in_once_and_is_then_our_own,
    of_first_sign_ins_at_once_all_are_right_or_wrong_and_one_hash_is_left,
    whoever_is_there_is_left_as_they_were,
    a_new_password_ends_the_imported_one,
);

const OLD: &str = "correct horse battery staple";
/// Of that password, by PHP and by Python.
const BCRYPT: &str = "$2y$05$9Jcbnlp.x.mW1MtFa/3QvOWl5kAVg3MNDdwQIy9QOuXTPKe/u0Nma";
const ARGON2I: &str = "$argon2i$v=19$m=1024,t=2,p=1$UEs1Yy5DWjRnblVVUThrVg$68fcxt3R68eSsICtm0hByRRB+WbKwoieWiiiaMyb13k";
const PBKDF2: &str =
    "$pbkdf2-sha256$1000$YSBzYWx0IG9mIHNpeHRlZQ$IyOiMcew1QO0U7KEAvYoGIBT6FaYe.wldKDgtY1rT8s";

fn person(subject: &str, login_name: &str, hash: Option<&str>) -> ImportedUser {
    ImportedUser {
        user: NewUser {
            subject: Some(subject.to_owned()),
            login_name: login_name.to_owned(),
            email: Some(login_name.to_owned()),
            email_verified: true,
            name: None,
        },
        enabled: true,
        password: hash.map(|hash| ForeignHash::parse(hash).unwrap()),
    }
}

async fn import(embedded: &Embedded, hash: &str) {
    let anna = person(ANNA, "Anna@Example.org", Some(hash));
    let made = embedded.import(vec![anna]).await.unwrap();
    assert!(matches!(&made[..], [Imported::Made(made)] if made.subject == ANNA));
}

async fn hash_of(rig: &Rig, subject: &str) -> String {
    stored_text(rig, "hash", subject).await.unwrap()
}

fn is_wrong(step: LoginStep) -> bool {
    matches!(denial(step), Denial::WrongAnswer(_))
}

async fn an_imported_hash_lets_its_owner_in_once_and_is_then_our_own(rig: &Rig) {
    let embedded = with_passwords(rig, CHEAP);
    for hash in [BCRYPT, ARGON2I, PBKDF2] {
        import(&embedded, hash).await;
        let kept = ForeignHash::parse(hash).unwrap().text();
        let wrong = login(&embedded, "anna@example.org", "correct horse battery stapl").await;
        assert!(is_wrong(wrong), "{hash}");
        assert!(is_wrong(login(&embedded, "anna@example.org", "").await));
        assert!(is_wrong(login(&embedded, "nobody@example.org", OLD).await));
        assert_eq!(hash_of(rig, ANNA).await, kept.expose_secret());
        let first = identity(login(&embedded, "anna@example.org", OLD).await);
        assert_eq!(
            (first.subject.as_str(), &first.evidence.amr[..]),
            (ANNA, &["pwd".to_owned()][..])
        );
        let own = hash_of(rig, ANNA).await;
        assert!(own.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{own}");
        assert_eq!(stored_text(rig, "likeness", ANNA).await, None);
        // From now on it is ours, and is not made again.
        identity(login(&embedded, "anna@example.org", OLD).await);
        assert_eq!(hash_of(rig, ANNA).await, own);
        assert!(is_wrong(
            login(&embedded, "anna@example.org", "nonsense").await
        ));
        embedded.delete(ANNA).await.unwrap();
    }
}

async fn of_first_sign_ins_at_once_all_are_right_or_wrong_and_one_hash_is_left(rig: &Rig) {
    let embedded = with_passwords(rig, CHEAP);
    import(&embedded, BCRYPT).await;
    let all = join_all((0..6).map(|_| login(&embedded, "anna@example.org", OLD))).await;
    let right = all
        .iter()
        .filter(|step| matches!(step, LoginStep::Authenticated(_)))
        .count();
    assert!(right >= 1, "nobody came in");
    assert!(hash_of(rig, ANNA).await.starts_with("$argon2id$"));
    identity(login(&embedded, "anna@example.org", OLD).await);
}

async fn whoever_is_there_is_left_as_they_were(rig: &Rig) {
    let embedded = with_passwords(rig, CHEAP);
    crate::password::anna(&embedded).await;
    set(&embedded, GOOD, PasswordBy::Import).await;
    let before = hash_of(rig, ANNA).await;
    let all = vec![
        person("other-id", "ANNA@example.org", Some(BCRYPT)),
        person(BERT, "bert@example.org", None),
        person(BERT, "bert2@example.org", Some(BCRYPT)),
    ];
    let made = embedded.import(all).await.unwrap();
    assert!(
        matches!(&made[..], [Imported::Present, Imported::Made(bert), Imported::Present] if bert.subject == BERT),
        "{made:?}"
    );
    assert_eq!(hash_of(rig, ANNA).await, before);
    assert!(is_wrong(login(&embedded, "anna@example.org", OLD).await));
    identity(login(&embedded, "anna@example.org", GOOD).await);
    // Without a password there is none to sign in with.
    assert!(is_wrong(login(&embedded, "bert@example.org", OLD).await));
    assert!(is_wrong(login(&embedded, "bert2@example.org", OLD).await));
}

async fn a_new_password_ends_the_imported_one(rig: &Rig) {
    let embedded = with_passwords(rig, CHEAP);
    import(&embedded, PBKDF2).await;
    let by = |current: &str| PasswordBy::Person(Some(current.into()));
    let wrong = set(&embedded, GOOD, by("wrong one")).await;
    assert_eq!(wrong, PasswordSet::WrongCurrent);
    assert_eq!(set(&embedded, GOOD, by(OLD)).await, PasswordSet::Done);
    assert_eq!(stored_text(rig, "likeness", ANNA).await, None);
    assert!(is_wrong(login(&embedded, "anna@example.org", OLD).await));
    identity(login(&embedded, "anna@example.org", GOOD).await);
}
