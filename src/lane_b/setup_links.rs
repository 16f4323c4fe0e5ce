//! Setup links: somebody without an account sets a connection up.
//!
//! Owns: what a link may do, who opens it, when it is over.
//! Must not know: which pages there are.

use std::collections::BTreeSet;

use serde_json::json;

use crate::audit::{Event, Outcome, kind};
use crate::authz::{Authority, Grant, Permission, Scope as Place};
use crate::core::{Core, hash_token};
use crate::domain::user::UserState;
use crate::domain::{Code, ConnectionId, Email, OrgId, Problem, TenantId, UserId};
use crate::lane_a::operator::Act;
use crate::store::setup_links::{self, SetupLink};
use crate::store::{Write, orgs, users};

/// A link lives so long where nobody says otherwise.
const LIFE_S: i64 = 7 * 24 * 3600;
/// No link lives shorter.
pub const SHORTEST_S: i64 = 300;
const LONGEST_S: i64 = 90 * 24 * 3600;

/// What a link may always do in its organization.
const ALWAYS: &[Permission] = &[
    Permission::OrgRead,
    Permission::ConnectionsRead,
    Permission::ConnectionsWrite,
];

/// A link to make.
#[derive(Default)]
pub struct NewLink {
    /// Seconds.
    pub expires_in: Option<i64>,
    /// About this connection; `None` makes one.
    pub connection: Option<ConnectionId>,
    /// The id that the connection will have: of the link that it is a copy of.
    pub reserved: Option<ConnectionId>,
    /// What was understood so far, of the link that it is a copy of.
    pub draft: Option<String>,
    /// It opens with a code from this mailbox only.
    pub email: Option<String>,
}

/// Makes a link; its value is shown once. It may do in the organization what its maker may, and
/// nothing anywhere else.
///
/// # Errors
/// `invalid_field`, `store_unavailable`.
pub async fn create(
    act: &Act<'_>,
    org: &OrgId,
    new: NewLink,
) -> Result<(SetupLink, String), Problem> {
    let life = new.expires_in.unwrap_or(LIFE_S);
    if !(SHORTEST_S..=LONGEST_S).contains(&life) {
        return Err(Problem::field(
            "/expires_in",
            "out_of_range",
            "Use 300 to 7776000 seconds.",
        ));
    }
    let email =
        match &new.email {
            Some(text) => Some(Email::parse(text).ok_or_else(|| {
                Problem::field("/email", "invalid_email", "Give an e-mail address.")
            })?),
            None => None,
        };
    let words = words(act, org).await?;
    let (plain, hash) = act.core.new_token();
    let now = act.core.now();
    let (kind_of, id) = act.by.actor();
    let link = SetupLink {
        id: act.core.new_id(),
        org: org.clone(),
        connection: new.connection,
        reserved: new
            .reserved
            .unwrap_or_else(|| ConnectionId(act.core.new_id())),
        draft: new.draft.unwrap_or_else(|| "{}".to_owned()),
        words,
        browser: None,
        invited_by: format!("{kind_of}:{id}"),
        created_at: now,
        expires_at: now + life * 1000,
        opened_at: None,
        revoked_at: None,
        email: email.map(|email| email.as_str().to_owned()),
        code_until: 0,
    };
    let mut write = act.core.begin().await?;
    setup_links::create(&mut write.tx, &act.tenant.id, &link, &hash).await?;
    let event = event(kind::SETUP_LINK_CREATED, &link).detail(json!({
        "connection": link.connection, "expires_in": life, "email": link.email,
    }));
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok((link, plain.expose().to_owned()))
}

/// Of everything that roles permit in the organization, what the maker may do there.
async fn words(act: &Act<'_>, org: &OrgId) -> Result<Vec<String>, Problem> {
    let roles = orgs::roles(&act.core.db, &act.tenant.id, org).await?;
    let there = Place::Org(act.tenant.id.clone(), org.clone());
    let all: BTreeSet<String> = roles
        .into_iter()
        .flat_map(|(_, words)| words)
        .filter(|word| act.by.covers_words([word.as_str()], &there))
        .collect();
    Ok(all.into_iter().collect())
}

/// What the holder of a link may do.
pub fn authority(tenant: &TenantId, link: &SetupLink) -> Authority {
    let always = ALWAYS.iter().map(|one| one.as_str().to_owned());
    let words = link.words.iter().cloned().chain(always).collect();
    let grant = Grant::Member(tenant.clone(), link.org.clone(), words);
    Authority::new("setup_link", link.id.as_str(), vec![grant])
}

/// What is said about a link that cannot be used any more.
pub fn over() -> Problem {
    Problem::new(
        Code::Expired,
        "This set-up link is over. Ask for another one.",
    )
}

/// How far a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// Nobody has opened it.
    Fresh,
    /// This browser has.
    Own,
    /// Another one has.
    Taken,
    /// Its time is over.
    Expired,
    /// Somebody took it back.
    Revoked,
}

/// The link of this value, and how far it is for a browser.
///
/// # Errors
/// `not_found`, `store_unavailable`.
pub async fn find(
    core: &Core,
    tenant: &TenantId,
    token: &str,
    browser: Option<&[u8; 32]>,
) -> Result<(SetupLink, LinkState), Problem> {
    let found = setup_links::find_by_hash(&core.db, tenant, &hash_token(token)).await?;
    let mut link = found.ok_or_else(Problem::not_found)?;
    let mut state = state(&link, browser, core.now());
    if matches!(state, LinkState::Fresh | LinkState::Own)
        && !still_granted(core, tenant, &mut link).await?
    {
        state = LinkState::Revoked;
    }
    Ok((link, state))
}

/// Takes away from a link what the person who made it, or the one that it is a copy of, may not do
/// any more. `false`: they may not even set a connection up.
async fn still_granted(
    core: &Core,
    tenant: &TenantId,
    link: &mut SetupLink,
) -> Result<bool, Problem> {
    let mut maker = link.invited_by.clone();
    while let Some(id) = maker.strip_prefix("setup_link:") {
        let earlier = setup_links::find(&core.db, tenant, &link.org, id).await?;
        maker = earlier.ok_or_else(Problem::not_found)?.invited_by;
    }
    // Tokens and terminals are no people: they make links in the name of the installation.
    let Some(id) = maker.strip_prefix("user:") else {
        return Ok(true);
    };
    let user = UserId(id.to_owned());
    let found = users::find(&core.db, tenant, &user).await?;
    if found.is_none_or(|user| user.state != UserState::Active) {
        return Ok(false);
    }
    let now = core.authority_of(tenant, &user).await?;
    let there = Place::Org(tenant.clone(), link.org.clone());
    link.words
        .retain(|word| now.covers_words([word.as_str()], &there));
    Ok(now.may(Permission::ConnectionsWrite, &there))
}

/// How far a link is for a browser; without one, for anybody.
pub fn state(link: &SetupLink, browser: Option<&[u8; 32]>, now: i64) -> LinkState {
    let own = |held: &Vec<u8>| browser.is_some_and(|browser| held.as_slice() == browser.as_slice());
    if link.revoked_at.is_some() {
        LinkState::Revoked
    } else if link.expires_at <= now {
        LinkState::Expired
    } else {
        match &link.browser {
            None => LinkState::Fresh,
            Some(held) if own(held) => LinkState::Own,
            Some(_) => LinkState::Taken,
        }
    }
}

/// Opens a link for one browser: no other opens it after that.
///
/// # Errors
/// `expired` where another one was faster or it is over, `forbidden` for one that wants a code.
pub async fn open(act: &Act<'_>, link: &SetupLink, browser: &[u8; 32]) -> Result<(), Problem> {
    if link.email.is_some() {
        return Err(Problem::new(
            Code::Forbidden,
            "This link opens with a code from the mailbox that it was made for.",
        ));
    }
    let mut write = act.core.begin().await?;
    open_in(act, &mut write, link, browser).await?;
    act.core.commit(write).await?;
    Ok(())
}

/// The same inside a transaction, whatever had to be shown for it.
pub(super) async fn open_in(
    act: &Act<'_>,
    write: &mut Write,
    link: &SetupLink,
    browser: &[u8; 32],
) -> Result<(), Problem> {
    let now = write.now();
    if !setup_links::open(&mut write.tx, &act.tenant.id, &link.id, browser, now).await? {
        return Err(over());
    }
    act.audit(write, event(kind::SETUP_LINK_OPENED, link)).await
}

/// Takes a link back, with everything that was shared from it.
///
/// # Errors
/// `not_found`, also where it was taken back before.
pub async fn revoke(act: &Act<'_>, org: &OrgId, id: &str) -> Result<(), Problem> {
    let tenant = &act.tenant.id;
    let mut write = act.core.begin().await?;
    let found = setup_links::find(&mut write.tx, tenant, org, id).await?;
    let link = found.ok_or_else(Problem::not_found)?;
    let now = write.now();
    let ended = setup_links::revoke(&mut write.tx, tenant, org, id, now).await?;
    if ended == 0 {
        return Err(Problem::not_found());
    }
    let event = event(kind::SETUP_LINK_REVOKED, &link).detail(json!({ "links": ended }));
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok(())
}

/// Keeps what was understood so far.
///
/// # Errors
/// `store_unavailable`.
pub async fn keep_draft(act: &Act<'_>, link: &SetupLink, draft: &str) -> Result<(), Problem> {
    let mut write = act.core.begin().await?;
    setup_links::set_draft(&mut write.tx, &act.tenant.id, &link.id, draft).await?;
    act.core.commit(write).await?;
    Ok(())
}

/// Notes the connection that was made by a link.
///
/// # Errors
/// `store_unavailable`.
pub async fn made(act: &Act<'_>, link: &SetupLink, id: &ConnectionId) -> Result<(), Problem> {
    let mut write = act.core.begin().await?;
    setup_links::set_connection(&mut write.tx, &act.tenant.id, &link.id, id).await?;
    act.core.commit(write).await?;
    Ok(())
}

fn event(kind: &'static str, link: &SetupLink) -> Event {
    Event::new(kind, Outcome::Success, ("setup_link", link.id.as_str())).org(link.org.as_str())
}
