//! The new-password step: while signing up, or after what was lost has been recovered.

use laneway_contract::{PasswordBy, PasswordSet, SetPassword};
use secrecy::SecretString;
use serde_json::Value;

use super::factors::{self, Changed, fault_problem};
use super::submit::{Submitted, text, wrong_step};
use super::{Visit, settle, sign_in};
use crate::domain::flow::{Flow, FlowPurpose, Step};
use crate::domain::{Problem, UserId};
use crate::store::sessions::Which;
use crate::store::users;

/// Opens the step if passwords are kept here; `None` where they are not.
pub(super) async fn open(
    visit: &Visit<'_>,
    subject: UserId,
    skippable: bool,
) -> Result<Option<Step>, Problem> {
    let home = factors::password_home(visit).await?;
    Ok(home.map(|home| Step::NewPassword {
        upstream: home.row.id.clone(),
        subject,
        skippable,
    }))
}

pub(super) async fn submit(
    visit: &Visit<'_>,
    mut flow: Flow,
    body: &Value,
) -> Result<Submitted, Problem> {
    let Step::NewPassword {
        upstream,
        subject: user,
        skippable,
    } = flow.state.step.clone()
    else {
        return Err(wrong_step(&flow));
    };
    if skippable && body.get("skip").is_some_and(|v| *v == Value::Bool(true)) {
        flow.state.password_settled = true;
        return settle::settle(visit, flow).await;
    }
    let new = text(body, "password").filter(|typed| !typed.is_empty());
    let new = SecretString::from(
        new.ok_or_else(|| Problem::field("/password", "required", "Choose a password."))?,
    );
    let tenant = &visit.site.tenant;
    let configured = visit.core.providers.get(tenant, &upstream).await?;
    let admin = configured.provider()?.credential_admin();
    let admin = admin.ok_or_else(|| wrong_step(&flow))?;
    let request = SetPassword {
        subject: user.0.clone(),
        login_name: flow.state.username.clone(),
        new,
        by: PasswordBy::Proof,
        about: about(visit, &flow, &user).await?,
    };
    let work = admin.set_password(request);
    match visit
        .core
        .providers
        .call(&configured, "password", work)
        .await?
    {
        PasswordSet::Done => {}
        PasswordSet::Refused(fault) => return Err(fault_problem("/password", fault)),
        PasswordSet::WrongCurrent => return Err(wrong_step(&flow)),
    }
    let change = match flow.purpose {
        FlowPurpose::Recover => Changed::PasswordReset,
        _ => Changed::PasswordSet,
    };
    if flow.purpose == FlowPurpose::Recover {
        end_sessions(visit, &user).await?;
    }
    factors::changed(visit, &user, change, &user.0).await;
    flow.state.password_settled = true;
    settle::settle(visit, flow).await
}

/// Whoever knew the old password is out, on every device, and whether or not the rest of the
/// way is walked.
async fn end_sessions(visit: &Visit<'_>, user: &UserId) -> Result<(), Problem> {
    let mut write = visit.core.begin().await?;
    let (tenant, all) = (&visit.site.tenant.id, Which::OfUser(user));
    sign_in::end(&mut write, tenant, all, "password_reset").await?;
    visit.core.commit(write).await?;
    Ok(())
}

/// What must not be somebody's password.
async fn about(visit: &Visit<'_>, flow: &Flow, user: &UserId) -> Result<Vec<String>, Problem> {
    let known = users::find(&visit.core.db, &visit.site.tenant.id, user).await?;
    let mut all = vec![visit.site.tenant.name.clone()];
    all.extend(flow.state.username.clone());
    all.extend(flow.state.name.clone());
    all.extend(known.as_ref().and_then(|user| user.name.clone()));
    all.extend(known.and_then(|user| user.email));
    let proofs = flow.state.proofs.iter();
    all.extend(proofs.filter_map(|proof| proof.identity.email.clone()));
    Ok(all)
}
