//! Groups of an organization's members: what they give adds up with everything else, and goes
//! with them alone.

use laneway::domain::OrgId;
use serde_json::{Value, json};

use crate::harness::{Browser, Call, TestApp, both};
use crate::roles::{acme, member, words};

impl TestApp {
    async fn group(&self, org: &str, name: &str, roles: &[&str]) -> String {
        let body = json!({ "name": name, "roles": roles });
        let path = format!("/v1/organizations/{org}/groups");
        let made = self.admin("POST", &path, body).await.expect(201);
        made.location().to_owned()
    }

    async fn put_into(&self, group: &str, user: &str) -> Value {
        let path = format!("{group}/members/{user}");
        self.admin("PUT", &path, json!({})).await.expect(200).json()
    }
}

async fn org_of(browser: &mut Browser) -> Value {
    browser.me().await["org"].clone()
}

fn grant(role: &str, source: &str) -> Value {
    json!({ "role": role, "source": source })
}

both! {
    async fn members_have_what_their_groups_give_and_lose_that_alone(app: TestApp) {
        let (org, [_, _, (mut plain, user)]) = acme(&app).await;
        let night = app.group(&org, "Night shift", &["viewer"]).await;
        let day = app.group(&org, "Day shift", &["viewer", "member"]).await;
        let joined = app.put_into(&night, &user).await;
        assert_eq!(joined["grants"], json!([grant("member", "manual"), grant("viewer", "group")]));
        assert_eq!(words(&org_of(&mut plain).await["roles"]), ["member", "viewer"]);
        assert!(words(&org_of(&mut plain).await["permissions"]).contains(&"members:read"));
        app.put_into(&day, &user).await;
        app.put_into(&day, &user).await;
        let events = app.events("member.changed").await;
        assert_eq!(events.iter().filter(|event| event.detail.contains("Day shift")).count(), 1, "once");
        let at = format!("/v1/organizations/{org}/members/{user}");
        let read = app.admin("GET", &at, json!({})).await.json();
        assert_eq!(read["grants"], json!([grant("member", "group"), grant("member", "manual"), grant("viewer", "group")]));
        // Each source takes away its own.
        app.grant(&org, &user, &[]).await.expect(200);
        assert_eq!(words(&org_of(&mut plain).await["roles"]), ["member", "viewer"]);
        let leave = |group: &str| (format!("{group}/members/{user}"), json!({}));
        let (path, body) = leave(&day);
        app.admin("DELETE", &path, body.clone()).await.expect(204);
        app.admin("DELETE", &path, body).await.refused(404, "not_found");
        assert_eq!(words(&org_of(&mut plain).await["roles"]), ["viewer"]);
        // What the group gives now, its members have now.
        app.admin("PATCH", &night, json!({ "roles": ["member"] })).await.expect(200);
        assert_eq!((&org_of(&mut plain).await["roles"], &org_of(&mut plain).await["permissions"]), (&json!(["member"]), &json!([])));
        app.admin("DELETE", &night, json!({})).await.expect(204);
        assert_eq!(org_of(&mut plain).await["roles"], json!([]));
        app.admin("GET", &night, json!({})).await.refused(404, "not_found");
    }

    async fn groups_are_listed_read_and_renamed(app: TestApp) {
        let (org, [(_, owner), _, (_, user)]) = acme(&app).await;
        let mut made = Vec::new();
        for name in ["A", "B", "C"] {
            app.clock.advance_s(1);
            made.push(app.group(&org, name, &[]).await);
        }
        let path = format!("/v1/organizations/{org}/groups");
        app.admin("POST", &path, json!({ "name": "A" })).await.refused(409, "duplicate");
        app.admin("PATCH", &made[1], json!({ "name": "A" })).await.refused(409, "duplicate");
        app.put_into(&made[1], &user).await;
        app.put_into(&made[1], &owner).await;
        let first = app.admin("GET", &format!("{path}?limit=2"), json!({})).await.expect(200).json();
        let names = |page: &Value| -> Vec<String> {
            let all = page["items"].as_array().expect("items");
            all.iter().filter_map(|one| one["name"].as_str()).map(str::to_owned).collect()
        };
        assert_eq!(names(&first), ["A", "B"]);
        let next = format!("{path}?limit=2&cursor={}", first["next_cursor"].as_str().expect("a cursor"));
        assert_eq!(names(&app.admin("GET", &next, json!({})).await.expect(200).json()), ["C"]);
        let theirs = app.admin("GET", &format!("{path}?member={user}"), json!({})).await.expect(200).json();
        assert_eq!((names(&theirs), &theirs["items"][0]["members"]), (vec!["B".to_owned()], &json!(2)));
        let inside = format!("{}/members?limit=1", made[1]);
        let page = app.admin("GET", &inside, json!({})).await.expect(200).json();
        assert_eq!((page["items"][0]["user"] == json!(owner), page["next_cursor"].is_string()), (true, true));
        let stale = Call::api("PATCH", &made[1], &json!({ "name": "x" })).bearer(&app.operator().await);
        app.browser().send(stale.header("if-match", "\"9\"")).await.refused(412, "version_mismatch");
        let renamed = app.admin("PATCH", &made[1], json!({ "name": "Bees" })).await.expect(200);
        assert_eq!((&renamed.json()["name"], renamed.header("etag")), (&json!("Bees"), "\"2\""));
        for (body, pointer) in [
            (json!({ "name": "D", "roles": ["emperor"] }), "/roles/0"), (json!({ "name": " " }), "/name"),
            (json!({ "name": "D", "org": org }), "/org"), (json!({}), "/name"),
        ] {
            let refused = app.admin("POST", &path, body).await.refused(422, "invalid_field").json();
            assert_eq!(refused["errors"][0]["pointer"], pointer);
        }
        // Only members can be in one, and only of this organization.
        let stranger = app.admin("POST", "/v1/admin/users", json!({ "email": "s@x.test" })).await.json();
        let stranger = stranger["id"].as_str().expect("an id").to_owned();
        app.admin("PUT", &format!("{}/members/{stranger}", made[0]), json!({})).await.refused(404, "not_found");
        let globex = app.organization("globex").await;
        app.grant(&globex, &stranger, &[]).await.expect(200);
        app.admin("PUT", &format!("{}/members/{stranger}", made[0]), json!({})).await.refused(404, "not_found");
        let elsewhere = made[0].replace(&org, &globex);
        app.admin("PUT", &format!("{elsewhere}/members/{stranger}"), json!({})).await.refused(404, "not_found");
        let kinds = ["group.created", "group.updated"];
        for (kind, n) in kinds.into_iter().zip([3, 1]) {
            assert_eq!(app.events(kind).await.len(), n, "{kind}");
        }
    }

    async fn nobody_raises_anybody_by_a_group(app: TestApp) {
        let (org, [(mut owner, owner_id), (mut admin, admin_id), (mut plain, plain_id)]) = acme(&app).await;
        let path = format!("/v1/organizations/{org}/groups");
        admin.post(&path, json!({ "name": "Owners", "roles": ["owner"] })).await.refused(403, "forbidden");
        let owners = app.group(&org, "Owners", &["owner"]).await;
        let put = |group: &str, user: &str| Call::api("PUT", &format!("{group}/members/{user}"), &json!({}));
        for user in [&admin_id, &plain_id] {
            admin.send(put(&owners, user)).await.refused(403, "forbidden");
        }
        owner.send(put(&owners, &owner_id)).await.expect(200);
        let delete = |path: String| Call::api("DELETE", &path, &json!({}));
        admin.send(delete(format!("{owners}/members/{owner_id}"))).await.refused(403, "forbidden");
        admin.send(delete(owners.clone())).await.refused(403, "forbidden");
        let change = |group: &str, roles: Value| Call::api("PATCH", group, &json!({ "roles": roles }));
        admin.send(change(&owners, json!(["admin"]))).await.refused(403, "forbidden");
        let own = admin.post(&path, json!({ "name": "Helpers", "roles": ["admin"] })).await.expect(201);
        let helpers = own.location().to_owned();
        admin.send(put(&helpers, &admin_id)).await.expect(200);
        admin.send(change(&helpers, json!(["admin", "owner"]))).await.refused(403, "forbidden");
        for call in [
            put(&helpers, &plain_id), change(&helpers, json!([])), delete(helpers.clone()),
            Call::api("POST", &path, &json!({ "name": "Mine" })), Call::new("GET", &path),
        ] {
            plain.send(call).await.refused(403, "forbidden");
        }
        // A role that rises later takes its groups along: nobody below may join people to it.
        app.admin("POST", &format!("/v1/organizations/{org}/roles"), json!({ "slug": "crew", "name": "Crew", "permissions": [] })).await.expect(201);
        let crew = app.group(&org, "Crew", &["crew"]).await;
        app.admin("PATCH", &format!("/v1/organizations/{org}/roles/crew"), json!({ "permissions": ["owners:write"] })).await.expect(200);
        admin.send(put(&crew, &plain_id)).await.refused(403, "forbidden");
        let used = app.admin("DELETE", &format!("/v1/organizations/{org}/roles/crew"), json!({})).await.refused(409, "conflict");
        assert_eq!(used.json()["used_by"]["groups"], 1);
    }

    async fn the_last_owner_by_a_group_stays_one(app: TestApp) {
        let org = app.organization("acme").await;
        let (mut owner, user) = member(&app, &org, "owner@x.test", "owner").await;
        let owners = app.group(&org, "Owners", &["owner"]).await;
        app.put_into(&owners, &user).await;
        // Owner twice over: one of both may go.
        app.grant(&org, &user, &[]).await.expect(200);
        assert_eq!(org_of(&mut owner).await["roles"], json!(["owner"]));
        app.admin("DELETE", &format!("{owners}/members/{user}"), json!({})).await.refused(409, "conflict");
        app.admin("DELETE", &owners, json!({})).await.refused(409, "conflict");
        app.admin("PATCH", &owners, json!({ "roles": [] })).await.refused(409, "conflict");
        app.admin("PATCH", &owners, json!({ "name": "Bosses" })).await.expect(200);
        let at = format!("/v1/organizations/{org}/members/{user}");
        app.admin("DELETE", &at, json!({})).await.refused(409, "conflict");
        app.admin("PATCH", &at, json!({ "state": "suspended" })).await.refused(409, "conflict");
        assert_eq!(org_of(&mut owner).await["roles"], json!(["owner"]), "nothing was half done");
        let (_, second) = member(&app, &org, "second@x.test", "owner").await;
        app.admin("DELETE", &owners, json!({})).await.expect(204);
        assert_eq!(org_of(&mut owner).await["roles"], json!([]));
        app.admin("DELETE", &format!("/v1/organizations/{org}/members/{second}"), json!({})).await.refused(409, "conflict");
    }

    async fn whoever_leaves_is_in_no_group_any_more(app: TestApp) {
        let (org, [_, _, (_, user)]) = acme(&app).await;
        let shift = app.group(&org, "Shift", &["viewer"]).await;
        app.put_into(&shift, &user).await;
        let at = format!("/v1/organizations/{org}/members/{user}");
        app.admin("DELETE", &at, json!({})).await.expect(204);
        assert_eq!(app.admin("GET", &shift, json!({})).await.json()["members"], 0);
        app.grant(&org, &user, &[]).await.expect(200);
        let back = app.admin("GET", &at, json!({})).await.json();
        assert_eq!(back["grants"], json!([]), "nothing waits for them");
        app.put_into(&shift, &user).await;
        app.admin("DELETE", &format!("/v1/admin/users/{user}"), json!({})).await.expect(204);
        assert_eq!(app.admin("GET", &shift, json!({})).await.json()["members"], 0);
        app.admin("DELETE", &format!("/v1/organizations/{org}"), json!({})).await.expect(204);
        let tenant = app.tenant().await.id;
        let left = laneway::store::groups::count(&app.core().db, &tenant, &OrgId(org)).await;
        assert_eq!(left.expect("a count"), 0);
    }

    async fn whoever_joins_while_the_roles_change_has_the_new_ones(app: TestApp) {
        let (org, [_, _, (_, user)]) = acme(&app).await;
        let token = app.operator().await;
        for round in 0..6 {
            let shift = app.group(&org, &format!("Shift {round}"), &["viewer"]).await;
            let join = Call::api("PUT", &format!("{shift}/members/{user}"), &json!({})).bearer(&token);
            let change = Call::api("PATCH", &shift, &json!({ "roles": ["member"] })).bearer(&token);
            let (mut one, mut two) = (app.browser(), app.browser());
            let (joined, changed) = tokio::join!(one.send(join), two.send(change));
            assert_eq!((joined.code(), changed.code()), (200, 200));
            let at = format!("/v1/organizations/{org}/members/{user}");
            let read = app.admin("GET", &at, json!({})).await.json();
            assert!(!words(&read["roles"]).contains(&"viewer"), "round {round}: {read}");
        }
    }
}
