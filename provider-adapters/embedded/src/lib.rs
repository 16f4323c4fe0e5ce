//! The identity provider that comes with Laneway: passkeys and codes by e-mail, kept in
//! its own tables of Laneway's database. It serves as a tenant's only provider and as the
//! companion of another one (then people are known by the core's ids alone).
//!
//! Owns: `embedded_*` tables, the ceremonies, and the rules of what counts as proof.
//! Must not know: the core's tables, cookies, flows, mail, any other provider.
//!
//! Proof here means: the six digits that went to exactly that address, or an assertion by
//! a passkey with user verification (WebAuthn L3 §7.2). A challenge is consumed by one
//! right answer, by a conditional UPDATE, however many arrive at once.

mod account;
mod challenge;
mod code;
mod diagnose;
mod directory;
mod email_code;
mod enrol;
mod fault;
mod passkey;
mod passkey_login;
mod provider;
mod schema;
mod session;
mod webauthn;

pub use provider::{Embedded, EmbeddedConfig};
pub use schema::migrations;
