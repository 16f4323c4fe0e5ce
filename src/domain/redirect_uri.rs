//! Where an app may get its answers: what can be registered, and what matches it.

use url::{Host, Url};

/// Longer ones are refused.
const LONGEST: usize = 2048;

/// Why an address cannot be registered: for whoever registers it.
///
/// # Errors
/// The sentence that says what to do.
pub fn check(text: &str) -> Result<(), &'static str> {
    let url = normal(text)?;
    match url.scheme() {
        _ if is_localhost(&url) => {
            Err("Use 127.0.0.1 or [::1]: what `localhost` means is up to the machine.")
        }
        "https" => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        "http" => Err("Use https; http is for 127.0.0.1 and [::1] only."),
        // RFC 8252 §7.1: a name that somebody owns, and nothing that a browser runs or reads.
        scheme if scheme.contains('.') => Ok(()),
        _ => Err("Use https, a loopback address, or a private scheme with a dot."),
    }
}

/// Does an address from a request match one that is registered? Byte by byte; of a loopback
/// address the port is free (RFC 8252 §7.3).
pub fn matches(registered: &str, given: &str) -> bool {
    if registered == given {
        return true;
    }
    let (Ok(mut own), Ok(mut other)) = (normal(registered), normal(given)) else {
        return false;
    };
    let free =
        |url: &mut Url| url.scheme() == "http" && is_loopback(url) && url.set_port(None).is_ok();
    free(&mut own)
        && free(&mut other)
        && own == other
        && registered.contains('?') == given.contains('?')
}

/// Only the spelling that every reader reads alike.
fn normal(text: &str) -> Result<Url, &'static str> {
    const SPELLING: &str = "Write the address in full and in its usual spelling.";
    let odd = |c: char| {
        c.is_control() || c.is_whitespace() || !c.is_ascii() || "\\*<>\"{}|^`".contains(c)
    };
    if text.is_empty() || text.len() > LONGEST || text.chars().any(odd) {
        return Err(SPELLING);
    }
    let url = Url::parse(text).map_err(|_| SPELLING)?;
    if url.fragment().is_some() {
        return Err("Leave out the part behind `#`.");
    }
    if !url.username().is_empty() || url.password().is_some() || text.contains('@') {
        return Err("Leave out the part before `@`.");
    }
    // Without a path an address has the same meaning as with "/".
    let same = url.as_str() == text || url.as_str().strip_suffix('/') == Some(text);
    if same { Ok(url) } else { Err(SPELLING) }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.octets() == [127, 0, 0, 1],
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        _ => false,
    }
}

fn is_localhost(url: &Url) -> bool {
    let name = url.host_str().unwrap_or_default();
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::{check, matches};

    #[test]
    fn what_can_be_registered() {
        for good in [
            "https://app.example/cb",
            "https://app.example",
            "https://app.example:8443/cb?tenant=1",
            "http://127.0.0.1/cb",
            "http://127.0.0.1:4711/cb",
            "http://[::1]/",
            "com.example.app:/oauth",
            "com.example.app://cb",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_cannot_be_registered() {
        for bad in [
            "",
            "/cb",
            "//app.example/cb",
            "app.example/cb",
            "http://app.example/cb",
            "http://localhost/cb",
            "https://localhost/cb",
            "http://demo.localhost/cb",
            "http://127.0.0.2/cb",
            "http://0x7f.1/cb",
            "http://127.0.0.1.evil.example/cb",
            "https://app.example/cb#x",
            "https://u@app.example/cb",
            "https://u:p@app.example/cb",
            "https://*.app.example/cb",
            "https://app.example/a/../cb",
            "https://app.example/%2e%2e/cb",
            "https://APP.example/cb",
            "https://app.example:443/cb",
            "https://app.example\\@evil.example/cb",
            "https://app.example/c b",
            "https://app.example/cb\n",
            "https://b\u{fc}cher.example/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "myapp:/cb",
            "urn:ietf:wg:oauth:2.0:oob",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_match_byte_by_byte_and_loopback_ports_are_free() {
        let registered = "https://app.example/cb";
        assert!(matches(registered, registered));
        for bad in [
            "https://app.example/cb/",
            "https://app.example/cb/x",
            "https://app.example/cb?x=1",
            "https://app.example/cb#x",
            "https://app.example:8443/cb",
            "https://APP.example/cb",
            "https://app.example/CB",
            "https://app.example/%63b",
            "https://app.example.evil.example/cb",
            "https://evil.example/cb",
            "http://app.example/cb",
            "",
        ] {
            assert!(!matches(registered, bad), "{bad}");
        }
        for (own, given) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:54321/cb"),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb"),
            ("http://[::1]/cb?a=b", "http://[::1]:9/cb?a=b"),
        ] {
            assert!(matches(own, given), "{own} {given}");
        }
        for (own, given) in [
            ("http://127.0.0.1/cb", "http://[::1]:1/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/cb/x"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/cb?"),
            ("http://127.0.0.1/cb", "http://localhost:1/cb"),
            ("http://127.0.0.1/cb", "https://127.0.0.1:1/cb"),
            ("http://127.0.0.1/cb", "http://u@127.0.0.1:1/cb"),
            ("https://127.0.0.1/cb", "https://127.0.0.1:1/cb"),
        ] {
            assert!(!matches(own, given), "{own} {given}");
        }
    }
}
