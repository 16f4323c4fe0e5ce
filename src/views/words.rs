//! A sentence before it is said: its key and values. The page that shows it decides how
//! numbers and instants read.

use std::borrow::Cow;

use super::{FluentArgs, text, when};
use crate::domain::Lang;

/// A key with values, or a text that is somebody's own (a name, what a provider said).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// Said in the language of the page.
    Said(&'static str, Vec<(&'static str, Value)>),
    /// Shown as it is.
    Own(String),
}

/// A value in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// As it is.
    Text(String),
    /// `$name` chooses the form, `$name-text` is shown.
    Number(i64),
    /// A number with one decimal, in tenths.
    Tenths(i64),
    /// Day and minute.
    Instant(i64),
    /// The words of another key.
    Key(Cow<'static, str>),
}

impl Words {
    /// A sentence without values so far.
    pub fn new(key: &'static str) -> Self {
        Self::Said(key, Vec::new())
    }

    /// Somebody's own text.
    pub fn own(text: impl Into<String>) -> Self {
        Self::Own(text.into())
    }

    /// With a text.
    #[must_use]
    pub fn text(self, name: &'static str, value: impl Into<String>) -> Self {
        self.with(name, Value::Text(value.into()))
    }

    /// With a number.
    #[must_use]
    pub fn number(self, name: &'static str, value: i64) -> Self {
        self.with(name, Value::Number(value))
    }

    /// With a number of one decimal, given in tenths.
    #[must_use]
    pub fn tenths(self, name: &'static str, value: i64) -> Self {
        self.with(name, Value::Tenths(value))
    }

    /// With an instant.
    #[must_use]
    pub fn instant(self, name: &'static str, value: i64) -> Self {
        self.with(name, Value::Instant(value))
    }

    /// With the words of another key.
    #[must_use]
    pub fn key(self, name: &'static str, key: impl Into<Cow<'static, str>>) -> Self {
        self.with(name, Value::Key(key.into()))
    }

    fn with(mut self, name: &'static str, value: Value) -> Self {
        if let Self::Said(_, values) = &mut self {
            values.push((name, value));
        }
        self
    }

    /// The sentence.
    pub(super) fn say(&self, lang: Lang) -> String {
        let (key, values) = match self {
            Self::Own(text) => return text.clone(),
            Self::Said(key, values) => (key, values),
        };
        let mut args = FluentArgs::new();
        for (name, value) in values {
            match value {
                Value::Text(text) => args.set(*name, text.clone()),
                Value::Number(number) => {
                    args.set(*name, *number);
                    args.set(format!("{name}-text"), grouped(lang, *number));
                }
                Value::Tenths(tenths) => args.set(*name, decimal(lang, *tenths)),
                Value::Instant(instant) => args.set(*name, when::plain(lang, *instant)),
                Value::Key(key) => args.set(*name, text(lang, key, &FluentArgs::new())),
            }
        }
        text(lang, key, &args)
    }
}

/// Between thousands, and before decimals.
fn marks(lang: Lang) -> (char, char) {
    match lang {
        Lang::En => (',', '.'),
        Lang::De => ('.', ','),
    }
}

/// A number of one decimal, given in tenths.
fn decimal(lang: Lang, tenths: i64) -> String {
    let (_, mark) = marks(lang);
    let whole = grouped(lang, tenths / 10);
    format!("{whole}{mark}{}", (tenths % 10).abs())
}

/// A number with its thousands apart.
pub fn grouped(lang: Lang, number: i64) -> String {
    let (mark, _) = marks(lang);
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(mark);
        }
        text.push(digit);
    }
    if number < 0 {
        text.insert(0, '−');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Words, decimal, grouped};
    use crate::domain::Lang;

    #[test]
    fn thousands_stand_apart_as_the_language_wants_it() {
        for (number, english, german) in [
            (0, "0", "0"),
            (999, "999", "999"),
            (1_000, "1,000", "1.000"),
            (13_469, "13,469", "13.469"),
            (-1_234_567, "−1,234,567", "−1.234.567"),
        ] {
            assert_eq!(grouped(Lang::En, number), english);
            assert_eq!(grouped(Lang::De, number), german);
        }
        assert_eq!(decimal(Lang::En, 973), "97.3");
        assert_eq!(decimal(Lang::De, 1_000), "100,0");
        let words = Words::new("desk-goes-sessions").number("n", 1_200);
        assert!(
            words.say(Lang::De).contains("1.200"),
            "{}",
            words.say(Lang::De)
        );
    }
}
