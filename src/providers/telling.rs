//! What an upstream is told of the connections that it speaks to.
//!
//! Owns: from a connection to a call of the upstream. Must not know: when it is told.

use url::Url;

use laneway_contract::{ConnectionAdmin, Registration, Speech};

use super::{Configured, Providers, problem};
use crate::domain::connection::{Connection, Protocol, Through};
use crate::domain::tenant::Tenant;
use crate::domain::{Code, ConnectionId, Problem};

/// The addresses of a connection to be made, as the customer registers them.
pub struct Prepared {
    /// Which upstream they belong to.
    pub through: Through,
    /// Where answers go.
    pub redirect_uri: String,
    /// Where SAML answers go.
    pub acs_url: Option<String>,
    /// Entity id, for SAML.
    pub sp_entity_id: Option<String>,
}

fn speech(protocol: Protocol) -> Speech {
    match protocol {
        Protocol::Oidc => Speech::Oidc,
        Protocol::Saml => Speech::Saml,
    }
}

fn unable() -> Problem {
    Problem::new(
        Code::NotSupportedByUpstream,
        "The identity provider of this tenant cannot speak to customers' providers. Use the direct broker.",
    )
}

fn admin(upstream: &Configured) -> Result<&dyn ConnectionAdmin, Problem> {
    upstream.provider()?.connection_admin().ok_or_else(unable)
}

impl Providers {
    /// Whether the tenant's upstream is the way to customers who speak this, where nobody has
    /// chosen another one.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn is_usual_through(
        &self,
        tenant: &Tenant,
        protocol: Protocol,
    ) -> Result<bool, Problem> {
        let upstream = match self.primary(tenant).await {
            Err(problem) if problem.code == Code::NotSupportedByUpstream => return Ok(false),
            other => other?,
        };
        Ok(admin(&upstream).is_ok_and(|admin| admin.is_usual_for(speech(protocol))))
    }

    /// The addresses of a connection through the tenant's upstream.
    ///
    /// # Errors
    /// `not_supported_by_upstream` where it speaks to no customers' providers,
    /// `upstream_unavailable`.
    pub async fn prepare(
        &self,
        tenant: &Tenant,
        id: &ConnectionId,
        protocol: Protocol,
    ) -> Result<Prepared, Problem> {
        let upstream = self.primary(tenant).await?;
        let work = admin(&upstream)?.prepare(id.as_str(), speech(protocol));
        let made: Registration = self.call(&upstream, "prepare", work).await?;
        let answers_to = made.answers_to.to_string();
        let saml = protocol == Protocol::Saml;
        Ok(Prepared {
            through: Through {
                upstream: upstream.row.id.clone(),
                metadata_url: made.metadata_url.map(String::from),
            },
            acs_url: saml.then(|| answers_to.clone()),
            sp_entity_id: made.entity_id,
            redirect_uri: answers_to,
        })
    }

    /// Makes the upstream of a connection speak to its provider as this revision says.
    ///
    /// # Errors
    /// `invalid_field` for an address that may not be called, those of both providers.
    pub async fn apply(&self, connection: &Configured) -> Result<(), Problem> {
        let Some(through) = connection
            .attached
            .as_ref()
            .and_then(|own| own.through.as_ref())
        else {
            return Err(connection.provider().err().unwrap_or_else(unable));
        };
        let label = connection.row.label();
        let wanted = self
            .call(connection, "settings", through.wanted(&label))
            .await?;
        for url in wanted.settings.addresses() {
            self.judge_address(connection.row.trust, url)
                .map_err(|error| forbidden(url).because(error))?;
        }
        let admin = through.admin().map_err(|error| problem(&error))?;
        let work = admin.apply(&wanted);
        self.call(&through.upstream, "apply", work).await
    }

    /// Switches a connection off at its upstream.
    ///
    /// # Errors
    /// Those of the upstream.
    pub async fn switch_off(&self, tenant: &Tenant, one: &Connection) -> Result<(), Problem> {
        let Some(through) = &one.through else {
            return Ok(());
        };
        let upstream = self.get(tenant, &through.upstream).await?;
        let work = admin(&upstream)?.set_enabled(one.id.as_str(), false);
        self.call(&upstream, "switch_off", work).await
    }
}

/// Whom the customer's provider sends the upstream to, it would call for us.
fn forbidden(url: &Url) -> Problem {
    let detail = format!("The provider names an address that may not be called: {url}");
    Problem::field("/config/issuer", "address_forbidden", &detail)
}
