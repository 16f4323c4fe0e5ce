//! Pages of the administration, of the tenant and of each organization: who may look, who may
//! act, and one file per room.
//!
//! Owns: how a request becomes one look or one act, and which words describe the outcome.
//! Must not know: how anything is counted, stored or decided.

mod about;
mod apps;
mod company;
mod guard;
mod invite;
mod kept_there;
mod operators;
mod org;
mod organizations;
mod overview;
mod paging;
mod people;
mod person;
mod set_up;
mod settings;
mod social;
mod trail;
mod upload;
mod upstreams;
mod words;

pub(super) use org::Ticked;
pub(in crate::http) use words::{is_ours, of_scope};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use super::super::router::AppState;

/// Addresses of the administration; they exist on login hosts.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/admin", get(overview::show))
        .route("/admin/users", get(people::show))
        .route(
            "/admin/users/invite",
            get(invite::show).post(invite::answer),
        )
        .route("/admin/users/{id}", get(person::show))
        .route("/admin/users/{id}/state", post(person::set_state))
        .route("/admin/users/{id}/totp/reset", post(person::reset_totp))
        .route("/admin/users/{id}/unlock", post(kept_there::unlock))
        .route("/admin/users/{id}/mails", post(kept_there::send_mail))
        .route("/admin/users/{id}/operator", post(operators::answer))
        .route("/admin/users/{id}/sessions/end", post(person::end_all))
        .route(
            "/admin/users/{id}/sessions/{sid}/end",
            post(person::end_one),
        )
        .route(
            "/admin/users/{id}/delete",
            get(person::ask_delete).post(person::delete),
        )
        .route("/admin/users/{id}/identities", post(person::link))
        .route(
            "/admin/users/{id}/identities/{link}/remove",
            post(person::unlink),
        )
        .route("/admin/upstreams", get(upstreams::show))
        .route("/admin/upstreams/{id}/probe", post(upstreams::probe))
        .route(
            "/admin/upstreams/{id}/activate",
            get(upstreams::plan).post(upstreams::activate),
        )
        .route("/admin/connections", get(social::show).post(social::answer))
        .route(
            "/admin/connections/new",
            get(social::new).post(social::create),
        )
        .route("/admin/apps", get(apps::show).post(apps::create))
        .route("/admin/apps/{app}", get(apps::show_one).post(apps::answer))
        .route(
            "/admin/organizations",
            get(organizations::show).post(organizations::create),
        )
        .route("/admin/organizations/{org}", get(organizations::show_one))
        .route(
            "/admin/organizations/{org}/sign-in",
            get(company::show).post(company::answer),
        )
        .route(
            "/admin/organizations/{org}/members",
            post(organizations::put_member),
        )
        .route("/admin/audit", get(trail::show))
        .route("/admin/audit/export", get(trail::export))
        .route("/admin/settings", get(settings::show).post(settings::save))
        .route("/admin/settings/about", post(about::save))
        .route(
            "/admin/settings/logo",
            post(about::put_logo).layer(DefaultBodyLimit::max(upload::MOST_READ)),
        )
        .route("/admin/settings/logo/remove", post(about::remove_logo))
        .route("/admin/settings/hosts", post(settings::add_host))
        .route(
            "/admin/settings/hosts/{id}/remove",
            post(settings::remove_host),
        )
        .merge(org::routes())
}
