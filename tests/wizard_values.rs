//! Providers without metadata: what is given by hand, and what is taken for something else.

use laneway_fake::saml_idp::SamlIdp;
use serde_json::{Value, json};

use crate::wizard::{World, opened, post};

#[tokio::test]
async fn what_is_no_metadata_is_called_what_it_is() {
    let Some(world) = World::new().await else {
        return;
    };
    let idp = SamlIdp::new("https://idp.acme.test/meta", "https://idp.acme.test/sso");
    let (mut browser, url) = opened(&world).await;
    let connect = format!("{url}/connect");
    // A certificate as some consoles show it: without the lines around it.
    let bare = idp.certificate().split_whitespace().collect::<String>();
    let fields = [("action", "paste"), ("paste", &*bare)];
    let page = post(&mut browser, &connect, &fields).await.expect(422);
    let page = page.text();
    assert!(page.contains("certificate_alone"), "{page}");
    // What nobody should have sent goes into no field.
    let key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\n-----END PRIVATE KEY-----";
    let fields = [("action", "paste"), ("paste", key)];
    let page = post(&mut browser, &connect, &fields).await.expect(422);
    let page = page.text();
    assert!(
        page.contains("private_key") && !page.contains("MIIEvQIBADAN"),
        "{page}"
    );
    assert!(!page.contains("certificate_alone"), "{page}");
}

#[tokio::test]
async fn a_provider_without_metadata_is_given_by_its_values() {
    let Some(world) = World::new().await else {
        return;
    };
    let idp = SamlIdp::new("https://idp.acme.test/meta", "https://idp.acme.test/sso");
    let pem =
        |text: &str| format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
    let (old, new) = (idp.certificate(), idp.with_new_key().certificate());
    let (mut browser, url) = opened(&world).await;
    let connect = format!("{url}/connect");
    // A certificate is a beginning: it stands in its field already.
    let fields = [("action", "paste"), ("paste", &*pem(&old))];
    let page = post(&mut browser, &connect, &fields)
        .await
        .expect(422)
        .text();
    assert!(page.contains("certificate_alone"), "{page}");
    let typed = |sso: &'static str, certificates: String| {
        vec![
            ("action", "fields".to_owned()),
            ("entity_id", "https://idp.acme.test/meta".to_owned()),
            ("sso_url", sso.to_owned()),
            ("certificates", certificates),
        ]
    };
    for (fields, code) in [
        (typed("nowhere", pem(&old)), "metadata_incomplete"),
        (
            typed("https://idp.acme.test/sso", pem("AAAA")),
            "invalid_certificate",
        ),
    ] {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        let page = post(&mut browser, &connect, &fields)
            .await
            .expect(422)
            .text();
        assert!(page.contains(code), "{page}");
        assert!(
            page.contains("value=\"https://idp.acme.test/meta\""),
            "{page}"
        );
    }
    let fields = typed("https://idp.acme.test/sso", pem(&old) + &pem(&new));
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    post(&mut browser, &connect, &fields).await.expect(303);
    let fields = [
        ("action", "save"),
        ("name", "Acme SSO"),
        ("groups_claim", "groups"),
    ];
    post(&mut browser, &connect, &fields).await.expect(303);
    let path = format!("/v1/organizations/{}/connections", world.org);
    let page = browser.get(&connect).await.expect(200).text();
    assert!(!page.contains("value=\"yes\" checked"), "{page}");
    let more = [
        &fields[..],
        &[("link_policy", "link"), ("idp_initiated", "yes")],
    ]
    .concat();
    post(&mut browser, &connect, &more).await.expect(303);
    let page = browser.get(&connect).await.expect(200).text();
    assert!(page.contains("value=\"yes\" checked"), "{page}");
    let all = world
        .call("GET", &path, &Value::Null)
        .await
        .expect(200)
        .json();
    let id = all["items"][0]["id"].as_str().expect("an id");
    let made = world
        .call("GET", &format!("{path}/{id}"), &Value::Null)
        .await;
    let config = made.expect(200).json()["config"].clone();
    assert_eq!(config["entity_id"], "https://idp.acme.test/meta");
    assert_eq!(config["sso_url"], "https://idp.acme.test/sso");
    assert_eq!(config["certificates"], json!([old, new]));
    // Whoever comes back finds what there is.
    let page = browser.get(&connect).await.expect(200).text();
    assert!(
        page.contains(&old[..40]) && page.contains(&new[..40]),
        "{page}"
    );
}
