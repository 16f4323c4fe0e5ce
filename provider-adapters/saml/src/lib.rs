//! A SAML 2.0 service provider: sign-in by redirect and POST with any identity provider that
//! keeps to the Web Browser SSO profile.
//!
//! A signature is verified by a library (`engine`); every condition is read and judged a second
//! time by our own code (`answer`, `judge`), and only what both accept counts.
//!
//! Owns: the protocol (SAML Core, Bindings, Profiles §4.1 and §4.4, Metadata).
//! Must not know: who our users are, where state is stored, how pages look.

mod answer;
mod attributes;
mod certificate;
mod config;
mod delegated;
mod diagnose;
mod dom;
mod engine;
mod fault;
mod identity;
mod judge;
mod key;
mod logout;
mod metadata;
mod provider;
mod request;

pub use certificate::Certificate;
pub use config::{Binding, SamlConfig};
pub use fault::Fault;
pub use key::SigningKey;
pub use logout::{LogoutAnswer, LogoutAsked, LogoutMessage, unreadable_logout};
pub use metadata::IdpMetadata;
pub use provider::{Handle, SamlProvider};

/// What an answer or a metadata document may weigh at most, in bytes.
pub const MAX_DOCUMENT: usize = dom::MAX_BYTES;
