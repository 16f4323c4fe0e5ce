//! Notes of people, kept in memory: an API that knows no password, no cookie and no session.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use laneway_verify::{Caller, Refused, RequireToken, Rules, Verifier};
use serde_json::{Value, json};

/// What the service is made of.
#[derive(Clone)]
pub struct Service {
    verifier: Verifier,
    notes: Arc<Mutex<HashMap<String, Vec<String>>>>,
}

impl FromRef<Service> for Verifier {
    fn from_ref(service: &Service) -> Self {
        service.verifier.clone()
    }
}

/// All routes: whoever reads needs `notes:read`, whoever writes `notes:write` as well. Notes of an
/// organization are only for tokens that are for it.
pub fn router(verifier: Verifier) -> Router {
    let reads = RequireToken::new(&verifier, Rules::new().scope("notes:read"));
    let ready = verifier.clone();
    Router::new()
        .route("/notes", get(list).post(add))
        .layer(reads)
        .route("/readyz", get(move || is_ready(ready.clone())))
        .with_state(Service {
            verifier,
            notes: Arc::default(),
        })
}

/// Every person, in every organization, has notes of their own. `sub` is the key: it never changes.
fn key(caller: &Caller) -> String {
    let org = caller.0.org_id.as_deref().unwrap_or_default();
    format!("{org} {}", caller.0.sub)
}

async fn list(caller: Caller, State(service): State<Service>) -> Json<Value> {
    let notes = service.notes.lock().expect("notes");
    let own = notes.get(&key(&caller)).cloned().unwrap_or_default();
    Json(json!({ "person": caller.0.sub, "notes": own }))
}

async fn add(
    caller: Caller,
    State(service): State<Service>,
    text: String,
) -> Result<StatusCode, Refused> {
    caller.require(&Rules::new().scope("notes:write"))?;
    let mut notes = service.notes.lock().expect("notes");
    notes.entry(key(&caller)).or_default().push(text);
    Ok(StatusCode::CREATED)
}

/// Without the feed every call would be 503: a balancer should know.
fn is_ready(verifier: Verifier) -> std::future::Ready<StatusCode> {
    std::future::ready(if verifier.is_current() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    })
}
