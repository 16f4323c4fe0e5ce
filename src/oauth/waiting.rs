//! Requests that wait for a person, bound to the browser that brought them.

use subtle::ConstantTimeEq as _;

use super::request::Asked;
use crate::core::{Core, hash_token};
use crate::domain::app::{App, AppState};
use crate::domain::{Code, Problem, TenantId};
use crate::store::authorization_requests::{self as rows, Waiting};
use crate::store::{Write, apps};

/// As long as a sign-in may take.
const LIFE_MS: i64 = 10 * 60_000;

/// Keeps a request; the value by which its browser comes back to it.
///
/// # Errors
/// `store_unavailable`.
pub async fn keep(
    core: &Core,
    tenant: &TenantId,
    browser: [u8; 32],
    asked: &Asked,
) -> Result<String, Problem> {
    let (plain, hash) = core.new_token();
    let request = serde_json::to_string(asked)
        .map_err(|error| Problem::new(Code::Internal, "authorization request").because(error))?;
    let waiting = Waiting {
        app: asked.app.clone(),
        browser: browser.to_vec(),
        target: target(&asked.back.redirect_uri),
        request,
    };
    let mut write = core.begin().await?;
    let until = write.now() + LIFE_MS;
    rows::create(&mut write.tx, tenant, &hash, &waiting, until).await?;
    core.commit(write).await?;
    Ok(plain.expose().to_owned())
}

/// The request that a browser comes back to.
///
/// # Errors
/// `expired` for what is over as for what is another browser's.
pub async fn find(
    core: &Core,
    tenant: &TenantId,
    browser: &[u8; 32],
    token: &str,
) -> Result<(App, Asked), Problem> {
    let over = || {
        Problem::new(
            Code::Expired,
            "This request of an app is over. Start again in the app.",
        )
    };
    let found = rows::find(&core.db, tenant, &hash_token(token), core.now()).await?;
    let waiting = found
        .filter(|waiting| bool::from(waiting.browser.as_slice().ct_eq(browser)))
        .ok_or_else(over)?;
    let asked: Asked = serde_json::from_str(&waiting.request).map_err(|_| over())?;
    let app = apps::find(&core.db, tenant, waiting.app.as_str()).await?;
    // Switched off or changed meanwhile: what was right then need not be now.
    let app = app
        .filter(|app| app.state == AppState::Active && app.answers_at(&asked.back.redirect_uri))
        .ok_or_else(over)?;
    Ok((app, asked))
}

/// Takes a request out inside a transaction.
///
/// # Errors
/// `expired` for whoever comes second.
pub(super) async fn take(write: &mut Write, tenant: &TenantId, token: &str) -> Result<(), Problem> {
    if rows::consume(&mut write.tx, tenant, &hash_token(token)).await? {
        return Ok(());
    }
    Err(Problem::new(
        Code::Expired,
        "This request of an app is over. Start again in the app.",
    ))
}

/// Where forms of a browser may lead to in the end, for the header that says so.
///
/// # Errors
/// `store_unavailable`.
pub async fn targets(
    core: &Core,
    tenant: &TenantId,
    browser: &[u8; 32],
) -> Result<Vec<String>, Problem> {
    Ok(rows::targets(&core.db, tenant, browser, core.now()).await?)
}

/// The origin of an address as `form-action` names it; of a private scheme the scheme.
pub fn target(uri: &str) -> String {
    match url::Url::parse(uri) {
        Ok(url) if matches!(url.scheme(), "https" | "http") => url.origin().ascii_serialization(),
        Ok(url) => format!("{}:", url.scheme()),
        Err(_) => String::new(),
    }
}
