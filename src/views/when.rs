//! Instants as people read them: day and minute, always UTC.

use time::OffsetDateTime;

use super::{FluentArgs, text};
use crate::domain::Lang;

/// The minute alone.
pub fn clock(instant: i64) -> String {
    let minutes = instant.div_euclid(60_000);
    let (hour, minute) = (
        minutes.div_euclid(60).rem_euclid(24),
        minutes.rem_euclid(60),
    );
    format!("{hour:02}:{minute:02} UTC")
}

/// A `time` element for epoch milliseconds. Empty for instants no calendar has.
pub fn element(lang: Lang, instant: i64) -> String {
    let nanos = i128::from(instant) * 1_000_000;
    let Ok(at) = OffsetDateTime::from_unix_timestamp_nanos(nanos) else {
        return String::new();
    };
    let (day, month, year) = (at.day(), u8::from(at.month()), at.year());
    let (hour, minute) = (at.hour(), at.minute());
    let month_name = text(lang, &format!("month-{month}"), &FluentArgs::new());
    let mut args = FluentArgs::new();
    // As text: a number would get separators.
    for (name, value) in [
        ("day", day.to_string()),
        ("month", month_name),
        ("year", year.to_string()),
        ("time", format!("{hour:02}:{minute:02}")),
    ] {
        args.set(name, value);
    }
    let words = text(lang, "instant", &args);
    format!(
        r#"<time datetime="{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}Z">{words}</time>"#
    )
}

/// Day and minute as plain text, for sentences.
pub fn plain(lang: Lang, instant: i64) -> String {
    let element = element(lang, instant);
    let inner = element
        .split_once('>')
        .and_then(|(_, rest)| rest.split_once('<'));
    inner.map(|(text, _)| text.to_owned()).unwrap_or_default()
}

/// The day alone.
pub fn day(lang: Lang, instant: i64) -> String {
    let text = plain(lang, instant);
    text.split_once(',')
        .map_or(text.clone(), |(day, _)| day.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{clock, element, plain};
    use crate::domain::Lang;

    #[test]
    fn instants() {
        assert_eq!(
            element(Lang::En, 1_773_306_840_000),
            r#"<time datetime="2026-03-12T09:14Z">12 Mar 2026, 09:14 UTC</time>"#
        );
        assert!(element(Lang::En, 0).contains("1 Jan 1970, 00:00 UTC"));
        assert_eq!(element(Lang::En, i64::MAX), "");
        assert_eq!(
            plain(Lang::De, 1_773_306_840_000),
            "12. März 2026, 09:14 UTC"
        );
        assert_eq!(clock(-60_000), "23:59 UTC");
    }
}
