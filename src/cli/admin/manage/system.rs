//! Tenants, hosts, identity providers and the audit log.

use clap::{Subcommand, ValueEnum};

use super::orgs::State;
use super::{Answer, Common, Desk, tenant_by};
use crate::config::Config;
use crate::domain::tenant::{Purpose, Signup, Tenant, TenantState};
use crate::domain::{Code, Problem};
use crate::http::shown;
use crate::lane_a::operator::{self, NewTenant};
use crate::store::audit::{self, Filter};
use crate::store::{hosts, tenants};

const MOST: i64 = 200;

#[derive(Clone, Copy, ValueEnum)]
pub(in crate::cli) enum Who {
    /// Anybody
    Open,
    /// Whoever is invited
    Invite,
    /// Nobody
    Closed,
}

impl Who {
    fn signup(self) -> Signup {
        match self {
            Self::Open => Signup::Open,
            Self::Invite => Signup::Invite,
            Self::Closed => Signup::Closed,
        }
    }
}

#[derive(Subcommand)]
pub(in crate::cli) enum TenantCommand {
    /// All tenants
    List {
        /// Go on behind this id
        #[arg(long, default_value = "")]
        after: String,
        #[command(flatten)]
        common: Common,
    },
    /// Create a tenant with its login host
    Create {
        /// Short name
        slug: String,
        /// Name on pages
        #[arg(long)]
        name: String,
        /// Address of its login host
        #[arg(long)]
        public_url: String,
        /// Who may sign up
        #[arg(long, value_enum, default_value_t = Who::Invite)]
        signup: Who,
        #[command(flatten)]
        common: Common,
    },
    /// Change a tenant
    Set {
        /// Short name
        slug: String,
        /// New name
        #[arg(long)]
        name: Option<String>,
        /// Who may sign up
        #[arg(long, value_enum)]
        signup: Option<Who>,
        /// On or off
        #[arg(long, value_enum)]
        state: Option<State>,
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn tenant(
    config: Config,
    command: TenantCommand,
) -> Result<(Answer, bool), Problem> {
    match command {
        TenantCommand::List { after, common } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let all = tenants::list(&desk.core.db, &after, MOST).await?;
            let all = all.iter().map(shown::tenant).collect();
            let members = &["id", "slug", "name", "state", "public_url", "signup"];
            Ok((Answer::Many(all, members), common.json))
        }
        TenantCommand::Create {
            slug,
            name,
            public_url,
            signup,
            common,
        } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let wanted = NewTenant {
                slug: &slug,
                name: &name,
                public_url: &public_url,
                signup: signup.signup(),
            };
            let tenant = operator::create_tenant(&desk.act(), wanted).await?;
            Ok((Answer::One(shown::tenant(&tenant)), common.json))
        }
        TenantCommand::Set {
            slug,
            name,
            signup,
            state,
            common,
        } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let id = tenant_by(&desk.core, &slug).await?.id;
            let apply = |tenant: &mut Tenant| {
                if let Some(name) = &name {
                    tenant.name = operator::check_tenant_name(name)?;
                }
                tenant.signup = signup.map_or(tenant.signup, Who::signup);
                tenant.state = match state {
                    None => tenant.state,
                    Some(State::Active) => TenantState::Active,
                    Some(State::Disabled) => TenantState::Disabled,
                };
                Ok(())
            };
            let act = desk.act();
            let tenant = operator::change_tenant(&act, &id, None, apply, shown::tenant).await?;
            Ok((Answer::One(shown::tenant(&tenant)), common.json))
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(in crate::cli) enum For {
    /// Pages, issuer, passkeys
    Login,
    /// A frontend
    App,
}

#[derive(Subcommand)]
pub(in crate::cli) enum HostCommand {
    /// All host names of the tenant
    List {
        #[command(flatten)]
        common: Common,
    },
    /// Add a host name
    Add {
        /// `name`, with `:port` if it is not 443
        host: String,
        /// What it is for
        #[arg(long, value_enum)]
        purpose: For,
        /// The organization whose own sign-in it is, by its id or short name; for login hosts
        #[arg(long)]
        org: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Remove a host name
    Remove {
        /// `name[:port]`
        host: String,
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn host(config: Config, command: HostCommand) -> Result<(Answer, bool), Problem> {
    match command {
        HostCommand::List { common } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let all = hosts::list(&desk.core.db, &desk.tenant.id).await?;
            let all = all.iter().map(shown::host).collect();
            let members = &["id", "host", "purpose", "canonical", "config_owned"];
            Ok((Answer::Many(all, members), common.json))
        }
        HostCommand::Add {
            host,
            purpose,
            org,
            common,
        } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let purpose = match purpose {
                For::Login => Purpose::Login,
                For::App => Purpose::App,
            };
            let host = operator::add_host(&desk.act(), &host, purpose, org.as_deref()).await?;
            Ok((Answer::One(shown::host(&host)), common.json))
        }
        HostCommand::Remove { host, common } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let all = hosts::list(&desk.core.db, &desk.tenant.id).await?;
            let unknown = || Problem::new(Code::NotFound, "The tenant has no such host.");
            let found = all
                .iter()
                .find(|row| row.host == host)
                .ok_or_else(unknown)?;
            operator::remove_host(&desk.act(), &found.id).await?;
            Ok((Answer::Done("The host is removed."), common.json))
        }
    }
}

#[derive(Subcommand)]
pub(in crate::cli) enum UpstreamCommand {
    /// All identity providers of the tenant
    List {
        #[command(flatten)]
        common: Common,
    },
    /// Look at one: everything that is right and wrong with it
    Probe {
        /// Its name
        name: String,
        #[command(flatten)]
        common: Common,
    },
    /// Remove one; links keep what they know, sessions go on
    Remove {
        /// Its name
        name: String,
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn upstream(
    config: Config,
    command: UpstreamCommand,
) -> Result<(Answer, bool), Problem> {
    match command {
        UpstreamCommand::List { common } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let all = desk.core.providers.of_tenant(&desk.tenant).await?;
            let all = all.iter().map(|c| shown::upstream(&c.row)).collect();
            let members = &["id", "name", "kind", "role", "issuer"];
            Ok((Answer::Many(all, members), common.json))
        }
        UpstreamCommand::Probe { name, common } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let found = desk.core.providers.by_slug(&desk.tenant, &name).await?;
            let checks = operator::probe(&desk.core, &desk.tenant, &found).await?;
            let all = checks
                .iter()
                .map(|check| serde_json::json!(check))
                .collect();
            Ok((
                Answer::Many(all, &["ok", "name", "received", "fix"]),
                common.json,
            ))
        }
        UpstreamCommand::Remove { name, common } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let found = desk.core.providers.by_slug(&desk.tenant, &name).await?;
            operator::delete_upstream(&desk.act(), &found.row.id, None).await?;
            Ok((
                Answer::Done("The identity provider is removed."),
                common.json,
            ))
        }
    }
}

#[derive(Subcommand)]
pub(in crate::cli) enum AuditCommand {
    /// Events, newest first
    List {
        /// Only of this type
        #[arg(long = "type", default_value = "")]
        kind: String,
        /// Who did it: kind:id, or the id alone
        #[arg(long, default_value = "")]
        actor: String,
        /// To whom or what
        #[arg(long, default_value = "")]
        target: String,
        /// In this organization (id)
        #[arg(long, default_value = "")]
        org: String,
        /// Not before, as 2026-11-22T10:00:00Z
        #[arg(long)]
        from: Option<String>,
        /// Before, as 2026-11-22T10:00:00Z
        #[arg(long)]
        to: Option<String>,
        /// How many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn audit(
    config: Config,
    command: AuditCommand,
) -> Result<(Answer, bool), Problem> {
    let AuditCommand::List {
        kind,
        actor,
        target,
        org,
        from,
        to,
        limit,
        common,
    } = command;
    let filter = Filter {
        kind,
        actor,
        target,
        org,
        from: shown::instant(from.as_deref(), 0)?,
        to: shown::instant(to.as_deref(), i64::MAX)?,
    };
    let desk = Desk::open(config, common.tenant.as_deref()).await?;
    let all = audit::list(&desk.core.db, &desk.tenant.id, &filter, "", limit).await?;
    let all = all.iter().map(shown::event).collect();
    let members = &["at", "type", "outcome", "actor", "target"];
    Ok((Answer::Many(all, members), common.json))
}
