//! `/admin/users/invite`: inviting to the tenant or, with `?org=`, into an organization, and
//! the invitations that were made there; `/org/{org}/people/invite`: the same by the
//! organization itself. A new link stands on the answer itself: it is shown once and never in
//! an address.

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
use super::guard::{Desk, Refused, act, act_org, enter, enter_org, explain_refusal};
use super::words;
use crate::authz::{Grant, OperatorRole, Scope};
use crate::domain::Problem;
use crate::domain::invitation::{Invitation, InvitationState, MEMBER};
use crate::lane_a::desk::acts::{self as operator, Invite, Made, Permission};
use crate::store::invitations;
use crate::store::orgs::{self, Organization};
use crate::views::Words;
use crate::views::desk::{InvitationLine, InvitePage, StateWord};

const PAGE: &str = "/admin/users/invite";
const ON_A_PAGE: usize = 50;

#[derive(Deserialize)]
pub struct InviteQuery {
    #[serde(default)]
    org: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

/// Fields of the forms.
#[derive(Deserialize)]
pub struct InviteForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    org: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    role: String,
}

/// `GET /admin/users/invite?org=&after=`
pub async fn show(
    context: Context,
    here: Uri,
    Query(query): Query<InviteQuery>,
) -> Result<Response, Refused> {
    let desk = enter(&context, &here, Permission::UsersRead).await?;
    let org = org_by(&context, &query.org).await?;
    looked(&context, &desk, org.as_ref(), &query).await
}

/// `GET /org/{org}/people/invite?after=`
pub async fn show_own(
    context: Context,
    here: Uri,
    Path(org): Path<String>,
    Query(query): Query<InviteQuery>,
) -> Result<Response, Refused> {
    let (desk, org) = enter_org(&context, &here, &org, Permission::MembersWrite).await?;
    looked(&context, &desk, Some(&org), &query).await
}

async fn looked(
    context: &Context,
    desk: &Desk<'_>,
    org: Option<&Organization>,
    query: &InviteQuery,
) -> Result<Response, Refused> {
    let mut page = page(context, desk, org, &query.after).await?;
    page.flash = (query.done == "revoked").then_some("desk-flash-revoked");
    Ok(render(context, StatusCode::OK, &page))
}

async fn org_by(context: &Context, org: &str) -> Result<Option<Organization>, Problem> {
    if org.is_empty() {
        return Ok(None);
    }
    let org = plausible(org.to_owned())?;
    let found = orgs::find(&context.core.db, &context.site.tenant.id, &org).await?;
    found.ok_or_else(Problem::not_found).map(Some)
}

/// Where the page and its form are: the organization's own, or the tenant's.
fn place(own: Option<&Organization>) -> String {
    own.map_or_else(
        || PAGE.to_owned(),
        |org| format!("/org/{}/people/invite", org.slug),
    )
}

fn address(
    own: Option<&Organization>,
    org: Option<&Organization>,
    name: &str,
    value: &str,
) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if let Some(org) = org.filter(|_| own.is_none()) {
        query.append_pair("org", &org.slug);
    }
    if !value.is_empty() {
        query.append_pair(name, value);
    }
    let query = query.finish();
    let join = if query.is_empty() { "" } else { "?" };
    format!("{}{join}{query}", place(own))
}

async fn page(
    context: &Context,
    desk: &Desk<'_>,
    org: Option<&Organization>,
    after: &str,
) -> Result<InvitePage, Problem> {
    let (core, tenant) = (&context.core, &context.site.tenant);
    let limit = i64::try_from(ON_A_PAGE + 1).unwrap_or(i64::MAX);
    let within = org.map(|org| &org.id);
    let mut all = invitations::list(&core.db, &tenant.id, within, after, limit).await?;
    let more = all.len() > ON_A_PAGE;
    all.truncate(ON_A_PAGE);
    let last = all.last().filter(|_| more);
    let (now, own) = (core.now(), desk.own_org());
    Ok(InvitePage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "people"),
        action: place(own),
        up: match (own, org) {
            (Some(own), _) => format!("/org/{}/people", own.slug),
            (None, Some(org)) => format!("/admin/organizations/{}", org.slug),
            (None, None) => "/admin/users".to_owned(),
        },
        org: org.map(|org| org.slug.clone()).unwrap_or_default(),
        place: org.map_or_else(|| tenant.name.clone(), |org| org.name.clone()),
        roles: roles(context, desk, org).await?,
        may_invite: own.is_some() || desk.may(Permission::UsersWrite),
        may_send: own.is_some() || desk.may(to_send(org.is_some())),
        values: Default::default(),
        made: None,
        no_mail: core.mailer.from().is_none(),
        next: last.map(|row| address(own, org, "after", &row.id)),
        first: (!after.is_empty()).then(|| address(own, org, "after", "")),
        rows: all.iter().map(|row| line(row, now)).collect(),
        flash: None,
        error: None,
    })
}

/// Sending again in an organization asks for as much as inviting there.
fn to_send(into_org: bool) -> Permission {
    if into_org {
        Permission::UsersWrite
    } else {
        Permission::InvitationsSend
    }
}

/// What this operator may promise: nobody hands out more than they have.
async fn roles(
    context: &Context,
    desk: &Desk<'_>,
    org: Option<&Organization>,
) -> Result<Vec<(String, Words)>, Problem> {
    let tenant = &context.site.tenant.id;
    let act = desk.act();
    let Some(org) = org else {
        let there = Scope::Tenant(tenant.clone());
        let mut all = vec![(MEMBER.to_owned(), Words::new("desk-invite-member"))];
        for role in OperatorRole::ALL.iter().rev() {
            let covered = act.by.covers(&Grant::Operator(*role, there.clone()));
            if let Some(key) = words::of_offer(*role).filter(|_| covered) {
                all.push((role.as_str().to_owned(), Words::new(key)));
            }
        }
        return Ok(all);
    };
    let there = Scope::Org(tenant.clone(), org.id.clone());
    let defined = orgs::roles(&context.core.db, tenant, &org.id).await?;
    let mut all = vec![(String::new(), Words::new("desk-invite-no-role"))];
    for (slug, words) in defined {
        if act
            .by
            .covers_words(words.iter().map(String::as_str), &there)
        {
            all.push((slug.clone(), Words::own(slug)));
        }
    }
    Ok(all)
}

fn line(row: &Invitation, now: i64) -> InvitationLine {
    let state = row.state(now);
    let open = matches!(state, InvitationState::Pending | InvitationState::Expired);
    InvitationLine {
        id: row.id.clone(),
        email: row.email.clone(),
        roles: row.roles.clone(),
        expires: row.expires_at,
        state: match state {
            InvitationState::Pending => StateWord::new("warn", "desk-invitation-pending"),
            InvitationState::Accepted => StateWord::new("ok", "desk-invitation-accepted"),
            InvitationState::Revoked => StateWord::new("bad", "desk-invitation-revoked"),
            InvitationState::Expired => StateWord::new("bad", "desk-invitation-expired"),
        },
        open,
    }
}

/// `POST /admin/users/invite`
pub async fn answer(
    context: Context,
    form: Result<Form<InviteForm>, FormRejection>,
) -> Result<Response, Refused> {
    let form = form_body(form)?;
    let org = org_by(&context, &form.org).await;
    let back = match &org {
        Ok(org) => address(None, org.as_ref(), "after", ""),
        Err(_) => PAGE.to_owned(),
    };
    let permission = match form.action.as_str() {
        "resend" => to_send(!form.org.is_empty()),
        _ => Permission::UsersWrite,
    };
    let desk = act(&context, permission, &form.csrf, &back).await?;
    answered(&context, &desk, org?.as_ref(), form).await
}

/// `POST /org/{org}/people/invite`
pub async fn answer_own(
    context: Context,
    Path(org): Path<String>,
    form: Result<Form<InviteForm>, FormRejection>,
) -> Result<Response, Refused> {
    let form = form_body(form)?;
    let place = (org.as_str(), "/people/invite");
    let (desk, org) = act_org(&context, place, Permission::MembersWrite, &form.csrf).await?;
    answered(&context, &desk, Some(&org), form).await
}

async fn answered(
    context: &Context,
    desk: &Desk<'_>,
    org: Option<&Organization>,
    form: InviteForm,
) -> Result<Response, Refused> {
    let outcome = match form.action.as_str() {
        "revoke" => {
            let id = plausible(form.id.clone())?;
            let place = org.map(|org| &org.id);
            let done = operator::revoke_invitation(&desk.act(), place, &id, None).await;
            done.map(|()| None)
        }
        "resend" => {
            let id = plausible(form.id.clone())?;
            let made = operator::resend_invitation(&desk.act(), org, &id, None).await;
            made.map(Some)
        }
        _ => invite(desk, org, &form).await.map(Some),
    };
    let made = match outcome {
        Ok(Some(made)) => made,
        Ok(None) => {
            let address = address(desk.own_org(), org, "done", "revoked");
            return Ok(see_other(&address));
        }
        Err(problem) => {
            let (status, text) = explain_refusal(context.lang(), problem)?;
            let mut page = page(context, desk, org, "").await?;
            page.error = Some(text);
            page.values = (form.email, form.role);
            return Ok(render(context, status, &page));
        }
    };
    let mut page = page(context, desk, org, "").await?;
    match made.url {
        Some(url) => page.made = Some((made.invitation.email, url)),
        None => page.flash = Some("desk-flash-resent"),
    }
    Ok(render(context, StatusCode::OK, &page))
}

async fn invite(
    desk: &Desk<'_>,
    org: Option<&Organization>,
    form: &InviteForm,
) -> Result<Made, Problem> {
    let roles = Some(form.role.clone()).filter(|role| !role.is_empty());
    let wanted = Invite {
        email: form.email.trim(),
        roles: roles.into_iter().collect(),
        org,
    };
    operator::invite(&desk.act(), wanted).await
}
