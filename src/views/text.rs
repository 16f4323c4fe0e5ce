//! Every word that people read, from one Fluent resource.
//!
//! One language so far. A second one adds a resource beside `en.ftl` and a choice here.

use std::sync::LazyLock;

use fluent_bundle::FluentResource;
use fluent_bundle::concurrent::FluentBundle;

pub use fluent_bundle::FluentArgs;

const ENGLISH: &str = include_str!("../../templates/text/en.ftl");

static BUNDLE: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| {
    let mut bundle = FluentBundle::new_concurrent(vec!["en".parse().unwrap_or_default()]);
    // The marks that isolate inserted text would end up in titles, copied values and mails.
    bundle.set_use_isolating(false);
    // What could be read is kept even when a line is wrong; a test refuses wrong lines.
    let resource = FluentResource::try_new(ENGLISH.to_owned()).unwrap_or_else(|(rest, _)| rest);
    bundle.add_resource_overriding(resource);
    bundle
});

/// The words for `key`, with `args` filled in. An unknown key shows itself in brackets, so
/// that a page stays usable; a test refuses every such bracket.
pub fn text(key: &str, args: &FluentArgs<'_>) -> String {
    let Some(pattern) = BUNDLE.get_message(key).and_then(|message| message.value()) else {
        return format!("⟦{key}⟧");
    };
    let mut faults = Vec::new();
    let words = BUNDLE.format_pattern(pattern, Some(args), &mut faults);
    if faults.is_empty() {
        words.into_owned()
    } else {
        format!("⟦{key}⟧ {words}")
    }
}

/// Are there words for `key`?
pub fn has_text(key: &str) -> bool {
    BUNDLE.has_message(key)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use fluent_bundle::FluentResource;

    use super::{ENGLISH, FluentArgs, has_text, text};

    #[test]
    fn every_line_is_readable_and_every_key_is_given_once() {
        assert!(FluentResource::try_new(ENGLISH.to_owned()).is_ok());
        let keys: Vec<&str> = keys().collect();
        let unique: BTreeSet<&str> = keys.iter().copied().collect();
        assert_eq!(keys.len(), unique.len());
    }

    #[test]
    fn unknown_keys_and_missing_values_are_visible() {
        assert_eq!(text("no-such-key", &FluentArgs::new()), "⟦no-such-key⟧");
        assert!(text("login-title", &FluentArgs::new()).starts_with('⟦'));
        assert!(!has_text("no-such-key"));
    }

    #[test]
    fn values_stay_as_they_are() {
        let mut args = FluentArgs::new();
        args.set("tenant", "007 { $x } ");
        assert_eq!(text("login-title", &args), "Sign in to 007 { $x } ");
    }

    #[test]
    fn every_key_is_used() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut sources = String::new();
        gather(&root.join("templates"), &mut sources);
        gather(&root.join("src/views"), &mut sources);
        // Families whose last part is chosen by a value, and words that the callers of
        // these pages look up.
        let families = [
            "account-flash-",
            "account-unknown-browser",
            "check-",
            "choose-step-up",
            "denied-title",
            "identity-email",
            "method-",
            "upstream-link-first",
            "upstream-not-ready",
        ];
        let unused: Vec<&str> = keys()
            .filter(|key| !families.iter().any(|family| key.starts_with(family)))
            .filter(|key| !sources.contains(&format!("\"{key}\"")))
            .collect();
        assert!(unused.is_empty(), "{unused:?}");
    }

    fn keys() -> impl Iterator<Item = &'static str> {
        ENGLISH
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
            .filter_map(|line| line.split_once(" ="))
            .map(|(key, _)| key)
    }

    fn gather(folder: &Path, into: &mut String) {
        for entry in std::fs::read_dir(folder).expect("the folder is readable") {
            let path = entry.expect("the entry is readable").path();
            if path.is_dir() {
                gather(&path, into);
            } else if path
                .extension()
                .is_some_and(|e| e == "html" || e == "txt" || e == "rs")
            {
                into.push_str(&std::fs::read_to_string(&path).expect("sources are text"));
            }
        }
    }
}
