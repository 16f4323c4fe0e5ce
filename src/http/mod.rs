//! Routes and middleware.
//!
//! Owns: mapping a request to one call and its outcome to a response; who may call which
//! route stands beside the route.
//! Must not know: rules, transactions, kinds of providers.

mod access;
mod admin;
mod app_links;
mod applications;
mod assets;
mod authz;
mod bff;
mod connection;
mod context;
mod deadlines;
mod echo;
mod federation;
mod first_head;
mod flows;
mod gate;
mod handoff;
mod http2;
mod lang;
mod last_words;
mod me;
mod me_factors;
mod oauth;
mod openapi;
pub mod ops;
mod pages;
mod problem;
mod reference;
pub mod references;
mod registered;
mod router;
mod saml;
mod serve;
pub mod shown;
mod signed_in;
mod slow_body;
pub mod tls;
mod traced;

pub use access::{Access, At};
pub use admin::read_newcomer;
pub use openapi::{openapi, orphans};
pub use references::References;
pub use router::{AppState, ROUTES, router};
pub use serve::{Front, Listening, accept, serve};
