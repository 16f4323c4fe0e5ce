//! Password hashes as Keycloak writes them, in exports and in the administration.
//!
//! Owns: its two documents and the names in them. Must not know: whose hash it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as B64;
use laneway_contract::{Argon2Hash, Digest, ForeignHash, HashFault, Pbkdf2Hash};
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// A person's credential that is this password; `None` for what Keycloak cannot check.
pub(crate) fn credential(hash: &ForeignHash) -> Option<Value> {
    let (salt, output, data) = match hash {
        ForeignHash::Bcrypt(_) => return None,
        ForeignHash::Argon2(one) => (&one.salt, &one.output, argon2_data(one)),
        ForeignHash::Pbkdf2(one) => {
            let data = json!({
                "algorithm": pbkdf2_name(one.digest),
                "hashIterations": one.rounds,
                "additionalParameters": {},
            });
            (&one.salt, &one.output, data)
        }
    };
    let secret = json!({ "value": B64.encode(&**output), "salt": B64.encode(salt) });
    Some(json!({
        "type": "password", "temporary": false,
        "secretData": secret.to_string(), "credentialData": data.to_string(),
    }))
}

/// Every parameter is a list there.
fn argon2_data(hash: &Argon2Hash) -> Value {
    json!({
        "algorithm": "argon2",
        "hashIterations": hash.passes,
        "additionalParameters": {
            "type": [if hash.id { "id" } else { "i" }],
            "version": [if hash.version == 0x10 { "1.0" } else { "1.3" }],
            "memory": [hash.memory_kib.to_string()],
            "parallelism": [hash.lanes.to_string()],
            "hashLength": [hash.output.len().to_string()],
        },
    })
}

fn pbkdf2_name(digest: Digest) -> &'static str {
    match digest {
        Digest::Sha1 => "pbkdf2",
        Digest::Sha256 => "pbkdf2-sha256",
        Digest::Sha512 => "pbkdf2-sha512",
    }
}

/// A password out of an export of a realm: `{"secretData", "credentialData"}`, each a document
/// or the text of one.
///
/// # Errors
/// [`HashFault`].
pub fn exported_password(credential: &Value) -> Result<ForeignHash, HashFault> {
    let secret = document(&credential["secretData"])?;
    let data = document(&credential["credentialData"])?;
    let bytes = |name: &str| {
        let text = secret[name].as_str().ok_or(HashFault::Broken)?;
        B64.decode(text).map_err(|_| HashFault::Broken)
    };
    let (salt, output) = (bytes("salt")?, Zeroizing::new(bytes("value")?));
    let number = |value: &Value| {
        let number = value.as_u64().ok_or(HashFault::Broken)?;
        u32::try_from(number).map_err(|_| HashFault::TooCostly)
    };
    let rounds = number(&data["hashIterations"])?;
    let digest = match data["algorithm"].as_str() {
        Some("pbkdf2") => Digest::Sha1,
        Some("pbkdf2-sha256") => Digest::Sha256,
        Some("pbkdf2-sha512") => Digest::Sha512,
        Some("argon2") => return argon2((rounds, salt, output), &data["additionalParameters"]),
        _ => return Err(HashFault::Unknown),
    };
    ForeignHash::Pbkdf2(Pbkdf2Hash {
        digest,
        rounds,
        salt,
        output,
    })
    .judged()
}

fn argon2(
    (passes, salt, output): (u32, Vec<u8>, Zeroizing<Vec<u8>>),
    parameters: &Value,
) -> Result<ForeignHash, HashFault> {
    let text = |name: &str| parameters[name][0].as_str().unwrap_or_default();
    let number = |name: &str| text(name).parse().map_err(|_| HashFault::Broken);
    ForeignHash::Argon2(Argon2Hash {
        id: match text("type") {
            "id" => true,
            "i" => false,
            _ => return Err(HashFault::Unknown),
        },
        version: match text("version") {
            "1.3" => 0x13,
            "1.0" => 0x10,
            _ => return Err(HashFault::Broken),
        },
        memory_kib: number("memory")?,
        passes,
        lanes: number("parallelism")?,
        salt,
        output,
    })
    .judged()
}

fn document(value: &Value) -> Result<Value, HashFault> {
    match value {
        Value::String(text) => serde_json::from_str(text).map_err(|_| HashFault::Broken),
        Value::Object(_) => Ok(value.clone()),
        _ => Err(HashFault::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> ForeignHash {
        ForeignHash::parse(text).unwrap()
    }

    #[test]
    fn what_is_written_is_read_alike() {
        for text in [
            "$argon2id$v=19$m=7168,t=5,p=1$c29tZXNhbHRzYWx0$0000000000000000000000000000000000000000000",
            "$argon2i$v=16$m=7168,t=5,p=2$c29tZXNhbHRzYWx0$0000000000000000000000000000000000000000000",
            "$pbkdf2-sha1$i=1000,l=20$c29tZXNhbHQ$000000000000000000000000000",
            "$pbkdf2-sha256$i=27500,l=32$c29tZXNhbHRzYWx0$0000000000000000000000000000000000000000000",
            "$pbkdf2-sha512$i=30000,l=32$c29tZXNhbHRzYWx0$0000000000000000000000000000000000000000000",
        ] {
            let hash = read(text);
            let written = credential(&hash).unwrap();
            assert_eq!(exported_password(&written), Ok(hash), "{text}");
        }
    }

    #[test]
    fn what_keycloak_cannot_check_is_not_written() {
        let bcrypt = read("$2b$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS");
        assert_eq!(credential(&bcrypt), None);
    }

    #[test]
    fn an_export_that_is_no_password_is_refused() {
        let good = credential(&read(
            "$pbkdf2-sha256$i=27500,l=32$c29tZXNhbHRzYWx0$0000000000000000000000000000000000000000000",
        ))
        .unwrap();
        let with = |name: &str, value: Value| {
            let mut bad = good.clone();
            bad[name] = value;
            exported_password(&bad).unwrap_err()
        };
        let data = |algorithm: &str, rounds: u64| json!({ "algorithm": algorithm, "hashIterations": rounds, "additionalParameters": {} });
        for (fault, name, value) in [
            (HashFault::Unknown, "credentialData", json!(null)),
            (HashFault::Broken, "credentialData", json!("{")),
            (HashFault::Unknown, "credentialData", data("md5", 1)),
            (HashFault::Unknown, "credentialData", data("argon2", 1)),
            (
                HashFault::TooCostly,
                "credentialData",
                data("pbkdf2-sha256", 1 << 40),
            ),
            (
                HashFault::TooCostly,
                "credentialData",
                data("pbkdf2-sha256", 5_000_000),
            ),
            (
                HashFault::Broken,
                "secretData",
                json!({ "salt": "!", "value": "AAAA" }),
            ),
            (HashFault::Broken, "secretData", json!({ "salt": "AAAA" })),
        ] {
            assert_eq!(with(name, value.clone()), fault, "{value}");
        }
    }
}
