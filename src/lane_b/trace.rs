//! What a test login saw, and what the rules make of it now.
//!
//! The checks are those of the moment; rules, roles and demanded claims are judged again each
//! time the trace is read, so that an edit shows at once what it would change.
//!
//! Owns: the stored form, redaction, and the verdict.
//! Must not know: how a test is run.

use laneway_contract::{Groups, UpstreamIdentity};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::check::Check;
use crate::core::Core;
use crate::domain::connection::{Config, Connection};
use crate::domain::entry::Entry;
use crate::domain::mapping::{Assertion, Mapping};
use crate::domain::tenant::Tenant;
use crate::domain::{Email, Problem, TenantId, UserId};
use crate::lane_a::door::{self, At};
use crate::store::seal::Place;
use crate::store::test_logins::{TestLogin, TestState};
use crate::store::{domains, links, role_mappings};

/// Claims whose values prove something to somebody: they are shown as being there.
const SECRET: &[&str] = &[
    "nonce",
    "at_hash",
    "c_hash",
    "s_hash",
    "jti",
    "sid",
    "session_state",
];

/// One step in time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Moment {
    /// Epoch ms.
    pub at: i64,
    /// What happened, `snake_case`.
    pub what: String,
}

/// As it is stored, sealed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Trace {
    /// What the judgement of the answer looked at.
    pub checks: Vec<Check>,
    /// Whom it proved.
    pub identity: Option<UpstreamIdentity>,
    /// What happened when.
    pub timeline: Vec<Moment>,
    /// The signed-in person whose browser it was.
    pub by: Option<UserId>,
}

/// As it reads now.
pub struct Reading {
    /// Those of the moment, and those of what the provider said.
    pub checks: Vec<Check>,
    /// It proved somebody.
    pub proven: bool,
    /// Who they would be in the organization, where there is one.
    pub entry: Option<Entry>,
    /// Who they are already.
    pub user: Option<UserId>,
}

impl Trace {
    pub(super) fn seal(
        &self,
        core: &Core,
        tenant: &TenantId,
        id: &str,
    ) -> Result<Vec<u8>, Problem> {
        let plain = serde_json::to_vec(self).map_err(garbled)?;
        Ok(core.sealer.seal(place(tenant, id), &plain))
    }

    /// Opens what a test has left; `None` while nobody has come back.
    ///
    /// # Errors
    /// `internal` for what cannot be read.
    pub fn open(core: &Core, tenant: &TenantId, test: &TestLogin) -> Result<Option<Self>, Problem> {
        let Some(sealed) = &test.trace else {
            return Ok(None);
        };
        let plain = core.sealer.open(place(tenant, &test.id), sealed)?;
        serde_json::from_slice(&plain).map(Some).map_err(garbled)
    }

    /// Judges it by what is set now.
    ///
    /// # Errors
    /// `denied` for an organization that is switched off, `store_unavailable`.
    pub async fn read(
        &self,
        core: &Core,
        tenant: &Tenant,
        connection: &Connection,
        config: &Config,
    ) -> Result<Reading, Problem> {
        let (_, mapping) = role_mappings::current(&core.db, &tenant.id, &connection.id).await?;
        self.read_by(core, tenant, (connection, config), &mapping)
            .await
    }

    /// Judges it by these rules.
    ///
    /// # Errors
    /// As [`Trace::read`].
    pub(super) async fn read_by(
        &self,
        core: &Core,
        tenant: &Tenant,
        (connection, config): (&Connection, &Config),
        mapping: &Mapping,
    ) -> Result<Reading, Problem> {
        let mut checks = self.checks.clone();
        let Some(identity) = &self.identity else {
            return Ok(Reading {
                checks,
                proven: false,
                entry: None,
                user: None,
            });
        };
        let db = &core.db;
        let (issuer, subject) = identity.origin();
        let user =
            links::find_by_connection(db, &tenant.id, &connection.id, issuer, subject).await?;
        if connection.org.is_none() {
            checks.extend(about_claim(config, &identity.claims));
            return Ok(Reading {
                checks,
                proven: true,
                entry: None,
                user,
            });
        }
        let assertion = Assertion {
            groups: Groups::read(&identity.claims, config.groups_claim()),
            ..door::assertion(identity)
        };
        let at = At {
            connection,
            config,
            rollout: None,
        };
        let mut on = db;
        let (_, entry) = door::judge(
            &mut on,
            tenant,
            &at,
            &assertion,
            user.as_ref(),
            Some(mapping),
        )
        .await?;
        checks.extend(about_claims(config, mapping, &assertion));
        checks.extend(about_domain(core, tenant, connection, &assertion).await?);
        Ok(Reading {
            checks,
            proven: true,
            entry: Some(entry),
            user,
        })
    }
}

impl Reading {
    /// Did the connection prove somebody? What the rules make of them stands beside it.
    pub fn state(&self) -> TestState {
        if self.proven && !self.checks.iter().any(Check::blocks) {
            TestState::Passed
        } else {
            TestState::Failed
        }
    }
}

/// What the provider said, against what is demanded of it.
fn about_claims(config: &Config, mapping: &Mapping, said: &Assertion<'_>) -> Vec<Check> {
    let mut all: Vec<Check> = about_claim(config, said.claims).into_iter().collect();
    match said.email {
        Some(email) => all.push(Check::pass("email", email)),
        None => {
            let fix = "Let the provider send the person's e-mail address, so that people can be recognised in lists and reached.";
            let check = Check::fail("email_missing", "nothing", "an e-mail address", fix);
            all.push(check.as_advice());
        }
    }
    all.extend(about_name_id(said.claims));
    all.push(about_groups(mapping, said));
    all
}

/// A `NameID` that is the person's address: they would be somebody else with the next one, and
/// whoever gets it after them would be they.
fn about_name_id(claims: &Map<String, Value>) -> Option<Check> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let name_id = text("name_id")?;
    let is_address = text("email").is_some_and(|email| email.eq_ignore_ascii_case(name_id))
        || text("name_id_format").is_some_and(|format| format.ends_with(":emailAddress"));
    let fix = "Choose persistent, or a user id that stays, as NameID for this application before you switch it on: whoever signs in with another NameID is somebody else.";
    let expected = "a NameID that stays the same for a person and is never given to another one";
    is_address
        .then(|| Check::fail("changing_name_id", "the e-mail address", expected, fix).as_advice())
}

/// The first claim that is not as demanded.
fn about_claim(config: &Config, claims: &Map<String, Value>) -> Option<Check> {
    let (name, wanted) = config.unmet(claims)?;
    let received = crate::domain::mapping::find(claims, name)
        .map_or_else(|| "nothing".to_owned(), Value::to_string);
    let fix = "Sign in with an account of the right organization, or correct the claims that this connection demands.";
    let expected = format!("{name} = {wanted}");
    Some(Check::fail("claim_unmet", received, expected, fix))
}

fn about_groups(mapping: &Mapping, said: &Assertion<'_>) -> Check {
    let advice = |check: Check| {
        if mapping.wants_groups() {
            check
        } else {
            check.as_advice()
        }
    };
    match &said.groups {
        Groups::Known(all) => match all.len() {
            1 => Check::pass("groups", "1 group"),
            count => Check::pass("groups", format!("{count} groups")),
        },
        Groups::Absent => advice(Check::fail(
            "groups_missing",
            "nothing",
            "the person's groups",
            "Let the provider send the person's groups, and name the claim or attribute that holds them.",
        )),
        Groups::Overage => advice(Check::fail(
            "groups_overage",
            "more groups than fit",
            "the complete list",
            "Let the provider send only the groups that are assigned to this application.",
        )),
    }
}

async fn about_domain(
    core: &Core,
    tenant: &Tenant,
    connection: &Connection,
    said: &Assertion<'_>,
) -> Result<Option<Check>, Problem> {
    let Some(email) = said.email.and_then(Email::parse) else {
        return Ok(None);
    };
    let (db, domain) = (&core.db, email.domain());
    if domains::is_proven(db, &tenant.id, connection.owner()?, domain).await? {
        return Ok(Some(Check::pass("domain", domain)));
    }
    let fix = "Prove that this domain is yours; until then its people have to choose this sign-in by hand.";
    let check = Check::fail("domain_not_covered", domain, "a domain that is proven", fix);
    Ok(Some(check.as_advice()))
}

fn place<'a>(tenant: &'a TenantId, id: &'a str) -> Place<'a> {
    Place {
        tenant: tenant.as_str(),
        table: "test_logins",
        column: "trace",
        row: id,
    }
}

fn garbled(source: serde_json::Error) -> Problem {
    Problem::new(
        crate::domain::Code::Internal,
        "The incident is logged under the reference below.",
    )
    .because(source)
}

/// Claims as they may be shown.
pub fn shown_claims(claims: &Map<String, Value>) -> Value {
    claims
        .iter()
        .map(|(name, value)| {
            let secret = SECRET.contains(&name.as_str());
            let shown = if secret {
                json!("(hidden)")
            } else {
                value.clone()
            };
            (name.clone(), shown)
        })
        .collect::<Map<String, Value>>()
        .into()
}
