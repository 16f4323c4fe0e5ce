//! What the fake provider tells afterwards: whatever a test lets happen.

use async_trait::async_trait;
use laneway_contract::{EventFeed, Happened, ProviderError, SecurityEvent, Told};

use crate::Fake;

/// A feed that starts anew also hears what has just happened.
const OVERLAP_MS: i64 = 10_000;

impl Fake {
    /// Something happens now; it is told to whoever asks next.
    pub fn tell(&self, what: Happened) {
        let at_ms = self.shared.env.clock.now_ms();
        self.tell_of(SecurityEvent { at_ms, what });
    }

    /// Something is told that happened at another time.
    pub fn tell_of(&self, event: SecurityEvent) {
        self.script().happened.push(event);
    }

    /// Whether we may not listen.
    pub fn set_deaf(&self, deaf: bool) {
        self.script().deaf = deaf;
    }

    /// How often it was asked what has happened.
    pub fn times_listened(&self) -> usize {
        self.script().listened
    }
}

#[async_trait]
impl EventFeed for Fake {
    async fn events(&self, cursor: Option<&str>) -> Result<Told, ProviderError> {
        self.script().listened += 1;
        self.obey().await?;
        let since = self.shared.env.clock.now_ms() - OVERLAP_MS;
        let script = self.script();
        if script.deaf {
            return Ok(Told::Deaf("the account may not read events".to_owned()));
        }
        let all = script.happened.iter();
        let events: Vec<SecurityEvent> = match cursor.map(str::parse) {
            None => all.filter(|event| event.at_ms >= since).cloned().collect(),
            Some(Ok(told)) => all.skip(told).cloned().collect(),
            Some(Err(_)) => return Err(ProviderError::InvalidResponse("cursor".to_owned())),
        };
        Ok(Told::Events {
            events,
            cursor: script.happened.len().to_string(),
        })
    }
}
