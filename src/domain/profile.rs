//! What OpenID Connect knows about a person beside their name and address (Core §5.1).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use super::problem::Problem;

/// Longer values are refused.
const LONGEST: usize = 200;

/// The claims that belong to a scope (Core §5.4).
pub const CLAIMS_OF: &[(&str, &[&str])] = &[
    (
        "profile",
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("address", &["address"]),
    ("phone", &["phone_number", "phone_number_verified"]),
];

/// The scope that a standard claim belongs to.
pub fn scope_of(claim: &str) -> Option<&'static str> {
    let mut all = CLAIMS_OF.iter();
    all.find(|(_, claims)| claims.contains(&claim))
        .map(|(scope, _)| *scope)
}

/// Standard claims that we keep and do not use ourselves; `None` is not known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "the names are the registered claim names")]
pub struct Profile {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zoneinfo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// Where somebody lives (Core §5.1.1).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "the names are the registered ones")]
pub struct Address {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

impl Profile {
    /// Its members by name.
    pub fn members(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        }
    }

    /// What has to hold whoever writes it.
    ///
    /// # Errors
    /// `invalid_field`.
    pub fn check(&self) -> Result<(), Problem> {
        let bad = |pointer: &str, detail: &str| Err(Problem::field(pointer, "invalid", detail));
        for (name, value) in self.members() {
            check_text(&format!("/{name}"), &value)?;
        }
        for (pointer, url) in [
            ("/profile", &self.profile),
            ("/picture", &self.picture),
            ("/website", &self.website),
        ] {
            let web = |url: &Url| matches!(url.scheme(), "https" | "http");
            if url.as_ref().is_some_and(|url| !web(url)) {
                return bad(pointer, "Use an address of the web.");
            }
        }
        if self.birthdate.as_deref().is_some_and(|text| !is_date(text)) {
            return bad("/birthdate", "Write a date as 1990-04-23, or a year alone.");
        }
        if self
            .phone_number
            .as_deref()
            .is_some_and(|text| !is_phone(text))
        {
            return bad("/phone_number", "Write a number as +49 30 1234567.");
        }
        Ok(())
    }
}

fn check_text(pointer: &str, value: &Value) -> Result<(), Problem> {
    match value {
        Value::String(text) if text.is_empty() || text.chars().count() > LONGEST => Err(
            Problem::field(pointer, "invalid", "Use 1 to 200 characters."),
        ),
        Value::Object(members) => members
            .iter()
            .try_for_each(|(name, value)| check_text(&format!("{pointer}/{name}"), value)),
        _ => Ok(()),
    }
}

/// `YYYY-MM-DD`, or `YYYY`; the year may be `0000`, which leaves it out.
fn is_date(text: &str) -> bool {
    let digits = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let parts: Vec<&str> = text.split('-').collect();
    match parts[..] {
        [year] => digits(year, 4),
        [year, month, day] => {
            let fits =
                |part: &str, most: u8| part.parse().is_ok_and(|n: u8| (1..=most).contains(&n));
            digits(year, 4)
                && digits(month, 2)
                && digits(day, 2)
                && fits(month, 12)
                && fits(day, 31)
        }
        _ => false,
    }
}

/// E.164, with the spaces that people put into it.
fn is_phone(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('+') else {
        return false;
    };
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    (6..=15).contains(&digits)
        && rest
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b" -().".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::{CLAIMS_OF, Profile, is_date, is_phone, scope_of};

    #[test]
    fn dates_and_numbers_are_told_from_noise() {
        for good in ["1990-04-23", "0000-04-23", "1990"] {
            assert!(is_date(good), "{good}");
        }
        for bad in [
            "",
            "90",
            "1990-13-01",
            "1990-4-23",
            "1990-04-32",
            "1990-04",
            "a990",
        ] {
            assert!(!is_date(bad), "{bad}");
        }
        assert!(is_phone("+49 (30) 123-4567"));
        for bad in ["", "030 1234567", "+12", "+49 30 x", "+1234567890123456"] {
            assert!(!is_phone(bad), "{bad}");
        }
    }

    #[test]
    fn each_member_belongs_to_a_scope() {
        let full = serde_json::json!({
            "given_name": "A", "family_name": "B", "middle_name": "C", "nickname": "D",
            "preferred_username": "e", "profile": "https://x.test/", "picture": "https://x.test/p",
            "website": "https://x.test/w", "gender": "f", "birthdate": "1990", "zoneinfo": "UTC",
            "phone_number": "+49301234567", "phone_number_verified": true,
            "address": { "locality": "Berlin" },
        });
        let profile: Profile = serde_json::from_value(full).expect("a profile");
        assert!(profile.check().is_ok());
        for name in profile.members().keys() {
            assert!(scope_of(name).is_some(), "{name}");
        }
        assert_eq!(CLAIMS_OF.len(), 4);
        assert!(scope_of("sub").is_none());
    }

    #[test]
    fn what_cannot_be_is_refused_where_it_stands() {
        let refused = |value: serde_json::Value| {
            let profile: Profile = serde_json::from_value(value).expect("a profile");
            let problem = profile.check().expect_err("a refusal");
            problem.errors[0].pointer.clone()
        };
        assert_eq!(
            refused(serde_json::json!({"birthdate": "soon"})),
            "/birthdate"
        );
        assert_eq!(
            refused(serde_json::json!({"website": "ftp://x.test/"})),
            "/website"
        );
        let long = "x".repeat(201);
        let address = serde_json::json!({"address": {"region": long}});
        assert_eq!(refused(address), "/address/region");
    }
}
