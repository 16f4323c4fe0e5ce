//! Work that ends in the middle, as it does when its process dies.

use std::pin::pin;
use std::task::Poll;

/// Runs work to its end, or drops it when it has waited so many times.
pub async fn cut<F: Future>(waits: Option<u32>, work: F) -> Option<F::Output> {
    let mut work = pin!(work);
    let mut left = waits;
    std::future::poll_fn(|context| match (work.as_mut().poll(context), left) {
        (Poll::Ready(out), _) => Poll::Ready(Some(out)),
        (Poll::Pending, Some(0)) => Poll::Ready(None),
        (Poll::Pending, some) => {
            left = some.map(|waits| waits - 1);
            Poll::Pending
        }
    })
    .await
}
