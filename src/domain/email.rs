//! The one parser for e-mail addresses.

use serde::{Deserialize, Serialize};

/// An address in normal form: one `@`, trimmed, lower case, no control characters.
///
/// The local part is compared case-insensitively, as every large mailbox provider does;
/// a tenant whose server tells `A@` from `a@` would otherwise be open to look-alikes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Reads an address as a person types it; `None` if it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > 254 {
            return None;
        }
        let (local, domain) = text.split_once('@')?;
        let local_ok = !local.is_empty() && local.len() <= 64 && local.chars().all(local_char);
        let domain = domain.to_lowercase();
        if !local_ok || !domain_ok(&domain) {
            return None;
        }
        Some(Self(format!("{}@{domain}", local.to_lowercase())))
    }

    /// The normal form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the `@`.
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }
}

impl std::fmt::Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

// RFC 5322 atext and dots. Quoted local parts exist on paper only and have carried
// parser differentials; international ones are refused until mail can be sent to them.
fn local_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
}

fn domain_ok(domain: &str) -> bool {
    !domain.is_empty()
        && domain.len() <= 253
        && domain.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::Email;

    #[test]
    fn normal_form() {
        let email = Email::parse("  Ana.B@X.Test ").expect("valid");
        assert_eq!(email.as_str(), "ana.b@x.test");
        assert_eq!(email.domain(), "x.test");
    }

    #[test]
    fn refuses_what_is_no_address() {
        for bad in [
            "",
            "a",
            "@x",
            "a@",
            "a@b@c",
            "a b@x.test",
            "a@x..test",
            "a@-x.test",
            "a\n@x.test",
            "\"a\"@x.test",
            "a@x_y.test",
            "ä@x.test",
            "a@ex\u{e4}mple.test",
            "a@[127.0.0.1]",
        ] {
            assert_eq!(Email::parse(bad), None, "{bad:?}");
        }
    }
}
