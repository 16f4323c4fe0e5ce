//! Store: customers' own identity providers, their revisions and mappings, and who is who there.

use laneway::domain::connection::{Broker, Config, Connection, Protocol, Revision, Rollout, State};
use laneway::domain::mapping::{Mapping, Mode};
use laneway::domain::upstream::Trust;
use laneway::domain::user::{IdentityLink, LinkKind};
use laneway::domain::{ConnectionId, Email, OrgId, TenantId, UserId};
use laneway::store::{connections, links, orgs, revisions, role_mappings};
use laneway_sqlkit::Tx;
use serde_json::json;

use crate::harness::rows::{self, AT, assert_conflict, db, other_tenant, tx};
use crate::harness::{TestApp, both};

fn settings(issuer: &str) -> Config {
    let value =
        json!({ "issuer": issuer, "client_id": "laneway", "required_claims": { "hd": "x" } });
    Config::read(Protocol::Oidc, &value.to_string()).expect("settings")
}

fn connection(tenant: &TenantId, org: &str, id: &str) -> Connection {
    Connection {
        id: ConnectionId(id.into()),
        tenant: tenant.clone(),
        org: Some(OrgId(org.into())),
        slug: format!("slug-{id}"),
        name: "Their provider".into(),
        protocol: Protocol::Oidc,
        broker: Broker::Direct,
        through: None,
        state: State::Draft,
        rollout: Rollout::Admins,
        enforced: false,
        redirect_uri: format!("https://login.test/federation/callback/{id}"),
        acs_url: None,
        sp_entity_id: None,
        draft: 1,
        draft_hash: "h1".into(),
        active: None,
        tested_hash: None,
        last_login_at: None,
        version: 1,
        created_at: AT,
    }
}

fn revision(connection: &str, number: i64) -> Revision {
    Revision {
        id: format!("r-{connection}-{number}"),
        connection: ConnectionId(connection.into()),
        number,
        hash: format!("h{number}"),
        config: settings("https://idp.test"),
        secret: Some(vec![1, 2]),
        secret_id: Some("s1".into()),
        trust: Trust::Tenant,
        created_at: AT,
        activated_at: None,
    }
}

async fn stored(app: &TestApp, tenant: &TenantId, org: &str, id: &str) -> Connection {
    let one = connection(tenant, org, id);
    let mut tx = tx(app).await;
    connections::create(&mut tx, &one, &revision(id, 1))
        .await
        .expect("a connection");
    tx.commit().await.expect("a commit");
    one
}

async fn organization(app: &TestApp, tenant: &TenantId, id: &str) {
    let mut tx = tx(app).await;
    orgs::create(&mut tx, tenant, &rows::org(id, id))
        .await
        .expect("an organization");
    tx.commit().await.expect("a commit");
}

fn link(id: &str, user: &str, connection: &str) -> IdentityLink {
    IdentityLink {
        kind: LinkKind::Connection,
        source: Some(ConnectionId(connection.into()).as_source()),
        ..rows::link(id, user, "sub-1")
    }
}

async fn note(tx: &mut Tx, tenant: &TenantId, revision: i64) -> bool {
    let id = ConnectionId("c1".into());
    let noted = connections::note_login(tx, tenant, &id, revision, AT).await;
    noted.expect("judged")
}

both! {
    async fn a_connection_keeps_its_revisions_and_what_is_live(app: TestApp) {
        let tenant = app.tenant().await.id;
        organization(&app, &tenant, "acme").await;
        stored(&app, &tenant, "acme", "c1").await;
        let mut one = connections::find(db(&app), &tenant, "slug-c1").await.expect("read").expect("there");
        let mut write = tx(&app).await;
        revisions::add(&mut write, &tenant, &revision("c1", 2)).await.expect("a second");
        one.edited(2, "h2".into());
        one.tested_hash = Some("h2".into());
        one.activated("h2").expect("tested");
        assert!(connections::update(&mut write, &one).await.expect("written"));
        assert!(!connections::update(&mut write, &one).await.expect("judged"), "an old version");
        revisions::note_activation(&mut write, &tenant, &one.id, 2, AT + 5).await.expect("noted");
        write.commit().await.expect("a commit");
        let read = connections::find(db(&app), &tenant, "c1").await.expect("read").expect("there");
        assert_eq!((read.state, read.active, read.draft_hash.as_str()), (State::Active, Some(2), "h2"));
        assert_eq!((read.version, read.rollout), (2, Rollout::Admins));
        let all = revisions::list(db(&app), &tenant, &one.id).await.expect("read");
        let numbers: Vec<_> = all.iter().map(|r| (r.number, r.activated_at)).collect();
        assert_eq!(numbers, [(2, Some(AT + 5)), (1, None)]);
        assert_eq!(all[0].config, settings("https://idp.test"));
        assert_eq!((all[0].trust, all[0].secret.as_deref()), (Trust::Tenant, Some(&[1, 2][..])));
    }

    async fn two_edits_at_once_are_one_conflict(app: TestApp) {
        let tenant = app.tenant().await.id;
        organization(&app, &tenant, "acme").await;
        stored(&app, &tenant, "acme", "c1").await;
        let mut write = tx(&app).await;
        let twin = Revision { id: "another".into(), ..revision("c1", 1) };
        assert_conflict(revisions::add(&mut write, &tenant, &twin).await);
    }

    async fn only_a_live_revision_notes_a_sign_in(app: TestApp) {
        let tenant = app.tenant().await.id;
        organization(&app, &tenant, "acme").await;
        let mut one = stored(&app, &tenant, "acme", "c1").await;
        let mut write = tx(&app).await;
        assert!(!note(&mut write, &tenant, 1).await, "a draft");
        (one.state, one.active) = (State::Active, Some(1));
        connections::update(&mut write, &one).await.expect("live");
        assert!(note(&mut write, &tenant, 1).await);
        assert!(!note(&mut write, &tenant, 2).await, "another revision than the live one");
        (one.state, one.version) = (State::Disabled, 2);
        connections::update(&mut write, &one).await.expect("off");
        assert!(!note(&mut write, &tenant, 1).await, "switched off");
    }

    async fn nothing_points_into_another_tenant(app: TestApp) {
        let (own, other) = (app.tenant().await.id, other_tenant(&app).await);
        organization(&app, &own, "acme").await;
        stored(&app, &own, "acme", "c1").await;
        let found = connections::find(db(&app), &other, "c1").await.expect("read");
        assert!(found.is_none());
        let mut write = tx(&app).await;
        let foreign = connection(&other, "acme", "c2");
        assert_conflict(connections::create(&mut write, &foreign, &revision("c2", 1)).await);
    }

    async fn the_newest_mapping_counts(app: TestApp) {
        let tenant = app.tenant().await.id;
        organization(&app, &tenant, "acme").await;
        let one = stored(&app, &tenant, "acme", "c1").await;
        let none = role_mappings::current(db(&app), &tenant, &one.id).await.expect("read");
        assert_eq!(none, (0, Mapping::default()));
        let mut write = tx(&app).await;
        for (number, mode) in [(1, Mode::FullSync), (2, Mode::Additive)] {
            let value = json!({ "mode": mode, "rules": [{ "when": { "group": "it" }, "roles": ["admin"] }] });
            let mapping = serde_json::from_value(value).expect("a mapping");
            let key = (format!("m{number}"), number);
            role_mappings::add(&mut write, &tenant, &one.id, (&key.0, key.1), &mapping, AT).await.expect("added");
        }
        write.commit().await.expect("a commit");
        let (number, mapping) = role_mappings::current(db(&app), &tenant, &one.id).await.expect("read");
        assert_eq!((number, mapping.mode, mapping.rules.len()), (2, Mode::Additive, 1));
    }

    async fn the_same_subject_at_two_connections_is_two_people(app: TestApp) {
        let tenant = app.tenant().await.id;
        rows::stored_user(&app, &tenant, "u1").await;
        rows::stored_user(&app, &tenant, "u2").await;
        let mut write = tx(&app).await;
        for (new, made) in [
            (link("l1", "u1", "c1"), true),
            (link("l2", "u2", "c2"), true),
            (link("l3", "u2", "c1"), false),
            (rows::link("l4", "u1", "sub-1"), true),
            (rows::link("l5", "u2", "sub-1"), false),
        ] {
            assert_eq!(links::create(&mut write, &tenant, &new).await.expect("judged"), made, "{}", new.id);
        }
        write.commit().await.expect("a commit");
        for (connection, user) in [("c1", Some("u1")), ("c2", Some("u2")), ("c3", None)] {
            let id = ConnectionId(connection.into());
            let found = links::find_by_connection(db(&app), &tenant, &id, "https://idp.test", "sub-1").await;
            assert_eq!(found.expect("read"), user.map(|id| UserId(id.into())), "{connection}");
        }
    }

    async fn picked_people_are_exactly_those(app: TestApp) {
        let tenant = app.tenant().await.id;
        organization(&app, &tenant, "acme").await;
        let one = stored(&app, &tenant, "acme", "c1").await;
        let (ana, bob) = (Email::parse("ana@x.test").expect("one"), Email::parse("bob@x.test").expect("one"));
        let mut write = tx(&app).await;
        connections::set_people(&mut write, &tenant, &one.id, std::slice::from_ref(&ana)).await.expect("set");
        connections::set_people(&mut write, &tenant, &one.id, std::slice::from_ref(&bob)).await.expect("set");
        write.commit().await.expect("a commit");
        for (email, picked) in [(&ana, false), (&bob, true)] {
            let found = connections::is_picked(db(&app), &tenant, &one.id, email).await;
            assert_eq!(found.expect("read"), picked, "{email}");
        }
    }

    async fn an_organization_goes_with_its_connections(app: TestApp) {
        let tenant = app.tenant().await.id;
        organization(&app, &tenant, "acme").await;
        let one = stored(&app, &tenant, "acme", "c1").await;
        rows::stored_user(&app, &tenant, "u1").await;
        let mut write = tx(&app).await;
        links::create(&mut write, &tenant, &link("l1", "u1", "c1")).await.expect("a link");
        role_mappings::add(&mut write, &tenant, &one.id, ("m1", 1), &Mapping::default(), AT).await.expect("added");
        assert!(orgs::delete(&mut write, &tenant, one.owner().expect("an owner")).await.expect("deleted"));
        write.commit().await.expect("a commit");
        assert!(connections::find(db(&app), &tenant, "c1").await.expect("read").is_none());
        let left = links::list(db(&app), &tenant, &UserId("u1".into())).await.expect("read");
        assert!(left.is_empty(), "a link that nothing stands behind");
    }
}
