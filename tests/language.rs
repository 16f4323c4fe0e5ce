//! Pages and mails speak the language of whoever reads them; the API speaks English.

use serde_json::json;

use crate::credentials::PASSWORD;
use crate::harness::{APP, Browser, Call, LOGIN, TestApp, answer, both, png};

const GERMAN: &str = "Bei Laneway anmelden";
const ENGLISH: &str = "Sign in to Laneway";

async fn login_page(browser: &mut Browser, query: &str, accept: &str) -> String {
    let call = Call::new("GET", &format!("/login{query}")).header("accept-language", accept);
    let reply = browser.send(call).await.expect(200);
    let lang = reply.header("content-language").to_owned();
    let html = reply.text();
    assert!(html.contains(&format!("<html lang=\"{lang}\" dir=\"ltr\">")));
    assert!(reply.header("vary").contains("Accept-Language"));
    assert_eq!(html.contains(GERMAN), lang == "de", "{query} {accept}");
    assert_eq!(html.contains(ENGLISH), lang == "en", "{query} {accept}");
    lang
}

both! {
    async fn a_click_wins_over_an_application_and_both_over_the_browser(app: TestApp) {
        let mut browser = app.browser();
        assert_eq!(login_page(&mut browser, "", "").await, "en");
        assert_eq!(login_page(&mut browser, "", "de-CH, en;q=0.5").await, "de");
        assert_eq!(login_page(&mut browser, "", "fr").await, "en");
        // Passed on by an application, and remembered.
        assert_eq!(login_page(&mut browser, "?ui_locales=fr%20de", "en").await, "de");
        assert_eq!(browser.cookie(LOGIN, "lw-lang"), Some("~fr.de"));
        assert_eq!(login_page(&mut browser, "", "en").await, "de");
        assert_eq!(login_page(&mut browser, "?ui_locales=en", "de").await, "en");
        assert_eq!(login_page(&mut browser, "", "de").await, "en");
        // Clicked on the page: the same address in the other language.
        assert_eq!(login_page(&mut browser, "?return_to=/x&lang=en", "de").await, "en");
        assert_eq!(browser.cookie(LOGIN, "lw-lang"), Some("en"));
        assert_eq!(login_page(&mut browser, "", "de").await, "en");
        // What a person clicked stays, whatever an application passes on.
        assert_eq!(login_page(&mut browser, "?ui_locales=de", "de").await, "en");
        assert_eq!(browser.cookie(LOGIN, "lw-lang"), Some("en"));
        // Nonsense changes nothing.
        assert_eq!(login_page(&mut browser, "?lang=%3Cb%3E&ui_locales=%0d%0a", "de").await, "en");
        assert_eq!(browser.cookie(LOGIN, "lw-lang"), Some("en"));
    }

    async fn the_footer_leads_to_the_same_page(app: TestApp) {
        let mut browser = app.browser();
        let page = browser.get("/login?return_to=/x&ui_locales=en").await.expect(200).text();
        let link = "<a href=\"/login?return_to=%2Fx&#38;lang=de\" lang=\"de\" hreflang=\"de\">Deutsch</a>";
        assert!(page.contains(link), "{page}");
        // What cannot be asked for twice has no such link.
        let error = browser.send(Call::new("GET", "/federation/callback/corp?state=x").header("accept", "text/html")).await;
        assert!(!error.text().contains("lang=de"), "{}", error.text());
    }

    async fn problems_are_german_pages_and_english_documents(app: TestApp) {
        let mut browser = app.browser();
        let page = Call::new("GET", "/nothing").header("accept", "text/html").header("accept-language", "de");
        let page = browser.send(page).await;
        assert_eq!((page.code(), page.header("content-language")), (404, "de"));
        assert!(page.text().contains("Unter dieser Adresse ist nichts bekannt."), "{}", page.text());
        let document = browser.send(Call::new("GET", "/nothing").header("accept-language", "de")).await;
        assert_eq!(document.json()["detail"], "Nothing is known under this address.");
        let form = browser.get("/login").await.text();
        let csrf = crate::harness::form_token(&form);
        let empty = [("csrf", csrf.as_str()), ("kind", "identify"), ("username", "")];
        let again = browser.send(Call::form("/login", &empty).header("accept-language", "de")).await.expect(422);
        assert!(again.text().contains("Geben Sie Ihre E-Mail-Adresse ein."), "{}", again.text());
        assert!(again.text().contains("<title>Fehler:"));
    }

    async fn a_mail_speaks_the_language_of_the_page_it_was_asked_for_on(app: TestApp) {
        let mut browser = app.browser();
        browser.get("/login?lang=de").await.expect(200);
        let flow = app.begin(&mut browser, json!({ "purpose": "signup", "username": "ana@x.test" })).await;
        let id = flow["id"].as_str().expect("an id");
        answer(&mut browser, id, "email-code", json!({})).await.expect(200);
        let mail = app.mails_to("ana@x.test").await.remove(0);
        assert!(mail.subject.contains("ist Ihr Code für Laneway"), "{}", mail.subject);
        assert!(mail.html.contains("<html lang=\"de\"") && mail.text.contains("Er gilt einmal, bis"));
    }

    async fn an_app_passes_its_language_on(app: TestApp) {
        let mut browser = app.browser();
        let start = format!("{APP}/bff/login?return_to=/&ui_locales=de");
        let reply = browser.get(&start).await.expect(303);
        let (page, at) = browser.follow(reply, start).await;
        assert!(at.contains("/login"), "{at}");
        assert!(page.text().contains(GERMAN), "{}", page.text());
    }

    async fn a_provider_is_told_the_language(app: TestApp) {
        let id = app.add_fake().await;
        app.admin("PATCH", &format!("/v1/admin/upstreams/{id}"), json!({ "role": "primary" })).await.expect(200);
        let mut browser = app.browser();
        let asked = browser.get("/federation/corp/start?return_to=/account&ui_locales=fr%20de").await.expect(303);
        assert!(asked.location().contains("ui_locales=fr+de"), "{}", asked.location());
        browser.get("/login?lang=en").await.expect(200);
        let asked = browser.get("/federation/corp/start?return_to=/account").await.expect(303);
        assert!(asked.location().contains("ui_locales=en"), "{}", asked.location());
        // The browser tells the provider itself what it prefers.
        let asked = app.browser().get("/federation/corp/start?return_to=/account").await.expect(303);
        assert!(!asked.location().contains("ui_locales"), "{}", asked.location());
    }

    async fn a_persons_own_setting_wins_over_all(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let set = |value| Call::api("PATCH", "/v1/me", &json!({ "locale": value }));
        assert_eq!(browser.send(set(Some("de"))).await.expect(200).json()["locale"], "de");
        browser.send(set(Some("fr"))).await.refused(422, "invalid_field");
        let account = Call::new("GET", "/account?ui_locales=en").header("accept-language", "en");
        let page = browser.send(account.clone()).await.expect(200);
        assert!(page.text().contains("<html lang=\"de\"") && page.text().contains("Profil speichern"));
        assert!(page.text().contains("<option value=\"de\" lang=\"de\" selected>Deutsch</option>"));
        assert!(!page.text().contains("hreflang"), "a link that would change nothing");
        // The form of the page: the empty choice leaves it to the browser.
        let csrf = crate::harness::form_token(&page.text());
        let form = [("csrf", csrf.as_str()), ("name", "Ana"), ("locale", "")];
        browser.send(Call::form("/account/profile", &form)).await.expect(303);
        assert_eq!(browser.get("/v1/me").await.json()["locale"], serde_json::Value::Null);
        assert!(browser.send(account).await.text().contains("<html lang=\"en\""));
    }

    async fn a_tenant_says_what_its_pages_show(app: TestApp) {
        let mut browser = app.browser();
        let id = app.tenant().await.id;
        let path = format!("/v1/admin/tenants/{id}");
        let set = json!({ "settings": {
            "locale": "de", "help_url": "https://help.test/a", "privacy_url": "https://help.test/b",
            "support_email": "support@x.test",
        } });
        let changed = app.admin("PATCH", &path, set).await.expect(200).json();
        assert_eq!(changed["settings"]["support_email"], "support@x.test");
        assert_eq!(login_page(&mut browser, "", "").await, "de");
        assert_eq!(login_page(&mut browser, "", "en").await, "en");
        let page = browser.get("/login").await.text();
        assert!(page.contains("<a href=\"https://help.test/a\">Hilfe</a>"), "{page}");
        assert!(page.contains("<a href=\"https://help.test/b\">Datenschutz</a>"));
        let error = browser.send(Call::new("GET", "/nothing").header("accept", "text/html")).await.text();
        assert!(error.contains("<a href=\"mailto:support@x.test\">support@x.test</a>"), "{error}");
        let cleared = app.admin("PATCH", &path, json!({ "settings": { "locale": null } })).await.expect(200).json();
        assert_eq!(cleared["settings"]["help_url"], "https://help.test/a");
        let bad = json!({ "settings": { "help_url": "javascript:x" } });
        app.admin("PATCH", &path, bad).await.refused(422, "invalid_field");
        assert_eq!(app.events("tenant.updated").await.len(), 2);
    }

    async fn every_wish_stands_over_the_next(app: TestApp) {
        let path = format!("/v1/admin/tenants/{}", app.tenant().await.id);
        let tenant = json!({ "settings": { "locale": "de" } });
        app.admin("PATCH", &path, tenant).await.expect(200);
        // From the last to the first: each is asked for on top of those before.
        let mut browser = app.browser();
        assert_eq!(login_page(&mut browser, "", "").await, "de", "the tenant");
        assert_eq!(login_page(&mut browser, "", "en").await, "en", "the browser");
        assert_eq!(login_page(&mut browser, "?ui_locales=de", "en").await, "de", "the application");
        assert_eq!(login_page(&mut browser, "?lang=en", "en").await, "en", "a click");
        assert_eq!(login_page(&mut browser, "?ui_locales=de", "de").await, "en", "a click before");
        let mut ana = app.signup("ana@x.test").await;
        let own = Call::api("PATCH", "/v1/me", &json!({ "locale": "de" }));
        ana.send(own).await.expect(200);
        let page = ana.get("/account?lang=en").await.expect(200);
        assert_eq!(page.header("content-language"), "de", "the person");
    }

    async fn a_mail_speaks_its_receivers_own_language(app: TestApp) {
        let mut ana = app.signup("ana@x.test").await;
        let own = Call::api("PATCH", "/v1/me", &json!({ "locale": "de" }));
        ana.send(own).await.expect(200);
        let tenant = json!({ "settings": { "support_email": "help@x.test" }, "brand": { "color": "#7B2D5B" } });
        app.admin("PATCH", &format!("/v1/admin/tenants/{}", app.tenant().await.id), tenant).await.expect(200);
        for (email, subject, questions) in [
            ("ana@x.test", "ist Ihr Code für Laneway", "Fragen? Schreiben Sie an help@x.test"),
            ("bob@x.test", "is your Laneway code", "Questions? Write to help@x.test"),
        ] {
            let mut browser = app.browser();
            browser.get("/login?lang=en").await.expect(200);
            let flow = app.begin(&mut browser, json!({ "username": email })).await;
            let id = flow["id"].as_str().expect("an id");
            answer(&mut browser, id, "email-code", json!({})).await.expect(200);
            let mail = app.mails_to(email).await.pop().expect("a mail");
            assert!(mail.subject.contains(subject), "{}", mail.subject);
            assert!(mail.html.contains(questions) && mail.text.contains(questions), "{}", mail.text);
            assert!(mail.html.contains("background:#7b2d5b;") && !mail.html.contains("<img"));
        }
        // A notice, too, whatever language its cause was done in.
        let mut again = app.browser();
        again.get("/login?lang=en").await.expect(200);
        app.login_in(&mut again, "ana@x.test").await;
        let mail = app.mails_to("ana@x.test").await.pop().expect("a mail");
        assert!(mail.html.contains("<html lang=\"de\""), "{}", mail.subject);
    }

    async fn a_refused_password_is_explained_in_german(app: TestApp) {
        app.passwords_on().await;
        app.person("ana@x.test").await;
        let mut ana = app.browser();
        app.by_password(&mut ana, "ana@x.test").await;
        let page = Call::new("GET", "/account/password").header("accept-language", "de");
        let page = ana.send(page).await.expect(200).text();
        let csrf = crate::harness::form_token(&page);
        for (password, words) in [
            ("kurz", "Verwenden Sie mindestens "),
            ("1q2w3e4r5t6y7u8i9o0p", "Viele Leute verwenden dieses Passwort"),
        ] {
            let form = [("csrf", csrf.as_str()), ("current", PASSWORD), ("password", password)];
            let form = Call::form("/account/password", &form).header("accept-language", "de");
            let again = ana.send(form).await.expect(422).text();
            assert!(again.contains(words) && again.contains("<title>Fehler:"), "{again}");
        }
    }

    async fn a_picture_is_kept_served_and_removed(app: TestApp) {
        let token = app.operator().await;
        let path = format!("/v1/admin/tenants/{}/logo", app.tenant().await.id);
        let put = |kind: &str, bytes: Vec<u8>| {
            Call::new("PUT", &path).bearer(&token).header("content-type", kind).body(bytes)
        };
        let mut browser = app.browser();
        browser.send(put("image/svg+xml", png(64))).await.refused(415, "unsupported_media_type");
        browser.send(put("image/png", b"<svg/>".to_vec())).await.refused(422, "invalid_field");
        browser.send(put("image/png", png(8))).await.refused(422, "invalid_field");
        browser.send(put("image/png", vec![0; 70_000])).await.refused(413, "too_large");
        let stored = browser.send(put("image/png", png(64))).await.expect(200).json();
        let url = stored["brand"]["logo_url"].as_str().expect("an address").to_owned();
        assert!(url.starts_with("/assets/logo/"), "{url}");
        assert!(browser.get("/login").await.text().contains(&format!("<img src=\"{url}\"")));
        let picture = browser.get(&url).await.expect(200);
        assert_eq!(picture.body, png(64));
        assert_eq!(picture.header("content-type"), "image/png");
        assert_eq!(picture.header("x-content-type-options"), "nosniff");
        assert!(picture.header("cache-control").contains("immutable"));
        let remove = || Call::new("DELETE", &path).bearer(&token);
        browser.send(remove()).await.expect(204);
        browser.send(remove()).await.refused(404, "not_found");
        browser.get(&url).await.refused(404, "not_found");
        assert!(!browser.get("/login").await.text().contains("/assets/logo/"));
        assert_eq!(app.events("tenant.updated").await.len(), 2);
    }
}
