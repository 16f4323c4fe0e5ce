//! Findings about a provider, as pages list them.

use super::text::{FluentArgs, text};
use crate::domain::Lang;
use crate::domain::checks::EXPLAINED;

/// What a finding or a cause means and what to do about it, `None` where nobody wrote it
/// down.
pub fn explanation(lang: Lang, code: &str) -> Option<String> {
    let known = EXPLAINED.contains(&code);
    known.then(|| {
        let key = format!("explain-{}", code.replace('_', "-"));
        text(lang, &key, &FluentArgs::new())
    })
}

/// One finding.
#[derive(Debug, Clone)]
pub struct CheckRow {
    /// Stable name in `snake_case`.
    pub name: String,
    /// Passed.
    pub ok: bool,
    /// A failed one that does not stand in the way.
    pub advice: bool,
    /// What was found.
    pub received: String,
    /// What was wanted.
    pub expected: String,
    /// Who acts: `provider`, `us` and `customer` where an operator reads; `you` and `team` where a
    /// customer does.
    pub who: String,
    /// What to do.
    pub fix: String,
}

impl CheckRow {
    /// The key of the words for its name, where there are some.
    pub(super) fn title_key(&self) -> String {
        format!("check-{}", self.name.replace('_', "-"))
    }

    pub(super) fn explained(&self) -> bool {
        EXPLAINED.contains(&self.name.as_str())
    }

    pub(super) fn who_key(&self) -> &'static str {
        match self.who.as_str() {
            "us" => "who-us",
            "customer" => "who-customer",
            "you" => "who-you",
            "team" => "who-team",
            _ => "who-provider",
        }
    }

    pub(super) fn tone(&self) -> &'static str {
        if self.advice { "warn" } else { "bad" }
    }

    pub(super) fn glyph(&self) -> &'static str {
        if self.advice { "alert" } else { "cross" }
    }
}

/// All that was found, in its order.
#[derive(Debug, Clone, Default)]
pub struct Checks(Vec<CheckRow>);

impl FromIterator<CheckRow> for Checks {
    fn from_iter<I: IntoIterator<Item = CheckRow>>(rows: I) -> Self {
        Self(rows.into_iter().collect())
    }
}

impl Checks {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn failed(&self) -> Vec<&CheckRow> {
        self.0.iter().filter(|row| !row.ok && !row.advice).collect()
    }

    pub(super) fn advice(&self) -> Vec<&CheckRow> {
        self.0.iter().filter(|row| !row.ok && row.advice).collect()
    }

    pub(super) fn passed(&self) -> Vec<&CheckRow> {
        self.0.iter().filter(|row| row.ok).collect()
    }
}

/// How many, for words that depend on it.
pub(super) fn count(rows: &[&CheckRow]) -> u32 {
    u32::try_from(rows.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
impl CheckRow {
    pub(super) fn sample(name: &str, ok: bool) -> Self {
        let (expected, fix) = if ok {
            ("", "")
        } else {
            (
                "RS256, ES256",
                "Set the signature algorithm of the client to RS256.",
            )
        };
        Self {
            name: name.into(),
            ok,
            advice: false,
            received: "rsa-sha1 <x>".into(),
            expected: expected.into(),
            who: "provider".into(),
            fix: fix.into(),
        }
    }
}

#[cfg(test)]
impl Checks {
    pub(super) fn sample(rows: &[(&str, bool)]) -> Self {
        rows.iter()
            .map(|(name, ok)| CheckRow::sample(name, *ok))
            .collect()
    }

    /// With one that does not stand in the way.
    pub(super) fn advised(mut self, name: &str) -> Self {
        let row = CheckRow::sample(name, false);
        self.0.push(CheckRow {
            advice: true,
            who: "you".into(),
            ..row
        });
        self
    }
}
