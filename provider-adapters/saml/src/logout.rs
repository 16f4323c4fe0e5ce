//! A provider's request to end sessions (SAML Core §3.7, Profiles §4.4).
//!
//! Owns: what such a request says and which of them count, beside the library that verifies it.
//! Must not know: which sessions there are.

use saml_rs::{LogoutRequest, Received};

use crate::answer::{SAML, SAMLP, Signatures, issuer, when};
use crate::dom;
use crate::judge::{SKEW_MS, is_strong, unsigned, weak_algorithm};
use crate::metadata::DS;
use crate::{Fault, SamlProvider};

/// How old a request may be, ms: ids are remembered for longer.
const LONGEST_MS: i64 = 10 * 60_000;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub enum LogoutMessage {
    /// The query of an address, byte by byte: its signature covers these (Bindings §3.4.4.1).
    Redirect(String),
    /// Fields of a form.
    Posted(Vec<(String, String)>),
}

/// What an acceptable request asks for.
pub struct LogoutAsked {
    /// May be seen once.
    pub once: String,
    /// Whose sessions.
    pub name_id: String,
    /// Which of them; none means all.
    pub session_indexes: Vec<String>,
    received: Received<LogoutRequest>,
}

/// Our answer, on its way through the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogoutAnswer {
    /// The whole address.
    To(String),
    /// For a page that posts these fields to the address.
    Post(String, Vec<(String, String)>),
}

impl SamlProvider {
    /// Judges a request to end sessions. Computes signatures: not for an async thread.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn read_logout(&self, message: LogoutMessage) -> Result<LogoutAsked, Fault> {
        let posted = matches!(message, LogoutMessage::Posted(_));
        let now_ms = self.env.clock.now_ms();
        let received = self.engine.receive_logout(message, now_ms)?;
        let flow = received.message().raw_flow();
        let asked = Asked::read(&flow.saml_content)?;
        self.judge_logout(&asked, (posted, flow.sig_alg.as_deref()), now_ms)?;
        let library = received.message();
        let same = library.id().as_str() == asked.id
            && library.name_id().map(|name| name.value().trim()) == Some(asked.name_id.as_str())
            && library.session_indexes().len() == asked.session_indexes.len();
        if !same {
            return Err(refused("another request than the signed one"));
        }
        Ok(LogoutAsked {
            once: format!("logout:{}", asked.id),
            name_id: asked.name_id,
            session_indexes: asked.session_indexes,
            received,
        })
    }

    /// What the provider is told once everything has ended; `None` where it says no address for
    /// that.
    ///
    /// # Errors
    /// What the library says.
    pub fn answer_logout(&self, asked: &LogoutAsked) -> Result<Option<LogoutAnswer>, Fault> {
        let Some((_, binding)) = &self.config.slo else {
            return Ok(None);
        };
        self.engine
            .answer_logout(&asked.received, *binding)
            .map(Some)
            .map_err(|error| refused(error.to_string()))
    }

    fn judge_logout(
        &self,
        asked: &Asked,
        (posted, detached): (bool, Option<&str>),
        now_ms: i64,
    ) -> Result<(), Fault> {
        let config = &self.config;
        if asked.issuer.as_deref() != Some(config.entity_id.as_str()) {
            return Err(refused("another issuer"));
        }
        if asked.destination.as_deref() != Some(config.logout_url.as_str()) {
            return Err(refused("another destination"));
        }
        let issued = asked.issued_ms.ok_or_else(|| refused("no IssueInstant"))?;
        let ended = asked.ends_ms.is_some_and(|end| end + SKEW_MS <= now_ms);
        if ended || issued > now_ms + SKEW_MS || issued < now_ms - LONGEST_MS {
            return Err(refused("a request of another time"));
        }
        // In a form the message carries its signature, in an address the address does.
        let expected = usize::from(posted);
        if asked.signatures.count != expected || asked.signed_itself != posted {
            return Err(unsigned());
        }
        let own = format!("#{}", asked.id);
        if asked.signatures.references.iter().any(|uri| *uri != own) {
            return Err(refused("a signature over something else"));
        }
        let named = asked.signatures.algorithms.iter().map(String::as_str);
        match named.chain(detached).find(|uri| !is_strong(uri)) {
            Some(weak) => Err(weak_algorithm(weak)),
            None => Ok(()),
        }
    }
}

/// The request in our own reading.
struct Asked {
    id: String,
    issuer: Option<String>,
    destination: Option<String>,
    issued_ms: Option<i64>,
    ends_ms: Option<i64>,
    name_id: String,
    session_indexes: Vec<String>,
    signed_itself: bool,
    signatures: Signatures,
}

impl Asked {
    fn read(xml: &str) -> Result<Self, Fault> {
        let root = dom::parse(xml)?;
        if !root.is(SAMLP, "LogoutRequest") {
            return Err(refused(format!("the element {}", root.name)));
        }
        let text = |name: &str| root.attribute(name).map(str::to_owned);
        let at = |name: &str| when(&root, name).and_then(|when| when.at_ms);
        let mut names = root.all(SAML, "NameID");
        let name_id = match (names.next(), names.next()) {
            (Some(one), None) if !one.trimmed().is_empty() => one.trimmed().to_owned(),
            _ => return Err(refused("not exactly one NameID")),
        };
        // An end that is there and cannot be read is over.
        let ends_ms = when(&root, "NotOnOrAfter").map(|end| end.at_ms.unwrap_or(i64::MIN / 2));
        let mut signatures = Signatures::default();
        signatures.look(&root);
        Ok(Self {
            id: text("ID")
                .filter(|id| !id.is_empty())
                .ok_or_else(|| refused("no ID"))?,
            issuer: issuer(&root),
            destination: text("Destination"),
            issued_ms: at("IssueInstant"),
            ends_ms,
            name_id,
            session_indexes: root
                .all(SAMLP, "SessionIndex")
                .map(|one| one.trimmed().to_owned())
                .collect(),
            signed_itself: root.first(DS, "Signature").is_some(),
            signatures,
        })
    }
}

/// What a thread that died of a request leaves behind.
pub fn unreadable_logout() -> Fault {
    refused("a request that cannot be read")
}

pub(crate) fn refused(received: impl Into<String>) -> Fault {
    Fault::new(
        "logout_refused",
        received,
        "a fresh, signed logout request for this connection",
        "Look at the provider's settings for single logout of this application.",
    )
}
