//! Checked claims in our words: who, which address, which groups, how strongly proven.
//!
//! Owns: the mapping of claims. Must not know: how they were checked.

use laneway_contract::{
    Acr, AuthEvidence, Brokered, EvidenceSource, Groups, ProviderError, UpstreamIdentity,
    UpstreamSession,
};
use serde_json::Value;

use crate::claims::{self, Claims};
use crate::{EmailAuthority, EmailTrust, OidcConfig, OidcOptions, fault};

/// Claims that only the signed token may state, whatever userinfo says.
const SIGNED_ONLY: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "azp",
    "exp",
    "iat",
    "nbf",
    "nonce",
    "acr",
    "amr",
    "auth_time",
    "sid",
    "at_hash",
];

/// An identity from an ID token and, where it was asked, userinfo about the same subject.
pub(crate) fn build(
    config: &OidcConfig,
    id: &Claims,
    info: Option<Claims>,
    session: UpstreamSession,
) -> Result<UpstreamIdentity, ProviderError> {
    let subject = claims::subject(id)?
        .ok_or_else(|| fault::invalid("sub is missing"))?
        .to_owned();
    let info = info.unwrap_or_default();
    let options = &config.options;
    let (email, email_verified) = address(options, id, &info);
    let merged = merge(id, info);
    Ok(UpstreamIdentity {
        // Checked before: the configured one, or one of those that it stands for.
        issuer: claims::text(id, "iss")?
            .unwrap_or(&config.issuer)
            .to_owned(),
        subject,
        via: via(options, id)?,
        email,
        email_verified,
        name: name(&merged),
        groups: Groups::read(&merged, &options.groups_claim),
        evidence: evidence(options, id)?,
        claims: merged,
        session: Some(session),
        once: Vec::new(),
    })
}

/// Signed claims win; userinfo adds what the token lacks.
fn merge(id: &Claims, info: Claims) -> Claims {
    let mut merged: Claims = info
        .into_iter()
        .filter(|(name, _)| !SIGNED_ONLY.contains(&name.as_str()))
        .collect();
    merged.extend(id.clone());
    merged
}

/// Address and verdict from one document: a verdict about another address is worth nothing.
fn address(options: &OidcOptions, id: &Claims, info: &Claims) -> (Option<String>, bool) {
    let judged = |claims: &&Claims| claims.contains_key(&options.email_verified_claim);
    let with_address: Vec<&Claims> = [id, info]
        .into_iter()
        .filter(|claims| claims.get("email").is_some_and(Value::is_string))
        .collect();
    let Some(source) = with_address
        .iter()
        .copied()
        .find(|c| judged(c))
        .or(with_address.first().copied())
    else {
        return (None, false);
    };
    let email = source
        .get("email")
        .and_then(Value::as_str)
        .map(str::to_owned);
    // JSON `true` only: the text "true" is what misreadings are made of.
    let said = source.get(&options.email_verified_claim);
    let as_text = options.email_verified_text && said == Some(&Value::from("true"));
    let verified = said == Some(&Value::Bool(true)) || as_text;
    let trusted = options.email_trust == EmailTrust::Claim
        && options
            .email_authority
            .as_ref()
            .is_none_or(|authority| is_theirs(authority, email.as_deref(), id));
    (email, verified && trusted)
}

/// Is the provider the one who gives out this address?
fn is_theirs(authority: &EmailAuthority, email: Option<&str>, id: &Claims) -> bool {
    let managed = authority.claim.as_ref().and_then(|claim| id.get(claim));
    let managed = managed
        .and_then(Value::as_str)
        .is_some_and(|text| !text.is_empty());
    let domain = email.and_then(|email| email.rsplit_once('@'));
    let own = |(_, domain): (&str, &str)| {
        let mut all = authority.domains.iter();
        all.any(|known| known.eq_ignore_ascii_case(domain))
    };
    managed || domain.is_some_and(own)
}

/// The name in a text of this form: `{"name":{"firstName":"","lastName":""}}`.
pub(crate) fn unsigned_name(text: &str) -> Option<String> {
    let said: Value = serde_json::from_str(text).ok()?;
    let parts = ["firstName", "lastName"].map(|part| said.get("name")?.get(part)?.as_str());
    let parts: Vec<&str> = parts.into_iter().flatten().map(str::trim).collect();
    let name = parts.join(" ").trim().to_owned();
    let plain = name.chars().count() <= 200 && !name.chars().any(char::is_control);
    (plain && !name.is_empty()).then_some(name)
}

fn name(claims: &Claims) -> Option<String> {
    let text = |claim: &str| {
        claims
            .get(claim)
            .and_then(Value::as_str)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    let parts = || {
        let joined = [text("given_name"), text("family_name")]
            .into_iter()
            .flatten();
        let joined = joined.collect::<Vec<_>>().join(" ");
        (!joined.is_empty()).then_some(joined)
    };
    text("name").map(str::to_owned).or_else(parts)
}

/// Who brokered the login, from signed claims alone.
fn via(options: &OidcOptions, id: &Claims) -> Result<Option<Brokered>, ProviderError> {
    let Some(names) = &options.via else {
        return Ok(None);
    };
    let Some(connection) = claims::text(id, &names.connection)? else {
        return Ok(None);
    };
    let required = |name: &str| {
        claims::text(id, name)?
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| fault::invalid(format!("a brokered login without {name}")))
    };
    Ok(Some(Brokered {
        connection: connection.to_owned(),
        issuer: required(&names.issuer)?,
        subject: required(&names.subject)?,
    }))
}

pub(crate) fn evidence(options: &OidcOptions, id: &Claims) -> Result<AuthEvidence, ProviderError> {
    let amr: Vec<String> = match id.get("amr") {
        None => Vec::new(),
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(Value::as_str)
            .map(|word| {
                options
                    .amr
                    .get(word)
                    .cloned()
                    .unwrap_or_else(|| word.to_owned())
            })
            .collect(),
        Some(_) => return Err(fault::invalid("amr is not a list")),
    };
    let by_acr = claims::text(id, "acr")?.and_then(|acr| options.rung_of(acr));
    let by_amr = amr
        .iter()
        .filter_map(|word| options.amr_acr.get(word))
        .max()
        .copied();
    let auth_time_ms = match claims::instant_ms(id, "auth_time")? {
        Some(at_ms) => at_ms,
        None => claims::required_instant_ms(id, "iat")?,
    };
    let silent = by_acr.is_none() && amr.is_empty();
    Ok(AuthEvidence {
        acr: by_acr.max(by_amr).unwrap_or(Acr::Aal1),
        amr,
        auth_time_ms,
        source: if silent {
            EvidenceSource::Assumed
        } else {
            EvidenceSource::Asserted
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config(options: Value) -> OidcConfig {
        OidcConfig {
            issuer: "https://idp.example".into(),
            client_id: "laneway".into(),
            client_secret: Some("s".into()),
            scopes: vec![],
            options: serde_json::from_value(options).unwrap(),
        }
    }

    fn identity(options: Value, id: Value, info: Value) -> UpstreamIdentity {
        let mut claims: Claims = serde_json::from_value(id).unwrap();
        claims.insert("sub".into(), json!("s1"));
        claims.insert("iat".into(), json!(1000));
        let info = serde_json::from_value(info).unwrap();
        build(&config(options), &claims, info, UpstreamSession::default()).unwrap()
    }

    #[test]
    fn only_json_true_verifies_an_address() {
        for (value, verified) in [
            (json!(true), true),
            (json!("true"), false),
            (json!(1), false),
            (json!(null), false),
        ] {
            let id = json!({"email": "a@x.test", "email_verified": value});
            assert_eq!(
                identity(json!({}), id, json!(null)).email_verified,
                verified,
                "{value}"
            );
        }
        let id = json!({"email": "a@x.test", "email_verified": true});
        let never = identity(json!({"email_trust": "never"}), id.clone(), json!(null));
        assert!(!never.email_verified);
        let other = identity(json!({"email_verified_claim": "xms_edov"}), id, json!(null));
        assert!(!other.email_verified);
    }

    #[test]
    fn address_and_verdict_come_from_one_document() {
        let id = json!({"email": "a@x.test"});
        let found = identity(
            json!({}),
            id.clone(),
            json!({"sub": "s1", "email_verified": true}),
        );
        assert_eq!(
            (found.email.as_deref(), found.email_verified),
            (Some("a@x.test"), false)
        );
        let info = json!({"sub": "s1", "email": "b@x.test", "email_verified": true});
        let found = identity(json!({}), id, info);
        assert_eq!(
            (found.email.as_deref(), found.email_verified),
            (Some("b@x.test"), true)
        );
    }

    #[test]
    fn groups_are_known_absent_or_overage() {
        let groups = |id: Value| identity(json!({}), id, json!(null)).groups;
        assert_eq!(
            groups(json!({"groups": ["a", 7, "b"]})),
            Groups::Known(vec!["a".into(), "b".into()])
        );
        assert_eq!(groups(json!({"groups": []})), Groups::Known(vec![]));
        assert_eq!(groups(json!({})), Groups::Absent);
        let names = json!({"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {}}});
        assert_eq!(groups(names), Groups::Overage);
        assert_eq!(groups(json!({"hasgroups": true})), Groups::Overage);
        let nested = json!({"realm_access": {"roles": ["r"]}});
        let found = identity(
            json!({"groups_claim": "/realm_access/roles"}),
            nested,
            json!(null),
        );
        assert_eq!(found.groups, Groups::Known(vec!["r".into()]));
    }

    #[test]
    fn evidence_is_mapped_and_its_source_named() {
        let options = json!({"acr": {"aal2": ["gold"]}, "amr": {"password": "pwd"}});
        let found = identity(
            options.clone(),
            json!({"acr": "gold", "amr": ["password"]}),
            json!(null),
        );
        assert_eq!(found.evidence.acr, Acr::Aal2);
        assert_eq!(found.evidence.amr, ["pwd"]);
        assert_eq!(found.evidence.source, EvidenceSource::Asserted);
        let found = identity(options.clone(), json!({"acr": "0"}), json!(null));
        assert_eq!(
            (found.evidence.acr, found.evidence.source),
            (Acr::Aal1, EvidenceSource::Assumed)
        );
        assert_eq!(found.evidence.auth_time_ms, 1_000_000);
        let found = identity(
            options,
            json!({"amr": ["mfa"], "auth_time": 900.5}),
            json!(null),
        );
        assert_eq!(
            (found.evidence.acr, found.evidence.auth_time_ms),
            (Acr::Aal2, 900_500)
        );
    }

    #[test]
    fn userinfo_cannot_raise_the_evidence_or_the_broker() {
        let options = json!({"acr": {"phr": ["gold"]},
            "via": {"connection": "idp", "issuer": "idp_iss", "subject": "idp_sub"}});
        let info = json!({"sub": "s1", "acr": "gold", "amr": ["mfa"], "idp": "c", "idp_iss": "i", "idp_sub": "s"});
        let found = identity(options, json!({}), info);
        assert_eq!(found.evidence.acr, Acr::Aal1);
        assert_eq!(found.via, None);
        assert!(!found.claims.contains_key("acr"));
    }

    #[test]
    fn a_broker_is_named_completely_or_not_at_all() {
        let options =
            json!({"via": {"connection": "idp", "issuer": "idp_iss", "subject": "idp_sub"}});
        let full = json!({"idp": "c-1", "idp_iss": "https://customer", "idp_sub": "42"});
        let via = identity(options.clone(), full, json!(null)).via.unwrap();
        assert_eq!(
            (via.connection.as_str(), via.subject.as_str()),
            ("c-1", "42")
        );
        let half: Claims =
            serde_json::from_value(json!({"sub": "s", "iat": 1, "idp": "c-1"})).unwrap();
        let refused = build(&config(options), &half, None, UpstreamSession::default());
        assert!(matches!(refused, Err(ProviderError::InvalidResponse(_))));
    }
}
