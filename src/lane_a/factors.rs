//! Factors beside passkeys that people keep on their account: a password, an authenticator
//! app, recovery codes (CONTRACT §7). Every change of a factor passes [`changed`].

mod app;

pub(super) use app::first_codes;
pub use app::{
    NewApp, begin_totp, begun_totp, codes_json, confirm_totp, new_recovery_codes,
    recovery_codes_left, remove_totp,
};

use std::sync::Arc;

use laneway_contract::{
    Credential, CredentialAdmin, MethodKind, PasswordBy, PasswordFault, PasswordSet, SetPassword,
};
use secrecy::SecretString;
use serde_json::json;

use super::account::{end_other_sessions, require_fresh};
use super::notices::{self, Notice};
use super::{Visit, methods, throttle};
use crate::audit::{Event, Outcome, kind};
use crate::core::Core;
use crate::domain::tenant::Tenant;
use crate::domain::{Code, Problem, UserId};
use crate::providers::Configured;

/// What happened to somebody's factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// A password was set where there was none.
    PasswordSet,
    /// A password was changed by whoever knew the old one.
    PasswordChanged,
    /// A password was set anew by whoever proved themselves otherwise.
    PasswordReset,
    /// An authenticator app was added.
    TotpAdded,
    /// An authenticator app was removed.
    TotpRemoved,
    /// New recovery codes were made; the old ones are void.
    RecoveryCodesMade,
    /// A recovery code was used up.
    RecoveryCodeUsed,
}

impl Changed {
    fn event(self) -> &'static str {
        match self {
            Self::PasskeyAdded => kind::PASSKEY_ENROLLED,
            Self::PasskeyRemoved => kind::PASSKEY_REMOVED,
            Self::PasswordSet | Self::PasswordChanged => kind::PASSWORD_CHANGED,
            Self::PasswordReset => kind::PASSWORD_RESET,
            Self::TotpAdded => kind::TOTP_ENROLLED,
            Self::TotpRemoved => kind::TOTP_REMOVED,
            Self::RecoveryCodesMade => kind::RECOVERY_CODES_CREATED,
            Self::RecoveryCodeUsed => kind::RECOVERY_CODE_USED,
        }
    }

    /// The mail that tells the person.
    fn notice(self) -> Notice {
        match self {
            Self::PasskeyAdded => Notice::PasskeyAdded,
            Self::PasskeyRemoved => Notice::PasskeyRemoved,
            Self::PasswordSet => Notice::PasswordSet,
            Self::PasswordChanged | Self::PasswordReset => Notice::PasswordChanged,
            Self::TotpAdded => Notice::TotpAdded,
            Self::TotpRemoved => Notice::TotpRemoved,
            Self::RecoveryCodesMade => Notice::RecoveryCodesMade,
            Self::RecoveryCodeUsed => Notice::RecoveryCodeUsed,
        }
    }

    /// Kind of the event's target.
    fn target(self) -> &'static str {
        match self {
            Self::PasskeyAdded | Self::PasskeyRemoved => "passkey",
            Self::TotpAdded | Self::TotpRemoved => "totp",
            _ => "user",
        }
    }
}

/// The one place that every change of a factor passes, after the provider has done it:
/// whatever is to be told about it is told here.
pub async fn changed(visit: &Visit<'_>, user: &UserId, change: Changed, target: &str) {
    let target = (change.target(), target);
    let event = Event::new(change.event(), Outcome::Success, target).by_user(user);
    notices::after(visit, user, event, change.notice()).await;
}

/// The same for what a provider has done on its own page.
pub(super) async fn changed_at(
    visit: &Visit<'_>,
    user: &UserId,
    (change, target): (Changed, &str),
    upstream: &str,
) {
    let event = Event::new(change.event(), Outcome::Success, (change.target(), target));
    let event = event.by_user(user).detail(json!({ "upstream": upstream }));
    notices::after(visit, user, event, change.notice()).await;
}

/// A recovery code was accepted.
pub(super) async fn recovery_code_used(visit: &Visit<'_>, user: Option<&UserId>) {
    if let Some(user) = user {
        changed(visit, user, Changed::RecoveryCodeUsed, &user.0).await;
    }
}

/// Why a password may not be used, as one sentence.
pub fn fault_problem(pointer: &str, fault: PasswordFault) -> Problem {
    let (code, detail) = match fault {
        PasswordFault::TooShort { min } => {
            let detail = format!("Use at least {min} characters. A few unrelated words do well.");
            return Problem::field(pointer, "too_short", detail);
        }
        PasswordFault::TooLong => ("too_long", "Use at most 1024 bytes."),
        PasswordFault::Common => (
            "common",
            "Many people use this password, so it is tried first. Choose another.",
        ),
        PasswordFault::Leaked => (
            "leaked",
            "This password has been published in a leak. Choose another.",
        ),
        PasswordFault::Personal => (
            "personal",
            "This is mostly your own name or address. Choose something nobody knows about you.",
        ),
        PasswordFault::Weak => (
            "weak",
            "This is guessed too soon. Add a few unrelated words.",
        ),
    };
    Problem::field(pointer, code, detail)
}

/// The least number of characters of a new password, as pages tell it; the provider judges.
pub fn least_length(second_factor: bool) -> u32 {
    if second_factor { 8 } else { 15 }
}

fn unsupported(detail: &'static str) -> Problem {
    Problem::new(Code::NotSupportedByUpstream, detail)
}

/// The upstream that does this for us on our page, if one is switched on.
async fn home(
    core: &Core,
    tenant: &Tenant,
    kind: MethodKind,
) -> Result<Option<Arc<Configured>>, Problem> {
    let offers = match core.providers.offers(tenant).await {
        Err(problem) if problem.code == Code::NotSupportedByUpstream => return Ok(None),
        other => other?,
    };
    let Some(offer) = methods::pick(&offers, kind, None) else {
        return Ok(None);
    };
    let able = offer.upstream.provider()?.credential_admin().is_some();
    Ok(able.then(|| Arc::clone(&offer.upstream)))
}

/// Where passwords are kept, if here.
///
/// # Errors
/// `store_unavailable`.
pub async fn password_home(visit: &Visit<'_>) -> Result<Option<Arc<Configured>>, Problem> {
    home(visit.core, &visit.site.tenant, MethodKind::Password).await
}

async fn totp_home(visit: &Visit<'_>) -> Result<Arc<Configured>, Problem> {
    apps_home(visit.core, &visit.site.tenant).await
}

/// Where authenticator apps are kept.
///
/// # Errors
/// `not_supported_by_upstream`, `store_unavailable`.
pub(super) async fn apps_home(core: &Core, tenant: &Tenant) -> Result<Arc<Configured>, Problem> {
    let found = home(core, tenant, MethodKind::Totp).await?;
    found.ok_or_else(|| unsupported("Authenticator apps are kept by the identity provider."))
}

pub(super) fn admin(home: &Configured) -> Result<&dyn CredentialAdmin, Problem> {
    home.provider()?
        .credential_admin()
        .ok_or_else(Problem::not_found)
}

/// What the account page shows.
#[derive(Debug, Clone, Default)]
pub struct Factors {
    /// Passwords are kept here.
    pub passwords: bool,
    /// Authenticator apps are kept here.
    pub apps: bool,
    /// The password, if there is one.
    pub password: Option<Credential>,
    /// The authenticator app, if there is one.
    pub totp: Option<Credential>,
    /// Unused recovery codes.
    pub recovery_codes: u32,
}

/// The signed-in person's factors beside passkeys.
///
/// # Errors
/// `unauthenticated`, those of stores and providers.
pub async fn list(visit: &Visit<'_>) -> Result<Factors, Problem> {
    let user = &visit.session()?.session.user;
    let passwords = password_home(visit).await?;
    let apps = home(visit.core, &visit.site.tenant, MethodKind::Totp).await?;
    let mut factors = Factors {
        passwords: passwords.is_some(),
        apps: apps.is_some(),
        ..Factors::default()
    };
    let Some(home) = apps.or(passwords) else {
        return Ok(factors);
    };
    let work = admin(&home)?.list(user.as_str());
    for credential in visit.core.providers.call(&home, "list", work).await? {
        match credential.kind {
            MethodKind::Password => factors.password = Some(credential),
            MethodKind::Totp => factors.totp = Some(credential),
            MethodKind::RecoveryCode => {
                factors.recovery_codes = credential.remaining.unwrap_or(0);
            }
            _ => {}
        }
    }
    Ok(factors)
}

/// Sets a password, or changes it by the old one. Other sessions end: the old password may
/// have opened them.
///
/// # Errors
/// `not_supported_by_upstream`, `step_up_required`, `invalid_credentials`, `invalid_field`.
pub async fn change_password(
    visit: &Visit<'_>,
    current: Option<SecretString>,
    new: SecretString,
) -> Result<(), Problem> {
    let home = password_home(visit).await?;
    let home = home.ok_or_else(|| unsupported("Passwords are kept by the identity provider."))?;
    require_fresh(visit, "/account").await?;
    let live = visit.session()?;
    let user = &live.session.user;
    let had = list(visit).await?.password.is_some();
    let mut about = vec![visit.site.tenant.name.clone()];
    about.extend(live.user.email.clone());
    about.extend(live.user.name.clone());
    let request = SetPassword {
        subject: user.0.clone(),
        login_name: live.user.email.clone().filter(|_| live.user.email_verified),
        new,
        by: PasswordBy::Person(current),
        about,
    };
    // Counted before it is judged, in a session that may be in wrong hands.
    let attempt = throttle::current_password(visit, user).await?;
    let work = admin(&home)?.set_password(request);
    match visit.core.providers.call(&home, "password", work).await? {
        PasswordSet::Done => throttle::was_right(visit, &attempt).await?,
        PasswordSet::Refused(fault) => {
            throttle::was_right(visit, &attempt).await?;
            return Err(fault_problem("/new", fault));
        }
        PasswordSet::WrongCurrent => {
            return Err(wrong("Your current password is not right."));
        }
    }
    let change = if had {
        Changed::PasswordChanged
    } else {
        Changed::PasswordSet
    };
    changed(visit, user, change, user.as_str()).await;
    end_other_sessions(visit).await
}

fn wrong(detail: &'static str) -> Problem {
    Problem::new(Code::InvalidCredentials, detail)
}
