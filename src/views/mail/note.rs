//! Mails that say one thing about an account: what happened, when, and what to do about it;
//! some with a code or a link.

use askama::Template;

use super::super::filters;
use super::super::words::Words;
use super::{Letterhead, one_line, rendered};
use crate::domain::Lang;
use crate::domain::checks::EXPLAINED;

/// A mail about an account.
#[derive(Template, Clone)]
#[template(path = "mail/note.html")]
pub struct NoteMail {
    tenant_name: String,
    head: Letterhead,
    subject: Words,
    title: Words,
    lead: Words,
    code: Option<String>,
    link: Option<(String, Words)>,
    more: Vec<Words>,
    not_you: Words,
    sent: Option<Words>,
}

#[derive(Template)]
#[template(path = "mail/note.txt")]
struct NoteText<'a>(&'a NoteMail);

/// Something that was found about a connection.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What it is called.
    pub code: String,
    /// What was seen.
    pub said: String,
    /// Where more is said.
    pub help: String,
    /// Fewer days than this are left, where something ends.
    pub left: Option<i64>,
}

/// Keys of what every note says.
struct Keys {
    subject: &'static str,
    title: &'static str,
    lead: &'static str,
    not_you: &'static str,
}

impl NoteMail {
    fn head(&self) -> &Letterhead {
        &self.head
    }

    /// Subject line.
    pub fn subject(&self, lang: Lang) -> String {
        one_line(&self.subject.say(lang))
    }

    /// HTML body.
    pub fn html(&self, lang: Lang) -> String {
        rendered(lang, self)
    }

    /// Text body.
    pub fn text(&self, lang: Lang) -> String {
        rendered(lang, &NoteText(self))
    }

    /// The code in it.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The address of its link.
    pub fn link(&self) -> Option<&str> {
        self.link.as_ref().map(|(url, _)| url.as_str())
    }

    /// With who gets it, which host sends it and whose it is.
    #[must_use]
    pub fn sent_to(self, to: &str, host: &str, head: Letterhead) -> Self {
        let words = Words::new("mail-sent").text("to", to).text("host", host);
        Self {
            sent: Some(words),
            head,
            ..self
        }
    }

    /// Every sentence may use the same values.
    fn of(tenant: &str, keys: &Keys, values: &dyn Fn(Words) -> Words) -> Self {
        let said = |key| values(Words::new(key).text("tenant", one_line(tenant)));
        Self {
            tenant_name: tenant.to_owned(),
            head: Letterhead::default(),
            subject: said(keys.subject),
            title: said(keys.title),
            lead: said(keys.lead),
            code: None,
            link: None,
            more: Vec::new(),
            not_you: said(keys.not_you),
            sent: None,
        }
    }

    /// To the new address of an account: the code that moves the account there.
    pub fn email_change(tenant: &str, code: &str, minutes: u32) -> Self {
        let keys = Keys {
            subject: "note-email-change-subject",
            title: "note-email-change-title",
            lead: "note-email-change-lead",
            not_you: "note-email-change-not-you",
        };
        let once = Words::new("note-email-change-once").number("minutes", minutes.into());
        Self {
            code: Some(code.to_owned()),
            more: vec![once],
            ..Self::of(tenant, &keys, &|words| words.text("code", code))
        }
    }

    /// To an address that somebody wanted to move their account to, although it has one.
    pub fn email_taken(tenant: &str, login_url: &str) -> Self {
        let keys = Keys {
            subject: "note-email-taken-subject",
            title: "note-email-taken-title",
            lead: "note-email-taken-lead",
            not_you: "note-email-taken-not-you",
        };
        Self {
            link: Some((login_url.to_owned(), Words::new("note-sign-in"))),
            ..Self::of(tenant, &keys, &|words| words)
        }
    }

    /// To the old address of an account that moved away from it.
    pub fn email_changed(
        tenant: &str,
        new: &str,
        at: i64,
        reference: &str,
        login_url: &str,
    ) -> Self {
        let keys = Keys {
            subject: "note-email-changed-subject",
            title: "note-email-changed-title",
            lead: "note-email-changed-lead",
            not_you: "note-email-changed-not-you",
        };
        let object = Words::new("note-email-changed-object")
            .text("tenant", one_line(tenant))
            .text("reference", reference);
        Self {
            more: vec![object],
            link: Some((login_url.to_owned(), Words::new("note-sign-in"))),
            ..Self::of(tenant, &keys, &|words| {
                words.text("email", new).instant("when", at)
            })
        }
    }

    /// To somebody who is invited.
    pub fn invitation(tenant: &str, place: &str, url: &str, until: i64) -> Self {
        let keys = Keys {
            subject: "note-invitation-subject",
            title: "note-invitation-title",
            lead: "note-invitation-lead",
            not_you: "note-invitation-not-you",
        };
        Self {
            link: Some((url.to_owned(), Words::new("note-invitation-open"))),
            more: vec![Words::new("note-invitation-until").instant("when", until)],
            ..Self::of(tenant, &keys, &|words| words.text("place", one_line(place)))
        }
    }

    /// To whoever is asked to set a connection up: the code that opens their link.
    pub fn setup_code(tenant: &str, org: &str, code: &str, minutes: u32) -> Self {
        let keys = Keys {
            subject: "note-setup-code-subject",
            title: "note-setup-code-title",
            lead: "note-setup-code-lead",
            not_you: "note-setup-code-not-you",
        };
        let once = Words::new("note-email-change-once").number("minutes", minutes.into());
        Self {
            code: Some(code.to_owned()),
            more: vec![once],
            ..Self::of(tenant, &keys, &|words| {
                words.text("code", code).text("org", one_line(org))
            })
        }
    }

    /// To whoever looks after a connection: something new was found about it.
    pub fn connection(
        tenant: &str,
        (name, org, provider): (&str, &str, &str),
        findings: &[Finding],
        url: &str,
    ) -> Self {
        let keys = Keys {
            subject: "note-connection-subject",
            title: "note-connection-title",
            lead: "note-connection-lead",
            not_you: "note-connection-not-you",
        };
        Self {
            link: Some((url.to_owned(), Words::new("note-connection-open"))),
            more: findings
                .iter()
                .flat_map(|one| [Some(finding(one)), one.left.map(left)])
                .flatten()
                .collect(),
            ..Self::of(tenant, &keys, &|words| {
                words
                    .text("name", one_line(name))
                    .text("org", one_line(org))
                    .text("provider", one_line(provider))
            })
        }
    }

    /// To somebody whose second factor an operator has taken off.
    pub fn factor_reset(tenant: &str, at: i64, reference: &str) -> Self {
        let keys = Keys {
            subject: "note-factor-reset-subject",
            title: "note-factor-reset-title",
            lead: "note-factor-reset-lead",
            not_you: "note-account-deleted-not-you",
        };
        Self::of(tenant, &keys, &|words| {
            words.text("reference", reference).instant("when", at)
        })
    }

    /// To the address of an account that is gone.
    pub fn account_deleted(tenant: &str, at: i64, reference: &str) -> Self {
        let keys = Keys {
            subject: "note-account-deleted-subject",
            title: "note-account-deleted-title",
            lead: "note-account-deleted-lead",
            not_you: "note-account-deleted-not-you",
        };
        Self::of(tenant, &keys, &|words| {
            words.text("reference", reference).instant("when", at)
        })
    }
}

/// What was found, in the words that the pages have for it.
fn finding(
    Finding {
        code, said, help, ..
    }: &Finding,
) -> Words {
    let code = code.as_str();
    if !EXPLAINED.contains(&code) {
        return Words::new("note-connection-finding-other")
            .text("code", code)
            .text("help", help.as_str());
    }
    let key = if said.is_empty() {
        "note-connection-finding"
    } else {
        "note-connection-finding-said"
    };
    let code = code.replace('_', "-");
    Words::new(key)
        .key("what", format!("check-{code}"))
        .key("explained", format!("explain-{code}"))
        .text("said", one_line(said).chars().take(300).collect::<String>())
        .text("help", help.as_str())
}

fn left(days: i64) -> Words {
    Words::new("note-connection-left").number("days", days)
}

#[cfg(test)]
impl NoteMail {
    /// One of each.
    pub(in crate::views) fn samples() -> Vec<Self> {
        let (tenant, login) = ("Quay & Nine", "https://login.tidewell.example/login");
        let at = 1_773_306_840_000;
        let invitation = "https://login.tidewell.example/invitations/abc";
        [
            Self::email_change(tenant, "482915", 10),
            Self::email_taken(tenant, login),
            Self::email_changed(tenant, "ana@<new>.example", at, "7QK4M2", login),
            Self::account_deleted(tenant, at, "7QK4M2"),
            Self::factor_reset(tenant, at, "7QK4M2"),
            Self::invitation(tenant, "Acme", invitation, at),
            Self::setup_code(tenant, "Pellworm <& Labs>", "482915", 10),
            Self::connection(
                tenant,
                ("Acme <SSO>", "Acme", "https://idp.acme.example"),
                &[
                    ("certificate_expiring", "RSA 2048, valid until 2027-03-01"),
                    ("metadata_unreachable", ""),
                    ("new_here", ""),
                ]
                .map(|(code, said)| Finding {
                    code: code.into(),
                    said: said.into(),
                    help: format!("{login}#{code}"),
                    left: (code == "certificate_expiring").then_some(14),
                }),
                login,
            ),
        ]
        .into_iter()
        .map(|note| {
            let (to, host) = ("ana.ferreira@brennankohl.example", "login.tidewell.example");
            note.sent_to(to, host, Letterhead::sample())
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::NoteMail;
    use crate::domain::Lang;

    #[test]
    fn every_note_is_whole_in_both_bodies_and_languages() {
        for (note, lang) in Lang::ALL.into_iter().flat_map(|lang| {
            NoteMail::samples()
                .into_iter()
                .map(move |note| (note, lang))
        }) {
            let subject = note.subject(lang);
            assert!(!subject.contains('⟦') && !subject.is_empty(), "{subject}");
            for body in [note.html(lang), note.text(lang)] {
                assert!(!body.contains('⟦'), "{body}");
                assert!(body.contains("ana.ferreira@brennankohl.example"), "{body}");
                assert!(note.code().is_none_or(|code| body.contains(code)));
                assert!(note.link().is_none_or(|link| body.contains(link)));
            }
            assert!(note.html(lang).contains("Quay &#38; Nine"));
            assert!(
                note.text(lang).contains("Quay & Nine"),
                "{}",
                note.text(lang)
            );
        }
    }

    #[test]
    fn the_old_address_is_told_when_and_how_to_object() {
        let note = &NoteMail::samples()[2];
        for body in [note.html(Lang::En), note.text(Lang::En)] {
            assert!(body.contains("12 Mar 2026, 09:14 UTC") && body.contains("7QK4M2"));
        }
        assert!(note.html(Lang::En).contains("ana@&#60;new&#62;.example"));
    }
}
