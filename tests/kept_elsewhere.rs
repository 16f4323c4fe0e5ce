//! Ways to sign in that a provider keeps: shown on the account page, changed on the provider's,
//! and believed to be changed only when they are seen to be.

use laneway::lane_a::upstream_events::listen_once;
use laneway_contract::{Credential, Happened, MethodKind};
use laneway_fake::Mood;
use serde_json::{Value, json};

use crate::backchannel::{at_provider, login};
use crate::harness::{Browser, Call, LOGIN, Reply, TestApp, both, form_token};

const ANA: &str = "sub-ana";
const PATH: &str = "/v1/me/upstream-credentials";

fn credential(id: &str, kind: MethodKind) -> Credential {
    Credential {
        id: id.into(),
        kind,
        label: format!("{id} <b>"),
        created_at_ms: 1_700_000_000_000,
        last_used_at_ms: None,
        remaining: None,
    }
}

/// A person at the provider with these credentials there.
async fn stage(app: &TestApp, all: &[(&str, MethodKind)]) {
    at_provider(app).await;
    let all = all.iter().map(|(id, kind)| credential(id, *kind)).collect();
    app.fake.change(ANA, |ana| ana.credentials = all);
}

async fn wish(browser: &mut Browser, action: &str, id: &str) -> Reply {
    let body = json!({ "upstream": "corp", "action": action, "credential": id });
    browser.post(PATH, body).await
}

/// Where the browser is sent for it.
async fn set_out(browser: &mut Browser, action: &str, id: &str) -> String {
    let begun = wish(browser, action, id).await.expect(200).json();
    begun["redirect_to"]
        .as_str()
        .expect("an address")
        .to_owned()
}

/// The same, done there and back.
async fn run(app: &TestApp, browser: &mut Browser, (action, id): (&str, &str)) -> String {
    let to = set_out(browser, action, id).await;
    app.clock.advance_s(1);
    assert!(app.fake.perform(ANA, &to.parse().expect("an address")));
    let back = app.come_back(browser, ANA, &to).await.expect(303);
    back.location().to_owned()
}

async fn kept(browser: &mut Browser) -> Value {
    let all = browser.get(PATH).await.expect(200).json();
    assert_eq!(all["items"].as_array().map(Vec::len), Some(1), "{all}");
    all["items"][0].clone()
}

fn cookie(browser: &Browser) -> Option<String> {
    browser.cookie(LOGIN, "__Host-lw").map(str::to_owned)
}

fn html(text: &str, words: &str) {
    assert!(text.contains(words), "{words:?} is not in:\n{text}");
}

both! {
    async fn what_is_done_there_is_told_here_and_signs_nobody_in(app: TestApp) {
        stage(&app, &[("p1", MethodKind::Password)]).await;
        let mut browser = login(&app, ANA).await;
        let mut elsewhere = login(&app, ANA).await;
        let (me, value) = (browser.me().await, cookie(&browser));
        for (act, done, event) in [
            (("add-totp", ""), "there-totp", "totp.enrolled"),
            (("add-passkey", ""), "added", "passkey.enrolled"),
            (("renew-recovery-codes", ""), "there-codes", "recovery_codes.created"),
        ] {
            assert_eq!(run(&app, &mut browser, act).await, format!("/account?done={done}"));
            let told = app.events(event).await;
            assert_eq!(told.len(), 1, "{event}");
            assert_eq!(told[0].detail, r#"{"upstream":"corp"}"#);
            elsewhere.user(LOGIN).await.expect(200);
        }
        let done = run(&app, &mut browser, ("change-password", "")).await;
        assert_eq!(done, "/account?done=password");
        elsewhere.user(LOGIN).await.refused(401, "unauthenticated");
        let mails = app.mails_to("ana@corp.test").await;
        assert_eq!(mails.iter().filter(|mail| mail.subject.to_lowercase().contains("password")).count(), 1);
        let after = browser.me().await;
        for same in ["sid", "sub", "acr", "amr", "auth_time"] {
            assert_eq!(after[same], me[same], "{same}");
        }
        assert_eq!(cookie(&browser), value, "no other session");
        let page = browser.get(&done).await.expect(200).text();
        html(&page, "Your password is saved.");
        html(&page, "Authenticator app");
    }

    async fn who_turns_back_has_changed_nothing(app: TestApp) {
        stage(&app, &[("p1", MethodKind::Password)]).await;
        let mut browser = login(&app, ANA).await;
        let mut elsewhere = login(&app, ANA).await;
        let to = set_out(&mut browser, "change-password", "").await;
        // Whatever the address says of it.
        let authorize = to.parse().expect("an address");
        let mut params = app.fake.callback_params(ANA, &authorize);
        params.push(("kc_action_status".into(), "success".into()));
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
        let back = browser.get(&format!("/federation/callback/corp?{query}")).await.expect(303);
        assert_eq!(back.location(), "/account?done=there-nothing");
        html(&browser.get(back.location()).await.expect(200).text(), "Nothing was changed.");

        let to = set_out(&mut browser, "add-passkey", "").await;
        let params = app.fake.error_params("access_denied", &to.parse().expect("an address"));
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
        let back = browser.get(&format!("/federation/callback/corp?{query}")).await.expect(303);
        assert_eq!(back.location(), "/account?done=there-nothing");
        elsewhere.user(LOGIN).await.expect(200);
        for event in ["password.changed", "passkey.enrolled", "login.denied"] {
            assert!(app.events(event).await.is_empty(), "{event}");
        }
    }

    async fn somebody_else_who_comes_back_changes_nothing(app: TestApp) {
        stage(&app, &[("p1", MethodKind::Password)]).await;
        let mut browser = login(&app, ANA).await;
        let to = set_out(&mut browser, "change-password", "").await;
        // Even when it has happened meanwhile.
        assert!(app.fake.perform(ANA, &to.parse().expect("an address")));
        let refused = app.come_back(&mut browser, "sub-bob", &to).await.refused(403, "denied");
        html(&refused.text(), "Somebody else is signed in");
        assert!(app.events("password.changed").await.is_empty());
        assert_eq!(app.events("login.denied").await.len(), 1);
        assert_eq!(browser.me().await["email"], "ana@corp.test");
        app.come_back(&mut browser, ANA, &to).await.refused(410, "expired");

        // Nor does it go on in another browser, or in one that has signed out meanwhile.
        let to = set_out(&mut browser, "change-password", "").await;
        let mut other = login(&app, ANA).await;
        app.come_back(&mut other, ANA, &to).await.refused(404, "not_found");
        browser.post("/bff/logout", json!({ "everywhere": false })).await;
        app.come_back(&mut browser, ANA, &to).await.refused(410, "expired");
        assert!(app.events("password.changed").await.is_empty());
    }

    async fn nothing_but_the_providers_answer_goes_on_with_it(app: TestApp) {
        stage(&app, &[("p1", MethodKind::Password)]).await;
        let mut browser = login(&app, ANA).await;
        let to: url::Url = set_out(&mut browser, "change-password", "").await.parse().expect("an address");
        let (_, state) = to.query_pairs().find(|(key, _)| key == "state").expect("a state");
        let flow = state.split('.').next().expect("an id");
        let read = Call::new("GET", &format!("/v1/auth/flows/{flow}")).header("x-csrf", "1");
        let shown = browser.send(read).await.expect(200).json();
        assert_eq!((&shown["purpose"], &shown["methods"]), (&json!("errand"), &json!([])));
        for kind in ["redirect", "choose", "email-code", "passkey", "identify"] {
            let answer = browser.post(&format!("/v1/auth/flows/{flow}/{kind}"), json!({})).await;
            answer.refused(409, "wrong_step");
        }
        // It is begun at the account only.
        let asked = browser.post("/v1/auth/flows", json!({ "purpose": "errand" })).await;
        asked.refused(422, "invalid_field");
    }

    async fn a_provider_that_is_away_takes_its_section_along_and_nothing_else(app: TestApp) {
        stage(&app, &[("p1", MethodKind::Password)]).await;
        let mut browser = login(&app, ANA).await;
        for (mood, state) in [(Mood::Down, "unavailable"), (Mood::Lying, "unavailable")] {
            app.fake.set_mood(mood);
            assert_eq!(kept(&mut browser).await["state"], state);
            let page = browser.get("/account").await.expect(200).text();
            html(&page, "does not answer");
            html(&page, "id=\"sessions\"");
            assert!(!page.contains("change-password"));
        }
        app.fake.set_mood(Mood::Down);
        wish(&mut browser, "change-password", "").await.refused(503, "upstream_unavailable");
        app.fake.set_mood(Mood::Fine);
        app.fake.set_private(true);
        assert_eq!(kept(&mut browser).await["state"], "not_permitted");
        html(&browser.get("/account").await.expect(200).text(), "Laneway may not see it there");
        wish(&mut browser, "change-password", "").await.refused(409, "not_supported_by_upstream");

        // It cannot be asked afterwards: neither said to be done nor said not to be.
        app.fake.set_private(false);
        let to = set_out(&mut browser, "change-password", "").await;
        assert!(app.fake.perform(ANA, &to.parse().expect("an address")));
        app.fake.set_private(true);
        let back = app.come_back(&mut browser, ANA, &to).await.expect(303);
        assert_eq!(back.location(), "/account?done=there-unseen");
        assert!(app.events("password.changed").await.is_empty());
        app.fake.set_private(false);
        app.fake.remove(ANA);
        assert_eq!(kept(&mut browser).await["state"], "gone");
    }

    async fn the_last_way_in_stays(app: TestApp) {
        stage(&app, &[("k1", MethodKind::Passkey), ("t1", MethodKind::Totp)]).await;
        let mut browser = login(&app, ANA).await;
        let removable = async |browser: &mut Browser| {
            let all = kept(browser).await["credentials"].clone();
            let all = all.as_array().expect("a list").clone();
            all.iter().map(|one| (one["id"].as_str().expect("an id").to_owned(), one["removable"] == true)).collect::<Vec<_>>()
        };
        assert_eq!(removable(&mut browser).await, [("k1".into(), false), ("t1".into(), true)]);
        html(&browser.get("/account").await.expect(200).text(), "Your only way to sign in");
        wish(&mut browser, "remove", "k1").await.refused(409, "last_factor");
        wish(&mut browser, "remove", "never").await.refused(404, "not_found");
        wish(&mut browser, "remove", "").await.refused(404, "not_found");
        wish(&mut browser, "dance", "").await.refused(422, "invalid_field");

        let mut elsewhere = login(&app, ANA).await;
        assert_eq!(run(&app, &mut browser, ("remove", "t1")).await, "/account?done=removed");
        assert_eq!(app.events("totp.removed").await[0].target, "totp:t1");
        elsewhere.user(LOGIN).await.refused(401, "unauthenticated");
        run(&app, &mut browser, ("change-password", "")).await;
        assert_eq!(removable(&mut browser).await[0], ("k1".into(), true));
        let password = kept(&mut browser).await["credentials"][1]["id"].as_str().expect("an id").to_owned();
        wish(&mut browser, "remove", &password).await.refused(422, "invalid_field");
        assert_eq!(run(&app, &mut browser, ("remove", "k1")).await, "/account?done=removed");
        assert_eq!(app.events("passkey.removed").await[0].target, "passkey:k1");
    }

    async fn the_session_that_it_was_done_in_outlives_what_is_told_of_it(app: TestApp) {
        stage(&app, &[("p1", MethodKind::Password)]).await;
        listen_once(app.core()).await.expect("a round");
        let mut browser = login(&app, ANA).await;
        // What stood there behind it has run out: they sign in there anew on the way.
        app.fake.end_sessions_of(ANA);
        assert_eq!(run(&app, &mut browser, ("change-password", "")).await, "/account?done=password");
        let within = app.fake.sessions_of(ANA).pop();
        assert!(within.is_some());
        let subject = ANA.to_owned();
        app.fake.tell(Happened::NewPassword { subject, within });
        app.clock.advance_s(1);
        listen_once(app.core()).await.expect("a round");
        browser.user(LOGIN).await.expect(200);
    }

    async fn buttons_lead_there(app: TestApp) {
        stage(&app, &[("p1", MethodKind::Password), ("t1", MethodKind::Totp)]).await;
        let mut browser = login(&app, ANA).await;
        let page = browser.get("/account").await.expect(200);
        let csp = page.header("content-security-policy").to_owned();
        assert!(csp.contains(" https://fake.test"), "{csp}");
        let page = page.text();
        html(&page, "Sign-in at Corp");
        html(&page, "t1 &#60;b&#62;");
        assert!(!page.contains("id=\"passkeys\""), "nothing is kept here");
        let token = form_token(&page);
        let to = "/account/upstream-credentials";
        let fields = [("csrf", token.as_str()), ("upstream", "corp"), ("action", "remove"), ("credential", "t1")];
        let sent = browser.send(Call::form(to, &fields)).await.expect(303);
        assert!(sent.location().starts_with("https://fake.test/authorize?"), "{}", sent.location());
        let forged = [("csrf", "x"), ("upstream", "corp"), ("action", "change-password")];
        browser.send(Call::form(to, &forged)).await.refused(403, "csrf_required");
        let nowhere = [("csrf", token.as_str()), ("upstream", "embedded"), ("action", "change-password")];
        browser.send(Call::form(to, &nowhere)).await.refused(404, "not_found");
    }
}
