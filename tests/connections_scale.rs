//! Ten thousand customers with a provider each: finding the right one, and the login page, cost
//! what they cost with ten.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::soak::measured;
use crate::harness::{Browser, Call, TestApp};

const FEW: i64 = 10;
const MANY: i64 = 10_000;
const CALLS: u8 = 200;

/// Organizations with a live connection and a proven domain each: `x@d7.test` leads to the
/// seventh.
async fn fill(app: &TestApp, count: i64) {
    let tenant = app.tenant().await.id;
    let core = app.core();
    let mut write = core.begin().await.expect("a transaction");
    let numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)";
    let id = |kind: &str| format!("'0199c0d{kind}-0000-7000-8000-' || printf('%012d', i)");
    let (org, one, revision, domain) = (id("1"), id("2"), id("3"), id("4"));
    let config = r#"{"issuer":"https://idp.test","client_id":"c"}"#;
    for sql in [
        format!(
            "{numbers} INSERT INTO organizations (id, tenant_id, slug, name, state, created_at) \
             SELECT {org}, $1, 'o' || i, 'Organization ' || i, 'active', 1 FROM n"
        ),
        format!(
            "{numbers} INSERT INTO connections (id, tenant_id, org_id, slug, name, protocol, broker, \
             state, rollout, redirect_uri, draft, active, created_at) \
             SELECT {one}, $1, {org}, 'c' || i, 'Provider ' || i, 'oidc', 'direct', 'active', 'all', \
             'https://login.test/federation/callback/' || {one}, 1, 1, 1 FROM n"
        ),
        format!(
            "{numbers} INSERT INTO connection_revisions (id, tenant_id, connection_id, number, hash, \
             config, trust, created_at) SELECT {revision}, $1, {one}, 1, 'h', '{config}', 'tenant', 1 FROM n"
        ),
        format!(
            "{numbers} INSERT INTO organization_domains (id, tenant_id, org_id, domain, proof, \
             verified_at, created_at) SELECT {domain}, $1, {org}, 'd' || i || '.test', 'x', 1, 1 FROM n"
        ),
    ] {
        laneway_sqlkit::q_dynamic(sql)
            .bind(tenant.as_str())
            .bind(count)
            .run(&mut write.tx)
            .await
            .expect("rows");
    }
    core.commit(write).await.expect("written");
}

struct Side {
    app: TestApp,
    token: String,
    routing: Vec<Duration>,
    login: Vec<Duration>,
}

impl Side {
    async fn new(count: i64) -> Self {
        let app = TestApp::sqlite().await;
        fill(&app, count).await;
        Self {
            token: app.operator().await,
            app,
            routing: Vec::new(),
            login: Vec::new(),
        }
    }

    /// One address led, and the login page for it.
    async fn once(&mut self, call: u8, number: i64) {
        let address = format!("x@d{number}.test");
        let body = json!({ "identifier": address });
        let ask = Call::api("POST", "/v1/admin/routing/explain", &body).bearer(&self.token);
        let mut browser: Browser = self.app.browser().at_address([10, 1, call, 1]);
        let begun = Instant::now();
        let routed = browser.send(ask).await.expect(200);
        self.routing.push(begun.elapsed());
        let id = routed.json()["connection"]
            .as_str()
            .expect("led")
            .to_owned();
        assert!(id.ends_with(&format!("{number:012}")), "{id}");
        let begun = Instant::now();
        let flow = self
            .app
            .begin(&mut browser, json!({ "username": address }))
            .await;
        let page = format!("/login?flow={}", flow["id"].as_str().expect("an id"));
        browser.get(&page).await.expect(200);
        self.login.push(begun.elapsed());
        assert_eq!(
            flow["methods"][0]["connection"],
            json!(format!("c{number}"))
        );
    }
}

fn p99(all: &mut [Duration]) -> Duration {
    all.sort_unstable();
    all[all.len() * 99 / 100]
}

#[tokio::test]
async fn ten_thousand_connections_cost_what_ten_do() {
    let (mut few, mut many) = (Side::new(FEW).await, Side::new(MANY).await);
    // What is noise in one round is not in three.
    let mut told = String::new();
    for _ in 0..3 {
        for side in [&mut few, &mut many] {
            side.routing.clear();
            side.login.clear();
        }
        for call in 0..CALLS {
            few.once(call, 1 + i64::from(call) % FEW).await;
            many.once(call, 1 + i64::from(call) * 7919 % MANY).await;
        }
        let routing = (p99(&mut few.routing), p99(&mut many.routing));
        let login = (p99(&mut few.login), p99(&mut many.login));
        told = format!("p99 with {FEW} and {MANY}: routing {routing:?}, login page {login:?}");
        measured(&told);
        let fits = |(few, many): (Duration, Duration)| many <= few.mul_f64(1.5);
        if fits(routing) && fits(login) {
            return;
        }
    }
    panic!("{told}");
}
