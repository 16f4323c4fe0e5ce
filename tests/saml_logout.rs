//! A customer's SAML provider ends sessions (SAML Profiles §4.4).

use laneway_contract::Clock as _;
use laneway_fake::saml_idp::{RSA_SHA256, SaidLogout};
use serde_json::json;

use crate::harness::saml::SamlCustomer;
use crate::harness::{Browser, Call, LOGIN, Reply, TestApp, both};

const SLO: &str = "https://idp.acme.test/slo";

/// Signs somebody in; how the provider calls the session.
async fn sign_in(acme: &SamlCustomer, browser: &mut Browser, who: &str) -> String {
    let address = acme.begin(browser).await;
    let (said, relay) = acme.says(&address, who, &[]);
    let kept = acme
        .posts(&acme.idp.posted(&said), &relay)
        .await
        .expect(303);
    browser.get(kept.location()).await.expect(303);
    format!("{}s", said.id)
}

fn ends(acme: &SamlCustomer, who: &str, indexes: &[&str], id: &str) -> SaidLogout {
    let place = format!("{LOGIN}/saml/{}/logout", acme.id);
    let mut said = acme.idp.ends(&place, who, acme.app.clock.now_ms());
    id.clone_into(&mut said.id);
    said.session_indexes = indexes.iter().map(|&index| index.to_owned()).collect();
    said
}

/// By redirect, in a browser that need not be the one that is signed in.
async fn sent(acme: &SamlCustomer, said: &SaidLogout) -> Reply {
    let query = acme.idp.logout_query(&said.unsigned(), RSA_SHA256);
    let place = format!("/saml/{}/logout?{query}", acme.id);
    acme.app.browser().get(&place).await
}

async fn alive(browser: &mut Browser) -> bool {
    browser.get("/bff/user?slide=false").await.status.as_u16() == 200
}

both! {
    async fn a_provider_ends_the_sessions_that_it_names_and_is_told_so(app: TestApp) {
        let acme = SamlCustomer::in_app(app, &json!({ "slo_url": SLO })).await;
        acme.go_live().await;
        let [mut desk, mut phone, mut other] = [0; 3].map(|_| acme.app.browser());
        let at_desk = sign_in(&acme, &mut desk, "ida").await;
        sign_in(&acme, &mut phone, "ida").await;
        sign_in(&acme, &mut other, "olaf").await;
        // What another person's session is called like ends nothing.
        sent(&acme, &ends(&acme, "olaf", &[&at_desk], "_1")).await.expect(303);
        assert!(alive(&mut desk).await && alive(&mut other).await);
        let one = ends(&acme, "ida", &[&at_desk], "_2");
        let told = sent(&acme, &one).await.expect(303);
        assert!(told.location().starts_with(&format!("{SLO}?SAMLResponse=")), "{told:?}");
        assert!(told.location().contains("RelayState=back"));
        assert!(!alive(&mut desk).await && alive(&mut phone).await);
        // Counts once.
        sent(&acme, &one).await.refused(403, "denied");
        // Without any browser, and for all sessions of the person.
        let all = ends(&acme, "ida", &[], "_3");
        let form = acme.idp.logout_posted(&all.unsigned());
        let call = Call::form(&format!("/saml/{}/logout", acme.id), &[("SAMLRequest", &form)]).bare();
        acme.app.browser().send(call.header("sec-fetch-site", "cross-site")).await.expect(303);
        assert!(!alive(&mut phone).await && alive(&mut other).await);
        // A connection that was switched off ends its sessions all the same, and takes the message.
        let off = json!({ "state": "disabled" });
        acme.call("PATCH", &acme.at(""), &off).await.expect(200);
        sent(&acme, &ends(&acme, "olaf", &[], "_4")).await.expect(303);
    }

    async fn what_does_not_come_from_the_provider_ends_nothing(app: TestApp) {
        let acme = SamlCustomer::in_app(app, &json!({})).await;
        let place = format!("/saml/{}/logout", acme.id);
        // Never live: there is nothing to end.
        sent(&acme, &ends(&acme, "ida", &[], "_0")).await.refused(404, "not_found");
        acme.go_live().await;
        let mut ida = acme.app.browser();
        sign_in(&acme, &mut ida, "ida").await;
        let said = ends(&acme, "ida", &[], "_1");
        let stranger = acme.idp.with_new_key();
        let query = stranger.logout_query(&said.unsigned(), RSA_SHA256);
        ida.get(&format!("{place}?{query}")).await.refused(403, "denied");
        let mut elsewhere = said.clone();
        elsewhere.destination = format!("{LOGIN}/saml/0199c0de-0000-7000-8000-000000000001/logout");
        sent(&acme, &elsewhere).await.refused(403, "denied");
        let unsigned = Call::form(&place, &[("SAMLRequest", "PHg+")]).bare();
        ida.send(unsigned).await.refused(403, "denied");
        for nothing in [place.clone(), format!("{place}?SAMLResponse=x")] {
            let told = ida.get(&nothing).await.expect(303);
            assert_eq!(told.location(), "/logged-out");
        }
        let nowhere = "/saml/0199c0de-0000-7000-8000-000000000001/logout?SAMLRequest=x";
        ida.get(nowhere).await.refused(404, "not_found");
        assert!(alive(&mut ida).await);
        let refused = "/v1/admin/audit-events?type=logout_token.refused&limit=5";
        let events = acme.call("GET", refused, &json!(null)).await.expect(200).json();
        assert_eq!(events["items"].as_array().map(Vec::len), Some(3), "{events}");
        // The one that is right; where the provider named no address, the browser stays here.
        let told = sent(&acme, &said).await.expect(303);
        assert_eq!(told.location(), "/logged-out");
        assert!(!alive(&mut ida).await);
    }
}
