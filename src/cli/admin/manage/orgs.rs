//! Organizations and their members.

use clap::{Subcommand, ValueEnum};

use super::{Answer, Common, Desk, id};
use crate::config::Config;
use crate::domain::{Code, OrgId, Problem, UserId};
use crate::http::shown;
use crate::lane_a::operator::{self, OrgChange};
use crate::store::members::{self, MemberState};
use crate::store::orgs::{self, OrgState};

const MOST: i64 = 200;

#[derive(Clone, Copy, ValueEnum)]
pub(in crate::cli) enum State {
    /// On
    Active,
    /// Off
    Disabled,
}

#[derive(Subcommand)]
pub(in crate::cli) enum OrgCommand {
    /// All organizations
    List {
        /// Go on behind this id
        #[arg(long, default_value = "")]
        after: String,
        #[command(flatten)]
        common: Common,
    },
    /// Create one
    Create {
        /// Short name
        slug: String,
        /// Name
        #[arg(long)]
        name: String,
        #[command(flatten)]
        common: Common,
    },
    /// Change one
    Set {
        /// Id or short name
        org: String,
        /// New short name
        #[arg(long)]
        slug: Option<String>,
        /// New name
        #[arg(long)]
        name: Option<String>,
        /// On or off
        #[arg(long, value_enum)]
        state: Option<State>,
        #[command(flatten)]
        common: Common,
    },
    /// Delete one with its memberships; people stay
    Delete {
        /// Id or short name
        org: String,
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn org(config: Config, command: OrgCommand) -> Result<(Answer, bool), Problem> {
    match command {
        OrgCommand::List { after, common } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let all = orgs::list(&desk.core.db, &desk.tenant.id, &after, MOST).await?;
            let all = all.iter().map(shown::organization).collect();
            let answer = Answer::Many(all, &["id", "slug", "name", "state"]);
            Ok((answer, common.json))
        }
        OrgCommand::Create { slug, name, common } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let org = operator::create_org(&desk.act(), &slug, &name).await?;
            Ok((Answer::One(shown::organization(&org)), common.json))
        }
        OrgCommand::Set {
            org,
            slug,
            name,
            state,
            common,
        } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let state = state.map(|state| match state {
                State::Active => OrgState::Active,
                State::Disabled => OrgState::Disabled,
            });
            let id = org_by(&desk, &org).await?;
            let change = OrgChange {
                slug,
                name,
                state,
                ..OrgChange::default()
            };
            let org = operator::change_org(&desk.act(), &id, change, None).await?;
            Ok((Answer::One(shown::organization(&org)), common.json))
        }
        OrgCommand::Delete { org, common } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let id = org_by(&desk, &org).await?;
            operator::delete_org(&desk.act(), &id, None).await?;
            Ok((Answer::Done("The organization is deleted."), common.json))
        }
    }
}

async fn org_by(desk: &Desk, text: &str) -> Result<OrgId, Problem> {
    let found = orgs::find(&desk.core.db, &desk.tenant.id, text).await?;
    let unknown = || Problem::new(Code::NotFound, format!("No organization is called {text}."));
    Ok(found.ok_or_else(unknown)?.id)
}

#[derive(Subcommand)]
pub(in crate::cli) enum MemberCommand {
    /// All members of an organization
    List {
        /// Id or short name of the organization
        org: String,
        /// Only those with this role
        #[arg(long, default_value = "")]
        role: String,
        /// Go on behind this user
        #[arg(long, default_value = "")]
        after: String,
        #[command(flatten)]
        common: Common,
    },
    /// Make somebody a member with exactly these roles
    Put {
        /// Id or short name of the organization
        org: String,
        /// The user's id
        user: String,
        /// A role; may be given several times
        #[arg(long = "role")]
        roles: Vec<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Suspend a member
    Suspend {
        /// Id or short name of the organization
        org: String,
        /// The user's id
        user: String,
        #[command(flatten)]
        common: Common,
    },
    /// Let a suspended member in again
    Activate {
        /// Id or short name of the organization
        org: String,
        /// The user's id
        user: String,
        #[command(flatten)]
        common: Common,
    },
    /// Remove a member
    Remove {
        /// Id or short name of the organization
        org: String,
        /// The user's id
        user: String,
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn member(
    config: Config,
    command: MemberCommand,
) -> Result<(Answer, bool), Problem> {
    match command {
        MemberCommand::List {
            org,
            role,
            after,
            common,
        } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let (db, tenant) = (&desk.core.db, &desk.tenant.id);
            let org = org_by(&desk, &org).await?;
            let all = members::list(db, tenant, &org, &role, &after, MOST).await?;
            let all = all.iter().map(shown::member).collect();
            let answer = Answer::Many(all, &["user", "name", "email", "state", "roles"]);
            Ok((answer, common.json))
        }
        MemberCommand::Put {
            org,
            user,
            roles,
            common,
        } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let (org, user) = (org_by(&desk, &org).await?, UserId(id(&user)?));
            let member = operator::put_member(&desk.act(), &org, &user, &roles, None).await?;
            Ok((Answer::One(shown::member(&member)), common.json))
        }
        MemberCommand::Suspend { org, user, common } => {
            set_state(config, &org, &user, MemberState::Suspended, common).await
        }
        MemberCommand::Activate { org, user, common } => {
            set_state(config, &org, &user, MemberState::Active, common).await
        }
        MemberCommand::Remove { org, user, common } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let (org, user) = (org_by(&desk, &org).await?, UserId(id(&user)?));
            operator::remove_member(&desk.act(), &org, &user, None).await?;
            Ok((Answer::Done("They are no member any more."), common.json))
        }
    }
}

async fn set_state(
    config: Config,
    org: &str,
    user: &str,
    state: MemberState,
    common: Common,
) -> Result<(Answer, bool), Problem> {
    let desk = Desk::open(config, common.tenant.as_deref()).await?;
    let (org, user) = (org_by(&desk, org).await?, UserId(id(user)?));
    let member = operator::change_member(&desk.act(), &org, &user, Some(state), None).await?;
    Ok((Answer::One(shown::member(&member)), common.json))
}
