//! `/admin/apps`: registered apps, and one of them.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::{StatusCode, Uri};
use serde::Deserialize;

use super::super::super::context::Context;
use super::super::super::flows::form_body;
use super::super::super::me::plausible;
use super::super::{chrome, render, see_other};
use super::guard::{Desk, Refused, act, enter, explain};
use super::organizations::Paging;
use super::paging::{cut, limit, pages_of};
use crate::domain::Problem;
use crate::domain::app::{
    App, AppState, AuthMethod, GrantType, IdTokenAlg, Registration, known_by,
};
use crate::domain::scope::Scope;
use crate::lane_a::desk::acts::Permission;
use crate::oauth::apps::{self, AppChange};
use crate::views::desk::{AppForm, AppLine, AppPage, AppsPage, StateWord};

const HERE: &str = "/admin/apps";

/// Fields of the forms. A box that is not ticked is not sent.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Fields {
    csrf: String,
    action: String,
    name: String,
    redirect_uris: String,
    logout_uris: String,
    scope: String,
    audiences: String,
    backchannel_logout_uri: String,
    public: String,
    refresh: String,
    device: String,
    machine: String,
    exempt: String,
    own: String,
    lifetime: String,
    alg: String,
}

type Posted = Result<Form<Fields>, FormRejection>;

/// `GET /admin/apps?after=`
pub async fn show(
    context: Context,
    here: Uri,
    Query(query): Query<Paging>,
) -> Result<Response, Refused> {
    let desk = enter(&context, &here, Permission::AppsRead).await?;
    let mut page = list_page(&context, &desk, &query.after).await?;
    page.flash = (query.done == "deleted").then_some("desk-flash-app-deleted");
    Ok(render(&context, StatusCode::OK, &page))
}

async fn list_page(context: &Context, desk: &Desk<'_>, after: &str) -> Result<AppsPage, Problem> {
    let all = apps::list_apps(&desk.act(), after, limit()).await?;
    let shown = cut(all, after, |app| app.id.as_str(), pages_of(HERE));
    Ok(AppsPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "apps"),
        first: shown.first,
        next: shown.next,
        rows: shown.rows.iter().map(line).collect(),
        may_write: desk.may(Permission::AppsWrite),
        form: AppForm::from(&Registration::default()),
        flash: None,
        error: None,
    })
}

fn line(app: &App) -> AppLine {
    AppLine {
        id: app.id.0.clone(),
        name: app.name.clone(),
        known_by: app.document.as_deref().and_then(known_by),
        own: app.registration.first_party,
        public: app.is_public(),
        // Without PKCE only what is confidential, and only by somebody's word.
        exempt: !app.registration.require_pkce,
        created: app.created_at,
        state: state(app.state),
    }
}

fn state(state: AppState) -> StateWord {
    match state {
        AppState::Active => StateWord::new("ok", "desk-active"),
        AppState::Disabled => StateWord::new("idle", "desk-disabled"),
    }
}

impl From<&Registration> for AppForm {
    fn from(what: &Registration) -> Self {
        let hears = what.backchannel_logout_uri.as_ref();
        Self {
            name: String::new(),
            redirect_uris: what.redirect_uris.join("\n"),
            logout_uris: what.post_logout_redirect_uris.join("\n"),
            scope: what.scope.to_string(),
            audiences: what.audiences.join("\n"),
            backchannel_logout_uri: hears.map(ToString::to_string).unwrap_or_default(),
            public: what.token_endpoint_auth_method == AuthMethod::None,
            refresh: what.grant_types.contains(&GrantType::Refresh),
            device: what.grant_types.contains(&GrantType::Device),
            machine: what.grant_types.contains(&GrantType::Client),
            exempt: !what.require_pkce,
            own: what.first_party,
            lifetime: what.access_token_lifetime.to_string(),
            alg: what.id_token_signed_response_alg.as_str().to_owned(),
        }
    }
}

impl Fields {
    /// What was entered, as it is shown again.
    fn entered(&self) -> AppForm {
        AppForm {
            name: self.name.clone(),
            redirect_uris: self.redirect_uris.clone(),
            logout_uris: self.logout_uris.clone(),
            scope: self.scope.clone(),
            audiences: self.audiences.clone(),
            backchannel_logout_uri: self.backchannel_logout_uri.clone(),
            public: !self.public.is_empty(),
            refresh: !self.refresh.is_empty(),
            device: !self.device.is_empty(),
            machine: !self.machine.is_empty(),
            exempt: !self.exempt.is_empty(),
            own: !self.own.is_empty(),
            lifetime: self.lifetime.clone(),
            alg: self.alg.clone(),
        }
    }

    /// The registration that it makes of another; what the page does not ask stays.
    fn over(&self, mut what: Registration) -> Result<Registration, Problem> {
        let lines = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        what.redirect_uris = lines(&self.redirect_uris);
        what.post_logout_redirect_uris = lines(&self.logout_uris);
        what.audiences = lines(&self.audiences);
        what.first_party = !self.own.is_empty();
        let scope = self.scope.split_whitespace().collect::<Vec<_>>().join(" ");
        what.scope = Scope::parse(&scope).ok_or_else(|| {
            let words = "Scopes are plain words with spaces between them.";
            Problem::field("/scope", "invalid", words)
        })?;
        self.set_grants(&mut what);
        what.require_pkce = self.exempt.is_empty();
        if !self.lifetime.is_empty() {
            what.access_token_lifetime = self.lifetime.trim().parse().map_err(|_| {
                let words = "Use 60 to 900 seconds.";
                Problem::field("/access_token_lifetime", "invalid", words)
            })?;
        }
        if let Some(alg) = IdTokenAlg::parse(&self.alg) {
            what.id_token_signed_response_alg = alg;
        }
        what.backchannel_logout_uri = match self.backchannel_logout_uri.trim() {
            "" => None,
            text => Some(text.parse().map_err(|_| {
                let words = "Use an https address without `#` and without a name in it.";
                Problem::field("/backchannel_logout_uri", "invalid", words)
            })?),
        };
        Ok(what)
    }

    /// What no box asks for stays as it is.
    fn set_grants(&self, what: &mut Registration) {
        let new = !what.grant_types.contains(&GrantType::Refresh);
        let without = self.device.is_empty() && self.machine.is_empty();
        let wanted = [
            (GrantType::Code, !what.redirect_uris.is_empty() || without),
            (GrantType::Refresh, !self.refresh.is_empty()),
            (GrantType::Device, !self.device.is_empty()),
            (GrantType::Client, !self.machine.is_empty()),
        ];
        for (grant, wanted) in wanted {
            what.grant_types.retain(|own| *own != grant || wanted);
            if wanted && !what.grant_types.contains(&grant) {
                what.grant_types.push(grant);
            }
        }
        // Whoever ticks the box means tokens, not the right to ask in vain.
        let offline = "offline_access";
        if new && !self.refresh.is_empty() && !what.first_party && !what.scope.has(offline) {
            what.scope = Scope::parse(&format!("{} {offline}", what.scope)).unwrap_or_default();
        }
    }
}

/// `POST /admin/apps`: registers one; its secret is on the page that answers, and nowhere else.
pub async fn create(context: Context, form: Posted) -> Result<Response, Refused> {
    let form = form_body(form)?;
    let desk = act(&context, Permission::AppsWrite, &form.csrf, HERE).await?;
    let mut usual = Registration::default();
    if !form.public.is_empty() {
        usual.token_endpoint_auth_method = AuthMethod::None;
    }
    let made = match form.over(usual) {
        Ok(what) => apps::create_app(&desk.act(), form.name.trim(), what).await,
        Err(problem) => Err(problem),
    };
    match made {
        Ok((app, secret)) => {
            let mut page = one_page(&context, &desk, &app);
            page.secret = secret.map(|secret| secret.expose().to_owned());
            page.flash = Some("desk-flash-app-made");
            Ok(render(&context, StatusCode::CREATED, &page))
        }
        Err(problem) => {
            let (status, text) = explain(desk.visit.lang, problem)?;
            let mut page = list_page(&context, &desk, "").await?;
            page.error = Some(text);
            page.form = form.entered();
            Ok(render(&context, status, &page))
        }
    }
}

/// `GET /admin/apps/{app}`
pub async fn show_one(
    context: Context,
    here: Uri,
    Path(id): Path<String>,
    Query(query): Query<Paging>,
) -> Result<Response, Refused> {
    let desk = enter(&context, &here, Permission::AppsRead).await?;
    let app = apps::get_app(&desk.act(), &plausible(id)?).await?;
    let mut page = one_page(&context, &desk, &app);
    page.flash = (query.done == "saved").then_some("desk-flash-app-saved");
    Ok(render(&context, StatusCode::OK, &page))
}

fn one_page(context: &Context, desk: &Desk<'_>, app: &App) -> AppPage {
    let what = &app.registration;
    let mut form = AppForm::from(what);
    form.name.clone_from(&app.name);
    AppPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "apps"),
        line: line(app),
        issuer: context.site.tenant.issuer(),
        method: what.token_endpoint_auth_method.as_str(),
        grants: what.grant_types.iter().map(|one| one.as_str()).collect(),
        alg: what.id_token_signed_response_alg.as_str(),
        lifetime: what.access_token_lifetime,
        has_secret: app.has_secret(),
        built_in: app.is_built_in(),
        active: app.state == AppState::Active,
        may_write: desk.may(Permission::AppsWrite),
        form,
        secret: None,
        flash: None,
        error: None,
    }
}

/// `POST /admin/apps/{app}`: saves, makes a secret, switches or deletes.
pub async fn answer(
    context: Context,
    Path(id): Path<String>,
    form: Posted,
) -> Result<Response, Refused> {
    let form = form_body(form)?;
    let id = plausible(id)?;
    let here = format!("{HERE}/{id}");
    let desk = act(&context, Permission::AppsWrite, &form.csrf, &here).await?;
    let app = apps::get_app(&desk.act(), &id).await?;
    match change(&context, &desk, &app, &form).await {
        Ok(response) => Ok(response),
        Err(problem) => {
            let (status, text) = explain(desk.visit.lang, problem)?;
            let mut page = one_page(&context, &desk, &app);
            if form.action == "save" {
                page.form = form.entered();
            }
            page.error = Some(text);
            Ok(render(&context, status, &page))
        }
    }
}

async fn change(
    context: &Context,
    desk: &Desk<'_>,
    app: &App,
    form: &Fields,
) -> Result<Response, Problem> {
    let (acting, id) = (desk.act(), app.id.as_str());
    let change = match form.action.as_str() {
        "save" => AppChange {
            name: Some(form.name.trim().to_owned()),
            registration: Some(form.over(app.registration.clone())?),
            ..AppChange::default()
        },
        "on" | "off" => AppChange {
            state: Some(if form.action == "on" {
                AppState::Active
            } else {
                AppState::Disabled
            }),
            ..AppChange::default()
        },
        "secret" => {
            let (app, secret) = apps::new_app_secret(&acting, id).await?;
            let mut page = one_page(context, desk, &app);
            page.secret = Some(secret.expose().to_owned());
            page.flash = Some("desk-flash-app-secret");
            return Ok(render(context, StatusCode::OK, &page));
        }
        "delete" => {
            apps::delete_app(&acting, id, None).await?;
            return Ok(see_other(&format!("{HERE}?done=deleted")));
        }
        _ => return Err(Problem::not_found()),
    };
    apps::change_app(&acting, id, change, Some(app.version)).await?;
    Ok(see_other(&format!("{HERE}/{id}?done=saved")))
}
