//! Discovery: lazy, once, exact.

use laneway_contract::{Addresses, Diagnose as _, ProviderError, RedirectLogin as _, Who};
use serde_json::json;
use url::Url;

use crate::provider::{Reply, Rig, form, identity, query, request};

#[tokio::test]
async fn nothing_is_asked_before_it_is_needed_and_then_once() {
    let rig = Rig::new();
    assert!(rig.op.script().requests.is_empty());
    let all = (0..50).map(|_| rig.rp.metadata());
    for found in futures_join(all.collect()).await {
        found.unwrap();
    }
    assert_eq!(rig.op.count("openid-configuration"), 1);
    rig.clock.advance_s(3600);
    rig.rp.metadata().await.unwrap();
    assert_eq!(rig.op.count("openid-configuration"), 2);
}

/// Polls all in turn until each is done.
async fn futures_join<F: Future>(all: Vec<F>) -> Vec<F::Output> {
    let mut all: Vec<_> = all
        .into_iter()
        .map(|future| (Box::pin(future), None))
        .collect();
    std::future::poll_fn(|context| {
        for (future, output) in &mut all {
            if output.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *output = Some(ready);
            }
        }
        if all.iter().all(|(_, output)| output.is_some()) {
            return std::task::Poll::Ready(all.iter_mut().filter_map(|(_, o)| o.take()).collect());
        }
        std::task::Poll::Pending
    })
    .await
}

#[tokio::test]
async fn the_issuer_must_be_equal_to_the_letter() {
    for issuer in [
        "https://idp.example/realm/",
        "https://IDP.example/realm",
        "https://evil.example",
        "",
    ] {
        let rig = Rig::new();
        rig.op.script().discovery["issuer"] = json!(issuer);
        let found = rig.rp.begin(request()).await;
        assert!(
            matches!(found, Err(ProviderError::Misconfigured(_))),
            "{issuer}: {found:?}"
        );
    }
}

#[tokio::test]
async fn a_failure_is_soon_forgotten_and_a_queue_does_not_repeat_it() {
    let rig = Rig::new();
    rig.op.script().discovery_down = true;
    for _ in 0..10 {
        assert!(matches!(
            rig.rp.metadata().await,
            Err(ProviderError::Unreachable(_))
        ));
    }
    assert_eq!(rig.op.count("openid-configuration"), 1);
    rig.op.script().discovery_down = false;
    rig.clock.advance_s(2);
    rig.rp.metadata().await.unwrap();
}

#[tokio::test]
async fn nobody_is_sent_to_a_provider_that_has_gone_silent() {
    let rig = Rig::new();
    let begun = rig.begin().await;
    rig.op.script().discovery_down = true;
    // Its word of a moment ago still counts.
    rig.rp.begin(request()).await.unwrap();
    rig.clock.advance_s(5);
    let found = rig.rp.begin(request()).await;
    assert!(
        matches!(found, Err(ProviderError::Unreachable(_))),
        "{found:?}"
    );
    // Who is on the way back is judged by what is held.
    let claims = rig.claims(&begun);
    identity(rig.finish(&begun, rig.signer.sign(&claims)).await);
    rig.op.script().discovery_down = false;
    rig.clock.advance_s(2);
    rig.rp.begin(request()).await.unwrap();
}

#[tokio::test]
async fn a_demanded_rung_is_essential_where_that_can_be_said() {
    let demand = || laneway_contract::BeginRedirect {
        acr: Some(laneway_contract::Acr::Aal2),
        ..request()
    };
    let rig = Rig::with(json!({"acr": {"aal2": ["gold"]}}));
    let begun = rig.rp.begin(demand()).await.unwrap();
    assert_eq!(query(&begun.url, "acr_values").as_deref(), Some("gold"));
    assert_eq!(query(&begun.url, "claims"), None);
    let rig = Rig::with(json!({"acr": {"aal2": ["gold"]}}));
    rig.op.script().discovery["claims_parameter_supported"] = json!(true);
    let begun = rig.rp.begin(demand()).await.unwrap();
    assert_eq!(query(&begun.url, "acr_values"), None);
    let claims = query(&begun.url, "claims").unwrap();
    let claims: serde_json::Value = serde_json::from_str(&claims).unwrap();
    assert_eq!(
        claims,
        json!({"id_token": {"acr": {"essential": true, "values": ["gold"]}}})
    );
    let begun = rig.rp.begin(request()).await.unwrap();
    assert_eq!(query(&begun.url, "claims"), None);
}

#[tokio::test]
async fn an_endpoint_without_tls_is_refused() {
    for endpoint in [
        "token_endpoint",
        "authorization_endpoint",
        "jwks_uri",
        "userinfo_endpoint",
    ] {
        let rig = Rig::new();
        rig.op.script().discovery[endpoint] = json!("http://idp.example/x");
        assert!(rig.rp.metadata().await.is_err(), "{endpoint}");
    }
}

#[tokio::test]
async fn endpoints_by_hand_need_no_document() {
    let rig = Rig::with(
        json!({"authorization_endpoint": "https://idp.example/authorize",
        "token_endpoint": "https://idp.example/token", "jwks_uri": "https://idp.example/keys"}),
    );
    rig.op.script().discovery_down = true;
    rig.login().await;
    assert_eq!(rig.op.count("openid-configuration"), 0);
}

fn addresses() -> Addresses {
    let url = |path: &str| Url::parse(&format!("https://us.example{path}")).unwrap();
    Addresses {
        redirect_uri: url("/federation/callback/idp"),
        post_logout_uri: url("/logged-out"),
        backchannel_uri: url("/bff/backchannel/idp"),
    }
}

async fn failed(rig: &Rig) -> Vec<(String, Who)> {
    let checks = rig.rp.diagnose(&addresses()).await;
    for check in &checks {
        assert_eq!(check.ok, check.fix.is_empty(), "{check:?}");
        assert!(!format!("{check:?}").contains("s3cret"), "{check:?}");
    }
    checks
        .into_iter()
        .filter(|check| !check.ok)
        .map(|check| (check.name, check.who))
        .collect()
}

#[tokio::test]
async fn diagnosis_names_what_is_wrong_and_who_can_mend_it() {
    let rig = Rig::new();
    rig.op.script().token = Some(Reply::Json(400, json!({"error": "invalid_grant"})));
    assert_eq!(failed(&rig).await, []);
    rig.op.script().token = Some(Reply::Json(401, json!({"error": "invalid_client"})));
    assert_eq!(
        failed(&rig).await,
        [("client_credentials".to_owned(), Who::Us)]
    );
    rig.op.script().token = Some(Reply::Json(400, json!({"error": "invalid_grant"})));
    rig.op.script().authorize = Some(Reply::Raw(400, "text/html", "who are you?".into()));
    assert_eq!(
        failed(&rig).await,
        [("redirect_uri".to_owned(), Who::Provider)]
    );
    rig.op.script().authorize = None;
    rig.op.script().token = Some(Reply::Down);
    rig.op.script().keys = vec![];
    let both = failed(&rig).await;
    assert_eq!(both[0], ("signing_keys".to_owned(), Who::Provider));
    assert_eq!(both[1], ("client_credentials".to_owned(), Who::Provider));

    let rig = Rig::new();
    rig.op.script().discovery_down = true;
    assert_eq!(
        failed(&rig).await,
        [("discovery".to_owned(), Who::Provider)]
    );
    let rig = Rig::new();
    rig.op.script().discovery["issuer"] = json!("https://other.example");
    assert_eq!(failed(&rig).await, [("discovery".to_owned(), Who::Us)]);
}

#[tokio::test]
async fn the_client_authenticates_as_the_provider_announces() {
    let announces = |methods: serde_json::Value| {
        let rig = Rig::new();
        rig.op.script().discovery["token_endpoint_auth_methods_supported"] = methods;
        rig.op.script().token = Some(Reply::Json(400, json!({"error": "invalid_grant"})));
        rig
    };
    for (methods, basic) in [
        (json!(["client_secret_post"]), false),
        (json!(["client_secret_post", "client_secret_basic"]), true),
        (json!([]), true),
    ] {
        let rig = announces(methods.clone());
        assert_eq!(failed(&rig).await, [], "{methods}");
        let sent = rig.op.last("/token");
        assert_eq!(
            sent.headers().contains_key("authorization"),
            basic,
            "{methods}"
        );
        assert_eq!(
            form(&sent).contains_key("client_secret"),
            !basic,
            "{methods}"
        );
    }
    let rig = announces(json!(["private_key_jwt", "tls_client_auth"]));
    let checks = rig.rp.diagnose(&addresses()).await;
    let check = checks
        .iter()
        .find(|check| check.name == "client_authentication");
    let check = check.expect("named");
    assert!(!check.ok && check.who == Who::Provider, "{check:?}");
    assert_eq!(
        check.received.as_deref(),
        Some("private_key_jwt tls_client_auth")
    );
}
