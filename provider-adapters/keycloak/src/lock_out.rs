//! Keycloak's guard against guessing, for one person.
//!
//! A lock for a while stands in its counters only, and the record says that the person may sign
//! in. One for good switches the record off and says why; that outlives the counters, which a
//! restart forgets, and ends only by switching the record on again.
//!
//! Owns: reading and ending a lock. Must not know: who asks, and why.

use async_trait::async_trait;
use http::{Method, StatusCode};
use laneway_contract::{LockOut, LockOuts, ProviderError};
use serde_json::{Value, json};

use crate::Keycloak;
use crate::admin;
use crate::directory::{nobody, place, shown};

type Result<T> = std::result::Result<T, ProviderError>;

#[async_trait]
impl LockOuts for Keycloak {
    async fn lock_out(&self, subject: &str) -> Result<Option<LockOut>> {
        let record = self.record(subject).await?;
        let answer = self.send(Method::GET, &tries(subject), None).await?;
        if answer.status() != StatusCode::OK {
            return Err(self.refusal(&answer));
        }
        let counted = admin::json(&answer);
        let counted = counted
            .ok_or_else(|| ProviderError::InvalidResponse("the wrong tries are not JSON".into()))?;
        Ok(lock_of(&record, &counted))
    }

    async fn unlock(&self, subject: &str) -> Result<()> {
        let record = self.record(subject).await?;
        if is_for_good(&record) {
            let body = json!({ "enabled": true });
            self.change(Method::PUT, subject, Some(&body)).await?;
        }
        self.forget_tries(subject).await
    }
}

impl Keycloak {
    /// The record of a person; `NotFound` for nobody. Of somebody unknown Keycloak counts
    /// nothing, and says so as of anybody.
    async fn record(&self, subject: &str) -> Result<Value> {
        let path = place(subject).ok_or(ProviderError::NotFound)?;
        let answer = self.send(Method::GET, &path, None).await?;
        match answer.status() {
            StatusCode::OK => {
                let record = admin::json(&answer).unwrap_or_default();
                shown(&record).ok_or(ProviderError::NotFound)?;
                Ok(record)
            }
            _ if nobody(&answer) => Err(ProviderError::NotFound),
            _ => Err(self.refusal(&answer)),
        }
    }

    /// Ends a lock for a while, and begins to count anew.
    pub(crate) async fn forget_tries(&self, subject: &str) -> Result<()> {
        let answer = self.send(Method::DELETE, &tries(subject), None).await?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(self.refusal(&answer))
    }
}

fn tries(subject: &str) -> [&str; 4] {
    ["attack-detection", "brute-force", "users", subject]
}

fn is_for_good(record: &Value) -> bool {
    record["enabled"] == false && record["attributes"]["disabledReason"][0] == "permanentLockout"
}

fn lock_of(record: &Value, counted: &Value) -> Option<LockOut> {
    let number = |name: &str| counted[name].as_i64().filter(|number| *number > 0);
    let until_ms = if is_for_good(record) {
        None
    } else if counted["disabled"] == true {
        Some(number("failedLoginNotBefore")?.saturating_mul(1000))
    } else {
        return None;
    };
    // The second factor's wrong tries are counted by themselves.
    let failures = number("numFailures").max(number("numSecondaryAuthFailures"));
    Some(LockOut {
        failures: failures.map_or(0, |all| u32::try_from(all).unwrap_or(u32::MAX)),
        until_ms,
        last_failure_ms: number("lastFailure"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_are_told_from_what_only_looks_like_one() {
        let open = json!({"enabled": true});
        let off = json!({"enabled": false});
        let for_good =
            json!({"enabled": false, "attributes": {"disabledReason": ["permanentLockout"]}});
        let none = json!({"disabled": false, "numFailures": 0, "failedLoginNotBefore": 0});
        let some = json!({"disabled": false, "numFailures": 1, "lastFailure": 5});
        let locked = json!({"disabled": true, "numFailures": 3, "numSecondaryAuthFailures": 0,
            "failedLoginNotBefore": 1_796_107_857, "lastFailure": 1_796_104_257_770_i64});
        for record in [&open, &off] {
            assert_eq!(lock_of(record, &none), None);
            assert_eq!(lock_of(record, &some), None);
        }
        let found = lock_of(&open, &locked);
        assert_eq!(
            found,
            Some(LockOut {
                failures: 3,
                until_ms: Some(1_796_107_857_000),
                last_failure_ms: Some(1_796_104_257_770),
            })
        );
        // After a restart nothing is counted, and the person is out all the same.
        let found = lock_of(&for_good, &none);
        assert_eq!(
            found,
            Some(LockOut {
                failures: 0,
                until_ms: None,
                last_failure_ms: None,
            })
        );
        // Switched on by an administrator, who left the reason standing.
        let let_in =
            json!({"enabled": true, "attributes": {"disabledReason": ["permanentLockout"]}});
        assert_eq!(lock_of(&let_in, &none), None);
    }
}
