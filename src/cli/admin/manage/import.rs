//! `laneway admin user import`: a file of people, judged as a whole before anybody is made.
//!
//! Owns: the two ways through the file, and what is said about each line.
//! Must not know: what a record must be like.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::task::JoinHandle;

use super::super::super::{complain, told};
use super::people_file::{self, Format, Line};
use super::{Answer, Common, Desk};
use crate::config::Config;
use crate::domain::{Code, Problem};
use crate::lane_a::operator::{BATCH, Became, Importer, Newcomer, Ready};

/// How often it is said how far it is.
const TELL_EVERY: Duration = Duration::from_secs(2);

#[derive(Args)]
pub(in crate::cli) struct ImportArgs {
    /// The file: CSV with a header, JSON lines, or a JSON array
    file: PathBuf,
    /// How it is written [default: csv for *.csv, else json]
    #[arg(long)]
    format: Option<Format>,
    /// Only say what would be done
    #[arg(long)]
    plan: bool,
    /// Import the others where some records cannot be taken
    #[arg(long)]
    skip_bad: bool,
    #[command(flatten)]
    common: Common,
}

pub(super) async fn run(config: Config, args: ImportArgs) -> Result<(Answer, bool), Problem> {
    let desk = Desk::open(config, args.common.tenant.as_deref()).await?;
    let importer = Importer::of(&desk.act()).await?;
    let mut import = Import {
        desk,
        importer,
        args,
        counts: Counts::default(),
        started: Instant::now(),
        told: Instant::now(),
    };
    import.look().await?;
    if !import.args.plan {
        import.make().await?;
    }
    let json = import.args.common.json;
    Ok((Answer::One(import.counts.shown(import.args.plan)), json))
}

#[derive(Default)]
struct Counts {
    /// Records in the file.
    all: u64,
    /// Of them, those that cannot be taken.
    bad: u64,
    /// Those that have been dealt with.
    done: u64,
    created: u64,
    present: u64,
    refused: u64,
}

impl Counts {
    fn shown(&self, plan: bool) -> serde_json::Value {
        let made = if plan { "new" } else { "created" };
        json!({
            "records": self.all, made: self.created, "present": self.present,
            "bad": self.bad, "refused": self.refused,
        })
    }
}

struct Import {
    desk: Desk,
    importer: Importer,
    args: ImportArgs,
    counts: Counts,
    started: Instant,
    told: Instant,
}

impl Import {
    /// Judges every record; with `--plan` it also asks who is there.
    async fn look(&mut self) -> Result<(), Problem> {
        let mut seen = HashSet::new();
        let (mut lines, reader) = self.open();
        let mut some = Vec::new();
        while let Some(line) = lines.recv().await {
            self.counts.all += 1;
            match self.judge(line.record, &mut seen) {
                Ok(ready) => some.push(ready),
                Err(problem) => {
                    self.counts.bad += 1;
                    self.complain(line.number, &problem);
                }
            }
            if some.len() == BATCH {
                self.plan(&mut some).await?;
            }
        }
        self.plan(&mut some).await?;
        self.end(reader).await?;
        let bad = self.counts.bad;
        if bad == 0 || self.args.skip_bad {
            return Ok(());
        }
        let text = format!(
            "{bad} of {} records cannot be taken. Nobody was imported. Correct them, or leave them out with --skip-bad.",
            self.counts.all
        );
        Err(Problem::new(Code::InvalidRequest, text))
    }

    async fn plan(&mut self, some: &mut Vec<Ready>) -> Result<(), Problem> {
        if self.args.plan {
            let known = self.importer.known(&self.desk.act(), some).await?;
            let present = known.iter().filter(|known| **known).count() as u64;
            self.counts.present += present;
            self.counts.created += some.len() as u64 - present;
            self.counts.done += some.len() as u64;
            self.tell("would be created");
        }
        some.clear();
        Ok(())
    }

    /// Goes through the file again and makes people.
    async fn make(&mut self) -> Result<(), Problem> {
        let mut seen = HashSet::new();
        let (mut lines, reader) = self.open();
        let mut some = Vec::new();
        while let Some(line) = lines.recv().await {
            // What is bad was told the first time.
            if let Ok(ready) = self.judge(line.record, &mut seen) {
                some.push((line.number, ready));
            }
            if some.len() == BATCH {
                self.batch(&mut some).await?;
            }
        }
        self.batch(&mut some).await?;
        self.end(reader).await?;
        let counts = &self.counts;
        if counts.refused == 0 {
            return Ok(());
        }
        let text = format!(
            "{} people were created and {} are there already; the identity provider refused {}, named above.",
            counts.created, counts.present, counts.refused
        );
        Err(Problem::new(Code::InvalidRequest, text))
    }

    async fn batch(&mut self, some: &mut Vec<(u64, Ready)>) -> Result<(), Problem> {
        let (numbers, people): (Vec<u64>, Vec<Ready>) = some.drain(..).unzip();
        let made = self.importer.import(&self.desk.act(), people).await;
        let made = made.map_err(|problem| {
            let detail = format!(
                "It stopped behind line {}: {} Run it again: it goes on where it stopped.",
                numbers.first().map_or(0, |first| first - 1),
                problem.detail
            );
            Problem { detail, ..problem }
        })?;
        for (number, outcome) in numbers.iter().zip(&made) {
            match outcome {
                Became::Created(_) => self.counts.created += 1,
                Became::Present => self.counts.present += 1,
                Became::Refused(member) => {
                    self.counts.refused += 1;
                    let text = "The identity provider does not take this value.";
                    let problem = Problem::field(&format!("/{member}"), "refused", text);
                    self.complain(*number, &problem);
                }
            }
        }
        self.counts.done += made.len() as u64;
        self.tell("created");
        Ok(())
    }

    /// Reads on a thread of its own, never far ahead.
    fn open(&self) -> (Receiver<Line>, JoinHandle<Result<(), String>>) {
        let (to, from) = channel(BATCH);
        let path = self.args.file.clone();
        let format = self.args.format.unwrap_or_else(|| Format::of(&path));
        let reader = tokio::task::spawn_blocking(move || {
            people_file::read(&path, format, |line| to.blocking_send(line).is_ok())
        });
        (from, reader)
    }

    async fn end(&self, reader: JoinHandle<Result<(), String>>) -> Result<(), Problem> {
        let read = reader
            .await
            .unwrap_or_else(|_| Err("it could not be read".into()));
        read.map_err(|text| {
            let text = format!("{}: {text}.", self.args.file.display());
            Problem::new(Code::InvalidRequest, text)
        })
    }

    fn judge(
        &self,
        record: Result<Newcomer, Problem>,
        seen: &mut HashSet<String>,
    ) -> Result<Ready, Problem> {
        let ready = record.and_then(|one| self.importer.judge(one))?;
        if seen.insert(ready.address().to_owned()) {
            return Ok(ready);
        }
        let text = "This address stands in the file twice.";
        Err(Problem::field("/email", "duplicate", text))
    }

    /// Which line, which member, why. Never what stands there.
    fn complain(&self, number: u64, problem: &Problem) {
        if !self.args.common.json {
            return complain(&format!("line {number}: {}", told(problem)));
        }
        let fault = problem.errors.first();
        let field = fault.map(|fault| fault.pointer.trim_start_matches('/'));
        let detail = fault.map_or(&problem.detail, |fault| &fault.detail);
        complain(&json!({ "line": number, "field": field, "detail": detail }).to_string());
    }

    /// Long work says how far it is, unless a program listens.
    fn tell(&mut self, made: &str) {
        if self.args.common.json || self.told.elapsed() < TELL_EVERY {
            return;
        }
        self.told = Instant::now();
        let counts = &self.counts;
        // The first time through nobody knows yet how many there are.
        let all = if self.args.plan {
            String::new()
        } else {
            format!(" of {}", counts.all)
        };
        complain(&format!(
            "{}{all} records after {} s: {} {made}, {} there already",
            counts.done,
            self.started.elapsed().as_secs(),
            counts.created,
            counts.present
        ));
    }
}
