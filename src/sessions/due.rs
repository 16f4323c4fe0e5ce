//! Sessions whose provider is to be asked about them again. They are noted where they are used,
//! so that no request waits, and asked about by a job.
//!
//! Owns: who waits, who is being asked, and which providers are silent.
//! Must not know: how a provider is asked.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::{Sid, TenantId, UpstreamId};

/// So many wait at one upstream. For whom there is no room, their next turn comes.
const ROOM: usize = 10_000;
/// At a silent upstream, one is asked about each so often.
const AGAIN_MS: i64 = 5_000;

/// A session that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub sid: Sid,
}

/// What is due, by upstream.
#[derive(Default)]
pub struct Due {
    lines: Mutex<HashMap<UpstreamId, Line>>,
}

#[derive(Default)]
struct Line {
    order: VecDeque<Waiting>,
    known: HashSet<Sid>,
    /// A round is on its way.
    busy: bool,
    /// When to ask a silent one again.
    silent_until: Option<i64>,
}

impl Due {
    /// Lets a session wait for its turn; once, however often it is noted.
    pub(super) fn note(&self, upstream: &UpstreamId, who: Waiting) {
        let mut lines = self.lines();
        let line = lines.entry(upstream.clone()).or_default();
        if line.order.len() < ROOM && line.known.insert(who.sid.clone()) {
            line.order.push_back(who);
        }
    }

    /// The next round of each upstream that has none on its way: at most `most` sessions, one
    /// where it was silent the last time. Each ends with [`Due::ended`].
    pub fn take(&self, now: i64, most: usize) -> Vec<(UpstreamId, Vec<Waiting>)> {
        let mut lines = self.lines();
        lines.retain(|_, line| line.busy || line.silent_until.is_some() || !line.order.is_empty());
        let mut rounds = Vec::new();
        for (id, line) in &mut *lines {
            let most = match line.silent_until {
                Some(until) if now < until => 0,
                Some(_) => 1,
                None => most,
            };
            if line.busy || line.order.is_empty() || most == 0 {
                continue;
            }
            line.busy = true;
            let some = line.order.drain(..most.min(line.order.len())).collect();
            rounds.push((id.clone(), some));
        }
        rounds
    }

    /// A round is over. Those that it did not come to wait on, before the others.
    pub fn ended(&self, upstream: &UpstreamId, asked: &[Waiting], left: Vec<Waiting>) {
        let mut lines = self.lines();
        let Some(line) = lines.get_mut(upstream) else {
            return;
        };
        line.busy = false;
        for who in asked {
            line.known.remove(&who.sid);
        }
        for who in left.into_iter().rev() {
            line.order.push_front(who);
        }
    }

    /// It did not answer.
    pub fn silent(&self, upstream: &UpstreamId, now: i64) {
        let mut lines = self.lines();
        let line = lines.entry(upstream.clone()).or_default();
        line.silent_until = Some(now + AGAIN_MS);
    }

    /// It answered, whatever it said.
    pub fn heard(&self, upstream: &UpstreamId) {
        if let Some(line) = self.lines().get_mut(upstream) {
            line.silent_until = None;
        }
    }

    /// Did it not answer the last time?
    pub fn is_silent(&self, upstream: &UpstreamId) -> bool {
        let lines = self.lines();
        lines
            .get(upstream)
            .is_some_and(|line| line.silent_until.is_some())
    }

    /// The same, a moment ago: who asks again now only waits.
    pub fn is_just_silent(&self, upstream: &UpstreamId, now: i64) -> bool {
        let lines = self.lines();
        let until = lines.get(upstream).and_then(|line| line.silent_until);
        until.is_some_and(|until| now < until)
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<UpstreamId, Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upstream() -> UpstreamId {
        UpstreamId("kc".into())
    }

    fn who(sid: &str) -> Waiting {
        Waiting {
            tenant: TenantId("t1".into()),
            sid: Sid(sid.into()),
        }
    }

    #[test]
    fn each_waits_once_and_one_round_goes_at_a_time() {
        let due = Due::default();
        for sid in ["a", "b", "a", "c"] {
            due.note(&upstream(), who(sid));
        }
        let rounds = due.take(0, 2);
        assert_eq!(rounds, [(upstream(), vec![who("a"), who("b")])]);
        assert_eq!(due.take(0, 2), []);
        due.note(&upstream(), who("a"));
        due.ended(&upstream(), &[who("a")], vec![who("b")]);
        let rounds = due.take(0, 9);
        assert_eq!(rounds, [(upstream(), vec![who("b"), who("c")])]);
        due.ended(&upstream(), &rounds[0].1, Vec::new());
        due.note(&upstream(), who("a"));
        assert_eq!(due.take(0, 9), [(upstream(), vec![who("a")])]);
    }

    #[test]
    fn a_silent_upstream_is_asked_about_one_now_and_then() {
        let due = Due::default();
        due.note(&upstream(), who("a"));
        due.note(&upstream(), who("b"));
        due.silent(&upstream(), 100);
        assert!(due.is_silent(&upstream()) && due.is_just_silent(&upstream(), 100));
        assert_eq!(due.take(100 + AGAIN_MS - 1, 9), []);
        assert!(!due.is_just_silent(&upstream(), 100 + AGAIN_MS));
        let rounds = due.take(100 + AGAIN_MS, 9);
        assert_eq!(rounds, [(upstream(), vec![who("a")])]);
        due.ended(&upstream(), &[], vec![who("a")]);
        due.heard(&upstream());
        assert!(!due.is_silent(&upstream()));
        let rounds = due.take(0, 9);
        assert_eq!(rounds, [(upstream(), vec![who("a"), who("b")])]);
    }

    #[test]
    fn a_line_that_nobody_stands_in_is_forgotten_and_a_full_one_takes_nobody() {
        let due = Due::default();
        for number in 0..=ROOM {
            due.note(&upstream(), who(&number.to_string()));
        }
        let rounds = due.take(0, usize::MAX);
        assert_eq!(rounds[0].1.len(), ROOM);
        due.ended(&upstream(), &rounds[0].1, Vec::new());
        assert_eq!(due.take(0, 9), []);
        assert!(due.lines().is_empty());
    }
}
