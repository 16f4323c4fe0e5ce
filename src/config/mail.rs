//! How mail leaves: an SMTP relay, the readable outbox of a development run, or not at all.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::section::Section;
use super::server::Server;
use super::values;
use crate::domain::Email;
use crate::domain::tenant::is_loopback_name;

const URL_FIX: &str =
    "write smtp://user:password@host:587, smtps://user:password@host:465, outbox: or none";

/// The way out.
#[derive(Debug, Clone)]
pub enum Mail {
    /// No mail: methods that need it are not offered.
    None,
    /// Nothing is sent; messages can be read on the operations listener.
    Outbox {
        /// Sender.
        from: MailFrom,
    },
    /// Through a relay.
    Smtp {
        /// The relay.
        relay: Relay,
        /// Sender.
        from: MailFrom,
    },
}

/// A sender as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailFrom {
    /// Display name.
    pub name: Option<String>,
    /// Address.
    pub address: String,
}

/// An SMTP relay.
#[derive(Debug, Clone)]
pub struct Relay {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Encryption.
    pub tls: Tls,
    /// User name and password.
    pub login: Option<(String, SecretString)>,
    /// Further roots for its certificate, PEM.
    pub roots: Option<Vec<u8>>,
}

/// Encryption towards the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte (RFC 8314 §3.3).
    Implicit,
    /// STARTTLS, or no mail.
    Required,
    /// STARTTLS where it is offered.
    Opportunistic,
    /// None.
    Plain,
}

pub(super) fn read(root: &mut Section<'_>, server: &Server) -> Mail {
    let from = root.parsed("mail_from", parse_from);
    let url = root.parsed("mail_url", parse_url).unwrap_or(Target::None);
    let roots = root.parsed("mail_ca", read_roots);
    match url {
        Target::None => Mail::None,
        Target::Outbox => {
            if !server.is_loopback() {
                // Whoever reads the outbox can sign in as anybody.
                let fix = "outbox: is for loopback public addresses; name an SMTP relay";
                root.fault("mail_url", "outbox:", fix);
            }
            Mail::Outbox {
                from: from.unwrap_or_else(outbox_sender),
            }
        }
        Target::Relay(mut relay) => {
            relay.roots = roots;
            let from = from.unwrap_or_else(|| {
                root.missing(
                    "mail_from",
                    "set the sender, like Example <no-reply@example.org>",
                );
                outbox_sender()
            });
            Mail::Smtp { relay, from }
        }
    }
}

enum Target {
    None,
    Outbox,
    Relay(Relay),
}

fn outbox_sender() -> MailFrom {
    MailFrom {
        name: None,
        address: "no-reply@localhost".to_owned(),
    }
}

fn parse_url(text: &str) -> Result<Target, String> {
    match text {
        "none" => return Ok(Target::None),
        "outbox:" => return Ok(Target::Outbox),
        _ => {}
    }
    let url = Url::parse(text).map_err(|_| URL_FIX.to_owned())?;
    let path_ok = matches!(url.path(), "" | "/") && url.fragment().is_none();
    let host = url.host_str().filter(|host| path_ok && !host.is_empty());
    let host = host.ok_or_else(|| URL_FIX.to_owned())?.to_ascii_lowercase();
    let (tls, default_port) = encryption(&url, &host)?;
    let login = login(&url)?;
    if login.is_some() && matches!(tls, Tls::Plain | Tls::Opportunistic) && !is_loopback_name(&host)
    {
        return Err("do not send a password without encryption: leave ?tls= out".to_owned());
    }
    let port = url.port().unwrap_or(default_port);
    let host = host.trim_matches(['[', ']']).to_owned();
    Ok(Target::Relay(Relay {
        host,
        port,
        tls,
        login,
        roots: None,
    }))
}

/// Certificates of a private authority that a relay's certificate may come from.
fn read_roots(path: &str) -> Result<Vec<u8>, String> {
    std::fs::read(path)
        .ok()
        .filter(|pem| pem.windows(27).any(|w| w == b"-----BEGIN CERTIFICATE-----"))
        .ok_or_else(|| "name a readable PEM file with certificates".to_owned())
}

/// Encryption is required unless the relay is this machine or the address says otherwise.
fn encryption(url: &Url, host: &str) -> Result<(Tls, u16), String> {
    let mut pairs = url.query_pairs();
    let (wish, more) = (pairs.next(), pairs.next());
    let wish = wish
        .as_ref()
        .map(|(key, value)| (key.as_ref(), value.as_ref()));
    if more.is_some() {
        return Err(URL_FIX.to_owned());
    }
    match (url.scheme(), wish) {
        ("smtps", None) => Ok((Tls::Implicit, 465)),
        ("smtp", None) if is_loopback_name(host) => Ok((Tls::Plain, 25)),
        ("smtp", None | Some(("tls", "required"))) => Ok((Tls::Required, 587)),
        ("smtp", Some(("tls", "opportunistic"))) => Ok((Tls::Opportunistic, 25)),
        ("smtp", Some(("tls", "none"))) => Ok((Tls::Plain, 25)),
        ("smtp", Some(_)) => Err("write ?tls=required, ?tls=opportunistic or ?tls=none".to_owned()),
        _ => Err(URL_FIX.to_owned()),
    }
}

fn login(url: &Url) -> Result<Option<(String, SecretString)>, String> {
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        (user, Some(password)) if !user.is_empty() => {
            let password = SecretString::from(percent_decoded(password)?);
            if password.expose_secret().is_empty() {
                return Err("give the password after the user name".to_owned());
            }
            Ok(Some((percent_decoded(user)?, password)))
        }
        _ => Err("give user name and password, or neither".to_owned()),
    }
}

fn percent_decoded(text: &str) -> Result<String, String> {
    // Form decoding would read `+` as a space; here it stands for itself.
    let escaped = text.replace('+', "%2B");
    let mut pairs = url::form_urlencoded::parse(escaped.as_bytes());
    match (pairs.next(), pairs.next()) {
        (Some((value, rest)), None) if rest.is_empty() && !value.contains('\u{fffd}') => {
            Ok(value.into_owned())
        }
        _ => Err("percent-encode special characters of user name and password".to_owned()),
    }
}

/// `Name <a@b>` or `a@b`.
fn parse_from(text: &str) -> Result<MailFrom, String> {
    let fix = || "write an address, like Example <no-reply@example.org>".to_owned();
    let text = text.trim();
    let (name, address) = match text
        .strip_suffix('>')
        .and_then(|rest| rest.rsplit_once('<'))
    {
        Some((name, address)) => (name.trim().trim_matches('"'), address),
        None => ("", text),
    };
    let address = Email::parse(address).ok_or_else(fix)?.as_str().to_owned();
    let name = match name {
        "" => None,
        name => Some(values::label(name, 100).map_err(|_| fix())?),
    };
    Ok(MailFrom { name, address })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::{Relay, Target, Tls, parse_from, parse_url};

    fn relay(text: &str) -> Relay {
        match parse_url(text) {
            Ok(Target::Relay(relay)) => relay,
            _ => panic!("{text}"),
        }
    }

    #[test]
    fn encryption_is_the_default() {
        let table = [
            ("smtp://mail.example", Tls::Required, 587),
            (
                "smtp://mail.example:25?tls=opportunistic",
                Tls::Opportunistic,
                25,
            ),
            ("smtp://mail.example?tls=none", Tls::Plain, 25),
            ("smtps://mail.example", Tls::Implicit, 465),
            ("smtp://localhost:2525", Tls::Plain, 2525),
            ("smtp://localhost?tls=required", Tls::Required, 587),
        ];
        for (text, tls, port) in table {
            let relay = relay(text);
            assert_eq!((relay.tls, relay.port), (tls, port), "{text}");
        }
    }

    #[test]
    fn login_is_percent_decoded() {
        let relay = relay("smtp://u%40x:p+%2F%26=@mail.example");
        let (user, password) = relay.login.expect("a login");
        assert_eq!((user.as_str(), password.expose_secret()), ("u@x", "p+/&="));
    }

    #[test]
    fn bad_addresses_are_refused() {
        let bad = [
            "mail.example",
            "http://mail.example",
            "smtp://",
            "smtp://u@mail.example",
            "smtp://u:p@mail.example?tls=none",
            "smtp://u:p@mail.example?tls=opportunistic",
            "smtp://mail.example?tls=off",
            "smtp://mail.example?tls=none&x=y",
            "smtps://mail.example?tls=none",
            "smtp://mail.example/x",
            "outbox",
        ];
        for text in bad {
            assert!(parse_url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn senders() {
        let from = parse_from("Acme Login <no-reply@acme.example>").expect("a sender");
        assert_eq!(from.name.as_deref(), Some("Acme Login"));
        assert_eq!(from.address, "no-reply@acme.example");
        assert!(parse_from("a@b.example").is_ok());
        for text in [
            "",
            "Acme",
            "<>",
            "a\r\nBcc: x <a@b.example>",
            "a@b@c.example",
        ] {
            assert!(parse_from(text).is_err(), "{text}");
        }
    }
}
