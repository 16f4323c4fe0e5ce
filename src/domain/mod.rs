//! Types and rules of the product.
//!
//! Owns: ids, normal forms, states and their transitions, every decision that needs no
//! input beyond its arguments.
//! Must not know: I/O, SQL, HTTP, clocks, randomness, any other room.

pub mod admission;
pub mod advance;
pub mod api_token;
pub mod app;
pub mod bearer;
pub mod checks;
pub mod connection;
pub mod device;
pub mod email;
pub mod entry;
pub mod errand;
pub mod flow;
pub mod forward;
pub mod ids;
pub mod invitation;
pub mod jwk;
pub mod ladder;
pub mod lang;
pub mod mapping;
pub mod png;
pub mod problem;
pub mod profile;
pub mod redirect_uri;
mod refusal;
pub mod return_to;
pub mod routing;
pub mod scope;
pub mod session;
pub mod settings;
pub mod tenant;
pub mod upstream;
pub mod user;
pub mod user_code;
pub mod wanted_claims;

pub use email::Email;
pub use ids::{AppId, ConnectionId, DeviceId, FlowId, OrgId, Sid, TenantId, UpstreamId, UserId};
pub use lang::Lang;
pub use problem::{Code, FieldFault, Problem};
