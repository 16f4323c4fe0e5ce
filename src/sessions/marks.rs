//! What was invalidated lately. A sign-out must cost the same whether a thousand or a million
//! sessions lie in memory: it leaves a mark, and whoever looks at a session looks at the marks.

use std::collections::HashMap;
use std::sync::RwLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// With so many marks the memory is swept and the marks are forgotten.
pub(super) const SWEEP_AT: usize = 4096;

/// Names of what ended or changed, with the log's epoch of that moment.
#[derive(Default)]
pub(super) struct Marks {
    count: AtomicUsize,
    by_name: RwLock<HashMap<u32, u64>>,
}

impl Marks {
    /// Marks names. True: it is time to sweep.
    pub(super) fn add(&self, names: impl Iterator<Item = u32>, epoch: u64) -> bool {
        let mut by_name = match self.by_name.write() {
            Ok(by_name) => by_name,
            // A mark that is lost is a session that lives on: go on with what there is.
            Err(poisoned) => poisoned.into_inner(),
        };
        for name in names {
            let newest = by_name.entry(name).or_insert(epoch);
            *newest = epoch.max(*newest);
        }
        self.count.store(by_name.len(), Ordering::SeqCst);
        by_name.len() >= SWEEP_AT
    }

    /// Was any of these names marked after a row was read at `epoch`?
    pub(super) fn outdate(&self, names: &[u32], epoch: u64) -> bool {
        if self.count.load(Ordering::SeqCst) == 0 {
            return false;
        }
        let by_name = match self.by_name.read() {
            Ok(by_name) => by_name,
            Err(poisoned) => poisoned.into_inner(),
        };
        outdates(&by_name, names, epoch)
    }

    /// Lets `sweep` judge everything in memory by the marks of this moment, then forgets
    /// those. A mark that comes meanwhile stays: the sweep has not seen it.
    pub(super) fn sweep(&self, sweep: impl FnOnce(&dyn Fn(&[u32], u64) -> bool)) {
        let seen = match self.by_name.read() {
            Ok(by_name) => by_name.clone(),
            Err(poisoned) => poisoned.into_inner().clone(),
        };
        sweep(&|names, epoch| outdates(&seen, names, epoch));
        let mut by_name = match self.by_name.write() {
            Ok(by_name) => by_name,
            Err(poisoned) => poisoned.into_inner(),
        };
        by_name.retain(|name, marked| seen.get(name) != Some(marked));
        self.count.store(by_name.len(), Ordering::SeqCst);
    }
}

fn outdates(by_name: &HashMap<u32, u64>, names: &[u32], epoch: u64) -> bool {
    names
        .iter()
        .any(|name| by_name.get(name).is_some_and(|marked| *marked > epoch))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_the_mark_is_outdated_and_what_was_read_after_is_not() {
        let marks = Marks::default();
        assert!(!marks.outdate(&[1, 2], 0));
        marks.add([2].into_iter(), 5);
        assert!(marks.outdate(&[1, 2], 4));
        assert!(!marks.outdate(&[1, 2], 5));
        assert!(!marks.outdate(&[1, 3], 4));
        // An older mark that comes late takes nothing back.
        marks.add([2].into_iter(), 3);
        assert!(marks.outdate(&[2], 4));
        marks.sweep(|outdated| {
            assert!(outdated(&[2], 4) && !outdated(&[2], 5));
            marks.add([7].into_iter(), 6);
            marks.add([2].into_iter(), 6);
        });
        assert!(marks.outdate(&[7], 5), "a mark that came during the sweep");
        assert!(
            marks.outdate(&[2], 5),
            "a name that was marked again during it"
        );
        marks.sweep(|_| {});
        assert!(!marks.outdate(&[2, 7], 0));
    }

    #[test]
    fn many_marks_ask_for_a_sweep() {
        let marks = Marks::default();
        let most = u32::try_from(SWEEP_AT).expect("small");
        assert!(!marks.add(0..most - 1, 1));
        assert!(marks.add(0..most, 1));
    }
}
