//! Six-digit codes that the core itself sends, to prove an address: drawing one, and the keyed
//! fingerprint that is stored instead of it. Six digits are guessed offline in no time, so a
//! bare hash would be as good as the code.

use laneway_contract::Random;
use subtle::ConstantTimeEq;

use crate::core::Core;

const CODES: u32 = 1_000_000;
/// The largest multiple of [`CODES`] below 2³²: numbers above would favour the low codes.
const FAIR: u32 = u32::MAX - u32::MAX % CODES;

/// Draws a code, every one as likely as any other.
pub fn draw(random: &dyn Random) -> String {
    loop {
        let mut bytes = [0; 4];
        random.fill(&mut bytes);
        let number = u32::from_le_bytes(bytes);
        if number < FAIR {
            return format!("{:06}", number % CODES);
        }
    }
}

/// What is stored instead of a code; `parts` say which question it answers.
pub fn mac(core: &Core, parts: &[&str], code: &str) -> Vec<u8> {
    let mut text = String::new();
    for part in parts.iter().chain([&code]) {
        // Length first, so that no two lists of parts run together.
        text.push_str(&format!("{}:{part}", part.len()));
    }
    core.sealer.mac("address code", text.as_bytes()).to_vec()
}

/// What no code has as its MAC, for questions that have no right answer.
pub(super) fn nothing(core: &Core) -> Vec<u8> {
    let mut bytes = [0; 32];
    core.random.fill(&mut bytes);
    bytes.to_vec()
}

/// The same, without telling by time how much of it.
pub fn equal(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

/// What a person typed, without the spaces and hyphens that people put in.
pub fn tidy(typed: &str) -> String {
    typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .take(64)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    struct Scripted(Mutex<Vec<u32>>);

    impl Random for Scripted {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.copy_from_slice(&self.0.lock().unwrap().remove(0).to_le_bytes());
        }
    }

    #[test]
    fn draws_are_six_digits_and_unbiased() {
        let random = Scripted(Mutex::new(vec![7, u32::MAX, FAIR, FAIR - 1]));
        assert_eq!(draw(&random), "000007");
        assert_eq!(draw(&random), "999999");
    }

    #[test]
    fn spaces_and_hyphens_do_not_matter() {
        assert_eq!(tidy(" 123-456\n"), "123456");
    }
}
