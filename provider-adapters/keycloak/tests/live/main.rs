//! The adapter against a running Keycloak. Each test makes a realm of its own and deletes it.
//!
//! Runs when `LANEWAY_TEST_KEYCLOAK_URL` and `LANEWAY_TEST_KEYCLOAK_ADMIN_PASSWORD` are set (user
//! `admin` of the realm `master`), as `dev/keycloak start` prints them; else it says so and passes.
//!
//! Owns: what only the real thing can prove. Must not know: the adapter's inside.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod actions;
mod bootstrap;
mod browser;
mod connections;
mod diagnose;
mod directory;
mod drift;
mod events;
mod headless;
mod listener;
mod lock_out;
mod login;
mod logout;
mod outside;
mod parts;
mod passkey;
mod realm;
mod recorded;
