//! The real world for the adapter: clock, randomness, HTTP.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use laneway_contract::{Clock, Env, HttpClient, HttpError, Random};

pub struct Wall;

impl Clock for Wall {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that others take"
    )]
    fn now_ms(&self) -> i64 {
        i64::try_from(
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap()
                .as_millis(),
        )
        .unwrap()
    }

    fn steady_ms(&self) -> i64 {
        self.now_ms()
    }
}

struct Dice;

impl Random for Dice {
    fn fill(&self, buffer: &mut [u8]) {
        aws_lc_rs::rand::fill(buffer).unwrap();
    }
}

pub struct Http(pub reqwest::Client);

#[async_trait]
impl HttpClient for Http {
    fn judge(&self, _: &url::Url) -> Result<(), HttpError> {
        Ok(())
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let gone = |_| HttpError::Unreachable(host.clone());
        let request = reqwest::Request::try_from(request).map_err(gone)?;
        let answer = self.0.execute(request).await.map_err(gone)?;
        let mut response = Response::builder().status(answer.status());
        *response.headers_mut().unwrap() = answer.headers().clone();
        Ok(response.body(answer.bytes().await.map_err(gone)?).unwrap())
    }
}

/// No redirects, no proxy, a deadline: as the guarded client does it.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        // A new realm takes a busy machine its time.
        .timeout(Duration::from_secs(120))
        .build()
        .unwrap()
}

pub fn env() -> Env {
    Env {
        clock: Arc::new(Wall),
        random: Arc::new(Dice),
        http: Arc::new(Http(client())),
    }
}

pub fn random_hex() -> String {
    format!("{:016x}", u64::from_be_bytes(env().bytes()))
}
