//! How fast this node heard of revocations in the last hour.

use std::collections::VecDeque;
use std::sync::Mutex;

const WINDOW_MS: i64 = 3_600_000;
/// Enough for the 99th of a hundred; a storm of sign-outs must not fill the memory.
const MOST: usize = 20_000;

/// Delays as they are told to others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Heard {
    /// How many revocations.
    pub count: i64,
    /// Half of them took at most so many ms.
    pub p50: Option<i64>,
    /// 99 of 100 took at most so many ms.
    pub p99: Option<i64>,
    /// The longest, in ms.
    pub worst: Option<i64>,
}

#[derive(Default)]
pub(super) struct Delays {
    noted: Mutex<VecDeque<(i64, i64)>>,
}

impl Delays {
    pub(super) fn note(&self, now: i64, delay: i64) {
        if let Ok(mut noted) = self.noted.lock() {
            if noted.len() == MOST {
                noted.pop_front();
            }
            noted.push_back((now, delay));
        }
    }

    pub(super) fn heard(&self, now: i64) -> Heard {
        let Ok(mut noted) = self.noted.lock() else {
            return Heard::default();
        };
        while noted.front().is_some_and(|(at, _)| now - at > WINDOW_MS) {
            noted.pop_front();
        }
        let mut sorted: Vec<i64> = noted.iter().map(|(_, delay)| *delay).collect();
        drop(noted);
        sorted.sort_unstable();
        let at_most = |share: usize| {
            let last = sorted.len().checked_sub(1)?;
            sorted.get(
                (sorted.len() * share)
                    .div_ceil(100)
                    .saturating_sub(1)
                    .min(last),
            )
        };
        Heard {
            count: i64::try_from(sorted.len()).unwrap_or(i64::MAX),
            p50: at_most(50).copied(),
            p99: at_most(99).copied(),
            worst: sorted.last().copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Delays, Heard, MOST};

    #[test]
    fn half_almost_all_and_the_worst() {
        let delays = Delays::default();
        assert_eq!(delays.heard(0), Heard::default());
        for delay in 1..=100 {
            delays.note(1_000, delay);
        }
        let heard = delays.heard(1_000);
        assert_eq!(heard.count, 100);
        assert_eq!(
            (heard.p50, heard.p99, heard.worst),
            (Some(50), Some(99), Some(100))
        );
        delays.note(2_000, 7);
        let later = delays.heard(3_602_000);
        assert_eq!((later.count, later.p50, later.p99), (1, Some(7), Some(7)));
    }

    #[test]
    fn a_storm_is_bounded() {
        let delays = Delays::default();
        for _ in 0..MOST + 10 {
            delays.note(0, 1);
        }
        assert_eq!(delays.heard(0).count, i64::try_from(MOST).expect("small"));
    }
}
