//! Public keys as others write them (RFC 7517): what may stand in them, and their names.
//!
//! Must not know: signatures.

use serde_json::Value;

/// Nobody signs with more.
const MOST: usize = 20;
/// Members that belong to nobody but the owner (RFC 7518 §6).
const PRIVATE: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Is this a set of keys that are all public, and of kinds that are accepted?
///
/// # Errors
/// What is wrong.
pub fn check_set(set: &Value) -> Result<(), &'static str> {
    let keys = set.get("keys").and_then(Value::as_array);
    let keys = keys.ok_or("A key set has the member `keys`.")?;
    if keys.is_empty() || keys.len() > MOST {
        return Err("Give 1 to 20 keys.");
    }
    if keys.iter().any(is_private) {
        return Err("Keep the private half of your keys to yourself, and make new ones.");
    }
    if keys.iter().all(|key| members(key).is_some()) {
        return Ok(());
    }
    Err("Give keys of RSA, of the curve P-256 or of Ed25519.")
}

/// Does a key bring what only its owner may know?
pub fn is_private(key: &Value) -> bool {
    PRIVATE.iter().any(|name| key.get(name).is_some())
}

/// What the thumbprint of a key is taken of: its own members in lexical order (RFC 7638 §3).
/// `None` for kinds that are not accepted.
pub fn members(key: &Value) -> Option<String> {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let plain = |name: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        text(name).filter(|value| !value.is_empty() && value.bytes().all(fits))
    };
    match (text("kty")?, text("crv")) {
        ("EC", Some("P-256")) => Some(format!(
            r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#,
            plain("x")?,
            plain("y")?
        )),
        ("OKP", Some("Ed25519")) => Some(format!(
            r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#,
            plain("x")?
        )),
        ("RSA", _) => Some(format!(
            r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#,
            plain("e")?,
            plain("n")?
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{check_set, members};
    use serde_json::json;

    #[test]
    fn only_public_keys_of_known_kinds_make_a_set() {
        let good = json!({ "kty": "EC", "crv": "P-256", "x": "a-_", "y": "b", "kid": "1" });
        assert!(check_set(&json!({ "keys": [good] })).is_ok());
        for bad in [
            json!({ "kty": "oct", "k": "c2VjcmV0" }),
            json!({ "kty": "EC", "crv": "P-256", "x": "a", "y": "b", "d": "c" }),
            json!({ "kty": "EC", "crv": "P-521", "x": "a", "y": "b" }),
            json!({ "kty": "EC", "crv": "P-256", "x": "a\"", "y": "b" }),
            json!({ "kty": "RSA", "n": "a" }),
            json!("x"),
        ] {
            assert!(check_set(&json!({ "keys": [good, bad] })).is_err(), "{bad}");
        }
        for bad in [json!({}), json!({ "keys": [] }), json!([]), json!(null)] {
            assert!(check_set(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_hangs_on_the_own_members_alone() {
        let one = json!({ "kty": "OKP", "crv": "Ed25519", "x": "a", "kid": "1", "use": "sig" });
        let two = json!({ "x": "a", "crv": "Ed25519", "kty": "OKP" });
        assert_eq!(members(&one), members(&two));
    }
}
