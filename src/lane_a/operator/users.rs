//! People and their identities.

use laneway_contract::{
    DirectoryUser, NewUser, PasswordBy, PasswordFault, PasswordSet, SetPassword,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::super::factors::fault_problem;
use super::super::mail::{self, NoteMail};
use super::super::sign_in;
use super::members::keep_others;
use super::{Act, check_version, directory, moved};
use crate::audit::{Event, Outcome, kind};
use crate::core::{Core, operator_grants};
use crate::domain::tenant::Tenant;
use crate::domain::user::{IdentityLink, LinkKind, User, UserState};
use crate::domain::{Code, Email, Problem, UserId};
use crate::providers::{Configured, EMBEDDED};
use crate::store::Write;
use crate::store::invalidations::{Change, Scope};
use crate::store::sessions::Which;
use crate::store::{erasure, links, operators, users};

/// A person to create.
pub struct CreateUser {
    /// Address, also the login name at the provider.
    pub email: String,
    /// Whether the operator vouches for it.
    pub email_verified: bool,
    /// Display name.
    pub name: Option<String>,
    /// The password that they have elsewhere.
    pub password: Option<SecretString>,
}

/// Creates a person, first at the primary upstream, then here.
///
/// # Errors
/// `not_supported_by_upstream`, `invalid_field`, `duplicate`.
pub async fn create_user(act: &Act<'_>, wanted: CreateUser) -> Result<User, Problem> {
    let (core, tenant) = (act.core, act.tenant);
    let email = Email::parse(&wanted.email)
        .ok_or_else(|| Problem::field("/email", "invalid_email", "Give a full email address."))?;
    let primary = core.providers.primary(tenant).await?;
    let directory = primary.provider()?.user_directory().ok_or_else(|| {
        Problem::new(
            Code::NotSupportedByUpstream,
            "The identity provider creates its own users; they appear here when they first sign in.",
        )
    })?;
    if let Some(password) = &wanted.password {
        may_import(&primary, password)?;
    }
    let id = UserId(core.new_id());
    let name = wanted
        .name
        .as_deref()
        .map(super::super::submit::check_name)
        .transpose()?;
    let request = NewUser {
        subject: Some(id.0.clone()),
        login_name: email.as_str().to_owned(),
        email: Some(email.as_str().to_owned()),
        email_verified: wanted.email_verified,
        name: name.clone(),
    };
    let (made, is_new) = match core
        .providers
        .call(&primary, "create_user", directory.create(request))
        .await
    {
        Err(problem) if problem.code == Code::Duplicate => (
            left_behind(core, tenant, &primary, email.as_str()).await?,
            false,
        ),
        other => (other?, true),
    };
    let id = if primary.row.kind == EMBEDDED {
        UserId(made.subject.clone())
    } else {
        id
    };
    let user = User {
        id,
        email: Some(email.as_str().to_owned()),
        email_verified: wanted.email_verified,
        name,
        locale: None,
        state: UserState::Active,
        version: 1,
        created_at: core.now(),
    };
    let kept = keep(act, &primary, &made, (&user, wanted.password)).await;
    if let Err(problem) = &kept
        && is_new
    {
        take_back(core, &primary, &made, problem).await;
    }
    kept.map(|()| user)
}

/// Or the next try would find the name taken. Where the store is silent the person may be
/// written down all the same, and is left.
pub(super) async fn take_back(
    core: &Core,
    primary: &Configured,
    made: &DirectoryUser,
    why: &Problem,
) {
    let directory = primary.provider().ok().and_then(|one| one.user_directory());
    let Some(directory) = directory.filter(|_| primary.row.kind != EMBEDDED) else {
        return;
    };
    let (subject, store) = (&made.subject, why.code == Code::StoreUnavailable);
    let work = directory.delete(subject);
    if store
        || core
            .providers
            .call(primary, "delete_user", work)
            .await
            .is_err()
    {
        tracing::error!(%subject, "a person may be at the provider only");
    }
}

/// Writes down who was made at the provider.
async fn keep(
    act: &Act<'_>,
    primary: &Configured,
    made: &DirectoryUser,
    (user, password): (&User, Option<SecretString>),
) -> Result<(), Problem> {
    let (core, tenant) = (act.core, &act.tenant.id);
    if let Some(password) = password {
        import_password(core, primary, made, password).await?;
    }
    let link = new_link(
        core,
        &user.id,
        LinkKind::Upstream,
        Some(primary),
        &made.subject,
    );
    let mut write = core.begin().await?;
    if !users::create(&mut write.tx, tenant, user).await?
        || !links::create(&mut write.tx, tenant, &link).await?
    {
        return Err(Problem::new(Code::Duplicate, "This person exists already."));
    }
    let event = Event::new(
        kind::USER_CREATED,
        Outcome::Success,
        ("user", user.id.as_str()),
    );
    act.audit(&mut write, event).await?;
    core.commit(write).await?;
    Ok(())
}

/// Asked before anything is made: a refused password must not leave a person behind.
fn may_import(primary: &Configured, password: &SecretString) -> Result<(), Problem> {
    if primary.provider()?.credential_admin().is_none() {
        return Err(Problem::new(
            Code::NotSupportedByUpstream,
            "The identity provider keeps the passwords. Set them there.",
        ));
    }
    let plain = password.expose_secret();
    let fault = match (plain.chars().count(), plain.len()) {
        (0..8, _) => PasswordFault::TooShort { min: 8 },
        (_, 0..=1024) => return Ok(()),
        _ => PasswordFault::TooLong,
    };
    Err(fault_problem("/password", fault))
}

/// The person's own choice, made elsewhere, is not judged again.
async fn import_password(
    core: &Core,
    primary: &Configured,
    made: &DirectoryUser,
    password: SecretString,
) -> Result<(), Problem> {
    let admin = primary.provider()?.credential_admin();
    let admin = admin.ok_or_else(Problem::not_found)?;
    let request = SetPassword {
        subject: made.subject.clone(),
        login_name: None,
        new: password,
        by: PasswordBy::Import,
        about: Vec::new(),
    };
    let work = admin.set_password(request);
    match core.providers.call(primary, "password", work).await? {
        PasswordSet::Done => Ok(()),
        PasswordSet::Refused(fault) => Err(fault_problem("/password", fault)),
        PasswordSet::WrongCurrent => Err(Problem::not_found()),
    }
}

/// A record that an earlier try made at the embedded provider before it died: nobody here is
/// linked to it, so this try goes on with it. At an outside provider it may be anybody's who has
/// taken the name there, and an operator's rights must not fall to them.
pub(super) async fn left_behind(
    core: &Core,
    tenant: &Tenant,
    primary: &Configured,
    login_name: &str,
) -> Result<DirectoryUser, Problem> {
    let taken = || {
        Problem::new(
            Code::Duplicate,
            "A person with this address exists already.",
        )
    };
    if primary.row.kind != EMBEDDED {
        return Err(Problem::new(
            Code::Duplicate,
            "The identity provider has a person with this name or address already. They appear here when they first sign in.",
        ));
    }
    let directory = primary.provider()?.user_directory().ok_or_else(taken)?;
    let find = core
        .providers
        .call(primary, "find", directory.find(login_name));
    let found = find.await?.ok_or_else(taken)?;
    let (issuer, subject) = (&primary.row.issuer, &found.subject);
    let linked =
        links::find_user(&core.db, &tenant.id, LinkKind::Upstream, issuer, subject).await?;
    let own = users::find(&core.db, &tenant.id, &UserId(subject.clone())).await?;
    if linked.is_some() || own.is_some() {
        return Err(taken());
    }
    Ok(found)
}

pub(super) fn new_link(
    core: &Core,
    user: &UserId,
    kind: LinkKind,
    upstream: Option<&Configured>,
    subject: &str,
) -> IdentityLink {
    IdentityLink {
        id: core.new_id(),
        user: user.clone(),
        kind,
        source: upstream.map(|u| u.row.id.clone()),
        issuer: upstream.map(|u| u.row.issuer.clone()).unwrap_or_default(),
        subject: subject.to_owned(),
        created_at: core.now(),
        last_used_at: None,
    }
}

/// A person whom the caller may touch: nobody does so with somebody who may do more.
///
/// # Errors
/// `not_found`, `forbidden`.
pub(super) async fn find_below(
    act: &Act<'_>,
    write: &mut Write,
    id: &UserId,
) -> Result<User, Problem> {
    let found = users::find(&mut write.tx, &act.tenant.id, id).await?;
    let user = found
        .filter(|user| user.state != UserState::Deleted)
        .ok_or_else(Problem::not_found)?;
    act.by
        .require_above(&operator_grants(&mut write.tx, id).await?)?;
    Ok(user)
}

/// Somebody must be left who owns the installation and can sign in.
///
/// # Errors
/// `conflict`.
pub(super) async fn keep_an_owner(write: &mut Write, id: &UserId) -> Result<(), Problem> {
    // Of two owners who dismiss each other at once, one stays.
    operators::lock_owners(&mut write.tx).await?;
    let last = operators::is_owner(&mut write.tx, id).await?
        && !operators::other_owner(&mut write.tx, id).await?;
    if last {
        return Err(Problem::new(
            Code::Conflict,
            "This is the last owner of the installation. Appoint another one first.",
        ));
    }
    Ok(())
}

/// What may be changed about a person; `Some(None)` removes a value.
#[derive(Default, Clone)]
pub struct ChangeUser {
    /// Display name.
    pub name: Option<Option<String>>,
    /// Address: an attribute, never a way to sign in.
    pub email: Option<Option<String>>,
    /// Whether the operator vouches for the address.
    pub email_verified: Option<bool>,
    /// In or out.
    pub state: Option<UserState>,
}

impl ChangeUser {
    fn apply(self, user: &mut User) -> Result<(), Problem> {
        if let Some(name) = self.name {
            user.name = name
                .as_deref()
                .map(super::super::submit::check_name)
                .transpose()?;
        }
        if let Some(email) = self.email {
            let bad = || Problem::field("/email", "invalid_email", "Give a full email address.");
            let email = email
                .map(|text| Email::parse(&text).ok_or_else(bad))
                .transpose()?
                .map(|email| email.as_str().to_owned());
            // A new address is proven by nothing that was said about the old one.
            user.email_verified &= email == user.email;
            user.email = email;
        }
        if let Some(verified) = self.email_verified {
            user.email_verified = verified && user.email.is_some();
        }
        user.state = self.state.unwrap_or(user.state);
        Ok(())
    }
}

fn shown_change(user: &User) -> Value {
    json!({
        "name": user.name, "email": user.email, "email_verified": user.email_verified,
        "state": user.state,
    })
}

/// The person as they are and as they would be.
async fn changed(
    act: &Act<'_>,
    write: &mut Write,
    id: &UserId,
    (change, expected): (ChangeUser, Option<i64>),
) -> Result<(User, User), Problem> {
    let before = find_below(act, write, id).await?;
    check_version(expected, before.version)?;
    let mut after = before.clone();
    change.apply(&mut after)?;
    if after.state == UserState::Disabled {
        keep_an_owner(write, id).await?;
    }
    Ok((before, after))
}

/// Changes a person, also at an outside provider that lets us; switching off ends their sessions
/// with the same commit.
///
/// # Errors
/// `not_found`, `invalid_field`, `version_mismatch`, `forbidden`, `conflict`; `duplicate`,
/// `not_supported_by_upstream` and `upstream_unavailable` of the provider.
pub async fn change_user(
    act: &Act<'_>,
    id: &UserId,
    change: ChangeUser,
    expected: Option<i64>,
) -> Result<User, Problem> {
    let (core, tenant) = (act.core, &act.tenant.id);
    let accounts = directory::accounts(core, act.tenant, id).await?;
    if !accounts.is_empty() {
        let mut look = core.begin().await?;
        let (before, after) = changed(act, &mut look, id, (change.clone(), expected)).await?;
        // Nothing is held while a provider is asked.
        drop(look);
        directory::follow(core, &accounts, (&before, &after), change.state).await?;
    }
    let off = change.state == Some(UserState::Disabled);
    let mut write = core.begin().await?;
    let (before, mut user) = changed(act, &mut write, id, (change, expected)).await?;
    let now = write.now();
    if !users::update(&mut write.tx, tenant, &user, now).await? {
        return Err(moved());
    }
    user.version += 1;
    write.invalidate(Change::Changed, Scope::User, id.as_str());
    if user.state == UserState::Disabled {
        sign_in::end(&mut write, tenant, Which::OfUser(id), "disabled").await?;
    }
    let event = Event::new(kind::USER_UPDATED, Outcome::Success, ("user", id.as_str()))
        .change(Some(shown_change(&before)), Some(shown_change(&user)));
    act.audit(&mut write, event).await?;
    core.commit(write).await?;
    if off {
        directory::keep_out(core, &accounts).await?;
    }
    Ok(user)
}

/// Deletes a person: at the embedded provider and where an outside one lets us, then all that is
/// theirs here; the row stays without personal data, so that its id is never given to anybody
/// else. They are told by mail.
///
/// # Errors
/// `not_found`, `forbidden`, `conflict` for the last owner, of the installation and of an
/// organization with others in it; `upstream_unavailable`.
pub async fn delete_user(act: &Act<'_>, id: &UserId, expected: Option<i64>) -> Result<(), Problem> {
    let (core, tenant) = (act.core, act.tenant);
    // Asked before the provider forgets them, and again under the lock below.
    let mut look = core.begin().await?;
    let user = find_below(act, &mut look, id).await?;
    check_version(expected, user.version)?;
    keep_an_owner(&mut look, id).await?;
    keep_others(act, &mut look, id).await?;
    drop(look);
    let accounts = directory::accounts(core, tenant, id).await?;
    forget_at_provider(core, tenant, id).await?;
    directory::remove(core, &accounts).await?;
    let mut write = core.begin().await?;
    let mut user = find_below(act, &mut write, id).await?;
    keep_an_owner(&mut write, id).await?;
    keep_others(act, &mut write, id).await?;
    let (told, lang) = (user.email.take(), user.locale.unwrap_or(act.lang));
    user.email_verified = false;
    user.name = None;
    user.locale = None;
    user.state = UserState::Deleted;
    let now = write.now();
    if !users::update(&mut write.tx, &tenant.id, &user, now).await? {
        return Err(moved());
    }
    sign_in::end(&mut write, &tenant.id, Which::OfUser(id), "deleted").await?;
    erasure::forget(&mut write.tx, &tenant.id, id, now).await?;
    write.invalidate(Change::Ended, Scope::User, id.as_str());
    let event = Event::new(kind::USER_DELETED, Outcome::Success, ("user", id.as_str()));
    act.audit(&mut write, event).await?;
    if let Some(to) = told.filter(|_| core.mailer.from().is_some()) {
        let note = NoteMail::account_deleted(&tenant.name, now, &act.meta.request_id);
        let message = mail::note(tenant, lang, &to, note);
        mail::enqueue(core, &mut write, tenant, &message, true).await?;
    }
    core.commit(write).await?;
    Ok(())
}

async fn forget_at_provider(core: &Core, tenant: &Tenant, id: &UserId) -> Result<(), Problem> {
    for upstream in core.providers.of_tenant(tenant).await?.iter() {
        if upstream.row.kind == EMBEDDED
            && let Some(directory) = upstream.provider()?.user_directory()
        {
            let gone = core
                .providers
                .call(upstream, "delete_user", directory.delete(id.as_str()))
                .await;
            match gone {
                Err(problem) if problem.code != Code::NotFound => return Err(problem),
                _ => {}
            }
        }
    }
    Ok(())
}
