//! WebSockets: two upgraded connections joined byte by byte.
//!
//! Must not know: frames. Nothing is re-framed, so extensions and subprotocols pass.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, Request, Version, header};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::Instant;

use super::body::Progress;
use crate::sessions::{Lease, Usage};

const CHUNK: usize = 16 * 1024;
/// Both sides have agreed; what is missing is that they do it.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// After one side has said its last.
const FAREWELL: Duration = Duration::from_secs(5);

/// Does this request ask for a WebSocket (RFC 6455 §4.1)? Any other upgrade is not passed
/// on: `h2c` would be a way around every check.
pub fn wanted(method: &Method, version: Version, headers: &HeaderMap) -> bool {
    let mut asked = headers.get_all(header::UPGRADE).iter();
    let websocket = asked
        .next()
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"));
    let named = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .any(|option| option.trim().eq_ignore_ascii_case("upgrade"));
    let bodiless = !headers.contains_key(header::CONTENT_LENGTH)
        && !headers.contains_key(header::TRANSFER_ENCODING);
    *method == Method::GET
        && version == Version::HTTP_11
        && websocket
        && asked.next().is_none()
        && named
        && bodiless
}

/// The client's half of a WebSocket that it asks for.
pub(super) fn take<B>(request: &mut Request<B>) -> Option<OnUpgrade> {
    wanted(request.method(), request.version(), request.headers())
        .then(|| request.extensions_mut().remove::<OnUpgrade>())
        .flatten()
}

/// Says it again, after the hop-by-hop headers have gone.
pub(super) fn mark(headers: &mut HeaderMap) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
}

/// Joins the two until one ends, both are silent, or the session ends.
pub(super) async fn join(client: OnUpgrade, backend: OnUpgrade, idle: Duration, mut lease: Lease) {
    let both = async { tokio::try_join!(client, backend) };
    let Ok(Ok((client, backend))) = tokio::time::timeout(HANDSHAKE, both).await else {
        return;
    };
    let progress = Progress::new();
    let usage = lease.usage().clone();
    let mut run = std::pin::pin!(exchange(client, backend, &progress, &usage));
    loop {
        tokio::select! {
            () = &mut run => return,
            _ = lease.ended() => return,
            () = tokio::time::sleep_until(progress.due(idle)) => {
                if progress.due(idle) <= Instant::now() {
                    return;
                }
            }
        }
    }
}

async fn exchange(client: Upgraded, backend: Upgraded, progress: &Progress, usage: &Usage) {
    let (client_in, client_out) = tokio::io::split(TokioIo::new(client));
    let (backend_in, backend_out) = tokio::io::split(TokioIo::new(backend));
    let mut up = std::pin::pin!(pump(client_in, backend_out, progress, usage));
    let mut down = std::pin::pin!(pump(backend_in, client_out, progress, usage));
    tokio::select! {
        ended = &mut up => if ended.is_ok() { let _ = tokio::time::timeout(FAREWELL, down).await; },
        ended = &mut down => if ended.is_ok() { let _ = tokio::time::timeout(FAREWELL, up).await; },
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    progress: &Progress,
    usage: &Usage,
) -> std::io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..count]).await?;
        progress.moved();
        usage.note();
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};

    use super::wanted;

    fn asks(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        wanted(&Method::GET, Version::HTTP_11, &headers)
    }

    #[test]
    fn only_a_websocket_is_an_upgrade() {
        let good = [
            ("upgrade", "WebSocket"),
            ("connection", "keep-alive, Upgrade"),
        ];
        assert!(asks(&good));
        for bad in [
            &[("upgrade", "h2c"), ("connection", "upgrade")][..],
            &[("upgrade", "websocket, h2c"), ("connection", "upgrade")],
            &[
                ("upgrade", "websocket"),
                ("upgrade", "h2c"),
                ("connection", "upgrade"),
            ],
            &[("upgrade", "websocket"), ("connection", "keep-alive")],
            &[("upgrade", "websocket")],
            &[
                ("upgrade", "websocket"),
                ("connection", "upgrade"),
                ("content-length", "5"),
            ],
            &[
                ("upgrade", "websocket"),
                ("connection", "upgrade"),
                ("transfer-encoding", "chunked"),
            ],
            &[],
        ] {
            assert!(!asks(bad), "{bad:?}");
        }
        let headers: HeaderMap = good
            .into_iter()
            .map(|(k, v)| (HeaderName::from_static(k), HeaderValue::from_static(v)))
            .collect();
        assert!(!wanted(&Method::POST, Version::HTTP_11, &headers));
        assert!(!wanted(&Method::GET, Version::HTTP_10, &headers));
    }
}
