//! A browser that somebody signed in with.

use super::ids::{DeviceId, UserId};

/// A device row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Id.
    pub id: DeviceId,
    /// Whose. One browser is a device of each person who signs in with it.
    pub user: UserId,
    /// The name that its owner gave it.
    pub label: Option<String>,
    /// Network address at the last sign-in.
    pub ip: String,
    /// Browser as it named itself then.
    pub user_agent: String,
    /// Epoch ms of the first sign-in.
    pub created_at: i64,
    /// Epoch ms of the last sign-in.
    pub last_seen_at: i64,
    /// Epoch ms since when its owner trusts it.
    pub trusted_at: Option<i64>,
}

/// How long devices are recognised, from their last sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// In ms.
    pub known_ms: i64,
    /// Of those that their owner trusts, in ms.
    pub trusted_ms: i64,
}

impl Device {
    /// Is it recognised still?
    pub fn is_known(&self, memory: Memory, now: i64) -> bool {
        let life = match self.trusted_at {
            Some(_) => memory.trusted_ms,
            None => memory.known_ms,
        };
        self.last_seen_at.saturating_add(life) > now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_makes_it_last() {
        let memory = Memory {
            known_ms: 60,
            trusted_ms: 400,
        };
        let mut device = Device {
            id: DeviceId("d".into()),
            user: UserId("u".into()),
            label: None,
            ip: String::new(),
            user_agent: String::new(),
            created_at: 0,
            last_seen_at: 1000,
            trusted_at: None,
        };
        assert!(device.is_known(memory, 1059) && !device.is_known(memory, 1060));
        device.trusted_at = Some(1000);
        assert!(device.is_known(memory, 1399) && !device.is_known(memory, 1400));
    }
}
