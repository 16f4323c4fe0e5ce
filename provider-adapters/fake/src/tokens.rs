//! The fake provider's tokens: refresh tokens rotate, and one that is brought twice ends the
//! session, as at providers that detect reuse.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use laneway_contract::{ProviderError, SessionEvidence, UpstreamSession};

use crate::Fake;

/// What was issued, and how renewing goes.
#[derive(Default)]
pub(crate) struct Issued {
    /// Of an access token; none: no tokens at all.
    life_ms: Option<i64>,
    takes: Duration,
    /// Access tokens: whose.
    access: BTreeMap<String, String>,
    /// Refresh tokens that are good: of which session.
    current: BTreeMap<String, String>,
    spent: BTreeSet<String>,
    asked: usize,
    reused: usize,
    /// Sessions of which a refresh token was given back, in that order.
    revoked: Vec<String>,
}

impl Fake {
    /// From now on a sign-in brings tokens; an access token lives so long.
    pub fn issue_tokens(&self, life_ms: i64) {
        self.script().issued.life_ms = Some(life_ms);
    }

    /// Renewing takes so long from now on. The old refresh token is spent when it begins.
    pub fn renewing_takes(&self, takes: Duration) {
        self.script().issued.takes = takes;
    }

    /// How often it was asked to renew tokens.
    pub fn times_renewed(&self) -> usize {
        self.script().issued.asked
    }

    /// How often it was asked with a refresh token that was spent.
    pub fn times_reused(&self) -> usize {
        self.script().issued.reused
    }

    /// Of which sessions tokens were given back, in that order.
    pub fn given_back(&self) -> Vec<String> {
        self.script().issued.revoked.clone()
    }

    /// Whose an access token is.
    pub fn owner_of(&self, access_token: &str) -> Option<String> {
        self.script().issued.access.get(access_token).cloned()
    }

    pub(crate) fn first_tokens(&self, sid: String, subject: &str) -> UpstreamSession {
        let life_ms = self.script().issued.life_ms;
        match life_ms {
            Some(life_ms) => self.pair(sid, subject, life_ms),
            None => UpstreamSession {
                sid: Some(sid),
                ..UpstreamSession::default()
            },
        }
    }

    fn pair(&self, sid: String, subject: &str, life_ms: i64) -> UpstreamSession {
        let (access, refresh) = (self.token("at"), self.token("rt"));
        let now = self.shared.env.clock.now_ms();
        let mut script = self.script();
        let issued = &mut script.issued;
        issued.access.insert(access.clone(), subject.to_owned());
        issued.current.insert(refresh.clone(), sid.clone());
        UpstreamSession {
            sid: Some(sid),
            id_token: None,
            access_token: Some(access),
            refresh_token: Some(refresh),
            expires_at_ms: Some(now + life_ms),
        }
    }

    pub(crate) async fn renew(
        &self,
        session: SessionEvidence,
    ) -> Result<Option<UpstreamSession>, ProviderError> {
        self.script().issued.asked += 1;
        self.obey().await?;
        let Some(token) = session.session.refresh_token else {
            return Ok(None);
        };
        let spent = {
            let mut script = self.script();
            if script.issued.spent.contains(&token) {
                script.issued.reused += 1;
                if let Some(sid) = session.session.sid {
                    script.sessions.remove(&sid);
                    script.issued.current.retain(|_, of| *of != sid);
                }
                return Ok(None);
            }
            let sid = script.issued.current.remove(&token);
            script.issued.spent.insert(token);
            let person = script.people.get(&session.subject);
            let stands = person.is_some_and(|person| person.enabled);
            sid.filter(|sid| stands && script.sessions.contains_key(sid))
                .map(|sid| (sid, script.issued.takes, script.issued.life_ms))
        };
        let Some((sid, takes, life_ms)) = spent else {
            return Ok(None);
        };
        let renewed = self.pair(sid, &session.subject, life_ms.unwrap_or_default());
        tokio::time::sleep(takes).await;
        Ok(Some(renewed))
    }
    pub(crate) async fn take_back(&self, session: &UpstreamSession) -> Result<(), ProviderError> {
        self.obey().await?;
        let Some(token) = &session.refresh_token else {
            return Ok(());
        };
        let mut script = self.script();
        script.issued.current.remove(token);
        script.issued.spent.remove(token);
        let of = session.sid.clone().unwrap_or_default();
        script.issued.revoked.push(of);
        Ok(())
    }
}
