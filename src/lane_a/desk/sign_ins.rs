//! Sign-ins over a range of time, by method, and why some failed.

use std::collections::BTreeMap;

use crate::core::Core;
use crate::domain::{Problem, TenantId};
use crate::store::login_hours::{self, Counted};

const HOUR_MS: i64 = 3_600_000;

/// Ways in that are told apart, in the order in which bars are stacked. The last one is
/// everything else.
pub const METHODS: [&str; 5] = ["passkey", "email-code", "password", "redirect", "other"];

/// How far back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// 24 hours, by hour.
    Day,
    /// 7 days, by six hours.
    Week,
    /// 30 days, by day.
    Month,
}

impl Range {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The word in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    /// Reads the word; anything else is the shortest.
    pub fn parse(text: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|range| range.as_str() == text)
            .unwrap_or(Self::Day)
    }

    /// Hours under one bar, and how many bars.
    fn shape(self) -> (i64, i64) {
        match self {
            Self::Day => (1, 24),
            Self::Week => (6, 28),
            Self::Month => (24, 30),
        }
    }
}

/// One bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// Begin, epoch ms.
    pub from: i64,
    /// Worked, in the order of [`METHODS`].
    pub worked: [i64; METHODS.len()],
    /// Failed or refused.
    pub failed: i64,
}

impl Bar {
    /// Everything under it.
    pub fn total(&self) -> i64 {
        self.worked.iter().sum::<i64>() + self.failed
    }
}

/// Sign-ins of a tenant over a range.
#[derive(Debug, Clone)]
pub struct Series {
    /// How far back.
    pub range: Range,
    /// Oldest first; the last one is not over.
    pub bars: Vec<Bar>,
    /// Worked, all together.
    pub worked: i64,
    /// Failed or refused, all together.
    pub failed: i64,
    /// Why: (method, reason) with how often, most often first.
    pub reasons: Vec<((String, String), i64)>,
    /// Worked, failed in the same time before.
    pub before: (i64, i64),
    /// Until when, epoch ms.
    pub at: i64,
}

/// Reads a range.
///
/// # Errors
/// `store_unavailable`.
pub async fn series(core: &Core, tenant: &TenantId, range: Range) -> Result<Series, Problem> {
    let now = core.now();
    let (hours, bars) = range.shape();
    let width = hours * HOUR_MS;
    let first = now / width * width - (bars - 1) * width;
    let done_until = login_hours::done_until(&core.db).await?;
    let before = first - bars * width;
    let counted = login_hours::list(&core.db, tenant, before, done_until).await?;
    Ok(arrange(range, first, now, &counted))
}

fn arrange(range: Range, first: i64, now: i64, counted: &[Counted]) -> Series {
    let (hours, count) = range.shape();
    let width = hours * HOUR_MS;
    let mut bars: Vec<Bar> = (0..count)
        .map(|i| Bar {
            from: first + i * width,
            worked: [0; METHODS.len()],
            failed: 0,
        })
        .collect();
    let mut reasons: BTreeMap<(String, String), i64> = BTreeMap::new();
    let mut before = (0, 0);
    for row in counted {
        let worked = row.kind == "login.completed";
        if row.hour < first {
            let side = if worked { &mut before.0 } else { &mut before.1 };
            *side += row.n;
            continue;
        }
        let place = usize::try_from((row.hour - first) / width).unwrap_or(usize::MAX);
        let Some(bar) = bars.get_mut(place) else {
            continue;
        };
        if worked {
            bar.worked[group(&row.method)] += row.n;
        } else {
            bar.failed += row.n;
            let why = (row.method.clone(), row.reason.clone());
            *reasons.entry(why).or_default() += row.n;
        }
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    Series {
        range,
        worked: bars.iter().map(|bar| bar.total() - bar.failed).sum(),
        failed: bars.iter().map(|bar| bar.failed).sum(),
        bars,
        reasons,
        before,
        at: now,
    }
}

fn group(method: &str) -> usize {
    let method = if method == "totp" { "password" } else { method };
    METHODS
        .iter()
        .position(|known| *known == method)
        .unwrap_or(METHODS.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::{Counted, HOUR_MS, Range, arrange};

    fn row(hour: i64, kind: &str, method: &str, reason: &str, n: i64) -> Counted {
        Counted {
            hour: hour * HOUR_MS,
            kind: kind.into(),
            method: method.into(),
            reason: reason.into(),
            n,
        }
    }

    #[test]
    fn hours_fall_under_their_bars_and_older_ones_before() {
        let counted = [
            row(99, "login.completed", "passkey", "", 7),
            row(99, "login.denied", "none", "disabled", 1),
            row(100, "login.completed", "passkey", "", 2),
            row(100, "login.completed", "magic", "", 1),
            row(123, "login.failed", "email-code", "", 3),
            row(123, "login.denied", "redirect", "cancelled", 4),
            row(124, "login.completed", "passkey", "", 9),
        ];
        let found = arrange(Range::Day, 100 * HOUR_MS, 123 * HOUR_MS, &counted);
        assert_eq!(found.bars.len(), 24);
        assert_eq!(found.bars[0].worked, [2, 0, 0, 0, 1]);
        assert_eq!((found.bars[23].failed, found.bars[23].total()), (7, 7));
        assert_eq!((found.worked, found.failed, found.before), (3, 7, (7, 1)));
        let why: Vec<_> = found
            .reasons
            .iter()
            .map(|((m, r), n)| (m.as_str(), r.as_str(), *n))
            .collect();
        assert_eq!(why, [("redirect", "cancelled", 4), ("email-code", "", 3)]);
    }

    #[test]
    fn a_range_is_read_leniently() {
        assert_eq!(Range::parse("30d"), Range::Month);
        assert_eq!(Range::parse("x"), Range::Day);
    }
}
