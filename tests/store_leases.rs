//! The lease of a provider's session and the fence on its tokens, on both engines.

use laneway::domain::session::Session;
use laneway::domain::{Sid, TenantId};
use laneway::store::sessions::Which;
use laneway::store::upstream_sessions::{self as leases, Found, Stamp, UpstreamSessionRow};
use laneway::store::{sessions, upstreams};

use crate::harness::rows::{self, AT, other_tenant, stored_user, tx};
use crate::harness::{TestApp, both};

fn stamp(owner: &str, until: i64) -> Stamp {
    Stamp {
        owner: owner.into(),
        until,
    }
}

both! {
    async fn one_holds_the_lease_and_a_renewal_counts_once(app: TestApp) {
        let own = app.tenant().await.id;
        let (sid, upstream) = stored(&app, &own).await;
        let key = (&sid, &upstream.id);
        let mut tx = tx(&app).await;
        let held = leases::find_held(&mut tx, &own, key, AT).await.expect("read").held().expect("there");
        assert_eq!((held.version, held.lease, held.lost), (1, None, false));

        // One of two; then nobody but who has seen exactly this lease.
        let (a, b) = (stamp("a", 100), stamp("b", 100));
        assert!(leases::take(&mut tx, &own, key, 1, None, &a).await.expect("taken"));
        for seen in [None, Some(&b), Some(&stamp("a", 99))] {
            assert!(!leases::take(&mut tx, &own, key, 1, seen, &b).await.expect("no error"), "{seen:?}");
        }
        // It moves with each renewal, even where a clock stands still or goes back.
        for (until, wanted) in [(200, 200), (200, 201), (50, 202)] {
            leases::keep(&mut tx, &own, key, &stamp("a", until)).await.expect("kept");
            leases::keep(&mut tx, &own, key, &stamp("b", 9_000)).await.expect("not theirs");
            let held = leases::find_held(&mut tx, &own, key, AT).await.expect("read").held().expect("there");
            assert_eq!(held.lease, Some(stamp("a", wanted)));
        }
        assert!(!leases::take(&mut tx, &own, key, 1, Some(&a), &b).await.expect("no error"), "it has moved since");
        assert!(!leases::take(&mut tx, &own, key, 2, Some(&stamp("a", 202)), &b).await.expect("no error"));
        assert!(leases::take(&mut tx, &own, key, 1, Some(&stamp("a", 202)), &b).await.expect("taken over"));

        // Whoever was taken for dead brings the tokens after all: they count, and b's refusal does not.
        assert!(leases::renew(&mut tx, &own, key, 1, &[2]).await.expect("renewed"));
        assert!(!leases::renew(&mut tx, &own, key, 1, &[3]).await.expect("no error"), "an older version");
        assert!(!leases::lose(&mut tx, &own, key, 1, "b", AT).await.expect("no error"));
        let held = leases::find_held(&mut tx, &own, key, AT).await.expect("read").held().expect("there");
        assert_eq!((held.version, held.sealed, held.lease, held.lost), (2, vec![2], None, false));

        // Lost in the name of the holder alone; then nobody asks any more, until there are new ones.
        assert!(leases::take(&mut tx, &own, key, 2, None, &a).await.expect("taken"));
        assert!(!leases::lose(&mut tx, &own, key, 2, "b", AT).await.expect("no error"));
        assert!(leases::lose(&mut tx, &own, key, 2, "a", AT).await.expect("lost"));
        assert!(!leases::take(&mut tx, &own, key, 2, None, &a).await.expect("no error"));
        let row = UpstreamSessionRow {
            sid: sid.clone(), upstream: upstream.id.clone(), subject: "sub-u1".into(), sealed: vec![4], checked_at: AT,
        };
        leases::put(&mut tx, &own, &row).await.expect("kept");
        let held = leases::find_held(&mut tx, &own, key, AT).await.expect("read").held().expect("there");
        assert_eq!((held.version, held.lost), (3, false));
        assert!(leases::take(&mut tx, &own, key, 3, None, &a).await.expect("taken"));
        leases::release(&mut tx, &own, key, "b").await.expect("not theirs");
        assert!(!leases::take(&mut tx, &own, key, 3, None, &b).await.expect("no error"));
        leases::release(&mut tx, &own, key, "a").await.expect("free");
        assert!(leases::take(&mut tx, &own, key, 3, None, &b).await.expect("taken"));
    }

    async fn no_token_of_another_tenant_person_or_of_a_session_that_is_over(app: TestApp) {
        let own = app.tenant().await.id;
        let other = other_tenant(&app).await;
        let (sid, upstream) = stored(&app, &own).await;
        let key = (&sid, &upstream.id);
        let mut tx = tx(&app).await;
        assert!(matches!(leases::find_held(&mut tx, &other, key, AT).await, Ok(Found::Over)));
        assert!(!leases::take(&mut tx, &other, key, 1, None, &stamp("a", 1)).await.expect("no error"));
        assert!(!leases::renew(&mut tx, &other, key, 1, &[9]).await.expect("no error"));

        // The session became another person's there: what was kept of the first is not theirs.
        let mut session: Session = sessions::find(&mut tx, &own, &sid).await.expect("read").expect("there");
        let tie = session.upstream.take().expect("a tie");
        session.upstream = Some(laneway::domain::session::SessionUpstream { subject: "sub-u2".into(), ..tie.clone() });
        assert!(sessions::prove_again(&mut tx, &session).await.expect("raised"));
        assert!(matches!(leases::find_held(&mut tx, &own, key, AT).await, Ok(Found::Nothing)));
        session.upstream = Some(tie);
        assert!(sessions::prove_again(&mut tx, &session).await.expect("raised"));
        assert!(matches!(leases::find_held(&mut tx, &own, key, AT).await, Ok(Found::Held(_))));
        assert!(matches!(leases::find_held(&mut tx, &own, key, session.expires_at).await, Ok(Found::Over)));

        assert!(leases::take(&mut tx, &own, key, 1, None, &stamp("a", 1)).await.expect("taken"));
        sessions::end(&mut tx, &own, Which::One(&sid), "logout", AT).await.expect("ended");
        assert!(matches!(leases::find_held(&mut tx, &own, key, AT).await, Ok(Found::Over)));
        assert!(!leases::renew(&mut tx, &own, key, 1, &[9]).await.expect("no error"));
        assert!(!leases::take(&mut tx, &own, key, 1, Some(&stamp("a", 1)), &stamp("b", 1)).await.expect("no error"));
    }
}

async fn stored(app: &TestApp, own: &TenantId) -> (Sid, laneway::domain::upstream::Upstream) {
    stored_user(app, own, "u1").await;
    let upstream = rows::upstream("p1", own);
    let mut tx = tx(app).await;
    upstreams::create(&mut tx, &upstream)
        .await
        .expect("created");
    let session = rows::session_at("s1", "u1", &upstream);
    sessions::create(&mut tx, &session).await.expect("created");
    let tie = session.upstream.expect("a tie");
    let row = UpstreamSessionRow {
        sid: session.sid.clone(),
        upstream: upstream.id.clone(),
        subject: tie.subject,
        sealed: vec![1],
        checked_at: AT,
    };
    leases::put(&mut tx, own, &row).await.expect("kept");
    tx.commit().await.expect("commit");
    (session.sid, upstream)
}
