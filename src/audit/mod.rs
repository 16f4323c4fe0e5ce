//! What happened, who did it and why it was decided so.
//!
//! Owns: the shape of an event and the one list of types; events are written inside the
//! transaction they tell about.
//! Must not know: HTTP, who may read events.

mod event;
mod types;

pub use event::{Event, Outcome, RequestMeta, record};
pub use types::{TYPES, kind};
