//! The example service behind a real nginx, with a token of somebody who signs in there too.

use std::time::Duration;

use serde_json::{Value, json};

use super::{access, current, follower, notes, verifier};
use crate::edge::rig::{Rig, recipe};
use crate::harness::{Call, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_example_service_serves_tokens_behind_nginx_until_they_are_taken_back() {
    let Some(rig) = Rig::new().await else {
        return;
    };
    let app = &rig.app;
    let feed = follower(app).await;
    let verifier = verifier(app, rig.laneway)
        .feed(feed)
        .build()
        .expect("a verifier");
    current(&verifier).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let router = notes::router(verifier);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let site = recipe("nginx-api.conf").replace("127.0.0.1:7100", &address);
    let nginx = rig.nginx(&site).await;
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_danger_accept_invalid_certs(true)
        .resolve("notes.test", ([127, 0, 0, 1], nginx.port).into())
        .timeout(Duration::from_secs(10))
        .build()
        .expect("a client");
    let url = format!("https://notes.test:{}/notes", nginx.port);
    let registered = app
        .client(json!({ "scope": "openid notes:read notes:write" }))
        .await;
    let mut ana = app.signup("ana@x.test").await;
    let code = app
        .code(
            &mut ana,
            &registered,
            &[("scope", "openid notes:read notes:write")],
        )
        .await;
    let tokens: Value = app
        .browser()
        .send(registered.redeems(&code))
        .await
        .expect(200)
        .json();
    let token = access(&tokens);
    let stranger = client.get(&url).send().await.expect("an answer");
    assert_eq!(stranger.status(), 401);
    assert_eq!(stranger.headers()["www-authenticate"], "Bearer");
    let reply = client
        .post(&url)
        .bearer_auth(token)
        .body("milk")
        .send()
        .await
        .expect("an answer");
    assert_eq!(reply.status(), 201);
    // What a client says of itself beside its token says nothing.
    let reply = client
        .get(&url)
        .bearer_auth(token)
        .header("x-laneway-user", "root")
        .send()
        .await
        .expect("an answer");
    let read: Value = reply.json().await.expect("JSON");
    assert_eq!(
        read,
        json!({ "person": ana.me().await["sub"], "notes": ["milk"] })
    );
    let back = registered.form("/oauth/revoke", &[("token", token)]);
    app.browser().send(back).await.expect(200);
    let asked = tokio::time::Instant::now();
    until(5, "it is refused", || async {
        let reply = client
            .get(&url)
            .bearer_auth(token)
            .send()
            .await
            .expect("an answer");
        (reply.status() == 401).then_some(())
    })
    .await;
    assert!(asked.elapsed() < Duration::from_secs(1));
    let gone = client
        .get(&url)
        .bearer_auth(token)
        .send()
        .await
        .expect("an answer");
    assert!(
        gone.headers()["www-authenticate"]
            .to_str()
            .expect("text")
            .contains("invalid_token")
    );
    let fresh = app.browser().send(Call::new("GET", "/healthz")).await;
    fresh.expect(200);
}
