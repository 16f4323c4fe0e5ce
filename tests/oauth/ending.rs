//! Tokens are taken back and judged, and an app signs somebody out.

use serde_json::{Value, json};

use super::client::{API, Client, encoded, parameter, parameters, refused, submit};
use crate::harness::{Call, LOGIN, TestApp, both};

const BYE: &str = "https://planner.test/bye";

fn asks(client: &Client, path: &str, token: &Value) -> Call {
    client.form(path, &[("token", token.as_str().expect("a token"))])
}

both! {
    async fn an_app_gives_back_its_own_tokens_and_no_others(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let (client, other) = (app.client(json!({})).await, app.client(json!({})).await);
        for kind in ["refresh_token", "access_token"] {
            let tokens = app.tokens(&mut browser, &client).await;
            // Another app's, one that never was, and the wrong kind: 200, and nothing happens.
            for call in [
                asks(&other, "/oauth/revoke", &tokens[kind]), asks(&client, "/oauth/revoke", &json!("never-was")),
                asks(&client, "/oauth/revoke", &json!("lw_rt_never-was")), asks(&client, "/oauth/revoke", &tokens["id_token"]),
            ] {
                app.browser().send(call).await.expect(200);
            }
            app.userinfo(&tokens["access_token"]).await.expect(200);
            let gone = app.browser().send(asks(&client, "/oauth/revoke", &tokens[kind])).await.expect(200);
            assert!(gone.text().is_empty());
            app.browser().send(asks(&client, "/oauth/revoke", &tokens[kind])).await.expect(200);
            refused(&app.userinfo(&tokens["access_token"]).await, 401, "invalid_token");
            let refresh = tokens["refresh_token"].as_str().expect("a token");
            refused(&app.browser().send(client.refreshes(refresh)).await, 400, "invalid_grant");
        }
        assert_eq!(app.events("token.revoked").await.len(), 2);
        refused(&app.browser().send(client.form("/oauth/revoke", &[])).await, 400, "invalid_request");
        let stranger = Call::form(&format!("{LOGIN}/oauth/revoke"), &[("token", "x")]);
        refused(&app.browser().send(stranger).await, 401, "invalid_client");
    }

    async fn introspection_answers_those_whom_a_token_concerns(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let client = app.client(json!({})).await;
        let service = app.client(json!({ "redirect_uris": ["https://api.test/cb"], "audiences": [API] })).await;
        let stranger = app.client(json!({ "audiences": ["https://else.test/"] })).await;
        let public = app.client(json!({ "token_endpoint_auth_method": "none" })).await;
        let tokens = app.tokens(&mut browser, &client).await;
        let dead = json!({ "active": false });
        let mut judged = Vec::new();
        for by in [&client, &service] {
            let said = app.browser().send(asks(by, "/oauth/introspect", &tokens["access_token"])).await.expect(200).json();
            assert_eq!((&said["active"], &said["aud"], &said["client_id"]), (&json!(true), &json!(API), &json!(client.id)));
            assert_eq!(said["sub"], browser.me().await["sub"]);
            judged.push(said);
        }
        assert_eq!(judged[0], judged[1]);
        let said = app.browser().send(asks(&client, "/oauth/introspect", &tokens["refresh_token"])).await.expect(200).json();
        assert_eq!((&said["active"], &said["client_id"]), (&json!(true), &json!(client.id)));
        for (by, token) in [
            (&stranger, &tokens["access_token"]), (&service, &tokens["refresh_token"]), (&client, &tokens["id_token"]),
            (&client, &json!("x")), (&client, &json!("lw_rt_x")), (&client, &json!("a.b.c")),
        ] {
            assert_eq!(app.browser().send(asks(by, "/oauth/introspect", token)).await.expect(200).json(), dead);
        }
        refused(&app.browser().send(asks(&public, "/oauth/introspect", &tokens["access_token"])).await, 401, "invalid_client");
        let next = app.browser().send(client.refreshes(tokens["refresh_token"].as_str().expect("a token"))).await.expect(200).json();
        assert_eq!(app.browser().send(asks(&client, "/oauth/introspect", &tokens["refresh_token"])).await.json(), dead, "used");
        browser.post("/bff/logout", json!({ "everywhere": true })).await.expect(200);
        for kind in ["access_token", "refresh_token"] {
            assert_eq!(app.browser().send(asks(&client, "/oauth/introspect", &next[kind])).await.json(), dead, "signed out");
        }
        app.clock.advance_s(301);
        assert_eq!(app.browser().send(asks(&client, "/oauth/introspect", &tokens["access_token"])).await.json(), dead);
    }

    async fn an_app_signs_somebody_out_with_their_id_token(app: TestApp) {
        let client = app.client(json!({ "post_logout_redirect_uris": [BYE] })).await;
        let end = |pairs: &[(&str, &str)]| format!("{LOGIN}/oauth/end_session?{}", encoded(pairs));
        for posted in [false, true] {
            let mut browser = app.login_or_signup("ana@x.test").await;
            let code = app.code(&mut browser, &client, &[("scope", "openid")]).await;
            let tokens = app.browser().send(client.redeems(&code)).await.expect(200).json();
            let hint = tokens["id_token"].as_str().expect("an ID token").to_owned();
            // Signed by us is enough, also when it is over.
            app.clock.advance_s(3600);
            let pairs = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE), ("state", "s t")];
            let reply = if posted {
                // From another site the form brings no cookie; the address that follows does.
                let sent = app.browser().send(Call::form(&format!("{LOGIN}/oauth/end_session"), &pairs)).await.expect(303);
                assert!(!sent.location().contains(&hint), "no token in an address");
                browser.get(sent.location()).await
            } else {
                browser.get(&end(&pairs)).await
            };
            let reply = reply.expect(303);
            assert_eq!((parameters(&reply).len(), parameter(&reply, "state")), (1, "s t".to_owned()));
            assert!(reply.location().starts_with(BYE));
            browser.user(LOGIN).await.expect(401);
            let refresh = tokens["refresh_token"].as_str().expect("a token");
            refused(&app.browser().send(client.refreshes(refresh)).await, 400, "invalid_grant");
            // Nobody is there any more: it goes on to the app all the same.
            assert!(browser.get(&end(&pairs)).await.expect(303).location().starts_with(BYE));
        }
    }

    async fn without_their_id_token_the_person_is_asked(app: TestApp) {
        let client = app.client(json!({ "post_logout_redirect_uris": [BYE] })).await;
        let mut browser = app.signup("ana@x.test").await;
        let mut eve = app.signup("eve@x.test").await;
        let hers = app.tokens(&mut eve, &client).await["id_token"].as_str().expect("an ID token").to_owned();
        let end = |pairs: &[(&str, &str)]| format!("{LOGIN}/oauth/end_session?{}", encoded(pairs));
        for pairs in [
            vec![], vec![("client_id", client.id.as_str()), ("post_logout_redirect_uri", BYE)],
            vec![("id_token_hint", hers.as_str()), ("post_logout_redirect_uri", BYE)],
        ] {
            let page = browser.get(&end(&pairs)).await.expect(200);
            assert!(page.text().contains("name=\"csrf\""));
            browser.user(LOGIN).await.expect(200);
        }
        let page = browser.get(&end(&[("client_id", &client.id), ("post_logout_redirect_uri", BYE), ("state", "x")])).await.expect(200);
        assert!(page.header("content-security-policy").contains("https://planner.test"));
        submit(&mut browser, &page, "/oauth/end_session", &[("csrf", "guessed")]).await.refused(403, "csrf_required");
        browser.user(LOGIN).await.expect(200);
        let reply = submit(&mut browser, &page, "/oauth/end_session", &[]).await.expect(303);
        assert_eq!(reply.location(), format!("{BYE}?state=x"));
        browser.user(LOGIN).await.expect(401);
    }

    async fn nobody_is_sent_where_no_app_has_registered(app: TestApp) {
        let client = app.client(json!({ "post_logout_redirect_uris": [BYE] })).await;
        let other = app.client(json!({})).await;
        let mut browser = app.signup("ana@x.test").await;
        let hint = app.tokens(&mut browser, &client).await["id_token"].as_str().expect("an ID token").to_owned();
        let end = |pairs: &[(&str, &str)]| format!("{LOGIN}/oauth/end_session?{}", encoded(pairs));
        for pairs in [
            [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", "https://planner.test/bye/")],
            [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", "https://evil.test/")],
            [("client_id", other.id.as_str()), ("post_logout_redirect_uri", BYE)],
            [("post_logout_redirect_uri", BYE), ("state", "x")],
            [("id_token_hint", "x.y.z"), ("post_logout_redirect_uri", BYE)],
            [("id_token_hint", hint.as_str()), ("client_id", other.id.as_str())],
        ] {
            let reply = browser.get(&end(&pairs)).await;
            assert!(reply.location().is_empty(), "{pairs:?}");
            reply.refused(400, "invalid_request");
        }
        // Whoever names no app hears what is missing, and not that something is not registered.
        let nameless = browser.get(&end(&[("post_logout_redirect_uri", BYE)])).await.refused(400, "invalid_request");
        assert!(nameless.text().contains("Send id_token_hint or client_id"), "{}", nameless.text());
        browser.get(&end(&[("request", "damaged")])).await.refused(410, "expired");
        browser.user(LOGIN).await.expect(200);
    }
}

impl TestApp {
    pub async fn login_or_signup(&self, email: &str) -> crate::harness::Browser {
        let known = self
            .admin("GET", &format!("/v1/admin/users?q={email}"), json!({}))
            .await
            .json();
        if known["items"] == json!([]) {
            self.signup(email).await
        } else {
            self.login(email).await
        }
    }
}
