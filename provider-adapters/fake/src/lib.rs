//! Test doubles for everything beyond the seam: a scripted provider, a clock and a random
//! source under the test's control, an HTTP client that reaches nobody, and a passkey
//! authenticator in software.
//!
//! Owns: pretending. A test holds the same [`Fake`] that the core uses and changes its
//! people and its [`Mood`] while the core runs.
//! Must not know: any real vendor, any storage, the core. Never part of a release.
//!
//! ```
//! use laneway_fake::{Fake, FakeConfig, ManualClock, Mood, Person, test_env};
//!
//! let clock = ManualClock::at(1_800_000_000_000);
//! let fake = Fake::new(FakeConfig::new("http://fake.invalid"), test_env(&clock, 7));
//! fake.put(Person::new("sub-anna", "anna@example.org"));
//! fake.set_mood(Mood::Down);
//! ```

mod actions;
mod authenticator;
mod cbor;
mod clock;
mod conduct;
mod diagnose;
mod directory;
mod events;
mod http_client;
mod lock_out;
mod password;
mod person;
mod provider;
mod random;
mod redirect;
pub mod saml_idp;
mod session;
mod tokens;

pub use authenticator::SoftAuthenticator;
pub use clock::ManualClock;
pub use conduct::Conduct;
pub use http_client::NoHttp;
pub use person::Person;
pub use provider::{Fake, FakeConfig, Mood};
pub use random::SeededRandom;

use std::sync::Arc;

use laneway_contract::Env;

/// An [`Env`] on this clock, with reproducible randomness and no network.
pub fn test_env(clock: &Arc<ManualClock>, seed: u64) -> Env {
    Env {
        clock: Arc::clone(clock) as Arc<dyn laneway_contract::Clock>,
        random: Arc::new(SeededRandom::new(seed)),
        http: Arc::new(NoHttp),
    }
}
