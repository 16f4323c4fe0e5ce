//! May this be somebody's password? Long enough, not common, not leaked, not their own
//! name, not quickly guessed. Nothing is asked about the kinds of characters, nothing is
//! cut off, and spaces count.

use std::collections::HashSet;
use std::sync::LazyLock;

use laneway_contract::PasswordFault;
use unicode_normalization::UnicodeNormalization as _;
use zxcvbn::{Score, zxcvbn};

use crate::breached::BreachedList;

/// Characters where the password is the only factor (NIST SP 800-63B-4 §3.1.1.2).
pub(crate) const ALONE: u32 = 15;
/// Characters where a second factor is always asked for.
pub(crate) const WITH_SECOND: u32 = 8;
/// More is not kept: hashing it would only cost time.
pub(crate) const MAX_BYTES: usize = 1024;
/// Own words that are shorter are in too many good passwords.
const SHORTEST_WORD: usize = 3;

/// The common passwords that Django ships (see `NOTICE`), those of eight characters and more.
static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("common_passwords.txt")
        .split_whitespace()
        .collect()
});

/// The form that is hashed, so that one password typed on two keyboards is one.
pub(crate) fn normalise(typed: &str) -> String {
    typed.nfkc().collect()
}

/// Whether it has the size that every password must have.
pub(crate) fn fits(password: &str, min: u32) -> Result<(), PasswordFault> {
    if password.len() > MAX_BYTES {
        return Err(PasswordFault::TooLong);
    }
    if length(password) < min {
        return Err(PasswordFault::TooShort { min });
    }
    Ok(())
}

/// Characters as a person counts them.
pub(crate) fn length(password: &str) -> u32 {
    u32::try_from(password.chars().count()).unwrap_or(u32::MAX)
}

/// Judges a new password in its normal form.
pub(crate) fn judge(
    password: &str,
    min: u32,
    about: &[String],
    leaked: Option<&BreachedList>,
) -> Result<(), PasswordFault> {
    fits(password, min)?;
    let lower = password.to_lowercase();
    if COMMON.contains(lower.as_str()) {
        return Err(PasswordFault::Common);
    }
    if leaked.is_some_and(|list| list.contains(password)) {
        return Err(PasswordFault::Leaked);
    }
    let own = own_words(about);
    if personal(&lower, &own) {
        return Err(PasswordFault::Personal);
    }
    let inputs: Vec<&str> = own.iter().map(String::as_str).collect();
    // Eight characters cannot be as hard to guess as fifteen; the second factor makes up.
    let enough = if min >= ALONE {
        Score::Three
    } else {
        Score::Two
    };
    if zxcvbn(password, &inputs).score() < enough {
        return Err(PasswordFault::Weak);
    }
    Ok(())
}

/// Names and addresses, whole and in parts, longest first.
fn own_words(about: &[String]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for text in about {
        let text = normalise(text).to_lowercase();
        let parts = text
            .split(|c: char| !c.is_alphanumeric())
            .map(str::to_owned);
        words.extend(parts);
        words.push(text);
    }
    words.retain(|word| word.chars().count() >= SHORTEST_WORD);
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.dedup();
    words
}

/// Is so much of it their own words that too little is left to guess?
fn personal(lower: &str, own: &[String]) -> bool {
    let mut left = lower.to_owned();
    for word in own {
        let backwards: String = word.chars().rev().collect();
        left = left.replace(word.as_str(), "").replace(&backwards, "");
    }
    let rest = left.chars().filter(|c| c.is_alphanumeric()).count();
    left.len() < lower.len() && rest < WITH_SECOND as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str, min: u32) -> Result<(), PasswordFault> {
        let about = ["Ana Ferreira".to_owned(), "ana@brennan.example".to_owned()];
        let leaked = BreachedList::read("purple monkey dishwasher 1984 lamp".as_bytes()).unwrap();
        judge(&normalise(password), min, &about, Some(&leaked))
    }

    #[test]
    fn each_refusal_has_its_reason() {
        use PasswordFault::{Common, Leaked, Personal, TooLong, TooShort, Weak};
        let table = [
            ("short", ALONE, Err(TooShort { min: 15 })),
            ("vier Wörter gut", ALONE, Ok(())),
            ("p4Wf!9zQ", WITH_SECOND, Ok(())),
            ("p4Wf!9z", WITH_SECOND, Err(TooShort { min: 8 })),
            ("Password1", WITH_SECOND, Err(Common)),
            ("1q2w3e4r5t6y7u8i9o0p", ALONE, Err(Common)),
            ("purple monkey dishwasher 1984 lamp", ALONE, Err(Leaked)),
            ("ana@brennan.example", ALONE, Err(Personal)),
            ("AnaFerreira2026!", ALONE, Err(Personal)),
            ("arierreF anA 123", ALONE, Err(Personal)),
            ("aaaaaaaaaaaaaaaaaaaa", ALONE, Err(Weak)),
            ("abcdefghijklmnopqrs", ALONE, Err(Weak)),
            ("correct horse battery staple", ALONE, Ok(())),
        ];
        for (password, min, want) in table {
            assert_eq!(check(password, min), want, "{password}");
        }
        assert_eq!(check(&"x".repeat(1025), ALONE), Err(TooLong));
    }

    #[test]
    fn nothing_is_asked_about_kinds_of_characters_and_long_ones_are_kept_whole() {
        assert_eq!(check("unremarkable lowercase walnut", ALONE), Ok(()));
        assert_eq!(check(&"a".repeat(1024), ALONE), Err(PasswordFault::Weak));
        let long: Vec<String> = (0..100).map(|n| format!("{n} brook ")).collect();
        assert_eq!(check(&long.concat(), ALONE), Ok(()));
    }

    #[test]
    fn the_common_list_is_long_enough_and_in_normal_form() {
        assert!(COMMON.len() >= 3000, "{}", COMMON.len());
        assert!(
            COMMON
                .iter()
                .all(|word| normalise(word).to_lowercase() == **word)
        );
    }

    #[test]
    fn one_password_on_two_keyboards_is_one() {
        assert_eq!(normalise("cafe\u{301}"), normalise("caf\u{e9}"));
        assert_eq!(normalise("\u{ff41}\u{ff42}"), "ab");
    }
}
