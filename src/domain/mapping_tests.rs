//! Mapping rules, case by case and as laws over random inputs.

use std::collections::BTreeSet;

use laneway_contract::Groups;
use serde_json::{Map, Value, json};

use super::{Access, Assertion, Mapping, Mode, Standing, find, map};

fn set(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|role| (*role).to_owned()).collect()
}

fn mapping(value: Value) -> Mapping {
    let mapping: Mapping = serde_json::from_value(value).expect("a mapping");
    mapping.checked().expect("good")
}

fn claims(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).expect("claims")
}

fn standing(had: &[&str]) -> Standing {
    Standing {
        first: had.is_empty(),
        had: set(had),
        defined: set(&["owner", "admin", "member"]),
    }
}

fn roles(rules: &Value, of: &Value, had: &[&str]) -> Vec<String> {
    let claims = claims(of.clone());
    let assertion = Assertion::of_claims(&claims, "groups");
    let mapped = map(&mapping(rules.clone()), &assertion, &standing(had));
    mapped.roles.into_iter().collect()
}

#[test]
fn a_value_counts_however_the_provider_writes_it() {
    let rule = |equals: Value| json!({ "rules": [{ "when": { "claim": "c", "equals": equals }, "roles": ["admin"] }] });
    for (wanted, sent, same) in [
        (json!("true"), json!(true), true),
        (json!(7), json!("7"), true),
        (json!("7"), json!([1, 7]), true),
        (json!("true"), json!(false), false),
        (json!("null"), Value::Null, false),
        (json!("7"), json!(7.5), false),
        (json!("x"), json!({ "x": true }), false),
    ] {
        let got = roles(&rule(wanted.clone()), &json!({ "c": sent }), &[]);
        assert_eq!(!got.is_empty(), same, "{wanted} {sent}");
    }
}

#[test]
fn every_match_adds_its_roles() {
    let rules = json!({ "rules": [
        { "when": { "group": "it" }, "roles": ["admin"] },
        { "when": { "claim": "dept", "equals": "x" }, "roles": ["owner"] },
        { "when": { "claim": "tags", "equals": "y" }, "roles": ["owner"] },
        { "when": { "email_domain": " ACME.test " }, "roles": ["member"] },
        { "when": { "always": true }, "roles": ["nobody-defined-this"] },
    ]});
    let person = json!({ "groups": ["it", "x"], "tags": ["a", "y"], "email": "A@Acme.test", "email_verified": true });
    assert_eq!(roles(&rules, &person, &[]), ["admin", "member", "owner"]);
    let unverified = json!({ "groups": "it", "email": "a@acme.test", "email_verified": "true" });
    assert_eq!(roles(&rules, &unverified, &[]), ["admin"]);
    let elsewhere = json!({ "email": "a@acme.test.evil.test", "email_verified": true });
    assert_eq!(roles(&rules, &elsewhere, &[]), Vec::<String>::new());
}

#[test]
fn the_first_match_decides_whether_somebody_is_a_member() {
    let rules = mapping(json!({ "rules": [
        { "when": { "group": "staff" }, "roles": ["member"] },
        { "when": { "group": "guests" }, "access": "deny" },
        { "when": { "always": true }, "roles": ["admin"] },
    ]}));
    let run = |groups: Groups| {
        let empty = Map::new();
        let assertion = Assertion {
            claims: &empty,
            groups,
            email: None,
            email_verified: false,
        };
        map(&rules, &assertion, &standing(&[]))
    };
    let known = |all: &[&str]| Groups::Known(all.iter().map(|g| (*g).to_owned()).collect());
    let both = run(known(&["guests", "staff"]));
    assert!(both.member && both.rules[1].matched);
    let guest = run(known(&["guests"]));
    assert!(!guest.member && guest.roles.is_empty() && !guest.rules[2].reached);
    assert!(run(known(&[])).member && run(Groups::Absent).member);
    assert!(!run(Groups::Overage).member, "who might be kept out is");
    let nothing = map(
        &Mapping::default(),
        &Assertion::of_claims(&Map::new(), "groups"),
        &standing(&[]),
    );
    assert!(nothing.member && nothing.roles.is_empty());
}

#[test]
fn what_is_lost_is_taken_away_as_the_mode_says() {
    let with = |mode: &str| json!({ "mode": mode, "rules": [{ "when": { "group": "it" }, "roles": ["admin"] }] });
    let (inside, outside) = (json!({ "groups": ["it"] }), json!({ "groups": [] }));
    assert_eq!(
        roles(&with("full_sync"), &outside, &["admin"]),
        Vec::<String>::new()
    );
    assert_eq!(
        roles(&with("full_sync"), &json!({}), &["admin"]),
        Vec::<String>::new()
    );
    assert_eq!(roles(&with("additive"), &outside, &["admin"]), ["admin"]);
    assert_eq!(roles(&with("first_login"), &inside, &[]), ["admin"]);
    assert_eq!(
        roles(&with("first_login"), &inside, &["member"]),
        ["member"]
    );
    assert_eq!(
        roles(&with("full_sync"), &inside, &["retired-role"]),
        ["admin"]
    );
}

#[test]
fn too_many_groups_give_and_take_nothing() {
    let rules = json!({ "rules": [
        { "when": { "group": "it" }, "roles": ["admin"] },
        { "when": { "group": "all" }, "roles": ["owner"] },
    ]});
    let overage = json!({ "_claim_names": { "groups": "src1" } });
    assert_eq!(roles(&rules, &overage, &["admin"]), ["admin"]);
    let claims = claims(overage);
    let mapped = map(
        &mapping(rules),
        &Assertion::of_claims(&claims, "groups"),
        &standing(&["admin"]),
    );
    assert_eq!(mapped.groups, "overage");
    assert!(mapped.lost.is_empty() && mapped.gained.is_empty());
}

#[test]
fn claims_are_found_by_name_and_by_pointer() {
    let claims = claims(json!({ "a": { "b": [1, 2] }, "x/y": true, "https://n/s": 7 }));
    assert_eq!(find(&claims, "/a/b/1"), Some(&json!(2)));
    assert_eq!(find(&claims, "/a"), Some(&json!({ "b": [1, 2] })));
    assert_eq!(find(&claims, "/x~1y"), Some(&json!(true)));
    assert_eq!(find(&claims, "https://n/s"), Some(&json!(7)));
    assert_eq!(find(&claims, "/a/c"), None);
}

#[test]
fn nonsense_is_refused_where_it_stands() {
    for (rule, pointer) in [
        (json!({ "when": { "group": "" } }), "/rules/0/when/group"),
        (
            json!({ "when": { "email_domain": "a@b" } }),
            "/rules/0/when/email_domain",
        ),
        (
            json!({ "when": { "always": false } }),
            "/rules/0/when/always",
        ),
        (
            json!({ "when": { "claim": "c", "equals": {} } }),
            "/rules/0/when/equals",
        ),
        (
            json!({ "when": { "always": true }, "access": "deny", "roles": ["admin"] }),
            "/rules/0/roles",
        ),
    ] {
        let read: Mapping = serde_json::from_value(json!({ "rules": [rule] })).expect("reads");
        let problem = read.checked().expect_err("refused");
        assert_eq!(problem.errors[0].pointer, pointer);
    }
    for unreadable in [
        json!({ "when": {} }),
        json!({ "when": { "group": "a", "x": 1 } }),
        json!({ "roles": [] }),
    ] {
        serde_json::from_value::<Mapping>(json!({ "rules": [unreadable] })).expect_err("refused");
    }
}

/// A small generator: seeded, so that a failure comes back.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn some(&mut self, of: &[&str]) -> Vec<String> {
        let mut picked = Vec::new();
        for word in of {
            if self.roll(2) == 0 {
                picked.push((*word).to_owned());
            }
        }
        picked
    }

    fn rule(&mut self) -> Value {
        let when = match self.roll(4) {
            0 => json!({ "group": format!("g{}", self.roll(4)) }),
            1 => json!({ "claim": "c", "equals": self.roll(3) }),
            2 => json!({ "email_domain": format!("d{}.test", self.roll(3)) }),
            _ => json!({ "always": true }),
        };
        if self.roll(5) == 0 {
            return json!({ "when": when, "access": "deny" });
        }
        json!({ "when": when, "roles": self.some(&["owner", "admin", "member", "gone"]) })
    }
}

#[test]
fn laws_hold_for_any_rules_and_any_person() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for _ in 0..5_000 {
        let mode =
            ["full_sync", "additive", "first_login"][usize::try_from(dice.roll(3)).expect("small")];
        let rules: Vec<Value> = (0..dice.roll(6)).map(|_| dice.rule()).collect();
        let rules = mapping(json!({ "mode": mode, "rules": rules }));
        let groups = match dice.roll(4) {
            0 => Groups::Absent,
            1 => Groups::Overage,
            _ => Groups::Known(dice.some(&["g0", "g1", "g2", "g3"])),
        };
        let claims = claims(json!({ "c": dice.roll(3) }));
        let address = format!("a@d{}.test", dice.roll(3));
        let assertion = Assertion {
            claims: &claims,
            groups,
            email: Some(&address),
            email_verified: dice.roll(2) == 0,
        };
        let had: BTreeSet<String> = dice.some(&["owner", "admin", "gone"]).into_iter().collect();
        let before = Standing {
            first: dice.roll(2) == 0,
            had,
            defined: set(&["owner", "admin", "member"]),
        };
        let mapped = map(&rules, &assertion, &before);
        assert_eq!(mapped, map(&rules, &assertion, &before), "the same again");
        assert!(
            mapped.roles.is_subset(&before.defined),
            "nothing that nobody defined"
        );
        assert_eq!(mapped.rules.len(), rules.rules.len());
        let named: BTreeSet<String> = rules
            .rules
            .iter()
            .zip(&mapped.rules)
            .filter(|(rule, judged)| judged.matched && rule.access == Access::Allow)
            .flat_map(|(rule, _)| rule.roles.clone())
            .collect();
        assert!(
            mapped.gained.is_subset(&named),
            "every new role has a rule that matched"
        );
        assert_eq!(
            &(&before.had | &mapped.gained) - &mapped.lost,
            mapped.roles,
            "the difference is whole"
        );
        if !mapped.member {
            assert!(mapped.roles.is_empty());
            assert!(
                mapped.rules.iter().any(
                    |judged| judged.matched && rules.rules[judged.index].access == Access::Deny
                )
            );
        }
        if mapped.member && rules.mode == Mode::Additive {
            assert!(mapped.lost.is_subset(&(&before.had - &before.defined)));
        }
        // What came of it is a fixed point: signing in again changes nothing.
        let again = Standing {
            first: false,
            had: mapped.roles.clone(),
            ..before.clone()
        };
        let second = map(&rules, &assertion, &again);
        if mapped.member {
            assert_eq!(second.roles, mapped.roles);
        }
    }
}
