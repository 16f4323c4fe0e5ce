//! Keycloak as a provider: the redirect leg comes from `laneway-oidc`, this crate adds what
//! only Keycloak has or does differently.
//!
//! Owns: Keycloak's parameters and error texts, its logout, its people, who of them is locked out, its mails to them, what they do on its
//! pages, its diagnosis and its version, customers' providers that it speaks to, and the set-up of a realm for us
//! ([`bootstrap`]).
//! Must not know: any other vendor, our tables, our cookies.

mod account;
mod account_mail;
mod actions;
mod admin;
pub mod bootstrap;
mod connections;
mod diagnose;
mod directory;
mod drift;
mod events;
mod hash;
mod headless;
mod lock_out;
mod options;
mod provider;
mod realm;
mod redirect;
mod session;
mod version;

pub use hash::exported_password;
pub use options::{
    AdminCredential, ConnectionsOptions, Headless, KeycloakConfig, KeycloakOptions, Spoken,
};
pub use provider::Keycloak;
