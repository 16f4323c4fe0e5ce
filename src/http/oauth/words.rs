//! Scopes as people read them.

use super::super::pages;
use crate::domain::Lang;
use crate::domain::scope::Scope;
use crate::views::{ConsentRow, FluentArgs, text};

/// What a scope means: icon, in few words, and more.
type Meaning = (&'static str, &'static str, &'static str);

/// Who somebody is: every app learns that.
const WHO: Meaning = ("person", "consent-who", "consent-who-detail");

/// Those that everybody knows.
#[rustfmt::skip]
const KNOWN: &[(&str, Meaning)] = &[
    ("profile", ("info", "consent-profile", "consent-profile-detail")),
    ("email", ("envelope", "consent-email", "consent-email-detail")),
    ("phone", ("phone", "consent-phone", "consent-phone-detail")),
    ("address", ("home", "consent-address", "consent-address-detail")),
    ("organization", ("building", "consent-organization", "consent-organization-detail")),
    ("offline_access", ("clock", "consent-offline", "consent-offline-detail")),
];

/// What these scopes mean, one by one. Words of the tenant's own applications stand as they are, with
/// whom they are for.
pub fn rows(lang: Lang, scope: &Scope, audiences: &[String]) -> Vec<ConsentRow> {
    let said = |(icon, title, detail): Meaning| ConsentRow {
        icon,
        title: pages::words(lang, title),
        detail: pages::words(lang, detail),
    };
    let mut rows = vec![said(WHO)];
    let known = KNOWN.iter().filter(|(word, _)| scope.has(word));
    rows.extend(known.map(|(_, meaning)| said(*meaning)));
    // What a token is for is said beside the words of that application, or by itself.
    let own = |word: &&str| *word != "openid" && KNOWN.iter().all(|(known, ..)| known != word);
    if !scope.words().any(|word| own(&word)) {
        rows.extend(audiences.iter().map(|audience| used(lang, audience)));
    }
    for word in scope.words().filter(own) {
        let mut detail = vec![word];
        detail.extend(audiences.iter().map(String::as_str));
        rows.push(if pages::desk::is_ours(word) {
            let title = pages::words(lang, pages::desk::of_scope(word));
            ConsentRow {
                icon: "key",
                title: title.trim_end_matches('.').to_owned(),
                detail: detail.join(" · "),
            }
        } else {
            let mut args = FluentArgs::new();
            args.set("scope", word);
            ConsentRow {
                icon: "key",
                title: text(lang, "consent-scope", &args),
                detail: audiences.join(", "),
            }
        });
    }
    rows
}

/// An application that the token opens.
fn used(lang: Lang, audience: &str) -> ConsentRow {
    let host = url::Url::parse(audience).ok();
    let host = host.and_then(|url| url.host_str().map(str::to_owned));
    let mut args = FluentArgs::new();
    args.set("place", host.unwrap_or_else(|| audience.to_owned()));
    ConsentRow {
        icon: "globe",
        title: text(lang, "consent-use", &args),
        detail: audience.to_owned(),
    }
}

/// The same in few words.
pub fn scope_words(lang: Lang, scope: &Scope) -> Vec<String> {
    let all = rows(lang, scope, &[]);
    all.into_iter().map(|row| row.title).collect()
}
