//! Domains that organizations say are theirs.
//!
//! Owns: their normal form, and what proves one.
//! Must not know: how a name server is asked.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde_json::json;

use super::check::Check;
use super::news::{self, About};
use crate::audit::{Event, Outcome, RequestMeta, kind};
use crate::core::Core;
use crate::domain::{Code, Email, OrgId, Problem, TenantId};
use crate::lane_a::operator::Act;
use crate::store::domains::{self, OrgDomain};
use crate::store::{Write, admissions, connection_health, connections, orgs, revisions, tenants};

/// A proof that is gone is missed for so long before it no longer counts.
const GRACE_MS: i64 = 72 * 3_600_000;
/// Proofs are looked at so often.
const RECHECK_MS: i64 = 24 * 3_600_000;

/// In lower case, as it stands in addresses.
///
/// # Errors
/// `invalid_field`.
pub fn check(pointer: &str, text: &str) -> Result<String, Problem> {
    let parsed = Email::parse(&format!("x@{}", text.trim().trim_end_matches('.')));
    let domain = parsed.as_ref().map(Email::domain);
    match domain.filter(|domain| domain.contains('.') && domain.len() <= 253) {
        Some(domain) => Ok(domain.to_owned()),
        None => Err(Problem::field(
            pointer,
            "invalid_domain",
            "Give a domain, such as example.com.",
        )),
    }
}

/// Makes each of these one of the organization's domains; nothing is proven by it.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn claim_all(
    act: &Act<'_>,
    write: &mut Write,
    org: &OrgId,
    all: &[String],
) -> Result<(), Problem> {
    for domain in all {
        let one = blank(act, org, domain);
        domains::create(&mut write.tx, &act.tenant.id, &one).await?;
    }
    Ok(())
}

pub(super) fn blank(act: &Act<'_>, org: &OrgId, domain: &str) -> OrgDomain {
    let mut random = [0u8; 20];
    act.core.random.fill(&mut random);
    OrgDomain {
        id: act.core.new_id(),
        org: org.clone(),
        domain: domain.to_owned(),
        proof: format!("laneway-verify={}", B64.encode(random)),
        verified_at: None,
        checked_at: None,
        missing_since: None,
        created_at: act.core.now(),
    }
}

/// The name at which the proof of a domain is looked for.
pub fn txt_name(domain: &str) -> String {
    format!("_laneway.{domain}")
}

/// Names a domain as the organization's own; nothing is proven by it.
///
/// # Errors
/// `invalid_field`, `duplicate`.
pub async fn add(act: &Act<'_>, org: &OrgId, domain: &str) -> Result<OrgDomain, Problem> {
    let domain = check("/domain", domain)?;
    let one = blank(act, org, &domain);
    let mut write = act.core.begin().await?;
    if !domains::create(&mut write.tx, &act.tenant.id, &one).await? {
        return Err(Problem::new(
            Code::Duplicate,
            "A record with this value exists already.",
        ));
    }
    act.audit(&mut write, event(kind::DOMAIN_ADDED, &one))
        .await?;
    act.core.commit(write).await?;
    Ok(one)
}

/// One of the organization's domains, by id or name.
///
/// # Errors
/// `not_found`.
pub async fn get(act: &Act<'_>, org: &OrgId, name: &str) -> Result<OrgDomain, Problem> {
    let found = domains::find(&act.core.db, &act.tenant.id, org, name).await?;
    found.ok_or_else(Problem::not_found)
}

/// Asks the name server for the proof; the domain as it is then, and every text that is there.
///
/// # Errors
/// `not_found`, `conflict` where another organization has proven it, `upstream_unavailable`
/// where no name server answers.
pub async fn verify(
    act: &Act<'_>,
    org: &OrgId,
    name: &str,
) -> Result<(OrgDomain, Vec<String>), Problem> {
    let (core, tenant) = (act.core, &act.tenant.id);
    let one = get(act, org, name).await?;
    let seen = texts(core, &one.domain).await?;
    let mut write = core.begin().await?;
    let now = write.now();
    if seen.iter().any(|text| text.trim() == one.proof) {
        if !domains::prove(&mut write.tx, tenant, &one, now).await? {
            return Err(taken());
        }
        if one.verified_at.is_none() {
            act.audit(&mut write, event(kind::DOMAIN_VERIFIED, &one))
                .await?;
        }
    } else {
        domains::miss(&mut write.tx, tenant, &one, now, now - GRACE_MS).await?;
    }
    core.commit(write).await?;
    Ok((get(act, org, &one.id).await?, seen))
}

async fn texts(core: &Core, domain: &str) -> Result<Vec<String>, Problem> {
    core.names.texts(&txt_name(domain)).await.map_err(|error| {
        Problem::new(
            Code::UpstreamUnavailable,
            "The name server does not answer. Try again soon.",
        )
        .because(error)
    })
}

/// Two organizations cannot both own a domain: who has proven it first keeps it as long as the
/// proof stands.
fn taken() -> Problem {
    Problem::new(
        Code::Conflict,
        "Another organization has proven this domain. It has to give it up first.",
    )
}

/// Gives a domain up.
///
/// # Errors
/// `not_found`; `conflict` for the last proven one as long as a provider is enforced: it would
/// open all ways without anybody having said so.
pub async fn remove(act: &Act<'_>, org: &OrgId, name: &str) -> Result<(), Problem> {
    let one = get(act, org, name).await?;
    let mut write = act.core.begin().await?;
    keep_last(act, &mut write, &one).await?;
    if !domains::delete(&mut write.tx, &act.tenant.id, org, &one.id).await? {
        return Err(Problem::not_found());
    }
    act.audit(&mut write, event(kind::DOMAIN_REMOVED, &one))
        .await?;
    act.core.commit(write).await?;
    Ok(())
}

async fn keep_last(act: &Act<'_>, write: &mut Write, one: &OrgDomain) -> Result<(), Problem> {
    let (tenant, org) = (&act.tenant.id, &one.org);
    orgs::lock(&mut write.tx, tenant, org).await?;
    let demands = admissions::demands(&mut write.tx, tenant, org).await?;
    if demands.enforced.is_none() || one.verified_at.is_none() {
        return Ok(());
    }
    let all = domains::list(&mut write.tx, tenant, org, "", 200).await?;
    let another = |other: &OrgDomain| other.id != one.id && other.verified_at.is_some();
    if all.iter().any(another) {
        return Ok(());
    }
    Err(Problem::new(
        Code::Conflict,
        "As long as the provider is the only way in, one proven domain must stay. Open the other ways first.",
    ))
}

/// Looks at proofs that nobody has looked at for a day: one that is gone is missed for three
/// days, and lost then.
///
/// # Errors
/// `store_unavailable`.
pub async fn recheck(core: &Core) -> Result<(), Problem> {
    let before = core.now() - RECHECK_MS;
    for (tenant, one) in domains::due(&core.db, before, 50).await? {
        // A name server that is silent says nothing about the proof.
        let seen = texts(core, &one.domain).await;
        let mut write = core.begin().await?;
        let now = write.now();
        let Ok(seen) = seen else {
            // Its turn is over all the same: many silent ones must not keep others waiting.
            domains::looked(&mut write.tx, &tenant, &one.id, now).await?;
            core.commit(write).await?;
            continue;
        };
        if seen.iter().any(|text| text.trim() == one.proof) {
            domains::prove(&mut write.tx, &tenant, &one, now).await?;
        } else if domains::miss(&mut write.tx, &tenant, &one, now, now - GRACE_MS).await? {
            let event = event(kind::DOMAIN_LOST, &one).by("system", "");
            core.audit(&mut write, &tenant, &RequestMeta::default(), event)
                .await?;
            let fix = "Put the DNS record back and prove the domain again.";
            tell(core, &mut write, &tenant, &one, ("domain_lost", fix)).await?;
        } else if one.verified_at.is_some() && one.missing_since.is_none() {
            let fix = "Put the DNS record back.";
            tell(core, &mut write, &tenant, &one, ("domain_missing", fix)).await?;
        }
        core.commit(write).await?;
    }
    Ok(())
}

/// Writes to the contacts of the connections to which the domain leads or has led.
async fn tell(
    core: &Core,
    write: &mut Write,
    tenant: &TenantId,
    one: &OrgDomain,
    (code, fix): (&str, &str),
) -> Result<(), Problem> {
    let Some(tenant) = tenants::find(&mut write.tx, tenant).await? else {
        return Ok(());
    };
    let found = Check::fail(code, &one.domain, txt_name(&one.domain), fix);
    let all = connections::list(&mut write.tx, &tenant.id, Some(&one.org), "", 100).await?;
    for connection in all.iter().filter(|connection| connection.is_active()) {
        let known = connection_health::find(&mut write.tx, &tenant.id, &connection.id).await?;
        let number = connection.active.unwrap_or(connection.draft);
        let revision = revisions::find(&mut write.tx, &tenant.id, &connection.id, number).await?;
        let issuer = revision.map_or_else(String::new, |found| found.config.issuer().to_owned());
        let about = About {
            connection,
            issuer: &issuer,
            domain: Some(&one.domain),
        };
        news::tell(core, write, &tenant, &about, (&known.contacts, &[&found])).await?;
    }
    Ok(())
}

fn event(kind: &'static str, one: &OrgDomain) -> Event {
    Event::new(kind, Outcome::Success, ("domain", one.domain.as_str()))
        .org(one.org.as_str())
        .detail(json!({ "domain": one.domain }))
}
