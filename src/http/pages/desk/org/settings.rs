//! `/org/{org}/settings`: what the organization is called, how its sign-in looks, and how well
//! somebody must have proven themselves to act in it.

use axum::Form;
use axum::extract::multipart::{Multipart, MultipartRejection};
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
use super::super::upload::{PressedForm, Upload};
use crate::domain::tenant::{Brand, LOGO_PATH};
use crate::domain::{Code, Problem};
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
    /// Not asked for where a picture was uploaded; left out it stays.
    logo_url: Option<String>,
    #[serde(default)]
    acr: String,
    /// Seconds; empty for none; left out it stays.
    staleness: Option<String>,
    /// `yes` or `no`; left out it stays.
    social: Option<String>,
}

impl SettingsForm {
    fn change(&self) -> OrgChange {
        let look = [
            ("name", Some(&self.brand_name)),
            ("color", Some(&self.color)),
            ("logo_url", self.logo_url.as_ref()),
        ];
        let look = look.into_iter().filter_map(|(name, value)| {
            let value = match value?.trim() {
                "" => Value::Null,
                text => Value::from(text),
            };
            Some((name.to_owned(), value))
        });
        OrgChange {
            slug: Some(self.slug.trim().to_owned()),
            name: Some(self.name.trim().to_owned()),
            required_acr: Some(Acr::parse(&self.acr)),
            max_staleness: self.staleness.as_deref().map(seconds),
            social_login: self.social.as_deref().map(|word| word != "no"),
            brand: Some(Some(look.collect())),
            ..OrgChange::default()
        }
    }
}

/// What is no number is refused as one that nobody may choose.
fn seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.parse().unwrap_or(-1))
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
    page.flash = match query.done.as_str() {
        "saved" => Some("org-flash-saved"),
        "logo" => Some("org-flash-logo"),
        "logo-removed" => Some("org-flash-logo-removed"),
        _ => None,
    };
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
    let logo = org.brand.logo_url.unwrap_or_default();
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
        uploaded: logo.starts_with(LOGO_PATH),
        logo: Some(logo.clone()).filter(|url| Brand::may_be_logo(url)),
        logo_url: logo,
        acr: org
            .required_acr
            .map_or_else(String::new, |acr| acr.as_str().to_owned()),
        staleness: org
            .max_staleness
            .map_or_else(String::new, |seconds| seconds.to_string()),
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
            let (status, mut page) = refused(&context, &desk, org, problem).await?;
            page.name = form.name;
            page.slug = form.slug;
            page.brand_name = form.brand_name;
            page.color = form.color;
            page.logo_url = form.logo_url.unwrap_or(page.logo_url);
            page.acr = form.acr;
            page.staleness = form.staleness.unwrap_or(page.staleness);
            page.social = form.social.as_deref() != Some("no");
            Ok(render(&context, status, &page))
        }
    }
}

/// The page with what went wrong.
async fn refused(
    context: &Context,
    desk: &Desk<'_>,
    org: Organization,
    problem: Problem,
) -> Result<(StatusCode, OrgSettingsPage), Refused> {
    let (status, text) = explain(desk.visit.lang, problem)?;
    let mut page = page(context, desk, org).await?;
    page.error = Some(text);
    Ok((status, page))
}

/// `POST /org/{org}/settings/logo`: a form with a file.
pub async fn put_logo(
    context: Context,
    Path(org): Path<String>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Refused> {
    let upload = Upload::read(&context, form).await?;
    let place = (org.as_str(), "/settings");
    let (desk, org) = act_org(&context, place, Permission::OrgWrite, &upload.csrf).await?;
    let version = upload.version;
    let outcome = match upload.picture() {
        Ok(picture) => operator::put_org_logo(&desk.act(), &org.id, version, picture).await,
        Err(problem) => Err(problem),
    };
    changed_logo(&context, &desk, org, outcome, "logo").await
}

/// `POST /org/{org}/settings/logo/remove`
pub async fn remove_logo(
    context: Context,
    Path(org): Path<String>,
    form: Result<Form<PressedForm>, FormRejection>,
) -> Result<Response, Refused> {
    let form = form_body(form)?;
    let place = (org.as_str(), "/settings");
    let (desk, org) = act_org(&context, place, Permission::OrgWrite, &form.csrf).await?;
    let outcome = match operator::remove_org_logo(&desk.act(), &org.id, form.version).await {
        // Somebody else removed it already.
        Err(problem) if problem.code == Code::NotFound => Ok(org.clone()),
        outcome => outcome,
    };
    changed_logo(&context, &desk, org, outcome, "logo-removed").await
}

async fn changed_logo(
    context: &Context,
    desk: &Desk<'_>,
    org: Organization,
    outcome: Result<Organization, Problem>,
    done: &str,
) -> Result<Response, Refused> {
    match outcome {
        Ok(org) => Ok(see_other(&format!(
            "/org/{}/settings?done={done}",
            org.slug
        ))),
        Err(problem) => {
            let (status, page) = refused(context, desk, org, problem).await?;
            Ok(render(context, status, &page))
        }
    }
}
