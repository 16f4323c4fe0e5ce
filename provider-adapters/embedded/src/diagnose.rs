//! What can be wrong with a provider that has no server: the database, and a public
//! address at which passkeys do not work.

use async_trait::async_trait;
use laneway_contract::{Addresses, Check, Diagnose, MethodKind, Who};
use url::{Host, Url};

use crate::passkey;
use crate::provider::Embedded;

#[async_trait]
impl Diagnose for Embedded {
    async fn diagnose(&self, addresses: &Addresses) -> Vec<Check> {
        let public = &addresses.redirect_uri;
        let counted = passkey::count_by_rp(&self.db, &self.config.tenant_id).await;
        let mut checks = vec![match &counted {
            Ok(_) => Check::pass("database", "answers"),
            Err(error) => Check::fail(
                "database",
                error.to_string(),
                "the tables of the embedded provider",
                Who::Us,
                "Make the database reachable, then start again so that its tables are made.",
            ),
        }];
        if self.config.methods.contains(&MethodKind::Passkey) {
            checks.push(secure_context(public));
            checks.push(rp_ids(public, &counted.unwrap_or_default()));
        }
        checks
    }
}

/// Browsers run WebAuthn only on https, or on localhost, and never for an IP address.
fn secure_context(public: &Url) -> Check {
    let fits = match public.host() {
        Some(Host::Domain(host)) => {
            public.scheme() == "https" || host == "localhost" || host.ends_with(".localhost")
        }
        _ => false,
    };
    let origin = public.origin().ascii_serialization();
    if fits {
        return Check::pass("passkey_origin", origin);
    }
    Check::fail(
        "passkey_origin",
        origin,
        "https with a host name, or localhost",
        Who::Us,
        "Set the public address to https with a host name; passkeys work nowhere else.",
    )
}

/// A passkey is bound to its RP ID for life.
fn rp_ids(public: &Url, counted: &[(String, i64)]) -> Check {
    let host = public.host_str().unwrap_or_default();
    let dead: Vec<_> = counted
        .iter()
        .filter(|(rp_id, _)| !covers(rp_id, host))
        .collect();
    if dead.is_empty() {
        return Check::pass("passkey_rp_id", host);
    }
    let lost: i64 = dead.iter().map(|(_, n)| n).sum();
    let names: Vec<_> = dead.iter().map(|(rp_id, _)| rp_id.as_str()).collect();
    Check::fail(
        "passkey_rp_id",
        host,
        names.join(", "),
        Who::Us,
        format!(
            "{lost} passkeys were made for another host and cannot be used at this one: go back \
             to that host, or let their owners enrol again."
        ),
    )
}

fn covers(rp_id: &str, host: &str) -> bool {
    host == rp_id
        || host
            .strip_suffix(rp_id)
            .is_some_and(|front| front.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_rp_id_covers_its_host_and_those_below() {
        assert!(covers("example.org", "example.org"));
        assert!(covers("example.org", "login.example.org"));
        assert!(!covers("example.org", "badexample.org"));
        assert!(!covers("login.example.org", "example.org"));
    }

    #[test]
    fn passkeys_need_https_and_a_name() {
        let ok = |url: &str| secure_context(&Url::parse(url).unwrap()).ok;
        assert!(ok("https://login.example.org/x"));
        assert!(ok("http://localhost:8080/x"));
        assert!(!ok("http://login.example.org/x"));
        assert!(!ok("https://192.0.2.1/x"));
    }
}
