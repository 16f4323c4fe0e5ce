//! The keys that the core lends: for fingerprints of what is short, and for sealing what
//! must be read again.

use secrecy::SecretSlice;

/// Seals and opens; the core knows the keys. What was sealed for one place opens nowhere
/// else.
pub trait Vault: Send + Sync {
    /// Seals a value for a place in this tenant.
    fn seal(&self, place: VaultPlace<'_>, plain: &[u8]) -> Vec<u8>;
    /// Opens it there; `None` if it was sealed elsewhere or by a key that is gone.
    fn open(&self, place: VaultPlace<'_>, sealed: &[u8]) -> Option<Vec<u8>>;
}

/// Where a sealed value lies.
#[derive(Debug, Clone, Copy)]
pub struct VaultPlace<'a> {
    /// Table.
    pub table: &'static str,
    /// Column.
    pub column: &'static str,
    /// Row.
    pub row: &'a str,
}

/// Everything secret that this provider is handed.
pub struct Keys {
    /// Turn codes into what is stored (32 random bytes, the same on every node). The first
    /// is in use; the others still judge what they made.
    pub mac: Vec<SecretSlice<u8>>,
    /// Seals authenticator secrets.
    pub vault: std::sync::Arc<dyn Vault>,
}
