//! The code that a device shows and a person types: eight letters in two groups.

/// Letters that no word is spelled with, and that are hard to mix up (RFC 8628 §6.1). Eight of
/// twenty are 34.5 bits.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;

/// Makes a code of random bytes; `None` when too few of them fit. Bytes past the last whole round
/// of the alphabet are skipped: every letter is as likely as every other.
pub fn from_random(bytes: &[u8]) -> Option<String> {
    let fair = bytes.iter().filter(|byte| **byte < 240);
    let letters = fair.map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]));
    let code: String = letters.take(LENGTH).collect();
    (code.len() == LENGTH).then_some(code)
}

/// What somebody typed, as it is compared: small letters, dashes and blanks are fine. `None` for
/// what cannot be a code.
pub fn normalized(typed: &str) -> Option<String> {
    if typed.len() > 64 {
        return None;
    }
    let letters = typed.chars().filter(|letter| letter.is_alphanumeric());
    let code: String = letters.map(|letter| letter.to_ascii_uppercase()).collect();
    let fits = code.len() == LENGTH && code.bytes().all(|byte| LETTERS.contains(&byte));
    fits.then_some(code)
}

/// The same as people read it.
pub fn shown(code: &str) -> String {
    match code.split_at_checked(LENGTH / 2) {
        Some((one, two)) => format!("{one}-{two}"),
        None => code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_typed_in_many_ways() {
        let code = from_random(&[0, 21, 42, 255, 250, 63, 84, 105, 126, 147]).expect("enough");
        assert_eq!(code, "BCDFGHJK");
        for typed in [
            "BCDF-GHJK",
            "bcdfghjk",
            " bcdf ghjk ",
            "B-C-D-F-G-H-J-K",
            "BCDF–GHJK",
        ] {
            assert_eq!(normalized(typed).as_deref(), Some("BCDFGHJK"), "{typed}");
        }
        assert_eq!(shown(&code), "BCDF-GHJK");
    }

    #[test]
    fn what_cannot_be_a_code_is_none() {
        assert_eq!(from_random(&[255; 40]), None);
        for typed in ["", "BCDF", "BCDFGHJKL", "BCDFGHJA", "BCDFGHJ1", "BCDFGHJÄ"] {
            assert_eq!(normalized(typed), None, "{typed}");
        }
    }

    #[test]
    fn a_code_is_worth_at_least_34_bits() {
        let worth = f64::from(u32::try_from(LENGTH).expect("small"))
            * f64::from(u32::try_from(LETTERS.len()).expect("small")).log2();
        assert!(worth >= 34.0, "{worth}");
    }
}
