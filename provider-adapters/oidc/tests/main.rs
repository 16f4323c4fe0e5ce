//! The relying party against a scripted provider that signs with keys of its own.
//!
//! Owns: one case per check. Must not know: the engine's inside; only its public calls.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bearer;
mod callback;
mod discovery;
mod id_token;
mod keys;
mod logout;
mod provider;
mod session;
mod signer;
mod token_endpoint;
mod userinfo;
