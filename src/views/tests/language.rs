//! Nobody who reads German meets an English word, and no word stands outside the resources.

use std::collections::BTreeSet;

use super::{mails, pages, source};
use crate::domain::Lang;
use crate::domain::checks::EXPLAINED;
use crate::views::{FluentArgs, text};

/// What stands in templates and is no word: names of products, classes, example addresses.
const NAMES: &[&str] = &[
    "https://keycloak.example/realms/main",
    "Keycloak",
    " wide",
    "Mac OS X",
    "openapi.json",
    "app.example.com",
    "example.com",
    "UTC",
    "OpenID Connect",
];

#[test]
fn german_pages_and_mails_hold_no_english_words() {
    let vocabulary = english_only();
    assert!(vocabulary.contains("the") && vocabulary.contains("your"));
    let samples = sample_data();
    let mut found = BTreeSet::new();
    for (name, text) in pages(Lang::De).into_iter().chain(mails(Lang::De)) {
        for words in readable(&text) {
            let mut own = words.clone();
            for sample in &samples {
                own = own.replace(sample.as_str(), " ");
            }
            for word in tokens(&own).filter(|word| vocabulary.contains(word)) {
                found.insert(format!("{name}: {word} in {words:?}"));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn templates_hold_no_words() {
    let mut found = Vec::new();
    for (path, text) in source::files("templates", &["html", "txt"]) {
        let bare = without_blocks(&text);
        for words in readable(&bare) {
            let own = NAMES
                .iter()
                .fold(words, |text, name| text.replace(name, ""));
            if tokens(&own).next().is_some() {
                found.push(format!("{path}: {own:?}"));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn page_handlers_and_scripts_hold_no_words() {
    let spoken = |text: &str| {
        text.starts_with(|c: char| c.is_uppercase())
            && text.contains(' ')
            && text
                .chars()
                .all(|c| c.is_alphabetic() || " ,’'".contains(c))
    };
    let handlers = source::files("src/http/pages", &["rs"]);
    let scripts = source::files("templates/assets/js", &["js"]);
    for (path, code) in handlers.into_iter().chain(scripts) {
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        for literal in source::literals(code) {
            let known = NAMES.contains(&literal.as_str());
            assert!(known || !spoken(&literal), "{path}: {literal}");
        }
    }
}

/// Words of the English resources that no German one uses.
fn english_only() -> BTreeSet<String> {
    let words = |folder: &str| -> BTreeSet<String> {
        let all = source::files(&format!("templates/text/{folder}"), &["ftl"]);
        all.iter()
            .flat_map(|(_, text)| text.lines())
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split_once(" =").map_or(line, |(_, words)| words))
            .flat_map(|words| {
                // Names of values are not words.
                let plain = words.replace(['{', '}'], " ");
                let mut kept = Vec::new();
                for part in plain.split_whitespace().filter(|p| !p.starts_with('$')) {
                    kept.extend(tokens(part));
                }
                kept
            })
            .collect()
    };
    // Languages call themselves by their own names.
    let own = text(Lang::En, "language-name", &FluentArgs::new()).to_lowercase();
    let german = words("de");
    words("en")
        .into_iter()
        .filter(|word| !german.contains(word) && *word != own)
        .collect()
}

/// What samples show in place of data, longest first.
fn sample_data() -> Vec<String> {
    let mut all: Vec<String> = source::files("src/views", &["rs"])
        .iter()
        .filter_map(|(_, code)| code.split_once("#[cfg(test)]"))
        .flat_map(|(_, tests)| source::literals(tests))
        .filter(|literal| literal.len() > 2)
        .chain(EXPLAINED.iter().map(|code| (*code).to_owned()))
        .collect();
    all.sort_by_key(|text| std::cmp::Reverse(text.len()));
    all
}

/// Words of three letters and more, in lower case.
fn tokens(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphabetic())
        .filter(|word| word.chars().count() > 2)
        .map(str::to_lowercase)
}

/// What a person sees or hears of a page: text and spoken or shown attributes. A mail in
/// plain text is one piece.
fn readable(html: &str) -> Vec<String> {
    const SHOWN: &[&str] = &["aria-label", "title", "placeholder", "alt"];
    let mut all = Vec::new();
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        all.push(decoded(&rest[..open]));
        let tag = &rest[open + 1..];
        let end = tag.find('>').unwrap_or(tag.len().saturating_sub(1));
        if tag.starts_with(|c: char| c.is_ascii_lowercase()) {
            for (name, value) in super::attributes(&tag[..end]) {
                let shown = SHOWN.contains(&name)
                    || (name.starts_with("data-") && value.contains(' ') && !value.contains('{'));
                if shown {
                    all.push(decoded(value));
                }
            }
        }
        rest = &tag[(end + 1).min(tag.len())..];
        if tag.starts_with("style") {
            rest = rest.split_once("</style>").map_or("", |(_, rest)| rest);
        }
    }
    all.push(decoded(rest));
    all.retain(|text| !text.trim().is_empty());
    all
}

/// A template without what is computed in it.
fn without_blocks(template: &str) -> String {
    let mut text = template.to_owned();
    for (open, close) in [("{#", "#}"), ("{{", "}}"), ("{%", "%}")] {
        while let Some(from) = text.find(open) {
            let Some(to) = text[from..].find(close) else {
                break;
            };
            text.replace_range(from..from + to + close.len(), "");
        }
    }
    text
}

fn decoded(text: &str) -> String {
    [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (coded, plain)| {
        text.replace(coded, plain)
    })
}
