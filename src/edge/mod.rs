//! Between browsers and applications: the handoff of a sign-in to an app host, the proxy
//! behind the cookie, the frontend.
//!
//! Owns: tickets, what a backend gets to see, the token it gets.
//! Must not know: how people sign in; the hot path calls no provider and writes nothing.

mod backends;
mod body;
pub mod forward;
pub mod frontend;
pub mod handoff;
mod headers;
mod identity;
pub mod proxy;
mod traced;
mod upgrade;
pub mod upstream_token;

pub use backends::Backends;
pub use headers::forwarded_names;
pub use upgrade::wanted as websocket_wanted;

/// Paths of an app host that are never the application's.
pub fn is_ours(path: &str) -> bool {
    let first = path.split('/').nth(1).unwrap_or_default();
    ["bff", "api", "v1", ".laneway", "authz"].contains(&first)
}
