//! The whole program against real parts: database, router, clock under control, a scripted
//! identity provider, real processes where one is to be killed or frozen.

mod architecture;
mod docs;
mod harness;

mod admin;
mod backchannel;
mod bff;
mod cookies;
mod crash;
mod expiry;
mod flows_limits;
mod flows_passkey;
mod flows_people;
mod flows_shape;
mod frozen;
mod fuzz;
mod garbage;
mod handoff;
mod killed;
mod nodes;
mod proxy;
mod races;
mod revocation;
mod routes;
mod store_log;
mod store_once;
mod store_people;
mod store_schema;
mod store_sessions;
mod suite;
mod swap;
