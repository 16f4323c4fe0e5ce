//! Registered apps at the pages of the administration.

use serde_json::json;

use crate::harness::{Call, LOGIN, TestApp, both};
use crate::oauth::client::submit;

both! {
    async fn an_app_is_registered_changed_and_deleted_on_pages(app: TestApp) {
        let mut owner = crate::desk_pages::owner(&app, "ana@x.test").await;
        let page = owner.get("/admin/apps").await.expect(200);
        assert!(page.text().contains("Laneway CLI"), "every tenant has it");
        let fields = [
            ("name", "Reports"), ("redirect_uris", "https://r.test/cb\r\nhttps://r.test/other"),
            ("scope", "openid  profile"), ("refresh", "yes"), ("device", "yes"), ("lifetime", "120"), ("alg", "ES256"),
        ];
        let bad = [("name", "Reports"), ("redirect_uris", "http://r.test/cb"), ("scope", "openid")];
        let refused = submit(&mut owner, &page, "/admin/apps", &bad).await.expect(422);
        assert!(refused.text().contains("value=\"Reports\"") && refused.text().contains("http://r.test/cb"));
        let made = submit(&mut owner, &page, "/admin/apps", &fields).await.expect(201);
        assert!(made.text().contains("lw_app_"), "shown once");
        let listed = app.admin("GET", "/v1/admin/apps", json!({})).await.expect(200).json();
        let all = listed["items"].as_array().expect("a list");
        let one = all.iter().find(|app| app["client_name"] == "Reports").expect("the app");
        assert_eq!(one["redirect_uris"], json!(["https://r.test/cb", "https://r.test/other"]));
        assert_eq!((&one["scope"], &one["first_party"]), (&json!("offline_access openid profile"), &json!(false)), "it may ask for what it gets");
        assert_eq!(one["grant_types"].as_array().map(Vec::len), Some(3), "{one}");
        assert_eq!((&one["access_token_lifetime"], &one["id_token_signed_response_alg"]), (&json!(120), &json!("ES256")));
        let id = one["client_id"].as_str().expect("an id").to_owned();
        let here = format!("/admin/apps/{id}");
        let page = owner.get(&here).await.expect(200);
        assert!(!page.text().contains("lw_app_") && page.text().contains(LOGIN));
        let changed = [
            ("action", "save"), ("name", "Reporting"), ("redirect_uris", "https://r.test/cb"), ("scope", "openid"),
            ("own", "yes"), ("backchannel_logout_uri", "https://r.test/out"),
        ];
        let saved = submit(&mut owner, &page, &here, &changed).await.expect(303);
        assert_eq!(saved.location(), format!("{here}?done=saved"));
        let now = app.admin("GET", &format!("/v1/admin/apps/{id}"), json!({})).await.expect(200).json();
        assert_eq!((&now["client_name"], &now["first_party"]), (&json!("Reporting"), &json!(true)));
        assert_eq!(now["grant_types"], json!(["authorization_code"]));
        assert_eq!(now["backchannel_logout_uri"], "https://r.test/out");
        let nothing = [("action", "save"), ("name", "Reporting"), ("redirect_uris", ""), ("scope", "openid")];
        let refused = submit(&mut owner, &page, &here, &nothing).await.expect(422);
        assert!(refused.text().contains("one address where answers go"));
        let machine = [nothing[0], nothing[1], nothing[2], nothing[3], ("machine", "yes"), ("exempt", "yes"), ("lifetime", "5")];
        assert!(submit(&mut owner, &page, &here, &machine).await.expect(422).text().contains("60 to 900"));
        let machine = [machine[0], machine[1], machine[2], machine[3], machine[4], machine[5], ("lifetime", "60")];
        submit(&mut owner, &page, &here, &machine).await.expect(303);
        let now = app.admin("GET", &format!("/v1/admin/apps/{id}"), json!({})).await.expect(200).json();
        assert_eq!((&now["grant_types"], &now["require_pkce"]), (&json!(["client_credentials"]), &json!(false)));
        assert_eq!((&now["access_token_lifetime"], &now["id_token_signed_response_alg"]), (&json!(60), &json!("ES256")));
        let renewed = submit(&mut owner, &page, &here, &[("action", "secret")]).await.expect(200);
        assert!(renewed.text().contains("lw_app_"));
        submit(&mut owner, &page, &here, &[("action", "off")]).await.expect(303);
        assert!(owner.get("/admin/apps").await.expect(200).text().contains("Disabled"));
        submit(&mut owner, &page, &here, &[("action", "nothing")]).await.expect(404);
        // Not with a token that is not this browser's.
        let forged = Call::form(&format!("{LOGIN}{here}"), &[("csrf", "x"), ("action", "delete")]);
        owner.send(forged).await.expect(403);
        let gone = submit(&mut owner, &page, &here, &[("action", "delete")]).await.expect(303);
        assert_eq!(gone.location(), "/admin/apps?done=deleted");
        owner.get(&here).await.expect(404);
    }
}
