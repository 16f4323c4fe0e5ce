//! Identity providers: what the last probe found, a probe now, and a change with its plan.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::{StatusCode, Uri};
use serde::Deserialize;

use super::super::super::context::Context;
use super::super::super::flows::form_body;
use super::super::super::me::plausible;
use super::super::setup::row_of;
use super::super::{chrome, render, see_other};
use super::guard::{Desk, Refused, act, enter, explain};
use super::words;
use crate::domain::upstream::Role;
use crate::domain::{Code, Lang, Problem, UpstreamId};
use crate::lane_a::desk::acts::{self, Permission};
use crate::lane_a::desk::{self, UpstreamView};
use crate::lane_a::swap;
use crate::views::desk::{ActivatePage, UpstreamCard, UpstreamsPage};
use crate::views::{Words, grouped};

#[derive(Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

/// The token of a form that has no other field.
#[derive(Deserialize)]
pub struct Button {
    #[serde(default)]
    csrf: String,
}

type Pressed = Result<Form<Button>, FormRejection>;

/// `GET /admin/upstreams`
pub async fn show(
    context: Context,
    here: Uri,
    Query(query): Query<Done>,
) -> Result<Response, Refused> {
    let desk = enter(&context, &here, Permission::UpstreamsRead).await?;
    let mut page = page(&context, &desk).await?;
    page.flash = match query.done.as_str() {
        "probed" => Some("desk-flash-probed"),
        "activated" => Some("desk-flash-activated"),
        _ => None,
    };
    Ok(render(&context, StatusCode::OK, &page))
}

async fn page(context: &Context, desk: &Desk<'_>) -> Result<UpstreamsPage, Problem> {
    let all = desk::upstreams(&context.core, &context.site.tenant).await?;
    Ok(UpstreamsPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "upstreams"),
        cards: all.iter().map(|view| card(context.lang(), view)).collect(),
        may_write: desk.may(Permission::UpstreamsWrite),
        flash: None,
        error: None,
    })
}

fn card(lang: Lang, view: &UpstreamView) -> UpstreamCard {
    let probe = view.probe.as_ref();
    UpstreamCard {
        id: view.row.id.0.clone(),
        label: view.row.label(),
        slug: view.row.slug.clone(),
        kind: view.row.kind.clone(),
        issuer: view.row.issuer.clone(),
        client_id: view.row.client_id.clone(),
        role: words::of_role(view.row.role),
        config_owned: view.row.config_owned,
        state: words::of_upstream(view),
        since: probe.map(|probe| probe.since),
        probed: probe.map(|probe| probe.probed_at),
        took: probe.map_or_else(String::new, |probe| {
            format!("{} ms", grouped(lang, probe.took_ms))
        }),
        fault: view.fault.clone(),
        checks: view
            .checks
            .iter()
            .cloned()
            .map(|check| row_of(lang, check))
            .collect(),
        can_activate: view.row.role != Role::Primary,
    }
}

/// `POST /admin/upstreams/{id}/probe`: looking changes nothing but what is known.
pub async fn probe(
    context: Context,
    Path(id): Path<String>,
    form: Pressed,
) -> Result<Response, Refused> {
    let (form, id) = (form_body(form)?, UpstreamId(plausible(id)?));
    let back = "/admin/upstreams";
    act(&context, Permission::UpstreamsRead, &form.csrf, back).await?;
    let (core, tenant) = (&context.core, &context.site.tenant);
    let configured = core.providers.get(tenant, &id).await?;
    desk::probe_now(core, tenant, &configured).await?;
    let slug = &configured.row.slug;
    Ok(see_other(&format!("/admin/upstreams?done=probed#{slug}")))
}

/// `GET /admin/upstreams/{id}/activate`: the plan; nothing is changed.
pub async fn plan(
    context: Context,
    here: Uri,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let desk = enter(&context, &here, Permission::UpstreamsWrite).await?;
    let page = plan_page(&context, &desk, &UpstreamId(plausible(id)?)).await?;
    Ok(render(&context, StatusCode::OK, &page))
}

async fn plan_page(
    context: &Context,
    desk: &Desk<'_>,
    id: &UpstreamId,
) -> Result<ActivatePage, Problem> {
    let (core, tenant) = (&context.core, &context.site.tenant);
    let to = core.providers.get(tenant, id).await?;
    let from = core.providers.primary(tenant).await?;
    let plan = swap::plan(core, tenant, &from.row.slug, &to.row.slug).await?;
    let (from_label, to_label) = (from.row.label(), to.row.label());
    let mut notes = vec![if plan.new_users > 0 {
        let words = Words::new("desk-plan-unlinked").number("n", plan.new_users);
        ("warn", words.text("to", &to_label))
    } else {
        (
            "ok",
            Words::new("desk-plan-all-linked").text("to", &to_label),
        )
    }];
    if plan.passkeys_idle {
        let words = Words::new("desk-plan-passkeys").text("domain", &tenant.rp_id);
        notes.push(("warn", words));
    }
    if let Some(fault) = to.fault() {
        let words = Words::new("desk-plan-fault").text("to", &to_label);
        notes.push(("bad", words.text("fault", fault)));
    }
    notes.push(("ok", Words::new("desk-plan-sessions")));
    Ok(ActivatePage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "upstreams"),
        id: id.0.clone(),
        ready: to.fault().is_none() && to.row.role != Role::Primary,
        from: from_label,
        to: to_label,
        figures: vec![
            ("desk-plan-people", grouped(context.lang(), plan.people)),
            ("desk-plan-linked", grouped(context.lang(), plan.linked)),
            ("desk-plan-new", grouped(context.lang(), plan.new_users)),
        ],
        notes,
        error: None,
    })
}

/// `POST /admin/upstreams/{id}/activate`
pub async fn activate(
    context: Context,
    Path(id): Path<String>,
    form: Pressed,
) -> Result<Response, Refused> {
    let (form, id) = (form_body(form)?, UpstreamId(plausible(id)?));
    let back = format!("/admin/upstreams/{id}/activate");
    let desk = act(&context, Permission::UpstreamsWrite, &form.csrf, &back).await?;
    match switch(&context, &desk, &id).await {
        Ok(()) => Ok(see_other("/admin/upstreams?done=activated")),
        Err(problem) => {
            let (status, text) = explain(desk.visit.lang, problem)?;
            let mut page = plan_page(&context, &desk, &id).await?;
            page.error = Some(text);
            Ok(render(&context, status, &page))
        }
    }
}

/// Only what passes its checks, and where the operator can come back as themselves.
async fn switch(context: &Context, desk: &Desk<'_>, id: &UpstreamId) -> Result<(), Problem> {
    let (core, tenant) = (&context.core, &context.site.tenant);
    let configured = core.providers.get(tenant, id).await?;
    let checks = desk::probe_now(core, tenant, &configured).await?;
    let refusal = if checks.iter().any(|check| !check.ok) {
        Some("upstream-not-ready")
    } else if !desk::can_come_back(core, tenant, desk.user(), &configured).await? {
        Some("upstream-link-first")
    } else {
        None
    };
    if let Some(key) = refusal {
        return Err(Problem::new(
            Code::Conflict,
            super::super::words(context.lang(), key),
        ));
    }
    acts::set_role(&desk.act(), id, Role::Primary).await
}
