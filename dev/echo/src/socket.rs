//! A WebSocket (RFC 6455) that first says what it was asked, then sends back what it gets.

use std::io;

use aws_lc_rs::digest;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;
const FINAL: u8 = 0x80;
/// Largest frame that is read.
const LONGEST: u64 = 1 << 20;

pub(crate) fn open(request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let Some(key) = parts.headers.get(header::SEC_WEBSOCKET_KEY) else {
        return StatusCode::UPGRADE_REQUIRED.into_response();
    };
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(proof) = HeaderValue::from_str(&proof(key.as_bytes())) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, proof);
    }
    let protocol = parts.headers.get(header::SEC_WEBSOCKET_PROTOCOL);
    let first = protocol.and_then(|all| all.to_str().ok()?.split(',').next());
    if let Some(Ok(first)) = first.map(|name| HeaderValue::from_str(name.trim())) {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, first);
    }
    let greeting = super::seen(&parts).to_string();
    if let Some(upgrade) = parts.extensions.remove::<hyper::upgrade::OnUpgrade>() {
        tokio::spawn(async move {
            if let Ok(connection) = upgrade.await {
                // A client that goes away is no event.
                let _ = talk(TokioIo::new(connection), &greeting).await;
            }
        });
    }
    answer
}

fn proof(key: &[u8]) -> String {
    // RFC 6455 §1.3 names the hash and the value; it proves no secret.
    let text = [key, b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"].concat();
    STANDARD.encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &text))
}

async fn talk(mut with: impl AsyncRead + AsyncWrite + Unpin, greeting: &str) -> io::Result<()> {
    write(&mut with, FINAL | TEXT, greeting.as_bytes()).await?;
    loop {
        let (first, payload) = read(&mut with).await?;
        match first & 0x0f {
            CLOSE => return write(&mut with, FINAL | CLOSE, &payload).await,
            PING => write(&mut with, FINAL | PONG, &payload).await?,
            PONG => {}
            // Fragments go back as fragments.
            _ => write(&mut with, first, &payload).await?,
        }
    }
}

/// The first byte (last-fragment mark and kind) and the unmasked payload.
async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<(u8, Vec<u8>)> {
    let first = from.read_u8().await?;
    let second = from.read_u8().await?;
    let length = match second & 0x7f {
        126 => u64::from(from.read_u16().await?),
        127 => from.read_u64().await?,
        short => u64::from(short),
    };
    if length > LONGEST || second & 0x80 == 0 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut mask = [0; 4];
    from.read_exact(&mut mask).await?;
    let mut payload = vec![0; usize::try_from(length).unwrap_or(0)];
    from.read_exact(&mut payload).await?;
    for (byte, key) in payload.iter_mut().zip(mask.into_iter().cycle()) {
        *byte ^= key;
    }
    Ok((first, payload))
}

async fn write(to: &mut (impl AsyncWrite + Unpin), first: u8, payload: &[u8]) -> io::Result<()> {
    let mut frame = vec![first];
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short), _) if short < 126 => frame.push(short),
        (_, Ok(middle)) => {
            frame.push(126);
            frame.extend(middle.to_be_bytes());
        }
        _ => {
            frame.push(127);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend(payload);
    to.write_all(&frame).await?;
    to.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proof_is_that_of_the_rfc() {
        // RFC 6455 §1.3
        let key = b"dGhlIHNhbXBsZSBub25jZQ==";
        assert_eq!(proof(key), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[tokio::test]
    async fn what_is_sent_comes_back_without_its_mask() {
        let (mut client, server) = tokio::io::duplex(1024);
        tokio::spawn(async move { talk(server, "hello").await });
        client
            .write_all(&[0x81, 0x82, 1, 2, 3, 4, b'h' ^ 1, b'i' ^ 2])
            .await
            .expect("sent");
        let mut answer = [0; 11];
        client.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(&answer, b"\x81\x05hello\x81\x02hi");
    }
}
