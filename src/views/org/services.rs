//! Service accounts of an organization and their keys.

use askama::Template;

use super::super::desk::DeskFrame;
use super::super::{Chrome, filters};
use super::Tick;

/// A service account in a line.
#[derive(Debug, Clone)]
pub struct ServiceLine {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Its roles.
    pub roles: Vec<String>,
    /// Its keys count.
    pub active: bool,
}

/// `GET /org/{org}/services`.
#[derive(Template)]
#[template(path = "pages/org/services.html")]
pub struct ServicesPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// Where it is.
    pub path: String,
    /// One page of them.
    pub accounts: Vec<ServiceLine>,
    /// The first page, where this is another.
    pub first: Option<String>,
    /// The next page.
    pub next: Option<String>,
    /// What a new one can be.
    pub ticks: Vec<Tick>,
    /// May make them.
    pub may_write: bool,
    /// What the form holds.
    pub value: String,
    /// Key of what just happened.
    pub flash: Option<&'static str>,
    /// What went wrong.
    pub error: Option<String>,
}

/// A key of a service account. Times are epoch milliseconds.
#[derive(Debug, Clone)]
pub struct KeyLine {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// Its end.
    pub expires: i64,
    /// The end is past.
    pub over: bool,
    /// Used last, and from where.
    pub last_used: Option<(i64, String)>,
    /// How often it was used.
    pub uses: u32,
}

/// A public key of a service account.
#[derive(Debug, Clone)]
pub struct PublicKeyLine {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// RFC 7638.
    pub thumbprint: String,
    /// Used last (epoch milliseconds), and from where.
    pub last_used: Option<(i64, String)>,
    /// How often it was used.
    pub uses: u32,
}

/// `GET /org/{org}/services/{account}`.
#[derive(Template)]
#[template(path = "pages/org/service.html")]
pub struct ServicePage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// Where the forms are sent.
    pub path: String,
    /// Id, which applications see.
    pub id: String,
    /// Name.
    pub name: String,
    /// For the form: what is changed is what was seen.
    pub version: i64,
    /// Its keys count.
    pub active: bool,
    /// What it is and could be.
    pub ticks: Vec<Tick>,
    /// Its keys, newest first.
    pub keys: Vec<KeyLine>,
    /// Its public keys, newest first.
    pub public_keys: Vec<PublicKeyLine>,
    /// What the form for another holds.
    pub jwk: String,
    /// The name in it.
    pub jwk_name: String,
    /// The value of the key that was just made.
    pub made: Option<String>,
    /// Lives to choose from, in days.
    pub days: [u32; 4],
    /// May change it.
    pub may_write: bool,
    /// Key of what just happened.
    pub flash: Option<&'static str>,
    /// What went wrong.
    pub error: Option<String>,
}

#[cfg(test)]
impl ServicesPage {
    pub(in crate::views) fn samples() -> Vec<Self> {
        let line = |id: &str, name: &str, active| ServiceLine {
            id: id.into(),
            name: name.into(),
            roles: if active {
                vec!["planner".into()]
            } else {
                Vec::new()
            },
            active,
        };
        let some = || Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::own("services"),
            path: "/org/bk/services".into(),
            accounts: vec![
                line("s1", "Nightly <import>", true),
                line("s2", "Old", false),
            ],
            first: None,
            next: Some("/org/bk/services?after=s2".into()),
            ticks: Tick::samples(),
            may_write: true,
            value: String::new(),
            flash: Some("org-flash-service-deleted"),
            error: None,
        };
        let none = Self {
            accounts: Vec::new(),
            next: None,
            value: "Nightly <import>".into(),
            flash: None,
            error: Some("There are too many service accounts here. Delete one first.".into()),
            ..some()
        };
        let looking = Self {
            may_write: false,
            flash: None,
            ..some()
        };
        vec![some(), none, looking]
    }
}

#[cfg(test)]
impl ServicePage {
    pub(in crate::views) fn samples() -> Vec<Self> {
        let key = |id: &str, used: bool| KeyLine {
            id: id.into(),
            name: "Cluster <one>".into(),
            prefix: "lw_svc_4fK2Qm".into(),
            expires: 1_773_306_840_000,
            over: !used,
            last_used: used.then(|| (1_773_306_840_000, "203.0.113.24".into())),
            uses: if used { 3 } else { 0 },
        };
        let public = |id: &str, last_used: Option<(i64, String)>| PublicKeyLine {
            id: id.into(),
            name: "Cluster <two>".into(),
            thumbprint: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs".into(),
            uses: if last_used.is_some() { 2 } else { 0 },
            last_used,
        };
        let some = || Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::own("services"),
            path: "/org/bk/services/s1".into(),
            id: "0199aaaa-0000-7000-8000-000000000000".into(),
            name: "Nightly <import>".into(),
            version: 2,
            active: true,
            ticks: Tick::samples(),
            keys: vec![key("k1", true), key("k2", false)],
            public_keys: vec![
                public("p1", Some((1_773_306_840_000, "203.0.113.24".into()))),
                public("p2", None),
            ],
            jwk: String::new(),
            jwk_name: String::new(),
            made: Some("lw_svc_4fK2Qm9vYmFyYm9vYmFyYm9vYmFyYm9vYmFyYm9vYmFy1a2b3c".into()),
            days: [90, 30, 7, 365],
            may_write: true,
            flash: Some("org-flash-saved"),
            error: None,
        };
        let none = Self {
            keys: Vec::new(),
            public_keys: Vec::new(),
            jwk: "{ <".into(),
            jwk_name: "<ci>".into(),
            made: None,
            active: false,
            flash: None,
            error: Some(
                "These roles may do more than you: somebody above you has to decide.".into(),
            ),
            ..some()
        };
        let looking = Self {
            may_write: false,
            made: None,
            flash: None,
            ..some()
        };
        vec![some(), none, looking]
    }
}
