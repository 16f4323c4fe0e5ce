//! What is set up in an organization, what is missing, and what comes next.
//!
//! Owns: which lines there are and how much each presses.
//! Must not know: words, pages.

use super::health;
use crate::domain::connection::{Connection, Rollout, State};
use crate::domain::{OrgId, Problem};
use crate::lane_a::emergency::{NEEDED, proven};
use crate::lane_a::operator::Act;
use crate::store::{belongings, break_glass, connections, domains, invitations};

const OWNER: &str = "owner";
/// More than any organization has.
const MOST: i64 = 100;
const WEEK_MS: i64 = 7 * 24 * 3_600_000;

/// Which parts somebody may see.
#[derive(Debug, Clone, Copy)]
pub struct Sees {
    /// Members and invitations.
    pub people: bool,
    /// Company sign-in, domains, emergencies.
    pub connections: bool,
}

/// How much a line presses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Press {
    /// Something is wrong now.
    Wrong,
    /// Something may go wrong.
    Risk,
    /// A step that can be taken.
    Next,
    /// In place.
    Done,
}

/// One thing that is set up or missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Members.
    People {
        /// Who count.
        active: i64,
        /// Who decide about the others.
        owners: i64,
    },
    /// Invitations that can be taken.
    Waiting(i64),
    /// Domains.
    Domains {
        /// Proven.
        proven: usize,
        /// Named and not proven.
        open: usize,
        /// A proven one whose record is gone.
        missing: Option<String>,
    },
    /// No connection yet.
    NoConnection,
    /// A connection.
    Connection {
        /// Id.
        id: String,
        /// Name.
        name: String,
        /// How far it is.
        state: State,
        /// Whom it is open to.
        rollout: Rollout,
        /// The last sign-in, epoch ms.
        used: Option<i64>,
        /// Checks that failed at the last look.
        faults: usize,
        /// What is worth knowing of it.
        notes: usize,
        /// Sign-ins that failed within a week.
        failed: i64,
    },
    /// Which connection is the only way in.
    Enforced(Option<String>),
    /// People for emergencies.
    Emergency {
        /// How many are named.
        named: usize,
        /// How many have shown that they get in.
        proven: usize,
        /// They are needed.
        enforced: bool,
    },
}

impl Line {
    /// How much it presses.
    pub fn press(&self) -> Press {
        match self {
            Self::People { owners, .. } => match owners {
                0 => Press::Risk,
                1 => Press::Next,
                _ => Press::Done,
            },
            Self::Domains {
                missing,
                proven,
                open,
            } => match (missing, *proven > 0 && *open == 0) {
                (Some(_), _) => Press::Wrong,
                (None, true) => Press::Done,
                (None, false) => Press::Next,
            },
            Self::Connection {
                state: State::Active,
                rollout,
                faults,
                failed,
                notes,
                ..
            } => match (*faults > 0, *failed > 0 || *notes > 0) {
                (true, _) => Press::Wrong,
                (false, true) => Press::Risk,
                (false, false) if *rollout == Rollout::All => Press::Done,
                (false, false) => Press::Next,
            },
            Self::Emergency {
                proven, enforced, ..
            } => match (*proven >= NEEDED, *enforced) {
                (true, _) => Press::Done,
                (false, true) => Press::Wrong,
                (false, false) => Press::Next,
            },
            Self::Enforced(Some(_)) => Press::Done,
            Self::Waiting(_)
            | Self::NoConnection
            | Self::Connection { .. }
            | Self::Enforced(None) => Press::Next,
        }
    }
}

/// All lines, what presses most first.
///
/// # Errors
/// `store_unavailable`.
pub async fn of(act: &Act<'_>, org: &OrgId, sees: Sees) -> Result<Vec<Line>, Problem> {
    let mut all = Vec::new();
    if sees.people {
        people(act, org, &mut all).await?;
    }
    if sees.connections {
        sign_in(act, org, &mut all).await?;
    }
    all.sort_by_key(Line::press);
    Ok(all)
}

async fn people(act: &Act<'_>, org: &OrgId, all: &mut Vec<Line>) -> Result<(), Problem> {
    let (db, tenant) = (&act.core.db, &act.tenant.id);
    let (active, _) = belongings::counted(db, tenant, org).await?;
    all.push(Line::People {
        active,
        owners: belongings::with_role(db, tenant, org, OWNER).await?,
    });
    let waiting = invitations::waiting(db, tenant, org, act.core.now()).await?;
    if waiting > 0 {
        all.push(Line::Waiting(waiting));
    }
    Ok(())
}

async fn sign_in(act: &Act<'_>, org: &OrgId, all: &mut Vec<Line>) -> Result<(), Problem> {
    let (db, tenant) = (&act.core.db, &act.tenant.id);
    let named = domains::list(db, tenant, org, "", MOST).await?;
    let proven_domains = named.iter().filter(|one| one.verified_at.is_some()).count();
    let gone = named.iter().find(|one| one.missing_since.is_some());
    all.push(Line::Domains {
        proven: proven_domains,
        open: named.len() - proven_domains,
        missing: gone.map(|one| one.domain.clone()),
    });
    let made = connections::list(db, tenant, Some(org), "", MOST).await?;
    for one in &made {
        all.push(connection(act, one).await?);
    }
    let Some(live) = made.iter().find(|one| one.is_active()) else {
        if made.is_empty() {
            all.push(Line::NoConnection);
        }
        return Ok(());
    };
    let enforced = made.iter().find(|one| one.is_active() && one.enforced);
    // Before it is open to all it cannot be the only way in, and nobody need think about it.
    if live.rollout == Rollout::All || enforced.is_some() {
        all.push(Line::Enforced(enforced.map(|one| one.name.clone())));
        let people = break_glass::list(db, tenant, org).await?;
        all.push(Line::Emergency {
            named: people.len(),
            proven: proven(&people, act.core.now()).count(),
            enforced: enforced.is_some(),
        });
    }
    Ok(())
}

async fn connection(act: &Act<'_>, one: &Connection) -> Result<Line, Problem> {
    let known = health::of(act, one).await?;
    let since = act.core.now() - WEEK_MS;
    let noted = known.findings.iter();
    let noted = noted.filter(|check| !check.ok && !check.blocks());
    let lately = known.days.iter().filter(|day| day.day >= since);
    Ok(Line::Connection {
        id: one.id.0.clone(),
        name: one.name.clone(),
        state: one.state,
        rollout: one.rollout,
        used: one.last_login_at,
        faults: known.findings.iter().filter(|check| check.blocks()).count(),
        notes: noted.count(),
        failed: lately.map(|day| day.failed).sum(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Line, Press, Rollout, State};

    fn connection(state: State, rollout: Rollout, faults: usize, failed: i64) -> Line {
        Line::Connection {
            id: "c".into(),
            name: "Corp".into(),
            state,
            rollout,
            used: None,
            faults,
            notes: 0,
            failed,
        }
    }

    #[test]
    fn what_is_wrong_presses_more_than_what_is_missing() {
        let people = |owners| Line::People { active: 2, owners };
        let emergency = |proven, enforced| Line::Emergency {
            named: 2,
            proven,
            enforced,
        };
        let domains = |proven, open, missing: Option<&str>| Line::Domains {
            proven,
            open,
            missing: missing.map(str::to_owned),
        };
        for (line, press) in [
            (people(0), Press::Risk),
            (people(1), Press::Next),
            (people(2), Press::Done),
            (domains(0, 0, None), Press::Next),
            (domains(1, 1, None), Press::Next),
            (domains(1, 0, None), Press::Done),
            (domains(1, 0, Some("acme.test")), Press::Wrong),
            (connection(State::Draft, Rollout::Admins, 3, 0), Press::Next),
            (
                connection(State::Active, Rollout::Admins, 0, 0),
                Press::Next,
            ),
            (connection(State::Active, Rollout::All, 0, 0), Press::Done),
            (connection(State::Active, Rollout::All, 0, 2), Press::Risk),
            (connection(State::Active, Rollout::All, 1, 0), Press::Wrong),
            (emergency(1, false), Press::Next),
            (emergency(1, true), Press::Wrong),
            (emergency(2, true), Press::Done),
            (Line::Enforced(None), Press::Next),
            (Line::NoConnection, Press::Next),
        ] {
            assert_eq!(line.press(), press, "{line:?}");
        }
        assert!(Press::Wrong < Press::Risk && Press::Next < Press::Done);
    }
}
