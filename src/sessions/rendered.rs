//! Values made from a session (tokens, header values), kept as long as the session itself
//! is kept in memory: what invalidates the one drops the other.

use std::sync::{Arc, Mutex};

/// One per backend; more than a host has routes would be somebody making up names.
const MOST: usize = 16;

struct Slot {
    key: Box<str>,
    value: Arc<str>,
    until: i64,
}

/// A few values by name, each until an instant.
#[derive(Default)]
pub struct Rendered {
    slots: Mutex<Vec<Slot>>,
}

impl Rendered {
    /// A value that is still good at `now`.
    pub fn get(&self, key: &str, now: i64) -> Option<Arc<str>> {
        let slots = self.slots.lock().ok()?;
        let slot = slots.iter().find(|slot| *slot.key == *key)?;
        (now < slot.until).then(|| Arc::clone(&slot.value))
    }

    /// Keeps a value until an instant. Without room the oldest goes.
    pub fn keep(&self, key: &str, value: &Arc<str>, until: i64) {
        let Ok(mut slots) = self.slots.lock() else {
            return;
        };
        slots.retain(|slot| *slot.key != *key);
        if slots.len() >= MOST {
            slots.remove(0);
        }
        slots.push(Slot {
            key: key.into(),
            value: Arc::clone(value),
            until,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_kept_under_its_name_until_its_instant() {
        let kept = Rendered::default();
        kept.keep("a", &Arc::from("one"), 10);
        kept.keep("b", &Arc::from("two"), 10);
        assert_eq!(kept.get("a", 9).as_deref(), Some("one"));
        assert_eq!(kept.get("b", 9).as_deref(), Some("two"));
        assert_eq!(kept.get("a", 10), None);
        kept.keep("a", &Arc::from("three"), 20);
        assert_eq!(kept.get("a", 10).as_deref(), Some("three"));
        assert_eq!(kept.get("c", 0), None);
    }

    #[test]
    fn made_up_names_do_not_grow_it() {
        let kept = Rendered::default();
        for n in 0..100 {
            kept.keep(&n.to_string(), &Arc::from("x"), 10);
        }
        assert_eq!(kept.slots.lock().expect("a lock").len(), MOST);
        assert!(kept.get("99", 0).is_some() && kept.get("0", 0).is_none());
    }
}
