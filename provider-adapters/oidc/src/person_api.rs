//! Who owns an access token, by the provider's API: for OAuth 2.0 without OpenID Connect.
//!
//! No token says who somebody is, so nothing is signed: what counts is that the code came to
//! this client for this sign-in, and that the API itself answers over a secure connection.
//!
//! Owns: the calls, and what makes an answer one about a person.
//! Must not know: which provider it is.

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{Request, StatusCode};
use laneway_contract::{
    Acr, AuthEvidence, EvidenceSource, Groups, ProviderError, UpstreamIdentity, UpstreamSession,
};
use serde_json::{Value, json};
use url::Url;

use crate::claims::Claims;
use crate::options::PersonApi;
use crate::{EmailTrust, Metadata, OidcProvider, fault, outbound};

impl OidcProvider {
    /// The person behind an access token.
    pub(crate) async fn ask_api(
        &self,
        api: &PersonApi,
        metadata: &Metadata,
        session: UpstreamSession,
    ) -> Result<UpstreamIdentity, ProviderError> {
        let url = metadata
            .userinfo_endpoint
            .as_ref()
            .ok_or_else(|| fault::misconfigured("userinfo_endpoint is missing"))?;
        let token = session.access_token.clone().unwrap_or_default();
        let Value::Object(mut claims) = self.read_api(url, &token).await? else {
            return Err(fault::invalid("the API says nothing about a person"));
        };
        let subject = subject(&claims, &api.subject)?;
        let (email, email_verified) = match &api.emails {
            Some(path) => primary(&self.read_api(&below(url, path)?, &token).await?)?,
            None => (None, false),
        };
        // Whatever else it calls so: this is what was judged.
        claims.insert("sub".into(), json!(subject));
        claims.insert("email".into(), json!(email));
        claims.insert("email_verified".into(), json!(email_verified));
        let options = &self.config.options;
        Ok(UpstreamIdentity {
            issuer: self.config.issuer.clone(),
            subject,
            via: None,
            email,
            email_verified: email_verified && options.email_trust == EmailTrust::Claim,
            name: name(&claims, &api.names),
            groups: Groups::read(&claims, &options.groups_claim),
            evidence: AuthEvidence {
                amr: Vec::new(),
                acr: Acr::Aal1,
                auth_time_ms: self.env.clock.now_ms(),
                source: EvidenceSource::Assumed,
            },
            claims,
            session: Some(session),
            once: Vec::new(),
        })
    }

    async fn read_api(&self, url: &Url, access_token: &str) -> Result<Value, ProviderError> {
        let request = Request::get(url.as_str())
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, format!("Bearer {access_token}"))
            .body(Bytes::new())
            .map_err(|_| fault::invalid("the access token cannot be sent"))?;
        let response = outbound::send(&*self.env.http, request).await?;
        if response.status() != StatusCode::OK {
            let status = response.status().as_u16();
            return Err(fault::invalid(format!(
                "{} answers {status}, not who somebody is",
                url.path()
            )));
        }
        serde_json::from_slice(response.body())
            .map_err(|_| fault::invalid(format!("{} is not JSON", url.path())))
    }
}

fn below(url: &Url, path: &str) -> Result<Url, ProviderError> {
    let text = format!("{}{path}", url.as_str().trim_end_matches('/'));
    Url::parse(&text).map_err(|_| fault::misconfigured("the address of the e-mail list is none"))
}

/// A number stays the number it is: `7` and `"7"` are one person, `7.0` is none.
fn subject(claims: &Claims, member: &str) -> Result<String, ProviderError> {
    let found = match claims.get(member) {
        Some(Value::Number(number)) => number.as_u64().map(|number| number.to_string()),
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    found
        .filter(|text| !text.is_empty() && text.len() <= 255 && text.is_ascii() && text != "0")
        .ok_or_else(|| fault::invalid(format!("the API does not say who this is ({member})")))
}

fn name(claims: &Claims, members: &[String]) -> Option<String> {
    let texts = members.iter().filter_map(|member| claims.get(member));
    let mut filled = texts
        .filter_map(Value::as_str)
        .map(str::trim)
        .filter(|text| !text.is_empty());
    filled.next().map(str::to_owned)
}

/// The address that the person has made theirs: without the provider's word it is shown and
/// proves nothing.
fn primary(list: &Value) -> Result<(Option<String>, bool), ProviderError> {
    let Value::Array(list) = list else {
        return Err(fault::invalid("the list of e-mail addresses is none"));
    };
    let is = |entry: &Value, member: &str| entry.get(member) == Some(&Value::Bool(true));
    let found = list.iter().find(|entry| is(entry, "primary"));
    let email = found
        .and_then(|entry| entry.get("email"))
        .and_then(Value::as_str);
    let verified = email.is_some() && found.is_some_and(|entry| is(entry, "verified"));
    Ok((email.map(str::to_owned), verified))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(value: Value) -> Claims {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn who_has_no_id_is_nobody() {
        let of = |value: Value| subject(&claims(json!({ "id": value })), "id").ok();
        assert_eq!(of(json!(583_231)).as_deref(), Some("583231"));
        assert_eq!(of(json!("u-7")).as_deref(), Some("u-7"));
        for value in [
            json!(null),
            json!(""),
            json!(0),
            json!(-1),
            json!(1.5),
            json!(true),
            json!({ "id": 1 }),
            json!("\u{e9}"),
        ] {
            assert_eq!(of(value.clone()), None, "{value}");
        }
        assert!(subject(&claims(json!({ "login": "octo" })), "id").is_err());
    }

    #[test]
    fn only_the_primary_address_counts_and_only_with_the_word_true() {
        let entry = |email: &str, primary: Value, verified: Value| json!({ "email": email, "primary": primary, "verified": verified });
        let good = entry("a@x.test", json!(true), json!(true));
        let other = entry("b@x.test", json!(false), json!(true));
        assert_eq!(
            primary(&json!([other, good])).unwrap(),
            (Some("a@x.test".into()), true)
        );
        for verified in [json!("true"), json!(1), json!(null), json!(false)] {
            let list = json!([other, entry("a@x.test", json!(true), verified)]);
            assert_eq!(primary(&list).unwrap(), (Some("a@x.test".into()), false));
        }
        assert_eq!(primary(&json!([other])).unwrap(), (None, false));
        assert_eq!(primary(&json!([])).unwrap(), (None, false));
        assert!(primary(&json!({ "email": "a@x.test" })).is_err());
    }
}
