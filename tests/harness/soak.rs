//! How much of a long test is done, and how its figures are told.
//!
//! Owns: the factor of `dev/soak`, and the lines `measured: …` that it collects.

use std::time::Duration;

/// `LANEWAY_SOAK`, by which numbers of revocations and kills are multiplied.
pub fn factor() -> usize {
    match std::env::var("LANEWAY_SOAK") {
        Ok(text) => text.parse().expect("LANEWAY_SOAK is a number"),
        Err(_) => 1,
    }
}

/// Tells one figure.
pub fn measured(line: &str) {
    eprintln!("measured: {line}");
}

/// Spread of some durations.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    /// Half of them took no longer.
    pub p50: Duration,
    /// 99 of 100 took no longer.
    pub p99: Duration,
    /// None took longer.
    pub max: Duration,
}

impl Spread {
    /// Of at least one duration (nearest rank).
    pub fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        let rank = |percent: usize| durations[(durations.len() * percent).div_ceil(100) - 1];
        Self {
            p50: rank(50),
            p99: rank(99),
            max: rank(100),
        }
    }

    /// In milliseconds, for people.
    pub fn told(self) -> String {
        let ms = |duration: Duration| duration.as_millis();
        format!(
            "p50 {} ms, p99 {} ms, max {} ms",
            ms(self.p50),
            ms(self.p99),
            ms(self.max)
        )
    }
}
