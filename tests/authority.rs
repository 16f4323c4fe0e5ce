//! Who may do what: tokens of every kind, roles of operators and of members, and nobody above
//! themselves.

use laneway::authz::Permission::{self, AccountRead, AccountWrite, UsersRead};
use laneway::domain::UserId;
use laneway::http::{Access, ROUTES};
use laneway::store::api_tokens::{self, Principal};
use laneway::store::invalidations::{Change, Scope};
use laneway::store::operators;
use laneway::store::service_accounts::{self, ServiceAccount, ServiceState};
use laneway_sqlkit::q;
use serde_json::{Value, json};

use crate::harness::rows::{AT, tx};
use crate::harness::{APP, Browser, Call, LOGIN, Reply, TestApp, both};

fn id_of(reply: &Reply) -> String {
    reply.json()["id"].as_str().expect("an id").to_owned()
}

async fn sub(browser: &mut Browser) -> String {
    browser.me().await["sub"]
        .as_str()
        .expect("a sub")
        .to_owned()
}

/// Somebody who has signed up and holds a role over the main tenant or the installation.
pub async fn appointed(
    app: &TestApp,
    email: &str,
    role: &str,
    instance: bool,
) -> (Browser, String) {
    let mut browser = app.signup(email).await;
    let user = sub(&mut browser).await;
    let tenant = app.tenant().await.id;
    let mut tx = tx(app).await;
    let scope = (!instance).then_some(&tenant);
    operators::grant(
        &mut tx,
        &format!("g-{user}"),
        ("user", &user),
        role,
        scope,
        AT,
    )
    .await
    .expect("a grant");
    tx.commit().await.expect("a commit");
    (browser, user)
}

async fn org(app: &TestApp, slug: &str) -> String {
    let body = json!({ "slug": slug, "name": slug });
    id_of(
        &app.admin("POST", "/v1/organizations", body)
            .await
            .expect(201),
    )
}

async fn join(app: &TestApp, org: &str, user: &str, roles: &[&str]) {
    let path = format!("/v1/organizations/{org}/members/{user}");
    app.admin("PUT", &path, json!({ "roles": roles }))
        .await
        .expect(200);
}

async fn get(app: &TestApp, token: &str, path: &str) -> Reply {
    app.browser()
        .send(Call::new("GET", path).bearer(token))
        .await
}

both! {
    async fn our_own_access_token_opens_what_its_scopes_and_its_person_may(app: TestApp) {
        let (mut browser, user) = appointed(&app, "ana@x.test", "viewer", false).await;
        let me = browser.me().await;
        let claims = app.claims(&me, &[AccountRead, UsersRead]).await;
        let token = app.sign("at+jwt", &claims).await;
        assert_eq!(get(&app, &token, "/v1/me").await.expect(200).json()["id"], json!(user));
        get(&app, &token, "/v1/admin/users").await.expect(200);
        get(&app, &token, "/v1/admin/upstreams").await.refused(403, "forbidden");
        let patch = Call::api("PATCH", "/v1/me", &json!({ "name": "B" })).bearer(&token);
        app.browser().send(patch).await.refused(403, "forbidden");
        // Scopes grant nothing that the person does not have.
        let everything = app.claims(&me, Permission::ALL).await;
        let everything = app.sign("at+jwt", &everything).await;
        let create = Call::api("POST", "/v1/organizations", &json!({ "slug": "a", "name": "A" }));
        app.browser().send(create.bearer(&everything)).await.refused(403, "forbidden");
        // No mark is needed: no page can send this header unasked.
        let rename = Call::new("PATCH", "/v1/me").header("content-type", "application/json").bare();
        let rename = rename.body(br#"{"name":"B"}"#.to_vec()).bearer(&everything);
        app.browser().send(rename).await.expect(200);
        let own = Call::new("GET", &format!("{LOGIN}/bff/user")).bearer(&token);
        assert_eq!(app.browser().send(own).await.expect(200).json()["sub"], json!(user));
        let blind = app.claims(&me, &[UsersRead]).await;
        let blind = Call::new("GET", "/bff/user").bearer(&app.sign("at+jwt", &blind).await);
        app.browser().send(blind).await.refused(403, "forbidden");
        // The token is no cookie, and turns into none.
        let switch = Call::api("POST", "/bff/org", &json!({ "org": null })).bearer(&everything);
        let answer = app.browser().send(switch).await;
        assert_eq!((answer.code(), answer.header("set-cookie")), (401, ""));
        let proxied = Call::new("GET", &format!("{APP}/api/echo/x")).bearer(&everything);
        app.browser().send(proxied).await.refused(403, "forbidden");
    }

    async fn a_token_hears_what_proof_it_lacks(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        app.clock.advance_s(900);
        let claims = app.claims(&browser.me().await, &[AccountWrite]).await;
        let token = app.sign("at+jwt", &claims).await;
        let call = Call::new("DELETE", "/v1/me").bearer(&token);
        let refused = app.browser().send(call).await;
        assert_eq!(refused.json()["code"], "step_up_required", "{}", refused.text());
        // RFC 9470 §3
        let said = refused.header("www-authenticate").to_owned();
        assert!(said.starts_with(r#"Bearer error="insufficient_user_authentication", acr_values=""#), "{said}");
        assert!(said.ends_with(r#"max_age="300""#), "{said}");
        // A page cannot read it, and a browser would only be puzzled.
        let by_cookie = browser.send(Call::api("DELETE", "/v1/me", &json!({}))).await;
        assert_eq!((by_cookie.code(), by_cookie.header("www-authenticate")), (403, ""));
        // RFC 6750 §3.1
        let bad = get(&app, "nonsense", "/v1/me").await;
        assert_eq!(bad.header("www-authenticate"), r#"Bearer error="invalid_token""#);
    }

    async fn access_tokens_end_with_their_session_and_their_person(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let me = browser.me().await;
        let claims = app.claims(&me, &[AccountRead]).await;
        let token = app.sign("at+jwt", &claims).await;
        get(&app, &token, "/v1/me").await.expect(200);
        let user = format!("/v1/admin/users/{}", me["sub"].as_str().expect("a sub"));
        browser.post("/bff/logout", json!({})).await.expect(200);
        get(&app, &token, "/v1/me").await.refused(401, "invalid_token");
        let mut again = app.login("ana@x.test").await;
        let claims = app.claims(&again.me().await, &[AccountRead]).await;
        let token = app.sign("at+jwt", &claims).await;
        app.admin("PATCH", &user, json!({ "state": "disabled" })).await.expect(200);
        get(&app, &token, "/v1/me").await.refused(401, "invalid_token");
    }

    async fn api_tokens_do_what_their_owner_may_within_their_scopes(app: TestApp) {
        let (_, user) = appointed(&app, "ana@x.test", "admin", false).await;
        let owner = Principal::User(UserId(user.clone()));
        let (_, token) = app.api_token(owner.clone(), &["users:read", "account:read"]).await;
        get(&app, &token, "/v1/admin/users").await.expect(200);
        get(&app, &token, "/v1/admin/sessions").await.refused(403, "forbidden");
        assert_eq!(get(&app, &token, "/v1/me").await.expect(200).json()["id"], json!(user));
        get(&app, &token, "/v1/me/passkeys").await.refused(403, "forbidden");
        let key = Call::new("GET", "/v1/admin/users").header("x-api-key", &token);
        app.browser().send(key).await.expect(200);
        let create = Call::api("POST", "/v1/admin/users", &json!({ "email": "b@x.test" })).bearer(&token);
        app.browser().send(create).await.refused(403, "forbidden");
        let (_, blind) = app.api_token(owner, &["users:read"]).await;
        get(&app, &blind, "/v1/me").await.refused(403, "forbidden");
        // A slip of the pen is told from a token before the database is asked.
        let slip = format!("{}x", &token[..token.len() - 1]);
        get(&app, &slip, "/v1/admin/users").await.refused(401, "invalid_token");
        app.clock.advance_s(3601);
        get(&app, &token, "/v1/admin/users").await.refused(401, "token_expired");
    }

    async fn tokens_end_when_revoked_and_with_their_owner(app: TestApp) {
        let (_, user) = appointed(&app, "ana@x.test", "viewer", false).await;
        let (id, token) = app.api_token(Principal::User(UserId(user.clone())), &["users:read"]).await;
        let (_, second) = app.api_token(Principal::User(UserId(user.clone())), &["users:read"]).await;
        get(&app, &token, "/v1/admin/users").await.expect(200);
        let mut write = app.core().begin().await.expect("a transaction");
        let now = write.now();
        assert!(api_tokens::revoke(&mut write.tx, &id, now).await.expect("revoked"));
        write.invalidate(Change::Ended, Scope::Session, &id);
        app.core().commit(write).await.expect("a commit");
        get(&app, &token, "/v1/admin/users").await.refused(401, "invalid_token");
        get(&app, &second, "/v1/admin/users").await.expect(200);
        let path = format!("/v1/admin/users/{user}");
        app.admin("PATCH", &path, json!({ "state": "disabled" })).await.expect(200);
        get(&app, &second, "/v1/admin/users").await.refused(401, "invalid_token");
        let acme = org(&app, "acme").await;
        let service = app.service_account(&acme, "owner").await;
        let (_, theirs) = app.api_token(Principal::ServiceAccount(service), &["members:read"]).await;
        let members = format!("/v1/organizations/{acme}/members");
        get(&app, &theirs, &members).await.expect(200);
        let path = format!("/v1/organizations/{acme}");
        app.admin("PATCH", &path, json!({ "state": "disabled" })).await.expect(200);
        get(&app, &theirs, &members).await.refused(401, "invalid_token");
    }

    async fn service_accounts_have_tokens_of_their_own(app: TestApp) {
        let (acme, globex) = (org(&app, "acme").await, org(&app, "globex").await);
        let scopes = ["members:read", "org:write", "users:read"];
        let own = app.service_account(&acme, "owner").await;
        let (_, token) = app.api_token(Principal::ServiceAccount(own.clone()), &scopes).await;
        get(&app, &token, &format!("/v1/organizations/{acme}/members")).await.expect(200);
        get(&app, &token, &format!("/v1/organizations/{globex}/members")).await.refused(403, "forbidden");
        get(&app, &token, "/v1/admin/users").await.refused(403, "forbidden");
        let rename = Call::api("PATCH", &format!("/v1/organizations/{acme}"), &json!({ "name": "A" })).bearer(&token);
        app.browser().send(rename).await.expect(200);
        let changed = app.events("organization.updated").await;
        assert_eq!(changed[0].actor, format!("service_account:{own}"));
        let tenant = app.tenant().await.id;
        let mut tx = tx(&app).await;
        let of_tenant = ServiceAccount {
            id: "svc1".into(), org: None, name: "CI".into(), state: ServiceState::Active,
            roles: Vec::new(), version: 1, created_at: AT,
        };
        service_accounts::create(&mut tx, &tenant, &of_tenant).await.expect("a service account");
        tx.commit().await.expect("a commit");
        let (_, service) = app.api_token(Principal::ServiceAccount("svc1".into()), &["users:read"]).await;
        get(&app, &service, "/v1/admin/users").await.refused(403, "forbidden");
        let mut tx = crate::harness::rows::tx(&app).await;
        operators::grant(&mut tx, "gs", ("service_account", "svc1"), "admin", Some(&tenant), AT).await.expect("granted");
        tx.commit().await.expect("a commit");
        get(&app, &service, "/v1/admin/users").await.expect(200);
        get(&app, &service, "/v1/admin/upstreams").await.refused(403, "forbidden");
        get(&app, &service, "/v1/me").await.refused(403, "forbidden");
    }

    async fn an_organizations_admin_administers_that_one_and_nobody_above(app: TestApp) {
        let (acme, globex) = (org(&app, "acme").await, org(&app, "globex").await);
        let mut owner = app.signup("owner@x.test").await;
        let mut admin = app.signup("admin@x.test").await;
        let mut member = app.signup("member@x.test").await;
        let (owner_id, admin_id, member_id) = (sub(&mut owner).await, sub(&mut admin).await, sub(&mut member).await);
        for (user, role) in [(&owner_id, "owner"), (&admin_id, "admin"), (&member_id, "member")] {
            join(&app, &acme, user, &[role]).await;
        }
        let at = |org: &str, user: &str| format!("/v1/organizations/{org}/members/{user}");
        admin.get(&format!("/v1/organizations/{acme}/members")).await.expect(200);
        admin.get(&format!("/v1/organizations/{globex}/members")).await.refused(403, "forbidden");
        admin.get("/v1/organizations/nothing/members").await.refused(403, "forbidden");
        admin.get("/v1/organizations").await.refused(403, "forbidden");
        let put = |path: String, roles: Value| Call::api("PUT", &path, &json!({ "roles": roles }));
        admin.send(put(at(&acme, &member_id), json!(["member", "admin"]))).await.expect(200);
        for (user, roles) in [
            (&admin_id, json!(["admin", "owner"])), (&member_id, json!(["owner"])), (&owner_id, json!(["member"])),
        ] {
            admin.send(put(at(&acme, user), roles)).await.refused(403, "forbidden");
        }
        admin.send(put(at(&globex, &admin_id), json!(["admin"]))).await.refused(403, "forbidden");
        admin.send(Call::api("DELETE", &at(&acme, &owner_id), &json!({}))).await.refused(403, "forbidden");
        admin.send(Call::api("PATCH", &at(&acme, &owner_id), &json!({ "state": "suspended" }))).await.refused(403, "forbidden");
        admin.send(Call::api("DELETE", &format!("/v1/organizations/{acme}"), &json!({}))).await.refused(403, "forbidden");
        // The last owner stays, whoever asks.
        owner.send(put(at(&acme, &owner_id), json!(["admin"]))).await.refused(409, "conflict");
        app.admin("DELETE", &at(&acme, &owner_id), json!({})).await.refused(409, "conflict");
        app.admin("PATCH", &at(&acme, &owner_id), json!({ "state": "suspended" })).await.refused(409, "conflict");
        owner.send(put(at(&acme, &admin_id), json!(["owner"]))).await.expect(200);
        owner.send(put(at(&acme, &owner_id), json!(["admin"]))).await.expect(200);
        // A plain member administers nothing, and reads nobody.
        app.admin("PUT", &at(&acme, &member_id), json!({ "roles": ["member"] })).await.expect(200);
        // A name is no id, or somebody could be taken for another organization.
        let renamed = Call::api("PATCH", &format!("/v1/organizations/{acme}"), &json!({ "slug": globex }));
        owner.send(renamed).await.refused(422, "invalid_field");
        for path in [format!("/v1/organizations/{acme}"), format!("/v1/organizations/{acme}/members"), at(&acme, &member_id)] {
            member.get(&path).await.refused(403, "forbidden");
        }
        let denied = app.events("access.denied").await;
        let theirs = |event: &&laneway::store::audit::EventRow| event.actor == format!("user:{member_id}");
        assert_eq!(denied.iter().filter(theirs).count(), 3);
        assert!(denied.iter().all(|event| event.outcome == "denied"));
    }

    async fn roles_are_those_that_somebody_defined(app: TestApp) {
        let acme = org(&app, "acme").await;
        let user = id_of(&app.admin("POST", "/v1/admin/users", json!({ "email": "a@x.test" })).await.expect(201));
        let path = format!("/v1/organizations/{acme}/members/{user}");
        let refused = app.admin("PUT", &path, json!({ "roles": ["member", "emperor"] })).await.refused(422, "invalid_field");
        assert_eq!(refused.json()["errors"][0]["pointer"], "/roles/1");
        app.admin("GET", &path, json!({})).await.refused(404, "not_found");
        let roles = app.admin("GET", &format!("/v1/organizations/{acme}/roles"), json!({})).await.expect(200).json();
        let names: Vec<&str> = roles["items"].as_array().expect("items").iter().filter_map(|role| role["slug"].as_str()).collect();
        assert_eq!(names, ["admin", "member", "owner", "viewer"]);
    }

    async fn a_tenants_operator_reaches_nobody_above(app: TestApp) {
        let (_, owner) = appointed(&app, "owner@x.test", "owner", true).await;
        let (mut admin, admin_id) = appointed(&app, "admin@x.test", "admin", false).await;
        let (mut second, second_id) = appointed(&app, "second@x.test", "owner", false).await;
        let user = format!("/v1/admin/users/{owner}");
        for (method, path, body) in [
            ("PATCH", user.clone(), json!({ "state": "disabled" })),
            ("PATCH", user.clone(), json!({ "email": "evil@x.test" })),
            ("DELETE", user.clone(), json!({})),
            ("PUT", format!("{user}/identities"), json!({ "upstream": "embedded", "subject": "evil" })),
            // Whoever says who somebody is, or receives their cookies, could be anybody.
            ("POST", "/v1/admin/upstreams".into(), json!({ "kind": "fake", "name": "e", "issuer": "https://e.test", "client_id": "c" })),
            ("POST", format!("/v1/admin/tenants/{}/hosts", app.tenant().await.id), json!({ "host": "evil.test", "purpose": "login" })),
        ] {
            for browser in [&mut admin, &mut second] {
                browser.send(Call::api(method, &path, &body)).await.refused(403, "forbidden");
            }
        }
        let appoint = |user: &str, role: &str, scope: &str| {
            Call::api("POST", "/v1/admin/operators", &json!({ "user": user, "role": role, "scope": scope }))
        };
        admin.send(appoint(&admin_id, "owner", "tenant")).await.refused(403, "forbidden");
        second.send(appoint(&second_id, "owner", "instance")).await.refused(403, "forbidden");
        second.send(appoint(&second_id, "viewer", "instance")).await.refused(403, "forbidden");
        second.send(appoint(&admin_id, "owner", "tenant")).await.expect(201);
        second.send(appoint(&admin_id, "owner", "tenant")).await.refused(409, "duplicate");
        let listed = second.get("/v1/admin/operators").await.expect(200).json();
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(4));
        second.send(Call::api("DELETE", &format!("/v1/admin/operators/g-{owner}"), &json!({}))).await.refused(403, "forbidden");
        let path = format!("/v1/admin/operators/g-{admin_id}");
        second.send(Call::api("DELETE", &path, &json!({}))).await.expect(204);
        second.send(Call::api("DELETE", &path, &json!({}))).await.refused(404, "not_found");
        // What lies below them is theirs, but nobody else's id.
        let bob = id_of(&admin.post("/v1/admin/users", json!({ "email": "bob@x.test" })).await.expect(201));
        let stolen = Call::api("PUT", &format!("/v1/admin/users/{bob}/identities"), &json!({ "upstream": "embedded", "subject": owner }));
        admin.send(stolen).await.refused(422, "invalid_field");
        admin.send(Call::api("PATCH", &format!("/v1/admin/users/{bob}"), &json!({ "state": "disabled" }))).await.expect(200);
    }

    async fn the_last_owner_of_an_organization_does_not_leave_others_behind(app: TestApp) {
        let acme = org(&app, "acme").await;
        let mut owner = app.signup("owner@x.test").await;
        let (owner_id, mut other) = (sub(&mut owner).await, app.signup("other@x.test").await);
        let other_id = sub(&mut other).await;
        join(&app, &acme, &owner_id, &["owner"]).await;
        join(&app, &acme, &other_id, &["member"]).await;
        let leave = Call::api("DELETE", "/v1/me", &json!({}));
        owner.send(leave.clone()).await.refused(409, "conflict");
        assert_eq!(sub(&mut owner).await, owner_id, "nothing was half done");
        app.login("owner@x.test").await.me().await;
        // Alone there is nobody to leave behind.
        let at = format!("/v1/organizations/{acme}/members/{other_id}");
        app.admin("DELETE", &at, json!({})).await.expect(204);
        owner.send(leave).await.expect(204);
        join(&app, &acme, &other_id, &["owner"]).await;
        let third = id_of(&app.admin("POST", "/v1/admin/users", json!({ "email": "c@x.test" })).await.expect(201));
        join(&app, &acme, &third, &["member"]).await;
        // Whoever runs the installation appoints another one first, too.
        let user = format!("/v1/admin/users/{other_id}");
        app.admin("DELETE", &user, json!({})).await.refused(409, "conflict");
        join(&app, &acme, &third, &["owner"]).await;
        app.admin("DELETE", &user, json!({})).await.expect(204);
    }

    async fn an_organization_is_switched_off_by_whoever_may_dismiss_its_owners(app: TestApp) {
        let acme = org(&app, "acme").await;
        let mut people = Vec::new();
        for (email, role) in [("owner@x.test", "owner"), ("admin@x.test", "admin")] {
            let mut browser = app.signup(email).await;
            let id = sub(&mut browser).await;
            join(&app, &acme, &id, &[role]).await;
            people.push(browser);
        }
        let off = Call::api("PATCH", &format!("/v1/organizations/{acme}"), &json!({ "state": "disabled" }));
        people[1].send(off.clone()).await.refused(403, "forbidden");
        people[0].send(off).await.expect(200);
    }

    async fn an_owner_by_a_providers_group_is_no_other_owner(app: TestApp) {
        let acme = org(&app, "acme").await;
        let mut owner = app.signup("owner@x.test").await;
        let owner_id = sub(&mut owner).await;
        join(&app, &acme, &owner_id, &["owner"]).await;
        let other = id_of(&app.admin("POST", "/v1/admin/users", json!({ "email": "c@x.test" })).await.expect(201));
        join(&app, &acme, &other, &["owner"]).await;
        let mut tx = app.core().db.begin().await.expect("a transaction");
        q("UPDATE role_grants SET source = 'mapping' WHERE membership_id IN \
           (SELECT id FROM memberships WHERE user_id = $1)").bind(&other).run(&mut tx).await.expect("a row");
        tx.commit().await.expect("a commit");
        let leave = Call::api("DELETE", &format!("/v1/me/organizations/{acme}"), &json!({}));
        owner.send(leave).await.refused(409, "conflict");
    }

    async fn the_last_owner_of_the_installation_stays(app: TestApp) {
        let (_, owner) = appointed(&app, "owner@x.test", "owner", true).await;
        let user = format!("/v1/admin/users/{owner}");
        let grant = format!("/v1/admin/operators/g-{owner}");
        app.admin("PATCH", &user, json!({ "state": "disabled" })).await.refused(409, "conflict");
        app.admin("DELETE", &user, json!({})).await.refused(409, "conflict");
        app.admin("DELETE", &grant, json!({})).await.refused(409, "conflict");
        app.login("owner@x.test").await.me().await;
        appointed(&app, "second@x.test", "owner", true).await;
        app.admin("DELETE", &user, json!({})).await.expect(204);
        app.admin("DELETE", &user, json!({})).await.refused(404, "not_found");
    }

    async fn an_upstream_that_a_tenants_operator_names_is_trusted_like_a_tenants(app: TestApp) {
        let tenant = app.tenant().await.id;
        let token = app.operator_of("admin", Some(&tenant)).await;
        let body = json!({ "kind": "oidc", "name": "theirs", "issuer": "https://idp.example", "client_id": "c" });
        let made = app.browser().send(Call::api("POST", "/v1/admin/upstreams", &body).bearer(&token)).await.expect(201);
        assert_eq!(made.json()["trust"], "tenant");
        let path = made.location().to_owned();
        let touched = app.admin("PATCH", &path, json!({ "client_id": "d" })).await.expect(200);
        assert_eq!(touched.json()["trust"], "tenant", "their address is not laundered by an owner's edit");
        let body = json!({ "kind": "oidc", "name": "ours", "issuer": "http://10.0.0.1", "client_id": "c" });
        let made = app.admin("POST", "/v1/admin/upstreams", body).await.expect(201);
        assert_eq!(made.json()["trust"], "operator");
        let patch = Call::api("PATCH", made.location(), &json!({ "client_id": "d" })).bearer(&token);
        assert_eq!(app.browser().send(patch).await.expect(200).json()["trust"], "tenant");
    }
}

#[tokio::test]
async fn forged_and_foreign_access_tokens_count_for_nothing() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    let good = app.claims(&browser.me().await, &[AccountRead]).await;
    let refused = |code: &'static str, token: String| {
        let app = &app;
        async move { get(app, &token, "/v1/me").await.refused(401, code) }
    };
    app.enter(&mut browser, APP).await;
    let echoed = browser
        .send(Call::new("GET", &format!("{APP}/api/echo/x")).header("x-csrf", "1"))
        .await
        .expect(200)
        .text();
    let proxied = echoed
        .split("Bearer ")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    refused("invalid_token", proxied.expect("a token").to_owned()).await;
    for typ in ["JWT", "logout+jwt", "id+jwt"] {
        refused("invalid_token", app.sign(typ, &good).await).await;
    }
    let mut other = good.clone();
    other.iss = "https://evil.test".into();
    refused("invalid_token", app.sign("at+jwt", &other).await).await;
    let mut other = good.clone();
    other.sub = "somebody-else".into();
    refused("invalid_token", app.sign("at+jwt", &other).await).await;
    let mut early = good.clone();
    early.iat += 3600;
    refused("invalid_token", app.sign("at+jwt", &early).await).await;
    let mut late = good.clone();
    late.exp = late.iat;
    refused("token_expired", app.sign("at+jwt", &late).await).await;
    let token = app.sign("at+jwt", &good).await;
    let parts: Vec<&str> = token.split('.').collect();
    let encode = |value: Value| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string())
    };
    for header in [
        json!({ "alg": "none", "typ": "at+jwt", "kid": "x" }),
        json!({ "alg": "HS256", "typ": "at+jwt", "kid": "x" }),
        json!({ "alg": "ES256", "typ": "at+jwt", "kid": "x", "jwk": {} }),
        json!({ "alg": "ES256", "typ": "at+jwt" }),
    ] {
        let header = encode(header);
        refused(
            "invalid_token",
            format!("{header}.{}.{}", parts[1], parts[2]),
        )
        .await;
        refused("invalid_token", format!("{header}.{}.", parts[1])).await;
    }
    let mut claims = serde_json::to_value(&good).expect("claims");
    claims["aud"] = json!([good.aud, "https://other.test"]);
    refused(
        "invalid_token",
        format!("{}.{}.{}", parts[0], encode(claims), parts[2]),
    )
    .await;
    refused("invalid_token", format!("{token}.x")).await;
    refused("invalid_token", "a".repeat(20_000)).await;
    get(&app, &token, "/v1/me").await.expect(200);
}

#[tokio::test]
async fn a_viewer_reads_everything_and_changes_nothing() {
    let app = TestApp::sqlite().await;
    let tenant = app.tenant().await.id;
    let token = app.operator_of("viewer", Some(&tenant)).await;
    let unknown = app.operator_of("emperor", None).await;
    for (method, path, access) in ROUTES {
        let Access::Needs(permission, _) = access else {
            continue;
        };
        let path = path
            .replace("{id}", tenant.as_str())
            .replace(['{', '}'], "");
        let call = Call::api(method, &path, &json!({})).bearer(&token);
        let code = app.browser().send(call).await.code();
        let reading = permission.as_str().ends_with(":read");
        assert_eq!(code != 403, reading, "{method} {path}: {code}");
        let call = Call::api(method, &path, &json!({})).bearer(&unknown);
        app.browser().send(call).await.refused(403, "forbidden");
    }
}
