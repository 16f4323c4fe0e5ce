//! Roles that tenants and organizations define: what they permit follows at once, nobody
//! raises anybody by them, and what is in use stays.

use base64::Engine as _;
use serde_json::{Value, json};

use crate::harness::rows::{AT, db, tx};
use crate::harness::{APP, Browser, Call, Reply, TestApp, both};

/// An organization with its owner, an admin and a plain member, in that order.
pub async fn acme(app: &TestApp) -> (String, [(Browser, String); 3]) {
    let org = app.organization("acme").await;
    let owner = member(app, &org, "owner@x.test", "owner").await;
    let admin = member(app, &org, "admin@x.test", "admin").await;
    let plain = member(app, &org, "plain@x.test", "member").await;
    (org, [owner, admin, plain])
}

/// Somebody who has signed up, joined with a role, and works in the organization.
pub async fn member(app: &TestApp, org: &str, email: &str, role: &str) -> (Browser, String) {
    let mut browser = app.signup(email).await;
    let user = browser.me().await["sub"]
        .as_str()
        .expect("a sub")
        .to_owned();
    app.grant(org, &user, &[role]).await.expect(200);
    let switch = json!({ "org": org });
    browser.post("/bff/org", switch).await.expect(200);
    (browser, user)
}

impl TestApp {
    pub async fn grant(&self, org: &str, user: &str, roles: &[&str]) -> Reply {
        let path = format!("/v1/organizations/{org}/members/{user}");
        self.admin("PUT", &path, json!({ "roles": roles })).await
    }
}

fn role(slug: &str, permissions: &[&str]) -> Value {
    json!({ "slug": slug, "name": slug, "permissions": permissions })
}

pub fn words(value: &Value) -> Vec<&str> {
    let all = value.as_array().expect("a list");
    all.iter().filter_map(Value::as_str).collect()
}

async fn may(browser: &mut Browser) -> Value {
    browser.me().await["org"]["permissions"].clone()
}

both! {
    async fn a_role_is_defined_granted_changed_and_deleted(app: TestApp) {
        let (org, [_, _, (mut plain, user)]) = acme(&app).await;
        let path = format!("/v1/organizations/{org}/roles");
        let made = app.admin("POST", &path, role("planner", &["members:read", "org:read"])).await.expect(201);
        assert_eq!(made.location(), format!("{path}/planner"));
        assert_eq!(words(&made.json()["permissions"]), ["org:read", "members:read"]);
        assert_eq!((&made.json()["org_id"], &made.json()["built_in"]), (&json!(org), &json!(false)));
        app.admin("POST", &path, role("planner", &[])).await.refused(409, "duplicate");
        assert_eq!(may(&mut plain).await, json!([]));
        app.grant(&org, &user, &["member", "planner"]).await.expect(200);
        assert_eq!(may(&mut plain).await, json!(["members:read", "org:read"]));
        plain.get(&format!("/v1/organizations/{org}/members")).await.expect(200);
        // What it says now counts for the next request of whoever has it.
        let at = format!("{path}/planner");
        let stale = Call::api("PATCH", &at, &json!({ "name": "x" })).bearer(&app.operator().await);
        app.browser().send(stale.header("if-match", "\"9\"")).await.refused(412, "version_mismatch");
        let changed = app.admin("PATCH", &at, json!({ "name": "Planner", "permissions": ["org:read"] })).await.expect(200);
        assert_eq!((changed.header("etag"), &changed.json()["name"]), ("\"2\"", &json!("Planner")));
        assert_eq!(may(&mut plain).await, json!(["org:read"]));
        plain.get(&format!("/v1/organizations/{org}/members")).await.refused(403, "forbidden");
        let refused = app.admin("DELETE", &at, json!({})).await.refused(409, "conflict").json();
        assert_eq!(refused["used_by"], json!({ "members": 1, "groups": 0, "service_accounts": 0, "invitations": 0, "connections": [] }));
        app.grant(&org, &user, &["member"]).await.expect(200);
        app.admin("DELETE", &at, json!({})).await.expect(204);
        app.admin("DELETE", &at, json!({})).await.refused(404, "not_found");
        app.admin("GET", &at, json!({})).await.refused(404, "not_found");
        app.grant(&org, &user, &["planner"]).await.refused(422, "invalid_field");
        let updated = &app.events("role.updated").await[0];
        assert_eq!((updated.target.as_str(), updated.org.as_deref()), ("role:planner", Some(org.as_str())));
        assert_eq!((app.events("role.created").await.len(), app.events("role.deleted").await.len()), (1, 1));
    }

    async fn a_tenants_role_reaches_all_of_its_organizations_and_no_other_tenant(app: TestApp) {
        let (acme, [_, _, (mut plain, user)]) = acme(&app).await;
        let globex = app.organization("globex").await;
        app.admin("POST", "/v1/admin/roles", role("auditor", &["members:read"])).await.expect(201);
        app.grant(&acme, &user, &["auditor"]).await.expect(200);
        app.grant(&globex, &user, &["auditor"]).await.expect(200);
        assert_eq!(may(&mut plain).await, json!(["members:read"]));
        app.admin("PATCH", "/v1/admin/roles/auditor", json!({ "permissions": ["org:read"] })).await.expect(200);
        assert_eq!(may(&mut plain).await, json!(["org:read"]));
        // A name is one role wherever it can be granted.
        let own = format!("/v1/organizations/{acme}/roles");
        for taken in ["auditor", "owner", "viewer"] {
            app.admin("POST", &own, role(taken, &[])).await.refused(409, "duplicate");
        }
        app.admin("POST", &own, role("planner", &[])).await.expect(201);
        app.admin("POST", "/v1/admin/roles", role("planner", &[])).await.refused(409, "duplicate");
        app.admin("POST", &format!("/v1/organizations/{globex}/roles"), role("planner", &[])).await.expect(201);
        // Seen from an organization, but changed elsewhere.
        let listed = app.admin("GET", &own, json!({})).await.expect(200).json();
        let slugs: Vec<&str> = listed["items"].as_array().expect("items").iter().filter_map(|one| one["slug"].as_str()).collect();
        assert_eq!(slugs, ["admin", "auditor", "member", "owner", "planner", "viewer"]);
        let from_org = format!("{own}/auditor");
        app.admin("GET", &from_org, json!({})).await.expect(200);
        app.admin("PATCH", &from_org, json!({ "name": "x" })).await.refused(409, "conflict");
        app.admin("DELETE", &from_org, json!({})).await.refused(409, "conflict");
        app.admin("GET", "/v1/admin/roles/planner", json!({})).await.refused(404, "not_found");
        let used = app.admin("DELETE", "/v1/admin/roles/auditor", json!({})).await.refused(409, "conflict").json();
        assert_eq!(used["used_by"]["members"], 2);
        // It goes with its organization.
        app.admin("DELETE", &format!("/v1/organizations/{globex}"), json!({})).await.expect(204);
        app.admin("POST", "/v1/admin/tenants", json!({ "slug": "o", "name": "O", "public_url": "https://o.test" })).await.expect(201);
        let foreign = Call::new("GET", "https://o.test/v1/admin/roles/auditor").bearer(&app.operator().await);
        app.browser().send(foreign).await.refused(404, "not_found");
    }

    async fn nobody_defines_or_grants_what_they_do_not_have(app: TestApp) {
        let (org, [(mut owner, _), (mut admin, admin_id), (mut plain, plain_id)]) = acme(&app).await;
        let path = format!("/v1/organizations/{org}/roles");
        let all = ["org:read", "org:write", "members:read", "members:write", "owners:write"];
        admin.post(&path, role("boss", &all)).await.refused(403, "forbidden");
        admin.post(&path, role("helper", &["members:read"])).await.expect(201);
        let up = |slug: &str, words: &[&str]| Call::api("PATCH", &format!("{path}/{slug}"), &json!({ "permissions": words }));
        admin.send(up("helper", &["owners:write"])).await.refused(403, "forbidden");
        owner.post(&path, role("boss", &all)).await.expect(201);
        // A role above the caller is neither granted, nor cut down, renamed or deleted.
        let grant = |user: &str, roles: Value| {
            Call::api("PUT", &format!("/v1/organizations/{org}/members/{user}"), &json!({ "roles": roles }))
        };
        for user in [&admin_id, &plain_id] {
            admin.send(grant(user, json!(["boss"]))).await.refused(403, "forbidden");
        }
        admin.send(up("boss", &["org:read"])).await.refused(403, "forbidden");
        admin.send(Call::api("PATCH", &format!("{path}/boss"), &json!({ "name": "B" }))).await.refused(403, "forbidden");
        admin.send(Call::api("DELETE", &format!("{path}/boss"), &json!({}))).await.refused(403, "forbidden");
        let invite = json!({ "email": "x@x.test", "roles": ["boss"] });
        admin.post(&format!("/v1/organizations/{org}/invitations"), invite).await.refused(403, "forbidden");
        // Members without the right define nothing; an organization's owner defines nothing for all.
        plain.post(&path, role("mine", &[])).await.refused(403, "forbidden");
        owner.post("/v1/admin/roles", role("mine", &[])).await.refused(403, "forbidden");
        owner.send(grant(&plain_id, json!(["boss"]))).await.expect(200);
        assert_eq!(words(&may(&mut plain).await).len(), 5);
        // What somebody got by such a role is what they may hand on, and no more.
        plain.post(&path, role("wide", &["connections:write"])).await.refused(403, "forbidden");
        plain.post(&path, role("narrow", &["owners:write"])).await.expect(201);
        // A token's scopes limit what its owner may define.
        let tenant = app.tenant().await.id;
        let limited = laneway::store::api_tokens::Principal::User(laneway::domain::UserId(admin_id));
        let (_, token) = app.api_token(limited, &["org:write"]).await;
        assert!(!tenant.as_str().is_empty());
        app.browser().send(Call::api("POST", &path, &role("by-token", &["members:read"])).bearer(&token)).await.refused(403, "forbidden");
        app.browser().send(Call::api("POST", &path, &role("by-token", &["org:write"])).bearer(&token)).await.expect(201);
    }

    async fn a_grant_keeps_its_role_defined(app: TestApp) {
        // As if somebody were given it between the look and the deletion.
        use laneway::domain::{OrgId, UserId};
        use laneway::store::{orgs, roles};
        let (org, [_, _, (_, user)]) = acme(&app).await;
        app.admin("POST", &format!("/v1/organizations/{org}/roles"), role("planner", &[])).await.expect(201);
        let (tenant, org) = (app.tenant().await.id, OrgId(org));
        let found = roles::find(db(&app), &tenant, Some(&org), "planner").await.expect("read").expect("there");
        let mut giving = tx(&app).await;
        let membership = orgs::add_member(&mut giving, &tenant, &org, &UserId(user), "m", AT).await.expect("a member");
        let grant = orgs::NewGrant { id: "g", membership: &membership, role: "planner", source: "manual", source_id: "" };
        orgs::add_grant(&mut giving, &tenant, &grant, AT).await.expect("granted");
        giving.commit().await.expect("a commit");
        let mut deleting = tx(&app).await;
        assert!(!roles::delete(&mut deleting, &tenant, &found).await.expect("an answer"), "somebody has it");
        drop(deleting);
        // And nobody is given what nobody has defined.
        let mut giving = tx(&app).await;
        let grant = orgs::NewGrant { id: "h", role: "emperor", ..grant };
        orgs::add_grant(&mut giving, &tenant, &grant, AT).await.expect("no error");
        let all = orgs::granted_from(&mut giving, &tenant, &membership, ("manual", "")).await.expect("read");
        assert!(all.contains("planner") && !all.contains("emperor"), "{all:?}");
    }

    async fn one_of_many_defines_a_name(app: TestApp) {
        let org = app.organization("acme").await;
        let token = app.operator().await;
        let own = format!("/v1/organizations/{org}/roles");
        let calls = (0..8).map(|i| {
            let path = if i % 2 == 0 { "/v1/admin/roles" } else { own.as_str() };
            let call = Call::api("POST", path, &role("planner", &[])).bearer(&token);
            let mut browser = app.browser();
            async move { browser.send(call).await.code() }
        });
        let mut codes = futures::future::join_all(calls).await;
        codes.sort_unstable();
        assert_eq!(codes, [201, 409, 409, 409, 409, 409, 409, 409]);
    }
}

#[tokio::test]
async fn what_comes_with_the_tenant_stays_as_it_is() {
    let app = TestApp::sqlite().await;
    let org = app.organization("acme").await;
    let all = app.admin("GET", "/v1/admin/roles?limit=3", json!({})).await;
    let all = all.expect(200).json();
    assert_eq!(all["items"].as_array().map(Vec::len), Some(3));
    assert!(all["next_cursor"].is_string(), "paged");
    for name in ["owner", "admin", "viewer", "member"] {
        for path in [
            format!("/v1/admin/roles/{name}"),
            format!("/v1/organizations/{org}/roles/{name}"),
        ] {
            let read = app.admin("GET", &path, json!({})).await.expect(200).json();
            assert_eq!(read["built_in"], true);
            let change = json!({ "permissions": ["org:read"] });
            app.admin("PATCH", &path, change)
                .await
                .refused(409, "conflict");
            app.admin("DELETE", &path, json!({}))
                .await
                .refused(409, "conflict");
        }
    }
}

#[tokio::test]
async fn a_viewer_of_an_organization_reads_it_and_changes_nothing() {
    let app = TestApp::sqlite().await;
    let org = app.organization("acme").await;
    let (mut viewer, _) = member(&app, &org, "viewer@x.test", "viewer").await;
    for rest in ["", "/members", "/roles", "/connections", "/invitations"] {
        viewer
            .get(&format!("/v1/organizations/{org}{rest}"))
            .await
            .expect(200);
    }
    let rename = json!({ "name": "x" });
    let path = format!("/v1/organizations/{org}");
    viewer
        .send(Call::api("PATCH", &path, &rename))
        .await
        .refused(403, "forbidden");
    viewer
        .post(&format!("{path}/roles"), role("mine", &[]))
        .await
        .refused(403, "forbidden");
}

#[tokio::test]
async fn what_a_role_cannot_be_is_said_where_it_stands() {
    let app = TestApp::sqlite().await;
    let org = app.organization("acme").await;
    let path = format!("/v1/organizations/{org}/roles");
    for (body, pointer) in [
        (role("Plan ner", &[]), "/slug"),
        (role("", &[]), "/slug"),
        (
            json!({ "slug": "a", "name": " ", "permissions": [] }),
            "/name",
        ),
        (role("a", &["org:read", "users:write"]), "/permissions/1"),
        (role("a", &["everything"]), "/permissions/0"),
        (json!({ "slug": "a", "name": "A" }), "/permissions"),
        (
            json!({ "slug": "a", "name": "A", "permissions": [], "org_id": null }),
            "/org_id",
        ),
    ] {
        let refused = app.admin("POST", &path, body).await;
        let refused = refused.refused(422, "invalid_field").json();
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
    }
    app.admin("POST", &path, role("a", &[])).await.expect(201);
    let slug = json!({ "slug": "b" });
    app.admin("PATCH", &format!("{path}/a"), slug)
        .await
        .refused(422, "invalid_field");
}

#[tokio::test]
async fn invitations_and_rules_give_own_roles_and_keep_them() {
    let app = TestApp::sqlite_with(crate::harness::app::Options {
        fake_customers: true,
        ..Default::default()
    })
    .await;
    let org = app.organization("acme").await;
    let path = format!("/v1/organizations/{org}");
    let at = format!("{path}/roles/planner");
    app.admin(
        "POST",
        &format!("{path}/roles"),
        role("planner", &["org:read"]),
    )
    .await
    .expect(201);
    let invitations = format!("{path}/invitations");
    let made = app.invited(&invitations, "ina@x.test", &["planner"]).await;
    let token = app.operator().await;
    let (connection, _) = app
        .add_connection(&token, crate::harness::LOGIN, &org)
        .await;
    let mapping = format!("{path}/connections/{connection}/role-mappings");
    let rules = |roles: Value| json!({ "rules": [{ "when": { "always": true }, "roles": roles }] });
    app.admin("PUT", &mapping, rules(json!(["planner"])))
        .await
        .expect(200);
    let unknown = app.admin("PUT", &mapping, rules(json!(["nobody"]))).await;
    unknown.refused(422, "invalid_field");
    let used = app.admin("DELETE", &at, json!({})).await;
    let used = used.refused(409, "conflict").json();
    let wanted = json!({ "members": 0, "groups": 0, "service_accounts": 0, "invitations": 1, "connections": ["own"] });
    assert_eq!(used["used_by"], wanted);
    let url = crate::invitations::url(&made);
    let mut ina = crate::invitations::join(&app, &url, "ina@x.test").await;
    let switched = ina.post("/bff/org", json!({ "org": org })).await;
    let me = switched.expect(200).json();
    assert_eq!(me["org"]["roles"], json!(["planner"]));
    assert_eq!(me["org"]["permissions"], json!(["org:read"]));
    // Rules and invitations that are over use nothing.
    app.admin("PUT", &mapping, rules(json!([])))
        .await
        .expect(200);
    let used = app.admin("DELETE", &at, json!({})).await;
    let used = used.refused(409, "conflict").json();
    let wanted = json!({ "members": 1, "groups": 0, "service_accounts": 0, "invitations": 0, "connections": [] });
    assert_eq!(used["used_by"], wanted);
}

#[tokio::test]
async fn applications_hear_of_a_changed_role_with_the_next_token() {
    let app = TestApp::sqlite().await;
    let (org, [_, _, (mut plain, user)]) = acme(&app).await;
    let path = format!("/v1/organizations/{org}/roles");
    app.admin("POST", &path, role("planner", &["org:read"]))
        .await
        .expect(201);
    app.grant(&org, &user, &["planner"]).await.expect(200);
    app.enter(&mut plain, APP).await;
    let claims = async |browser: &mut Browser| {
        let call = Call::new("GET", &format!("{APP}/api/echo/x")).header("x-csrf", "1");
        let text = browser.send(call).await.expect(200).text();
        let token = text.split("Bearer ").nth(1).expect("a token");
        let part = token.split('.').nth(1).expect("claims");
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part);
        let claims: Value = serde_json::from_slice(&bytes.expect("base64")).expect("JSON");
        claims["org_permissions"].clone()
    };
    assert_eq!(claims(&mut plain).await, json!(["org:read"]));
    let change = json!({ "permissions": ["members:read"] });
    app.admin("PATCH", &format!("{path}/planner"), change)
        .await
        .expect(200);
    assert_eq!(claims(&mut plain).await, json!(["members:read"]));
}
