//! What a form at a page of an organization is answered.

use std::future::Future;

use axum::response::Response;
use http::StatusCode;

use super::super::super::see_other;
use super::super::guard::{Desk, Refused, explain_refusal};
use crate::domain::Problem;
use crate::store::orgs::Organization;

/// Goes on to an address, or shows the page again with what was wrong on it.
///
/// # Errors
/// The problem, where no page can say it.
pub async fn answered<P>(
    desk: &Desk<'_>,
    outcome: Result<String, Problem>,
    page: impl Future<Output = Result<P, Problem>>,
    show: impl FnOnce(P, StatusCode, String) -> Response,
) -> Result<Response, Refused> {
    match outcome {
        Ok(address) => Ok(see_other(&address)),
        Err(problem) => {
            let (status, text) = explain_refusal(desk.visit.lang, problem)?;
            Ok(show(page.await?, status, text))
        }
    }
}

/// Where an act at the page of a record leads: to the list where the record is gone.
pub fn leads_to(org: &Organization, (list, own): (&str, &str), word: &str) -> String {
    let page = match word {
        "deleted" | "removed" => list,
        _ => own,
    };
    format!("/org/{}{page}?done={word}", org.slug)
}
