//! Domains of an organization and what proves them.

use askama::Template;

use super::super::desk::{DeskFrame, StateWord};
use super::super::{Chrome, filters};

/// A domain in a line. Times are epoch milliseconds.
#[derive(Debug, Clone)]
pub struct DomainLine {
    /// Id.
    pub id: String,
    /// Its name.
    pub domain: String,
    /// How far it is.
    pub state: StateWord,
    /// When it was proven.
    pub proven: Option<i64>,
    /// When the record was last looked for.
    pub looked: Option<i64>,
    /// Since when the record of a proven one is gone.
    pub missing: Option<i64>,
    /// Name of the record.
    pub name: String,
    /// What it has to say.
    pub value: String,
}

impl DomainLine {
    /// Proven, and the record is there: nobody has to do anything about it.
    fn settled(&self) -> bool {
        self.proven.is_some() && self.missing.is_none()
    }

    /// Element with the record's name.
    fn name_id(&self) -> String {
        format!("name-{}", self.id)
    }

    /// Element with what it has to say.
    fn value_id(&self) -> String {
        format!("value-{}", self.id)
    }
}

/// What was just seen at a domain.
#[derive(Debug, Clone)]
pub struct Looked {
    /// Id of the domain.
    pub id: String,
    /// All texts that are there.
    pub seen: Vec<String>,
}

/// `GET /org/{org}/domains`.
#[derive(Template)]
#[template(path = "pages/org/domains.html")]
pub struct DomainsPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// Where its forms are sent.
    pub path: String,
    /// One page, by name.
    pub domains: Vec<DomainLine>,
    /// The first page, where this is another.
    pub first: Option<String>,
    /// The next page.
    pub next: Option<String>,
    /// What was seen, where somebody has just looked and it proves nothing.
    pub looked: Option<Looked>,
    /// May add, look and remove.
    pub may_write: bool,
    /// What the form holds.
    pub value: String,
    /// Key of what just happened.
    pub flash: Option<&'static str>,
    /// What went wrong.
    pub error: Option<String>,
    /// What went wrong with a domain that is here already: its id, and the words.
    pub trouble: Option<(String, String)>,
}

impl DomainsPage {
    fn seen(&self, id: &str) -> Option<&[String]> {
        let looked = self.looked.as_ref().filter(|looked| looked.id == id);
        looked.map(|looked| looked.seen.as_slice())
    }

    fn trouble_of(&self, id: &str) -> Option<&str> {
        let found = self.trouble.as_ref().filter(|(of, _)| of == id);
        found.map(|(_, words)| words.as_str())
    }

    /// About a domain that is not on this page.
    fn other_trouble(&self) -> Option<&str> {
        let (id, words) = self.trouble.as_ref()?;
        let here = self.domains.iter().any(|one| one.id == *id);
        (!here).then_some(words.as_str())
    }
}

#[cfg(test)]
impl DomainsPage {
    pub(in crate::views) fn samples() -> Vec<Self> {
        const AT: i64 = 1_773_306_840_000;
        let line = |id: &str, domain: &str| DomainLine {
            id: id.into(),
            domain: domain.into(),
            state: StateWord::new("warn", "org-domain-open"),
            proven: None,
            looked: None,
            missing: None,
            name: format!("_laneway.{domain}"),
            value: "laneway-verify=3q2-7wAAAAAAAAAAAAAAAAAAAAA".into(),
        };
        let some = || Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::own("domains"),
            path: "/org/bk/domains".into(),
            domains: vec![
                DomainLine {
                    looked: Some(AT),
                    ..line("d1", "brennankohl.example")
                },
                DomainLine {
                    state: StateWord::new("ok", "org-domain-proven"),
                    proven: Some(AT),
                    looked: Some(AT),
                    ..line("d2", "kohl.example")
                },
                DomainLine {
                    state: StateWord::new("bad", "org-domain-missing"),
                    proven: Some(AT),
                    looked: Some(AT),
                    missing: Some(AT),
                    ..line("d3", "old.example")
                },
            ],
            first: None,
            next: Some("/org/bk/domains?after=x".into()),
            looked: Some(Looked {
                id: "d1".into(),
                seen: vec!["v=spf1 <-all>".into()],
            }),
            may_write: true,
            value: String::new(),
            flash: None,
            error: None,
            trouble: Some(("d1".into(), "The name server does not answer.".into())),
        };
        let unseen = Self {
            looked: Some(Looked {
                id: "d1".into(),
                seen: Vec::new(),
            }),
            flash: Some("org-flash-domain-added"),
            ..some()
        };
        let none = Self {
            domains: Vec::new(),
            next: None,
            looked: None,
            value: "<acme".into(),
            error: Some("Give a domain, such as example.com.".into()),
            trouble: None,
            ..some()
        };
        let looking = Self {
            may_write: false,
            looked: None,
            ..some()
        };
        vec![some(), unseen, none, looking]
    }
}
