//! Answers that are right, and answers that are wrong in one way each.

use laneway_contract::{Acr, Groups};
use laneway_fake::saml_idp::{Said, Signed, instant};
use laneway_saml::{Binding, Certificate};
use saml_rs::binding::base64_encode;

use crate::rig::{ACS, NOW, Rig, SP, STATE, config, idp};

#[tokio::test]
async fn a_right_answer_is_a_person() {
    let rig = Rig::new().await;
    for signed in [Signed::Assertion, Signed::Response] {
        let mut said = rig.said();
        said.signed = signed;
        let (checks, who) = rig.takes(&rig.idp.posted(&said)).await;
        let who = who.unwrap_or_else(|| panic!("{checks:?}"));
        assert!(checks.iter().all(|check| check.ok), "{checks:?}");
        assert_eq!(
            (who.issuer.as_str(), who.subject.as_str()),
            ("https://idp.test/metadata", "u-1001")
        );
        assert_eq!(who.email.as_deref(), Some("mona@acme.test"));
        assert_eq!(who.name.as_deref(), Some("Mona & Co"));
        assert_eq!(
            who.groups,
            Groups::Known(vec!["staff".into(), "eng".into()])
        );
        assert_eq!(
            (who.evidence.acr, who.evidence.amr),
            (Acr::Aal1, vec!["pwd".to_owned()])
        );
        assert!(who.once.len() >= 2, "{:?}", who.once);
    }
}

#[tokio::test]
async fn a_request_is_signed_and_names_us() {
    let rig = Rig::new().await;
    let request = &rig.request;
    assert!(request.signed);
    assert_eq!((request.acs.as_str(), request.issuer.as_str()), (ACS, SP));
    assert_eq!(request.relay_state, STATE);
    assert!(request.relay_state.len() <= 80);
    let metadata = rig.handle.0.metadata();
    assert!(
        metadata.contains(ACS) && metadata.contains(SP),
        "{metadata}"
    );
    assert!(
        metadata.contains("AuthnRequestsSigned=\"true\""),
        "{metadata}"
    );
    let persistent = "<NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</";
    for said in [persistent, "WantAssertionsSigned=\"true\""] {
        assert!(metadata.contains(said), "{said} not in {metadata}");
    }
    assert!(
        request.xml.contains("nameid-format:persistent"),
        "{}",
        request.xml
    );
    assert!(metadata.contains("X509Certificate") && !metadata.contains("PRIVATE"));
    assert!(!format!("{:?}", rig.handle.0.metadata()).contains("PRIVATE"));
}

#[tokio::test]
async fn a_request_can_be_posted_and_go_unsigned() {
    let idp = idp();
    let mut posted = config(&idp);
    posted.sso_binding = Binding::Post;
    let rig = Rig::with(idp.clone(), posted).await;
    assert!(rig.request.signed);
    assert!(rig.takes(&rig.idp.posted(&rig.said())).await.1.is_some());
    let mut plain = config(&idp);
    plain.sign_requests = false;
    assert!(!Rig::with(idp, plain).await.request.signed);
}

#[tokio::test]
async fn two_certificates_are_good_while_one_replaces_the_other() {
    let old = idp();
    let new = old.with_new_key();
    let mut both = config(&old);
    both.certificates
        .push(Certificate::read(&new.certificate()).expect("a certificate"));
    let rig = Rig::with(old.clone(), both).await;
    assert!(rig.takes(&old.posted(&rig.said())).await.1.is_some());
    assert!(rig.takes(&new.posted(&rig.said())).await.1.is_some());
    let other = old.with_new_key();
    assert_eq!(
        rig.refuses(&other.posted(&rig.said())).await,
        "wrong_certificate"
    );
}

/// One change, and what the check is called that finds it.
type Wrong = (&'static str, fn(&mut Said), &'static str);

#[tokio::test]
async fn each_fault_has_its_name() {
    let rig = Rig::new().await;
    let wrong: &[Wrong] = &[
        (
            "unsigned",
            |said| said.signed = Signed::Nothing,
            "unsigned_assertion",
        ),
        (
            "issuer",
            |said| said.issuer = "https://evil.test".into(),
            "wrong_issuer",
        ),
        (
            "audience",
            |said| said.audience = "https://other.test".into(),
            "wrong_audience",
        ),
        (
            "acs",
            |said| said.acs = "https://login.test/saml/c2/acs".into(),
            "wrong_destination",
        ),
        (
            "request",
            |said| said.in_response_to = "_other".into(),
            "wrong_request",
        ),
        (
            "late",
            |said| said.now_ms = NOW - 3_600_000,
            "assertion_expired",
        ),
        ("early", |said| said.now_ms = NOW + 3_600_000, "clock_skew"),
        (
            "refused",
            |said| said.status = "urn:oasis:names:tc:SAML:2.0:status:Responder".into(),
            "saml_refused",
        ),
        (
            "transient",
            |said| {
                said.name_id_format = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient".into();
            },
            "transient_name_id",
        ),
        (
            "nobody",
            |said| said.name_id = String::new(),
            "missing_name_id",
        ),
        (
            "sha1",
            |said| said.algorithm = "http://www.w3.org/2000/09/xmldsig#rsa-sha1".into(),
            "weak_algorithm",
        ),
    ];
    for (what, change, code) in wrong {
        let mut said = rig.said();
        change(&mut said);
        let weak = said.algorithm.contains("rsa-sha1");
        // Nothing here signs with SHA-1 any more: the name alone is enough.
        let response = if weak {
            said.algorithm = laneway_fake::saml_idp::RSA_SHA256.into();
            let xml = rig.idp.xml(&said).replace(
                "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
                "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            );
            base64_encode(xml.as_bytes())
        } else {
            rig.idp.posted(&said)
        };
        assert_eq!(rig.refuses(&response).await, *code, "{what}");
    }
}

#[tokio::test]
async fn clocks_may_differ_by_three_minutes() {
    let rig = Rig::new().await;
    for (ms, fine) in [
        (-460_000, true),
        (-500_000, false),
        (220_000, true),
        (260_000, false),
    ] {
        let mut said = rig.said();
        said.now_ms = NOW + ms;
        let came = rig.takes(&rig.idp.posted(&said)).await.1.is_some();
        assert_eq!(came, fine, "{ms}");
    }
}

#[tokio::test]
async fn what_only_the_signature_keeps_right_is_kept_right() {
    let rig = Rig::new().await;
    let xml = rig.idp.xml(&rig.said());
    for (from, to) in [
        ("u-1001", "u-1002"),
        ("mona@acme.test", "root@acme.test"),
        (">eng<", ">admins<"),
        (
            instant(NOW + 300_000).as_str(),
            instant(NOW + 900_000).as_str(),
        ),
    ] {
        let changed = xml.replace(from, to);
        assert_ne!(changed, xml);
        let code = rig.refuses(&base64_encode(changed.as_bytes())).await;
        assert_eq!(code, "wrong_signature", "{from}");
    }
}

#[tokio::test]
async fn an_answer_that_is_none_is_refused() {
    let rig = Rig::new().await;
    let good = rig.idp.posted(&rig.said());
    for (response, relay, code) in [
        ("", STATE, "invalid_xml"),
        ("%%%", STATE, "saml_response_missing"),
        ("PGE+", STATE, "invalid_xml"),
        ("PGEvPg==", STATE, "saml_response_missing"),
        (good.as_str(), "another", "saml_response_missing"),
    ] {
        let (checks, who) = rig.takes_with(response, relay).await;
        assert!(who.is_none());
        assert_eq!(checks.last().expect("a check").name, code, "{response:.20}");
    }
}

#[tokio::test]
async fn usual_attribute_names_are_known_and_an_overage_is_told() {
    let rig = Rig::new().await;
    let mut said = rig.said();
    said.attributes = vec![
        (
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress".into(),
            vec!["mona@acme.test".into()],
        ),
        ("urn:oid:2.5.4.42".into(), vec!["Mona".into()]),
        ("urn:oid:2.5.4.4".into(), vec!["Lund".into()]),
        ("memberOf".into(), vec!["staff".into()]),
    ];
    let who = rig.takes(&rig.idp.posted(&said)).await.1.expect("a person");
    assert_eq!(who.email.as_deref(), Some("mona@acme.test"));
    assert_eq!(who.name.as_deref(), Some("Mona Lund"));
    assert_eq!(who.groups, Groups::Known(vec!["staff".into()]));
    assert_eq!(who.claims["groups"], "staff");
    said.attributes = vec![(
        "http://schemas.microsoft.com/claims/groups.link".into(),
        vec!["https://graph.test".into()],
    )];
    let who = rig.takes(&rig.idp.posted(&said)).await.1.expect("a person");
    assert_eq!((who.groups, who.email), (Groups::Overage, None));
}
