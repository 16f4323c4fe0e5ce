//! Which sign-in somebody is led to by what they type.
//!
//! One pure function serves the login page and whoever asks why: who explains is who enforces.
//!
//! Owns: the order in which names are looked at.
//! Must not know: where any of it is stored.

use serde::Serialize;

use super::connection::Rollout;
use super::ids::{ConnectionId, OrgId};

/// A connection that somebody could be led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub id: ConnectionId,
    /// For whom it is open.
    pub rollout: Rollout,
    /// Nobody of its domains gets in by another way.
    pub enforced: bool,
    /// It names the domain itself.
    pub named: bool,
}

/// What is known about an identifier.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// A live connection that is called so.
    pub called: Option<Candidate>,
    /// A link by which a connection is set up is called so; that connection, where it is live.
    pub setup: Option<Option<Candidate>>,
    /// An organization that is called so, with its live connections.
    pub organization: Option<(OrgId, Vec<Candidate>)>,
    /// The domain of an address, or the identifier itself.
    pub domain: Option<String>,
    /// Who has proven the domain, with their live connections, in order of creation.
    pub proven_by: Option<(OrgId, Vec<Candidate>)>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Looked {
    /// What at.
    pub rule: &'static str,
    /// What it said.
    pub outcome: String,
    /// It decided.
    pub matched: bool,
}

/// Where somebody is led, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed {
    /// To which connection; `None` to the tenant's own ways.
    pub connection: Option<ConnectionId>,
    /// In one word.
    pub reason: &'static str,
    /// There is no other way.
    pub enforced: bool,
    /// It is offered beside the others, and not first.
    pub beside: bool,
    /// In order.
    pub rules: Vec<Looked>,
}

/// Leads an identifier: by the name of a connection, of a link by which one is set up, of an
/// organization, by a proven domain; in this order, and the first that knows it decides.
pub fn route(known: &Known) -> Routed {
    let mut rules = Vec::new();
    if let Some(one) = &known.called {
        note(&mut rules, "connection", "called so", true);
        return led(rules, "connection", one);
    }
    note(&mut rules, "connection", "none is called so", false);
    match &known.setup {
        Some(Some(one)) => {
            note(&mut rules, "setup", "its connection is live", true);
            return led(rules, "setup", one);
        }
        Some(None) => note(&mut rules, "setup", "its connection is not live", false),
        None => note(&mut rules, "setup", "none is called so", false),
    }
    if let Some((org, all)) = &known.organization {
        let text = format!("{org} is called so, {} live connections", all.len());
        note(&mut rules, "organization", &text, !all.is_empty());
        if let Some(first) = all.first() {
            return led(rules, "organization", first);
        }
    } else {
        note(&mut rules, "organization", "none is called so", false);
    }
    by_domain(known, rules)
}

fn by_domain(known: &Known, mut rules: Vec<Looked>) -> Routed {
    let Some(domain) = &known.domain else {
        note(&mut rules, "domain", "there is none", false);
        return own(rules, "no_domain");
    };
    let Some((org, all)) = &known.proven_by else {
        let text = format!("nobody has proven {domain}");
        note(&mut rules, "domain", &text, false);
        return own(rules, "domain_not_proven");
    };
    note(
        &mut rules,
        "domain",
        &format!("{org} has proven {domain}"),
        false,
    );
    let named = all.iter().find(|one| one.named);
    // Without a name of its own a domain leads to the only connection there is: of several,
    // nobody has said which.
    let only = match all.as_slice() {
        [only] => Some(only),
        _ => None,
    };
    // Unless one of them is the only way in: another one beside it does not undo that.
    let must = |one: &&Candidate| one.enforced && one.rollout == Rollout::All;
    let only = only.or_else(|| all.iter().find(must));
    let Some(one) = named.or(only) else {
        let text = format!("none of {} live connections is meant", all.len());
        note(&mut rules, "connections", &text, false);
        return own(rules, "no_connection");
    };
    let why = if named.is_some() {
        "names the domain"
    } else {
        "the only one"
    };
    note(&mut rules, "connections", why, true);
    led(rules, "domain", one)
}

fn led(mut rules: Vec<Looked>, reason: &'static str, one: &Candidate) -> Routed {
    let open = one.rollout == Rollout::All;
    let text = format!("{}, enforced: {}", one.rollout.as_str(), one.enforced);
    note(&mut rules, "rollout", &text, false);
    Routed {
        connection: Some(one.id.clone()),
        reason,
        enforced: one.enforced && open,
        beside: !open,
        rules,
    }
}

fn own(rules: Vec<Looked>, reason: &'static str) -> Routed {
    Routed {
        connection: None,
        reason,
        enforced: false,
        beside: false,
        rules,
    }
}

fn note(rules: &mut Vec<Looked>, rule: &'static str, outcome: &str, matched: bool) {
    rules.push(Looked {
        rule,
        outcome: outcome.to_owned(),
        matched,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(id: &str, named: bool) -> Candidate {
        Candidate {
            id: ConnectionId(id.into()),
            rollout: Rollout::All,
            enforced: false,
            named,
        }
    }

    fn at_domain(all: Vec<Candidate>) -> Known {
        Known {
            domain: Some("acme.test".into()),
            proven_by: Some((OrgId("o".into()), all)),
            ..Known::default()
        }
    }

    fn found(known: &Known) -> (Option<String>, &'static str) {
        let routed = route(known);
        (routed.connection.map(|id| id.0), routed.reason)
    }

    #[test]
    fn names_come_first_then_setups_then_organizations_then_domains() {
        let mut known = at_domain(vec![candidate("d", true)]);
        assert_eq!(found(&known), (Some("d".into()), "domain"));
        known.organization = Some((OrgId("x".into()), vec![candidate("o", false)]));
        assert_eq!(found(&known), (Some("o".into()), "organization"));
        known.setup = Some(None);
        assert_eq!(found(&known), (Some("o".into()), "organization"));
        known.setup = Some(Some(candidate("s", false)));
        assert_eq!(found(&known), (Some("s".into()), "setup"));
        known.called = Some(candidate("c", false));
        assert_eq!(found(&known), (Some("c".into()), "connection"));
    }

    #[test]
    fn of_several_the_one_that_names_the_domain_is_meant() {
        let (a, b) = (candidate("a", false), candidate("b", true));
        assert_eq!(
            found(&at_domain(vec![a.clone(), b])),
            (Some("b".into()), "domain")
        );
        assert_eq!(
            found(&at_domain(vec![a.clone()])),
            (Some("a".into()), "domain")
        );
        let several = at_domain(vec![a, candidate("c", false)]);
        assert_eq!(found(&several), (None, "no_connection"));
        assert_eq!(found(&at_domain(Vec::new())), (None, "no_connection"));
    }

    #[test]
    fn what_nobody_has_proven_leads_nowhere() {
        let unproven = Known {
            domain: Some("acme.test".into()),
            ..Known::default()
        };
        assert_eq!(found(&unproven), (None, "domain_not_proven"));
        assert_eq!(found(&Known::default()), (None, "no_domain"));
    }

    #[test]
    fn only_a_rollout_to_all_can_be_the_only_way() {
        let mut one = candidate("a", true);
        one.enforced = true;
        assert!(route(&at_domain(vec![one.clone()])).enforced);
        let beside = vec![candidate("b", false), one.clone()];
        let routed = route(&at_domain(beside));
        assert!(routed.enforced, "another one beside it does not undo that");
        one.rollout = Rollout::Some;
        let routed = route(&at_domain(vec![one]));
        assert!(!routed.enforced && routed.beside);
    }
}
