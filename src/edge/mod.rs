//! Between browsers and applications: the handoff of a sign-in to an app host, the proxy
//! behind the cookie, the frontend.
//!
//! Owns: tickets, what a backend gets to see, the token it gets.
//! Must not know: how people sign in; the hot path calls no provider and writes nothing.

pub mod frontend;
pub mod handoff;
mod headers;
mod identity;
pub mod proxy;

pub use headers::forwarded_names;
