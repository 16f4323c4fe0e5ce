//! An OpenID Connect relying party: login by authorization code, token checks, userinfo,
//! logout, for any provider that keeps to the standard and many that nearly do.
//!
//! Owns: the protocol (OIDC Core, Discovery, RP-Initiated and Back-Channel Logout, RFC 9207).
//! What providers do differently is data ([`OidcOptions`]), never a branch on a vendor.
//! Must not know: who our users are, where state is stored, how pages look.

mod authorize;
mod bearer;
mod cached;
mod callback;
mod claims;
mod config;
mod delegated;
mod diagnose;
mod discovery;
mod fault;
mod granted;
mod id_token;
mod identity;
mod issuer;
mod jwks;
mod jwt;
mod logout;
mod logout_token;
mod options;
mod outbound;
mod person_api;
mod presets;
mod provider;
mod refresh;
mod revalidate;
mod revoke;
mod seen;
mod signed_secret;
mod token;
mod userinfo;
mod vendors;

pub use config::OidcConfig;
pub use discovery::Metadata;
pub use options::{
    ClientAuth, EmailAuthority, EmailTrust, IssuerPerTenant, OidcOptions, PersonApi, ResponseMode,
    SignedSecret, ViaClaims,
};
pub use presets::{Preset, preset, preset_names};
pub use provider::OidcProvider;
pub use vendors::{Vendor, vendor};
