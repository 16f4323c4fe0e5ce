//! Completions and the manual page, made of the same description as `--help`.

use std::io::Write as _;

use clap::CommandFactory as _;

use super::super::Arguments;
use super::Failure;

fn lost(error: std::io::Error) -> Failure {
    Failure::Local(format!("cannot write: {error}"))
}

/// Completions of a shell.
pub(super) fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "laneway", &mut text);
    std::io::stdout().write_all(&text).map_err(lost)
}

/// The manual page.
pub(super) fn man() -> Result<(), Failure> {
    let mut text = Vec::new();
    let page = clap_mangen::Man::new(Arguments::command());
    page.render(&mut text).map_err(lost)?;
    std::io::stdout().write_all(&text).map_err(lost)
}
