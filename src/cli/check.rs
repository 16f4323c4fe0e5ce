//! `laneway config check`

use std::path::PathBuf;
use std::process::ExitCode;

use super::{EXIT_CONFIG, say};
use crate::config::{Config, Sources, report_json, report_text};

pub(super) fn run(file: Option<PathBuf>, json: bool) -> ExitCode {
    let faults = match Sources::from_process(file) {
        Ok(sources) => Config::load(&sources).err().unwrap_or_default(),
        Err(faults) => faults,
    };
    say(&if json {
        report_json(&faults).to_string()
    } else {
        report_text(&faults)
    });
    if faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(EXIT_CONFIG)
    }
}
