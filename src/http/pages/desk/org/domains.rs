//! `/org/{org}/domains`: naming a domain, and what proves that it is the organization's.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::{StatusCode, Uri};
use serde::Deserialize;

use super::super::super::super::context::Context;
use super::super::super::super::flows::form_body;
use super::super::super::super::me::plausible;
use super::super::super::{chrome, render, see_other};
use super::super::guard::{Desk, Refused, act_org, enter_org, explain};
use super::super::organizations::Paging;
use crate::domain::Problem;
use crate::lane_a::desk::acts::Permission;
use crate::lane_b::domains as proofs;
use crate::store::domains::{self, OrgDomain};
use crate::store::orgs::Organization;
use crate::views::desk::StateWord;
use crate::views::org::{DomainLine, DomainsPage, Looked};

const ON_A_PAGE: usize = 20;

/// Fields of the forms.
#[derive(Deserialize)]
pub struct DomainForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    domain: String,
}

/// `GET /org/{org}/domains?after=`
pub async fn show(
    context: Context,
    here: Uri,
    Path(org): Path<String>,
    Query(query): Query<Paging>,
) -> Result<Response, Refused> {
    let (desk, org) = enter_org(&context, &here, &org, Permission::ConnectionsRead).await?;
    let mut page = page(&context, &desk, &org, &query.after).await?;
    page.flash = match query.done.as_str() {
        "added" => Some("org-flash-domain-added"),
        "proven" => Some("org-flash-domain-proven"),
        "removed" => Some("org-flash-domain-removed"),
        _ => None,
    };
    Ok(render(&context, StatusCode::OK, &page))
}

async fn page(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    after: &str,
) -> Result<DomainsPage, Problem> {
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let limit = i64::try_from(ON_A_PAGE + 1).unwrap_or(i64::MAX);
    let mut all = domains::list(db, tenant, &org.id, after, limit).await?;
    let more = all.len() > ON_A_PAGE;
    all.truncate(ON_A_PAGE);
    let path = format!("/org/{}/domains", org.slug);
    let last = all.last().filter(|_| more).map(|one| one.domain.clone());
    // What somebody has to do something about comes first.
    all.sort_by_key(|one| match (one.verified_at, one.missing_since) {
        (Some(_), Some(_)) => 0,
        (None, _) => 1,
        (Some(_), None) => 2,
    });
    Ok(DomainsPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "domains"),
        next: last.map(|name| format!("{path}?after={name}")),
        first: (!after.is_empty()).then(|| path.clone()),
        domains: all.into_iter().map(line).collect(),
        path,
        looked: None,
        may_write: desk.may(Permission::ConnectionsWrite),
        value: String::new(),
        flash: None,
        error: None,
        trouble: None,
    })
}

fn line(one: OrgDomain) -> DomainLine {
    let state = match (one.verified_at, one.missing_since) {
        (Some(_), Some(_)) => StateWord::new("bad", "org-domain-missing"),
        (Some(_), None) => StateWord::new("ok", "org-domain-proven"),
        (None, _) => StateWord::new("warn", "org-domain-open"),
    };
    DomainLine {
        state,
        proven: one.verified_at,
        looked: one.checked_at,
        missing: one.missing_since,
        name: proofs::txt_name(&one.domain),
        value: one.proof,
        domain: one.domain,
        id: one.id,
    }
}

/// What came of a form.
enum Came {
    /// The word for it in the address.
    Word(&'static str),
    /// Somebody looked, and it proves nothing.
    Unproven(Looked),
}

/// `POST /org/{org}/domains`
pub async fn answer(
    context: Context,
    Path(org): Path<String>,
    form: Result<Form<DomainForm>, FormRejection>,
) -> Result<Response, Refused> {
    let form = form_body(form)?;
    let place = (org.as_str(), "/domains");
    let (desk, org) = act_org(&context, place, Permission::ConnectionsWrite, &form.csrf).await?;
    let (status, looked, error) = match carry_out(&desk, &org, &form).await {
        Ok(Came::Word(word)) => {
            let address = format!("/org/{}/domains?done={word}", org.slug);
            return Ok(see_other(&address));
        }
        Ok(Came::Unproven(looked)) => (StatusCode::OK, Some(looked), None),
        Err(problem) => {
            let (status, text) = explain(desk.visit.lang, problem)?;
            (status, None, Some(text))
        }
    };
    let mut page = page(&context, &desk, &org, "").await?;
    page.looked = looked;
    // What concerns a domain that is here already does not stand in the form for a new one.
    if form.action == "add" {
        page.error = error;
    } else {
        page.trouble = error.map(|words| (form.id, words));
    }
    page.value = form.domain;
    Ok(render(&context, status, &page))
}

async fn carry_out(
    desk: &Desk<'_>,
    org: &Organization,
    form: &DomainForm,
) -> Result<Came, Problem> {
    let act = desk.act();
    let id = || plausible(form.id.clone());
    match form.action.as_str() {
        "add" => {
            proofs::add(&act, &org.id, &form.domain).await?;
            Ok(Came::Word("added"))
        }
        "verify" => {
            let (one, seen) = proofs::verify(&act, &org.id, &id()?).await?;
            if one.verified_at.is_some() && one.missing_since.is_none() {
                return Ok(Came::Word("proven"));
            }
            Ok(Came::Unproven(Looked { id: one.id, seen }))
        }
        "remove" => {
            proofs::remove(&act, &org.id, &id()?).await?;
            Ok(Came::Word("removed"))
        }
        _ => Err(Problem::not_found()),
    }
}
