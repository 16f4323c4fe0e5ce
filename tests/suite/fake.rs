//! The scripted provider: it has no page, so its answers are made here as its page would
//! send them.
//!
//! Owns: which of its scripts stands for which act. Must not know: what any test proves.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use laneway::outbound::{SystemClock, SystemRandom};
use laneway::providers::Factory;
use laneway_contract::{Acr, Env, Happened, Provider as _};
use laneway_fake::{Fake, FakeConfig, Mood, NoHttp, Person as Known};
use serde_json::{Value, json};
use url::Url;

use super::rig::{Declared, Does, Landing, Logout, Person, Rig};
use super::stage::{NAME, Stage};
use super::web::Browser;

const ISSUER: &str = "https://fake.test";

/// The fake provider under the suite.
pub struct FakeRig(Fake);

impl FakeRig {
    /// With the adapters that Laneway must be given.
    pub fn new() -> (Self, HashMap<String, Factory>) {
        let env = Env {
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            http: Arc::new(NoHttp),
        };
        let fake = Fake::new(
            FakeConfig {
                password: false,
                ..FakeConfig::new(ISSUER)
            },
            env,
        );
        let handle = fake.clone();
        let factory: Factory = Arc::new(move |_, _, _| Arc::new(handle.clone()));
        (Self(fake), HashMap::from([("fake".to_owned(), factory)]))
    }

    fn prove(&self, person: &Person, acr: Acr, amr: &[&str]) {
        self.0.change(&person.subject, |known| {
            known.acr = acr;
            known.amr = amr.iter().map(|&word| word.to_owned()).collect();
        });
    }
}

#[async_trait]
impl Rig for FakeRig {
    fn declared(&self) -> Declared {
        Declared {
            methods: &[("redirect", "redirect")],
            acr: "aal1",
            amr: &["pwd"],
            strongest: "aal2",
            beyond: Some("phr"),
            judges_factors: false,
            directory: true,
            manages: true,
            credentials: false,
            actions: true,
            logout: Logout::Server,
            back_channel: true,
            tells: true,
            cancel: true,
        }
    }

    async fn register(&self, _public_url: &str) -> Option<Value> {
        Some(json!({
            "kind": "fake", "name": NAME, "issuer": ISSUER, "client_id": "laneway",
            "options": { "max_acr": "aal2" },
        }))
    }

    async fn provision(&self, _stage: &Stage, name: &str, _strong: bool) -> Person {
        let (subject, email) = (format!("sub-{name}"), format!("{name}@example.test"));
        self.0.put(Known {
            name: Some(name.to_owned()),
            ..Known::new(&subject, &email)
        });
        Person {
            login: email,
            subject,
        }
    }

    async fn record(&self, person: &Person) -> Option<(String, bool)> {
        let directory = self.0.user_directory().expect("a directory");
        let found = directory.get(&person.subject).await.expect("an answer")?;
        Some((found.name.unwrap_or_default(), found.enabled))
    }

    async fn act_as_user(
        &self,
        _: &Stage,
        _: &mut Browser,
        url: &Url,
        (person, does): (&Person, Does),
    ) -> Landing {
        let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
        let silent = query.get("prompt").is_some_and(|prompt| prompt == "none");
        let signed_in = !self.0.sessions_of(&person.subject).is_empty();
        let params = match does {
            Does::WrongAnswer => return Landing::Page(401),
            Does::Cancel => self.0.error_params("access_denied", url),
            Does::Nothing if silent && !signed_in => self.0.error_params("login_required", url),
            Does::Nothing if !signed_in => return Landing::Page(200),
            Does::SecondFactor => {
                self.prove(person, Acr::Aal2, &["pwd", "otp"]);
                self.0.callback_params(&person.subject, url)
            }
            Does::ChangePassword => {
                assert!(self.0.perform(&person.subject, url));
                self.0.callback_params(&person.subject, url)
            }
            Does::SignIn | Does::Nothing => {
                self.prove(person, Acr::Aal1, &["pwd"]);
                self.0.callback_params(&person.subject, url)
            }
        };
        let mut home = Url::parse(&query["redirect_uri"]).expect("a redirect URI");
        home.query_pairs_mut().extend_pairs(params);
        Landing::Home(home)
    }

    async fn disable(&self, _: &Stage, person: &Person) {
        assert!(
            self.0
                .change(&person.subject, |known| known.enabled = false)
        );
        let subject = person.subject.clone();
        self.0.tell(Happened::Disabled { subject });
    }

    async fn delete(&self, person: &Person) {
        self.0.remove(&person.subject);
        let subject = person.subject.clone();
        self.0.tell(Happened::Deleted { subject });
    }

    async fn give_password(&self, person: &Person) {
        let subject = person.subject.clone();
        let within = None;
        self.0.tell(Happened::NewPassword { subject, within });
    }

    async fn end_session(&self, stage: &Stage, person: &Person) {
        for sid in self.0.sessions_of(&person.subject) {
            let token = self.0.logout_token(Some(&person.subject), Some(&sid));
            let address = stage.at(&format!("/bff/backchannel/{NAME}"));
            Browser::new()
                .submit(&address, &[("logout_token", &token)])
                .await
                .expect(200);
        }
        self.0.end_sessions_of(&person.subject);
    }

    async fn stop(&self) {
        self.0.set_mood(Mood::Down);
    }

    async fn start(&self) {
        self.0.set_mood(Mood::Fine);
    }

    async fn clean_up(&self) {}
}
