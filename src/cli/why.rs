//! `laneway why REFERENCE`: what became of a request, and which link, rule, policy and answer of a
//! provider led there.
//!
//! Owns: whose record is searched and how it is told. What decided stands in the events, written
//! by the functions that did.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::admin::tenant_by;
use super::{failed, open, say};
use crate::config::Config;
use crate::core::Core;
use crate::domain::tenant::Tenant;
use crate::domain::{Code, Lang, Problem};
use crate::http::{references, shown};
use crate::lane_a::desk::{self, Question, TrailRow};
use crate::store::tenants;
use crate::views;

/// A request writes a handful.
const EVENTS: usize = 100;

#[derive(Args)]
pub(super) struct Arguments {
    /// The reference of an error page, the `request_id` of an answer or of a line in the log
    reference: String,
    /// Only in the tenant of this short name
    #[arg(long)]
    tenant: Option<String>,
    /// Machine-readable output
    #[arg(long)]
    json: bool,
}

/// An event, and whose it is.
struct Found {
    tenant: String,
    row: TrailRow,
}

pub(super) async fn run(config: Config, arguments: Arguments) -> ExitCode {
    match look(config, &arguments).await {
        Ok((reference, found)) if arguments.json => {
            let events: Vec<Value> = found.iter().map(Found::json).collect();
            say(&json!({ "reference": reference, "events": events }).to_string());
            ExitCode::SUCCESS
        }
        Ok((reference, found)) => {
            say(&reference);
            for (about, text) in found.iter().flat_map(Found::lines) {
                say(&format!("  {about:<10} {text}"));
            }
            ExitCode::SUCCESS
        }
        Err(problem) => failed(&problem),
    }
}

async fn look(config: Config, arguments: &Arguments) -> Result<(String, Vec<Found>), Problem> {
    let reference = references::read(&arguments.reference).ok_or_else(|| {
        Problem::new(
            Code::InvalidRequest,
            "This is no reference: it has twelve letters and digits, as error pages show it.",
        )
    })?;
    let (core, _) = open(config).await?;
    let mut found = Vec::new();
    for tenant in searched(&core, arguments.tenant.as_deref()).await? {
        let question = Question {
            text: reference.clone(),
            ..Question::default()
        };
        let trail = desk::search(&core, &tenant.id, &question, EVENTS).await?;
        // The newest comes first, but is told last.
        found.extend(trail.rows.into_iter().rev().map(|row| Found {
            tenant: tenant.slug.clone(),
            row,
        }));
    }
    if found.is_empty() {
        return Err(nothing(&reference));
    }
    Ok((reference, found))
}

/// A reference does not say whose it is.
async fn searched(core: &Core, only: Option<&str>) -> Result<Vec<Tenant>, Problem> {
    if let Some(slug) = only {
        return Ok(vec![tenant_by(core, slug).await?]);
    }
    let mut all: Vec<Tenant> = Vec::new();
    loop {
        let after = all.last().map_or("", |tenant| tenant.id.as_str());
        let page = tenants::list(&core.db, after, 100).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

fn nothing(reference: &str) -> Problem {
    Problem::new(
        Code::NotFound,
        format!(
            "Nothing is recorded under {reference}. Compare it letter by letter. What changed \
             nothing and was no sign-in leaves no event, like a page that does not exist or a \
             fault: look for request_id={reference} in the logs of all nodes."
        ),
    )
}

impl Found {
    fn lines(&self) -> Vec<(String, String)> {
        let event = &self.row.event;
        let shown = self.shown();
        let at = shown["at"].as_str().unwrap_or_default();
        let mut lines = vec![
            (
                "event",
                format!("{} ({}) at {at}", event.kind, event.outcome),
            ),
            ("tenant", self.tenant.clone()),
            ("who", called(&event.actor, self.row.actor_name.as_deref())),
            (
                "about",
                called(&event.target, self.row.target_name.as_deref()),
            ),
        ];
        if let Some(org) = &event.org {
            lines.push(("org", org.clone()));
        }
        if !event.ip.is_empty() {
            lines.push(("from", event.ip.clone()));
        }
        let mut lines: Vec<(String, String)> = lines
            .into_iter()
            .map(|(about, text)| (about.to_owned(), text))
            .collect();
        lines.extend(desk::facts(event));
        let rules = desk::trace(event).into_iter();
        lines.extend(rules.map(|(rule, outcome)| ("rule".into(), format!("{rule}: {outcome}"))));
        lines.extend(self.meaning().map(|text| ("meaning".into(), text)));
        lines
    }

    fn json(&self) -> Value {
        let mut json = self.shown();
        json["tenant"] = self.tenant.as_str().into();
        json["actor_name"] = self.row.actor_name.as_deref().into();
        json["target_name"] = self.row.target_name.as_deref().into();
        json["meaning"] = self.meaning().into();
        json
    }

    /// As the API shows it.
    fn shown(&self) -> Value {
        shown::event(&self.row.event)
    }

    /// What the help page says of the cause.
    fn meaning(&self) -> Option<String> {
        let facts = desk::facts(&self.row.event);
        let fact = |wanted: &str| facts.iter().find(|(name, _)| name == wanted);
        ["cause", "reason"]
            .into_iter()
            .filter_map(fact)
            .find_map(|(_, code)| views::explanation(Lang::En, code))
    }
}

/// `kind:id`, and the name where it is a known person.
fn called(principal: &str, name: Option<&str>) -> String {
    let principal = principal.trim_end_matches(':');
    name.map_or_else(
        || principal.to_owned(),
        |name| format!("{name} ({principal})"),
    )
}
