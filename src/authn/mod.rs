//! Who is calling: session cookie, access token, API token, an upstream's token, operator's token; and whether a browser was tricked.
//!
//! Owns: reading credentials from a header map, the session cookie's form, CSRF.
//! Must not know: routes, pages, providers, which role permits what.

mod caller;
mod cookies;
mod csrf;
mod token;
mod upstream;

pub use caller::{
    Caller, CookieState, authenticate, for_elsewhere, is_bearer, judge_cookie, names_bearer,
    session_of,
};
pub use cookies::{
    DEVICE, FLOW, LANG, SESSION, clear, read_lang, read_single, set_device, set_flow, set_lang,
    set_session, strip_ours,
};
pub use csrf::{check_api, check_flow_api, check_own_page, form_token, form_token_matches};
