//! `laneway admin <noun> <verb>`: the administration API's work on the database directly.
//! Running nodes learn by the invalidation log.

mod apps;
mod import;
mod invitations;
mod keys;
mod orgs;
mod people;
mod people_file;
mod sealed;
mod setup_links;
mod system;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::super::open;
use crate::audit::RequestMeta;
use crate::authz::Authority;
use crate::config::Config;
use crate::core::Core;
use crate::domain::tenant::Tenant;
use crate::domain::{Code, Lang, Problem, ids};
use crate::lane_a::operator::Act;
use crate::store::tenants;

pub(in crate::cli) use keys::rotate;
pub(in crate::cli) use sealed::{after_restore, reseal};

#[derive(Subcommand)]
pub(in crate::cli) enum Manage {
    /// Tenants
    #[command(subcommand)]
    Tenant(system::TenantCommand),
    /// Host names of a tenant
    #[command(subcommand)]
    Host(system::HostCommand),
    /// People
    #[command(subcommand, alias = "users")]
    User(people::UserCommand),
    /// Invite somebody by mail; prints the link, which is shown once
    Invite(invitations::InviteArgs),
    /// Invitations that were made
    #[command(subcommand)]
    Invitation(invitations::InvitationCommand),
    /// Links by which an organization's administrator sets up its sign-in
    #[command(subcommand)]
    SetupLink(setup_links::SetupLinkCommand),
    /// Sessions
    #[command(subcommand)]
    Session(people::SessionCommand),
    /// Organizations
    #[command(subcommand)]
    Org(orgs::OrgCommand),
    /// Members of an organization
    #[command(subcommand)]
    Member(orgs::MemberCommand),
    /// Apps that sign people in by OAuth and OpenID Connect
    #[command(subcommand)]
    App(apps::AppCommand),
    /// Who administers
    #[command(subcommand)]
    Operator(people::OperatorCommand),
    /// Identity providers (`laneway upstream` changes which one is used)
    #[command(subcommand)]
    Upstream(system::UpstreamCommand),
    /// What happened
    #[command(subcommand)]
    Audit(system::AuditCommand),
}

/// What every command takes.
#[derive(Args)]
pub(in crate::cli) struct Common {
    /// Short name of the tenant [default: the one of the configuration]
    #[arg(long)]
    tenant: Option<String>,
    /// Machine-readable output
    #[arg(long)]
    json: bool,
}

/// What a command answers: records, or a sentence.
pub(in crate::cli) enum Answer {
    /// One record.
    One(Value),
    /// A listing, with the members that a terminal shows.
    Many(Vec<Value>, &'static [&'static str]),
    /// Done; nothing is left to show.
    Done(&'static str),
}

/// A command's connection to the installation.
struct Desk {
    core: std::sync::Arc<Core>,
    tenant: Tenant,
    meta: RequestMeta,
    by: Authority,
}

impl Desk {
    async fn open(config: Config, slug: Option<&str>) -> Result<Self, Problem> {
        let (core, own) = open(config).await?;
        let tenant = match slug {
            None => own,
            Some(slug) => tenant_by(&core, slug).await?,
        };
        Ok(Self {
            core,
            tenant,
            meta: RequestMeta::default(),
            by: Authority::system("cli"),
        })
    }

    fn act(&self) -> Act<'_> {
        Act {
            core: &self.core,
            tenant: &self.tenant,
            meta: &self.meta,
            by: &self.by,
            lang: Lang::default(),
        }
    }
}

/// The tenant of a short name.
pub(in crate::cli) async fn tenant_by(core: &Core, slug: &str) -> Result<Tenant, Problem> {
    let found = tenants::find_by_slug(&core.db, slug).await?;
    found.ok_or_else(|| {
        Problem::new(
            Code::NotFound,
            format!("No tenant is called {slug}; see `laneway admin tenant list`."),
        )
    })
}

/// An id as somebody typed it.
fn id(text: &str) -> Result<String, Problem> {
    if ids::plausible(text) {
        Ok(text.to_owned())
    } else {
        Err(Problem::new(Code::InvalidRequest, "This can be no id."))
    }
}

/// Does the work and writes the answer.
pub(in crate::cli) async fn run(config: Config, command: Manage) -> Result<String, Problem> {
    let (answer, json) = match command {
        Manage::Tenant(command) => system::tenant(config, command).await?,
        Manage::Host(command) => system::host(config, command).await?,
        Manage::User(command) => Box::pin(people::user(config, command)).await?,
        Manage::Invite(args) => Box::pin(invitations::invite(config, args)).await?,
        Manage::Invitation(command) => Box::pin(invitations::invitation(config, command)).await?,
        Manage::SetupLink(command) => Box::pin(setup_links::setup_link(config, command)).await?,
        Manage::Session(command) => people::session(config, command).await?,
        Manage::Org(command) => Box::pin(orgs::org(config, command)).await?,
        Manage::Member(command) => Box::pin(orgs::member(config, command)).await?,
        Manage::App(command) => Box::pin(apps::app(config, command)).await?,
        Manage::Operator(command) => people::operator(config, command).await?,
        Manage::Upstream(command) => system::upstream(config, command).await?,
        Manage::Audit(command) => system::audit(config, command).await?,
    };
    Ok(written(answer, json))
}

fn written(answer: Answer, as_json: bool) -> String {
    match answer {
        Answer::Done(_) if as_json => json!({ "ok": true }).to_string(),
        Answer::Done(sentence) => sentence.to_owned(),
        Answer::One(record) if as_json => record.to_string(),
        Answer::One(record) => lines(&record),
        Answer::Many(records, _) if as_json => json!({ "items": records }).to_string(),
        Answer::Many(records, _) if records.is_empty() => "Nothing.".to_owned(),
        Answer::Many(records, members) => table(&records, members),
    }
}

/// One member per line.
fn lines(record: &Value) -> String {
    let members = record.as_object().into_iter().flatten();
    let all: Vec<String> = members
        .map(|(name, value)| format!("{name:<16} {}", plain(value)))
        .collect();
    all.join("\n")
}

fn table(records: &[Value], members: &[&str]) -> String {
    let mut rows = vec![
        members
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>(),
    ];
    for record in records {
        rows.push(members.iter().map(|name| plain(&record[*name])).collect());
    }
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..members.len()).map(width).collect();
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(&widths);
        let line: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        line.join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A value for a terminal. Names are people's own words: what could steer a terminal is cut.
fn plain(value: &Value) -> String {
    let text = match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    };
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Answer, written};

    #[test]
    fn records_are_a_table_or_json() {
        let records = || vec![json!({ "id": "1", "name": "A\u{1b}[31m", "roles": ["x", "y"] })];
        let many = |json| written(Answer::Many(records(), &["id", "name", "roles"]), json);
        assert_eq!(many(false), "id  name   roles\n1   A[31m  x,y");
        assert_eq!(
            many(true),
            r#"{"items":[{"id":"1","name":"A\u001b[31m","roles":["x","y"]}]}"#
        );
        assert_eq!(written(Answer::Done("Gone."), true), r#"{"ok":true}"#);
        assert_eq!(written(Answer::Many(Vec::new(), &[]), false), "Nothing.");
    }
}
