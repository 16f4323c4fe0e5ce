//! Signed tokens, as far as this crate reads them: compact JWS, ES256.
//!
//! Owns: form, header and signature.
//! Must not know: what any claim means.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

const LONGEST: usize = 16 * 1024;

/// The public half of a key: an uncompressed point on P-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key([u8; 65]);

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
    #[serde(default)]
    crit: Option<Value>,
}

/// A token whose signature has not been looked at.
pub(crate) struct Unproven<'a> {
    kid: String,
    signed: &'a str,
    claims: &'a str,
    signature: Vec<u8>,
}

/// Reads the form of a token of one kind. `None` is "no", whatever the reason.
pub(crate) fn parse<'a>(token: &'a str, typ: &str) -> Option<Unproven<'a>> {
    if token.len() > LONGEST {
        return None;
    }
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    if claims.contains('.') {
        return None;
    }
    let header: Header = decode(header)?;
    // Nothing that a token says chooses how it is verified; only whether it is.
    let fits = header.alg == "ES256" && header.typ == typ && header.crit.is_none();
    fits.then_some(())?;
    Some(Unproven {
        kid: header.kid,
        signed,
        claims,
        signature: B64.decode(signature).ok()?,
    })
}

impl Unproven<'_> {
    /// The key that it claims to be signed with.
    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// Its claims, if this key has signed them.
    pub(crate) fn proven<T: DeserializeOwned>(&self, key: &Key) -> Option<T> {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.0);
        key.verify(self.signed.as_bytes(), &self.signature).ok()?;
        decode(self.claims)
    }
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    crv: Option<String>,
    #[serde(default)]
    alg: Option<String>,
    #[serde(rename = "use", default)]
    purpose: Option<String>,
    #[serde(default)]
    x: Option<String>,
    #[serde(default)]
    y: Option<String>,
}

/// The keys of a set that can have signed what this crate reads. Others are none of its business.
pub(crate) fn keys(set: &[u8]) -> Option<Vec<(String, Key)>> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    let set: Set = serde_json::from_slice(set).ok()?;
    let keys = set.keys.into_iter().filter_map(|value| {
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        let known = jwk.kty == "EC" && jwk.crv.as_deref() == Some("P-256");
        let signs = jwk.alg.is_none_or(|alg| alg == "ES256")
            && jwk.purpose.is_none_or(|purpose| purpose == "sig");
        (known && signs).then_some(())?;
        let (x, y) = (B64.decode(jwk.x?).ok()?, B64.decode(jwk.y?).ok()?);
        let mut point = [0x04; 65];
        point[1..33].copy_from_slice(x.get(..).filter(|x| x.len() == 32)?);
        point[33..].copy_from_slice(y.get(..).filter(|y| y.len() == 32)?);
        Some((jwk.kid?, Key(point)))
    });
    Some(keys.collect())
}

fn decode<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&B64.decode(part).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::{B64, keys, parse};

    #[test]
    fn headers_that_want_to_choose_are_refused() {
        let token = |header: &str| format!("{}.e30.AAAA", B64.encode(header));
        assert!(
            parse(
                &token(r#"{"alg":"ES256","typ":"at+jwt","kid":"k"}"#),
                "at+jwt"
            )
            .is_some()
        );
        for header in [
            r#"{"alg":"none","typ":"at+jwt","kid":"k"}"#,
            r#"{"alg":"HS256","typ":"at+jwt","kid":"k"}"#,
            r#"{"alg":"RS256","typ":"at+jwt","kid":"k"}"#,
            r#"{"alg":"ES256","typ":"JWT","kid":"k"}"#,
            r#"{"alg":"ES256","typ":"at+jwt"}"#,
            r#"{"alg":"ES256","alg":"none","typ":"at+jwt","kid":"k"}"#,
            r#"{"alg":"ES256","typ":"at+jwt","kid":"k","crit":["b64"]}"#,
            "[]",
            "",
        ] {
            assert!(parse(&token(header), "at+jwt").is_none(), "{header}");
        }
        let good = token(r#"{"alg":"ES256","typ":"at+jwt","kid":"k"}"#);
        for bad in [
            String::new(),
            "x".into(),
            format!("{good}.e30"),
            format!("{good}="),
            "A".repeat(20_000),
        ] {
            assert!(parse(&bad, "at+jwt").is_none());
        }
    }

    #[test]
    fn of_a_set_only_keys_that_fit_are_taken() {
        let (x, y) = (B64.encode([1; 32]), B64.encode([2; 32]));
        let set = format!(
            r#"{{"keys":[{{"kty":"EC","crv":"P-256","kid":"a","x":"{x}","y":"{y}"}},
            {{"kty":"RSA","kid":"b","n":"AQAB","e":"AQAB"}}, {{"kty":"oct","kid":"c","k":"AA"}},
            {{"kty":"EC","crv":"P-256","kid":"d","x":"{x}","y":"AA"}}, 7,
            {{"kty":"EC","crv":"P-256","kid":"e","use":"enc","x":"{x}","y":"{y}"}}]}}"#
        );
        let found = keys(set.as_bytes()).expect("a set");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, "a");
        assert!(keys(b"<html>").is_none() && keys(b"{}").is_none());
    }
}
