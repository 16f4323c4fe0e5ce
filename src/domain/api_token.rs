//! The text form of an API token: whose kind it is, 43 characters of secret, 6 of checksum; and
//! what a token keeps of the sign-in that it was made in.
//!
//! The checksum lets scanners tell a token from noise, and lets us refuse a mistyped one
//! without asking the database. It proves nothing.

use laneway_contract::Acr;
use serde::{Deserialize, Serialize};

use super::ids::Sid;
use super::session::SessionUpstream;

/// The scope that opens the applications behind Laneway, as the token's owner.
pub const API: &str = "api";

/// Whose a token is; its first characters say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A person's.
    Personal,
    /// A service account's.
    Service,
}

impl Kind {
    /// The first characters.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Personal => "lw_pat_",
            Self::Service => "lw_svc_",
        }
    }
}

/// What is known of the sign-in that a person made a token in: organizations that ask something
/// of a session ask it of that one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// The session; what providers have vouched for in it counts for the token.
    pub sid: Sid,
    /// Rung reached.
    pub acr: Acr,
    /// RFC 8176 values.
    pub amr: Vec<String>,
    /// Epoch ms of the proof.
    pub auth_time: i64,
    /// Provider that it came from.
    pub upstream: Option<SessionUpstream>,
}

const SECRET: usize = 43;
const SUM: usize = 6;
const SHOWN: usize = 13;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Writes a token from 256 random bits.
pub fn write(kind: Kind, random: [u8; 32]) -> String {
    let mut secret = [0u8; SECRET];
    let mut number = random;
    for place in secret.iter_mut().rev() {
        *place = ALPHABET[usize::from(divide(&mut number))];
    }
    let text = format!("{}{}", kind.prefix(), String::from_utf8_lossy(&secret));
    let sum = checksum(&text);
    format!("{text}{sum}")
}

/// Is this the form of a token, with the right checksum?
pub fn is_well_formed(text: &str) -> bool {
    let rest = [Kind::Personal, Kind::Service]
        .iter()
        .find_map(|kind| text.strip_prefix(kind.prefix()));
    if !rest.is_some_and(|rest| {
        rest.len() == SECRET + SUM && rest.bytes().all(|b| ALPHABET.contains(&b))
    }) {
        return false;
    }
    let (body, sum) = text.split_at(text.len() - SUM);
    checksum(body) == sum
}

/// The first characters, by which people recognise a token.
pub fn shown_prefix(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

/// Divides a big-endian number by 62 in place; the remainder.
fn divide(number: &mut [u8; 32]) -> u8 {
    let mut rest = 0u32;
    for digit in number.iter_mut() {
        let value = rest << 8 | u32::from(*digit);
        *digit = u8::try_from(value / 62).unwrap_or(0);
        rest = value % 62;
    }
    u8::try_from(rest).unwrap_or(0)
}

fn checksum(text: &str) -> String {
    let mut sum = u64::from(crc32(text.as_bytes()));
    let mut out = [0u8; SUM];
    for place in out.iter_mut().rev() {
        *place = ALPHABET[usize::try_from(sum % 62).unwrap_or(0)];
        sum /= 62;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// CRC-32 of IEEE 802.3.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let mask = (crc & 1).wrapping_neg();
            crc = (crc >> 1) ^ (0xEDB8_8320 & mask);
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::{Kind, crc32, is_well_formed, shown_prefix, write};

    #[test]
    fn the_checksum_is_the_common_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn tokens_are_recognised_and_slips_are_not() {
        for random in [[0; 32], [255; 32], [7; 32]] {
            let token = write(Kind::Personal, random);
            assert_eq!(token.len(), 56);
            assert!(is_well_formed(&token), "{token}");
            assert!(is_well_formed(&write(Kind::Service, random)));
            assert_eq!(shown_prefix(&token).len(), 13);
            for at in 3..token.len() {
                let mut slip = token.clone().into_bytes();
                slip[at] = if slip[at] == b'x' { b'y' } else { b'x' };
                assert!(!is_well_formed(&String::from_utf8_lossy(&slip)), "{at}");
            }
            assert!(!is_well_formed(&token[..55]));
            assert!(!is_well_formed(&format!("{token}x")));
        }
        let written = |random| write(Kind::Personal, random);
        assert_ne!(written([1; 32]), written([2; 32]));
        let other = written([1; 32]).replace("_pat_", "_svc_");
        assert!(!is_well_formed(&other), "the kind is under the checksum");
        for bad in ["", "lw_", "lw_pat_", "lw_adm_x", "lw_pat_ä"] {
            assert!(!is_well_formed(bad));
        }
    }
}
