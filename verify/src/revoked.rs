//! What the feed has said, as long as a token can live that it concerns.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use crate::Claims;

/// Longer than any token lives, s.
const KEPT_S: i64 = 20 * 60;

/// A security event of the feed (RFC 8417).
#[derive(Debug, Deserialize)]
pub(crate) struct Event {
    pub(crate) iss: String,
    pub(crate) aud: String,
    seq: i64,
    toe: i64,
    sub_id: Value,
    events: serde_json::Map<String, Value>,
}

/// Whom it is about, in the terms of an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Claim {
    Session,
    Family,
    Subject,
    Org,
    Client,
}

#[derive(Debug, Clone, Copy)]
struct Said {
    seq: i64,
    at: i64,
    for_ever: bool,
    forget_at: i64,
}

#[derive(Debug, Default)]
pub(crate) struct Revoked {
    by_claim: HashMap<Claim, HashMap<String, Said>>,
    all: Option<Said>,
}

impl Revoked {
    /// Notes an event.
    pub(crate) fn note(&mut self, event: &Event, now: i64) {
        let subject = subject(&event.sub_id);
        let once = event
            .events
            .keys()
            .any(|kind| kind.ends_with("/session-revoked") || kind.ends_with(":tokens-revoked"));
        // An app or a person may come back; a session or a family does not.
        let dies = matches!(subject, Some((Claim::Session | Claim::Family, _)));
        let said = Said {
            seq: event.seq,
            at: event.toe,
            for_ever: once && dies,
            forget_at: now + KEPT_S,
        };
        let old = match subject {
            Some((claim, id)) => {
                let ids = self.by_claim.entry(claim).or_default();
                ids.entry(id).or_insert(said)
            }
            // Whatever this version cannot read concerns everybody.
            None => self.all.get_or_insert(said),
        };
        *old = Said {
            seq: old.seq.max(said.seq),
            at: old.at.max(said.at),
            for_ever: old.for_ever || said.for_ever,
            forget_at: said.forget_at,
        };
    }

    /// Forgets what no living token can be concerned by.
    pub(crate) fn prune(&mut self, now: i64) {
        for ids in self.by_claim.values_mut() {
            ids.retain(|_, said| said.forget_at > now);
        }
        self.all = self.all.filter(|said| said.forget_at > now);
    }

    /// Has a token been taken back, or may it be untrue by now?
    pub(crate) fn concerns(&self, claims: &Claims) -> bool {
        let named = [
            (Claim::Session, claims.sid.as_deref()),
            (Claim::Family, Some(claims.family())),
            (Claim::Subject, Some(claims.sub.as_str())),
            (Claim::Org, claims.org_id.as_deref()),
            (Claim::Client, Some(claims.client_id.as_str())),
        ];
        let said = named.into_iter().filter_map(|(claim, id)| {
            let ids = self.by_claim.get(&claim)?;
            ids.get(id?)
        });
        said.chain(self.all.as_ref()).any(|said| {
            said.for_ever
                || match claims.seen {
                    Some(seen) => seen < said.seq,
                    // A token that does not say what it reckons with: by the clock.
                    None => claims.iat <= said.at,
                }
        })
    }
}

/// Reads a subject identifier (RFC 9493); `None` where it is the tenant, or not of a known form.
fn subject(id: &Value) -> Option<(Claim, String)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if id["format"] == "opaque" {
        return Some((Claim::Family, text(&id["id"])?));
    }
    if id["format"] != "complex" {
        return None;
    }
    let parts = [
        ("session", "id", Claim::Session),
        ("user", "sub", Claim::Subject),
        ("org_unit", "id", Claim::Org),
        ("application", "id", Claim::Client),
    ];
    let mut found = parts
        .into_iter()
        .filter(|(part, ..)| id.get(part).is_some());
    // Two at once would mean both together; nothing narrower than everybody is certain then.
    match (found.next(), found.next()) {
        (Some((part, member, claim)), None) => Some((claim, text(&id[part][member])?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(seen: Option<i64>) -> Claims {
        serde_json::from_value(json!({
            "iss": "i", "sub": "u1", "aud": "a", "client_id": "c1", "sid": "s1", "jti": "f1.x",
            "iat": 100, "exp": 400, "org_id": "o1", "seen": seen,
        }))
        .expect("claims")
    }

    fn event(kind: &str, subject: Value, seq: i64) -> Event {
        serde_json::from_value(json!({
            "iss": "i", "aud": "a", "seq": seq, "toe": 100, "sub_id": subject, "events": { kind: {} },
        }))
        .expect("an event")
    }

    fn complex(part: &str, id: &str) -> Value {
        json!({ "format": "complex", part: { "format": "opaque", "id": id, "sub": id } })
    }

    #[test]
    fn what_is_named_is_refused_if_it_is_older_and_sessions_and_families_always() {
        let (gone, off, changed) = (
            "https://schemas.openid.net/secevent/caep/event-type/session-revoked",
            "urn:laneway:event:tokens-revoked",
            "https://schemas.openid.net/secevent/caep/event-type/token-claims-change",
        );
        let family = json!({ "format": "opaque", "id": "f1" });
        for (kind, subject, old, new) in [
            (gone, complex("session", "s1"), true, true),
            (gone, complex("session", "s2"), false, false),
            (changed, complex("session", "s1"), true, false),
            (off, family, true, true),
            (off, json!({ "format": "opaque", "id": "f2" }), false, false),
            (off, complex("application", "c1"), true, false),
            (changed, complex("user", "u1"), true, false),
            (changed, complex("user", "u2"), false, false),
            (changed, complex("org_unit", "o1"), true, false),
            (changed, complex("tenant", "t1"), true, false),
            ("urn:unknown", json!({ "format": "email" }), true, false),
        ] {
            let mut revoked = Revoked::default();
            revoked.note(&event(kind, subject.clone(), 7), 0);
            assert_eq!(revoked.concerns(&claims(Some(6))), old, "{kind} {subject}");
            assert_eq!(revoked.concerns(&claims(None)), old, "{kind} {subject}");
            assert_eq!(revoked.concerns(&claims(Some(7))), new, "{kind} {subject}");
            revoked.prune(KEPT_S);
            assert!(!revoked.concerns(&claims(Some(6))));
        }
    }

    #[test]
    fn what_was_said_last_does_not_undo_what_was_said_before() {
        let mut revoked = Revoked::default();
        let changed = "https://schemas.openid.net/secevent/caep/event-type/token-claims-change";
        let gone = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
        revoked.note(&event(gone, complex("session", "s1"), 7), 0);
        revoked.note(&event(changed, complex("session", "s1"), 5), 0);
        assert!(revoked.concerns(&claims(Some(9))));
        revoked.note(&event(changed, complex("user", "u1"), 9), 0);
        revoked.note(&event(changed, complex("user", "u1"), 8), 0);
        let other = Claims {
            sid: None,
            ..claims(Some(8))
        };
        assert!(revoked.concerns(&other));
    }
}
