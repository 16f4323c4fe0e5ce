//! The clocks of the machine; the only place that reads them.

use std::sync::LazyLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use laneway_contract::Clock;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that reads the clock"
        )]
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        // A clock before 1970 is broken; 0 makes everything look not yet begun, which refuses.
        since_epoch.map_or(0, |elapsed| {
            i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
        })
    }

    fn steady_ms(&self) -> i64 {
        static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
        i64::try_from(BEGIN.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steady_one_never_goes_back() {
        let readings: Vec<i64> = (0..1000).map(|_| SystemClock.steady_ms()).collect();
        assert!(readings.is_sorted() && readings[0] >= 0);
    }

    #[test]
    fn runs_in_milliseconds_of_this_age() {
        let (year_2025, year_2200) = (1_735_689_600_000, 7_258_118_400_000);
        assert!((year_2025..year_2200).contains(&SystemClock.now_ms()));
    }
}
