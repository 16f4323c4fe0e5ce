//! The identity provider that comes with Laneway: passkeys, codes by e-mail, passwords,
//! authenticator apps and recovery codes, kept in its own tables of Laneway's database. It serves as a tenant's only provider and as the
//! companion of another one (then people are known by the core's ids alone).
//!
//! Owns: `embedded_*` tables, the ceremonies, and the rules of what counts as proof.
//! Must not know: the core's tables, cookies, flows, mail, any other provider.
//!
//! Proof here means: the six digits that went to exactly that address, an assertion by a
//! passkey with user verification (WebAuthn L3 §7.2), a password; and beside one of these a
//! code of an authenticator app, or a recovery code instead of it. A challenge is consumed by one
//! right answer, by a conditional UPDATE, however many arrive at once.

mod account;
mod breached;
mod challenge;
mod code;
mod diagnose;
mod directory;
mod email_code;
mod enrol;
mod fault;
mod foreign;
mod hashing;
mod passkey;
mod passkey_login;
mod password;
mod password_login;
mod provider;
mod recovery;
mod schema;
mod second_factor;
mod session;
mod strength;
mod totp;
mod vault;
mod webauthn;

pub use breached::{BreachedList, MAX_BREACHED_BYTES};
pub use hashing::HashCost;
pub use provider::{Embedded, EmbeddedConfig};
pub use schema::migrations;
pub use vault::{Keys, Vault, VaultPlace};
