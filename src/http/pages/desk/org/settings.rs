//! `/org/{org}/settings`: what the organization is called, how its sign-in looks, and how well
//! somebody must have proven themselves to act in it.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::{StatusCode, Uri};
use laneway_contract::Acr;
use serde::Deserialize;
use serde_json::Value;

use super::super::super::super::context::Context;
use super::super::super::super::flows::form_body;
use super::super::super::{chrome, render, see_other};
use super::super::guard::{Desk, Refused, act_org, enter_org, explain};
use super::super::organizations::Paging;
use crate::domain::Problem;
use crate::lane_a::desk::acts::{self as operator, OrgChange, Permission};
use crate::store::orgs::Organization;
use crate::views::org::OrgSettingsPage;

/// Fields of the form.
#[derive(Deserialize)]
pub struct SettingsForm {
    #[serde(default)]
    csrf: String,
    version: Option<i64>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    slug: String,
    #[serde(default)]
    brand_name: String,
    #[serde(default)]
    color: String,
    #[serde(default)]
    logo_url: String,
    #[serde(default)]
    acr: String,
    /// `yes` or `no`; left out it stays.
    social: Option<String>,
}

impl SettingsForm {
    fn change(&self) -> OrgChange {
        let look = [
            ("name", &self.brand_name),
            ("color", &self.color),
            ("logo_url", &self.logo_url),
        ];
        let look = look.map(|(name, value)| {
            let value = match value.trim() {
                "" => Value::Null,
                text => Value::from(text),
            };
            (name.to_owned(), value)
        });
        OrgChange {
            slug: Some(self.slug.trim().to_owned()),
            name: Some(self.name.trim().to_owned()),
            required_acr: Some(Acr::parse(&self.acr)),
            social_login: self.social.as_deref().map(|word| word != "no"),
            brand: Some(Some(look.into_iter().collect())),
            ..OrgChange::default()
        }
    }
}

/// `GET /org/{org}/settings`
pub async fn show(
    context: Context,
    here: Uri,
    Path(org): Path<String>,
    Query(query): Query<Paging>,
) -> Result<Response, Refused> {
    let (desk, org) = enter_org(&context, &here, &org, Permission::OrgWrite).await?;
    let mut page = page(&context, &desk, org).await?;
    page.flash = (query.done == "saved").then_some("org-flash-saved");
    Ok(render(&context, StatusCode::OK, &page))
}

async fn page(
    context: &Context,
    desk: &Desk<'_>,
    org: Organization,
) -> Result<OrgSettingsPage, Problem> {
    let attached = context.core.providers.social(&context.site.tenant).await?;
    let attached: Vec<String> = attached
        .iter()
        .map(|offer| offer.upstream.row.label())
        .collect();
    Ok(OrgSettingsPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "settings"),
        path: format!("/org/{}/settings", org.slug),
        id: org.id.0,
        created: org.created_at,
        version: org.version,
        name: org.name,
        slug: org.slug,
        brand_name: org.brand.name.unwrap_or_default(),
        color: org.brand.color.unwrap_or_default(),
        logo_url: org.brand.logo_url.unwrap_or_default(),
        acr: org
            .required_acr
            .map_or_else(String::new, |acr| acr.as_str().to_owned()),
        social: org.social_login,
        attached: attached.join(", "),
        flash: None,
        error: None,
    })
}

/// `POST /org/{org}/settings`
pub async fn save(
    context: Context,
    Path(org): Path<String>,
    form: Result<Form<SettingsForm>, FormRejection>,
) -> Result<Response, Refused> {
    let form = form_body(form)?;
    let place = (org.as_str(), "/settings");
    let (desk, org) = act_org(&context, place, Permission::OrgWrite, &form.csrf).await?;
    match operator::change_org(&desk.act(), &org.id, form.change(), form.version).await {
        Ok(org) => Ok(see_other(&format!("/org/{}/settings?done=saved", org.slug))),
        Err(problem) => {
            let (status, text) = explain(desk.visit.lang, problem)?;
            let mut page = page(&context, &desk, org).await?;
            page.error = Some(text);
            page.name = form.name;
            page.slug = form.slug;
            page.brand_name = form.brand_name;
            page.color = form.color;
            page.logo_url = form.logo_url;
            page.acr = form.acr;
            page.social = form.social.as_deref() != Some("no");
            Ok(render(&context, status, &page))
        }
    }
}
