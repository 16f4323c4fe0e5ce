//! The embedded provider on both engines: SQLite in a temporary folder, and PostgreSQL
//! where `LANEWAY_TEST_PG_URL` names a superuser's address.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod directory;
mod email_code;
mod enrol;
mod imported;
mod passkey_login;
mod password;
mod rig;
mod second_factor;
