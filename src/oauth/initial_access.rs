//! What operators do about tokens that apps register themselves with.

use serde_json::json;

use super::apps::Secret;
use crate::audit::{Event, Outcome, kind};
use crate::core::hash_token;
use crate::domain::Problem;
use crate::lane_a::operator::Act;
use crate::store::initial_access_tokens::{self as rows, InitialToken};

/// Longest life, s.
const LONGEST_S: i64 = 90 * 86_400;
/// Usual life, s.
const USUAL_S: i64 = 86_400;

/// What is asked for.
pub struct Wanted {
    /// What it is for.
    pub label: String,
    /// Seconds.
    pub expires_in: Option<i64>,
    /// So many apps at most.
    pub max_uses: Option<i64>,
}

/// A page of the tenant's tokens.
///
/// # Errors
/// `store_unavailable`.
pub async fn list_tokens(
    act: &Act<'_>,
    after: &str,
    limit: i64,
) -> Result<Vec<InitialToken>, Problem> {
    Ok(rows::list(&act.core.db, &act.tenant.id, after, limit).await?)
}

/// One of them.
///
/// # Errors
/// `not_found`.
pub async fn get_token(act: &Act<'_>, id: &str) -> Result<InitialToken, Problem> {
    let found = rows::find(&act.core.db, &act.tenant.id, id).await?;
    found.ok_or_else(Problem::not_found)
}

/// Makes one; its value is shown now and never again.
///
/// # Errors
/// `invalid_field`.
pub async fn create_token(
    act: &Act<'_>,
    wanted: Wanted,
) -> Result<(InitialToken, Secret), Problem> {
    let label = wanted.label.trim();
    if label.is_empty() || label.chars().count() > 100 || label.chars().any(char::is_control) {
        let detail = "Use 1 to 100 characters.";
        return Err(Problem::field("/label", "invalid", detail));
    }
    let life = wanted.expires_in.unwrap_or(USUAL_S);
    if !(60..=LONGEST_S).contains(&life) {
        let detail = "Use a minute to 90 days, in seconds.";
        return Err(Problem::field("/expires_in", "invalid", detail));
    }
    if wanted
        .max_uses
        .is_some_and(|most| !(1..=10_000).contains(&most))
    {
        let detail = "Use 1 to 10000.";
        return Err(Problem::field("/max_uses", "invalid", detail));
    }
    let secret = Secret::new(act.core, "lw_iat_");
    let mut write = act.core.begin().await?;
    let now = write.now();
    let token = InitialToken {
        id: act.core.new_id(),
        label: label.to_owned(),
        max_uses: wanted.max_uses,
        uses: 0,
        created_at: now,
        expires_at: now + life * 1000,
    };
    let hash = hash_token(secret.expose());
    rows::create(&mut write.tx, &act.tenant.id, &token, &hash).await?;
    let event =
        event(kind::INITIAL_TOKEN_CREATED, &token.id).detail(json!({ "label": token.label }));
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok((token, secret))
}

/// Deletes one. What was registered with it stays.
///
/// # Errors
/// `not_found`.
pub async fn delete_token(act: &Act<'_>, id: &str) -> Result<(), Problem> {
    let mut write = act.core.begin().await?;
    if !rows::delete(&mut write.tx, &act.tenant.id, id).await? {
        return Err(Problem::not_found());
    }
    act.audit(&mut write, event(kind::INITIAL_TOKEN_DELETED, id))
        .await?;
    act.core.commit(write).await?;
    Ok(())
}

fn event(kind: &'static str, id: &str) -> Event {
    Event::new(kind, Outcome::Success, ("initial_access_token", id))
}
