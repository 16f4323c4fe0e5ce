//! Store: the invalidation log and the audit log.

use laneway::audit::{Event, Outcome, RequestMeta, kind};
use laneway::store::audit::{self, Filter};
use laneway::store::invalidations::{self, Change, Scope};
use laneway_sqlkit::q;

use crate::harness::rows::{AT, db, other_tenant, tx};
use crate::harness::{TestApp, both};

both! {
    async fn the_log_has_no_gaps_and_the_order_of_commits(app: TestApp) {
        let before = invalidations::head(db(&app)).await.expect("head");
        let mut tasks = tokio::task::JoinSet::new();
        for writer in 0..20 {
            let core = std::sync::Arc::clone(app.core());
            tasks.spawn(async move {
                for round in 0..5 {
                    let mut write = core.begin().await.expect("a transaction");
                    write.invalidate(Change::Ended, Scope::Session, &format!("s{writer}-{round}"));
                    write.invalidate(Change::Changed, Scope::User, &format!("u{writer}-{round}"));
                    if round == 3 {
                        // Given up: its numbers must not be missing afterwards.
                        write.tx.rollback().await.expect("rollback");
                        continue;
                    }
                    core.commit(write).await.expect("commit");
                }
            });
        }
        // Whoever reads meanwhile must never see a number whose predecessors are not there yet.
        let mut position = before;
        loop {
            let rows = invalidations::after(db(&app), position, 1000).await.expect("read");
            for row in &rows {
                assert_eq!(row.seq, position + 1, "a gap");
                position = row.seq;
            }
            if rows.is_empty() && tasks.is_empty() {
                break;
            }
            while let Some(done) = tasks.try_join_next() {
                done.expect("a writer");
            }
            tokio::task::yield_now().await;
        }
        assert_eq!(position, before + 20 * 4 * 2);
        assert_eq!(invalidations::head(db(&app)).await.expect("head"), position);
    }

    async fn log_rows_say_what_happened_and_unknown_scopes_mean_everything(app: TestApp) {
        let before = invalidations::head(db(&app)).await.expect("head");
        let mut write = app.core().begin().await.expect("a transaction");
        write.invalidate(Change::Ended, Scope::Session, "s1");
        let rows = write.commit().await.expect("commit");
        assert_eq!(invalidations::after(db(&app), before, 9).await.expect("read"), rows);
        assert_eq!((rows[0].change, rows[0].scope, rows[0].at), (Change::Ended, Scope::Session, AT));
        let mut tx = tx(&app).await;
        q("INSERT INTO invalidations (seq, kind, scope, id, at) VALUES ($1, 'changed', 'galaxy', 'x', $2)")
            .bind(before + 2).bind(AT).run(&mut tx).await.expect("a row of a newer version");
        tx.commit().await.expect("commit");
        let rows = invalidations::after(db(&app), before + 1, 9).await.expect("read");
        assert_eq!(rows[0].scope, Scope::Tenant);
        assert_eq!(invalidations::prune(db(&app), AT).await.expect("pruned"), 0);
        assert!(invalidations::prune(db(&app), AT + 1).await.expect("pruned") >= 2);
    }

    async fn events_are_filtered_and_paged_within_their_tenant(app: TestApp) {
        let (own, other) = (app.tenant().await.id, other_tenant(&app).await);
        let core = app.core();
        let meta = RequestMeta { request_id: "R".into(), ip: "192.0.2.7".into(), ..RequestMeta::default() };
        for (i, tenant) in [&own, &own, &own, &other].into_iter().enumerate() {
            let event = Event::new(kind::HOST_ADDED, Outcome::Success, ("host", &format!("h{i}"))).by("user", "u1");
            let mut write = core.begin().await.expect("a transaction");
            core.audit(&mut write, tenant, &meta, event).await.expect("recorded");
            core.commit(write).await.expect("commit");
            app.clock.advance_s(1);
        }
        let filter = Filter { kind: kind::HOST_ADDED.into(), to: i64::MAX, ..Filter::default() };
        let first = audit::list(db(&app), &own, &filter, "", 2).await.expect("list");
        assert_eq!(first.iter().map(|e| e.target.as_str()).collect::<Vec<_>>(), ["host:h2", "host:h1"]);
        let rest = audit::list(db(&app), &own, &filter, &first[1].id, 2).await.expect("list");
        assert_eq!(rest.iter().map(|e| e.target.as_str()).collect::<Vec<_>>(), ["host:h0"]);
        assert_eq!((rest[0].actor.as_str(), rest[0].ip.as_str(), rest[0].at), ("user:u1", "192.0.2.7", AT));
        let at = Filter { from: AT + 1000, to: AT + 2000, ..filter.clone() };
        assert_eq!(audit::list(db(&app), &own, &at, "", 9).await.expect("list").len(), 1);
        let of = Filter { target: "host:h0".into(), ..filter.clone() };
        assert_eq!(audit::list(db(&app), &own, &of, "", 9).await.expect("list").len(), 1);
        let by = Filter { actor: "user:nobody".into(), ..filter };
        assert!(audit::list(db(&app), &own, &by, "", 9).await.expect("list").is_empty());
    }

    async fn an_event_is_undone_with_its_transaction(app: TestApp) {
        let (core, tenant) = (app.core(), app.tenant().await.id);
        let mut write = core.begin().await.expect("a transaction");
        let event = Event::new(kind::HOST_REMOVED, Outcome::Success, ("host", "h"));
        core.audit(&mut write, &tenant, &RequestMeta::default(), event).await.expect("recorded");
        drop(write);
        assert!(app.events(kind::HOST_REMOVED).await.is_empty());
    }
}
