//! Laneway: one uniform login in front of whatever identity provider a team runs.
//!
//! The rooms and who may know whom stand in `docs/architecture.md`; `tests/architecture.rs`
//! holds the directions.

// A connection's future holds a request's and all that it waits for: a release build follows them
// deeper than the compiler's 128.
#![recursion_limit = "512"]

pub mod app;
pub mod audit;
pub mod authn;
pub mod authz;
pub mod cli;
pub mod config;
pub mod core;
pub mod domain;
pub mod edge;
pub mod http;
pub mod lane_a;
pub mod lane_b;
pub mod oauth;
pub mod outbound;
pub mod providers;
pub mod sessions;
pub mod store;
pub mod tokens;
pub mod views;
