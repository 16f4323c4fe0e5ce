//! Registered apps.

use clap::{Args, Subcommand};
use serde_json::json;

use super::orgs::State;
use super::{Answer, Common, Desk, id};
use crate::config::Config;
use crate::domain::Problem;
use crate::domain::app::{AppState, AuthMethod, GrantType, IdTokenAlg, Registration};
use crate::domain::scope::Scope;
use crate::http::shown;
use crate::oauth::apps::{self, AppChange};

const MOST: i64 = 200;

#[derive(Subcommand)]
pub(in crate::cli) enum AppCommand {
    /// All apps
    List {
        /// Go on behind this id
        #[arg(long, default_value = "")]
        after: String,
        #[command(flatten)]
        common: Common,
    },
    /// One app
    Show {
        /// Its client id
        app: String,
        #[command(flatten)]
        common: Common,
    },
    /// Register one; prints its secret, which is shown once
    Create {
        /// Its name, as people read it
        name: String,
        #[command(flatten)]
        members: Box<Members>,
        #[command(flatten)]
        common: Common,
    },
    /// Change one
    Set {
        /// Its client id
        app: String,
        /// New name
        #[arg(long)]
        name: Option<String>,
        /// On or off
        #[arg(long, value_enum)]
        state: Option<State>,
        #[command(flatten)]
        members: Box<Members>,
        #[command(flatten)]
        common: Common,
    },
    /// Make a new secret; the one before is void at once
    Secret {
        /// Its client id
        app: String,
        #[command(flatten)]
        common: Common,
    },
    /// Delete one; its tokens end
    Delete {
        /// Its client id
        app: String,
        #[command(flatten)]
        common: Common,
    },
}

/// What is registered. A list that is given replaces the one before.
#[derive(Args, Default)]
pub(in crate::cli) struct Members {
    /// Where answers go; may be given several times
    #[arg(long = "redirect-uri")]
    redirect_uris: Vec<String>,
    /// Where a browser may go after signing out; may be given several times
    #[arg(long = "post-logout-redirect-uri")]
    post_logout_redirect_uris: Vec<String>,
    /// What it may bring to the token endpoint; may be given several times
    #[arg(long = "grant", value_parser = word(GrantType::ALL, GrantType::as_str))]
    grants: Vec<String>,
    /// How it proves itself
    #[arg(long, value_parser = word(AuthMethod::ALL, AuthMethod::as_str))]
    auth_method: Option<String>,
    /// What it may ask for, with spaces between the scopes
    #[arg(long)]
    scope: Option<String>,
    /// Whom its tokens may be for; may be given several times
    #[arg(long = "audience")]
    audiences: Vec<String>,
    /// What its ID tokens are signed with
    #[arg(long, value_parser = word(IdTokenAlg::ALL, IdTokenAlg::as_str))]
    id_token_alg: Option<String>,
    /// How long its access tokens live, in seconds
    #[arg(long)]
    access_token_lifetime: Option<i64>,
    /// Nobody is asked for consent
    #[arg(long)]
    first_party: Option<bool>,
    /// Does every request of it need PKCE?
    #[arg(long)]
    require_pkce: Option<bool>,
    /// A file with the public keys that it signs with, as a key set in JSON
    #[arg(long, conflicts_with = "jwks_uri")]
    jwks: Option<std::path::PathBuf>,
    /// Where these keys are published
    #[arg(long)]
    jwks_uri: Option<url::Url>,
    /// Does every request of it have to be pushed first?
    #[arg(long)]
    require_par: Option<bool>,
    /// Do all of its tokens have to be bound to a key?
    #[arg(long)]
    require_dpop: Option<bool>,
}

fn word<T: Copy>(all: &[T], text: fn(T) -> &'static str) -> clap::builder::PossibleValuesParser {
    let words: Vec<&'static str> = all.iter().map(|one| text(*one)).collect();
    words.into()
}

impl Members {
    fn over(&self, mut old: Registration) -> Result<Registration, Problem> {
        let list = |to: &mut Vec<String>, given: &Vec<String>| {
            if !given.is_empty() {
                to.clone_from(given);
            }
        };
        list(&mut old.redirect_uris, &self.redirect_uris);
        list(
            &mut old.post_logout_redirect_uris,
            &self.post_logout_redirect_uris,
        );
        list(&mut old.audiences, &self.audiences);
        if !self.grants.is_empty() {
            let grants = self.grants.iter();
            old.grant_types = grants.filter_map(|word| GrantType::parse(word)).collect();
        }
        let auth = self.auth_method.as_deref().and_then(AuthMethod::parse);
        old.token_endpoint_auth_method = auth.unwrap_or(old.token_endpoint_auth_method);
        let alg = self.id_token_alg.as_deref().and_then(IdTokenAlg::parse);
        old.id_token_signed_response_alg = alg.unwrap_or(old.id_token_signed_response_alg);
        if let Some(text) = &self.scope {
            old.scope = Scope::parse(text).ok_or_else(|| {
                let detail = "Scopes are plain words with spaces between them.";
                Problem::field("/scope", "invalid", detail)
            })?;
        }
        let lifetime = self.access_token_lifetime;
        old.access_token_lifetime = lifetime.unwrap_or(old.access_token_lifetime);
        old.first_party = self.first_party.unwrap_or(old.first_party);
        old.require_pkce = self.require_pkce.unwrap_or(old.require_pkce);
        let pushed = self.require_par;
        old.require_pushed_authorization_requests =
            pushed.unwrap_or(old.require_pushed_authorization_requests);
        old.dpop_bound_access_tokens = self.require_dpop.unwrap_or(old.dpop_bound_access_tokens);
        self.keys_over(&mut old)?;
        Ok(old)
    }

    fn keys_over(&self, old: &mut Registration) -> Result<(), Problem> {
        if let Some(file) = &self.jwks {
            let text = std::fs::read_to_string(file).map_err(|_| unreadable())?;
            old.jwks = Some(serde_json::from_str(&text).map_err(|_| unreadable())?);
            old.jwks_uri = None;
        }
        if let Some(url) = &self.jwks_uri {
            (old.jwks, old.jwks_uri) = (None, Some(url.clone()));
        }
        Ok(())
    }
}

fn unreadable() -> Problem {
    Problem::field("/jwks", "invalid", "A key set has the member `keys`.")
}

pub(super) async fn app(config: Config, command: AppCommand) -> Result<(Answer, bool), Problem> {
    match command {
        AppCommand::List { after, common } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let all = apps::list_apps(&desk.act(), &after, MOST).await?;
            let all = all.iter().map(|one| shown::app(one, None)).collect();
            let answer = Answer::Many(all, &["client_id", "client_name", "state", "redirect_uris"]);
            Ok((answer, common.json))
        }
        AppCommand::Show { app, common } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let app = apps::get_app(&desk.act(), &id(&app)?).await?;
            Ok((Answer::One(shown::app(&app, None)), common.json))
        }
        AppCommand::Create {
            name,
            members,
            common,
        } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let registration = members.over(Registration::default())?;
            let (app, secret) = apps::create_app(&desk.act(), &name, registration).await?;
            Ok((Answer::One(shown::app(&app, secret.as_ref())), common.json))
        }
        AppCommand::Set {
            app,
            name,
            state,
            members,
            common,
        } => set(config, &app, (name, state), &members, common).await,
        AppCommand::Secret { app, common } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let (app, secret) = apps::new_app_secret(&desk.act(), &id(&app)?).await?;
            let made = json!({ "client_id": app.id, "client_secret": secret.expose() });
            Ok((Answer::One(made), common.json))
        }
        AppCommand::Delete { app, common } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            apps::delete_app(&desk.act(), &id(&app)?, None).await?;
            Ok((Answer::Done("The app is deleted."), common.json))
        }
    }
}

async fn set(
    config: Config,
    app: &str,
    (name, state): (Option<String>, Option<State>),
    members: &Members,
    common: Common,
) -> Result<(Answer, bool), Problem> {
    let desk = Desk::open(config, common.tenant.as_deref()).await?;
    let old = apps::get_app(&desk.act(), &id(app)?).await?;
    let change = AppChange {
        name,
        state: state.map(|state| match state {
            State::Active => AppState::Active,
            State::Disabled => AppState::Disabled,
        }),
        registration: Some(members.over(old.registration)?),
    };
    let act = desk.act();
    let app = apps::change_app(&act, old.id.as_str(), change, Some(old.version)).await?;
    Ok((Answer::One(shown::app(&app, None)), common.json))
}
