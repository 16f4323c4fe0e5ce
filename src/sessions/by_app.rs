//! What an app shows an application: its access token, in the form of a session that lasts as long
//! as the token and stands in the organization that the token names.

use std::sync::Arc;

use laneway_contract::Acr;
use laneway_sqlkit::DbError;

use super::cache::{Live, Sessions};
use super::kept::Whole;
use super::log::AsOf;
use super::tokens::Held;
use crate::domain::app::{App, AppState};
use crate::domain::session::Session;
use crate::domain::user::{Membership, User, UserState};
use crate::domain::{AppId, Sid, UserId};
use crate::store::noted_ids::{self, Noted};
use crate::store::{apps, refresh_families};

/// The app that an access token was given to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ByApp {
    /// What it calls itself.
    pub client_id: String,
    /// The apps that the token hangs on.
    pub apps: Vec<AppId>,
    /// What takes the token back: its family, or itself where an app calls in its own name.
    pub family: String,
    /// The hash that is noted when one in an app's own name is taken back.
    pub noted_as: Option<[u8; 32]>,
    /// Who acts, the nearest first (RFC 8693 §4.1).
    pub acting: Vec<String>,
}

/// What is read of an access token beside whom it stands for.
pub struct Shown {
    /// What it is limited to.
    pub scopes: Vec<String>,
    /// Whose it is.
    pub app: ByApp,
    /// When it was given out, epoch ms.
    pub since: i64,
    /// When it ends, epoch ms.
    pub until: i64,
}

impl Shown {
    fn held(self, service: bool) -> Box<Held> {
        Box::new(Held {
            scopes: Some(self.scopes),
            service,
            sign_in: None,
            admitted: true,
            issuer: None,
            app: Some(self.app),
        })
    }
}

impl Sessions {
    /// A person, as an app shows them by a token. `as_of` is from before anything was read.
    ///
    /// # Errors
    /// [`DbError::Broken`].
    pub fn shown_by_app(
        &self,
        live: &Live,
        org: Option<Membership>,
        shown: Shown,
        as_of: AsOf,
    ) -> Result<Arc<Live>, DbError> {
        let mut session = live.session.clone();
        session.org = org.as_ref().map(|place| place.org.clone());
        session.expires_at = session.expires_at.min(shown.until);
        let whole = Whole {
            session,
            host: String::new(),
            user: live.user.clone(),
            org,
            token: Some(shown.held(false)),
        };
        self.shown(whole, as_of)
    }

    /// An app in its own name. `as_of` is from before anything was read.
    ///
    /// # Errors
    /// [`DbError::Broken`].
    pub fn app_itself(&self, app: &App, shown: Shown, as_of: AsOf) -> Result<Arc<Live>, DbError> {
        let since = shown.since;
        let user = UserId(app.client_id().to_owned());
        let session = Session {
            sid: Sid(shown.app.family.clone()),
            tenant: app.tenant.clone(),
            user: user.clone(),
            org: None,
            acr: Acr::Aal1,
            amr: Vec::new(),
            auth_time: since,
            upstream: None,
            device: None,
            app: None,
            ip: String::new(),
            user_agent: String::new(),
            created_at: since,
            last_seen_at: since,
            idle_ms: i64::MAX,
            expires_at: shown.until,
            checked_at: None,
        };
        let user = User {
            id: user,
            email: None,
            email_verified: false,
            name: Some(app.name.clone()),
            locale: None,
            state: UserState::Active,
            version: 1,
            created_at: app.created_at,
        };
        let whole = Whole {
            session,
            host: String::new(),
            user,
            org: None,
            token: Some(shown.held(true)),
        };
        self.shown(whole, as_of)
    }

    fn shown(&self, whole: Whole, as_of: AsOf) -> Result<Arc<Live>, DbError> {
        let kept = self.packer.pack(whole, self.now(), as_of);
        let kept = kept.ok_or_else(|| DbError::Broken("a token could not be packed".into()))?;
        Ok(Live::of(Arc::new(kept)))
    }

    /// May the app still show what it showed when an exchange began? Asks the store; whoever is
    /// shown is another question.
    pub(super) async fn app_still_shows(
        &self,
        session: &Session,
        app: &ByApp,
    ) -> Result<bool, DbError> {
        let (db, tenant) = (&self.db, &session.tenant);
        for id in &app.apps {
            let found = apps::find(db, tenant, id.as_str()).await?;
            let still = found.is_some_and(|found| {
                let own = app.noted_as.is_none() || found.tokens_from <= session.created_at;
                own && found.state == AppState::Active
            });
            if !still {
                return Ok(false);
            }
        }
        if let Some(hash) = &app.noted_as {
            let gone = noted_ids::is_noted(db, tenant, (Noted::TakenBack, hash)).await?;
            return Ok(!gone && self.now() < session.expires_at);
        }
        let found = refresh_families::find(db, tenant, &app.family).await?;
        Ok(found.is_some_and(|family| !family.revoked && family.expires_at > self.now()))
    }
}
