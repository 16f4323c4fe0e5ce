//! The languages we speak, and which of them a wish means.

use serde::{Deserialize, Serialize};

/// A language with a folder of its own under `templates/text`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English: what every other language is held against.
    #[default]
    En,
    /// German.
    De,
}

impl Lang {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::En, Self::De];

    /// The tag of BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// Which way it is written.
    pub fn dir(self) -> &'static str {
        match self {
            Self::En | Self::De => "ltr",
        }
    }

    /// The language that a tag means, whatever its region: `de-AT` is German.
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|lang| lang.tag().eq_ignore_ascii_case(primary))
    }

    /// The first that we speak of a list in order of wish (`ui_locales`).
    pub fn first_of(list: &str) -> Option<Self> {
        list.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
            .find_map(Self::parse)
    }

    /// The one of an `Accept-Language` that we speak and that is wished for most.
    pub fn accepted(header: &str) -> Option<Self> {
        let mut best: Option<(Self, f32)> = None;
        for part in header.split(',') {
            let mut members = part.split(';').map(str::trim);
            let Some(lang) = members.next().and_then(Self::parse) else {
                continue;
            };
            let weight = members
                .find_map(|member| member.strip_prefix("q="))
                .map_or(1.0, |q| q.parse().unwrap_or(0.0));
            // Of equals the first counts.
            if weight > 0.0 && best.is_none_or(|(_, found)| weight > found) {
                best = Some((lang, weight));
            }
        }
        best.map(|(lang, _)| lang)
    }
}

/// A list of language tags in order of wish as it may be passed on: at most five tags,
/// separated by spaces; `None` where there is none.
pub fn plain_locales(list: &str) -> Option<String> {
    let is_tag = |tag: &&str| {
        (2..=35).contains(&tag.len())
            && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && tag.starts_with(|c: char| c.is_ascii_alphabetic())
    };
    let tags: Vec<&str> = list.split([' ', '.']).filter(is_tag).take(5).collect();
    (!tags.is_empty()).then(|| tags.join(" "))
}

#[cfg(test)]
mod tests {
    use super::{Lang, plain_locales};

    #[test]
    fn tags_and_lists() {
        assert_eq!(Lang::parse("de-AT"), Some(Lang::De));
        assert_eq!(Lang::parse("EN_us"), Some(Lang::En));
        for none in ["", "fr", "deutsch", "-", "*"] {
            assert_eq!(Lang::parse(none), None, "{none}");
        }
        assert_eq!(Lang::first_of("fr-CA de en"), Some(Lang::De));
        assert_eq!(Lang::first_of("fr.en.de"), Some(Lang::En));
        assert_eq!(Lang::first_of("fr it"), None);
    }

    #[test]
    fn the_header_is_weighed() {
        let table = [
            ("de", Some(Lang::De)),
            ("en-GB,en;q=0.9,de;q=0.8", Some(Lang::En)),
            ("fr,de;q=0.7,en;q=0.7", Some(Lang::De)),
            ("en;q=0.1, de-CH;q=0.9", Some(Lang::De)),
            ("de;q=0, en;q=0.1", Some(Lang::En)),
            ("de;q=x", None),
            ("fr, *", None),
            ("", None),
        ];
        for (header, want) in table {
            assert_eq!(Lang::accepted(header), want, "{header}");
        }
    }

    #[test]
    fn nothing_but_tags_is_passed_on() {
        assert_eq!(plain_locales("fr-CA de").as_deref(), Some("fr-CA de"));
        assert_eq!(plain_locales("fr.de").as_deref(), Some("fr de"));
        assert_eq!(plain_locales("a b c d e"), None);
        assert_eq!(plain_locales("de\r\nx <b> en").as_deref(), Some("en"));
        assert_eq!(
            plain_locales("aa bb cc dd ee ff").as_deref(),
            Some("aa bb cc dd ee")
        );
    }
}
