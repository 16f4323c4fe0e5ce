//! How a tenant behaves and where it lives.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::{StatusCode, Uri};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::super::super::context::Context;
use super::super::super::flows::form_body;
use super::super::super::me::plausible;
use super::super::{chrome, render, see_other};
use super::guard::{Desk, Refused, act, enter, explain};
use super::{about, words};
use crate::domain::Problem;
use crate::domain::tenant::{Purpose, Signup, Tenant};
use crate::lane_a::desk::acts as operator;
use crate::lane_a::desk::acts::Permission;
use crate::store::{hosts, orgs, tenants};
use crate::views::desk::{HostLine, SettingsPage};

pub(super) const BACK: &str = "/admin/settings";

#[derive(Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

/// Fields of the forms.
#[derive(Deserialize)]
pub struct SettingsForm {
    #[serde(default)]
    csrf: String,
    version: Option<i64>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    color: String,
    #[serde(default)]
    signup: String,
    #[serde(default)]
    jit: String,
    #[serde(default)]
    origins: String,
    #[serde(default)]
    host: String,
    #[serde(default)]
    purpose: String,
    /// The organization that a login host is for.
    #[serde(default)]
    org: String,
}

type Posted = Result<Form<SettingsForm>, FormRejection>;

/// `GET /admin/settings`
pub async fn show(
    context: Context,
    here: Uri,
    Query(query): Query<Done>,
) -> Result<Response, Refused> {
    let desk = enter(&context, &here, Permission::TenantsRead).await?;
    let mut page = page(&context, &desk).await?;
    page.flash = match query.done.as_str() {
        "saved" => Some("desk-flash-saved"),
        "host" => Some("desk-flash-host"),
        "logo" => Some("desk-flash-logo"),
        "logo-removed" => Some("desk-flash-logo-removed"),
        _ => None,
    };
    Ok(render(&context, StatusCode::OK, &page))
}

pub(super) async fn page(context: &Context, desk: &Desk<'_>) -> Result<SettingsPage, Problem> {
    let (db, id) = (&context.core.db, &context.site.tenant.id);
    // Not from this node's memory: what was saved a moment ago is shown.
    let tenant = tenants::find(db, id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let origins: Vec<String> = tenant
        .origins
        .iter()
        .map(|origin| origin.origin().ascii_serialization())
        .collect();
    Ok(SettingsPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "settings"),
        version: tenant.version,
        issuer: tenant.issuer(),
        signup: tenant.signup.as_str().to_owned(),
        jit: tenant.jit,
        color: tenant.brand.color.clone().unwrap_or_default(),
        origins: origins.join("\n"),
        about: about::fields(desk, &tenant),
        hosts: lines(context).await?,
        may_write: desk.may(Permission::TenantsWrite),
        may_hosts: desk.may(Permission::HostsWrite),
        name: tenant.name,
        rp_id: tenant.rp_id,
        flash: None,
        error: None,
    })
}

async fn lines(context: &Context) -> Result<Vec<HostLine>, Problem> {
    let (db, id) = (&context.core.db, &context.site.tenant.id);
    let mut lines = Vec::new();
    for host in hosts::list(db, id).await? {
        let org = match &host.org {
            Some(org) => orgs::find(db, id, org.as_str()).await?,
            None => None,
        };
        lines.push(HostLine {
            id: host.id,
            host: host.host,
            purpose: words::of_purpose(host.purpose, host.org.is_some()),
            canonical: host.canonical,
            config_owned: host.config_owned,
            org: org.map(|org| org.name).unwrap_or_default(),
        });
    }
    Ok(lines)
}

/// `POST /admin/settings`
pub async fn save(context: Context, form: Posted) -> Result<Response, Refused> {
    let form = form_body(form)?;
    let desk = act(&context, Permission::TenantsWrite, &form.csrf, BACK).await?;
    let id = &context.site.tenant.id;
    let deed = desk.act();
    let change = |tenant: &mut Tenant| apply(tenant, &form);
    let changed = operator::change_tenant(&deed, id, form.version, change, shown);
    match changed.await {
        Ok(_) => Ok(see_other("/admin/settings?done=saved")),
        Err(problem) => {
            let (status, text) = explain(desk.visit.lang, problem)?;
            let mut page = page(&context, &desk).await?;
            page.error = Some(text);
            page.name = form.name;
            page.color = form.color;
            page.signup = form.signup;
            page.jit = form.jit != "deny";
            page.origins = form.origins;
            Ok(render(&context, status, &page))
        }
    }
}

/// What the event keeps of a tenant before and after.
pub(super) fn shown(tenant: &Tenant) -> Value {
    json!({
        "name": tenant.name, "signup": tenant.signup, "origins": tenant.origins,
        "brand": tenant.brand, "settings": tenant.settings,
        "jit": if tenant.jit { "create" } else { "deny" },
    })
}

fn apply(tenant: &mut Tenant, form: &SettingsForm) -> Result<(), Problem> {
    tenant.name = operator::check_tenant_name(&form.name)?;
    tenant.signup = Signup::parse(&form.signup)
        .ok_or_else(|| Problem::field("/signup", "unknown", "Use open, invite or closed."))?;
    tenant.jit = form.jit != "deny";
    let color = form.color.trim();
    tenant.brand.color = operator::check_color((!color.is_empty()).then(|| color.to_owned()))?;
    tenant.origins = form
        .origins
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(origin)
        .collect::<Result<_, _>>()?;
    Ok(())
}

fn origin(line: &str) -> Result<Url, Problem> {
    let bad = || {
        let detail = "Give each origin as scheme, host and port only, one per line.";
        Problem::field("/origins", "invalid_origin", detail)
    };
    let url = Url::parse(line).map_err(|_| bad())?;
    let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !plain || !url.has_host() || !matches!(url.scheme(), "https" | "http") {
        return Err(bad());
    }
    Ok(url)
}

/// `POST /admin/settings/hosts`
pub async fn add_host(context: Context, form: Posted) -> Result<Response, Refused> {
    let form = form_body(form)?;
    let desk = act(&context, Permission::HostsWrite, &form.csrf, BACK).await?;
    let purpose = if form.purpose == "login" {
        Purpose::Login
    } else {
        Purpose::App
    };
    let org = Some(form.org.trim()).filter(|name| !name.is_empty());
    let outcome = operator::add_host(&desk.act(), form.host.trim(), purpose, org).await;
    answer(&context, &desk, outcome.map(|_| ())).await
}

/// `POST /admin/settings/hosts/{id}/remove`
pub async fn remove_host(
    context: Context,
    Path(id): Path<String>,
    form: Posted,
) -> Result<Response, Refused> {
    let (form, id) = (form_body(form)?, plausible(id)?);
    let desk = act(&context, Permission::HostsWrite, &form.csrf, BACK).await?;
    let outcome = operator::remove_host(&desk.act(), &id).await;
    answer(&context, &desk, outcome).await
}

/// The page with what went wrong.
pub(super) async fn again(
    context: &Context,
    desk: &Desk<'_>,
    problem: Problem,
) -> Result<Response, Refused> {
    let (status, text) = explain(desk.visit.lang, problem)?;
    let mut page = page(context, desk).await?;
    page.error = Some(text);
    Ok(render(context, status, &page))
}

async fn answer(
    context: &Context,
    desk: &Desk<'_>,
    outcome: Result<(), Problem>,
) -> Result<Response, Refused> {
    match outcome {
        Ok(()) => Ok(see_other("/admin/settings?done=host")),
        Err(problem) => again(context, desk, problem).await,
    }
}
