//! The invalidation feed: what ended or changed, for those who judge access tokens by
//! themselves, as signed security event tokens (RFC 8417).
//!
//! Owns: where a reader stands, what is said of a row, and when there is no way on from there.
//! Must not know: HTTP, who may read.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde_json::{Value, json};

use super::machine;
use super::token::Desk;
use crate::core::Core;
use crate::domain::scope::Scope as Granted;
use crate::domain::tenant::Tenant;
use crate::domain::{AppId, Code, Problem};
use crate::store::feed::{self, Said};
use crate::store::invalidations::{Change, Scope};
use crate::store::seal::Place;
use crate::tokens::Alg;

/// The address of the feed, which is the audience of its events.
pub const PATH: &str = "/v1/invalidations";
/// Events in an answer at most.
const EVENTS: i64 = 200;
/// Rows of the log that are looked through for one answer, those of other tenants included.
const ROWS: i64 = 5000;
/// Whoever begins hears of what has been said for so long, ms: longer than any token lives.
const LOOK_BACK_MS: i64 = 20 * 60_000;

const SESSION_REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
const CLAIMS_CHANGED: &str =
    "https://schemas.openid.net/secevent/caep/event-type/token-claims-change";
const ACCOUNT_DISABLED: &str =
    "https://schemas.openid.net/secevent/risc/event-type/account-disabled";
/// No registered type says that what an app was given ends while the session goes on.
const TOKENS_REVOKED: &str = "urn:laneway:event:tokens-revoked";

/// The app that calls with a token in its own name, and what that is limited to; `None` for all
/// other tokens, which are somebody's.
///
/// # Errors
/// `store_unavailable`.
pub async fn app_of(desk: Desk<'_>, token: &str) -> Result<Option<(AppId, Granted)>, Problem> {
    machine::caller(desk, token).await
}

/// What a reader gets.
pub struct Page {
    /// Signed events, oldest first.
    pub events: Vec<String>,
    /// Where the reader stands now.
    pub position: i64,
    /// There is more already.
    pub more: bool,
}

/// A tenant's feed on this node.
#[derive(Clone, Copy)]
pub struct Feed<'a> {
    /// The program.
    pub core: &'a Core,
    /// Whose.
    pub tenant: &'a Tenant,
}

impl Feed<'_> {
    /// Where somebody begins who brings no cursor.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn beginning(self) -> Result<i64, Problem> {
        let since = self.core.now() - LOOK_BACK_MS;
        Ok(feed::position_at(&self.core.db, since).await?)
    }

    /// What has been said after a position, as far as this node has heard.
    ///
    /// # Errors
    /// `expired` where the log does not reach back to there, or has never been there;
    /// `store_unavailable` also for a node that has not heard of changes within the bound.
    pub async fn after(self, position: i64) -> Result<Page, Problem> {
        let page = self.next(position).await?;
        // Asked after the rows were read: had any been pruned before, this would show it.
        self.reaches(position).await?;
        Ok(page)
    }

    /// The same for whoever has just been at that position.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn next(self, position: i64) -> Result<Page, Problem> {
        self.heard().await?;
        let heard = self.core.log.position();
        let up_to = heard.min(position.saturating_add(ROWS));
        let mut said = Vec::new();
        if up_to > position {
            let within = (position, up_to);
            said = feed::of_tenant(&self.core.db, &self.tenant.id, within, EVENTS).await?;
        }
        let full = i64::try_from(said.len()).is_ok_and(|count| count == EVENTS);
        let last = said.last().map(|one| one.row.seq).filter(|_| full);
        let position = last.unwrap_or(up_to).max(position);
        let mut events = Vec::with_capacity(said.len());
        for one in &said {
            events.push(self.signed(one).await?);
        }
        Ok(Page {
            events,
            more: position < heard,
            position,
        })
    }

    /// An answer of a node that hears nothing would read as "nothing has happened": one that has not
    /// heard for a while looks.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn heard(self) -> Result<(), Problem> {
        if self.core.log.is_fresh() {
            return Ok(());
        }
        let detail = "Changes cannot be read at the moment.";
        let looked = self.core.log.catch_up().await;
        looked.map_err(|error| Problem::new(Code::StoreUnavailable, detail).because(error))
    }

    /// Positions are without gaps: everything after one is there if the next row is.
    async fn reaches(self, position: i64) -> Result<(), Problem> {
        let reach = feed::reach(&self.core.db).await?;
        // Below: pruned. Above: the database is an older one than the cursor.
        if position == reach.head || (reach.floor..reach.head).contains(&position) {
            return Ok(());
        }
        Err(Problem::new(
            Code::Expired,
            "Something may have been missed since this cursor. Trust no token from before, and begin without one.",
        ))
    }

    /// What a reader is handed to go on from here. Only we can read it, and only for this tenant.
    pub fn cursor(self, position: i64) -> String {
        let place = self.place();
        B64.encode(self.core.sealer.seal(place, &position.to_be_bytes()))
    }

    /// Reads a cursor.
    ///
    /// # Errors
    /// `invalid_cursor`.
    pub fn open(self, cursor: &str) -> Result<i64, Problem> {
        let bytes = B64.decode(cursor).ok();
        let plain = bytes.and_then(|bytes| self.core.sealer.open(self.place(), &bytes).ok());
        let position = plain.and_then(|plain| <[u8; 8]>::try_from(plain.as_slice()).ok());
        position.map(i64::from_be_bytes).ok_or_else(|| {
            let detail = "Use next_cursor of this feed as it came.";
            Problem::new(Code::InvalidCursor, detail)
        })
    }

    fn place(&self) -> Place<'_> {
        Place {
            tenant: self.tenant.id.as_str(),
            table: "cursor",
            column: "",
            row: PATH,
        }
    }

    async fn signed(self, said: &Said) -> Result<String, Problem> {
        let (kind, subject) = told(said, &self.tenant.issuer());
        let at = said.row.at / 1000;
        let claims = json!({
            "iss": self.tenant.issuer(),
            "aud": self.tenant.address(PATH),
            "iat": self.core.now() / 1000,
            "jti": said.row.seq.to_string(),
            "toe": at,
            "seq": said.row.seq,
            "sub_id": subject,
            "events": { kind: details(kind, at) },
        });
        let typ = (Alg::Es256, "secevent+jwt");
        self.core.keys.sign(&self.tenant.id, typ, &claims).await
    }
}

/// The type of an event and its subject (RFC 9493), in the terms of an access token.
fn told(said: &Said, issuer: &str) -> (&'static str, Value) {
    let (row, id) = (&said.row, said.row.id.as_str());
    let part = |name: &str| json!({ "format": "complex", name: { "format": "opaque", "id": id } });
    let person = json!({
        "format": "complex",
        "user": { "format": "iss_sub", "iss": issuer, "sub": id },
    });
    let ended = row.change == Change::Ended;
    match row.scope {
        Scope::Session if ended => (SESSION_REVOKED, part("session")),
        Scope::Session => (CLAIMS_CHANGED, part("session")),
        Scope::User if ended || said.is_out => (ACCOUNT_DISABLED, person),
        Scope::User => (CLAIMS_CHANGED, person),
        Scope::Org => (CLAIMS_CHANGED, part("org_unit")),
        Scope::Family => (TOKENS_REVOKED, json!({ "format": "opaque", "id": id })),
        Scope::App => (TOKENS_REVOKED, part("application")),
        Scope::Tenant | Scope::Upstream => (CLAIMS_CHANGED, part("tenant")),
    }
}

fn details(kind: &str, at: i64) -> Value {
    let mut details = json!({ "event_timestamp": at });
    if kind == CLAIMS_CHANGED {
        // Values are not told: whoever wants them gets a new token.
        details["claims"] = json!({});
    }
    details
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::invalidations::Invalidation;

    fn said(change: Change, scope: Scope, is_out: bool) -> Said {
        let row = Invalidation {
            seq: 1,
            change,
            scope,
            id: "x".into(),
            at: 0,
        };
        Said { row, is_out }
    }

    #[test]
    fn events_name_what_access_tokens_carry() {
        use Change::{Changed, Ended};
        let told = |change, scope, is_out| {
            let (kind, subject) = told(&said(change, scope, is_out), "https://i");
            let kind = kind.rsplit(['/', ':']).next().unwrap_or_default();
            let names = ["session", "user", "org_unit", "application", "tenant"];
            let name = names.into_iter().find(|name| subject.get(name).is_some());
            (kind, name)
        };
        for (change, scope, is_out, kind, name) in [
            (Ended, Scope::Session, false, "session-revoked", "session"),
            (
                Changed,
                Scope::Session,
                false,
                "token-claims-change",
                "session",
            ),
            (Changed, Scope::User, false, "token-claims-change", "user"),
            (Changed, Scope::User, true, "account-disabled", "user"),
            (Ended, Scope::User, false, "account-disabled", "user"),
            (Ended, Scope::Org, false, "token-claims-change", "org_unit"),
            (Ended, Scope::App, false, "tokens-revoked", "application"),
            (
                Changed,
                Scope::Tenant,
                false,
                "token-claims-change",
                "tenant",
            ),
        ] {
            assert_eq!(told(change, scope, is_out), (kind, Some(name)));
        }
        assert_eq!(
            told(Ended, Scope::Family, false),
            ("tokens-revoked", None),
            "the subject is the family itself"
        );
    }
}
