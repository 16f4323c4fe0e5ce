//! `GET /org/{org}`: what is set up, what is missing, and where to go on.

use axum::extract::Path;
use axum::response::Response;
use http::{StatusCode, Uri};

use super::super::super::super::context::Context;
use super::super::super::{chrome, render};
use super::super::guard::{Refused, enter_org};
use crate::domain::connection::{Rollout, State};
use crate::lane_a::desk::acts::Permission;
use crate::lane_b::standing::{self, Line, Press, Sees};
use crate::views::Words;
use crate::views::desk::{FindingRow, OrgFrame};
use crate::views::org::HomePage;

/// `GET /org/{org}`
pub async fn show(
    context: Context,
    here: Uri,
    Path(org): Path<String>,
) -> Result<Response, Refused> {
    let (desk, org) = enter_org(&context, &here, &org, Permission::OrgRead).await?;
    let sees = Sees {
        people: desk.may(Permission::MembersRead),
        connections: desk.may(Permission::ConnectionsRead),
    };
    let lines = standing::of(&desk.act(), &org.id, sees).await?;
    let frame = desk.frame(&context, "overview");
    let place = frame.org.clone().unwrap_or_default();
    let (done, open): (Vec<&Line>, Vec<&Line>) =
        lines.iter().partition(|line| line.press() == Press::Done);
    let rows = |lines: Vec<&Line>| lines.into_iter().map(|line| row(line, &place)).collect();
    let page = HomePage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame,
        name: org.name,
        open: rows(open),
        done: rows(done),
    };
    Ok(render(&context, StatusCode::OK, &page))
}

fn row(line: &Line, place: &OrgFrame) -> FindingRow {
    let (title, detail) = said(line);
    let of_one;
    let (room, key) = match line {
        Line::People { .. } => ("people", "org-go-people"),
        Line::Waiting(_) => ("people/invite", "org-go-invitations"),
        Line::Domains { .. } => ("domains", "org-go-domains"),
        Line::NoConnection => ("connections", "org-go-connections"),
        Line::Connection { id, .. } => {
            of_one = format!("connections/{id}");
            (of_one.as_str(), "org-go-connection")
        }
        Line::Enforced(_) | Line::Emergency { .. } => ("sign-in", "org-go-rules"),
    };
    FindingRow {
        tone: match line.press() {
            Press::Wrong => "bad",
            Press::Risk => "warn",
            Press::Next => "info",
            Press::Done => "ok",
        },
        title,
        detail,
        go: Some((place.at(room), key)),
    }
}

fn said(line: &Line) -> (Words, Words) {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    match line {
        Line::People { active, owners, .. } => (
            Words::new("org-line-people").number("n", *active),
            Words::new("org-line-owners").number("n", *owners),
        ),
        Line::Waiting(n) => (
            Words::new("org-line-waiting").number("n", *n),
            Words::new("org-line-waiting-more"),
        ),
        Line::Domains {
            missing: Some(domain),
            ..
        } => (
            Words::new("org-line-domain-gone").text("domain", domain),
            Words::new("org-line-domain-gone-more"),
        ),
        Line::Domains { proven: 0, .. } => (
            Words::new("org-line-no-domain"),
            Words::new("org-line-no-domain-more"),
        ),
        Line::Domains { proven, open, .. } => (
            Words::new("org-line-domains").number("n", count(*proven)),
            match open {
                0 => Words::new("org-line-domains-more"),
                n => Words::new("org-line-domains-open").number("n", count(*n)),
            },
        ),
        Line::NoConnection => (
            Words::new("org-line-no-connection"),
            Words::new("org-line-no-connection-more"),
        ),
        Line::Connection { .. } => of_connection(line),
        Line::Enforced(Some(name)) => (
            Words::new("org-line-enforced").text("name", name),
            Words::new("org-line-enforced-more"),
        ),
        Line::Enforced(None) => (
            Words::new("org-line-free"),
            Words::new("org-line-free-more"),
        ),
        Line::Emergency { named, proven, .. } => (
            Words::new("org-line-emergency")
                .number("proven", count(*proven))
                .number("named", count(*named)),
            Words::new("org-line-emergency-more"),
        ),
    }
}

fn of_connection(line: &Line) -> (Words, Words) {
    let Line::Connection {
        name,
        state,
        rollout,
        used,
        faults,
        notes,
        failed,
        ..
    } = line
    else {
        return (Words::own(""), Words::own(""));
    };
    let titled = |key| Words::new(key).text("name", name);
    let faulty = i64::try_from(*faults).unwrap_or(i64::MAX);
    match state {
        State::Draft | State::Tested => {
            (titled("org-line-draft"), Words::new("org-line-draft-more"))
        }
        State::Disabled => (titled("org-line-off"), Words::new("org-line-off-more")),
        State::Active if faulty > 0 => (
            titled("org-line-faults"),
            Words::new("org-line-faults-more").number("n", faulty),
        ),
        State::Active if *failed > 0 => (
            titled("org-line-failed"),
            Words::new("org-line-failed-more").number("n", *failed),
        ),
        State::Active if *notes > 0 => {
            (titled("org-line-notes"), Words::new("org-line-notes-more"))
        }
        State::Active if *rollout != Rollout::All => (
            titled("org-line-partly"),
            Words::new("org-line-partly-more"),
        ),
        State::Active => (
            titled("org-line-live"),
            match used {
                Some(at) => Words::new("org-line-used").instant("at", *at),
                None => Words::new("org-line-live-more"),
            },
        ),
    }
}
