//! `/oauth/*` and the documents that describe it: how requests of apps become calls of the
//! authorization server, and its answers HTTP.
//!
//! Owns: forms, headers and formats of OAuth.
//! Must not know: what is granted to whom, and why.

mod alias;
mod answer;
mod authorize;
mod consent;
mod device;
mod discovery;
mod end;
mod feed;
mod register;
mod resource;
mod revoke;
mod routes;
mod token;
mod userinfo;
mod words;

pub use alias::usual;
pub use resource::{RESOURCE_METADATA, resource};
pub use routes::routes;
pub use words::scope_words;
