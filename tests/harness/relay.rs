//! A real SMTP server beside the program (`tests/smtp-server`).
//!
//! Owns: its process, and how a received mail is read.
//! Must not know: what the mails are about.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use laneway::config::{Mail, MailFrom, Relay, Tls};
use secrecy::SecretString;
use serde_json::Value;

/// The server, until it is dropped.
pub struct SmtpServer {
    process: Child,
    ready: Value,
    received: Arc<Mutex<Vec<Value>>>,
}

/// Which of its doors.
pub enum Door {
    /// STARTTLS, a good certificate.
    StartTls,
    /// TLS from the first byte.
    Implicit,
    /// No TLS, no login.
    Plain,
    /// STARTTLS with the certificate of another host.
    Misnamed,
    /// STARTTLS with a certificate that is over.
    Outdated,
}

impl SmtpServer {
    /// Starts it; `None` where it is not installed, which is a failure in CI.
    pub fn start() -> Option<Self> {
        Self::start_on(0)
    }

    /// The same with a fixed port for STARTTLS.
    pub fn start_on(port: u16) -> Option<Self> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/smtp-server");
        let node = std::env::var("LANEWAY_TEST_NODE").ok();
        let installed = std::path::Path::new(folder).join("node_modules").exists();
        let ci = std::env::var("CI").is_ok_and(|value| value == "true");
        let Some(node) = node.filter(|_| installed) else {
            assert!(
                !ci,
                "in CI LANEWAY_TEST_NODE and {folder}/node_modules must be there"
            );
            eprintln!("did not run: no SMTP server (dev/test installs it)");
            return None;
        };
        let mut process = Command::new(node)
            .arg(format!("{folder}/server.mjs"))
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the SMTP server starts");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let line = |line: std::io::Result<String>| -> Value {
            serde_json::from_str(&line.expect("a line")).expect("JSON")
        };
        let ready = line(lines.next().expect("its first line"));
        let received = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&received);
        std::thread::spawn(move || {
            for text in lines.map_while(Result::ok) {
                let mail = serde_json::from_str(&text).expect("JSON");
                log.lock().expect("a log").push(mail);
            }
        });
        Some(Self {
            process,
            ready,
            received,
        })
    }

    /// How the program reaches it.
    pub fn mail(&self, door: &Door) -> Mail {
        let (name, tls) = match door {
            Door::StartTls => ("starttls", Tls::Required),
            Door::Implicit => ("implicit", Tls::Implicit),
            Door::Plain => ("plain", Tls::Plain),
            Door::Misnamed => ("misnamed", Tls::Required),
            Door::Outdated => ("outdated", Tls::Required),
        };
        let text = |key: &str| self.ready[key].as_str().expect("text").to_owned();
        let port = self.ready[name].as_u64().expect("a port");
        let login = (text("user"), SecretString::from(text("password")));
        Mail::Smtp {
            relay: Relay {
                host: "localhost".to_owned(),
                port: u16::try_from(port).expect("a port"),
                tls,
                login: (tls != Tls::Plain).then_some(login),
                roots: Some(std::fs::read(text("ca")).expect("its authority")),
            },
            from: MailFrom {
                name: Some("Größe & Söhne".to_owned()),
                address: "no-reply@mail.example".to_owned(),
            },
        }
    }

    /// What it took so far, in order.
    pub fn received(&self) -> Vec<Received> {
        let all = self.received.lock().expect("a log");
        all.iter().map(|mail| Received(mail.clone())).collect()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A mail as the server got it.
#[derive(Debug)]
pub struct Received(Value);

impl Received {
    /// Its one recipient.
    pub fn to(&self) -> &str {
        self.0["to"][0].as_str().expect("a recipient")
    }

    /// Who logged in to send it, empty for nobody.
    pub fn user(&self) -> &str {
        self.0["user"].as_str().unwrap_or_default()
    }

    /// Did it come encrypted?
    pub fn secure(&self) -> bool {
        self.0["secure"] == true
    }

    /// As it came over the wire.
    pub fn raw(&self) -> &str {
        self.0["raw"].as_str().expect("text")
    }

    /// The values of a header, unfolded.
    pub fn headers(&self, name: &str) -> Vec<String> {
        let head = self.raw().split("\r\n\r\n").next().unwrap_or_default();
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        unfolded
            .lines()
            .filter_map(|line| line.split_once(": "))
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.to_owned())
            .collect()
    }

    /// The decoded parts: content type and text.
    pub fn parts(&self) -> Vec<(String, String)> {
        let kind = self.headers("content-type").remove(0);
        let boundary = kind.split("boundary=\"").nth(1).expect("a boundary");
        let boundary = format!("--{}", boundary.trim_end_matches('"'));
        let pieces = self.raw().split(boundary.as_str()).skip(1);
        pieces
            .filter(|piece| !piece.starts_with("--"))
            .map(|piece| {
                let (head, body) = piece.split_once("\r\n\r\n").expect("a part");
                let field = |name: &str| {
                    let lines = head.lines().filter_map(|line| line.split_once(": "));
                    let mut own = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
                    own.next()
                        .map_or(String::new(), |(_, value)| value.to_owned())
                };
                let text = match field("content-transfer-encoding").as_str() {
                    "quoted-printable" => unquoted(body),
                    "7bit" => body.to_owned(),
                    other => panic!("{other} is not read here"),
                };
                (field("content-type"), text)
            })
            .collect()
    }
}

/// RFC 2045 §6.7.
fn unquoted(body: &str) -> String {
    let joined = body.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        if *first == b'=' {
            let hex = std::str::from_utf8(&more[..2]).expect("two digits");
            bytes.push(u8::from_str_radix(hex, 16).expect("two digits"));
            rest = &more[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}
