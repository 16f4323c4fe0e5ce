//! Step 3: a test login, what came of it, and which roles it would give.

use askama::Template;

use super::SetupFrame;
use crate::views::{Checks, Chrome, filters};

/// A claim that was received.
#[derive(Debug, Clone)]
pub struct ClaimRow {
    /// Its name.
    pub name: String,
    /// Its value as text.
    pub value: String,
}

/// A group that was received.
#[derive(Debug, Clone)]
pub struct GroupRow {
    /// Its name.
    pub name: String,
    /// Roles that rules give for it.
    pub roles: Vec<String>,
}

/// A rule of the mapping.
#[derive(Debug, Clone)]
pub struct RuleRow {
    /// From 1.
    pub number: usize,
    /// When it matches, in words of the API: `group`, `claim`, `email_domain` or `always`.
    pub kind: &'static str,
    /// The group, claim or domain.
    pub subject: String,
    /// What it gives, or that it keeps out.
    pub roles: String,
    /// It keeps people out.
    pub denies: bool,
    /// It matched in the newest test, where there is one.
    pub matched: Option<bool>,
    /// Why.
    pub why: String,
}

/// Somebody whom a change of the rules means.
#[derive(Debug, Clone)]
pub struct ShiftRow {
    /// Name and address.
    pub person: String,
    /// Roles that they get or lose.
    pub roles: String,
    /// They get or lose access at all.
    pub access: bool,
}

impl RuleRow {
    fn key(&self) -> &'static str {
        match self.kind {
            "group" => "rule-group",
            "claim" => "rule-claim",
            "email_domain" => "rule-domain",
            _ => "rule-always",
        }
    }
}

/// What came of the newest test.
#[derive(Debug, Clone)]
pub struct TestOutcome {
    /// Whoever signed in could come in.
    pub passed: bool,
    /// Who it was; empty where nobody was recognised.
    pub person: String,
    /// They would be somebody new.
    pub is_new: bool,
    /// They may come in.
    pub admitted: bool,
    /// Roles that they would have.
    pub roles: String,
    /// The draft that was tested, cut.
    pub hash: String,
    /// It is the draft of now.
    pub current: bool,
    /// When, as people write it.
    pub at: String,
    /// What was looked at.
    pub checks: Checks,
    /// What the provider sent, without groups.
    pub claims: Vec<ClaimRow>,
    /// Groups that it sent.
    pub groups: Vec<GroupRow>,
    /// When what happened.
    pub timeline: Vec<MomentRow>,
}

/// One step in time.
#[derive(Debug, Clone)]
pub struct MomentRow {
    /// As people write it.
    pub at: String,
    /// The key of the words for it.
    pub key: String,
}

impl MomentRow {
    fn key(&self) -> &str {
        &self.key
    }
}

/// The key of what happens, to whom first, and to how many.
type Part<'a> = (&'static str, &'a [ShiftRow], u32);

/// A change of the rules that takes or gives roles: shown before it counts.
#[derive(Debug, Clone)]
pub struct RuleChange {
    /// The form that was sent, to be sent again: action, kind, subject and role.
    pub form: [String; 4],
    /// The rule that is added, moved or removed; none where the mode changes.
    pub rule: Option<RuleRow>,
    /// The mapping that it is made from.
    pub number: i64,
    /// Another mapping had been looked at.
    pub stale: bool,
    /// A rule goes that keeps people out.
    pub opens: bool,
    /// Who would get what.
    pub gain: Vec<ShiftRow>,
    /// Who would lose what.
    pub lose: Vec<ShiftRow>,
}

impl RuleChange {
    /// The first of each, with the key of what happens, and how many there are.
    fn parts(&self) -> [Part<'_>; 2] {
        let of = |all: &[ShiftRow]| u32::try_from(all.len()).unwrap_or(u32::MAX);
        [
            ("rule-change-gain", first(&self.gain), of(&self.gain)),
            ("rule-change-lose", first(&self.lose), of(&self.lose)),
        ]
    }

    fn what(&self) -> &'static str {
        match self.form[0].as_str() {
            "map" => "rule-change-map",
            "up" => "rule-change-up",
            "unmap" => "rule-change-unmap",
            _ => "rule-change-mode",
        }
    }
}

/// A page has no room for a whole company.
fn first(all: &[ShiftRow]) -> &[ShiftRow] {
    &all[..all.len().min(20)]
}

/// `GET {base}/test`.
#[derive(Template)]
#[template(path = "pages/setup/test.html")]
pub struct SetupTestPage {
    /// Frame.
    pub chrome: Chrome,
    /// Frame of the set-up.
    pub frame: SetupFrame,
    /// The newest test; none before the first.
    pub outcome: Option<TestOutcome>,
    /// The rules in order.
    pub rules: Vec<RuleRow>,
    /// The number of the mapping that they are.
    pub number: i64,
    /// Roles that can be given.
    pub roles: Vec<String>,
    /// `full_sync`, `additive` or `first_login`.
    pub mode: String,
    /// The rule that was refused, as it was typed: kind, subject and role.
    pub rule: [String; 3],
    /// There is one.
    pub rule_wrong: bool,
    /// A change of the rules was saved just before.
    pub saved: bool,
    /// What is asked before it counts.
    pub change: Option<RuleChange>,
    /// A link by which a colleague runs a test, just made.
    pub test_link: String,
    /// What went wrong.
    pub error: Option<String>,
}

impl SetupTestPage {
    /// What a rule can look at, and whether the refused one did.
    fn kinds(&self) -> [(&'static str, &'static str, bool); 4] {
        let kind = |value: &'static str, key| (value, key, self.rule[0] == value);
        [
            kind("group", "rule-kind-group"),
            kind("claim", "rule-kind-claim"),
            kind("email_domain", "rule-kind-domain"),
            kind("always", "rule-kind-always"),
        ]
    }

    /// Roles that a rule can give, and whether the refused one did.
    fn choices(&self) -> Vec<(&str, bool)> {
        let role = |role: &'_ String| self.rule[2] == *role;
        self.roles
            .iter()
            .map(|one| (one.as_str(), role(one)))
            .collect()
    }

    /// Did the refused rule keep people out?
    fn kept_out(&self) -> bool {
        self.rule[2] == "-"
    }

    fn title(&self) -> &'static str {
        match &self.outcome {
            None => "setup-test-title",
            Some(outcome) if outcome.passed => "test-passed",
            Some(_) => "test-failed",
        }
    }
}

#[cfg(test)]
impl SetupTestPage {
    pub(in crate::views) fn samples() -> Vec<Self> {
        let page = |outcome: Option<TestOutcome>| Self {
            chrome: Chrome::sample(),
            frame: SetupFrame::sample(3, if outcome.is_some() { 4 } else { 3 }),
            rules: if outcome.is_some() {
                rules()
            } else {
                Vec::new()
            },
            number: 3,
            outcome,
            roles: vec!["admin".into(), "member".into()],
            mode: "full_sync".into(),
            rule: Default::default(),
            rule_wrong: false,
            saved: false,
            change: None,
            test_link: String::new(),
            error: None,
        };
        let mut shared = page(None);
        shared.test_link = "https://login.tidewell.example/federation/tests/t0ken".into();
        shared.rule = ["claim", "department <sales>", "-"].map(Into::into);
        shared.rule_wrong = true;
        shared.error = Some("These roles may do more than you.".into());
        let mut changing = page(Some(outcome(true)));
        let row = |who: &str, access| ShiftRow {
            person: who.to_owned(),
            roles: "admin, viewer".to_owned(),
            access,
        };
        changing.change = Some(RuleChange {
            form: ["map", "group", "<it>", "admin"].map(Into::into),
            rule: rules().pop(),
            stale: false,
            opens: true,
            number: 3,
            gain: vec![row("Ana Ferreira <ana.ferreira@brennankohl.example>", false); 21],
            lose: vec![row("u1", true)],
        });
        let mut stale = page(Some(outcome(true)));
        stale.error = Some("The rules were changed meanwhile.".into());
        stale.change = Some(RuleChange {
            form: ["mode", "", "", "additive"].map(Into::into),
            rule: None,
            stale: true,
            opens: false,
            number: 4,
            gain: Vec::new(),
            lose: Vec::new(),
        });
        let mut saved = page(Some(outcome(true)));
        saved.saved = true;
        vec![
            page(None),
            saved,
            shared,
            changing,
            stale,
            page(Some(outcome(true))),
            page(Some(outcome(false))),
        ]
    }
}

#[cfg(test)]
fn rules() -> Vec<RuleRow> {
    let rule = |number, kind, subject: &str, matched| RuleRow {
        number,
        kind,
        subject: subject.into(),
        roles: "admin".into(),
        denies: number == 3,
        matched,
        why: "in <it>".into(),
    };
    vec![
        rule(1, "group", "it", Some(true)),
        rule(2, "claim", "department = sales", Some(false)),
        rule(3, "email_domain", "acme.example", None),
        rule(4, "always", "", None),
    ]
}

#[cfg(test)]
fn outcome(passed: bool) -> TestOutcome {
    TestOutcome {
        passed,
        person: if passed {
            "Elif Kaya <elif@pellworm.example>".into()
        } else {
            String::new()
        },
        is_new: true,
        admitted: passed,
        roles: "admin, member".into(),
        hash: "b3f1a9c4".into(),
        current: passed,
        at: "14:41:09 UTC".into(),
        checks: Checks::sample(&[("discovery", true), ("groups", passed)]),
        timeline: vec![
            MomentRow {
                at: "14:40:58 UTC".into(),
                key: "moment-sent-to-provider".into(),
            },
            MomentRow {
                at: "14:41:08 UTC".into(),
                key: "moment-answer-received".into(),
            },
            MomentRow {
                at: "14:41:09 UTC".into(),
                key: if passed {
                    "moment-identity-received"
                } else {
                    "moment-refused"
                }
                .into(),
            },
        ],
        claims: vec![ClaimRow {
            name: "email".into(),
            value: "elif@pellworm.example".into(),
        }],
        groups: vec![
            GroupRow {
                name: "it".into(),
                roles: vec!["admin".into()],
            },
            GroupRow {
                name: "all <staff>".into(),
                roles: Vec::new(),
            },
        ],
    }
}
