//! What providers that anybody may have an account at may say, each in its own way, and what none
//! of them may.

use laneway_contract::Clock as _;
use serde_json::{Value, json};

use crate::enforce::Acme;
use crate::harness::attached::{ALL, Stage, text};
use crate::harness::saml::SamlCustomer;
use crate::harness::social::{DIRECTORY, Kind, Said, Social};
use crate::harness::{Call, LOGIN, TestApp};

#[tokio::test]
async fn an_address_is_verified_by_the_word_true_of_who_may_say_it() {
    let google = Stage::live(Kind::Google).await;
    let verified = async |stage: &Stage, subject: &str, change: &dyn Fn(&mut Said)| {
        stage.person(subject, change).await.1["email_verified"] == json!(true)
    };
    let cases: [(&str, Value, Value, bool); 5] = [
        ("a@gmail.com", json!(true), Value::Null, true),
        ("b@gmail.com", json!("true"), Value::Null, false),
        ("c@gmail.com", json!(false), Value::Null, false),
        // Of other domains it only knows that a mail arrived once.
        ("d@corp.test", json!(true), Value::Null, false),
        ("e@corp.test", json!(true), json!("corp.test"), true),
    ];
    for (email, word, hd, good) in cases {
        let change = |said: &mut Said| {
            said.claims["email"] = json!(email);
            said.claims["email_verified"] = word.clone();
            said.claims["hd"] = hd.clone();
        };
        assert_eq!(verified(&google, email, &change).await, good, "{email}");
    }
    // Unless an organization has proven the domain: then its own provider says so.
    let body = json!({ "slug": "acme", "name": "Acme" });
    let org = google.call("POST", "/v1/organizations", &body).await;
    let org = text(&org.expect(201).json()["id"]);
    google.app.prove_domain(&org, "corp.test").await;
    let change = |said: &mut Said| {
        said.claims["email"] = json!("f@corp.test");
        said.claims["hd"] = json!("corp.test");
    };
    assert!(!verified(&google, "f", &change).await);

    let github = Stage::live(Kind::GitHub).await;
    let unverified = |said: &mut Said| said.emails[1]["verified"] = json!(false);
    assert!(!verified(&github, "61", &unverified).await);
    let (_, me) = github
        .person("62", |said| said.emails = json!([said.emails[0]]))
        .await;
    assert_eq!(me["email"], Value::Null, "no primary one, none at all");
    let microsoft = Stage::live(Kind::Microsoft).await;
    let said_so = |said: &mut Said| said.claims["email_verified"] = json!(true);
    assert!(!verified(&microsoft, "63", &said_so).await);
}

#[tokio::test]
async fn the_name_comes_the_first_time_only_and_says_nothing_else() {
    let apple = Stage::live(Kind::Apple).await;
    let (_, me) = apple
        .person("71", |said| {
            said.name = Some(json!({
                "name": { "firstName": "Ana", "lastName": "Ferreira" }, "email": "evil@x.test",
            }));
        })
        .await;
    assert_eq!(
        (&me["name"], &me["email"]),
        (&json!("Ana Ferreira"), &json!("71@mail.test"))
    );
    let (_, again) = apple.person("71", |_| {}).await;
    assert_eq!(again["name"], "Ana Ferreira");
}

#[tokio::test]
async fn what_a_provider_may_not_say_lets_nobody_in() {
    let google = Stage::live(Kind::Google).await;
    let now = google.app.clock.now_ms() / 1000;
    for (member, value) in [
        ("iss", json!("https://evil.test")),
        ("iss", json!(format!("{}/", google.idp.base))),
        ("aud", json!("theirs")),
        ("nonce", json!("another")),
        ("nonce", Value::Null),
        ("sub", Value::Null),
        ("sub", json!(7)),
        ("exp", json!(now - 3600)),
        ("iat", json!(now - 7200)),
    ] {
        let change = |said: &mut Said| said.claims[member] = value.clone();
        let reply = google.refuses(member, change).await;
        reply.refused(502, "upstream_invalid");
    }
    let microsoft = Stage::live(Kind::Microsoft).await;
    let of = |tenant: &str| json!(format!("{}/{tenant}/v2.0", microsoft.idp.base));
    let other = "7f3c0000-0000-4000-8000-00000000bbbb";
    for (iss, tid) in [
        (of(other), json!(other)),
        (of(other), json!(DIRECTORY)),
        (of(DIRECTORY), json!(other)),
        (of(DIRECTORY), Value::Null),
        (of("{tenantid}"), json!("{tenantid}")),
        (of("common"), json!("common")),
    ] {
        let change = |said: &mut Said| {
            said.claims["iss"] = iss.clone();
            said.claims["tid"] = tid.clone();
        };
        let reply = microsoft.refuses("tid", change).await;
        if iss == of(other) && tid == json!(other) {
            // Truly somebody of another directory: told so.
            let said = reply.refused(403, "denied").json();
            let detail = said["detail"].as_str().expect("a detail");
            assert!(detail.contains("directory"), "{said}");
        } else {
            reply.refused(502, "upstream_invalid");
        }
    }
    let github = Stage::live(Kind::GitHub).await;
    for id in [Value::Null, json!(""), json!(0), json!(1.5), json!({})] {
        let reply = github.refuses("id", |said| said.claims["id"] = id.clone());
        reply.await.refused(502, "upstream_invalid");
    }
    let reply = github.refuses("emails", |said| said.emails = json!({ "message": "no" }));
    reply.await.refused(502, "upstream_invalid");
}

#[tokio::test]
async fn a_key_of_another_directory_signs_for_nobody_here() {
    let stage = Stage::new(Kind::Microsoft).await;
    let base = stage.idp.base.clone();
    stage.idp.key_is_for(&format!("{base}/{{tenantid}}/v2.0"));
    stage.go_live().await;
    stage.person("1", |_| {}).await;
    let strange = Stage::new(Kind::Microsoft).await;
    let other = "9188040d-6c67-4c5b-b112-36a304b66dad";
    let base = strange.idp.base.clone();
    strange.idp.key_is_for(&format!("{base}/{other}/v2.0"));
    let trace = strange.test(|_| {}).await;
    assert_eq!(trace["state"], "failed");
    let failed = trace["checks"].as_array().expect("checks").last();
    assert_eq!(failed.expect("a check")["code"], "wrong_issuer");
}

#[tokio::test]
async fn everybody_of_every_directory_comes_in_only_where_that_was_said() {
    let app = TestApp::sqlite().await;
    let stage = Stage::in_app(app, Kind::Microsoft, &json!({ "tenants": ["*"] })).await;
    stage.go_live().await;
    let other = "9188040d-6c67-4c5b-b112-36a304b66dad";
    let base = stage.idp.base.clone();
    let from_other = |said: &mut Said| {
        said.claims["iss"] = json!(format!("{base}/{other}/v2.0"));
        said.claims["tid"] = json!(other);
    };
    let (_, here) = stage.person("same", |_| {}).await;
    let (_, there) = stage.person("same", from_other).await;
    assert_ne!(here["sub"], there["sub"], "one subject, two issuers");
}

#[tokio::test]
async fn an_answer_counts_once_and_for_the_one_who_asked() {
    for kind in ALL {
        let stage = Stage::live(kind).await;
        let mut browser = stage.app.browser();
        let address = stage.begin(&mut browser).await;
        let params = stage.idp.code(&stage.idp.says(&address, "5"));
        let done = stage.back_at(&mut browser, &stage.id, &params).await;
        assert_eq!(done.expect(303).location(), "/account");
        // Again, in this browser and in another one.
        let again = stage.back_at(&mut browser, &stage.id, &params).await;
        assert!(again.code() >= 400, "{kind:?}");
        let mut other = stage.app.browser();
        let again = stage.back_at(&mut other, &stage.id, &params).await;
        assert!(again.code() >= 400, "{kind:?}");
        // A code that was given to somebody else, with the state of this browser.
        let mut victim = stage.app.browser();
        let address = stage.begin(&mut victim).await;
        let stolen = stage.idp.code(&stage.idp.says(&address, "6"));
        let mut thief = stage.app.browser();
        let address = stage.begin(&mut thief).await;
        let mut own = stage.idp.code(&stage.idp.says(&address, "7"));
        own[0] = stolen[0].clone();
        let reply = stage.back_at(&mut thief, &stage.id, &own).await;
        assert!(reply.code() >= 400, "{kind:?}");
        thief.user(LOGIN).await.refused(401, "unauthenticated");
    }
}

#[tokio::test]
async fn the_answer_of_one_is_none_of_another() {
    let first = Stage::live(Kind::Google).await;
    let app = first.app;
    let second = Social::new(Kind::GitHub, &app.clock).await;
    let body = json!({ "protocol": "oidc", "name": "Hub", "config": second.config() });
    let call = Call::api("POST", "/v1/admin/connections", &body).bearer(&first.token);
    let hub = app.browser().send(call).await.expect(201).json();
    let stage = Stage {
        app,
        token: first.token,
        idp: second,
        id: text(&hub["id"]),
        slug: text(&hub["slug"]),
    };
    stage.go_live().await;
    let mut browser = stage.app.browser();
    let start = format!("/federation/{}/start", first.slug);
    let begun = browser.get(&start).await.expect(303);
    let params = first.idp.code(&first.idp.says(begun.location(), "5"));
    let reply = stage.back_at(&mut browser, &stage.id, &params).await;
    reply.refused(409, "wrong_step");
    browser.user(LOGIN).await.refused(401, "unauthenticated");
    // It was not used up by that: where it belongs it still counts.
    let reply = stage.back_at(&mut browser, &first.id, &params).await;
    reply.expect(303);
}

#[tokio::test]
async fn a_demanded_claim_keeps_others_out() {
    let app = TestApp::sqlite().await;
    let demands = json!({ "required_claims": { "hd": "corp.test" } });
    let stage = Stage::in_app(app, Kind::Google, &demands).await;
    let trace = stage.test(|_| {}).await;
    assert_eq!(trace["state"], "failed");
    let hd = |said: &mut Said| said.claims["hd"] = json!("corp.test");
    let trace = stage.test(hd).await;
    assert_eq!(trace["state"], "passed", "{trace}");
    let hash = json!({ "hash": trace["hash"] });
    stage
        .call("POST", &stage.at("/activate"), &hash)
        .await
        .expect(200);
    stage.person("3", hd).await;
    stage.refuses("hd", |_| {}).await.refused(403, "denied");
    let address = stage.begin(&mut stage.app.browser()).await;
    assert!(address.contains("hd=corp.test"), "it is asked for too");
}

#[tokio::test]
async fn another_tenant_knows_nothing_of_it() {
    let stage = Stage::live(Kind::Google).await;
    let other = json!({
        "slug": "other", "name": "Other", "public_url": "https://other.test", "signup": "open",
    });
    stage
        .call("POST", "/v1/admin/tenants", &other)
        .await
        .expect(201);
    let mut browser = stage.app.browser();
    for name in [&stage.id, &stage.slug] {
        let start = format!("https://other.test/federation/{name}/start");
        browser.get(&start).await.refused(404, "not_found");
    }
    let page = browser.get("https://other.test/login").await.expect(200);
    assert!(!page.text().contains("Google"));
}

#[tokio::test]
async fn accounts_elsewhere_are_shut_too() {
    let social = Stage::live(Kind::GitHub).await;
    let (idp, id, slug) = (social.idp, social.id, social.slug);
    let acme = Acme::of(SamlCustomer::in_app(social.app, &json!({})).await).await;
    let app = &acme.saml.app;
    let sign_in = async |subject: &str, email: &str, verified: bool| {
        let mut browser = app.browser();
        let start = browser.get(&format!("/federation/{slug}/start")).await;
        let mut said = idp.says(start.expect(303).location(), subject);
        said.emails = json!([{ "email": email, "primary": true, "verified": verified }]);
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(idp.code(&said))
            .finish();
        let back = format!("/federation/callback/{id}?{query}");
        browser.get(&back).await
    };
    let known = sign_in("5", "dora@acme.test", true).await;
    known.expect(303);
    let offered = async |path: &str| {
        let mut browser = app.browser();
        let first = browser.get(path).await;
        let (page, _) = browser.follow(first, format!("{LOGIN}{path}")).await;
        page.text().contains(&format!("value=\"{slug}\""))
    };
    assert!(offered("/login").await && offered("/login/acme").await);
    acme.ready().await;
    assert!(offered("/login").await && !offered("/login/acme").await);
    // Whoever is known, whoever is new, and whatever the provider thinks of the address.
    for (subject, email, verified) in [
        ("5", "dora@acme.test", true),
        ("5", "dora@other.test", true),
        ("6", "new@acme.test", true),
        ("7", "more@acme.test", false),
    ] {
        let refused = sign_in(subject, email, verified).await;
        let refused = refused.refused(403, "sso_required").json();
        let start = refused["start_url"].as_str().expect("a way on");
        assert!(start.contains(&acme.saml.id), "{start}");
    }
    sign_in("8", "eve@other.test", true).await.expect(303);
    let named = json!({ "username": "dora@acme.test" });
    let flow = app.begin(&mut app.browser(), named).await;
    assert_eq!(flow["methods"].as_array().map(Vec::len), Some(1));
    let mut browser = app.browser();
    browser.get("/login/nobody").await.refused(404, "not_found");
}
