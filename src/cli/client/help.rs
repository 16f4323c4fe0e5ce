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

/// The manual page of the whole, or of one command: the whole names those of its commands.
pub(super) fn man(path: &[String]) -> Result<(), Failure> {
    let mut text = Vec::new();
    let mut command = Arguments::command();
    // Names of commands within commands, and what all of them take.
    command.build();
    for word in path {
        let found = command.find_subcommand(word).cloned();
        command = found.ok_or_else(|| {
            let words = format!("there is no command `{word}` here; `laneway man` names them");
            Failure::Local(words)
        })?;
    }
    let page = clap_mangen::Man::new(command);
    page.render(&mut text).map_err(lost)?;
    std::io::stdout().write_all(&text).map_err(lost)
}
