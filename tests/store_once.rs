//! Store: what may happen once: one-time values, answers to flows, messages, counters.

use laneway::domain::{FlowId, TenantId};
use laneway::store::flows::{self, FlowRow};
use laneway::store::outbox::{self, OutboxRow, Tried};
use laneway::store::secrets::{self, SecretPurpose};
use laneway::store::{api_tokens, keys, rate};
use laneway_sqlkit::Db;

use crate::harness::rows::{AT, db, other_tenant, tx};
use crate::harness::{TestApp, both};

const PURPOSE: SecretPurpose = SecretPurpose::Ticket;

async fn keep(app: &TestApp, tenant: &TenantId, hash: &[u8], expires_at: i64) -> bool {
    let mut tx = tx(app).await;
    let made = secrets::create(&mut tx, tenant, PURPOSE, hash, vec![7], AT, expires_at)
        .await
        .expect("kept");
    tx.commit().await.expect("commit");
    made
}

async fn take(db: Db, tenant: TenantId, purpose: SecretPurpose, now: i64) -> Option<Vec<u8>> {
    let mut tx = db.begin().await.expect("a transaction");
    let found = secrets::consume(&mut tx, &tenant, purpose, &[1; 32], now)
        .await
        .expect("no error");
    tx.commit().await.expect("commit");
    found
}

fn flow(id: &str) -> FlowRow {
    FlowRow {
        id: FlowId(id.into()),
        browser: vec![1; 32],
        purpose: "login".into(),
        state: "pending".into(),
        version: 1,
        attempts: 0,
        sealed: vec![1],
        answer: None,
        expires_at: AT + 1000,
    }
}

async fn push(app: &TestApp, tenant: &TenantId, id: &str, state: &'static str) {
    let mut tx = tx(app).await;
    let row = OutboxRow {
        id: id.into(),
        tenant: tenant.clone(),
        sealed: vec![1],
        attempts: 0,
        created_at: AT,
        expires_at: None,
    };
    outbox::create(&mut tx, &row, state).await.expect("queued");
    tx.commit().await.expect("commit");
}

both! {
    async fn a_one_time_value_is_consumed_by_exactly_one_of_fifty(app: TestApp) {
        let tenant = app.tenant().await.id;
        assert!(keep(&app, &tenant, &[1; 32], AT + 1000).await);
        assert!(!keep(&app, &tenant, &[1; 32], AT + 1000).await, "a replay is told");
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..50 {
            tasks.spawn(take(db(&app).clone(), tenant.clone(), PURPOSE, AT));
        }
        let won = tasks.join_all().await.into_iter().flatten().count();
        assert_eq!(won, 1);
    }

    async fn a_one_time_value_is_good_for_its_purpose_tenant_and_time_only(app: TestApp) {
        let tenant = app.tenant().await.id;
        keep(&app, &tenant, &[1; 32], AT + 1000).await;
        let other = other_tenant(&app).await;
        let peek = |purpose, now| secrets::peek(db(&app), &tenant, purpose, &[1; 32], now);
        assert_eq!(peek(SecretPurpose::OwnerLink, AT).await.expect("read"), None);
        assert_eq!(peek(PURPOSE, AT + 1000).await.expect("read"), None);
        assert_eq!(peek(PURPOSE, AT).await.expect("read"), Some(vec![7]));
        let db = db(&app).clone();
        assert_eq!(take(db.clone(), tenant.clone(), SecretPurpose::MagicLink, AT).await, None);
        assert_eq!(take(db.clone(), other, PURPOSE, AT).await, None);
        assert_eq!(take(db.clone(), tenant.clone(), PURPOSE, AT + 1000).await, None, "expired");
        assert_eq!(take(db.clone(), tenant.clone(), PURPOSE, AT).await, Some(vec![7]));
        assert_eq!(peek(PURPOSE, AT).await.expect("read"), None, "used");
        let mut tx = tx(&app).await;
        assert_eq!(secrets::prune(&mut tx, AT + 1000).await.expect("pruned"), 0);
        assert_eq!(secrets::prune(&mut tx, AT + 1001).await.expect("pruned"), 1);
    }

    async fn of_two_answers_to_one_step_one_counts(app: TestApp) {
        let tenant = app.tenant().await.id;
        let mut tx = tx(&app).await;
        flows::create(&mut tx, &tenant, &flow("f1"), AT).await.expect("created");
        tx.commit().await.expect("commit");
        let mut tasks = tokio::task::JoinSet::new();
        for i in 0..10u8 {
            let (db, tenant) = (db(&app).clone(), tenant.clone());
            tasks.spawn(async move {
                let mut tx = db.begin().await.expect("a transaction");
                let row = FlowRow { sealed: vec![i], ..flow("f1") };
                let moved = flows::advance(&mut tx, &tenant, &row, "pending").await.expect("no error");
                tx.commit().await.expect("commit");
                moved
            });
        }
        assert_eq!(tasks.join_all().await.into_iter().filter(|moved| *moved).count(), 1);
        let found = flows::find(db(&app), &tenant, &FlowId("f1".into())).await.expect("read").expect("there");
        assert_eq!((found.version, found.browser), (2, vec![1; 32]));
        let other = other_tenant(&app).await;
        assert!(flows::find(db(&app), &other, &FlowId("f1".into())).await.expect("read").is_none());
    }

    async fn a_flow_that_is_over_takes_no_answer(app: TestApp) {
        let tenant = app.tenant().await.id;
        let id = FlowId("f1".into());
        let mut tx = tx(&app).await;
        flows::create(&mut tx, &tenant, &flow("f1"), AT).await.expect("created");
        assert_eq!(flows::count_attempt(&mut tx, &tenant, &id).await.expect("counted"), 1);
        assert_eq!(flows::count_attempt(&mut tx, &tenant, &id).await.expect("counted"), 2);
        assert!(flows::keep_answer(&mut tx, &tenant, &id, vec![5]).await.expect("kept"));
        assert!(!flows::keep_answer(&mut tx, &tenant, &id, vec![6]).await.expect("no error"), "the first counts");
        let kept = flows::find(&mut tx, &tenant, &id).await.expect("read").expect("there").answer;
        assert_eq!(kept, Some(vec![5]));
        assert!(flows::advance(&mut tx, &tenant, &flow("f1"), "done").await.expect("moved"));
        let over = FlowRow { version: 2, ..flow("f1") };
        assert!(!flows::advance(&mut tx, &tenant, &over, "pending").await.expect("no error"));
        assert!(!flows::keep_answer(&mut tx, &tenant, &id, vec![6]).await.expect("no error"));
        assert_eq!(flows::prune(&mut tx, AT + 1001).await.expect("pruned"), 1);
    }

    async fn a_message_is_claimed_by_one_node_until_its_retry(app: TestApp) {
        let tenant = app.tenant().await.id;
        for i in 0..20 {
            push(&app, &tenant, &format!("m{i:02}"), "pending").await;
        }
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let db = db(&app).clone();
            tasks.spawn(async move { outbox::claim(&db, AT, AT + 60_000, 5).await.expect("claimed") });
        }
        let mut claimed: Vec<OutboxRow> = tasks.join_all().await.into_iter().flatten().collect();
        // A claimer that waited for another's rows may come back with fewer, never with the same.
        let rest = outbox::claim(db(&app), AT, AT + 60_000, 50).await.expect("claimed");
        claimed.extend(rest);
        let mut ids: Vec<String> = claimed.iter().map(|row| row.id.clone()).collect();
        ids.sort();
        let all: Vec<String> = (0..20).map(|i| format!("m{i:02}")).collect();
        assert_eq!(ids, all, "each once");
        let first = claimed.iter().find(|row| row.id == "m00").expect("claimed");
        assert!(outbox::tried(db(&app), first, &Tried::Sent, AT).await.expect("noted"));
        assert!(!outbox::tried(db(&app), first, &Tried::Sent, AT).await.expect("no error"), "once");
        let again = outbox::claim(db(&app), AT + 60_000, AT + 120_000, 50).await.expect("claimed");
        assert_eq!(again.len(), 19, "what was not sent is due again");
        assert!(again.iter().all(|row| row.attempts == 2));
        let late = claimed.iter().find(|row| row.id == "m01").expect("claimed");
        let failed = Tried::Failed("too late".into());
        assert!(!outbox::tried(db(&app), late, &failed, AT).await.expect("no error"), "the lease is lost");
    }

    async fn kept_and_finished_messages_are_never_sent(app: TestApp) {
        let tenant = app.tenant().await.id;
        push(&app, &tenant, "m1", "kept").await;
        push(&app, &tenant, "m2", "kept").await;
        push(&app, &tenant, "m3", "sent").await;
        assert!(outbox::claim(db(&app), AT, AT, 9).await.expect("claimed").is_empty());
        let kept = outbox::kept(db(&app), 9).await.expect("list");
        assert_eq!(kept.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["m1", "m2"], "oldest first");
        let mut tx = tx(&app).await;
        assert_eq!(outbox::prune(&mut tx, AT + 1).await.expect("pruned"), 3);
    }

    async fn counters_count_within_their_window(app: TestApp) {
        let mut tx = tx(&app).await;
        let start = AT - AT.rem_euclid(60_000);
        for wanted in 1..=3 {
            assert_eq!(rate::hit(&mut tx, "a", 60_000, start + wanted).await.expect("hit"), wanted);
        }
        assert_eq!(rate::hit(&mut tx, "b", 60_000, start).await.expect("hit"), 1, "another bucket");
        assert_eq!(rate::hit(&mut tx, "a", 60_000, start + 59_999).await.expect("hit"), 4);
        assert_eq!(rate::hit(&mut tx, "a", 60_000, start + 60_000).await.expect("hit"), 1, "a new window");
        assert_eq!(rate::prune(&mut tx, start + 1).await.expect("pruned"), 1);
    }

    async fn counters_lose_no_parallel_hit(app: TestApp) {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..30 {
            let db = db(&app).clone();
            tasks.spawn(async move {
                let mut tx = db.begin().await.expect("a transaction");
                let used = rate::hit(&mut tx, "a", 60_000, AT).await.expect("hit");
                tx.commit().await.expect("commit");
                used
            });
        }
        let mut seen = tasks.join_all().await;
        seen.sort_unstable();
        assert_eq!(seen, (1..=30).collect::<Vec<i64>>());
    }

    async fn tokens_are_found_by_hash(app: TestApp) {
        let token = api_tokens::AdminToken::owner("a1".into(), "lw_adm_x", AT);
        let mut tx = tx(&app).await;
        api_tokens::create(&mut tx, &token, &[9; 32], AT).await.expect("created");
        assert_eq!(api_tokens::find(&mut tx, &[9; 32]).await.expect("read"), Some(api_tokens::Token::Admin(token)));
        assert_eq!(api_tokens::find(&mut tx, &[8; 32]).await.expect("read"), None);
    }

    async fn keys_are_published_until_they_retire(app: TestApp) {
        let tenant = app.tenant().await.id;
        let key = |id: &str, signs_from| keys::KeyRow {
            id: id.into(), alg: "ES256".into(), sealed: vec![1], public_jwk: "{}".into(), signs_from, retired_at: None,
        };
        let mut tx = tx(&app).await;
        keys::create(&mut tx, &tenant, &key("old", AT), AT).await.expect("created");
        keys::create(&mut tx, &tenant, &key("new", AT + 5), AT).await.expect("created");
        keys::retire(&mut tx, &tenant, "old", AT + 10).await.expect("retired");
        let ids = |rows: Vec<keys::KeyRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
        assert_eq!(ids(keys::published(&mut tx, &tenant, AT).await.expect("list")), ["new", "old"]);
        assert_eq!(ids(keys::published(&mut tx, &tenant, AT + 10).await.expect("list")), ["new"]);
        let other = TenantId("other".into());
        assert!(keys::published(&mut tx, &other, AT).await.expect("list").is_empty());
    }
}
