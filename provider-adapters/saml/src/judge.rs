//! Our own judgement of a response, condition by condition (SAML Profiles §4.1.4.3, `SAML2Int`).
//!
//! Owns: the order of the checks, what each failure is called and who mends it.
//! Must not know: signatures (`engine`).

use laneway_contract::Check;

use crate::answer::{Answer, Asserted, Bearer, When};
use crate::{Certificate, Fault};

/// Clocks may differ by so much.
pub(crate) const SKEW_MS: i64 = 180_000;
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

/// What a response is measured by.
pub(crate) struct Expected<'a> {
    pub(crate) idp: &'a str,
    pub(crate) sp: &'a str,
    pub(crate) acs: &'a str,
    pub(crate) request_id: &'a str,
    pub(crate) certificates: &'a [Certificate],
    pub(crate) now_ms: i64,
}

/// Judges everything but the signature's mathematics. Each passed check is told; the first
/// fault ends it.
pub(crate) fn judge<'a>(
    answer: &'a Answer,
    expected: &Expected<'_>,
    told: &mut Vec<Check>,
) -> Result<&'a Asserted, Fault> {
    if let Some(refusal) = &answer.refusal {
        return Err(Fault::new(
            "saml_refused",
            refusal,
            "a successful sign-in",
            "The provider refused. Assign the person to the application there, or look at its log for the reason.",
        ));
    }
    told.push(Check::pass("saml_response", "a response to this sign-in"));
    about_request(answer, expected)?;
    let assertion = the_one(answer)?;
    about_issuer(answer, assertion, expected)?;
    told.push(Check::pass("saml_issuer", expected.idp));
    about_signature(answer, assertion, expected)?;
    about_destination(answer, expected)?;
    about_audience(assertion, expected)?;
    told.push(Check::pass("saml_audience", expected.sp));
    about_bearer(assertion, expected)?;
    told.push(Check::pass("saml_recipient", expected.acs));
    about_times(assertion, expected)?;
    told.push(Check::pass("saml_times", "within three minutes of ours"));
    about_subject(assertion)?;
    Ok(assertion)
}

fn about_request(answer: &Answer, expected: &Expected<'_>) -> Result<(), Fault> {
    let received = answer.in_response_to.as_deref();
    if received == Some(expected.request_id) {
        return Ok(());
    }
    Err(Fault::new(
        "wrong_request",
        received.unwrap_or("no InResponseTo"),
        expected.request_id,
        "Start the sign-in here, not at the provider, and start it again: an answer counts once.",
    ))
}

fn the_one(answer: &Answer) -> Result<&Asserted, Fault> {
    if answer.encrypted {
        return Err(Fault::new(
            "encrypted_assertion",
            "an encrypted assertion",
            "a signed assertion that is not encrypted",
            "Switch the encryption of assertions off for this application; the way is encrypted by TLS.",
        ));
    }
    match &answer.assertion {
        Some(one) if answer.assertions == 1 && !one.id.is_empty() && !answer.id.is_empty() => {
            Ok(one)
        }
        _ => Err(Fault::new(
            "assertion_missing",
            format!("{} assertions", answer.assertions),
            "exactly one assertion",
            "Let the provider send one assertion in each response.",
        )),
    }
}

fn about_issuer(
    answer: &Answer,
    assertion: &Asserted,
    expected: &Expected<'_>,
) -> Result<(), Fault> {
    let outer = answer.issuer.as_deref().unwrap_or(expected.idp);
    let wrong = [outer, assertion.issuer.as_str()]
        .into_iter()
        .find(|issuer| *issuer != expected.idp);
    match wrong {
        None => Ok(()),
        Some(issuer) => Err(Fault::new(
            "wrong_issuer",
            issuer,
            expected.idp,
            "Give the metadata of the provider that really answers: its entity id is another one.",
        )),
    }
}

/// What can be said of a signature without computing anything.
fn about_signature(
    answer: &Answer,
    assertion: &Asserted,
    expected: &Expected<'_>,
) -> Result<(), Fault> {
    if !answer.signed && !assertion.signed {
        return Err(unsigned());
    }
    modest(answer)?;
    if let Some(outside) = answer.references.iter().find(|uri| !uri.starts_with('#')) {
        return Err(Fault::new(
            "wrong_signature",
            format!("a reference to {outside:?}"),
            "a signature over this document",
            "Let the provider sign the assertion itself.",
        ));
    }
    if let Some(weak) = answer.algorithms.iter().find(|uri| !is_strong(uri)) {
        return Err(weak_algorithm(weak));
    }
    let ours = |text: &String| {
        expected.certificates.iter().any(|known| {
            known.base64 == *text || Certificate::read(text).is_ok_and(|one| one == *known)
        })
    };
    match answer.certificates.iter().find(|text| !ours(text)) {
        None => Ok(()),
        Some(_) => Err(wrong_certificate(expected)),
    }
}

/// A signature is computed before it is known to be right: nobody may ask for more of that than
/// a provider needs.
fn modest(answer: &Answer) -> Result<(), Fault> {
    const KNOWN: [&str; 2] = [
        "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
        "http://www.w3.org/2001/10/xml-exc-c14n#",
    ];
    let known = |uri: &String| KNOWN.contains(&uri.as_str());
    let fits = answer.signatures <= 2
        && answer.references.len() == answer.signatures
        // Two for the reference, one for the signed part itself.
        && answer.transforms.len() <= 3 * answer.signatures
        && answer.transforms.iter().all(known);
    if fits {
        return Ok(());
    }
    Err(Fault::new(
        "wrong_signature",
        "a signature of an unusual shape",
        "an enveloped signature in exclusive canonical form",
        "Let the provider sign as SAML 2.0 demands: enveloped, with exclusive canonicalization.",
    ))
}

pub(crate) fn unsigned() -> Fault {
    Fault::new(
        "unsigned_assertion",
        "no signature",
        "a signed assertion",
        "Let the provider sign assertions, or responses, for this application.",
    )
}

pub(crate) fn weak_algorithm(received: &str) -> Fault {
    Fault::new(
        "weak_algorithm",
        received,
        "RSA with SHA-256, SHA-384 or SHA-512",
        "Choose RSA with SHA-256 as signature algorithm for this application at the provider.",
    )
}

pub(crate) fn wrong_certificate(expected: &Expected<'_>) -> Fault {
    let until: Vec<String> = expected
        .certificates
        .iter()
        .map(|one| format!("valid until {}", one.until()))
        .collect();
    Fault::new(
        "wrong_certificate",
        "a signature by another certificate",
        format!("the certificate that was given here, {}", until.join("; ")),
        "Give the certificate that the provider signs with now; it may have been replaced there.",
    )
}

/// SHA-2 signatures and digests by RSA (RFC 9231 §2).
pub(crate) fn is_strong(uri: &str) -> bool {
    const STRONG: [&str; 6] = [
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
        "http://www.w3.org/2001/04/xmlenc#sha256",
        "http://www.w3.org/2001/04/xmldsig-more#sha384",
        "http://www.w3.org/2001/04/xmlenc#sha512",
    ];
    STRONG.contains(&uri)
}

fn about_destination(answer: &Answer, expected: &Expected<'_>) -> Result<(), Fault> {
    match answer.destination.as_deref() {
        // Only a signed response has to say where it goes (SAML Bindings §3.5.5.2).
        None if !answer.signed => Ok(()),
        Some(place) if place == expected.acs => Ok(()),
        other => Err(Fault::new(
            "wrong_destination",
            other.unwrap_or("no Destination"),
            expected.acs,
            "Register the ACS address (reply URL) at the provider exactly as it is shown here.",
        )),
    }
}

fn about_audience(assertion: &Asserted, expected: &Expected<'_>) -> Result<(), Fault> {
    let named = |all: &Vec<String>| all.iter().any(|one| one == expected.sp);
    if !assertion.audiences.is_empty() && assertion.audiences.iter().all(named) {
        return Ok(());
    }
    let received = assertion.audiences.concat().join(", ");
    let received = if received.is_empty() {
        "no audience".to_owned()
    } else {
        received
    };
    Err(Fault::new(
        "wrong_audience",
        received,
        expected.sp,
        "Enter the entity id (audience, identifier) at the provider exactly as it is shown here.",
    ))
}

fn about_bearer(assertion: &Asserted, expected: &Expected<'_>) -> Result<(), Fault> {
    let mut wrong = None;
    for bearer in &assertion.bearers {
        match fits(bearer, expected) {
            Ok(()) => return Ok(()),
            Err(fault) => wrong = Some(fault),
        }
    }
    Err(wrong.unwrap_or_else(|| {
        Fault::new(
            "wrong_recipient",
            "no bearer confirmation",
            expected.acs,
            "Let the provider answer by the Web Browser SSO profile, with a bearer confirmation.",
        )
    }))
}

fn fits(bearer: &Bearer, expected: &Expected<'_>) -> Result<(), Fault> {
    if bearer.recipient.as_deref() != Some(expected.acs) {
        return Err(Fault::new(
            "wrong_recipient",
            bearer.recipient.as_deref().unwrap_or("no Recipient"),
            expected.acs,
            "Register the ACS address (reply URL) at the provider exactly as it is shown here.",
        ));
    }
    if bearer.in_response_to.as_deref() != Some(expected.request_id) {
        return Err(Fault::new(
            "wrong_request",
            bearer
                .in_response_to
                .as_deref()
                .unwrap_or("no InResponseTo"),
            expected.request_id,
            "Start the sign-in here, not at the provider, and start it again: an answer counts once.",
        ));
    }
    let end = bearer.not_on_or_after.as_ref();
    let end = end.ok_or_else(|| unreadable("no NotOnOrAfter in the confirmation"))?;
    before(end, expected)?;
    match &bearer.not_before {
        Some(start) => after(start, expected),
        None => Ok(()),
    }
}

fn about_times(assertion: &Asserted, expected: &Expected<'_>) -> Result<(), Fault> {
    if let Some(start) = &assertion.not_before {
        after(start, expected)?;
    }
    if let Some(end) = &assertion.not_on_or_after {
        before(end, expected)?;
    }
    match &assertion.session_ends {
        Some(end) => before(end, expected),
        None => Ok(()),
    }
}

fn after(start: &When, expected: &Expected<'_>) -> Result<(), Fault> {
    let at = start.at_ms.ok_or_else(|| unreadable(&start.written))?;
    if at <= expected.now_ms.saturating_add(SKEW_MS) {
        return Ok(());
    }
    Err(Fault::new(
        "clock_skew",
        format!("good from {}", start.written),
        "a time that has come",
        "Set the provider's clock by network time: it is ahead.",
    ))
}

fn before(end: &When, expected: &Expected<'_>) -> Result<(), Fault> {
    let at = end.at_ms.ok_or_else(|| unreadable(&end.written))?;
    if expected.now_ms < at.saturating_add(SKEW_MS) {
        return Ok(());
    }
    Err(Fault::new(
        "assertion_expired",
        format!("good until {}", end.written),
        "a time that is not over",
        "Start the test again without a long pause; if it stays so, set the provider's clock by network time.",
    ))
}

fn unreadable(written: &str) -> Fault {
    Fault::new(
        "clock_skew",
        written,
        "a time in UTC",
        "Let the provider state times as SAML 2.0 demands, in UTC.",
    )
}

fn about_subject(assertion: &Asserted) -> Result<(), Fault> {
    let expected = "a NameID that stays the same for a person and is never given to another one";
    match &assertion.name_id {
        Some((value, format)) if !value.is_empty() && value.len() <= 1024 => {
            if format.as_deref() != Some(TRANSIENT) {
                return Ok(());
            }
            Err(Fault::new(
                "transient_name_id",
                "another NameID at each sign-in (transient)",
                expected,
                "Choose persistent, or a stable user id, as NameID format for this application.",
            ))
        }
        _ => Err(Fault::new(
            "missing_name_id",
            "no NameID",
            expected,
            "Let the provider send a stable user id as NameID (subject).",
        )),
    }
}
