//! Limits that are shared by all nodes: per network, per account, per address.

use std::net::IpAddr;

use super::Visit;
use crate::core::Core;
use crate::domain::{Code, Problem, TenantId, UserId};
use crate::store::{devices, rate};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;
/// So many people an hour may an organization's admin invite.
const INVITATIONS: u32 = 200;

/// A flow is begun.
///
/// # Errors
/// `rate_limited`.
pub async fn flow_begun(visit: &Visit<'_>) -> Result<(), Problem> {
    let limit = visit.core.config.limits.flows_per_network;
    per_visitor(visit, "flows", limit).await
}

/// A flow is answered.
///
/// # Errors
/// `rate_limited`.
pub async fn flow_answered(visit: &Visit<'_>) -> Result<(), Problem> {
    let limit = visit.core.config.limits.answers_per_network;
    per_visitor(visit, "answers", limit).await
}

/// A device that somebody signed in on counts for itself: a crowd, or an attacker, in the
/// same network does not hold it up.
async fn per_visitor(visit: &Visit<'_>, what: &str, limit: u32) -> Result<(), Problem> {
    let (core, tenant) = (visit.core, &visit.site.tenant.id);
    if let Some(hash) = &visit.device
        && devices::is_known(&core.db, tenant, hash).await?
    {
        let used = hit(core, &format!("{what}:device:{}", hex(hash)), MINUTE_MS).await?;
        return check(used, limit, MINUTE_MS, core.now());
    }
    per_network(core, what, &visit.meta.ip, limit).await
}

/// A callback, ticket or one-time page is used.
///
/// # Errors
/// `rate_limited`.
pub async fn callback(core: &Core, ip: &str) -> Result<(), Problem> {
    per_network(
        core,
        "callbacks",
        ip,
        core.config.limits.callbacks_per_network,
    )
    .await
}

/// A provider's answer that nobody asked for begins a sign-in in this browser. One that comes again
/// and again is the answer to that sign-in, without what it was given: it would go round for ever.
///
/// # Errors
/// `upstream_invalid`.
pub async fn unasked(core: &Core, browser: &[u8]) -> Result<(), Problem> {
    const ROUNDS: i64 = 3;
    let used = hit(core, &format!("unasked:{}", hex(browser)), MINUTE_MS).await?;
    if used <= ROUNDS {
        return Ok(());
    }
    Err(Problem::new(
        Code::UpstreamInvalid,
        "The identity provider answers without the RelayState that it was given. Tell your administrator.",
    ))
}

/// Whose budget a mail with a code is taken from.
pub(super) enum Payer<'a> {
    /// Anybody who types an address.
    Anybody,
    /// A device that the owner of the address signed in on.
    Device(&'a str),
    /// A person who has given another proof already.
    Person(&'a str),
}

/// A mail goes to an address. False: silently send nothing, so that the limit tells
/// nobody whether the address is known. What strangers ask for does not use up what the
/// owner of the address can have.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn mail_allowed(
    visit: &Visit<'_>,
    address: &str,
    payer: &Payer<'_>,
) -> Result<bool, Problem> {
    let core = visit.core;
    let key = named(visit, "rate mail", address);
    let bucket = match payer {
        Payer::Anybody => format!("mail:{key}"),
        Payer::Device(id) => format!("mail:device:{id}"),
        Payer::Person(id) => format!("mail:person:{id}"),
    };
    let used = hit(core, &bucket, HOUR_MS).await?;
    Ok(used <= i64::from(core.config.limits.mails_per_address))
}

/// A mail goes to an address whose owner did not ask for it here: an invitation, or the code
/// of an account that wants to move there. Its budget is its own, so that it uses up nothing
/// of what the owner can have.
///
/// # Errors
/// `store_unavailable`.
pub async fn unasked_mail_allowed(
    core: &Core,
    tenant: &TenantId,
    what: &str,
    address: &str,
) -> Result<bool, Problem> {
    let name = format!("{tenant}\0{address}");
    let key = hex(&core.sealer.mac("rate mail", name.as_bytes()));
    let used = hit(core, &format!("mail:{what}:{key}"), HOUR_MS).await?;
    Ok(used <= i64::from(core.config.limits.mails_per_address))
}

/// Whether somebody may send another mail to a stranger in an organization's name.
///
/// # Errors
/// `rate_limited`.
pub(super) async fn invited(core: &Core, (kind, id): (&str, &str)) -> Result<(), Problem> {
    let used = hit(core, &format!("invited by:{kind}:{id}"), HOUR_MS).await?;
    check(used, INVITATIONS, HOUR_MS, core.now())
}

/// The counter of wrong answers for an account name, whether or not anybody has it.
pub(super) fn account_bucket(visit: &Visit<'_>, name: &str) -> String {
    format!("account:{}", named(visit, "rate account", name))
}

/// The counter of wrong answers from this browser's network.
pub(super) fn failing_network(visit: &Visit<'_>) -> String {
    format!("network:{}", network(&visit.meta.ip))
}

/// Names do not lie in the store in plain.
fn named(visit: &Visit<'_>, purpose: &str, name: &str) -> String {
    let tenant = visit.site.tenant.id.as_str();
    hex(&visit
        .core
        .sealer
        .mac(purpose, format!("{tenant}\0{name}").as_bytes()))
}

/// One person does something that sends mails or is costly.
///
/// # Errors
/// `rate_limited`.
pub async fn person(core: &Core, what: &str, user: &UserId, limit: u32) -> Result<(), Problem> {
    let used = hit(core, &format!("{what}:{user}"), HOUR_MS).await?;
    check(used, limit, HOUR_MS, core.now())
}

/// So long are wrong codes of devices held against a person.
const DEVICE_CODES_MS: i64 = 10 * MINUTE_MS;

/// May somebody still guess codes of devices?
///
/// # Errors
/// `rate_limited`.
pub async fn device_code_open(core: &Core, user: &UserId) -> Result<(), Problem> {
    let (now, most) = (core.now(), core.config.flow.code_tries);
    let bucket = format!("device-code:{user}");
    let used = rate::used(&core.db, &bucket, DEVICE_CODES_MS, now).await?;
    check(used + 1, most, DEVICE_CODES_MS, now)
}

/// Somebody typed a code that no device shows.
///
/// # Errors
/// `store_unavailable`.
pub async fn device_code_missed(core: &Core, user: &UserId) -> Result<(), Problem> {
    hit(core, &format!("device-code:{user}"), DEVICE_CODES_MS).await?;
    Ok(())
}

async fn per_network(core: &Core, what: &str, ip: &str, limit: u32) -> Result<(), Problem> {
    let used = hit(core, &format!("{what}:{}", network(ip)), MINUTE_MS).await?;
    check(used, limit, MINUTE_MS, core.now())
}

async fn hit(core: &Core, bucket: &str, window_ms: i64) -> Result<i64, Problem> {
    let mut tx = core.db.begin().await?;
    let used = rate::hit(&mut tx, bucket, window_ms, core.now()).await?;
    tx.commit().await?;
    Ok(used)
}

pub(super) fn check(used: i64, limit: u32, window_ms: i64, now: i64) -> Result<(), Problem> {
    if used <= i64::from(limit) {
        return Ok(());
    }
    let left = window_ms - now.rem_euclid(window_ms);
    let seconds = u64::try_from(left / 1000 + 1).unwrap_or(60);
    Err(Problem::new(Code::RateLimited, "Wait a moment, then try again.").retry_in(seconds))
}

/// Do two addresses belong to one subscriber?
pub fn same_network(one: &str, two: &str) -> bool {
    network(one) == network(two)
}

/// The part of an address that stands for one subscriber: an IPv6 customer has a /64.
fn network(ip: &str) -> String {
    match ip.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V6(v6)) => {
            let s = v6.segments();
            format!("{:x}:{:x}:{:x}:{:x}::/64", s[0], s[1], s[2], s[3])
        }
        Ok(v4) => v4.to_string(),
        // Not an address at all: everything unreadable shares one bucket.
        Err(_) => "unknown".into(),
    }
}

/// The first 16 bytes of a digest in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .take(16)
        .fold(String::new(), |text, b| format!("{text}{b:02x}"))
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn networks_not_spellings_are_counted() {
        assert_eq!(network("::ffff:10.0.0.1"), network("10.0.0.1"));
        assert_eq!(network("2001:db8::1"), network("2001:db8:0:0:ffff::2"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("garbage"), "unknown");
    }
}
