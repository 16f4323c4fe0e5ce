//! Verifies passwords by the hashes of other systems, and does the same work where there is none.
//!
//! Owns: which crate computes what. Must not know: whose hash it is.

use argon2::{Algorithm, Argon2, Params, Version};
use laneway_contract::{Argon2Hash, Digest, ForeignHash, Pbkdf2Hash, ProviderError};
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::fault::Fault;

/// Is it this one? The password is taken as it was typed: nobody knows what the other system did
/// to it, and most do nothing.
pub(crate) fn fits(hash: &ForeignHash, typed: &SecretString) -> Result<bool, Fault> {
    let typed = typed.expose_secret().as_bytes();
    match hash {
        ForeignHash::Bcrypt(_) => bcrypt_fits(hash, typed),
        ForeignHash::Argon2(one) => argon2_fits(one, typed),
        ForeignHash::Pbkdf2(one) => Ok(pbkdf2_fits(one, typed)),
    }
}

/// What was stored as the text of one.
pub(crate) fn read(stored: &str) -> Result<ForeignHash, Fault> {
    ForeignHash::parse(stored).map_err(|fault| broken(fault.advice()))
}

/// It has always judged by the first 72 bytes only, and so it goes on until the first sign-in.
fn bcrypt_fits(hash: &ForeignHash, typed: &[u8]) -> Result<bool, Fault> {
    // A zero byte would end the password early for it.
    let whole = !typed.contains(&0);
    let fits = bcrypt::verify(typed, hash.text().expose_secret());
    fits.map(|fits| fits && whole).map_err(broken)
}

fn argon2_fits(hash: &Argon2Hash, typed: &[u8]) -> Result<bool, Fault> {
    let algorithm = if hash.id {
        Algorithm::Argon2id
    } else {
        Algorithm::Argon2i
    };
    let version = Version::try_from(hash.version).map_err(broken)?;
    let params = Params::new(
        hash.memory_kib,
        hash.passes,
        hash.lanes,
        Some(hash.output.len()),
    )
    .map_err(broken)?;
    let mut made = Zeroizing::new(vec![0; hash.output.len()]);
    Argon2::new(algorithm, version, params)
        .hash_password_into(typed, &hash.salt, &mut made)
        .map_err(broken)?;
    Ok(same(&made, &hash.output))
}

fn pbkdf2_fits(hash: &Pbkdf2Hash, typed: &[u8]) -> bool {
    let mut made = Zeroizing::new(vec![0; hash.output.len()]);
    let (salt, rounds) = (&hash.salt, hash.rounds);
    match hash.digest {
        Digest::Sha1 => pbkdf2::pbkdf2_hmac::<sha1::Sha1>(typed, salt, rounds, &mut made),
        Digest::Sha256 => pbkdf2::pbkdf2_hmac::<sha2::Sha256>(typed, salt, rounds, &mut made),
        Digest::Sha512 => pbkdf2::pbkdf2_hmac::<sha2::Sha512>(typed, salt, rounds, &mut made),
    }
    same(&made, &hash.output)
}

fn same(made: &[u8], kept: &[u8]) -> bool {
    made.ct_eq(kept).into()
}

fn broken(error: impl std::fmt::Display) -> Fault {
    Fault::Provider(ProviderError::Misconfigured(format!(
        "an imported password cannot be checked: {error}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each made by another program, for the password below.
    const KNOWN: &[&str] = &[
        // PHP 8
        "$2y$05$9Jcbnlp.x.mW1MtFa/3QvOWl5kAVg3MNDdwQIy9QOuXTPKe/u0Nma",
        "$argon2i$v=19$m=1024,t=2,p=1$UEs1Yy5DWjRnblVVUThrVg$68fcxt3R68eSsICtm0hByRRB+WbKwoieWiiiaMyb13k",
        "$argon2id$v=19$m=1024,t=2,p=1$MFl0NkpXSDFmZ1RPc0NJcA$0Zmcpb9h43LoAp9Jq1IHE6Q0XBKIeDu3+uwRcynnsDY",
        // libxcrypt
        "$2b$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
        // Python's hashlib, over OpenSSL
        "$pbkdf2-sha1$i=1000,l=20$YSBzYWx0IG9mIHNpeHRlZQ$V8z2SpxfGDq4viiCCiZZz5x8gH8",
        "$pbkdf2-sha256$i=1000,l=64$YSBzYWx0IG9mIHNpeHRlZQ$IyOiMcew1QO0U7KEAvYoGIBT6FaYe+wldKDgtY1rT8vtWbPqJOwAMTAnTFipdgHpsGd6a3p24jICAPt2aEKdXw",
        "$pbkdf2-sha512$i=1000,l=64$YSBzYWx0IG9mIHNpeHRlZQ$f/Y8cC8c/ayLuksuDMTlWUT/YEry7tgXcafUEHxJdd/AH4eKEen/xdegtDTG+eVrAXyip/OEyDRryh1Y6pGPEg",
        "$pbkdf2-sha256$1000$YSBzYWx0IG9mIHNpeHRlZQ$IyOiMcew1QO0U7KEAvYoGIBT6FaYe.wldKDgtY1rT8s",
    ];

    #[test]
    fn hashes_of_other_programs_fit_their_password_and_no_other() {
        for text in KNOWN {
            let hash = read(text).unwrap();
            let judge = |typed: &str| fits(&hash, &SecretString::from(typed)).unwrap();
            assert!(judge("correct horse battery staple"), "{text}");
            for wrong in [
                "",
                "Correct horse battery staple",
                "correct horse battery stapl",
            ] {
                assert!(!judge(wrong), "{text} {wrong}");
            }
            // The likeness costs the same and lets nobody in.
            let like = read(&hash.likeness()).unwrap();
            for any in ["", "correct horse battery staple"] {
                assert!(!fits(&like, &SecretString::from(any)).unwrap(), "{text}");
            }
        }
    }

    #[test]
    fn bcrypt_does_not_end_at_a_zero_byte() {
        let hash = read(KNOWN[0]).unwrap();
        let typed = SecretString::from("correct horse battery staple\0and more");
        assert!(!fits(&hash, &typed).unwrap());
    }
}
