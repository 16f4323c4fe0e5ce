//! Mail against a small relay on loopback.

use std::sync::{Arc, Mutex};

use secrecy::SecretString;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// What the relay answers to a command; everything else gets 250.
type Script = &'static [(&'static str, &'static str)];

struct FakeRelay {
    port: u16,
    heard: Arc<Mutex<String>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for FakeRelay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FakeRelay {
    async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let heard = Arc::new(Mutex::new(String::new()));
        let log = heard.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, script, log.clone()));
            }
        });
        Self { port, heard, task }
    }

    fn mailer(&self, login: Option<(&str, &str)>, tls: Tls) -> Mailer {
        let login = login.map(|(user, word)| (user.to_owned(), SecretString::from(word)));
        let relay = Relay {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            tls,
            login,
            roots: None,
        };
        Mailer::new(&MailConfig::Smtp {
            relay,
            from: from(),
        })
        .expect("a mailer")
    }

    fn heard(&self) -> String {
        self.heard.lock().expect("a log").clone()
    }
}

async fn talk(stream: TcpStream, script: Script, log: Arc<Mutex<String>>) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut in_data = false;
    writer.write_all(b"220 relay.test\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        log.lock().expect("a log").extend([line.as_str(), "\n"]);
        if in_data && line != "." {
            continue;
        }
        let verb = line.split([' ', ':']).next().unwrap_or_default();
        in_data = verb == "DATA";
        let scripted = script.iter().find(|(command, _)| *command == verb);
        let answer = match (scripted, verb) {
            (Some((_, answer)), _) => answer,
            (None, "EHLO") => "250-relay.test\r\n250 AUTH PLAIN",
            (None, "DATA") => "354 go on",
            (None, "AUTH") => "235 welcome",
            _ => "250 fine",
        };
        writer.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}

fn from() -> MailFrom {
    MailFrom {
        name: Some("Acme, Größe".to_owned()),
        address: "no-reply@acme.example".to_owned(),
    }
}

fn mail() -> Mail {
    Mail {
        to: "ana@x.test".to_owned(),
        from: from(),
        subject: "Your code for Größe".to_owned(),
        html: "<p>Your code: <b>123456</b></p>".to_owned(),
        text: "Your code: 123456\n.\nMAIL FROM:<x>\n".to_owned(),
        message_id: "m1@login.example".to_owned(),
        written_at: 1_800_000_000_000,
    }
}

#[tokio::test]
async fn a_mail_arrives_with_both_bodies() {
    let relay = FakeRelay::start(&[]).await;
    relay
        .mailer(Some(("u", "p")), Tls::Plain)
        .send(&mail())
        .await
        .expect("sent");
    let heard = relay.heard();
    let wanted = [
        "AUTH PLAIN AHUAcA==",
        "MAIL FROM:<no-reply@acme.example>",
        "RCPT TO:<ana@x.test>",
        "Message-ID: <m1@login.example>",
        "Auto-Submitted: auto-generated",
        "Date: Fri, 15 Jan 2027 08:00:00 +0000",
        "X-Auto-Response-Suppress: All",
        "text/plain",
        "text/html",
        "123456",
        "\n..\n",
    ];
    for text in wanted {
        assert!(heard.contains(text), "{text} in {heard}");
    }
    assert!(!heard.contains("Größe"), "headers are encoded: {heard}");
}

#[tokio::test]
async fn the_status_decides_about_another_try() {
    const NO_USER: Script = &[("RCPT", "550 5.1.1 <ana@x.test> unknown")];
    const GREYLISTED: Script = &[("RCPT", "451 4.7.1 later, ana@x.test")];
    const BAD_LOGIN: Script = &[("AUTH", "535 5.7.8 no")];
    for (script, permanent) in [(NO_USER, true), (GREYLISTED, false), (BAD_LOGIN, false)] {
        let relay = FakeRelay::start(script).await;
        let mailer = relay.mailer(Some(("u", "canary")), Tls::Plain);
        let error = mailer.send(&mail()).await.expect_err("refused");
        assert_eq!(
            matches!(error, MailError::Permanent(_)),
            permanent,
            "{error}"
        );
        let shown = format!("{error} {error:?}");
        assert!(
            !shown.contains("ana@") && !shown.contains("canary"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn without_encryption_where_it_is_required_nothing_is_sent() {
    let relay = FakeRelay::start(&[]).await;
    let mailer = relay.mailer(Some(("u", "canary")), Tls::Required);
    assert!(matches!(
        mailer.send(&mail()).await,
        Err(MailError::Unreachable(_))
    ));
    assert!(mailer.probe().await.is_err());
    let heard = relay.heard();
    assert!(
        !heard.contains("AUTH") && !heard.contains("MAIL"),
        "{heard}"
    );
}

#[tokio::test]
async fn a_dead_relay_is_worth_another_try() {
    let relay = FakeRelay::start(&[]).await;
    let mailer = relay.mailer(None, Tls::Plain);
    mailer.probe().await.expect("alive");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let dead = Relay {
        host: "127.0.0.1".to_owned(),
        port,
        tls: Tls::Plain,
        login: None,
        roots: None,
    };
    let dead = Mailer::new(&MailConfig::Smtp {
        relay: dead,
        from: from(),
    })
    .expect("a mailer");
    assert!(matches!(
        dead.send(&mail()).await,
        Err(MailError::Unreachable(_))
    ));
    assert!(dead.probe().await.is_err());
}

#[tokio::test]
async fn headers_cannot_be_injected() {
    let relay = FakeRelay::start(&[]).await;
    let mailer = relay.mailer(None, Tls::Plain);
    let poison = "x\r\nBcc: evil@x.test";
    let spoil: [fn(&mut Mail, &str); 7] = [
        |mail, text| mail.to = format!("{text}@x.test"),
        |mail, text| text.clone_into(&mut mail.subject),
        |mail, text| mail.message_id = format!("{text}@x"),
        |mail, text| mail.from.name = Some(text.to_owned()),
        |mail, text| mail.from.address = format!("{text}@x.test"),
        |mail, _| mail.to = "a@x.test>, <evil@x.test".to_owned(),
        |mail, _| mail.message_id = "m1@x> <".to_owned(),
    ];
    for change in spoil {
        let mut spoiled = mail();
        change(&mut spoiled, poison);
        let error = mailer.send(&spoiled).await.expect_err("refused");
        assert!(matches!(error, MailError::Permanent(_)), "{error}");
    }
    assert!(relay.heard().is_empty(), "the relay was not even called");
}

#[tokio::test]
async fn the_outbox_keeps_and_none_refuses() {
    let outbox = Mailer::new(&MailConfig::Outbox { from: from() }).expect("a mailer");
    assert_eq!(outbox.send(&mail()).await, Ok(()));
    assert_eq!(outbox.from(), Some(&from()));
    let none = Mailer::new(&MailConfig::None).expect("a mailer");
    assert!(none.from().is_none());
    assert!(matches!(
        none.send(&mail()).await,
        Err(MailError::Permanent(_))
    ));
}
