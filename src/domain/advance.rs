//! The one exit of every way to sign in: given what was proven and what is known, what
//! comes next. Pure; its trace is kept in the audit event.

use laneway_contract::{Acr, MethodKind};
use serde::Serialize;

use super::flow::{Flow, FlowPurpose};
use super::ids::{ConnectionId, OrgId, UserId};
use super::user::{Membership, UserState};

pub use super::refusal::Refusal;

/// How the person was recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// By a link.
    User {
        /// Who.
        id: UserId,
        /// May they enter?
        state: UserState,
        /// Have they a name?
        named: bool,
    },
    /// Nobody is linked to what was proven.
    Nobody,
}

/// What `advance` may look at besides the flow.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Who is behind the proof.
    pub found: Found,
    /// Which lookup answered, for the trace.
    pub found_by: String,
    /// Strangers may enter by this proof.
    pub may_create: bool,
    /// Methods by which this person could reach a higher rung now.
    pub stronger: Vec<(MethodKind, Acr)>,
    /// This person has switched on a second factor of ours.
    pub second_factor: bool,
    /// Factors that could be added here, the best first.
    pub enrol: Vec<MethodKind>,
    /// Passwords are on here.
    pub passwords: bool,
    /// Organizations the person is an active member of.
    pub memberships: Vec<Membership>,
    /// The door of the one organization whose own provider vouches for them.
    pub door: Option<Door>,
    /// What the tenant's own connection holds against them.
    pub barred: Option<Refusal>,
    /// The proof is an account at a provider for everybody: one factor, whatever it says.
    pub elsewhere: bool,
    /// The organization that wants its own provider and no other way, where this is another.
    pub sso: Option<Sso>,
    /// Epoch ms.
    pub now: i64,
}

/// An organization that has shut every way in but its own provider for a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sso {
    /// Which organization.
    pub org: OrgId,
    /// Its provider.
    pub connection: ConnectionId,
    /// The domain of the person's address.
    pub domain: String,
    /// The person is one of those who may get in without it, with two factors.
    pub emergency: bool,
}

/// How an organization's door was found: open or barred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// Which organization: the session is for no other.
    pub org: OrgId,
    /// Its short name.
    pub slug: String,
    /// Why they may not enter.
    pub bar: Option<Refusal>,
    /// What was looked at, and what it said.
    pub lines: Vec<(&'static str, String)>,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Nothing is proven yet, or not enough: choose a method.
    Choose,
    /// Ask for a name.
    Profile,
    /// Ask for the second factor.
    Second(MethodKind),
    /// Offer a factor.
    Enrol(MethodKind),
    /// Ask for a new password.
    NewPassword {
        /// There is another way in.
        skippable: bool,
    },
    /// Ask for the organization.
    Organization,
    /// Finish as this person; `create` when the row does not exist yet.
    Done {
        /// Who.
        user: UserId,
        /// The person is new.
        create: bool,
        /// Rung reached.
        acr: Acr,
        /// Organization to enter.
        org: Option<OrgId>,
    },
    /// Refuse.
    Denied(Refusal),
}

/// One reason in the order of consideration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TraceLine {
    /// What was looked at.
    pub rule: &'static str,
    /// What it said.
    pub outcome: String,
}

/// A decision and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advanced {
    /// What comes next.
    pub decision: Decision,
    /// Why.
    pub trace: Vec<TraceLine>,
}

/// Decides the next step of a flow.
pub fn advance(flow: &Flow, facts: &Facts) -> Advanced {
    let mut trace = Vec::new();
    let decision = decide(flow, facts, &mut trace);
    trace.push(TraceLine {
        rule: "decision",
        outcome: describe(&decision),
    });
    Advanced { decision, trace }
}

fn decide(flow: &Flow, facts: &Facts, trace: &mut Vec<TraceLine>) -> Decision {
    let Some(acr) = flow.state.acr() else {
        note(trace, "proof", "none");
        return Decision::Choose;
    };
    note(
        trace,
        "proof",
        &match flow.state.amr().join("+") {
            amr if amr.is_empty() => acr.as_str().to_owned(),
            amr => format!("{} by {amr}", acr.as_str()),
        },
    );
    let (user, create, named) = match person(flow, facts, trace) {
        Ok(person) => person,
        Err(refusal) => return Decision::Denied(refusal),
    };
    if let Some(door) = &facts.door {
        for (rule, outcome) in &door.lines {
            note(trace, rule, outcome);
        }
        if let Some(bar) = door.bar {
            return Decision::Denied(bar);
        }
    }
    if let Some(bar) = facts.barred {
        note(trace, "connection", bar.as_str());
        return Decision::Denied(bar);
    }
    if let Some(sso) = &facts.sso {
        let may = if sso.emergency {
            "break-glass"
        } else {
            "refused"
        };
        note(trace, "enforced", &format!("{}: {may}", sso.domain));
        if !sso.emergency {
            return Decision::Denied(Refusal::SsoRequired);
        }
    }
    if let Some(decision) = doubted(flow, trace) {
        return decision;
    }
    if let Some(decision) = strength(flow, facts, acr, trace) {
        return decision;
    }
    // Whom an organization's own provider vouches for has no password here to lose.
    let recovers = flow.purpose == FlowPurpose::Recover && facts.door.is_none();
    if recovers && !flow.state.password_settled {
        note(trace, "password", "a new one is asked for");
        return Decision::NewPassword { skippable: false };
    }
    if create && let Some(decision) = onboarding(flow, facts, named, trace) {
        return decision;
    }
    match organization(flow, facts, trace) {
        Ok(org) => Decision::Done {
            user,
            create,
            acr,
            org,
        },
        Err(decision) => decision,
    }
}

fn person(
    flow: &Flow,
    facts: &Facts,
    trace: &mut Vec<TraceLine>,
) -> Result<(UserId, bool, bool), Refusal> {
    note(trace, "person", &facts.found_by);
    if let Some(bound) = &flow.state.bound {
        return bound_person(flow, facts, bound.user.clone(), trace);
    }
    if let (Some(more), Found::User { id, .. }) = (&flow.state.more, &facts.found)
        && more.user != *id
    {
        note(
            trace,
            "binding",
            "another person than the first proof named",
        );
        return Err(Refusal::OtherPerson);
    }
    match &facts.found {
        Found::User {
            id,
            state: UserState::Active,
            named,
        } => Ok((id.clone(), false, *named)),
        Found::User { .. } => Err(Refusal::Disabled),
        // Nothing can be recovered that never was, and a second proof creates nobody.
        Found::Nobody if flow.purpose == FlowPurpose::Recover || flow.state.more.is_some() => {
            Err(Refusal::UnknownPerson)
        }
        Found::Nobody if facts.may_create => {
            note(trace, "signup", "a new person is let in");
            let named = flow.state.name.is_some()
                || flow
                    .state
                    .proofs
                    .iter()
                    .any(|proof| proof.identity.name.is_some());
            Ok((flow.state.candidate.clone(), true, named))
        }
        Found::Nobody => Err(Refusal::UnknownPerson),
    }
}

/// Verify and link attach something to the session's person; step-up proves that the
/// same person is back.
fn bound_person(
    flow: &Flow,
    facts: &Facts,
    user: UserId,
    trace: &mut Vec<TraceLine>,
) -> Result<(UserId, bool, bool), Refusal> {
    match (&facts.found, flow.purpose) {
        (Found::User { id, .. }, purpose) if *id != user => {
            note(trace, "binding", "another person");
            Err(match purpose {
                FlowPurpose::Link | FlowPurpose::Verify => Refusal::LinkedElsewhere,
                _ => Refusal::OtherPerson,
            })
        }
        (
            Found::User {
                state: UserState::Active,
                ..
            },
            _,
        ) => Ok((user, false, true)),
        (Found::User { .. }, _) => Err(Refusal::Disabled),
        (Found::Nobody, FlowPurpose::Link | FlowPurpose::Verify) => {
            note(trace, "binding", "attached to the session's person");
            Ok((user, false, true))
        }
        (Found::Nobody, _) => Err(Refusal::OtherPerson),
    }
}

/// A right password on a device that is not known, after too many wrong ones: never refused,
/// never enough. A code by mail shows that it is the person.
fn doubted(flow: &Flow, trace: &mut Vec<TraceLine>) -> Option<Decision> {
    flow.state.doubt?;
    let rule = "device";
    if flow.state.code_must_follow() {
        note(
            trace,
            rule,
            "not known, too many wrong answers: a code must follow",
        );
        return Some(Decision::Second(MethodKind::EmailCode));
    }
    note(
        trace,
        rule,
        "not known, too many wrong answers: another proof followed",
    );
    None
}

fn strength(flow: &Flow, facts: &Facts, acr: Acr, trace: &mut Vec<TraceLine>) -> Option<Decision> {
    let wanted = wanted(flow, facts, trace)?;
    if acr >= wanted {
        note(trace, "acr", "reached");
        return None;
    }
    let mut helping = facts
        .stronger
        .iter()
        .filter(|rung| flow.state.acr_with(**rung) >= Some(wanted))
        .map(|(kind, _)| *kind)
        .peekable();
    if helping.peek().is_none() {
        note(trace, "acr", "out of reach");
        return Some(Decision::Denied(Refusal::TooWeak));
    }
    note(trace, "acr", "more proof wanted");
    let app = helping.any(|kind| kind == MethodKind::Totp);
    Some(if app {
        Decision::Second(MethodKind::Totp)
    } else {
        Decision::Choose
    })
}

/// The rung to be reached: what was demanded, and two factors of whoever has switched a
/// second one on, whichever way they come. The page of a provider that somebody here has chosen
/// for their people is the exception: whether it asks for more is its policy.
pub fn wanted(flow: &Flow, facts: &Facts, trace: &mut Vec<TraceLine>) -> Option<Acr> {
    let by_provider = flow
        .state
        .main_proof()
        .is_some_and(|proof| proof.method == MethodKind::Redirect && !facts.elsewhere);
    let own = facts.second_factor && flow.state.bound.is_none() && !by_provider;
    if own {
        note(trace, "second_factor", "switched on by this person");
    }
    let doubted = flow.state.doubt.is_some();
    let emergency = facts.sso.is_some();
    let two = (own || doubted || emergency).then_some(Acr::Aal2);
    flow.state.demand.acr.max(two)
}

/// What a new account still lacks. Never for an account that exists: its factors change
/// only by a fresh proof of the strongest kind.
fn onboarding(
    flow: &Flow,
    facts: &Facts,
    named: bool,
    trace: &mut Vec<TraceLine>,
) -> Option<Decision> {
    if flow.purpose != FlowPurpose::Signup {
        return None;
    }
    if !named && flow.state.name.is_none() {
        note(trace, "profile", "a name is missing");
        return Some(Decision::Profile);
    }
    let has_passkey = flow
        .state
        .proofs
        .iter()
        .any(|proof| proof.method == MethodKind::Passkey);
    if let Some(best) = facts.enrol.first()
        && !flow.state.enrol_offered
        && !has_passkey
    {
        note(trace, "enrol", &format!("{} is offered", best.as_str()));
        return Some(Decision::Enrol(*best));
    }
    if facts.passwords && !flow.state.enrolled && !flow.state.password_settled {
        note(trace, "password", "offered");
        return Some(Decision::NewPassword { skippable: true });
    }
    None
}

fn organization(
    flow: &Flow,
    facts: &Facts,
    trace: &mut Vec<TraceLine>,
) -> Result<Option<OrgId>, Decision> {
    if flow.state.bound.is_some() {
        return Ok(None);
    }
    if let Some(door) = &facts.door {
        let asked = flow.state.demand.org.as_deref();
        if asked.is_some_and(|name| name != door.org.as_str() && name != door.slug) {
            note(trace, "organization", "the provider vouches for another");
            return Err(Decision::Denied(Refusal::NoMember));
        }
        note(trace, "organization", "the provider's own");
        return Ok(Some(door.org.clone()));
    }
    if let Some(wanted) = &flow.state.demand.org {
        let member = facts.memberships.iter().find(|m| m.is_called(wanted));
        note(
            trace,
            "organization",
            if member.is_some() {
                "as asked for"
            } else {
                "not a member"
            },
        );
        return member
            .map(|m| Some(m.org.clone()))
            .ok_or(Decision::Denied(Refusal::NoMember));
    }
    if let Some(chosen) = &flow.state.org {
        let member = facts.memberships.iter().any(|m| m.org == *chosen);
        return if member {
            Ok(Some(chosen.clone()))
        } else {
            Err(Decision::Organization)
        };
    }
    match facts.memberships.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only.org.clone())),
        _ => {
            note(trace, "organization", "several, the person chooses");
            Err(Decision::Organization)
        }
    }
}

fn note(trace: &mut Vec<TraceLine>, rule: &'static str, outcome: &str) {
    trace.push(TraceLine {
        rule,
        outcome: outcome.to_owned(),
    });
}

fn describe(decision: &Decision) -> String {
    match decision {
        Decision::Choose => "choose".into(),
        Decision::Profile => "profile".into(),
        Decision::Second(kind) => format!("second factor: {}", kind.as_str()),
        Decision::Enrol(kind) => format!("enrol {}", kind.as_str()),
        Decision::NewPassword { .. } => "new password".into(),
        Decision::Organization => "organization".into(),
        Decision::Done { create: true, .. } => "done, created".into(),
        Decision::Done { .. } => "done".into(),
        Decision::Denied(refusal) => format!("denied: {}", refusal.as_str()),
    }
}
