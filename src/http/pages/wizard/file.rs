//! Metadata that somebody has as a file: read as if it had been pasted.

use axum::extract::Path;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::response::Response;
use http::StatusCode;

use super::super::super::context::Context;
use super::connect::paste;
use super::guard::{Instead, enter, marked};
use crate::domain::{Code, Problem};

/// More than any provider's metadata; one byte over tells that it is too much.
const MOST: usize = 256 * 1024 + 1;
/// The largest upload that is read to its end, so that the browser shows our answer.
pub const MOST_READ: usize = 4 * 1024 * 1024;
const SHORT: usize = 512;

/// `POST /setup/{token}/metadata`
pub async fn read(
    context: Context,
    Path(token): Path<String>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Instead> {
    // Nobody's bytes are read before their link is known.
    let setup = enter(&context, &token).await?;
    let (mut csrf, mut file) = (Vec::new(), Vec::new());
    if let Ok(mut form) = form {
        while let Some(mut field) = form.next_field().await.map_err(unread)? {
            let (kept, most) = match field.name() {
                Some("csrf") => (&mut csrf, SHORT),
                Some("file") => (&mut file, MOST),
                _ => continue,
            };
            while let Some(chunk) = field.chunk().await.map_err(unread)? {
                let room = most.saturating_sub(kept.len()).min(chunk.len());
                kept.extend_from_slice(&chunk[..room]);
            }
        }
    }
    marked(&context, &setup, &String::from_utf8_lossy(&csrf))?;
    // A byte order mark is no part of the document.
    let text = String::from_utf8_lossy(&file);
    Ok(paste(&context, setup, text.trim_start_matches('\u{feff}')).await?)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
fn unread(error: axum::extract::multipart::MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::new(Code::TooLarge, "Send a file of at most 256 KiB.")
    } else {
        let detail = "The upload could not be read. Choose the file again.";
        Problem::new(Code::InvalidRequest, detail).because(error.body_text())
    }
}
