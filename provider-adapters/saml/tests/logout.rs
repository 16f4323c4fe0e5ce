//! Requests of a provider to end sessions: right ones, and wrong ones in one way each.

use laneway_fake::saml_idp::{RSA_SHA256, SaidLogout, SamlIdp, Signed};
use laneway_fake::{ManualClock, test_env};
use laneway_saml::{Binding, LogoutAnswer, LogoutMessage, SamlProvider};
use saml_rs::binding::base64_encode;
use std::sync::Arc;
use url::Url;

use crate::rig::{LOGOUT, NOW, config, idp};

const SLO: &str = "https://idp.test/slo";

fn provider(idp: &SamlIdp, answers: Option<Binding>) -> Arc<SamlProvider> {
    let mut config = config(idp);
    config.slo = answers.map(|binding| (Url::parse(SLO).expect("an address"), binding));
    SamlProvider::new(config, test_env(&ManualClock::at(NOW), 1)).expect("a provider")
}

fn said(idp: &SamlIdp) -> SaidLogout {
    let mut said = idp.ends(LOGOUT, "u-1001", NOW);
    said.session_indexes = vec!["s-1".into(), "s-2".into()];
    said
}

fn redirected(idp: &SamlIdp, xml: &str) -> LogoutMessage {
    LogoutMessage::Redirect(idp.logout_query(xml, RSA_SHA256))
}

fn form(value: String) -> LogoutMessage {
    let relay = ("RelayState".to_owned(), "back".to_owned());
    LogoutMessage::Posted(vec![("SAMLRequest".to_owned(), value), relay])
}

fn posted(idp: &SamlIdp, xml: &str) -> LogoutMessage {
    form(idp.logout_posted(xml))
}

#[test]
fn both_ways_say_who_and_are_answered() {
    let idp = idp();
    let xml = said(&idp).unsigned();
    for binding in [Binding::Redirect, Binding::Post] {
        let provider = provider(&idp, Some(binding));
        for message in [redirected(&idp, &xml), posted(&idp, &xml)] {
            let asked = provider.read_logout(message).expect("acceptable");
            assert_eq!(asked.name_id, "u-1001");
            assert_eq!(asked.session_indexes, ["s-1", "s-2"]);
            match provider.answer_logout(&asked).expect("an answer") {
                Some(LogoutAnswer::To(address)) if binding == Binding::Redirect => {
                    for part in [SLO, "SAMLResponse=", "RelayState=back", "Signature="] {
                        assert!(address.contains(part), "{address}");
                    }
                }
                Some(LogoutAnswer::Post(address, fields)) if binding == Binding::Post => {
                    assert_eq!(address, SLO);
                    assert!(fields.iter().any(|(name, _)| name == "SAMLResponse"));
                }
                other => panic!("{other:?}"),
            }
        }
    }
    let mute = provider(&idp, None);
    let asked = mute
        .read_logout(redirected(&idp, &xml))
        .expect("acceptable");
    assert_eq!(mute.answer_logout(&asked).expect("nothing"), None);
}

#[test]
fn what_is_not_exactly_right_ends_nothing() {
    let idp = idp();
    let provider = provider(&idp, Some(Binding::Redirect));
    for why in [
        "issuer",
        "destination",
        "no destination",
        "age",
        "end",
        "nobody",
    ] {
        let mut one = said(&idp);
        match why {
            "issuer" => one.issuer = "https://idp.test/other".into(),
            "destination" => one.destination = "https://login.test/saml/c2/logout".into(),
            "no destination" => one.destination = String::new(),
            "age" => one.issued_ms -= 20 * 60_000,
            "end" => one.ends_ms = NOW - 10 * 60_000,
            _ => one.name_id = " ".into(),
        }
        let xml = one.unsigned();
        for message in [redirected(&idp, &xml), posted(&idp, &xml)] {
            assert!(provider.read_logout(message).is_err(), "{why}");
        }
    }
}

#[test]
fn only_the_providers_own_signature_over_all_of_it_counts() {
    let idp = idp();
    let provider = provider(&idp, Some(Binding::Redirect));
    let xml = said(&idp).unsigned();
    let stranger = idp.with_new_key();
    let query = idp.logout_query(&xml, RSA_SHA256);
    let other = idp.logout_query(&xml.replace("u-1001", "u-1002"), RSA_SHA256);
    let signature = |query: &str| {
        query
            .rsplit_once("&Signature=")
            .map(|(_, it)| it.to_owned())
    };
    let message = |query: &str| {
        query
            .split("&RelayState")
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let mut all = vec![
        redirected(&stranger, &xml),
        posted(&stranger, &xml),
        // Unsigned, and signed in the other way's place.
        LogoutMessage::Redirect(message(&query)),
        form(base64_encode(xml.as_bytes())),
        // The signature of another message, and the message of another signature.
        LogoutMessage::Redirect(format!(
            "{}&Signature={}",
            query.rsplit_once("&Signature=").expect("signed").0,
            signature(&other).expect("signed")
        )),
        LogoutMessage::Redirect(query.replace(&message(&query), &message(&other))),
        LogoutMessage::Redirect(format!("{}&{query}", message(&other))),
        LogoutMessage::Redirect(query.replace("RelayState=back", "RelayState=elsewhere")),
        LogoutMessage::Redirect(query.replace("rsa-sha256", "rsa-sha1")),
        LogoutMessage::Redirect(format!("{query}&SAMLRequest=x")),
        LogoutMessage::Redirect(String::new()),
        LogoutMessage::Posted(Vec::new()),
        form("%%".into()),
    ];
    // A signed request inside of another one, beside it, and one that says more than was signed.
    let signed = idp.sign(&xml, Signed::Response, RSA_SHA256);
    let outer = said(&idp)
        .unsigned()
        .replace("u-1001", "u-1002")
        .replace("logout\"", "outer\"");
    let end = "</samlp:LogoutRequest>";
    all.push(form(base64_encode(
        outer.replace(end, &format!("{signed}{end}")).as_bytes(),
    )));
    let signature = &signed[signed.find("<ds:Signature").expect("signed")..];
    let signature = &signature[..signature.find("</ds:Signature>").expect("whole") + 15];
    let wrapped = outer.replace("</saml:Issuer>", &format!("</saml:Issuer>{signature}"));
    all.push(form(base64_encode(wrapped.as_bytes())));
    let twice = "<saml:NameID>u-1002</saml:NameID>";
    for (from, to) in [
        ("u-1001", "u-1002".to_owned()),
        (end, format!("{twice}{end}")),
        (">s-2<", ">s-3<".to_owned()),
        (
            "<samlp:LogoutRequest",
            "<!DOCTYPE x><samlp:LogoutRequest".to_owned(),
        ),
    ] {
        all.push(form(base64_encode(
            signed.replacen(from, &to, 1).as_bytes(),
        )));
    }
    for (place, message) in all.into_iter().enumerate() {
        let told = format!("{place}: {message:?}");
        assert!(provider.read_logout(message).is_err(), "{told}");
    }
    // A comment is not signed, and cuts no name short.
    let commented = signed.replace("u-1001", "u-<!-- -->1001");
    let asked = provider.read_logout(form(base64_encode(commented.as_bytes())));
    assert_eq!(
        asked.map(|asked| asked.name_id).ok().as_deref(),
        Some("u-1001")
    );
    let whole = LogoutMessage::Redirect(query);
    assert!(provider.read_logout(whole).is_ok());
    assert!(
        provider
            .read_logout(form(base64_encode(signed.as_bytes())))
            .is_ok()
    );
}
