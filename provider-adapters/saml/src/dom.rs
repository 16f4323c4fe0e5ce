//! XML as a tree of names with their namespaces: bounded, without entities, without a DTD.
//!
//! Owns: reading. Must not know: SAML.

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::{NsReader, XmlVersion};

use crate::Fault;

pub(crate) const MAX_BYTES: usize = 256 * 1024;
const MAX_DEPTH: usize = 64;
const MAX_ELEMENTS: usize = 10_000;
const MAX_ATTRIBUTES: usize = 64;

/// An element with what is inside it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// Attributes without a prefix.
    attributes: Vec<(String, String)>,
    /// Its own text, without that of its children.
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

impl Element {
    pub(crate) fn is(&self, namespace: &str, name: &str) -> bool {
        self.namespace == namespace && self.name == name
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn all<'a>(
        &'a self,
        namespace: &'a str,
        name: &'a str,
    ) -> impl Iterator<Item = &'a Element> {
        self.children
            .iter()
            .filter(move |child| child.is(namespace, name))
    }

    pub(crate) fn first(&self, namespace: &str, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.is(namespace, name))
    }

    /// How many elements of this name lie anywhere inside, itself included.
    pub(crate) fn count(&self, namespace: &str, name: &str) -> usize {
        let inside: usize = self
            .children
            .iter()
            .map(|child| child.count(namespace, name))
            .sum();
        inside + usize::from(self.is(namespace, name))
    }

    /// Its text without the white space around it.
    pub(crate) fn trimmed(&self) -> &str {
        self.text.trim()
    }
}

/// Reads one document.
///
/// # Errors
/// `too_large`, `invalid_xml`.
pub(crate) fn parse(xml: &str) -> Result<Element, Fault> {
    if xml.len() > MAX_BYTES {
        return Err(Fault::new(
            "too_large",
            format!("{} bytes", xml.len()),
            format!("at most {MAX_BYTES} bytes"),
            "Let the provider send less: only the attributes and groups that are needed here.",
        ));
    }
    let mut tree = Tree::default();
    let mut reader = NsReader::from_str(xml);
    loop {
        let (resolved, event) = reader
            .read_resolved_event()
            .map_err(|error| invalid(error.to_string()))?;
        match event {
            Event::Start(start) => {
                let element = element(&resolved, &start)?;
                tree.open(element)?;
            }
            Event::Empty(start) => {
                let element = element(&resolved, &start)?;
                tree.open(element)?;
                tree.close()?;
            }
            Event::End(_) => tree.close()?,
            Event::Text(text) => tree.text(&text.xml10_content())?,
            Event::CData(text) => tree.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => tree.text(&resolve(&reference)?)?,
            Event::DocType(_) => return Err(invalid("a document type declaration")),
            Event::PI(_) => return Err(invalid("a processing instruction")),
            Event::Comment(_) | Event::Decl(_) => {}
            Event::Eof => return tree.finish(),
        }
    }
}

fn invalid(received: impl Into<String>) -> Fault {
    Fault::new(
        "invalid_xml",
        received,
        "one well-formed XML document without a document type",
        "Paste the document exactly as the provider gives it, from the first character to the last.",
    )
}

fn element(resolved: &ResolveResult<'_>, start: &BytesStart<'_>) -> Result<Element, Fault> {
    let namespace = match resolved {
        ResolveResult::Bound(namespace) => namespace.into_inner().to_owned(),
        ResolveResult::Unbound => String::new(),
        ResolveResult::Unknown(prefix) => return Err(invalid(format!("the prefix {prefix}"))),
    };
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| invalid(error.to_string()))?;
        if attribute.key.prefix().is_some() || attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|error| invalid(error.to_string()))?;
        let name: &str = attribute.key.as_ref();
        attributes.push((name.to_owned(), value.into_owned()));
        if attributes.len() > MAX_ATTRIBUTES {
            return Err(invalid("too many attributes"));
        }
    }
    Ok(Element {
        namespace,
        name: start.local_name().into_inner().to_owned(),
        attributes,
        ..Element::default()
    })
}

fn resolve(reference: &BytesRef<'_>) -> Result<String, Fault> {
    let found = reference
        .resolve_char_ref()
        .map_err(|error| invalid(error.to_string()))?;
    if let Some(c) = found {
        return Ok(c.to_string());
    }
    let name = reference.xml10_content();
    resolve_predefined_entity(&name)
        .map(str::to_owned)
        .ok_or_else(|| invalid(format!("the entity {name}")))
}

#[derive(Default)]
struct Tree {
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
}

impl Tree {
    fn open(&mut self, element: Element) -> Result<(), Fault> {
        self.elements += 1;
        if self.root.is_some() {
            return Err(invalid("a second root"));
        }
        if self.open.len() >= MAX_DEPTH || self.elements > MAX_ELEMENTS {
            return Err(invalid("too many elements"));
        }
        self.open.push(element);
        Ok(())
    }

    fn close(&mut self) -> Result<(), Fault> {
        let done = self.open.pop().ok_or_else(|| invalid("an end too many"))?;
        match self.open.last_mut() {
            Some(parent) => parent.children.push(done),
            None => self.root = Some(done),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Fault> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().trim_start_matches('\u{feff}').is_empty() => {}
            None => return Err(invalid("text outside of the document")),
        }
        Ok(())
    }

    fn finish(self) -> Result<Element, Fault> {
        match self.root {
            Some(root) if self.open.is_empty() => Ok(root),
            _ => Err(invalid("an incomplete document")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, parse};

    #[test]
    fn names_are_told_apart_by_their_namespace() {
        let root = parse(
            r#"<?xml version="1.0"?><a:r xmlns:a="urn:a" xmlns="urn:d" x="1&amp;2"><c y='3'>t&#65;&lt;</c><a:c/></a:r>"#,
        )
        .expect("a document");
        assert!(root.is("urn:a", "r"));
        assert_eq!(root.attribute("x"), Some("1&2"));
        assert_eq!(root.first("urn:d", "c").expect("c").text, "tA<");
        assert_eq!(root.count("urn:a", "c"), 1);
        assert!(root.first("urn:x", "c").is_none());
    }

    #[test]
    fn text_around_a_comment_is_one_text() {
        let root = parse("<r>ad<!-- x -->min</r>").expect("a document");
        assert_eq!(root.text, "admin");
    }

    #[test]
    fn what_is_not_one_plain_document_is_refused() {
        let deep = format!("{}{}", "<a>".repeat(80), "</a>".repeat(80));
        let large = format!("<a>{}</a>", "x".repeat(MAX_BYTES));
        let wide = format!("<a>{}</a>", "<b/>".repeat(20_000));
        for bad in [
            "",
            "no xml",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a/>text",
            "<!DOCTYPE a><a/>",
            "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
            "<a>&nope;</a>",
            "<a><?php x?></a>",
            "<p:a/>",
            deep.as_str(),
            wide.as_str(),
        ] {
            let fault = parse(bad).expect_err(bad);
            assert_eq!(fault.code, "invalid_xml", "{bad}");
        }
        assert_eq!(parse(&large).expect_err("large").code, "too_large");
    }
}
