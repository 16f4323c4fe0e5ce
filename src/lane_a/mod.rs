//! Flows for people: sign in, sign up, verify an address, link an identity, step up; and
//! what a person can do with their own account.
//!
//! Owns: the order of steps, their transactions and audit events.
//! Must not know: HTTP types, template text, vendor names, SQL.

pub mod account;
mod admission;
pub mod api_tokens;
pub mod broker;
pub mod codes;
pub mod desk;
pub mod devices;
pub mod door;
mod email_code;
pub mod emergency;
mod enrol;
mod errand;
pub mod factors;
mod finish;
mod flow;
pub mod invitation;
pub mod limits;
mod linking;
pub mod logout;
pub mod mail;
pub mod methods;
mod new_password;
pub mod notices;
pub mod operator;
pub mod outbox;
pub mod owner;
mod passkey;
pub mod posted;
mod redirect;
mod render;
pub mod revalidation;
pub mod routing;
mod settle;
mod sign_in;
mod social;
mod sso;
mod submit;
pub mod swap;
mod throttle;
mod typed;
pub mod upstream_events;
pub mod upstream_revocation;
mod visit;

pub use door::count_unasked;
pub use email_code::read_link;
pub use flow::{Begin, begin, load, load_by_state};
pub use redirect::{complete as complete_redirect, keep_answer, kept_answer, visit_again};
pub use render::{flow_json, provider_address};
pub use sign_in::{end as end_in, end_of_subject};
pub use submit::{Cookies, Submitted, check_name, submit};
pub use visit::Visit;
