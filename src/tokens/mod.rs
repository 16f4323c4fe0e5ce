//! JWTs that Laneway itself issues.
//!
//! Owns: signing keys and their rotation, minting, the published key set.
//! Must not know: sessions, HTTP, who may have a token.

mod claims;
mod foreign;
mod keys;
mod pair;
mod verify;

pub use claims::{
    AccessClaims, AccountClaims, Actor, CLIENT_BFF, Confirmation, IdClaims, LogoutClaims,
    MachineClaims, USE_MACHINE, USE_OAUTH,
};
pub use foreign::{FOREIGN_ALGS, Foreign, digest, thumbprint};
pub use keys::{Keys, rotate};
pub use pair::Alg;
pub use verify::{
    HintClaims, says_elsewhere, says_machine, verify_access, verify_hint, verify_machine,
    verify_own,
};

/// Chooses the JWT library's crypto backend, once per process.
pub fn install_provider() {
    // A second call finds it installed: that is what the caller wanted.
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
}
