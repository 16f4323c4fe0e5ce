//! A table being read: typed getters that collect faults and remember what was asked for,
//! so that whatever is left over is an unknown key.
//!
//! Must not know any particular key.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use secrecy::SecretString;
use toml::{Table, Value};

use super::fault::{Faults, NOTHING, nearest};
use super::{keys, values};

const HIDDEN: &str = "(hidden)";

/// One table. A getter takes its value out; [`Section::finish`] reports the rest.
pub(super) struct Section<'a> {
    path: String,
    table: Table,
    asked: Vec<&'static str>,
    faults: &'a Faults,
}

impl<'a> Section<'a> {
    pub(super) fn root(table: Table, faults: &'a Faults) -> Self {
        Self {
            path: String::new(),
            table,
            asked: Vec::new(),
            faults,
        }
    }

    /// A nested table; empty where it is missing.
    pub(super) fn section(&mut self, name: &'static str) -> Self {
        let path = self.path_of(name);
        let table = match self.take(name) {
            None => Table::new(),
            Some(Value::Table(table)) => table,
            Some(other) => {
                self.faults.add(
                    &path,
                    other.type_str(),
                    format!("write it as a table: [{path}]"),
                );
                Table::new()
            }
        };
        Self {
            path,
            table,
            asked: Vec::new(),
            faults: self.faults,
        }
    }

    /// A list of tables (`[[name]]`).
    pub(super) fn sections(&mut self, name: &'static str) -> Vec<Self> {
        let path = self.path_of(name);
        let faults = self.faults;
        let items = match self.take(name) {
            None => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(other) => {
                faults.add(&path, other.type_str(), format!("write it as [[{path}]]"));
                Vec::new()
            }
        };
        let numbered = items.into_iter().enumerate();
        numbered
            .filter_map(|(index, item)| match item {
                Value::Table(table) => {
                    let path = format!("{path}[{index}]");
                    Some(Self {
                        path,
                        table,
                        asked: Vec::new(),
                        faults,
                    })
                }
                other => {
                    faults.add(&path, other.type_str(), format!("write it as [[{path}]]"));
                    None
                }
            })
            .collect()
    }

    /// A table that somebody else judges.
    pub(super) fn foreign(&mut self, name: &'static str) -> Table {
        std::mem::take(&mut self.section(name).table)
    }

    /// Whether the table holds anything that was not taken yet.
    pub(super) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Whether a key is present and not taken yet.
    pub(super) fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    /// Text, number or truth value as text.
    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            Value::Integer(number) => Some(number.to_string()),
            Value::Boolean(truth) => Some(truth.to_string()),
            Value::Float(number) => Some(number.to_string()),
            other => {
                self.fault(name, other.type_str(), "write one value here");
                None
            }
        }
    }

    /// A secret; only its parser sees it.
    pub(super) fn secret(&mut self, name: &'static str) -> Option<SecretString> {
        self.text(name).map(SecretString::from)
    }

    /// A value through a parser whose error is the fix.
    pub(super) fn parsed<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(name)?;
        parse(&text)
            .map_err(|fix| self.fault(name, &text, fix))
            .ok()
    }

    /// The same for a list; a single text counts as a list of one.
    pub(super) fn list<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let items = match self.take(name) {
            None => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(single) => vec![single],
        };
        let mut good = Vec::new();
        for item in items {
            let Value::String(text) = &item else {
                self.fault(name, item.type_str(), "write a list of texts");
                continue;
            };
            match parse(text) {
                Ok(value) => good.push(value),
                Err(fix) => self.fault(name, text, fix),
            }
        }
        good
    }

    /// One word of a fixed set.
    pub(super) fn choice<T: Copy>(
        &mut self,
        name: &'static str,
        default: T,
        set: &[(&str, T)],
    ) -> T {
        self.parsed(name, |text| values::choice(text, set))
            .unwrap_or(default)
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, name: &'static str, default: bool) -> bool {
        self.choice(name, default, &[("true", true), ("false", false)])
    }

    /// A whole number within bounds.
    pub(super) fn number(
        &mut self,
        name: &'static str,
        default: u32,
        bounds: RangeInclusive<u32>,
    ) -> u32 {
        self.parsed(name, |text| {
            within(text.parse().ok(), &bounds, "a whole number", |number| {
                number
            })
        })
        .unwrap_or(default)
    }

    /// A duration within bounds.
    pub(super) fn duration(
        &mut self,
        name: &'static str,
        default: Duration,
        bounds: RangeInclusive<Duration>,
    ) -> Duration {
        self.parsed(name, |text| {
            within(
                values::duration(text),
                &bounds,
                "a duration like 90s, 15m or 12h",
                values::show_duration,
            )
        })
        .unwrap_or(default)
    }

    /// A size in bytes within bounds.
    pub(super) fn size(
        &mut self,
        name: &'static str,
        default: usize,
        bounds: RangeInclusive<usize>,
    ) -> usize {
        self.parsed(name, |text| {
            within(
                values::size(text),
                &bounds,
                "a size like 64KiB or 1MiB",
                values::show_size,
            )
        })
        .unwrap_or(default)
    }

    /// Records a fault of a key of this table. Secrets are recognised and hidden.
    pub(super) fn fault(&self, name: &str, found: impl AsRef<str>, fix: impl Into<String>) {
        let path = self.path_of(name);
        let found = if keys::is_secret(&path) {
            HIDDEN
        } else {
            found.as_ref()
        };
        self.faults.add(path, found, fix);
    }

    /// The fault of a key that must be there.
    pub(super) fn missing(&self, name: &str, fix: impl Into<String>) {
        self.faults.add(self.path_of(name), NOTHING, fix);
    }

    /// Reports all keys that nobody asked for.
    pub(super) fn finish(self) {
        for name in self.table.keys() {
            let fix = match nearest(name, self.asked.iter().copied()) {
                Some(meant) => format!("did you mean {}? else remove it", self.path_of(meant)),
                None => "remove it".to_owned(),
            };
            self.faults.add(self.path_of(name), "no such key", fix);
        }
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.asked.push(name);
        self.table.remove(name)
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }
}

fn within<T: PartialOrd + Copy, S: Display>(
    value: Option<T>,
    bounds: &RangeInclusive<T>,
    what: &str,
    show: impl Fn(T) -> S,
) -> Result<T, String> {
    value.filter(|value| bounds.contains(value)).ok_or_else(|| {
        format!(
            "write {what} from {} to {}",
            show(*bounds.start()),
            show(*bounds.end())
        )
    })
}
