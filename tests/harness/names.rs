//! A name server that says what a test tells it.
//!
//! Owns: one UDP socket and the texts it knows.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::TXT;
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use tokio::net::UdpSocket;

/// The server; it stops when it is dropped.
pub struct NameServer {
    /// Where it listens.
    pub at: SocketAddr,
    texts: Arc<Mutex<HashMap<String, Vec<String>>>>,
    task: tokio::task::JoinHandle<()>,
}

impl NameServer {
    /// Knows nothing yet.
    pub async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
        let at = socket.local_addr().expect("an address");
        let texts: Arc<Mutex<HashMap<String, Vec<String>>>> = Arc::default();
        let known = Arc::clone(&texts);
        let task = tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                if let Some(answer) = answer(&buffer[..length], &known) {
                    let _ = socket.send_to(&answer, from).await;
                }
            }
        });
        Self { at, texts, task }
    }

    /// From now on these texts stand at a name.
    pub fn say(&self, name: &str, texts: &[&str]) {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        self.texts
            .lock()
            .expect("unlocked")
            .insert(name.to_owned(), texts);
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn answer(query: &[u8], known: &Mutex<HashMap<String, Vec<String>>>) -> Option<Vec<u8>> {
    let query = Message::from_vec(query).ok()?;
    let asked = query.queries.first()?.clone();
    let mut reply = Message::response(query.metadata.id, query.metadata.op_code);
    reply.add_query(asked.clone());
    let name = asked
        .name()
        .to_ascii()
        .trim_end_matches('.')
        .to_ascii_lowercase();
    let texts = known.lock().expect("unlocked").get(&name).cloned();
    match texts {
        Some(texts) if asked.query_type() == RecordType::TXT => {
            for text in texts {
                let data = RData::TXT(TXT::new(vec![text]));
                reply.add_answer(Record::from_rdata(asked.name().clone(), 60, data));
            }
        }
        Some(_) => {}
        None => reply.metadata.response_code = ResponseCode::NXDomain,
    }
    reply.to_vec().ok()
}
