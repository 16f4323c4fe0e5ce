//! Connections that the tenant's upstream speaks to.
//!
//! Owns: when that is the way, and what it asks of a connection.
//! Must not know: what the upstream is told, and when (`lane_a::broker`).

use super::check::Check;
use super::home::Home;
use crate::domain::connection::{Broker, Connection, Protocol, Revision, State, Through};
use crate::domain::tenant::Tenant;
use crate::domain::{Code, ConnectionId, Problem};
use crate::lane_a::broker;
use crate::lane_a::operator::Act;

/// Who speaks to a customer's provider where nobody has chosen.
///
/// # Errors
/// `store_unavailable`.
pub async fn usual_broker(
    act: &Act<'_>,
    home: impl Into<Home<'_>>,
    protocol: Protocol,
) -> Result<Broker, Problem> {
    let home = home.into();
    let (providers, tenant) = (&act.core.providers, act.tenant);
    Ok(
        if home.org().is_some() && providers.is_usual_through(tenant, protocol).await? {
            Broker::Upstream
        } else {
            Broker::Direct
        },
    )
}

/// Who speaks in our place has to prove that they may.
///
/// # Errors
/// `invalid_field` where there is no secret.
pub(super) fn check_secret(one: &Connection, draft: &Revision) -> Result<(), Problem> {
    if one.through.is_none() || draft.secret.is_some() {
        return Ok(());
    }
    Err(Problem::field(
        "/config/client_secret",
        "required",
        "Give a client secret: a public client cannot be used through another identity provider.",
    ))
}

/// Tells the upstream of a new connection, so that it has something to show to the customer.
/// What fails is a finding: the connection is made, and told again before its test.
pub(super) async fn tell(act: &Act<'_>, one: &Connection, mut checks: Vec<Check>) -> Vec<Check> {
    let told = broker::restore(act.core, act.tenant, one, one.draft).await;
    if let Err(problem) = told
        && !checks
            .iter()
            .any(|check| check.code == "broker" && !check.ok)
    {
        let fix = "Look at the identity provider that this connection runs through, and at its log for this sign-in.";
        let received = problem.source.unwrap_or(problem.detail);
        checks.push(Check::fail(
            "broker",
            received,
            "the connection, as it is set",
            fix,
        ));
    }
    checks
}

/// What is switched on here is on at the upstream first.
///
/// # Errors
/// `upstream_unavailable`.
pub(super) async fn before_switching(
    act: &Act<'_>,
    old: &Connection,
    to: Option<State>,
) -> Result<(), Problem> {
    match (old.state, to, old.active) {
        (State::Disabled, Some(State::Active), Some(number)) => {
            broker::restore(act.core, act.tenant, old, number).await
        }
        _ => Ok(()),
    }
}

/// What is switched off here is off at the upstream afterwards.
pub(super) async fn after_switching(act: &Act<'_>, old: &Connection, new: &Connection) {
    if new.state == State::Disabled && old.state != State::Disabled {
        broker::switch_off(act.core, act.tenant, new).await;
    }
}

/// The addresses that the customer registers.
pub struct Given {
    /// Where answers go.
    pub redirect_uri: String,
    /// Where SAML answers go.
    pub acs_url: Option<String>,
    /// Entity id, for SAML.
    pub sp_entity_id: Option<String>,
    /// Where the metadata for the customer lies, for SAML.
    pub metadata_url: Option<String>,
    /// The upstream whose addresses they are, unless they are ours.
    pub through: Option<Through>,
}

impl Given {
    /// Those of a connection, as they were given.
    pub fn of(one: &Connection, tenant: &Tenant) -> Self {
        let saml = one.protocol == Protocol::Saml;
        let ours = || saml.then(|| tenant.address(&format!("/saml/{}/metadata", one.id)));
        let through = one.through.as_ref();
        Self {
            redirect_uri: one.redirect_uri.clone(),
            acs_url: one.acs_url.clone(),
            sp_entity_id: one.sp_entity_id.clone(),
            metadata_url: through.map_or_else(ours, |through| through.metadata_url.clone()),
            through: one.through.clone(),
        }
    }
}

/// Those of a connection that is made next under this id: who speaks to the customer's provider
/// has them registered there.
///
/// # Errors
/// `not_supported_by_upstream`, `upstream_unavailable`.
pub async fn given(
    act: &Act<'_>,
    home: impl Into<Home<'_>>,
    id: &ConnectionId,
    (protocol, broker): (Protocol, Broker),
) -> Result<Given, Problem> {
    let home = home.into();
    if broker == Broker::Upstream {
        if home.org().is_none() {
            return Err(Problem::new(
                Code::NotSupportedByUpstream,
                "Only an organization's provider can be spoken to through the identity provider of this tenant.",
            ));
        }
        let (providers, tenant) = (&act.core.providers, act.tenant);
        let made = providers.prepare(tenant, id, protocol).await?;
        return Ok(Given {
            redirect_uri: made.redirect_uri,
            acs_url: made.acs_url,
            sp_entity_id: made.sp_entity_id,
            metadata_url: made.through.metadata_url.clone(),
            through: Some(made.through),
        });
    }
    let saml = protocol == Protocol::Saml;
    let address = |path: &str| act.tenant.address(path);
    Ok(Given {
        redirect_uri: address(&format!("/federation/callback/{id}")),
        acs_url: saml.then(|| address(&format!("/saml/{id}/acs"))),
        sp_entity_id: saml.then(|| address(&format!("/saml/{id}"))),
        metadata_url: saml.then(|| address(&format!("/saml/{id}/metadata"))),
        through: None,
    })
}
