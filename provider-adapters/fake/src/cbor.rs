//! The little CBOR (RFC 8949) that an attestation object and a COSE key need.

/// An unsigned or negative integer.
pub(crate) fn int(value: i64) -> Vec<u8> {
    if value < 0 {
        head(1, (-1 - value).unsigned_abs())
    } else {
        head(0, value.unsigned_abs())
    }
}

/// A byte string.
pub(crate) fn bytes(value: &[u8]) -> Vec<u8> {
    let mut out = head(2, value.len() as u64);
    out.extend_from_slice(value);
    out
}

/// A text string.
pub(crate) fn text(value: &str) -> Vec<u8> {
    let mut out = head(3, value.len() as u64);
    out.extend_from_slice(value.as_bytes());
    out
}

/// A map of encoded keys and values, in the order given.
pub(crate) fn map(entries: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut out = head(5, entries.len() as u64);
    for (key, value) in entries {
        out.extend_from_slice(key);
        out.extend_from_slice(value);
    }
    out
}

/// Major type and argument in the shortest form (RFC 8949 §3).
fn head(major: u8, argument: u64) -> Vec<u8> {
    let major = major << 5;
    let wide = argument.to_be_bytes();
    match argument {
        0..=23 => vec![major | wide[7]],
        24..=0xff => vec![major | 0x18, wide[7]],
        0x100..=0xffff => vec![major | 0x19, wide[6], wide[7]],
        0x1_0000..=0xffff_ffff => [&[major | 0x1a][..], &wide[4..]].concat(),
        _ => [&[major | 0x1b][..], &wide].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Examples of RFC 8949, appendix A.
    #[test]
    fn follows_the_examples_of_the_rfc() {
        assert_eq!(int(0), [0x00]);
        assert_eq!(int(24), [0x18, 0x18]);
        assert_eq!(int(1000), [0x19, 0x03, 0xe8]);
        assert_eq!(int(-1), [0x20]);
        assert_eq!(int(-100), [0x38, 0x63]);
        assert_eq!(bytes(&[1, 2, 3, 4]), [0x44, 1, 2, 3, 4]);
        assert_eq!(text("IETF"), [0x64, 0x49, 0x45, 0x54, 0x46]);
        assert_eq!(
            map(&[(int(1), int(2)), (int(3), int(4))]),
            [0xa2, 1, 2, 3, 4]
        );
    }
}
