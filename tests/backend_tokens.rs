//! Routes that attach the provider's access token: whose it is, when it is renewed, and what is
//! answered where there is none.

use std::time::Duration;

use laneway_fake::Mood;
use serde_json::{Value, json};

use crate::api_tokens::made;
use crate::backchannel::{at_provider, login};
use crate::harness::app::Options;
use crate::harness::{Browser, Call, IDE, LOGIN, Reply, TestApp, backend_url, both};

pub const ANA: &str = "sub-ana";
pub const BOB: &str = "sub-bob";
pub const LIFE_S: i64 = 300;

/// A route of the last app host in the rig's file.
pub fn options(seed: u64) -> Options {
    let backend = backend_url();
    let tables = format!(
        "[[app.route]]\nname = \"theirs\"\nbackend = \"{backend}\"\ntoken = \"upstream\"\n"
    );
    Options {
        tables,
        seed,
        ..Options::default()
    }
}

/// The same program with such a route, in front of a provider that issues tokens.
pub async fn attaching(app: &TestApp) -> TestApp {
    at_provider(app).await;
    app.fake.issue_tokens(LIFE_S * 1000);
    app.restarted(&options(7)).await.expect("it starts")
}

/// Signed in at the provider, with a cookie of the app host.
pub async fn at_app(app: &TestApp, subject: &str) -> Browser {
    let mut browser = login(app, subject).await;
    app.enter(&mut browser, IDE).await;
    browser
}

pub fn api() -> Call {
    Call::new("GET", &format!("{IDE}/api/theirs/x")).header("x-csrf", "1")
}

/// What the backend was sent as a bearer token.
pub fn bearer(reply: &Reply) -> Option<String> {
    let echo = reply.json();
    let all = echo["headers"].as_array()?.iter();
    let mut sent = all.filter(|pair| pair[0] == "authorization");
    let one = sent.next()?[1]
        .as_str()?
        .strip_prefix("Bearer ")?
        .to_owned();
    assert!(sent.next().is_none());
    Some(one)
}

async fn token(browser: &mut Browser) -> String {
    let reply = browser.send(api()).await.expect(200);
    bearer(&reply).expect("a token")
}

both! {
    async fn the_backend_gets_the_persons_own_token_of_the_provider(app: TestApp) {
        let app = attaching(&app).await;
        let (mut ana, mut bob) = (at_app(&app, ANA).await, at_app(&app, BOB).await);
        for _ in 0..2 {
            let (of_ana, of_bob) = (token(&mut ana).await, token(&mut bob).await);
            assert_eq!(app.fake.owner_of(&of_ana).as_deref(), Some(ANA));
            assert_eq!(app.fake.owner_of(&of_bob).as_deref(), Some(BOB));
            assert_eq!(token(&mut ana).await, of_ana, "the same while it lives");
            for path in ["/bff/user", "/"] {
                assert!(!ana.get(&format!("{IDE}{path}")).await.text().contains(&of_ana), "{path}");
            }
            assert!(app.fake.times_renewed() <= 2);
            // Less than the rest that is wanted of a token.
            app.clock.advance_s(LIFE_S - 9);
        }
        assert_eq!((app.fake.times_renewed(), app.fake.times_reused()), (2, 0));
        // A client's own token is nobody's.
        let call = Call::new("GET", &format!("{IDE}/api/theirs/x")).bearer("at-of-somebody");
        app.browser().send(call).await.refused(401, "invalid_token");
    }

    async fn who_has_no_such_token_is_told_so(app: TestApp) {
        let app = attaching(&app).await;
        let anonymous = app.browser().send(api()).await;
        assert_eq!(anonymous.header("x-laneway-error"), "unauthenticated");
        anonymous.refused(401, "unauthenticated");
        // A token of ours is limited, and the provider's is not limited with it.
        let mut ana = at_app(&app, ANA).await;
        let plain = made(&mut ana, json!({ "name": "CI", "scopes": ["api"] })).await;
        let call = api().bearer(plain["token"].as_str().expect("a token"));
        app.browser().send(call).await.refused(409, "not_supported_by_upstream");
        // A sign-in that brought none: the way that does not need the provider, and one whose
        // provider gives none.
        let path = "/v1/admin/upstreams";
        let all = app.admin("GET", path, Value::Null).await.json();
        let embedded = all["items"].as_array().expect("a list").iter().find(|one| one["kind"] == "embedded");
        let path = format!("{path}/{}", embedded.expect("it is there")["id"].as_str().expect("an id"));
        app.admin("PATCH", &path, json!({ "role": "primary" })).await.expect(200);
        let mut eve = app.signup("eve@x.test").await;
        app.enter(&mut eve, IDE).await;
        let refused = eve.send(api()).await;
        assert!(refused.text().contains("Sign in at the identity provider"));
        refused.refused(409, "not_supported_by_upstream");
    }

    async fn a_silent_provider_ends_no_session_and_its_token_is_used_to_its_end(app: TestApp) {
        let app = attaching(&app).await;
        let mut ana = at_app(&app, ANA).await;
        let first = token(&mut ana).await;
        app.fake.set_mood(Mood::Down);
        app.clock.advance_s(LIFE_S - 5);
        assert_eq!(token(&mut ana).await, first, "it still lives");
        app.clock.advance_s(6);
        let refused = ana.send(api()).await;
        assert_ne!(refused.header("retry-after"), "");
        assert_eq!(refused.header("x-laneway-error"), "upstream_unavailable");
        refused.refused(503, "upstream_unavailable");
        let asked = app.fake.times_renewed();
        ana.send(api()).await.refused(503, "upstream_unavailable");
        assert_eq!(app.fake.times_renewed(), asked, "a moment ago is soon enough");
        ana.user(IDE).await.expect(200);
        app.fake.set_mood(Mood::Lying);
        app.clock.advance_s(3);
        ana.send(api()).await.refused(502, "upstream_invalid");
        app.fake.set_mood(Mood::Fine);
        assert_ne!(token(&mut ana).await, first);
    }

    async fn what_the_provider_renews_no_longer_a_visit_there_brings(app: TestApp) {
        let app = attaching(&app).await;
        let mut ana = at_app(&app, ANA).await;
        let first = token(&mut ana).await;
        app.fake.end_sessions_of(ANA);
        app.clock.advance_s(LIFE_S - 5);
        assert_eq!(token(&mut ana).await, first);
        app.clock.advance_s(6);
        for _ in 0..2 {
            let refused = ana.send(api()).await;
            assert_eq!(refused.json()["login_url"], "/bff/login");
            refused.refused(401, "token_expired");
        }
        assert_eq!(app.fake.times_renewed(), 1, "a refusal is not asked for twice");
        let before = ana.user(IDE).await.expect(200).json();
        // The page goes where it was told, and comes back with the same session and a new token.
        let start = format!("{IDE}/bff/login?return_to=/");
        let mut to = ana.get(&start).await.expect(303).location().to_owned();
        while to.starts_with(LOGIN) || to.starts_with('/') {
            let next = ana.get(&to).await.expect(303);
            next.location().clone_into(&mut to);
        }
        assert!(to.contains("prompt=none"), "nobody is asked anything: {to}");
        let back = app.come_back(&mut ana, ANA, &to).await.expect(303);
        ana.follow(back, LOGIN.to_owned()).await;
        let after = ana.user(IDE).await.expect(200).json();
        assert_eq!(after["sid"], before["sid"]);
        assert_ne!(token(&mut ana).await, first);
        // All is well: nobody is sent there again.
        let again = ana.get(&format!("{LOGIN}/bff/login?return_to=/account")).await;
        assert_eq!(again.expect(303).location(), "/account");
    }

    async fn a_provider_that_cannot_answer_silently_is_visited_with_its_pages(app: TestApp) {
        let app = attaching(&app).await;
        for error in ["login_required", "access_denied", "server_error"] {
            let mut ana = at_app(&app, ANA).await;
            token(&mut ana).await;
            let before = ana.user(IDE).await.expect(200).json();
            app.fake.end_sessions_of(ANA);
            app.clock.advance_s(LIFE_S);
            ana.send(api()).await.refused(401, "token_expired");
            let start = format!("{LOGIN}/bff/login?return_to=/account");
            let silent = ana.get(&start).await.expect(303).location().to_owned();
            assert!(silent.contains("prompt=none"), "{silent}");
            let no = app.fake.error_params(error, &silent.parse().expect("an address"));
            let no = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(no).finish();
            let back = format!("/federation/callback/corp?{no}");
            let visit = ana.get(&back).await.expect(303).location().to_owned();
            assert!(visit.starts_with("https://fake.test/"), "{error}: {visit}");
            assert!(!visit.contains("prompt"), "{error}: {visit}");
            let home = app.come_back(&mut ana, ANA, &visit).await.expect(303);
            assert_eq!(home.location(), "/account", "{error}");
            let again = ana.get(&back).await;
            assert!(again.code() >= 400, "{error}: an answer counts once");
            let after = ana.user(IDE).await.expect(200).json();
            assert_eq!(after["sid"], before["sid"], "{error}");
            token(&mut ana).await;
        }
        // What an app asks for without a page still comes back to it without one.
        let mut ana = at_app(&app, ANA).await;
        token(&mut ana).await;
        app.fake.end_sessions_of(ANA);
        app.clock.advance_s(LIFE_S);
        ana.send(api()).await.refused(401, "token_expired");
        let start = format!("{LOGIN}/bff/login?prompt=none&return_to=/account");
        let silent = ana.get(&start).await.expect(303).location().to_owned();
        let no = app.fake.error_params("login_required", &silent.parse().expect("an address"));
        let no = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(no).finish();
        let back = ana.get(&format!("/federation/callback/corp?{no}")).await.expect(303);
        assert_eq!(back.location(), "/account?error=login_required");
    }

    async fn a_session_that_ends_meanwhile_gets_no_token(app: TestApp) {
        let app = attaching(&app).await;
        let mut ana = at_app(&app, ANA).await;
        token(&mut ana).await;
        app.clock.advance_s(LIFE_S);
        app.fake.renewing_takes(Duration::from_millis(600));
        let (mut waiting, mut leaving) = (ana.clone(), ana.clone());
        let waits = async { waiting.send(api()).await };
        let leaves = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            leaving.post(&format!("{LOGIN}/bff/logout"), json!({})).await.expect(200);
        };
        let (reply, ()) = tokio::join!(waits, leaves);
        reply.refused(401, "unauthenticated");
        assert_eq!(app.fake.times_renewed(), 1);
    }

    async fn who_goes_to_another_organization_meanwhile_uses_the_new_cookie(app: TestApp) {
        let app = attaching(&app).await;
        let mut ana = at_app(&app, ANA).await;
        let first = token(&mut ana).await;
        app.clock.advance_s(LIFE_S);
        app.fake.renewing_takes(Duration::from_millis(600));
        let (mut waiting, mut old) = (ana.clone(), ana.clone());
        let waits = async { bearer(&waiting.send(api()).await.expect(200)) };
        let moves = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            ana.post(&format!("{IDE}/bff/org"), json!({ "org": null })).await.expect(200);
        };
        let (waited, ()) = tokio::join!(waits, moves);
        // The old cookie is dead, the person is the same, and nothing was renewed twice.
        old.send(api()).await.refused(401, "unauthenticated");
        let now = token(&mut ana).await;
        assert_ne!(now, first);
        assert_eq!(waited.as_deref(), Some(now.as_str()));
        assert_eq!((app.fake.times_renewed(), app.fake.times_reused()), (1, 0));
    }

    async fn a_check_of_the_session_and_a_renewal_do_not_cross(app: TestApp) {
        let app = attaching(&app).await;
        let mut ana = at_app(&app, ANA).await;
        app.clock.advance_s(17 * 60);
        app.fake.renewing_takes(Duration::from_millis(300));
        ana.user(IDE).await.expect(200);
        let mut other = ana.clone();
        let (renewed, ()) = tokio::join!(
            async { other.send(api()).await.expect(200) },
            laneway::lane_a::revalidation::ask_due_once(app.core()),
        );
        assert!(bearer(&renewed).is_some());
        ana.user(IDE).await.expect(200);
        assert_eq!((app.fake.times_renewed(), app.fake.times_reused()), (1, 0));
    }
}

#[tokio::test]
async fn without_such_a_route_the_providers_access_token_is_not_kept() {
    let plain = TestApp::sqlite().await;
    let attaching = attaching(&plain).await;
    for (app, wanted) in [(&plain, false), (&attaching, true)] {
        let mut ana = login(app, ANA).await;
        let sid = laneway::domain::Sid(ana.me().await["sid"].as_str().expect("an id").to_owned());
        let tenant = app.tenant().await.id;
        let core = app.core();
        let rows = laneway::store::upstream_sessions::list(&core.db, &tenant, &sid).await;
        let row = rows.expect("a list").remove(0);
        let place = laneway::store::upstream_sessions::place(&tenant, &sid);
        let opened = core.sealer.open(place, &row.sealed).expect("it opens");
        let kept: Value = serde_json::from_slice(&opened).expect("JSON");
        assert_eq!(kept["access_token"].is_string(), wanted, "{kept}");
        assert!(
            kept["refresh_token"].is_string(),
            "re-validation asks with it"
        );
        assert!(!row.sealed.windows(3).any(|part| part == b"rt-"));
    }
}
