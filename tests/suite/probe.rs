//! What an administrator is told about a provider.

use serde_json::{Value, json};

use super::stage::{NAME, Stage};

/// The checks of a probe that failed.
pub fn failed(probe: &Value) -> Vec<Value> {
    let checks = probe["checks"].as_array().expect("a list");
    let failed: Vec<Value> = checks
        .iter()
        .filter(|check| check["ok"] != true)
        .cloned()
        .collect();
    assert_eq!(probe["ok"] == true, failed.is_empty(), "{probe}");
    for check in &failed {
        assert!(
            !check["fix"].as_str().unwrap_or_default().is_empty(),
            "no way to mend it: {check}"
        );
    }
    failed
}

/// A provider that is set up rightly passes every check, and there are some.
pub async fn all_is_well(stage: &Stage) {
    let probe = stage.probe().await;
    assert_eq!(failed(&probe), Vec::<Value>::new());
    assert!(!probe["checks"].as_array().expect("a list").is_empty());
}

/// A wrong client secret is told from everything else, and never shown.
pub async fn a_wrong_secret_is_named(stage: &Stage) {
    let path = format!("/v1/admin/upstreams/{}", stage.upstream);
    let changed = stage
        .admin(
            "PATCH",
            &path,
            Some(json!({ "client_secret": "canary-wrong" })),
        )
        .await
        .expect(200);
    assert!(!changed.text.contains("canary"));
    let probe = stage.probe().await;
    let found = failed(&probe);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0]["name"], &found[0]["who"]),
        (&json!("client_credentials"), &json!("us"))
    );
    assert!(!probe.to_string().contains("canary"));
}

/// A redirect URI that is not registered is named with the line to add.
pub async fn a_wrong_address_is_named(stage: &Stage) {
    let path = format!("/v1/admin/upstreams/{}", stage.upstream);
    let row = stage.admin("GET", &path, None).await.expect(200).json();
    let mut body = json!({ "name": format!("{NAME}-2"), "client_secret": "another" });
    for member in ["kind", "issuer", "client_id", "options"] {
        body[member] = row[member].clone();
    }
    let made = stage
        .admin("POST", "/v1/admin/upstreams", Some(body))
        .await
        .expect(201)
        .json();
    let path = format!(
        "/v1/admin/upstreams/{}/probe",
        made["id"].as_str().expect("an id")
    );
    let found = failed(&stage.admin("POST", &path, None).await.expect(200).json());
    let ours = stage.at(&format!("/federation/callback/{NAME}-2"));
    let named = found.iter().find(|check| check["name"] == "redirect_uri");
    let fix = named.unwrap_or_else(|| panic!("{found:?}"))["fix"]
        .as_str()
        .expect("a text");
    assert!(fix.contains(ours.as_str()), "{fix}");
}
