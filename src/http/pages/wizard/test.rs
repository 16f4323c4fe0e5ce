//! Step 3: a test login in this browser or a colleague's, and the rules that give roles.

use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query};
use axum::response::IntoResponse as _;
use axum::response::Response;
use axum::{Form, Json};
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::Value;

use super::super::super::admin::told;
use super::super::super::bff::rfc3339;
use super::super::super::context::Context;
use super::super::super::flows;
use super::super::test_login::row_for;
use super::super::{chrome, said_inline, see_other, words};
use super::check::clock;
use super::guard::{Instead, Setup, enter, posted, told_here};
use super::health::Done;
use crate::domain::connection::{Connection, Revision};
use crate::domain::mapping::{Access, Judged, Mapping, Mode, Rule, When};
use crate::domain::{Code, Problem};
use crate::lane_b::mappings::Shift;
use crate::lane_b::trace::{Moment, Trace, shown_claims};
use crate::lane_b::{mappings, test_logins};
use crate::store::orgs;
use crate::store::test_logins::{self as rows, TestState};
use crate::views::setup::{
    ClaimRow, GroupRow, MomentRow, RuleChange, RuleRow, SetupTestPage, ShiftRow, TestOutcome,
};
use crate::views::{Checks, translate_value};

/// Fields of all forms of the page.
#[derive(Deserialize, Default)]
pub struct TestForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    role: String,
    /// Of a change that was looked at: the mapping that it is made from.
    #[serde(default)]
    number: String,
    /// Of a rule that is moved or removed by its place: the mapping that was seen.
    #[serde(default)]
    seen: String,
}

/// `GET /setup/{token}/test`
pub async fn show(
    context: Context,
    Path(token): Path<String>,
    Query(query): Query<Done>,
) -> Result<Response, Instead> {
    let setup = enter(&context, &token).await?;
    let shown = Shown {
        saved: query.done == "saved",
        ..Shown::default()
    };
    page(&context, &setup, shown).await
}

/// `POST /setup/{token}/test`
pub async fn act(
    context: Context,
    Path(token): Path<String>,
    form: Result<Form<TestForm>, FormRejection>,
) -> Result<Response, Instead> {
    let (setup, form) = posted(&context, &token, form, |form| &form.csrf).await?;
    let (one, _) = setup.made()?;
    let act = setup.act(&context);
    match form.action.as_str() {
        "begin" => begin(&context, &setup, one).await,
        "share" => {
            let (_, value) = test_logins::create(&act, &setup.org.id, one.id.as_str()).await?;
            let path = format!("/federation/tests/{value}");
            let url = context.site.tenant.address(&path);
            let shown = Shown {
                link: url,
                ..Shown::default()
            };
            page(&context, &setup, shown).await
        }
        _ => match edit(&context, &setup, one, &form).await {
            Ok(None) => Ok(see_other(&setup.address("test?done=saved"))),
            Ok(change) => {
                let stale = change.as_ref().is_some_and(|change| change.stale);
                let shown = Shown {
                    change,
                    error: stale.then(|| words(context.lang(), "rule-change-stale")),
                    ..Shown::default()
                };
                page(&context, &setup, shown).await
            }
            Err(problem) => {
                let shown = Shown {
                    error: Some(told_here(&context, problem)?),
                    rule: (form.action == "map").then_some([form.kind, form.subject, form.role]),
                    ..Shown::default()
                };
                page(&context, &setup, shown).await
            }
        },
    }
}

/// Runs a test in this browser.
async fn begin(context: &Context, setup: &Setup, one: &Connection) -> Result<Response, Instead> {
    let act = setup.act(context);
    let (test, _) = test_logins::create(&act, &setup.org.id, one.id.as_str()).await?;
    let browser = context.browser_or_new();
    let visit = context.visit(&browser).await?;
    let back = Some(setup.address("test"));
    match test_logins::begin(&visit, &test, back).await {
        Ok(url) => {
            let mut response = see_other(&url);
            flows::set_flow_cookie(&mut response, &browser);
            Ok(response)
        }
        Err(problem) => {
            let words = said_inline(context.lang(), &problem);
            page(context, setup, Shown::error(words)).await
        }
    }
}

/// Adds or removes a rule, or changes the mode. What gives or takes roles of people who are known
/// is answered instead, until it is sent with the number of the mapping that it was looked at for.
async fn edit(
    context: &Context,
    setup: &Setup,
    one: &Connection,
    form: &TestForm,
) -> Result<Option<RuleChange>, Problem> {
    let (act, org, id) = (setup.act(context), &setup.org.id, one.id.as_str());
    let (_, number, mapping) = mappings::current(&act, org, id).await?;
    let rule = meant(&mapping, form)?;
    let mapping = changed(mapping, form)?;
    let looked_at = form.number.parse::<i64>().ok();
    if looked_at == Some(number) {
        mappings::replace(&act, org, id, mapping, looked_at).await?;
        return Ok(None);
    }
    let (gain, lose) = mappings::rehearse(&act, org, id, mapping.clone()).await?;
    // Rules are named by their place: where they were changed meanwhile, it may be another one.
    let seen = looked_at.or_else(|| form.seen.parse().ok());
    let stale = seen.is_some_and(|seen| seen != number);
    // Whom it kept out is known to nobody who never got in.
    let opens = one.active.is_some()
        && form.action == "unmap"
        && rule.as_ref().is_some_and(|rule| rule.denies);
    if !stale && !opens && gain.is_empty() && lose.is_empty() {
        mappings::replace(&act, org, id, mapping, Some(number)).await?;
        return Ok(None);
    }
    let rows = |all: Vec<Shift>| all.into_iter().map(shift_row).collect();
    Ok(Some(RuleChange {
        form: [&form.action, &form.kind, &form.subject, &form.role].map(Clone::clone),
        rule,
        number,
        stale,
        opens,
        gain: rows(gain),
        lose: rows(lose),
    }))
}

fn shift_row(one: Shift) -> ShiftRow {
    let person = match (one.name, one.email) {
        (Some(name), Some(email)) => format!("{name} <{email}>"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => one.user.0,
    };
    ShiftRow {
        person,
        roles: one.roles.join(", "),
        access: one.access,
    }
}

/// The rule that a form is about, as it stands before the change.
fn meant(mapping: &Mapping, form: &TestForm) -> Result<Option<RuleRow>, Problem> {
    let all = match form.action.as_str() {
        "map" => &Mapping {
            rules: vec![rule(form)?],
            ..Mapping::default()
        },
        "up" | "unmap" => mapping,
        _ => return Ok(None),
    };
    let index = form.subject.parse::<usize>().unwrap_or(0).saturating_sub(1);
    let index = if form.action == "map" { 0 } else { index };
    Ok(rule_rows(all, &[]).into_iter().nth(index))
}

fn changed(mut mapping: Mapping, form: &TestForm) -> Result<Mapping, Problem> {
    match form.action.as_str() {
        "map" => mapping.rules.push(rule(form)?),
        "up" => {
            let index = form.subject.parse::<usize>().unwrap_or(0);
            if index < 2 || index > mapping.rules.len() {
                return Err(gone());
            }
            mapping.rules.swap(index - 2, index - 1);
        }
        "unmap" => {
            let index = form.subject.parse::<usize>().unwrap_or(0);
            if index == 0 || index > mapping.rules.len() {
                return Err(gone());
            }
            mapping.rules.remove(index - 1);
        }
        "mode" => {
            mapping.mode = match form.role.as_str() {
                "additive" => Mode::Additive,
                "first_login" => Mode::FirstLogin,
                _ => Mode::FullSync,
            };
        }
        _ => return Err(Problem::not_found()),
    }
    Ok(mapping)
}

fn gone() -> Problem {
    Problem::new(
        Code::Conflict,
        "There is no rule at this place any more: the rules were changed meanwhile.",
    )
}

fn rule(form: &TestForm) -> Result<Rule, Problem> {
    let subject = form.subject.trim().to_owned();
    let when = match form.kind.as_str() {
        "always" => When::Always { always: true },
        "email_domain" => When::EmailDomain {
            email_domain: subject,
        },
        "claim" => {
            let Some((claim, value)) = subject.split_once('=') else {
                let detail = "Write a claim as name=value.";
                return Err(Problem::field("/subject", "invalid_value", detail));
            };
            When::Claim {
                claim: claim.trim().to_owned(),
                equals: value.trim().into(),
            }
        }
        _ => When::Group { group: subject },
    };
    // No role of anybody is called so.
    let out = form.role == "-";
    Ok(Rule {
        when,
        roles: if out {
            Vec::new()
        } else {
            vec![form.role.clone()]
        },
        access: if out { Access::Deny } else { Access::Allow },
    })
}

/// What was done just before.
#[derive(Default)]
struct Shown {
    link: String,
    change: Option<RuleChange>,
    error: Option<String>,
    /// The rule that was refused: kind, subject and role.
    rule: Option<[String; 3]>,
    saved: bool,
}

impl Shown {
    fn error(words: String) -> Self {
        Self {
            error: Some(words),
            ..Self::default()
        }
    }
}

async fn page(context: &Context, setup: &Setup, just: Shown) -> Result<Response, Instead> {
    let (one, revision) = setup.made()?;
    let act = setup.act(context);
    let org = &setup.org.id;
    let (_, number, mapping) = mappings::current(&act, org, one.id.as_str()).await?;
    let newest = newest(context, one, revision, &mapping).await?;
    let (outcome, judged) = match newest {
        Some((outcome, judged)) => (Some(outcome), judged),
        None => (None, Vec::new()),
    };
    let roles = orgs::roles(&context.core.db, &context.site.tenant.id, org)
        .await
        .map_err(Problem::from)?;
    let status = if just.error.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let page = SetupTestPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: setup.frame(context, 3),
        outcome,
        rules: rule_rows(&mapping, &judged)
            .into_iter()
            .map(|row| RuleRow {
                why: translate_value(context.lang(), row.why),
                ..row
            })
            .collect(),
        number,
        roles: roles.into_iter().map(|(role, _)| role).collect(),
        mode: match mapping.mode {
            Mode::FullSync => "full_sync",
            Mode::Additive => "additive",
            Mode::FirstLogin => "first_login",
        }
        .to_owned(),
        change: just.change,
        rule_wrong: just.rule.is_some(),
        rule: just.rule.unwrap_or_default(),
        saved: just.saved,
        test_link: just.link,
        error: just.error,
    };
    // Its forms lead to the provider.
    Ok(super::super::render_towards(
        context,
        status,
        &page,
        revision.config.front(),
    ))
}

fn rule_rows(mapping: &Mapping, judged: &[Judged]) -> Vec<RuleRow> {
    let rules = mapping.rules.iter().enumerate();
    rules
        .map(|(index, rule)| {
            let (kind, subject) = match &rule.when {
                When::Group { group } => ("group", group.clone()),
                When::Claim { claim, equals } => {
                    let plain = equals
                        .as_str()
                        .map_or_else(|| equals.to_string(), str::to_owned);
                    ("claim", format!("{claim} = {plain}"))
                }
                When::EmailDomain { email_domain } => ("email_domain", email_domain.clone()),
                When::Always { .. } => ("always", String::new()),
            };
            let found = judged.iter().find(|one| one.index == index);
            RuleRow {
                number: index + 1,
                kind,
                subject,
                roles: rule.roles.join(", "),
                denies: rule.access == Access::Deny,
                matched: found.map(|one| one.matched),
                why: found.map(|one| one.why.clone()).unwrap_or_default(),
            }
        })
        .collect()
}

/// The newest test that has come back, read by what is set now.
async fn newest(
    context: &Context,
    one: &Connection,
    revision: &Revision,
    mapping: &Mapping,
) -> Result<Option<(TestOutcome, Vec<Judged>)>, Problem> {
    let (core, tenant) = (&context.core, &context.site.tenant);
    let all = rows::list(&core.db, &tenant.id, &one.id, "", 10).await?;
    let Some(test) = all.iter().find(|test| test.state != TestState::Waiting) else {
        return Ok(None);
    };
    let Some(trace) = Trace::open(core, &tenant.id, test)? else {
        return Ok(None);
    };
    let reading = trace.read(core, tenant, one, &revision.config).await?;
    let lang = context.lang();
    let entry = reading.entry.as_ref();
    let identity = trace.identity.as_ref();
    let person = identity.map(|who| {
        let name = who
            .name
            .clone()
            .unwrap_or_else(|| who.origin().1.to_owned());
        match &who.email {
            Some(email) => format!("{name} <{email}>"),
            None => name,
        }
    });
    let (claims, groups) = match identity {
        Some(who) => sent(
            &shown_claims(&who.claims),
            revision.config.groups_claim(),
            mapping,
        ),
        None => (Vec::new(), Vec::new()),
    };
    let roles: Vec<&str> = entry
        .map(|entry| entry.roles.iter().map(String::as_str).collect())
        .unwrap_or_default();
    let outcome = TestOutcome {
        passed: reading.state() == TestState::Passed,
        person: person.unwrap_or_default(),
        is_new: reading.user.is_none(),
        admitted: entry.is_some_and(|entry| entry.bar.is_none()),
        roles: roles.join(", "),
        hash: test.hash.chars().take(8).collect(),
        current: test.hash == one.draft_hash,
        at: clock(&rfc3339(test.finished_at.unwrap_or(test.created_at))),
        claims,
        groups,
        checks: Checks::default(),
        timeline: moments(&trace),
    };
    let judged = entry
        .map(|entry| entry.mapped.rules.clone())
        .unwrap_or_default();
    let checks = reading.checks.into_iter();
    let checks = checks.map(|check| row_for(lang, check)).collect();
    Ok(Some((TestOutcome { checks, ..outcome }, judged)))
}

/// When what happened.
fn moments(trace: &Trace) -> Vec<MomentRow> {
    let row = |moment: &Moment| MomentRow {
        at: clock(&rfc3339(moment.at)),
        key: format!("moment-{}", moment.what.replace('_', "-")),
    };
    trace.timeline.iter().map(row).collect()
}

/// `GET /setup/{token}/trace`: the newest trace as the API shows it, for whoever is asked for help.
pub async fn download(context: Context, Path(token): Path<String>) -> Result<Response, Instead> {
    let setup = enter(&context, &token).await?;
    let (one, revision) = setup.made()?;
    let (core, tenant) = (&context.core, &context.site.tenant.id);
    let all = rows::list(&core.db, tenant, &one.id, "", 10)
        .await
        .map_err(Problem::from)?;
    let test = all.iter().find(|test| test.state != TestState::Waiting);
    let test = test.ok_or_else(Problem::not_found)?;
    let told = told(&setup.act(&context), one, &revision.config, test).await?;
    let name = "attachment; filename=\"laneway-test-login.json\"";
    Ok(([(header::CONTENT_DISPOSITION, name)], Json(told)).into_response())
}

/// Claims as rows; groups apart, each with the roles that rules give for it.
fn sent(claims: &Value, groups_claim: &str, mapping: &Mapping) -> (Vec<ClaimRow>, Vec<GroupRow>) {
    let mut rows = Vec::new();
    let mut groups = Vec::new();
    for (name, value) in claims.as_object().into_iter().flatten() {
        if name == groups_claim {
            // One group alone may come without a list around it.
            let one = std::slice::from_ref(value);
            let all = value.as_array().map_or(one, Vec::as_slice);
            groups.extend(all.iter().filter_map(Value::as_str).map(|group| GroupRow {
                name: group.to_owned(),
                roles: roles_of(mapping, group),
            }));
            continue;
        }
        let value = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        rows.push(ClaimRow {
            name: name.clone(),
            value: value.chars().take(300).collect(),
        });
    }
    (rows, groups)
}

fn roles_of(mapping: &Mapping, wanted: &str) -> Vec<String> {
    let about = |rule: &&Rule| matches!(&rule.when, When::Group { group } if group == wanted);
    let rules = mapping.rules.iter().filter(about);
    rules.flat_map(|rule| rule.roles.iter().cloned()).collect()
}
