//! Customers bring their own identity provider: connections with revisions, test logins, role
//! mappings, domains, setup links.
//!
//! Owns: what an administrator does with them, each in one transaction with its event inside.
//! Must not know: HTTP types, template text, vendor names, SQL, how a sign-in goes on.

pub mod check;
pub mod connections;
pub mod domains;
pub mod drafts;
pub mod drift;
pub mod enforce;
pub mod health;
pub mod home;
mod known;
pub mod live;
pub mod logout;
pub mod mail_check;
pub mod mappings;
mod metadata;
mod news;
pub mod paste;
pub mod reading;
pub mod registered;
mod secret_end;
pub mod setup_links;
pub mod standing;
pub mod test_logins;
pub mod through;
pub mod trace;
pub mod vendors;
