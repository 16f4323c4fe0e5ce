//! People as the provider's management API sees them.

use serde::{Deserialize, Serialize};

use crate::ForeignHash;

/// A person to create. The core's flow id serves as idempotency key.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Subject to use where the provider lets us choose.
    pub subject: Option<String>,
    /// Normalised login name (an e-mail address in most tenants).
    pub login_name: String,
    /// Address to store.
    pub email: Option<String>,
    /// Whether the address is proven.
    pub email_verified: bool,
    /// Display name.
    pub name: Option<String>,
}

/// A person as found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryUser {
    /// Stable id at the provider.
    pub subject: String,
    /// Login name.
    pub login_name: String,
    /// Address, if any.
    pub email: Option<String>,
    /// Whether the provider calls it verified.
    pub email_verified: bool,
    /// Display name.
    pub name: Option<String>,
    /// Whether they may sign in.
    pub enabled: bool,
}

/// Somebody who comes from another system, with what that system keeps of them.
#[derive(Debug, Clone)]
pub struct ImportedUser {
    /// Who.
    pub user: NewUser,
    /// Whether they may sign in.
    pub enabled: bool,
    /// Their password.
    pub password: Option<ForeignHash>,
}

/// What became of somebody who was to be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// Made.
    Made(DirectoryUser),
    /// The login name, or an address that must be one person's alone, is taken; nothing changed.
    Present,
    /// A rule of the provider refuses this member; nothing changed.
    Refused(&'static str),
}
