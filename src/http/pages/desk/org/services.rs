//! `/org/{org}/services`: service accounts and their keys.

use axum::extract::{Path, Query};
use axum::response::Response;
use http::{StatusCode, Uri};

use super::super::super::super::context::Context;
use super::super::super::super::me::plausible;
use super::super::super::{chrome, render};
use super::super::guard::{Desk, Refused, act_org, enter_org};
use super::super::organizations::Paging;
use super::super::paging::{cut, limit, pages_of};
use super::answer::{answered, leads_to};
use super::ticked::{Posted, Ticked};
use crate::domain::Problem;
use crate::lane_a::api_tokens::NewToken;
use crate::lane_a::desk::acts::{self as operator, Permission, ServiceChange};
use crate::store::api_tokens::ApiToken;
use crate::store::orgs::{self, Organization};
use crate::store::public_keys::PublicKey;
use crate::store::service_accounts::{ServiceAccount, ServiceState};
use crate::views::org::{KeyLine, PublicKeyLine, ServiceLine, ServicePage, ServicesPage, Tick};

/// `GET /org/{org}/services?after=`
pub async fn show(
    context: Context,
    here: Uri,
    Path(org): Path<String>,
    Query(query): Query<Paging>,
) -> Result<Response, Refused> {
    let (desk, org) = enter_org(&context, &here, &org, Permission::MembersRead).await?;
    let mut page = list(&context, &desk, &org, &[], &query.after).await?;
    page.flash = (query.done == "deleted").then_some("org-flash-service-deleted");
    Ok(render(&context, StatusCode::OK, &page))
}

async fn list(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    held: &[String],
    after: &str,
) -> Result<ServicesPage, Problem> {
    let path = format!("/org/{}/services", org.slug);
    let all = operator::list_service_accounts(&desk.act(), &org.id, after, limit()).await?;
    let shown = cut(all, after, |account| &account.id, pages_of(&path));
    Ok(ServicesPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "services"),
        path,
        accounts: shown.rows.into_iter().map(line).collect(),
        first: shown.first,
        next: shown.next,
        ticks: ticks(context, desk, org, held).await?,
        may_write: desk.may(Permission::MembersWrite),
        value: String::new(),
        flash: None,
        error: None,
    })
}

fn line(account: ServiceAccount) -> ServiceLine {
    ServiceLine {
        active: account.state == ServiceState::Active,
        id: account.id,
        name: account.name,
        roles: account.roles,
    }
}

/// All roles that an account can have.
async fn ticks(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    held: &[String],
) -> Result<Vec<Tick>, Problem> {
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let defined = orgs::roles(db, tenant, &org.id).await?;
    let tick = |(role, permits): (String, Vec<String>)| Tick {
        held: held.contains(&role),
        above: !desk.covers(&permits),
        word: role,
        key: None,
    };
    Ok(defined.into_iter().map(tick).collect())
}

/// `POST /org/{org}/services`
pub async fn create(
    context: Context,
    Path(org): Path<String>,
    form: Posted,
) -> Result<Response, Refused> {
    let form = Ticked::read(form)?;
    let place = (org.as_str(), "/services");
    let (desk, org) = act_org(&context, place, Permission::MembersWrite, &form.csrf).await?;
    let (act, name) = (desk.act(), form.name.trim());
    let made = operator::create_service_account(&act, &org.id, name, &form.ticks).await;
    let made = made.map(|one| format!("/org/{}/services/{}?done=saved", org.slug, one.id));
    let page = list(&context, &desk, &org, &form.ticks, "");
    answered(&desk, made, page, |mut page, status, text| {
        page.error = Some(text);
        page.value.clone_from(&form.name);
        render(&context, status, &page)
    })
    .await
}

/// `GET /org/{org}/services/{account}`
pub async fn show_one(
    context: Context,
    here: Uri,
    Path((org, account)): Path<(String, String)>,
    Query(query): Query<Paging>,
) -> Result<Response, Refused> {
    let (desk, org) = enter_org(&context, &here, &org, Permission::MembersRead).await?;
    let mut page = page(&context, &desk, &org, &plausible(account)?).await?;
    page.flash = (query.done == "saved").then_some("org-flash-saved");
    Ok(render(&context, StatusCode::OK, &page))
}

async fn page(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    account: &str,
) -> Result<ServicePage, Problem> {
    let act = desk.act();
    let account = operator::get_service_account(&act, &org.id, account).await?;
    let keys = operator::list_keys(&act, &org.id, &account.id, "", 100).await?;
    let public = operator::list_public_keys(&act, &org.id, &account.id, "", 100).await?;
    let now = context.core.now();
    Ok(ServicePage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "services"),
        path: format!("/org/{}/services/{}", org.slug, account.id),
        ticks: ticks(context, desk, org, &account.roles).await?,
        active: account.state == ServiceState::Active,
        id: account.id,
        name: account.name,
        version: account.version,
        keys: keys.into_iter().map(|one| key(one, now)).collect(),
        public_keys: public.into_iter().map(public_key).collect(),
        jwk: String::new(),
        jwk_name: String::new(),
        made: None,
        days: [90, 30, 7, 365],
        may_write: desk.may(Permission::MembersWrite),
        flash: None,
        error: None,
    })
}

fn key(one: ApiToken, now: i64) -> KeyLine {
    KeyLine {
        over: one.expires_at <= now,
        id: one.id,
        name: one.name,
        prefix: one.prefix,
        expires: one.expires_at,
        last_used: one.usage.last_at.zip(one.usage.last_ip),
        uses: u32::try_from(one.usage.count).unwrap_or(u32::MAX),
    }
}

fn public_key(one: PublicKey) -> PublicKeyLine {
    PublicKeyLine {
        id: one.id,
        name: one.name,
        thumbprint: one.thumbprint,
        last_used: one.usage.last_at.zip(one.usage.last_ip),
        uses: u32::try_from(one.usage.count).unwrap_or(u32::MAX),
    }
}

/// `POST /org/{org}/services/{account}`
pub async fn answer(
    context: Context,
    Path((org, account)): Path<(String, String)>,
    form: Posted,
) -> Result<Response, Refused> {
    let (form, account) = (Ticked::read(form)?, plausible(account)?);
    let at = format!("/services/{account}");
    let place = (org.as_str(), at.as_str());
    let (desk, org) = act_org(&context, place, Permission::MembersWrite, &form.csrf).await?;
    let typed = (form.key.clone(), form.name.clone());
    let done = carry_out(&desk, &org, &account, form).await;
    // The page itself shows a new key, once; no address ever holds it.
    if let Ok(Done::Made(value)) = done {
        let mut page = page(&context, &desk, &org, &account).await?;
        page.made = Some(value);
        return Ok(render(&context, StatusCode::OK, &page));
    }
    let done = done.map(|done| match done {
        Done::Deleted => leads_to(&org, ("/services", &at), "deleted"),
        Done::Saved | Done::Made(_) => leads_to(&org, ("/services", &at), "saved"),
    });
    let page = page(&context, &desk, &org, &account);
    answered(&desk, done, page, |mut page, status, text| {
        page.error = Some(text);
        if !typed.0.is_empty() {
            (page.jwk, page.jwk_name) = typed;
        }
        render(&context, status, &page)
    })
    .await
}

enum Done {
    Saved,
    Deleted,
    Made(String),
}

async fn carry_out(
    desk: &Desk<'_>,
    org: &Organization,
    account: &str,
    form: Ticked,
) -> Result<Done, Problem> {
    let (act, org) = (desk.act(), &org.id);
    let switched = |state| ServiceChange {
        state: Some(state),
        ..ServiceChange::default()
    };
    let change = match form.action.as_str() {
        "save" => ServiceChange {
            name: Some(form.name.trim().to_owned()),
            roles: Some(form.ticks),
            state: None,
        },
        "on" => switched(ServiceState::Active),
        "off" => switched(ServiceState::Disabled),
        "key" => {
            let new = NewToken {
                name: form.name.trim().to_owned(),
                scopes: None,
                expires_in: form.days.map(|days| days.saturating_mul(86_400)),
            };
            let (_, plain) = operator::create_key(&act, org, account, new).await?;
            return Ok(Done::Made(plain.expose().to_owned()));
        }
        "revoke" => {
            operator::revoke_key(&act, org, account, &plausible(form.person)?).await?;
            return Ok(Done::Saved);
        }
        "public" => {
            let jwk = serde_json::from_str(&form.key).map_err(|_| {
                let detail = "This is not JSON. Paste one whole public key, with its braces.";
                Problem::field("/jwk", "invalid", detail)
            })?;
            let what = (form.name.trim(), &jwk);
            operator::add_public_key(&act, org, account, what).await?;
            return Ok(Done::Saved);
        }
        "remove-public" => {
            let key = plausible(form.person)?;
            operator::remove_public_key(&act, org, account, &key).await?;
            return Ok(Done::Saved);
        }
        "delete" => {
            operator::delete_service_account(&act, org, account, form.version).await?;
            return Ok(Done::Deleted);
        }
        _ => return Err(Problem::not_found()),
    };
    operator::change_service_account(&act, org, account, change, form.version).await?;
    Ok(Done::Saved)
}
