//! The end of a client secret, which no provider tells: somebody has said so.
//!
//! Owns: which secret it is about, and what is to be said about it.
//! Must not know: whom that is told to (`news`).

use super::check::Check;
use super::health::{self, Ending};
use crate::domain::Problem;
use crate::domain::connection::{Connection, Protocol};
use crate::lane_a::operator::Act;
use crate::store::Write;
use crate::store::connection_health as rows;

const DAY_MS: i64 = 24 * 3_600_000;
/// An end is told so long before.
const SOON_MS: i64 = 30 * DAY_MS;

/// What a change means for it: another secret has another end; as long as the old one is live, it
/// is its end that counts.
///
/// # Errors
/// `invalid_field` for the end of a secret that is not live yet, where another one is.
#[expect(clippy::option_option, reason = "absent, removed, given")]
pub(super) fn given(
    old: &Connection,
    given: Option<Option<i64>>,
    replaced: bool,
) -> Result<Option<Option<i64>>, Problem> {
    match (replaced, old.active.is_some(), given) {
        (true, true, Some(Some(_))) => Err(Problem::field(
            "/client_secret_expires_at",
            "invalid",
            "Say when the new secret ends once it is live: until then it is about the old one.",
        )),
        (true, false, None) => Ok(Some(None)),
        _ => Ok(given),
    }
}

/// Notes when the client secret ends; `None`: nobody knows.
///
/// # Errors
/// `invalid_field` where there is no client secret.
pub(super) async fn set(
    act: &Act<'_>,
    write: &mut Write,
    one: &Connection,
    at: Option<i64>,
) -> Result<(), Problem> {
    if at.is_some() && one.protocol != Protocol::Oidc {
        let detail = "Only an OpenID Connect connection has a client secret.";
        return Err(Problem::field(
            "/client_secret_expires_at",
            "invalid",
            detail,
        ));
    }
    let known = rows::find(&mut write.tx, &act.tenant.id, &one.id).await?;
    if known.secret_expires_at == at {
        return Ok(());
    }
    rows::set_secret_end(&mut write.tx, &act.tenant.id, &one.id, at).await?;
    health::forget(write, one, &known, |code| {
        code.starts_with("client_secret_")
    })
    .await
}

/// An identity provider does not tell when a client secret ends: somebody has said so.
pub(super) fn ending(at: i64) -> Ending {
    Ending {
        what: "client_secret",
        name: String::new(),
        at,
    }
}

/// What is to be said about the end of a client secret.
pub(super) fn finding(at: i64, now: i64) -> Option<Check> {
    let (code, fix) = if at <= now {
        (
            "client_secret_expired",
            "Make a new client secret at the provider and enter it here.",
        )
    } else if at - now < SOON_MS {
        (
            "client_secret_expiring",
            "Make a new client secret at the provider before the old one ends, and enter it here.",
        )
    } else {
        return None;
    };
    let day = time::OffsetDateTime::from_unix_timestamp(at / 1000);
    let day = day.map(|at| at.date().to_string()).unwrap_or_default();
    // Another step is another finding: it is told again.
    let wanted = match (at - now) / DAY_MS {
        ..3 => "3 days or more",
        3..14 => "14 days or more",
        _ => "30 days or more",
    };
    Some(Check::fail(code, day, wanted, fix))
}
