//! People see which apps they have let in, and take it back.

use laneway_sqlkit::q;
use serde_json::{Value, json};

use crate::desk_pages::owner as operator;
use crate::harness::{Browser, Call, LOGIN, TestApp, both};
use crate::oauth::client::{parameter, refused, submit};
use crate::org_pages::page;

async fn let_in(browser: &mut Browser, client: &crate::oauth::client::Client) -> String {
    let moved = browser.get(&client.asks(&[])).await.expect(303);
    let page = browser.get(moved.location()).await.expect(200);
    let back = submit(browser, &page, "/consent", &[("answer", "allow")])
        .await
        .expect(303);
    parameter(&back, "code")
}

async fn held(browser: &mut Browser) -> Vec<Value> {
    let all = browser.get("/v1/me/apps").await.expect(200).json();
    all["items"].as_array().expect("a list").clone()
}

both! {
    async fn what_an_app_was_allowed_is_seen_and_taken_back(app: TestApp) {
        let mut ana = app.signup("ana@x.test").await;
        let mut bo = app.signup("bo@x.test").await;
        assert!(held(&mut ana).await.is_empty());
        let theirs = app.client(json!({ "first_party": false, "client_name": "Reports" })).await;
        let own = app.client(json!({})).await;
        let code = let_in(&mut ana, &theirs).await;
        let tokens = app.browser().send(theirs.redeems(&code)).await.expect(200).json();
        app.tokens(&mut ana, &own).await;
        let all = held(&mut ana).await;
        assert_eq!(all.len(), 2);
        let row = all.iter().find(|row| row["id"] == theirs.id.as_str()).expect("the app");
        assert_eq!((&row["client_name"], &row["first_party"]), (&json!("Reports"), &json!(false)));
        assert_eq!(row["scope"], "email offline_access openid profile");
        assert!(held(&mut bo).await.is_empty());
        let page = ana.get("/account").await.expect(200).text();
        assert!(page.contains("Reports") && page.contains(&format!("/account/apps/{}/withdraw", theirs.id)));
        // Nobody else takes it back, and nobody without the header that shows a script of ours.
        let path = format!("/v1/me/apps/{}", theirs.id);
        bo.send(Call::api("DELETE", &path, &json!({}))).await.expect(404);
        app.browser().send(Call::api("DELETE", &path, &json!({}))).await.expect(401);
        ana.send(Call::new("DELETE", &path)).await.expect(403);
        assert_eq!(held(&mut ana).await.len(), 2);
        ana.send(Call::api("DELETE", &path, &json!({}))).await.expect(204);
        ana.send(Call::api("DELETE", &path, &json!({}))).await.expect(404);
        assert_eq!(held(&mut ana).await.len(), 1);
        refused(&app.userinfo(&tokens["access_token"]).await, 401, "invalid_token");
        let refresh = tokens["refresh_token"].as_str().expect("a token");
        refused(&app.browser().send(theirs.refreshes(refresh)).await, 400, "invalid_grant");
        assert_eq!(app.events("consent.withdrawn").await.len(), 1);
        // Asked again the next time.
        let moved = ana.get(&theirs.asks(&[])).await.expect(303);
        assert!(ana.get(moved.location()).await.expect(200).text().contains("Reports"));
        // On the page as well.
        let page = ana.get("/account").await.expect(200);
        let back = submit(&mut ana, &page, &format!("/account/apps/{}/withdraw", own.id), &[]).await.expect(303);
        assert_eq!(back.location(), "/account?done=app-withdrawn");
        assert!(held(&mut ana).await.is_empty());
    }

    async fn what_has_ended_with_its_sign_in_is_listed_no_more(app: TestApp) {
        let mut ana = app.signup("ana@x.test").await;
        let client = app.client(json!({ "client_name": "Planner" })).await;
        let theirs = app.client(json!({ "first_party": false, "client_name": "Reports" })).await;
        app.tokens(&mut ana, &client).await;
        let code = let_in(&mut ana, &theirs).await;
        app.browser().send(theirs.redeems(&code)).await.expect(200);
        let id = ana.me().await["sub"].as_str().expect("an id").to_owned();
        let of_user = format!("/v1/admin/users/{id}/apps");
        let names = |all: &Value| -> Vec<(String, usize)> {
            let rows = all["items"].as_array().expect("a list").iter();
            rows.map(|row| (row["client_name"].to_string(), row["tokens"].as_array().map_or(0, Vec::len))).collect()
        };
        let seen = app.admin("GET", &of_user, json!({})).await.expect(200).json();
        assert_eq!(names(&seen).len(), 2, "{seen}");
        let path = format!("/v1/admin/users/{id}/sessions");
        app.admin("DELETE", &path, json!({})).await.expect(204);
        // What was consented to is remembered; what hung on the sign-ins is gone.
        let seen = app.admin("GET", &of_user, json!({})).await.expect(200).json();
        assert_eq!(names(&seen), [("\"Reports\"".to_owned(), 0)], "{seen}");
        app.clock.advance_s(60);
        let mut again = app.browser();
        app.login_in(&mut again, "ana@x.test").await;
        assert_eq!(held(&mut again).await, seen["items"].as_array().expect("a list").clone());
        let html = page(&mut again, "/account").await;
        assert!(html.contains("Reports") && !html.contains("Planner"), "{html}");
        // What was for an organization goes with the membership.
        let org = app.organization("acme").await;
        app.grant(&org, &id, &["member"]).await.expect(200);
        let code = app.code(&mut again, &client, &[("organization", "acme")]).await;
        app.browser().send(client.redeems(&code)).await.expect(200);
        assert_eq!(held(&mut again).await.len(), 2);
        let member = format!("/v1/organizations/{org}/members/{id}");
        app.admin("DELETE", &member, json!({})).await.expect(204);
        assert_eq!(held(&mut again).await.len(), 1);
        // So does what hangs on a session that nobody has used for too long.
        app.tokens(&mut again, &client).await;
        let listed = async || names(&app.admin("GET", &of_user, json!({})).await.expect(200).json()).len();
        assert_eq!(listed().await, 2);
        let mut write = app.core().begin().await.expect("a transaction");
        let idle = q("UPDATE sessions SET last_seen_at = last_seen_at - idle_ms WHERE user_id = $1");
        idle.bind(id.as_str()).run(&mut write.tx).await.expect("idle");
        app.core().commit(write).await.expect("written");
        assert_eq!(listed().await, 1);
    }

    async fn each_sign_in_tells_how_often_when_and_from_where_it_was_refreshed(app: TestApp) {
        let mut ana = app.signup("ana@x.test").await;
        let mut bo = app.signup("bo@x.test").await;
        let client = app.client(json!({ "client_name": "Planner" })).await;
        let first = app.tokens(&mut ana, &client).await;
        app.clock.advance_s(1);
        app.tokens(&mut ana, &client).await;
        app.tokens(&mut bo, &client).await;
        let rows = held(&mut ana).await;
        let tokens = rows[0]["tokens"].as_array().expect("a list").clone();
        assert_eq!(tokens.len(), 2, "hers alone: {tokens:?}");
        assert!(tokens.iter().all(|one| one["uses"] == 0 && one["last_used_at"].is_null() && one["last_used_ip"].is_null()));
        assert!(page(&mut ana, "/account").await.contains("not renewed yet"));
        let mut token = first["refresh_token"].as_str().expect("a token").to_owned();
        let far = || app.browser().at_address([203, 0, 113, 24]);
        for _ in 0..2 {
            app.clock.advance_s(60);
            let next = far().send(client.refreshes(&token)).await.expect(200).json();
            // The same once more is the same use.
            far().send(client.refreshes(&token)).await.expect(200);
            token = next["refresh_token"].as_str().expect("a token").to_owned();
        }
        let rows = held(&mut ana).await;
        let (newer, older) = (&rows[0]["tokens"][0], &rows[0]["tokens"][1]);
        assert_eq!((&older["uses"], &older["last_used_ip"]), (&json!(2), &json!("203.0.113.24")), "{rows:?}");
        let gap = |one: &Value| (one["created_at"].as_str().map(str::to_owned), one["last_used_at"].as_str().map(str::to_owned));
        assert!(gap(older).1 > gap(older).0 && newer["uses"] == 0, "{rows:?}");
        let html = page(&mut ana, "/account").await;
        assert!(html.contains("203.0.113.24 · 2 times"), "{html}");
        // The operator sees the same; nobody else does.
        let id = ana.me().await["sub"].as_str().expect("an id").to_owned();
        let path = format!("/v1/admin/users/{id}/apps");
        let seen = app.admin("GET", &path, json!({})).await.expect(200).json();
        assert_eq!(seen["items"], json!(rows));
        bo.get(&path).await.refused(403, "forbidden");
        app.admin("GET", "/v1/admin/users/0199aaaa/apps", json!({})).await.refused(404, "not_found");
        let mut owner = operator(&app, "owner@x.test").await;
        let html = page(&mut owner, &format!("/admin/users/{id}")).await;
        assert!(html.contains("203.0.113.24 · 2 times") && html.contains("Planner"), "{html}");
        // What was taken back is not listed.
        ana.send(Call::api("DELETE", &format!("/v1/me/apps/{}", client.id), &json!({}))).await.expect(204);
        let seen = app.admin("GET", &path, json!({})).await.expect(200).json();
        assert_eq!(seen["items"], json!([]));
    }

    async fn of_many_sign_ins_the_newest_are_listed(app: TestApp) {
        let mut ana = app.signup("ana@x.test").await;
        let (one, two) = (app.client(json!({})).await, app.client(json!({ "client_name": "Board" })).await);
        for _ in 0..22 {
            app.clock.advance_s(1);
            app.tokens(&mut ana, &one).await;
        }
        app.tokens(&mut ana, &two).await;
        let first = ana.get("/v1/me/apps?limit=1").await.expect(200).json();
        let second = ana.get(&format!("/v1/me/apps?limit=1&cursor={}", first["next_cursor"].as_str().expect("a cursor"))).await.expect(200).json();
        let mut counts = [&first, &second].map(|page| page["items"][0]["tokens"].as_array().expect("a list").len());
        counts.sort_unstable();
        assert_eq!(counts, [1, 20]);
    }

    async fn the_organization_is_chosen_on_the_page(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let client = app.client(json!({ "first_party": false })).await;
        let id = browser.me().await["sub"].as_str().expect("an id").to_owned();
        for slug in ["acme", "brix"] {
            let org = app.admin("POST", "/v1/organizations", json!({ "slug": slug, "name": slug })).await.expect(201).json();
            let path = format!("/v1/organizations/{}/members/{id}", org["id"].as_str().expect("an id"));
            app.admin("PUT", &path, json!({ "roles": ["member"] })).await.expect(200);
        }
        let orgs = browser.get("/v1/me/organizations").await.expect(200).json();
        let wanted = orgs["items"].as_array().expect("a list").iter().find(|org| org["slug"] == "brix").expect("it");
        let wanted = wanted["id"].as_str().expect("an id").to_owned();
        let moved = browser.get(&client.asks(&[])).await.expect(303);
        let page = browser.get(moved.location()).await.expect(200);
        assert!(page.text().contains("<select id=\"org\"") && page.text().contains("prompt=select_account"));
        // Not theirs: nothing is given.
        let fields = [("answer", "allow"), ("org", "nowhere")];
        let back = submit(&mut browser, &page, "/consent", &fields).await.expect(303);
        assert!(back.location().starts_with("/consent?request="), "{}", back.location());
        let page = browser.get(&format!("{LOGIN}{}", back.location())).await.expect(200);
        let fields = [("answer", "allow"), ("org", wanted.as_str())];
        let back = submit(&mut browser, &page, "/consent", &fields).await.expect(303);
        let code = parameter(&back, "code");
        let tokens = app.browser().send(client.redeems(&code)).await.expect(200).json();
        let said = crate::oauth::client::claims(tokens["access_token"].as_str().expect("a token"));
        assert_eq!(said["org_id"], wanted.as_str());
    }
}
