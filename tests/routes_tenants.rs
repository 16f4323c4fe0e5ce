//! Every route of the administration knows the records of its own tenant and no others: the
//! list of routes, walked.

mod nameless;

use laneway::domain::TenantId;
use laneway::http::{Access, At, ROUTES};
use laneway::store::{operators, sessions, tenants};
use nameless::{NAMELESS, body, is_nameless};
use serde_json::{Value, json};

use crate::harness::app::Options;
use crate::harness::rows::{self, AT, tx};
use crate::harness::{Browser, Call, LOGIN, TestApp};

const OTHER: &str = "https://other.test";

/// One tenant's records by the parameter that names them.
struct Records {
    tenant: String,
    user: String,
    upstream: String,
    org: String,
    sid: String,
    grant: String,
    identity: String,
    host: String,
    invitation: String,
    org_invitation: String,
    connection: String,
    test: String,
    social: String,
    social_test: String,
    domain: String,
    link: String,
    role: String,
    group: String,
    client: String,
    initial: String,
    account: String,
    key: String,
    public_key: String,
}

impl Records {
    /// The address of a route that names these.
    fn fill(&self, path: &str) -> String {
        let id = match path {
            _ if path.contains("/tenants/") => &self.tenant,
            _ if path.contains("/upstreams/") => &self.upstream,
            _ if path.contains("/operators/") => &self.grant,
            _ if path.contains("/initial-access-tokens/") => &self.initial,
            _ if path.contains("{org}/invitations/") => &self.org_invitation,
            _ if path.contains("/invitations/") => &self.invitation,
            _ => &self.user,
        };
        let (connection, test) = if path.starts_with("/v1/admin/connections") {
            (&self.social, &self.social_test)
        } else {
            (&self.connection, &self.test)
        };
        path.replace("{id}", id)
            .replace("{app}", &self.client)
            .replace("{role}", &self.role)
            .replace("{group}", &self.group)
            .replace("{org}", &self.org)
            .replace("{user}", &self.user)
            .replace("{sid}", &self.sid)
            .replace("{identity}", &self.identity)
            .replace("{host}", &self.host)
            .replace("{connection}", connection)
            .replace("{test}", test)
            .replace("{domain}", &self.domain)
            .replace("{link}", &self.link)
            .replace("{account}", &self.account)
            .replace("{key}", &self.key)
            .replace("{public_key}", &self.public_key)
    }

    fn all(&self) -> [&str; 11] {
        [
            &self.initial,
            &self.client,
            &self.role,
            &self.social,
            &self.user,
            &self.upstream,
            &self.org,
            &self.sid,
            &self.grant,
            &self.identity,
            &self.invitation,
        ]
    }
}

async fn made(app: &TestApp, token: &str, origin: &str, path: &str, body: Value) -> String {
    let call = Call::api("POST", &format!("{origin}{path}"), &body).bearer(token);
    let reply = app.browser().send(call).await.expect(201);
    reply.json()["id"].as_str().expect("an id").to_owned()
}

/// Something of everything in the tenant of a host.
async fn records(app: &TestApp, token: &str, origin: &str, tenant: &TenantId) -> Records {
    let user = json!({ "email": "eve@x.test", "name": "Eve" });
    let user = made(app, token, origin, "/v1/admin/users", user).await;
    let upstream = json!({
        "kind": "fake", "name": "corp", "issuer": "https://fake.test", "client_id": "c",
    });
    let upstream = made(app, token, origin, "/v1/admin/upstreams", upstream).await;
    let org = json!({ "slug": "acme", "name": "Acme" });
    let org = made(app, token, origin, "/v1/organizations", org).await;
    let member = format!("{origin}/v1/organizations/{org}/members/{user}");
    let put = Call::api("PUT", &member, &json!({ "roles": ["admin"] })).bearer(token);
    app.browser().send(put).await.expect(200);
    let host = format!("/v1/admin/tenants/{tenant}/hosts");
    let name = json!({ "host": format!("more-{}", &origin[8..]), "purpose": "app" });
    let host = made(app, token, origin, &host, name).await;
    let identities = format!("{origin}/v1/admin/users/{user}/identities");
    let listed = app
        .browser()
        .send(Call::new("GET", &identities).bearer(token))
        .await
        .json();
    let identity = listed["items"][0]["id"].as_str().expect("an id").to_owned();
    let invited = json!({ "email": "ina@x.test" });
    let invitation = made(app, token, origin, "/v1/admin/invitations", invited.clone()).await;
    let path = format!("/v1/organizations/{org}/invitations");
    let org_invitation = made(app, token, origin, &path, invited).await;
    let (connection, test) = app.add_connection(token, origin, &org).await;
    let place = "/v1/admin/connections";
    let (social, social_test) = app.add_connection_at(token, origin, place).await;
    let path = format!("/v1/organizations/{org}/domains");
    let domain = made(app, token, origin, &path, json!({ "domain": "acme.test" })).await;
    let path = format!("/v1/organizations/{org}/setup-links");
    let purpose = json!({ "purpose": "connection" });
    let link = made(app, token, origin, &path, purpose).await;
    let services = format!("/v1/organizations/{org}/service-accounts");
    let account = made(app, token, origin, &services, json!({ "name": "CI" })).await;
    let keys = format!("{services}/{account}/keys");
    let key = made(app, token, origin, &keys, json!({ "name": "one" })).await;
    let keys = format!("{services}/{account}/public-keys");
    let public = json!({ "kty": "OKP", "crv": "Ed25519", "x": "a" });
    let public_key = made(
        app,
        token,
        origin,
        &keys,
        json!({ "name": "p", "jwk": public }),
    )
    .await;
    let groups = format!("/v1/organizations/{org}/groups");
    let group = json!({ "name": "Night shift" });
    let group = made(app, token, origin, &groups, group).await;
    // Short names are what a role is called in an address: each tenant its own.
    let role = format!("role-{}", &origin[8..].replace('.', "-"));
    let body = json!({ "slug": role, "name": "R", "permissions": [] });
    made(app, token, origin, "/v1/admin/roles", body).await;
    let client = json!({ "client_name": "P", "redirect_uris": ["https://p.test"] });
    let client = made(app, token, origin, "/v1/admin/apps", client).await;
    let initial = json!({ "label": "partners" });
    let at = "/v1/admin/initial-access-tokens";
    let initial = made(app, token, origin, at, initial).await;
    let (sid, grant) = (format!("s-{tenant}"), format!("g-{tenant}"));
    let mut tx = tx(app).await;
    let session = rows::session(&sid, tenant, &user);
    sessions::create(&mut tx, &session)
        .await
        .expect("a session");
    let principal = ("user", user.as_str());
    operators::grant(&mut tx, &grant, principal, "viewer", Some(tenant), AT)
        .await
        .expect("a grant");
    tx.commit().await.expect("a commit");
    Records {
        tenant: tenant.0.clone(),
        user,
        upstream,
        org,
        sid,
        grant,
        identity,
        host,
        invitation,
        org_invitation,
        connection,
        test,
        social,
        social_test,
        domain,
        link,
        role,
        group,
        client,
        initial,
        account,
        key,
        public_key,
    }
}

struct Stage {
    app: TestApp,
    owner: String,
    own: Records,
    other: Records,
    other_id: TenantId,
}

impl Stage {
    async fn new() -> Self {
        let options = Options {
            fake_customers: true,
            ..Options::default()
        };
        let app = TestApp::sqlite_with(options).await;
        let owner = app.operator().await;
        let tenant =
            json!({ "slug": "other", "name": "Other", "public_url": OTHER, "signup": "open" });
        made(&app, &owner, LOGIN, "/v1/admin/tenants", tenant).await;
        let found = tenants::find_by_slug(&app.core().db, "other").await;
        let other_id = found.expect("the store answers").expect("there").id;
        let own_id = app.tenant().await.id;
        let own = records(&app, &owner, LOGIN, &own_id).await;
        let other = records(&app, &owner, OTHER, &other_id).await;
        Self {
            app,
            owner,
            own,
            other,
            other_id,
        }
    }

    async fn call(
        &self,
        browser: &mut Browser,
        token: &str,
        method: &str,
        url: &str,
        body: &Value,
    ) -> (u16, String) {
        let reply = browser
            .send(Call::api(method, url, body).bearer(token))
            .await;
        (reply.code(), reply.problem())
    }
}

fn administered() -> impl Iterator<Item = (&'static str, &'static str, At)> {
    ROUTES
        .iter()
        .filter_map(|(method, path, access)| match access {
            Access::Needs(_, at) => Some((*method, *path, *at)),
            _ => None,
        })
}

#[test]
fn every_route_stands_in_one_of_the_tables() {
    for (method, path, at) in administered() {
        assert_ne!(
            path.contains('{'),
            is_nameless(method, path),
            "{method} {path}: name a record or say why there is none"
        );
        assert_eq!(path.contains("{org}"), at == At::Org, "{method} {path}");
        assert_eq!(
            path.starts_with("/v1/admin/tenants/"),
            at == At::Named,
            "{method} {path}"
        );
    }
    for (method, path, why) in NAMELESS {
        assert!(!why.is_empty());
        assert!(
            administered().any(|(m, p, _)| m == *method && p == *path),
            "{method} {path} is no route any more"
        );
    }
}

#[tokio::test]
async fn another_tenants_records_do_not_exist() {
    let stage = Stage::new().await;
    let mut browser = stage.app.browser();
    let mut seen = 0;
    for (method, path, at) in administered() {
        if !path.contains('{') || at == At::Named {
            continue;
        }
        seen += 1;
        // Records of the other tenant on this one's host, and the other way round.
        for (origin, foreign) in [(LOGIN, &stage.other), (OTHER, &stage.own)] {
            let url = format!("{origin}{}", foreign.fill(path));
            let answer = stage
                .call(
                    &mut browser,
                    &stage.owner,
                    method,
                    &url,
                    &body(method, path),
                )
                .await;
            assert_eq!(answer, (404, "not_found".into()), "{method} {url}");
        }
        // An own organization does not open the way to a foreign invitation.
        if path.contains("{org}") && path.contains("{id}") {
            let mixed = path
                .replace("{org}", &stage.own.org)
                .replace("{id}", &stage.other.org_invitation);
            let url = format!("{LOGIN}{mixed}");
            let body = body(method, path);
            let answer = stage
                .call(&mut browser, &stage.owner, method, &url, &body)
                .await;
            assert_eq!(answer, (404, "not_found".into()), "{method} {mixed}");
        }
        // An own organization does not open the way to a foreign connection.
        if ["{connection}", "{domain}", "{link}", "{group}", "{account}"]
            .iter()
            .any(|name| path.contains(name))
        {
            let mixed = path
                .replace("{org}", &stage.own.org)
                .replace("{connection}", &stage.other.connection)
                .replace("{test}", &stage.other.test)
                .replace("{domain}", &stage.other.domain)
                .replace("{link}", &stage.other.link)
                .replace("{group}", &stage.other.group)
                .replace("{account}", &stage.other.account)
                .replace("{key}", &stage.other.key)
                .replace("{public_key}", &stage.other.public_key);
            let url = format!("{LOGIN}{mixed}");
            let body = body(method, path);
            let answer = stage
                .call(&mut browser, &stage.owner, method, &url, &body)
                .await;
            assert_eq!(answer, (404, "not_found".into()), "{method} {mixed}");
        }
        // An own organization does not open the way to a foreign person.
        if path.contains("{user}") && method != "GET" {
            let mixed = path
                .replace("{org}", &stage.own.org)
                .replace("{user}", &stage.other.user);
            let answer = stage
                .call(
                    &mut browser,
                    &stage.owner,
                    method,
                    &format!("{LOGIN}{mixed}"),
                    &body(method, path),
                )
                .await;
            assert_eq!(answer, (404, "not_found".into()), "{method} {mixed}");
        }
    }
    assert!(seen >= 25, "{seen}");
    for (origin, all) in [(LOGIN, &stage.own), (OTHER, &stage.other)] {
        let call = Call::new("GET", &format!("{origin}/v1/admin/users/{}", all.user));
        let user = browser.send(call.bearer(&stage.owner)).await.expect(200);
        assert_eq!(user.json()["name"], "Eve", "nothing was touched");
    }
}

#[tokio::test]
async fn lists_hold_the_own_tenants_records_only() {
    let stage = Stage::new().await;
    let mut browser = stage.app.browser();
    for (method, path, why) in NAMELESS {
        // What the feed says is signed: whose it is is proven where it is read, in tests/feed.rs.
        let elsewhere = ["/tenants", "/usage", "/receipts", "/v1/invalidations"];
        if *method != "GET" || elsewhere.iter().any(|end| path.ends_with(end)) {
            continue;
        }
        for (origin, own, foreign) in [
            (LOGIN, &stage.own, &stage.other),
            (OTHER, &stage.other, &stage.own),
        ] {
            let call = Call::new("GET", &format!("{origin}{path}")).bearer(&stage.owner);
            let text = browser.send(call).await.expect(200).text();
            assert!(
                own.all().iter().any(|id| text.contains(id)),
                "{path} {why}: {text}"
            );
            for id in foreign.all() {
                assert!(!text.contains(id), "{path} shows {id}");
            }
        }
    }
    for filter in [
        format!("user={}", stage.other.user),
        format!("upstream={}", stage.other.upstream),
        format!("org={}", stage.other.org),
    ] {
        let url = format!("{LOGIN}/v1/admin/sessions?{filter}");
        stage
            .app
            .browser()
            .send(Call::api("DELETE", &url, &json!({})).bearer(&stage.owner))
            .await
            .expect(204);
    }
    let url = format!("{OTHER}/v1/admin/sessions");
    let left = browser
        .send(Call::new("GET", &url).bearer(&stage.owner))
        .await
        .expect(200);
    assert!(left.text().contains(&stage.other.sid), "it lives on");
    let grant = json!({ "user": stage.other.user, "role": "viewer", "scope": "tenant" });
    let call = Call::api("POST", "/v1/admin/operators", &grant).bearer(&stage.owner);
    browser.send(call).await.refused(404, "not_found");
}

#[tokio::test]
async fn an_operator_of_one_tenant_administers_that_one_only() {
    let stage = Stage::new().await;
    let mut browser = stage.app.browser();
    let token = stage.app.operator_of("owner", Some(&stage.other_id)).await;
    for (method, path, _) in administered() {
        // On another tenant's host the token is not known at all.
        let url = format!("{LOGIN}{}", stage.own.fill(path));
        let answer = stage
            .call(&mut browser, &token, method, &url, &body(method, path))
            .await;
        assert_eq!(answer, (401, "invalid_token".into()), "{method} {url}");
        // On their own host they see no other tenant's records, and no other tenant.
        if path.contains('{') {
            let url = format!("{OTHER}{}", stage.own.fill(path));
            let answer = stage
                .call(&mut browser, &token, method, &url, &body(method, path))
                .await;
            assert_eq!(answer, (404, "not_found".into()), "{method} {url}");
        }
    }
    let tenant = json!({ "slug": "more", "name": "More", "public_url": "https://more.test" });
    let url = format!("{OTHER}/v1/admin/tenants");
    let call = stage.call(&mut browser, &token, "POST", &url, &tenant);
    let refused = (403, "forbidden".into());
    assert_eq!(call.await, refused, "tenants are the instance's");
    let listed = browser
        .send(Call::new("GET", &url).bearer(&token))
        .await
        .expect(200)
        .json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed["items"][0]["slug"], "other");
    let own = format!("{OTHER}/v1/admin/tenants/{}", stage.other_id);
    let name = json!({ "name": "Renamed" });
    let call = stage.call(&mut browser, &token, "PATCH", &own, &name);
    assert_eq!(call.await.0, 200);
}

#[tokio::test]
async fn a_cookie_of_one_tenant_is_nobody_on_the_others_hosts() {
    let app = TestApp::sqlite().await;
    let owner = app.operator().await;
    let tenant = json!({ "slug": "other", "name": "Other", "public_url": OTHER, "signup": "open" });
    made(&app, &owner, LOGIN, "/v1/admin/tenants", tenant).await;
    let browser = app.signup("ana@x.test").await;
    let value = browser
        .cookie(LOGIN, "__Host-lw")
        .expect("a cookie")
        .to_owned();
    for (method, path, access) in ROUTES {
        if matches!(access, Access::Session | Access::Needs(..)) && !path.starts_with("/.laneway/")
        {
            let path = path.replace(['{', '}'], "");
            let call = Call::api(method, &format!("{OTHER}{path}"), &json!({}))
                .header("cookie", &format!("__Host-lw={value}"));
            let reply = app.browser().send(call).await;
            assert_eq!(reply.code(), 401, "{method} {path}: {}", reply.text());
        }
    }
}
