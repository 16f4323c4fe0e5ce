//! One finished piece of work.

use std::borrow::Cow;
use std::sync::Arc;

use crate::context::{Context, SpanId};

/// Which end of a call it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A request that was answered here.
    Server,
    /// A call that was made from here.
    Client,
}

/// What is said about a span. Names are constants; no value is a text that somebody sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A word.
    Text(Cow<'static, str>),
    /// A number.
    Number(i64),
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Number(i64::from(number))
    }
}

/// A method as spans name it: clients can make up any number of others.
pub fn method(text: &str) -> &'static str {
    const KNOWN: [&str; 9] = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE",
    ];
    let found = KNOWN.into_iter().find(|known| *known == text);
    found.unwrap_or("_OTHER")
}

/// One piece of work that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Its own ids.
    pub context: Context,
    /// The span that it is part of.
    pub parent: Option<SpanId>,
    /// Whether that one is another program's.
    pub from_elsewhere: bool,
    /// `tracestate`, as it came.
    pub state: Option<Arc<str>>,
    /// Which end of a call.
    pub kind: Kind,
    /// What kind of work: few different ones.
    pub name: Cow<'static, str>,
    /// Nanoseconds since 1970.
    pub began: u64,
    /// Nanoseconds since 1970.
    pub ended: u64,
    /// What else is known.
    pub attributes: Vec<(&'static str, Value)>,
    /// Whether it is to be looked at.
    pub failed: bool,
}

impl Span {
    /// What is said under a name.
    pub fn said(&self, name: &str) -> Option<&Value> {
        let found = self.attributes.iter().find(|(of, _)| *of == name);
        found.map(|(_, value)| value)
    }

    /// The same, where it is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.said(name)? {
            Value::Text(text) => Some(text),
            Value::Number(_) => None,
        }
    }
}
