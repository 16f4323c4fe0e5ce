//! Moving an account to another address: a code goes to the new one, the old one is told.

use serde_json::json;

use super::super::mail::{self, NoteMail};
use super::super::operator::directory;
use super::super::{Visit, codes, limits, sign_in, sso, throttle};
use super::require_fresh;
use crate::audit::{Event, Outcome, kind};
use crate::domain::user::{IdentityLink, LinkKind, User, UserState};
use crate::domain::{Code, Email, Problem, UserId};
use crate::providers::{Configured, EMBEDDED};
use crate::store::email_changes::{self, Bounds, EmailChange, NewCode};
use crate::store::invalidations::{Change, Scope};
use crate::store::sessions::Which;
use crate::store::{Write, links, users};

/// Codes to one address while the question is open.
const MAX_SENDS: i64 = 5;

/// What a session is waiting for.
pub struct PendingEmail {
    /// The new address.
    pub email: String,
    /// Seconds for which the code lives.
    pub expires_in: i64,
    /// Seconds until another may be asked for.
    pub resend_in: i64,
}

fn bounds(visit: &Visit<'_>) -> Bounds {
    let flow = &visit.core.config.flow;
    Bounds {
        resend_ms: i64::try_from(flow.resend.as_millis()).unwrap_or(30_000),
        sends: MAX_SENDS,
        tries: i64::from(flow.code_tries),
    }
}

/// Sends a code to the address that the account is to move to. Whether the address is
/// somebody else's is told to nobody but whoever reads its mail: then the mail says so, and
/// no code is right.
///
/// # Errors
/// `step_up_required`, `invalid_field`, `rate_limited`, `conflict` where no mail can be sent,
/// `sso_required` where the address' organization wants its own provider.
pub async fn begin_email_change(visit: &Visit<'_>, typed: &str) -> Result<PendingEmail, Problem> {
    require_fresh(visit, "/account/email").await?;
    let live = visit.session()?;
    let (core, tenant, user) = (visit.core, &visit.site.tenant, &live.session.user);
    let email = Email::parse(typed)
        .ok_or_else(|| Problem::field("/email", "invalid_email", "Enter a full email address."))?;
    sso::refuse_move(visit, &live.session, &email).await?;
    // A provider's word does not count: such an address may be confirmed here too.
    let proven = links::find_by_email(&core.db, &tenant.id, &email).await?;
    let present = live.user.email.as_deref() == Some(email.as_str());
    if present && proven.as_ref() == Some(user) {
        let text = "This is the address of your account already.";
        return Err(Problem::field("/email", "unchanged", text));
    }
    if core.mailer.from().is_none() {
        let text = "No mail can be sent here, so no address can be confirmed.";
        return Err(Problem::new(Code::Conflict, text));
    }
    let mails = core.config.limits.mails_per_address;
    limits::person(core, "email-change", user, mails).await?;
    if !limits::unasked_mail_allowed(core, &tenant.id, "email-change", email.as_str()).await? {
        let text = "This address got many mails in the last hour. Try again later.";
        return Err(Problem::new(Code::RateLimited, text).retry_in(600));
    }
    let taken = is_taken(visit, user, &email).await?;
    let code = codes::draw(&*core.random);
    let answer_mac = if taken {
        codes::nothing(core)
    } else {
        codes::mac(core, &[live.session.sid.as_str(), email.as_str()], &code)
    };
    let ttl = core.config.flow.code_ttl;
    let mut write = core.begin().await?;
    let now = write.now();
    let new = NewCode {
        sid: &live.session.sid,
        user,
        email: &email,
        answer_mac: &answer_mac,
        now,
        expires_at: now + i64::try_from(ttl.as_millis()).unwrap_or(600_000),
    };
    if email_changes::put(&mut write.tx, &tenant.id, &new, bounds(visit)).await? {
        let minutes = u32::try_from(ttl.as_secs() / 60).unwrap_or(10);
        let note = if taken {
            NoteMail::email_taken(&tenant.name, &tenant.address("/login"))
        } else {
            NoteMail::email_change(&tenant.name, &code, minutes)
        };
        // It may be somebody else's, who reads their own language.
        let to = email.as_str();
        let lang = mail::lang_of(&mut write, &tenant.id, to, visit.lang).await?;
        let mut message = mail::note(tenant, lang, to, note);
        message.expires_at = Some(new.expires_at);
        mail::enqueue(core, &mut write, tenant, &message, true).await?;
        let event = event(kind::EMAIL_CHANGE_REQUESTED, Outcome::Success, user);
        let event = event.detail(json!({ "email": email }));
        core.audit(&mut write, &tenant.id, visit.meta, event)
            .await?;
    }
    core.commit(write).await?;
    pending_email(visit).await?.ok_or_else(over)
}

fn event(kind: &'static str, outcome: Outcome, user: &UserId) -> Event {
    Event::new(kind, outcome, ("user", user.as_str())).by_user(user)
}

/// Is it the address of somebody else: proven to us, or a login name that waits for its owner?
async fn is_taken(visit: &Visit<'_>, user: &UserId, email: &Email) -> Result<bool, Problem> {
    let tenant = &visit.site.tenant;
    let linked = links::find_by_email(&visit.core.db, &tenant.id, email).await?;
    let mut taken = linked.is_some_and(|owner| owner != *user);
    for upstream in embedded(visit).await? {
        let Some(directory) = upstream.provider()?.user_directory() else {
            continue;
        };
        let work = directory.find(email.as_str());
        let found = visit.core.providers.call(&upstream, "find", work).await?;
        taken |= found.is_some_and(|owner| owner.subject != user.as_str());
    }
    Ok(taken)
}

async fn embedded(visit: &Visit<'_>) -> Result<Vec<std::sync::Arc<Configured>>, Problem> {
    let all = visit.core.providers.of_tenant(&visit.site.tenant).await?;
    let own = all.iter().filter(|c| c.row.kind == EMBEDDED);
    Ok(own.cloned().collect())
}

/// What this session is waiting for, if anything.
///
/// # Errors
/// `store_unavailable`.
pub async fn pending_email(visit: &Visit<'_>) -> Result<Option<PendingEmail>, Problem> {
    let bounds = bounds(visit);
    let now = visit.core.now();
    let found = open_question(visit).await?;
    Ok(found.map(|change| PendingEmail {
        email: change.email,
        expires_in: (change.expires_at - now).max(0) / 1000,
        resend_in: (change.sent_at + bounds.resend_ms - now).max(0) / 1000,
    }))
}

async fn open_question(visit: &Visit<'_>) -> Result<Option<EmailChange>, Problem> {
    let live = visit.session()?;
    let (db, tenant) = (&visit.core.db, &visit.site.tenant.id);
    let (tries, now) = (bounds(visit).tries, visit.core.now());
    let found = email_changes::find(db, tenant, &live.session.sid, tries, now).await?;
    Ok(found.filter(|change| change.user == live.session.user))
}

/// Forgets what this session was waiting for.
///
/// # Errors
/// `store_unavailable`.
pub async fn cancel_email_change(visit: &Visit<'_>) -> Result<(), Problem> {
    let live = visit.session()?;
    let mut write = visit.core.begin().await?;
    email_changes::cancel(&mut write.tx, &visit.site.tenant.id, &live.session.sid).await?;
    visit.core.commit(write).await?;
    Ok(())
}

fn over() -> Problem {
    Problem::new(Code::Expired, "This code is over. Ask for a new one.")
}

/// Moves the account with the code from the new address: what providers keep first, then link,
/// record and notice in one transaction. All other sessions end.
///
/// # Errors
/// `invalid_credentials`, `sso_required`, `expired` when nothing is open any more, `conflict` when somebody
/// else was faster, `rate_limited`, and what an outside provider says that keeps the address too.
pub async fn confirm_email_change(visit: &Visit<'_>, typed: &str) -> Result<User, Problem> {
    let live = visit.session()?;
    let (core, sid) = (visit.core, &live.session.sid);
    let asked = open_question(visit).await?.ok_or_else(over)?;
    let email = Email::parse(&asked.email).ok_or_else(over)?;
    // It may have been shut since the code was sent.
    sso::refuse_move(visit, &live.session, &email).await?;
    let mac = codes::mac(core, &[sid.as_str(), email.as_str()], &codes::tidy(typed));
    if !codes::equal(&mac, &asked.answer_mac) {
        return Err(wrong(visit).await);
    }
    // The first step that can be refused: nothing else has moved yet.
    move_elsewhere(visit, &email, true).await?;
    let moved = async {
        move_login_name(visit, &email).await?;
        move_account(visit, &email, &mac).await
    };
    let moved = moved.await;
    if moved.is_err() {
        follow_again(visit).await;
    }
    moved
}

/// The provider has moved and the account has not, or another copy of this answer moved it:
/// the provider follows whatever the record says now.
async fn follow_again(visit: &Visit<'_>) {
    let Ok(live) = visit.session() else { return };
    let (db, tenant) = (&visit.core.db, &visit.site.tenant.id);
    let found = users::find(db, tenant, &live.session.user).await;
    let Some(user) = found.ok().flatten() else {
        return;
    };
    let Some(email) = user.email.as_deref().and_then(Email::parse) else {
        return;
    };
    let elsewhere = move_elsewhere(visit, &email, user.email_verified).await;
    if let Err(problem) = elsewhere.and(move_login_name(visit, &email).await) {
        tracing::error!(
            source = problem.source,
            "a login name could not follow its address"
        );
    }
}

async fn wrong(visit: &Visit<'_>) -> Problem {
    let counted = async {
        let live = visit.session()?;
        let (tenant, user) = (&visit.site.tenant.id, &live.session.user);
        let mut write = visit.core.begin().await?;
        let (tries, now) = (bounds(visit).tries, write.now());
        let sid = &live.session.sid;
        let open = email_changes::count_wrong(&mut write.tx, tenant, sid, tries, now).await?;
        let event = event(kind::EMAIL_CHANGE_FAILED, Outcome::Failure, user);
        visit
            .core
            .audit(&mut write, tenant, visit.meta, event)
            .await?;
        visit.core.commit(write).await?;
        // By person, not by address: guessing must not lock out whoever owns the address.
        throttle::moving_code(visit, user).await?;
        Ok::<bool, Problem>(open)
    };
    match counted.await {
        Ok(true) => Problem::new(
            Code::InvalidCredentials,
            "That code does not match. Check the newest mail.",
        ),
        Ok(false) => over(),
        Err(problem) => problem,
    }
}

/// The address that an outside provider keeps follows, where its people are managed from here.
async fn move_elsewhere(visit: &Visit<'_>, email: &Email, proven: bool) -> Result<(), Problem> {
    let user = &visit.session()?.session.user;
    let (core, tenant) = (visit.core, &visit.site.tenant);
    let there = directory::move_address(core, tenant, user, (email.as_str(), proven));
    there.await.map_err(taken_there)
}

/// The name under which the person signs in at the embedded provider follows the address.
async fn move_login_name(visit: &Visit<'_>, email: &Email) -> Result<(), Problem> {
    let user = &visit.session()?.session.user;
    for upstream in embedded(visit).await? {
        let Some(directory) = upstream.provider()?.user_directory() else {
            continue;
        };
        let providers = &visit.core.providers;
        let work = directory.get(user.as_str());
        let Some(mut person) = providers.call(&upstream, "get", work).await? else {
            continue;
        };
        person.login_name = email.as_str().to_owned();
        person.email = Some(email.as_str().to_owned());
        person.email_verified = true;
        let work = directory.update(person);
        let changed = providers.call(&upstream, "update_user", work).await;
        changed.map_err(taken_there)?;
    }
    Ok(())
}

fn taken_there(problem: Problem) -> Problem {
    match problem.code {
        Code::Duplicate => belongs_to_another(),
        _ => problem,
    }
}

fn belongs_to_another() -> Problem {
    Problem::new(
        Code::Conflict,
        "This address belongs to another account by now. Nothing was changed.",
    )
}

async fn move_account(visit: &Visit<'_>, email: &Email, mac: &[u8]) -> Result<User, Problem> {
    let live = visit.session()?;
    let (core, tenant) = (visit.core, &visit.site.tenant);
    let (sid, id) = (&live.session.sid, &live.session.user);
    let mut write = core.begin().await?;
    let (tries, now) = (bounds(visit).tries, write.now());
    if !email_changes::consume(&mut write.tx, &tenant.id, sid, mac, tries, now).await? {
        return Err(over());
    }
    let found = users::find(&mut write.tx, &tenant.id, id).await?;
    let mut user = found
        .filter(|user| user.state == UserState::Active)
        .ok_or_else(over)?;
    let old = user.email.replace(email.as_str().to_owned());
    let before = json!({ "email": old, "email_verified": user.email_verified });
    user.email_verified = true;
    move_link(visit, &mut write, old.as_deref(), email).await?;
    if !users::update(&mut write.tx, &tenant.id, &user, now).await? {
        return Err(Problem::new(
            Code::Conflict,
            "The account was changed meanwhile. Try again.",
        ));
    }
    write.invalidate(Change::Changed, Scope::User, id.as_str());
    // The old address was a way in: what it opened ends, as with any other removed factor.
    sign_in::end(
        &mut write,
        &tenant.id,
        Which::Others(id, sid),
        "email_changed",
    )
    .await?;
    let event = event(kind::EMAIL_CHANGED, Outcome::Success, id).change(
        Some(before),
        Some(json!({ "email": email, "email_verified": true })),
    );
    core.audit(&mut write, &tenant.id, visit.meta, event)
        .await?;
    if let Some(old) = old.filter(|old| old != email.as_str()) {
        let (name, login) = (&tenant.name, tenant.address("/login"));
        let reference = &visit.meta.request_id;
        let note = NoteMail::email_changed(name, email.as_str(), now, reference, &login);
        // Not held to the limit of mails: somebody who used it up must not hide this one.
        let message = mail::note(tenant, visit.lang, &old, note);
        mail::enqueue(core, &mut write, tenant, &message, true).await?;
    }
    core.commit(write).await?;
    user.version += 1;
    Ok(user)
}

/// The link of the old address becomes one of the new address.
async fn move_link(
    visit: &Visit<'_>,
    write: &mut Write,
    old: Option<&str>,
    email: &Email,
) -> Result<(), Problem> {
    let (tenant, user) = (&visit.site.tenant.id, &visit.session()?.session.user);
    let now = write.now();
    let all = links::list(&mut write.tx, tenant, user).await?;
    let own = |subject: &str| {
        all.iter()
            .find(|link| link.kind == LinkKind::Email && link.subject == subject)
    };
    if let Some(link) = old.filter(|old| *old != email.as_str()).and_then(own) {
        links::delete(&mut write.tx, tenant, user, &link.id).await?;
    }
    if own(email.as_str()).is_some() {
        return Ok(());
    }
    let link = IdentityLink {
        id: visit.core.new_id(),
        user: user.clone(),
        kind: LinkKind::Email,
        source: None,
        issuer: String::new(),
        subject: email.as_str().to_owned(),
        created_at: now,
        last_used_at: Some(now),
    };
    if links::create(&mut write.tx, tenant, &link).await? {
        return Ok(());
    }
    Err(belongs_to_another())
}
