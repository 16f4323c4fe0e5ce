//! Routes and middleware.
//!
//! Owns: mapping a request to one call and its outcome to a response; who may call which
//! route stands beside the route.
//! Must not know: rules, transactions, kinds of providers.

mod admin;
mod assets;
mod bff;
mod context;
mod federation;
mod first_head;
mod flows;
mod gate;
mod handoff;
mod me;
pub mod ops;
mod pages;
mod problem;
mod router;
mod serve;

pub use router::{Access, AppState, ROUTES, router};
pub use serve::serve;
