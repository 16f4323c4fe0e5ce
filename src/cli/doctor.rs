//! `laneway doctor`: everything this installation depends on, each with what to do.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use laneway_contract::{Check, Clock as _};
use serde::Serialize;
use serde_json::json;

use super::administrator::Administrator;
use super::{failed, say};
use crate::config::{self, Config};
use crate::core::{Core, CoreOptions, open_store};
use crate::domain::Problem;
use crate::domain::tenant::Tenant;
use crate::domain::upstream::Role;
use crate::http::tls::earliest_end;
use crate::lane_a::{operator, swap};
use crate::outbound::{SystemClock, SystemRandom};
use crate::providers::{Configured, RealmAdmin};
use crate::store::brokered::{self, Tied};
use crate::store::reseal;
use crate::store::{apps, outbox};

const DAY_MS: i64 = 24 * 3600 * 1000;

#[derive(Serialize)]
struct Finding {
    name: String,
    state: State,
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    fix: String,
}

#[derive(Serialize, PartialEq, Eq, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warn,
    Fail,
}

#[derive(Args)]
pub(super) struct Arguments {
    /// Machine-readable output
    #[arg(long)]
    json: bool,
    /// Compares a Keycloak with what its set-up makes, with these rights
    #[command(flatten)]
    administrator: Administrator,
}

pub(super) async fn run(config: Config, arguments: Arguments) -> ExitCode {
    let json = arguments.json;
    let named = arguments.administrator.is_named();
    let admin = match named.then(|| arguments.administrator.read()).transpose() {
        Ok(admin) => admin,
        Err(problem) => return failed(&problem),
    };
    let findings = examine(config, admin.as_ref()).await;
    let ok = findings.iter().all(|finding| finding.state != State::Fail);
    if json {
        say(&json!({ "ok": ok, "checks": findings }).to_string());
    } else {
        for finding in &findings {
            let mark = match finding.state {
                State::Ok => "ok  ",
                State::Warn => "warn",
                State::Fail => "FAIL",
            };
            say(&format!("{mark}  {}  {}", finding.name, finding.detail));
            if !finding.fix.is_empty() {
                say(&format!("      → {}", finding.fix));
            }
        }
    }
    if ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn examine(config: Config, admin: Option<&RealmAdmin>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let options = || CoreOptions {
        clock: std::sync::Arc::new(SystemClock),
        random: std::sync::Arc::new(SystemRandom),
        factories: std::collections::HashMap::new(),
        migrations: Vec::new(),
    };
    let public_url = config.server.public_url.clone();
    match open_store(&config, &options()).await {
        Ok((db, sealer)) => {
            findings.push(good("database", "reachable, schema current"));
            let left = reseal::all_waiting(&db, &sealer).await;
            findings.push(master_key(
                left.map_err(Problem::from),
                sealer.has_previous(),
            ));
            let since = SystemClock.now_ms() - DAY_MS;
            let waiting = outbox::waiting(&db).await.ok();
            let given_up = outbox::given_up(&db, since).await.ok();
            findings.push(outbox_finding(waiting.zip(given_up)));
            db.close().await;
        }
        Err(problem) => {
            let source = problem.source.unwrap_or(problem.detail);
            let sealed = source.contains("sealed");
            let (name, fix) = if sealed {
                (
                    "master_key",
                    "Set the master key that this database was created with.",
                )
            } else {
                (
                    "database",
                    "Check LANEWAY_DATABASE_URL, that the server runs and the user may create tables.",
                )
            };
            if sealed {
                findings.push(good("database", "reachable, schema current"));
            }
            findings.push(bad(name, &source, fix));
        }
    }
    findings.extend(certificates(&config));
    findings.push(clock(&public_url).await);
    findings.push(mail(&config).await);
    findings.push(public_address(&public_url).await);
    if findings.iter().all(|f| {
        !matches!(
            (f.name.as_str(), f.state),
            ("database" | "master_key", State::Fail)
        )
    }) {
        match super::open(config).await {
            Ok((core, tenant)) => {
                findings.extend(upstreams(&core, &tenant, admin).await);
                findings.push(without_pkce(&core, &tenant).await);
            }
            Err(problem) => findings.push(bad(
                "upstream",
                &problem.detail,
                "Correct the settings above first.",
            )),
        }
    }
    findings
}

fn good(name: &str, detail: &str) -> Finding {
    Finding {
        name: name.into(),
        state: State::Ok,
        detail: detail.into(),
        fix: String::new(),
    }
}

fn bad(name: &str, detail: &str, fix: &str) -> Finding {
    Finding {
        name: name.into(),
        state: State::Fail,
        detail: detail.into(),
        fix: fix.into(),
    }
}

fn warn(name: &str, detail: &str, fix: &str) -> Finding {
    Finding {
        name: name.into(),
        state: State::Warn,
        detail: detail.into(),
        fix: fix.into(),
    }
}

/// What the current key has not sealed yet, where there are others.
fn master_key(left: Result<i64, Problem>, has_previous: bool) -> Finding {
    const NAME: &str = "master_key";
    if !has_previous {
        return good(NAME, "opens what is sealed");
    }
    let left = match left {
        Ok(left) => left,
        Err(problem) => return bad(NAME, &problem.detail, "Look at the database first."),
    };
    if left > 0 {
        return warn(
            NAME,
            &format!("{left} values still need a previous key"),
            "Run `laneway admin reseal`; what belongs to sign-ins under way is over within a day.",
        );
    }
    Finding {
        fix: "Take previous_master_keys away.".into(),
        ..good(NAME, "no value needs a previous key any more")
    }
}

/// The listener's own certificates, where it has some.
fn certificates(config: &Config) -> Option<Finding> {
    const NAME: &str = "certificate";
    let files = &config.certificates;
    let earliest = (!files.is_empty()).then(|| earliest_end(files))?;
    let days = match earliest {
        Ok(end) => (end? * 1000 - SystemClock.now_ms()).div_euclid(DAY_MS),
        Err(why) => {
            return Some(bad(
                NAME,
                &why,
                "Correct the files that [tls] names. This program must be allowed to read them.",
            ));
        }
    };
    let renew = "Renew it; the files are read again when they change.";
    Some(match days {
        ..0 => bad(NAME, "has ended", renew),
        0..14 => warn(NAME, &format!("ends in {days} days"), renew),
        _ => good(NAME, &format!("goes on for {days} days")),
    })
}

/// The clock against the `Date` of our own public address, which a proxy in front answers.
async fn clock(public_url: &url::Url) -> Finding {
    // 2026-01-01: before that this program did not exist.
    const BUILD_FLOOR_MS: i64 = 1_767_225_600_000;
    let now = SystemClock.now_ms();
    if now < BUILD_FLOOR_MS {
        return bad(
            "clock",
            "lies in the past",
            "Run a time service such as chrony or systemd-timesyncd.",
        );
    }
    let date = fetch(public_url).await.ok().and_then(|(_, date)| date);
    match date {
        Some(other) if (other - now).abs() > 60_000 => bad(
            "clock",
            &format!(
                "differs by {} s from the public address",
                (other - now) / 1000
            ),
            "Run a time service such as chrony on both machines.",
        ),
        _ => good("clock", "plausible"),
    }
}

async fn mail(config: &Config) -> Finding {
    match &config.mail {
        config::Mail::None => warn(
            "mail",
            "no mail is sent: email codes and links are off",
            "Set LANEWAY_MAIL_URL=smtp://… and LANEWAY_MAIL_FROM.",
        ),
        config::Mail::Outbox { .. } => good("mail", "kept in the readable outbox, never sent"),
        config::Mail::Smtp { .. } => match crate::outbound::Mailer::new(&config.mail) {
            Ok(mailer) => match tokio::time::timeout(Duration::from_secs(10), mailer.probe()).await
            {
                Ok(Ok(())) => good("mail", "the server accepts us"),
                Ok(Err(error)) => bad(
                    "mail",
                    &error.to_string(),
                    "Check LANEWAY_MAIL_URL: host, port, user, password, TLS. A certificate of a private \
                     authority needs LANEWAY_MAIL_CA.",
                ),
                Err(_) => bad(
                    "mail",
                    "no answer within 10 s",
                    "Check that the mail server can be reached from here.",
                ),
            },
            Err(error) => bad("mail", &error.to_string(), "Check LANEWAY_MAIL_URL."),
        },
    }
}

/// Mails that do not get away: they wait longer than any back-off of a healthy relay, or
/// were given up within a day.
fn outbox_finding(found: Option<(outbox::Waiting, (i64, Option<String>))>) -> Finding {
    const MINUTE_MS: i64 = 60_000;
    let Some((waiting, (lost, why))) = found else {
        return bad(
            "outbox",
            "cannot be read",
            "Look at the log of the database.",
        );
    };
    let now = SystemClock.now_ms();
    let age = waiting.oldest.map_or(0, |at| (now - at) / MINUTE_MS);
    if waiting.pending > 0 && age >= 5 {
        let why = waiting
            .trouble
            .unwrap_or_else(|| "nobody sends them".to_owned());
        return warn(
            "outbox",
            &format!(
                "{} mails wait, the oldest for {age} min: {why}",
                waiting.pending
            ),
            "Run the server, and check that the mail server takes our mail.",
        );
    }
    if lost > 0 {
        return warn(
            "outbox",
            &format!(
                "{lost} mails were given up within a day: {}",
                why.unwrap_or_default()
            ),
            "Look for \"a mail did not leave\" in the log: the address or the mail server refuses.",
        );
    }
    good("outbox", &format!("{} mails wait", waiting.pending))
}

/// Apps that are let off from PKCE, for somebody to look at now and then.
async fn without_pkce(core: &Core, tenant: &Tenant) -> Finding {
    let (mut after, mut named) = (String::new(), Vec::new());
    loop {
        let Ok(page) = apps::list(&core.db, &tenant.id, &after, 200).await else {
            let fix = "Look at the log of the database.";
            return bad("apps", "cannot be read", fix);
        };
        let Some(last) = page.last() else { break };
        after.clone_from(&last.id.0);
        let exempt = page.iter().filter(|app| !app.registration.require_pkce);
        named.extend(exempt.map(|app| app.name.clone()));
    }
    if named.is_empty() {
        return good("apps", "all need PKCE");
    }
    warn(
        "apps",
        &format!("without PKCE: {}", named.join(", ")),
        "Let these apps send a code_challenge, then set require_pkce to true.",
    )
}

/// From outside in: does the public address lead to this program?
async fn public_address(public_url: &url::Url) -> Finding {
    match fetch(public_url).await {
        Ok((true, _)) => good("public_url", "answers, and it is Laneway"),
        Ok((false, _)) => bad(
            "public_url",
            "something else answers there",
            "Let the proxy in front pass this host to LANEWAY_LISTEN, with its Host header unchanged.",
        ),
        Err(error) => bad(
            "public_url",
            &error,
            "Start the server, and check DNS, the proxy and the certificate of this address.",
        ),
    }
}

/// Asks `{public_url}/healthz`: is it us, and what time is it there?
async fn fetch(public_url: &url::Url) -> Result<(bool, Option<i64>), String> {
    let url = public_url
        .join("/healthz")
        .map_err(|error| error.to_string())?;
    let bounds = config::Outbound {
        deadline: Duration::from_secs(5),
        max_bytes: 64 * 1024,
    };
    let federation = config::Federation::default();
    let client =
        crate::outbound::GuardedClient::new(crate::outbound::Trust::Operator, bounds, federation)
            .map_err(|error| error.to_string())?;
    let request = ::http::Request::get(url.as_str())
        .body(bytes::Bytes::new())
        .map_err(|e| e.to_string())?;
    let answer = laneway_contract::HttpClient::send(&client, request)
        .await
        .map_err(|error| error.to_string())?;
    let ours = answer.status().is_success()
        && answer.headers().contains_key("x-request-id")
        && answer.body().as_ref() == br#"{"status":"ok"}"#;
    let date = answer
        .headers()
        .get("date")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| {
            use time::format_description::well_known::Rfc2822;
            let text = text.replace("GMT", "+0000");
            time::OffsetDateTime::parse(&text, &Rfc2822).ok()
        })
        .map(|at| at.unix_timestamp() * 1000);
    Ok((ours, date))
}

async fn upstreams(core: &Core, tenant: &Tenant, admin: Option<&RealmAdmin>) -> Vec<Finding> {
    let Ok(all) = core.providers.of_tenant(tenant).await else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for configured in all.iter() {
        let slug = &configured.row.slug;
        findings.extend(tied(core, tenant, configured).await);
        match checks(core, tenant, configured, admin).await {
            Ok(checks) => findings.extend(checks.iter().map(|check| finding(slug, check))),
            Err(problem) => findings.push(bad(
                &format!("upstream.{slug}"),
                &problem.detail,
                "Check that the provider can be reached.",
            )),
        }
    }
    findings
}

/// What is seen with the rights of whoever sets up, where they are given; else with our own.
async fn checks(
    core: &Core,
    tenant: &Tenant,
    configured: &Configured,
    admin: Option<&RealmAdmin>,
) -> Result<Vec<Check>, Problem> {
    if let Some(admin) = admin {
        let addresses = operator::addresses(tenant, &configured.row.slug)?;
        let compared = core.providers.compare(configured, (&addresses, admin));
        if let Some(checks) = compared.await? {
            return Ok(checks);
        }
    }
    operator::probe(core, tenant, configured).await
}

fn finding(slug: &str, check: &Check) -> Finding {
    let name = format!("upstream.{slug}.{}", check.name);
    let detail = check.received.clone().unwrap_or_default();
    if check.is_warning() {
        warn(&name, &detail, &check.fix)
    } else if check.ok {
        good(&name, &detail)
    } else {
        bad(&name, &detail, &check.fix)
    }
}

/// What hangs on this upstream alone, and what of it does not work as it should.
async fn tied(core: &Core, tenant: &Tenant, upstream: &Configured) -> Vec<Finding> {
    let slug = &upstream.row.slug;
    let name = format!("upstream.{slug}.tied");
    let tied = match brokered::tied(&core.db, &tenant.id, &upstream.row.id).await {
        Ok(tied) if tied.is_empty() => return Vec::new(),
        Ok(tied) => tied,
        Err(error) => {
            let fix = "Look at the log of the database.";
            return vec![bad(&name, &error.to_string(), fix)];
        }
    };
    let told = format!(
        "customers' connections run through it and would be lost without it: {}",
        swap::told(&tied)
    );
    let mut findings = vec![Finding {
        fix: format!("Look at `laneway upstream plan {slug} …` before you change the upstream."),
        ..good(&name, &told)
    }];
    if upstream.row.role != Role::Primary {
        let fix = "Keep it running, or make direct connections and switch these off.";
        findings[0] = warn(&name, &told, fix);
    }
    let behind: Vec<Tied> = tied.into_iter().filter(|one| one.behind).collect();
    if !behind.is_empty() {
        findings.push(warn(
            &format!("upstream.{slug}.behind"),
            &format!("has something else than what is live: {}", swap::told(&behind)),
            "The next sign-in through each makes it good; if it stays so, look at the checks of the connection.",
        ));
    }
    findings
}
