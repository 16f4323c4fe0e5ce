//! What opens an account: links, and how they are taken away.

use serde_json::json;

use crate::harness::{Call, TestApp};

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
