//! Metadata of many shapes.

use super::{IdpMetadata, instant, of_settings};
use crate::config::{Binding, SamlConfig};
use crate::{Certificate, SigningKey};
use url::Url;

const NOW: i64 = 1_764_000_000_000;

fn certificate(name: &str) -> Certificate {
    let key = SigningKey::generate(name, NOW).expect("a key");
    Certificate::read(&key.certificate_pem).expect("a certificate")
}

fn with(inner: &str, attributes: &str) -> String {
    format!(
        r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://idp.test/meta" {attributes}><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{inner}</IDPSSODescriptor></EntityDescriptor>"#
    )
}

fn key(one: &Certificate, use_: &str) -> String {
    let lines: Vec<&str> = (0..one.base64.len())
        .step_by(64)
        .map(|at| &one.base64[at..(at + 64).min(one.base64.len())])
        .collect();
    format!(
        "<KeyDescriptor {use_}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>\n{}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>",
        lines.join("\n   ")
    )
}

const SSO: &str = r#"<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.test/post"/><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.test/sso?a=1&amp;b=2"/>"#;

#[test]
fn what_counts_is_read_and_both_keys_of_a_roll_over_are() {
    let (old, new, other) = (certificate("old"), certificate("new"), certificate("enc"));
    let inner = format!(
        "{}{}{}{}{SSO}",
        key(&old, r#"use="signing""#),
        key(&other, r#"use="encryption""#),
        key(&new, ""),
        key(&old, ""),
    );
    let read = IdpMetadata::read(&with(&inner, ""), NOW).expect("metadata");
    assert_eq!(read.entity_id, "https://idp.test/meta");
    assert_eq!(
        read.sso,
        ("https://idp.test/sso?a=1&b=2".to_owned(), Binding::Redirect)
    );
    assert_eq!(read.certificates, [old, new]);
}

#[test]
fn a_federation_of_one_is_that_one() {
    let inner = format!("{}{SSO}", key(&certificate("a"), ""));
    let one = with(&inner, "");
    let wrap = |inside: &str| {
        format!(
            r#"<m:EntitiesDescriptor xmlns:m="urn:oasis:names:tc:SAML:2.0:metadata">{inside}</m:EntitiesDescriptor>"#
        )
    };
    assert!(IdpMetadata::read(&wrap(&one), NOW).is_ok());
    let two = IdpMetadata::read(&wrap(&format!("{one}{one}")), NOW).expect_err("two");
    assert_eq!(two.code, "metadata_incomplete");
    assert!(two.received.contains("more than one"));
}

#[test]
fn what_is_missing_or_over_is_named() {
    let one = certificate("a");
    let good = format!("{}{SSO}", key(&one, ""));
    for (xml, code, word) in [
        (with(SSO, ""), "metadata_incomplete", "certificate"),
        (
            with(&key(&one, ""), ""),
            "metadata_incomplete",
            "single sign-on",
        ),
        (
            with(&good, r#"validUntil="2020-01-01T00:00:00Z""#),
            "metadata_expired",
            "2020-01-01",
        ),
        (
            with(&good, r#"validUntil="soon""#),
            "metadata_incomplete",
            "validUntil",
        ),
        (
            "<html><body/></html>".to_owned(),
            "metadata_incomplete",
            "html",
        ),
        ("<a".to_owned(), "invalid_xml", ""),
        (
            with(&good.replace(&one.base64[..64], "AAAA"), ""),
            "invalid_certificate",
            "",
        ),
    ] {
        let fault = IdpMetadata::read(&xml, NOW).expect_err(code);
        assert_eq!(fault.code, code, "{xml}");
        assert!(fault.received.contains(word), "{}", fault.received);
    }
    let sp = with(&good, "").replace("IDPSSODescriptor", "SPSSODescriptor");
    assert_eq!(
        IdpMetadata::read(&sp, NOW).expect_err("a service").code,
        "metadata_incomplete"
    );
}

#[test]
fn settings_as_metadata_read_back_as_they_were() {
    let one = certificate("a");
    let url = |text: &str| Url::parse(text).expect("an address");
    let mut config = SamlConfig {
        entity_id: "https://idp.test/?a&b".to_owned(),
        sso_url: url("https://idp.test/s?x='1'&y"),
        sso_binding: Binding::Post,
        slo: Some((url("https://idp.test/end?x&y"), Binding::Redirect)),
        certificates: vec![one.clone()],
        metadata_url: None,
        sp_entity_id: "https://login.test/saml/c1".to_owned(),
        acs_url: url("https://login.test/saml/c1/acs"),
        logout_url: url("https://login.test/saml/c1/logout"),
        request_page: url("https://login.test/saml/c1/request"),
        key: SigningKey::generate("login.test", NOW).expect("a key"),
        sign_requests: true,
        groups_claim: None,
        email_claim: None,
        name_claim: None,
    };
    let read = IdpMetadata::read(&of_settings(&config), NOW).expect("metadata");
    assert_eq!(read.entity_id, config.entity_id);
    assert_eq!(read.sso, (config.sso_url.to_string(), Binding::Post));
    let slo = "https://idp.test/end?x&y".to_owned();
    assert_eq!(read.slo, Some((slo, Binding::Redirect)));
    config.slo = None;
    let silent = IdpMetadata::read(&of_settings(&config), NOW).expect("metadata");
    assert_eq!(silent.slo, None);
    assert!(read.wants_signed_requests);
    assert_eq!(read.certificates, [one]);
}

#[test]
fn instants_are_those_of_the_standard() {
    assert_eq!(instant("1970-01-01T00:00:01.5Z"), Some(1500));
    assert_eq!(instant("1970-01-01T01:00:00+01:00"), Some(0));
    for bad in [
        "",
        "1970-01-01",
        "1970-13-01T00:00:00Z",
        "9e99",
        "10-01-01T00:00:00Z",
    ] {
        assert_eq!(instant(bad), None, "{bad}");
    }
}
