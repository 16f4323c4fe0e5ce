//! What attackers make of a signed answer: whatever they move, wrap or add, nobody comes in
//! whom the provider has not signed for.

use laneway_contract::Groups;
use laneway_fake::saml_idp::{PERSISTENT, Signed};
use saml_rs::binding::base64_encode;

use crate::rig::Rig;

/// A signed answer and its parts.
struct Parts {
    /// All of it.
    xml: String,
    /// The signed assertion, or the one inside of the signed response.
    assertion: String,
    /// The signature, wherever it lies.
    signature: String,
    /// The assertion without a signature in it.
    bare: String,
    /// The same about somebody else, under an id of its own.
    evil: String,
    /// The whole response without a signature.
    response: String,
}

fn cut<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).expect(from);
    let end = start + text[start..].find(to).expect(to) + to.len();
    &text[start..end]
}

fn evil_of(text: &str) -> String {
    text.replace("u-1001", "root").replace("mona@", "root@")
}

impl Parts {
    fn of(xml: &str) -> Self {
        let assertion = cut(xml, "<saml:Assertion ", "</saml:Assertion>").to_owned();
        let signature = cut(xml, "<ds:Signature ", "</ds:Signature>").to_owned();
        let bare = assertion.replace(&signature, "");
        let id = cut(&bare, " ID=\"", "\" ").to_owned();
        let evil = evil_of(&bare).replace(&id, " ID=\"_evil\" ");
        Self {
            response: xml.replace(&signature, ""),
            xml: xml.to_owned(),
            assertion,
            signature,
            bare,
            evil,
        }
    }

    /// The answer with something else in place of its assertion.
    fn with(&self, inside: &str) -> String {
        self.xml.replace(&self.assertion, inside)
    }

    /// The evil assertion with something more inside, before its end.
    fn around(&self, inside: &str) -> String {
        self.evil
            .replace("</saml:Assertion>", &format!("{inside}</saml:Assertion>"))
    }

    /// The evil assertion with the signature where a signature has to be.
    fn signed_evil(&self) -> String {
        let after = "</saml:Issuer>";
        self.evil
            .replacen(after, &format!("{after}{}", self.signature), 1)
    }

    fn same_id_evil(&self) -> String {
        evil_of(&self.bare)
    }

    fn object(&self, inside: &str) -> String {
        self.signature.replace(
            "</ds:Signature>",
            &format!("<ds:Object>{inside}</ds:Object></ds:Signature>"),
        )
    }
}

/// An edit; `None` where it does not apply to this form.
type Edit = (&'static str, fn(&Parts) -> String);

const EDITS: &[Edit] = &[
    // Wrapping of a signed response (XSW 1 and 2) and variants.
    (
        "xsw1: the signed response inside of the signature of an evil one",
        |p| {
            let evil = evil_of(&p.response).replacen(" ID=\"_", " ID=\"_x", 1);
            let whole = p.object(&p.response);
            evil.replacen("</saml:Issuer>", &format!("</saml:Issuer>{whole}"), 1)
        },
    ),
    (
        "xsw2: the signature beside the signed response, both in an evil one",
        |p| {
            let evil = evil_of(&p.response).replacen(" ID=\"_", " ID=\"_x", 1);
            let both = format!("</saml:Issuer>{}{}", p.signature, p.response);
            evil.replacen("</saml:Issuer>", &both, 1)
        },
    ),
    ("the signed response in Extensions of an evil one", |p| {
        let evil = evil_of(&p.response).replacen(" ID=\"_", " ID=\"_x", 1);
        let inside = format!(
            "</saml:Issuer><samlp:Extensions>{}</samlp:Extensions>",
            p.xml
        );
        evil.replacen("</saml:Issuer>", &inside, 1)
    }),
    // Wrapping of a signed assertion (XSW 3 to 8) and variants.
    ("xsw3: an evil assertion before the signed one", |p| {
        p.with(&format!("{}{}", p.evil, p.assertion))
    }),
    ("xsw3b: an evil assertion behind the signed one", |p| {
        p.with(&format!("{}{}", p.assertion, p.evil))
    }),
    ("xsw4: the signed assertion inside of an evil one", |p| {
        p.with(&p.around(&p.assertion))
    }),
    (
        "xsw5: an evil one with the signature, the signed one behind it",
        |p| p.with(&format!("{}{}", p.signed_evil(), p.bare)),
    ),
    ("xsw5b: the signed one before it", |p| {
        p.with(&format!("{}{}", p.bare, p.signed_evil()))
    }),
    (
        "xsw6: the signed one inside of the signature of an evil one",
        |p| {
            let after = "</saml:Issuer>";
            p.with(
                &p.evil
                    .replacen(after, &format!("{after}{}", p.object(&p.bare)), 1),
            )
        },
    ),
    ("xsw7: an evil assertion in Extensions", |p| {
        p.with(&format!(
            "<samlp:Extensions>{}</samlp:Extensions>{}",
            p.evil, p.assertion
        ))
    }),
    (
        "xsw8: the signed one in an Object of its signature, evil outside",
        |p| p.with(&format!("{}{}", p.evil, p.object(&p.bare))),
    ),
    ("an evil one with the id of the signed one before it", |p| {
        p.with(&format!("{}{}", p.same_id_evil(), p.assertion))
    }),
    ("an evil one with the id of the signed one behind it", |p| {
        p.with(&format!("{}{}", p.assertion, p.same_id_evil()))
    }),
    ("an evil one without an id", |p| {
        let id = cut(&p.evil, " ID=\"", "\" ").to_owned();
        p.with(&format!("{}{}", p.evil.replace(&id, " "), p.assertion))
    }),
    ("an evil one with a prefixed id", |p| {
        let evil = p
            .same_id_evil()
            .replacen(" ID=", " xmlns:x=\"urn:x\" x:ID=", 1);
        p.with(&format!("{evil}{}", p.assertion))
    }),
    ("the id as Id and id", |p| {
        let evil = p.same_id_evil().replacen(" ID=", " Id=", 1);
        p.with(&format!("{evil}{}", p.assertion))
    }),
    ("the signed one as Advice of an evil one", |p| {
        p.with(&p.around(&format!("<saml:Advice>{}</saml:Advice>", p.assertion)))
    }),
    (
        "the signed one in SubjectConfirmationData of an evil one",
        |p| {
            let data = cut(&p.evil, "<saml:SubjectConfirmationData", "/>").to_owned();
            let open = data.replace("/>", ">");
            let inside = format!("{open}{}</saml:SubjectConfirmationData>", p.assertion);
            p.with(&p.evil.replace(&data, &inside))
        },
    ),
    ("the signed one in an attribute value of an evil one", |p| {
        let inside = format!(
            "<saml:AttributeStatement><saml:Attribute Name=\"x\"><saml:AttributeValue>{}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>",
            p.assertion
        );
        p.with(&p.around(&inside))
    }),
    ("the signed one in an element of nobody", |p| {
        p.with(&format!("<x xmlns=\"urn:x\">{}</x>{}", p.assertion, p.evil))
    }),
    ("an evil one in an element of nobody", |p| {
        p.with(&format!("<x xmlns=\"urn:x\">{}</x>{}", p.evil, p.assertion))
    }),
    ("an evil assertion of another namespace before it", |p| {
        let evil = p.evil.replace("saml:", "e:").replacen(
            "<e:Assertion ",
            "<e:Assertion xmlns:e=\"urn:oasis:names:tc:SAML:1.0:assertion\" ",
            1,
        );
        p.with(&format!("{evil}{}", p.assertion))
    }),
    (
        "an evil one under another prefix of the same namespace",
        |p| {
            let evil = p.evil.replace("saml:", "e:").replacen(
                "<e:Assertion ",
                "<e:Assertion xmlns:e=\"urn:oasis:names:tc:SAML:2.0:assertion\" ",
                1,
            );
            p.with(&format!("{evil}{}", p.assertion))
        },
    ),
    ("an evil encrypted assertion beside it", |p| {
        p.with(&format!(
            "<saml:EncryptedAssertion>{}</saml:EncryptedAssertion>{}",
            p.evil, p.assertion
        ))
    }),
    ("a second subject", |p| {
        let subject = cut(&p.evil, "<saml:Subject>", "</saml:Subject>").to_owned();
        p.xml
            .replacen("<saml:Subject>", &format!("{subject}<saml:Subject>"), 1)
    }),
    ("a second NameID", |p| {
        p.xml.replacen(
            "<saml:NameID ",
            "<saml:NameID>root</saml:NameID><saml:NameID ",
            1,
        )
    }),
    // Names that a reading by local names takes for others; unused declarations are not signed.
    ("xmlns:Name on another attribute", |p| {
        p.xml.replace(
            "<saml:Attribute Name=\"displayName\"",
            "<saml:Attribute xmlns:Name=\"groups\" Name=\"displayName\"",
        )
    }),
    ("xmlns:Name that takes the groups away", |p| {
        p.xml.replace(
            "<saml:Attribute Name=\"groups\"",
            "<saml:Attribute xmlns:Name=\"nothing\" Name=\"groups\"",
        )
    }),
    ("xmlns:Format on the NameID", |p| {
        p.xml.replace(
            "<saml:NameID ",
            "<saml:NameID xmlns:Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\" ",
        )
    }),
    ("xmlns:ID on the assertion", |p| {
        p.xml
            .replace("<saml:Assertion ", "<saml:Assertion xmlns:ID=\"_other\" ")
    }),
    // Text.
    ("a comment in the NameID", |p| {
        p.xml.replace("u-1001", "u-<!-- -->1001")
    }),
    ("a comment that hides the end", |p| {
        p.xml.replace("u-1001", "root<!--u-1001-->")
    }),
    ("CDATA in the NameID", |p| {
        p.xml.replace("u-1001", "<![CDATA[root]]>")
    }),
    ("CDATA that says the same", |p| {
        p.xml.replace("u-1001", "<![CDATA[u-1001]]>")
    }),
    ("a processing instruction in the NameID", |p| {
        p.xml.replace("u-1001", "<?x root?>u-1001")
    }),
    ("a DOCTYPE", |p| format!("<!DOCTYPE x>{}", p.xml)),
    ("an entity", |p| {
        format!(
            "<!DOCTYPE x [<!ENTITY e \"root\">]>{}",
            p.xml.replace("u-1001", "&e;")
        )
    }),
    ("a second root", |p| {
        format!("{}{}", p.xml, evil_of(&p.response))
    }),
    // Signatures.
    ("an XPath transform", |p| {
        p.xml.replacen(
            "</ds:Transforms>",
            "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>self::x</ds:XPath></ds:Transform></ds:Transforms>",
            1,
        )
    }),
    ("an external reference", |p| {
        let uri = cut(&p.xml, "URI=\"#", "\"").to_owned();
        evil_of(&p.xml.replace(&uri, "URI=\"http://127.0.0.1:1/x\""))
    }),
    ("a reference to all and nothing", |p| {
        let uri = cut(&p.xml, "URI=\"#", "\"").to_owned();
        evil_of(&p.xml.replace(&uri, "URI=\"\""))
    }),
    ("no signature left", |p| evil_of(&p.response)),
    ("an HMAC with the public certificate", |p| {
        evil_of(&p.xml).replace(
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        )
    }),
    ("an empty canonical form", |p| {
        evil_of(&p.xml).replace(
            "http://www.w3.org/2001/10/xml-exc-c14n#",
            "http://www.w3.org/2000/09/xmldsig#base64",
        )
    }),
    ("two references", |p| {
        let reference = cut(&p.xml, "<ds:Reference ", "</ds:Reference>").to_owned();
        evil_of(
            &p.xml
                .replace(&reference, &format!("{reference}{reference}")),
        )
    }),
];

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_in_who_was_not_signed_for() {
    assert!(EDITS.len() >= 38);
    let rig = Rig::new().await;
    let mut changed = 0;
    for form in [Signed::Assertion, Signed::Response] {
        let mut said = rig.said();
        said.signed = form;
        let parts = Parts::of(&rig.idp.xml(&said));
        for (name, edit) in EDITS {
            let xml = edit(&parts);
            if xml == parts.xml {
                continue;
            }
            changed += 1;
            let (checks, who) = rig.takes(&base64_encode(xml.as_bytes())).await;
            let Some(who) = who else { continue };
            assert_eq!(who.subject, "u-1001", "{form:?} {name}: {checks:?}");
            assert_eq!(
                who.email.as_deref(),
                Some("mona@acme.test"),
                "{form:?} {name}"
            );
            let groups = Groups::Known(vec!["staff".into(), "eng".into()]);
            assert_eq!(who.groups, groups, "{form:?} {name}");
            assert_eq!(who.claims["name_id_format"], PERSISTENT, "{form:?} {name}");
        }
    }
    assert!(changed >= 67, "{changed} edits did something");
}

#[tokio::test]
async fn a_key_that_the_message_brings_along_counts_nothing() {
    let rig = Rig::new().await;
    let other = rig.idp.with_new_key();
    let said = rig.said();
    assert_eq!(rig.refuses(&other.posted(&said)).await, "wrong_certificate");
    // Nor does naming our certificate help a foreign signature.
    let forged = other
        .xml(&said)
        .replace(&other.certificate(), &rig.idp.certificate());
    assert_eq!(
        rig.refuses(&base64_encode(forged.as_bytes())).await,
        "wrong_signature"
    );
}
