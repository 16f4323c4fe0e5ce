//! People, their sessions, and who of them administers.

use std::time::{Duration, Instant};

use clap::{Subcommand, ValueEnum};

use super::super::role;
use super::{Answer, Common, Desk, id, import};
use crate::authz::{OperatorRole, Scope};
use crate::config::Config;
use crate::domain::user::UserState;
use crate::domain::{OrgId, Problem, Sid, UpstreamId, UserId};
use crate::http::shown;
use crate::lane_a::desk as desk_of;
use crate::lane_a::operator::{self, ChangeUser, CreateUser, EndedSessions, NewGrant};
use crate::store::operators;
use crate::store::sessions::{self, SessionFilter, Which};
use crate::store::users::{self, UserFilter};

const MOST: i64 = 200;

#[derive(Subcommand)]
pub(in crate::cli) enum UserCommand {
    /// Find people
    List {
        /// Beginning of a name or an address, or a whole id
        #[arg(default_value = "")]
        search: String,
        /// Go on behind this id
        #[arg(long, default_value = "")]
        after: String,
        #[command(flatten)]
        common: Common,
    },
    /// Create a person
    Create {
        /// Address
        email: String,
        /// Name
        #[arg(long)]
        name: Option<String>,
        /// The address is known to be theirs
        #[arg(long)]
        email_verified: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Import people, with the hashes of the passwords that they have elsewhere
    Import(import::ImportArgs),
    /// Switch a person off; their sessions end
    Disable {
        /// The user's id
        user: String,
        #[command(flatten)]
        common: Common,
    },
    /// Switch a person on again
    Enable {
        /// The user's id
        user: String,
        #[command(flatten)]
        common: Common,
    },
    /// Take a person's authenticator app and recovery codes off; their sessions end
    ResetTotp {
        /// The user's id
        user: String,
        #[command(flatten)]
        common: Common,
    },
    /// Delete a person: the row is anonymised, the id never given again
    Delete {
        /// The user's id
        user: String,
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn user(config: Config, command: UserCommand) -> Result<(Answer, bool), Problem> {
    match command {
        UserCommand::List {
            search,
            after,
            common,
        } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let filter = UserFilter {
                prefix: search,
                state: None,
            };
            let all = users::list(&desk.core.db, &desk.tenant.id, &filter, &after, MOST).await?;
            let all = all.iter().map(shown::user).collect();
            Ok((
                Answer::Many(all, &["id", "name", "email", "state"]),
                common.json,
            ))
        }
        UserCommand::Create {
            email,
            name,
            email_verified,
            common,
        } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let wanted = CreateUser {
                email,
                email_verified,
                name,
                password: None,
            };
            let user = operator::create_user(&desk.act(), wanted).await?;
            Ok((Answer::One(shown::user(&user)), common.json))
        }
        UserCommand::Import(args) => Box::pin(import::run(config, args)).await,
        UserCommand::Disable { user, common } => {
            set_state(config, &user, UserState::Disabled, common).await
        }
        UserCommand::Enable { user, common } => {
            set_state(config, &user, UserState::Active, common).await
        }
        UserCommand::ResetTotp { user, common } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            operator::reset_second_factor(&desk.act(), &UserId(id(&user)?)).await?;
            Ok((Answer::Done("The second factor is off."), common.json))
        }
        UserCommand::Delete { user, common } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            operator::delete_user(&desk.act(), &UserId(id(&user)?), None).await?;
            Ok((Answer::Done("The person is deleted."), common.json))
        }
    }
}

async fn set_state(
    config: Config,
    user: &str,
    state: UserState,
    common: Common,
) -> Result<(Answer, bool), Problem> {
    let desk = Desk::open(config, common.tenant.as_deref()).await?;
    let change = ChangeUser {
        state: Some(state),
        ..ChangeUser::default()
    };
    let user = operator::change_user(&desk.act(), &UserId(id(user)?), change, None).await?;
    Ok((Answer::One(shown::user(&user)), common.json))
}

#[derive(Subcommand)]
pub(in crate::cli) enum SessionCommand {
    /// Who is signed in, newest first
    List {
        /// Only of this user
        #[arg(long, default_value = "")]
        user: String,
        /// Only those that are active in this organization (id)
        #[arg(long, default_value = "")]
        org: String,
        /// Only those that came from this upstream (id)
        #[arg(long, default_value = "")]
        upstream: String,
        #[command(flatten)]
        common: Common,
    },
    /// End one session, or all of a user, an organization or an upstream
    End {
        /// One session
        #[arg(required_unless_present_any = ["user", "org", "upstream"])]
        sid: Option<String>,
        /// All of this user
        #[arg(long, conflicts_with_all = ["sid", "org", "upstream"])]
        user: Option<String>,
        /// All that are active in this organization (id)
        #[arg(long, conflicts_with_all = ["sid", "upstream"])]
        org: Option<String>,
        /// All that came from this upstream (id)
        #[arg(long, conflicts_with = "sid")]
        upstream: Option<String>,
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn session(
    config: Config,
    command: SessionCommand,
) -> Result<(Answer, bool), Problem> {
    match command {
        SessionCommand::List {
            user,
            org,
            upstream,
            common,
        } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let filter = SessionFilter {
                user,
                org,
                upstream,
            };
            let (db, tenant, now) = (&desk.core.db, &desk.tenant.id, desk.core.now());
            let found = sessions::list(db, tenant, &filter, "", MOST, now).await?;
            let all = found.iter().map(|row| shown::session(row, &[])).collect();
            let members = &["id", "user_id", "ip", "acr", "last_seen_at"];
            Ok((Answer::Many(all, members), common.json))
        }
        SessionCommand::End {
            sid,
            user,
            org,
            upstream,
            common,
        } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let ended = end(&desk, sid, user, org, upstream).await?;
            let sentence = match ended.receipt {
                None => "No session was live.",
                Some(seq) if heard(&desk, seq).await? => "They are signed out, at every node.",
                Some(_) => {
                    "They are signed out. A node has not heard of it yet; it will within revocation.bound."
                }
            };
            Ok((Answer::Done(sentence), common.json))
        }
    }
}

/// Waits until every node has heard, or must know by itself.
async fn heard(desk: &Desk, seq: i64) -> Result<bool, Problem> {
    let until = Instant::now() + desk.core.config.revocation.bound + Duration::from_secs(1);
    loop {
        if desk_of::receipt(&desk.core, seq).await?.complete {
            return Ok(true);
        }
        if Instant::now() > until {
            return Ok(false);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn end(
    desk: &Desk,
    sid: Option<String>,
    user: Option<String>,
    org: Option<String>,
    upstream: Option<String>,
) -> Result<EndedSessions, Problem> {
    let act = desk.act();
    Ok(match (sid, user, org, upstream) {
        (Some(sid), ..) => {
            let sid = Sid(id(&sid)?);
            operator::end_sessions(&act, ("session", sid.as_str()), Which::One(&sid)).await?
        }
        (_, Some(user), ..) => {
            let user = UserId(id(&user)?);
            operator::end_sessions(&act, ("user", user.as_str()), Which::OfUser(&user)).await?
        }
        (_, _, Some(org), _) => {
            let org = OrgId(id(&org)?);
            operator::end_sessions(&act, ("organization", org.as_str()), Which::OfOrg(&org)).await?
        }
        (_, _, _, upstream) => {
            let upstream = UpstreamId(id(&upstream.unwrap_or_default())?);
            let which = Which::OfUpstream(&upstream);
            operator::end_sessions(&act, ("upstream", upstream.as_str()), which).await?
        }
    })
}

#[derive(Clone, Copy, ValueEnum)]
pub(in crate::cli) enum Reach {
    /// All tenants
    Instance,
    /// This tenant
    Tenant,
}

#[derive(Subcommand)]
pub(in crate::cli) enum OperatorCommand {
    /// Who administers
    List {
        #[command(flatten)]
        common: Common,
    },
    /// Appoint an operator
    Appoint {
        /// The user's id
        user: String,
        /// What they may do
        #[arg(long, value_parser = role())]
        role: OperatorRole,
        /// Where
        #[arg(long, value_enum, default_value_t = Reach::Tenant)]
        scope: Reach,
        #[command(flatten)]
        common: Common,
    },
    /// Give an operator another role over the same
    Change {
        /// The grant's id, as `list` shows it
        grant: String,
        /// What they may do from now on
        #[arg(long, value_parser = role())]
        role: OperatorRole,
        #[command(flatten)]
        common: Common,
    },
    /// Dismiss an operator
    Dismiss {
        /// The grant's id, as `list` shows it
        grant: String,
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn operator(
    config: Config,
    command: OperatorCommand,
) -> Result<(Answer, bool), Problem> {
    match command {
        OperatorCommand::List { common } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let all = operators::of_people(&desk.core.db, &desk.tenant.id).await?;
            let all = all.iter().map(shown::operator).collect();
            Ok((
                Answer::Many(all, &["id", "user", "role", "scope"]),
                common.json,
            ))
        }
        OperatorCommand::Appoint {
            user,
            role,
            scope,
            common,
        } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let user = UserId(id(&user)?);
            let scope = match scope {
                Reach::Instance => Scope::Instance,
                Reach::Tenant => Scope::Tenant(desk.tenant.id.clone()),
            };
            let wanted = NewGrant {
                user: &user,
                role,
                scope,
            };
            let row = operator::appoint(&desk.act(), wanted).await?;
            Ok((Answer::One(shown::operator(&row)), common.json))
        }
        OperatorCommand::Change {
            grant,
            role,
            common,
        } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            let row = operator::change_operator(&desk.act(), &id(&grant)?, role).await?;
            Ok((Answer::One(shown::operator(&row)), common.json))
        }
        OperatorCommand::Dismiss { grant, common } => {
            let desk = Desk::open(config, common.tenant.as_deref()).await?;
            operator::dismiss(&desk.act(), &id(&grant)?).await?;
            Ok((Answer::Done("They are dismissed."), common.json))
        }
    }
}
