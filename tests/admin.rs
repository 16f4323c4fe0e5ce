//! `/v1/admin` and organizations: shapes, versions, pages (CONTRACT §1 and §8).

use serde_json::{Value, json};

use crate::harness::{APP, Call, LOGIN, Reply, TestApp, both, members};

fn id_of(reply: &Reply) -> String {
    reply.json()["id"].as_str().expect("an id").to_owned()
}

/// A record that was made: 201, where it is, and the record.
#[track_caller]
fn check_made(reply: &Reply, path: &str) {
    assert_eq!(reply.code(), 201, "{}", reply.text());
    assert_eq!(reply.location(), format!("{path}/{}", id_of(reply)));
}

both! {
    async fn tenants_are_made_read_and_changed_by_version(app: TestApp) {
        let body = json!({ "slug": "acme", "name": "Acme", "public_url": "https://acme.test", "signup": "open" });
        let made = app.admin("POST", "/v1/admin/tenants", body.clone()).await;
        check_made(&made, "/v1/admin/tenants");
        let path = made.location().to_owned();
        app.admin("POST", "/v1/admin/tenants", body).await.refused(409, "duplicate");
        let token = app.operator().await;
        let mut browser = app.browser();
        let read = browser.send(Call::new("GET", &path).bearer(&token)).await.expect(200);
        let etag = read.header("etag").to_owned();
        assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag}");
        assert_eq!(read.json()["signup"], "open");
        let patch = |body: &Value| Call::api("PATCH", &path, body).bearer(&token);
        let changed = browser.send(patch(&json!({ "name": "Acme 2" })).header("if-match", &etag)).await.expect(200);
        assert_ne!(changed.header("etag"), etag);
        let stale = patch(&json!({ "name": "Acme 3" })).header("if-match", &etag);
        browser.send(stale).await.refused(412, "version_mismatch");
        let garbled = patch(&json!({ "name": "Acme 3" })).header("if-match", "x");
        browser.send(garbled).await.refused(412, "version_mismatch");
        assert_eq!(browser.send(Call::new("GET", &path).bearer(&token)).await.json()["name"], "Acme 2");
        let any = patch(&json!({ "origins": ["https://new.example"] })).header("if-match", "*");
        assert_eq!(browser.send(any).await.expect(200).json()["origins"], json!(["https://new.example/"]));
        for bad in [
            json!({ "origins": ["https://a.example/path"] }), json!({ "origins": ["ftp://a.example"] }),
            json!({ "brand": { "color": "red" } }), json!({ "name": "" }), json!({ "jit": "x" }),
        ] {
            browser.send(patch(&bad)).await.refused(422, "invalid_field");
        }
        browser.send(patch(&json!({ "rp_id": "evil.test" }))).await.refused(422, "invalid_field");
        // The new tenant is there at once, with its own people.
        browser.get("https://acme.test/login").await.expect(200);
        let flow = Call::api("POST", "https://acme.test/v1/auth/flows", &json!({}));
        let methods = browser.send(flow).await.expect(201).json()["methods"].clone();
        assert_eq!(methods.as_array().map(Vec::len), Some(2), "passkey and email code");
    }

    async fn hosts_are_added_and_served_at_once(app: TestApp) {
        let path = format!("/v1/admin/tenants/{}/hosts", app.tenant().await.id);
        app.browser().get("https://new.test/login").await.refused(421, "unknown_host");
        let made = app.admin("POST", &path, json!({ "host": "NEW.test", "purpose": "login" })).await.expect(201);
        assert_eq!(members(&made.json()), ["canonical", "config_owned", "host", "id", "org", "purpose"]);
        assert_eq!(made.json()["host"], "new.test");
        app.browser().get("https://new.test/login").await.expect(200);
        app.admin("POST", &path, json!({ "host": "new.test", "purpose": "app" })).await.refused(409, "duplicate");
        app.admin("POST", &path, json!({ "host": "a b", "purpose": "app" })).await.refused(422, "invalid_field");
        let all = app.admin("GET", &path, json!({})).await.expect(200).json();
        let names: Vec<&str> = all["items"].as_array().expect("items").iter().filter_map(|host| host["host"].as_str()).collect();
        assert_eq!(names, ["login.test", "app.test", "ide.test", "new.test"]);
    }

    async fn people_are_made_changed_and_deleted(app: TestApp) {
        let body = json!({ "email": "Ana@X.test", "email_verified": true, "name": "Ana" });
        let made = app.admin("POST", "/v1/admin/users", body.clone()).await;
        check_made(&made, "/v1/admin/users");
        assert_eq!(members(&made.json()), ["created_at", "email", "email_verified", "id", "locale", "name", "state"]);
        assert_eq!((&made.json()["email"], &made.json()["state"]), (&json!("ana@x.test"), &json!("active")));
        app.admin("POST", "/v1/admin/users", body).await.refused(409, "duplicate");
        for bad in [json!({ "email": "x" }), json!({ "email": "b@x.test", "name": "a\u{0}" })] {
            app.admin("POST", "/v1/admin/users", bad).await.refused(422, "invalid_field");
        }
        let with_password = json!({ "email": "b@x.test", "password": "x" });
        app.admin("POST", "/v1/admin/users", with_password).await.refused(422, "invalid_field");
        let mut browser = app.login("ana@x.test").await;
        assert_eq!(browser.me().await["sub"], made.json()["id"]);
        let path = made.location().to_owned();
        let read = app.admin("GET", &path, json!({})).await.expect(200);
        let stale = Call::api("PATCH", &path, &json!({ "name": "B" })).bearer(&app.operator().await);
        app.browser().send(stale.header("if-match", "\"999\"")).await.refused(412, "version_mismatch");
        assert!(!read.header("etag").is_empty());
        app.admin("PATCH", &path, json!({ "state": "deleted" })).await.refused(422, "invalid_field");
        app.admin("PATCH", &path, json!({ "id": "x" })).await.refused(422, "invalid_field");
        let moved = app.admin("PATCH", &path, json!({ "email": "New@x.test" })).await.expect(200).json();
        assert_eq!((&moved["email"], &moved["email_verified"]), (&json!("new@x.test"), &json!(false)), "proven anew");
        let nameless = app.admin("PATCH", &path, json!({ "name": null })).await.expect(200).json();
        assert_eq!(nameless["name"], Value::Null);
        app.admin("PATCH", &path, json!({ "state": null })).await.refused(422, "invalid_field");
        let listed = app.admin("GET", &format!("{path}/sessions"), json!({})).await.expect(200).json();
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
        app.admin("DELETE", &format!("{path}/sessions"), json!({})).await.expect(204);
        browser.user(LOGIN).await.refused(401, "unauthenticated");
        app.admin("DELETE", &path, json!({})).await.expect(204);
        app.admin("DELETE", &path, json!({})).await.refused(404, "not_found");
        app.admin("GET", &path, json!({})).await.refused(404, "not_found");
        app.admin("PATCH", &path, json!({ "name": "x" })).await.refused(404, "not_found");
    }

    async fn pages_are_complete_and_their_cursors_sealed_and_bound(app: TestApp) {
        for i in 0..7 {
            app.clock.advance_s(1);
            app.admin("POST", "/v1/admin/users", json!({ "email": format!("u{i}@x.test"), "name": format!("N {i}") })).await.expect(201);
        }
        let token = app.operator().await;
        let mut browser = app.browser();
        let mut seen = Vec::new();
        let mut url = format!("{LOGIN}/v1/admin/users?limit=3");
        let mut cursors = Vec::new();
        loop {
            let reply = browser.send(Call::new("GET", &url).bearer(&token)).await.expect(200);
            let page = reply.json();
            seen.extend(page["items"].as_array().expect("items").iter().map(|user| user["email"].clone()));
            let Some(cursor) = page["next_cursor"].as_str() else {
                assert_eq!(reply.header("link"), "");
                break;
            };
            cursors.push(cursor.to_owned());
            let link = reply.header("link").to_owned();
            assert!(link.ends_with("; rel=\"next\""), "{link}");
            link[1..link.find('>').expect("a link")].clone_into(&mut url);
        }
        let wanted: Vec<Value> = (0..7).map(|i| json!(format!("u{i}@x.test"))).collect();
        assert_eq!(seen, wanted);
        let cursor = &cursors[0];
        let id = app.admin("GET", "/v1/admin/users?limit=1", json!({})).await.json()["items"][0]["id"].clone();
        assert!(!cursor.contains(id.as_str().expect("an id")));
        let mut changed = cursor.clone().into_bytes();
        changed[40] ^= 1;
        let changed = String::from_utf8_lossy(&changed).into_owned();
        for bad in [
            format!("{LOGIN}/v1/admin/users?cursor={changed}"),
            format!("{LOGIN}/v1/admin/users?q=u&cursor={cursor}"),
            format!("{LOGIN}/v1/organizations?cursor={cursor}"),
            format!("{LOGIN}/v1/admin/audit-events?cursor={cursor}"),
        ] {
            browser.send(Call::new("GET", &bad).bearer(&token)).await.refused(400, "invalid_cursor");
        }
        app.admin("POST", "/v1/admin/tenants", json!({ "slug": "o", "name": "O", "public_url": "https://o.test" })).await.expect(201);
        let foreign = format!("https://o.test/v1/admin/users?cursor={cursor}");
        browser.send(Call::new("GET", &foreign).bearer(&token)).await.refused(400, "invalid_cursor");
    }

    async fn secrets_show_once_and_the_configuration_owns_its_upstreams(app: TestApp) {
        let body = json!({
            "kind": "oidc", "name": "corp", "issuer": "https://idp.example/realm", "client_id": "laneway",
            "client_secret": "canary-secret", "options": { "label": "Corp" },
        });
        let made = app.admin("POST", "/v1/admin/upstreams", body.clone()).await;
        check_made(&made, "/v1/admin/upstreams");
        let path = made.location().to_owned();
        for reply in [
            made, app.admin("GET", &path, json!({})).await, app.admin("GET", "/v1/admin/upstreams", json!({})).await,
            app.admin("PATCH", &path, json!({ "client_id": "two" })).await,
            app.admin("GET", "/v1/admin/audit-events", json!({})).await,
        ] {
            assert!(!reply.text().contains("canary"), "{}", reply.text());
        }
        let read = app.admin("GET", &path, json!({})).await.expect(200).json();
        assert_eq!((&read["client_secret"], &read["role"]), (&json!({ "set": true }), &json!("secondary")));
        app.admin("POST", "/v1/admin/upstreams", body).await.refused(409, "duplicate");
        let all = app.admin("GET", "/v1/admin/upstreams", json!({})).await.json();
        let embedded = all["items"].as_array().expect("items").iter().find(|row| row["kind"] == "embedded").expect("there");
        let own = format!("/v1/admin/upstreams/{}", embedded["id"].as_str().expect("an id"));
        app.admin("PATCH", &own, json!({ "issuer": "https://x.test" })).await;
        assert_eq!(app.admin("GET", &own, json!({})).await.json()["issuer"], embedded["issuer"], "not changeable");
        app.admin("PATCH", &own, json!({ "role": "retired" })).await.refused(409, "conflict");
        app.admin("PATCH", &path, json!({ "role": "companion" })).await.refused(422, "invalid_field");
        for bad in [
            json!({ "kind": "x", "name": "a", "issuer": "https://a.test", "client_id": "c" }),
            json!({ "kind": "oidc", "name": "A b", "issuer": "https://a.test", "client_id": "c" }),
            json!({ "kind": "oidc", "name": "a", "issuer": "javascript:1", "client_id": "c" }),
            json!({ "kind": "oidc", "name": "a", "issuer": "https://a.test", "client_id": " " }),
        ] {
            app.admin("POST", "/v1/admin/upstreams", bad).await.refused(422, "invalid_field");
        }
    }

    async fn organizations_and_their_members(app: TestApp) {
        let made = app.admin("POST", "/v1/organizations", json!({ "slug": "acme", "name": " Acme " })).await;
        check_made(&made, "/v1/organizations");
        assert_eq!(members(&made.json()), ["brand", "created_at", "id", "max_staleness", "name", "required_acr", "slug", "social_login", "state"]);
        assert_eq!(made.json()["name"], "Acme");
        app.admin("POST", "/v1/organizations", json!({ "slug": "acme", "name": "x" })).await.refused(409, "duplicate");
        app.admin("POST", "/v1/organizations", json!({ "slug": "A", "name": "x" })).await.refused(422, "invalid_field");
        let user = id_of(&app.admin("POST", "/v1/admin/users", json!({ "email": "a@x.test" })).await.expect(201));
        let path = format!("/v1/organizations/acme/members/{user}");
        app.admin("GET", &path, json!({})).await.refused(404, "not_found");
        let roles = json!({ "roles": ["member", "admin", "admin"] });
        app.admin("PUT", &path, roles).await.expect(200);
        let read = app.admin("GET", &path, json!({})).await.expect(200).json();
        assert_eq!(read["roles"], json!(["admin", "member"]));
        assert_eq!(read["grants"], json!([
            { "role": "admin", "source": "manual" }, { "role": "member", "source": "manual" },
        ]));
        app.admin("PUT", &path, json!({ "roles": ["Bad role"] })).await.refused(422, "invalid_field");
    }

    async fn events_say_who_did_what_to_whom(app: TestApp) {
        let user = id_of(&app.admin("POST", "/v1/admin/users", json!({ "email": "a@x.test", "name": "A" })).await.expect(201));
        app.clock.advance_s(10);
        let changed = app.admin("PATCH", &format!("/v1/admin/users/{user}"), json!({ "state": "disabled" })).await.expect(200);
        let all = app.admin("GET", &format!("/v1/admin/audit-events?target=user:{user}"), json!({})).await.expect(200).json();
        let items = all["items"].as_array().expect("items");
        let event = &items[0];
        for name in ["id", "at", "type", "outcome", "actor", "target", "org_id", "request_id", "ip", "before", "after"] {
            assert!(event.get(name).is_some(), "{name}");
        }
        assert_eq!((&event["type"], &event["outcome"]), (&json!("user.updated"), &json!("success")));
        assert_eq!((&event["before"]["state"], &event["after"]["state"]), (&json!("active"), &json!("disabled")));
        assert_eq!(event["request_id"], changed.header("x-request-id"));
        assert_eq!(event["ip"], "192.0.2.7");
        let one = app.admin("GET", "/v1/admin/audit-events?type=user.created&from=2027-01-15T08:00:00Z&to=2027-01-15T08:00:05Z", json!({})).await.json();
        assert_eq!(one["items"].as_array().map(Vec::len), Some(1));
        app.admin("GET", "/v1/admin/audit-events?from=yesterday", json!({})).await.refused(400, "invalid_request");
    }
}

#[tokio::test]
async fn a_probe_says_what_is_wrong_and_who_can_fix_it() {
    let app = TestApp::sqlite().await;
    let id = app.add_fake().await;
    let path = format!("/v1/admin/upstreams/{id}/probe");
    let good = app.admin("POST", &path, json!({})).await.expect(200).json();
    assert_eq!(good["ok"], true);
    assert_eq!(
        members(&good["checks"][0]),
        ["expected", "fix", "name", "ok", "received", "who"]
    );
    app.fake.set_mood(laneway_fake::Mood::Down);
    let bad = app.admin("POST", &path, json!({})).await.expect(200).json();
    assert_eq!(
        (&bad["ok"], &bad["checks"][0]["who"]),
        (&json!(false), &json!("provider"))
    );
    assert!(
        bad["checks"][0]["fix"]
            .as_str()
            .is_some_and(|fix| !fix.is_empty())
    );
}

#[tokio::test]
async fn an_owner_administers_by_session_with_the_mark() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    let sub = browser.me().await["sub"]
        .as_str()
        .expect("a sub")
        .to_owned();
    let mut write = app.core().begin().await.expect("a transaction");
    let now = write.now();
    laneway::store::operators::grant(&mut write.tx, "g1", ("user", &sub), "owner", None, now)
        .await
        .expect("granted");
    app.core().commit(write).await.expect("commit");
    browser.get("/v1/admin/users").await.expect(200);
    let made = browser
        .post(
            "/v1/organizations",
            json!({ "slug": "acme", "name": "Acme" }),
        )
        .await;
    check_made(&made, "/v1/organizations");
    let no_mark = Call::new("POST", "/v1/organizations")
        .header("content-type", "application/json")
        .body(br#"{"slug":"b","name":"B"}"#.to_vec());
    browser.send(no_mark).await.refused(403, "csrf_required");
    app.enter(&mut browser, APP).await;
    browser
        .get(&format!("{APP}/v1/admin/users"))
        .await
        .refused(404, "not_found");
}
