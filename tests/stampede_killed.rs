//! The node that renews a provider's token is killed as a process, before the provider has read of
//! it and after: whoever asks the other node is answered, with their own token.

mod provider;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use laneway_sqlkit::{Db, q};
use serde_json::Value;
use tokio::task::JoinHandle;
use url::Url;

use crate::harness::node::patient_client;
use crate::harness::soak::{self, Spread};
use crate::harness::{Node, backend_url, new_database, postgres_url, until};
use provider::Provider;

/// What one request may wait beside the time after which a lease is a dead one's: its turn, on a
/// small machine with a debug build.
const BOUND: Duration = Duration::from_secs(4);
const DEAD_AFTER: Duration = Duration::from_secs(3);
/// At each of the two nodes.
const AT_ONCE: usize = 25;

/// Two processes on one database, in front of the provider.
struct Scene {
    provider: Provider,
    nodes: [Node; 2],
    database: String,
    /// As it stands in all addresses.
    port: u16,
    client: reqwest::Client,
    people: usize,
}

/// Somebody with a cookie of the application's host.
#[derive(Clone)]
struct Person {
    subject: String,
    jar: BTreeMap<(String, String), String>,
}

struct Reply {
    status: u16,
    location: String,
    text: String,
}

impl Scene {
    async fn new() -> Option<Self> {
        let database = new_database(&postgres_url()?).await;
        let provider = Provider::start().await;
        // The provider is there from the first start on that database.
        let mut nodes = [Node::on_sqlite().await, Node::on_sqlite().await];
        let port = nodes[0].port();
        for node in &mut nodes {
            node.kill();
            node.configure(&format!(
                "[upstream]\nname = \"idp\"\n[[app]]\nhost = \"app.localhost:{port}\"\n\
                 [[app.route]]\nname = \"theirs\"\nbackend = \"{}\"\ntoken = \"upstream\"\n",
                backend_url()
            ));
            node.set("LANEWAY_DATABASE_URL", &database);
            node.set("LANEWAY_PUBLIC_URL", &format!("http://localhost:{port}"));
            node.set("LANEWAY_UPSTREAM_KIND", "oidc");
            node.set("LANEWAY_UPSTREAM_ISSUER", provider.url());
            node.set("LANEWAY_UPSTREAM_CLIENT_ID", "ours");
            node.set("LANEWAY_UPSTREAM_CLIENT_SECRET", "a-secret-of-ours");
            node.start().await;
        }
        Some(Self {
            provider,
            nodes,
            database,
            port,
            client: patient_client(30),
            people: 0,
        })
    }

    fn login(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    fn app(&self) -> String {
        format!("http://app.localhost:{}", self.port)
    }

    /// Opens an address at one of the nodes.
    async fn get(&self, person: &mut Person, at: usize, url: &str) -> Reply {
        let url = Url::parse(url).expect("an address");
        let host = host_of(&url);
        let place = &url[url::Position::BeforePath..];
        let to = format!("http://127.0.0.1:{}{place}", self.nodes[at].port());
        let call = self.client.get(to).header("host", &host);
        let call = call.header("cookie", person.cookies(&host));
        let reply = call.send().await.expect("an answer");
        for value in reply.headers().get_all("set-cookie") {
            let cookie = cookie::Cookie::parse(value.to_str().expect("text").to_owned());
            let cookie = cookie.expect("a cookie");
            let place = (host.clone(), cookie.name().to_owned());
            person.jar.insert(place, cookie.value().to_owned());
        }
        let location = reply.headers().get("location").map(|to| {
            let to = url.join(to.to_str().expect("text"));
            to.expect("an address").to_string()
        });
        Reply {
            status: reply.status().as_u16(),
            location: location.unwrap_or_default(),
            text: reply.text().await.expect("a text"),
        }
    }

    /// From an address of ours to wherever it leads, over the provider; what it was asked there.
    async fn walk(&self, person: &mut Person, at: usize, from: &str) -> HashMap<String, String> {
        let mut asked = HashMap::new();
        let mut to = from.to_owned();
        loop {
            let reply = self.get(person, at, &to).await;
            if reply.location.is_empty() {
                return asked;
            }
            to = reply.location;
            if to.starts_with(self.provider.url()) {
                let there = Url::parse(&to).expect("an address");
                asked = there.query_pairs().into_owned().collect();
                let code = self.provider.code(&person.subject, &asked["nonce"]);
                to = format!("{}/federation/callback/idp?code={code}", self.login());
                let mut back = Url::parse(&to).expect("an address");
                back.query_pairs_mut().append_pair("state", &asked["state"]);
                to = back.into();
            }
            // What lies behind the door is the application's.
            if to == format!("{}/", self.app()) || to == format!("{}/account", self.login()) {
                return asked;
            }
        }
    }

    /// Signed in at the provider, at the application too; by the node that stays.
    async fn somebody(&mut self) -> Person {
        self.people += 1;
        let mut person = Person {
            subject: format!("sub-{}", self.people),
            jar: BTreeMap::new(),
        };
        let start = format!("{}/federation/idp/start?return_to=/account", self.login());
        self.walk(&mut person, 1, &start).await;
        let start = format!("{}/.laneway/start?rd=/", self.app());
        self.walk(&mut person, 1, &start).await;
        let host = format!("app.localhost:{}", self.port);
        assert!(person.cookies(&host).contains("__Host-lw="), "they are in");
        person
    }

    fn ask(&self, person: &Person, at: usize) -> JoinHandle<reqwest::Result<Outcome>> {
        let host = format!("app.localhost:{}", self.port);
        let to = format!("http://127.0.0.1:{}/api/theirs/x", self.nodes[at].port());
        let call = self.client.get(to).header("host", &host);
        let call = call
            .header("x-csrf", "1")
            .header("cookie", person.cookies(&host));
        tokio::spawn(async move {
            let begun = Instant::now();
            let reply = call.send().await?;
            let status = reply.status().as_u16();
            let text = reply.text().await?;
            Ok(Outcome {
                status,
                token: bearer(&text),
                text,
                took: begun.elapsed(),
            })
        })
    }

    fn many(&self, person: &Person, at: usize) -> Vec<JoinHandle<reqwest::Result<Outcome>>> {
        (0..AT_ONCE).map(|_| self.ask(person, at)).collect()
    }

    /// Many ask at both nodes; the first is killed once the provider keeps it waiting; whoever was
    /// at the first asks the second. All answers, and how many had to ask again.
    async fn killed_while(&mut self, person: &Person, waits: impl Fn(&Provider) -> bool) -> Killed {
        let mut there = self.many(person, 0);
        let provider = &self.provider;
        until(10, "the provider is asked", || async {
            waits(provider).then_some(())
        })
        .await;
        assert_eq!(leases(&self.database).await, 1, "it holds the lease");
        there.extend(self.many(person, 0));
        let mut here = self.many(person, 1);
        tokio::time::sleep(Duration::from_millis(700)).await;
        self.nodes[0].kill();
        let died = Instant::now();
        self.provider.recover();
        let again = there.len();
        for one in there {
            let outcome = one.await.expect("it ran");
            assert!(outcome.is_err(), "answered by a dead node");
            here.push(self.ask(person, 1));
        }
        let mut outcomes = Vec::new();
        for one in here {
            outcomes.push(one.await.expect("it ran").expect("an answer"));
        }
        let took = died.elapsed();
        assert!(took < DEAD_AFTER + BOUND, "{took:?}");
        Killed {
            outcomes,
            again,
            took,
        }
    }
}

struct Killed {
    outcomes: Vec<Outcome>,
    again: usize,
    took: Duration,
}

struct Outcome {
    status: u16,
    token: Option<String>,
    text: String,
    took: Duration,
}

impl Person {
    fn cookies(&self, host: &str) -> String {
        let own = self.jar.iter().filter(|((of, _), _)| of == host);
        let own = own.map(|((_, name), value)| format!("{name}={value}"));
        own.collect::<Vec<_>>().join("; ")
    }
}

fn host_of(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}"));
    format!(
        "{}{}",
        url.host_str().unwrap_or_default(),
        port.unwrap_or_default()
    )
}

/// What the backend was sent as a bearer token.
fn bearer(echo: &str) -> Option<String> {
    let echo: Value = serde_json::from_str(echo).ok()?;
    let mut all = echo["headers"].as_array()?.iter();
    let sent = all.find(|pair| pair[0] == "authorization")?;
    Some(sent[1].as_str()?.strip_prefix("Bearer ")?.to_owned())
}

/// How many leases are held.
async fn leases(database: &str) -> i64 {
    let db = Db::connect(database).await.expect("it opens");
    let row = q("SELECT COUNT(*) AS n FROM upstream_sessions WHERE lease_owner IS NOT NULL");
    let row = row.one(&db).await.expect("an answer");
    let held = row.get("n").expect("a number");
    db.close().await;
    held
}

/// Everybody's answer is 200 with one and the same token, which is their own.
fn all_served(scene: &Scene, person: &Person, killed: &Killed, what: &str) {
    let mut tokens = BTreeSet::new();
    for one in &killed.outcomes {
        assert_eq!(one.status, 200, "{}", one.text);
        tokens.insert(one.token.clone().expect("a token"));
    }
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    let token = tokens.first().expect("one");
    let owner = scene.provider.owner_of(token);
    assert_eq!(owner.as_deref(), Some(person.subject.as_str()));
    let all = killed.outcomes.len();
    let spread = Spread::of(killed.outcomes.iter().map(|one| one.took).collect());
    soak::measured(&format!(
        "stampede: process killed {what}: {all} × 200, {} of them asked the other node, served {} ms \
         after, waits {}",
        killed.again,
        killed.took.as_millis(),
        spread.told()
    ));
}

fn rounds() -> usize {
    if soak::factor() == 1 { 1 } else { 10 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_before_the_provider_has_read_of_it_costs_nobody_anything() {
    let Some(mut scene) = Scene::new().await else {
        return;
    };
    for _ in 0..rounds() {
        let (ana, bob) = (scene.somebody().await, scene.somebody().await);
        scene.provider.renewals();
        scene.provider.shut();
        let killed = scene.killed_while(&ana, |provider| provider.waiting() > 0);
        let killed = killed.await;
        assert_eq!(scene.provider.renewals(), (1, 0), "by the other node alone");
        all_served(&scene, &ana, &killed, "before it was read of");
        let bobs = scene
            .ask(&bob, 1)
            .await
            .expect("it ran")
            .expect("an answer");
        let token = bobs.token.expect("a token");
        assert_eq!(scene.provider.owner_of(&token), Some(bob.subject));
        scene.nodes[0].start().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_after_it_asked_costs_nobody_anything_where_a_token_may_be_brought_again()
{
    let Some(mut scene) = Scene::new().await else {
        return;
    };
    for _ in 0..rounds() {
        let ana = scene.somebody().await;
        scene.provider.renewals();
        scene.provider.stall();
        let killed = scene.killed_while(&ana, |provider| provider.asked() > 0);
        let killed = killed.await;
        assert_eq!(
            scene.provider.renewals(),
            (2, 1),
            "once more, by the other node"
        );
        all_served(&scene, &ana, &killed, "after it asked");
        scene.nodes[0].start().await;
    }
}

/// As providers do that detect reuse: what the dead node was about to get is lost, and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_after_it_asked_costs_a_silent_visit_where_reuse_is_punished() {
    let Some(mut scene) = Scene::new().await else {
        return;
    };
    scene.provider.punishes_reuse(true);
    for _ in 0..rounds() {
        let (mut ana, bob) = (scene.somebody().await, scene.somebody().await);
        let before = user(&scene, &mut ana).await;
        scene.provider.renewals();
        scene.provider.stall();
        let killed = scene.killed_while(&ana, |provider| provider.asked() > 0);
        let killed = killed.await;
        assert_eq!(
            scene.provider.renewals(),
            (2, 1),
            "the old one is tried once"
        );
        for one in &killed.outcomes {
            assert_eq!((one.status, &one.token), (401, &None), "{}", one.text);
            assert!(one.text.contains("token_expired"), "{}", one.text);
        }
        let bobs = scene
            .ask(&bob, 1)
            .await
            .expect("it ran")
            .expect("an answer");
        let token = bobs.token.expect("a token");
        assert_eq!(scene.provider.owner_of(&token).as_ref(), Some(&bob.subject));

        let visit = format!("{}/bff/login?return_to=/", scene.app());
        let asked = scene.walk(&mut ana, 1, &visit).await;
        assert_eq!(asked["prompt"], "none", "nobody is asked anything");
        let after = scene
            .ask(&ana, 1)
            .await
            .expect("it ran")
            .expect("an answer");
        let token = after.token.expect("a token");
        assert_eq!(scene.provider.owner_of(&token).as_ref(), Some(&ana.subject));
        assert_eq!(user(&scene, &mut ana).await["sid"], before["sid"]);
        scene.nodes[0].start().await;
    }
}

async fn user(scene: &Scene, person: &mut Person) -> Value {
    let reply = scene
        .get(person, 1, &format!("{}/bff/user", scene.app()))
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    serde_json::from_str(&reply.text).expect("JSON")
}
