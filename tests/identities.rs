//! What opens an account: links, how they are taken away, and the link that makes an owner.

use serde_json::json;

use crate::harness::{Call, TestApp, answer, form_token};

#[tokio::test]
async fn the_link_of_the_sign_in_name_cannot_be_taken_away_alone() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    let user = browser.me().await["sub"].clone();
    let user = user.as_str().expect("an id");
    let asked = json!({ "purpose": "verify", "username": "b@x.test" });
    let flow = browser.post("/v1/auth/flows", asked).await.expect(201);
    let flow = flow.json()["id"].as_str().expect("an id").to_owned();
    let path = format!("/v1/auth/flows/{flow}/email-code");
    browser.post(&path, json!({})).await.expect(200);
    let code = app.code_for("b@x.test").await;
    browser
        .post(&path, json!({ "code": code }))
        .await
        .expect(200);
    let all = browser.get("/v1/me/identities").await.expect(200).json();
    let link = |address: &str| {
        let items = all["items"].as_array().expect("items");
        let found = items.iter().find(|link| link["subject"] == address);
        found.expect("a link")["id"]
            .as_str()
            .expect("an id")
            .to_owned()
    };
    let own = Call::api(
        "DELETE",
        &format!("/v1/me/identities/{}", link("ana@x.test")),
        &json!({}),
    );
    browser.send(own).await.refused(409, "conflict");
    let by_operator = format!("/v1/admin/users/{user}/identities/{}", link("ana@x.test"));
    app.admin("DELETE", &by_operator, json!({}))
        .await
        .refused(409, "conflict");
    let other = Call::api(
        "DELETE",
        &format!("/v1/me/identities/{}", link("b@x.test")),
        &json!({}),
    );
    browser.send(other).await.expect(204);
}

#[tokio::test]
async fn the_first_owners_grant_is_an_event() {
    let app = TestApp::sqlite().await;
    let link = laneway::core::make_owner_link(app.core(), &app.tenant().await)
        .await
        .expect("a link");
    let path = format!("/owner/{}", link.0.expose());
    let mut browser = app.browser();
    let page = browser.get(&path).await.expect(200).text();
    let fields = [("csrf", form_token(&page))];
    let fields = fields
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let begun = browser.send(Call::form(&path, &fields)).await.expect(303);
    let flow = begun
        .location()
        .split("flow=")
        .nth(1)
        .expect("a flow")
        .to_owned();
    let name = json!({ "username": "ana@x.test" });
    answer(&mut browser, &flow, "identify", name)
        .await
        .expect(200);
    let code = json!({ "code": app.code_for("ana@x.test").await });
    answer(&mut browser, &flow, "email-code", code)
        .await
        .expect(200);
    answer(&mut browser, &flow, "profile", json!({ "name": "Ana" }))
        .await
        .expect(200);
    assert!(app.events("operator.appointed").await.is_empty(), "not yet");
    let done = answer(&mut browser, &flow, "enrol", json!({ "skip": true }))
        .await
        .expect(200);
    assert_eq!(done.json()["state"], "done");
    let events = app.events("operator.appointed").await;
    let user = format!(
        "user:{}",
        browser.me().await["sub"].as_str().expect("an id")
    );
    assert_eq!(events.len(), 1);
    assert_eq!((&events[0].actor, &events[0].target), (&user, &user));
    browser.get("/v1/admin/users").await.expect(200);
}
