//! Drafts: what was set, checked against the other side, hashed and kept for ever.
//!
//! Owns: from a config to a revision.
//! Must not know: what is live.

use laneway_contract::Addresses;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::{Digest, Sha256};
use url::Url;

use super::check::{Check, REFUSED};
use crate::core::Core;
use crate::domain::connection::{Config, Connection, Revision};
use crate::domain::tenant::Tenant;
use crate::domain::upstream::Trust;
use crate::domain::{Code, Problem, TenantId};
use crate::lane_a::operator::Act;
use crate::providers::connection_secret_place;

/// What becomes of the client secret.
pub enum Secret {
    /// The one there is stays.
    Keep,
    /// There is none from now on.
    Remove,
    /// Another one.
    Set(SecretString),
}

/// Addresses that anybody but an instance's operator named are never trusted like theirs,
/// whoever changes them later.
pub(super) fn trust(act: &Act<'_>, old: Option<Trust>) -> Trust {
    if act.by.is_instance_operator() {
        old.unwrap_or(Trust::Operator)
    } else {
        Trust::Tenant
    }
}

/// A revision of these settings.
///
/// # Errors
/// `internal` where the kept secret cannot be read.
pub(super) fn revision(
    act: &Act<'_>,
    connection: &Connection,
    number: i64,
    (config, secret): (Config, Secret),
    old: Option<&Revision>,
) -> Result<Revision, Problem> {
    let (core, tenant) = (act.core, &act.tenant.id);
    let id = core.new_id();
    let (secret, secret_id) = match secret {
        Secret::Set(plain) => {
            let sealed = seal(core, tenant, &id, plain.expose_secret().as_bytes());
            (Some(sealed), Some(core.new_id()))
        }
        Secret::Remove => (None, None),
        Secret::Keep => (
            kept(core, tenant, &id, old)?,
            old.and_then(|old| old.secret_id.clone()),
        ),
    };
    let trust = trust(act, old.map(|old| old.trust));
    Ok(Revision {
        hash: hash(connection, &config, secret_id.as_deref()),
        id,
        connection: connection.id.clone(),
        number,
        config,
        secret,
        secret_id,
        trust,
        created_at: core.now(),
        activated_at: None,
    })
}

fn seal(core: &Core, tenant: &TenantId, row: &str, plain: &[u8]) -> Vec<u8> {
    core.sealer
        .seal(connection_secret_place(tenant, row), plain)
}

/// The old secret under a new row.
fn kept(
    core: &Core,
    tenant: &TenantId,
    row: &str,
    old: Option<&Revision>,
) -> Result<Option<Vec<u8>>, Problem> {
    let Some((old, sealed)) = old.and_then(|old| old.secret.as_ref().map(|sealed| (old, sealed)))
    else {
        return Ok(None);
    };
    let plain = core
        .sealer
        .open(connection_secret_place(tenant, &old.id), sealed)?;
    Ok(Some(seal(core, tenant, row, &plain)))
}

/// Over everything that a test proves: settings, which secret, and the addresses that are
/// registered at the other side.
fn hash(connection: &Connection, config: &Config, secret_id: Option<&str>) -> String {
    let all = json!({
        "protocol": config.protocol(), "broker": connection.broker, "config": config,
        "secret": secret_id, "redirect_uri": connection.redirect_uri,
        "acs_url": connection.acs_url, "sp_entity_id": connection.sp_entity_id,
    });
    hex(&Sha256::digest(all.to_string()))
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            use std::fmt::Write as _;
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Everything that is right and wrong with a revision, as far as the other side tells it.
///
/// # Errors
/// `internal` for addresses of ours that cannot be used.
pub async fn look(
    core: &Core,
    tenant: &Tenant,
    connection: &Connection,
    revision: &Revision,
) -> Result<Vec<Check>, Problem> {
    let forbidden = judge_addresses(core, revision);
    if !forbidden.is_empty() {
        return Ok(forbidden);
    }
    let configured = core
        .providers
        .attach(tenant, connection, revision.clone())
        .await?;
    if let Some(fault) = configured.fault() {
        let fix = "Correct the settings of the connection.";
        return Ok(vec![Check::fail(
            "settings",
            fault,
            "settings that fit",
            fix,
        )]);
    }
    let Some(diagnose) = configured.provider()?.diagnose() else {
        return Ok(Vec::new());
    };
    let addresses = addresses(tenant, connection)?;
    let work = async { Ok(diagnose.diagnose(&addresses).await) };
    match core.providers.call(&configured, "diagnose", work).await {
        Ok(found) => {
            let mut checks: Vec<Check> = found.into_iter().map(Check::from).collect();
            checks.extend(used_already(core, tenant, connection, revision).await?);
            Ok(checks)
        }
        Err(_) => Ok(vec![Check::fail(
            "timeout",
            "no answer in time",
            "an answer",
            "Make the provider reachable from the internet.",
        )]),
    }
}

/// Does another connection speak to the same SAML provider in a way that would be confused with
/// this one?
async fn used_already(
    core: &Core,
    tenant: &Tenant,
    connection: &Connection,
    revision: &Revision,
) -> Result<Option<Check>, Problem> {
    let Config::Saml(ours) = &revision.config else {
        return Ok(None);
    };
    let near = crate::store::connections::near(&core.db, &tenant.id, connection).await?;
    let same = near.iter().filter(
        |(_, config)| matches!(config, Config::Saml(theirs) if theirs.entity_id == ours.entity_id),
    );
    let clashes = |one: &Connection| {
        one.sp_entity_id.is_some() && one.sp_entity_id == connection.sp_entity_id
    };
    let mut found = None;
    for (one, _) in same {
        let fix = "Use the entity id that is shown for this connection, or keep one of the two connections.";
        let expected = "a provider that no other connection speaks to like this";
        let check = Check::fail("entity_id_used", one.name.clone(), expected, fix);
        if clashes(one) {
            return Ok(Some(check));
        }
        found = Some(check.as_advice());
    }
    Ok(found)
}

fn judge_addresses(core: &Core, revision: &Revision) -> Vec<Check> {
    let judged = revision.config.addresses().into_iter();
    judged
        .filter_map(|(member, url)| {
            let error = core.providers.judge_address(revision.trust, &url).err()?;
            let fix =
                "Use an address of the provider that can be reached from the internet over https.";
            let expected = "a public https address";
            let check = Check::fail("address_forbidden", error.to_string(), expected, fix);
            Some(check.about(member))
        })
        .collect()
}

fn addresses(tenant: &Tenant, connection: &Connection) -> Result<Addresses, Problem> {
    let parse = |text: &str| {
        Url::parse(text).map_err(|error| {
            Problem::new(Code::Internal, "The public URL is not usable.").because(error)
        })
    };
    Ok(Addresses {
        redirect_uri: parse(&connection.redirect_uri)?,
        post_logout_uri: parse(&tenant.address("/logged-out"))?,
        backchannel_uri: parse(&tenant.address(&format!("/bff/backchannel/{}", connection.id)))?,
    })
}

/// Refuses a draft whose addresses or documents are of no use, and answers the rest.
///
/// # Errors
/// `invalid_field` with the finding's code.
pub(super) fn acceptable(config: &Config, checks: Vec<Check>) -> Result<Vec<Check>, Problem> {
    let refused = checks
        .iter()
        .find(|check| check.blocks() && REFUSED.contains(&check.code.as_str()));
    let Some(check) = refused else {
        return Ok(checks);
    };
    let member = check.member.as_deref().unwrap_or(match config {
        Config::Oidc(_) if check.code == "tenants_missing" => "tenants",
        Config::Oidc(_) => "issuer",
        Config::Saml(saml) if saml.metadata_url.is_some() => "metadata_url",
        Config::Saml(_) => "certificates",
    });
    let code = REFUSED
        .iter()
        .find(|code| **code == check.code)
        .copied()
        .unwrap_or("invalid");
    let pointer = format!("/config/{member}");
    let mut problem = Problem::field(&pointer, code, check.fix.clone());
    problem.extra.insert("checks".into(), json!(checks));
    Err(problem)
}
