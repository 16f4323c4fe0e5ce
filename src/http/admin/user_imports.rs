//! People who come from another system, with their passwords.

use axum::Json;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::context::Context;
use super::Operator;
use super::body::{Body, parse_at};
use crate::domain::user::UserState;
use crate::domain::{Code, Problem};
use crate::lane_a::operator::{BATCH, Became, Importer, Newcomer, Ready};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportInput {
    people: Vec<PersonInput>,
    #[serde(default)]
    plan: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonInput {
    email: String,
    #[serde(default)]
    email_verified: bool,
    name: Option<String>,
    state: Option<UserState>,
    password_hash: Option<Value>,
}

/// `POST /v1/admin/user-imports`: all are judged before anybody is made.
pub async fn import_users(
    by: Operator,
    context: Context,
    Body(body): Body<ImportInput>,
) -> Result<Json<Value>, Problem> {
    if body.people.is_empty() || body.people.len() > BATCH {
        let text = format!("Send 1 to {BATCH} people.");
        return Err(Problem::field("/people", "out_of_range", text));
    }
    let act = by.act(&context);
    let importer = Importer::of(&act).await?;
    let people = judged(&importer, body.people)?;
    let items: Vec<Value> = if body.plan {
        let known = importer.known(&act, &people).await?;
        let word = |known: &bool| if *known { "present" } else { "new" };
        known
            .iter()
            .map(|known| json!({ "outcome": word(known), "id": null, "refused": null }))
            .collect()
    } else {
        let all = importer.import(&act, people).await?;
        all.iter().map(became).collect()
    };
    Ok(Json(json!({ "items": items })))
}

/// Reads one record, as it also stands in files.
///
/// # Errors
/// `invalid_field` that names the member.
pub fn read_newcomer(record: &Value) -> Result<Newcomer, Problem> {
    newcomer(parse_at("", record)?)
}

/// Every fault of every record at once.
fn judged(importer: &Importer, people: Vec<PersonInput>) -> Result<Vec<Ready>, Problem> {
    let mut ready: Vec<Ready> = Vec::with_capacity(people.len());
    let mut faults = Problem::new(
        Code::InvalidField,
        "Nobody was imported. Correct the marked people.",
    );
    for (place, person) in people.into_iter().enumerate() {
        let outcome = newcomer(person).and_then(|person| importer.judge(person));
        let outcome = outcome.and_then(|person| {
            let twice = ready
                .iter()
                .any(|other| other.address() == person.address());
            if twice {
                let text = "This address stands here twice.";
                return Err(Problem::field("/email", "duplicate", text));
            }
            Ok(person)
        });
        match outcome {
            Ok(person) => ready.push(person),
            Err(problem) if problem.errors.is_empty() => return Err(problem),
            Err(problem) => {
                for mut fault in problem.errors {
                    fault.pointer = format!("/people/{place}{}", fault.pointer);
                    faults.errors.push(fault);
                }
            }
        }
    }
    if faults.errors.is_empty() {
        Ok(ready)
    } else {
        Err(faults)
    }
}

fn newcomer(person: PersonInput) -> Result<Newcomer, Problem> {
    let disabled = match person.state {
        None | Some(UserState::Active) => false,
        Some(UserState::Disabled) => true,
        Some(UserState::Deleted) => {
            let text = "Use active or disabled.";
            return Err(Problem::field("/state", "unknown", text));
        }
    };
    Ok(Newcomer {
        email: person.email,
        email_verified: person.email_verified,
        name: person.name,
        disabled,
        password_hash: person.password_hash,
    })
}

fn became(outcome: &Became) -> Value {
    match outcome {
        Became::Created(id) => json!({ "outcome": "created", "id": id.as_str(), "refused": null }),
        Became::Present => json!({ "outcome": "present", "id": null, "refused": null }),
        Became::Refused(member) => {
            json!({ "outcome": "refused", "id": null, "refused": member })
        }
    }
}
