//! Instants as people read them: day and minute, always UTC.

use time::OffsetDateTime;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A `time` element for epoch milliseconds. Empty for instants no calendar has.
pub fn element(instant: i64) -> String {
    let nanos = i128::from(instant) * 1_000_000;
    let Ok(at) = OffsetDateTime::from_unix_timestamp_nanos(nanos) else {
        return String::new();
    };
    let (day, month, year) = (at.day(), u8::from(at.month()), at.year());
    let name = MONTHS[usize::from(month - 1)];
    let (hour, minute) = (at.hour(), at.minute());
    format!(
        r#"<time datetime="{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}Z">{day} {name} {year}, {hour:02}:{minute:02} UTC</time>"#
    )
}

#[cfg(test)]
mod tests {
    use super::element;

    #[test]
    fn instants() {
        assert_eq!(
            element(1_773_306_840_000),
            r#"<time datetime="2026-03-12T09:14Z">12 Mar 2026, 09:14 UTC</time>"#
        );
        assert!(element(0).contains("1 Jan 1970, 00:00 UTC"));
        assert_eq!(element(i64::MAX), "");
    }
}
