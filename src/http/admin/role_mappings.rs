//! Role mappings of a connection: rules, trials and rehearsals.

use axum::Json;
use axum::extract::Path;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::context::Context;
use super::super::me::plausible;
use super::body::Body;
use super::connection_tests::outcome;
use super::{Operator, if_match, versioned};
use crate::domain::mapping::Mapping;
use crate::domain::{Problem, UserId};
use crate::lane_b::connections::get;
use crate::lane_b::mappings::{self, Shift};
use crate::store::users;

/// `GET /v1/organizations/{org}/connections/{connection}/role-mappings`
pub async fn read_mapping(
    by: Operator,
    context: Context,
    Path((_, name)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (act, org) = (by.act(&context), &by.org()?.id);
    let (_, number, mapping) = mappings::current(&act, org, &plausible(name)?).await?;
    Ok(versioned(number, json!(mapping)))
}

/// `PUT /v1/organizations/{org}/connections/{connection}/role-mappings`
pub async fn put_mapping(
    by: Operator,
    context: Context,
    Path((_, name)): Path<(String, String)>,
    Body(mapping): Body<Mapping>,
) -> Result<Response, Problem> {
    let (act, org) = (by.act(&context), &by.org()?.id);
    let (name, expected) = (plausible(name)?, if_match(&context)?);
    let (number, mapping) = mappings::replace(&act, org, &name, mapping, expected).await?;
    Ok(versioned(number, json!(mapping)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Simulation {
    claims: Option<Map<String, Value>>,
    user: Option<String>,
    mapping: Option<Mapping>,
}

/// `POST …/role-mappings/simulate`: what a sign-in with these claims would come to, or why a
/// person has their roles: by what their provider said last.
pub async fn simulate(
    by: Operator,
    context: Context,
    Path((_, name)): Path<(String, String)>,
    Body(body): Body<Simulation>,
) -> Result<Json<Value>, Problem> {
    let act = by.act(&context);
    let one = get(&act, &by.org()?.id, &plausible(name)?).await?;
    let user = body.user.map(plausible).transpose()?.map(UserId);
    if let Some(user) = &user {
        let found = users::find(&act.core.db, &act.tenant.id, user).await?;
        found.ok_or_else(|| Problem::field("/user", "unknown", "There is no such person here."))?;
    }
    let mapping = body.mapping.map(Mapping::checked).transpose()?;
    let with = (user.as_ref(), mapping.as_ref());
    let claims = match (body.claims, &user) {
        (Some(claims), _) => claims,
        (None, Some(user)) => {
            let last = mappings::last_said(&act, &one, user).await?;
            last.ok_or_else(|| wanted("Nothing is kept of a sign-in of this person through this connection. Give claims."))?
        }
        (None, None) => return Err(wanted("Give claims, or a person who has signed in.")),
    };
    let entry = mappings::simulate(&act, &one, &claims, with).await?;
    let person = json!({ "id": user, "new": user.is_none() });
    Ok(Json(json!({
        "rules": entry.mapped.rules, "result": outcome(&entry, &person),
    })))
}

fn wanted(detail: &str) -> Problem {
    Problem::field("/claims", "required", detail)
}

/// `POST …/role-mappings/diff`: what a draft would give and take.
pub async fn diff(
    by: Operator,
    context: Context,
    Path((_, name)): Path<(String, String)>,
    Body(mapping): Body<Mapping>,
) -> Result<Json<Value>, Problem> {
    let (act, org) = (by.act(&context), &by.org()?.id);
    let (gain, lose) = mappings::rehearse(&act, org, &plausible(name)?, mapping).await?;
    let all = |shifts: Vec<Shift>| -> Value {
        shifts
            .into_iter()
            .map(|s| {
                json!({
                    "user": s.user, "name": s.name, "email": s.email,
                    "roles": s.roles, "access": s.access,
                })
            })
            .collect()
    };
    Ok(Json(json!({ "gain": all(gain), "lose": all(lose) })))
}
