//! Proof key for code exchange (RFC 7636): S256 and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use super::{Fault, Params};
use crate::domain::app::App;

/// The challenge of a request, where the app needs or sends one.
///
/// # Errors
/// `invalid_request`.
pub(super) fn challenge(app: &App, params: &Params) -> Result<Option<String>, Fault> {
    let method = params.get("code_challenge_method");
    let Some(challenge) = params.get("code_challenge") else {
        if app.registration.require_pkce || app.is_public() || method.is_some() {
            return Err(Fault::request(
                "code_challenge is missing: this app needs PKCE",
            ));
        }
        return Ok(None);
    };
    // Without a name the method would be `plain`, which hides nothing.
    if method != Some("S256") {
        return Err(Fault::request("code_challenge_method must be S256"));
    }
    let fits = challenge.len() == 43 && B64.decode(challenge).is_ok();
    if !fits {
        return Err(Fault::request(
            "code_challenge is not a SHA-256 in base64url",
        ));
    }
    Ok(Some(challenge.to_owned()))
}

/// Is the verifier the one of the challenge? Neither side may be left out alone: a code that was
/// asked for with a challenge needs one, and one that was asked for without takes none.
///
/// # Errors
/// `invalid_grant`.
pub(super) fn verify(challenge: Option<&str>, verifier: Option<&str>) -> Result<(), Fault> {
    let (challenge, verifier) = match (challenge, verifier) {
        (None, None) => return Ok(()),
        (Some(challenge), Some(verifier)) => (challenge, verifier),
        (Some(_), None) => return Err(Fault::grant("code_verifier is missing")),
        (None, Some(_)) => {
            return Err(Fault::grant(
                "the code was asked for without a code_challenge",
            ));
        }
    };
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let form = (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved);
    let own = B64.encode(Sha256::digest(verifier));
    if form && bool::from(own.as_bytes().ct_eq(challenge.as_bytes())) {
        return Ok(());
    }
    Err(Fault::grant("code_verifier does not fit"))
}

#[cfg(test)]
mod tests {
    use super::verify;

    #[test]
    fn the_example_of_the_standard_fits_and_nothing_else_does() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let own = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned();
        assert!(verify(Some(&own), Some(verifier)).is_ok());
        assert!(verify(None, None).is_ok());
        for (challenge, verifier) in [
            (Some(own.as_str()), None),
            (None, Some(verifier)),
            (Some(own.as_str()), Some("short")),
            (Some(verifier), Some(verifier)),
        ] {
            assert!(
                verify(challenge, verifier).is_err(),
                "{challenge:?} {verifier:?}"
            );
        }
    }
}
