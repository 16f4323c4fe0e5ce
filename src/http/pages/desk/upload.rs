//! A form with a picture, as browsers send it without scripts.
//!
//! Owns: how it is read. Must not know: whose picture it is, and whether it is one.

use axum::extract::multipart::{Field, Multipart, MultipartError, MultipartRejection};
use http::StatusCode;
use serde::Deserialize;

use super::super::super::context::Context;
use crate::domain::png::MAX_BYTES;
use crate::domain::{Code, Problem};

/// The largest upload that is read to its end, so that the browser shows our answer and not
/// a broken connection. Never more than a logo's worth of it is kept.
pub const MOST_READ: usize = 8 * 1024 * 1024;
/// A token or a number.
const SHORT: usize = 512;

/// What was sent.
#[derive(Default)]
pub struct Upload {
    /// The token of the page.
    pub csrf: String,
    /// What was seen.
    pub version: Option<i64>,
    picture: Vec<u8>,
}

impl Upload {
    /// Reads a form. One of another kind has no token, and is refused for that.
    ///
    /// # Errors
    /// `unauthenticated`, `invalid_request`, `too_large`.
    pub async fn read(
        context: &Context,
        form: Result<Multipart, MultipartRejection>,
    ) -> Result<Self, Problem> {
        // Nobody's bytes are read before they have said who they are.
        context.visit_as([0; 32], false).await?.session()?;
        let mut all = Self::default();
        let Ok(mut form) = form else {
            return Ok(all);
        };
        // In the order of the form: the token stands before the file.
        while let Some(field) = form.next_field().await.map_err(garbled)? {
            match field.name() {
                Some("csrf") => all.csrf = short(field).await?,
                Some("version") => all.version = short(field).await?.parse().ok(),
                Some("picture") => all.picture = kept(field).await?,
                _ => return Err(unread()),
            }
        }
        Ok(all)
    }

    /// What was chosen.
    ///
    /// # Errors
    /// `invalid_field` for nothing.
    pub fn picture(self) -> Result<Vec<u8>, Problem> {
        if self.picture.is_empty() {
            let detail = "Choose a PNG file first.";
            return Err(Problem::field("/picture", "required", detail));
        }
        Ok(self.picture)
    }
}

/// The forms that only press a button.
#[derive(Deserialize)]
pub struct PressedForm {
    /// The token of the page.
    #[serde(default)]
    pub csrf: String,
    /// What was seen.
    pub version: Option<i64>,
}

fn unread() -> Problem {
    let detail = "The upload could not be read. Choose the file again.";
    Problem::new(Code::InvalidRequest, detail)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
fn garbled(error: MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::new(Code::TooLarge, "Send a picture of at most 64 KiB.")
    } else {
        unread().because(error.body_text())
    }
}

async fn short(field: Field<'_>) -> Result<String, Problem> {
    let bytes = read(field, SHORT).await?;
    String::from_utf8(bytes).map_err(|_| unread())
}

/// One byte more than may be: enough to tell that it is too much.
async fn kept(field: Field<'_>) -> Result<Vec<u8>, Problem> {
    read(field, MAX_BYTES + 1).await
}

async fn read(mut field: Field<'_>, most: usize) -> Result<Vec<u8>, Problem> {
    let mut all = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(garbled)? {
        let room = most.saturating_sub(all.len()).min(chunk.len());
        all.extend_from_slice(&chunk[..room]);
    }
    Ok(all)
}
