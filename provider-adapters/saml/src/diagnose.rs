//! What is wrong with a connection's settings before anybody signs in.
//!
//! Owns: certificates' dates and keys, and whether the published metadata still says the same.
//! Must not know: any vendor's pages.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, header};
use laneway_contract::{Addresses, Check, Diagnose, Who};
use url::Url;

use crate::provider::Handle;
use crate::{Certificate, IdpMetadata, SamlConfig};

const DAY_MS: i64 = 24 * 3_600_000;
const SOON_MS: i64 = 30 * DAY_MS;

#[async_trait]
impl Diagnose for Handle {
    async fn diagnose(&self, _: &Addresses) -> Vec<Check> {
        let (config, env) = (&self.0.config, &self.0.env);
        let now_ms = env.clock.now_ms();
        let mut checks = vec![Check::pass("saml_metadata", &config.entity_id)];
        checks.extend(
            config
                .certificates
                .iter()
                .map(|one| about_certificate(one, now_ms)),
        );
        if let Some(url) = &config.metadata_url {
            checks.push(self.about_metadata(url, now_ms).await);
        }
        checks
    }
}

fn about_certificate(one: &Certificate, now_ms: i64) -> Check {
    let received = format!("{}, valid until {}", one.key, one.until());
    let fail = |code: &str, expected: &str, fix: &str| {
        Check::fail(code, &received, expected, Who::Customer, fix)
    };
    if one.not_after_ms <= now_ms {
        let fix = "Replace the signing certificate at the provider, and give the new one here before it is used.";
        return fail(
            "certificate_expired",
            "a certificate that is valid today",
            fix,
        );
    }
    if one.not_after_ms - now_ms < SOON_MS {
        let fix = "Add the provider's next signing certificate here before the change; both are accepted meanwhile.";
        return fail("certificate_expiring", rest(one.not_after_ms - now_ms), fix);
    }
    Check::pass("saml_certificate", received)
}

/// What would have to be left, the nearest step of the ones at which an end is told anew.
fn rest(left_ms: i64) -> &'static str {
    match left_ms / DAY_MS {
        ..3 => "3 days or more",
        3..14 => "14 days or more",
        _ => "30 days or more",
    }
}

impl Handle {
    /// The settings are those of the day when they were given: a change at the provider is
    /// told, and taken over by whoever looks at it.
    async fn about_metadata(&self, url: &Url, now_ms: i64) -> Check {
        let code = "metadata_unreachable";
        let silent = |received: String| {
            let fix = "Make the metadata reachable again, so that changes of certificates are seen in time.";
            Check::fail(
                code,
                received,
                "the provider's metadata",
                Who::Customer,
                fix,
            )
        };
        let request = Request::get(url.as_str())
            .header(
                header::ACCEPT,
                "application/samlmetadata+xml, application/xml, text/xml",
            )
            .body(Bytes::new());
        let Ok(request) = request else {
            return silent(url.to_string());
        };
        let answer = match self.0.env.http.send(request).await {
            Ok(answer) if answer.status() == http::StatusCode::OK => answer.into_body(),
            Ok(answer) => return silent(format!("HTTP {}", answer.status().as_u16())),
            Err(error) => return silent(error.to_string()),
        };
        match IdpMetadata::read(&String::from_utf8_lossy(&answer), now_ms) {
            // It is there, and is of no use: what is wrong with it has a name.
            Err(fault) => fault.check(),
            Ok(live) => drift(&self.0.config, &live),
        }
    }
}

fn drift(config: &SamlConfig, live: &IdpMetadata) -> Check {
    let mut changed = Vec::new();
    // Who is sent to an address that is no more does not come in; a certificate more breaks nothing.
    let moved = live.entity_id != config.entity_id || live.sso.0 != config.sso_url.as_str();
    if live.entity_id != config.entity_id {
        changed.push(format!("the entity id is {}", live.entity_id));
    }
    if live.sso.0 != config.sso_url.as_str() {
        changed.push(format!("people are sent to {}", live.sso.0));
    }
    let unknown = |one: &&Certificate| !config.certificates.contains(one);
    for one in live.certificates.iter().filter(unknown) {
        changed.push(format!("a certificate until {} is new", one.until()));
    }
    if changed.is_empty() {
        return Check::pass("saml_metadata_live", "as it was given");
    }
    Check::fail(
        if moved {
            "metadata_moved"
        } else {
            "metadata_changed"
        },
        changed.join("; "),
        "metadata as it was given",
        Who::Customer,
        "Give the metadata here again, look at what is new, and test it.",
    )
}
