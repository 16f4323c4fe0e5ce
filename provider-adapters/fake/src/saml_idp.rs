//! A SAML identity provider that says exactly what a test wants it to say.
//!
//! Owns: reading requests, writing and signing responses. Must not know: who reads them.

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use saml_rs::binding::{
    base64_decode, base64_encode, deflate_raw_decode, deflate_raw_encode, xml_escape,
};
use saml_rs::crypto::keys::load_private_key;
use saml_rs::crypto::{construct_message_signature, construct_saml_signature};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::Url;

/// RSA with SHA-256.
pub const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
/// Persistent `NameID`s.
pub const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";

/// The provider.
#[derive(Clone)]
pub struct SamlIdp {
    /// Its entity id.
    pub entity_id: String,
    /// Where it is asked.
    pub sso_url: String,
    key_pem: String,
    certificate_pem: String,
}

/// A request that reached it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRequest {
    /// The whole XML.
    pub xml: String,
    /// Its ID.
    pub id: String,
    /// Where the answer goes.
    pub acs: String,
    /// Who asks.
    pub issuer: String,
    /// What has to come back.
    pub relay_state: String,
    /// It carries a signature.
    pub signed: bool,
}

/// Which parts are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// None.
    Nothing,
    /// The assertion.
    Assertion,
    /// The whole response.
    Response,
}

/// What a response says.
#[derive(Debug, Clone)]
pub struct Said {
    /// Of which request.
    pub in_response_to: String,
    /// `Destination` and `Recipient`.
    pub acs: String,
    /// `Audience`.
    pub audience: String,
    /// `Issuer` of both.
    pub issuer: String,
    /// The person.
    pub name_id: String,
    /// What kind of name that is.
    pub name_id_format: String,
    /// Names and values.
    pub attributes: Vec<(String, Vec<String>)>,
    /// Now, ms since the epoch.
    pub now_ms: i64,
    /// Status.
    pub status: String,
    /// Id of the response; that of the assertion is `a` behind it.
    pub id: String,
    /// What is signed.
    pub signed: Signed,
    /// With which algorithm.
    pub algorithm: String,
}

impl SamlIdp {
    /// A provider with a key of its own.
    ///
    /// # Panics
    /// Where no key can be made.
    #[must_use]
    pub fn new(entity_id: &str, sso_url: &str) -> Self {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("a key");
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, "a test provider");
        let certificate = params.self_signed(&key).expect("a certificate");
        Self {
            entity_id: entity_id.to_owned(),
            sso_url: sso_url.to_owned(),
            key_pem: key.serialize_pem(),
            certificate_pem: certificate.pem(),
        }
    }

    /// The same provider with another key.
    #[must_use]
    pub fn with_new_key(&self) -> Self {
        Self::new(&self.entity_id, &self.sso_url)
    }

    /// Its certificate in base64, without lines.
    #[must_use]
    pub fn certificate(&self) -> String {
        self.certificate_pem
            .lines()
            .filter(|line| !line.starts_with('-'))
            .collect()
    }

    /// Its metadata.
    #[must_use]
    pub fn metadata(&self) -> String {
        self.metadata_with(&[&self.certificate()])
    }

    /// Its metadata with these certificates.
    #[must_use]
    pub fn metadata_with(&self, certificates: &[&str]) -> String {
        let keys: Vec<String> = certificates
            .iter()
            .map(|one| {
                format!(
                    r#"<KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{one}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>"#
                )
            })
            .collect();
        format!(
            r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{}"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{}<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{}"/></IDPSSODescriptor></EntityDescriptor>"#,
            xml_escape(&self.entity_id),
            keys.concat(),
            xml_escape(&self.sso_url),
        )
    }

    /// Reads a request as it came by redirect.
    ///
    /// # Panics
    /// Where it is none.
    #[must_use]
    pub fn read(&self, url: &Url) -> SeenRequest {
        let value = |name: &str| {
            url.query_pairs()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        let packed = base64_decode(&value("SAMLRequest").expect("a request")).expect("base64");
        let xml = deflate_raw_decode(&packed).expect("a packed text");
        let mut seen = Self::read_xml(String::from_utf8(xml).expect("a text"));
        seen.relay_state = value("RelayState").expect("a RelayState");
        seen.signed = value("Signature").is_some();
        seen
    }

    /// Reads a request as it was posted.
    ///
    /// # Panics
    /// Where it is none.
    #[must_use]
    pub fn read_posted(&self, request: &str, relay_state: &str) -> SeenRequest {
        let xml = base64_decode(request).expect("base64");
        let mut seen = Self::read_xml(String::from_utf8(xml).expect("a text"));
        relay_state.clone_into(&mut seen.relay_state);
        seen
    }

    fn read_xml(xml: String) -> SeenRequest {
        let between = |from: &str, to: &str| {
            let start = xml.find(from).expect(from) + from.len();
            xml[start..start + xml[start..].find(to).expect(to)].to_owned()
        };
        SeenRequest {
            id: between(" ID=\"", "\""),
            acs: between("AssertionConsumerServiceURL=\"", "\""),
            issuer: between("<saml:Issuer>", "<"),
            relay_state: String::new(),
            signed: xml.contains("SignatureValue"),
            xml,
        }
    }

    /// A plain answer to a request, about one person.
    #[must_use]
    pub fn says(&self, request: &SeenRequest, name_id: &str, now_ms: i64) -> Said {
        Said {
            in_response_to: request.id.clone(),
            acs: request.acs.clone(),
            audience: request.issuer.clone(),
            issuer: self.entity_id.clone(),
            name_id: name_id.to_owned(),
            name_id_format: PERSISTENT.to_owned(),
            attributes: Vec::new(),
            now_ms,
            status: "urn:oasis:names:tc:SAML:2.0:status:Success".to_owned(),
            id: format!("{}r", request.id),
            signed: Signed::Assertion,
            algorithm: RSA_SHA256.to_owned(),
        }
    }

    /// The response, signed.
    ///
    /// # Panics
    /// Where it cannot be signed.
    #[must_use]
    pub fn xml(&self, said: &Said) -> String {
        self.sign(&said.unsigned(), said.signed, &said.algorithm)
    }

    /// The same as it is posted.
    #[must_use]
    pub fn posted(&self, said: &Said) -> String {
        base64_encode(self.xml(said).as_bytes())
    }

    /// Signs a part of a response.
    ///
    /// # Panics
    /// Where it cannot be signed.
    #[must_use]
    pub fn sign(&self, xml: &str, part: Signed, algorithm: &str) -> String {
        let whole = match part {
            Signed::Nothing => return xml.to_owned(),
            Signed::Assertion => false,
            Signed::Response => true,
        };
        let key = load_private_key(&self.key_pem, None).expect("the key");
        let certificate = &self.certificate_pem;
        construct_saml_signature(xml, whole, &key, certificate, algorithm, &[], None)
            .expect("a signature")
    }
}

/// What a request to end sessions says.
#[derive(Debug, Clone)]
pub struct SaidLogout {
    /// Its ID.
    pub id: String,
    /// `Issuer`.
    pub issuer: String,
    /// `Destination`.
    pub destination: String,
    /// `IssueInstant`, ms since the epoch.
    pub issued_ms: i64,
    /// `NotOnOrAfter`, ms since the epoch.
    pub ends_ms: i64,
    /// The person.
    pub name_id: String,
    /// Which of their sessions; none means all.
    pub session_indexes: Vec<String>,
}

impl SaidLogout {
    /// The request without any signature.
    #[must_use]
    pub fn unsigned(&self) -> String {
        let (issued, end) = (instant(self.issued_ms), instant(self.ends_ms));
        let [id, issuer, destination, name] =
            [&self.id, &self.issuer, &self.destination, &self.name_id].map(|text| xml_escape(text));
        let indexes = self.session_indexes.iter();
        let indexes = indexes.map(|one| {
            format!(
                "<samlp:SessionIndex>{}</samlp:SessionIndex>",
                xml_escape(one)
            )
        });
        format!(
            r#"<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{id}" Version="2.0" IssueInstant="{issued}" NotOnOrAfter="{end}" Destination="{destination}"><saml:Issuer>{issuer}</saml:Issuer><saml:NameID Format="{PERSISTENT}">{name}</saml:NameID>{}</samlp:LogoutRequest>"#,
            indexes.collect::<String>()
        )
    }
}

impl SamlIdp {
    /// A request to end the sessions of somebody, for our logout address.
    #[must_use]
    pub fn ends(&self, destination: &str, name_id: &str, now_ms: i64) -> SaidLogout {
        SaidLogout {
            id: format!("_{now_ms}logout"),
            issuer: self.entity_id.clone(),
            destination: destination.to_owned(),
            issued_ms: now_ms,
            ends_ms: now_ms + 60_000,
            name_id: name_id.to_owned(),
            session_indexes: Vec::new(),
        }
    }

    /// The query by which a request comes by redirect, signed over its bytes.
    ///
    /// # Panics
    /// Where it cannot be signed.
    #[must_use]
    pub fn logout_query(&self, xml: &str, algorithm: &str) -> String {
        let packed = deflate_raw_encode(xml.as_bytes()).expect("packed");
        let signed = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("SAMLRequest", &base64_encode(&packed))
            .append_pair("RelayState", "back")
            .append_pair("SigAlg", algorithm)
            .finish();
        let key = load_private_key(&self.key_pem, None).expect("the key");
        let signature = construct_message_signature(&signed, &key, algorithm).expect("a signature");
        let signature: String =
            url::form_urlencoded::byte_serialize(signature.as_bytes()).collect();
        format!("{signed}&Signature={signature}")
    }

    /// The same as it is posted, signed inside.
    ///
    /// # Panics
    /// Where it cannot be signed.
    #[must_use]
    pub fn logout_posted(&self, xml: &str) -> String {
        base64_encode(self.sign(xml, Signed::Response, RSA_SHA256).as_bytes())
    }
}

impl Said {
    /// The response without any signature.
    #[must_use]
    pub fn unsigned(&self) -> String {
        let at = |ms: i64| instant(self.now_ms + ms);
        let (now, end, start) = (at(0), at(300_000), at(-60_000));
        let attributes: Vec<String> = self.attributes.iter().map(attribute).collect();
        let attributes = if attributes.is_empty() {
            String::new()
        } else {
            format!(
                "<saml:AttributeStatement>{}</saml:AttributeStatement>",
                attributes.concat()
            )
        };
        let [id, to, acs, audience, issuer, name, format] = [
            &self.id,
            &self.in_response_to,
            &self.acs,
            &self.audience,
            &self.issuer,
            &self.name_id,
            &self.name_id_format,
        ]
        .map(|text| xml_escape(text));
        let status = &self.status;
        format!(
            r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{id}" Version="2.0" IssueInstant="{now}" Destination="{acs}" InResponseTo="{to}"><saml:Issuer>{issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="{status}"/></samlp:Status><saml:Assertion ID="{id}a" Version="2.0" IssueInstant="{now}"><saml:Issuer>{issuer}</saml:Issuer><saml:Subject><saml:NameID Format="{format}">{name}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="{end}" Recipient="{acs}" InResponseTo="{to}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{start}" NotOnOrAfter="{end}"><saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{now}" SessionIndex="{id}s"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>{attributes}</saml:Assertion></samlp:Response>"#
        )
    }
}

fn attribute((name, values): &(String, Vec<String>)) -> String {
    let values: Vec<String> = values
        .iter()
        .map(|value| {
            format!(
                "<saml:AttributeValue>{}</saml:AttributeValue>",
                xml_escape(value)
            )
        })
        .collect();
    format!(
        r#"<saml:Attribute Name="{}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic">{}</saml:Attribute>"#,
        xml_escape(name),
        values.concat(),
    )
}

/// `xs:dateTime` in UTC.
///
/// # Panics
/// For instants outside of the calendar.
#[must_use]
pub fn instant(at_ms: i64) -> String {
    let seconds = at_ms.div_euclid(1000);
    let at = OffsetDateTime::from_unix_timestamp(seconds).expect("an instant");
    at.format(&Rfc3339).expect("a text")
}
