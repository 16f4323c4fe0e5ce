//! Reproducible bytes. Never for anything but tests: whoever knows the seed knows them all.

use std::sync::atomic::{AtomicU64, Ordering};

use laneway_contract::Random;

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The `SplitMix64` sequence from a seed.
#[derive(Debug)]
pub struct SeededRandom(AtomicU64);

impl SeededRandom {
    /// The same seed gives the same bytes, call for call.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        let mut z = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_calls_differ() {
        let (a, b) = (SeededRandom::new(1), SeededRandom::new(1));
        let (mut one, mut two, mut three) = ([0; 13], [0; 13], [0; 13]);
        a.fill(&mut one);
        b.fill(&mut two);
        a.fill(&mut three);
        assert_eq!(one, two);
        assert_ne!(one, three);
    }
}
