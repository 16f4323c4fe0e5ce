//! One path of the program, walked again and again in this process. Under
//! `valgrind --tool=callgrind` the difference between two numbers of calls is what one costs.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use clap::ValueEnum;
use http::{Request, StatusCode};
use tower::ServiceExt as _;

use laneway::core::Core;
use laneway::domain::tenant::Tenant;
use laneway::tokens::{AccessClaims, Alg};

use crate::program;

const HOST: &str = "app.test";

/// What can be counted.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Path {
    /// Forward-auth: warm cookie to identity headers
    Check,
    /// One signed access token
    Mint,
    /// A proxied call: cookie to cached token to the backend and back
    Proxy,
}

/// Walks a path `calls` times after one call that warms the caches.
///
/// # Errors
/// When the program does not start or an answer is not the one expected.
pub async fn count(path: Path, calls: usize) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let backend = backend().await?;
    let text = format!(
        r#"
public_url = "https://login.test"
database_url = "sqlite:{}/laneway.db"
trusted_proxies = ["127.0.0.1/32"]
[log]
level = "error"
[[app]]
host = "app.test"
header_sets = ["x-auth-request"]
[[app.route]]
name = "echo"
backend = "http://{backend}"
"#,
        folder.path().display()
    );
    let app = program::open(&folder.path().join("laneway.toml"), text).await?;
    let core = Arc::clone(&app.core);
    let tenant = program::tenant(&core).await?;
    let mut write = core.begin().await.map_err(|error| error.to_string())?;
    let cookie = program::session(&core, &mut write, &tenant, HOST)
        .await
        .map_err(|error| error.to_string())?;
    core.commit(write)
        .await
        .map_err(|error| error.to_string())?;
    for _ in 0..=calls {
        match path {
            Path::Mint => mint(&core, &tenant).await?,
            _ => once(&app.router, path, &cookie).await?,
        }
    }
    Ok(())
}

pub(crate) async fn mint(core: &Core, tenant: &Tenant) -> Result<(), String> {
    let now = core.now() / 1000;
    let claims = AccessClaims {
        iss: tenant.issuer(),
        sub: core.new_id(),
        aud: format!("https://{HOST}/api/echo"),
        client_id: "bff".into(),
        sid: core.new_id(),
        jti: core.new_id(),
        iat: now,
        exp: now + 300,
        scope: String::new(),
        org_id: None,
        org_slug: None,
        org_roles: Vec::new(),
        org_permissions: Vec::new(),
        acr: "phr".into(),
        amr: vec!["hwk".into(), "user".into()],
        auth_time: now,
        token_use: "bff".into(),
        cnf: None,
        act: None,
        seen: 0,
    };
    core.keys
        .sign(&tenant.id, (Alg::Es256, "at+jwt"), &claims)
        .await
        .map(|_| ())
        .map_err(|problem| problem.detail)
}

async fn once(router: &Router, path: Path, cookie: &str) -> Result<(), String> {
    let peer = std::net::SocketAddr::from(([127, 0, 0, 1], 40_000));
    let builder = Request::builder()
        .header("host", HOST)
        .header("cookie", format!("__Host-lw={cookie}"))
        .extension(ConnectInfo(peer));
    let request = match path {
        Path::Check | Path::Mint => builder
            .uri("/authz/auth-request")
            .header("x-original-url", "https://app.test/")
            .header("x-original-method", "GET"),
        Path::Proxy => builder.uri("/api/echo/").header("x-csrf", "1"),
    };
    let request = request
        .body(Body::empty())
        .map_err(|error| error.to_string())?;
    let response = router
        .clone()
        .oneshot(request)
        .await
        .unwrap_or_else(|never| match never {});
    if response.status() != StatusCode::OK {
        return Err(format!("{path:?}: {}", response.status()));
    }
    axum::body::to_bytes(response.into_body(), 1 << 20)
        .await
        .map_err(|error| error.to_string())?;
    Ok(())
}

/// A backend in the same process: what it costs is the same for every version of ours.
async fn backend() -> Result<std::net::SocketAddr, String> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let router = Router::new().fallback(|| async { "ok" });
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}
