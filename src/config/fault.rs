//! Faults of a configuration and how they are told.
//!
//! Owns their collection, order and rendering. Must not know what any key means.

use std::cell::RefCell;
use std::fmt::Write as _;

use serde::Serialize;

/// One thing wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fault {
    /// Dotted path in `laneway.toml`, or the name of an environment variable.
    pub key: String,
    /// What stands there; never a secret.
    pub found: String,
    /// What to write instead.
    pub fix: String,
}

/// `{"ok","faults":[{"key","found","fix"}]}`, as `laneway config check --json` prints it.
pub fn report_json(faults: &[Fault]) -> serde_json::Value {
    serde_json::json!({ "ok": faults.is_empty(), "faults": faults })
}

/// The same for people: three lines per fault.
pub fn report_text(faults: &[Fault]) -> String {
    if faults.is_empty() {
        return "The configuration is in order.\n".to_owned();
    }
    let mut text = match faults.len() {
        1 => "The configuration has 1 fault:\n".to_owned(),
        many => format!("The configuration has {many} faults:\n"),
    };
    for Fault { key, found, fix } in faults {
        // Writing into a String cannot fail.
        let _ = write!(text, "\n{key}\n  found: {found}\n  fix:   {fix}\n");
    }
    text
}

/// What is found where a key is missing.
pub(super) const NOTHING: &str = "nothing";

/// Collects while everything is read; shared by all sections.
#[derive(Default)]
pub(super) struct Faults(RefCell<Vec<Fault>>);

impl Faults {
    pub(super) fn add(
        &self,
        key: impl Into<String>,
        found: impl AsRef<str>,
        fix: impl Into<String>,
    ) {
        let fault = Fault {
            key: key.into(),
            found: shown(found.as_ref()),
            fix: fix.into(),
        };
        self.0.borrow_mut().push(fault);
    }

    pub(super) fn into_sorted(self) -> Vec<Fault> {
        let mut all = self.0.into_inner();
        all.sort();
        all.dedup();
        // A source that could not be used makes its key look missing too: say it once.
        let told: Vec<String> = all
            .iter()
            .filter(|fault| fault.found != NOTHING)
            .map(|fault| fault.key.clone())
            .collect();
        all.retain(|fault| fault.found != NOTHING || !told.contains(&fault.key));
        all
    }
}

/// Makes a value fit for a terminal: one line, no control characters, bounded, and without
/// user information where it is an address (people paste credentials into any address).
fn shown(value: &str) -> String {
    let clean: String = value
        .chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect();
    let bare = match (clean.find("://"), clean.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => {
            format!("{}://(hidden){}", &clean[..scheme], &clean[at..])
        }
        _ => clean,
    };
    match bare.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &bare[..end]),
        None => bare,
    }
}

/// The name that was probably meant, if one is near enough.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let best = known
        .into_iter()
        .map(|word| (distance(name, word), word))
        .min()?;
    (best.0 <= 1 + name.len() / 4).then_some(best.1)
}

/// Levenshtein distance over bytes.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.bytes().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::{nearest, shown};

    #[test]
    fn shown_hides_user_information_and_control_characters() {
        let table = [
            ("plain", "plain"),
            ("https://u:p@h/", "https://(hidden)@h/"),
            ("https://u:p@x@h/", "https://(hidden)@h/"),
            ("a\x1b[31mb\nc", "a?[31mb?c"),
        ];
        for (value, want) in table {
            assert_eq!(shown(value), want);
        }
        assert_eq!(shown(&"é".repeat(500)).chars().count(), 121);
    }

    #[test]
    fn nearest_names_a_slip_but_not_a_stranger() {
        assert_eq!(
            nearest("pubic_url", ["listen", "public_url"]),
            Some("public_url")
        );
        assert_eq!(nearest("idel", ["idle", "absolute"]), Some("idle"));
        assert_eq!(nearest("colour_scheme", ["listen", "public_url"]), None);
    }
}
