//! The real program is told to stop: it says so first, goes on for as long as is set, and ends well.

use std::time::{Duration, Instant};

use crate::harness::{Node, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_not_ready_before_its_door_closes() {
    let mut node = Node::on_sqlite().await;
    node.kill();
    node.set("LANEWAY_STOP_DELAY", "3s");
    node.start().await;
    let client = reqwest::Client::builder().no_proxy().build();
    let client = client.expect("a client");
    let status = async |url: String| {
        let reply = client.get(url).send().await.ok()?;
        Some(reply.status().as_u16())
    };
    let (ready, page) = (
        format!("http://127.0.0.1:{}/readyz", node.ops()),
        format!("{}/login", node.url()),
    );
    assert_eq!(status(ready.clone()).await, Some(200));
    let mut ana = node.visitor("ana@x.test");

    let asked = Instant::now();
    node.stop();
    until(2, "it says that it stops", || async {
        status(ready.clone()).await.filter(|code| *code == 503)
    })
    .await;
    assert_eq!(status(page.clone()).await, Some(200), "its door is open");
    ana.sign_in("signup").await.expect("and everything goes on");
    assert!(node.ended().await, "it ends well");
    let took = asked.elapsed();
    assert!(took >= Duration::from_secs(3), "{took:?}");
    assert!(took < Duration::from_secs(14), "{took:?}");
    assert_eq!(status(page).await, None, "now it is closed");
}
