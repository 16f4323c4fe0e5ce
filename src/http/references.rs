//! The references that requests are known by: in logs, answers and on pages.

use std::sync::atomic::{AtomicU64, Ordering};

use laneway_contract::Random;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LETTERS: u32 = 12;
/// Odd, and about the golden part of 2^60: each number comes once before any comes again, and
/// neighbours look unlike (a Weyl sequence).
const STEP: u64 = 0x09e3_779b_97f4_a7c1;

/// References that differ from each other, made without asking the system for anything:
/// nothing hangs on nobody guessing one.
pub struct References(AtomicU64);

impl References {
    /// Starts anywhere, so that two programs do not say the same.
    pub fn new(random: &dyn Random) -> Self {
        let mut start = [0u8; 8];
        random.fill(&mut start);
        Self(AtomicU64::new(u64::from_le_bytes(start)))
    }

    /// The next one: 12 letters and digits (Crockford), as pages show it.
    pub fn next(&self) -> String {
        let number = self.0.fetch_add(STEP, Ordering::Relaxed);
        (0..LETTERS)
            .rev()
            .map(|place| {
                let digit = usize::try_from((number >> (5 * place)) & 31).unwrap_or(0);
                char::from(ALPHABET[digit])
            })
            .collect()
    }
}

/// A reference as it was made, from what somebody typed or was told: without regard to case,
/// spaces and hyphens, and with the letters that stand for digits (Crockford).
pub fn read(typed: &str) -> Option<String> {
    let marks = |c: char| c.is_whitespace() || c == '-';
    let text: String = typed
        .replace(marks, "")
        .to_ascii_uppercase()
        .replace('O', "0")
        .replace(['I', 'L'], "1");
    let fits = text.len() == usize::try_from(LETTERS).unwrap_or(0)
        && text.bytes().all(|b| ALPHABET.contains(&b));
    fits.then_some(text)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::outbound::SystemRandom;

    #[test]
    fn none_comes_twice_and_all_can_be_read_out() {
        let references = References::new(&SystemRandom);
        let all: HashSet<String> = (0..100_000).map(|_| references.next()).collect();
        assert_eq!(all.len(), 100_000);
        let plain = |text: &String| text.len() == 12 && text.bytes().all(|b| ALPHABET.contains(&b));
        assert!(all.iter().all(plain));
    }

    #[test]
    fn what_people_make_of_one_is_understood() {
        assert_eq!(read(" kq7a-zvvq n4c3 ").as_deref(), Some("KQ7AZVVQN4C3"));
        assert_eq!(read("OIL000000000").as_deref(), Some("011000000000"));
        for other in [
            "",
            "KQ7AZVVQN4C",
            "KQ7AZVVQN4C33",
            "ana@x.test.de",
            "UUUUUUUUUUUU",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn another_start_says_others() {
        let first = References::new(&SystemRandom).next();
        assert_ne!(first, References::new(&SystemRandom).next());
    }
}
