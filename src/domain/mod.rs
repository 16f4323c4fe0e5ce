//! Types and rules of the product.
//!
//! Owns: ids, normal forms, states and their transitions, every decision that needs no
//! input beyond its arguments.
//! Must not know: I/O, SQL, HTTP, clocks, randomness, any other room.

pub mod advance;
pub mod email;
pub mod flow;
pub mod ids;
pub mod problem;
pub mod return_to;
pub mod session;
pub mod tenant;
pub mod upstream;
pub mod user;

pub use email::Email;
pub use ids::{FlowId, OrgId, Sid, TenantId, UpstreamId, UserId};
pub use problem::{Code, FieldFault, Problem};
