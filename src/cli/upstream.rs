//! `laneway upstream …`: rehearse and change the identity provider, set one up.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use laneway_contract::Addresses;
use url::Url;

use super::administrator::Administrator;
use super::{failed, load, open, say};
use crate::audit::RequestMeta;
use crate::authz::Authority;
use crate::config::Config;
use crate::domain::upstream::Role;
use crate::domain::{Code, Lang, Problem};
use crate::lane_a::operator::Act;
use crate::lane_a::swap;
use crate::providers::{self, BootstrapKeycloak, RealmPart};

#[derive(Subcommand)]
#[expect(clippy::large_enum_variant, reason = "parsed once per process")]
pub(super) enum UpstreamCommand {
    /// List the upstreams
    List,
    /// Say what changing from one upstream to another would mean; changes nothing
    Plan {
        /// Name of the upstream that is left
        from: String,
        /// Name of the upstream that is entered
        to: String,
    },
    /// Make an upstream the one that everybody signs in at
    Activate {
        /// Its name
        name: String,
    },
    /// Set up the other side
    #[command(subcommand)]
    Bootstrap(Bootstrap),
}

#[derive(Subcommand)]
pub(super) enum Bootstrap {
    /// Create client, mappers and the step-up flow in a Keycloak realm
    Keycloak(KeycloakArguments),
}

/// Names of [`RealmPart`].
const PARTS: [&str; 3] = ["passkeys", "required-actions", "user-profile"];

#[derive(Args)]
pub(super) struct KeycloakArguments {
    /// Address of Keycloak, for example <https://kc.example.com>
    #[arg(long)]
    url: Url,
    /// Realm in which people are
    #[arg(long)]
    realm: String,
    #[command(flatten)]
    administrator: Administrator,
    /// Public address of Laneway; default: that of the configuration
    #[arg(long)]
    public_url: Option<Url>,
    /// Name of the upstream in Laneway's addresses
    #[arg(long, default_value = "keycloak")]
    name: String,
    /// Client id to create
    #[arg(long, default_value = "laneway")]
    client_id: String,
    /// Realm to create for customers' own identity providers, which Keycloak then speaks to
    #[arg(long)]
    connections_realm: Option<String>,
    /// Let Laneway create, change and remove the people of the realm
    #[arg(long)]
    directory: bool,
    /// Let Laneway ask Keycloak about passwords that are typed on its own page
    #[arg(long)]
    headless_password: bool,
    /// Let `laneway doctor` see what of this is not in the realm any more
    #[arg(long)]
    drift: bool,
    /// Domain of passkeys: Keycloak's host, or a domain above it; without it, it stays as it is
    #[arg(long, value_name = "DOMAIN")]
    passkey_rp_id: Option<String>,
    /// What of the whole realm stays as your team has it
    #[arg(long, value_name = "PART", value_parser = PossibleValuesParser::new(PARTS))]
    leave: Vec<String>,
    /// Only say what would be done
    #[arg(long)]
    plan: bool,
}

pub(super) async fn run(file: Option<PathBuf>, command: UpstreamCommand) -> ExitCode {
    let outcome = match command {
        UpstreamCommand::Bootstrap(Bootstrap::Keycloak(arguments)) => {
            bootstrap(file, arguments).await
        }
        other => match load(file) {
            Ok(config) => on_database(config, other).await,
            Err(code) => return code,
        },
    };
    match outcome {
        Ok(text) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Err(problem) => failed(&problem),
    }
}

async fn on_database(config: Config, command: UpstreamCommand) -> Result<String, Problem> {
    let (core, tenant) = open(config).await?;
    match command {
        UpstreamCommand::List => {
            let all = core.providers.of_tenant(&tenant).await?;
            let lines = all.iter().map(|c| {
                format!(
                    "{:<16} {:<10} {:<10} {}",
                    c.row.slug,
                    c.row.kind,
                    c.row.role.as_str(),
                    c.row.issuer
                )
            });
            Ok(lines.collect::<Vec<_>>().join("\n"))
        }
        UpstreamCommand::Plan { from, to } => {
            let plan = swap::plan(&core, &tenant, &from, &to).await?;
            let mut lines = vec![
                format!("{} → {}", plan.from, plan.to),
                format!("  people            {}", plan.people),
                format!("  keep their id     {}", plan.linked),
                format!("  would be new      {}", plan.new_users),
            ];
            lines.extend(plan.notes.iter().map(|note| format!("  · {note}")));
            lines.push("Nothing was changed. Live sessions go on in any case.".into());
            Ok(lines.join("\n"))
        }
        UpstreamCommand::Activate { name } => {
            let target = core
                .providers
                .by_slug(&tenant, &name)
                .await
                .map_err(|problem| {
                    if problem.code == Code::NotFound {
                        Problem::new(
                            Code::NotFound,
                            format!("No upstream is called {name}; see `laneway upstream list`."),
                        )
                    } else {
                        problem
                    }
                })?;
            let act = Act {
                core: &core,
                tenant: &tenant,
                meta: &RequestMeta::default(),
                by: &Authority::system("cli"),
                lang: Lang::default(),
            };
            swap::set_role(&act, &target.row.id, Role::Primary).await?;
            Ok(format!(
                "{name} is active. Sessions go on; new sign-ins go there."
            ))
        }
        UpstreamCommand::Bootstrap(_) => Ok(String::new()),
    }
}

async fn bootstrap(file: Option<PathBuf>, arguments: KeycloakArguments) -> Result<String, Problem> {
    let public_url = match arguments.public_url {
        Some(url) => url,
        None => {
            load(file)
                .map_err(|_| {
                    Problem::new(
                        Code::InvalidRequest,
                        "Name --public-url, or correct the configuration.",
                    )
                })?
                .server
                .public_url
        }
    };
    let addresses = addresses(&public_url, &arguments.name)?;
    let administrator = arguments.administrator.read()?;
    let place = (arguments.url, arguments.realm);
    let client_id = arguments.client_id;
    let request = BootstrapKeycloak {
        connections: arguments.connections_realm,
        directory: arguments.directory,
        headless_password: arguments.headless_password,
        drift: arguments.drift,
        passkey_rp_id: arguments.passkey_rp_id,
        leave: parts(arguments.leave)?,
        ..BootstrapKeycloak::new(place, administrator, addresses, client_id)
    };
    if arguments.plan {
        return providers::plan_keycloak(&request).await;
    }
    Ok(providers::bootstrap_keycloak(&request).await?.to_string())
}

fn parts(names: Vec<String>) -> Result<Vec<RealmPart>, Problem> {
    serde_json::from_value(names.into()).map_err(|error| {
        Problem::new(Code::InvalidRequest, "--leave is not usable.").because(error)
    })
}

/// Our addresses under a public URL, as they will be when the upstream has this name.
fn addresses(public_url: &Url, name: &str) -> Result<Addresses, Problem> {
    crate::lane_a::operator::check_slug("--name", name)?;
    let join = |path: &str| {
        public_url.join(path).map_err(|error| {
            Problem::new(Code::InvalidRequest, "--public-url is not usable.").because(error)
        })
    };
    Ok(Addresses {
        redirect_uri: join(&format!("/federation/callback/{name}"))?,
        post_logout_uri: join("/logged-out")?,
        backchannel_uri: join(&format!("/bff/backchannel/{name}"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_can_be_named() {
        let all = parts(PARTS.map(str::to_owned).to_vec()).unwrap();
        assert_eq!(all.len(), PARTS.len());
        assert!(parts(vec!["flow".into()]).is_err());
    }
}
