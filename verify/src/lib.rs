//! Access tokens of Laneway in a service of your own: verified without
//! a call per request, and refused within a second of being taken back.
//!
//! Owns: what a service that gets `Authorization: Bearer` has to check (RFC 9068, RFC 6750), the
//! issuer's keys, and what the issuer's invalidation feed has said.
//! Must not know: anything of Laneway but its addresses, its tokens and its events.
//!
//! ```no_run
//! use axum::{Router, extract::FromRef, routing::get};
//! use laneway_verify::{Caller, Feed, RequireToken, Rules, Verifier};
//!
//! #[derive(Clone)]
//! struct App {
//!     verifier: Verifier,
//! }
//!
//! impl FromRef<App> for Verifier {
//!     fn from_ref(app: &App) -> Self {
//!         app.verifier.clone()
//!     }
//! }
//!
//! async fn hello(Caller(claims): Caller) -> String {
//!     format!("Hello, {}", claims.sub)
//! }
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let verifier = Verifier::builder("https://login.example.com", "https://api.example.com/")
//!     .feed(Feed::by_app("01a2108c-…", "lw_app_…"))
//!     .build()?;
//! let reads = RequireToken::new(&verifier, Rules::new().scope("plans:read"));
//! let router: Router = Router::new()
//!     .route("/hello", get(hello))
//!     .layer(reads)
//!     .with_state(App { verifier });
//! axum::serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?, router).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is checked
//!
//! [`Verifier::verify`] refuses whatever is not: a compact JWS of at most 16 KiB, with `alg` `ES256`,
//! `typ` `at+jwt` and no `crit`, signed by a key that the issuer publishes under its `kid`; `iss` the
//! issuer, `aud` the audience of this service, `exp` ahead and `nbf` and `iat` not (30 s of leeway for
//! clocks; see [`Builder::leeway`]). Keys that a token brings along (`jwk`, `jku`, `x5c`) are never
//! looked at. A token that is bound to a key of its holder (`cnf`, RFC 9449) is no bearer token.
//!
//! What the caller may do is yours: [`Rules`] in a layer, or [`Claims`] in a handler.
//!
//! # Keys
//!
//! The key set is fetched at start and every two minutes: Laneway publishes a key five minutes before
//! it signs. An unknown `kid` fetches it once more, at most once in ten seconds whatever is sent. When it
//! cannot be fetched, the keys that are there are used for an hour ([`Builder::keep_keys`]); then, and
//! before the first fetch, the answer is 503.
//!
//! # Taken back
//!
//! A token is good to its `exp`, five minutes and never more than fifteen, unless the feed is followed
//! ([`Builder::feed`]). Then a token is refused as soon as the feed has named its session, its family
//! (the part of `jti` before the dot, or all of one without), its app, its person, its organization or its tenant:
//!
//! | event | tokens that are refused |
//! |---|---|
//! | CAEP `session-revoked` | all of that `sid`, for ever |
//! | `urn:laneway:event:tokens-revoked` of a family | all of that family, for ever |
//! | the same of an app | of that `client_id`, made before |
//! | RISC `account-disabled` | of that `sub`, made before |
//! | CAEP `token-claims-change` | of that `sid`, `sub`, `org_id`, or all, made before: fetch a new one |
//!
//! "Before" is not a matter of clocks: a token carries the position of the log that it reckons with
//! (`seen`), an event its own (`seq`).
//!
//! When the feed has not been heard for longer than [`Feed::bound`] (10 s), or has not been heard yet,
//! every answer is 503; [`Feed::or_accept`] chooses to go on by signature and `exp` alone.
//!
//! # Refusals
//!
//! Problem documents (RFC 9457) with the codes of Laneway's own API and `WWW-Authenticate` of RFC 6750:
//! 401 `unauthenticated`, `invalid_token`, `token_expired`; 403 `insufficient_scope`, `forbidden`,
//! `step_up_required`; 503 `verification_unavailable`. They never say more of a token than that.

mod claims;
#[cfg(feature = "axum")]
mod extract;
mod feed;
mod fetch;
mod jose;
mod keys;
mod layer;
mod refusal;
mod revoked;
mod rules;
mod verifier;

pub use claims::Claims;
#[cfg(feature = "axum")]
pub use extract::{Caller, Refused};
pub use feed::Feed;
pub use fetch::Unusable;
pub use layer::{Guarded, RequireToken};
pub use refusal::Refusal;
pub use rules::Rules;
pub use verifier::{Builder, Verifier};
