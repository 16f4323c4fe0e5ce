//! Access tokens of the provider that are shown to us as a resource: signed ones (RFC 9068), and
//! those that it has to be asked about (RFC 7662).
//!
//! Owns: whether such a token counts. Must not know: whom of ours it stands for.

use async_trait::async_trait;
use http::StatusCode;
use jsonwebtoken::Algorithm;
use laneway_contract::{
    ASYMMETRIC, BearerIdentity, BearerRules, BearerTokens, BearerVerdict, Introspection,
    ProviderError,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use crate::claims::{self, Claims};
use crate::issuer::Issuer;
use crate::jwt::{self, Unverified};
use crate::{Metadata, OidcProvider, fault, identity, jwks, outbound};

/// The type of RFC 9068, and the general one, which older providers write or leave out.
const TYPES: &[&str] = &["at+jwt", "jwt"];
const PROFILE: &str = "at+jwt";

/// Why a token does not count.
enum Flaw {
    Expired,
    Other(ProviderError),
}

impl From<ProviderError> for Flaw {
    fn from(error: ProviderError) -> Self {
        Self::Other(error)
    }
}

/// What is known of a token before its claims are read.
struct Shown<'a> {
    metadata: &'a Metadata,
    rules: &'a BearerRules,
    key_issuer: Option<&'a str>,
    /// The provider was asked: then it has said that this is a token of access that lives.
    asked: bool,
    /// Its header says that it is a token of access.
    profile: bool,
}

#[async_trait]
impl BearerTokens for OidcProvider {
    fn may_issue(&self, issuer: &str) -> bool {
        if issuer == self.config.issuer {
            return true;
        }
        // Which of many customers' issuers counts, is judged with the signature.
        let many = self.config.options.issuer_per_tenant.is_some();
        let origin = |text: &str| Url::parse(text).ok().map(|url| url.origin());
        many && origin(issuer).is_some() && origin(issuer) == origin(&self.config.issuer)
    }

    async fn judge(
        &self,
        token: &SecretString,
        rules: &BearerRules,
    ) -> Result<BearerVerdict, ProviderError> {
        // Nothing is fetched for what can never count.
        let token = match Unverified::parse(token.expose_secret(), &algorithms(rules)) {
            Ok(token) => token,
            Err(reason) => return Ok(refused(&reason)),
        };
        if let Err(reason) = jwks::check_type(token.typ.as_deref(), TYPES) {
            return Ok(refused(&reason));
        }
        let metadata = self.metadata().await?;
        let key = match self.key_of(&metadata, &token).await? {
            Ok(key) => key,
            Err(reason) => return Ok(refused(&reason)),
        };
        let claims = match token.verify(&key.jwk) {
            Ok(claims) => claims,
            Err(reason) => return Ok(refused(&reason)),
        };
        let typ = token.typ.as_deref().unwrap_or_default();
        let shown = Shown {
            metadata: &metadata,
            rules,
            key_issuer: key.issuer.as_deref(),
            asked: false,
            profile: jwks::plain_type(typ) == PROFILE,
        };
        Ok(verdict(self.read(&shown, &claims)))
    }

    async fn ask(
        &self,
        token: &SecretString,
        rules: &BearerRules,
    ) -> Result<BearerVerdict, ProviderError> {
        let Some(how) = &rules.introspection else {
            return Ok(BearerVerdict::Refused("nobody is asked".to_owned()));
        };
        let metadata = self.metadata().await?;
        let Some(claims) = self.answer(&metadata, how, token).await? else {
            return Ok(BearerVerdict::Refused("it is not active".to_owned()));
        };
        let shown = Shown {
            metadata: &metadata,
            rules,
            key_issuer: None,
            asked: true,
            profile: false,
        };
        Ok(verdict(self.read(&shown, &claims)))
    }
}

impl OidcProvider {
    /// What the provider says about a token; `None` where it does not count.
    async fn answer(
        &self,
        metadata: &Metadata,
        how: &Introspection,
        token: &SecretString,
    ) -> Result<Option<Claims>, ProviderError> {
        let url = how
            .endpoint
            .as_ref()
            .or(metadata.introspection_endpoint.as_ref());
        let url = url.ok_or_else(|| {
            fault::misconfigured("the provider names no endpoint that tells about tokens")
        })?;
        self.config.check_url("introspection.endpoint", url)?;
        let secret = self.client_secret()?;
        let (authorization, mut fields) = if how.by_status {
            (None, Vec::new())
        } else {
            self.client_credentials(metadata, secret.as_ref())
        };
        fields.push((how.parameter.as_str(), token.expose_secret()));
        if !how.by_status {
            fields.push(("token_type_hint", "access_token"));
        }
        let http = &*self.env.http;
        let response = outbound::post_form(http, url, authorization.as_deref(), &fields).await?;
        let status = response.status();
        if how.by_status && matches!(status.as_u16(), 400 | 401) {
            return Ok(None);
        }
        if status != StatusCode::OK {
            let text = format!("introspection answers {}", status.as_u16());
            return Err(fault::misconfigured(text));
        }
        let said = outbound::object(response.body())
            .ok_or_else(|| fault::invalid("the introspection answer is not a JSON object"))?;
        match said.get("active") {
            Some(Value::Bool(false)) => Ok(None),
            Some(Value::Bool(true)) => Ok(Some(said)),
            None if how.by_status => Ok(Some(in_numbers(said))),
            _ => Err(fault::invalid("the introspection answer has no `active`")),
        }
    }

    fn read(&self, shown: &Shown<'_>, claims: &Claims) -> Result<BearerIdentity, Flaw> {
        let issuer = self.issuer_of(shown, claims)?;
        check_kind(shown, claims)?;
        check_audience(shown.rules, claims)?;
        check_scopes(shown.rules, claims)?;
        let subject = subject(shown.rules, claims)?;
        let now_ms = self.env.clock.now_ms();
        let skew_ms = i64::try_from(self.config.options.clock_skew).unwrap_or(60) * 1000;
        let (issued_at_ms, expires_at_ms) = times(shown, claims, now_ms, skew_ms)?;
        // Where nothing says when they proved themselves, it was no later than now.
        let mut told = claims.clone();
        told.entry("iat").or_insert_with(|| (now_ms / 1000).into());
        Ok(BearerIdentity {
            issuer,
            subject,
            evidence: identity::evidence(&self.config.options, &told)?,
            session: claims::text(claims, "sid")?.map(str::to_owned),
            issued_at_ms,
            expires_at_ms,
        })
    }

    /// An answer need not repeat who gives it, where there is only one who could.
    fn issuer_of(&self, shown: &Shown<'_>, claims: &Claims) -> Result<String, ProviderError> {
        match &shown.metadata.issuer {
            Issuer::Exact(issuer) if shown.asked && !claims.contains_key("iss") => {
                Ok(issuer.clone())
            }
            issuer => issuer.check(&self.config, claims, shown.key_issuer),
        }
    }
}

fn verdict(read: Result<BearerIdentity, Flaw>) -> BearerVerdict {
    match read {
        Ok(identity) => BearerVerdict::Good(Box::new(identity)),
        Err(Flaw::Expired) => BearerVerdict::Expired,
        Err(Flaw::Other(reason)) => refused(&reason),
    }
}

fn refused(reason: &ProviderError) -> BearerVerdict {
    BearerVerdict::Refused(reason.to_string())
}

fn algorithms(rules: &BearerRules) -> Vec<Algorithm> {
    let named = rules.algorithms.iter().map(String::as_str);
    if rules.algorithms.is_empty() {
        return ASYMMETRIC
            .iter()
            .copied()
            .filter_map(jwt::allowed)
            .collect();
    }
    named.filter_map(jwt::allowed).collect()
}

/// A token of a sign-in, of a logout or of a refresh is signed by the same keys, and some say for
/// whom it is by the same name: what is not plainly a token of access is none (RFC 8725 §3.11).
/// One that is bound to a key counts with a proof only, and none is read here (RFC 7800).
fn check_kind(shown: &Shown<'_>, claims: &Claims) -> Result<(), ProviderError> {
    let other = || fault::invalid_as("wrong_kind", "this is not a token of access");
    if claims.contains_key("cnf") {
        return Err(fault::invalid("the token is bound to a key"));
    }
    let mut said = shown.profile || shown.asked;
    for (name, words) in [
        ("typ", &["bearer"][..]),
        ("token_use", &["access", "access_token"][..]),
        ("token_type", &["bearer", "access_token"][..]),
    ] {
        let Some(value) = claims.get(name) else {
            continue;
        };
        let word = value.as_str().unwrap_or_default().to_ascii_lowercase();
        if !words.contains(&word.as_str()) {
            return Err(other());
        }
        said = true;
    }
    let names = |all: &[&str]| all.iter().any(|name| claims.contains_key(*name));
    let of_sign_in = names(&["nonce", "at_hash", "c_hash", "s_hash", "events"]);
    if said || (names(&["scope", "scp"]) && !of_sign_in) {
        return Ok(());
    }
    Err(other())
}

/// RFC 9068 §4: it must be for us. Which others it is for too, is the provider's to say.
fn check_audience(rules: &BearerRules, claims: &Claims) -> Result<(), ProviderError> {
    let found: Vec<&str> = match claims.get(&rules.audience_claim) {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if found
        .iter()
        .any(|one| rules.audiences.iter().any(|own| own == one))
    {
        return Ok(());
    }
    Err(fault::invalid_as(
        "wrong_audience",
        "the token is not for us",
    ))
}

/// `scope` as RFC 6749 writes it, or `scp`, which some write as a list.
fn check_scopes(rules: &BearerRules, claims: &Claims) -> Result<(), ProviderError> {
    let words = |name: &str| -> Vec<&str> {
        match claims.get(name) {
            Some(Value::String(text)) => text.split_ascii_whitespace().collect(),
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    };
    let has: Vec<&str> = [words("scope"), words("scp")].concat();
    if rules.scopes.iter().all(|one| has.contains(&one.as_str())) {
        return Ok(());
    }
    Err(fault::invalid_as("wrong_scope", "the token lacks a scope"))
}

fn subject(rules: &BearerRules, claims: &Claims) -> Result<String, ProviderError> {
    let found = claims::text(claims, &rules.subject_claim)?;
    let plain = |text: &&str| !text.is_empty() && text.len() <= 255 && text.is_ascii();
    found
        .filter(plain)
        .map(str::to_owned)
        .ok_or_else(|| fault::invalid("the token says of nobody"))
}

/// Its end is its end; only beginnings are taken with the difference of clocks.
fn times(
    shown: &Shown<'_>,
    claims: &Claims,
    now_ms: i64,
    skew_ms: i64,
) -> Result<(Option<i64>, Option<i64>), Flaw> {
    let expires = match claims::instant_ms(claims, "exp")? {
        None if !shown.asked => return Err(fault::invalid("exp is missing").into()),
        expires => expires,
    };
    if expires.is_some_and(|at| at <= now_ms) {
        return Err(Flaw::Expired);
    }
    let issued = match claims::instant_ms(claims, "iat")? {
        None if !shown.asked => return Err(fault::invalid("iat is missing").into()),
        issued => issued,
    };
    for (name, at) in [("iat", issued), ("nbf", claims::instant_ms(claims, "nbf")?)] {
        if at.is_some_and(|at| at - skew_ms > now_ms) {
            let text = format!("{name} lies in the future");
            return Err(fault::invalid_as("clock_skew", &text).into());
        }
    }
    Ok((issued, expires))
}

/// Whoever answers by status writes every value as text.
fn in_numbers(mut said: Claims) -> Claims {
    for name in ["exp", "iat", "nbf", "auth_time"] {
        let number = said.get(name).and_then(Value::as_str);
        if let Some(number) = number.and_then(|text| text.parse::<i64>().ok()) {
            said.insert(name.to_owned(), number.into());
        }
    }
    said
}
