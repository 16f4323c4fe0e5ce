//! Who is calling: session cookie or operator token, and whether a browser was tricked.
//!
//! Owns: reading credentials from a header map, the session cookie's form, CSRF.
//! Must not know: routes, pages, providers, what the caller may do.

mod caller;
mod cookies;
mod csrf;

pub use caller::{Caller, authenticate, session_of};
pub use cookies::{DEVICE, FLOW, SESSION, clear, read_single, set_flow, set_session, strip_ours};
pub use csrf::{check_api, check_flow_api, form_token, form_token_matches};
