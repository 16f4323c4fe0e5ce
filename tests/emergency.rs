//! People who get in past an enforced provider: as long as they are needed, they stay.

use serde_json::{Value, json};

use crate::enforce::{Acme, Person};
use crate::harness::Call;

#[tokio::test]
async fn the_people_for_emergencies_stay_members_while_they_are_needed() {
    let acme = Acme::new().await;
    let saml = &acme.saml;
    acme.ready().await;
    let member = |place: usize| saml.path(&format!("members/{}", acme.people[place].id));
    let suspend = json!({ "state": "suspended" });
    let refused = saml.call("PATCH", &member(0), &suspend).await;
    let detail = refused.refused(409, "conflict").json()["detail"].clone();
    assert!(
        detail
            .as_str()
            .is_some_and(|text| text.contains("Two people"))
    );
    let gone = saml.call("DELETE", &member(0), &json!({})).await;
    gone.refused(409, "conflict");
    // Nor do they end their own accounts.
    let mut ana = acme.people[0].clone();
    ana.browser = saml.app.browser();
    ana.sign_in(&saml.app).await.expect(200);
    let own = Call::api("DELETE", "/v1/me", &json!({}));
    ana.browser.send(own).await.refused(409, "conflict");
    // Others go as they like, and a third lets one of the two go.
    let cleo = Person::new(&saml.app, "cleo@else.test").await;
    let path = saml.path(&format!("members/{}", cleo.id));
    let roles = json!({ "roles": ["member"] });
    saml.call("PUT", &path, &roles).await.expect(200);
    saml.call("PATCH", &path, &suspend).await.expect(200);
    let back = json!({ "state": "active" });
    saml.call("PATCH", &path, &back).await.expect(200);
    let named = saml.path(&format!("break-glass/{}", cleo.id));
    saml.call("PUT", &named, &json!({})).await.expect(204);
    // Named is not enough: they have to have shown it.
    let gone = saml.call("DELETE", &member(0), &json!({})).await;
    gone.refused(409, "conflict");
    let mut cleo = cleo;
    cleo.browser = saml.app.browser();
    cleo.sign_in(&saml.app).await.expect(200);
    saml.call("DELETE", &member(0), &json!({}))
        .await
        .expect(204);
    // Whoever comes back is a member and no more.
    saml.call("PUT", &member(0), &roles).await.expect(200);
    let call = Call::new("GET", &saml.path("break-glass")).bearer(&saml.token);
    let listed = saml.app.browser().send(call).await.expect(200).json();
    let users: Vec<&Value> = listed["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|one| &one["user"])
        .collect();
    assert!(!users.contains(&&json!(acme.people[0].id)), "{users:?}");
    // Where nothing is enforced nobody is needed.
    let off = json!({ "state": "disabled" });
    saml.call("PATCH", &saml.at(""), &off).await.expect(200);
    saml.call("DELETE", &member(1), &json!({}))
        .await
        .expect(204);
}
