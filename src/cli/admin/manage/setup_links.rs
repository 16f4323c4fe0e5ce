//! Set-up links, made and taken back at a terminal.

use clap::Subcommand;
use serde_json::json;

use super::{Answer, Common, Desk, id};
use crate::config::Config;
use crate::domain::{Code, Problem};
use crate::http::shown;
use crate::lane_b::connections::get;
use crate::lane_b::setup_links::{self, NewLink};
use crate::store::orgs::{self, Organization};
use crate::store::setup_links as rows;

const MOST: i64 = 200;
const DAY_S: i64 = 24 * 3600;

#[derive(Subcommand)]
pub(in crate::cli) enum SetupLinkCommand {
    /// Make a link by which an organization's administrator connects its identity provider
    Create {
        /// The organization: id or short name
        org: String,
        /// To a connection that exists (id or short name) instead of a new one
        #[arg(long)]
        connection: Option<String>,
        /// How long it lives
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(i64).range(1..=90))]
        days: i64,
        #[command(flatten)]
        common: Common,
    },
    /// Links of an organization, newest first
    List {
        /// The organization: id or short name
        org: String,
        /// Go on behind this id
        #[arg(long, default_value = "")]
        after: String,
        #[command(flatten)]
        common: Common,
    },
    /// Take one back, with everything that was shared from it; dead at once
    Revoke {
        /// The organization: id or short name
        org: String,
        /// The link's id
        link: String,
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn setup_link(
    config: Config,
    command: SetupLinkCommand,
) -> Result<(Answer, bool), Problem> {
    match command {
        SetupLinkCommand::Create {
            org,
            connection,
            days,
            common,
        } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let org = org_by(&desk, &org).await?;
            let connection = match connection {
                Some(name) => Some(get(&desk.act(), &org.id, &id(&name)?).await?.id),
                None => None,
            };
            let new = NewLink {
                connection,
                expires_in: Some(days * DAY_S),
                ..NewLink::default()
            };
            let (link, token) = setup_links::create(&desk.act(), &org.id, new).await?;
            let mut record = shown::setup_link(&link, desk.core.now());
            record["url"] = json!(desk.tenant.address(&format!("/setup/{token}")));
            Ok((Answer::One(record), common.json))
        }
        SetupLinkCommand::List { org, after, common } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let org = org_by(&desk, &org).await?;
            let (db, tenant, now) = (&desk.core.db, &desk.tenant.id, desk.core.now());
            let all = rows::list(db, tenant, &org.id, &after, MOST).await?;
            let all = all.iter().map(|row| shown::setup_link(row, now)).collect();
            let members = &["id", "state", "connection", "invited_by", "expires_at"];
            Ok((Answer::Many(all, members), common.json))
        }
        SetupLinkCommand::Revoke { org, link, common } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let (org, link) = (org_by(&desk, &org).await?, id(&link)?);
            setup_links::revoke(&desk.act(), &org.id, &link).await?;
            Ok((Answer::Done("The link is taken back."), common.json))
        }
    }
}

async fn org_by(desk: &Desk, text: &str) -> Result<Organization, Problem> {
    let found = orgs::find(&desk.core.db, &desk.tenant.id, text).await?;
    let unknown = || Problem::new(Code::NotFound, format!("No organization is called {text}."));
    found.ok_or_else(unknown)
}
