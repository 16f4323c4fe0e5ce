//! Everything that leaves this process or comes from the machine below it: guarded HTTP,
//! mail, wall clock, randomness.
//!
//! Owns the rules which addresses may be called. Must not know providers, tenants' rows or
//! why a call is made. Other rooms get these things as parameters.

mod clock;
mod dns;
mod http;
pub mod ip;
mod mail;
mod random;
mod resolve;
mod traced;

pub use crate::domain::upstream::Trust;
pub use clock::SystemClock;
pub use dns::{Names, NamesFault};
pub use http::GuardedClient;
pub use mail::{Mail, MailError, Mailer};
pub use random::SystemRandom;
