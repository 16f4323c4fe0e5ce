//! What is broken in a valid request, and how.
//!
//! Owns: the ways to break one thing. Must not know: what the program answers.

use laneway_contract::Random as _;
use laneway_fake::SeededRandom;
use serde_json::{Value, json};

use super::{Valid, World, bytes};
use crate::fuzz::{NAMES, VALUES};
use crate::garbage::SEGMENTS;
use crate::harness::Call;

/// Chance that can be repeated.
pub struct Dice(pub SeededRandom);

impl Dice {
    fn below(&self, limit: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % limit.max(1) as u64).expect("small")
    }

    pub fn pick<T: Clone>(&self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

const HEADERS: &[(&str, &str)] = &[
    ("content-type", "text/plain"),
    ("content-type", "application/json; charset=utf-16"),
    ("content-type", "multipart/form-data"),
    ("content-length", "99999999999"),
    ("if-match", "\"0\""),
    ("if-match", "*"),
    ("if-match", "W/\"x\", \"y\""),
    ("accept-language", "de;q=9, ,;;;=,*"),
    ("accept", "text/html"),
    ("x-laneway-org", "acme"),
    ("origin", "null"),
    ("origin", "https://evil.test"),
    ("sec-fetch-site", "cross-site"),
    ("x-csrf", "0"),
    ("cookie", "__Host-lw=AAAA"),
    ("cookie", "__Host-lw-flow=%00; __Host-lw-device=; ;;=;"),
    ("x-forwarded-for", "999.1.1.1, , ::1"),
    ("x-forwarded-host", "evil.test"),
    ("authorization", "Bearer"),
    ("x-api-key", "lw_pat_nothing"),
    ("range", "bytes=0-1,5-"),
    ("user-agent", ""),
    ("expect", "100-continue"),
];

/// One thing broken in a valid request, in a way that says where.
pub fn mutate(world: &World, dice: &Dice, request: &Valid) -> (Call, String) {
    let mut broken = request.clone();
    let mut body = bytes(request);
    let mut headers = Vec::new();
    for _ in 0..=dice.below(2) {
        match dice.below(10) {
            0..=3 => in_json(dice, &mut broken, &mut body),
            4 => in_bytes(dice, &mut body),
            5 | 6 => {
                let (name, value) = dice.pick(HEADERS);
                headers.push((name.to_owned(), value.to_owned()));
            }
            7 => {
                let (_, from) = dice.pick(&world.ids);
                let (_, to) = dice.pick(&world.ids);
                broken.url = broken.url.replace(&from, &to);
            }
            8 => {
                let mark = if broken.url.contains('?') { '&' } else { '?' };
                let (name, value) = (dice.pick(NAMES), dice.pick(SEGMENTS));
                broken.url.push_str(&format!("{mark}{name}={value}"));
            }
            _ => {
                let (_, id) = dice.pick(&world.ids);
                broken.url = broken.url.replace(&id, dice.pick(SEGMENTS));
            }
        }
    }
    let shown = body.as_deref().map(String::from_utf8_lossy);
    let what = format!(
        "{} {} {:.300?} {headers:?}",
        request.route, broken.url, shown
    );
    (world.call(&broken, body, &headers), what)
}

fn in_json(dice: &Dice, broken: &mut Valid, body: &mut Option<Vec<u8>>) {
    let value: Value = serde_json::from_str(dice.pick(VALUES)).unwrap_or(Value::Null);
    let mut whole = broken.body.clone().unwrap_or_else(|| json!({}));
    let names: Vec<String> = whole
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect();
    // Broken into an array before: begin again.
    if !whole.is_object() {
        whole = json!({});
    }
    let name = if names.is_empty() {
        dice.pick(NAMES).to_owned()
    } else {
        dice.pick(&names)
    };
    match dice.below(7) {
        0 | 1 => whole[&name] = value,
        2 => whole = json!([whole]),
        3 => whole[dice.pick(NAMES)] = value,
        4 => whole[&name] = json!("ü".repeat(1 << dice.below(17))),
        5 => whole[&name] = json!({ "a": [whole[&name].clone()] }),
        _ => {
            if let Some(members) = whole.as_object_mut() {
                members.remove(&name);
            }
        }
    }
    *body = Some(whole.to_string().into_bytes());
    broken.body = Some(whole);
}

fn in_bytes(dice: &Dice, body: &mut Option<Vec<u8>>) {
    let Some(bytes) = body else { return };
    let at = dice.below(bytes.len());
    match dice.below(4) {
        0 => bytes.truncate(at),
        1 => bytes.insert(at, 0),
        2 => bytes.extend_from_within(..),
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << dice.below(8);
            }
        }
    }
}
