//! Mail over a real SMTP server, with all that relays do to it.

use std::sync::Arc;
use std::time::Duration;

use laneway::config::Mail;
use laneway::core::Core;
use laneway::lane_a::outbox::send_due;
use laneway::store::outbox;
use serde_json::json;

use crate::harness::app::Options;
use crate::harness::cluster::free_port;
use crate::harness::relay::{Door, Received, SmtpServer};
use crate::harness::{Browser, TestApp, answer};

async fn app_with(mail: Mail) -> TestApp {
    TestApp::sqlite_with(options(mail)).await
}

fn options(mail: Mail) -> Options {
    Options {
        mail: Some(mail),
        ..Options::default()
    }
}

/// Somebody who is unknown asks for a code; the flow's id.
async fn ask(app: &TestApp, browser: &mut Browser, email: &str) -> String {
    let flow = app
        .begin(browser, json!({ "purpose": "signup", "username": email }))
        .await;
    let id = flow["id"].as_str().expect("an id").to_owned();
    answer(browser, &id, "email-code", json!({}))
        .await
        .expect(200);
    id
}

async fn ask_all(app: &TestApp, people: &[&str]) {
    for email in people {
        ask(app, &mut app.browser(), email).await;
    }
}

async fn send(app: &TestApp) -> usize {
    send_due(app.core()).await.expect("the store answers")
}

async fn pending(core: &Arc<Core>) -> (i64, String) {
    let waiting = outbox::waiting(&core.db).await.expect("read");
    (waiting.pending, waiting.trouble.unwrap_or_default())
}

async fn given_up(core: &Arc<Core>) -> (i64, String) {
    let (count, why) = outbox::given_up(&core.db, 0).await.expect("read");
    (count, why.unwrap_or_default())
}

/// The six digits that stand alone on a line of the text part.
fn code_in(mail: &Received) -> String {
    let (_, text) = mail.parts().remove(0);
    let code = text
        .lines()
        .map(str::trim)
        .find(|line| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit()));
    code.expect("a code").to_owned()
}

#[tokio::test]
async fn a_code_arrives_over_starttls_and_opens_the_door() {
    let Some(server) = SmtpServer::start() else {
        return;
    };
    let app = app_with(server.mail(&Door::StartTls)).await;
    let mut browser = app.browser();
    let flow = ask(&app, &mut browser, "ana@x.test").await;
    assert!(
        server.received().is_empty(),
        "no request waits for the relay"
    );
    assert_eq!(send(&app).await, 1);
    assert_eq!(send(&app).await, 0, "once");
    let received = server.received();
    let [mail] = received.as_slice() else {
        panic!("{received:?}")
    };
    assert!(mail.secure() && mail.user() == "laneway@relay");
    let code = code_in(mail);
    let reply = answer(&mut browser, &flow, "email-code", json!({ "code": code })).await;
    assert_eq!(reply.expect(200).json()["step"]["kind"], "profile");
}

#[tokio::test]
async fn a_mail_has_the_form_that_mail_programs_expect() {
    let Some(server) = SmtpServer::start() else {
        return;
    };
    let app = app_with(server.mail(&Door::Implicit)).await;
    ask(&app, &mut app.browser(), "ana@x.test").await;
    send(&app).await;
    let mail = server.received().remove(0);
    assert!(mail.secure());
    let one = |name: &str| {
        let mut all = mail.headers(name);
        assert_eq!(all.len(), 1, "{name}: {all:?}");
        all.remove(0)
    };
    // RFC 2047 for "Größe & Söhne".
    assert!(
        one("from").starts_with("=?utf-8?") && one("from").ends_with("<no-reply@mail.example>")
    );
    assert_eq!(one("to"), "ana@x.test");
    assert!(one("subject").contains("is your Laneway code"));
    assert!(one("message-id").ends_with("@mail.example>"));
    assert_eq!(one("date"), "Fri, 15 Jan 2027 08:00:01 +0000");
    assert_eq!(one("auto-submitted"), "auto-generated");
    assert_eq!(one("mime-version"), "1.0");
    assert!(one("content-type").starts_with("multipart/alternative;"));
    for name in [
        "list-unsubscribe",
        "bcc",
        "cc",
        "reply-to",
        "x-mailer",
        "user-agent",
    ] {
        assert_eq!(mail.headers(name), Vec::<String>::new(), "{name}");
    }
    let parts = mail.parts();
    let kinds: Vec<&str> = parts.iter().map(|(kind, _)| kind.as_str()).collect();
    // The last is the one that is shown (RFC 2046 §5.1.4).
    assert_eq!(
        kinds,
        ["text/plain; charset=utf-8", "text/html; charset=utf-8"]
    );
    for (kind, text) in &parts {
        assert!(
            text.contains("/login/link/") && text.contains("192.0.2.7"),
            "{kind}: {text}"
        );
    }
    assert!(
        mail.raw()
            .lines()
            .all(|line| line.len() <= 998 && line.is_ascii())
    );
}

#[tokio::test]
async fn each_tenant_has_its_own_sender() {
    let Some(server) = SmtpServer::start() else {
        return;
    };
    let app = app_with(server.mail(&Door::StartTls)).await;
    let mut other = app.tenant().await;
    let own = laneway::lane_a::outbox::sender(app.core(), &other).expect("a sender");
    assert_eq!(own.name.as_deref(), Some("Größe & Söhne"));
    other.slug = "second".into();
    other.name = "Quay\r\nBcc: everybody@x.test".into();
    let own = laneway::lane_a::outbox::sender(app.core(), &other).expect("a sender");
    assert_eq!(own.name.as_deref(), Some("Quay  Bcc: everybody@x.test"));
    assert_eq!(own.address, "no-reply@mail.example");
}

#[tokio::test]
async fn a_mail_leaves_under_the_sender_that_the_tenant_set() {
    let Some(server) = SmtpServer::start() else {
        return;
    };
    let app = app_with(server.mail(&Door::StartTls)).await;
    let id = app.tenant().await.id;
    let settings = json!({ "settings": {
        "mail_from_name": "Gezeiten", "mail_from_address": "hallo@gezeiten.example",
        "support_email": "hilfe@gezeiten.example",
    } });
    app.admin("PATCH", &format!("/v1/admin/tenants/{id}"), settings)
        .await
        .expect(200);
    ask(&app, &mut app.browser(), "ana@x.test").await;
    send(&app).await;
    let mail = server.received().remove(0);
    assert_eq!(mail.headers("from"), ["Gezeiten <hallo@gezeiten.example>"]);
    assert!(mail.headers("message-id")[0].ends_with("@gezeiten.example>"));
    for (kind, text) in mail.parts() {
        assert!(text.contains("hilfe@gezeiten.example"), "{kind}: {text}");
        // Mail programs block pictures, and a picture tells its host who reads when.
        assert!(!text.contains("<img") && !text.contains("url("), "{kind}");
    }
}

#[tokio::test]
async fn a_certificate_that_does_not_fit_stops_everything() {
    let Some(server) = SmtpServer::start() else {
        return;
    };
    let strangers = match server.mail(&Door::StartTls) {
        Mail::Smtp { mut relay, from } => {
            relay.roots = None;
            Mail::Smtp { relay, from }
        }
        _ => unreachable!("it is SMTP"),
    };
    // The certificate that is over was made when the server started.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let refused = [
        (strangers, "UnknownIssuer"),
        (server.mail(&Door::Misnamed), "not valid for name"),
        (server.mail(&Door::Outdated), "expired"),
    ];
    for (mail, why) in refused {
        let app = app_with(mail).await;
        ask(&app, &mut app.browser(), "ana@x.test").await;
        send(&app).await;
        let (count, trouble) = pending(app.core()).await;
        assert!(count == 1 && trouble.contains(why), "{why}: {trouble}");
        let probed = app
            .core()
            .mailer
            .probe()
            .await
            .expect_err("doctor sees it too");
        assert!(probed.to_string().contains(why), "{why}: {probed}");
    }
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_refused_login_is_the_operators_trouble_and_no_mails_end() {
    let Some(server) = SmtpServer::start() else {
        return;
    };
    let mail = match server.mail(&Door::StartTls) {
        Mail::Smtp { mut relay, from } => {
            relay.login = Some(("laneway@relay".into(), "canary".to_owned().into()));
            Mail::Smtp { relay, from }
        }
        _ => unreachable!("it is SMTP"),
    };
    let app = app_with(mail).await;
    ask(&app, &mut app.browser(), "ana@x.test").await;
    send(&app).await;
    let (count, trouble) = pending(app.core()).await;
    assert!(
        count == 1 && trouble.contains("refuses our login (535)"),
        "{trouble}"
    );
    assert!(!trouble.contains("canary") && server.received().is_empty());
}

#[tokio::test]
async fn refusals_end_a_mail_and_greylisting_delays_it() {
    let Some(server) = SmtpServer::start() else {
        return;
    };
    let app = app_with(server.mail(&Door::StartTls)).await;
    let people = [
        "unknown@x.test",
        "spam@x.test",
        "grey@x.test",
        "full@x.test",
        "gone@x.test",
        "ana@x.test",
    ];
    ask_all(&app, &people).await;
    assert_eq!(send(&app).await, 6);
    let (lost, why) = given_up(app.core()).await;
    assert_eq!(lost, 2, "5xx is not tried again");
    assert!(why.contains("550") || why.contains("554"), "{why}");
    assert!(!why.contains("x.test"), "no address in it: {why}");
    assert_eq!(pending(app.core()).await.0, 3);
    assert_eq!(send(&app).await, 0, "not at once");
    app.clock.advance_s(12);
    assert_eq!(send(&app).await, 3);
    let got: Vec<String> = server
        .received()
        .iter()
        .map(|mail| mail.to().to_owned())
        .collect();
    assert_eq!(got, ["ana@x.test", "grey@x.test"]);
    app.clock.advance_s(12);
    assert_eq!(send(&app).await, 0, "the second pause is longer");
    app.clock.advance_s(12);
    assert_eq!(send(&app).await, 2);
    // Codes live ten minutes: what is left then is of no use to anybody.
    app.clock.advance_s(600);
    assert_eq!(send(&app).await, 2);
    let (lost, why) = given_up(app.core()).await;
    assert!(lost == 4 && why.contains("before its end"), "{lost} {why}");
    assert_eq!(server.received().len(), 2);
    assert_eq!(pending(app.core()).await.0, 0);
}

#[tokio::test]
async fn a_relay_that_was_down_gets_everything_once_when_it_is_back() {
    let port = free_port();
    let Some(first) = SmtpServer::start_on(port) else {
        return;
    };
    let app = app_with(first.mail(&Door::StartTls)).await;
    drop(first);
    ask_all(&app, &["ana@x.test", "bob@x.test", "cy@x.test"]).await;
    send(&app).await;
    let (count, trouble) = pending(app.core()).await;
    assert!(
        count == 3 && trouble.contains("cannot be reached"),
        "{trouble}"
    );
    // Its authority is new with it; a relay without encryption needs none.
    let second = SmtpServer::start_on(port).expect("installed");
    let again = app
        .restarted(&options(second.mail(&Door::StartTls)))
        .await
        .expect("a start");
    assert_eq!(send(&again).await, 0, "the pause lasts");
    app.clock.advance_s(12);
    assert_eq!(send(&again).await, 3);
    app.clock.advance_s(3600);
    assert_eq!(send(&again).await, 0);
    assert_eq!(second.received().len(), 3);
}

#[tokio::test]
async fn a_slow_relay_holds_up_nobody_else() {
    let Some(server) = SmtpServer::start() else {
        return;
    };
    let app = app_with(server.mail(&Door::StartTls)).await;
    ask_all(&app, &["slow@x.test", "ana@x.test"]).await;
    let core = Arc::clone(app.core());
    let sending = tokio::spawn(async move { send_due(&core).await });
    for _ in 0..50 {
        if !server.received().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(!sending.is_finished(), "the slow one is still waited for");
    assert_eq!(server.received()[0].to(), "ana@x.test");
    // A request meanwhile: it writes its mail and is answered.
    ask(&app, &mut app.browser(), "bob@x.test").await;
    let tried = tokio::time::timeout(Duration::from_secs(40), sending).await;
    tried
        .expect("a mail has a deadline")
        .expect("no panic")
        .expect("the store answers");
    assert_eq!(pending(app.core()).await.0, 2);
}

#[tokio::test]
async fn several_nodes_send_each_mail_once() {
    let Some(server) = SmtpServer::start() else {
        return;
    };
    let Some(app) = TestApp::postgres_with(options(server.mail(&Door::StartTls))).await else {
        return;
    };
    let people: Vec<String> = (0..24).map(|i| format!("p{i:02}@x.test")).collect();
    for email in &people {
        ask(&app, &mut app.browser(), email).await;
    }
    let mut nodes = Vec::new();
    for seed in 2..5 {
        let more = Options {
            seed,
            ..options(server.mail(&Door::StartTls))
        };
        nodes.push(app.restarted(&more).await.expect("a node"));
    }
    let all = || {
        nodes
            .iter()
            .chain([&app])
            .map(|node| Arc::clone(node.core()))
    };
    // Four at once, until all is out: what was not reached in time on a busy machine comes
    // with the next round.
    for _ in 0..8 {
        let mut tasks = tokio::task::JoinSet::new();
        for core in all() {
            tasks.spawn(async move { send_due(&core).await.expect("the store answers") });
        }
        tasks.join_all().await;
        if pending(app.core()).await.0 == 0 {
            break;
        }
        app.clock.advance_s(60);
    }
    let mut got: Vec<String> = server
        .received()
        .iter()
        .map(|mail| mail.to().to_owned())
        .collect();
    got.sort();
    let mut wanted = people.clone();
    wanted.sort();
    assert_eq!(got, wanted, "each once; {:?}", pending(app.core()).await);
}

#[tokio::test]
async fn a_node_that_dies_while_sending_leaves_its_mail_to_another() {
    let Some(server) = SmtpServer::start() else {
        return;
    };
    let app = app_with(server.mail(&Door::Plain)).await;
    ask(&app, &mut app.browser(), "ana@x.test").await;
    let now = app.core().now();
    let held = outbox::claim(&app.core().db, now, now + 120_000, 8)
        .await
        .expect("claimed");
    assert_eq!(held.len(), 1);
    app.clock.advance_s(119);
    assert_eq!(send(&app).await, 0, "the lease lasts");
    app.clock.advance_s(2);
    assert_eq!(send(&app).await, 1);
    let mail = server.received().remove(0);
    assert!(mail.headers("message-id")[0].starts_with(&format!("<{}@", held[0].id)));
    // The one that was thought dead comes back: its note about an old try changes nothing.
    let late = outbox::Tried::Later(0, "late".into());
    assert!(
        !outbox::tried(&app.core().db, &held[0], &late, 0)
            .await
            .expect("no error")
    );
    assert_eq!(send(&app).await, 0);
}
