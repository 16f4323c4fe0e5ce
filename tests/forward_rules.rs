//! What a proxy demands of the caller: filters, and more proof.

use serde_json::json;

use crate::forward::{WIKI, envoy, login_for, nginx, proxy, rig, with};
use crate::harness::{Browser, Call, LOGIN, TestApp};

/// Makes the person of a browser an admin of a new organization, and enters it.
async fn join(app: &TestApp, browser: &mut Browser, origin: &str) -> String {
    let org = json!({ "slug": "acme", "name": "Acme" });
    let org = app
        .admin("POST", "/v1/organizations", org)
        .await
        .expect(201)
        .json();
    let id = org["id"].as_str().expect("an id").to_owned();
    let sub = browser.me().await["sub"]
        .as_str()
        .expect("an id")
        .to_owned();
    let path = format!("/v1/organizations/{id}/members/{sub}");
    let roles = json!({ "roles": ["admin"] });
    app.admin("PUT", &path, roles).await.expect(200);
    let switched = browser
        .post(&format!("{origin}/bff/org"), json!({ "org": "acme" }))
        .await;
    switched.expect(200);
    id
}

#[tokio::test]
async fn filters_are_held_against_the_active_organization() {
    let app = rig().await;
    let mut browser = app.signup("ana@x.test").await;
    app.enter(&mut browser, WIKI).await;
    let before = browser
        .cookie(WIKI, "__Host-lw")
        .expect("a cookie")
        .to_owned();
    let mut proxy = proxy(&app);
    let refused = proxy
        .send(with(nginx("https://wiki.test/", "?role=admin"), &before))
        .await;
    refused.refused(403, "forbidden");
    let org = join(&app, &mut browser, WIKI).await;
    let value = browser
        .cookie(WIKI, "__Host-lw")
        .expect("a cookie")
        .to_owned();
    for (query, status) in [
        ("", 200),
        ("?role=admin", 200),
        ("?role=viewer,admin", 200),
        ("?role=viewer", 403),
        ("?allowed_groups=admin", 200),
        ("?allowed_groups=nobody", 403),
        ("?org=acme", 200),
        (&format!("?org={org}&role=admin"), 200),
        ("?org=other", 403),
        ("?scope=nothing:like:this", 403),
        ("?acr=aal1", 200),
        ("?allowed_emails=ana@x.test", 200),
        ("?allowed_email_domains=y.test", 403),
    ] {
        let reply = proxy
            .send(with(nginx("https://wiki.test/", query), &value))
            .await;
        assert_eq!(reply.code(), status, "{query}: {}", reply.text());
    }
    let reply = proxy
        .send(with(nginx("https://wiki.test/", "?role=admin"), &value))
        .await;
    assert_eq!(reply.header("x-laneway-roles"), "admin");
    assert_eq!(reply.header("x-laneway-org"), org);
    assert_eq!(reply.header("x-auth-request-groups"), "admin");
    // Envoy's query is the browser's: neither a filter nor a fault. Its filters are a header.
    proxy
        .send(with(envoy("GET", WIKI, "/?role=viewer"), &value))
        .await
        .expect(200);
    let demanded = envoy("GET", WIKI, "/").header("x-laneway-require", "role=viewer");
    proxy
        .send(with(demanded, &value))
        .await
        .refused(403, "forbidden");
}

#[tokio::test]
async fn more_proof_is_asked_for_with_the_way_to_it() {
    let app = rig().await;
    let mut browser = app.signup("ana@x.test").await;
    app.enter(&mut browser, WIKI).await;
    let value = browser
        .cookie(WIKI, "__Host-lw")
        .expect("a cookie")
        .to_owned();
    let mut proxy = proxy(&app);
    let want = format!("{}&acr_values=phr", login_for("https://wiki.test/admin"));
    let call = with(nginx("https://wiki.test/admin", "?acr=phr"), &value);
    let reply = proxy.send(call).await.refused(403, "step_up_required");
    assert_eq!(reply.location(), want);
    assert_eq!(reply.json()["step_up_url"], want);
    let url = "http://127.0.0.1/authz/forward-auth?acr=phr";
    let call = Call::new("GET", url)
        .header("x-forwarded-method", "GET")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "wiki.test")
        .header("x-forwarded-uri", "/admin");
    let reply = proxy
        .send(with(call, &value))
        .await
        .refused(403, "step_up_required");
    assert_eq!(reply.json()["acr_values"], json!(["phr"]));
    // The demand travels to the host that knows the person.
    let start = app
        .browser()
        .get(&want)
        .await
        .expect(303)
        .location()
        .to_owned();
    assert!(start.ends_with("&acr_values=phr"), "{start}");
}

#[tokio::test]
async fn a_browsers_query_that_is_passed_on_is_no_fault_and_opens_nothing() {
    let app = rig().await;
    let mut browser = app.signup("ana@x.test").await;
    app.enter(&mut browser, WIKI).await;
    join(&app, &mut browser, WIKI).await;
    let value = browser
        .cookie(WIKI, "__Host-lw")
        .expect("a cookie")
        .to_owned();
    let mut proxy = proxy(&app);
    // Caddy passes the browser's query on where its own address has none: no fault, and a
    // filter that the proxy's file and the browser write alike is still one.
    for (uri, query, status) in [
        ("/x?a=b", "?a=b", 200),
        ("/x?role=viewer", "?role=viewer", 403),
        ("/x?role=admin", "?role=viewer", 403),
        ("/x?a=b", "?c=d", 403),
    ] {
        let call = Call::new(
            "GET",
            &format!("http://127.0.0.1/authz/forward-auth{query}"),
        )
        .header("x-forwarded-method", "GET")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "wiki.test")
        .header("x-forwarded-uri", uri);
        let reply = proxy.send(with(call, &value)).await;
        assert_eq!(reply.code(), status, "{uri} {query}: {}", reply.text());
    }
}

/// Proxies with a recipe of ours let an application's own addresses through, and of ours only
/// those that begin and end a sign-in: the page brings its style from the login host.
#[tokio::test]
async fn the_page_of_a_refusal_has_its_style_from_the_login_host() {
    let app = rig().await;
    let mut browser = app.signup("ana@x.test").await;
    app.enter(&mut browser, WIKI).await;
    let value = browser.cookie(WIKI, "__Host-lw").expect("a cookie");
    let call = with(envoy("GET", WIKI, "/"), value)
        .header("x-laneway-require", "role=admin")
        .header("accept", "text/html");
    let page = proxy(&app).send(call).await.expect(403);
    let policy = page.header("content-security-policy");
    for part in [
        "script-src 'self' ",
        "style-src 'self' ",
        "img-src 'self' data: https: ",
    ] {
        assert!(policy.contains(&format!("{part}{LOGIN};")), "{policy}");
    }
    let html = page.text();
    let named: Vec<&str> = ["href=\"", "src=\""]
        .iter()
        .flat_map(|start| html.split(start).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .filter(|address| !address.starts_with('#'))
        .collect();
    assert!(
        named.iter().any(|address| address.contains("/css/")),
        "{named:?}"
    );
    for address in named {
        assert!(address.starts_with(&format!("{LOGIN}/")), "{address}");
        app.browser().get(address).await.expect(200);
    }
    // At home the same page names its files as before, and allows no more than its own.
    let page = app
        .browser()
        .send(Call::new("GET", &format!("{LOGIN}/nothing")).header("accept", "text/html"))
        .await
        .expect(404);
    assert!(page.text().contains("href=\"/assets/"), "{}", page.text());
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("script-src 'self'; style-src 'self';"),
        "{policy}"
    );
}
