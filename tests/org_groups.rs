//! Groups and own roles at the pages of an organization.

use serde_json::json;

use crate::harness::both;
use crate::harness::{Call, TestApp, form_token};
use crate::org_pages::{hidden, member, page, post, says, silent};

both! {
    async fn roles_are_defined_by_an_organization_and_permit_no_more_than_their_maker_may(app: TestApp) {
        let org = app.organization("acme").await;
        let (mut admin, _) = member(&app, &org, "ana@x.test", &["admin"]).await;
        let here = "/org/acme/roles";
        let html = page(&mut admin, here).await;
        says(&html, "value=\"owners:write\" disabled");
        says(&html, "href=\"/org/acme/roles/owner\"");
        let new = [("name", "Planner"), ("slug", "planner"), ("tick", "members:read"), ("tick", "org:read")];
        let made = post(&mut admin, here, &new).await.expect(303);
        assert_eq!(made.location(), "/org/acme/roles/planner?done=saved");
        let html = page(&mut admin, made.location()).await;
        says(&html, "value=\"members:read\" checked");
        let again = post(&mut admin, here, &new).await.expect(409);
        says(&again.text(), "exists already");
        let above = [("name", "King"), ("slug", "king"), ("tick", "owners:write")];
        says(&post(&mut admin, here, &above).await.expect(403).text(), "<title>Error:");
        let bad = post(&mut admin, here, &[("name", "X"), ("slug", "Not a slug")]).await.expect(422);
        says(&bad.text(), "value=\"Not a slug\"");
        // What came with the tenant is nobody's here to change.
        let html = page(&mut admin, "/org/acme/roles/member").await;
        silent(&html, "name=\"action\"");
        let one = "/org/acme/roles/planner";
        let changed = [("action", "save"), ("name", "Planners"), ("tick", "org:read")];
        post(&mut admin, one, &changed).await.expect(303);
        let (mut ben, _) = member(&app, &org, "ben@x.test", &["planner"]).await;
        page(&mut ben, "/org/acme").await;
        ben.get("/org/acme/people").await.refused(403, "forbidden");
        let used = post(&mut admin, one, &[("action", "delete")]).await.expect(409);
        says(&used.text(), "<title>Error:");
        post(&mut admin, here, &[("name", "Spare"), ("slug", "spare")]).await.expect(303);
        let gone = post(&mut admin, "/org/acme/roles/spare", &[("action", "delete")]).await.expect(303);
        says(&page(&mut admin, gone.location()).await, "The role is deleted.");
        admin.get("/org/acme/roles/spare").await.refused(404, "not_found");
        // Another organization does not know it.
        let other = app.organization("other").await;
        let (mut eve, _) = member(&app, &other, "eve@x.test", &["owner"]).await;
        eve.get("/org/other/roles/planner").await.refused(404, "not_found");
    }

    async fn whoever_is_in_a_group_has_its_roles(app: TestApp) {
        let org = app.organization("acme").await;
        let (mut ana, _) = member(&app, &org, "ana@x.test", &["owner"]).await;
        let (mut ben, id) = member(&app, &org, "ben@x.test", &[]).await;
        let here = "/org/acme/groups";
        says(&page(&mut ana, here).await, "No groups yet");
        let made = post(&mut ana, here, &[("name", "Night shift"), ("tick", "admin")]).await.expect(303);
        let one = made.location().split('?').next().expect("an address").to_owned();
        let again = post(&mut ana, here, &[("name", "Night shift")]).await.expect(409);
        says(&again.text(), "value=\"Night shift\"");
        ben.get("/org/acme").await.refused(403, "forbidden");
        app.signup("zoe@x.test").await;
        for nobody in ["zoe@x.test", "nobody"] {
            let refused = post(&mut ana, &one, &[("action", "add"), ("person", nobody)]).await.expect(422);
            says(&refused.text(), "Nobody in this organization has this address.");
        }
        post(&mut ana, &one, &[("action", "add"), ("person", "ben@x.test")]).await.expect(303);
        page(&mut ben, "/org/acme").await;
        says(&page(&mut ana, &format!("/org/acme/people/{id}")).await, "From a group");
        says(&page(&mut ana, here).await, "One member");
        // An admin makes no group that gives more than they have, and touches none.
        let above = post(&mut ben, here, &[("name", "Kings"), ("tick", "owner")]).await.expect(403);
        says(&above.text(), "<title>Error:");
        let html = page(&mut ana, &one).await;
        let version = hidden(&html, "</h1>", "version").to_owned();
        let fields = [("action", "save"), ("version", version.as_str()), ("name", "Nights"), ("tick", "viewer")];
        post(&mut ana, &one, &fields).await.expect(303);
        says(&page(&mut ben, &one).await, "Nights");
        let token = form_token(&page(&mut ben, "/account").await);
        let call = Call::form(&one, &[("csrf", &token), ("action", "delete")]);
        ben.send(call).await.refused(403, "forbidden");
        post(&mut ana, &one, &[("action", "take"), ("person", &id)]).await.expect(303);
        ben.get("/org/acme").await.refused(403, "forbidden");
        let gone = post(&mut ana, &one, &[("action", "delete")]).await.expect(303);
        says(&page(&mut ana, gone.location()).await, "The group is deleted.");
        ana.get(&one).await.refused(404, "not_found");
    }
    async fn many_of_them_are_shown_page_by_page(app: TestApp) {
        let org = app.organization("acme").await;
        let (mut ana, _) = member(&app, &org, "ana@x.test", &["owner"]).await;
        let base = format!("/v1/organizations/{org}");
        for n in 0..52 {
            app.clock.advance_s(1);
            let body = json!({ "name": format!("Group {n:02}"), "roles": [] });
            app.admin("POST", &format!("{base}/groups"), body).await.expect(201);
            let body = json!({ "slug": format!("role-{n:02}"), "name": format!("Role {n:02}"), "permissions": [] });
            app.admin("POST", &format!("{base}/roles"), body).await.expect(201);
        }
        // Roles come in the order of their short names, after those that are everybody's.
        for (here, on_first, on_second) in [
            ("/org/acme/groups", "Group 49", "Group 51"),
            ("/org/acme/roles", "Role 45", "Role 51"),
        ] {
            let first = page(&mut ana, here).await;
            says(&first, on_first);
            silent(&first, on_second);
            let next = first.split(&format!("href=\"{here}?after=")).nth(1).expect("a next page");
            let next = next.split('"').next().expect("an address").to_owned();
            let second = page(&mut ana, &format!("{here}?after={next}")).await;
            says(&second, on_second);
            silent(&second, on_first);
            says(&second, &format!("href=\"{here}\""));
            silent(&second, "?after=");
        }
    }
}
