//! Routes of the administration; who may call each stands in the list of routes.

use axum::Router;
use axum::routing::{delete, get, patch, post, put};

use super::super::router::AppState;

/// All of them.
pub fn routes() -> Router<AppState> {
    Router::new()
        .merge(tenant_routes())
        .merge(user_routes())
        .merge(upstream_routes())
        .merge(organization_routes())
        .merge(role_routes())
        .merge(service_account_routes())
        .merge(invitation_routes())
        .merge(connection_routes())
        .merge(tenant_connection_routes())
        .merge(app_routes())
        .merge(alias_routes())
        .route(
            "/v1/admin/operators",
            get(super::operators).post(super::appoint),
        )
        .route("/v1/admin/api-tokens", post(super::import_token))
        .route(
            "/v1/admin/operators/{id}",
            patch(super::change_operator).delete(super::dismiss),
        )
        .route("/v1/admin/usage", get(super::usage))
        .route("/v1/admin/audit-events", get(super::audit_events))
        .route(
            "/v1/admin/audit-events/export",
            get(super::export_audit_events),
        )
}

fn tenant_routes() -> Router<AppState> {
    Router::new()
        .route(
            "/v1/admin/tenants",
            get(super::tenants).post(super::create_tenant),
        )
        .route(
            "/v1/admin/tenants/{id}",
            patch(super::change_tenant).get(super::read_tenant),
        )
        .route(
            "/v1/admin/tenants/{id}/logo",
            put(super::put_logo).delete(super::remove_logo),
        )
        .route(
            "/v1/admin/tenants/{id}/hosts",
            get(super::hosts).post(super::add_host),
        )
        .route(
            "/v1/admin/tenants/{id}/hosts/{host}",
            get(super::read_host).delete(super::remove_host),
        )
}

fn user_routes() -> Router<AppState> {
    Router::new()
        .route(
            "/v1/admin/users",
            get(super::users).post(super::create_user),
        )
        .route(
            "/v1/admin/users/{id}",
            get(super::read_user)
                .patch(super::change_user)
                .delete(super::delete_user),
        )
        .route("/v1/admin/user-imports", post(super::import_users))
        .route("/v1/admin/users/{id}/apps", get(super::user_apps))
        .route(
            "/v1/admin/users/{id}/sessions",
            get(super::user_sessions).delete(super::end_user_sessions),
        )
        .route(
            "/v1/admin/users/{id}/identities",
            put(super::put_identity).get(super::user_identities),
        )
        .route(
            "/v1/admin/users/{id}/identities/{identity}",
            delete(super::delete_identity),
        )
        .route(
            "/v1/admin/users/{id}/profile",
            get(super::read_profile).put(super::put_profile),
        )
        .route("/v1/admin/users/{id}/totp", delete(super::reset_totp))
        .route(
            "/v1/admin/users/{id}/lockouts",
            get(super::lockouts).delete(super::unlock),
        )
        .route("/v1/admin/users/{id}/mails", post(super::send_mail))
        .route(
            "/v1/admin/users/{id}/organizations",
            get(super::user_memberships),
        )
        .route(
            "/v1/admin/sessions",
            get(super::sessions).delete(super::end_sessions),
        )
        .route("/v1/admin/sessions/{sid}", delete(super::end_session))
        .route("/v1/admin/receipts", get(super::receipt))
}

fn app_routes() -> Router<AppState> {
    Router::new()
        .route("/v1/admin/apps", get(super::apps).post(super::create_app))
        .route(
            "/v1/admin/apps/{app}",
            get(super::read_app)
                .patch(super::change_app)
                .delete(super::delete_app),
        )
        .route("/v1/admin/apps/{app}/secret", post(super::new_app_secret))
        .route(
            "/v1/admin/initial-access-tokens",
            get(super::initial_tokens).post(super::create_initial_token),
        )
        .route(
            "/v1/admin/initial-access-tokens/{id}",
            get(super::read_initial_token).delete(super::delete_initial_token),
        )
        .route("/v1/admin/keys/rotate", post(super::rotate_keys))
}

/// Other names that clients of the field expect (CONTRACT §8).
fn alias_routes() -> Router<AppState> {
    Router::new()
        .route("/v1/users", get(super::users).post(super::create_user))
        .route(
            "/v1/users/{id}",
            get(super::read_user)
                .patch(super::change_user)
                .delete(super::delete_user),
        )
        .route(
            "/v1/sessions",
            get(super::sessions).delete(super::end_sessions),
        )
        .route("/v1/sessions/{sid}", delete(super::end_session))
}

fn upstream_routes() -> Router<AppState> {
    Router::new()
        .route(
            "/v1/admin/upstreams",
            get(super::upstreams).post(super::create_upstream),
        )
        .route(
            "/v1/admin/upstreams/{id}",
            get(super::read_upstream)
                .patch(super::change_upstream)
                .delete(super::delete_upstream),
        )
        .route("/v1/admin/upstreams/{id}/probe", post(super::probe))
}

fn organization_routes() -> Router<AppState> {
    Router::new()
        .route(
            "/v1/organizations",
            get(super::organizations).post(super::create_organization),
        )
        .route(
            "/v1/organizations/{org}",
            get(super::read_organization)
                .patch(super::change_organization)
                .delete(super::delete_organization),
        )
        .route(
            "/v1/organizations/{org}/logo",
            put(super::put_org_logo).delete(super::remove_org_logo),
        )
        .route("/v1/organizations/{org}/members", get(super::members))
        .route(
            "/v1/organizations/{org}/members/{user}",
            put(super::put_member)
                .get(super::read_member)
                .patch(super::change_member)
                .delete(super::remove_member),
        )
}

fn role_routes() -> Router<AppState> {
    Router::new()
        .route(
            "/v1/organizations/{org}/groups",
            get(super::groups).post(super::create_group),
        )
        .route(
            "/v1/organizations/{org}/groups/{group}",
            get(super::read_group)
                .patch(super::change_group)
                .delete(super::delete_group),
        )
        .route(
            "/v1/organizations/{org}/groups/{group}/members",
            get(super::group_members),
        )
        .route(
            "/v1/organizations/{org}/groups/{group}/members/{user}",
            put(super::put_group_member).delete(super::remove_group_member),
        )
        .route(
            "/v1/admin/roles",
            get(super::roles).post(super::create_role),
        )
        .route(
            "/v1/admin/roles/{role}",
            get(super::read_role)
                .patch(super::change_role)
                .delete(super::delete_role),
        )
        .route(
            "/v1/organizations/{org}/roles",
            get(super::org_roles).post(super::create_org_role),
        )
        .route(
            "/v1/organizations/{org}/roles/{role}",
            get(super::read_org_role)
                .patch(super::change_org_role)
                .delete(super::delete_org_role),
        )
}

fn service_account_routes() -> Router<AppState> {
    Router::new()
        .route(
            "/v1/organizations/{org}/service-accounts",
            get(super::service_accounts).post(super::create_service_account),
        )
        .route(
            "/v1/organizations/{org}/service-accounts/{account}",
            get(super::read_service_account)
                .patch(super::change_service_account)
                .delete(super::delete_service_account),
        )
        .route(
            "/v1/organizations/{org}/service-accounts/{account}/keys",
            get(super::keys).post(super::create_key),
        )
        .route(
            "/v1/organizations/{org}/service-accounts/{account}/keys/{key}",
            delete(super::revoke_key),
        )
        .route(
            "/v1/organizations/{org}/service-accounts/{account}/public-keys",
            get(super::public_keys).post(super::add_public_key),
        )
        .route(
            "/v1/organizations/{org}/service-accounts/{account}/public-keys/{public_key}",
            delete(super::remove_public_key),
        )
}

fn tenant_connection_routes() -> Router<AppState> {
    Router::new()
        .route(
            "/v1/admin/connections",
            get(super::connections).post(super::create_connection),
        )
        .route(
            "/v1/admin/connections/{connection}",
            get(super::read_connection).patch(super::change_connection),
        )
        .route(
            "/v1/admin/connections/{connection}/activate",
            post(super::activate),
        )
        .route(
            "/v1/admin/connections/{connection}/rollback",
            post(super::roll_back),
        )
        .route(
            "/v1/admin/connections/{connection}/checks",
            get(super::live_checks),
        )
        .route(
            "/v1/admin/connections/{connection}/tests",
            get(super::tests).post(super::create_test),
        )
        .route(
            "/v1/admin/connections/{connection}/tests/{test}",
            get(super::read_test),
        )
        .route(
            "/v1/admin/connections/{connection}/health",
            get(super::connection_health),
        )
}

fn connection_routes() -> Router<AppState> {
    Router::new()
        .route(
            "/v1/organizations/{org}/connections",
            get(super::connections).post(super::create_connection),
        )
        .route(
            "/v1/organizations/{org}/connections/{connection}",
            get(super::read_connection).patch(super::change_connection),
        )
        .route(
            "/v1/organizations/{org}/connections/{connection}/activate",
            post(super::activate),
        )
        .route(
            "/v1/organizations/{org}/connections/{connection}/rollback",
            post(super::roll_back),
        )
        .route(
            "/v1/organizations/{org}/connections/{connection}/checks",
            get(super::live_checks),
        )
        .route(
            "/v1/organizations/{org}/connections/{connection}/tests",
            get(super::tests).post(super::create_test),
        )
        .route(
            "/v1/organizations/{org}/connections/{connection}/tests/{test}",
            get(super::read_test),
        )
        .route(
            "/v1/organizations/{org}/connections/{connection}/role-mappings",
            get(super::read_mapping).put(super::put_mapping),
        )
        .route(
            "/v1/organizations/{org}/connections/{connection}/role-mappings/simulate",
            post(super::simulate),
        )
        .route(
            "/v1/organizations/{org}/connections/{connection}/role-mappings/diff",
            post(super::diff),
        )
        .route(
            "/v1/organizations/{org}/connections/{connection}/health",
            get(super::connection_health),
        )
        .route(
            "/v1/organizations/{org}/audit-events",
            get(super::org_audit_events),
        )
        .route(
            "/v1/organizations/{org}/break-glass",
            get(super::break_glass),
        )
        .route(
            "/v1/organizations/{org}/break-glass/{user}",
            put(super::name_break_glass).delete(super::unname_break_glass),
        )
        .route(
            "/v1/organizations/{org}/domains",
            get(super::domains).post(super::add_domain),
        )
        .route(
            "/v1/organizations/{org}/domains/{domain}",
            get(super::read_domain).delete(super::remove_domain),
        )
        .route(
            "/v1/organizations/{org}/domains/{domain}/verify",
            post(super::verify_domain),
        )
        .route(
            "/v1/organizations/{org}/setup-links",
            get(super::setup_links).post(super::create_setup_link),
        )
        .route(
            "/v1/organizations/{org}/setup-links/{link}",
            get(super::read_setup_link).delete(super::revoke_setup_link),
        )
        .route("/v1/admin/routing/explain", post(super::explain_routing))
}

fn invitation_routes() -> Router<AppState> {
    Router::new()
        .route(
            "/v1/admin/invitations",
            get(super::invitations).post(super::invite),
        )
        .route(
            "/v1/admin/invitations/{id}",
            get(super::read_invitation).delete(super::revoke_invitation),
        )
        .route(
            "/v1/admin/invitations/{id}/resend",
            post(super::resend_invitation),
        )
        .route(
            "/v1/organizations/{org}/invitations",
            get(super::org_invitations).post(super::invite_to_org),
        )
        .route(
            "/v1/organizations/{org}/invitations/{id}",
            get(super::read_org_invitation).delete(super::revoke_org_invitation),
        )
        .route(
            "/v1/organizations/{org}/invitations/{id}/resend",
            post(super::resend_org_invitation),
        )
}
