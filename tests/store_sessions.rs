//! Store: sessions, their cookies, what is kept of the provider's session.

use laneway::app::upkeep::prune;
use laneway::domain::session::Session;
use laneway::domain::{OrgId, Sid, UpstreamId, UserId};
use laneway::store::sessions::{self, Which};
use laneway::store::upstream_sessions::{self, UpstreamSessionRow};
use laneway::store::{orgs, over, upstreams};
use laneway_contract::Acr;
use laneway_sqlkit::q_dynamic;

use crate::harness::rows::{self, AT, db, other_tenant, stored_user, tx};
use crate::harness::{TestApp, both};

both! {
    async fn a_session_comes_back_through_its_cookie(app: TestApp) {
        let own = app.tenant().await.id;
        stored_user(&app, &own, "u1").await;
        let upstream = rows::upstream("p1", &own);
        let session = rows::session_at("s1", "u1", &upstream);
        let mut tx = tx(&app).await;
        upstreams::create(&mut tx, &upstream).await.expect("created");
        sessions::create(&mut tx, &session).await.expect("created");
        sessions::add_cookie(&mut tx, &own, &session.sid, "one.test", &[1; 32], AT).await.expect("added");
        sessions::add_cookie(&mut tx, &own, &session.sid, "two.test", &[2; 32], AT).await.expect("added");
        tx.commit().await.expect("commit");

        let found = sessions::find_by_cookie(db(&app), &[1; 32]).await.expect("read");
        assert_eq!(found, Some((session.clone(), "one.test".to_owned())));
        assert_eq!(sessions::find(db(&app), &own, &session.sid).await.expect("read"), Some(session.clone()));
        let hosts = sessions::hosts(db(&app), &own, &session.sid).await.expect("read");
        assert_eq!(hosts, ["one.test", "two.test"]);
        let other = other_tenant(&app).await;
        assert_eq!(sessions::find(db(&app), &other, &session.sid).await.expect("read"), None);
    }

    async fn a_replaced_cookie_is_dead_and_the_session_goes_on(app: TestApp) {
        let own = app.tenant().await.id;
        stored_user(&app, &own, "u1").await;
        let session = rows::session("s1", &own, "u1");
        let mut tx = tx(&app).await;
        sessions::create(&mut tx, &session).await.expect("created");
        sessions::add_cookie(&mut tx, &own, &session.sid, "one.test", &[1; 32], AT).await.expect("added");
        assert!(sessions::retire_cookie(&mut tx, &[1; 32], AT).await.expect("retired"));
        assert!(!sessions::retire_cookie(&mut tx, &[1; 32], AT).await.expect("no error"), "once");
        sessions::add_cookie(&mut tx, &own, &session.sid, "one.test", &[2; 32], AT).await.expect("added");
        assert_eq!(sessions::find_by_cookie(&mut tx, &[1; 32]).await.expect("read"), None);
        assert!(sessions::find_by_cookie(&mut tx, &[2; 32]).await.expect("read").is_some());
        assert_eq!(sessions::hosts(&mut tx, &own, &session.sid).await.expect("read"), ["one.test"]);
    }

    async fn an_ended_session_cannot_be_changed(app: TestApp) {
        let own = app.tenant().await.id;
        stored_user(&app, &own, "u1").await;
        let mut session = rows::session("s1", &own, "u1");
        let mut tx = tx(&app).await;
        sessions::create(&mut tx, &session).await.expect("created");
        orgs::create(&mut tx, &own, &rows::org("o1", "one")).await.expect("created");
        session.acr = Acr::Phr;
        session.amr = vec!["hwk".into()];
        session.auth_time = AT + 9;
        assert!(sessions::prove_again(&mut tx, &session).await.expect("raised"));
        let org = OrgId("o1".into());
        assert!(sessions::set_org(&mut tx, &own, &session.sid, Some(&org)).await.expect("set"));
        session.org = Some(org.clone());
        assert_eq!(sessions::find(&mut tx, &own, &session.sid).await.expect("read"), Some(session.clone()));

        let ended = sessions::end(&mut tx, &own, Which::One(&session.sid), "test", AT).await.expect("ended");
        assert_eq!(ended, [session.sid.clone()]);
        assert!(!sessions::prove_again(&mut tx, &session).await.expect("no error"));
        assert!(!sessions::set_org(&mut tx, &own, &session.sid, None).await.expect("no error"));
        sessions::touch(&mut tx, &[(own.clone(), session.sid.clone(), AT + 99)]).await.expect("no error");
        assert_eq!(sessions::find(&mut tx, &own, &session.sid).await.expect("read"), None);
        let again = sessions::end(&mut tx, &own, Which::One(&session.sid), "test", AT).await.expect("no error");
        assert!(again.is_empty());
    }

    async fn sessions_end_by_person_and_by_provider(app: TestApp) {
        let own = app.tenant().await.id;
        let upstream = rows::upstream("p1", &own);
        let mut work = tx(&app).await;
        upstreams::create(&mut work, &upstream).await.expect("created");
        work.commit().await.expect("commit");
        stored_user(&app, &own, "u1").await;
        stored_user(&app, &own, "u2").await;
        let mut tx = tx(&app).await;
        for (sid, user) in [("a", "u1"), ("b", "u1"), ("c", "u1"), ("d", "u2"), ("e", "u2"), ("f", "u2")] {
            sessions::create(&mut tx, &rows::session_at(sid, user, &upstream)).await.expect("created");
        }
        let (u1, u2, p1) = (UserId("u1".into()), UserId("u2".into()), UpstreamId("p1".into()));
        let keep = Sid("a".into());
        let table = [
            (Which::Others(&u1, &keep), vec!["b", "c"]),
            (Which::OfUser(&u1), vec!["a"]),
            (Which::UpstreamSession(&p1, "up-d"), vec!["d"]),
            (Which::UpstreamSession(&p1, ""), vec![]),
            (Which::UpstreamSubject(&p1, "sub-u2"), vec!["e", "f"]),
            (Which::OfUser(&u2), vec![]),
        ];
        for (which, wanted) in table {
            let label = format!("{which:?}");
            let mut ended: Vec<String> = sessions::end(&mut tx, &own, which, "test", AT)
                .await.expect("ended").into_iter().map(|sid| sid.0).collect();
            ended.sort();
            assert_eq!(ended, wanted, "{label}");
        }
    }

    async fn last_use_moves_forward_only_and_counts_for_listings(app: TestApp) {
        let own = app.tenant().await.id;
        let user = stored_user(&app, &own, "u1").await.id;
        let mut tx = tx(&app).await;
        for sid in ["s1", "s2", "s3"] {
            sessions::create(&mut tx, &rows::session(sid, &own, "u1")).await.expect("created");
        }
        let (first, second) = (Sid("s1".into()), Sid("s2".into()));
        let seen = [(own.clone(), first.clone(), AT + 500_000), (own.clone(), second.clone(), AT + 1)];
        sessions::touch(&mut tx, &seen).await.expect("touched");
        sessions::touch(&mut tx, &[(own.clone(), first.clone(), AT + 2)]).await.expect("touched");
        let found = sessions::find(&mut tx, &own, &first).await.expect("read").expect("there");
        assert_eq!(found.last_seen_at, AT + 500_000);
        let page = sessions::list_of_user(&mut tx, &own, &user, "", 2, AT).await.expect("list");
        assert_eq!(page.iter().map(|s| s.sid.as_str()).collect::<Vec<_>>(), ["s3", "s2"], "newest first");
        let page = sessions::list_of_user(&mut tx, &own, &user, "s2", 2, AT).await.expect("list");
        assert_eq!(page.iter().map(|s| s.sid.as_str()).collect::<Vec<_>>(), ["s1"]);
        let idle = sessions::list_of_user(&mut tx, &own, &user, "", 9, AT + 600_001).await.expect("list");
        assert_eq!(idle.iter().map(|s| s.sid.as_str()).collect::<Vec<_>>(), ["s1"], "the others are idle");
        assert_eq!(sessions::count_live(&mut tx, AT).await.expect("count"), 3);
        assert_eq!(sessions::count_live(&mut tx, AT + 3_600_000).await.expect("count"), 0);
    }

    async fn the_providers_session_is_replaced_not_doubled(app: TestApp) {
        let own = app.tenant().await.id;
        stored_user(&app, &own, "u1").await;
        let upstream = rows::upstream("p1", &own);
        let mut tx = tx(&app).await;
        upstreams::create(&mut tx, &upstream).await.expect("created");
        sessions::create(&mut tx, &rows::session_at("s1", "u1", &upstream)).await.expect("created");
        for sealed in [vec![1], vec![2, 2]] {
            let row = UpstreamSessionRow {
                sid: Sid("s1".into()), upstream: upstream.id.clone(), subject: "sub".into(), sealed, checked_at: AT,
            };
            upstream_sessions::put(&mut tx, &own, &row).await.expect("kept");
        }
        let all = upstream_sessions::list(&mut tx, &own, &Sid("s1".into())).await.expect("list");
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].subject.as_str(), all[0].sealed.as_slice()), ("sub", [2, 2].as_slice()));
    }

    async fn what_is_over_goes_away_and_one_node_does_it(app: TestApp) {
        const DAY_S: i64 = 24 * 3_600;
        let own = app.tenant().await.id;
        stored_user(&app, &own, "u1").await;
        let upstream = rows::upstream("p1", &own);
        let now = app.core().now();
        let mut write = tx(&app).await;
        upstreams::create(&mut write, &upstream).await.expect("created");
        for sid in ["open", "gone"] {
            let session = Session { expires_at: now + 90 * DAY_S * 1000, ..rows::session_at(sid, "u1", &upstream) };
            sessions::create(&mut write, &session).await.expect("created");
            sessions::add_cookie(&mut write, &own, &session.sid, "one.test", &[sid.as_bytes()[0]; 32], now).await.expect("added");
            let row = UpstreamSessionRow {
                sid: session.sid, upstream: upstream.id.clone(), subject: "sub-u1".into(), sealed: vec![1], checked_at: now,
            };
            upstream_sessions::put(&mut write, &own, &row).await.expect("kept");
        }
        sessions::end(&mut write, &own, Which::One(&Sid("gone".into())), "logout", now).await.expect("ended");
        write.commit().await.expect("commit");
        let second = app.second().await;
        let left = async |table: &str| {
            let sql = format!("SELECT COUNT(*) AS n FROM {table} WHERE sid IN ('open', 'gone')");
            q_dynamic(sql).one(db(&app)).await.expect("read").get::<i64>("n").expect("a number")
        };
        app.clock.advance_s(1_800);
        prune(app.core()).await.expect("pruned");
        assert_eq!(left("upstream_sessions").await, 2, "no hour has passed");
        app.clock.advance_s(1_900);
        prune(second.core()).await.expect("pruned");
        assert_eq!((left("upstream_sessions").await, left("sessions").await), (1, 2));
        app.clock.advance_s(30 * DAY_S);
        over::take(db(&app), "prune", app.core().now(), app.core().now() + 60_000).await.expect("taken");
        prune(app.core()).await.expect("nothing to do");
        assert_eq!(left("sessions").await, 2, "another node has it");
        app.clock.advance_s(61);
        prune(app.core()).await.expect("pruned");
        for table in ["upstream_sessions", "session_cookies", "sessions"] {
            assert_eq!(left(table).await, 1, "{table}");
        }
        assert!(sessions::find(db(&app), &own, &Sid("open".into())).await.expect("read").is_some());
    }
}
