//! A response as our own eyes read it, by namespaces, before and beside the library's.
//!
//! Nothing in here is trusted by itself: what was read is compared with what was expected
//! (`judge`) and with what the library has verified (`engine`).
//!
//! Owns: where each fact stands (SAML Core §2.3–§2.7, §3.2). Must not know: what is expected.

use crate::Fault;
use crate::dom::{self, Element};
use crate::metadata::{DS, instant};

pub(crate) const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
pub(crate) const SAMLP: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/// A time as it was written and as it was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct When {
    pub(crate) written: String,
    pub(crate) at_ms: Option<i64>,
}

/// One bearer confirmation (SAML Profiles §4.1.4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bearer {
    pub(crate) recipient: Option<String>,
    pub(crate) in_response_to: Option<String>,
    pub(crate) not_before: Option<When>,
    pub(crate) not_on_or_after: Option<When>,
}

/// The one assertion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asserted {
    pub(crate) id: String,
    pub(crate) issuer: String,
    pub(crate) name_id: Option<(String, Option<String>)>,
    pub(crate) bearers: Vec<Bearer>,
    pub(crate) not_before: Option<When>,
    pub(crate) not_on_or_after: Option<When>,
    /// One list per restriction: each must name us.
    pub(crate) audiences: Vec<Vec<String>>,
    pub(crate) contexts: Vec<String>,
    pub(crate) authenticated_at_ms: Option<i64>,
    pub(crate) session_ends: Option<When>,
    pub(crate) session_index: Option<String>,
    /// Every attribute with its values, in order.
    pub(crate) attributes: Vec<(String, Vec<String>)>,
    pub(crate) signed: bool,
}

/// A response that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) id: String,
    pub(crate) destination: Option<String>,
    pub(crate) in_response_to: Option<String>,
    pub(crate) issuer: Option<String>,
    /// What it says instead of "success".
    pub(crate) refusal: Option<String>,
    pub(crate) signed: bool,
    pub(crate) encrypted: bool,
    /// How many assertions it has, wherever they lie.
    pub(crate) assertions: usize,
    pub(crate) assertion: Option<Asserted>,
    /// Algorithms that its signatures name, and the certificates beside them.
    pub(crate) algorithms: Vec<String>,
    pub(crate) certificates: Vec<String>,
    /// References of its signatures.
    pub(crate) references: Vec<String>,
    /// How many signatures there are, and every transform and canonical form that they name.
    pub(crate) signatures: usize,
    pub(crate) transforms: Vec<String>,
}

impl Answer {
    /// Reads a response.
    ///
    /// # Errors
    /// `too_large`, `invalid_xml`, `saml_response_missing` for another kind of message.
    pub(crate) fn read(xml: &str) -> Result<Self, Fault> {
        let root = dom::parse(xml)?;
        if !root.is(SAMLP, "Response") {
            return Err(Fault::new(
                "saml_response_missing",
                format!("the element {}", root.name),
                "a SAML response",
                "Let the provider answer sign-ins with a SAML 2.0 response at the address shown here.",
            ));
        }
        let text = |name: &str| root.attribute(name).map(str::to_owned);
        let mut found = Signatures::default();
        found.look(&root);
        Ok(Self {
            id: text("ID").unwrap_or_default(),
            destination: text("Destination"),
            in_response_to: text("InResponseTo"),
            issuer: issuer(&root),
            refusal: refusal(&root),
            signed: root.first(DS, "Signature").is_some(),
            encrypted: root.first(SAML, "EncryptedAssertion").is_some(),
            assertions: root.count(SAML, "Assertion"),
            assertion: root.first(SAML, "Assertion").map(asserted),
            algorithms: found.algorithms,
            certificates: found.certificates,
            references: found.references,
            signatures: found.count,
            transforms: found.transforms,
        })
    }
}

pub(crate) fn issuer(of: &Element) -> Option<String> {
    of.first(SAML, "Issuer")
        .map(|issuer| issuer.trimmed().to_owned())
}

/// What a response that is no success says: the codes' last words and the message.
fn refusal(root: &Element) -> Option<String> {
    let Some(status) = root.first(SAMLP, "Status") else {
        return Some("no status".to_owned());
    };
    let mut codes = Vec::new();
    let mut next = status.first(SAMLP, "StatusCode");
    while let Some(code) = next {
        codes.push(code.attribute("Value").unwrap_or_default());
        next = code.first(SAMLP, "StatusCode");
    }
    if codes.first() == Some(&SUCCESS) {
        return None;
    }
    let last = |code: &&str| code.rsplit(':').next().unwrap_or_default().to_owned();
    let mut told: Vec<String> = codes.iter().map(last).collect();
    let message = status.first(SAMLP, "StatusMessage").map(Element::trimmed);
    told.extend(message.filter(|text| !text.is_empty()).map(str::to_owned));
    Some(told.join(": "))
}

pub(crate) fn when(of: &Element, name: &str) -> Option<When> {
    of.attribute(name).map(|written| When {
        written: written.to_owned(),
        at_ms: instant(written),
    })
}

fn asserted(assertion: &Element) -> Asserted {
    let subject = assertion.first(SAML, "Subject");
    let conditions = assertion.first(SAML, "Conditions");
    let statement = assertion.first(SAML, "AuthnStatement");
    let texts = |of: &Element, name: &str| -> Vec<String> {
        of.all(SAML, name)
            .map(|one| one.trimmed().to_owned())
            .collect()
    };
    Asserted {
        id: assertion.attribute("ID").unwrap_or_default().to_owned(),
        issuer: issuer(assertion).unwrap_or_default(),
        name_id: subject
            .and_then(|subject| subject.first(SAML, "NameID"))
            .map(|name| {
                let format = name.attribute("Format").map(str::to_owned);
                (name.trimmed().to_owned(), format)
            }),
        bearers: subject.into_iter().flat_map(bearers).collect(),
        not_before: conditions.and_then(|of| when(of, "NotBefore")),
        not_on_or_after: conditions.and_then(|of| when(of, "NotOnOrAfter")),
        audiences: conditions
            .into_iter()
            .flat_map(|of| of.all(SAML, "AudienceRestriction"))
            .map(|restriction| texts(restriction, "Audience"))
            .collect(),
        contexts: statement
            .into_iter()
            .flat_map(|of| of.all(SAML, "AuthnContext"))
            .flat_map(|context| texts(context, "AuthnContextClassRef"))
            .collect(),
        authenticated_at_ms: statement
            .and_then(|of| when(of, "AuthnInstant"))
            .and_then(|when| when.at_ms),
        session_ends: statement.and_then(|of| when(of, "SessionNotOnOrAfter")),
        session_index: statement
            .and_then(|of| of.attribute("SessionIndex"))
            .map(str::to_owned),
        attributes: attributes(assertion),
        signed: assertion.first(DS, "Signature").is_some(),
    }
}

fn attributes(assertion: &Element) -> Vec<(String, Vec<String>)> {
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    let every = assertion
        .all(SAML, "AttributeStatement")
        .flat_map(|of| of.all(SAML, "Attribute"));
    for one in every {
        let Some(name) = one.attribute("Name") else {
            continue;
        };
        let values = one.all(SAML, "AttributeValue");
        let values = values
            .map(|value| value.trimmed().to_owned())
            .filter(|value| !value.is_empty());
        match all.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => known.extend(values),
            None => all.push((name.to_owned(), values.collect())),
        }
    }
    all
}

fn bearers(subject: &Element) -> impl Iterator<Item = Bearer> + '_ {
    subject
        .all(SAML, "SubjectConfirmation")
        .filter(|one| one.attribute("Method") == Some(BEARER))
        .map(|one| {
            let data = one.first(SAML, "SubjectConfirmationData");
            let text = |name: &str| data.and_then(|of| of.attribute(name)).map(str::to_owned);
            Bearer {
                recipient: text("Recipient"),
                in_response_to: text("InResponseTo"),
                not_before: data.and_then(|of| when(of, "NotBefore")),
                not_on_or_after: data.and_then(|of| when(of, "NotOnOrAfter")),
            }
        })
}

/// What all signatures in a document name.
#[derive(Default)]
pub(crate) struct Signatures {
    pub(crate) algorithms: Vec<String>,
    certificates: Vec<String>,
    pub(crate) references: Vec<String>,
    pub(crate) count: usize,
    transforms: Vec<String>,
}

impl Signatures {
    pub(crate) fn look(&mut self, at: &Element) {
        self.count += usize::from(at.is(DS, "Signature"));
        if at.is(DS, "Transform") || at.is(DS, "CanonicalizationMethod") {
            self.transforms
                .push(at.attribute("Algorithm").unwrap_or_default().to_owned());
        }
        if at.is(DS, "SignatureMethod") || at.is(DS, "DigestMethod") {
            self.algorithms
                .push(at.attribute("Algorithm").unwrap_or_default().to_owned());
        } else if at.is(DS, "X509Certificate") {
            let plain = at.text.chars().filter(|c| !c.is_whitespace()).collect();
            self.certificates.push(plain);
        } else if at.is(DS, "Reference") {
            self.references
                .push(at.attribute("URI").unwrap_or_default().to_owned());
        }
        for child in &at.children {
            self.look(child);
        }
    }
}
