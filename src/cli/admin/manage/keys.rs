//! Signing keys.

use super::Desk;
use crate::config::Config;
use crate::domain::Problem;
use crate::oauth::signing;

/// New keys; the name of the one for access tokens.
pub(in crate::cli) async fn rotate(
    config: Config,
    tenant: Option<&str>,
    at_once: bool,
) -> Result<String, Problem> {
    let desk = Desk::open(config, tenant).await?;
    signing::rotate_keys(&desk.act(), at_once).await
}
