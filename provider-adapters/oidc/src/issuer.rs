//! Who asserts: one issuer, or one for each customer of a provider (OIDC Discovery §4.3).
//!
//! Owns: whether an issuer is the one that was configured, or one that it stands for.
//! Must not know: what else a token says.

use laneway_contract::ProviderError;

use crate::claims::{self, Claims};
use crate::options::IssuerPerTenant;
use crate::{OidcConfig, fault};

/// How issuers of tokens are judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Issuer {
    /// Byte by byte.
    Exact(String),
    /// With a customer's id between these two, which a claim repeats.
    PerTenant {
        before: String,
        after: String,
        claim: String,
    },
}

impl Issuer {
    /// What a discovery document that calls itself `stated` is good for.
    pub(crate) fn of_document(config: &OidcConfig, stated: &str) -> Result<Self, ProviderError> {
        if stated == config.issuer {
            return Ok(Self::Exact(stated.to_owned()));
        }
        let rule = config.options.issuer_per_tenant.as_ref();
        let found = rule.and_then(|rule| per_tenant(rule, &config.issuer, stated));
        let Some(issuer) = found else {
            let text = format!(
                "the provider calls itself `{}`, but the issuer is configured as `{}`",
                fault::description(stated),
                config.issuer
            );
            return Err(fault::misconfigured_as("issuer_mismatch", &text));
        };
        // Everybody who has an account there could come in: that has to be said, not forgotten.
        if config.options.tenants.is_empty() {
            return Err(fault::misconfigured_as(
                "tenants_missing",
                "this issuer serves many customers, and none is named",
            ));
        }
        Ok(issuer)
    }

    /// The issuer of these claims, if it is one that counts. `key`: the issuer that the signing
    /// key is published for, where the provider says so.
    pub(crate) fn check(
        &self,
        config: &OidcConfig,
        claims: &Claims,
        key: Option<&str>,
    ) -> Result<String, ProviderError> {
        let stated = claims::text(claims, "iss")?.unwrap_or_default();
        let wrong = |what| Err(fault::invalid_as("wrong_issuer", what));
        let placeholder = match self {
            Self::Exact(issuer) if stated == issuer => {
                if names_another(config, claims, issuer)? {
                    return wrong("the token names another customer than its issuer");
                }
                None
            }
            Self::Exact(_) => return wrong("iss is not the configured issuer"),
            Self::PerTenant {
                before,
                after,
                claim,
            } => {
                let tenant = claims::text(claims, claim)?.unwrap_or_default();
                if !is_guid(tenant) || stated != format!("{before}{tenant}{after}") {
                    return wrong("iss is not the issuer of the customer that the token names");
                }
                let named = |known: &String| known == "*" || known.eq_ignore_ascii_case(tenant);
                if !config.options.tenants.iter().any(named) {
                    let what = "the token is of a customer that is not named here";
                    return Err(fault::invalid_as("tenant_not_named", what));
                }
                Some(tenant)
            }
        };
        let rule = config.options.issuer_per_tenant.as_ref();
        let fits = |key: &str| match (rule, placeholder) {
            (Some(rule), Some(tenant)) => key.replace(&rule.placeholder, tenant) == stated,
            _ => true,
        };
        if key.is_some_and(|key| !fits(key)) {
            return wrong("the key that signed is published for another issuer");
        }
        Ok(stated.to_owned())
    }
}

/// Where the provider has an issuer for each customer: does the token name another one?
fn names_another(
    config: &OidcConfig,
    claims: &Claims,
    issuer: &str,
) -> Result<bool, ProviderError> {
    let Some(rule) = &config.options.issuer_per_tenant else {
        return Ok(false);
    };
    let named = claims::text(claims, &rule.claim)?.unwrap_or_default();
    let of_one = issuer.split('/').any(is_guid);
    let same = issuer
        .split('/')
        .any(|part| part.eq_ignore_ascii_case(named));
    Ok(of_one && !named.is_empty() && !same)
}

/// The document writes a placeholder where the configured issuer has a word for several.
fn per_tenant(rule: &IssuerPerTenant, configured: &str, stated: &str) -> Option<Issuer> {
    let (before, after) = stated.split_once(&rule.placeholder)?;
    let word = configured.strip_prefix(before)?.strip_suffix(after)?;
    let plain = !word.is_empty() && !word.contains('/') && !after.contains(&rule.placeholder);
    plain.then(|| Issuer::PerTenant {
        before: before.to_owned(),
        after: after.to_owned(),
        claim: rule.claim.clone(),
    })
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::OidcOptions;

    const COMMON: &str = "https://login.test/common/v2.0";
    const TEMPLATE: &str = "https://login.test/{tenantid}/v2.0";
    const OWN: &str = "7f3c0000-0000-4000-8000-000000000001";
    const OTHER: &str = "7f3c0000-0000-4000-8000-000000000002";

    fn config(issuer: &str, tenants: &[&str]) -> OidcConfig {
        let options = json!({
            "issuer_per_tenant": { "placeholder": "{tenantid}", "claim": "tid" },
            "tenants": tenants,
        });
        OidcConfig {
            issuer: issuer.into(),
            client_id: "c".into(),
            client_secret: Some("s".into()),
            scopes: vec![],
            options: serde_json::from_value::<OidcOptions>(options).unwrap(),
        }
    }

    fn judged(tenants: &[&str], iss: &str, tid: &serde_json::Value, key: Option<&str>) -> bool {
        let config = config(COMMON, tenants);
        let issuer = Issuer::of_document(&config, TEMPLATE).unwrap();
        let claims = serde_json::from_value(json!({ "iss": iss, "tid": tid })).unwrap();
        issuer.check(&config, &claims, key).is_ok()
    }

    #[test]
    fn a_customer_counts_who_is_named_and_whose_issuer_it_is() {
        let of = |tenant: &str| TEMPLATE.replace("{tenantid}", tenant);
        assert!(judged(&[OWN], &of(OWN), &json!(OWN), None));
        assert!(judged(&["*"], &of(OTHER), &json!(OTHER), None));
        for (iss, tid) in [
            (of(OTHER), json!(OTHER)),
            (of(OTHER), json!(OWN)),
            (of(OWN), json!(OTHER)),
            (of(OWN), json!(null)),
            (of(OWN), json!(7)),
            (COMMON.to_owned(), json!("common")),
            (TEMPLATE.to_owned(), json!("{tenantid}")),
            (of("x"), json!("x")),
            (of(""), json!("")),
        ] {
            assert!(!judged(&[OWN], &iss, &tid, None), "{iss} {tid}");
        }
        assert!(!judged(&["*"], &of("x"), &json!("x"), None), "no GUID");
    }

    #[test]
    fn a_token_of_one_customers_issuer_names_no_other_customer() {
        let issuer = TEMPLATE.replace("{tenantid}", OWN);
        let config = config(&issuer, &[]);
        let exact = Issuer::of_document(&config, &issuer).unwrap();
        let judged = |tid: serde_json::Value| {
            let claims = serde_json::from_value(json!({ "iss": issuer, "tid": tid })).unwrap();
            exact.check(&config, &claims, None).is_ok()
        };
        assert!(judged(json!(OWN)) && judged(json!(OWN.to_uppercase())));
        assert!(!judged(json!(OTHER)), "another directory, whoever signed");
        assert!(!judged(json!(7)));
        assert!(judged(json!("")), "old tokens name none");
    }

    #[test]
    fn a_key_of_another_customer_signs_for_nobody_else() {
        let of = |tenant: &str| TEMPLATE.replace("{tenantid}", tenant);
        for (key, good) in [
            (TEMPLATE.to_owned(), true),
            (of(OWN), true),
            (of(OTHER), false),
        ] {
            assert_eq!(judged(&[OWN], &of(OWN), &json!(OWN), Some(&key)), good);
        }
    }

    #[test]
    fn documents_of_others_and_of_nobody_in_particular_are_refused() {
        let refused = |issuer: &str, tenants: &[&str], stated: &str| {
            let outcome = Issuer::of_document(&config(issuer, tenants), stated);
            outcome.expect_err("refused").code().map(str::to_owned)
        };
        assert_eq!(
            refused(COMMON, &[], TEMPLATE).as_deref(),
            Some("tenants_missing")
        );
        for stated in [
            "https://evil.test/{tenantid}/v2.0",
            "https://login.test/{tenantid}/v1.0",
            "https://login.test/{tenantid}{tenantid}/v2.0",
            "{tenantid}",
            "",
        ] {
            assert_eq!(
                refused(COMMON, &["*"], stated).as_deref(),
                Some("issuer_mismatch"),
                "{stated}"
            );
        }
        let one = format!("https://login.test/{OWN}/v2.0");
        let exact = Issuer::of_document(&config(&one, &[]), &one).unwrap();
        assert_eq!(exact, Issuer::Exact(one));
    }
}
