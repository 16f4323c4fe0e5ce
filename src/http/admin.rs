//! `/v1/admin` and the operators' part of `/v1/organizations` (CONTRACT §8).
//!
//! Owns: how a request becomes one call of `lane_a::operator`, and the JSON of the answers.
//! Must not know: who may do it; the guard has asked already.

mod account_mails;
mod apps;
mod audit_events;
mod body;
mod break_glass;
mod connection_tests;
mod connections;
mod domains;
mod groups;
mod guard;
mod health;
mod held_apps;
mod initial_tokens;
mod invitations;
mod keys;
mod lock_outs;
mod logo;
mod members;
mod operators;
mod organizations;
mod profiles;
mod public_keys;
mod receipts;
mod role_mappings;
mod roles;
mod routes;
mod service_accounts;
mod sessions;
mod setup_links;
mod tenants;
mod token_imports;
mod upstreams;
mod usage;
mod user_imports;
mod users;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;

use super::context::Context;
use crate::domain::{Code, Problem};

pub use account_mails::send_mail;
pub use apps::{apps, change_app, create_app, delete_app, new_app_secret, read_app};
pub use audit_events::{audit_events, export_audit_events, org_audit_events};
pub use break_glass::{break_glass, name_break_glass, unname_break_glass};
pub use connection_tests::{create_test, read_test, tests, told};
pub use connections::{
    activate, change_connection, connections, create_connection, live_checks, read_config,
    read_connection, roll_back,
};
pub use domains::{
    add_domain, domains, explain_routing, read_domain, remove_domain, verify_domain,
};
pub use groups::{
    change_group, create_group, delete_group, group_members, groups, put_group_member, read_group,
    remove_group_member,
};
pub use guard::{Operator, guard, page_manager, page_operator};
pub use health::connection_health;
pub use held_apps::user_apps;
pub use initial_tokens::{
    create_initial_token, delete_initial_token, initial_tokens, read_initial_token,
};
pub use invitations::{
    invitations, invite, invite_to_org, org_invitations, read_invitation, read_org_invitation,
    resend_invitation, resend_org_invitation, revoke_invitation, revoke_org_invitation,
};
pub use keys::rotate_keys;
pub use lock_outs::{lockouts, unlock};
pub use logo::{put_logo, put_org_logo, remove_logo, remove_org_logo};
pub use members::{change_member, members, put_member, read_member, remove_member};
pub use operators::{appoint, change_operator, dismiss, operators};
pub use organizations::{
    change_organization, create_organization, delete_organization, organizations, read_organization,
};
pub use profiles::{put_profile, read_profile};
pub use public_keys::{add_public_key, public_keys, remove_public_key};
pub use receipts::receipt;
pub use role_mappings::{diff, put_mapping, read_mapping, simulate};
pub use roles::{
    change_org_role, change_role, create_org_role, create_role, delete_org_role, delete_role,
    org_roles, read_org_role, read_role, roles,
};
pub use routes::routes;
pub use service_accounts::{
    change_service_account, create_key, create_service_account, delete_service_account, keys,
    read_service_account, revoke_key, service_accounts,
};
pub use sessions::{end_session, end_sessions, sessions};
pub use setup_links::{create_setup_link, read_setup_link, revoke_setup_link, setup_links};
pub use tenants::{
    add_host, change_tenant, create_tenant, hosts, read_host, read_tenant, remove_host, tenants,
};
pub use token_imports::import_token;
pub use upstreams::{
    change_upstream, create_upstream, delete_upstream, probe, read_upstream, upstreams,
};
pub use usage::usage;
pub use user_imports::{import_users, read_newcomer};
pub use users::{
    change_user, create_user, delete_identity, delete_user, end_user_sessions, put_identity,
    read_user, reset_totp, user_identities, user_memberships, user_sessions, users,
};

fn created(location: &str, version: i64, body: Value) -> Response {
    let mut response = versioned(version, body);
    *response.status_mut() = StatusCode::CREATED;
    if let Ok(value) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

fn versioned(version: i64, body: Value) -> Response {
    let mut response = Json(body).into_response();
    if let Ok(value) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

/// The version that the caller has seen; `None` where they do not care.
///
/// # Errors
/// `version_mismatch` for what cannot be a version of ours.
fn if_match(context: &Context) -> Result<Option<i64>, Problem> {
    let Some(value) = context.headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    text.strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .and_then(|text| text.parse().ok())
        .map(Some)
        .ok_or_else(|| {
            Problem::new(
                Code::VersionMismatch,
                "Send the ETag of the record as it came.",
            )
        })
}

/// A query's filters as a normal form of the address, which cursors are bound to.
fn address(path: &str, filters: &[(&str, &Option<String>)]) -> String {
    let mut encoded = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in filters {
        if let Some(value) = value {
            encoded.append_pair(name, value);
        }
    }
    let encoded = encoded.finish();
    let join = if encoded.is_empty() { "" } else { "?" };
    format!("{path}{join}{encoded}")
}
