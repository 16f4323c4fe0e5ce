//! Set-up links that open for one mailbox.

use serde_json::{Value, json};

use crate::harness::{Call, TestApp};
use crate::wizard::post;

#[tokio::test]
async fn a_link_for_a_mailbox_opens_with_the_code_that_went_there() {
    let app = TestApp::sqlite().await;
    let token = app.operator().await;
    let call = async |path: &str, body: Value| {
        let call = Call::api("POST", path, &body).bearer(&token);
        app.browser().send(call).await
    };
    let org = json!({ "slug": "acme", "name": "Acme" });
    let org = call("/v1/organizations", org).await.expect(201).json();
    let path = format!(
        "/v1/organizations/{}/setup-links",
        org["id"].as_str().expect("an id")
    );
    let body = json!({ "purpose": "connection", "email": "no address" });
    call(&path, body).await.refused(422, "invalid_field");
    let body = json!({ "purpose": "connection", "email": "IT@acme.test" });
    let made = call(&path, body).await.expect(201).json();
    assert_eq!(made["email"], "it@acme.test");
    let url = made["url"].as_str().expect("an address").to_owned();
    let mut thief = app.browser();
    let mut mona = app.browser();
    // The link alone opens nothing, with or without a code that nobody sent.
    let door = mona.get(&url).await.expect(200).text();
    assert!(
        door.contains("i…@acme.test") && !door.contains("it@acme.test"),
        "{door}"
    );
    for fields in [vec![], vec![("code", "123456")]] {
        post(&mut thief, &url, &fields).await.expect(422);
    }
    assert!(app.mails_to("it@acme.test").await.is_empty());
    post(&mut mona, &url, &[("action", "send")])
        .await
        .expect(303);
    let code = app.code_for("it@acme.test").await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let page = post(&mut thief, &url, &[("code", wrong)])
        .await
        .expect(422)
        .text();
    assert!(page.contains("not right"), "{page}");
    mona.get(&format!("{url}/connect")).await.expect(200).text();
    post(&mut mona, &url, &[("code", &code)]).await.expect(303);
    let page = mona.get(&format!("{url}/connect")).await.expect(200).text();
    assert!(page.contains("name=\"paste\""), "{page}");
    // It has opened: no code opens it a second time.
    let door = thief.get(&url).await.expect(410).text();
    assert!(door.contains("open elsewhere"), "{door}");
    assert_eq!(app.events("setup_link.opened").await.len(), 2);
}

#[tokio::test]
async fn the_code_of_a_link_is_not_guessed() {
    let app = TestApp::sqlite().await;
    let token = app.operator().await;
    let call = async |path: &str, body: Value| {
        let call = Call::api("POST", path, &body).bearer(&token);
        app.browser().send(call).await.expect(201).json()
    };
    let org = call(
        "/v1/organizations",
        json!({ "slug": "acme", "name": "Acme" }),
    )
    .await;
    let path = format!(
        "/v1/organizations/{}/setup-links",
        org["id"].as_str().expect("an id")
    );
    let made = call(
        &path,
        json!({ "purpose": "connection", "email": "it@acme.test" }),
    )
    .await;
    let url = made["url"].as_str().expect("an address").to_owned();
    let mut thief = app.browser();
    for _ in 0..4 {
        post(&mut thief, &url, &[("action", "send")])
            .await
            .expect(303);
        let code = app.code_for("it@acme.test").await;
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            post(&mut thief, &url, &[("code", wrong)]).await.expect(422);
        }
        // Five wrong ones are enough for a code, right or not.
        let page = post(&mut thief, &url, &[("code", &code)])
            .await
            .expect(422)
            .text();
        assert!(page.contains("code is over"), "{page}");
        app.clock.advance_s(3600);
    }
    // Twenty are enough for the link.
    post(&mut thief, &url, &[("action", "send")])
        .await
        .expect(303);
    let code = app.code_for("it@acme.test").await;
    let page = post(&mut thief, &url, &[("code", &code)])
        .await
        .expect(422)
        .text();
    assert!(page.contains("code is over"), "{page}");
}
