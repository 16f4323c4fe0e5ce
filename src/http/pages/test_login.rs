//! What came of a test login.

use axum::response::Response;
use http::StatusCode;

use super::super::context::Context;
use super::{chrome, render};
use crate::domain::{Lang, Problem};
use crate::lane_a::Visit;
use crate::lane_b::check::Check;
use crate::lane_b::test_logins::is_of;
use crate::lane_b::trace::Trace;
use crate::store::test_logins::{TestLogin, TestState};
use crate::store::{connections, orgs, revisions};
use crate::views::{CheckRow, Checks, TestResultPage, explanation, translate, translate_value};

/// The page after a test: in full for the browser that ran it.
///
/// # Errors
/// `not_found`, `store_unavailable`.
pub async fn test_result(
    context: &Context,
    visit: &Visit<'_>,
    test: &TestLogin,
) -> Result<Response, Problem> {
    let (core, tenant) = (&context.core, &context.site.tenant);
    let found = connections::find(&core.db, &tenant.id, test.connection.as_str()).await?;
    let one = found.ok_or_else(Problem::not_found)?;
    let org = match &one.org {
        Some(org) => orgs::find(&core.db, &tenant.id, org.as_str()).await?,
        None => None,
    };
    let own = is_of(test, visit);
    let mut checks = Checks::default();
    if let Some(trace) = Trace::open(core, &tenant.id, test)?.filter(|_| own) {
        let revision = revisions::find(&core.db, &tenant.id, &one.id, test.revision).await?;
        let config = revision.ok_or_else(Problem::not_found)?.config;
        let reading = trace.read(core, tenant, &one, &config).await?;
        checks = {
            let rows = reading.checks.into_iter();
            rows.map(|check| row_for(context.lang(), check)).collect()
        };
    }
    let page = TestResultPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        connection: one.name,
        organization: org.map_or_else(|| tenant.name.clone(), |org| org.name),
        passed: own && test.state == TestState::Passed,
        own,
        checks,
    };
    Ok(render(context, StatusCode::OK, &page))
}

/// A finding as a row of a page, in the reader's language as far as there are words.
pub fn row_for(lang: Lang, check: Check) -> CheckRow {
    // Adapters speak English: what help says of the same fault stands in for it elsewhere.
    let fix = translate(lang, &check.fix).or_else(|| explanation(lang, &check.code));
    let fix = fix.unwrap_or(check.fix);
    CheckRow {
        name: check.code,
        ok: check.ok,
        advice: check.advice,
        received: translate_value(lang, check.received.unwrap_or_default()),
        expected: translate_value(lang, check.expected.unwrap_or_default()),
        who: if check.who == "us" { "team" } else { "you" }.to_owned(),
        fix,
    }
}
