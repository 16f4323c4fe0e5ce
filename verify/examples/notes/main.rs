//! An example service behind Laneway: `cargo run -p laneway-verify --example notes`, with
//! `ISSUER` (`http://localhost:8080`), `AUDIENCE`, `APP_ID` and `APP_SECRET` of an app with the scope
//! `invalidations:read`, and `LISTEN`.

mod service;

use laneway_verify::{Feed, Verifier};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let set = |name: &str, otherwise: &str| std::env::var(name).unwrap_or(otherwise.to_owned());
    let issuer = set("ISSUER", "http://localhost:8080");
    let mut builder = Verifier::builder(&issuer, &set("AUDIENCE", "https://notes.example.com/"));
    if let (Ok(id), Ok(secret)) = (std::env::var("APP_ID"), std::env::var("APP_SECRET")) {
        builder = builder.feed(Feed::by_app(&id, &secret));
    }
    let listener = tokio::net::TcpListener::bind(set("LISTEN", "127.0.0.1:7000")).await?;
    axum::serve(listener, service::router(builder.build()?)).await?;
    Ok(())
}
