//! Which roles somebody gets from what their own identity provider says about them.
//!
//! One pure function serves sign-in, the trace of a test and the simulator: who explains is
//! who enforces.
//!
//! Owns: rules, their order, what is given and what is taken away.
//! Must not know: where claims come from, how grants are stored.

use std::collections::BTreeSet;

use laneway_contract::Groups;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Email, Problem};

const MAX_RULES: usize = 200;
const MAX_ROLES: usize = 50;
const MAX_TEXT: usize = 256;

/// What happens to roles that a mapping granted before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// At each sign-in they become exactly what the rules say.
    #[default]
    FullSync,
    /// They are added to and never taken away.
    Additive,
    /// They are given once, at the first sign-in through the connection.
    FirstLogin,
}

/// When a rule matches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum When {
    /// The person is in this group.
    Group {
        /// Its name or id, as the provider writes it.
        group: String,
    },
    /// A claim has this value, or is a list that holds it.
    Claim {
        /// Its name, or a JSON pointer if it starts with `/`.
        claim: String,
        /// The value; types must agree.
        equals: Value,
    },
    /// The person's verified address lies in this domain.
    EmailDomain {
        /// The part after the `@`.
        email_domain: String,
    },
    /// Everybody.
    Always {
        /// Only `true` has a meaning.
        always: bool,
    },
}

/// Whether whom a rule matches may be a member at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Yes.
    #[default]
    Allow,
    /// No, unless an earlier rule has said yes.
    Deny,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Whom it is about.
    pub when: When,
    /// What they get.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Whether they may enter.
    #[serde(default)]
    pub access: Access,
}

/// The rules of a connection, in order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// What happens to earlier grants.
    #[serde(default)]
    pub mode: Mode,
    /// The first that matches decides whether somebody may be a member; every one that
    /// matches adds its roles. Whom none matches is a member without roles from here.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// What a provider says about a person.
#[derive(Debug, Clone)]
pub struct Assertion<'a> {
    /// All claims.
    pub claims: &'a Map<String, Value>,
    /// Groups, as far as they are known.
    pub groups: Groups,
    /// Address as asserted.
    pub email: Option<&'a str>,
    /// Only JSON `true` counts.
    pub email_verified: bool,
}

impl<'a> Assertion<'a> {
    /// Read from claims alone, as a sign-in reads them.
    pub fn of_claims(claims: &'a Map<String, Value>, groups_claim: &str) -> Self {
        Self {
            claims,
            groups: Groups::read(claims, groups_claim),
            email: claims.get("email").and_then(Value::as_str),
            email_verified: claims.get("email_verified") == Some(&Value::Bool(true)),
        }
    }
}

/// What the person is before.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// Nobody has signed in through this connection as this person yet.
    pub first: bool,
    /// Roles that this connection's mapping has granted.
    pub had: BTreeSet<String>,
    /// Roles that somebody defined in the organization.
    pub defined: BTreeSet<String>,
}

/// One rule's part in the result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// Its place in the list.
    pub index: usize,
    /// It matches.
    pub matched: bool,
    /// It was looked at: nothing before it refused.
    pub reached: bool,
    /// In words.
    pub why: String,
}

/// The result and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// May be a member.
    pub member: bool,
    /// All roles that the mapping grants from now on.
    pub roles: BTreeSet<String>,
    /// Of these the new ones.
    pub gained: BTreeSet<String>,
    /// What was granted before and no longer is.
    pub lost: BTreeSet<String>,
    /// Named by a rule that matches, but defined nowhere.
    pub undefined: BTreeSet<String>,
    /// Rule by rule.
    pub rules: Vec<Judged>,
    /// `known`, `absent` or `overage`.
    pub groups: &'static str,
}

enum Verdict {
    Yes(String),
    No(String),
    Unknown(String),
}

/// The one function: from rules, assertion and what was, to what is and why.
pub fn map(mapping: &Mapping, assertion: &Assertion<'_>, standing: &Standing) -> Mapped {
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    let mut open: BTreeSet<String> = BTreeSet::new();
    let mut rules = Vec::with_capacity(mapping.rules.len());
    let (mut decided, mut member) = (false, true);
    for (index, rule) in mapping.rules.iter().enumerate() {
        if !member {
            let why = "a rule before it has refused".to_owned();
            rules.push(judged(index, false, false, why));
            continue;
        }
        let (matched, why) = match judge(&rule.when, assertion) {
            Verdict::Yes(why) => (true, why),
            Verdict::No(why) => (false, why),
            // On doubt the answer is no: whoever might be one of those kept out is.
            Verdict::Unknown(why) if rule.access == Access::Deny => (true, why),
            Verdict::Unknown(why) => {
                open.extend(rule.roles.iter().cloned());
                (false, why)
            }
        };
        if matched {
            if !decided && rule.access == Access::Deny {
                member = false;
            }
            decided = true;
            if rule.access == Access::Allow {
                wanted.extend(rule.roles.iter().cloned());
            }
        }
        rules.push(judged(index, matched, true, why));
    }
    conclude(
        mapping.mode,
        (member, &wanted, &open),
        standing,
        rules,
        assertion,
    )
}

fn judged(index: usize, matched: bool, reached: bool, why: String) -> Judged {
    Judged {
        index,
        matched,
        reached,
        why,
    }
}

fn conclude(
    mode: Mode,
    (member, wanted, open): (bool, &BTreeSet<String>, &BTreeSet<String>),
    standing: &Standing,
    rules: Vec<Judged>,
    assertion: &Assertion<'_>,
) -> Mapped {
    let had = &standing.had;
    let all: BTreeSet<String> = match mode {
        _ if !member => BTreeSet::new(),
        // A list of groups that is too long to be sent takes nothing away.
        Mode::FullSync => wanted | &(had & open),
        Mode::Additive => wanted | had,
        Mode::FirstLogin if standing.first => wanted.clone(),
        Mode::FirstLogin => had.clone(),
    };
    let roles = &all & &standing.defined;
    Mapped {
        member,
        gained: &roles - had,
        lost: had - &roles,
        undefined: wanted - &standing.defined,
        roles,
        rules,
        groups: match assertion.groups {
            Groups::Known(_) => "known",
            Groups::Absent => "absent",
            Groups::Overage => "overage",
        },
    }
}

fn judge(when: &When, assertion: &Assertion<'_>) -> Verdict {
    match when {
        When::Group { group } => match &assertion.groups {
            Groups::Known(all) if all.contains(group) => Verdict::Yes(format!("in {group}")),
            Groups::Known(_) => Verdict::No(format!("not in {group}")),
            Groups::Absent => Verdict::No("the provider named no groups".into()),
            Groups::Overage => Verdict::Unknown(
                "the provider has more groups than it sends: nothing is given or taken by this rule"
                    .into(),
            ),
        },
        When::Claim { claim, equals } => match find(assertion.claims, claim) {
            None => Verdict::No(format!("there is no {claim}")),
            Some(found) if same(found, equals) => Verdict::Yes(format!("{claim} has this value")),
            Some(Value::Array(all)) if all.iter().any(|one| same(one, equals)) => {
                Verdict::Yes(format!("{claim} holds this value"))
            }
            Some(_) => Verdict::No(format!("{claim} has another value")),
        },
        When::EmailDomain { email_domain } => email(email_domain, assertion),
        When::Always { always } if *always => Verdict::Yes("everybody".into()),
        When::Always { .. } => Verdict::No("switched off".into()),
    }
}

/// Is a claim this value? Providers send what is true or 7 as such or as text, and whoever types a
/// rule cannot know which.
fn same(claim: &Value, wanted: &Value) -> bool {
    let plain = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    };
    claim == wanted || plain(claim).is_some_and(|text| plain(wanted) == Some(text))
}

/// A claim by name, or by JSON pointer.
pub fn find<'a>(claims: &'a Map<String, Value>, claim: &str) -> Option<&'a Value> {
    match claim.strip_prefix('/') {
        None => claims.get(claim),
        Some(path) => {
            let (first, rest) = path
                .split_once('/')
                .map_or((path, ""), |(a, _)| (a, &claim[a.len() + 1..]));
            let first = first.replace("~1", "/").replace("~0", "~");
            claims.get(&first)?.pointer(rest)
        }
    }
}

/// Only an address that the provider calls verified says where somebody belongs.
fn email(domain: &str, assertion: &Assertion<'_>) -> Verdict {
    let Some(address) = assertion.email.and_then(Email::parse) else {
        return Verdict::No("there is no address".into());
    };
    if !assertion.email_verified {
        return Verdict::No("the provider does not call the address verified".into());
    }
    if address.domain() == domain {
        Verdict::Yes(format!("an address in {domain}"))
    } else {
        Verdict::No(format!("an address in {}", address.domain()))
    }
}

impl Mapping {
    /// Every role that somebody could get by these rules.
    pub fn roles(&self) -> BTreeSet<&str> {
        let all = self.rules.iter().flat_map(|rule| &rule.roles);
        all.map(String::as_str).collect()
    }

    /// Does any rule look at groups?
    pub fn wants_groups(&self) -> bool {
        let by_group = |rule: &Rule| matches!(rule.when, When::Group { .. });
        self.rules.iter().any(by_group)
    }

    /// In normal form, or what is wrong with it.
    ///
    /// # Errors
    /// `invalid_field` with a pointer.
    pub fn checked(mut self) -> Result<Self, Problem> {
        if self.rules.len() > MAX_RULES {
            return Err(Problem::field(
                "/rules",
                "too_many",
                "Use at most 200 rules.",
            ));
        }
        for (index, rule) in self.rules.iter_mut().enumerate() {
            check(rule).map_err(|(member, detail)| {
                Problem::field(&format!("/rules/{index}/{member}"), "invalid", detail)
            })?;
        }
        Ok(self)
    }
}

fn check(rule: &mut Rule) -> Result<(), (&'static str, &'static str)> {
    let text = |text: &str| {
        !text.is_empty() && text.len() <= MAX_TEXT && !text.chars().any(char::is_control)
    };
    if rule.roles.len() > MAX_ROLES {
        return Err(("roles", "Use at most 50 roles in one rule."));
    }
    if rule.access == Access::Deny && !rule.roles.is_empty() {
        return Err(("roles", "A rule that keeps people out gives no roles."));
    }
    match &mut rule.when {
        When::Group { group } if !text(group) => Err(("when/group", "Name a group.")),
        When::Claim { claim, .. } if !text(claim) => Err(("when/claim", "Name a claim.")),
        When::Claim { equals, .. } if equals.is_object() || equals.is_array() => {
            Err(("when/equals", "Give a text, a number, true, false or null."))
        }
        When::Claim { equals, .. } if equals.as_str().is_some_and(|t| t.len() > MAX_TEXT) => {
            Err(("when/equals", "Use at most 256 characters."))
        }
        When::EmailDomain { email_domain } => {
            let parsed = Email::parse(&format!("x@{}", email_domain.trim()));
            let parsed = parsed.ok_or(("when/email_domain", "Name a domain."))?;
            parsed.domain().clone_into(email_domain);
            Ok(())
        }
        When::Always { always: false } => Err(("when/always", "Only true has a meaning here.")),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "mapping_tests.rs"]
mod tests;
