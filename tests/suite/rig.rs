//! What the suite wants of a provider: that it declares what it can, and does what a
//! person or an administrator does there.
//!
//! Owns: the words between behaviours and rigs. Must not know: any provider, Laneway's
//! routes.

use async_trait::async_trait;
use serde_json::Value;
use url::Url;

use super::stage::Stage;
use super::web::Browser;

/// Somebody the provider knows.
#[derive(Debug, Clone)]
pub struct Person {
    /// What they type at the provider.
    pub login: String,
    /// Their id there.
    pub subject: String,
}

/// What a person does on the provider's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// Signs in the ordinary way, where the provider asks at all.
    SignIn,
    /// The same, and gives the second factor.
    SecondFactor,
    /// Looks on: what happens by itself.
    Nothing,
    /// Gives a wrong answer.
    WrongAnswer,
    /// Turns back, where the page lets them.
    Cancel,
    /// Signs in where they are asked to, and chooses a new password.
    ChangePassword,
}

/// Where an act on the provider's page has led.
#[derive(Debug)]
pub enum Landing {
    /// Back to Laneway; the address is not opened yet.
    Home(Url),
    /// Nowhere: a page is shown.
    Page(u16),
}

impl Landing {
    /// The address at Laneway.
    #[track_caller]
    pub fn home(self) -> Url {
        match self {
            Self::Home(url) => url,
            Self::Page(status) => panic!("still at the provider, on a page with status {status}"),
        }
    }
}

/// How a sign-out reaches the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logout {
    /// There is no session at the provider.
    Nothing,
    /// Server to server.
    Server,
    /// The browser posts a form there.
    Browser,
}

/// What a provider declares. Each line is proven, and so is the absence of the rest.
#[derive(Debug, Clone)]
pub struct Declared {
    /// Kind and mode of each method, as `/v1/auth/flows` lists them.
    pub methods: &'static [(&'static str, &'static str)],
    /// Rung and methods of an ordinary sign-in.
    pub acr: &'static str,
    /// RFC 8176 values of an ordinary sign-in.
    pub amr: &'static [&'static str],
    /// The strongest rung that a person with a second factor reaches.
    pub strongest: &'static str,
    /// A rung that nobody reaches there, unless all are reached.
    pub beyond: Option<&'static str>,
    /// Whether the provider itself keeps people without a second factor from more.
    pub judges_factors: bool,
    /// Whether operators create people there through Laneway.
    pub directory: bool,
    /// Whether what operators change about people is so there too.
    pub manages: bool,
    /// Whether passkeys are added on Laneway's account page.
    pub credentials: bool,
    /// Whether people change what they sign in with on its pages.
    pub actions: bool,
    /// How a sign-out reaches it.
    pub logout: Logout,
    /// Whether it tells when it ended a session.
    pub back_channel: bool,
    /// Whether it tells what happens to its people.
    pub tells: bool,
    /// Whether its page lets people turn back.
    pub cancel: bool,
}

/// One provider under the suite.
#[async_trait]
pub trait Rig: Send + Sync {
    /// What it declares.
    fn declared(&self) -> Declared;

    /// The methods that Laneway must offer for it, sorted by kind.
    fn expected_methods(&self) -> Vec<(String, String)> {
        let all = self.declared().methods;
        let owned = all
            .iter()
            .map(|(kind, mode)| ((*kind).to_owned(), (*mode).to_owned()));
        owned.collect()
    }

    /// Registers a Laneway at the provider; the body of `POST /v1/admin/upstreams`, or
    /// nothing where the provider is there by itself.
    async fn register(&self, public_url: &str) -> Option<Value>;

    /// Makes a person who can sign in, with a second factor where `strong`.
    async fn provision(&self, stage: &Stage, name: &str, strong: bool) -> Person;

    /// Somebody whom an operator has created, made able to sign in.
    async fn created(&self, login: &str, id: &str) -> Person {
        Person {
            login: login.to_owned(),
            subject: id.to_owned(),
        }
    }

    /// Name of a person there, and whether they are let in; nothing where nobody is.
    async fn record(&self, _person: &Person) -> Option<(String, bool)> {
        unreachable!("people are not managed there");
    }

    /// Follows the provider's page with the browser's cookies until it leads back.
    async fn act_as_user(
        &self,
        stage: &Stage,
        browser: &mut Browser,
        url: &Url,
        act: (&Person, Does),
    ) -> Landing;

    /// Keeps a person out, at the provider.
    async fn disable(&self, stage: &Stage, person: &Person);

    /// Removes a person for good, at a provider that tells of it.
    async fn delete(&self, _person: &Person) {
        unreachable!("it does not tell");
    }

    /// Gives a person another password, at a provider that tells of it.
    async fn give_password(&self, _person: &Person) {
        unreachable!("it does not tell");
    }

    /// Ends a person's sessions, at the provider.
    async fn end_session(&self, stage: &Stage, person: &Person);

    /// Takes the provider away.
    async fn stop(&self);

    /// Brings it back.
    async fn start(&self);

    /// Removes what it made at the provider.
    async fn clean_up(&self);
}
