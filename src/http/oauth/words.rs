//! Scopes as people read them.

use super::super::pages;
use crate::domain::Lang;
use crate::domain::scope::Scope;
use crate::views::{ConsentRow, FluentArgs, text};

/// Scope, icon, text: those that everybody knows.
const KNOWN: &[(&str, &str, &str)] = &[
    ("profile", "info", "consent-profile"),
    ("email", "envelope", "consent-email"),
    ("phone", "phone", "consent-phone"),
    ("address", "home", "consent-address"),
    ("organization", "building", "consent-organization"),
    ("offline_access", "clock", "consent-offline"),
];

/// What these scopes mean, one by one. Words of the tenant's own stand as they are, with whom they
/// are for.
pub fn rows(lang: Lang, scope: &Scope, audiences: &[String]) -> Vec<ConsentRow> {
    let said = |icon: &'static str, key: &str| ConsentRow {
        icon,
        title: pages::words(lang, key),
        detail: pages::words(lang, &format!("{key}-detail")),
    };
    let mut rows = vec![said("person", "consent-who")];
    let known = KNOWN.iter().filter(|(word, ..)| scope.has(word));
    rows.extend(known.map(|(_, icon, key)| said(icon, key)));
    let own = |word: &&str| *word != "openid" && KNOWN.iter().all(|(known, ..)| known != word);
    for word in scope.words().filter(own) {
        let mut args = FluentArgs::new();
        args.set("scope", word);
        rows.push(ConsentRow {
            icon: "key",
            title: text(lang, "consent-scope", &args),
            detail: audiences.join(", "),
        });
    }
    rows
}

/// The same in few words.
pub fn scope_words(lang: Lang, scope: &Scope) -> Vec<String> {
    let all = rows(lang, scope, &[]);
    all.into_iter().map(|row| row.title).collect()
}
