//! All routes on one page.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_request, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use laneway_spans::Tracer;
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;

use super::access::{Access, At};
use super::last_words::{as_problem, method_not_allowed, panicked};
use super::references::References;
use super::{
    admin, app_links, assets, bff, context, echo, federation, flows, gate, handoff, me, oauth,
    pages, reference, registered, saml, slow_body, traced,
};
use crate::app::Extra;
use crate::authz::Permission;
use crate::core::Core;
use crate::edge::Backends;

/// What handlers share.
#[derive(Clone)]
pub struct AppState {
    /// The program.
    pub core: Arc<Core>,
    /// The client for backends.
    pub backends: Backends,
    /// Numbers requests.
    pub references: Arc<References>,
    /// Whoever collects traces.
    pub tracer: Option<Tracer>,
}

use Access::{App, Bound, Needs, Proxy, Public, Session};
use At::{Instance, Named, Org, Tenant};
use Permission as May;

/// Method, path, caller: one line per route.
#[rustfmt::skip]
pub const ROUTES: &[(&str, &str, Access)] = &[
    ("GET", "/healthz", Public),
    ("GET", "/openapi.json", Public),
    ("GET", "/docs/api", Public),
    ("GET", "/help/checks", Public),
    ("GET", "/assets/{*path}", Public),
    ("GET", "/.well-known/jwks.json", Public),
    ("GET", "/.well-known/openid-configuration", Public),
    ("GET", "/.well-known/oauth-authorization-server", Public),
    ("GET", "/.well-known/oauth-protected-resource", Public),
    ("GET", "/.well-known/oauth-protected-resource/{*path}", Public),
    ("GET", "/.laneway/oauth-protected-resource", Public),
    ("GET", "/oauth/authorize", Public),
    ("POST", "/oauth/authorize", Public),
    ("GET", "/consent", Bound),
    ("POST", "/consent", Bound),
    ("POST", "/oauth/token", App),
    ("POST", "/oauth/par", App),
    ("POST", "/oauth/register", App),
    ("GET", "/oauth/register/{client}", App),
    ("PUT", "/oauth/register/{client}", App),
    ("DELETE", "/oauth/register/{client}", App),
    ("POST", "/auth/refresh", App),
    ("POST", "/oauth/revoke", App),
    ("POST", "/oauth/introspect", App),
    ("POST", "/oauth/device_authorization", App),
    ("GET", "/device", Public),
    ("POST", "/device", Bound),
    ("GET", "/oauth/end_session", Public),
    ("POST", "/oauth/end_session", Public),
    ("GET", "/oauth/userinfo", App),
    ("GET", "/v1/invalidations", Needs(May::InvalidationsRead, Tenant)),
    ("POST", "/oauth/userinfo", App),
    ("GET", "/bff/login", Public),
    ("GET", "/bff/user", Session),
    ("POST", "/bff/logout", Session),
    ("GET", "/bff/logout", Session),
    ("GET", "/bff/logout/continue/{id}", Bound),
    ("POST", "/bff/org", Session),
    ("POST", "/bff/backchannel/{upstream}", Bound),
    ("GET", "/bff/handoff", Bound),
    ("GET", "/.laneway/laneway.js", Public),
    ("GET", "/.laneway/laneway.d.ts", Public),
    ("GET", "/.laneway/start", Public),
    ("GET", "/.laneway/callback", Bound),
    ("GET", "/.laneway/logout", Session),
    ("GET", "/.laneway/echo", Proxy),
    ("GET", "/.laneway/echo/{*path}", Proxy),
    ("GET", "/authz/auth-request", Proxy),
    ("GET", "/authz/forward-auth", Proxy),
    ("GET", "/authz/ext-authz/{*path}", Proxy),
    ("GET", "/oauth2/auth", Proxy),
    ("GET", "/oauth2/sign_in", Public),
    ("GET", "/oauth2/start", Public),
    ("GET", "/oauth2/sign_out", Public),
    ("POST", "/v1/auth/flows", Public),
    ("GET", "/v1/auth/flows/{id}", Bound),
    ("POST", "/v1/auth/flows/{id}/{kind}", Bound),
    ("GET", "/federation/{upstream}/start", Public),
    ("GET", "/federation/tests/{token}", Bound),
    ("GET", "/federation/callback/{upstream}", Bound),
    ("POST", "/federation/callback/{upstream}", Bound),
    ("GET", "/saml/{connection}", Public),
    ("GET", "/saml/{connection}/metadata", Public),
    ("GET", "/saml/{connection}/request", Public),
    ("POST", "/saml/{connection}/acs", Bound),
    ("GET", "/saml/{connection}/logout", Bound),
    ("POST", "/saml/{connection}/logout", Bound),
    ("GET", "/v1/me", Session),
    ("PATCH", "/v1/me", Session),
    ("DELETE", "/v1/me", Session),
    ("POST", "/v1/me/email", Session),
    ("POST", "/v1/me/email/confirm", Session),
    ("GET", "/v1/me/export", Session),
    ("GET", "/v1/me/sessions", Session),
    ("DELETE", "/v1/me/sessions", Session),
    ("DELETE", "/v1/me/sessions/{sid}", Session),
    ("GET", "/v1/me/passkeys", Session),
    ("POST", "/v1/me/passkeys", Session),
    ("POST", "/v1/me/passkeys/{id}", Session),
    ("DELETE", "/v1/me/passkeys/{id}", Session),
    ("POST", "/v1/me/password", Session),
    ("GET", "/v1/me/totp", Session),
    ("POST", "/v1/me/totp", Session),
    ("DELETE", "/v1/me/totp", Session),
    ("POST", "/v1/me/totp/confirm", Session),
    ("GET", "/v1/me/recovery-codes", Session),
    ("POST", "/v1/me/recovery-codes", Session),
    ("GET", "/v1/me/apps", Session),
    ("DELETE", "/v1/me/apps/{app}", Session),
    ("GET", "/v1/me/devices", Session),
    ("PATCH", "/v1/me/devices/{id}", Session),
    ("DELETE", "/v1/me/devices/{id}", Session),
    ("GET", "/v1/me/upstream-credentials", Session),
    ("POST", "/v1/me/upstream-credentials", Session),
    ("GET", "/v1/me/identities", Session),
    ("POST", "/v1/me/identities", Session),
    ("DELETE", "/v1/me/identities/{id}", Session),
    ("GET", "/v1/me/organizations", Session),
    ("DELETE", "/v1/me/organizations/{org}", Session),
    ("GET", "/v1/me/tokens", Session),
    ("POST", "/v1/me/tokens", Session),
    ("DELETE", "/v1/me/tokens/{id}", Session),
    ("GET", "/v1/admin/tenants", Needs(May::TenantsRead, Tenant)),
    ("POST", "/v1/admin/tenants", Needs(May::TenantsCreate, Instance)),
    ("GET", "/v1/admin/tenants/{id}", Needs(May::TenantsRead, Named)),
    ("PATCH", "/v1/admin/tenants/{id}", Needs(May::TenantsWrite, Named)),
    ("PUT", "/v1/admin/tenants/{id}/logo", Needs(May::TenantsWrite, Named)),
    ("DELETE", "/v1/admin/tenants/{id}/logo", Needs(May::TenantsWrite, Named)),
    ("GET", "/v1/admin/tenants/{id}/hosts", Needs(May::TenantsRead, Named)),
    ("POST", "/v1/admin/tenants/{id}/hosts", Needs(May::HostsWrite, Named)),
    ("GET", "/v1/admin/tenants/{id}/hosts/{host}", Needs(May::TenantsRead, Named)),
    ("DELETE", "/v1/admin/tenants/{id}/hosts/{host}", Needs(May::HostsWrite, Named)),
    ("GET", "/v1/admin/users", Needs(May::UsersRead, Tenant)),
    ("POST", "/v1/admin/users", Needs(May::UsersWrite, Tenant)),
    ("POST", "/v1/admin/user-imports", Needs(May::UsersWrite, Instance)),
    ("GET", "/v1/admin/users/{id}", Needs(May::UsersRead, Tenant)),
    ("PATCH", "/v1/admin/users/{id}", Needs(May::UsersWrite, Tenant)),
    ("DELETE", "/v1/admin/users/{id}", Needs(May::UsersWrite, Tenant)),
    ("GET", "/v1/admin/users/{id}/sessions", Needs(May::SessionsRead, Tenant)),
    ("DELETE", "/v1/admin/users/{id}/sessions", Needs(May::SessionsWrite, Tenant)),
    ("GET", "/v1/admin/users/{id}/apps", Needs(May::UsersRead, Tenant)),
    ("GET", "/v1/admin/users/{id}/identities", Needs(May::UsersRead, Tenant)),
    ("PUT", "/v1/admin/users/{id}/identities", Needs(May::UsersWrite, Tenant)),
    ("DELETE", "/v1/admin/users/{id}/identities/{identity}", Needs(May::UsersWrite, Tenant)),
    ("GET", "/v1/admin/users/{id}/profile", Needs(May::UsersRead, Tenant)),
    ("PUT", "/v1/admin/users/{id}/profile", Needs(May::UsersWrite, Tenant)),
    ("DELETE", "/v1/admin/users/{id}/totp", Needs(May::FactorsReset, Tenant)),
    ("GET", "/v1/admin/users/{id}/lockouts", Needs(May::UsersRead, Tenant)),
    ("DELETE", "/v1/admin/users/{id}/lockouts", Needs(May::FactorsReset, Tenant)),
    ("POST", "/v1/admin/users/{id}/mails", Needs(May::FactorsReset, Tenant)),
    ("GET", "/v1/admin/users/{id}/organizations", Needs(May::UsersRead, Tenant)),
    ("GET", "/v1/admin/sessions", Needs(May::SessionsRead, Tenant)),
    ("DELETE", "/v1/admin/sessions", Needs(May::SessionsWrite, Tenant)),
    ("DELETE", "/v1/admin/sessions/{sid}", Needs(May::SessionsWrite, Tenant)),
    ("GET", "/v1/admin/receipts", Needs(May::SessionsRead, Tenant)),
    ("GET", "/v1/admin/upstreams", Needs(May::UpstreamsRead, Tenant)),
    ("POST", "/v1/admin/upstreams", Needs(May::UpstreamsWrite, Tenant)),
    ("GET", "/v1/admin/upstreams/{id}", Needs(May::UpstreamsRead, Tenant)),
    ("PATCH", "/v1/admin/upstreams/{id}", Needs(May::UpstreamsWrite, Tenant)),
    ("DELETE", "/v1/admin/upstreams/{id}", Needs(May::UpstreamsWrite, Tenant)),
    ("POST", "/v1/admin/upstreams/{id}/probe", Needs(May::UpstreamsRead, Tenant)),
    ("GET", "/v1/admin/connections", Needs(May::UpstreamsRead, Tenant)),
    ("POST", "/v1/admin/connections", Needs(May::UpstreamsWrite, Tenant)),
    ("GET", "/v1/admin/connections/{connection}", Needs(May::UpstreamsRead, Tenant)),
    ("PATCH", "/v1/admin/connections/{connection}", Needs(May::UpstreamsWrite, Tenant)),
    ("POST", "/v1/admin/connections/{connection}/activate", Needs(May::UpstreamsWrite, Tenant)),
    ("POST", "/v1/admin/connections/{connection}/rollback", Needs(May::UpstreamsWrite, Tenant)),
    ("GET", "/v1/admin/connections/{connection}/checks", Needs(May::UpstreamsWrite, Tenant)),
    ("GET", "/v1/admin/connections/{connection}/tests", Needs(May::UpstreamsRead, Tenant)),
    ("POST", "/v1/admin/connections/{connection}/tests", Needs(May::UpstreamsWrite, Tenant)),
    ("GET", "/v1/admin/connections/{connection}/tests/{test}", Needs(May::UpstreamsRead, Tenant)),
    ("GET", "/v1/admin/connections/{connection}/health", Needs(May::UpstreamsRead, Tenant)),
    ("GET", "/v1/admin/apps", Needs(May::AppsRead, Tenant)),
    ("POST", "/v1/admin/apps", Needs(May::AppsWrite, Tenant)),
    ("GET", "/v1/admin/apps/{app}", Needs(May::AppsRead, Tenant)),
    ("PATCH", "/v1/admin/apps/{app}", Needs(May::AppsWrite, Tenant)),
    ("DELETE", "/v1/admin/apps/{app}", Needs(May::AppsWrite, Tenant)),
    ("POST", "/v1/admin/apps/{app}/secret", Needs(May::AppsWrite, Tenant)),
    ("GET", "/v1/admin/initial-access-tokens", Needs(May::AppsRead, Tenant)),
    ("POST", "/v1/admin/initial-access-tokens", Needs(May::AppsWrite, Tenant)),
    ("GET", "/v1/admin/initial-access-tokens/{id}", Needs(May::AppsRead, Tenant)),
    ("DELETE", "/v1/admin/initial-access-tokens/{id}", Needs(May::AppsWrite, Tenant)),
    ("POST", "/v1/admin/keys/rotate", Needs(May::TenantsWrite, Tenant)),
    ("POST", "/v1/admin/api-tokens", Needs(May::TokensWrite, Tenant)),
    ("GET", "/v1/admin/operators", Needs(May::OperatorsRead, Tenant)),
    ("POST", "/v1/admin/operators", Needs(May::OperatorsWrite, Tenant)),
    ("PATCH", "/v1/admin/operators/{id}", Needs(May::OperatorsWrite, Tenant)),
    ("DELETE", "/v1/admin/operators/{id}", Needs(May::OperatorsWrite, Tenant)),
    ("GET", "/v1/admin/invitations", Needs(May::UsersRead, Tenant)),
    ("POST", "/v1/admin/invitations", Needs(May::UsersWrite, Tenant)),
    ("GET", "/v1/admin/invitations/{id}", Needs(May::UsersRead, Tenant)),
    ("DELETE", "/v1/admin/invitations/{id}", Needs(May::UsersWrite, Tenant)),
    ("POST", "/v1/admin/invitations/{id}/resend", Needs(May::InvitationsSend, Tenant)),
    ("GET", "/v1/admin/usage", Needs(May::UsageRead, Tenant)),
    ("GET", "/v1/admin/audit-events", Needs(May::AuditRead, Tenant)),
    ("GET", "/v1/admin/audit-events/export", Needs(May::AuditRead, Tenant)),
    ("GET", "/v1/admin/roles", Needs(May::OrganizationsRead, Tenant)),
    ("POST", "/v1/admin/roles", Needs(May::OrganizationsWrite, Tenant)),
    ("GET", "/v1/admin/roles/{role}", Needs(May::OrganizationsRead, Tenant)),
    ("PATCH", "/v1/admin/roles/{role}", Needs(May::OrganizationsWrite, Tenant)),
    ("DELETE", "/v1/admin/roles/{role}", Needs(May::OrganizationsWrite, Tenant)),
    ("GET", "/v1/organizations", Needs(May::OrganizationsRead, Tenant)),
    ("POST", "/v1/organizations", Needs(May::OrganizationsWrite, Tenant)),
    ("GET", "/v1/organizations/{org}", Needs(May::OrgRead, Org)),
    ("PATCH", "/v1/organizations/{org}", Needs(May::OrgWrite, Org)),
    ("DELETE", "/v1/organizations/{org}", Needs(May::OrganizationsWrite, Org)),
    ("PUT", "/v1/organizations/{org}/logo", Needs(May::OrgWrite, Org)),
    ("DELETE", "/v1/organizations/{org}/logo", Needs(May::OrgWrite, Org)),
    ("GET", "/v1/organizations/{org}/roles", Needs(May::MembersRead, Org)),
    ("POST", "/v1/organizations/{org}/roles", Needs(May::OrgWrite, Org)),
    ("GET", "/v1/organizations/{org}/roles/{role}", Needs(May::MembersRead, Org)),
    ("PATCH", "/v1/organizations/{org}/roles/{role}", Needs(May::OrgWrite, Org)),
    ("DELETE", "/v1/organizations/{org}/roles/{role}", Needs(May::OrgWrite, Org)),
    ("GET", "/v1/organizations/{org}/groups", Needs(May::MembersRead, Org)),
    ("POST", "/v1/organizations/{org}/groups", Needs(May::MembersWrite, Org)),
    ("GET", "/v1/organizations/{org}/groups/{group}", Needs(May::MembersRead, Org)),
    ("PATCH", "/v1/organizations/{org}/groups/{group}", Needs(May::MembersWrite, Org)),
    ("DELETE", "/v1/organizations/{org}/groups/{group}", Needs(May::MembersWrite, Org)),
    ("GET", "/v1/organizations/{org}/groups/{group}/members", Needs(May::MembersRead, Org)),
    ("PUT", "/v1/organizations/{org}/groups/{group}/members/{user}", Needs(May::MembersWrite, Org)),
    ("DELETE", "/v1/organizations/{org}/groups/{group}/members/{user}", Needs(May::MembersWrite, Org)),
    ("GET", "/v1/organizations/{org}/members", Needs(May::MembersRead, Org)),
    ("GET", "/v1/organizations/{org}/members/{user}", Needs(May::MembersRead, Org)),
    ("PUT", "/v1/organizations/{org}/members/{user}", Needs(May::MembersWrite, Org)),
    ("PATCH", "/v1/organizations/{org}/members/{user}", Needs(May::MembersWrite, Org)),
    ("DELETE", "/v1/organizations/{org}/members/{user}", Needs(May::MembersWrite, Org)),
    ("GET", "/v1/organizations/{org}/service-accounts", Needs(May::MembersRead, Org)),
    ("POST", "/v1/organizations/{org}/service-accounts", Needs(May::MembersWrite, Org)),
    ("GET", "/v1/organizations/{org}/service-accounts/{account}", Needs(May::MembersRead, Org)),
    ("PATCH", "/v1/organizations/{org}/service-accounts/{account}", Needs(May::MembersWrite, Org)),
    ("DELETE", "/v1/organizations/{org}/service-accounts/{account}", Needs(May::MembersWrite, Org)),
    ("GET", "/v1/organizations/{org}/service-accounts/{account}/keys", Needs(May::MembersRead, Org)),
    ("POST", "/v1/organizations/{org}/service-accounts/{account}/keys", Needs(May::MembersWrite, Org)),
    ("DELETE", "/v1/organizations/{org}/service-accounts/{account}/keys/{key}", Needs(May::MembersWrite, Org)),
    ("GET", "/v1/organizations/{org}/service-accounts/{account}/public-keys", Needs(May::MembersRead, Org)),
    ("POST", "/v1/organizations/{org}/service-accounts/{account}/public-keys", Needs(May::MembersWrite, Org)),
    ("DELETE", "/v1/organizations/{org}/service-accounts/{account}/public-keys/{public_key}", Needs(May::MembersWrite, Org)),
    ("GET", "/v1/organizations/{org}/invitations", Needs(May::MembersRead, Org)),
    ("POST", "/v1/organizations/{org}/invitations", Needs(May::MembersWrite, Org)),
    ("GET", "/v1/organizations/{org}/invitations/{id}", Needs(May::MembersRead, Org)),
    ("DELETE", "/v1/organizations/{org}/invitations/{id}", Needs(May::MembersWrite, Org)),
    ("POST", "/v1/organizations/{org}/invitations/{id}/resend", Needs(May::MembersWrite, Org)),
    ("GET", "/v1/organizations/{org}/connections", Needs(May::ConnectionsRead, Org)),
    ("POST", "/v1/organizations/{org}/connections", Needs(May::ConnectionsWrite, Org)),
    ("GET", "/v1/organizations/{org}/connections/{connection}", Needs(May::ConnectionsRead, Org)),
    ("PATCH", "/v1/organizations/{org}/connections/{connection}", Needs(May::ConnectionsWrite, Org)),
    ("POST", "/v1/organizations/{org}/connections/{connection}/activate", Needs(May::ConnectionsWrite, Org)),
    ("POST", "/v1/organizations/{org}/connections/{connection}/rollback", Needs(May::ConnectionsWrite, Org)),
    ("GET", "/v1/organizations/{org}/connections/{connection}/checks", Needs(May::ConnectionsWrite, Org)),
    ("GET", "/v1/organizations/{org}/connections/{connection}/tests", Needs(May::ConnectionsRead, Org)),
    ("POST", "/v1/organizations/{org}/connections/{connection}/tests", Needs(May::ConnectionsWrite, Org)),
    ("GET", "/v1/organizations/{org}/connections/{connection}/tests/{test}", Needs(May::ConnectionsRead, Org)),
    ("GET", "/v1/organizations/{org}/connections/{connection}/role-mappings", Needs(May::ConnectionsRead, Org)),
    ("PUT", "/v1/organizations/{org}/connections/{connection}/role-mappings", Needs(May::ConnectionsWrite, Org)),
    ("POST", "/v1/organizations/{org}/connections/{connection}/role-mappings/simulate", Needs(May::ConnectionsRead, Org)),
    ("POST", "/v1/organizations/{org}/connections/{connection}/role-mappings/diff", Needs(May::ConnectionsRead, Org)),
    ("GET", "/v1/organizations/{org}/connections/{connection}/health", Needs(May::ConnectionsRead, Org)),
    ("GET", "/v1/organizations/{org}/audit-events", Needs(May::AuditRead, Org)),
    ("GET", "/v1/organizations/{org}/break-glass", Needs(May::ConnectionsRead, Org)),
    ("PUT", "/v1/organizations/{org}/break-glass/{user}", Needs(May::ConnectionsWrite, Org)),
    ("DELETE", "/v1/organizations/{org}/break-glass/{user}", Needs(May::ConnectionsWrite, Org)),
    ("GET", "/v1/organizations/{org}/domains", Needs(May::ConnectionsRead, Org)),
    ("POST", "/v1/organizations/{org}/domains", Needs(May::ConnectionsWrite, Org)),
    ("GET", "/v1/organizations/{org}/domains/{domain}", Needs(May::ConnectionsRead, Org)),
    ("DELETE", "/v1/organizations/{org}/domains/{domain}", Needs(May::ConnectionsWrite, Org)),
    ("POST", "/v1/organizations/{org}/domains/{domain}/verify", Needs(May::ConnectionsWrite, Org)),
    ("GET", "/v1/organizations/{org}/setup-links", Needs(May::ConnectionsWrite, Org)),
    ("POST", "/v1/organizations/{org}/setup-links", Needs(May::ConnectionsWrite, Org)),
    ("GET", "/v1/organizations/{org}/setup-links/{link}", Needs(May::ConnectionsWrite, Org)),
    ("DELETE", "/v1/organizations/{org}/setup-links/{link}", Needs(May::ConnectionsWrite, Org)),
    ("POST", "/v1/admin/routing/explain", Needs(May::OrganizationsRead, Tenant)),
    ("GET", "/v1/users", Needs(May::UsersRead, Tenant)),
    ("POST", "/v1/users", Needs(May::UsersWrite, Tenant)),
    ("GET", "/v1/users/{id}", Needs(May::UsersRead, Tenant)),
    ("PATCH", "/v1/users/{id}", Needs(May::UsersWrite, Tenant)),
    ("DELETE", "/v1/users/{id}", Needs(May::UsersWrite, Tenant)),
    ("GET", "/v1/sessions", Needs(May::SessionsRead, Tenant)),
    ("DELETE", "/v1/sessions", Needs(May::SessionsWrite, Tenant)),
    ("DELETE", "/v1/sessions/{sid}", Needs(May::SessionsWrite, Tenant)),
];

/// The rooms behind the front: login hosts and app hosts see different ones, behind one gate.
pub fn router(state: AppState, extra: Vec<Extra>) -> Router {
    let login = login_host(&state, extra);
    let app = app_host(&state);
    let pick = tower::service_fn(move |mut request: Request| {
        let is_login = context::of(&request).is_none_or(|context| context.site.is_login());
        if is_login && let Some(uri) = oauth::usual(request.uri()) {
            *request.uri_mut() = uri;
        }
        let chosen = if is_login { &login } else { &app };
        chosen.clone().oneshot(request)
    });
    Router::new()
        .fallback_service(pick)
        .layer(from_fn_with_state(state, gate::gate))
}

fn login_host(state: &AppState, extra: Vec<Extra>) -> Router {
    let mut router = Router::new()
        .route("/healthz", get(assets::healthz))
        .route("/openapi.json", get(reference::document))
        .route("/docs/api", get(reference::page))
        .route("/help/checks", get(reference::checks))
        .route("/assets/{*path}", get(assets::asset))
        .route("/.well-known/jwks.json", get(assets::jwks))
        .route("/bff/handoff", get(handoff::go_on))
        .route("/.laneway/start", get(handoff::start))
        .route("/.laneway/callback", get(handoff::callback))
        .route("/saml/{connection}", get(saml::metadata))
        .route("/saml/{connection}/metadata", get(saml::metadata))
        .route("/saml/{connection}/request", get(saml::request))
        .route("/saml/{connection}/acs", post(saml::acs))
        .route(
            "/saml/{connection}/logout",
            get(saml::logout).post(saml::posted_logout),
        )
        .route("/federation/{upstream}/start", get(federation::start))
        .route("/federation/tests/{token}", get(federation::test))
        .route(
            "/federation/callback/{upstream}",
            get(federation::callback).post(federation::posted),
        )
        .merge(browser())
        .merge(flows())
        .merge(me::account())
        .merge(me::factors().route_layer(from_fn(own_page)))
        .merge(operators(state))
        .merge(oauth::routes())
        .merge(pages::routes());
    for module in extra {
        router = router.merge(module.routes);
    }
    let limit = DefaultBodyLimit::max(state.core.config.limits.body);
    let router = router
        .fallback(registered::fallback)
        .layer(map_response(as_problem))
        .layer(map_request(slow_body::bounded));
    finish(router.layer(limit), state)
}

/// An app's script must not administer or collect credentials: those rooms are not here.
fn app_host(state: &AppState) -> Router {
    let ours = Router::new()
        .route("/.laneway/laneway.js", get(assets::client))
        .route("/.laneway/laneway.d.ts", get(assets::client_types))
        .route("/.laneway/start", get(handoff::start))
        .route("/.laneway/callback", get(handoff::callback))
        .route("/.laneway/logout", get(app_links::logout))
        .route(
            "/.well-known/oauth-protected-resource",
            get(oauth::resource),
        )
        .route(
            "/.well-known/oauth-protected-resource/{*path}",
            get(oauth::resource),
        )
        .route("/.laneway/oauth-protected-resource", get(oauth::resource))
        .route("/.laneway/echo", get(echo::echo).fallback(echo::echo))
        .route(
            "/.laneway/echo/{*path}",
            get(echo::echo).fallback(echo::echo),
        )
        .route("/oauth2/sign_in", get(app_links::start))
        .route("/oauth2/start", get(app_links::start))
        .route("/oauth2/sign_out", get(app_links::sign_out))
        .merge(browser())
        .merge(me::account())
        .layer(map_response(as_problem))
        .layer(map_request(slow_body::bounded))
        .layer(DefaultBodyLimit::max(state.core.config.limits.body));
    // Routes and frontends have body limits of their own.
    let router = ours
        .route("/api/{*path}", any(handoff::api))
        .fallback(handoff::fallback)
        .layer(DefaultBodyLimit::disable());
    finish(router, state)
}

fn finish(router: Router<AppState>, state: &AppState) -> Router {
    let router = match state.tracer {
        Some(_) => router.layer(map_request(traced::note_route)),
        None => router,
    };
    router
        .method_not_allowed_fallback(method_not_allowed)
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(state.clone())
}

fn browser() -> Router<AppState> {
    Router::new()
        .route("/bff/login", get(bff::login))
        .route("/bff/user", get(bff::user))
        .route("/bff/logout", post(bff::logout).get(bff::logout_link))
        .route("/bff/logout/continue/{id}", get(bff::logout_continue))
        .route("/bff/org", post(bff::org))
        .route("/bff/backchannel/{upstream}", post(bff::backchannel))
}

fn flows() -> Router<AppState> {
    Router::new()
        .route("/v1/auth/flows", post(flows::create))
        .route("/v1/auth/flows/{id}", get(flows::read))
        .route("/v1/auth/flows/{id}/{kind}", post(flows::answer))
}

/// The guard asks for every one of these whether the caller may; a route without a line in
/// the list above is refused to everybody.
fn operators(state: &AppState) -> Router<AppState> {
    admin::routes()
        .route_layer(from_fn_with_state(state.clone(), admin::guard))
        .route_layer(from_fn(own_page))
}

/// Lets tokens through, and cookies only from our own pages.
async fn own_page(request: Request, next: Next) -> Response {
    let refused = context::of(&request).and_then(|context| context.own_page_only().err());
    match refused {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    }
}
