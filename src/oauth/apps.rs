//! What operators do to apps.

use serde_json::{Value, json};

use crate::audit::{Event, Outcome, kind};
use crate::core::{Core, PlainToken, hash_token};
use crate::domain::app::{App, AppState, Registration};
use crate::domain::upstream::Trust;
use crate::domain::{AppId, Code, Problem};
use crate::lane_a::check_name;
use crate::lane_a::end_in;
use crate::lane_a::operator::{Act, check_version, moved};
use crate::store::sessions::Which;
use crate::store::{Write, apps, consents, refresh_families};

/// A secret in plain, for the one who made it.
pub struct Secret(String);

impl Secret {
    /// A new one of a kind.
    pub(super) fn new(core: &Core, kind: &str) -> Self {
        let (plain, _): (PlainToken, _) = core.new_token();
        Self(format!("{kind}{}", plain.expose()))
    }

    /// The value, for the answer that shows it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What is changed about an app; `None` keeps.
#[derive(Default)]
pub struct AppChange {
    /// Name.
    pub name: Option<String>,
    /// On or off.
    pub state: Option<AppState>,
    /// All of what is registered.
    pub registration: Option<Registration>,
}

/// A page of the tenant's apps.
///
/// # Errors
/// `store_unavailable`.
pub async fn list_apps(act: &Act<'_>, after: &str, limit: i64) -> Result<Vec<App>, Problem> {
    Ok(apps::list(&act.core.db, &act.tenant.id, after, limit).await?)
}

/// One of the tenant's apps.
///
/// # Errors
/// `not_found`.
pub async fn get_app(act: &Act<'_>, id: &str) -> Result<App, Problem> {
    let found = apps::find(&act.core.db, &act.tenant.id, id).await?;
    found.ok_or_else(Problem::not_found)
}

/// Registers an app; with a secret, unless it cannot keep one.
///
/// # Errors
/// `invalid_field`.
pub async fn create_app(
    act: &Act<'_>,
    name: &str,
    registration: Registration,
) -> Result<(App, Option<Secret>), Problem> {
    registration.check()?;
    let app = App {
        id: AppId(act.core.new_id()),
        tenant: act.tenant.id.clone(),
        name: named(name)?,
        state: AppState::Active,
        registration,
        trust: trust(act, Trust::Operator),
        document: None,
        tokens_from: 0,
        version: 1,
        created_at: act.core.now(),
    };
    let secret = app.has_secret().then(|| Secret::new(act.core, "lw_app_"));
    let hash = secret.as_ref().map(|secret| hash_token(secret.expose()));
    let mut write = act.core.begin().await?;
    apps::create(&mut write.tx, &app, hash.as_ref().map(<[u8; 32]>::as_slice)).await?;
    let event = event(kind::APP_CREATED, &app).change(None, Some(shown(&app)));
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok((app, secret))
}

/// Changes an app. One that is switched off loses its tokens; one that needs no secret any more
/// loses it; one that begins to need one has none until one is made.
///
/// # Errors
/// `not_found`, `version_mismatch`, `invalid_field`, `conflict`.
pub async fn change_app(
    act: &Act<'_>,
    id: &str,
    change: AppChange,
    expected: Option<i64>,
) -> Result<App, Problem> {
    let mut write = act.core.begin().await?;
    let mut app = held(act, &mut write, id).await?;
    check_version(expected, app.version)?;
    let before = app.clone();
    if let Some(name) = change.name {
        app.name = named(&name)?;
    }
    if let Some(registration) = change.registration {
        registration.check()?;
        app.registration = registration;
        app.trust = trust(act, app.trust);
    }
    app.state = change.state.unwrap_or(app.state);
    let is_off = app.state == AppState::Disabled && before.state == AppState::Active;
    if is_off {
        app.tokens_from = write.now();
    }
    if !apps::update(&mut write.tx, &app).await? {
        return Err(moved());
    }
    app.version += 1;
    if !app.has_secret() && before.has_secret() {
        apps::set_secret(&mut write.tx, &app.tenant, &app.id, None).await?;
        app.version += 1;
    }
    if is_off {
        end_all(&mut write, &app).await?;
    }
    let event = event(kind::APP_UPDATED, &app).change(Some(shown(&before)), Some(shown(&app)));
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok(app)
}

/// A new secret; the one before is void at once.
///
/// # Errors
/// `not_found`, `conflict` for an app that cannot keep one.
pub async fn new_app_secret(act: &Act<'_>, id: &str) -> Result<(App, Secret), Problem> {
    let mut write = act.core.begin().await?;
    let mut app = held(act, &mut write, id).await?;
    if !app.has_secret() {
        return Err(Problem::new(
            Code::Conflict,
            "This app is registered as one without a secret.",
        ));
    }
    let secret = Secret::new(act.core, "lw_app_");
    let hash = hash_token(secret.expose());
    apps::set_secret(&mut write.tx, &app.tenant, &app.id, Some(&hash)).await?;
    app.version += 1;
    act.audit(&mut write, event(kind::APP_SECRET_CREATED, &app))
        .await?;
    act.core.commit(write).await?;
    Ok((app, secret))
}

/// Deletes an app with what it has been given.
///
/// # Errors
/// `not_found`, `version_mismatch`.
pub async fn delete_app(act: &Act<'_>, id: &str, expected: Option<i64>) -> Result<(), Problem> {
    let mut write = act.core.begin().await?;
    let app = held(act, &mut write, id).await?;
    check_version(expected, app.version)?;
    if app.is_built_in() {
        let detail = "This app is built in. Switch it off instead.";
        return Err(Problem::new(Code::Conflict, detail));
    }
    remove(&mut write, &app).await?;
    let event = event(kind::APP_DELETED, &app).change(Some(shown(&app)), None);
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok(())
}

/// What a tenant names is the tenant's at every later call too.
fn trust(act: &Act<'_>, old: Trust) -> Trust {
    if act.by.is_instance_operator() {
        old
    } else {
        Trust::Tenant
    }
}

/// Takes an app out with what it has been given.
///
/// # Errors
/// `version_mismatch` for whoever comes second.
pub(super) async fn remove(write: &mut Write, app: &App) -> Result<(), Problem> {
    end_all(write, app).await?;
    consents::forget_app(&mut write.tx, &app.tenant, &app.id).await?;
    if apps::delete(&mut write.tx, &app.tenant, &app.id).await? {
        Ok(())
    } else {
        Err(moved())
    }
}

/// Ends what an app has been given, and the sessions that it kept.
async fn end_all(write: &mut Write, app: &App) -> Result<(), Problem> {
    refresh_families::end_of_app(write, &app.tenant, &app.id).await?;
    end_in(write, &app.tenant, Which::OfApp(&app.id), "app_ended").await?;
    Ok(())
}

async fn held(act: &Act<'_>, write: &mut Write, id: &str) -> Result<App, Problem> {
    let found = apps::find(&mut write.tx, &act.tenant.id, id).await?;
    found.ok_or_else(Problem::not_found)
}

/// Names stand on the page that asks people for their consent.
pub(super) fn named(name: &str) -> Result<String, Problem> {
    check_name(name).map_err(|mut problem| {
        for fault in &mut problem.errors {
            fault.pointer = "/client_name".into();
        }
        problem
    })
}

pub(super) fn shown(app: &App) -> Value {
    json!({ "name": app.name, "state": app.state, "registration": app.registration })
}

pub(super) fn event(kind: &'static str, app: &App) -> Event {
    Event::new(kind, Outcome::Success, ("app", app.id.as_str()))
}
