//! Parsers of single values: durations, sizes, addresses, names. An error is the fix.
//!
//! Must not know keys or sources.

use std::time::Duration;

use url::Url;

use crate::domain::tenant::{host_key, is_loopback_name};

/// A word of a fixed set.
pub(super) fn choice<T: Copy>(text: &str, set: &[(&str, T)]) -> Result<T, String> {
    let words = || {
        set.iter()
            .map(|(word, _)| *word)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let found = set.iter().find(|(word, _)| *word == text);
    found
        .map(|(_, value)| *value)
        .ok_or_else(|| format!("write one of: {}", words()))
}

/// `90s`, `15m`, `1h30m`, `500ms`, `30d`. Zero and a bare number are none.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let unit = tail
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(tail.len());
        let factor = match &tail[..unit] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        let part = number.parse::<u64>().ok()?.checked_mul(factor)?;
        total = total.checked_add(part)?;
        rest = &tail[unit..];
    }
    (total > 0).then(|| Duration::from_millis(total))
}

/// The shortest text that [`duration`] reads back.
pub(super) fn show_duration(value: Duration) -> String {
    let ms = value.as_millis();
    let units = [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "m"),
        (1_000, "s"),
    ];
    let fitting = units
        .into_iter()
        .find(|(factor, _)| ms >= *factor && ms.is_multiple_of(*factor));
    fitting.map_or_else(
        || format!("{ms}ms"),
        |(factor, unit)| format!("{}{unit}", ms / factor),
    )
}

/// `64KiB`, `1MiB`, or plain bytes.
pub(super) fn size(text: &str) -> Option<usize> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim_start() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.parse::<usize>().ok()?.checked_mul(factor)
}

/// The shortest text that [`size`] reads back.
pub(super) fn show_size(bytes: usize) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let fitting = units
        .into_iter()
        .find(|(factor, _)| bytes >= *factor && bytes.is_multiple_of(*factor));
    fitting.map_or_else(
        || bytes.to_string(),
        |(factor, unit)| format!("{}{unit}", bytes / factor),
    )
}

/// A short name for addresses: lower-case letters, digits, inner hyphens, at most 40.
pub(super) fn slug(text: &str) -> Result<String, String> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let good = (1..=40).contains(&text.len())
        && text.bytes().all(plain)
        && !text.starts_with('-')
        && !text.ends_with('-');
    let fix = "write 1 to 40 lower-case letters, digits or inner hyphens";
    if good {
        Ok(text.to_owned())
    } else {
        Err(fix.to_owned())
    }
}

/// Text that people read: 1 to `max` characters, none of them a control character.
pub(super) fn label(text: &str, max: usize) -> Result<String, String> {
    let text = text.trim();
    let good = (1..=max).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    let fix = || format!("write 1 to {max} characters without control characters");
    if good {
        Ok(text.to_owned())
    } else {
        Err(fix())
    }
}

/// An http or https address without credentials and fragment.
pub(super) fn address(text: &str) -> Result<Url, String> {
    let fix = "write an address that begins with http:// or https://, without credentials";
    let url = Url::parse(text).map_err(|_| fix.to_owned())?;
    let good = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none();
    if good { Ok(url) } else { Err(fix.to_owned()) }
}

/// An [`address`] where plain http is for loopback names only.
pub(super) fn secure_address(text: &str) -> Result<Url, String> {
    let url = address(text)?;
    if url.scheme() == "https" || url.host_str().is_some_and(is_loopback_name) {
        return Ok(url);
    }
    Err("write https://; plain http is for localhost, *.localhost, 127.0.0.1 and [::1]".to_owned())
}

/// A [`secure_address`] that is an origin: no path, no query.
pub(super) fn origin(text: &str) -> Result<Url, String> {
    let url = secure_address(text)?;
    // A wildcard is a legal host to the URL parser; nobody's browser would ever send it.
    let host_ok = url.host_str().and_then(host_key).is_some();
    if host_ok && url.path() == "/" && url.query().is_none() {
        return Ok(url);
    }
    Err("write scheme, host and port only, like https://login.example".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{duration, label, origin, show_duration, show_size, size, slug};

    #[test]
    fn durations() {
        let table = [
            ("500ms", Some(500)),
            ("90s", Some(90_000)),
            ("1h30m", Some(5_400_000)),
            ("30d", Some(2_592_000_000)),
            ("", None),
            ("0s", None),
            ("15", None),
            ("m", None),
            ("-5m", None),
            ("1.5h", None),
            ("5 m", None),
            ("99999999999999999999d", None),
            ("999999999999999999d", None),
        ];
        for (text, want) in table {
            assert_eq!(duration(text), want.map(Duration::from_millis), "{text}");
        }
        for text in ["250ms", "90s", "15m", "12h", "30d"] {
            assert_eq!(duration(text).map(show_duration).as_deref(), Some(text));
        }
    }

    #[test]
    fn sizes() {
        let table = [
            ("0", Some(0)),
            ("64KiB", Some(65_536)),
            ("1 MiB", Some(1_048_576)),
            ("", None),
            ("1MB", None),
            ("99999999999999999999", None),
            ("999999999999999GiB", None),
        ];
        for (text, want) in table {
            assert_eq!(size(text), want, "{text}");
        }
        assert_eq!(show_size(65_536), "64KiB");
        assert_eq!(show_size(1_000), "1000");
    }

    #[test]
    fn origins() {
        let good = [
            "https://login.example",
            "https://login.example:8443/",
            "http://localhost:8080",
        ];
        for text in good {
            assert!(origin(text).is_ok(), "{text}");
        }
        let bad = [
            "login.example",
            "http://login.example",
            "https://login.example/x",
            "https://login.example/?x",
            "https://u:p@login.example",
            "https://login.example/#x",
            "ftp://localhost",
            "https://*.example",
            "http://localhost.example",
            "http://127.0.0.2",
        ];
        for text in bad {
            assert!(origin(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names() {
        assert!(slug("acme-2").is_ok());
        for text in ["", "-a", "a-", "Acme", "a_b", "a/b"] {
            assert!(slug(text).is_err(), "{text}");
        }
        assert_eq!(label(" Acme ", 10).as_deref(), Ok("Acme"));
        assert!(label("a\nb", 10).is_err() && label("   ", 10).is_err());
    }
}
