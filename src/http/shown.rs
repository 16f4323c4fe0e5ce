//! Records of the administration as JSON, for the API and for the command line.
//!
//! Owns: the members of each record as the outside sees them.
//! Must not know: who asks.

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::bff::rfc3339;
use crate::core::PlainToken;
use crate::domain::app::App;
use crate::domain::invitation::Invitation;
use crate::domain::session::Session;
use crate::domain::tenant::{Host, Tenant};
use crate::domain::upstream::Upstream;
use crate::domain::{Code, Problem};
use crate::lane_a::operator;
use crate::lane_b::setup_links::{self, LinkState};
use crate::oauth::apps::Secret;
use crate::oauth::grants::Access;
use crate::store::api_tokens::ApiToken;
use crate::store::audit::EventRow;
use crate::store::groups::Group;
use crate::store::members::Member;
use crate::store::operators::GrantRow;
use crate::store::orgs::Organization;
use crate::store::public_keys::PublicKey;
use crate::store::roles::Role;
use crate::store::service_accounts::ServiceAccount;
use crate::store::setup_links::SetupLink;

pub use super::me::{identity_json as identity, user_json as user};

/// An instant as people and programs write it; `default` where none is written, epoch ms.
///
/// # Errors
/// `invalid_request`.
pub fn instant(text: Option<&str>, default: i64) -> Result<i64, Problem> {
    let Some(text) = text else { return Ok(default) };
    time::OffsetDateTime::parse(text, &Rfc3339)
        .map(|at| i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(default))
        .map_err(|_| {
            Problem::new(
                Code::InvalidRequest,
                "Write instants as 2026-11-22T10:00:00Z.",
            )
        })
}

/// A tenant.
pub fn tenant(tenant: &Tenant) -> Value {
    json!({
        "id": tenant.id, "slug": tenant.slug, "name": tenant.name, "state": tenant.state,
        "public_url": tenant.issuer(), "signup": tenant.signup, "origins": tenant.origins,
        "brand": tenant.brand, "settings": tenant.settings, "rp_id": tenant.rp_id,
        "jit": if tenant.jit { "create" } else { "deny" },
        "claims_format": tenant.claims_format,
        "registration_enabled": tenant.registration_enabled,
        "client_documents_enabled": tenant.client_documents_enabled, "created_at": rfc3339(tenant.created_at),
    })
}

/// An app; with its secret in the one answer that made it.
pub fn app(app: &App, secret: Option<&Secret>) -> Value {
    let what = &app.registration;
    let secret = match secret {
        Some(secret) => json!(secret.expose()),
        None if !app.has_secret() => Value::Null,
        None => json!({ "set": true }),
    };
    json!({
        "id": app.id, "client_id": app.client_id(), "client_name": app.name, "client_secret": secret,
        "state": app.state, "redirect_uris": what.redirect_uris,
        "post_logout_redirect_uris": what.post_logout_redirect_uris,
        "grant_types": what.grant_types, "response_types": ["code"],
        "token_endpoint_auth_method": what.token_endpoint_auth_method,
        "scope": what.scope, "audiences": what.audiences,
        "id_token_signed_response_alg": what.id_token_signed_response_alg,
        "access_token_lifetime": what.access_token_lifetime,
        "first_party": what.first_party, "require_pkce": what.require_pkce,
        "jwks": what.jwks, "jwks_uri": what.jwks_uri,
        "require_pushed_authorization_requests": what.require_pushed_authorization_requests,
        "dpop_bound_access_tokens": what.dpop_bound_access_tokens,
        "client_uri": what.client_uri, "policy_uri": what.policy_uri,
        "tos_uri": what.tos_uri, "backchannel_logout_uri": what.backchannel_logout_uri,
        "backchannel_logout_session_required": what.backchannel_logout_session_required,
        "initiate_login_uri": what.initiate_login_uri, "created_at": rfc3339(app.created_at),
    })
}

/// A host name.
pub fn host(host: &Host) -> Value {
    json!({
        "id": host.id, "host": host.host, "purpose": host.purpose, "canonical": host.canonical,
        "config_owned": host.config_owned, "org": host.org,
    })
}

/// A session of somebody.
pub fn session(session: &Session, hosts: &[String]) -> Value {
    let mut value = super::me::session_json(session, hosts, None);
    value["user_id"] = json!(session.user);
    value["upstream"] = json!(session.upstream.as_ref().map(|u| &u.slug));
    value
}

/// An identity provider; its secret is never shown again.
pub fn upstream(row: &Upstream) -> Value {
    json!({
        "id": row.id, "kind": row.kind, "name": row.slug, "issuer": row.issuer,
        "client_id": row.client_id, "client_secret": { "set": row.secret.is_some() },
        "options": row.options, "role": row.role, "trust": row.trust,
        "config_owned": row.config_owned, "created_at": rfc3339(row.created_at),
    })
}

/// An organization.
pub fn organization(org: &Organization) -> Value {
    json!({
        "id": org.id, "slug": org.slug, "name": org.name, "state": org.state,
        "required_acr": org.required_acr, "max_staleness": org.max_staleness,
        "social_login": org.social_login, "brand": org.brand,
        "created_at": rfc3339(org.created_at),
    })
}

/// A role.
pub fn role(role: &Role) -> Value {
    json!({
        "id": role.id, "slug": role.slug, "name": role.name, "permissions": role.permissions,
        "org_id": role.org, "built_in": operator::is_built_in(role),
    })
}

/// A group.
pub fn group(group: &Group) -> Value {
    json!({
        "id": group.id, "name": group.name, "roles": group.roles, "members": group.members,
        "created_at": rfc3339(group.created_at),
    })
}

/// A service account.
pub fn service_account(account: &ServiceAccount) -> Value {
    json!({
        "id": account.id, "name": account.name, "state": account.state, "roles": account.roles,
        "created_at": rfc3339(account.created_at),
    })
}

/// An API token; with its value in the one answer that made it.
pub fn api_token(token: &ApiToken, plain: Option<&PlainToken>) -> Value {
    let mut value = json!({
        "id": token.id, "name": token.name, "prefix": token.prefix, "scopes": token.scopes,
        "org_id": token.org, "created_at": rfc3339(token.created_at),
        "expires_at": rfc3339(token.expires_at), "uses": token.usage.count,
        "last_used_at": token.usage.last_at.map(rfc3339), "last_used_ip": token.usage.last_ip,
    });
    if let Some(plain) = plain {
        value["token"] = json!(plain.expose());
    }
    value
}

/// An app that has something of somebody, and how it uses it.
pub fn app_access(access: &Access) -> Value {
    let tokens = access.tokens.iter().map(|one| {
        json!({
            "id": one.id, "org_id": one.org, "created_at": rfc3339(one.created_at),
            "expires_at": rfc3339(one.expires_at), "uses": one.usage.count,
            "last_used_at": one.usage.last_at.map(rfc3339), "last_used_ip": one.usage.last_ip,
        })
    });
    let held = &access.held;
    json!({
        "id": held.app, "client_id": held.document.as_deref().unwrap_or(held.app.as_str()),
        "client_name": held.name, "first_party": held.first_party,
        "scope": held.scope, "created_at": rfc3339(held.since),
        "tokens": tokens.collect::<Vec<_>>(),
    })
}

/// A public key of a service account.
pub fn public_key(key: &PublicKey) -> Value {
    json!({
        "id": key.id, "name": key.name, "thumbprint": key.thumbprint, "jwk": key.jwk,
        "created_at": rfc3339(key.created_at), "uses": key.usage.count,
        "last_used_at": key.usage.last_at.map(rfc3339), "last_used_ip": key.usage.last_ip,
    })
}

/// A membership with its grants.
pub fn member(member: &Member) -> Value {
    let grants: Vec<Value> = member
        .grants
        .iter()
        .map(|(role, source)| json!({ "role": role, "source": source }))
        .collect();
    json!({
        "user": member.user, "org": member.org, "name": member.name, "email": member.email,
        "state": member.state, "roles": member.roles(), "grants": grants,
        "created_at": rfc3339(member.created_at),
    })
}

/// An invitation; its link is shown only when it is made.
pub fn invitation(invitation: &Invitation, now: i64) -> Value {
    json!({
        "id": invitation.id, "email": invitation.email, "roles": invitation.roles,
        "org_id": invitation.org, "state": invitation.state(now),
        "invited_by": invitation.invited_by, "created_at": rfc3339(invitation.created_at),
        "sent_at": rfc3339(invitation.sent_at), "expires_at": rfc3339(invitation.expires_at),
        "revoked_at": invitation.revoked_at.map(rfc3339),
        "accepted_at": invitation.accepted_at.map(rfc3339),
        "accepted_by": invitation.accepted_by,
    })
}

/// A grant of an operator.
pub fn operator(row: &GrantRow) -> Value {
    json!({
        "id": row.id, "user": row.principal_id, "role": row.role, "scope": row.scope,
        "tenant": row.tenant, "org": row.org, "created_at": rfc3339(row.created_at),
    })
}

/// What happened.
pub fn event(event: &EventRow) -> Value {
    let parse = |text: Option<&str>| {
        text.and_then(|text| serde_json::from_str::<Value>(text).ok())
            .unwrap_or(Value::Null)
    };
    json!({
        "id": event.id, "at": rfc3339(event.at), "type": event.kind, "outcome": event.outcome,
        "actor": event.actor, "target": event.target, "org_id": event.org,
        "request_id": event.request_id, "ip": event.ip,
        "detail": parse(Some(&event.detail)),
        "before": parse(event.before.as_deref()), "after": parse(event.after.as_deref()),
    })
}

/// A set-up link, without its value.
pub fn setup_link(link: &SetupLink, now: i64) -> Value {
    let state = match setup_links::state(link, None, now) {
        LinkState::Revoked => "revoked",
        LinkState::Expired => "expired",
        LinkState::Fresh => "waiting",
        LinkState::Own | LinkState::Taken => "opened",
    };
    json!({
        "id": link.id, "purpose": "connection", "state": state, "connection": link.connection,
        "invited_by": link.invited_by,
        "created_at": rfc3339(link.created_at), "expires_at": rfc3339(link.expires_at),
        "opened_at": link.opened_at.map(rfc3339), "revoked_at": link.revoked_at.map(rfc3339),
        "email": link.email,
    })
}
