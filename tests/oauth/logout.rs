//! Apps hear when a sign-in that they took part in has ended (OpenID Connect Back-Channel
//! Logout 1.0).

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use laneway::oauth::logout_notice::send_due;
use serde_json::{Value, json};

use super::client::{Client, claims, head};
use crate::harness::{TestApp, both};

/// An app's own end: what it was sent, and what it answers next.
#[derive(Clone, Default)]
struct Receiver {
    heard: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<Vec<u16>>>,
}

impl Receiver {
    /// Listens; the address to register.
    async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let routes = Router::new()
            .route("/logout", post(take))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        format!("http://127.0.0.1:{}/logout", address.port())
    }

    fn will_answer(&self, status: &[u16]) {
        *self.answers.lock().expect("no poison") = status.to_vec();
    }

    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut *self.heard.lock().expect("no poison"))
    }
}

async fn take(
    State(receiver): State<Receiver>,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> StatusCode {
    assert!(headers.get("cookie").is_none() && headers.get("authorization").is_none());
    let [(name, token)] = &fields[..] else {
        return StatusCode::IM_A_TEAPOT;
    };
    assert_eq!(name, "logout_token");
    receiver
        .heard
        .lock()
        .expect("no poison")
        .push(token.clone());
    let mut answers = receiver.answers.lock().expect("no poison");
    let next = if answers.is_empty() {
        200
    } else {
        answers.remove(0)
    };
    StatusCode::from_u16(next).expect("a status")
}

async fn told(app: &TestApp, uri: &str) -> Client {
    let changes =
        json!({ "backchannel_logout_uri": uri, "backchannel_logout_session_required": true });
    app.client(changes).await
}

both! {
    // Back-Channel Logout §2.4, §2.5.
    async fn an_app_hears_which_sign_in_has_ended(app: TestApp) {
        let receiver = Receiver::default();
        let client = told(&app, &receiver.listen().await).await;
        let quiet = app.client(json!({})).await;
        let mut ana = app.signup("ana@x.test").await;
        let mut bo = app.signup("bo@x.test").await;
        let tokens = app.tokens(&mut ana, &client).await;
        app.tokens(&mut ana, &quiet).await;
        app.tokens(&mut bo, &client).await;
        send_due(app.core()).await.expect("a round");
        assert!(receiver.heard().is_empty(), "nobody has left");
        ana.post("/bff/logout", json!({})).await.expect(200);
        send_due(app.core()).await.expect("a round");
        let heard = receiver.heard();
        assert_eq!(heard.len(), 1);
        let (said, known) = (claims(&heard[0]), claims(tokens["id_token"].as_str().expect("an ID token")));
        assert_eq!(head(&heard[0])["typ"], "logout+jwt");
        assert_eq!(head(&heard[0])["alg"], "RS256");
        for name in ["iss", "aud", "sub", "sid"] {
            assert_eq!(said[name], known[name], "{name}");
        }
        let event = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
        assert_eq!(said["events"], event);
        assert!(said["jti"].is_string() && said.get("nonce").is_none());
        let life = said["exp"].as_i64().expect("exp") - said["iat"].as_i64().expect("iat");
        assert!((1..=120).contains(&life), "two minutes at most");
        // Neither token passes for the other.
        app.userinfo(&json!(heard[0])).await.expect(401);
        send_due(app.core()).await.expect("a round");
        assert!(receiver.heard().is_empty(), "once");
    }

    // Whatever ends a sign-in, the app hears it: an operator, the person elsewhere, a disabled account.
    async fn every_way_to_end_a_sign_in_is_heard(app: TestApp) {
        let receiver = Receiver::default();
        let client = told(&app, &receiver.listen().await).await;
        let mut browser = app.signup("ana@x.test").await;
        let id = browser.me().await["sub"].as_str().expect("an id").to_owned();
        app.tokens(&mut browser, &client).await;
        app.admin("DELETE", &format!("/v1/admin/users/{id}/sessions"), json!({})).await.expect(204);
        send_due(app.core()).await.expect("a round");
        assert_eq!(receiver.heard().len(), 1, "an operator");
        let mut browser = app.login_or_signup("ana@x.test").await;
        app.tokens(&mut browser, &client).await;
        app.admin("PATCH", &format!("/v1/admin/users/{id}"), json!({ "state": "disabled" })).await.expect(200);
        send_due(app.core()).await.expect("a round");
        assert_eq!(receiver.heard().len(), 1, "switched off");
        let mut browser = app.signup("bo@x.test").await;
        let id = browser.me().await["sub"].as_str().expect("an id").to_owned();
        app.tokens(&mut browser, &client).await;
        app.admin("DELETE", &format!("/v1/admin/users/{id}"), json!({})).await.expect(204);
        send_due(app.core()).await.expect("a round");
        assert_eq!(receiver.heard().len(), 1, "deleted");
    }

    // §2.8 and retries: a fault is tried again with longer pauses, 400 and an hour are the end.
    async fn an_app_that_is_down_hears_it_later(app: TestApp) {
        let receiver = Receiver::default();
        let client = told(&app, &receiver.listen().await).await;
        let leave = async |address: &str| {
            let mut browser = app.login_or_signup(address).await;
            app.tokens(&mut browser, &client).await;
            browser.post("/bff/logout", json!({})).await.expect(200);
        };
        let round = async |pause: i64| {
            app.clock.advance_s(pause);
            send_due(app.core()).await.expect("a round");
            receiver.heard().len()
        };
        receiver.will_answer(&[503, 302]);
        leave("ana@x.test").await;
        assert_eq!(round(0).await, 1);
        assert_eq!(round(1).await, 0, "not before its time");
        assert_eq!(round(1).await, 1);
        assert_eq!(round(4).await, 1, "a redirect is no answer");
        assert_eq!(round(3600).await, 0, "it has heard");
        receiver.will_answer(&[400]);
        leave("ana@x.test").await;
        assert_eq!(round(0).await, 1);
        assert_eq!(round(3600).await, 0, "its own word");
        receiver.will_answer(&[500; 30]);
        leave("ana@x.test").await;
        let mut tries = 0;
        for _ in 0..20 {
            tries += round(600).await;
        }
        assert!((5..10).contains(&tries), "{tries} tries in an hour");
        let events = app.events("logout.undelivered").await;
        assert_eq!(events.len(), 2);
        assert!(events.iter().all(|event| !format!("{event:?}").contains("eyJ")), "no token");
    }

    async fn an_app_that_is_gone_hears_nothing(app: TestApp) {
        let receiver = Receiver::default();
        let uri = receiver.listen().await;
        for end in ["disabled", "deleted", "unregistered"] {
            let client = told(&app, &uri).await;
            let path = format!("/v1/admin/apps/{}", client.id);
            let mut browser = app.login_or_signup("ana@x.test").await;
            app.tokens(&mut browser, &client).await;
            browser.post("/bff/logout", json!({})).await.expect(200);
            match end {
                "disabled" => drop(app.admin("PATCH", &path, json!({ "state": "disabled" })).await.expect(200)),
                "deleted" => drop(app.admin("DELETE", &path, json!({})).await.expect(204)),
                _ => drop(app.admin("PATCH", &path, json!({ "backchannel_logout_uri": null })).await.expect(200)),
            }
            send_due(app.core()).await.expect("a round");
            assert!(receiver.heard().is_empty(), "{end}");
        }
        assert!(app.events("logout.undelivered").await.is_empty());
    }

    async fn where_an_app_hears_it_is_an_address_that_may_be_called(app: TestApp) {
        let register = async |uri: &str| {
            let body = json!({
                "client_name": "P", "redirect_uris": ["https://p.test/cb"], "backchannel_logout_uri": uri,
            });
            app.admin("POST", "/v1/admin/apps", body).await
        };
        for bad in ["http://p.test/out", "ftp://p.test/out", "https://p.test/out#x", "https://a:b@p.test/out", "/out"] {
            register(bad).await.expect(422);
        }
        for good in ["https://p.test/out", "http://127.0.0.1:1/out"] {
            assert_eq!(register(good).await.expect(201).json()["backchannel_logout_uri"], good);
        }
        let body = json!({ "client_name": "P", "redirect_uris": ["https://p.test/cb"], "initiate_login_uri": "http://p.test/in" });
        app.admin("POST", "/v1/admin/apps", body).await.expect(422);
        // What a tenant's own administrator names is not called inside: the receiver is on loopback.
        let receiver = Receiver::default();
        let client = told(&app, &receiver.listen().await).await;
        let tenant = app.tenant().await;
        let token = app.operator_of("admin", Some(&tenant.id)).await;
        let path = format!("/v1/admin/apps/{}", client.id);
        let change = crate::harness::Call::api("PATCH", &path, &json!({ "client_name": "Theirs" })).bearer(&token);
        app.browser().send(change).await.expect(200);
        let mut browser = app.signup("ana@x.test").await;
        app.tokens(&mut browser, &client).await;
        browser.post("/bff/logout", json!({})).await.expect(200);
        assert_eq!(send_due(app.core()).await.expect("a round"), 1);
        assert!(receiver.heard().is_empty());
    }
}

/// Two nodes and one notice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_nodes_one_tells_the_app() {
    let options = crate::harness::app::Options::default();
    let Some(first) = TestApp::postgres_with(options.clone()).await else {
        return;
    };
    let second = TestApp::on(&first.database, &options).await;
    let receiver = Receiver::default();
    let client = told(&first, &receiver.listen().await).await;
    for round in 0..5 {
        let mut browser = first.login_or_signup("ana@x.test").await;
        first.tokens(&mut browser, &client).await;
        browser.post("/bff/logout", json!({})).await.expect(200);
        let (one, two) = tokio::join!(send_due(first.core()), send_due(second.core()));
        assert_eq!(
            one.expect("a round") + two.expect("a round"),
            1,
            "round {round}"
        );
        let heard: Vec<Value> = receiver.heard().iter().map(|token| claims(token)).collect();
        assert_eq!(heard.len(), 1);
    }
}
