//! Pages of one organization, for its own people: `/org/{org}` and the rooms below it. What
//! operators have too is shown by the same handlers.
//!
//! Owns: the addresses, and the rooms that only an organization has.
//! Must not know: how anything is counted, stored or decided.

mod answer;
mod connection;
mod domains;
mod groups;
mod home;
mod member;
mod people;
mod roles;
mod services;
mod settings;
mod ticked;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use super::super::super::router::AppState;
use super::{company, invite, trail, upload};

pub(in crate::http::pages) use ticked::Ticked;

/// Addresses of an organization's pages; they exist on login hosts.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/org/{org}", get(home::show))
        .route("/org/{org}/people", get(people::show))
        .route(
            "/org/{org}/people/invite",
            get(invite::show_own).post(invite::answer_own),
        )
        .route(
            "/org/{org}/people/{user}",
            get(member::show).post(member::answer),
        )
        .route("/org/{org}/groups", get(groups::show).post(groups::create))
        .route(
            "/org/{org}/groups/{group}",
            get(groups::show_one).post(groups::answer),
        )
        .route(
            "/org/{org}/services",
            get(services::show).post(services::create),
        )
        .route(
            "/org/{org}/services/{account}",
            get(services::show_one).post(services::answer),
        )
        .route("/org/{org}/roles", get(roles::show).post(roles::create))
        .route(
            "/org/{org}/roles/{role}",
            get(roles::show_one).post(roles::answer),
        )
        .route(
            "/org/{org}/connections",
            get(company::show_connections).post(company::answer_connections),
        )
        .route("/org/{org}/connections/{connection}", get(connection::show))
        .route(
            "/org/{org}/domains",
            get(domains::show).post(domains::answer),
        )
        .route(
            "/org/{org}/sign-in",
            get(company::show_rules).post(company::answer_rules),
        )
        .route("/org/{org}/audit", get(trail::show_own))
        .route("/org/{org}/audit/export", get(trail::export_own))
        .route(
            "/org/{org}/settings",
            get(settings::show).post(settings::save),
        )
        .route(
            "/org/{org}/settings/logo",
            post(settings::put_logo).layer(DefaultBodyLimit::max(upload::MOST_READ)),
        )
        .route(
            "/org/{org}/settings/logo/remove",
            post(settings::remove_logo),
        )
}
