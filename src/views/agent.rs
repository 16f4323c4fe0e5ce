//! Browsers in words that people know.

use super::{FluentArgs, text};
use crate::domain::Lang;

// The order matters: most browsers name others too.
const BROWSERS: [(&str, &str); 5] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 6] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// What a user agent calls itself: "Firefox on macOS".
pub fn name(lang: Lang, agent: &str) -> String {
    match (find(&BROWSERS, agent), find(&SYSTEMS, agent)) {
        (Some(browser), Some(system)) => {
            let mut args = FluentArgs::new();
            args.set("browser", browser);
            args.set("system", system);
            text(lang, "agent-on", &args)
        }
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => {
            let known: String = agent.chars().filter(|c| !c.is_control()).take(40).collect();
            if known.trim().is_empty() {
                text(lang, "agent-unknown", &FluentArgs::new())
            } else {
                known
            }
        }
    }
}

fn find(table: &[(&str, &'static str)], agent: &str) -> Option<&'static str> {
    table
        .iter()
        .find(|(mark, _)| agent.contains(mark))
        .map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::name;
    use crate::domain::Lang;

    #[test]
    fn browsers_have_names() {
        let firefox =
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0";
        assert_eq!(name(Lang::En, firefox), "Firefox on macOS");
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0";
        assert_eq!(name(Lang::En, edge), "Edge on Windows");
        assert_eq!(name(Lang::En, "curl/8.5.0"), "curl/8.5.0");
        assert_eq!(name(Lang::En, " "), "Unknown browser");
    }
}
