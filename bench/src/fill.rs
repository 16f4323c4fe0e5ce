//! A database with many live sessions.

use std::io::Write as _;
use std::path::Path;

use crate::program;

const BATCH: usize = 5_000;

/// Adds `count` people with a session each and writes their cookies to `cookies`.
///
/// # Errors
/// What the configuration, the store or the file system says.
pub async fn fill(config: &Path, count: usize, host: &str, cookies: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(config).map_err(|error| error.to_string())?;
    let app = program::open(config, text).await?;
    let core = &app.core;
    let tenant = program::tenant(core).await?;
    let file = std::fs::File::create(cookies).map_err(|error| error.to_string())?;
    let mut out = std::io::BufWriter::new(file);
    let mut left = count;
    while left > 0 {
        let mut write = core.begin().await.map_err(|error| error.to_string())?;
        for _ in 0..left.min(BATCH) {
            let cookie = program::session(core, &mut write, &tenant, host)
                .await
                .map_err(|error| error.to_string())?;
            writeln!(out, "{cookie}").map_err(|error| error.to_string())?;
        }
        core.commit(write)
            .await
            .map_err(|error| error.to_string())?;
        left = left.saturating_sub(BATCH);
    }
    core.db.close().await;
    out.flush().map_err(|error| error.to_string())
}
