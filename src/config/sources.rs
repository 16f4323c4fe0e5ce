//! Where values come from, and their overlay into one table.
//!
//! Owns the order file < environment < secret files. Must not know what a key means.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::fault::{Fault, Faults, nearest};
use super::keys::{self, KEYS, Key, Shape};

const DEFAULT_FILE: &str = "./laneway.toml";

/// Everything a configuration is made from; tests fill it by hand.
#[derive(Clone)]
pub struct Sources {
    /// Path and text of the TOML file, if there is one.
    pub file: Option<(PathBuf, String)>,
    /// The environment; names that do not begin with `LANEWAY_` are not looked at.
    pub env: BTreeMap<String, String>,
    /// Reads the files that `…_FILE` variables name.
    pub read_file: fn(&Path) -> io::Result<String>,
}

impl Sources {
    /// The sources of this process. The file is `flag`, else `LANEWAY_CONFIG`, else
    /// `./laneway.toml` where that exists.
    ///
    /// # Errors
    /// One fault when a file was named but cannot be read.
    pub fn from_process(flag: Option<PathBuf>) -> Result<Self, Vec<Fault>> {
        let env = process_env();
        let named = flag.or_else(|| env.get("LANEWAY_CONFIG").map(PathBuf::from));
        let path = named.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
        let file = match std::fs::read_to_string(&path) {
            Ok(text) => Some((path, text)),
            Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                return Err(vec![Fault {
                    key: "config".to_owned(),
                    found: format!("{}: {error}", path.display()),
                    fix: "name a readable TOML file with --config or LANEWAY_CONFIG".to_owned(),
                }]);
            }
        };
        Ok(Self {
            file,
            env,
            read_file: |path| std::fs::read_to_string(path),
        })
    }

    /// One table from all sources.
    pub(super) fn merge(&self, faults: &Faults) -> Table {
        let mut root = self.parse_file(faults);
        for key in KEYS {
            if let Some(text) = self.variable(key, faults) {
                insert(&mut root, key, &text, faults);
            }
        }
        self.report_unknown(faults);
        root
    }

    fn parse_file(&self, faults: &Faults) -> Table {
        let Some((path, text)) = &self.file else {
            return Table::new();
        };
        text.parse::<Table>().unwrap_or_else(|error| {
            // Never the error's own rendering: it quotes the line, which may hold a secret.
            let line = error
                .span()
                .map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            faults.add(
                "config",
                format!("{}: no valid TOML at line {line}", path.display()),
                "correct that line (https://toml.io)",
            );
            Table::new()
        })
    }

    /// The text that the environment gives for a key.
    fn variable(&self, key: &Key, faults: &Faults) -> Option<String> {
        let name = key.variable();
        let file_name = format!("{name}_FILE");
        let file = key.secret.then(|| self.env.get(&file_name)).flatten();
        let text = match (self.env.get(&name), file) {
            (Some(_), Some(_)) => {
                let fix = "set only one of them";
                faults.add(
                    key.path,
                    format!("both {name} and {file_name} are set"),
                    fix,
                );
                return None;
            }
            (Some(text), None) => text.clone(),
            (None, Some(path)) => match (self.read_file)(Path::new(path)) {
                Ok(text) => text.trim_end_matches(['\r', '\n']).to_owned(),
                Err(error) => {
                    let fix = format!("let {file_name} name a readable file");
                    faults.add(key.path, format!("{path}: {error}"), fix);
                    return None;
                }
            },
            (None, None) => return None,
        };
        if text.trim().is_empty() && key.shape == Shape::One {
            // An empty security setting must not pass for one that was left out.
            faults.add(
                key.path,
                "empty",
                format!("unset {name} or give it a value"),
            );
            return None;
        }
        Some(text)
    }

    fn report_unknown(&self, faults: &Faults) {
        let known: Vec<String> = KEYS
            .iter()
            .flat_map(|key| {
                let name = key.variable();
                let file = key.secret.then(|| format!("{name}_FILE"));
                std::iter::once(name).chain(file)
            })
            .collect();
        for name in self.env.keys().filter(|name| name.starts_with("LANEWAY_")) {
            if keys::is_free(name) || known.contains(name) {
                continue;
            }
            let fix = match nearest(name, known.iter().map(String::as_str)) {
                Some(meant) => format!("did you mean {meant}? else unset it"),
                None => "unset it".to_owned(),
            };
            faults.add(name, "no such setting", fix);
        }
    }
}

fn process_env() -> BTreeMap<String, String> {
    // A value that is no Unicode cannot be right; the lossy text fails its own check.
    let text = |raw: std::ffi::OsString| raw.to_string_lossy().into_owned();
    std::env::vars_os()
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

fn insert(root: &mut Table, key: &Key, text: &str, faults: &Faults) {
    let mut table = root;
    let mut names = key.path.split('.').peekable();
    while let Some(name) = names.next() {
        if names.peek().is_none() {
            table.insert(name.to_owned(), value(key.shape, text));
            return;
        }
        let entry = table
            .entry(name)
            .or_insert_with(|| Value::Table(Table::new()));
        let Value::Table(inner) = entry else {
            faults.add(
                name,
                "a single value",
                format!("write it as a table: [{name}]"),
            );
            return;
        };
        table = inner;
    }
}

fn value(shape: Shape, text: &str) -> Value {
    match shape {
        Shape::One => Value::String(text.to_owned()),
        Shape::Many => {
            let parts = text
                .split([',', ' ', '\t', '\n', '\r'])
                .filter(|part| !part.is_empty());
            Value::Array(parts.map(|part| Value::String(part.to_owned())).collect())
        }
    }
}
