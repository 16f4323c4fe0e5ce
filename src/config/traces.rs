//! Whether traces are collected, where they go and in whose name.

use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::section::Section;
use super::values;
use crate::domain::tenant::is_loopback_name;

/// Traces for a collector.
#[derive(Debug, Clone)]
pub struct Traces {
    /// The collector; none: nobody traces.
    pub otlp_endpoint: Option<Url>,
    /// What it is to be sent along.
    pub otlp_headers: Vec<(HeaderName, SecretString)>,
    /// The share of the traces beginning here that is kept, 0 to 1.
    pub sample_ratio: f64,
    /// What this installation is called there.
    pub service_name: String,
}

const BUILD: &str = "build Laneway with --features otlp (cargo build --release -p laneway --features otlp), \
                     or remove it";

pub(super) fn read(root: &mut Section<'_>) -> Traces {
    let mut section = root.section("traces");
    let named = section.has("otlp_endpoint");
    if named && cfg!(not(feature = "otlp")) {
        section.fault("otlp_endpoint", "this program sends no traces", BUILD);
    }
    let endpoint = section.text("otlp_endpoint");
    let endpoint = endpoint
        .filter(|_| cfg!(feature = "otlp"))
        .and_then(|text| {
            let url = collector(&text);
            url.map_err(|fix| section.fault("otlp_endpoint", &text, fix))
                .ok()
        });
    let headers = section.secret("otlp_headers").and_then(|text| {
        let headers = headers(text.expose_secret());
        headers
            .map_err(|fix| section.fault("otlp_headers", "", fix))
            .ok()
    });
    if headers.is_some() && !named {
        section.fault("otlp_headers", "", "set traces.otlp_endpoint, or remove it");
    }
    let headers = headers.unwrap_or_default();
    if endpoint
        .as_ref()
        .is_some_and(|url| !headers.is_empty() && !is_private(url))
    {
        section.fault(
            "otlp_endpoint",
            "http://",
            "write https://: what stands in traces.otlp_headers is secret",
        );
    }
    let traces = Traces {
        otlp_endpoint: endpoint,
        otlp_headers: headers,
        sample_ratio: section.parsed("sample_ratio", ratio).unwrap_or(1.0),
        service_name: section
            .parsed("service_name", |text| values::label(text, 100))
            .unwrap_or_else(|| "laneway".to_owned()),
    };
    section.finish();
    traces
}

/// Collectors stand next door and mostly speak plain HTTP there.
fn collector(text: &str) -> Result<Url, String> {
    let url = values::address(text)?;
    if url.query().is_some() {
        return Err("write it without a query; keys belong in traces.otlp_headers".to_owned());
    }
    Ok(url)
}

fn is_private(url: &Url) -> bool {
    url.scheme() == "https" || url.host_str().is_some_and(is_loopback_name)
}

fn ratio(text: &str) -> Result<f64, String> {
    let number = text.trim().parse::<f64>().ok();
    let fits = number.filter(|number| (0.0..=1.0).contains(number));
    fits.ok_or_else(|| "write a number from 0 to 1, like 0.1".to_owned())
}

/// As in `OTEL_EXPORTER_OTLP_HEADERS`: `name=value`, commas between, values percent-encoded where
/// they hold one.
fn headers(text: &str) -> Result<Vec<(HeaderName, SecretString)>, String> {
    let fix = || {
        "write name=value, with commas between several, and a comma or space in a value as %2C or %20".to_owned()
    };
    let header = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let name: HeaderName = name.trim().parse().ok()?;
        let value = decoded(value.trim())?;
        let good = !value.is_empty() && HeaderValue::from_str(&value).is_ok();
        good.then(|| (name, SecretString::from(value)))
    };
    text.split(',')
        .map(|pair| header(pair).ok_or_else(fix))
        .collect()
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let (byte, left) = match (first, after) {
            (b'%', [high, low, left @ ..]) => {
                let digit = |letter: u8| char::from(letter).to_digit(16);
                let byte = digit(*high)? * 16 + digit(*low)?;
                (u8::try_from(byte).ok()?, left)
            }
            (b'%', _) => return None,
            _ => (*first, after),
        };
        bytes.push(byte);
        rest = left;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_other_programs_read_them() {
        let read = |text| {
            let all: Vec<_> = headers(text)
                .expect("headers")
                .iter()
                .map(|(name, value)| format!("{name}: {}", value.expose_secret()))
                .collect();
            all.join("\n")
        };
        assert_eq!(
            read("Authorization=Basic%20YTpi"),
            "authorization: Basic YTpi"
        );
        assert_eq!(read("a=b==, X-Scope = 1"), "a: b==\nx-scope: 1");
        for text in [
            "", "a", "=b", "a=", "a=%2", "a=%zz", "a=b,", "a b=c", "a=%0a",
        ] {
            assert!(headers(text).is_err(), "{text}");
        }
    }

    #[test]
    fn shares() {
        for (text, share) in [("1", 1.0), ("1.0", 1.0), ("0", 0.0), ("0.25", 0.25)] {
            assert!(
                (ratio(text).expect("a share") - share).abs() < 1e-9,
                "{text}"
            );
        }
        for text in ["", "2", "-0.1", "nan", "all", "inf"] {
            assert!(ratio(text).is_err(), "{text}");
        }
    }
}
