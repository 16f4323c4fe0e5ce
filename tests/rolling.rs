//! A rolling restart as the upgrade page describes it: two nodes on one PostgreSQL behind nginx, told
//! to stop and started again in turn while people sign in. Nobody notices who asks once more.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::edge::rig::{Front, nginx_program, serve_nginx};
use crate::harness::node::{Visitor, patient_client};
use crate::harness::soak::{Spread, factor, measured};
use crate::harness::{Node, free_port, new_database, postgres_url};

/// How much is done: what two busy cores bear with a debug build, and what is promised.
struct Scale {
    /// Each signs in again once they are in: the newest of two mails opens one sign-in only.
    people: usize,
    restarts: usize,
    per_second: u32,
    at_least: Duration,
}

fn scale() -> Scale {
    let long = factor() > 1;
    Scale {
        people: if long { 400 } else { 24 },
        restarts: if long { 10 } else { 2 },
        per_second: if long { 20 } else { 3 },
        at_least: Duration::from_secs(if long { 60 } else { 5 }),
    }
}

/// nginx as the upgrade page has it: connections are kept, and a node that has just come back is not left out.
async fn nginx(folder: &std::path::Path, port: u16, nodes: &[Node; 2]) -> Option<Front> {
    let program = nginx_program();
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(program.is_some() || !ci, "in CI nginx must be there");
    let Some(program) = program else {
        eprintln!("did not run: nginx is missing (dev/test installs it)");
        return None;
    };
    let [one, two] = [&nodes[0], &nodes[1]].map(Node::port);
    let site = format!(
        "upstream laneway {{\n\
         server 127.0.0.1:{one} max_fails=0;\n\
         server 127.0.0.1:{two} max_fails=0;\n\
         keepalive 16;\n}}\n\
         server {{\nlisten 127.0.0.1:{port};\n\
         location / {{\n\
         proxy_pass http://laneway;\n\
         proxy_http_version 1.1;\n\
         proxy_set_header Connection \"\";\n\
         proxy_set_header Host $http_host;\n\
         proxy_set_header X-Forwarded-For $remote_addr;\n\
         }}\n}}\n"
    );
    Some(serve_nginx(&program, folder, (port, &site)).await)
}

async fn node_behind(database: &str, port: u16) -> Node {
    let mut node = Node::on(database.to_owned()).await;
    node.kill();
    node.set("LANEWAY_PUBLIC_URL", &format!("http://localhost:{port}"));
    node.set("LANEWAY_TRUSTED_PROXIES", "127.0.0.1/32");
    node.set("LANEWAY_LIMITS_MAILS_PER_ADDRESS", "1000");
    node.start().await;
    node
}

/// People, and where they go.
struct Street {
    client: reqwest::Client,
    base: String,
    ops: [u16; 2],
    again: Arc<AtomicUsize>,
    /// All restarts had their turn.
    over: AtomicBool,
    /// Who is not signing in now, whoever has waited longest first.
    free: Mutex<VecDeque<usize>>,
}

impl Street {
    fn visitor(&self, person: usize) -> Visitor {
        let (base, ops) = (self.base.as_str(), self.ops.as_slice());
        let email = format!("p{person}@x.test");
        Visitor::new(self.client.clone(), (base, ops), &email).asks_again(&self.again)
    }

    /// One sign-in: the cookie, or what went wrong, and how long it took.
    async fn enters(self: Arc<Self>) -> (Result<String, String>, Duration) {
        let next = self.free.lock().expect("a queue").pop_front();
        let person = next.expect("more people than sign-ins at once");
        let begun = Instant::now();
        let outcome = self.visitor(person).sign_in("login").await;
        self.free.lock().expect("a queue").push_back(person);
        (outcome, begun.elapsed())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_who_asks_once_more_notices_a_rolling_restart() {
    let Some(server) = postgres_url() else { return };
    let database = new_database(&server).await;
    let port = free_port();
    let mut nodes = [
        node_behind(&database, port).await,
        node_behind(&database, port).await,
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let Some(_nginx) = nginx(folder.path(), port, &nodes).await else {
        return;
    };
    let scale = scale();
    let street = Arc::new(Street {
        client: patient_client(60),
        base: format!("http://localhost:{port}"),
        ops: [nodes[0].ops(), nodes[1].ops()],
        again: Arc::default(),
        over: AtomicBool::new(false),
        free: Mutex::new((0..scale.people).collect()),
    });
    for number in 0..scale.people {
        let signed = street.visitor(number).sign_in("signup").await;
        signed.expect("an account");
    }
    street.again.store(0, Ordering::Relaxed);
    let begun = Instant::now();
    let (crowd, restarts) = tokio::join!(
        crowd(&street, &scale, begun),
        restart_in_turn(&street, &mut nodes, (&scale, begun))
    );
    let took = begun.elapsed();
    judge(&street, &crowd).await;
    let all = crowd.len();
    let spread = Spread::of(crowd.into_iter().map(|(_, took)| took).collect());
    let again = street.again.load(Ordering::Relaxed);
    measured(&format!(
        "{restarts} restarts in turn behind nginx in {} s under {} sign-ins a second: {all} sign-ins, \
         {again} requests asked a second time, 0 failed, 0 sessions lost; a sign-in: {}",
        took.as_secs(),
        scale.per_second,
        spread.told()
    ));
}

/// One after the other, spread over the time that it lasts; how many.
async fn restart_in_turn(
    street: &Street,
    nodes: &mut [Node; 2],
    (scale, begun): (&Scale, Instant),
) -> usize {
    let count = u32::try_from(scale.restarts).expect("a few");
    for number in 0..scale.restarts {
        let turn = u32::try_from(number).expect("a few") + 1;
        let due = begun + scale.at_least * turn / (count + 1);
        tokio::time::sleep_until(due.into()).await;
        let node = &mut nodes[number % 2];
        node.stop();
        assert!(node.ended().await, "it ends well");
        node.start().await;
    }
    street.over.store(true, Ordering::Relaxed);
    scale.restarts
}

/// Signs people in at a steady rate until the time is over.
async fn crowd(
    street: &Arc<Street>,
    scale: &Scale,
    begun: Instant,
) -> Vec<(Result<String, String>, Duration)> {
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / scale.per_second);
    let mut all = JoinSet::new();
    while begun.elapsed() < scale.at_least || !street.over.load(Ordering::Relaxed) {
        ticks.tick().await;
        all.spawn(Arc::clone(street).enters());
    }
    all.join_all().await
}

async fn judge(street: &Street, crowd: &[(Result<String, String>, Duration)]) {
    let failed = crowd.iter().filter_map(|(one, _)| one.as_ref().err());
    let failed: Vec<_> = failed.collect();
    let (count, all) = (failed.len(), crowd.len());
    let words: BTreeSet<_> = failed.into_iter().collect();
    assert!(words.is_empty(), "{count} of {all} failed: {words:#?}");
    for (cookie, _) in crowd {
        let cookie = cookie.as_ref().expect("a session");
        let (status, user) = street.visitor(0).user(cookie).await.expect("an answer");
        assert_eq!(status, 200, "a lost session: {user}");
    }
}
