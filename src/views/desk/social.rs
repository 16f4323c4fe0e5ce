//! Providers that anybody may have an account at, as the tenant has attached them.

use askama::Template;

use super::super::{Checks, Chrome, filters};
use super::{DeskFrame, StateWord};

/// One of them.
#[derive(Debug, Clone)]
pub struct SocialCard {
    /// Id.
    pub id: String,
    /// On its button.
    pub name: String,
    /// Short name.
    pub slug: String,
    /// Who asserts.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Our callback.
    pub redirect_uri: String,
    /// How far it has come.
    pub state: StateWord,
    /// Last sign-in, epoch ms.
    pub used: Option<i64>,
    /// What the last test of the draft found.
    pub checks: Checks,
    /// The draft that could go live: its hash.
    pub ready: Option<String>,
    /// It signs people in.
    pub live: bool,
    /// It did, and was switched off.
    pub off: bool,
}

/// A provider that can be attached.
#[derive(Debug, Clone)]
pub struct SocialChoice {
    /// In the address.
    pub id: &'static str,
    /// Its name.
    pub name: String,
}

/// `GET /admin/connections`.
#[derive(Template)]
#[template(path = "pages/desk/social.html")]
pub struct SocialPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// In order of creation.
    pub cards: Vec<SocialCard>,
    /// What can be attached.
    pub choices: Vec<SocialChoice>,
    /// May change them.
    pub may_write: bool,
    /// Key of what just happened.
    pub flash: Option<&'static str>,
    /// What went wrong.
    pub error: Option<String>,
}

/// A field of the form: as the provider calls it.
#[derive(Debug, Clone)]
pub struct SocialField {
    /// Its name in the form.
    pub name: &'static str,
    /// As the provider calls it.
    pub label: String,
    /// What it holds; never a secret.
    pub value: String,
    /// Key of what is said below it.
    pub hint: Option<&'static str>,
    /// What is wrong with it, and the code of the check where one has found it.
    pub wrong: Option<(String, Option<&'static str>)>,
}

/// `GET /admin/connections/new`.
#[derive(Template)]
#[template(path = "pages/desk/social_new.html")]
pub struct SocialNewPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// Which provider; in the form.
    pub provider: String,
    /// Its name.
    pub vendor: String,
    /// Way through its menus.
    pub place: String,
    /// What to do there.
    pub steps: Vec<String>,
    /// What it calls our callback.
    pub redirect_label: String,
    /// Our callback.
    pub redirect_uri: String,
    /// The id that stands in it.
    pub id: String,
    /// What is asked, in order.
    pub fields: Vec<SocialField>,
    /// What it calls the client secret.
    pub secret_label: String,
    /// The secret is a file with lines.
    pub secret_is_key: bool,
    /// What went wrong.
    pub error: Option<String>,
}

impl SocialNewPage {
    fn is_wrong(&self) -> bool {
        self.error.is_some() || self.fields.iter().any(|field| field.wrong.is_some())
    }
}

#[cfg(test)]
impl SocialPage {
    pub(crate) fn samples() -> Vec<Self> {
        let card = |slug: &str, checks: Checks| SocialCard {
            id: format!("id-{slug}"),
            name: "Git<Hub>".into(),
            slug: slug.into(),
            issuer: "https://github.com".into(),
            client_id: "Iv1.8a61f9b3a7aba766".into(),
            redirect_uri: "https://login.tidewell.example/federation/callback/0199".into(),
            state: StateWord::new("ok", "desk-connection-active"),
            used: Some(1_773_306_840_000),
            checks,
            ready: None,
            live: true,
            off: false,
        };
        let page = |cards, may_write, error: Option<&str>| Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::sample("connections"),
            cards,
            choices: vec![
                SocialChoice {
                    id: "github",
                    name: "GitHub".into(),
                },
                SocialChoice {
                    id: "other",
                    name: "OpenID Connect".into(),
                },
            ],
            may_write,
            flash: error.is_none().then_some("desk-flash-social-live"),
            error: error.map(str::to_owned),
        };
        let failed = Checks::sample(&[("discovery", true), ("client_refused", false)]);
        vec![
            page(
                vec![
                    card("hub", Checks::default()),
                    SocialCard {
                        live: false,
                        used: None,
                        ready: Some("abc".into()),
                        ..card("two", Checks::default())
                    },
                    SocialCard {
                        live: false,
                        off: true,
                        ..card("three", failed)
                    },
                ],
                true,
                None,
            ),
            page(Vec::new(), false, None),
            page(Vec::new(), true, Some("Test it as it is now.")),
        ]
    }
}

#[cfg(test)]
impl SocialNewPage {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |provider: &str, key: bool, error: Option<&str>| Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::sample("connections"),
            provider: provider.into(),
            vendor: "<GitHub>".into(),
            place: "Settings → Developer settings → OAuth Apps".into(),
            steps: vec![
                "Register an application.".into(),
                "Copy <its> secret.".into(),
            ],
            redirect_label: "Authorization callback URL".into(),
            redirect_uri: "https://login.tidewell.example/federation/callback/0199".into(),
            id: "0199".into(),
            fields: vec![
                SocialField {
                    name: "name",
                    label: "Name".into(),
                    value: "GitHub".into(),
                    hint: Some("desk-social-name-more"),
                    wrong: None,
                },
                SocialField {
                    name: "client_id",
                    label: "Client ID".into(),
                    value: "<id>".into(),
                    hint: None,
                    wrong: key
                        .then(|| ("Make the provider reachable.".into(), Some("unreachable"))),
                },
            ],
            secret_label: "Client secret".into(),
            secret_is_key: key,
            error: error.map(str::to_owned),
        };
        vec![
            page("github", false, None),
            page(
                "apple",
                true,
                Some("This provider cannot be used without it."),
            ),
        ]
    }
}
