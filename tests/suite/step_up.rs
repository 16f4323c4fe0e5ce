//! More proof from somebody who is signed in.

use serde_json::json;

use super::rig::{Does, Landing};
use super::stage::Stage;
use super::web::Browser;

/// A demanded rung that the person can reach is reached: same session, new cookie, the old
/// one dead.
pub async fn the_demanded_rung_is_reached(stage: &Stage) {
    let strongest = stage.rig.declared().strongest;
    let tia = stage.rig.provision(stage, "tia", true).await;
    let mut browser = stage.signed_in(&tia).await;
    let (before, mut old) = (stage.who(&mut browser).await, browser.clone());
    assert_ne!(before["acr"], strongest);
    let after = stage
        .sign_in(
            &mut browser,
            &format!("&acr_values={strongest}"),
            (&tia, Does::SecondFactor),
        )
        .await;
    assert_eq!(
        (&after["acr"], &after["sub"], &after["sid"]),
        (&json!(strongest), &before["sub"], &before["sid"])
    );
    assert_ne!(browser.cookie("__Host-lw"), old.cookie("__Host-lw"));
    stage.user(&mut old).await.refused(401, "unauthenticated");
    // What is proven is not asked for again.
    assert_eq!(
        stage
            .begin(&mut browser, &format!("&acr_values={strongest}"))
            .await,
        stage.at("/account")
    );
}

/// Where there is no way to the demanded rung, that is said, and nothing is raised.
pub async fn without_a_path_it_is_refused(stage: &Stage) {
    let declared = stage.rig.declared();
    let ana = stage.rig.provision(stage, "ana", false).await;
    let mut browser = stage.signed_in(&ana).await;
    let before = stage.who(&mut browser).await;
    let beyond = declared.beyond.unwrap_or(declared.strongest);
    let demand = json!({ "purpose": "step_up", "acr_values": beyond });
    let refused = stage
        .flow(&mut browser, demand)
        .await
        .refused(409, "not_supported_by_upstream");
    assert_eq!(refused.json()["acr_values"], json!([beyond]));
    browser
        .open(&stage.at(&format!(
            "/bff/login?return_to=/account&acr_values={beyond}"
        )))
        .await
        .expect(409);
    if declared.judges_factors {
        // Only the provider knows that this person has no second factor.
        let url = stage
            .begin(&mut browser, &format!("&acr_values={}", declared.strongest))
            .await;
        match stage
            .rig
            .act_as_user(stage, &mut browser, &url, (&ana, Does::SecondFactor))
            .await
        {
            Landing::Home(home) => drop(browser.open(&home).await.expect(403)),
            Landing::Page(status) => assert_eq!(status, 400),
        }
    }
    let after = stage.who(&mut browser).await;
    assert_eq!(
        (&after["sid"], &after["acr"]),
        (&before["sid"], &before["acr"])
    );
}

/// Somebody else who proves themselves in the middle of a step-up takes over nothing.
pub async fn another_person_raises_nothing(stage: &Stage) {
    let strongest = stage.rig.declared().strongest;
    let tia = stage.rig.provision(stage, "tia", true).await;
    let ben = stage.rig.provision(stage, "ben", true).await;
    let mut browser = stage.signed_in(&tia).await;
    let before = stage.who(&mut browser).await;
    let url = stage
        .begin(&mut browser, &format!("&acr_values={strongest}"))
        .await;
    if stage.owns(&url) {
        let landing = stage
            .rig
            .act_as_user(stage, &mut browser, &url, (&ben, Does::SecondFactor))
            .await;
        assert!(matches!(landing, Landing::Page(422)), "{landing:?}");
    } else {
        // At the provider another person sits down.
        let landing = stage
            .rig
            .act_as_user(stage, &mut Browser::new(), &url, (&ben, Does::SecondFactor))
            .await;
        browser.open(&landing.home()).await.expect(403);
    }
    let after = stage.who(&mut browser).await;
    assert_eq!(
        (&after["sub"], &after["sid"], &after["acr"]),
        (&before["sub"], &before["sid"], &before["acr"])
    );
}
