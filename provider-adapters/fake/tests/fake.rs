//! The fake does what its handle says, and nothing for free.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use laneway_contract::{
    Answer, BeginHeadless, BeginRedirect, Callback, Denial, LoginStep, MethodKind, NewUser,
    Provider, ProviderError, RedirectTo, RelyingParty, SessionEvidence, SubjectHint,
    UpstreamSession, Verdict,
};
use laneway_fake::{Fake, FakeConfig, ManualClock, Mood, Person, test_env};
use secrecy::SecretString;
use url::Url;

fn fake() -> (Fake, Arc<ManualClock>) {
    let clock = ManualClock::at(1_800_000_000_000);
    let fake = Fake::new(FakeConfig::new("http://fake.invalid"), test_env(&clock, 3));
    let anna = Person {
        password: Some("secret".to_owned()),
        ..Person::new("sub-anna", "anna@x.example")
    };
    fake.put(anna);
    (fake, clock)
}

fn callback_uri() -> Url {
    Url::parse("https://login.example.org/federation/callback/fake").unwrap()
}

async fn begin(fake: &Fake) -> RedirectTo {
    let request = BeginRedirect {
        redirect_uri: callback_uri(),
        state: "state-1".to_owned(),
        login_hint: Some("anna".to_owned()),
        prompt: None,
        acr: None,
        max_age: None,
        ui_locales: None,
    };
    fake.redirect_login().unwrap().begin(request).await.unwrap()
}

async fn complete(
    fake: &Fake,
    begun: &RedirectTo,
    params: Vec<(String, String)>,
) -> Result<LoginStep, ProviderError> {
    let callback = Callback {
        redirect_uri: callback_uri(),
        params,
    };
    fake.redirect_login()
        .unwrap()
        .complete(&begun.state, callback)
        .await
}

#[tokio::test]
async fn a_redirect_login_goes_there_and_back_once() {
    let (fake, _) = fake();
    let begun = begin(&fake).await;
    assert!(
        begun
            .url
            .as_str()
            .starts_with("http://fake.invalid/authorize?state=state-1&")
    );
    let params = fake.callback_params("sub-anna", &begun.url);
    let step = complete(&fake, &begun, params.clone()).await.unwrap();
    let LoginStep::Authenticated(anna) = step else {
        panic!("{step:?}")
    };
    assert_eq!(
        (anna.issuer.as_str(), anna.subject.as_str()),
        ("http://fake.invalid", "sub-anna")
    );
    assert_eq!(fake.sessions_of("sub-anna").len(), 1);

    let refused = complete(&fake, &begun, params).await.unwrap();
    assert!(
        matches!(refused, LoginStep::Denied(Denial::Refused(_))),
        "a code works once: {refused:?}"
    );
    let mut foreign = fake.callback_params("sub-anna", &begun.url);
    foreign[1].1 = "state-2".to_owned();
    let refused = complete(&fake, &begun, foreign).await.unwrap();
    assert!(
        matches!(refused, LoginStep::Denied(Denial::Refused(_))),
        "{refused:?}"
    );

    let cancelled = fake.error_params("access_denied", &begun.url);
    let step = complete(&fake, &begun, cancelled).await.unwrap();
    assert!(
        matches!(step, LoginStep::Denied(Denial::Cancelled)),
        "{step:?}"
    );
    assert!(fake.change("sub-anna", |anna| anna.enabled = false));
    let params = fake.callback_params("sub-anna", &begun.url);
    let step = complete(&fake, &begun, params).await.unwrap();
    assert!(
        matches!(step, LoginStep::Denied(Denial::Disabled)),
        "{step:?}"
    );
}

async fn password(fake: &Fake, login_name: &str, tries: &[&str]) -> LoginStep {
    let login = fake.headless_login().unwrap();
    let request = BeginHeadless {
        method: MethodKind::Password,
        relying_party: RelyingParty {
            id: "login.example.org".to_owned(),
            name: "Example".to_owned(),
            origins: Vec::new(),
        },
        login_name: Some(login_name.to_owned()),
        subject: SubjectHint::Unknown,
        deliver: true,
    };
    let LoginStep::Challenge(challenge) = login.begin(request).await.unwrap() else {
        panic!("no challenge")
    };
    let mut last = None;
    for text in tries {
        let answer = Answer::Password(SecretString::from(*text));
        last = Some(login.answer(&challenge.state, answer).await.unwrap());
    }
    last.unwrap()
}

#[tokio::test]
async fn a_password_opens_one_challenge_within_five_tries() {
    let (fake, _) = fake();
    let anna = "anna@x.example";
    assert!(matches!(
        password(&fake, anna, &["no", "secret"]).await,
        LoginStep::Authenticated(_)
    ));
    for (name, tries) in [(anna, &["no"][..]), ("nobody", &["secret"])] {
        let step = password(&fake, name, tries).await;
        assert!(
            matches!(step, LoginStep::Denied(Denial::WrongAnswer(_))),
            "{step:?}"
        );
    }
    let step = password(&fake, anna, &["a", "b", "c", "d", "e", "secret"]).await;
    assert!(
        matches!(step, LoginStep::Denied(Denial::TooManyTries)),
        "{step:?}"
    );
    let step = password(&fake, anna, &["secret", "secret"]).await;
    assert!(
        matches!(step, LoginStep::Denied(Denial::Expired)),
        "{step:?}"
    );
}

#[tokio::test]
async fn sessions_end_and_only_genuine_logout_tokens_count() {
    let (fake, clock) = fake();
    let LoginStep::Authenticated(anna) = password(&fake, "anna@x.example", &["secret"]).await
    else {
        panic!("not signed in")
    };
    let evidence = || SessionEvidence {
        subject: anna.subject.clone(),
        session: anna.session.clone().unwrap(),
    };
    let sessions = fake.session_control().unwrap();
    assert_eq!(
        sessions.revalidate(evidence()).await.unwrap(),
        Verdict::Alive
    );
    sessions
        .end_session(evidence(), "https://x.example/")
        .await
        .unwrap();
    assert_eq!(
        sessions.revalidate(evidence()).await.unwrap(),
        Verdict::Ended
    );

    let token = fake.logout_token(Some("sub-anna"), None);
    let read = sessions.verify_logout_token(&token).await.unwrap();
    assert_eq!(read.subject.as_deref(), Some("sub-anna"));
    clock.advance_s(120);
    let nameless = fake.logout_token(None, None);
    let forged = fake.forged_logout_token(Some("sub-anna"), None);
    for bad in [token, nameless, forged, "garbage".to_owned()] {
        assert!(sessions.verify_logout_token(&bad).await.is_err());
    }
    fake.remove("sub-anna");
    let gone = SessionEvidence {
        subject: "sub-anna".to_owned(),
        session: UpstreamSession::default(),
    };
    assert_eq!(
        sessions.revalidate(gone).await.unwrap(),
        Verdict::SubjectGone
    );
}

#[tokio::test]
async fn the_directory_and_the_handle_see_the_same_people() {
    let (fake, _) = fake();
    let directory = fake.user_directory().unwrap();
    let mut anna = directory.find("anna@x.example").await.unwrap().unwrap();
    anna.name = Some("Anna".to_owned());
    directory.update(anna.clone()).await.unwrap();
    assert_eq!(directory.get("sub-anna").await.unwrap(), Some(anna));
    let new = |login_name: &str| NewUser {
        subject: None,
        login_name: login_name.to_owned(),
        email: None,
        email_verified: false,
        name: None,
    };
    let made = directory.create(new("bert")).await.unwrap();
    assert!(fake.change(&made.subject, |bert| bert.enabled = false));
    assert!(!directory.get(&made.subject).await.unwrap().unwrap().enabled);
    assert_eq!(
        directory.create(new("bert")).await,
        Err(ProviderError::Conflict)
    );
    directory.delete(&made.subject).await.unwrap();
    assert_eq!(
        directory.delete(&made.subject).await,
        Err(ProviderError::NotFound)
    );
}

#[tokio::test]
async fn moods_reach_every_ability() {
    let (fake, _) = fake();
    let directory = fake.user_directory().unwrap();
    fake.set_mood(Mood::Down);
    assert!(matches!(
        directory.get("x").await,
        Err(ProviderError::Unreachable(_))
    ));
    fake.set_mood(Mood::Lying);
    assert!(matches!(
        directory.get("x").await,
        Err(ProviderError::InvalidResponse(_))
    ));
    fake.set_mood(Mood::Limiting(9));
    let limited = ProviderError::RateLimited {
        retry_after: Some(9),
    };
    assert_eq!(directory.get("x").await, Err(limited));
    fake.set_mood(Mood::Slow(Duration::from_millis(50)));
    let start = Instant::now();
    assert_eq!(directory.get("x").await, Ok(None));
    assert!(start.elapsed() >= Duration::from_millis(50));
}
