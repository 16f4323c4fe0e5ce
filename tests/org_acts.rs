//! What an organization's own people do at its pages, one by one.

use serde_json::json;

use crate::harness::app::Options;
use crate::harness::names::NameServer;
use crate::harness::saml::SamlCustomer;
use crate::harness::{Call, LOGIN, TestApp, both, form_token};
use crate::invitations::join;
use crate::org_pages::{HOME, hidden, id_of, member, page, post, says, silent, text};

both! {
    async fn the_home_says_what_is_missing_and_where_to_go(app: TestApp) {
        let org = app.organization("acme").await;
        let (mut ana, _) = member(&app, &org, "ana@acme.test", &["owner"]).await;
        says(&page(&mut ana, "/account").await, "href=\"/org/acme\"");
        let html = page(&mut ana, HOME).await;
        says(&html, "One member");
        says(&html, "Appoint a second one");
        says(&html, "No proven domain");
        says(&html, "No company sign-in");
        for room in ["people", "connections", "domains", "sign-in", "settings"] {
            says(&html, &format!("href=\"/org/acme/{room}\""));
        }
        silent(&html, "For emergencies");
        member(&app, &org, "ben@acme.test", &["owner"]).await;
        app.invited(&format!("/v1/organizations/{org}/invitations"), "ina@x.test", &[]).await;
        app.prove_domain(&org, "acme.test").await;
        let html = page(&mut ana, HOME).await;
        says(&html, "2 members");
        says(&html, "2 owners.");
        says(&html, "One invitation waits");
        says(&html, "One proven domain");
    }

    async fn members_are_found_by_prefix_and_paged_in_the_address(app: TestApp) {
        let org = app.organization("acme").await;
        let (mut ana, _) = member(&app, &org, "ana@x.test", &["admin"]).await;
        for n in 0..55 {
            let body = json!({ "email": format!("p{n:02}@x.test"), "name": format!("Person {n:02}") });
            let id = text(&app.admin("POST", "/v1/admin/users", body).await.expect(201).json()["id"]);
            let path = format!("/v1/organizations/{org}/members/{id}");
            app.admin("PUT", &path, json!({ "roles": ["member"] })).await.expect(200);
            app.clock.advance_s(1);
        }
        let people = "/org/acme/people";
        let first = page(&mut ana, people).await;
        says(&first, "56 active.");
        says(&first, "Person 48");
        silent(&first, "Person 54");
        let next = first.split("href=\"/org/acme/people?after=").nth(1).expect("a next page");
        let next = next.split('"').next().expect("an address");
        let second = page(&mut ana, &format!("{people}?after={next}")).await;
        says(&second, "Person 54");
        silent(&second, "Person 48");
        let found = page(&mut ana, &format!("{people}?q=PERSON+1")).await;
        says(&found, "Person 19");
        silent(&found, "Person 20");
        says(&page(&mut ana, &format!("{people}?q=p07%40")).await, "Person 07");
        says(&page(&mut ana, &format!("{people}?q=%25")).await, "Nobody matches");
        // Who is of the tenant only is not found here.
        app.signup("zoe@x.test").await;
        says(&page(&mut ana, &format!("{people}?q=zoe")).await, "Nobody matches");
    }

    async fn roles_are_given_and_taken_and_nobody_is_raised_above_oneself(app: TestApp) {
        let org = app.organization("acme").await;
        let (mut owner, owner_id) = member(&app, &org, "ana@x.test", &["owner"]).await;
        let (mut admin, admin_id) = member(&app, &org, "ben@x.test", &["admin"]).await;
        let (_, plain) = member(&app, &org, "cid@x.test", &["member"]).await;
        let at = |id: &str| format!("/org/acme/people/{id}");
        let html = page(&mut admin, &at(&plain)).await;
        says(&html, "value=\"owner\" disabled");
        says(&html, "May do more than you");
        let done = post(&mut admin, &at(&plain), &[("action", "roles"), ("role", "admin"), ("role", "member")]).await;
        says(&page(&mut admin, done.expect(303).location()).await, "Saved.");
        says(&page(&mut admin, "/org/acme/people").await, "<code>admin</code> <small class=\"muted\">By hand</small>");
        let above = post(&mut admin, &at(&plain), &[("action", "roles"), ("role", "owner")]).await;
        says(&above.expect(403).text(), "somebody above you has to decide");
        // The owner's own role is sent along, and everything else about them is above an admin.
        let html = page(&mut admin, &at(&owner_id)).await;
        says(&html, "type=\"hidden\" name=\"role\" value=\"owner\"");
        for fields in [
            &[("action", "roles"), ("role", "admin")][..],
            &[("action", "suspend")],
            &[("action", "remove")],
        ] {
            let refused = post(&mut admin, &at(&owner_id), fields).await.expect(403);
            says(&refused.text(), "<title>Error:");
        }
        let last = post(&mut owner, &at(&owner_id), &[("action", "roles"), ("role", "admin")]).await.expect(409);
        says(&last.text(), "last owner");
        let last = post(&mut owner, &at(&owner_id), &[("action", "remove")]).await.expect(409);
        says(&last.text(), "last owner");
        let unknown = post(&mut owner, &at(&plain), &[("action", "roles"), ("role", "emperor")]).await.expect(422);
        says(&unknown.text(), "<title>Error:");
        // What was seen is what is changed.
        let html = page(&mut owner, &at(&plain)).await;
        let version = hidden(&html, "<form", "version").to_owned();
        let fields = [("action", "roles"), ("version", version.as_str()), ("role", "member")];
        post(&mut owner, &at(&plain), &fields).await.expect(303);
        post(&mut owner, &at(&plain), &fields).await.expect(412);
        // Nobody is made a member by naming them.
        let mut zoe = app.signup("zoe@x.test").await;
        let stranger = id_of(&mut zoe).await;
        let token = form_token(&page(&mut owner, &at(&plain)).await);
        let call = Call::form(&at(&stranger), &[("csrf", &token), ("action", "roles"), ("role", "member")]);
        owner.send(call).await.refused(404, "not_found");
        post(&mut owner, &at(&admin_id), &[("action", "roles"), ("role", "member")]).await.expect(303);
        admin.get("/org/acme").await.refused(403, "forbidden");
    }

    async fn members_are_suspended_let_in_again_and_removed(app: TestApp) {
        let org = app.organization("acme").await;
        let (mut owner, _) = member(&app, &org, "ana@x.test", &["owner"]).await;
        let (mut ben, id) = member(&app, &org, "ben@x.test", &["admin"]).await;
        let at = format!("/org/acme/people/{id}");
        page(&mut ben, HOME).await;
        post(&mut owner, &at, &[("action", "suspend")]).await.expect(303);
        ben.get(HOME).await.refused(404, "not_found");
        let html = page(&mut owner, &at).await;
        says(&html, "Suspended");
        says(&html, "value=\"restore\"");
        says(&page(&mut owner, "/org/acme/people").await, "1 active, 1 suspended.");
        post(&mut owner, &at, &[("action", "restore")]).await.expect(303);
        page(&mut ben, HOME).await;
        let gone = post(&mut owner, &at, &[("action", "remove")]).await.expect(303);
        says(&page(&mut owner, gone.location()).await, "Their account stays.");
        ben.get(HOME).await.refused(404, "not_found");
        ben.user(LOGIN).await.expect(200);
        owner.get(&at).await.refused(404, "not_found");
        // Whoever leaves by themselves lands at their account.
        let (mut cid, id) = member(&app, &org, "cid@x.test", &["admin"]).await;
        let at = format!("/org/acme/people/{id}");
        says(&page(&mut cid, &at).await, "Leave the organization");
        let left = post(&mut cid, &at, &[("action", "remove")]).await.expect(303);
        assert_eq!(left.location(), "/account#organizations");
        assert_eq!(app.events("member.removed").await.len(), 2);
    }

    async fn colleagues_are_invited_by_their_own_people(app: TestApp) {
        let org = app.organization("acme").await;
        let (mut admin, _) = member(&app, &org, "ana@x.test", &["admin"]).await;
        let here = "/org/acme/people/invite";
        let html = page(&mut admin, here).await;
        says(&html, "<option value=\"admin\"");
        silent(&html, "<option value=\"owner\"");
        let above = post(&mut admin, here, &[("email", "ina@x.test"), ("role", "owner")]).await;
        says(&above.expect(403).text(), "<title>Error:");
        let made = post(&mut admin, here, &[("email", "ina@x.test"), ("role", "admin")]).await.expect(200).text();
        let old = made.split("https://login.test/invitations/").nth(1).and_then(|rest| rest.split('<').next());
        let old = format!("/invitations/{}", old.expect("the link"));
        let html = page(&mut admin, here).await;
        silent(&html, "/invitations/");
        says(&page(&mut admin, "/org/acme/people").await, "One invitation waits to be taken.");
        let id = hidden(&html, "ina@x.test", "id").to_owned();
        let again = post(&mut admin, here, &[("action", "resend"), ("id", &id)]).await.expect(200).text();
        let url = again.split("https://login.test/invitations/").nth(1).and_then(|rest| rest.split('<').next());
        let url = format!("/invitations/{}", url.expect("the link"));
        assert_ne!(old, url);
        let mut ina = join(&app, &url, "ina@x.test").await;
        page(&mut ina, HOME).await;
        says(&page(&mut admin, "/org/acme/people?q=ina").await, "From an invitation");
        post(&mut admin, here, &[("email", "jo@x.test")]).await.expect(200);
        let html = page(&mut admin, here).await;
        let id = hidden(&html, "jo@x.test", "id").to_owned();
        let back = post(&mut admin, here, &[("action", "revoke"), ("id", &id)]).await.expect(303);
        assert_eq!(back.location(), "/org/acme/people/invite?done=revoked");
        says(&page(&mut admin, back.location()).await, "Taken back");
        // An invitation of another organization is not theirs to touch.
        let other = app.organization("other").await;
        let foreign = app.invited(&format!("/v1/organizations/{other}/invitations"), "kim@x.test", &[]).await;
        let foreign = text(&foreign["id"]);
        let refused = post(&mut admin, here, &[("action", "revoke"), ("id", &foreign)]).await;
        refused.refused(404, "not_found");
    }

    async fn the_set_up_is_opened_here_or_by_a_link_for_a_colleague(app: TestApp) {
        let org = app.organization("acme").await;
        let (mut ana, id) = member(&app, &org, "ana@x.test", &["admin"]).await;
        let here = "/org/acme/connections";
        says(&page(&mut ana, here).await, "No connection yet");
        // In this browser at once, and in no other.
        let opened = post(&mut ana, here, &[("action", "open")]).await.expect(303);
        let at = opened.location().to_owned();
        assert!(at.starts_with("/setup/"), "{at}");
        let first = ana.get(&at).await.expect(303);
        says(&page(&mut ana, first.location()).await, "ACME");
        app.browser().get(&at).await.expect(410);
        assert_eq!(app.events("setup_link.opened").await[0].actor, format!("user:{id}"));
        // For a colleague: once, and until it is taken back.
        let made = post(&mut ana, here, &[("action", "create"), ("expires", "1")]).await.expect(200).text();
        let url = made.split("https://login.test/setup/").nth(1).and_then(|rest| rest.split('<').next());
        let url = format!("/setup/{}", url.expect("the link"));
        app.browser().get(&url).await.expect(200);
        let html = page(&mut ana, here).await;
        says(&html, "Not opened");
        silent(&html, "/setup/");
        let link = hidden(&html, "Not opened", "id").to_owned();
        let back = post(&mut ana, here, &[("action", "revoke"), ("id", &link)]).await.expect(303);
        says(&page(&mut ana, back.location()).await, "Taken back");
        app.browser().get(&url).await.expect(410);
        // What somebody may no longer do, their links do not do either.
        let path = format!("/v1/organizations/{org}/members/{id}");
        app.admin("PUT", &path, json!({ "roles": ["member"] })).await.expect(200);
        ana.get(&at).await.expect(410);
    }

    async fn the_record_of_an_organization_holds_nothing_else(app: TestApp) {
        let org = app.organization("acme").await;
        let (mut ana, _) = member(&app, &org, "ana@x.test", &["admin"]).await;
        let other = app.organization("other").await;
        let (mut eve, _) = member(&app, &other, "eve@x.test", &["owner"]).await;
        post(&mut ana, "/org/acme/people/invite", &[("email", "ina@x.test")]).await.expect(200);
        let here = "/org/acme/audit";
        let html = page(&mut ana, here).await;
        says(&html, "invitation.created");
        says(&html, "member.changed");
        silent(&html, "<code>login.completed</code>");
        silent(&html, "/admin/");
        let event = html.split("event=").nth(1).and_then(|rest| rest.split('"').next()).expect("an event");
        let open = page(&mut ana, &format!("{here}?event={event}")).await;
        says(&open, "Event as recorded");
        says(&open, "ina@x.test");
        silent(&open, "/admin/");
        let all = ana.get("/v1/organizations/acme/audit-events?limit=1").await.expect(200).json();
        assert_eq!(all["items"][0]["type"], "invitation.created");
        assert!(all["next_cursor"].is_string(), "{all}");
        let path = format!("/v1/organizations/acme/audit-events?org={other}");
        let all = ana.get(&path).await.expect(200).json();
        assert_eq!(all["items"][0]["org_id"], org.as_str());
        eve.get("/v1/organizations/acme/audit-events").await.refused(403, "forbidden");
        // The same event from elsewhere is none.
        eve.get(&format!("/org/other/audit?event={event}")).await.refused(404, "not_found");
        silent(&page(&mut eve, "/org/other/audit").await, "invitation.created");
        silent(&page(&mut eve, "/org/other/audit?q=ana%40x.test").await, "invitation.created");
        says(&page(&mut ana, &format!("{here}?kind=people&q=ana%40x.test&outcome=&span=24h")).await, "invitation.created");
        says(&page(&mut ana, &format!("{here}?outcome=refused")).await, "No event matches");
        let file = ana.get(&format!("{here}/export")).await.expect(200);
        assert_eq!(file.header("content-type"), "application/x-ndjson");
        let kinds: Vec<String> = file.text().lines().map(|line| {
            let event: serde_json::Value = serde_json::from_str(line).expect("JSON");
            assert_eq!(text(&event["org_id"]), org);
            text(&event["type"])
        }).collect();
        assert!(kinds.len() >= 3 && kinds[0] == "invitation.created", "{kinds:?}");
        let file = eve.get("/org/other/audit/export").await.expect(200).text();
        silent(&file, "ina@x.test");
    }

    async fn names_are_changed_and_lead_to_the_new_address(app: TestApp) {
        let org = app.organization("acme").await;
        app.organization("taken").await;
        let (mut ana, _) = member(&app, &org, "ana@x.test", &["admin"]).await;
        let here = "/org/acme/settings";
        let bad = post(&mut ana, here, &[("name", "Acme"), ("slug", "Not a slug")]).await.expect(422);
        says(&bad.text(), "value=\"Not a slug\"");
        let taken = post(&mut ana, here, &[("name", "Acme"), ("slug", "taken")]).await.expect(409);
        says(&taken.text(), "exists already");
        let bad = post(&mut ana, here, &[("name", "Acme"), ("slug", "acme"), ("color", "red")]).await.expect(422);
        says(&bad.text(), "value=\"red\"");
        let look = [("name", "Acme"), ("slug", "acme"), ("color", "#123456"), ("brand_name", "ACME Inc"), ("acr", "aal1")];
        post(&mut ana, here, &look).await.expect(303);
        let html = page(&mut ana, here).await;
        says(&html, "value=\"#123456\"");
        says(&html, "value=\"ACME Inc\"");
        let done = post(&mut ana, here, &[("name", "Acme & Co"), ("slug", "acme-co")]).await.expect(303);
        assert_eq!(done.location(), "/org/acme-co/settings?done=saved");
        says(&page(&mut ana, done.location()).await, "Acme &#38; Co");
        ana.get(here).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_domain_is_named_looked_for_proven_and_given_up() {
    let names = NameServer::start().await;
    let app = TestApp::sqlite_with(Options {
        top: format!("dns_server = \"{}\"", names.at),
        ..Options::default()
    })
    .await;
    let org = app.organization("acme").await;
    let (mut ana, _) = member(&app, &org, "ana@x.test", &["admin"]).await;
    let here = "/org/acme/domains";
    says(&page(&mut ana, here).await, "No domain yet");
    let bad = post(&mut ana, here, &[("action", "add"), ("domain", "<acme>")]).await;
    let bad = bad.expect(422).text();
    says(&bad, "value=\"&#60;acme&#62;\"");
    says(&bad, "<title>Error:");
    let add = [("action", "add"), ("domain", "Acme.TEST")];
    let added = post(&mut ana, here, &add).await.expect(303);
    let html = page(&mut ana, added.location()).await;
    says(&html, "_laneway.acme.test");
    says(&html, "Not proven");
    post(&mut ana, here, &add).await.expect(409);
    let value = html
        .split("laneway-verify=")
        .nth(1)
        .and_then(|rest| rest.split('<').next());
    let value = format!("laneway-verify={}", value.expect("a value"));
    let id = hidden(&html, "Look now", "id");
    let look = [("action", "verify"), ("id", id)];
    names.say("_laneway.acme.test", &["v=spf1 -all"]);
    let seen = post(&mut ana, here, &look).await.expect(200).text();
    says(&seen, "v=spf1 -all");
    says(&seen, "Whoever runs the domain’s name server");
    names.say("_laneway.acme.test", &["v=spf1 -all", &value]);
    let proven = post(&mut ana, here, &look).await.expect(303);
    says(
        &page(&mut ana, proven.location()).await,
        "The domain is proven.",
    );
    // Proven once, it is nobody else's.
    let other = app.organization("other").await;
    let (mut eve, _) = member(&app, &other, "eve@x.test", &["admin"]).await;
    let theirs = "/org/other/domains";
    let added = post(&mut eve, theirs, &add).await.expect(303);
    let html = page(&mut eve, added.location()).await;
    let value = html.split("laneway-verify=").nth(1).expect("a value");
    let value = value.split('<').next().expect("a value");
    names.say("_laneway.acme.test", &[&format!("laneway-verify={value}")]);
    let look = [
        ("action", "verify"),
        ("id", hidden(&html, "Look now", "id")),
    ];
    let taken = post(&mut eve, theirs, &look).await.expect(409);
    says(&taken.text(), "Another organization has proven this domain");
    let refused = post(&mut eve, theirs, &[("action", "remove"), ("id", id)]).await;
    refused.refused(404, "not_found");
    let gone = post(&mut ana, here, &[("action", "remove"), ("id", id)]).await;
    let html = page(&mut ana, gone.expect(303).location()).await;
    says(&html, "No domain yet");
}

#[tokio::test]
async fn a_connection_is_seen_opened_and_made_the_only_way_in() {
    let saml = SamlCustomer::new().await;
    let app = &saml.app;
    let (mut ana, ana_id) = member(app, &saml.org, "ana@acme.test", &["admin"]).await;
    says(&page(&mut ana, HOME).await, "Acme SSO is not live yet");
    saml.go_live().await;
    app.prove_domain(&saml.org, "acme.test").await;
    let html = page(&mut ana, HOME).await;
    says(&html, "Acme SSO works");
    says(&html, "Other ways in are open");
    says(&html, "0 of 0 people for emergencies are ready");
    let connections = "/org/acme/connections";
    let html = page(&mut ana, connections).await;
    says(&html, "Acme SSO");
    silent(&html, "value=\"enforce\"");
    let one = format!("{connections}/{}", saml.id);
    says(&html, &format!("href=\"{one}\""));
    let html = page(&mut ana, &one).await;
    says(&html, "SAML 2.0");
    says(&html, "Nobody has signed in yet.");
    saml.sign_in(&mut app.browser(), "mona", &["staff"]).await;
    let html = page(&mut ana, &one).await;
    says(&html, "role=\"img\" aria-label=\"");
    ana.get(&format!("{connections}/0199aaaa"))
        .await
        .refused(404, "not_found");
    let fields = [("action", "open"), ("connection", saml.id.as_str())];
    let opened = post(&mut ana, connections, &fields).await.expect(303);
    let first = ana.get(opened.location()).await.expect(303);
    assert!(
        first.location().ends_with("/activate"),
        "{}",
        first.location()
    );
    says(
        &page(&mut ana, first.location()).await,
        "href=\"/org/acme/connections\"",
    );
    // A connection of elsewhere is not opened here.
    let fields = [("action", "open"), ("connection", "0199aaaa")];
    let refused = post(&mut ana, connections, &fields).await;
    refused.refused(404, "not_found");
    let rules = "/org/acme/sign-in";
    let html = page(&mut ana, rules).await;
    silent(&html, "value=\"create\"");
    says(&html, "value=\"enforce\"");
    let fields = [("action", "enforce"), ("connection", saml.id.as_str())];
    let refused = post(&mut ana, rules, &fields).await.expect(409);
    says(&refused.text(), "test login");
    let fields = [("action", "name"), ("email", "nobody@x.test")];
    let refused = post(&mut ana, rules, &fields).await.expect(422);
    says(
        &refused.text(),
        "Nobody in this organization has this address.",
    );
    let fields = [("action", "name"), ("email", "ana@acme.test")];
    let named = post(&mut ana, rules, &fields).await.expect(303);
    assert_eq!(named.location(), "/org/acme/sign-in?done=named");
    says(&page(&mut ana, rules).await, "Has not yet signed in");
    let at = format!("/org/acme/people/{ana_id}");
    says(
        &page(&mut ana, &at).await,
        "They are named for emergencies.",
    );
    let fields = [("action", "unname"), ("id", ana_id.as_str())];
    post(&mut ana, rules, &fields).await.expect(303);
    silent(&page(&mut ana, rules).await, "Has not yet signed in");
}
