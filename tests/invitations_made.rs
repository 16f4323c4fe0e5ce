//! Invitations on the side of whoever makes them: what may be promised, which version is
//! changed, in which language, at which page.

use serde_json::{Value, json};

use crate::harness::{Call, TestApp, form_token};
use crate::invitations::{PATH, closed_to_strangers, id, join, url};

/// Whoever invites promises no more than they have, and touches no greater promise.
#[tokio::test]
async fn nobody_promises_more_than_they_have() {
    let app = TestApp::sqlite().await;
    let org = app.organization("acme").await;
    let there = format!("/v1/organizations/{org}/invitations");
    let tenant = app.tenant().await.id;
    let admin = app.operator_of("admin", Some(&tenant)).await;
    let by_admin = |method: &'static str, path: String, body: Value| {
        let call = Call::api(method, &path, &body).bearer(&admin);
        let mut browser = app.browser();
        async move { browser.send(call).await }
    };
    let body = |email: &str, roles: &[&str]| json!({ "email": email, "roles": roles });
    for role in [
        "member",
        "viewer",
        "auditor",
        "billing",
        "support",
        "security_admin",
        "admin",
    ] {
        by_admin("POST", PATH.into(), body("ina@x.test", &[role]))
            .await
            .expect(201);
    }
    by_admin("POST", PATH.into(), body("ina@x.test", &["owner"]))
        .await
        .refused(403, "forbidden");
    let great = app.invited(PATH, "bo@x.test", &["owner"]).await;
    let at = format!("{PATH}/{}", id(&great));
    by_admin("GET", at.clone(), json!({})).await.expect(200);
    // Neither renewed, nor taken back, nor replaced by a smaller one.
    by_admin("POST", format!("{at}/resend"), json!({}))
        .await
        .refused(403, "forbidden");
    by_admin("DELETE", at.clone(), json!({}))
        .await
        .refused(403, "forbidden");
    by_admin("POST", PATH.into(), body("bo@x.test", &[]))
        .await
        .refused(403, "forbidden");
    app.browser().get(&url(&great)).await.expect(200);

    // An organization's admin invites members and admins, no owners, nobody elsewhere.
    let mut ana = app.signup("ana@x.test").await;
    let sub = ana.me().await["sub"].as_str().expect("an id").to_owned();
    let member = format!("/v1/organizations/{org}/members/{sub}");
    app.admin("PUT", &member, json!({ "roles": ["admin"] }))
        .await
        .expect(200);
    for roles in [&["member"][..], &["admin"], &[]] {
        let call = Call::api("POST", &there, &body("eve@x.test", roles));
        ana.send(call).await.expect(201);
    }
    let call = Call::api("POST", &there, &body("eve@x.test", &["owner"]));
    ana.send(call).await.refused(403, "forbidden");
    let call = Call::api("POST", &there, &body("eve@x.test", &["emperor"]));
    ana.send(call).await.refused(422, "invalid_field");
    let call = Call::api("POST", PATH, &body("eve@x.test", &[]));
    ana.send(call).await.refused(403, "forbidden");
    let other = app.organization("other").await;
    let elsewhere = format!("/v1/organizations/{other}/invitations");
    let call = Call::api("POST", &elsewhere, &body("eve@x.test", &[]));
    ana.send(call).await.refused(403, "forbidden");
    assert_eq!(app.events("member.changed").await.len(), 1);

    // The tenant's owner is none of the installation.
    let owner = app.operator_of("owner", Some(&tenant)).await;
    let call = Call::api("POST", PATH, &body("olga@x.test", &["owner"])).bearer(&owner);
    let made = app.browser().send(call).await.expect(201).json();
    let mut olga = join(&app, &url(&made), "olga@x.test").await;
    olga.get("/v1/admin/operators").await.expect(200);
    let tenant = json!({ "slug": "more", "name": "More", "public_url": "https://more.test" });
    olga.send(Call::api("POST", "/v1/admin/tenants", &tenant))
        .await
        .refused(403, "forbidden");
    assert_eq!(app.events("operator.appointed").await.len(), 1);
}

#[tokio::test]
async fn versions_are_compared_and_an_organization_takes_its_invitations_along() {
    let app = closed_to_strangers().await;
    let org = app.organization("acme").await;
    let there = format!("/v1/organizations/{org}/invitations");
    let made = app.invited(&there, "ina@x.test", &["member"]).await;
    let token = app.operator().await;
    let path = format!("{there}/{}", id(&made));
    let seen = app.admin("GET", &path, json!({})).await.expect(200);
    let tag = seen.header("etag").to_owned();
    app.clock.advance_s(1);
    app.admin("POST", &format!("{path}/resend"), json!({}))
        .await
        .expect(200);
    let stale = Call::api("DELETE", &path, &json!({}))
        .bearer(&token)
        .header("if-match", &tag);
    app.browser()
        .send(stale)
        .await
        .refused(412, "version_mismatch");
    let gone = format!("/v1/organizations/{org}");
    app.admin("DELETE", &gone, json!({})).await.expect(204);
    app.browser().get(&url(&made)).await.expect(404);
    // The address is free for another invitation.
    app.invited(PATH, "ina@x.test", &[]).await;
}

#[tokio::test]
async fn the_mail_and_the_page_speak_german_where_it_is_asked_for() {
    let app = closed_to_strangers().await;
    let token = app.operator().await;
    let call = Call::api("POST", PATH, &json!({ "email": "ina@x.test" }))
        .bearer(&token)
        .header("accept-language", "de");
    let made = app.browser().send(call).await.expect(201).json();
    let mail = app.mails_to("ina@x.test").await.pop().expect("a mail");
    assert!(mail.subject.contains("eingeladen"), "{}", mail.subject);
    assert!(mail.text.contains("Einladung ansehen"));
    let call = Call::new("GET", &url(&made)).header("accept-language", "de");
    let page = app.browser().send(call).await.expect(200).text();
    assert!(page.contains("Sie sind zu") && page.contains("lang=\"de\""));
    let call = Call::new("GET", &url(&made)).header("accept-language", "en");
    let page = app.browser().send(call).await.expect(200).text();
    assert!(page.contains("You are invited to"));
}

#[tokio::test]
async fn operators_invite_and_take_back_at_a_page() {
    let app = closed_to_strangers().await;
    let first = app.invited(PATH, "olga@x.test", &["owner"]).await;
    let mut olga = join(&app, &url(&first), "olga@x.test").await;
    app.organization("acme").await;
    let users = olga.get("/admin/users").await.expect(200).text();
    assert!(users.contains("href=\"/admin/users/invite\""));
    let org = olga.get("/admin/organizations/acme").await.expect(200);
    let at = "/admin/users/invite?org=acme";
    assert!(org.text().contains(at));
    let page = olga.get(at).await.expect(200).text();
    assert!(page.contains("Invite to ACME") && page.contains("value=\"admin\""));
    let csrf = form_token(&page);
    let mut fields = vec![
        ("csrf", csrf.as_str()),
        ("org", "acme"),
        ("action", "invite"),
        ("email", "ina@"),
        ("role", "admin"),
    ];
    let wrong = olga
        .send(Call::form("/admin/users/invite", &fields))
        .await
        .expect(422)
        .text();
    assert!(wrong.contains("value=\"ina@\"") && wrong.contains("full email address"));
    fields[3].1 = "ina@x.test";
    let done = olga.send(Call::form("/admin/users/invite", &fields)).await;
    let done = done.expect(200).text();
    assert!(done.contains("ina@x.test is invited") && done.contains("/invitations/"));
    let mail = app.mails_to("ina@x.test").await.pop().expect("a mail");
    assert!(done.contains(&mail.links[0]), "the link, once");
    let page = olga.get(at).await.expect(200).text();
    assert!(!page.contains("/invitations/") && page.contains("Waiting"));
    let (_, rest) = page.split_once("name=\"id\" value=\"").expect("an id");
    let (row, _) = rest.split_once('"').expect("an id");
    let fields = [
        ("csrf", csrf.as_str()),
        ("org", "acme"),
        ("action", "revoke"),
        ("id", row),
    ];
    let back = olga
        .send(Call::form("/admin/users/invite", &fields))
        .await
        .expect(303);
    assert_eq!(back.location(), "/admin/users/invite?org=acme&done=revoked");
    app.browser().get(&mail.links[0]).await.expect(410);
    // Whoever only looks sees what was made, and is offered nothing to do about it.
    let viewer = app.invited(PATH, "vic@x.test", &["viewer"]).await;
    let mut vic = join(&app, &url(&viewer), "vic@x.test").await;
    let users = vic.get("/admin/users").await.expect(200).text();
    assert!(!users.contains("Invite a person"));
    let made = vic.get("/admin/users/invite").await.expect(200).text();
    assert!(made.contains("vic@x.test") && !made.contains("name=\"action\""));
    for action in ["invite", "resend", "revoke"] {
        let csrf = form_token(&vic.get("/account").await.expect(200).text());
        let fields = [("csrf", csrf.as_str()), ("action", action), ("id", "x")];
        vic.send(Call::form("/admin/users/invite", &fields))
            .await
            .refused(403, "forbidden");
    }
}
