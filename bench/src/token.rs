//! The token endpoint beside what it cannot do without: a handler, and a signature. All three in
//! one process and in turns, so that whatever else the machine does falls on all of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::post;
use http::{Request, StatusCode};
use laneway::core::hash_token;
use laneway::store::api_tokens::{self, AdminToken};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{count, program};

const HOUR_MS: i64 = 3_600_000;

/// Measures and prints medians of rounds, in µs per call.
///
/// # Errors
/// When the program does not start or an answer is not the one expected.
pub async fn token(rounds: usize, calls: usize) -> Result<String, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let text = format!(
        "public_url = \"https://login.test\"\ndatabase_url = \"sqlite:{}/laneway.db\"\n\
         [log]\nlevel = \"error\"\n",
        folder.path().display()
    );
    let app = program::open(&folder.path().join("laneway.toml"), text).await?;
    let core = Arc::clone(&app.core);
    let tenant = program::tenant(&core).await?;
    let (id, secret) = registered(&app.router, &operator(&core).await?).await?;
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let bare = Router::new().route("/oauth/token", post(|| async { "{}" }));
    let mut spent: [Vec<Duration>; 3] = Default::default();
    // One more than asked for: the first warms caches and makes keys.
    for round in 0..=rounds {
        let began = Instant::now();
        for _ in 0..calls {
            asked(&bare, &form).await?;
        }
        let handled = Instant::now();
        for _ in 0..calls {
            count::mint(&core, &tenant).await?;
        }
        let signed = Instant::now();
        for _ in 0..calls {
            asked(&app.router, &form).await?;
        }
        let all = [handled - began, signed - handled, signed.elapsed()];
        if round > 0 {
            for (kind, time) in spent.iter_mut().zip(all) {
                kind.push(time);
            }
        }
    }
    let [handler, sign, endpoint] = spent.map(|mut times| {
        times.sort();
        let calls = u32::try_from(calls).unwrap_or(u32::MAX).max(1);
        (times[times.len() / 2] / calls).as_secs_f64() * 1e6
    });
    let share = (handler + sign) / endpoint;
    Ok(json!({
        "handler_us": handler, "sign_us": sign, "endpoint_us": endpoint, "share": share,
    })
    .to_string())
}

async fn operator(core: &laneway::core::Core) -> Result<String, String> {
    let (secret, _) = core.new_token();
    let plain = format!("lw_adm_{}", secret.expose());
    let made = async {
        let mut write = core.begin().await?;
        let now = write.now();
        let row = AdminToken::owner(core.new_id(), &plain, now + HOUR_MS);
        api_tokens::create(&mut write.tx, &row, &hash_token(&plain), now).await?;
        core.commit(write).await
    };
    made.await.map_err(|error| error.to_string())?;
    Ok(plain)
}

/// An app that acts in its own name; its id and secret.
async fn registered(router: &Router, token: &str) -> Result<(String, String), String> {
    let body = json!({
        "client_name": "Bench", "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "client_secret_post", "scope": "bench:read",
        "audiences": ["https://api.test/"],
    });
    let request = to("/v1/admin/apps")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    let made = sent(router, request, body.to_string(), StatusCode::CREATED).await?;
    let made: Value = serde_json::from_slice(&made).map_err(|error| error.to_string())?;
    let text = |name: &str| made[name].as_str().map(str::to_owned);
    match (text("client_id"), text("client_secret")) {
        (Some(id), Some(secret)) => Ok((id, secret)),
        _ => Err("the app has no id or no secret".into()),
    }
}

async fn asked(router: &Router, form: &str) -> Result<(), String> {
    let request = to("/oauth/token").header("content-type", "application/x-www-form-urlencoded");
    sent(router, request, form.to_owned(), StatusCode::OK)
        .await
        .map(|_| ())
}

fn to(path: &str) -> http::request::Builder {
    let peer = std::net::SocketAddr::from(([127, 0, 0, 1], 40_000));
    Request::post(path)
        .header("host", "login.test")
        .extension(ConnectInfo(peer))
}

async fn sent(
    router: &Router,
    request: http::request::Builder,
    body: String,
    expected: StatusCode,
) -> Result<Vec<u8>, String> {
    let request = request
        .body(Body::from(body))
        .map_err(|error| error.to_string())?;
    let answer = router.clone().oneshot(request).await;
    let answer = answer.unwrap_or_else(|never| match never {});
    let status = answer.status();
    let body = axum::body::to_bytes(answer.into_body(), 1 << 20)
        .await
        .map_err(|error| error.to_string())?;
    if status == expected {
        Ok(body.to_vec())
    } else {
        Err(format!("{status}: {}", String::from_utf8_lossy(&body)))
    }
}
