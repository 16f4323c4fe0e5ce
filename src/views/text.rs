//! Every word that people read, from Fluent resources: a folder per language, in it one
//! file per room that speaks. A file that is added is read without a line of code.

use std::collections::HashMap;
use std::sync::LazyLock;

use fluent_bundle::FluentResource;
use fluent_bundle::concurrent::FluentBundle;
use rust_embed::RustEmbed;

pub use fluent_bundle::FluentArgs;

use crate::domain::Lang;

#[derive(RustEmbed)]
#[folder = "templates/text"]
struct Files;

/// The sentences of problems: the code says them in English, pages in the reader's language.
const PROBLEMS: &str = "problems.ftl";
const VALUES: &str = "values.ftl";

type Bundle = FluentBundle<FluentResource>;

static BUNDLES: LazyLock<Vec<(Lang, Bundle)>> =
    LazyLock::new(|| Lang::ALL.map(|lang| (lang, bundle(lang))).into());

/// Name and content of a language's files, in order of name.
fn files(lang: Lang) -> Vec<(String, String)> {
    let folder = format!("{}/", lang.tag());
    let mut all: Vec<(String, String)> = Files::iter()
        .filter_map(|path| {
            let name = path.strip_prefix(folder.as_str())?.to_owned();
            let bytes = Files::get(&path)?.data;
            Some((name, String::from_utf8_lossy(&bytes).into_owned()))
        })
        .collect();
    all.sort_unstable();
    all
}

fn bundle(lang: Lang) -> Bundle {
    let mut bundle = FluentBundle::new_concurrent(vec![lang.tag().parse().unwrap_or_default()]);
    // The marks that isolate inserted text would end up in titles, copied values and mails.
    bundle.set_use_isolating(false);
    for (_, text) in files(lang) {
        // What could be read is kept even when a line is wrong; a test refuses wrong lines.
        let resource = FluentResource::try_new(text).unwrap_or_else(|(rest, _)| rest);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

fn bundle_of(lang: Lang) -> Option<&'static Bundle> {
    let found = BUNDLES.iter().find(|(of, _)| *of == lang);
    found.map(|(_, bundle)| bundle)
}

/// The words for `key`, with `args` filled in. What a language lacks is English. An unknown
/// key shows itself in brackets, so that a page stays usable; a test refuses both.
pub fn text(lang: Lang, key: &str, args: &FluentArgs<'_>) -> String {
    let found = [lang, Lang::En].into_iter().find_map(|lang| {
        let bundle = bundle_of(lang)?;
        Some((bundle, bundle.get_message(key)?.value()?))
    });
    let Some((bundle, pattern)) = found else {
        return format!("⟦{key}⟧");
    };
    let mut faults = Vec::new();
    let words = bundle.format_pattern(pattern, Some(args), &mut faults);
    if faults.is_empty() {
        words.into_owned()
    } else {
        format!("⟦{key}⟧ {words}")
    }
}

/// Are there words for `key`?
pub fn has_text(key: &str) -> bool {
    bundle_of(Lang::En).is_some_and(|bundle| bundle.has_message(key))
}

/// A sentence of a problem with its key: what stands between its values, and their names.
struct Sentence {
    key: String,
    fixed: Vec<String>,
    names: Vec<String>,
}

/// The English of one file, by which its keys are found.
struct Sentences {
    plain: HashMap<String, String>,
    with_values: Vec<Sentence>,
}

static SENTENCES: LazyLock<Sentences> = LazyLock::new(|| Sentences::of(PROBLEMS));
static SAID: LazyLock<Sentences> = LazyLock::new(|| Sentences::of(VALUES));

impl Sentences {
    fn of(file: &str) -> Self {
        let english = files(Lang::En);
        let found = english.iter().find(|(name, _)| name == file);
        let (mut plain, mut with_values) = (HashMap::new(), Vec::new());
        for (key, words) in found.iter().flat_map(|(_, text)| lines(text)) {
            let sentence = sentence(key, words);
            if sentence.names.is_empty() {
                plain.insert(words.to_owned(), key.to_owned());
            } else {
                with_values.push(sentence);
            }
        }
        Self { plain, with_values }
    }

    fn translate(&self, lang: Lang, english: &str) -> Option<String> {
        if lang == Lang::En {
            return Some(english.to_owned());
        }
        if let Some(key) = self.plain.get(english) {
            return Some(text(lang, key, &FluentArgs::new()));
        }
        self.with_values.iter().find_map(|sentence| {
            let values = sentence.values(english)?;
            let mut args = FluentArgs::new();
            for (name, value) in sentence.names.iter().zip(values) {
                args.set(name.as_str(), value);
            }
            Some(text(lang, &sentence.key, &args))
        })
    }
}

/// `key = words` on one line, as all of that file is written.
fn lines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
        .filter_map(|line| line.split_once(" = "))
}

fn sentence(key: &str, words: &str) -> Sentence {
    let (mut fixed, mut names) = (Vec::new(), Vec::new());
    let mut rest = words;
    while let Some((before, after)) = rest.split_once("{ $") {
        let (name, after) = after.split_once(" }").unwrap_or((after, ""));
        fixed.push(before.to_owned());
        names.push(name.to_owned());
        rest = after;
    }
    fixed.push(rest.to_owned());
    Sentence {
        key: key.to_owned(),
        fixed,
        names,
    }
}

impl Sentence {
    /// The values in a text that says this sentence.
    fn values<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let (first, others) = self.fixed.split_first()?;
        let mut rest = text.strip_prefix(first.as_str())?;
        let mut found = Vec::new();
        for (at, fixed) in others.iter().enumerate() {
            let end = if at + 1 == others.len() {
                rest.strip_suffix(fixed.as_str())?.len()
            } else {
                rest.find(fixed.as_str())?
            };
            found.push(&rest[..end]);
            rest = &rest[end + fixed.len()..];
        }
        Some(found)
    }
}

/// What a problem says in English, in the reader's language; `None` where nobody wrote it
/// down.
pub fn translate(lang: Lang, english: &str) -> Option<String> {
    SENTENCES.translate(lang, english)
}

/// What a check received or expected, or why a rule matched, in the reader's language; as it
/// is where it is a value of its own.
pub fn translate_value(lang: Lang, english: String) -> String {
    SAID.translate(lang, &english).unwrap_or(english)
}

#[cfg(test)]
mod tests;
