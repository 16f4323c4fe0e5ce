//! Metadata that somebody has as a file, given to the set-up.

use laneway_fake::saml_idp::SamlIdp;

use crate::harness::{Call, form_token};
use crate::wizard::{World, opened};

#[tokio::test]
async fn metadata_can_be_a_file() {
    let Some(world) = World::new().await else {
        return;
    };
    let (mut browser, base) = opened(&world).await;
    let idp = SamlIdp::new(
        "https://idp.acme.test/metadata",
        "https://idp.acme.test/sso",
    );
    let csrf = form_token(
        &browser
            .get(&format!("{base}/connect"))
            .await
            .expect(200)
            .text(),
    );
    let form = |csrf: &str, file: &str| {
        let part = |name: &str, more: &str, value: &str| {
            format!(
                "--cut\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{value}\r\n"
            )
        };
        let body = part("csrf", "", csrf)
            + &part(
                "file",
                "; filename=\"metadata.xml\"\r\nContent-Type: text/xml",
                file,
            )
            + "--cut--\r\n";
        Call::new("POST", &format!("{base}/metadata"))
            .header("content-type", "multipart/form-data; boundary=cut")
            .body(body.into_bytes())
    };
    let xml = format!("\u{feff}{}", idp.metadata());
    browser
        .send(form("guessed", &xml))
        .await
        .refused(403, "csrf_required");
    let nonsense = browser.send(form(&csrf, "what is this")).await.expect(422);
    assert!(nonsense.text().contains("not_understood"));
    browser.send(form(&csrf, &xml)).await.expect(303);
    let page = browser
        .get(&format!("{base}/connect"))
        .await
        .expect(200)
        .text();
    assert!(page.contains("https://idp.acme.test/metadata"), "{page}");
    // Whoever has no link sends nothing here.
    let stranger = world.app.browser().send(form(&csrf, &xml)).await;
    assert!(matches!(stranger.code(), 403 | 410), "{}", stranger.code());
}
