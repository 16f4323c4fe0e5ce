//! Attributes in our words: the usual names of address, name and groups.
//!
//! Owns: which names providers use. Must not know: any vendor's pages.

use laneway_contract::Groups;
use serde_json::{Map, Value, json};

use crate::SamlConfig;

const EMAIL: &[&str] = &[
    "email",
    "mail",
    "emailAddress",
    "Email",
    "urn:oid:0.9.2342.19200300.100.1.3",
    "urn:oid:1.2.840.113549.1.9.1",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
];
const NAME: &[&str] = &[
    "name",
    "displayName",
    "urn:oid:2.16.840.1.113730.3.1.241",
    "http://schemas.microsoft.com/identity/claims/displayname",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/displayname",
    "cn",
    "urn:oid:2.5.4.3",
];
const GIVEN: &[&str] = &[
    "givenName",
    "firstName",
    "first_name",
    "FirstName",
    "urn:oid:2.5.4.42",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
];
const FAMILY: &[&str] = &[
    "surname",
    "sn",
    "lastName",
    "last_name",
    "LastName",
    "urn:oid:2.5.4.4",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
];
const GROUPS: &[&str] = &[
    "groups",
    "group",
    "memberOf",
    "member",
    "http://schemas.xmlsoap.org/claims/Group",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
    "urn:oid:1.3.6.1.4.1.5923.1.5.1.1",
    "roles",
    "Role",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/role",
];
/// Sent in place of groups where there are more than fit.
const OVERAGE: &str = "http://schemas.microsoft.com/claims/groups.link";

/// All of them as received, and under the names `email`, `name` and `groups` besides.
pub(crate) fn claims(config: &SamlConfig, all: &[(String, Vec<String>)]) -> Map<String, Value> {
    let mut claims: Map<String, Value> = Map::new();
    for (name, values) in all {
        let value = match values.as_slice() {
            [one] => json!(one),
            many => json!(many),
        };
        claims.insert(name.clone(), value);
    }
    if claims.contains_key(OVERAGE) {
        claims.insert("hasgroups".into(), json!(true));
    }
    let name = found(&claims, config.name_claim.as_deref(), NAME).or_else(|| {
        let parts = [GIVEN, FAMILY].map(|names| text(&claims, None, names));
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| json!(parts.join(" ")))
    });
    let email = found(&claims, config.email_claim.as_deref(), EMAIL);
    let groups = found(&claims, config.groups_claim.as_deref(), GROUPS);
    for (own, value) in [("email", email), ("name", name), ("groups", groups)] {
        if let Some(value) = value {
            claims.entry(own).or_insert(value);
        }
    }
    claims
}

/// The person's groups.
pub(crate) fn groups(config: &SamlConfig, claims: &Map<String, Value>) -> Groups {
    Groups::read(claims, config.groups_claim.as_deref().unwrap_or("groups"))
}

/// The address: of the attribute that was named, else of a usual one.
pub(crate) fn email(config: &SamlConfig, claims: &Map<String, Value>) -> Option<String> {
    text(claims, config.email_claim.as_deref(), &["email"])
}

/// The name, likewise.
pub(crate) fn name(config: &SamlConfig, claims: &Map<String, Value>) -> Option<String> {
    text(claims, config.name_claim.as_deref(), &["name"])
}

fn found(claims: &Map<String, Value>, named: Option<&str>, usual: &[&str]) -> Option<Value> {
    match named {
        Some(name) => claims.get(name).cloned(),
        None => usual.iter().find_map(|name| claims.get(*name)).cloned(),
    }
}

/// The first value that is a text of something.
fn text(claims: &Map<String, Value>, named: Option<&str>, usual: &[&str]) -> Option<String> {
    let value = found(claims, named, usual)?;
    let text = match &value {
        Value::Array(all) => all.first()?.as_str()?,
        other => other.as_str()?,
    };
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
