//! Store: tenants, hosts, people, links, organizations, operators, upstreams.

use laneway::domain::tenant::{Host, Purpose};
use laneway::domain::upstream::Role;
use laneway::domain::user::{LinkKind, UserState};
use laneway::domain::{Email, OrgId, UpstreamId, UserId};
use laneway::store::users::UserFilter;
use laneway::store::{hosts, installation, links, operators, orgs, tenants, upstreams, users};

use crate::harness::rows::{self, AT, assert_conflict, db, other_tenant, stored_user, tx};
use crate::harness::{TestApp, both};

fn host(id: &str, name: &str) -> Host {
    Host {
        id: id.into(),
        host: name.into(),
        purpose: Purpose::App,
        canonical: false,
        config_owned: false,
        org: None,
    }
}

fn starting(prefix: &str) -> UserFilter {
    UserFilter {
        prefix: prefix.to_owned(),
        ..UserFilter::default()
    }
}

both! {
    async fn tenants_come_back_as_they_were_written(app: TestApp) {
        let wanted = rows::tenant("acme");
        let mut tx = tx(&app).await;
        tenants::create(&mut tx, &wanted).await.expect("created");
        tx.commit().await.expect("commit");
        let mut found = tenants::find(db(&app), &wanted.id).await.expect("read").expect("there");
        assert_eq!(format!("{found:?}"), format!("{wanted:?}"));
        let by_slug = tenants::find_by_slug(db(&app), "acme").await.expect("read").expect("there");
        assert_eq!(by_slug.id, wanted.id);

        found.name = "Another".into();
        let mut tx = rows::tx(&app).await;
        assert!(tenants::update(&mut tx, &found).await.expect("update"));
        assert!(!tenants::update(&mut tx, &found).await.expect("update"), "the version has moved");
        tenants::set_applied(&mut tx, &found.id, "section").await.expect("noted");
        assert_eq!(tenants::applied(&mut tx, &found.id).await.expect("read"), "section");
        assert_conflict(tenants::create(&mut tx, &laneway::domain::tenant::Tenant {
            id: laneway::domain::TenantId("t-copy".into()), ..rows::tenant("acme")
        }).await);
    }

    async fn a_host_name_belongs_to_one_tenant(app: TestApp) {
        let (own, other) = (app.tenant().await.id, other_tenant(&app).await);
        let mut first = tx(&app).await;
        hosts::create(&mut first, &own, &host("h1", "one.test"), AT).await.expect("created");
        first.commit().await.expect("commit");
        let (owner, found) = hosts::find(db(&app), "one.test").await.expect("read").expect("there");
        assert_eq!((owner, found), (own.clone(), host("h1", "one.test")));
        assert!(hosts::list(db(&app), &own).await.expect("list")[0].canonical, "canonical first");

        let mut second = tx(&app).await;
        assert_conflict(hosts::create(&mut second, &other, &host("h2", "one.test"), AT).await);
        drop(second);
        let mut third = tx(&app).await;
        assert!(!hosts::delete(&mut third, &other, "h1").await.expect("delete"), "another tenant's");
        assert!(hosts::delete(&mut third, &own, "h1").await.expect("delete"));
        let login = hosts::find(&mut third, "login.test").await.expect("read").expect("there").1;
        assert!(!hosts::delete(&mut third, &own, &login.id).await.expect("delete"), "the configuration's");
        hosts::release(&mut third, &own, "ide.test").await.expect("released");
        assert!(hosts::find(&mut third, "ide.test").await.expect("read").is_none());
    }

    async fn people_are_found_only_in_their_tenant(app: TestApp) {
        let (own, other) = (app.tenant().await.id, other_tenant(&app).await);
        let wanted = stored_user(&app, &own, "u1").await;
        assert_eq!(users::find(db(&app), &own, &wanted.id).await.expect("read").as_ref(), Some(&wanted));
        assert_eq!(users::find(db(&app), &other, &wanted.id).await.expect("read"), None);

        let mut tx = tx(&app).await;
        let copy = users::create(&mut tx, &other, &wanted).await.expect("no error");
        assert!(!copy, "an id is never given twice, in any tenant");
        let mut changed = wanted.clone();
        changed.state = UserState::Disabled;
        changed.email = None;
        assert!(!users::update(&mut tx, &other, &changed, AT).await.expect("update"), "another tenant's");
        assert!(users::update(&mut tx, &own, &changed, AT).await.expect("update"));
        assert!(!users::update(&mut tx, &own, &changed, AT).await.expect("update"), "the version has moved");
        let found = users::find(&mut tx, &own, &wanted.id).await.expect("read").expect("there");
        assert_eq!((found.state, found.email, found.version), (UserState::Disabled, None, 2));
    }

    async fn people_are_listed_by_prefix_and_page(app: TestApp) {
        let own = app.tenant().await.id;
        // "é" and "Z" sort differently by byte than by language: pages must not skip either.
        for id in ["ua", "uB", "uZ", "u_", "uz", "u1"] {
            stored_user(&app, &own, id).await;
        }
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let page = users::list(db(&app), &own, &starting(""), &after, 2).await.expect("list");
            let Some(last) = page.last() else { break };
            after.clone_from(&last.id.0);
            seen.extend(page.into_iter().map(|user| user.id.0));
        }
        assert_eq!(seen, ["u1", "uB", "uZ", "u_", "ua", "uz"], "byte order on both engines");
        let found = users::list(db(&app), &own, &starting("NAME UA"), "", 9).await.expect("list");
        assert_eq!(found.len(), 1);
        let found = users::list(db(&app), &own, &starting("u1@x"), "", 9).await.expect("list");
        assert_eq!(found[0].id.as_str(), "u1");
        let none = users::list(db(&app), &own, &starting("%"), "", 9).await.expect("list");
        assert!(none.is_empty(), "no pattern language");
        let found = users::list(db(&app), &own, &starting("u1"), "", 9).await.expect("list");
        assert_eq!(found.len(), 1, "by id, name and address once");
        let off = UserFilter { state: Some(UserState::Disabled), ..UserFilter::default() };
        assert!(users::list(db(&app), &own, &off, "", 9).await.expect("list").is_empty());
    }

    async fn links_find_people_and_never_two(app: TestApp) {
        let own = app.tenant().await.id;
        stored_user(&app, &own, "u1").await;
        stored_user(&app, &own, "u2").await;
        let first = rows::link("l1", "u1", "s");
        let mut tx = tx(&app).await;
        assert!(links::create(&mut tx, &own, &first).await.expect("created"));
        assert!(!links::create(&mut tx, &own, &rows::link("l2", "u2", "s")).await.expect("no error"));
        let email = Email::parse("a@x.test").expect("an address");
        let proven = laneway::domain::user::IdentityLink {
            kind: LinkKind::Email, issuer: String::new(), subject: "a@x.test".into(), ..rows::link("l3", "u1", "")
        };
        assert!(links::create(&mut tx, &own, &proven).await.expect("created"));
        let kind = LinkKind::Upstream;
        let found = links::find_user(&mut tx, &own, kind, "https://idp.test", "s").await.expect("read");
        assert_eq!(found, Some(UserId("u1".into())));
        assert_eq!(links::find_by_email(&mut tx, &own, &email).await.expect("read"), Some(UserId("u1".into())));
        links::touch(&mut tx, &own, "l1", AT + 5).await.expect("touched");
        let all = links::list(&mut tx, &own, &UserId("u1".into())).await.expect("list");
        assert_eq!(all.len(), 2);
        assert_eq!(all[0], laneway::domain::user::IdentityLink { last_used_at: Some(AT + 5), ..first });
        assert_eq!(links::count_linked(&mut tx, &own, "https://idp.test").await.expect("count"), (1, 1));
        assert!(!links::delete(&mut tx, &own, &UserId("u2".into()), "l1").await.expect("delete"), "another's");
        assert!(links::delete(&mut tx, &own, &UserId("u1".into()), "l1").await.expect("delete"));
        links::delete_all(&mut tx, &own, &UserId("u1".into())).await.expect("deleted");
        assert!(links::list(&mut tx, &own, &UserId("u1".into())).await.expect("list").is_empty());
    }

    async fn no_row_crosses_a_tenant(app: TestApp) {
        let (own, other) = (app.tenant().await.id, other_tenant(&app).await);
        stored_user(&app, &own, "u1").await;
        stored_user(&app, &other, "v1").await;
        let mut made = tx(&app).await;
        orgs::create(&mut made, &own, &rows::org("o1", "one")).await.expect("created");
        made.commit().await.expect("commit");
        // Each in a transaction of its own: a failed statement ends it on PostgreSQL.
        let mut a = tx(&app).await;
        assert_conflict(links::create(&mut a, &other, &rows::link("l1", "u1", "s")).await);
        drop(a);
        let mut b = tx(&app).await;
        assert_conflict(orgs::add_member(&mut b, &own, &OrgId("o1".into()), &UserId("v1".into()), "m1", AT).await);
        drop(b);
        let mut c = tx(&app).await;
        assert_conflict(orgs::add_member(&mut c, &other, &OrgId("o1".into()), &UserId("v1".into()), "m1", AT).await);
        drop(c);
        let mut d = tx(&app).await;
        let session = rows::session("s1", &other, "u1");
        assert_conflict(laneway::store::sessions::create(&mut d, &session).await);
        drop(d);
        assert!(orgs::find(db(&app), &other, "o1").await.expect("read").is_none());
    }

    async fn roles_are_the_union_of_grants(app: TestApp) {
        let own = app.tenant().await.id;
        let user = stored_user(&app, &own, "u1").await.id;
        let (org, now) = (OrgId("o1".into()), AT);
        let mut tx = tx(&app).await;
        orgs::create(&mut tx, &own, &rows::org("o1", "one")).await.expect("created");
        let id = orgs::add_member(&mut tx, &own, &org, &user, "m1", now).await.expect("added");
        let again = orgs::add_member(&mut tx, &own, &org, &user, "m2", now).await.expect("no error");
        assert_eq!((id.as_str(), again.as_str()), ("m1", "m1"), "once");
        let grant = |id: &str, role: &str| (id.to_owned(), role.to_owned());
        orgs::set_grants(&mut tx, &own, &id, "manual", &[grant("g1", "member"), grant("g2", "admin")], now)
            .await.expect("granted");
        orgs::set_grants(&mut tx, &own, &id, "mapping", &[grant("g3", "admin")], now).await.expect("granted");
        orgs::set_grants(&mut tx, &own, &id, "manual", &[], now).await.expect("taken");
        let grants = orgs::grants(&mut tx, &own, &org, &user).await.expect("read").expect("a member");
        assert_eq!(grants, [("admin".to_owned(), "mapping".to_owned())], "other sources stay");
        let all = orgs::memberships(&mut tx, &own, &user).await.expect("read");
        assert_eq!((all.len(), all[0].roles.clone()), (1, vec!["admin".to_owned()]));
        assert!(all[0].permissions.contains(&"members:write".to_owned()));
        assert!(!all[0].permissions.contains(&"owners:write".to_owned()));
        let listed = orgs::list(&mut tx, &own, "", 5).await.expect("list");
        assert_eq!(listed, [rows::org("o1", "one")]);
        let stranger = UserId("nobody".into());
        assert_eq!(orgs::grants(&mut tx, &own, &org, &stranger).await.expect("read"), None);
        assert_conflict(orgs::create(&mut tx, &own, &rows::org("o2", "one")).await);
    }

    async fn owners_are_users_of_the_whole_instance(app: TestApp) {
        let own = app.tenant().await.id;
        let user = stored_user(&app, &own, "u1").await.id;
        assert!(!operators::any_owner(db(&app)).await.expect("read"));
        let mut tx = tx(&app).await;
        operators::grant(&mut tx, "g1", ("user", "u1"), "owner", Some(&own), AT).await.expect("granted");
        assert!(!operators::is_owner(&mut tx, &user).await.expect("read"), "of one tenant only");
        for id in ["g2", "g3"] {
            operators::grant(&mut tx, id, ("user", "u1"), "owner", None, AT).await.expect("granted");
        }
        assert!(operators::is_owner(&mut tx, &user).await.expect("read"));
        assert!(operators::any_owner(&mut tx).await.expect("read"));
    }

    async fn a_tenant_has_one_primary_upstream(app: TestApp) {
        let own = app.tenant().await.id;
        let wanted = rows::upstream("p1", &own);
        let mut work = tx(&app).await;
        upstreams::create(&mut work, &wanted).await.expect("created");
        let mut found = upstreams::find(&mut work, &own, &wanted.id).await.expect("read").expect("there");
        assert_eq!(format!("{found:?}"), format!("{wanted:?}"));
        found.client_id = "changed".into();
        assert!(upstreams::update(&mut work, &found).await.expect("update"));
        assert!(!upstreams::update(&mut work, &found).await.expect("update"), "the version has moved");
        assert!(upstreams::set_role(&mut work, &own, &found.id, Role::Primary).await.expect("set"));
        work.commit().await.expect("commit");
        let all = upstreams::list(db(&app), &own).await.expect("list");
        let primaries: Vec<&str> =
            all.iter().filter(|row| row.role == Role::Primary).map(|row| row.id.as_str()).collect();
        assert_eq!(primaries, ["p1"], "the former steps down");
        let mut second = rows::upstream("p2", &own);
        second.role = Role::Primary;
        let mut work = tx(&app).await;
        assert_conflict(upstreams::create(&mut work, &second).await);
        drop(work);
        let other = other_tenant(&app).await;
        let foreign = upstreams::find(db(&app), &other, &UpstreamId("p1".into())).await.expect("read");
        assert!(foreign.is_none());
    }

    async fn the_installation_is_written_once(app: TestApp) {
        let (id, check) = installation::find(db(&app)).await.expect("read").expect("written at start");
        let mut tx = tx(&app).await;
        installation::create(&mut tx, "another", vec![1], AT).await.expect("no error");
        tx.commit().await.expect("commit");
        assert_eq!(installation::find(db(&app)).await.expect("read"), Some((id, check)));
    }
}
