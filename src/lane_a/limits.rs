//! Limits that are shared by all nodes: per network, per account, per address.

use std::net::IpAddr;

use super::Visit;
use crate::core::Core;
use crate::domain::{Code, Problem};
use crate::store::rate;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;

/// A flow is begun.
///
/// # Errors
/// `rate_limited`.
pub async fn flow_begun(visit: &Visit<'_>) -> Result<(), Problem> {
    let limit = visit.core.config.limits.flows_per_network;
    per_network(visit.core, "flows", &visit.meta.ip, limit).await
}

/// A flow is answered.
///
/// # Errors
/// `rate_limited`.
pub async fn flow_answered(visit: &Visit<'_>) -> Result<(), Problem> {
    let limit = visit.core.config.limits.answers_per_network;
    per_network(visit.core, "answers", &visit.meta.ip, limit).await
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

/// A mail goes to an address. False: silently send nothing, so that the limit tells
/// nobody whether the address is known.
///
/// # Errors
/// `store_unavailable`.
pub async fn mail_allowed(core: &Core, tenant: &str, address: &str) -> Result<bool, Problem> {
    let key = core
        .sealer
        .mac("rate mail", format!("{tenant}\0{address}").as_bytes());
    let used = hit(core, &format!("mail:{}", hex(&key)), HOUR_MS).await?;
    Ok(used <= i64::from(core.config.limits.mails_per_address))
}

/// A wrong answer for an account name.
///
/// # Errors
/// `rate_limited`.
pub async fn account_failed(core: &Core, tenant: &str, name: &str) -> Result<(), Problem> {
    let key = core
        .sealer
        .mac("rate account", format!("{tenant}\0{name}").as_bytes());
    let used = hit(core, &format!("account:{}", hex(&key)), HOUR_MS).await?;
    check(
        used,
        core.config.limits.failures_per_account,
        HOUR_MS,
        core.now(),
    )
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

fn check(used: i64, limit: u32, window_ms: i64, now: i64) -> Result<(), Problem> {
    if used <= i64::from(limit) {
        return Ok(());
    }
    let left = window_ms - now.rem_euclid(window_ms);
    let seconds = u64::try_from(left / 1000 + 1).unwrap_or(60);
    Err(Problem::new(Code::RateLimited, "Wait a moment, then try again.").retry_in(seconds))
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

fn hex(bytes: &[u8]) -> String {
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
