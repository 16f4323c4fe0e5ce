//! Pages of the administration: each in the states that an operator meets, and the forms
//! with which they act.

use laneway::lane_a::desk;
use laneway_fake::Mood;
use serde_json::json;

use crate::harness::{Browser, Call, LOGIN, Reply, TestApp, both, form_token};

/// Somebody who owns the installation.
pub async fn owner(app: &TestApp, email: &str) -> Browser {
    let mut browser = app.signup(email).await;
    let sub = browser.me().await["sub"]
        .as_str()
        .expect("a sub")
        .to_owned();
    let mut write = app.core().begin().await.expect("a transaction");
    let now = write.now();
    laneway::store::operators::grant(
        &mut write.tx,
        &format!("g-{sub}"),
        ("user", &sub),
        "owner",
        None,
        now,
    )
    .await
    .expect("granted");
    app.core().commit(write).await.expect("commit");
    browser
}

async fn page(browser: &mut Browser, path: &str) -> String {
    browser.get(path).await.expect(200).text()
}

/// Sends a form of a page with the page's own token.
async fn send(browser: &mut Browser, on: &str, to: &str, fields: &[(&str, &str)]) -> Reply {
    let token = form_token(&page(browser, on).await);
    let mut all = vec![("csrf", token.as_str())];
    all.extend_from_slice(fields);
    browser.send(Call::form(to, &all)).await
}

async fn id_of(browser: &mut Browser) -> String {
    browser.me().await["sub"]
        .as_str()
        .expect("a sub")
        .to_owned()
}

#[track_caller]
fn says(html: &str, words: &str) {
    assert!(
        html.contains(words),
        "{words:?} is not on the page:\n{html}"
    );
}

#[track_caller]
fn silent(html: &str, words: &str) {
    assert!(!html.contains(words), "{words:?} is on the page");
}

const ROOMS: [&str; 7] = [
    "/admin",
    "/admin/users",
    "/admin/upstreams",
    "/admin/connections",
    "/admin/organizations",
    "/admin/audit",
    "/admin/settings",
];

#[tokio::test]
async fn strangers_go_to_the_login_and_come_back_and_people_are_refused() {
    let app = TestApp::sqlite().await;
    let mut ana = app.signup("ana@x.test").await;
    for path in ROOMS {
        let to_login = app.browser().get(&format!("{path}?a=1")).await.expect(303);
        let back = format!("/login?return_to={}", path.replace('/', "%2F"));
        assert!(
            to_login.location().starts_with(&back),
            "{}",
            to_login.location()
        );
        assert!(
            to_login.location().ends_with("%3Fa%3D1"),
            "{}",
            to_login.location()
        );
        ana.get(path).await.refused(403, "forbidden");
        let html = ana
            .send(Call::new("GET", path).header("accept", "text/html"))
            .await
            .expect(403);
        says(&html.text(), "<h1>");
    }
    let token = app.operator().await;
    app.browser()
        .send(Call::new("GET", "/admin/users").bearer(&token))
        .await
        .expect(303);
}

#[tokio::test]
async fn apps_have_no_administration() {
    let app = TestApp::sqlite().await;
    for path in ROOMS {
        let reply = app
            .browser()
            .get(&format!("{}{path}", crate::harness::APP))
            .await;
        assert_ne!(reply.code(), 303, "{path}");
        silent(&reply.text(), "desk");
    }
}

both! {
    async fn the_overview_says_what_needs_somebody_and_how_it_went(app: TestApp) {
        let mut owner = owner(&app, "ana@x.test").await;
        desk::watch_upstreams(app.core()).await.expect("probed");
        let quiet = page(&mut owner, "/admin").await;
        says(&quiet, "Nothing needs you");
        says(&quiet, "Sign-ins by hour");
        says(&quiet, "role=\"img\" aria-label=\"1 sign-in. Busiest from 08:00 UTC with 1.");
        says(&quiet, "No node has reported yet");
        says(&quiet, "Embedded");
        desk::heartbeat(app.core()).await.expect("written");
        let id = app.add_fake().await;
        app.admin("PATCH", &format!("/v1/admin/upstreams/{id}"), json!({ "role": "primary" })).await.expect(200);
        app.fake.set_mood(Mood::Down);
        app.clock.advance_s(1);
        desk::watch_upstreams(app.core()).await.expect("probed");
        let loud = page(&mut owner, "/admin?range=30d").await;
        says(&loud, "Corp does not answer");
        says(&loud, "Sign-ins by day");
        says(&loud, "Not answering");
        says(&loud, "Bound 5 s, last hour");
        silent(&loud, "Nothing needs you");
        says(&loud, "upstream.activated");
        page(&mut owner, "/admin?range=7d").await;
        page(&mut owner, "/admin?range=nonsense").await;
    }

    async fn people_are_found_by_prefix_filtered_and_paged_in_the_address(app: TestApp) {
        let mut owner = owner(&app, "zoe@x.test").await;
        for n in 0..30 {
            let body = json!({ "email": format!("p{n:02}@x.test"), "name": format!("Person {n:02}") });
            app.admin("POST", "/v1/admin/users", body).await.expect(201);
            app.clock.advance_s(1);
        }
        let first = page(&mut owner, "/admin/users").await;
        says(&first, "Person 29");
        silent(&first, "Person 04");
        let next = first.split("href=\"/admin/users?after=").nth(1).expect("a next page");
        let next = next.split('"').next().expect("an address");
        let second = page(&mut owner, &format!("/admin/users?after={next}")).await;
        says(&second, "Person 04");
        silent(&second, "Person 29");
        says(&second, "First page");
        let found = page(&mut owner, "/admin/users?q=PERSON+1").await;
        says(&found, "Person 19");
        silent(&found, "Person 20");
        says(&page(&mut owner, "/admin/users?q=p07%40").await, "Person 07");
        let id = id_of(&mut owner).await;
        says(&page(&mut owner, &format!("/admin/users?q={id}")).await, "zoe");
        says(&page(&mut owner, "/admin/users?q=nobody").await, "Nobody matches");
        says(&page(&mut owner, "/admin/users?q=%25").await, "Nobody matches");
        says(&page(&mut owner, "/admin/users?state=disabled").await, "Nobody matches");
        let all = page(&mut owner, "/admin/users?q=p&state=active").await;
        says(&all, "Person 00");
        says(&all, "after=");
    }

    async fn an_owner_disables_enables_and_signs_out_a_person(app: TestApp) {
        let mut owner = owner(&app, "ana@x.test").await;
        let mut bob = app.signup("bob@x.test").await;
        let id = id_of(&mut bob).await;
        let path = format!("/admin/users/{id}");
        let html = page(&mut owner, &path).await;
        says(&html, "bob@x.test");
        says(&html, "1 live");
        says(&html, "login.completed");
        let ended = send(&mut owner, &path, &format!("{path}/sessions/end"), &[]).await.expect(303);
        assert_eq!(ended.location(), format!("{path}?done=ended"));
        bob.user(LOGIN).await.expect(401);
        says(&page(&mut owner, ended.location()).await, "Not signed in anywhere");
        app.login_in(&mut bob, "bob@x.test").await;
        let sid = bob.me().await["sid"].as_str().expect("a sid").to_owned();
        send(&mut owner, &path, &format!("{path}/sessions/{sid}/end"), &[]).await.expect(303);
        bob.user(LOGIN).await.expect(401);
        app.login_in(&mut bob, "bob@x.test").await;
        let off = send(&mut owner, &path, &format!("{path}/state"), &[("state", "disabled")]).await.expect(303);
        bob.user(LOGIN).await.expect(401);
        let html = page(&mut owner, off.location()).await;
        says(&html, "data-tone=\"bad\">Disabled");
        says(&html, "</svg> Enable</button>");
        says(&page(&mut owner, "/admin/users?state=disabled").await, "bob");
        send(&mut owner, &path, &format!("{path}/state"), &[("state", "active")]).await.expect(303);
        app.login_in(&mut bob, "bob@x.test").await;
        assert_eq!(app.events("user.updated").await.len(), 2);
    }

    async fn deleting_says_first_what_goes(app: TestApp) {
        let mut owner = owner(&app, "ana@x.test").await;
        let mut bob = app.signup("bob@x.test").await;
        let id = id_of(&mut bob).await;
        let path = format!("/admin/users/{id}/delete");
        let html = page(&mut owner, &path).await;
        says(&html, "Delete bob?");
        says(&html, "One live session, at once");
        says(&html, "The user id: it is never given to anybody else");
        bob.user(LOGIN).await.expect(200);
        let gone = send(&mut owner, &path, &path, &[]).await.expect(303);
        bob.user(LOGIN).await.expect(401);
        says(&page(&mut owner, gone.location()).await, "The account is deleted");
        owner.get(&format!("/admin/users/{id}")).await.expect(404);
        let own = id_of(&mut owner).await;
        let path = format!("/admin/users/{own}/delete");
        let refused = send(&mut owner, &path, &path, &[]).await.expect(409);
        says(&refused.text(), "this is your own account");
        owner.user(LOGIN).await.expect(200);
    }

    async fn an_identity_is_linked_by_hand_and_never_to_two(app: TestApp) {
        let mut owner = owner(&app, "ana@x.test").await;
        app.add_fake().await;
        let mut ids = Vec::new();
        for name in ["bob", "eve"] {
            let body = json!({ "email": format!("{name}@x.test"), "name": name });
            let made = app.admin("POST", "/v1/admin/users", body).await.expect(201).json();
            ids.push(made["id"].as_str().expect("an id").to_owned());
        }
        let fields = [("upstream", "corp"), ("subject", "sub-1")];
        let path = format!("/admin/users/{}", ids[0]);
        let linked = send(&mut owner, &path, &format!("{path}/identities"), &fields).await.expect(303);
        let html = page(&mut owner, linked.location()).await;
        says(&html, "sub-1");
        let other = format!("/admin/users/{}", ids[1]);
        let refused = send(&mut owner, &other, &format!("{other}/identities"), &fields).await.expect(409);
        says(&refused.text(), "belongs to another");
        says(&refused.text(), "<title>Error:");
        let row = html.split("<code>sub-1</code>").nth(1).expect("the row of the link");
        let link = row.split("/identities/").nth(1).and_then(|rest| rest.split('/').next());
        let link = link.expect("a link to remove");
        send(&mut owner, &path, &format!("{path}/identities/{link}/remove"), &[]).await.expect(303);
        silent(&page(&mut owner, &path).await, "<code>sub-1</code>");
    }

    async fn forms_need_their_token_and_a_fresh_proof(app: TestApp) {
        let mut owner = owner(&app, "ana@x.test").await;
        let mut bob = app.signup("bob@x.test").await;
        let path = format!("/admin/users/{}", id_of(&mut bob).await);
        let to = format!("{path}/state");
        owner.send(Call::form(&to, &[("state", "disabled")])).await.refused(403, "csrf_required");
        let foreign = form_token(&page(&mut bob, "/account").await);
        owner.send(Call::form(&to, &[("csrf", &foreign)])).await.refused(403, "csrf_required");
        bob.send(Call::form(&to, &[("csrf", &foreign)])).await.refused(403, "forbidden");
        app.browser().send(Call::form(&to, &[("csrf", &foreign)])).await.refused(401, "unauthenticated");
        app.clock.advance_s(1000);
        let again = send(&mut owner, &path, &to, &[("state", "disabled")]).await.expect(303);
        assert!(again.location().contains("/bff/login?") && again.location().contains("max_age=900"), "{}", again.location());
        bob.user(LOGIN).await.expect(200);
    }

    async fn upstreams_are_probed_and_activated_with_the_plan_first(app: TestApp) {
        let mut owner = owner(&app, "ana@x.test").await;
        let id = app.add_fake().await;
        says(&page(&mut owner, "/admin/upstreams").await, "Not probed yet");
        app.fake.set_mood(Mood::Down);
        let probe = format!("/admin/upstreams/{id}/probe");
        let probed = send(&mut owner, "/admin/upstreams", &probe, &[]).await.expect(303);
        assert_eq!(probed.location(), "/admin/upstreams?done=probed#corp");
        let html = page(&mut owner, "/admin/upstreams?done=probed").await;
        says(&html, "Who changes what");
        says(&html, "Not answering");
        let path = format!("/admin/upstreams/{id}/activate");
        let plan = page(&mut owner, &path).await;
        says(&plan, "Would be new users");
        says(&plan, "Nothing has been changed yet");
        let refused = send(&mut owner, &path, &path, &[]).await.expect(409);
        says(&refused.text(), "a check fails");
        app.fake.set_mood(Mood::Fine);
        let refused = send(&mut owner, &path, &path, &[]).await.expect(409);
        says(&refused.text(), "link your own account");
        let own = id_of(&mut owner).await;
        let linked = json!({ "upstream": "corp", "subject": "ana-there" });
        app.admin("PUT", &format!("/v1/admin/users/{own}/identities"), linked).await.expect(200);
        let done = send(&mut owner, &path, &path, &[]).await.expect(303);
        assert_eq!(done.location(), "/admin/upstreams?done=activated");
        owner.user(LOGIN).await.expect(200);
        says(&page(&mut owner, "/admin/upstreams").await, "Everybody signs in here");
    }

    async fn organizations_are_made_and_members_put(app: TestApp) {
        let mut owner = owner(&app, "ana@x.test").await;
        app.signup("bob@x.test").await;
        let list = "/admin/organizations";
        says(&page(&mut owner, list).await, "No organizations yet");
        let bad = send(&mut owner, list, list, &[("name", "Acme"), ("slug", "Not a slug")]).await.expect(422);
        says(&bad.text(), "value=\"Not a slug\"");
        says(&bad.text(), "<title>Error:");
        let made = send(&mut owner, list, list, &[("name", "Acme & Co"), ("slug", "acme")]).await.expect(303);
        assert_eq!(made.location(), "/admin/organizations/acme");
        says(&page(&mut owner, list).await, "Acme &#38; Co");
        let taken = send(&mut owner, list, list, &[("name", "Acme"), ("slug", "acme")]).await.expect(409);
        says(&taken.text(), "exists already");
        let one = "/admin/organizations/acme";
        let to = "/admin/organizations/acme/members";
        says(&page(&mut owner, one).await, "No members yet");
        let nobody = send(&mut owner, one, to, &[("person", "nobody@x.test")]).await.expect(422);
        says(&nobody.text(), "Nobody, or more than one user");
        send(&mut owner, one, to, &[("person", "bob@x.test"), ("roles", "admin, member")]).await.expect(303);
        let html = page(&mut owner, one).await;
        says(&html, "<code>admin</code> <small class=\"muted\">By hand</small>");
        says(&html, "bob");
    }

    async fn set_up_links_are_made_shown_once_and_taken_back(app: TestApp) {
        let mut owner = owner(&app, "ana@x.test").await;
        let list = "/admin/organizations";
        send(&mut owner, list, list, &[("name", "Acme"), ("slug", "acme")]).await.expect(303);
        says(&page(&mut owner, "/admin/organizations/acme").await, "/admin/organizations/acme/sign-in");
        let here = "/admin/organizations/acme/sign-in";
        says(&page(&mut owner, here).await, "No connection yet");
        let made = send(&mut owner, here, here, &[("action", "create")]).await.expect(200).text();
        let path = made.split("https://login.test/setup/").nth(1).and_then(|rest| rest.split('<').next());
        let path = format!("/setup/{}", path.expect("the link"));
        app.browser().get(&path).await.expect(200);
        let later = page(&mut owner, here).await;
        says(&later, "Not opened");
        silent(&later, "/setup/");
        let id = later.split("name=\"id\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let fields = [("action", "revoke"), ("id", id.expect("an id"))];
        let back = send(&mut owner, here, here, &fields).await.expect(303);
        says(&page(&mut owner, back.location()).await, "Taken back");
        app.browser().get(&path).await.expect(410);
    }

    async fn the_record_is_filtered_opened_and_exported(app: TestApp) {
        let mut owner = owner(&app, "ana@x.test").await;
        let mut bob = app.signup("bob@x.test").await;
        let path = format!("/admin/users/{}", id_of(&mut bob).await);
        send(&mut owner, &path, &format!("{path}/state"), &[("state", "disabled")]).await.expect(303);
        says(&page(&mut owner, &path).await, "How it was decided");
        let all = page(&mut owner, "/admin/audit").await;
        says(&all, "user.updated");
        says(&all, "login.completed");
        let people = page(&mut owner, "/admin/audit?kind=people").await;
        silent(&people, "<code>login.completed</code>");
        let changed = page(&mut owner, "/admin/audit?kind=user.updated&span=24h").await;
        let id = changed.split("event=").nth(1).and_then(|rest| rest.split('"').next()).expect("an event");
        let open = page(&mut owner, &format!("/admin/audit?event={id}")).await;
        says(&open, "<del><span class=\"vh\">Before: </span>active</del>");
        says(&open, "<ins><span class=\"vh\">After: </span>disabled</ins>");
        says(&open, "Event as recorded");
        let login = page(&mut owner, "/admin/audit?kind=sign-ins&q=bob%40x.test").await;
        let id = login.split("event=").nth(1).and_then(|rest| rest.split('"').next()).expect("an event");
        says(&page(&mut owner, &format!("/admin/audit?event={id}")).await, "How it was decided");
        says(&page(&mut owner, "/admin/audit?q=nobody%40x.test").await, "No event matches");
        says(&page(&mut owner, "/admin/audit?outcome=refused").await, "No event matches");
        let reference = open.split("/admin/audit?q=").nth(1).and_then(|rest| rest.split('"').next());
        let same = page(&mut owner, &format!("/admin/audit?q={}", reference.expect("a reference"))).await;
        says(&same, "user.updated");
        owner.get("/admin/audit?event=0199aaaa").await.expect(404);
        let file = owner.get("/admin/audit/export?kind=people").await.expect(200);
        assert_eq!(file.header("content-type"), "application/x-ndjson");
        for line in file.text().lines() {
            let event: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let kind = event["type"].as_str().expect("a type");
            assert!(kind.starts_with("user.") || kind.starts_with("identity."), "{kind}");
        }
    }

    async fn settings_are_saved_by_version_and_hosts_added(app: TestApp) {
        let mut owner = owner(&app, "ana@x.test").await;
        let path = "/admin/settings";
        let html = page(&mut owner, path).await;
        let version = html.split("name=\"version\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let version = version.expect("a version").to_owned();
        let fields = |color: &'static str, origins: &'static str| vec![
            ("version", version.as_str()), ("name", "Tidewell"), ("signup", "closed"), ("jit", "deny"),
            ("color", color), ("origins", origins),
        ];
        let bad = send(&mut owner, path, path, &fields("red", "")).await.expect(422);
        says(&bad.text(), "value=\"red\"");
        let bad = send(&mut owner, path, path, &fields("", "https://a.test/path")).await.expect(422);
        says(&bad.text(), "https://a.test/path</textarea>");
        let done = send(&mut owner, path, path, &fields("#123456", "https://a.test\r\nhttps://b.test")).await.expect(303);
        let html = page(&mut owner, done.location()).await;
        says(&html, "https://b.test");
        says(&html, "Tidewell");
        let stale = send(&mut owner, path, path, &fields("", "")).await.expect(412);
        says(&stale.text(), "<title>Error:");
        let tenant = app.tenant().await;
        assert_eq!((tenant.jit, tenant.brand.color.as_deref()), (false, Some("#123456")));
        send(&mut owner, path, "/admin/settings/hosts", &[("host", "new.test"), ("purpose", "app")]).await.expect(303);
        let html = page(&mut owner, path).await;
        says(&html, "new.test");
        let host = html.split("/admin/settings/hosts/").nth(2).or(html.split("/admin/settings/hosts/").nth(1));
        let host = host.and_then(|rest| rest.split('/').next()).expect("a host to remove").to_owned();
        send(&mut owner, path, &format!("/admin/settings/hosts/{host}/remove"), &[]).await.expect(303);
        silent(&page(&mut owner, path).await, "new.test");
        let again = send(&mut owner, path, "/admin/settings/hosts", &[("host", "app.test"), ("purpose", "app")]).await;
        assert_eq!(again.code(), 409, "{}", again.text());
    }
}

#[tokio::test]
async fn another_tenants_records_are_not_here() {
    let app = TestApp::sqlite().await;
    let mut owner = owner(&app, "ana@x.test").await;
    let token = app.operator().await;
    let tenant = json!({ "slug": "other", "name": "Other", "public_url": "https://other.test", "signup": "open" });
    app.admin("POST", "/v1/admin/tenants", tenant)
        .await
        .expect(201);
    let made = async |path: &str, body| {
        let call = Call::api("POST", &format!("https://other.test{path}"), &body).bearer(&token);
        let reply = app.browser().send(call).await.expect(201);
        reply.json()["id"].as_str().expect("an id").to_owned()
    };
    let user = made(
        "/v1/admin/users",
        json!({ "email": "eve@x.test", "name": "Eve" }),
    )
    .await;
    let org = made(
        "/v1/organizations",
        json!({ "slug": "theirs", "name": "Theirs" }),
    )
    .await;
    let events = app
        .browser()
        .send(Call::new("GET", "https://other.test/v1/admin/audit-events").bearer(&token))
        .await
        .json();
    let event = events["items"][0]["id"].as_str().expect("an event");
    for path in [
        format!("/admin/users/{user}"),
        format!("/admin/users/{user}/delete"),
        format!("/admin/organizations/{org}"),
        "/admin/organizations/theirs".to_owned(),
        "/admin/organizations/theirs/sign-in".to_owned(),
        format!("/admin/audit?event={event}"),
    ] {
        owner.get(&path).await.expect(404);
    }
    for path in [
        format!("/admin/users/{user}/state"),
        format!("/admin/users/{user}/delete"),
        format!("/admin/users/{user}/sessions/end"),
        format!("/admin/organizations/{org}/members"),
        format!("/admin/organizations/{org}/sign-in"),
    ] {
        let reply = send(
            &mut owner,
            "/admin/settings",
            &path,
            &[("state", "disabled"), ("person", &user)],
        )
        .await;
        assert!(
            matches!(reply.code(), 303 | 404),
            "{path}: {}",
            reply.text()
        );
    }
    let still =
        Call::new("GET", &format!("https://other.test/v1/admin/users/{user}")).bearer(&token);
    assert_eq!(app.browser().send(still).await.json()["state"], "active");
    silent(&page(&mut owner, "/admin/users?q=eve").await, "Eve");
    silent(
        &page(&mut owner, &format!("/admin/audit?q={user}")).await,
        "user.created",
    );
}
