//! Identifiers as types: no bare string or UUID crosses a room.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub String);

        impl $name {
            /// The text form, as stored and shown.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serialize(&self.0, serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserialize(deserializer).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A tenant: an isolated application space.
    TenantId
);
id!(
    /// A user: the only `sub` that anything downstream sees.
    UserId
);
id!(
    /// An organization inside a tenant.
    OrgId
);
id!(
    /// A configured identity provider.
    UpstreamId
);
id!(
    /// A stored login attempt.
    FlowId
);
id!(
    /// One sign-in, shared by all cookies that came out of it.
    Sid
);

id!(
    /// A customer's own identity provider, attached to an organization.
    ConnectionId
);
id!(
    /// A browser that somebody signed in with.
    DeviceId
);
id!(
    /// A registered app; its `client_id`.
    AppId
);

impl ConnectionId {
    /// As whatever a sign-in came from: sessions and links name upstreams and connections
    /// alike, and no id is given twice.
    pub fn as_source(&self) -> UpstreamId {
        UpstreamId(self.0.clone())
    }
}

/// An id in formats that nobody reads: sixteen bytes instead of thirty-six characters.
#[derive(Serialize, Deserialize)]
enum Compact {
    Uuid([u8; 16]),
    Text(String),
}

fn serialize<S: Serializer>(id: &str, serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        return serializer.serialize_str(id);
    }
    let compact = match Uuid::parse_str(id) {
        // Other spellings of a UUID would not come back as they were.
        Ok(uuid) if uuid.to_string() == id => Compact::Uuid(uuid.into_bytes()),
        _ => Compact::Text(id.to_owned()),
    };
    compact.serialize(serializer)
}

fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    if deserializer.is_human_readable() {
        return String::deserialize(deserializer);
    }
    Ok(match Compact::deserialize(deserializer)? {
        Compact::Uuid(bytes) => Uuid::from_bytes(bytes).to_string(),
        Compact::Text(text) => text,
    })
}

/// Whether a text can be one of our ids at all (short, plain ASCII): checked before it
/// reaches SQL or a log line.
pub fn plausible(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// Has it the form of our ids? Names must not: an id names one record and nothing else.
pub fn is_uuid(text: &str) -> bool {
    Uuid::try_parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::Sid;

    #[test]
    fn ids_come_back_as_they_were_from_any_format() {
        for text in [
            "0199aaaa-0000-7000-8000-000000000000",
            "0199AAAA-0000-7000-8000-000000000000",
            "0199aaaa000070008000000000000000",
            "s1",
            "",
        ] {
            let id = Sid(text.into());
            let json = serde_json::to_string(&id).expect("JSON");
            assert_eq!(json, format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<Sid>(&json).expect("an id"), id);
            let packed = postcard::to_allocvec(&id).expect("bytes");
            assert_eq!(postcard::from_bytes::<Sid>(&packed).expect("an id"), id);
        }
        let uuid = Sid("0199aaaa-0000-7000-8000-000000000000".into());
        assert_eq!(postcard::to_allocvec(&uuid).expect("bytes").len(), 17);
    }
}
