//! Providers that anybody may have an account at: from a draft to a sign-in, and what becomes of
//! the people.

use serde_json::{Value, json};

use crate::harness::app::Options;
use crate::harness::attached::{ALL, Stage, text};
use crate::harness::social::{Kind, Social};
use crate::harness::{Call, LOGIN, TestApp, answer, form_token};
use crate::signup_app::signed_up;

#[tokio::test]
async fn each_goes_from_a_draft_to_a_sign_in_and_shows_on_the_login_page() {
    for kind in ALL {
        let stage = Stage::new(kind).await;
        let made = stage.get(&stage.at("")).await;
        assert_eq!(
            (&made["state"], &made["org"], &made["rollout"]),
            (&json!("draft"), &Value::Null, &json!("all")),
        );
        assert_eq!(made["config"]["client_secret"], json!({ "set": true }));
        let back = format!("{LOGIN}/federation/callback/{}", stage.id);
        assert_eq!(made["redirect_uri"], json!(back));
        let start = format!("/federation/{}/start", stage.slug);
        let mut browser = stage.app.browser();
        browser.get(&start).await.refused(404, "not_found");
        let label = format!("{kind:?}");
        let page = browser.get("/login").await.expect(200).text();
        assert!(!page.contains(&label), "a draft is offered to nobody");

        let hash = json!({ "hash": made["draft_hash"] });
        let early = stage.call("POST", &stage.at("/activate"), &hash).await;
        early.refused(409, "conflict");
        stage.go_live().await;
        let page = browser.get("/login").await.expect(200).text();
        assert!(page.contains(&format!("name=\"connection\" value=\"{}\"", stage.slug)));
        let flow = stage.app.begin(&mut browser, json!({})).await;
        let offered = json!({
            "kind": "redirect", "mode": "redirect", "connection": stage.slug, "label": label,
        });
        let methods = flow["methods"].as_array().expect("methods");
        assert!(methods.contains(&offered), "{flow}");

        let (mut first, me) = stage.person("4711", |_| {}).await;
        let expected = match kind {
            Kind::Google => ("4711@gmail.com", true),
            Kind::GitHub | Kind::Apple => ("4711@mail.test", true),
            Kind::Microsoft => ("4711@mail.test", false),
        };
        let address = (me["email"].as_str(), &me["email_verified"]);
        assert_eq!(address, (Some(expected.0), &json!(expected.1)), "{kind:?}");
        assert_eq!((&me["acr"], &me["org"]), (&json!("aal1"), &Value::Null));
        let (_, again) = stage.person("4711", |_| {}).await;
        assert_eq!(again["sub"], me["sub"], "found by its link");
        let (_, other) = stage.person("4712", |_| {}).await;
        assert_ne!(other["sub"], me["sub"]);
        let links = first.get("/v1/me/identities").await.expect(200).json();
        let link = &links["items"][0];
        assert_eq!(
            (&link["kind"], &link["upstream"], &link["subject"]),
            (&json!("connection"), &json!(stage.id), &json!("4711")),
        );
    }
}

#[tokio::test]
async fn what_cannot_work_is_refused_before_it_is_kept() {
    let app = TestApp::sqlite().await;
    let token = app.operator().await;
    let idp = Social::new(Kind::Microsoft, &app.clock).await;
    let create = async |body: &Value| {
        let call = Call::api("POST", "/v1/admin/connections", body).bearer(&token);
        let refused = app.browser().send(call).await;
        let refused = refused.refused(422, "invalid_field").json();
        text(&refused["errors"][0]["pointer"])
    };
    let with = |config: Value| json!({ "protocol": "oidc", "name": "X", "config": config });
    let mut nobody = idp.config();
    nobody["tenants"] = json!([]);
    let apple = json!({ "provider": "apple", "client_id": "c", "client_secret": "s" });
    let mut broken = apple.clone();
    broken["team_id"] = json!("T");
    for (config, pointer) in [
        (
            json!({ "provider": "okta", "client_id": "c" }),
            "/config/provider",
        ),
        (json!({ "client_id": "c" }), "/config/issuer"),
        (nobody, "/config/tenants"),
        (apple, "/config/team_id"),
        (broken, "/config/key_id"),
    ] {
        assert_eq!(create(&with(config)).await, pointer);
    }
    let mut domains = with(idp.config());
    domains["domains"] = json!(["x.test"]);
    assert_eq!(create(&domains).await, "/domains");
    let mut brokered = with(idp.config());
    brokered["broker"] = json!("upstream");
    assert_eq!(create(&brokered).await, "/broker");
    let saml = json!({ "entity_id": "e", "sso_url": "https://x.test", "certificates": ["c"] });
    let saml = json!({ "protocol": "saml", "name": "X", "config": saml });
    let pointer = create(&saml).await;
    assert!(
        pointer == "/protocol" || pointer == "/config/certificates",
        "{pointer}"
    );
}

#[tokio::test]
async fn only_what_an_organization_has_can_be_set_for_one() {
    let stage = Stage::live(Kind::Google).await;
    for body in [
        json!({ "rollout": "admins" }),
        json!({ "enforced": true }),
        json!({ "domains": ["x.test"] }),
        json!({ "people": [] }),
    ] {
        let refused = stage.call("PATCH", &stage.at(""), &body).await;
        refused.refused(422, "invalid_field");
    }
    // An organization does not know it, and it knows no organization's.
    let body = json!({ "slug": "acme", "name": "Acme" });
    let org = stage.call("POST", "/v1/organizations", &body).await;
    let org = text(&org.expect(201).json()["id"]);
    let path = format!("/v1/organizations/{org}/connections");
    let one = format!("{path}/{}", stage.id);
    let call = Call::new("GET", &one).bearer(&stage.token);
    let reply = stage.app.browser().send(call).await;
    reply.refused(404, "not_found");
    assert_eq!(stage.get(&path).await["items"], json!([]));
    let mut config = stage.idp.config();
    config["client_secret"] = json!("a-secret-of-ours");
    let body = json!({ "protocol": "oidc", "name": "Own", "config": config });
    let own = stage.call("POST", &path, &body).await.expect(201).json();
    assert_eq!(own["config"]["link_policy"], "refuse");
    let listed = stage.get("/v1/admin/connections").await;
    let ids: Vec<&Value> = listed["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|one| &one["id"])
        .collect();
    assert_eq!(ids, [&json!(stage.id)]);
    let foreign = format!("/v1/admin/connections/{}", text(&own["id"]));
    let call = Call::new("GET", &foreign).bearer(&stage.token);
    stage
        .app
        .browser()
        .send(call)
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn strangers_come_in_where_signup_is_open_and_nowhere_else() {
    for signup in ["invite", "closed"] {
        let options = Options {
            signup,
            ..Options::default()
        };
        let app = TestApp::sqlite_with(options).await;
        let stage = Stage::in_app(app, Kind::GitHub, &json!({})).await;
        stage.go_live().await;
        let mut browser = stage.app.browser();
        let address = stage.begin(&mut browser).await;
        let said = stage.idp.says(&address, "31");
        let params = stage.idp.code(&said);
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&params)
            .finish();
        let back = format!("/federation/callback/{}?{query}", stage.id);
        let page = browser
            .send(Call::new("GET", &back).header("accept", "text/html"))
            .await
            .expect(403)
            .text();
        assert!(page.contains("invitation"), "it says why: {page}");
        let denied = stage.app.events("login.denied").await;
        assert!(denied[0].detail.contains("unknown_person"));
        let trace = stage.test(|_| {}).await;
        assert_eq!(
            (&trace["state"], &trace["result"]["refused"]),
            (&json!("passed"), &json!("unknown_person")),
        );
    }
}

#[tokio::test]
async fn an_address_opens_no_account_that_exists() {
    let stage = Stage::live(Kind::GitHub).await;
    let mut own = stage.app.signup("31@mail.test").await;
    let (_, stranger) = stage.person("31", |_| {}).await;
    assert_eq!(stranger["email"], "31@mail.test");
    assert_ne!(stranger["sub"], own.me().await["sub"]);
}

#[tokio::test]
async fn a_signed_in_person_adds_an_identity_and_keeps_a_last_one() {
    let stage = Stage::live(Kind::Google).await;
    let mut ana = stage.app.signup("ana@x.test").await;
    let sub = ana.me().await["sub"].clone();
    let page = ana.get("/account").await.expect(200).text();
    assert!(page.contains("Google"), "the account page offers it");
    let begun = ana
        .post("/v1/me/identities", json!({ "upstream": stage.slug }))
        .await
        .expect(200)
        .json();
    let said = stage.idp.says(&text(&begun["redirect_to"]), "90");
    stage.answer(&mut ana, &said).await.expect(303);
    let (mut by_link, me) = stage.person("90", |_| {}).await;
    assert_eq!(me["sub"], sub);
    assert_eq!(me["email"], "ana@x.test", "nothing was overwritten");
    // Another one of the same provider is refused: one each.
    let begun = ana
        .post("/v1/me/identities", json!({ "upstream": stage.slug }))
        .await
        .expect(200)
        .json();
    let said = stage.idp.says(&text(&begun["redirect_to"]), "91");
    stage.answer(&mut ana, &said).await.refused(403, "denied");
    // And what is linked to somebody else stays theirs.
    let mut bo = stage.app.signup("bo@x.test").await;
    let begun = bo
        .post("/v1/me/identities", json!({ "upstream": stage.slug }))
        .await
        .expect(200)
        .json();
    let said = stage.idp.says(&text(&begun["redirect_to"]), "90");
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(stage.idp.code(&said))
        .finish();
    let back = format!("/federation/callback/{}?{query}", stage.id);
    let back = crate::harness::Call::new("GET", &back).header("accept", "text/html");
    let page = bo.send(back).await.expect(403).text();
    assert!(page.contains("This account was not added"), "{page}");
    // A provider that names no methods leaves no gap in the record.
    for event in stage.app.events("login.completed").await {
        assert!(!event.detail.contains(" by \""), "{}", event.detail);
    }

    // An old proof adds nothing: the person is asked again, and can show it there.
    stage.app.clock.advance_s(1000);
    let late = by_link
        .post("/v1/me/identities", json!({ "upstream": stage.slug }))
        .await;
    late.refused(403, "step_up_required");
    let links = ana.get("/v1/me/identities").await.expect(200).json();
    let link = links["items"]
        .as_array()
        .expect("items")
        .iter()
        .find(|link| link["kind"] == "connection")
        .map(|link| text(&link["id"]))
        .expect("the link");
    let mut fresh = stage.app.login("ana@x.test").await;
    let path = format!("/v1/me/identities/{link}");
    let gone = fresh.send(Call::api("DELETE", &path, &json!({}))).await;
    gone.expect(204);
    let (_, other) = stage.person("90", |_| {}).await;
    assert_ne!(other["sub"], sub, "it opens nothing any more");

    // Who has nothing else keeps it.
    let (mut only, _) = stage.person("95", |_| {}).await;
    let links = only.get("/v1/me/identities").await.expect(200).json();
    let path = format!("/v1/me/identities/{}", text(&links["items"][0]["id"]));
    let kept = only.send(Call::api("DELETE", &path, &json!({}))).await;
    kept.refused(409, "last_factor");
}

#[tokio::test]
async fn whoever_has_no_other_way_in_proves_themselves_there_again() {
    let stage = Stage::live(Kind::Google).await;
    let (mut browser, me) = stage.person("40", |_| {}).await;
    stage.app.clock.advance_s(1000);
    let asked = browser
        .get("/bff/login?return_to=/account&max_age=300")
        .await
        .expect(303);
    let address = asked.location().to_owned();
    // Nobody can demand a recent sign-in of it: the person is at least asked which account.
    assert!(address.contains("prompt=select_account") && !address.contains("max_age"));
    let other = stage.idp.says(&address, "41");
    let refused = stage.answer(&mut browser.clone(), &other).await;
    refused.refused(403, "denied");
    let asked = browser
        .get("/bff/login?return_to=/account&max_age=300")
        .await
        .expect(303);
    let same = stage.idp.says(asked.location(), "40");
    stage.answer(&mut browser, &same).await.expect(303);
    let now = browser.me().await;
    assert_eq!(now["sub"], me["sub"]);
    assert_ne!(now["auth_time"], me["auth_time"]);
}

#[tokio::test]
async fn a_switched_off_one_ends_its_sessions_and_opens_nothing() {
    let stage = Stage::live(Kind::GitHub).await;
    let (mut theirs, _) = stage.person("8", |_| {}).await;
    let mut own = stage.app.signup("own@x.test").await;
    let mut between = stage.app.browser();
    let address = stage.begin(&mut between).await;
    let off = json!({ "state": "disabled" });
    stage.call("PATCH", &stage.at(""), &off).await.expect(200);
    theirs.user(LOGIN).await.refused(401, "unauthenticated");
    own.user(LOGIN).await.expect(200);
    let said = stage.idp.says(&address, "8");
    stage
        .answer(&mut between, &said)
        .await
        .refused(403, "denied");
    let start = format!("/federation/{}/start", stage.slug);
    let mut browser = stage.app.browser();
    browser.get(&start).await.refused(403, "denied");
    let page = browser.get("/login").await.expect(200).text();
    assert!(!page.contains("GitHub"));
    let on = json!({ "state": "active" });
    stage.call("PATCH", &stage.at(""), &on).await.expect(200);
    stage.person("8", |_| {}).await;
}

#[tokio::test]
async fn a_name_that_is_typed_leads_to_none_of_them() {
    let stage = Stage::live(Kind::Google).await;
    let mut browser = stage.app.browser();
    let page = browser.get("/login").await.expect(200).text();
    let csrf = form_token(&page);
    let fields = [
        ("csrf", csrf.as_str()),
        ("kind", "identify"),
        ("username", "ana@gmail.com"),
        ("return_to", "/account"),
    ];
    let next = browser
        .send(Call::form("/login", &fields))
        .await
        .expect(303);
    assert!(
        next.location().starts_with("/login?flow="),
        "{}",
        next.location()
    );
}

#[tokio::test]
async fn who_may_do_less_than_the_people_behind_it_decides_nothing() {
    let stage = Stage::live(Kind::Google).await;
    let (_, owner) = stage.person("1", |_| {}).await;
    let grant = json!({ "user": owner["sub"], "role": "owner", "scope": "instance" });
    let grant = stage.call("POST", "/v1/admin/operators", &grant).await;
    grant.expect(201);
    let tenant = stage.app.tenant().await.id;
    let admin = stage.app.operator_of("admin", Some(&tenant)).await;
    let change = json!({ "name": "Ours" });
    let call = Call::api("PATCH", &stage.at(""), &change).bearer(&admin);
    stage.app.browser().send(call).await.expect(200);
    let trace = stage.test(|_| {}).await;
    let hash = json!({ "hash": trace["hash"] });
    let call = Call::api("POST", &stage.at("/activate"), &hash).bearer(&admin);
    let refused = stage.app.browser().send(call).await;
    refused.refused(403, "forbidden");
    let own = stage.call("POST", &stage.at("/activate"), &hash).await;
    own.expect(200);
    // What a tenant's administrator names is not trusted like the instance's: no loopback.
    let mut config = stage.idp.config();
    config["client_secret"] = json!("other");
    let body = json!({ "protocol": "oidc", "name": "Theirs", "config": config });
    let call = Call::api("POST", "/v1/admin/connections", &body).bearer(&admin);
    let refused = stage.app.browser().send(call).await;
    let refused = refused.refused(422, "invalid_field").json();
    assert_eq!(refused["errors"][0]["code"], "address_forbidden");
}

#[tokio::test]
async fn whoever_has_a_second_factor_here_is_asked_for_it() {
    let stage = Stage::live(Kind::Google).await;
    let app = &stage.app;
    app.passwords_on().await;
    let ana = signed_up(app, "ana@x.test").await;
    app.clock.advance_s(60);
    let mut browser = app.browser();
    let (id, code) = app
        .asked_for_code(&mut browser, "login", "ana@x.test")
        .await;
    let code = json!({ "code": code });
    answer(&mut browser, &id, "email-code", code)
        .await
        .expect(200);
    let shown = json!({ "code": app.shown_by(&ana.shown) });
    answer(&mut browser, &id, "totp", shown).await.expect(200);
    let body = json!({ "upstream": stage.slug });
    let begun = browser.post("/v1/me/identities", body).await;
    let begun = begun.expect(200).json();
    let said = stage.idp.says(&text(&begun["redirect_to"]), "90");
    stage.answer(&mut browser, &said).await.expect(303);

    app.clock.advance_s(60);
    let mut other = app.browser();
    let half = stage.sign_in(&mut other, "90", |_| {}).await.expect(303);
    let flow = half.location().strip_prefix("/login?flow=");
    let flow = flow.expect("it is not over").to_owned();
    other.user(LOGIN).await.refused(401, "unauthenticated");
    let shown = json!({ "code": app.shown_by(&ana.shown) });
    let done = answer(&mut other, &flow, "totp", shown).await;
    assert_eq!(done.expect(200).json()["state"], "done");
    let me = other.me().await;
    assert_eq!((&me["sub"], &me["acr"]), (&json!(ana.id), &json!("aal2")));
}
