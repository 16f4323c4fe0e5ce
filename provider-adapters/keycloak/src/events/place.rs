//! How far the records were told.
//!
//! A record gets its time when it is made and is seen when its transaction is done, so a later
//! one can be seen before an earlier one. Reading begins a while before, and leaves out what was
//! told from then on.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How long after its time a record may come to light.
const OVERLAP_MS: i64 = 10_000;

/// By Keycloak's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    since: i64,
    /// Ids of what was told since a while before.
    told: Vec<(i64, String)>,
}

/// What was read of one kind of records.
pub(super) struct Read {
    pub(super) records: Vec<Value>,
    /// Was that all?
    pub(super) whole: bool,
}

impl Place {
    /// Where nothing was told yet it begins now.
    pub(super) fn read(cursor: Option<&str>, now: i64) -> Self {
        let kept = cursor.and_then(|text| serde_json::from_str(text).ok());
        kept.unwrap_or(Self {
            since: now,
            told: Vec::new(),
        })
    }

    pub(super) fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Where reading begins.
    pub(super) fn from(&self) -> i64 {
        self.since - OVERLAP_MS
    }

    /// What of it is new, and where it goes on.
    pub(super) fn go_on(&self, all: [Read; 2], now: i64) -> (Vec<Value>, Self) {
        let mut since = now.max(self.since);
        let (mut fresh, mut told) = (Vec::new(), self.told.clone());
        for read in all {
            let last = read.records.last().and_then(time);
            if let Some(last) = last.filter(|_| !read.whole) {
                since = since.min(last.max(self.since));
            }
            for record in read.records {
                let (Some(at), Some(id)) = (time(&record), record["id"].as_str()) else {
                    continue;
                };
                if !told.iter().any(|(_, one)| one == id) {
                    told.push((at, id.to_owned()));
                    fresh.push(record);
                }
            }
        }
        told.retain(|(at, _)| *at >= since - OVERLAP_MS);
        (fresh, Self { since, told })
    }
}

fn time(record: &Value) -> Option<i64> {
    record["time"].as_i64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(records: &[(i64, &str)], whole: bool) -> Read {
        let record = |(at, id): &(i64, &str)| json!({"time": at, "id": id});
        Read {
            records: records.iter().map(record).collect(),
            whole,
        }
    }

    fn ids(records: &[Value]) -> Vec<&str> {
        records
            .iter()
            .filter_map(|one| one["id"].as_str())
            .collect()
    }

    #[test]
    fn each_is_told_once_also_what_comes_to_light_late() {
        let place = Place::read(None, 100_000);
        assert_eq!(place.from(), 90_000);
        let seen = [read(&[(95_000, "a")], true), read(&[(99_000, "b")], true)];
        let (fresh, place) = place.go_on(seen, 101_000);
        assert_eq!(ids(&fresh), ["a", "b"]);
        let place = Place::read(Some(&place.write()), 0);
        assert_eq!(place.from(), 91_000);
        let seen = [
            read(&[(95_000, "a"), (96_000, "late")], true),
            read(&[(99_000, "b")], true),
        ];
        let (fresh, place) = place.go_on(seen, 102_000);
        assert_eq!(ids(&fresh), ["late"]);
        let (fresh, place) = place.go_on([read(&[], true), read(&[], true)], 200_000);
        assert!(fresh.is_empty() && place.told.is_empty(), "{place:?}");
    }

    #[test]
    fn what_was_not_read_to_its_end_goes_on_from_there() {
        let place = Place::read(None, 100_000);
        let seen = [
            read(&[(100_000, "a"), (150_000, "b")], false),
            read(&[(199_000, "c")], true),
        ];
        let (fresh, place) = place.go_on(seen, 200_000);
        assert_eq!(ids(&fresh), ["a", "b", "c"]);
        assert_eq!(place.from(), 140_000);
        let seen = [
            read(&[(150_000, "b"), (160_000, "d")], true),
            read(&[(199_000, "c")], true),
        ];
        assert_eq!(ids(&place.go_on(seen, 201_000).0), ["d"]);
    }

    #[test]
    fn a_clock_that_goes_back_moves_nothing_back() {
        let place = Place::read(None, 100_000);
        let (_, place) = place.go_on([read(&[], true), read(&[], true)], 50_000);
        assert_eq!(place.from(), 90_000);
        assert_eq!(Place::read(Some("not ours"), 7).from(), 7 - OVERLAP_MS);
    }
}
