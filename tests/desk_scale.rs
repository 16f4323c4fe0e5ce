//! Pages of the administration over many rows: what each costs, and that it does not grow.

use std::time::{Duration, Instant};

use laneway::domain::{Sid, UserId};
use laneway::lane_a::desk;
use laneway::store::audit::{self, EventRow, Facets};
use laneway::store::{sessions, users};

use crate::desk_pages::owner;
use crate::harness::app::START_MS;
use crate::harness::rows::{session, user};
use crate::harness::soak::{factor, measured};
use crate::harness::{TestApp, both};

/// People, sessions and events each; times the factor of `dev/soak`.
const ROWS: usize = 2_000;

async fn fill(app: &TestApp, rows: usize) {
    let tenant = app.tenant().await.id;
    for chunk in 0..rows.div_ceil(5_000) {
        let mut tx = app.core().db.begin().await.expect("a transaction");
        for n in chunk * 5_000..rows.min((chunk + 1) * 5_000) {
            let id = app.core().new_id();
            let mut person = user(&id);
            person.name = Some(format!("Person {:05}", n * 7919 % rows));
            users::create(&mut tx, &tenant, &person)
                .await
                .expect("a person");
            let sid = app.core().new_id();
            let mut live = session(&sid, &tenant, &id);
            (live.sid, live.user) = (Sid(sid), UserId(id.clone()));
            live.expires_at = START_MS + 30 * 86_400_000;
            live.idle_ms = 30 * 86_400_000;
            sessions::create(&mut tx, &live).await.expect("a session");
            let kind = if n % 50 == 0 {
                "login.failed"
            } else {
                "login.completed"
            };
            let back = i64::try_from(n * 2_500_000 / rows).expect("small") * 1000;
            let event = EventRow {
                id: id_at(START_MS - back, n),
                at: START_MS - back,
                kind: kind.into(),
                outcome: if n % 50 == 0 { "failure" } else { "success" }.into(),
                actor: format!("user:{id}"),
                target: format!("user:{id}"),
                org: None,
                request_id: format!("R{n:08}"),
                ip: "192.0.2.7".into(),
                detail: "{}".into(),
                before: None,
                after: None,
            };
            let facets = Facets {
                method: "passkey".into(),
                reason: String::new(),
            };
            audit::create(&mut tx, &tenant, &event, &facets)
                .await
                .expect("an event");
        }
        tx.commit().await.expect("a commit");
    }
}

fn id_at(at: i64, n: usize) -> String {
    let hex = format!("{at:012x}");
    format!("{}-{}-7000-8000-{n:012x}", &hex[..8], &hex[8..])
}

both! {
    async fn no_page_grows_with_the_tenant(app: TestApp) {
        let mut owner = owner(&app, "ana@x.test").await;
        let rows = ROWS * factor();
        fill(&app, rows).await;
        let kind = if app.core().db.is_pg() { "postgres" } else { "sqlite" };
        let begun = Instant::now();
        for _ in 0..40 {
            app.clock.advance_s(40);
            desk::count(app.core()).await.expect("counted");
        }
        measured(&format!("desk, {kind}, {rows} rows each: all counted in {} ms", begun.elapsed().as_millis()));
        let pages = [
            "/admin", "/admin?range=30d", "/admin/users", "/admin/users?q=person+00", "/admin/users?q=p&state=active",
            "/admin/users?state=disabled", "/admin/audit", "/admin/audit?kind=sign-ins&span=7d", "/admin/audit?outcome=refused",
            "/admin/audit?kind=people", "/admin/audit?q=ana%40x.test", "/admin/audit?q=R00000007", "/admin/organizations",
            "/admin/settings", "/admin/upstreams",
        ];
        for path in pages {
            let mut best = Duration::MAX;
            for _ in 0..3 {
                let begun = Instant::now();
                owner.get(path).await.expect(200);
                best = best.min(begun.elapsed());
            }
            measured(&format!("desk, {kind}, {rows} rows each: {path} {:.1} ms", best.as_secs_f64() * 1000.0));
            // Whole seconds would mean that something walks over all rows: a walk over so many
            // in a debug build costs far more.
            assert!(best < Duration::from_millis(1500), "{path}: {best:?}");
        }
    }
}
