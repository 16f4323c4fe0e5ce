//! Answers of a release that could not be run, laid over those of the one that is: what its
//! documentation says is different there, with the version stamped on it.
//!
//! Sessions are listed in part only without view-users from 26.8 on; we list none.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use laneway_contract::{Diagnose as _, Env, HttpClient, HttpError, ProviderError};
use laneway_keycloak::bootstrap::{apply, plan};
use laneway_keycloak::{Keycloak, KeycloakConfig};
use serde_json::Value;

use crate::outside::{Http, client, env};
use crate::realm::{TestRealm, unheard};

const AS_26_8: &str = include_str!("../recorded/26.8.json");

struct Overlaid {
    live: Http,
    answers: Vec<Value>,
}

impl Overlaid {
    fn find(&self, path: &str) -> Option<&Value> {
        self.answers.iter().find(|one| {
            one["path"] == path
                || one["path_ends"]
                    .as_str()
                    .is_some_and(|end| path.ends_with(end))
        })
    }
}

#[async_trait]
impl HttpClient for Overlaid {
    fn judge(&self, url: &url::Url) -> Result<(), HttpError> {
        self.live.judge(url)
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let told = (request.method() == http::Method::GET)
            .then(|| self.find(request.uri().path()).cloned())
            .flatten();
        let mut answer = self.live.send(request).await?;
        let Some(told) = told.filter(|_| answer.status().is_success()) else {
            return Ok(answer);
        };
        let mut body = match told.get("body") {
            Some(body) => body.clone(),
            None => serde_json::from_slice(answer.body()).unwrap(),
        };
        for (place, value) in told["set"].as_object().into_iter().flatten() {
            if let Some(there) = body.pointer_mut(place) {
                *there = value.clone();
            }
        }
        *answer.body_mut() = Bytes::from(body.to_string());
        Ok(answer)
    }
}

fn as_26_8() -> Env {
    let recorded: Value = serde_json::from_str(AS_26_8).unwrap();
    assert_eq!(recorded["version"], "26.8");
    let answers = recorded["answers"].as_array().unwrap().clone();
    let live = Http(client());
    Env {
        http: Arc::new(Overlaid { live, answers }),
        ..env()
    }
}

#[tokio::test]
async fn whoever_is_shown_no_secret_finds_no_difference_and_sets_nothing_up() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let between = realm.beside("connections");
    let mut request = realm.request(&unheard());
    request.connections = Some(between.name.clone());
    apply(&request, &env()).await.unwrap();
    let steps = plan(&request, &as_26_8()).await.unwrap();
    let open: Vec<_> = steps.iter().filter(|step| step.action.is_work()).collect();
    assert!(open.is_empty(), "{open:?}");
    // What is masked is never handed out as a secret.
    let error = apply(&request, &as_26_8()).await.unwrap_err();
    assert!(
        matches!(&error, ProviderError::Misconfigured(text) if text.contains("manage-clients")),
        "{error:?}"
    );
    between.delete().await;
    realm.delete().await;
}

#[tokio::test]
async fn the_release_is_seen_without_the_version() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let outcome = apply(&realm.request(&unheard()), &env()).await.unwrap();
    let own = KeycloakConfig {
        admin: None,
        ..realm.config(&outcome)
    };
    let checks = Keycloak::new(own, as_26_8())
        .unwrap()
        .diagnose(&unheard())
        .await;
    let version = checks.iter().find(|check| check.name == "version");
    let seen = version.unwrap().received.as_deref();
    assert_eq!(seen, Some("26.8 or later"));
    realm.delete().await;
}
