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
    /// This one, but hashed at another cost: the new hash.
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

/// Compares. Without a hash it takes as long and says no: whether somebody has a password
/// is not to be told from the time.
pub(crate) fn verify(
    cost: HashCost,
    password: &SecretString,
    stored: Option<&str>,
    salt: [u8; 16],
) -> Result<Verified, Fault> {
    let Some(stored) = stored else {
        hash(cost, password, salt)?;
        return Ok(Verified::Wrong);
    };
    let parsed = PasswordHash::new(stored).map_err(broken)?;
    let bytes = password.expose_secret().as_bytes();
    if argon2(cost)?.verify_password(bytes, &parsed).is_err() {
        return Ok(Verified::Wrong);
    }
    let same = parsed.params.get_decimal("m") == Some(cost.memory_kib)
        && parsed.params.get_decimal("t") == Some(cost.passes)
        && parsed.params.get_decimal("p") == Some(1)
        && parsed.algorithm.as_str() == "argon2id";
    if same {
        return Ok(Verified::Right);
    }
    Ok(Verified::Outdated(hash(cost, password, salt)?))
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
        let check = |cost, typed: &str, stored| {
            verify(cost, &SecretString::from(typed), stored, [2; 16]).unwrap()
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

    #[test]
    fn the_default_is_what_owasp_names() {
        let stored = hash(HashCost::default(), &SecretString::from("x"), [3; 16]).unwrap();
        assert!(
            stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{stored}"
        );
    }
}
