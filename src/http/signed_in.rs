//! Who is signed in, as frontends read it (CONTRACT §3).
//!
//! Owns: the members of `/bff/user`, in both shapes. Must not know: how the caller was found.

use serde_json::{Value, json};

use super::bff::rfc3339;
use super::context::Context;
use crate::lane_a::revalidation;
use crate::providers::EMBEDDED;
use crate::sessions::Live;

/// Who is signed in, and since when and how.
pub(super) fn user_json(context: &Context, live: &Live) -> Value {
    let (session, now) = (&live.session, context.core.now());
    let left = |until: i64| (until - now).max(0) / 1000;
    let org = live.org.as_ref().map(|org| {
        json!({
            "id": org.org, "slug": org.slug, "name": org.name,
            "roles": org.roles, "permissions": org.permissions,
        })
    });
    let upstream = session.upstream.as_ref().map_or_else(
        || json!({ "id": null, "state": "none", "checked_at": null }),
        |upstream| {
            let state = match upstream.slug == EMBEDDED {
                true => "none",
                false if revalidation::is_stale(&context.core, session) => "stale",
                false => "fresh",
            };
            let checked = session.checked_at.unwrap_or(session.auth_time);
            json!({ "id": upstream.slug, "state": state, "checked_at": rfc3339(checked) })
        },
    );
    json!({
        "sub": session.user,
        "sid": session.sid,
        "tenant": { "id": context.site.tenant.id, "slug": context.site.tenant.slug },
        "email": live.user.email,
        "email_verified": live.user.email_verified,
        "name": live.user.name,
        "org": org,
        "acr": session.acr.as_str(),
        "amr": session.amr,
        "auth_time": rfc3339(session.auth_time),
        "session_expires_in": left(session.expires_at),
        "idle_expires_in": left(live.idle_until().min(session.expires_at)),
        "upstream": upstream,
        "logout_url": format!("/bff/logout?sid={}", session.sid),
    })
}

/// The same facts as claim objects, for frontends written for that shape.
pub(super) fn claim_objects(user: &Value) -> Value {
    let mut claims = Vec::new();
    let mut push = |kind: &str, value: &Value| {
        if !value.is_null() {
            claims.push(json!({ "type": kind, "value": value }));
        }
    };
    for name in [
        "sub",
        "sid",
        "email",
        "email_verified",
        "name",
        "acr",
        "auth_time",
    ] {
        push(name, &user[name]);
    }
    for value in user["amr"].as_array().into_iter().flatten() {
        push("amr", value);
    }
    push("org_id", &user["org"]["id"]);
    for value in user["org"]["roles"].as_array().into_iter().flatten() {
        push("role", value);
    }
    push("bff:logout_url", &user["logout_url"]);
    push("bff:session_expires_in", &user["session_expires_in"]);
    Value::Array(claims)
}
