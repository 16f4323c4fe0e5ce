//! No network at all.

use async_trait::async_trait;
use bytes::Bytes;
use laneway_contract::{HttpClient, HttpError};

/// Answers every request with "unreachable".
#[derive(Debug, Clone, Copy)]
pub struct NoHttp;

#[async_trait]
impl HttpClient for NoHttp {
    fn judge(&self, _: &url::Url) -> Result<(), HttpError> {
        Ok(())
    }

    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, HttpError> {
        let host = request.uri().host().unwrap_or("nowhere");
        Err(HttpError::Unreachable(host.to_owned()))
    }
}
