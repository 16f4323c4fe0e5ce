//! What Traefik asks, written down after its documentation (forwardAuth, version 3): no
//! Traefik can be run here, and its recipe says so.

use super::rig::recipe;
use crate::forward::{WIKI, proxy, rig};
use crate::harness::Call;

/// One question for `GET https://wiki.test/boards?id=7` of a browser at 192.0.2.7.
fn question(accept: &str) -> Call {
    [
        ("user-agent", "Mozilla/5.0"),
        ("accept", accept),
        ("accept-encoding", "gzip, deflate, br"),
        ("x-forwarded-for", "192.0.2.7"),
        ("x-forwarded-host", "wiki.test"),
        ("x-forwarded-method", "GET"),
        ("x-forwarded-port", "443"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-server", "traefik-1"),
        ("x-forwarded-uri", "/boards?id=7"),
        ("x-real-ip", "192.0.2.7"),
    ]
    .into_iter()
    .fold(
        Call::new("GET", "http://127.0.0.1:8080/authz/forward-auth"),
        |call, (name, value)| call.header(name, value),
    )
}

#[tokio::test]
async fn traefiks_question_is_answered() {
    let app = rig().await;
    let mut traefik = proxy(&app);
    let stranger = traefik.send(question("text/html")).await.expect(302);
    assert_eq!(
        stranger.location(),
        "https://login.test/bff/login?rd=https%3A%2F%2Fwiki.test%2Fboards%3Fid%3D7"
    );
    traefik.send(question("application/json")).await.expect(401);
    let mut browser = app.signup("ana@x.test").await;
    app.enter(&mut browser, WIKI).await;
    let value = browser.cookie(WIKI, "__Host-lw").expect("a cookie");
    let call = question("text/html").header("cookie", &format!("a=b; __Host-lw={value}"));
    let yes = traefik.send(call).await.expect(200);
    assert_eq!(yes.header("cookie"), "a=b");
    assert_ne!(yes.header("x-laneway-user"), "");
    // Before it is a WebSocket, Traefik calls its scheme "wss".
    let socket = question("*/*").header("upgrade", "websocket");
    traefik.send(socket).await.expect(401);
}

#[test]
fn traefiks_recipe_says_that_it_was_not_run_and_removes_every_spelling() {
    let text = recipe("traefik.yml");
    assert!(text.contains("NOT RUN"));
    let pattern = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("authResponseHeadersRegex: "))
        .expect("the pattern");
    assert_eq!(
        pattern,
        "(?i)^((x[-_]laneway|x[-_]auth[-_]request|remote)[-_].*|cookie|authorization|x[-_]api[-_]key)$"
    );
}
