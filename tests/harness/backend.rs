//! The demo backend, which answers with what it was sent.
//!
//! Owns: one server for the whole run, on a thread of its own, because every test has a
//! runtime of its own.

use std::sync::OnceLock;

static URL: OnceLock<String> = OnceLock::new();

/// The backend's address, without a trailing slash.
pub fn backend_url() -> &'static str {
    URL.get_or_init(|| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        listener.set_nonblocking(true).expect("a listener");
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                axum::serve(listener, laneway_echo::router())
                    .await
                    .expect("a server");
            });
        });
        format!("http://{address}")
    })
}
