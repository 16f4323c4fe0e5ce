//! Roles of operators against every route of the administration, and who hands them out.

use std::collections::BTreeSet;

use laneway::authz::OperatorRole;
use laneway::http::{Access, At, ROUTES};
use serde_json::{Value, json};

use crate::authority::appointed;
use crate::harness::{Call, Reply, TestApp, both};

/// The roles, each with the letter that stands for it below.
pub const ROLES: [(char, &str); 7] = [
    ('o', "owner"),
    ('a', "admin"),
    ('s', "security_admin"),
    ('h', "support"),
    ('r', "auditor"),
    ('v', "viewer"),
    ('b', "billing"),
];

/// Who may call what, written by hand: the program's own table is proven against this one.
#[rustfmt::skip]
const WHO: &[(&str, &[&str])] = &[
    ("o", &[
        "POST /v1/admin/tenants",
        "POST /v1/admin/operators", "PATCH /v1/admin/operators/{id}", "DELETE /v1/admin/operators/{id}",
    ]),
    ("oa", &[
        "POST /v1/admin/user-imports",
        "POST /v1/admin/users", "PATCH /v1/admin/users/{id}", "DELETE /v1/admin/users/{id}",
        "POST /v1/users", "PATCH /v1/users/{id}", "DELETE /v1/users/{id}",
        "PUT /v1/admin/users/{id}/identities", "DELETE /v1/admin/users/{id}/identities/{identity}",
        "PUT /v1/admin/users/{id}/profile",
        "POST /v1/admin/invitations", "DELETE /v1/admin/invitations/{id}",
        "POST /v1/admin/roles", "PATCH /v1/admin/roles/{role}", "DELETE /v1/admin/roles/{role}",
        "POST /v1/organizations", "DELETE /v1/organizations/{org}",
    ]),
    ("oas", &[
        "PATCH /v1/admin/tenants/{id}", "PUT /v1/admin/tenants/{id}/logo", "DELETE /v1/admin/tenants/{id}/logo",
        "POST /v1/admin/tenants/{id}/hosts", "DELETE /v1/admin/tenants/{id}/hosts/{host}",
        "POST /v1/admin/upstreams", "PATCH /v1/admin/upstreams/{id}", "DELETE /v1/admin/upstreams/{id}",
        "POST /v1/admin/connections", "PATCH /v1/admin/connections/{connection}",
        "POST /v1/admin/connections/{connection}/activate", "POST /v1/admin/connections/{connection}/rollback",
        "GET /v1/admin/connections/{connection}/checks", "POST /v1/admin/connections/{connection}/tests",
        "POST /v1/admin/apps", "PATCH /v1/admin/apps/{app}", "DELETE /v1/admin/apps/{app}",
        "POST /v1/admin/apps/{app}/secret",
        "POST /v1/admin/initial-access-tokens", "DELETE /v1/admin/initial-access-tokens/{id}",
        "POST /v1/admin/keys/rotate", "POST /v1/admin/api-tokens",
        "PATCH /v1/organizations/{org}", "PUT /v1/organizations/{org}/logo", "DELETE /v1/organizations/{org}/logo",
        "POST /v1/organizations/{org}/roles", "PATCH /v1/organizations/{org}/roles/{role}",
        "DELETE /v1/organizations/{org}/roles/{role}",
        "POST /v1/organizations/{org}/groups", "PATCH /v1/organizations/{org}/groups/{group}",
        "DELETE /v1/organizations/{org}/groups/{group}",
        "PUT /v1/organizations/{org}/groups/{group}/members/{user}",
        "DELETE /v1/organizations/{org}/groups/{group}/members/{user}",
        "PUT /v1/organizations/{org}/members/{user}", "PATCH /v1/organizations/{org}/members/{user}",
        "DELETE /v1/organizations/{org}/members/{user}",
        "POST /v1/organizations/{org}/service-accounts", "PATCH /v1/organizations/{org}/service-accounts/{account}",
        "DELETE /v1/organizations/{org}/service-accounts/{account}",
        "POST /v1/organizations/{org}/service-accounts/{account}/keys",
        "POST /v1/organizations/{org}/service-accounts/{account}/public-keys",
        "DELETE /v1/organizations/{org}/service-accounts/{account}/public-keys/{public_key}",
        "DELETE /v1/organizations/{org}/service-accounts/{account}/keys/{key}",
        "POST /v1/organizations/{org}/invitations", "DELETE /v1/organizations/{org}/invitations/{id}",
        "POST /v1/organizations/{org}/invitations/{id}/resend",
        "POST /v1/organizations/{org}/connections", "PATCH /v1/organizations/{org}/connections/{connection}",
        "POST /v1/organizations/{org}/connections/{connection}/activate",
        "POST /v1/organizations/{org}/connections/{connection}/rollback",
        "GET /v1/organizations/{org}/connections/{connection}/checks",
        "POST /v1/organizations/{org}/connections/{connection}/tests",
        "PUT /v1/organizations/{org}/connections/{connection}/role-mappings",
        "PUT /v1/organizations/{org}/break-glass/{user}", "DELETE /v1/organizations/{org}/break-glass/{user}",
        "POST /v1/organizations/{org}/domains", "DELETE /v1/organizations/{org}/domains/{domain}",
        "POST /v1/organizations/{org}/domains/{domain}/verify",
        "GET /v1/organizations/{org}/setup-links", "POST /v1/organizations/{org}/setup-links",
        "GET /v1/organizations/{org}/setup-links/{link}", "DELETE /v1/organizations/{org}/setup-links/{link}",
    ]),
    ("oash", &[
        "POST /v1/admin/invitations/{id}/resend", "DELETE /v1/admin/users/{id}/totp",
        "DELETE /v1/admin/users/{id}/lockouts", "POST /v1/admin/users/{id}/mails",
        "DELETE /v1/admin/users/{id}/sessions", "DELETE /v1/admin/sessions", "DELETE /v1/admin/sessions/{sid}",
        "DELETE /v1/sessions", "DELETE /v1/sessions/{sid}",
    ]),
    ("oasrv", &[
        "GET /v1/invalidations",
        "GET /v1/admin/upstreams", "GET /v1/admin/upstreams/{id}", "POST /v1/admin/upstreams/{id}/probe",
        "GET /v1/admin/connections", "GET /v1/admin/connections/{connection}",
        "GET /v1/admin/connections/{connection}/tests", "GET /v1/admin/connections/{connection}/tests/{test}",
        "GET /v1/admin/connections/{connection}/health",
        "GET /v1/admin/apps", "GET /v1/admin/apps/{app}",
        "GET /v1/admin/initial-access-tokens", "GET /v1/admin/initial-access-tokens/{id}",
        "GET /v1/admin/operators",
        "GET /v1/admin/audit-events", "GET /v1/admin/audit-events/export",
        "GET /v1/organizations/{org}/connections", "GET /v1/organizations/{org}/connections/{connection}",
        "GET /v1/organizations/{org}/connections/{connection}/tests",
        "GET /v1/organizations/{org}/connections/{connection}/tests/{test}",
        "GET /v1/organizations/{org}/connections/{connection}/role-mappings",
        "POST /v1/organizations/{org}/connections/{connection}/role-mappings/simulate",
        "POST /v1/organizations/{org}/connections/{connection}/role-mappings/diff",
        "GET /v1/organizations/{org}/connections/{connection}/health",
        "GET /v1/organizations/{org}/audit-events", "GET /v1/organizations/{org}/break-glass",
        "GET /v1/organizations/{org}/domains", "GET /v1/organizations/{org}/domains/{domain}",
    ]),
    ("oasrvb", &["GET /v1/admin/usage"]),
    ("oashrv", &[
        "GET /v1/admin/users", "GET /v1/admin/users/{id}", "GET /v1/users", "GET /v1/users/{id}",
        "GET /v1/admin/users/{id}/apps", "GET /v1/admin/users/{id}/lockouts",
        "GET /v1/admin/users/{id}/sessions", "GET /v1/admin/users/{id}/identities",
        "GET /v1/admin/users/{id}/profile", "GET /v1/admin/users/{id}/organizations",
        "GET /v1/admin/sessions", "GET /v1/sessions", "GET /v1/admin/receipts",
        "GET /v1/admin/invitations", "GET /v1/admin/invitations/{id}",
        "GET /v1/organizations/{org}/roles", "GET /v1/organizations/{org}/roles/{role}",
        "GET /v1/organizations/{org}/groups", "GET /v1/organizations/{org}/groups/{group}",
        "GET /v1/organizations/{org}/groups/{group}/members",
        "GET /v1/organizations/{org}/members", "GET /v1/organizations/{org}/members/{user}",
        "GET /v1/organizations/{org}/service-accounts", "GET /v1/organizations/{org}/service-accounts/{account}",
        "GET /v1/organizations/{org}/service-accounts/{account}/keys",
        "GET /v1/organizations/{org}/service-accounts/{account}/public-keys",
        "GET /v1/organizations/{org}/invitations", "GET /v1/organizations/{org}/invitations/{id}",
    ]),
    ("oashrvb", &[
        "GET /v1/admin/tenants", "GET /v1/admin/tenants/{id}", "GET /v1/admin/tenants/{id}/hosts",
        "GET /v1/admin/tenants/{id}/hosts/{host}",
        "GET /v1/admin/roles", "GET /v1/admin/roles/{role}", "POST /v1/admin/routing/explain",
        "GET /v1/organizations", "GET /v1/organizations/{org}",
    ]),
];

fn administered() -> impl Iterator<Item = (&'static str, &'static str, At)> {
    ROUTES
        .iter()
        .filter_map(|(method, path, access)| match access {
            Access::Needs(_, at) => Some((*method, *path, *at)),
            _ => None,
        })
}

/// The letters of who may call a route.
fn who(method: &str, path: &str) -> &'static str {
    let route = format!("{method} {path}");
    let found: Vec<&str> = WHO
        .iter()
        .filter(|(_, routes)| routes.contains(&route.as_str()))
        .map(|(letters, _)| *letters)
        .collect();
    assert_eq!(found.len(), 1, "{route}: say once who may");
    found[0]
}

#[test]
fn every_role_and_every_route_stands_in_the_table() {
    let known: Vec<&str> = OperatorRole::ALL.iter().map(|role| role.as_str()).collect();
    let named: Vec<&str> = ROLES.iter().map(|(_, role)| *role).collect();
    assert_eq!(known, named);
    let mut routes = BTreeSet::new();
    for (method, path, _) in administered() {
        who(method, path);
        routes.insert(format!("{method} {path}"));
    }
    for route in WHO.iter().flat_map(|(_, routes)| routes.iter()) {
        assert!(routes.contains(*route), "{route} is no route any more");
    }
}

#[tokio::test]
async fn each_role_is_let_in_where_the_table_says_and_refused_elsewhere() {
    let app = TestApp::sqlite().await;
    let tenant = app.tenant().await.id;
    for (letter, role) in ROLES {
        let near = app.operator_of(role, Some(&tenant)).await;
        let far = app.operator_of(role, None).await;
        for (method, path, at) in administered() {
            let allowed = who(method, path).contains(letter);
            let url = path.replace("{id}", tenant.as_str());
            let url = url.replace(['{', '}'], "");
            // What is done for the whole installation, nobody does by a role over a tenant.
            let token = if at == At::Instance { &far } else { &near };
            let call = Call::api(method, &url, &json!({})).bearer(token);
            let reply = app.browser().send(call).await;
            let refused = reply.code() == 403;
            assert_eq!(
                refused,
                !allowed,
                "{role}: {method} {path}: {}",
                reply.text()
            );
            if refused {
                reply.refused(403, "forbidden");
            }
        }
    }
    let call = Call::api("POST", "/v1/admin/tenants", &json!({}));
    let near = app.operator_of("owner", Some(&tenant)).await;
    app.browser()
        .send(call.bearer(&near))
        .await
        .refused(403, "forbidden");
}

async fn appoint(by: &mut crate::harness::Browser, user: &str, role: &str, scope: &str) -> Reply {
    let body = json!({ "user": user, "role": role, "scope": scope });
    by.post("/v1/admin/operators", body).await
}

fn change(grant: &str, role: &str) -> Call {
    let path = format!("/v1/admin/operators/{grant}");
    Call::api("PATCH", &path, &json!({ "role": role }))
}

fn parsed(text: Option<&String>) -> Value {
    text.map_or(Value::Null, |text| {
        serde_json::from_str(text).expect("JSON")
    })
}

both! {
    async fn a_role_is_given_changed_and_taken_with_the_old_and_the_new_one_in_the_record(app: TestApp) {
        let (mut owner, _) = appointed(&app, "owner@x.test", "owner", true).await;
        let mut bo = app.signup("bo@x.test").await;
        let id = bo.me().await["sub"].as_str().expect("a sub").to_owned();
        bo.get("/v1/admin/tenants").await.refused(403, "forbidden");
        let made = appoint(&mut owner, &id, "support", "tenant").await.expect(201).json();
        let grant = made["id"].as_str().expect("an id").to_owned();
        assert_eq!(made["role"], "support");
        bo.get("/v1/admin/users").await.expect(200);
        bo.get("/v1/admin/audit-events").await.refused(403, "forbidden");
        app.clock.advance_s(1);
        let changed = owner.send(change(&grant, "auditor")).await.expect(200).json();
        assert_eq!((&changed["id"], &changed["role"]), (&made["id"], &json!("auditor")));
        // It counts at once: for what they may now, and what they may no more.
        bo.get("/v1/admin/audit-events").await.expect(200);
        let end = Call::api("DELETE", "/v1/admin/sessions/s1", &json!({}));
        bo.send(end).await.refused(403, "forbidden");
        // The same again is no change, and an unknown word none either.
        owner.send(change(&grant, "auditor")).await.expect(200);
        owner.send(change(&grant, "emperor")).await.refused(422, "invalid_field");
        owner.send(change("g0", "auditor")).await.refused(404, "not_found");
        appoint(&mut owner, &id, "billing", "tenant").await.expect(201);
        owner.send(change(&grant, "billing")).await.refused(409, "duplicate");
        app.clock.advance_s(1);
        let path = format!("/v1/admin/operators/{grant}");
        owner.send(Call::api("DELETE", &path, &json!({}))).await.expect(204);
        for (kind, before, after) in [
            ("operator.changed", json!({ "role": "support" }), json!({ "role": "auditor" })),
            ("operator.dismissed", json!({ "role": "auditor" }), Value::Null),
        ] {
            let events = app.events(kind).await;
            assert_eq!(events.len(), 1, "{kind}");
            assert_eq!(parsed(events[0].before.as_ref()), before, "{kind}");
            assert_eq!(parsed(events[0].after.as_ref()), after, "{kind}");
            assert_eq!(events[0].target, format!("user:{id}"));
        }
        let first = app.events("operator.appointed").await;
        let new: Vec<Value> = first.iter().map(|event| parsed(event.after.as_ref())).collect();
        assert!(new.contains(&json!({ "role": "support" })), "{new:?}");
    }

    async fn only_an_owner_hands_roles_out_and_the_last_one_stays(app: TestApp) {
        let (mut owner, owner_id) = appointed(&app, "owner@x.test", "owner", true).await;
        let (mut second, _) = appointed(&app, "second@x.test", "owner", false).await;
        let mut bo = app.signup("bo@x.test").await;
        let id = bo.me().await["sub"].as_str().expect("a sub").to_owned();
        let made = appoint(&mut owner, &id, "billing", "tenant").await.expect(201).json();
        let grant = made["id"].as_str().expect("an id").to_owned();
        for (letter, role) in ROLES {
            if letter == 'o' {
                continue;
            }
            let (mut one, one_id) = appointed(&app, &format!("{role}@x.test"), role, true).await;
            for wanted in ["owner", role, "viewer"] {
                appoint(&mut one, &id, wanted, "tenant").await.refused(403, "forbidden");
                appoint(&mut one, &one_id, wanted, "instance").await.refused(403, "forbidden");
                one.send(change(&grant, wanted)).await.refused(403, "forbidden");
                one.send(change(&format!("g-{one_id}"), wanted)).await.refused(403, "forbidden");
            }
        }
        // An owner of the tenant: up to themselves, there.
        second.send(change(&grant, "owner")).await.expect(200);
        second.send(change(&grant, "security_admin")).await.expect(200);
        appoint(&mut second, &id, "billing", "instance").await.refused(403, "forbidden");
        second.send(change(&format!("g-{owner_id}"), "viewer")).await.refused(403, "forbidden");
        // The last owner of the installation gives it away to nobody but another owner.
        let own = format!("g-{owner_id}");
        owner.send(change(&own, "admin")).await.refused(409, "conflict");
        appoint(&mut owner, &id, "owner", "instance").await.expect(201);
        owner.send(change(&own, "admin")).await.expect(200);
        owner.send(change(&own, "owner")).await.refused(403, "forbidden");
    }

    async fn support_helps_and_sees_no_link_and_nobody_above_is_touched(app: TestApp) {
        let (mut helper, _) = appointed(&app, "help@x.test", "support", false).await;
        let mut ana = app.signup("ana@x.test").await;
        let id = ana.me().await["sub"].as_str().expect("a sub").to_owned();
        helper.get(&format!("/v1/admin/users/{id}")).await.expect(200);
        let end = Call::api("DELETE", &format!("/v1/admin/users/{id}/sessions"), &json!({}));
        helper.send(end).await.expect(204);
        ana.get("/bff/user").await.expect(401);
        let off = Call::api("PATCH", &format!("/v1/admin/users/{id}"), &json!({ "state": "disabled" }));
        helper.send(off).await.refused(403, "forbidden");
        let body = json!({ "email": "ina@x.test" });
        helper.post("/v1/admin/invitations", body.clone()).await.refused(403, "forbidden");
        let made = app.admin("POST", "/v1/admin/invitations", body).await.expect(201);
        let first = made.json()["url"].as_str().expect("a link").to_owned();
        let at = format!("{}/resend", made.location());
        app.clock.advance_s(1);
        let sent = helper.post(&at, json!({})).await.expect(200).json();
        assert_eq!(sent.get("url"), None, "whoever has the link can be whom it is for: {sent}");
        assert_ne!(sent["expires_at"], made.json()["expires_at"]);
        assert_ne!(app.browser().get(&first).await.code(), 200, "the link before is dead");
        for role in ["auditor", "admin"] {
            let body = json!({ "email": format!("{role}@x.test"), "roles": [role] });
            let great = app.admin("POST", "/v1/admin/invitations", body).await.expect(201);
            let at = format!("{}/resend", great.location());
            helper.post(&at, json!({})).await.refused(403, "forbidden");
        }
    }

    async fn support_takes_a_lost_second_factor_off_and_the_person_is_told(app: TestApp) {
        let (mut helper, helper_id) = appointed(&app, "help@x.test", "support", false).await;
        let (mut auditor, auditor_id) = appointed(&app, "audit@x.test", "auditor", false).await;
        app.passwords_on().await;
        app.person("ana@x.test").await;
        let mut ana = app.browser();
        app.by_password(&mut ana, "ana@x.test").await;
        let id = ana.me().await["sub"].as_str().expect("a sub").to_owned();
        let at = |id: &str| Call::api("DELETE", &format!("/v1/admin/users/{id}/totp"), &json!({}));
        helper.send(at(&id)).await.refused(404, "not_found");
        app.set_up_app(&mut ana).await;
        auditor.send(at(&id)).await.refused(403, "forbidden");
        helper.send(at(&auditor_id)).await.refused(403, "forbidden");
        helper.send(at(&helper_id)).await.refused(409, "conflict");
        let vouched = json!({ "email_verified": true });
        app.admin("PATCH", &format!("/v1/admin/users/{id}"), vouched).await.expect(200);
        helper.send(at(&id)).await.expect(204);
        ana.get("/bff/user").await.expect(401);
        let mut again = app.browser();
        let flow = app.by_password(&mut again, "ana@x.test").await;
        assert_eq!(flow["state"], "done", "the password is what is left: {flow}");
        assert_eq!(again.get("/v1/me/totp").await.expect(200).json()["set"], false);
        helper.send(at(&id)).await.refused(404, "not_found");
        let events = app.events("second_factor.reset").await;
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].actor, format!("user:{helper_id}"));
        assert_eq!(events[0].target, format!("user:{id}"));
        let mails = app.mails_to("ana@x.test").await;
        assert!(mails.iter().any(|mail| mail.subject.contains("second factor")), "they are told");
    }

    async fn billing_sees_numbers_and_no_people(app: TestApp) {
        let (mut billing, _) = appointed(&app, "bill@x.test", "billing", false).await;
        app.organization("acme").await;
        app.signup("ana@x.test").await;
        let used = billing.get("/v1/admin/usage").await.expect(200);
        let text = used.text();
        assert!(!text.contains("x.test") && !text.contains("acme"), "{text}");
        assert!(used.json()["users"]["active"].as_u64() >= Some(1), "{text}");
        assert_eq!(used.json()["sign_ins"]["days"], 30);
        let listed = billing.get("/v1/organizations").await.expect(200).json();
        assert_eq!(listed["items"][0]["slug"], "acme");
        billing.get("/v1/organizations/acme/members").await.refused(403, "forbidden");
    }
}
