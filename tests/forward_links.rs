//! Links of applications behind a foreign proxy: sign-in and sign-out under the names of
//! oauth2-proxy, `/.laneway/logout`, and the echo that `verify-edge` looks through.

use serde_json::{Value, json};

use crate::forward::{NOTES, WIKI, proxy, rig};
use crate::harness::{Call, LOGIN};

#[tokio::test]
async fn links_of_oauth2_proxy_setups_work_behind_a_listed_proxy() {
    let app = rig().await;
    let mut person = app.signup("ana@x.test").await.at_address([127, 0, 0, 1]);
    for start in [
        "https://wiki.test/oauth2/sign_in?rd=/deep?x=1",
        "https://wiki.test/oauth2/start?rd=https%3A%2F%2Fwiki.test%2Fdeep%3Fx%3D1",
    ] {
        let reply = person.get(start).await.expect(303);
        let (_, at) = person.follow(reply, start.to_owned()).await;
        assert_eq!(at, "https://wiki.test/deep?x=1");
    }
    let turned = Call::new("GET", "https://wiki.test/oauth2/sign_in")
        .header("x-auth-request-redirect", "/deep?x=1");
    let reply = person.send(turned).await.expect(303);
    let (_, at) = person
        .follow(reply, "https://wiki.test/oauth2/sign_in".into())
        .await;
    assert_eq!(at, "https://wiki.test/deep?x=1");
    // A bare link, or a proxy that names the link itself, leads home and not in a circle.
    for named in [
        "",
        "/oauth2/sign_in",
        "/oauth2/start?rd=/x",
        "/.laneway/logout",
    ] {
        let link = Call::new("GET", "https://wiki.test/oauth2/sign_in");
        let link = link.header("x-auth-request-redirect", named);
        let reply = person.send(link).await.expect(303);
        let (_, at) = person
            .follow(reply, "https://wiki.test/oauth2/sign_in".into())
            .await;
        assert_eq!(at, "https://wiki.test/", "{named}");
    }
    for evil in [
        "//evil.test",
        "https://evil.test/",
        "https://notes.test/",
        "/\\evil.test",
    ] {
        let start = format!("https://wiki.test/oauth2/start?rd={evil}");
        person.get(&start).await.refused(400, "invalid_return_to");
    }

    // A foreign page cannot sign anybody out, a click in the application can.
    let out = Call::new("GET", "https://wiki.test/oauth2/sign_out?rd=/bye");
    let foreign = person
        .send(out.clone().header("sec-fetch-site", "cross-site"))
        .await
        .expect(303);
    assert_eq!(foreign.location(), format!("{LOGIN}/account"));
    // Nor can a picture in what somebody has written there.
    let click = out.header("sec-fetch-site", "same-origin");
    let picture = click.clone().header("sec-fetch-mode", "no-cors");
    let picture = person
        .send(picture.header("sec-fetch-dest", "image"))
        .await
        .expect(303);
    assert_eq!(picture.location(), format!("{LOGIN}/account"));
    person.user(WIKI).await.expect(200);
    let click = click.header("sec-fetch-mode", "navigate");
    let own = person
        .send(click.header("sec-fetch-dest", "document"))
        .await
        .expect(303);
    assert_eq!(own.location(), "https://wiki.test/bye");
    person.user(WIKI).await.refused(401, "unauthenticated");
    person.user(LOGIN).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn those_paths_belong_to_the_application_otherwise() {
    let app = rig().await;
    let mut person = app.signup("ana@x.test").await;
    for path in ["/oauth2/sign_in", "/oauth2/start", "/oauth2/sign_out"] {
        let reply = person
            .get(&format!("{}{path}", crate::harness::APP))
            .await
            .expect(200);
        assert!(reply.text().contains("the application"), "{path}");
    }
}

#[tokio::test]
async fn a_path_that_is_another_host_by_itself_leads_nowhere() {
    let app = rig().await;
    let mut person = app.signup("ana@x.test").await;
    for rd in [
        "https%3A%2F%2Fwiki.test%2F%2Fevil.test%2F",
        "https%3A%2F%2Fwiki.test%2F%5Cevil.test",
    ] {
        let start = format!("https://wiki.test/.laneway/start?rd={rd}");
        let reply = person.get(&start).await;
        if reply.code() == 400 {
            continue;
        }
        let issued = person
            .get(reply.location())
            .await
            .expect(303)
            .location()
            .to_owned();
        let back = person.get(&issued).await.expect(303).location().to_owned();
        assert!(back.starts_with("https://wiki.test/"), "{rd}: {back}");
    }
}

#[tokio::test]
async fn signing_out_on_an_application_host_ends_all_hosts() {
    let app = rig().await;
    let mut browser = app.signup("ana@x.test").await;
    app.enter(&mut browser, WIKI).await;
    app.enter(&mut browser, NOTES).await;
    let sid = browser.user(WIKI).await.json()["sid"]
        .as_str()
        .expect("a sid")
        .to_owned();
    let wrong = browser
        .get(&format!("{WIKI}/.laneway/logout?sid=other"))
        .await;
    wrong.refused(400, "invalid_request");
    let url = format!("{WIKI}/.laneway/logout?sid={sid}&return_to=/bye");
    let reply = browser.get(&url).await.expect(303);
    assert_eq!(reply.location(), "https://wiki.test/bye");
    for host in [WIKI, NOTES, LOGIN] {
        browser.user(host).await.refused(401, "unauthenticated");
    }
}

#[tokio::test]
async fn the_rest_of_a_sign_out_happens_on_the_login_host() {
    let app = rig().await;
    let id = app.add_fake().await;
    let primary = json!({ "role": "primary" });
    app.admin("PATCH", &format!("/v1/admin/upstreams/{id}"), primary)
        .await
        .expect(200);
    let mut browser = app.browser();
    app.fake
        .put(laneway_fake::Person::new("sub-pat", "pat@corp.test"));
    app.redirect_login(&mut browser, "sub-pat")
        .await
        .expect(303);
    app.enter(&mut browser, WIKI).await;
    let sid = browser.user(WIKI).await.json()["sid"]
        .as_str()
        .expect("a sid")
        .to_owned();
    let reply = browser
        .get(&format!("{WIKI}/.laneway/logout?sid={sid}&return_to=/bye"))
        .await
        .expect(303);
    let to = reply.location().to_owned();
    assert!(
        to.starts_with(&format!("{LOGIN}/bff/logout/continue/")),
        "{to}"
    );
    browser.user(LOGIN).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn what_the_proxy_forwards_is_shown_without_what_opens() {
    let app = rig().await;
    let call = |path: &str| {
        Call::new("POST", &format!("{WIKI}/.laneway/echo{path}"))
            .header("cookie", "a=secret; __Host-lw=secret2")
            .header("authorization", "Bearer secret3")
            .header("x-laneway-jwt", "s.e.cret4")
            .header("x-laneway-user", "u1")
            .header("x-laneway_user", "u2")
    };
    let reply = proxy(&app).send(call("/a%2Fb;c?d=e")).await.expect(200);
    let body = reply.json();
    assert_eq!(
        (&body["method"], &body["target"]),
        (&json!("POST"), &json!("/a%2Fb;c?d=e"))
    );
    let headers = body["headers"].as_array().expect("headers");
    assert!(
        headers.contains(&json!(["cookie", "a=…; __Host-lw=…"])),
        "{body}"
    );
    assert!(headers.contains(&json!(["x-laneway-user", "u1"])), "{body}");
    assert!(headers.contains(&json!(["x-laneway_user", "u2"])), "{body}");
    assert!(!reply.text().contains("secret"), "{body}");
    assert_eq!(
        headers
            .iter()
            .filter(|pair| pair[0] == "x-laneway-jwt")
            .count(),
        1
    );
    app.browser().send(call("")).await.refused(403, "forbidden");
    let on_login: Value = proxy(&app)
        .get(&format!("{LOGIN}/.laneway/echo"))
        .await
        .refused(404, "not_found")
        .json();
    assert_eq!(on_login["code"], "not_found");
}
