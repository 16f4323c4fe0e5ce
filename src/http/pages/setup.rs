//! The owner link, and "point me at your Keycloak".

use std::sync::Arc;

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;

use laneway_contract::Check;

use super::super::admin::{Operator, page_operator};
use super::super::context::Context;
use super::super::flows;
use super::{check_form, chrome, render, render_flow, see_other};
use crate::authn;
use crate::authz::Permission;
use crate::domain::upstream::Role;
use crate::domain::{Code, Lang, Problem, UserId};
use crate::lane_a::{account, operator, owner as owners, swap};
use crate::providers::Configured;
use crate::store::links;
use crate::views::{CheckRow, ConnectUpstreamPage, OwnerPage, UpstreamValues};

/// `GET /owner/{token}`: a button, because looking must consume nothing.
pub async fn owner(context: Context, Path(token): Path<String>) -> Result<Response, Problem> {
    context.login_host_only()?;
    let browser = context.browser_or_new();
    let visit = context.visit(&browser).await?;
    owners::check(&visit, &token).await?;
    let page = OwnerPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        action: format!("/owner/{token}"),
        csrf: authn::form_token(&context.core.sealer, &browser.binding),
    };
    // Where the provider has a page of its own, the button leads straight there.
    let mut response = render_flow(&visit, StatusCode::OK, &page).await;
    flows::set_flow_cookie(&mut response, &browser);
    Ok(response)
}

#[derive(Deserialize)]
pub struct OwnerForm {
    #[serde(default)]
    csrf: String,
}

/// `POST /owner/{token}`: begins the sign-in whose end makes an owner.
pub async fn take_ownership(
    context: Context,
    Path(token): Path<String>,
    form: Result<Form<OwnerForm>, FormRejection>,
) -> Result<Response, Problem> {
    context.login_host_only()?;
    let form = flows::form_body(form)?;
    let browser = context.browser().ok_or_else(|| {
        Problem::new(
            Code::CsrfRequired,
            "Cookies are off, or the page is too old. Open the link again.",
        )
    })?;
    check_form(&context, &browser.binding, &form.csrf)?;
    let visit = context.visit(&browser).await?;
    let flow = owners::start(&visit, &token).await?;
    super::open_flow(&visit, &browser, flow).await
}

/// Fields of the upstream form.
#[derive(Deserialize, Default)]
pub struct UpstreamForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    issuer: String,
    #[serde(default)]
    client_id: String,
    client_secret: Option<SecretString>,
    #[serde(default)]
    upstream: String,
}

/// The owner behind this request, freshly proven; otherwise where to go first.
async fn owner_session(
    context: &Context,
    reading: bool,
) -> Result<Result<(Operator, UserId), String>, Problem> {
    context.login_host_only()?;
    let visit = context.visit_as([0; 32], true).await?;
    let Some(live) = visit.live.clone() else {
        if !reading {
            return Err(Problem::new(Code::Unauthenticated, "Sign in again."));
        }
        return Ok(Err("/login?return_to=/admin/upstream".to_owned()));
    };
    let operator = page_operator(context, Permission::UpstreamsWrite).await?;
    match account::require_operator(&visit, "/admin/upstream").await {
        Ok(()) => Ok(Ok((operator, live.session.user.clone()))),
        Err(problem) => match problem.extra.get("step_up_url").and_then(|v| v.as_str()) {
            Some(url) => Ok(Err(url.to_owned())),
            None => Err(problem),
        },
    }
}

fn session_token(context: &Context) -> &str {
    authn::read_single(&context.headers, authn::SESSION).unwrap_or_default()
}

/// Which provider the page is about.
#[derive(Deserialize)]
pub struct Chosen {
    #[serde(default)]
    name: String,
}

/// `GET /admin/upstream?name=`: the one of that name, else the newest.
pub async fn show(context: Context, Query(chosen): Query<Chosen>) -> Result<Response, Problem> {
    if let Err(first) = owner_session(&context, true).await? {
        return Ok(see_other(&first));
    }
    let all = context
        .core
        .providers
        .of_tenant(&context.site.tenant)
        .await?;
    let named = |c: &&Arc<Configured>| chosen.name.is_empty() || c.row.slug == chosen.name;
    let latest = all.iter().rev().filter(named).find(|c| c.redirects());
    let latest = latest.cloned();
    let values = latest.as_deref().map_or_else(first_values, values_of);
    let waiting = latest.as_deref().filter(|c| c.row.role != Role::Primary);
    let checks = match waiting {
        Some(configured) => {
            operator::probe(&context.core, &context.site.tenant, configured).await?
        }
        None => Vec::new(),
    };
    let status = StatusCode::OK;
    page(&context, values, latest.as_deref(), checks, None, status).await
}

fn values_of(configured: &Configured) -> UpstreamValues {
    UpstreamValues {
        kind: configured.row.kind.clone(),
        name: configured.row.slug.clone(),
        issuer: configured.row.issuer.clone(),
        client_id: configured.row.client_id.clone(),
    }
}

/// `POST /admin/upstream`: saves as secondary and says what is right and wrong with it.
pub async fn save(
    context: Context,
    form: Result<Form<UpstreamForm>, FormRejection>,
) -> Result<Response, Problem> {
    let form = flows::form_body(form)?;
    let (by, _) = match owner_session(&context, false).await? {
        Ok(found) => found,
        Err(first) => return Ok(see_other(&first)),
    };
    check_form(&context, session_token(&context), &form.csrf)?;
    let (core, tenant) = (&context.core, &context.site.tenant);
    let values = UpstreamValues {
        kind: form.kind.clone(),
        name: if form.name.trim().is_empty() {
            form.kind.clone()
        } else {
            form.name.trim().to_owned()
        },
        issuer: form.issuer.trim().trim_end_matches('/').to_owned(),
        client_id: form.client_id.trim().to_owned(),
    };
    let secret = form.client_secret.filter(|secret| {
        use secrecy::ExposeSecret;
        !secret.expose_secret().trim().is_empty()
    });
    let input = operator::UpstreamInput {
        kind: values.kind.clone(),
        name: values.name.clone(),
        issuer: values.issuer.clone(),
        client_id: values.client_id.clone(),
        client_secret: secret,
        options: json!({}),
    };
    let saved = operator::put_upstream(&by.act(&context), input).await;
    match saved {
        Ok(row) => {
            let configured = core.providers.get(tenant, &row.id).await?;
            let checks = operator::probe(core, tenant, &configured).await?;
            page(
                &context,
                values,
                Some(&configured),
                checks,
                None,
                StatusCode::OK,
            )
            .await
        }
        Err(problem) if matches!(problem.code, Code::InvalidField | Code::Conflict) => {
            let text = super::said_inline(context.lang(), &problem);
            page(
                &context,
                values,
                None,
                Vec::new(),
                Some(text),
                StatusCode::UNPROCESSABLE_ENTITY,
            )
            .await
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /admin/upstream/activate`
pub async fn activate(
    context: Context,
    form: Result<Form<UpstreamForm>, FormRejection>,
) -> Result<Response, Problem> {
    let form = flows::form_body(form)?;
    let (by, user) = match owner_session(&context, false).await? {
        Ok(found) => found,
        Err(first) => return Ok(see_other(&first)),
    };
    check_form(&context, session_token(&context), &form.csrf)?;
    let (core, tenant) = (&context.core, &context.site.tenant);
    let id = crate::domain::UpstreamId(form.upstream);
    let configured = core.providers.get(tenant, &id).await?;
    let checks = operator::probe(core, tenant, &configured).await?;
    let refusal = if checks.iter().any(|check| !check.ok) {
        Some("upstream-not-ready")
    } else if !is_linked(&context, &user, &configured).await? {
        // Whoever cannot come back as themselves would lock themselves out of here.
        Some("upstream-link-first")
    } else {
        None
    };
    if let Some(key) = refusal {
        let (values, text) = (
            values_of(&configured),
            Some(super::words(context.lang(), key)),
        );
        let status = StatusCode::CONFLICT;
        return page(&context, values, Some(&configured), checks, text, status).await;
    }
    swap::set_role(&by.act(&context), &id, Role::Primary).await?;
    Ok(see_other("/admin/upstream"))
}

async fn is_linked(
    context: &Context,
    user: &UserId,
    configured: &Configured,
) -> Result<bool, Problem> {
    let all = links::list(&context.core.db, &context.site.tenant.id, user).await?;
    Ok(all.iter().any(|link| link.issuer == configured.row.issuer))
}

async fn page(
    context: &Context,
    mut values: UpstreamValues,
    configured: Option<&Configured>,
    checks: Vec<Check>,
    error: Option<String>,
    status: StatusCode,
) -> Result<Response, Problem> {
    if values.kind.is_empty() {
        values.kind = "keycloak".into();
    }
    let tenant = &context.site.tenant;
    let slug = if values.name.is_empty() {
        values.kind.as_str()
    } else {
        values.name.as_str()
    };
    let addresses = operator::addresses(tenant, slug)?;
    let active = match context.core.providers.primary(tenant).await {
        Ok(primary) => primary.row.label(),
        Err(_) => String::new(),
    };
    let is_primary = configured.is_some_and(|c| c.row.role == Role::Primary);
    let page = ConnectUpstreamPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        csrf: authn::form_token(&context.core.sealer, session_token(context)),
        action: "/admin/upstream".into(),
        redirect_uri: addresses.redirect_uri.to_string(),
        post_logout_uri: addresses.post_logout_uri.to_string(),
        backchannel_uri: addresses.backchannel_uri.to_string(),
        can_activate: configured.is_some()
            && !is_primary
            && !checks.is_empty()
            && checks.iter().all(|c| c.ok),
        values,
        error,
        checks: checks
            .into_iter()
            .map(|check| row_of(context.lang(), check))
            .collect(),
        upstream_id: configured.map(|c| c.row.id.0.clone()),
        active_label: active,
    };
    Ok(render(context, status, &page))
}

/// What the first provider is called unless somebody says otherwise: the addresses on the page
/// are made of it.
fn first_values() -> UpstreamValues {
    UpstreamValues {
        name: "keycloak".into(),
        ..UpstreamValues::default()
    }
}

pub(super) fn row_of(lang: Lang, check: Check) -> CheckRow {
    let said = |text: String| crate::views::translate(lang, &text).unwrap_or(text);
    let advice = check.is_warning();
    CheckRow {
        name: check.name,
        ok: check.ok && !advice,
        advice,
        received: check.received.unwrap_or_default(),
        expected: said(check.expected.unwrap_or_default()),
        who: match check.who {
            laneway_contract::Who::Provider => "provider",
            laneway_contract::Who::Us => "us",
            laneway_contract::Who::Customer => "customer",
        }
        .to_owned(),
        fix: said(check.fix),
    }
}
