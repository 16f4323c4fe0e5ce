//! Work that many wait for and that is done once: it goes on when those who asked for it leave.
//!
//! Owns: who waits for what.
//! Must not know: what is worked at.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

type UnderWay<K, V> = Mutex<HashMap<K, watch::Receiver<Option<V>>>>;

/// What is under way on this node, by its name.
pub struct Flights<K, V> {
    under_way: Arc<UnderWay<K, V>>,
}

impl<K, V> Default for Flights<K, V> {
    fn default() -> Self {
        Self {
            under_way: Arc::default(),
        }
    }
}

impl<K, V> Flights<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// What comes of the work of this name: of the one that is under way, or of `work`. `None`
    /// where it broke down.
    pub async fn join<W>(&self, key: K, work: impl FnOnce() -> W) -> Option<V>
    where
        W: Future<Output = V> + Send + 'static,
    {
        let mut landed = {
            let mut all = lock(&self.under_way);
            match all.get(&key) {
                Some(under_way) => under_way.clone(),
                None => {
                    let (tell, landed) = watch::channel(None);
                    all.insert(key.clone(), landed.clone());
                    let gone = Gone(Arc::clone(&self.under_way), key);
                    let work = work();
                    tokio::spawn(async move {
                        let value = work.await;
                        // Whoever comes from now on finds it done, or begins anew.
                        drop(gone);
                        let _ = tell.send(Some(value));
                    });
                    landed
                }
            }
        };
        let value = landed.wait_for(Option::is_some).await.ok()?;
        value.clone()
    }
}

/// Takes the work off the list, also where it breaks down.
struct Gone<K: Eq + Hash, V>(Arc<UnderWay<K, V>>, K);

impl<K: Eq + Hash, V> Drop for Gone<K, V> {
    fn drop(&mut self) {
        lock(&self.0).remove(&self.1);
    }
}

// A poisoned lock: whoever panicked held it for a look-up, so the map is whole.
fn lock<K, V>(all: &UnderWay<K, V>) -> MutexGuard<'_, HashMap<K, watch::Receiver<Option<V>>>> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn it_is_done_once_for_all_and_goes_on_when_the_first_has_left() {
        let flights = Arc::new(Flights::<u8, usize>::default());
        let begun = Arc::new(AtomicUsize::new(0));
        let ask = || {
            let (flights, begun) = (Arc::clone(&flights), Arc::clone(&begun));
            async move {
                let work = || async move {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    begun.fetch_add(1, Ordering::SeqCst) + 1
                };
                flights.join(1, work).await
            }
        };
        let first = tokio::time::timeout(Duration::from_millis(50), ask()).await;
        assert!(first.is_err());
        let all = futures::future::join_all((0..50).map(|_| ask())).await;
        assert!(all.iter().all(|value| *value == Some(1)));
        assert_eq!(ask().await, Some(2), "what is over is not kept");
    }

    #[tokio::test]
    async fn what_breaks_down_is_told_and_begins_anew() {
        let flights = Flights::<u8, usize>::default();
        let broken = flights.join(1, || async { panic!("on purpose") }).await;
        assert_eq!(broken, None);
        assert_eq!(flights.join(1, || async { 2 }).await, Some(2));
    }
}
