//! What operators do to tenants and people (CONTRACT §8, as far as it exists).

mod tenants;
mod upstreams;
mod users;

use crate::domain::Problem;

pub use tenants::{add_host, create_tenant};
pub use upstreams::{UpstreamInput, addresses, probe, put_upstream};
pub use users::{ChangeUser, CreateUser, change_user, create_user, delete_user, put_identity};

/// Who acts: kind and id, for the audit event.
pub type Actor<'a> = (&'static str, &'a str);

/// A short name in addresses.
///
/// # Errors
/// `invalid_field`.
pub fn check_slug(pointer: &str, slug: &str) -> Result<(), Problem> {
    let ok = !slug.is_empty()
        && slug.len() <= 63
        && slug
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !slug.starts_with('-')
        && !slug.ends_with('-');
    if ok {
        return Ok(());
    }
    Err(Problem::field(
        pointer,
        "invalid_slug",
        "Use lower-case letters, digits and inner dashes.",
    ))
}
