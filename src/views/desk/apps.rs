//! Registered apps, and one of them.

use askama::Template;

use super::super::{Chrome, filters};
use super::{DeskFrame, StateWord};

/// An app in a line.
#[derive(Debug, Clone)]
pub struct AppLine {
    /// `client_id`.
    pub id: String,
    /// Name.
    pub name: String,
    /// The host of the document that it is known by.
    pub known_by: Option<String>,
    /// The tenant's own.
    pub own: bool,
    /// It cannot keep a secret.
    pub public: bool,
    /// Let off from PKCE.
    pub exempt: bool,
    /// Epoch ms.
    pub created: i64,
    /// How it is.
    pub state: StateWord,
}

/// What the form holds; lists are lines.
#[derive(Debug, Clone, Default)]
pub struct AppForm {
    /// Name.
    pub name: String,
    /// Where answers go.
    pub redirect_uris: String,
    /// Where a browser may go after signing out.
    pub logout_uris: String,
    /// What it may ask for.
    pub scope: String,
    /// Whom its tokens may be for.
    pub audiences: String,
    /// Where it hears of ended sign-ins.
    pub backchannel_logout_uri: String,
    /// It cannot keep a secret.
    pub public: bool,
    /// It may go on without the person.
    pub refresh: bool,
    /// It may be signed in at another device.
    pub device: bool,
    /// It may act in its own name.
    pub machine: bool,
    /// It is let off from PKCE.
    pub exempt: bool,
    /// The tenant's own.
    pub own: bool,
    /// How long an access token lives, s.
    pub lifetime: String,
    /// What its ID tokens are signed with.
    pub alg: String,
}

/// `GET /admin/apps`.
#[derive(Template)]
#[template(path = "pages/desk/apps.html")]
pub struct AppsPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// One page.
    pub rows: Vec<AppLine>,
    /// The first page, where this is another.
    pub first: Option<String>,
    /// The next page.
    pub next: Option<String>,
    /// May register apps.
    pub may_write: bool,
    /// What the form holds.
    pub form: AppForm,
    /// Key of what just happened.
    pub flash: Option<&'static str>,
    /// What is wrong with the form.
    pub error: Option<String>,
}

/// `GET /admin/apps/{app}`.
#[derive(Template)]
#[template(path = "pages/desk/app.html")]
pub struct AppPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// The app.
    pub line: AppLine,
    /// The address that its libraries need.
    pub issuer: String,
    /// How it proves itself.
    pub method: &'static str,
    /// What it may bring.
    pub grants: Vec<&'static str>,
    /// What its ID tokens are signed with.
    pub alg: &'static str,
    /// How long an access token lives, s.
    pub lifetime: i64,
    /// It proves itself by a secret.
    pub has_secret: bool,
    /// It belongs to the product and stays.
    pub built_in: bool,
    /// It works.
    pub active: bool,
    /// May change it.
    pub may_write: bool,
    /// What the form holds.
    pub form: AppForm,
    /// The secret that was just made.
    pub secret: Option<String>,
    /// Key of what just happened.
    pub flash: Option<&'static str>,
    /// What went wrong.
    pub error: Option<String>,
}

#[cfg(test)]
fn sample_line(name: &str) -> AppLine {
    AppLine {
        id: "0199f3c1-6c1e-7a10-9f60-2f6d5a7e5d01".into(),
        name: name.into(),
        known_by: None,
        own: true,
        public: false,
        exempt: true,
        created: 1_773_306_840_000,
        state: StateWord::new("ok", "desk-active"),
    }
}

#[cfg(test)]
fn sample_form() -> AppForm {
    AppForm {
        name: "Quay <Reports>".into(),
        redirect_uris: "https://reports.quaynine.example/callback".into(),
        scope: "openid profile email".into(),
        refresh: true,
        lifetime: "300".into(),
        alg: "ES256".into(),
        ..AppForm::default()
    }
}

#[cfg(test)]
impl AppsPage {
    pub(crate) fn samples() -> Vec<Self> {
        let some = || Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::sample("apps"),
            rows: vec![
                sample_line("Quay <Reports>"),
                AppLine {
                    known_by: Some("agent.example".into()),
                    own: false,
                    public: true,
                    exempt: false,
                    state: StateWord::new("idle", "desk-disabled"),
                    ..sample_line("Planner")
                },
            ],
            first: None,
            next: Some("/admin/apps?after=x".into()),
            may_write: true,
            form: sample_form(),
            flash: Some("desk-flash-app-deleted"),
            error: Some("Use an https address.".into()),
        };
        let none = Self {
            rows: Vec::new(),
            next: None,
            flash: None,
            error: None,
            form: AppForm::default(),
            ..some()
        };
        vec![some(), none]
    }
}

#[cfg(test)]
impl AppPage {
    pub(crate) fn samples() -> Vec<Self> {
        let some = || Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::sample("apps"),
            line: sample_line("Quay <Reports>"),
            issuer: "https://login.tidewell.example".into(),
            method: "client_secret_basic",
            grants: vec!["authorization_code", "refresh_token"],
            alg: "RS256",
            lifetime: 300,
            has_secret: true,
            built_in: false,
            active: true,
            may_write: true,
            form: sample_form(),
            secret: Some("lw_app_x7Vw2lQ0c5oJ3mYq8rT1uBnZk6hGf4dSaPeRiWtLyXo".into()),
            flash: Some("desk-flash-app-made"),
            error: None,
        };
        let read = Self {
            may_write: false,
            has_secret: false,
            built_in: true,
            active: false,
            secret: None,
            flash: None,
            error: Some("Use an https address.".into()),
            ..some()
        };
        vec![some(), read]
    }
}
