//! An application behind each proxy: to the login and back, nothing to spoof, one sign-out
//! for all, revoked in under a second.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use super::{FILES, NOTES, Street, Visitor, WIKI};
use crate::harness::LOGIN;

const HOSTS: [&str; 3] = [WIKI, NOTES, FILES];

async fn signed_in(street: &Street) -> Visitor {
    drop(street.rig.app.signup("ana@x.test").await);
    let mut visitor = street.visitor();
    let login = visitor.go(&format!("{WIKI}/deep?x=1")).await;
    let page = visitor.sign_in(&street.rig.app, "ana@x.test", &login).await;
    assert_eq!(
        (page.status, page.at.as_str()),
        (200, "https://wiki.test/deep?x=1")
    );
    for host in [NOTES, FILES] {
        // Signed in at the login host already: there and back without a question.
        let page = visitor.go(&format!("{host}/deep?x=1")).await;
        assert_eq!((page.status, page.at), (200, format!("{host}/deep?x=1")));
    }
    visitor
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_goes_to_the_login_and_comes_back_to_each_application() {
    let Some(street) = Street::open().await else {
        return;
    };
    let mut visitor = signed_in(&street).await;
    let sub = visitor.open(&format!("{LOGIN}/bff/user")).await;
    let sub: serde_json::Value = serde_json::from_str(&sub.text).expect("JSON");
    for host in HOSTS {
        let page = visitor.open(&format!("{host}/a%2Fb;c?d=%2F")).await;
        assert_eq!(page.status, 200, "{host}: {}", page.text);
        assert_eq!(
            page.seen("x-laneway-user"),
            [sub["sub"].as_str().expect("a sub")],
            "{host}"
        );
        assert_eq!(page.seen("x-laneway-email"), ["ana@x.test"], "{host}");
        let cookies = page.seen("cookie").concat();
        assert!(!cookies.contains("__Host-lw"), "{host}: {cookies}");
        assert!(
            page.text.contains("/a%2Fb;c?d=%2F"),
            "{host}: {}",
            page.text
        );
        // A script of a stranger is told so; a form is not sent away.
        let mut stranger = street.visitor();
        let call = stranger.send("POST", &format!("{host}/x"), &[], None).await;
        assert_eq!(call.status, 401, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn identity_headers_cannot_be_spoofed_in_any_spelling() {
    let Some(street) = Street::open().await else {
        return;
    };
    let mut visitor = signed_in(&street).await;
    for host in HOSTS {
        let honest = visitor.open(&format!("{host}/")).await.identity();
        for name in [
            "X-Laneway-User",
            "x-laneway-jwt",
            "X_Laneway_User",
            "x_laneway_roles",
            "X-Laneway_Email",
            "X_LANEWAY-ACR",
            "Remote-User",
            "Remote_User",
            "REMOTE_GROUPS",
            "X-Auth-Request-User",
            "X_Auth_Request_Email",
            "X-Auth_Request-Groups",
            "x-auth-request-preferred-username",
        ] {
            let headers = [(name, "root"), (name, "root2"), ("accept", "text/html")];
            let page = visitor
                .send("GET", &format!("{host}/"), &headers, None)
                .await;
            let mut seen = page.identity();
            if page.status == 400 {
                continue;
            }
            assert_eq!(page.status, 200, "{host} {name}: {}", page.text);
            // The token may be a new one; the rest is what it was.
            seen.retain(|(name, _)| name != "x-laneway-jwt");
            let mut want = honest.clone();
            want.retain(|(name, _)| name != "x-laneway-jwt");
            assert_eq!(seen, want, "{host} {name}");
            assert!(!page.text.contains("root"), "{host} {name}: {}", page.text);
            let mut stranger = street.visitor();
            let page = stranger
                .send("GET", &format!("{host}/"), &headers, None)
                .await;
            assert_eq!(page.status, 302, "{host} {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_find_their_way_to_each_application_and_open_it_by_its_own_token() {
    let Some(street) = Street::open().await else {
        return;
    };
    let app = &street.rig.app;
    let mut ana = app.signup("ana@x.test").await;
    let sub = ana.me().await["sub"].as_str().expect("a sub").to_owned();
    let mut before: Option<String> = None;
    for host in HOSTS {
        let mut agent = street.visitor();
        let tool = format!("{host}/mcp");
        let refused = agent.send("POST", &tool, &[], None).await;
        assert_eq!(refused.status, 401, "{host}");
        let named = refused.challenge.split("resource_metadata=\"").nth(1);
        let named = named.and_then(|rest| rest.split('"').next());
        let known = format!("{host}/.well-known/oauth-protected-resource");
        let named = named.unwrap_or_else(|| panic!("{host}: {}", refused.challenge));
        let of_path = format!("{known}/mcp");
        for (url, path) in [(named, "/"), (&known, "/"), (&of_path, "/mcp")] {
            let said = agent.send("GET", url, &[], None).await;
            assert_eq!(said.status, 200, "{url}: {}", said.text);
            let said: serde_json::Value = serde_json::from_str(&said.text).expect("JSON");
            assert_eq!(said["resource"], format!("{host}{path}"), "{url}");
        }
        let client = app
            .client(json!({ "audiences": [format!("{host}/")] }))
            .await;
        // What was found is what is asked for: a path of the application stands for all of it.
        let code = app.code(&mut ana, &client, &[("resource", &tool)]).await;
        let redeemed = app.browser().send(client.redeems(&code)).await;
        let tokens = redeemed.expect(200).json();
        let bearer = format!(
            "Bearer {}",
            tokens["access_token"].as_str().expect("a token")
        );
        let with = [("authorization", bearer.as_str())];
        let page = agent.send("POST", &tool, &with, None).await;
        assert_eq!(page.status, 200, "{host}: {}", page.text);
        assert_eq!(page.seen("x-laneway-user"), [sub.as_str()], "{host}");
        // With it the application could go on at our own API.
        let kept = [page.seen("authorization"), page.seen("x-api-key")].concat();
        assert!(kept.iter().all(String::is_empty), "{host}: {kept:?}");
        // The one for the application before does not count at this one.
        if let Some(before) = before.replace(bearer) {
            let with = [("authorization", before.as_str())];
            let refused = agent.send("POST", &tool, &with, None).await;
            assert_eq!(refused.status, 401, "{host}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_on_one_host_ends_all_at_once() {
    let Some(street) = Street::open().await else {
        return;
    };
    for host in HOSTS {
        let mut visitor = signed_in_again(&street).await;
        let sid = visitor
            .open(&format!("{host}/"))
            .await
            .seen("x-laneway-sid")
            .concat();
        let before = visitor.clone();
        let out = visitor
            .open(&format!("{host}/.laneway/logout?sid={sid}&return_to=/bye"))
            .await;
        assert_eq!((out.status, out.location), (303, format!("{host}/bye")));
        for other in HOSTS {
            let page = before.clone().open(&format!("{other}/")).await;
            assert_eq!(page.status, 302, "{host} then {other}");
            assert!(
                page.location.starts_with(&format!("{LOGIN}/bff/login?rd=")),
                "{}",
                page.location
            );
        }
        let login = before
            .clone()
            .send("GET", &format!("{LOGIN}/bff/user"), &[], None)
            .await;
        assert_eq!(login.status, 401);
    }
}

async fn signed_in_again(street: &Street) -> Visitor {
    let known = !street.rig.app.mails_to("ana@x.test").await.is_empty();
    if !known {
        return signed_in(street).await;
    }
    let mut visitor = street.visitor();
    let login = visitor.go(&format!("{WIKI}/")).await;
    visitor.sign_in(&street.rig.app, "ana@x.test", &login).await;
    for host in [NOTES, FILES] {
        assert_eq!(visitor.go(&format!("{host}/")).await.status, 200);
    }
    visitor
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_by_an_operator_is_out_in_under_a_second() {
    let Some(street) = Street::open().await else {
        return;
    };
    let visitor = signed_in(&street).await;
    let user = visitor
        .clone()
        .open(&format!("{WIKI}/"))
        .await
        .seen("x-laneway-user")
        .concat();
    let path = format!("/v1/admin/users/{user}/sessions");
    street
        .rig
        .app
        .admin("DELETE", &path, json!({}))
        .await
        .expect(204);
    let revoked = Instant::now();
    for host in HOSTS {
        let mut browser = visitor.clone();
        while browser.open(&format!("{host}/")).await.status == 200 {
            assert!(
                revoked.elapsed() < Duration::from_secs(1),
                "{host} still answers"
            );
        }
    }
    assert!(
        revoked.elapsed() < Duration::from_secs(1),
        "{:?}",
        revoked.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laneway_that_is_gone_is_503_and_never_the_application() {
    let Some(mut street) = Street::open().await else {
        return;
    };
    let visitor = signed_in(&street).await;
    street.rig.stop();
    for host in HOSTS {
        for mut browser in [visitor.clone(), street.visitor()] {
            let page = browser.open(&format!("{host}/")).await;
            assert_eq!(page.status, 503, "{host}: {}", page.text);
            assert!(!page.text.contains("x-laneway-user"), "{host}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn websockets_pass_for_people_and_not_for_strangers() {
    let Some(street) = Street::open().await else {
        return;
    };
    let visitor = signed_in(&street).await;
    // Plain sockets: the proxies' own TLS is openssl's to speak here.
    for (host, front) in HOSTS.iter().zip(&street.fronts) {
        let name = host.trim_start_matches("https://");
        for (cookie, want) in [(visitor.cookie(host), "101"), (None, "30")] {
            let answer = upgrade(name, front.port, cookie).await;
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {want}")),
                "{host}: {answer}"
            );
            if cookie.is_some() {
                assert!(answer.contains("hello over there"), "{host}: {answer}");
                let user = answer.to_ascii_lowercase();
                assert!(user.contains("x-seen-user: 0"), "{host}: {answer}");
            }
        }
    }
}

async fn upgrade(name: &str, port: u16, cookie: Option<&str>) -> String {
    let cookie = cookie.map_or_else(String::new, |value| {
        format!("Cookie: __Host-lw={value}\r\n")
    });
    let request = format!(
        "GET /socket HTTP/1.1\r\nHost: {name}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Accept: text/html\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{cookie}\r\n"
    );
    let name = name.to_owned();
    tokio::task::spawn_blocking(move || talk(&name, port, &request))
        .await
        .expect("it ends")
}

/// Speaks TLS through openssl, for five seconds at most.
fn talk(name: &str, port: u16, request: &str) -> String {
    let mut child = Command::new("timeout")
        .args(["5", "openssl", "s_client", "-quiet", "-servername", name])
        .arg("-connect")
        .arg(format!("127.0.0.1:{port}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl runs");
    let mut to = child.stdin.take().expect("a pipe");
    let mut from = child.stdout.take().expect("a pipe");
    to.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    let mut part = [0u8; 4096];
    let mut greeted = false;
    while let Ok(n @ 1..) = from.read(&mut part) {
        answer.push_str(&String::from_utf8_lossy(&part[..n]));
        let open = answer.contains("\r\n\r\n");
        if open && !greeted && answer.starts_with("HTTP/1.1 101") {
            greeted = true;
            to.write_all(b"hello over there").expect("sent");
        } else if open && (!greeted || answer.ends_with("there")) {
            break;
        }
    }
    // `timeout` passes this on to the program that it runs.
    let _ = Command::new("kill").arg(child.id().to_string()).status();
    let _ = child.wait();
    answer
}
