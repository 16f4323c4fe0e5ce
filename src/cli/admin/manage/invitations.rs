//! Invitations, made and taken back at a terminal.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Answer, Common, Desk, id};
use crate::config::Config;
use crate::domain::{Code, Problem};
use crate::http::shown;
use crate::lane_a::operator::{self, Invite};
use crate::store::invitations;
use crate::store::orgs::{self, Organization};

const MOST: i64 = 200;

#[derive(Args)]
pub(in crate::cli) struct InviteArgs {
    /// Address
    email: String,
    /// A role; may be given several times
    #[arg(long = "role")]
    roles: Vec<String>,
    /// Into this organization (id or short name) instead of the tenant
    #[arg(long)]
    org: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Subcommand)]
pub(in crate::cli) enum InvitationCommand {
    /// Invitations to the tenant or into an organization, newest first
    List {
        /// Into this organization (id or short name) instead of the tenant
        #[arg(long)]
        org: Option<String>,
        /// Go on behind this id
        #[arg(long, default_value = "")]
        after: String,
        #[command(flatten)]
        common: Common,
    },
    /// Make another link; the one before is dead
    Resend {
        /// The invitation's id
        invitation: String,
        /// Of this organization (id or short name) instead of the tenant
        #[arg(long)]
        org: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Take one back; its link is dead at once
    Revoke {
        /// The invitation's id
        invitation: String,
        /// Of this organization (id or short name) instead of the tenant
        #[arg(long)]
        org: Option<String>,
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn invite(config: Config, args: InviteArgs) -> Result<(Answer, bool), Problem> {
    let common = args.common;
    let desk = Desk::open(config, common.tenant.as_deref()).await?;
    let org = place(&desk, args.org.as_deref()).await?;
    let wanted = Invite {
        email: &args.email,
        roles: args.roles,
        org: org.as_ref(),
    };
    let made = operator::invite(&desk.act(), wanted).await?;
    Ok((shown_once(&desk, &made), common.json))
}

pub(super) async fn invitation(
    config: Config,
    command: InvitationCommand,
) -> Result<(Answer, bool), Problem> {
    match command {
        InvitationCommand::List { org, after, common } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let org = place(&desk, org.as_deref()).await?;
            let (db, tenant) = (&desk.core.db, &desk.tenant.id);
            let org = org.as_ref().map(|org| &org.id);
            let all = invitations::list(db, tenant, org, &after, MOST).await?;
            let now = desk.core.now();
            let all = all.iter().map(|row| shown::invitation(row, now)).collect();
            let answer = Answer::Many(all, &["id", "email", "roles", "state", "expires_at"]);
            Ok((answer, common.json))
        }
        InvitationCommand::Resend {
            invitation,
            org,
            common,
        } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let (org, id) = (place(&desk, org.as_deref()).await?, id(&invitation)?);
            let made = operator::resend_invitation(&desk.act(), org.as_ref(), &id, None).await?;
            Ok((shown_once(&desk, &made), common.json))
        }
        InvitationCommand::Revoke {
            invitation,
            org,
            common,
        } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let (org, id) = (place(&desk, org.as_deref()).await?, id(&invitation)?);
            let org = org.as_ref().map(|org| &org.id);
            operator::revoke_invitation(&desk.act(), org, &id, None).await?;
            Ok((Answer::Done("The invitation is taken back."), common.json))
        }
    }
}

fn shown_once(desk: &Desk, made: &operator::Made) -> Answer {
    let mut record = shown::invitation(&made.invitation, desk.core.now());
    record["url"] = json!(made.url);
    Answer::One(record)
}

async fn place(desk: &Desk, org: Option<&str>) -> Result<Option<Organization>, Problem> {
    let Some(text) = org else { return Ok(None) };
    let found = orgs::find(&desk.core.db, &desk.tenant.id, text).await?;
    let unknown = || Problem::new(Code::NotFound, format!("No organization is called {text}."));
    found.ok_or_else(unknown).map(Some)
}
