//! Sending mail.
//!
//! Owns the connection to the relay and the form of a message. Must not know what a mail is
//! about, nor when to try again: that is the outbox's.

use std::error::Error as _;
use std::time::Duration;

use lettre::address::AddressError;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls as LettreTls, TlsParameters};
use lettre::transport::smtp::{Error as SmtpError, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::ExposeSecret;

use crate::config::{Mail as MailConfig, MailFrom, Relay, Tls};

type Smtp = AsyncSmtpTransport<Tokio1Executor>;

/// For reaching the relay.
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);
/// For a whole mail.
const MAIL_DEADLINE: Duration = Duration::from_secs(30);
/// The relay refuses our login (RFC 4954 §6): true for every mail until somebody repairs it.
const LOGIN_REFUSED: [u16; 5] = [454, 530, 534, 535, 538];

/// The way mail takes.
#[derive(Clone)]
pub enum Mailer {
    /// To a relay.
    Smtp {
        /// The connection pool.
        transport: Smtp,
        /// The installation's sender.
        from: MailFrom,
    },
    /// Nowhere: the core's outbox can be read instead.
    Outbox {
        /// The installation's sender.
        from: MailFrom,
    },
    /// No mail at all.
    None,
}

/// One message.
#[derive(Clone)]
pub struct Mail {
    /// Recipient's address.
    pub to: String,
    /// Sender.
    pub from: MailFrom,
    /// Subject, one line.
    pub subject: String,
    /// Body for people who read HTML.
    pub html: String,
    /// The same as plain text.
    pub text: String,
    /// `local@host` without brackets; the same at every try, so that a relay may drop doubles.
    pub message_id: String,
    /// When it was written, epoch ms; the same at every try too.
    pub written_at: i64,
}

/// Why a mail did not leave. No text holds an address or a word of the mail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// This mail will never be taken: do not try again.
    #[error("the mail cannot be delivered: {0}")]
    Permanent(String),
    /// The relay said so: another try may help.
    #[error("the mail could not be sent now: {0}")]
    Transient(String),
    /// There was nobody to talk to, or nobody we may talk to: true for every mail.
    #[error("the mail could not be sent now: {0}")]
    Unreachable(String),
    /// Nobody could use it any more.
    #[error("the mail could not be sent before its end")]
    Expired,
}

impl MailError {
    fn permanent(why: &str) -> Self {
        Self::Permanent(why.to_owned())
    }

    fn unreachable(why: &str) -> Self {
        Self::Unreachable(why.to_owned())
    }
}

impl Mailer {
    /// From configuration; connects to nobody yet.
    ///
    /// # Errors
    /// [`MailError::Permanent`] where TLS cannot be set up for the relay's name.
    pub fn new(config: &MailConfig) -> Result<Self, MailError> {
        Ok(match config {
            MailConfig::None => Self::None,
            MailConfig::Outbox { from } => Self::Outbox { from: from.clone() },
            MailConfig::Smtp { relay, from } => Self::Smtp {
                transport: transport(relay)?,
                from: from.clone(),
            },
        })
    }

    /// The installation's sender; `None` where there is no mail, so that methods which need
    /// it are not offered.
    pub fn from(&self) -> Option<&MailFrom> {
        match self {
            Self::Smtp { from, .. } | Self::Outbox { from } => Some(from),
            Self::None => None,
        }
    }

    /// Sends one mail. With [`Mailer::Outbox`] it counts as sent where it is.
    ///
    /// # Errors
    /// [`MailError`], by whether another try may help.
    pub async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = compose(mail)?;
        match self {
            Self::Smtp { transport, .. } => within(MAIL_DEADLINE, transport.send(message))
                .await
                .map(drop),
            Self::Outbox { .. } => Ok(()),
            Self::None => Err(MailError::permanent("no mail is configured")),
        }
    }

    /// Whether the relay can be reached and takes our login; always, where there is none.
    ///
    /// # Errors
    /// [`MailError`], for the operator's eyes.
    pub async fn probe(&self) -> Result<(), MailError> {
        let Self::Smtp { transport, .. } = self else {
            return Ok(());
        };
        if within(CONNECT_DEADLINE, transport.test_connection()).await? {
            return Ok(());
        }
        Err(MailError::unreachable("the relay hung up"))
    }
}

async fn within<T>(
    deadline: Duration,
    dialogue: impl Future<Output = Result<T, SmtpError>>,
) -> Result<T, MailError> {
    match tokio::time::timeout(deadline, dialogue).await {
        Ok(result) => result.map_err(|error| translate(&error)),
        Err(_) => Err(MailError::unreachable("the relay is too slow")),
    }
}

fn transport(relay: &Relay) -> Result<Smtp, MailError> {
    let parameters = || tls_parameters(relay);
    let tls = match relay.tls {
        Tls::Implicit => LettreTls::Wrapper(parameters()?),
        Tls::Required => LettreTls::Required(parameters()?),
        Tls::Opportunistic => LettreTls::Opportunistic(parameters()?),
        Tls::Plain => LettreTls::None,
    };
    // "Dangerous" is only the default of no TLS, which is replaced in the same breath.
    let mut builder = Smtp::builder_dangerous(&relay.host)
        .port(relay.port)
        .tls(tls)
        .timeout(Some(CONNECT_DEADLINE))
        .pool_config(PoolConfig::new().max_size(4));
    if let Some((user, password)) = &relay.login {
        let password = password.expose_secret().to_owned();
        builder = builder.credentials(Credentials::new(user.clone(), password));
    }
    Ok(builder.build())
}

/// The machine's own roots, and those that the operator added for this relay. Name and
/// dates of the certificate are always checked.
fn tls_parameters(relay: &Relay) -> Result<TlsParameters, MailError> {
    let fault = || MailError::permanent("TLS cannot be set up for the relay");
    let mut builder = TlsParameters::builder(relay.host.clone());
    if let Some(pem) = &relay.roots {
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(|_| fault())?);
    }
    builder.build().map_err(|_| fault())
}

/// Both bodies, and the header that keeps answering machines quiet (RFC 3834 §5).
fn compose(mail: &Mail) -> Result<Message, MailError> {
    let single_lines = [
        &mail.to,
        &mail.from.address,
        &mail.subject,
        &mail.message_id,
    ];
    let single_lines = single_lines.into_iter().chain(&mail.from.name);
    // A line break would begin another header.
    if single_lines
        .flat_map(|text| text.chars())
        .any(char::is_control)
    {
        return Err(MailError::permanent("control characters in a header"));
    }
    if !is_message_id(&mail.message_id) {
        return Err(MailError::permanent("the message id is garbled"));
    }
    let garbled = |_: AddressError| MailError::permanent("an address is garbled");
    let sender = Mailbox::new(
        mail.from.name.clone(),
        mail.from.address.parse().map_err(garbled)?,
    );
    let recipient = Mailbox::new(None, mail.to.parse().map_err(garbled)?);
    let auto = HeaderName::new_from_ascii_str("Auto-Submitted");
    let quiet = HeaderName::new_from_ascii_str("X-Auto-Response-Suppress");
    let written = u64::try_from(mail.written_at).unwrap_or_default();
    Message::builder()
        .date(std::time::UNIX_EPOCH + Duration::from_millis(written))
        .from(sender)
        .to(recipient)
        .subject(&mail.subject)
        .message_id(Some(format!("<{}>", mail.message_id)))
        .raw_header(HeaderValue::new(auto, "auto-generated".to_owned()))
        // The same for servers that know only this (out-of-office answers).
        .raw_header(HeaderValue::new(quiet, "All".to_owned()))
        .multipart(MultiPart::alternative_plain_html(
            mail.text.clone(),
            mail.html.clone(),
        ))
        .map_err(|_| MailError::permanent("the mail cannot be put together"))
}

/// `dot-atom@dot-atom` or `…@[literal]` (RFC 5322 §3.6.4).
fn is_message_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.[]:".contains(&byte);
    let part = |text: &str| !text.is_empty() && text.bytes().all(plain);
    text.split_once('@')
        .is_some_and(|(left, right)| part(left) && part(right))
}

/// By status where the relay spoke. Its text is dropped: it repeats the recipient.
fn translate(error: &SmtpError) -> MailError {
    let code = error.status().map(u16::from);
    match code {
        Some(code) if LOGIN_REFUSED.contains(&code) => {
            MailError::Unreachable(format!("the relay refuses our login ({code})"))
        }
        Some(code) if error.is_permanent() => {
            MailError::Permanent(format!("the relay answered {code}"))
        }
        Some(code) => MailError::Transient(format!("the relay answered {code}")),
        None => without_status(error),
    }
}

/// The relay did not speak, or we did not want to go on.
fn without_status(error: &SmtpError) -> MailError {
    if let Some(why) = certificate_fault(error) {
        return MailError::Unreachable(format!("the relay's certificate is refused: {why}"));
    }
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    if !error.is_client() {
        return MailError::unreachable("the relay cannot be reached");
    }
    // The library's own fixed sentences: what this relay cannot do.
    if source.contains("SMTPUTF8") || source.contains("8BITMIME") {
        MailError::permanent("the relay takes plain ASCII only")
    } else if source.contains("STARTTLS") {
        MailError::unreachable("the relay offers no STARTTLS")
    } else if source.contains("authentication") {
        MailError::unreachable("the relay offers no way to log in that we know")
    } else {
        MailError::unreachable("the relay speaks another protocol")
    }
}

fn certificate_fault(error: &SmtpError) -> Option<String> {
    let mut at: Option<&(dyn std::error::Error + 'static)> = error.source();
    while let Some(source) = at {
        let inner = source
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if let Some(fault) = inner.or_else(|| source.downcast_ref::<rustls::Error>()) {
            return Some(fault.to_string());
        }
        at = source.source();
    }
    None
}

#[cfg(test)]
mod tests;
