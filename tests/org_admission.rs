//! Whoever calls an organization by name, at its routes or its pages, has shown what the switch
//! into it would ask.

use laneway::authz::{IN_ORGANIZATIONS, Permission};
use laneway::domain::UserId;
use laneway::http::{Access, At, ROUTES};
use laneway::store::api_tokens::Principal;
use serde_json::{Value, json};

use crate::desk_pages::owner as operator;
use crate::enforce::{Acme, Person};
use crate::harness::saml::SamlCustomer;
use crate::harness::{Browser, Call, LOGIN, Reply, TestApp, both, form_token};
use crate::org_pages::{HOME, acts, looks, member, page, page_of, says};
use crate::org_switch::{Stage, switch};

/// Every route of an organization, with what it takes.
fn routes(org: &str) -> Vec<(&'static str, String, Permission)> {
    let all = ROUTES.iter().filter_map(|(method, path, access)| {
        let Access::Needs(permission, At::Org) = access else {
            return None;
        };
        let mut path = path.replace("{org}", org);
        while let (Some(open), Some(close)) = (path.find('{'), path.find('}')) {
            path.replace_range(open..=close, "0199aaaa");
        }
        Some((*method, path, *permission))
    });
    all.collect()
}

async fn call(browser: &mut Browser, (method, path): (&str, &str)) -> Reply {
    browser.send(Call::api(method, path, &json!({}))).await
}

/// Everything that an owner may do in the organization is refused by this word, and what they
/// may not do as before.
async fn all_refused(browser: &mut Browser, org: &str, code: &str) -> Value {
    let mut told = Value::Null;
    let mut seen = 0;
    for (method, path, permission) in routes(org) {
        let reply = call(browser, (method, &path)).await;
        let inside = IN_ORGANIZATIONS.contains(&permission);
        let wanted = if inside { code } else { "forbidden" };
        assert_eq!(
            (reply.code(), reply.problem().as_str()),
            (403, wanted),
            "{method} {path}"
        );
        if inside {
            seen += 1;
            told = reply.json();
        }
    }
    assert!(seen > 50, "the list is walked: {seen}");
    told
}

/// None of it is refused for want of proof; what there is to see is seen.
async fn all_open(browser: &mut Browser, org: &str) {
    for (method, path, _) in routes(org) {
        if method == "GET" {
            let reply = call(browser, (method, &path)).await;
            assert!(
                matches!(reply.code(), 200 | 404),
                "{path}: {}",
                reply.text()
            );
        }
    }
    page(browser, HOME).await;
}

async fn is_listed(browser: &mut Browser, org: &str) {
    let mine = browser.get("/v1/me/organizations").await.expect(200).json();
    let items = mine["items"].as_array().expect("a list").clone();
    assert!(items.iter().any(|one| one["id"] == org), "{mine}");
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

both! {
    async fn an_enforced_provider_is_asked_at_every_route_and_page(app: TestApp) {
        let stage = Stage::in_app(app).await;
        let (app, org) = (stage.app(), stage.org());
        stage.join(&stage.max.id, &["owner"]).await;
        let mut max = stage.max.browser.clone();
        let start = format!("{LOGIN}/federation/{}/start", stage.acme.saml.id);
        for active in [Some(stage.globex.as_str()), None] {
            let body = json!({ "org": active });
            max.post("/bff/org", body).await.expect(200);
            let told = all_refused(&mut max, org, "sso_required").await;
            assert_eq!((&told["start_url"], &told["linked"]), (&json!(start), &json!(true)));
            is_listed(&mut max, org).await;
        }
        for path in looks("", &stage.max.id) {
            let call = Call::new("GET", &path).header("accept", "text/html");
            let html = max.send(call).await.expect(403).text();
            says(&html, &format!("{start}?return_to={}", encoded(&path)));
        }
        let token = form_token(&page(&mut max, "/account").await);
        for path in acts("", &stage.max.id) {
            let call = Call::form(&path, &[("csrf", &token)]);
            max.send(call).await.refused(403, "sso_required");
        }
        // An access token of the same session is the same session.
        let claims = app.claims(&max.me().await, Permission::ALL).await;
        let bearer = app.sign("at+jwt", &claims).await;
        let path = format!("/v1/organizations/{org}");
        let call = Call::new("GET", &path).bearer(&bearer);
        app.browser().send(call).await.refused(403, "sso_required");
        // A token of the person that was made in no sign-in shows nothing; a service account is
        // no person.
        let service = app.service_account(org, "owner").await;
        for (principal, status) in [
            (Principal::User(UserId(stage.max.id.clone())), 403),
            (Principal::ServiceAccount(service), 200),
        ] {
            let (_, token) = app.api_token(principal, &["org:read"]).await;
            let call = Call::new("GET", &path).bearer(&token);
            app.browser().send(call).await.expect(status);
        }
        // Its provider opens all of it, whichever organization is active afterwards.
        stage.acme.saml.sign_in(&mut max, "max", &[]).await.expect(303);
        for active in [Some(org), Some(stage.globex.as_str()), None] {
            let body = json!({ "org": active });
            max.post("/bff/org", body).await.expect(200);
            all_open(&mut max, org).await;
        }
    }

    async fn a_rung_is_asked_for_at_every_route_and_page(app: TestApp) {
        let org = app.organization("acme").await;
        let mut ana = Person::new(&app, "ana@x.test").await;
        app.grant(&org, &ana.id, &["owner"]).await.expect(200);
        switch(&mut ana.browser, &org).await.expect(200);
        let path = format!("/v1/organizations/{org}");
        let body = json!({ "required_acr": "phr" });
        app.admin("PATCH", &path, body).await.expect(200);
        let mut weak = app.login("ana@x.test").await;
        let told = all_refused(&mut weak, &org, "step_up_required").await;
        assert_eq!(told["acr_values"], json!(["phr"]));
        assert_eq!(told["step_up_url"], format!("{LOGIN}/bff/login?acr_values=phr"));
        is_listed(&mut weak, &org).await;
        let token = form_token(&page(&mut weak, "/account").await);
        for path in looks("", &ana.id) {
            let to = weak.get(&path).await.expect(303);
            let way = format!("/bff/login?acr_values=phr&return_to={}", encoded(&path));
            assert!(to.location().ends_with(&way), "{}", to.location());
        }
        for path in acts("", &ana.id) {
            let to = weak.send(Call::form(&path, &[("csrf", &token)])).await.expect(303);
            let way = format!("/bff/login?acr_values=phr&return_to={}", page_of(&path));
            assert!(to.location().ends_with(&way), "{}", to.location());
        }
        ana.browser = app.browser();
        ana.sign_in(&app).await.expect(200);
        all_open(&mut ana.browser, &org).await;
        // Whoever can reach no such rung hears what to do first.
        let (mut ben, _) = member(&app, &org, "ben@x.test", &["owner"]).await;
        ben.get(&path).await.refused(409, "not_supported_by_upstream");
        ben.get(HOME).await.refused(409, "not_supported_by_upstream");
    }

    async fn operators_of_the_tenant_work_from_outside_and_no_further_than_their_grant(app: TestApp) {
        let acme = Acme::of(SamlCustomer::in_app(app, &json!({})).await).await;
        acme.ready().await;
        let (app, org) = (&acme.saml.app, &acme.saml.org);
        let mut zoe = operator(app, "zoe@other.test").await;
        all_open(&mut zoe, org).await;
        let path = format!("/v1/organizations/{org}");
        acme.saml.call("GET", &path, &json!({})).await.expect(200);
        // Who reads the whole tenant and owns the organization changes it only from inside; who
        // is appointed for this organization alone is one of its people.
        let tenant = json!({ "role": "viewer", "scope": "tenant" });
        let alone = json!({ "role": "owner", "scope": "org", "org": org });
        for (email, mut grant, reading) in [
            ("vera@other.test", tenant, 200),
            ("olga@other.test", alone, 403),
        ] {
            let (mut browser, id) = member(app, org, email, &["owner"]).await;
            grant["user"] = json!(id);
            app.admin("POST", "/v1/admin/operators", grant).await.expect(201);
            browser.get(&path).await.expect(reading);
            let html = browser.send(Call::new("GET", HOME).header("accept", "text/html")).await;
            html.expect(reading);
            let body = json!({ "name": "Other" });
            let refused = browser.send(Call::api("PATCH", &path, &body)).await;
            refused.refused(403, "sso_required");
        }
        // An owner who is no operator cannot lift their own bar.
        let (mut own, _) = member(app, org, "otto@other.test", &["owner"]).await;
        let off = json!({ "state": "disabled" });
        let refused = own.send(Call::api("PATCH", &acme.saml.at(""), &off)).await;
        refused.refused(403, "sso_required");
    }

    async fn in_an_emergency_two_factors_open_it_and_it_is_told_once_an_hour(app: TestApp) {
        let acme = Acme::of(SamlCustomer::in_app(app, &json!({})).await).await;
        let app = &acme.saml.app;
        let mut max = Person::new(app, "max@other.test").await;
        app.grant(&acme.saml.org, &max.id, &["admin"]).await.expect(200);
        acme.ready().await;
        let path = acme.saml.path(&format!("break-glass/{}", max.id));
        acme.saml.call("PUT", &path, &json!({})).await.expect(204);
        let path = format!("/v1/organizations/{}", acme.saml.org);
        let mut weak = app.login("max@other.test").await;
        let told = weak.get(&path).await.refused(403, "step_up_required").json();
        assert_eq!(told["acr_values"], json!(["aal2"]));
        max.browser = app.browser();
        max.sign_in(app).await.expect(200);
        let told = async || app.events("break_glass.used").await;
        let before = told().await.len();
        for _ in 0..3 {
            max.browser.get(&path).await.expect(200);
            page(&mut max.browser, HOME).await;
        }
        let events = told().await;
        assert_eq!((events.len(), events[0].actor.as_str()), (before + 1, format!("user:{}", max.id).as_str()));
        let detail: Value = serde_json::from_str(&events[0].detail).expect("JSON");
        assert_eq!(detail["by"], "call");
        app.clock.advance_s(1_200);
        max.browser.get(&path).await.expect(200);
        assert_eq!(told().await.len(), before + 1);
        // A switch is told each time, and what follows belongs to it.
        max.browser = app.browser();
        max.sign_in(app).await.expect(200);
        switch(&mut max.browser, &acme.saml.org).await.expect(200);
        max.browser.get(&path).await.expect(200);
        assert_eq!(told().await.len(), before + 2);
        let nobody = acme.saml.path(&format!("break-glass/{}", max.id));
        acme.saml.call("DELETE", &nobody, &json!({})).await.expect(204);
        max.browser.get(&path).await.refused(403, "sso_required");
    }
}
