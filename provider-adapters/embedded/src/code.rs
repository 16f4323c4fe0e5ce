//! Six-digit codes: drawing one, and the keyed fingerprint that is stored instead of it.
//! Six digits are guessed offline in no time, so a bare hash would be as good as the code.

use hmac::{Hmac, KeyInit as _, Mac as _};
use laneway_contract::{ProviderError, Random};
use sha2::Sha256;

use crate::fault::Fault;

const DIGITS: usize = 6;
const CODES: u32 = 1_000_000;
/// The largest multiple of [`CODES`] below 2³².
const FAIR: u32 = u32::MAX - u32::MAX % CODES;

/// Draws a code, every one as likely as any other.
pub(crate) fn draw(random: &dyn Random) -> String {
    loop {
        let mut bytes = [0; 4];
        random.fill(&mut bytes);
        let number = u32::from_le_bytes(bytes);
        if number < FAIR {
            return format!("{:0DIGITS$}", number % CODES);
        }
    }
}

/// What a person typed, without the spaces and hyphens that people put in.
pub(crate) fn tidy(typed: &str) -> String {
    typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .collect()
}

/// HMAC-SHA-256 over tenant, challenge and code. `None` only for a key that HMAC refuses,
/// which no length is.
pub(crate) fn mac(key: &[u8], tenant_id: &str, challenge_id: &str, code: &str) -> Option<Vec<u8>> {
    fingerprint(
        key,
        &["laneway-embedded email-code", tenant_id, challenge_id, code],
    )
}

/// HMAC-SHA-256 over a list of texts.
pub(crate) fn fingerprint(key: &[u8], parts: &[&str]) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in parts {
        // Length first, so that no two lists of parts run together.
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    Some(mac.finalize().into_bytes().to_vec())
}

/// What is said where [`fingerprint`] has no answer.
pub(crate) fn unusable() -> Fault {
    Fault::Provider(ProviderError::Misconfigured(
        "the key for codes is unusable".to_owned(),
    ))
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
        // The two too large numbers are thrown away, not folded onto the low codes.
        assert_eq!(draw(&random), "999999");
    }

    #[test]
    fn a_mac_is_bound_to_key_tenant_challenge_and_code() {
        let base = mac(b"key", "t", "c", "123456");
        assert_eq!(base, mac(b"key", "t", "c", "123456"));
        assert_ne!(base, mac(b"yek", "t", "c", "123456"));
        assert_ne!(base, mac(b"key", "u", "c", "123456"));
        assert_ne!(base, mac(b"key", "t", "d", "123456"));
        assert_ne!(base, mac(b"key", "t", "c", "123457"));
        assert_ne!(mac(b"key", "tc", "", "1"), mac(b"key", "t", "c", "1"));
    }

    #[test]
    fn spaces_and_hyphens_do_not_matter() {
        assert_eq!(tidy(" 123-456\n"), "123456");
    }
}
