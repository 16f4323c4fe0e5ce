//! Argon2id, away from the threads that serve requests, and never more at once than there
//! are cores: a flood of sign-ins queues here instead of eating all memory.

use std::sync::{Arc, LazyLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use laneway_contract::ProviderError;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

use crate::fault::Fault;
use crate::foreign;

/// What a hash costs (RFC 9106, OWASP: 19 MiB, two passes, one lane).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes.
    pub passes: u32,
}

impl Default for HashCost {
    fn default() -> Self {
        Self {
            memory_kib: 19 * 1024,
            passes: 2,
        }
    }
}

/// What a comparison said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verified {
    /// Not this one.
    Wrong,
    /// This one.
    Right,
    /// This one, but hashed elsewhere or at another cost: the new hash.
    Outdated(String),
}

static SLOTS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    Arc::new(Semaphore::new(cores))
});

/// Runs work that takes a core for a while.
pub(crate) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Fault> {
    let gone = |_| Fault::Provider(ProviderError::Unreachable("no thread for it".to_owned()));
    let slot = Arc::clone(&SLOTS)
        .acquire_owned()
        .await
        .map_err(|error| Fault::Provider(ProviderError::Unreachable(error.to_string())))?;
    tokio::task::spawn_blocking(move || {
        // Held by the work, not by whoever waits: who gives up frees no core.
        let _slot = slot;
        work()
    })
    .await
    .map_err(gone)
}

/// The hash to keep.
pub(crate) fn hash(
    cost: HashCost,
    password: &SecretString,
    salt: [u8; 16],
) -> Result<String, Fault> {
    let made = argon2(cost)?.hash_password_with_salt(password.expose_secret().as_bytes(), &salt);
    made.map(|hash| hash.to_string()).map_err(broken)
}

/// What is judged: the password, and what is stored of whoever it may be.
pub(crate) struct Judged {
    /// As it was typed; a hash from elsewhere was made of that.
    pub(crate) typed: SecretString,
    /// In the form that is hashed here.
    pub(crate) password: SecretString,
    /// The hash, if there is somebody with one.
    pub(crate) stored: Option<String>,
    /// Set for a hash from elsewhere.
    pub(crate) likeness: Option<String>,
    /// The kinds of hashes from elsewhere that somebody here has.
    pub(crate) others: Vec<String>,
}

/// Compares. It takes as long for nobody, for one of our own hashes and for one from elsewhere:
/// whether somebody has a password, and whether they have signed in since they were imported, is
/// not to be told from the time.
pub(crate) fn verify(cost: HashCost, one: &Judged, salt: [u8; 16]) -> Result<Verified, Fault> {
    let own = one.stored.as_deref().filter(|_| one.likeness.is_none());
    let verdict = verify_own(cost, &one.password, own, salt)?;
    let mut foreign = None;
    for other in &one.others {
        let theirs = one.likeness.as_ref() == Some(other);
        let hash = one.stored.as_ref().filter(|_| theirs).unwrap_or(other);
        let fits = foreign::fits(&foreign::read(hash)?, &one.typed)?;
        foreign = if theirs { Some(fits) } else { foreign };
    }
    match (&one.stored, &one.likeness, foreign) {
        (_, None, _) => Ok(verdict.into_verified()),
        (Some(stored), Some(_), None) if !foreign::fits(&foreign::read(stored)?, &one.typed)? => {
            Ok(Verified::Wrong)
        }
        (None, ..) | (_, _, Some(false)) => Ok(Verified::Wrong),
        // The work that was done for nobody's password is the new hash.
        (Some(_), Some(_), _) => Ok(verdict.into_new()),
    }
}

/// What one of our own hashes says, and where there is none the hash of what was typed.
enum Own {
    Judged(Verified),
    Nobody(String),
}

impl Own {
    fn into_verified(self) -> Verified {
        match self {
            Self::Judged(verified) => verified,
            Self::Nobody(_) => Verified::Wrong,
        }
    }

    fn into_new(self) -> Verified {
        match self {
            Self::Judged(_) => Verified::Wrong,
            Self::Nobody(hash) => Verified::Outdated(hash),
        }
    }
}

fn verify_own(
    cost: HashCost,
    password: &SecretString,
    stored: Option<&str>,
    salt: [u8; 16],
) -> Result<Own, Fault> {
    let Some(stored) = stored else {
        return Ok(Own::Nobody(hash(cost, password, salt)?));
    };
    let parsed = PasswordHash::new(stored).map_err(broken)?;
    let bytes = password.expose_secret().as_bytes();
    if argon2(cost)?.verify_password(bytes, &parsed).is_err() {
        return Ok(Own::Judged(Verified::Wrong));
    }
    let same = parsed.params.get_decimal("m") == Some(cost.memory_kib)
        && parsed.params.get_decimal("t") == Some(cost.passes)
        && parsed.params.get_decimal("p") == Some(1)
        && parsed.algorithm.as_str() == "argon2id";
    Ok(Own::Judged(if same {
        Verified::Right
    } else {
        Verified::Outdated(hash(cost, password, salt)?)
    }))
}

fn argon2(cost: HashCost) -> Result<Argon2<'static>, Fault> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, None).map_err(broken)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn broken(error: impl std::fmt::Display) -> Fault {
    Fault::Provider(ProviderError::Misconfigured(format!(
        "a password could not be hashed: {error}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: HashCost = HashCost {
        memory_kib: 64,
        passes: 1,
    };

    #[test]
    fn right_wrong_and_outdated() {
        let password = SecretString::from("correct horse battery staple");
        let stored = hash(CHEAP, &password, [1; 16]).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        let check = |cost, typed: &str, stored: Option<&str>| {
            verify(cost, &judged(typed, stored), [2; 16]).unwrap()
        };
        let right = password.expose_secret();
        assert_eq!(check(CHEAP, right, Some(&stored)), Verified::Right);
        assert_eq!(
            check(CHEAP, "Correct horse battery staple", Some(&stored)),
            Verified::Wrong
        );
        assert_eq!(check(CHEAP, right, None), Verified::Wrong);
        let dearer = HashCost {
            memory_kib: 128,
            passes: 1,
        };
        let Verified::Outdated(new) = check(dearer, right, Some(&stored)) else {
            panic!("the old cost passed for the new one");
        };
        assert_eq!(check(dearer, right, Some(&new)), Verified::Right);
    }

    fn judged(typed: &str, stored: Option<&str>) -> Judged {
        Judged {
            typed: SecretString::from(typed),
            password: SecretString::from(typed),
            stored: stored.map(str::to_owned),
            likeness: None,
            others: Vec::new(),
        }
    }

    #[test]
    fn a_hash_from_elsewhere_is_judged_and_replaced() {
        let stored = "$2b$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS";
        let likeness = foreign::read(stored).unwrap().likeness();
        let other = likeness.replace("$05$", "$04$");
        // Also where there are too many kinds for all to be among the others.
        for others in [
            vec![],
            vec![likeness.clone()],
            vec![other.clone(), likeness.clone()],
        ] {
            let check = |typed: &str| {
                let one = Judged {
                    likeness: Some(likeness.clone()),
                    others: others.clone(),
                    ..judged(typed, Some(stored))
                };
                verify(CHEAP, &one, [2; 16]).unwrap()
            };
            assert_eq!(check("correct horse battery stapl"), Verified::Wrong);
            let Verified::Outdated(new) = check("correct horse battery staple") else {
                panic!("an imported hash stays");
            };
            let own = judged("correct horse battery staple", Some(&new));
            assert_eq!(verify(CHEAP, &own, [4; 16]).unwrap(), Verified::Right);
        }
        // Nobody, and somebody with a hash of our own, whatever others have.
        let others = vec![other, likeness];
        let nobody = Judged {
            others: others.clone(),
            ..judged("correct horse battery staple", None)
        };
        assert_eq!(verify(CHEAP, &nobody, [2; 16]).unwrap(), Verified::Wrong);
        let typed = SecretString::from("something else");
        let mine = hash(CHEAP, &typed, [1; 16]).unwrap();
        let own = |typed: &str| Judged {
            others: others.clone(),
            ..judged(typed, Some(&mine))
        };
        assert_eq!(
            verify(CHEAP, &own("something else"), [2; 16]).unwrap(),
            Verified::Right
        );
        assert_eq!(
            verify(CHEAP, &own("correct horse battery staple"), [2; 16]).unwrap(),
            Verified::Wrong
        );
    }

    #[test]
    fn the_default_is_what_owasp_names() {
        let stored = hash(HashCost::default(), &SecretString::from("x"), [3; 16]).unwrap();
        assert!(
            stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{stored}"
        );
    }
}
