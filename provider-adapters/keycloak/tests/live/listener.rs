//! Our back-channel address: takes what Keycloak posts there.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

pub struct Listener {
    pub url: String,
    tokens: mpsc::UnboundedReceiver<String>,
}

impl Listener {
    pub async fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "http://{}/bff/backchannel/keycloak",
            socket.local_addr().unwrap()
        );
        let (sender, tokens) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = socket.accept().await {
                let mut request = String::new();
                let mut buffer = [0; 8192];
                while !complete(&request) {
                    let length = stream.read(&mut buffer).await.unwrap();
                    request.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
                }
                let body = request.split("\r\n\r\n").nth(1).unwrap();
                let token = url::form_urlencoded::parse(body.as_bytes())
                    .find(|(key, _)| key == "logout_token")
                    .map(|(_, value)| value.into_owned());
                let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                stream.write_all(answer.as_bytes()).await.unwrap();
                let _ = sender.send(token.unwrap_or_default());
            }
        });
        Self { url, tokens }
    }

    /// The next logout token; fails the test if none comes.
    pub async fn token(&mut self) -> String {
        tokio::time::timeout(Duration::from_secs(10), self.tokens.recv())
            .await
            .unwrap()
            .unwrap()
    }
}

fn complete(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse().unwrap());
    body.len() >= length
}
