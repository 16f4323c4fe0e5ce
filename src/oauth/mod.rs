//! The authorization server: apps, and what they get in the name of people.
//!
//! Owns: what an app may ask for, codes and token families, their order and audit events.
//! Must not know: HTTP types, template text, SQL, how somebody signs in.

pub mod account;
pub mod application;
pub mod apps;
mod assertion;
pub mod authorize;
mod claims;
pub mod client;
pub mod consent;
pub mod device;
mod document;
pub mod dpop;
pub mod end;
mod entry;
mod exchange;
mod family;
mod fault;
pub mod feed;
pub mod grants;
pub mod initial_access;
pub mod logout_notice;
mod machine;
mod metadata;
mod params;
pub mod person;
mod pkce;
mod poll;
pub mod pushed;
mod redeem;
mod refresh;
pub mod register;
pub mod request;
pub mod revoke;
pub mod signing;
pub mod token;
pub mod waiting;

pub use fault::Fault;
pub use params::Params;
