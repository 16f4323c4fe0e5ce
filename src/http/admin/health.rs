//! How it goes with a connection.

use axum::Json;
use axum::extract::Path;
use serde_json::{Value, json};

use super::super::bff::rfc3339;
use super::super::context::Context;
use super::Operator;
use super::connections::Named;
use crate::domain::{Lang, Problem};
use crate::lane_b::connections::get;
use crate::lane_b::health::{self, Health};
use crate::views::explanation;

/// `GET …/connections/{connection}/health`
pub async fn connection_health(
    by: Operator,
    context: Context,
    Path(named): Path<Named>,
) -> Result<Json<Value>, Problem> {
    let act = by.act(&context);
    let one = get(&act, by.home(), &named.plausible()?).await?;
    Ok(Json(shown(&health::of(&act, &one).await?)))
}

fn shown(all: &Health) -> Value {
    let days = all
        .days
        .iter()
        .map(|day| json!({ "day": rfc3339(day.day), "worked": day.worked, "failed": day.failed }));
    let causes = all.causes.iter().map(|cause| {
        json!({
            "code": cause.code, "count": cause.n, "last_at": rfc3339(cause.last_at),
            "fix": explanation(Lang::En, &cause.code), "link": format!("/help/checks#{}", cause.code),
        })
    });
    let endings = all.endings.iter().map(
        |ending| json!({ "what": ending.what, "name": ending.name, "at": rfc3339(ending.at) }),
    );
    json!({
        "looked_at": all.looked_at.map(rfc3339), "checks": all.findings,
        "contacts": all.contacts, "days": days.collect::<Vec<_>>(),
        "causes": causes.collect::<Vec<_>>(), "expires": endings.collect::<Vec<_>>(),
        "client_secret_expires_at": all.secret_end.map(rfc3339),
        "changes": all.changes.as_ref().map(|(hash, members)| json!({
            "hash": hash, "members": members,
        })),
    })
}
