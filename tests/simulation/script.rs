//! What happens next, chosen by a seed.

use std::time::Duration;

use laneway_contract::Random as _;
use laneway_fake::{Mood, SeededRandom};

use super::world::{PEOPLE, World};

/// Chances from a seed.
pub struct Dice(SeededRandom);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(SeededRandom::new(seed))
    }

    pub fn number(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// One of `0..count`; zero where there is nothing to choose from.
    pub fn below(&mut self, count: usize) -> usize {
        let count = u64::try_from(count.max(1)).expect("small");
        usize::try_from(self.number() % count).expect("small")
    }

    /// In how many waits the node dies, where it does: one time of four.
    fn death(&mut self) -> Option<u32> {
        let waits = u32::try_from(self.below(120)).expect("small");
        (self.below(4) == 0).then_some(waits)
    }
}

/// One thing that happens. Nodes, people and sessions by their number; `dies` is the wait at which the
/// node dies meanwhile.
#[derive(Debug, Clone)]
pub enum Step {
    SignIn {
        person: usize,
        node: usize,
        dies: Option<u32>,
    },
    Use {
        session: usize,
        node: usize,
    },
    SignOut {
        session: usize,
        node: usize,
        dies: Option<u32>,
    },
    Repeat {
        spent: usize,
        node: usize,
    },
    Tokens {
        session: usize,
        node: usize,
        dies: Option<u32>,
    },
    Refresh {
        family: usize,
        node: usize,
        dies: Option<u32>,
    },
    OldRefresh {
        family: usize,
        node: usize,
    },
    Disable {
        person: usize,
        node: usize,
    },
    ProviderEnds {
        person: usize,
        node: usize,
    },
    Rotate {
        node: usize,
        dies: Option<u32>,
    },
    Mood(Mood),
    Ask {
        node: usize,
    },
    Time {
        seconds: i64,
    },
    Hear {
        node: usize,
    },
    Die {
        node: usize,
    },
}

/// The next one.
pub fn choose(dice: &mut Dice, world: &World) -> Step {
    let (person, node, dies) = (dice.below(PEOPLE), dice.below(2), dice.death());
    let (sessions, families) = (world.sessions.len(), world.families.len());
    let session = dice.below(sessions);
    let family = dice.below(families);
    // What is left, a fifth and more, is sign-ins.
    match dice.below(100) {
        22..=41 if sessions > 0 => Step::Use { session, node },
        42..=47 if sessions > 0 => Step::SignOut {
            session,
            node,
            dies,
        },
        48..=55 if !world.spent.is_empty() => Step::Repeat {
            spent: dice.below(world.spent.len()),
            node,
        },
        56..=61 if sessions > 0 => Step::Tokens {
            session,
            node,
            dies,
        },
        62..=70 if families > 0 => Step::Refresh { family, node, dies },
        71..=72 if families > 0 => Step::OldRefresh { family, node },
        73..=74 => Step::Disable { person, node },
        75..=77 => Step::ProviderEnds { person, node },
        78..=79 => Step::Rotate { node, dies },
        80..=84 => Step::Mood(mood(dice)),
        85..=86 => Step::Ask { node },
        87..=93 => Step::Time {
            seconds: seconds(dice),
        },
        94..=96 => Step::Hear { node },
        97..=99 => Step::Die { node },
        _ => Step::SignIn { person, node, dies },
    }
}

fn mood(dice: &mut Dice) -> Mood {
    match dice.below(6) {
        0 => Mood::Down,
        1 => Mood::Lying,
        2 => Mood::Limiting(3),
        3 => Mood::Slow(Duration::from_millis(5)),
        _ => Mood::Fine,
    }
}

/// Mostly less than the bound of revocation, sometimes until providers are asked again.
fn seconds(dice: &mut Dice) -> i64 {
    match dice.below(8) {
        0 => 17 * 60,
        1 | 2 => 6,
        _ => 1 + i64::try_from(dice.below(3)).expect("small"),
    }
}
