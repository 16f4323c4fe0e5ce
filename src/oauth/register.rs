//! Apps that register themselves, and come back to their registration (RFC 7591, RFC 7592).

use serde_json::{Map, Value, json};
use subtle::ConstantTimeEq as _;

use super::Fault;
use super::apps::{self as registered, Secret};
use super::document;
use super::metadata::{Said, bad, refused};
use super::token::Desk;
use crate::audit::kind;
use crate::core::hash_token;
use crate::domain::app::{App, AppState};
use crate::domain::upstream::Trust;
use crate::domain::{AppId, Problem, ids};
use crate::store::{Write, apps, initial_access_tokens as initial};

/// What an app is told of itself: what it is registered for, and what it has to keep.
pub struct Known {
    app: App,
    secret: Option<Secret>,
    token: Option<Secret>,
}

fn unknown() -> Fault {
    Fault::new("invalid_token", "the token is not known here, or is over")
}

/// Registers an app for whoever has a token for that.
///
/// # Errors
/// `invalid_token`, `access_denied` while it is switched off, `invalid_client_metadata`,
/// `invalid_redirect_uri`.
pub async fn register(
    desk: Desk<'_>,
    token: Option<&str>,
    body: &Map<String, Value>,
) -> Result<Known, Fault> {
    let (core, tenant) = (desk.core, desk.tenant);
    let hash = hash_token(token.ok_or_else(unknown)?);
    let good = initial::find_good(&core.db, &tenant.id, &hash, core.now()).await;
    good.map_err(Problem::from)?.ok_or_else(unknown)?;
    if !tenant.registration_enabled {
        let words = "apps do not register themselves here";
        return Err(Fault::new("access_denied", words));
    }
    let (name, mut registration) = Said(body).registration(None)?;
    registration.audiences = document::resources(core, tenant).await?;
    let app = App {
        id: AppId(core.new_id()),
        tenant: tenant.id.clone(),
        name: registered::named(&name).map_err(|problem| refused(&problem))?,
        state: AppState::Active,
        registration,
        // Whoever it was that registered: nothing inside is called for it.
        trust: Trust::Tenant,
        document: None,
        tokens_from: 0,
        version: 1,
        created_at: core.now(),
    };
    let secret = app.has_secret().then(|| Secret::new(core, "lw_app_"));
    let back = Secret::new(core, "lw_rat_");
    let mut write = core.begin().await.map_err(Problem::from)?;
    let now = write.now();
    let used = initial::count_use(&mut write.tx, &tenant.id, &hash, now).await;
    let used = used.map_err(Problem::from)?.ok_or_else(unknown)?;
    let secret_hash = secret.as_ref().map(|secret| hash_token(secret.expose()));
    let kept = secret_hash.as_ref().map(<[u8; 32]>::as_slice);
    let outcome = async {
        apps::create(&mut write.tx, &app, kept).await?;
        let hash = hash_token(back.expose());
        apps::set_registration(&mut write.tx, &tenant.id, &app.id, &hash).await
    };
    outcome.await.map_err(Problem::from)?;
    let event = registered::event(kind::APP_CREATED, &app)
        .by("initial_access_token", &used.id)
        .change(None, Some(registered::shown(&app)));
    let noted = core.audit(&mut write, &tenant.id, desk.meta, event).await;
    noted.map_err(Problem::from)?;
    core.commit(write).await.map_err(Problem::from)?;
    Ok(Known {
        app,
        secret,
        token: Some(back),
    })
}

/// The app whose registration a token leads to. One that is switched off is not there.
async fn held(desk: Desk<'_>, id: &str, token: Option<&str>) -> Result<App, Fault> {
    let token = token.ok_or_else(unknown)?;
    if !ids::plausible(id) {
        return Err(unknown());
    }
    let (db, tenant) = (&desk.core.db, &desk.tenant.id);
    let app = apps::find(db, tenant, id).await.map_err(Problem::from)?;
    let app = app.ok_or_else(unknown)?;
    let hash = apps::registration_hash(db, tenant, &app.id).await;
    let hash = hash.map_err(Problem::from)?;
    let fits = hash.is_some_and(|hash| bool::from(hash.as_slice().ct_eq(&hash_token(token))));
    if fits && app.state == AppState::Active {
        Ok(app)
    } else {
        Err(unknown())
    }
}

/// What is registered.
///
/// # Errors
/// `invalid_token`.
pub async fn read(desk: Desk<'_>, id: &str, token: Option<&str>) -> Result<Known, Fault> {
    let app = held(desk, id, token).await?;
    Ok(Known {
        app,
        secret: None,
        token: None,
    })
}

/// Puts another description in the place of the one that is there; the token is another one from
/// now on.
///
/// # Errors
/// As [`register`].
pub async fn replace(
    desk: Desk<'_>,
    id: &str,
    token: Option<&str>,
    body: &Map<String, Value>,
) -> Result<Known, Fault> {
    let (core, tenant) = (desk.core, &desk.tenant.id);
    let before = held(desk, id, token).await?;
    let said = Said(body);
    // RFC 7592 §2.2: whoever writes shows that they know what they write over.
    if said.text("client_id")?.as_deref() != Some(id) {
        return Err(bad("client_id"));
    }
    let mut app = before.clone();
    let (name, registration) = said.registration(Some(&before))?;
    app.name = registered::named(&name).map_err(|problem| refused(&problem))?;
    app.registration = registration;
    let back = Secret::new(core, "lw_rat_");
    let mut write = core.begin().await.map_err(Problem::from)?;
    let (old, new) = (
        hash_token(token.unwrap_or_default()),
        hash_token(back.expose()),
    );
    // Of two who come with the same token one goes on.
    let moved = apps::move_registration(&mut write.tx, tenant, &app.id, (&old, &new)).await;
    let updated = apps::update(&mut write.tx, &app).await;
    if !moved.map_err(Problem::from)? || !updated.map_err(Problem::from)? {
        return Err(unknown());
    }
    let secret = secret_of(desk, &mut write, (&before, &app)).await?;
    let event = registered::event(kind::APP_UPDATED, &app)
        .by("app", app.id.as_str())
        .change(
            Some(registered::shown(&before)),
            Some(registered::shown(&app)),
        );
    let noted = core.audit(&mut write, tenant, desk.meta, event).await;
    noted.map_err(Problem::from)?;
    core.commit(write).await.map_err(Problem::from)?;
    Ok(Known {
        app,
        secret,
        token: Some(back),
    })
}

/// One that begins to need a secret gets one; one that needs none any more loses it.
async fn secret_of(
    desk: Desk<'_>,
    write: &mut Write,
    (before, app): (&App, &App),
) -> Result<Option<Secret>, Problem> {
    if before.has_secret() == app.has_secret() {
        return Ok(None);
    }
    let secret = app.has_secret().then(|| Secret::new(desk.core, "lw_app_"));
    let hash = secret.as_ref().map(|secret| hash_token(secret.expose()));
    let hash = hash.as_ref().map(<[u8; 32]>::as_slice);
    apps::set_secret(&mut write.tx, &app.tenant, &app.id, hash).await?;
    Ok(secret)
}

/// Deletes an app with what it has been given.
///
/// # Errors
/// `invalid_token`.
pub async fn delete(desk: Desk<'_>, id: &str, token: Option<&str>) -> Result<(), Fault> {
    let (core, tenant) = (desk.core, &desk.tenant.id);
    let app = held(desk, id, token).await?;
    let mut write = core.begin().await.map_err(Problem::from)?;
    registered::remove(&mut write, &app).await?;
    let event = registered::event(kind::APP_DELETED, &app)
        .by("app", app.id.as_str())
        .change(Some(registered::shown(&app)), None);
    let noted = core.audit(&mut write, tenant, desk.meta, event).await;
    noted.map_err(Problem::from)?;
    core.commit(write).await.map_err(Problem::from)?;
    Ok(())
}

impl Known {
    /// In the words of RFC 7591 §3.2.1 and RFC 7592 §3.
    pub fn told(&self, desk: Desk<'_>) -> Value {
        let (app, what) = (&self.app, &self.app.registration);
        let at = desk.tenant.address(&format!("/oauth/register/{}", app.id));
        let mut out = json!({
            "client_id": app.id, "client_id_issued_at": app.created_at / 1000,
            "registration_client_uri": at, "client_name": app.name,
            "redirect_uris": what.redirect_uris,
            "post_logout_redirect_uris": what.post_logout_redirect_uris,
            "grant_types": what.grant_types, "response_types": ["code"],
            "token_endpoint_auth_method": what.token_endpoint_auth_method, "scope": what.scope,
            "id_token_signed_response_alg": what.id_token_signed_response_alg,
            "require_pushed_authorization_requests": what.require_pushed_authorization_requests,
            "dpop_bound_access_tokens": what.dpop_bound_access_tokens,
        });
        let optional = [
            ("client_uri", json!(what.client_uri)),
            ("policy_uri", json!(what.policy_uri)),
            ("tos_uri", json!(what.tos_uri)),
            ("backchannel_logout_uri", json!(what.backchannel_logout_uri)),
            ("initiate_login_uri", json!(what.initiate_login_uri)),
            ("jwks", json!(what.jwks)),
            ("jwks_uri", json!(what.jwks_uri)),
            (
                "client_secret",
                json!(self.secret.as_ref().map(Secret::expose)),
            ),
            (
                "registration_access_token",
                json!(self.token.as_ref().map(Secret::expose)),
            ),
        ];
        for (name, value) in optional {
            if !value.is_null() {
                out[name] = value;
            }
        }
        if self.secret.is_some() {
            out["client_secret_expires_at"] = json!(0);
        }
        out
    }
}
