//! API tokens and service accounts at the pages where people run them.

use crate::api_tokens::{get, text};
use crate::harness::{Browser, Call, TestApp, form_token};
use crate::org_pages::{hidden, page, post};
use crate::service_accounts::Acme;

#[tokio::test]
async fn the_account_page_makes_a_token_shows_it_once_and_revokes_it() {
    let app = TestApp::sqlite().await;
    let mut ana = app.signup("ana@x.test").await;
    let html = page(&mut ana, "/account").await;
    assert!(html.contains("No API tokens"), "{html}");
    let csrf = form_token(&html);
    let fields = [
        ("csrf", csrf.as_str()),
        ("name", "Nightly <report>"),
        ("days", "30"),
        ("org", ""),
        ("tick", "api"),
        ("tick", "account:read"),
    ];
    let made = ana.send(Call::form("/account/tokens", &fields)).await;
    let html = made.expect(200).text();
    let value = html
        .split("id=\"token-value\">")
        .nth(1)
        .and_then(|rest| rest.split('<').next())
        .expect("the value");
    assert!(value.starts_with("lw_pat_"), "{value}");
    get(&app, value, "/v1/me").await.expect(200);
    let none = ana.send(Call::form("/account/tokens", &fields[..4])).await;
    let none = none.expect(422).text();
    assert!(
        none.contains("one scope at least") && none.contains("value=\"Nightly &#60;report&#62;\"")
    );
    let again = page(&mut ana, "/account").await;
    assert!(again.contains("Nightly &#60;report&#62;") && !again.contains(value));
    let id = text(&ana.get("/v1/me/tokens").await.json()["items"][0]["id"]);
    let path = format!("/account/tokens/{id}/revoke");
    let unsigned = Call::form(&path, &[]);
    ana.send(unsigned).await.refused(403, "csrf_required");
    let revoke = Call::form(&path, &[("csrf", &csrf)]);
    let done = ana.send(revoke).await.expect(303);
    assert_eq!(done.location(), "/account?done=revoked");
    get(&app, value, "/v1/me").await.expect(401);
    // Without a fresh proof the form leads to one.
    app.clock.advance_s(900);
    let stale = ana.send(Call::form("/account/tokens", &fields)).await;
    let stale = stale.expect(303);
    let way = stale.location();
    assert!(way.contains("/bff/login?acr_values="), "{way}");
    assert!(
        way.ends_with("return_to=%2Faccount%3Fdone%3Dagain"),
        "{way}"
    );
    let back = page(&mut ana, "/account?done=again").await;
    assert!(back.contains("press it once more"), "{back}");
}

#[tokio::test]
async fn the_page_of_an_organization_runs_its_service_accounts() {
    let acme = Acme::new(TestApp::sqlite().await).await;
    let mut ana = acme.person("ana", "admin").await;
    let place = "/org/acme/services";
    let new = [("name", "Nightly"), ("tick", "viewer")];
    let made = post(&mut ana, place, &new).await.expect(303);
    let at = made
        .location()
        .split('?')
        .next()
        .expect("a path")
        .to_owned();
    let fields = [("action", "key"), ("name", "one"), ("days", "30")];
    let html = post(&mut ana, &at, &fields).await.expect(200).text();
    let value = html
        .split("id=\"token-value\">")
        .nth(1)
        .and_then(|rest| rest.split('<').next())
        .expect("the value");
    get(&acme.app, value, &acme.members()).await.expect(200);
    let again = page(&mut ana, &at).await;
    assert!(again.contains(">one<") && !again.contains(value));
    post(&mut ana, &at, &[("action", "off")]).await.expect(303);
    get(&acme.app, value, &acme.members()).await.expect(401);
    assert!(page(&mut ana, &at).await.contains("switched off"));
    post(&mut ana, &at, &[("action", "on")]).await.expect(303);
    let above = [("action", "save"), ("name", "Nightly"), ("tick", "owner")];
    let refused = post(&mut ana, &at, &above).await.expect(403).text();
    assert!(refused.contains("somebody above you has to decide"));
    let id = hidden(&page(&mut ana, &at).await, ">one<", "person").to_owned();
    let revoke = [("action", "revoke"), ("person", id.as_str())];
    post(&mut ana, &at, &revoke).await.expect(303);
    get(&acme.app, value, &acme.members()).await.expect(401);
    public_keys(&mut ana, &at).await;
    let gone = post(&mut ana, &at, &[("action", "delete")])
        .await
        .expect(303);
    assert_eq!(gone.location(), format!("{place}?done=deleted"));
    // Whoever only looks is shown no form.
    let mut viewer = acme.person("viewer", "viewer").await;
    let html = page(&mut viewer, place).await;
    assert!(!html.contains(&format!("action=\"{place}\"")));
    let token = form_token(&page(&mut viewer, "/account").await);
    let forged = Call::form(place, &[("csrf", &token), ("name", "x")]);
    viewer.send(forged).await.expect(403);
}

/// A public key is entered, and removed again; what is no key stays where it was typed.
async fn public_keys(ana: &mut Browser, at: &str) {
    let typed = |key: &'static str| [("action", "public"), ("name", "cluster"), ("key", key)];
    let refused = post(ana, at, &typed("no <key>")).await.expect(422).text();
    assert!(refused.contains("no &#60;key&#62;</textarea>"), "{refused}");
    let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    post(ana, at, &typed(jwk)).await.expect(303);
    let html = page(ana, at).await;
    let thumbprint = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
    assert!(html.contains(thumbprint), "{html}");
    let id = hidden(&html, ">cluster<", "person").to_owned();
    let remove = [("action", "remove-public"), ("person", id.as_str())];
    post(ana, at, &remove).await.expect(303);
    assert!(!page(ana, at).await.contains(thumbprint));
}
