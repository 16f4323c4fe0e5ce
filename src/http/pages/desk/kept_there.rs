//! What a person's identity provider does about them: it keeps them out for wrong tries, and
//! writes to them.
//!
//! Owns: the forms for both, and how a lock reads on the person's page.
//! Must not know: any provider's way of counting.

use axum::Form;
use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::response::Response;
use laneway_contract::AccountMail;
use serde::Deserialize;

use super::super::super::context::Context;
use super::super::super::flows::form_body;
use super::super::super::me::plausible;
use super::super::{render, see_other};
use super::guard::{Desk, Refused, act, explain_refusal};
use super::person::{page, page_of};
use crate::domain::{Code, Problem, UserId};
use crate::lane_a::desk::acts::{self as operator, Kept, Lock, Permission};
use crate::views::Words;
use crate::views::desk::LockLine;

/// Fields of the forms.
#[derive(Deserialize)]
pub struct KeptForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    mail: String,
}

type Posted = Result<Form<KeptForm>, FormRejection>;

/// What each provider says, in lines.
pub(super) fn lines(all: Vec<Kept>) -> Vec<LockLine> {
    all.into_iter().map(line).collect()
}

fn line(kept: Kept) -> LockLine {
    let (key, locked) = match kept.lock {
        Lock::Open => ("desk-lock-open", None),
        Lock::Unknown => ("desk-lock-unknown", None),
        Lock::Locked(lock) => {
            let key = match (lock.until_ms, lock.failures) {
                (Some(_), 0) => "desk-lock-until-some",
                (Some(_), _) => "desk-lock-until",
                (None, 0) => "desk-lock-for-good-some",
                (None, _) => "desk-lock-for-good",
            };
            (key, Some(lock))
        }
    };
    let mut said = Words::new(key).text("label", kept.label);
    if let Some(lock) = locked {
        said = said.number("n", i64::from(lock.failures));
        if let Some(until) = lock.until_ms {
            said = said.instant("until", until);
        }
    }
    LockLine {
        said,
        locked: locked.is_some(),
    }
}

/// `POST /admin/users/{id}/unlock`
pub async fn unlock(
    context: Context,
    Path(id): Path<String>,
    form: Posted,
) -> Result<Response, Refused> {
    let (form, id) = (form_body(form)?, UserId(plausible(id)?));
    let back = page_of(&id);
    let desk = act(&context, Permission::FactorsReset, &form.csrf, &back).await?;
    let outcome = match operator::unlock(&desk.act(), &id).await {
        // It has ended by itself since the page was made.
        Err(problem) if problem.code == Code::NotFound => Ok(()),
        other => other,
    };
    finish(&context, &desk, &id, outcome.map(|()| "unlocked")).await
}

/// `POST /admin/users/{id}/mails`
pub async fn send_mail(
    context: Context,
    Path(id): Path<String>,
    form: Posted,
) -> Result<Response, Refused> {
    let (form, id) = (form_body(form)?, UserId(plausible(id)?));
    let back = page_of(&id);
    let desk = act(&context, Permission::FactorsReset, &form.csrf, &back).await?;
    let outcome = async {
        let mail = AccountMail::parse(&form.mail).ok_or_else(Problem::not_found)?;
        operator::send_account_mail(&desk.act(), &id, mail).await
    };
    let outcome = outcome.await.map(|_| "mailed");
    finish(&context, &desk, &id, outcome).await
}

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
    let (status, text) = explain_refusal(desk.visit.lang, problem)?;
    let mut page = page(context, desk, id).await?;
    page.error = Some(text);
    Ok(render(context, status, &page))
}
