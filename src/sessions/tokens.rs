//! API tokens on this node. One lies in memory as a session does, with its id as the session's:
//! what ends or changes it, its owner or their place is heard in the same way, and what is made
//! for applications is kept and dropped in the same way.

use std::sync::Arc;

use laneway_contract::Acr;
use laneway_sqlkit::DbError;

use super::accounts::caller;
use super::by_app::ByApp;
use super::cache::{Live, Sessions, key};
use super::kept::{Kept, Whole};
use super::log::AsOf;
use crate::domain::admission::{Admission, Standing, judge};
use crate::domain::session::Session;
use crate::domain::user::{Membership, User, UserState};
use crate::domain::{Sid, TenantId, UserId};
use crate::store::api_tokens::{self, ApiToken, Principal, Token};
use crate::store::{admissions, orgs, service_accounts, users};

/// What an API token, or an app's access token, is beside a session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Held {
    /// What it is limited to; `None` is all that its service account may.
    pub scopes: Option<Vec<String>>,
    /// Does it stand for a service account or an app, and not for a person?
    pub service: bool,
    /// The session that it was made in.
    pub sign_in: Option<Sid>,
    /// The organization that it acts in takes the sign-in that it was made in.
    pub admitted: bool,
    /// Who has issued it, where it is none of ours.
    pub issuer: Option<String>,
    /// The app that an access token was given to.
    pub app: Option<ByApp>,
}

impl Held {
    /// Do its scopes include this?
    pub fn includes(&self, scope: &str) -> bool {
        let scopes = self.scopes.as_ref();
        scopes.is_none_or(|scopes| scopes.iter().any(|one| one == scope))
    }
}

impl Live {
    /// The sign-in behind a token, as organizations judge sign-ins; of a session, itself.
    pub fn sign_in(&self) -> Session {
        let mut session = self.session.clone();
        if let Some(sid) = self.token().and_then(|held| held.sign_in.as_ref()) {
            session.sid = sid.clone();
        }
        session
    }
}

impl Sessions {
    /// The token behind a hash, expired ones too: those are told so.
    ///
    /// # Errors
    /// [`DbError`] when the store had to be asked and could not answer.
    pub async fn find_token(&self, hash: &[u8; 32]) -> Result<Option<Arc<Live>>, DbError> {
        if self.log.is_fresh()
            && let Some(kept) = self.tokens.get(&key(hash))
            && !self.marks.outdate(&kept.names(), kept.epoch)
        {
            return Ok(Some(Live::of(kept)));
        }
        let as_of = self.log.as_of();
        let found = match api_tokens::find(&self.db, hash).await? {
            Some(Token::Api(token)) => self.read_token(*token, as_of).await?,
            Some(Token::Admin(_)) | None => None,
        };
        let Some(kept) = found else {
            self.tokens.remove(&key(hash));
            return Ok(None);
        };
        if self.log.is_fresh() && self.log.epoch() == as_of.epoch {
            self.tokens.insert(key(hash), Arc::clone(&kept));
            // As with sessions: a mark may have come and gone in between.
            if self.log.epoch() != as_of.epoch {
                self.tokens.remove(&key(hash));
            }
        }
        Ok(Some(Live::of(kept)))
    }

    /// Counts a use of a token; written in batches.
    pub fn used_token(&self, live: &Live, ip: &str) {
        let ours = |held: &Held| held.issuer.is_none() && held.app.is_none();
        if !live.token().is_some_and(ours) {
            return;
        }
        self.used_proof(live.session.sid.as_str(), ip);
    }

    /// The same by the id of a token, or of a public key of a service account.
    pub fn used_proof(&self, id: &str, ip: &str) {
        self.touches.note_token(id, self.now(), ip);
    }

    async fn read_token(&self, token: ApiToken, as_of: AsOf) -> Result<Option<Arc<Kept>>, DbError> {
        let owner = match &token.principal {
            Principal::User(user) => self.person(&token, user).await?,
            Principal::ServiceAccount(id) => self.account(&token.tenant, id).await?,
        };
        let Some((user, org)) = owner else {
            return Ok(None);
        };
        let admitted = self.admitted(&token, org.as_ref()).await?;
        let read = whole(token, user, org, admitted);
        let now = self.now();
        match self.packer.pack(read, now, as_of) {
            Some(kept) => Ok(Some(Arc::new(kept))),
            None => Err(DbError::Broken("an API token could not be packed".into())),
        }
    }

    async fn person(
        &self,
        token: &ApiToken,
        user: &UserId,
    ) -> Result<Option<(User, Option<Membership>)>, DbError> {
        let found = users::find(&self.db, &token.tenant, user).await?;
        let Some(user) = found.filter(|user| user.state == UserState::Active) else {
            return Ok(None);
        };
        let Some(org) = &token.org else {
            return Ok(Some((user, None)));
        };
        let all = orgs::memberships(&self.db, &token.tenant, &user.id).await?;
        // Whoever has left the organization has no use for the token any more.
        let place = all.into_iter().find(|place| place.org == *org);
        Ok(place.map(|place| (user, Some(place))))
    }

    async fn account(
        &self,
        tenant: &TenantId,
        id: &str,
    ) -> Result<Option<(User, Option<Membership>)>, DbError> {
        let found = service_accounts::standing(&self.db, tenant, id).await?;
        Ok(found.map(|account| {
            let user = caller(id, &account);
            (user, account.org)
        }))
    }

    /// What the organization asks of a session it asks of the one that a person made the token
    /// in; nobody is there to call it an emergency.
    async fn admitted(&self, token: &ApiToken, org: Option<&Membership>) -> Result<bool, DbError> {
        let (Some(place), Principal::User(_)) = (org, &token.principal) else {
            return Ok(true);
        };
        let demands = admissions::demands(&self.db, &token.tenant, &place.org).await?;
        let mut standing = Standing {
            acr: Acr::Aal1,
            vouched: false,
            emergency: false,
        };
        if let Some(at) = &token.sign_in {
            let word = admissions::vouched(&self.db, &token.tenant, &at.sid, &place.org).await?;
            let own = at.upstream.as_ref().and_then(|tie| tie.within.as_ref());
            standing.acr = word.map_or(at.acr, |acr| acr.max(at.acr));
            standing.vouched = word.is_some() || own == Some(&place.org);
        }
        Ok(judge(&demands, standing) == Admission::Open)
    }

    /// Does what was true of a token when an exchange began still hold?
    pub(super) async fn token_still_good(&self, live: &Live) -> Result<bool, DbError> {
        if let Some(issuer) = live.token().and_then(|held| held.issuer.as_deref()) {
            return self.foreign_still_good(live, issuer).await;
        }
        if live.token().is_some_and(|held| held.service) {
            return self.account_still_good(live).await;
        }
        let found = api_tokens::find_by_id(&self.db, live.session.sid.as_str()).await?;
        let Some(Token::Api(token)) = found else {
            return Ok(false);
        };
        let Some(kept) = self.read_token(*token, self.log.as_of()).await? else {
            return Ok(false);
        };
        let now = Live::of(kept);
        let admitted = now.token().is_some_and(|held| held.admitted);
        Ok(admitted && now.session.expires_at > self.now() && now.org == live.org)
    }
}

/// A token in the form of a session.
pub(super) fn whole(token: ApiToken, user: User, org: Option<Membership>, admitted: bool) -> Whole {
    let service = matches!(token.principal, Principal::ServiceAccount(_));
    let sign_in = token.sign_in;
    let session = Session {
        sid: Sid(token.id),
        tenant: token.tenant,
        user: user.id.clone(),
        org: org.as_ref().map(|place| place.org.clone()),
        acr: sign_in.as_ref().map_or(Acr::Aal1, |at| at.acr),
        amr: sign_in
            .as_ref()
            .map(|at| at.amr.clone())
            .unwrap_or_default(),
        auth_time: sign_in.as_ref().map_or(token.created_at, |at| at.auth_time),
        upstream: sign_in.as_ref().and_then(|at| at.upstream.clone()),
        device: None,
        app: None,
        ip: String::new(),
        user_agent: String::new(),
        created_at: token.created_at,
        last_seen_at: token.created_at,
        idle_ms: i64::MAX,
        expires_at: token.expires_at,
        checked_at: None,
    };
    Whole {
        session,
        host: String::new(),
        user,
        org,
        token: Some(Box::new(Held {
            scopes: token.scopes,
            service,
            sign_in: sign_in.map(|at| at.sid),
            admitted,
            issuer: None,
            app: None,
        })),
    }
}
