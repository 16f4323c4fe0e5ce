//! The languages against each other, and against what the code says.

use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::FluentResource;

use super::super::tests::source;
use super::{
    FluentArgs, PROBLEMS, VALUES, files, has_text, lines, text, translate, translate_value,
};
use crate::domain::Lang;

/// Words that are the same in both languages, or that a person compares with the pages of
/// another product.
const SAME: &[(Lang, &[&str])] = &[(
    Lang::De,
    &[
        "account-passkeys",
        "account-there-passkey",
        "desk-app-audiences",
        "desk-app-grants",
        "desk-app-issuer",
        "desk-app-pkce",
        "desk-apps",
        "device-app",
        "check-code",
        "code-label-short",
        "desk-clock",
        "desk-failed-count",
        "desk-hosts",
        "desk-id",
        "desk-kind-installation",
        "desk-logo",
        "desk-method-passkey",
        "desk-name",
        "desk-trail",
        "desk-who-laneway",
        "desk-why-else",
        "name-label",
        "notice-instant",
        "org-nav-domains",
        "status",
        "upstream-backchannel-uri",
        "upstream-client-id",
        "upstream-issuer",
        "upstream-post-logout-uri",
        "upstream-redirect-uri",
        // Months.
        "month-",
    ],
)];

/// Sentences of rooms that speak to operators at their terminal, to other programs, or
/// that never reach a page.
const NOT_ON_PAGES: &[&str] = &[
    "src/cli",
    "src/config",
    "src/http/admin",
    "src/http/openapi",
    "src/http/ops.rs",
    "src/http/serve.rs",
    "src/http/shown.rs",
    "src/core/start.rs",
    "src/app.rs",
    "src/outbound",
    "src/views",
];

#[test]
fn every_line_is_readable_and_every_key_is_given_once() {
    for lang in Lang::ALL {
        assert!(!files(lang).is_empty(), "{lang:?} has no words");
        for (name, text) in files(lang) {
            assert!(
                FluentResource::try_new(text).is_ok(),
                "{lang:?} {name} has an unreadable line"
            );
        }
        let keys: Vec<String> = messages(lang).into_iter().map(|(key, _)| key).collect();
        let unique: BTreeSet<&String> = keys.iter().collect();
        assert_eq!(keys.len(), unique.len(), "{lang:?}: a key twice");
    }
}

#[test]
fn every_language_has_every_key_with_the_same_values() {
    let english: BTreeMap<String, String> = messages(Lang::En).into_iter().collect();
    for lang in Lang::ALL {
        let theirs: BTreeMap<String, String> = messages(lang).into_iter().collect();
        let missing: Vec<_> = english
            .keys()
            .filter(|k| !theirs.contains_key(*k))
            .collect();
        assert!(missing.is_empty(), "{lang:?} lacks {missing:?}");
        let extra: Vec<_> = theirs
            .keys()
            .filter(|k| !english.contains_key(*k))
            .collect();
        assert!(
            extra.is_empty(),
            "{lang:?} has what English has not: {extra:?}"
        );
        for (key, words) in &english {
            assert_eq!(
                values(words),
                values(&theirs[key]),
                "{lang:?} {key}: other values"
            );
            assert_eq!(
                words.matches("<b>").count(),
                theirs[key].matches("<b>").count(),
                "{lang:?} {key}: other markup"
            );
        }
    }
}

#[test]
fn nothing_is_left_in_english() {
    let english: BTreeMap<String, String> = messages(Lang::En).into_iter().collect();
    for (lang, same) in SAME {
        let left: Vec<String> = messages(*lang)
            .into_iter()
            .filter(|(key, words)| english.get(key) == Some(words))
            .map(|(key, _)| key)
            .filter(|key| !same.iter().any(|family| key.starts_with(family)))
            .collect();
        assert!(left.is_empty(), "{lang:?} is not translated: {left:?}");
    }
}

/// A phrase that nobody says any more, or says otherwise, would be English for ever.
#[test]
fn what_checks_say_is_said_somewhere() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut said = String::new();
    let mut folders = vec![root.join("src"), root.join("provider-adapters")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                said.push_str(&std::fs::read_to_string(path).expect("a file"));
            }
        }
    }
    let english = files(Lang::En);
    let (_, phrases) = english
        .iter()
        .find(|(name, _)| name == VALUES)
        .expect("a file");
    for (key, words) in lines(phrases) {
        let longest = super::sentence(key, words)
            .fixed
            .into_iter()
            .max_by_key(String::len);
        let fixed = longest.unwrap_or_default();
        assert!(said.contains(fixed.trim()), "{key}: nobody says {fixed:?}");
    }
    let german = |words: &str| translate_value(Lang::De, words.to_owned());
    assert_eq!(german("3 groups"), "3 Gruppen");
    assert_eq!(german("an e-mail address"), "eine E-Mail-Adresse");
    assert_eq!(
        german("https://idp.test"),
        "https://idp.test",
        "a value stays as it is"
    );
}

#[test]
fn files_have_the_same_names() {
    let names = |lang| files(lang).into_iter().map(|(name, _)| name);
    for lang in Lang::ALL {
        assert!(names(lang).eq(names(Lang::En)), "{lang:?}");
    }
}

#[test]
fn unknown_keys_and_missing_values_are_visible() {
    for lang in Lang::ALL {
        assert_eq!(
            text(lang, "no-such-key", &FluentArgs::new()),
            "⟦no-such-key⟧"
        );
        assert!(text(lang, "login-title", &FluentArgs::new()).starts_with('⟦'));
    }
    assert!(!has_text("no-such-key"));
}

#[test]
fn values_stay_as_they_are() {
    let mut args = FluentArgs::new();
    args.set("tenant", "007 { $x } ");
    let words = text(Lang::En, "login-title", &args);
    assert_eq!(words, "Sign in to 007 { $x } ");
}

#[test]
fn problems_are_said_in_the_readers_language() {
    let said = |english| translate(Lang::De, english);
    assert_eq!(
        said("Enter your email address.").as_deref(),
        Some("Geben Sie Ihre E-Mail-Adresse ein.")
    );
    assert_eq!(
        said("Passkeys for a.test stay stored but are not offered, unless embedded is made companion.")
            .as_deref(),
        Some(
            "Passkeys für a.test bleiben gespeichert, werden aber nicht angeboten, solange der \
             eingebaute Dienst kein Begleiter ist."
        )
    );
    assert_eq!(said("Nobody wrote this down."), None);
    assert_eq!(
        translate(Lang::En, "Anything.").as_deref(),
        Some("Anything.")
    );
}

/// What a problem says to people is written down for every language, and nothing else is.
#[test]
fn every_sentence_of_a_problem_is_known_and_said() {
    let (_, resource) = files(Lang::En)
        .into_iter()
        .find(|(name, _)| name == PROBLEMS)
        .expect("there are problems");
    let known: BTreeSet<String> = lines(&resource)
        .filter(|(key, _)| !key.starts_with("problem-any-"))
        .map(|(_, words)| without_values(words))
        .collect();
    let mut said = BTreeSet::new();
    let mut unknown = Vec::new();
    for (path, code) in source::files("src", &["rs"]) {
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        let on_pages = !NOT_ON_PAGES.iter().any(|room| path.starts_with(room));
        for literal in source::literals(code) {
            let words = without_values(&literal);
            if on_pages && is_sentence(&words) && !known.contains(&words) {
                unknown.push(format!("{path}: {literal}"));
            }
            said.insert(words);
        }
    }
    // What adapters find is said by them.
    for (_, code) in source::files("provider-adapters", &["rs"]) {
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        said.extend(source::literals(code).iter().map(|one| without_values(one)));
    }
    assert!(
        unknown.is_empty(),
        "give these sentences a key in templates/text/*/{PROBLEMS}: {unknown:#?}"
    );
    let unsaid: Vec<_> = known.difference(&said).collect();
    assert!(unsaid.is_empty(), "nobody says this any more: {unsaid:#?}");
}

#[test]
fn every_key_is_used() {
    let mut sources = String::new();
    for (_, text) in source::files("templates", &["html", "txt"])
        .into_iter()
        .chain(source::files("src/views", &["rs"]))
        .chain(source::files("src/http", &["rs"]))
        .chain(source::files("src/lane_a", &["rs"]))
    {
        sources.push_str(&text);
    }
    // Families whose last part is chosen by a value.
    let families = [
        "account-flash-",
        "check-",
        "explain-",
        "method-",
        "month-",
        "notice-",
        "problem-",
        "value-",
    ];
    let unused: Vec<String> = messages(Lang::En)
        .into_iter()
        .map(|(key, _)| key)
        .filter(|key| !families.iter().any(|family| key.starts_with(family)))
        .filter(|key| !sources.contains(&format!("\"{key}\"")))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
}

/// Every message of a language: key and all its lines.
fn messages(lang: Lang) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for (_, text) in files(lang) {
        for line in text.lines() {
            if line.starts_with(|c: char| c.is_ascii_lowercase()) {
                let (key, words) = line.split_once(" =").expect("key = words");
                all.push((key.to_owned(), words.trim_start().to_owned()));
            } else if line.starts_with([' ', '}'])
                && let Some((_, words)) = all.last_mut()
            {
                words.push('\n');
                words.push_str(line);
            }
        }
    }
    all
}

/// The names of the values in a message.
fn values(words: &str) -> BTreeSet<&str> {
    words
        .split('$')
        .skip(1)
        .map(|rest| {
            let end = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
                .unwrap_or(rest.len());
            &rest[..end]
        })
        .collect()
}

/// A text with `{}` for every value, whichever way it is written.
fn without_values(words: &str) -> String {
    let mut plain = String::new();
    let mut rest = words;
    while let Some((before, after)) = rest.split_once('{') {
        plain.push_str(before);
        plain.push_str("{}");
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    plain + rest
}

fn is_sentence(words: &str) -> bool {
    words.starts_with(|c: char| c.is_uppercase())
        && words.contains(' ')
        && words.ends_with(['.', '!', '?'])
}
