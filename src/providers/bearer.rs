//! Access tokens of upstreams: whose they may be, and the question whether one counts.
//!
//! Owns: which upstream judges a token; that one question is asked once, however many bring the
//! token at the same time, and that a no is remembered for a moment.
//! Must not know: whom a token stands for.

use std::sync::Arc;
use std::time::Duration;

use laneway_contract::{BearerTokens, BearerVerdict};
use moka::future::Cache;
use secrecy::SecretString;

use super::{Configured, Providers};
use crate::domain::Problem;
use crate::domain::bearer::Accepted;
use crate::domain::tenant::Tenant;
use crate::domain::upstream::Role;

/// So long an answer counts without asking again; a yes only while nothing has been ended or
/// changed since. What is kept longer is kept with the person that it stands for.
const COUNTS_MS: i64 = 5_000;
/// Answers that are remembered, or under way.
const MOST: u64 = 20_000;

/// A provider's answer about a token.
#[derive(Clone)]
pub(super) struct Answer {
    verdict: Arc<BearerVerdict>,
    until: i64,
    /// The log's, from before the question.
    epoch: u64,
}

pub(super) type Answers = Cache<[u8; 32], Answer>;

pub(super) fn answers() -> Answers {
    Cache::builder()
        .max_capacity(MOST)
        .time_to_live(Duration::from_secs(30))
        .build()
}

impl Configured {
    /// What of its tokens counts, where anything does, and who judges them.
    pub fn bearer(&self) -> Option<(&Accepted, &dyn BearerTokens)> {
        let accepted = self.accepted.as_ref().ok()?.as_ref()?;
        if self.row.role == Role::Retired {
            return None;
        }
        let provider = self.provider.as_ref().ok()?;
        Some((accepted, provider.bearer_tokens()?))
    }

    /// Why its tokens do not count although somebody wants them to.
    pub fn bearer_fault(&self) -> Option<&str> {
        self.accepted.as_ref().err().map(String::as_str)
    }
}

impl Providers {
    /// The upstream that a signed token may come from, by the issuer that it names.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn issuer_of(
        &self,
        tenant: &Tenant,
        issuer: impl FnOnce() -> Option<String>,
    ) -> Result<Option<Arc<Configured>>, Problem> {
        let all = self.of_tenant(tenant).await?;
        let mut judges = all.iter().filter(|one| one.bearer().is_some()).peekable();
        if judges.peek().is_none() {
            return Ok(None);
        }
        let Some(issuer) = issuer().filter(|issuer| *issuer != tenant.issuer()) else {
            return Ok(None);
        };
        let judges: Vec<_> = judges.collect();
        let exact = judges.iter().find(|one| one.row.issuer == issuer);
        let may = |one: &&&Arc<Configured>| {
            one.bearer()
                .is_some_and(|(_, judge)| judge.may_issue(&issuer))
        };
        let found = exact.or_else(|| judges.iter().find(may));
        Ok(found.map(|one| Arc::clone(one)))
    }

    /// The one upstream that is asked about tokens that say nothing themselves: a token is not
    /// shown to others than the one that may have issued it, so there is one of a tenant, the
    /// primary before all others.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn asked_about_tokens(
        &self,
        tenant: &Tenant,
    ) -> Result<Option<Arc<Configured>>, Problem> {
        let all = self.of_tenant(tenant).await?;
        let asked = |one: &&Arc<Configured>| {
            let bearer = one.bearer();
            bearer.is_some_and(|(accepted, _)| accepted.rules.introspection.is_some())
        };
        let primary = |one: &&Arc<Configured>| one.row.role == Role::Primary;
        let found = all.iter().filter(asked).find(primary);
        Ok(found.or_else(|| all.iter().find(asked)).cloned())
    }

    /// Does this token of the upstream count? `key` tells tokens of tenants apart.
    ///
    /// # Errors
    /// `upstream_unavailable`, `upstream_invalid` where the provider could not be asked.
    pub async fn judge_token(
        &self,
        upstream: &Configured,
        token: &SecretString,
        key: [u8; 32],
    ) -> Result<Arc<BearerVerdict>, Problem> {
        let Some((accepted, judge)) = upstream.bearer() else {
            let text = "nobody judges its tokens".to_owned();
            return Ok(Arc::new(BearerVerdict::Refused(text)));
        };
        let rules = &accepted.rules;
        if rules.jwt
            && rules
                .introspection
                .as_ref()
                .is_none_or(|_| is_signed(token))
        {
            let work = judge.judge(token, rules);
            return Ok(Arc::new(self.call(upstream, "judge_token", work).await?));
        }
        if let Some(held) = self.answers.get(&key).await {
            if self.still_counts(&held) {
                return Ok(held.verdict);
            }
            self.answers.invalidate(&key).await;
        }
        let asking = async {
            let epoch = self.log.epoch();
            let verdict = self
                .call(upstream, "introspect", judge.ask(token, rules))
                .await?;
            let until = self.parts.clock.now_ms() + COUNTS_MS;
            let end = match &verdict {
                BearerVerdict::Good(identity) => identity.expires_at_ms,
                BearerVerdict::Expired | BearerVerdict::Refused(_) => None,
            };
            Ok::<_, Problem>(Answer {
                verdict: Arc::new(verdict),
                until: end.map_or(until, |end| end.min(until)),
                epoch,
            })
        };
        let answer = self.answers.try_get_with(key, asking).await;
        Ok(answer.map_err(|problem| (*problem).clone())?.verdict)
    }

    fn still_counts(&self, answer: &Answer) -> bool {
        let yes = matches!(*answer.verdict, BearerVerdict::Good(_));
        let moved = !self.log.is_fresh() || self.log.epoch() != answer.epoch;
        self.parts.clock.now_ms() < answer.until && !(yes && moved)
    }
}

fn is_signed(token: &SecretString) -> bool {
    use secrecy::ExposeSecret as _;
    token.expose_secret().split('.').count() == 3
}
