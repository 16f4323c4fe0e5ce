//! Parameters of a request: each at most once, but those that may be a list.

use super::Fault;

/// More of them is no request of an app.
const MOST: usize = 64;

/// Names and values as they came.
#[derive(Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads an encoded form or query.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn parse(encoded: &[u8]) -> Result<Self, Fault> {
        let all = url::form_urlencoded::parse(encoded).into_owned();
        // RFC 6749 §3.1: a parameter without a value counts as one that was not sent.
        let all: Vec<(String, String)> = all.filter(|(_, value)| !value.is_empty()).collect();
        let control = |text: &str| text.contains('\0');
        if all.len() > MOST
            || all
                .iter()
                .any(|(name, value)| control(name) || control(value))
        {
            return Err(Fault::request("the parameters cannot be read"));
        }
        Ok(Self(all))
    }

    /// The value of a parameter that is sent once.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.0.iter().filter(|(known, _)| known == name);
        all.next().map(|(_, value)| value.as_str())
    }

    /// All values of a parameter that may be a list.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fitting = self.0.iter().filter(move |(known, _)| known == name);
        fitting.map(|(_, value)| value.as_str())
    }

    /// Without some.
    #[must_use]
    pub fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|(name, _)| !names.contains(&name.as_str()));
        self
    }

    /// Puts one in the place of whatever was there.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// As they are sent.
    pub fn encoded(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.0).finish()
    }

    /// Is this one sent twice?
    pub fn is_double(&self, name: &str) -> bool {
        self.all(name).nth(1).is_some()
    }

    /// Refuses what is sent twice and is no list.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn check(&self) -> Result<(), Fault> {
        let twice = self
            .0
            .iter()
            .any(|(name, _)| name != "resource" && self.is_double(name));
        if twice {
            return Err(Fault::request("a parameter is sent twice"));
        }
        Ok(())
    }

    /// A parameter that has to be there.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn need(&self, name: &'static str) -> Result<&str, Fault> {
        self.get(name)
            .ok_or_else(|| Fault::request(format!("{name} is missing")))
    }
}
