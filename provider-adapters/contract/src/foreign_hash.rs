//! A password as another system keeps it: its hash, with how it was made.
//!
//! Owns: which forms are read, and how dear a hash may be: every sign-in pays for it.
//! Must not know: who verifies it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as B64;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

/// The dearest bcrypt: about a second.
const MOST_BCRYPT: u32 = 14;
/// Memory of one Argon2, in KiB: every core may be at one at once.
const MOST_MEMORY: u32 = 128 * 1024;
/// Memory times passes.
const MOST_ARGON2: u64 = 1024 * 1024;
const MOST_LANES: u32 = 16;
/// Rounds times blocks of output.
const MOST_PBKDF2: u64 = 4_000_000;
/// Longer than any form is.
const LONGEST: usize = 512;

/// A hash in a known form, at a bearable cost.
#[derive(Clone, PartialEq, Eq)]
pub enum ForeignHash {
    /// `$2a$`, `$2b$`, `$2y$`.
    Bcrypt(Bcrypt),
    /// Argon2i and Argon2id.
    Argon2(Argon2Hash),
    /// PBKDF2 with HMAC.
    Pbkdf2(Pbkdf2Hash),
}

/// bcrypt, which has a form of its own.
#[derive(Clone, PartialEq, Eq)]
pub struct Bcrypt {
    /// Two to the power of this many rounds.
    pub cost: u32,
    /// Salt and output in bcrypt's own alphabet: 22 and 31 characters.
    pub rest: Zeroizing<String>,
}

/// Argon2 (RFC 9106).
#[derive(Clone, PartialEq, Eq)]
pub struct Argon2Hash {
    /// Argon2id, else Argon2i.
    pub id: bool,
    /// 0x10 or 0x13.
    pub version: u32,
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
    /// Salt.
    pub salt: Vec<u8>,
    /// What the right password gives.
    pub output: Zeroizing<Vec<u8>>,
}

/// PBKDF2 (RFC 8018).
#[derive(Clone, PartialEq, Eq)]
pub struct Pbkdf2Hash {
    /// Digest of the HMAC.
    pub digest: Digest,
    /// Rounds.
    pub rounds: u32,
    /// Salt.
    pub salt: Vec<u8>,
    /// What the right password gives.
    pub output: Zeroizing<Vec<u8>>,
}

/// What PBKDF2 is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// SHA-1, 20 bytes.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-512, 64 bytes.
    Sha512,
}

impl Digest {
    fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "pbkdf2-sha1",
            Self::Sha256 => "pbkdf2-sha256",
            Self::Sha512 => "pbkdf2-sha512",
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// Why a hash is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashFault {
    /// No form that is read here.
    Unknown,
    /// A known form with something wrong in it.
    Broken,
    /// Every sign-in would cost too much.
    TooCostly,
}

impl ForeignHash {
    /// Reads a hash as text.
    ///
    /// # Errors
    /// [`HashFault`].
    pub fn parse(text: &str) -> Result<Self, HashFault> {
        if text.len() > LONGEST || !text.is_ascii() {
            return Err(HashFault::Unknown);
        }
        let mut parts = text.split('$');
        if parts.next() != Some("") {
            return Err(HashFault::Unknown);
        }
        let name = parts.next().unwrap_or_default();
        let rest: Vec<&str> = parts.collect();
        match name {
            "2a" | "2b" | "2y" => bcrypt(&rest),
            "argon2id" | "argon2i" => argon2(name == "argon2id", &rest),
            "pbkdf2" | "pbkdf2-sha1" => pbkdf2(Digest::Sha1, &rest),
            "pbkdf2-sha256" => pbkdf2(Digest::Sha256, &rest),
            "pbkdf2-sha512" => pbkdf2(Digest::Sha512, &rest),
            _ => Err(HashFault::Unknown),
        }
    }

    /// One that was put together from its parts.
    ///
    /// # Errors
    /// [`HashFault`].
    pub fn judged(self) -> Result<Self, HashFault> {
        match &self {
            Self::Bcrypt(one) => one.judge(),
            Self::Argon2(one) => one.judge(),
            Self::Pbkdf2(one) => one.judge(),
        }?;
        Ok(self)
    }

    /// The one text for it.
    pub fn text(&self) -> SecretString {
        SecretString::from(match self {
            Self::Bcrypt(one) => format!("$2b${:02}${}", one.cost, *one.rest),
            Self::Argon2(one) => format!(
                "${}$v={}$m={},t={},p={}${}${}",
                if one.id { "argon2id" } else { "argon2i" },
                one.version,
                one.memory_kib,
                one.passes,
                one.lanes,
                B64.encode(&one.salt),
                *Zeroizing::new(B64.encode(&one.output)),
            ),
            Self::Pbkdf2(one) => format!(
                "${}$i={},l={}${}${}",
                one.digest.name(),
                one.rounds,
                one.output.len(),
                B64.encode(&one.salt),
                *Zeroizing::new(B64.encode(&one.output)),
            ),
        })
    }

    /// What verifying it takes, without whose it is: the same work, and no password fits. It is
    /// no secret.
    pub fn likeness(&self) -> String {
        let blank = match self.clone() {
            Self::Bcrypt(one) => Self::Bcrypt(Bcrypt {
                rest: Zeroizing::new(".".repeat(one.rest.len())),
                ..one
            }),
            Self::Argon2(one) => Self::Argon2(Argon2Hash {
                salt: vec![0; one.salt.len()],
                output: Zeroizing::new(vec![0; one.output.len()]),
                ..one
            }),
            Self::Pbkdf2(one) => Self::Pbkdf2(Pbkdf2Hash {
                salt: vec![0; one.salt.len()],
                output: Zeroizing::new(vec![0; one.output.len()]),
                ..one
            }),
        };
        blank.text().expose_secret().to_owned()
    }

    /// What it was made with, for people.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Bcrypt(_) => "bcrypt",
            Self::Argon2(one) if one.id => "argon2id",
            Self::Argon2(_) => "argon2i",
            Self::Pbkdf2(one) => one.digest.name(),
        }
    }
}

impl fmt::Debug for ForeignHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ForeignHash({})", self.algorithm())
    }
}

impl HashFault {
    /// What to do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Unknown => {
                "This is no hash that can be taken: bcrypt ($2a$, $2b$, $2y$), $argon2id$, $argon2i$, or $pbkdf2-sha1$, -sha256$, -sha512$."
            }
            Self::Broken => "The hash is broken: it is cut off, or a part of it has a wrong form.",
            Self::TooCostly => {
                "Every sign-in would cost too much. Bounds: bcrypt 14; Argon2 128 MiB, 1 GiB in all passes, 16 lanes; PBKDF2 four million rounds."
            }
        }
    }
}

impl Bcrypt {
    fn judge(&self) -> Result<(), HashFault> {
        let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'/');
        if self.rest.len() != 53 || !self.rest.bytes().all(known) || self.cost < 4 {
            return Err(HashFault::Broken);
        }
        within(self.cost <= MOST_BCRYPT)
    }
}

impl Argon2Hash {
    fn judge(&self) -> Result<(), HashFault> {
        let sound = matches!(self.version, 0x10 | 0x13)
            && self.passes > 0
            && self.lanes > 0
            && self.memory_kib / 8 >= self.lanes
            && (8..=64).contains(&self.salt.len())
            && (16..=64).contains(&self.output.len());
        if !sound {
            return Err(HashFault::Broken);
        }
        let work = u64::from(self.memory_kib) * u64::from(self.passes);
        within(self.memory_kib <= MOST_MEMORY && work <= MOST_ARGON2 && self.lanes <= MOST_LANES)
    }
}

impl Pbkdf2Hash {
    fn judge(&self) -> Result<(), HashFault> {
        let (salt, output) = (self.salt.len(), self.output.len());
        if self.rounds == 0 || !(1..=64).contains(&salt) || !(16..=64).contains(&output) {
            return Err(HashFault::Broken);
        }
        let blocks = output.div_ceil(self.digest.bytes()) as u64;
        within(blocks * u64::from(self.rounds) <= MOST_PBKDF2)
    }
}

fn within(bounds: bool) -> Result<(), HashFault> {
    if bounds {
        Ok(())
    } else {
        Err(HashFault::TooCostly)
    }
}

fn bcrypt(rest: &[&str]) -> Result<ForeignHash, HashFault> {
    let [cost, rest] = rest else {
        return Err(HashFault::Broken);
    };
    if cost.len() != 2 {
        return Err(HashFault::Broken);
    }
    ForeignHash::Bcrypt(Bcrypt {
        cost: number(cost)?,
        rest: Zeroizing::new((*rest).to_owned()),
    })
    .judged()
}

fn argon2(id: bool, rest: &[&str]) -> Result<ForeignHash, HashFault> {
    let (version, rest) = match rest {
        [version, rest @ ..] if version.starts_with("v=") => (number(&version[2..])?, rest),
        // The form before the version was written down.
        rest => (0x10, rest),
    };
    let [params, salt, output] = rest else {
        return Err(HashFault::Broken);
    };
    let [memory_kib, passes, lanes] = named(params, ["m", "t", "p"])?;
    ForeignHash::Argon2(Argon2Hash {
        id,
        version,
        memory_kib,
        passes,
        lanes,
        salt: bytes(salt)?,
        output: Zeroizing::new(bytes(output)?),
    })
    .judged()
}

fn pbkdf2(digest: Digest, rest: &[&str]) -> Result<ForeignHash, HashFault> {
    let [params, salt, output] = rest else {
        return Err(HashFault::Broken);
    };
    let output = Zeroizing::new(bytes(output)?);
    let rounds = if let Some((rounds, length)) = params.split_once(",l=") {
        if number(length)? as usize != output.len() {
            return Err(HashFault::Broken);
        }
        number(rounds.strip_prefix("i=").ok_or(HashFault::Broken)?)?
    } else {
        number(params.strip_prefix("i=").unwrap_or(params))?
    };
    ForeignHash::Pbkdf2(Pbkdf2Hash {
        digest,
        rounds,
        salt: bytes(salt)?,
        output,
    })
    .judged()
}

/// Exactly these, in this order.
fn named<const N: usize>(params: &str, names: [&str; N]) -> Result<[u32; N], HashFault> {
    let mut found = [0; N];
    let mut parts = params.split(',');
    for (place, name) in found.iter_mut().zip(names) {
        let (key, value) = parts
            .next()
            .and_then(|part| part.split_once('='))
            .ok_or(HashFault::Broken)?;
        if key != name {
            return Err(HashFault::Broken);
        }
        *place = number(value)?;
    }
    match parts.next() {
        None => Ok(found),
        Some(_) => Err(HashFault::Broken),
    }
}

/// Digits and nothing else; what no number of this size can hold costs too much.
fn number(text: &str) -> Result<u32, HashFault> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(HashFault::Broken);
    }
    text.parse().map_err(|_| HashFault::TooCostly)
}

/// Also as passlib writes them, with a full stop for the plus.
fn bytes(text: &str) -> Result<Vec<u8>, HashFault> {
    let text = Zeroizing::new(text.trim_end_matches('=').replace('.', "+"));
    B64.decode(text.as_bytes()).map_err(|_| HashFault::Broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BCRYPT: &str = "$2b$12$K1Zz1Yz1Yz1Yz1Yz1Yz1YeJ5Yz1Yz1Yz1Yz1Yz1Yz1Yz1Yz1Yz1Y.";
    const ARGON2: &str = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzYWx0$0000000000000000000000000000000000000000000";
    const PBKDF2: &str =
        "$pbkdf2-sha256$i=29000,l=32$c29tZXNhbHRzYWx0$0000000000000000000000000000000000000000000";

    fn fault(text: &str) -> HashFault {
        ForeignHash::parse(text).map(drop).expect_err("refused")
    }

    #[test]
    fn what_is_read_is_written_alike() {
        for text in [BCRYPT, ARGON2, PBKDF2] {
            let read = ForeignHash::parse(text).expect("read");
            assert_eq!(read.text().expose_secret(), text);
        }
        let old = BCRYPT.replacen("2b", "2y", 1);
        assert_eq!(ForeignHash::parse(&old), ForeignHash::parse(BCRYPT));
        // As passlib writes it.
        let passlib = PBKDF2.replace("i=29000,l=32", "29000");
        assert_eq!(ForeignHash::parse(&passlib), ForeignHash::parse(PBKDF2));
        let sha1 = "$pbkdf2$1000$c29tZXNhbHQ$0000000000000000000000000000";
        assert_eq!(
            ForeignHash::parse(sha1).expect("read").algorithm(),
            "pbkdf2-sha1"
        );
        let unnumbered = ARGON2.replace("$v=19", "").replace("argon2id", "argon2i");
        let read = ForeignHash::parse(&unnumbered).expect("read");
        assert!(read.text().expose_secret().starts_with("$argon2i$v=16$"));
    }

    #[test]
    fn a_likeness_costs_the_same_and_tells_nothing() {
        for text in [BCRYPT, ARGON2, PBKDF2] {
            let read = ForeignHash::parse(text).expect("read");
            let like = ForeignHash::parse(&read.likeness()).expect("read too");
            assert_eq!(like.likeness(), read.likeness());
            assert!(!read.likeness().contains("c29t") && !read.likeness().contains("Yz1"));
            assert_eq!(like.algorithm(), read.algorithm());
        }
    }

    #[test]
    fn what_is_broken_is_refused() {
        for text in [
            "$2b$12$short",
            "$2b$12",
            "$2b$03$K1Zz1Yz1Yz1Yz1Yz1Yz1YeJ5Yz1Yz1Yz1Yz1Yz1Yz1Yz1Yz1Yz1Y.",
            "$2b$012$K1Zz1Yz1Yz1Yz1Yz1Yz1YeJ5Yz1Yz1Yz1Yz1Yz1Yz1Yz1Yz1Yz1Y.",
            &BCRYPT.replace('.', "!"),
            &ARGON2.replace("p=4", "p=0"),
            &ARGON2.replace("t=3", "t=0"),
            &ARGON2.replace("m=65536", "m=8"),
            &ARGON2.replace("p=4", "p=4,keyid=a"),
            &ARGON2.replace("m=65536,t=3", "t=3,m=65536"),
            &ARGON2.replace("v=19", "v=18"),
            &ARGON2.replace("c29tZXNhbHRzYWx0", "c29t"),
            &ARGON2.replace("c29t", "c*9t"),
            &PBKDF2.replace("i=29000", "i=0"),
            &PBKDF2.replace("l=32", "l=31"),
            &PBKDF2.replace("i=29000,l=32", "i=-1"),
            &PBKDF2.replace("$c29tZXNhbHRzYWx0", ""),
        ] {
            assert_eq!(fault(text), HashFault::Broken, "{text}");
        }
        for text in [
            "",
            "secret",
            "$",
            "$1$abc$def",
            "$argon2d$v=19$m=8,t=1,p=1$a$b",
            "{SSHA}x",
            &format!("{BCRYPT}{}", "x".repeat(500)),
            "$2b$12$ä",
        ] {
            assert_eq!(fault(text), HashFault::Unknown, "{text}");
        }
    }

    #[test]
    fn an_absurd_cost_is_refused() {
        for text in [
            BCRYPT.replace("$12$", "$15$"),
            BCRYPT.replace("$12$", "$31$"),
            ARGON2.replace("m=65536", "m=131073"),
            ARGON2.replace("t=3", "t=17"),
            ARGON2.replace("p=4", "p=17"),
            ARGON2.replace("t=3", "t=4294967295"),
            ARGON2.replace("t=3", "t=99999999999"),
            PBKDF2.replace("i=29000", "i=4000001"),
            PBKDF2.replace("i=29000", "i=4294967295"),
        ] {
            assert_eq!(fault(&text), HashFault::TooCostly, "{text}");
        }
    }

    #[test]
    fn nothing_of_a_hash_is_shown() {
        let read = ForeignHash::parse(ARGON2).expect("read");
        assert_eq!(format!("{read:?}"), "ForeignHash(argon2id)");
    }
}
