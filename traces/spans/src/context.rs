//! What is handed on from one program to the next: W3C Trace Context.

use std::fmt;

/// `tracestate` beyond this is dropped (§3.3.1.5: at least so much should be handed on).
const LONGEST_STATE: usize = 512;

/// Of a trace, through all programs.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(pub [u8; 16]);

/// Of one span.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(pub [u8; 8]);

/// Which span something is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// Of all of it.
    pub trace: TraceId,
    /// Of the span that goes on.
    pub span: SpanId,
    /// Whether spans are kept.
    pub sampled: bool,
}

impl Context {
    /// Reads `traceparent`. Of later versions what is known of it counts (§4.3).
    pub fn read(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('-').collect();
        let [version, trace, span, flags, ..] = parts[..] else {
            return None;
        };
        let version = hex::<1>(version)?[0];
        if version == 0xff || (version == 0 && parts.len() != 4) {
            return None;
        }
        let (trace, span, flags) = (hex::<16>(trace)?, hex::<8>(span)?, hex::<1>(flags)?);
        if trace == [0; 16] || span == [0; 8] {
            return None;
        }
        Some(Self {
            trace: TraceId(trace),
            span: SpanId(span),
            sampled: flags[0] & 1 == 1,
        })
    }
}

/// `tracestate` as it may be handed on beside a `traceparent` that counts.
pub fn state(text: &str) -> Option<&str> {
    let text = text.trim_matches([' ', '\t']);
    let plain = text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    (plain && !text.is_empty() && text.len() <= LONGEST_STATE).then_some(text)
}

/// The header.
impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.sampled);
        write!(f, "00-{}-{}-{flags:02x}", self.trace, self.span)
    }
}

macro_rules! shown_in_hex {
    ($($kind:ty),+) => {$(
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )+};
}

shown_in_hex!(TraceId, SpanId);

/// Exactly so many bytes in lower case (§2.2.2: upper case is none).
fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn what_was_handed_on_is_read_and_written_alike() {
        let read = Context::read(GOOD).expect("the example of the standard");
        assert!(read.sampled);
        assert_eq!(read.to_string(), GOOD);
        assert_eq!(read.trace.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        let unsampled = Context::read(&GOOD.replace("-01", "-00")).expect("a context");
        assert!(!unsampled.sampled);
        // Flags that are not known today are not handed on.
        let further = Context::read(&GOOD.replace("-01", "-ff")).expect("a context");
        assert_eq!(further.to_string(), GOOD);
        let later = Context::read(&format!("cc{}-what-the-future-brings", &GOOD[2..]));
        assert_eq!(later, Context::read(GOOD));
    }

    #[test]
    fn what_is_none_is_not_guessed_at() {
        for text in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-01",
        ] {
            assert_eq!(Context::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_state_is_bounded_and_one_line() {
        assert_eq!(state(" rojo=1,congo=2\t"), Some("rojo=1,congo=2"));
        for text in ["", " ", "a=1\nb", "a=é", &"a".repeat(513)] {
            assert_eq!(state(text), None, "{text}");
        }
    }

    #[test]
    fn nothing_that_is_sent_breaks_it() {
        for place in 0..GOOD.len() {
            for letter in ["", "0", "f", "g", "-", "F", " ", "é", "\0", "00"] {
                let text = format!("{}{letter}{}", &GOOD[..place], &GOOD[place + 1..]);
                if let Some(read) = Context::read(&text) {
                    assert_eq!(Context::read(&read.to_string()), Some(read), "{text}");
                }
            }
        }
    }
}
