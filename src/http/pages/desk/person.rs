//! One person, and what an operator does about them.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::{StatusCode, Uri};
use laneway_contract::{Credential, MethodKind};
use serde::Deserialize;

use super::super::super::context::Context;
use super::super::super::flows::form_body;
use super::super::super::me::plausible;
use super::super::account::app_row;
use super::super::{chrome, render, see_other};
use super::guard::{Desk, Refused, act, enter, explain};
use super::people::{called, way};
use super::{kept_there, operators, words};
use crate::domain::user::{LinkKind, UserState};
use crate::domain::{Lang, Problem, Sid, UserId};
use crate::lane_a::desk::acts::Permission;
use crate::lane_a::desk::acts::{self as operator, ChangeUser};
use crate::lane_a::desk::{self, Person, UpstreamView};
use crate::oauth::grants;
use crate::providers::EMBEDDED;
use crate::store::sessions::{self, Which};
use crate::views::desk::{
    BelongingRow, DeletePersonPage, EventLine, LinkRow, PersonPage, PersonPasskey, PersonSession,
};
use crate::views::{Words, agent};

/// As many apps stand on the page.
const MOST_APPS: i64 = 50;

#[derive(Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

/// Fields of the forms on a person's page.
#[derive(Deserialize)]
pub struct PersonForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    upstream: String,
    #[serde(default)]
    subject: String,
}

type Posted = Result<Form<PersonForm>, FormRejection>;

pub(super) fn page_of(id: &UserId) -> String {
    format!("/admin/users/{id}")
}

/// `GET /admin/users/{id}`
pub async fn show(
    context: Context,
    here: Uri,
    Path(id): Path<String>,
    Query(query): Query<Done>,
) -> Result<Response, Refused> {
    let desk = enter(&context, &here, Permission::UsersRead).await?;
    let flash = match query.done.as_str() {
        "disabled" => Some("desk-flash-disabled"),
        "enabled" => Some("desk-flash-enabled"),
        "ended" => Some("desk-flash-ended"),
        "linked" => Some("desk-flash-linked"),
        "unlinked" => Some("desk-flash-unlinked"),
        "reset" => Some("desk-flash-factor-reset"),
        "unlocked" => Some("desk-flash-unlocked"),
        "mailed" => Some("desk-flash-mailed"),
        "appointed" => Some("desk-flash-appointed"),
        "changed" => Some("desk-flash-operator"),
        "dismissed" => Some("desk-flash-dismissed"),
        _ => None,
    };
    let id = UserId(plausible(id)?);
    let mut page = page(&context, &desk, &id).await?;
    page.flash = flash;
    Ok(render(&context, StatusCode::OK, &page))
}

pub(super) async fn page(
    context: &Context,
    desk: &Desk<'_>,
    id: &UserId,
) -> Result<PersonPage, Problem> {
    let (core, tenant) = (&context.core, &context.site.tenant);
    let person = desk::person(core, tenant, id).await?;
    let upstreams = desk::upstreams(core, tenant).await?;
    let apps = grants::of_user(core, (&tenant.id, id), "", MOST_APPS).await?;
    let locks = operator::lock_outs(core, tenant, id).await?;
    let user = &person.user;
    Ok(PersonPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "people"),
        id: user.id.0.clone(),
        name: called(user),
        email: user.email.clone().unwrap_or_default(),
        email_key: match (&user.email, user.email_verified) {
            (None, _) => "desk-email-none",
            (Some(_), true) => "desk-email-proven",
            (Some(_), false) => "desk-email-claimed",
        },
        state: words::of_user(user.state),
        disabled: user.state == UserState::Disabled,
        own: desk.is(id.as_str()),
        operates: if desk.may(Permission::OperatorsRead) {
            operators::rows(&tenant.id, &person.grants)
        } else {
            Vec::new()
        },
        offered: if desk.is(id.as_str()) {
            Vec::new()
        } else {
            operators::offered(desk, &tenant.id)
        },
        created: user.created_at,
        belongings: belongings(&person),
        sessions: session_rows(context.lang(), &person),
        apps: apps
            .into_iter()
            .map(|one| app_row(context.lang(), one))
            .collect(),
        links: links(&person, &upstreams),
        linkable: linkable(&person, &upstreams),
        has_app: person.passkeys.iter().flatten().any(is_app),
        passkeys: person.passkeys.as_ref().map(|all| {
            all.iter()
                .map(|key| PersonPasskey {
                    label: if key.label.is_empty() {
                        key.kind.as_str().to_owned()
                    } else {
                        key.label.clone()
                    },
                    created: key.created_at_ms,
                    last: key.last_used_at_ms,
                })
                .collect()
        }),
        locks: kept_there::lines(locks),
        mails_by: operator::mails_by(core, tenant, id).await?,
        events: if desk.may(Permission::AuditRead) {
            events(&person)
        } else {
            Vec::new()
        },
        may_write: desk.may(Permission::UsersWrite),
        may_end: desk.may(Permission::SessionsWrite),
        may_reset: desk.may(Permission::FactorsReset),
        flash: None,
        error: None,
    })
}

fn is_app(factor: &Credential) -> bool {
    factor.kind == MethodKind::Totp
}

fn belongings(person: &Person) -> Vec<BelongingRow> {
    person
        .memberships
        .iter()
        .map(|row| {
            let mut roles: Vec<&str> = row.grants.iter().map(|(role, _)| role.as_str()).collect();
            roles.dedup();
            let mut sources: Vec<&'static str> = row
                .grants
                .iter()
                .map(|(_, source)| words::of_source(source))
                .collect();
            sources.sort_unstable();
            sources.dedup();
            BelongingRow {
                slug: row.slug.clone(),
                name: row.name.clone(),
                roles: roles.join(", "),
                sources,
                state: words::of_membership(&row.state, &row.org_state),
            }
        })
        .collect()
}

fn session_rows(lang: Lang, person: &Person) -> Vec<PersonSession> {
    person
        .sessions
        .iter()
        .map(|session| PersonSession {
            id: session.sid.0.clone(),
            title: match &session.app {
                Some(app) => app.name.clone(),
                None => agent::name(lang, &session.user_agent),
            },
            ip: session.ip.clone(),
            proof: format!("{} {}", session.acr.as_str(), session.amr.join(" ")),
            created: session.created_at,
            seen: session.last_seen_at,
        })
        .collect()
}

fn links(person: &Person, upstreams: &[UpstreamView]) -> Vec<LinkRow> {
    person
        .links
        .iter()
        .map(|link| LinkRow {
            id: link.id.clone(),
            icon: match link.kind {
                LinkKind::Email => "envelope",
                LinkKind::Connection => "building",
                LinkKind::Upstream => "link",
            },
            label: way(link.kind.as_str(), &link.issuer, upstreams),
            kind: match link.kind {
                LinkKind::Email => "identity-kind-email",
                LinkKind::Connection => "identity-kind-connection",
                LinkKind::Upstream => "identity-kind-upstream",
            },
            subject: link.subject.clone(),
            last: link.last_used_at,
        })
        .collect()
}

/// Providers that a person can be linked to by hand: not the embedded one, whose subjects
/// are our own ids.
fn linkable(person: &Person, upstreams: &[UpstreamView]) -> Vec<(String, String)> {
    upstreams
        .iter()
        .filter(|view| view.row.kind != EMBEDDED)
        .filter(|view| {
            !person
                .links
                .iter()
                .any(|link| link.issuer == view.row.issuer)
        })
        .map(|view| (view.row.slug.clone(), view.row.label()))
        .collect()
}

fn events(person: &Person) -> Vec<EventLine> {
    person
        .events
        .iter()
        .map(|event| EventLine {
            id: event.id.clone(),
            kind: event.kind.clone(),
            tone: if event.outcome == "success" {
                "ok"
            } else {
                "bad"
            },
            detail: super::trail::hint(event),
            trace: desk::trace(event),
            at: event.at,
        })
        .collect()
}

/// After an act: back to the page, which says what was done, or the page with what went
/// wrong.
async fn finish(
    context: &Context,
    desk: &Desk<'_>,
    id: &UserId,
    outcome: Result<&'static str, Problem>,
) -> Result<Response, Refused> {
    let problem = match outcome {
        Ok(word) => return Ok(see_other(&format!("{}?done={word}", page_of(id)))),
        Err(problem) => problem,
    };
    let (status, text) = explain(desk.visit.lang, problem)?;
    let mut page = page(context, desk, id).await?;
    page.error = Some(text);
    Ok(render(context, status, &page))
}

/// What would lock the operator themselves out is not for this page.
pub(super) fn not_oneself(desk: &Desk<'_>, id: &UserId) -> Result<(), Problem> {
    if desk.is(id.as_str()) {
        let text = "Not done: this is your own account. Another owner can do it, or you on your \
                    account page.";
        return Err(Problem::new(crate::domain::Code::Conflict, text));
    }
    Ok(())
}

/// `POST /admin/users/{id}/state`
pub async fn set_state(
    context: Context,
    Path(id): Path<String>,
    form: Posted,
) -> Result<Response, Refused> {
    let (form, id) = (form_body(form)?, UserId(plausible(id)?));
    let desk = act(&context, Permission::UsersWrite, &form.csrf, &page_of(&id)).await?;
    let (state, word) = if form.state == "active" {
        (UserState::Active, "enabled")
    } else {
        (UserState::Disabled, "disabled")
    };
    let outcome = async {
        not_oneself(&desk, &id)?;
        let change = ChangeUser {
            state: Some(state),
            ..ChangeUser::default()
        };
        operator::change_user(&desk.act(), &id, change, None).await
    };
    let outcome = outcome.await.map(|_| word);
    finish(&context, &desk, &id, outcome).await
}

/// `POST /admin/users/{id}/totp/reset`
pub async fn reset_totp(
    context: Context,
    Path(id): Path<String>,
    form: Posted,
) -> Result<Response, Refused> {
    let (form, id) = (form_body(form)?, UserId(plausible(id)?));
    let desk = act(
        &context,
        Permission::FactorsReset,
        &form.csrf,
        &page_of(&id),
    )
    .await?;
    let outcome = operator::reset_second_factor(&desk.act(), &id).await;
    finish(&context, &desk, &id, outcome.map(|()| "reset")).await
}

/// `POST /admin/users/{id}/sessions/end`
pub async fn end_all(
    context: Context,
    Path(id): Path<String>,
    form: Posted,
) -> Result<Response, Refused> {
    let (form, id) = (form_body(form)?, UserId(plausible(id)?));
    let desk = act(
        &context,
        Permission::SessionsWrite,
        &form.csrf,
        &page_of(&id),
    )
    .await?;
    let outcome = end(&desk, &id, Which::OfUser(&id)).await;
    finish(&context, &desk, &id, outcome).await
}

async fn end(desk: &Desk<'_>, id: &UserId, which: Which<'_>) -> Result<&'static str, Problem> {
    operator::end_sessions(&desk.act(), ("user", id.as_str()), which).await?;
    Ok("ended")
}

/// `POST /admin/users/{id}/sessions/{sid}/end`
pub async fn end_one(
    context: Context,
    Path((id, sid)): Path<(String, String)>,
    form: Posted,
) -> Result<Response, Refused> {
    let (form, id) = (form_body(form)?, UserId(plausible(id)?));
    let sid = Sid(plausible(sid)?);
    let desk = act(
        &context,
        Permission::SessionsWrite,
        &form.csrf,
        &page_of(&id),
    )
    .await?;
    let found = sessions::find(&context.core.db, &context.site.tenant.id, &sid).await;
    let found = found.map_err(Problem::from)?;
    // A session of somebody else is not this person's to end here.
    if found.is_none_or(|session| session.user != id) {
        return Err(Problem::not_found().into());
    }
    let outcome = end(&desk, &id, Which::One(&sid)).await;
    finish(&context, &desk, &id, outcome).await
}

/// `POST /admin/users/{id}/identities`
pub async fn link(
    context: Context,
    Path(id): Path<String>,
    form: Posted,
) -> Result<Response, Refused> {
    let (form, id) = (form_body(form)?, UserId(plausible(id)?));
    let desk = act(&context, Permission::UsersWrite, &form.csrf, &page_of(&id)).await?;
    let subject = form.subject.trim();
    let outcome = operator::put_identity(&desk.act(), &id, &form.upstream, subject).await;
    finish(&context, &desk, &id, outcome.map(|_| "linked")).await
}

/// `POST /admin/users/{id}/identities/{link}/remove`
pub async fn unlink(
    context: Context,
    Path((id, link)): Path<(String, String)>,
    form: Posted,
) -> Result<Response, Refused> {
    let (form, id) = (form_body(form)?, UserId(plausible(id)?));
    let link = plausible(link)?;
    let desk = act(&context, Permission::UsersWrite, &form.csrf, &page_of(&id)).await?;
    let outcome = operator::delete_identity(&desk.act(), &id, &link).await;
    finish(&context, &desk, &id, outcome.map(|()| "unlinked")).await
}

/// `GET /admin/users/{id}/delete`: says what goes.
pub async fn ask_delete(
    context: Context,
    here: Uri,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let desk = enter(&context, &here, Permission::UsersWrite).await?;
    let page = delete_page(&context, &desk, &UserId(plausible(id)?)).await?;
    Ok(render(&context, StatusCode::OK, &page))
}

async fn delete_page(
    context: &Context,
    desk: &Desk<'_>,
    id: &UserId,
) -> Result<DeletePersonPage, Problem> {
    let (core, tenant) = (&context.core, &context.site.tenant);
    let person = desk::person(core, tenant, id).await?;
    let upstreams = desk::upstreams(core, tenant).await?;
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let mut goes = vec![
        Words::new("desk-goes-profile"),
        Words::new("desk-goes-sessions").number("n", count(person.sessions.len())),
        Words::new("desk-goes-links").number("n", count(person.links.len())),
        Words::new("desk-goes-memberships").number("n", count(person.memberships.len())),
    ];
    if person.passkeys.is_some() {
        goes.push(Words::new("desk-goes-embedded"));
    }
    let mut stays = vec![Words::new("desk-stays-id"), Words::new("desk-stays-events")];
    for view in upstreams.iter().filter(|view| view.row.kind != EMBEDDED) {
        if person
            .links
            .iter()
            .any(|link| link.issuer == view.row.issuer)
        {
            stays.push(Words::new("desk-stays-upstream").text("label", view.row.label()));
        }
    }
    Ok(DeletePersonPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "people"),
        id: id.0.clone(),
        name: called(&person.user),
        email: person.user.email.clone().unwrap_or_default(),
        goes,
        stays,
        error: None,
    })
}

/// `POST /admin/users/{id}/delete`
pub async fn delete(
    context: Context,
    Path(id): Path<String>,
    form: Posted,
) -> Result<Response, Refused> {
    let (form, id) = (form_body(form)?, UserId(plausible(id)?));
    let back = format!("{}/delete", page_of(&id));
    let desk = act(&context, Permission::UsersWrite, &form.csrf, &back).await?;
    let outcome = async {
        not_oneself(&desk, &id)?;
        operator::delete_user(&desk.act(), &id, None).await
    };
    match outcome.await {
        Ok(()) => Ok(see_other("/admin/users?done=deleted")),
        Err(problem) => {
            let (status, text) = explain(desk.visit.lang, problem)?;
            let mut page = delete_page(&context, &desk, &id).await?;
            page.error = Some(text);
            Ok(render(&context, status, &page))
        }
    }
}
