//! Passwords that have leaked somewhere, as a list that the operator supplies.

use std::io::BufRead;

use sha1::{Digest as _, Sha1};
use unicode_normalization::UnicodeNormalization as _;

/// The largest list that is taken, in bytes of the file.
pub const MAX_BREACHED_BYTES: u64 = 256 * 1024 * 1024;

/// Leaked passwords as the first eight bytes of their SHA-1, sorted: of a million
/// passwords not one in ten trillion good ones is refused by mistake.
pub struct BreachedList(Vec<u64>);

impl BreachedList {
    /// Reads one per line: a SHA-1 in hexadecimal, alone or with `:count` behind it, or the
    /// password itself.
    ///
    /// # Errors
    /// A sentence that says what is wrong with which line.
    pub fn read(lines: impl BufRead) -> Result<Self, String> {
        let mut all = Vec::new();
        for (number, line) in lines.lines().enumerate() {
            let line = line.map_err(|error| format!("line {}: {error}", number + 1))?;
            let line = line.trim_end_matches('\r');
            if !line.is_empty() {
                all.push(hashed(line).unwrap_or_else(|| fingerprint(line)));
            }
        }
        if all.is_empty() {
            return Err("there is no line in it".to_owned());
        }
        all.sort_unstable();
        all.dedup();
        Ok(Self(all))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Is it one of them?
    pub fn contains(&self, password: &str) -> bool {
        self.0.binary_search(&fingerprint(password)).is_ok()
    }
}

fn fingerprint(password: &str) -> u64 {
    let normal: String = password.nfkc().collect();
    first(&Sha1::digest(normal.as_bytes()))
}

/// The line as a hash, if it is one.
fn hashed(line: &str) -> Option<u64> {
    let hex = line.split(':').next().unwrap_or_default();
    if hex.len() != 40 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u64::from_str_radix(&hex[..16], 16).ok()
}

fn first(digest: &[u8]) -> u64 {
    digest
        .iter()
        .take(8)
        .fold(0, |all, byte| (all << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_counts_and_plain_lines_are_read() {
        // SHA-1 of "password" and of "hunter2".
        let text = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9545824\r\n\
                    f3bbbd66a63d4bf1747940578ec3d0103530e21d\n\nswordfish \u{fb01}sh\n";
        let list = BreachedList::read(text.as_bytes()).unwrap();
        assert_eq!(list.len(), 3);
        for known in ["password", "hunter2", "swordfish fish"] {
            assert!(list.contains(known), "{known}");
        }
        assert!(!list.contains("Password"));
        assert!(!list.contains("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8"));
    }

    #[test]
    fn an_empty_list_is_a_fault_and_so_is_what_is_no_text() {
        assert!(BreachedList::read("\n\r\n".as_bytes()).is_err());
        assert!(BreachedList::read([0xff_u8, 0xfe].as_slice()).is_err());
    }
}
