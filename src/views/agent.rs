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
        // Whatever else it says of itself is anybody's text, and this stands in mails.
        (None, None) => text(lang, "agent-unknown", &FluentArgs::new()),
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
        for other in ["curl/8.5.0", "verify at evil.example", " "] {
            assert_eq!(name(Lang::En, other), "Unknown browser");
        }
    }
}
