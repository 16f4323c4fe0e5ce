//! Roles of operators against every page of the administration: who opens it, who sends its
//! forms, and that nobody is shown a way to where they are refused.

use std::collections::{BTreeSet, VecDeque};

use serde_json::json;

use crate::authority::appointed;
use crate::desk_settings::upload_to;
use crate::harness::{Browser, Call, TestApp, form_token};
use crate::operator_roles::ROLES;

/// Who opens what and who sends what, by the letters of the roles.
#[rustfmt::skip]
const WHO: &[(&str, &[&str])] = &[
    ("o", &["POST /admin/users/{id}/operator"]),
    ("oa", &[
        "POST /admin/users/invite", "POST /admin/users/{id}/state",
        "GET /admin/users/{id}/delete", "POST /admin/users/{id}/delete",
        "POST /admin/users/{id}/identities", "POST /admin/users/{id}/identities/{link}/remove",
        "POST /admin/organizations",
    ]),
    ("oas", &[
        "GET /admin/upstream", "POST /admin/upstream", "POST /admin/upstream/activate",
        "GET /admin/upstreams/{id}/activate", "POST /admin/upstreams/{id}/activate",
        "POST /admin/connections", "GET /admin/connections/new", "POST /admin/connections/new",
        "POST /admin/apps", "POST /admin/apps/{app}",
        "POST /admin/organizations/{org}/members", "POST /admin/organizations/{org}/sign-in",
        "POST /admin/settings", "POST /admin/settings/about", "POST /admin/settings/logo",
        "POST /admin/settings/logo/remove", "POST /admin/settings/hosts", "POST /admin/settings/hosts/{id}/remove",
        "GET /org/{org}/people/invite", "POST /org/{org}/people/invite", "POST /org/{org}/people/{user}",
        "POST /org/{org}/groups", "POST /org/{org}/groups/{group}",
        "POST /org/{org}/services", "POST /org/{org}/services/{account}",
        "POST /org/{org}/roles", "POST /org/{org}/roles/{role}",
        "POST /org/{org}/connections", "POST /org/{org}/domains", "POST /org/{org}/sign-in",
        "GET /org/{org}/settings", "POST /org/{org}/settings", "POST /org/{org}/settings/logo",
        "POST /org/{org}/settings/logo/remove",
    ]),
    ("oash", &[
        "POST /admin/users/{id}/totp/reset", "POST /admin/users/{id}/unlock", "POST /admin/users/{id}/mails",
        "POST /admin/users/{id}/sessions/end",  "POST /admin/users/{id}/sessions/{sid}/end",
    ]),
    ("oasrv", &[
        "GET /admin/upstreams", "POST /admin/upstreams/{id}/probe", "GET /admin/connections",
        "GET /admin/apps", "GET /admin/apps/{app}", "GET /admin/organizations/{org}/sign-in",
        "GET /admin/audit", "GET /admin/audit/export",
        "GET /org/{org}/connections", "GET /org/{org}/connections/{connection}", "GET /org/{org}/domains",
        "GET /org/{org}/sign-in", "GET /org/{org}/audit", "GET /org/{org}/audit/export",
    ]),
    ("oashrv", &[
        "GET /admin/users", "GET /admin/users/{id}", "GET /admin/users/invite", "GET /admin/organizations/{org}",
        "GET /org/{org}/people", "GET /org/{org}/people/{user}", "GET /org/{org}/groups", "GET /org/{org}/groups/{group}",
        "GET /org/{org}/services", "GET /org/{org}/services/{account}",
        "GET /org/{org}/roles", "GET /org/{org}/roles/{role}",
    ]),
    ("oashrvb", &["GET /admin", "GET /admin/organizations", "GET /admin/settings", "GET /org/{org}"]),
];

/// The rooms that the menu leads to.
const ROOMS: [&str; 8] = [
    "/admin",
    "/admin/users",
    "/admin/organizations",
    "/admin/upstreams",
    "/admin/connections",
    "/admin/apps",
    "/admin/settings",
    "/admin/audit",
];

fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    WHO.iter().flat_map(|(letters, routes)| {
        routes.iter().map(|route| {
            let (method, path) = route.split_once(' ').expect("a method and a path");
            (method, path, *letters)
        })
    })
}

fn filled(path: &str) -> String {
    let segments = path.split('/').map(|segment| match segment {
        "{org}" => "acme",
        other if other.starts_with('{') => "x",
        other => other,
    });
    segments.collect::<Vec<_>>().join("/")
}

#[test]
fn every_page_of_the_administration_stands_in_the_table_once() {
    let mut text = include_str!("../src/http/pages.rs").to_owned();
    crate::routes::gather("src/http/pages".as_ref(), &mut text);
    let ours = |path: &str| path.starts_with("/admin") || path.starts_with("/org/");
    let routed: BTreeSet<(String, String)> = crate::routes::routed(&text)
        .into_iter()
        .filter(|(_, path)| ours(path))
        .collect();
    let table: BTreeSet<(String, String)> = all()
        .map(|(method, path, _)| (method.to_owned(), path.to_owned()))
        .collect();
    assert_eq!(routed, table);
    assert_eq!(table.len(), all().count(), "each stands there once");
}

/// One person for each role, over the tenant.
async fn people(app: &TestApp) -> Vec<(char, &'static str, Browser)> {
    let org = app.organization("acme").await;
    let mut ana = app.signup("ana@x.test").await;
    let sub = ana.me().await["sub"].as_str().expect("a sub").to_owned();
    let member = format!("/v1/organizations/{org}/members/{sub}");
    app.admin("PUT", &member, json!({ "roles": ["owner"] }))
        .await
        .expect(200);
    let invited = json!({ "email": "ina@x.test" });
    app.admin("POST", "/v1/admin/invitations", invited)
        .await
        .expect(201);
    let mut all = Vec::new();
    for (letter, role) in ROLES {
        let (browser, _) = appointed(app, &format!("{role}@x.test"), role, false).await;
        all.push((letter, role, browser));
    }
    all
}

#[tokio::test]
async fn pages_open_and_forms_work_for_the_roles_of_the_table_and_say_no_to_the_others() {
    let app = TestApp::sqlite().await;
    for (letter, role, mut browser) in people(&app).await {
        let token = form_token(&browser.get("/account").await.expect(200).text());
        for (method, path, letters) in all() {
            let url = filled(path);
            let call = match method {
                "GET" => Call::new("GET", &url),
                _ if path.ends_with("/logo") => upload_to(&url, &token, "image/png", b"x"),
                _ => Call::form(&url, &[("csrf", token.as_str())]),
            };
            let reply = browser.send(call.header("accept", "text/html")).await;
            let (refused, text) = (reply.code() == 403, reply.text());
            let allowed = letters.contains(letter);
            assert_eq!(refused, !allowed, "{role}: {method} {path}: {text}");
            assert!(reply.code() < 500, "{role}: {method} {path}");
            let of_place = if url.starts_with("/org/") {
                "Your roles in this organization do not include this."
            } else {
                "Your role in this administration does not include this."
            };
            assert!(
                !refused || text.contains(of_place),
                "{role}: {path}: {text}"
            );
        }
    }
}

#[tokio::test]
async fn nobody_is_shown_a_way_to_where_they_are_refused() {
    let app = TestApp::sqlite().await;
    for (letter, role, mut browser) in people(&app).await {
        let home = browser.get("/admin").await.expect(200).text();
        for room in ROOMS {
            let who = all().find(|(method, path, _)| *method == "GET" && *path == room);
            let opens = who.expect("a room").2.contains(letter);
            let shown = home.contains(&format!("href=\"{room}\""));
            assert_eq!(shown, opens, "{role}: {room}");
        }
        let mut seen = BTreeSet::new();
        let mut next = VecDeque::from(["/admin".to_owned()]);
        while let Some(url) = next.pop_front() {
            if seen.len() > 80 || !seen.insert(url.clone()) {
                continue;
            }
            let reply = browser.get(&url).await;
            assert!(reply.code() < 400, "{role}: {url}: {}", reply.code());
            next.extend(ways(&reply.text()));
        }
        assert!(seen.len() > 3, "{role}: {seen:?}");
    }
}

/// Where a page leads within the administration.
fn ways(html: &str) -> Vec<String> {
    html.split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|href| href.starts_with("/admin") || href.starts_with("/org/"))
        .map(|href| {
            let href = href.replace("&amp;", "&").replace("&#38;", "&");
            href.split('#').next().unwrap_or_default().to_owned()
        })
        .collect()
}

#[tokio::test]
async fn an_owner_appoints_changes_and_dismisses_at_a_persons_page() {
    let app = TestApp::sqlite().await;
    let (mut owner, owner_id) = appointed(&app, "owner@x.test", "owner", true).await;
    let (mut auditor, _) = appointed(&app, "audit@x.test", "auditor", false).await;
    let mut bo = app.signup("bo@x.test").await;
    let id = bo.me().await["sub"].as_str().expect("a sub").to_owned();
    let (place, to) = (
        format!("/admin/users/{id}"),
        format!("/admin/users/{id}/operator"),
    );
    let html = owner.get(&place).await.expect(200).text();
    assert!(html.contains("Administers nothing."));
    let token = form_token(&html);
    let form = |fields: &[(&str, &str)]| {
        let mut all = vec![("csrf", token.as_str())];
        all.extend_from_slice(fields);
        Call::form(&to, &all)
    };
    let odd = form(&[("action", "appoint"), ("role", "emperor")]);
    owner.send(odd).await.expect(422);
    let made = form(&[("action", "appoint"), ("role", "support")]);
    let reply = owner.send(made.clone()).await.expect(303);
    assert_eq!(reply.location(), format!("{place}?done=appointed"));
    owner.send(made).await.expect(409);
    let html = owner.get(&place).await.expect(200).text();
    assert!(html.contains("<b>Support</b>"), "{html}");
    let grant = html.split("name=\"grant\" value=\"").nth(1);
    let grant = grant.and_then(|rest| rest.split('"').next());
    let grant = grant.expect("a grant").to_owned();
    bo.get("/admin/users").await.expect(200);
    let change = form(&[("action", "change"), ("grant", &grant), ("role", "billing")]);
    owner.send(change).await.expect(303);
    bo.get("/admin/users").await.refused(403, "forbidden");
    // Who reads sees it and is offered nothing; a grant of somebody else is not decided here.
    let html = auditor.get(&place).await.expect(200).text();
    assert!(
        html.contains("<b>Billing</b>") && !html.contains("/operator\""),
        "{html}"
    );
    let own = format!("g-{owner_id}");
    let foreign = form(&[("action", "dismiss"), ("grant", &own)]);
    owner.send(foreign).await.expect(404);
    let gone = form(&[("action", "dismiss"), ("grant", &grant)]);
    owner.send(gone).await.expect(303);
    bo.get("/admin").await.refused(403, "forbidden");
    // Not themselves, who might be the last one.
    let html = owner
        .get(&format!("/admin/users/{owner_id}"))
        .await
        .expect(200)
        .text();
    assert!(html.contains("<b>Owner</b>") && !html.contains("/operator\""));
    let call = [
        ("csrf", token.as_str()),
        ("action", "dismiss"),
        ("grant", own.as_str()),
    ];
    let call = Call::form(&format!("/admin/users/{owner_id}/operator"), &call);
    owner.send(call).await.expect(409);
}

#[tokio::test]
async fn support_sends_an_invitation_again_at_its_page_and_sees_no_link() {
    let app = TestApp::sqlite().await;
    let (mut helper, _) = appointed(&app, "help@x.test", "support", false).await;
    let body = json!({ "email": "ina@x.test" });
    let made = app
        .admin("POST", "/v1/admin/invitations", body)
        .await
        .expect(201);
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let place = "/admin/users/invite";
    let html = helper.get(place).await.expect(200).text();
    assert!(html.contains("value=\"resend\"") && !html.contains("value=\"revoke\""));
    assert!(!html.contains("value=\"invite\""), "{html}");
    let token = form_token(&html);
    let fields = [("csrf", token.as_str()), ("id", id.as_str())];
    let form = |action| Call::form(place, &[&fields[..], &[("action", action)]].concat());
    let html = helper.send(form("resend")).await.expect(200).text();
    assert!(html.contains("The one before is dead.") && !html.contains("/invitations/"));
    helper.send(form("revoke")).await.refused(403, "forbidden");
    // An organization's are its own people's and administrators' to send.
    let fields = [&fields[..], &[("action", "resend"), ("org", "acme")]].concat();
    app.organization("acme").await;
    helper
        .send(Call::form(place, &fields))
        .await
        .refused(403, "forbidden");
}
