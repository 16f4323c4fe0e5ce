//! Applications that were set up for oauth2-proxy and for Authelia, unchanged.

use super::rig::{Rig, recipe};
use super::{NOTES, Visitor, WIKI};

#[tokio::test(flavor = "multi_thread")]
async fn an_application_set_up_for_oauth2_proxy_works_unchanged() {
    let Some(rig) = Rig::new().await else { return };
    let login = rig.nginx(&recipe("nginx.conf")).await;
    let front = rig.nginx(&recipe("nginx-oauth2-proxy.conf")).await;
    drop(rig.app.signup("ana@x.test").await);
    let mut visitor = Visitor::new(&[("login.test", login.port), ("wiki.test", front.port)]);
    let page = visitor.go(&format!("{WIKI}/deep?x=1")).await;
    let page = visitor.sign_in(&rig.app, "ana@x.test", &page).await;
    assert_eq!(
        (page.status, page.at.as_str()),
        (200, "https://wiki.test/deep?x=1")
    );
    assert_eq!(page.seen("x-auth-request-email"), ["ana@x.test"]);
    assert_eq!(page.seen("x-auth-request-user").len(), 1);
    let spoof = [
        ("x-auth-request-user", "root"),
        ("x-auth-request-groups", "root"),
    ];
    let page = visitor.send("GET", &format!("{WIKI}/"), &spoof, None).await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("root"), "{}", page.text);
    // The link that such an application shows.
    let click = [
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
    ];
    let out = visitor
        .send(
            "GET",
            &format!("{WIKI}/oauth2/sign_out?rd=/bye"),
            &click,
            None,
        )
        .await;
    assert_eq!(
        (out.status, out.location.as_str()),
        (303, "https://wiki.test/bye")
    );
    assert_eq!(visitor.open(&format!("{WIKI}/")).await.status, 303);
    let hidden = visitor.open(&format!("{WIKI}/oauth2/auth")).await;
    assert_eq!(hidden.status, 404, "questions are for the proxy");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_set_up_for_authelia_works_unchanged() {
    let Some(rig) = Rig::new().await else { return };
    let login = rig.nginx(&recipe("nginx.conf")).await;
    let front = rig.caddy(&recipe("Caddyfile-authelia")).await;
    drop(rig.app.signup("ana@x.test").await);
    let mut visitor = Visitor::new(&[("login.test", login.port), ("notes.test", front.port)]);
    let page = visitor.go(&format!("{NOTES}/deep?x=1")).await;
    let page = visitor.sign_in(&rig.app, "ana@x.test", &page).await;
    assert_eq!(
        (page.status, page.at.as_str()),
        (200, "https://notes.test/deep?x=1")
    );
    assert_eq!(page.seen("remote-email"), ["ana@x.test"]);
    assert_eq!(page.seen("remote-name"), ["ana"]);
    assert_eq!(page.seen("remote-user").len(), 1);
    for name in ["remote-user", "remote-groups", "Remote_User"] {
        let page = visitor
            .send("GET", &format!("{NOTES}/"), &[(name, "root")], None)
            .await;
        assert_eq!(page.status, 200);
        assert!(!page.text.contains("root"), "{name}: {}", page.text);
    }
}
