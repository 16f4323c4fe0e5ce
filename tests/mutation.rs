//! Valid requests with something broken in them: whatever it is, the answer is one of the
//! contract, never an error of ours.

mod broken;

use std::collections::BTreeSet;

use laneway::http::{Access, ROUTES};
use laneway_fake::SeededRandom;
use serde_json::{Value, json};

use broken::{Dice, mutate};

use crate::garbage::check;
use crate::harness::app::Options;
use crate::harness::{APP, Browser, Call, LOGIN, Reply, TestApp, soak};

const SEED: u64 = 20_261_128;
const ROUNDS: usize = 12;

/// Routes without a valid request here, and why.
#[rustfmt::skip]
const ELSEWHERE: &[(&str, &str)] = &[
    ("POST /v1/me/passkeys/{id}", "the answer of a device: tests/flows_passkey.rs"),
    ("DELETE /v1/me/passkeys/{id}", "a passkey: tests/flows_passkey.rs"),
    ("POST /v1/me/email/confirm", "a code by mail: tests/account.rs"),
    ("POST /v1/me/totp/confirm", "a code of an app: tests/credentials.rs"),
    ("DELETE /v1/me/totp", "an app: tests/credentials.rs"),
    ("DELETE /v1/me/organizations/{org}", "a membership: tests/org_acts.rs"),
    ("POST /v1/me/recovery-codes", "an app: tests/credentials.rs"),
    ("DELETE /v1/me/identities/{id}", "a linked account: tests/routes.rs"),
    ("POST /v1/me/upstream-credentials", "a provider that keeps something: tests/kept_elsewhere.rs"),
    ("DELETE /v1/admin/users/{id}/totp", "an app: tests/operator_roles.rs"),
    ("DELETE /v1/admin/users/{id}/lockouts", "somebody who is locked out: tests/locked_out.rs"),
    ("POST /v1/admin/users/{id}/mails", "a provider that writes mails: tests/locked_out.rs"),
    ("PUT /v1/admin/tenants/{id}/logo", "a picture: tests/desk_settings.rs"),
    ("DELETE /v1/admin/tenants/{id}/logo", "a picture: tests/desk_settings.rs"),
    ("PUT /v1/organizations/{org}/logo", "a picture: tests/org_logo.rs"),
    ("DELETE /v1/organizations/{org}/logo", "a picture: tests/org_logo.rs"),
    ("POST /v1/organizations/{org}/domains/{domain}/verify", "a name server: tests/domains.rs"),
    ("POST /bff/backchannel/{upstream}", "a signed token: tests/backchannel.rs"),
    ("DELETE /v1/organizations/{org}/break-glass/{user}", "somebody who was named: tests/enforce.rs"),
    ("POST /saml/{connection}/acs", "an answer that is signed: tests/saml.rs"),
    ("POST /oauth/authorize", "a form of an app: tests/oauth.rs"),
    ("POST /consent", "a waiting request: tests/oauth.rs"),
    ("DELETE /v1/me/apps/{app}", "an app that was let in: tests/oauth/grants.rs"),
    ("POST /oauth/device_authorization", "a form of an app: tests/oauth/device.rs"),
    ("POST /device", "a code of a device: tests/oauth/device.rs"),
    ("POST /oauth/token", "a form of an app: tests/oauth.rs"),
    ("POST /oauth/par", "a form of an app: tests/oauth/pushed.rs"),
    ("POST /oauth/register", "a token of its own: tests/oauth/registering.rs"),
    ("PUT /oauth/register/{client}", "a token of its own: tests/oauth/registering.rs"),
    ("DELETE /oauth/register/{client}", "a token of its own: tests/oauth/registering.rs"),
    ("POST /auth/refresh", "an app's token: tests/oauth/offline.rs"),
    ("POST /oauth/revoke", "a form of an app: tests/oauth/ending.rs"),
    ("POST /oauth/introspect", "a form of an app: tests/oauth/ending.rs"),
    ("POST /oauth/end_session", "a form of an app: tests/oauth/ending.rs"),
    ("POST /oauth/userinfo", "an app's token: tests/oauth.rs"),
    ("POST /saml/{connection}/logout", "a request that is signed: tests/saml_logout.rs"),
    ("POST /federation/callback/{upstream}", "only with response_mode=form_post: tests/handoff.rs"),
];

/// A request that works as it is.
#[derive(Clone)]
struct Valid {
    route: &'static str,
    url: String,
    body: Option<Value>,
    bearer: bool,
}

/// A program with one of everything, and what it is called there.
struct World {
    app: TestApp,
    browser: Browser,
    token: String,
    ids: Vec<(&'static str, String)>,
}

impl World {
    async fn new() -> Self {
        let options = Options {
            fake_customers: true,
            ..Options::default()
        };
        let app = TestApp::sqlite_with(options).await;
        let mut browser = app.signup("ana@x.test").await;
        app.passwords_on().await;
        app.login("ana@x.test").await;
        app.enter(&mut browser, APP).await;
        let mut world = Self {
            token: app.operator().await,
            ids: vec![("{upstream}", "corp".into())],
            app,
            browser,
        };
        world.fill().await;
        world
    }

    async fn made(&mut self, path: &str, body: Value) -> Value {
        let call = Call::api("POST", path, &body).bearer(&self.token);
        self.browser.clone().send(call).await.expect(201).json()
    }

    #[rustfmt::skip]
    #[expect(clippy::too_many_lines, reason = "one of everything")]
    async fn fill(&mut self) {
        let id = |value: &Value| value["id"].as_str().expect("an id").to_owned();
        let user = self.made("/v1/admin/users", json!({ "email": "bo@x.test", "name": "Bo" })).await;
        let org = self.made("/v1/organizations", json!({ "slug": "acme", "name": "Acme" })).await;
        let upstream = self.app.add_fake().await;
        let tenant = self.app.tenant().await.id;
        let host = json!({ "host": "two.test", "purpose": "app" });
        let hosts = format!("/v1/admin/tenants/{}/hosts", tenant.as_str());
        let host = self.made(&hosts, host).await;
        let (user, org) = (id(&user), id(&org));
        let member = Call::api(
            "PUT",
            &format!("/v1/organizations/{org}/members/{user}"),
            &json!({ "roles": ["member"] }),
        );
        let member = member.bearer(&self.token);
        let member = self.browser.clone().send(member).await;
        assert!(member.code() < 300, "{}", member.text());
        let link = Call::api(
            "PUT",
            &format!("/v1/admin/users/{user}/identities"),
            &json!({ "upstream": upstream, "subject": "bo" }),
        );
        let link = self.browser.clone().send(link.bearer(&self.token)).await;
        let operator = self
            .made(
                "/v1/admin/operators",
                json!({ "user": user, "role": "viewer", "scope": "tenant" }),
            )
            .await;
        let invited = json!({ "email": "di@x.test", "roles": [] });
        let invitation = self.made("/v1/admin/invitations", invited.clone()).await;
        let path = format!("/v1/organizations/{org}/invitations");
        let into_org = self.made(&path, invited).await;
        let (connection, test) = self.app.add_connection(&self.token, LOGIN, &org).await;
        let place = "/v1/admin/connections";
        let (social, social_test) = self.app.add_connection_at(&self.token, LOGIN, place).await;
        let app = json!({ "client_name": "Planner", "redirect_uris": ["https://planner.test/cb"] });
        let app = self.made("/v1/admin/apps", app).await;
        let initial = json!({ "label": "partners" });
        let initial = self.made("/v1/admin/initial-access-tokens", initial).await;
        let sessions = self.browser.get("/v1/me/sessions").await.expect(200).json();
        let devices = self.browser.get("/v1/me/devices").await.expect(200).json();
        let flow = self
            .app
            .begin(&mut self.browser, json!({ "username": "bo@x.test" }))
            .await;
        let path = format!("/v1/organizations/{org}/domains");
        let domain = self.made(&path, json!({ "domain": "own.test" })).await;
        let groups = format!("/v1/organizations/{org}/groups");
        let group = self.made(&groups, json!({ "name": "Night shift", "roles": ["member"] })).await;
        let into = Call::api("PUT", &format!("{groups}/{}/members/{user}", id(&group)), &json!({}));
        self.browser.clone().send(into.bearer(&self.token)).await.expect(200);
        for path in ["/v1/admin/roles".to_owned(), format!("/v1/organizations/{org}/roles")] {
            let slug = if path.contains("admin") { "auditor" } else { "planner" };
            self.made(&path, json!({ "slug": slug, "name": "R", "permissions": ["org:read"] })).await;
        }
        let services = format!("/v1/organizations/{org}/service-accounts");
        let service = self.made(&services, json!({ "name": "CI", "roles": ["viewer"] })).await;
        let key = self.made(&format!("{services}/{}/keys", id(&service)), json!({ "name": "one" })).await;
        let public_key = json!({ "name": "p", "jwk": { "kty": "OKP", "crv": "Ed25519", "x": "a" } });
        let public_key = self.made(&format!("{services}/{}/public-keys", id(&service)), public_key).await;
        let mine = json!({ "name": "Mine", "scopes": ["api"] });
        let mine = self.browser.post("/v1/me/tokens", mine).await.expect(201).json();
        let path = format!("/v1/organizations/{org}/setup-links");
        let setup = self.made(&path, json!({ "purpose": "connection" })).await;
        let path = format!("/v1/organizations/{org}/connections/{connection}");
        let read = Call::new("GET", &path).bearer(&self.token);
        let hash = self.browser.clone().send(read).await.expect(200).json()["draft_hash"].clone();
        self.ids.push(("{hash}", hash.as_str().expect("a hash").to_owned()));
        let path = format!("/v1/admin/connections/{social}");
        let read = Call::new("GET", &path).bearer(&self.token);
        let hash = self.browser.clone().send(read).await.expect(200).json()["draft_hash"].clone();
        self.ids.push(("{social_hash}", hash.as_str().expect("a hash").to_owned()));
        let social_tests: &'static str = Box::leak(format!("{social}/tests/{{test}}").into_boxed_str());
        let first = |list: &Value| list["items"][0]["id"].as_str().unwrap_or("none").to_owned();
        self.ids.extend([
            ("tenants/{id}", tenant.as_str().to_owned()),
            ("users/{id}", user.clone()),
            ("members/{user}", user.clone()),
            ("break-glass/{user}", user),
            (
                "{identity}",
                link.json()["id"].as_str().unwrap_or("none").to_owned(),
            ),
            ("upstreams/{id}", upstream),
            ("operators/{id}", id(&operator)),
            ("admin/invitations/{id}", id(&invitation)),
            ("admin/roles/{role}", "auditor".into()),
            ("roles/{role}", "planner".into()),
            ("{group}", id(&group)),
            ("invitations/{id}", id(&into_org)),
            ("hosts/{host}", id(&host)),
            ("{org}", org),
            ("admin/connections/{connection}", social),
            (social_tests, social_test),
            ("{connection}", connection),
            ("{test}", test),
            ("{app}", id(&app)),
            ("initial-access-tokens/{id}", id(&initial)),
            ("{domain}", id(&domain)),
            ("{link}", id(&setup)),
            ("{account}", id(&service)),
            ("{key}", id(&key)),
            ("{public_key}", id(&public_key)),
            ("tokens/{id}", id(&mine)),
            ("{sid}", first(&sessions)),
            ("devices/{id}", first(&devices)),
            ("flows/{id}", id(&flow)),
            ("/{kind}", "/email-code".into()),
        ]);
    }

    fn id(&self, name: &str) -> String {
        let found = self.ids.iter().find(|(known, _)| known.ends_with(name));
        found.map_or_else(String::new, |(_, value)| value.clone())
    }

    /// A route's address with what is there in place of its parameters.
    fn url(&self, path: &str) -> String {
        let mut url = path.to_owned();
        for (name, value) in &self.ids {
            let (before, parameter) = name.split_at(name.find('{').unwrap_or(0));
            let value = value.trim_start_matches('/');
            url = url.replace(&format!("{before}{parameter}"), &format!("{before}{value}"));
        }
        let host = if path.starts_with("/.laneway") || path.starts_with("/oauth2") {
            APP
        } else {
            LOGIN
        };
        format!("{host}{url}")
    }

    #[expect(clippy::too_many_lines, reason = "a line for each route")]
    #[rustfmt::skip]
    fn body(&self, route: &str) -> Option<Value> {
        // Shorter names of the same.
        let route = route.replace(" /v1/users", " /v1/admin/users");
        Some(match route.as_str() {
            "POST /bff/logout" => json!({ "everywhere": false }),
            "POST /bff/org" => json!({ "org": null }),
            "POST /v1/auth/flows" => json!({ "purpose": "login", "username": "ana@x.test", "return_to": "/", "acr_values": "aal1" }),
            "POST /v1/auth/flows/{id}/{kind}"
            | "POST /v1/organizations/{org}/connections/{connection}/rollback"
            | "POST /v1/organizations/{org}/connections/{connection}/tests"
            | "POST /v1/admin/connections/{connection}/rollback"
            | "POST /v1/admin/connections/{connection}/tests" => json!({}),
            "POST /v1/admin/connections" => json!({
                "protocol": "oidc", "name": "Social", "slug": "social",
                "config": { "issuer": "https://fake.test", "client_id": "c", "client_secret": "s" },
            }),
            "PATCH /v1/admin/connections/{connection}" => json!({ "name": "Social 2" }),
            "POST /v1/admin/connections/{connection}/activate" => {
                json!({ "hash": self.id("{social_hash}") })
            }
            "PATCH /v1/me" => json!({ "name": "Ana B" }),
            "POST /v1/me/email" => json!({ "email": "new@x.test" }),
            "POST /v1/me/passkeys" => json!({ "label": "key" }),
            "POST /v1/me/password" => json!({ "new": "nine brown boats on a quay" }),
            "PATCH /v1/me/devices/{id}" => json!({ "label": "Desk" }),
            "POST /v1/me/identities" => json!({ "upstream": "corp" }),
            "POST /v1/admin/tenants" => {
                json!({ "slug": "second", "name": "Second", "public_url": "https://second.test", "signup": "open" })
            }
            "PATCH /v1/admin/tenants/{id}" => json!({ "name": "Main", "signup": "open" }),
            "POST /v1/admin/tenants/{id}/hosts" => {
                json!({ "host": "three.test", "purpose": "app" })
            }
            "POST /v1/admin/users" => {
                json!({ "email": "cy@x.test", "email_verified": true, "name": "Cy" })
            }
            "PATCH /v1/admin/users/{id}" => json!({ "name": "Bo B", "state": "active" }),
            "PUT /v1/admin/users/{id}/profile" => json!({ "given_name": "Bo", "address": { "locality": "Berlin" } }),
            "PUT /v1/admin/users/{id}/identities" => {
                json!({ "upstream": self.id("upstreams/{id}"), "subject": "bo2" })
            }
            "POST /v1/admin/upstreams" => {
                json!({ "kind": "fake", "name": "other", "issuer": "https://fake.test", "client_id": "c", "client_secret": "s", "options": {} })
            }
            "PATCH /v1/admin/upstreams/{id}" => json!({ "client_id": "d" }),
            "POST /v1/admin/operators" => {
                json!({ "user": self.id("users/{id}"), "role": "admin", "scope": "tenant" })
            }
            "PATCH /v1/admin/operators/{id}" => json!({ "role": "support" }),
            "POST /v1/admin/invitations" | "POST /v1/organizations/{org}/invitations" => {
                json!({ "email": "ed@x.test", "roles": ["member"] })
            }
            "POST /v1/organizations" => json!({ "slug": "beta", "name": "Beta" }),
            "POST /v1/organizations/{org}/groups" => json!({ "name": "Day shift", "roles": ["admin"] }),
            "PATCH /v1/organizations/{org}/groups/{group}" => {
                json!({ "name": "Late shift", "roles": ["viewer"] })
            }
            "POST /v1/admin/roles" | "POST /v1/organizations/{org}/roles" => {
                json!({ "slug": "new", "name": "New", "permissions": ["org:read", "members:read"] })
            }
            "PATCH /v1/admin/roles/{role}" | "PATCH /v1/organizations/{org}/roles/{role}" => {
                json!({ "name": "Other", "permissions": ["org:read"] })
            }
            "PATCH /v1/organizations/{org}" => json!({ "name": "Acme 2" }),
            "PUT /v1/organizations/{org}/members/{user}"
             => json!({ "roles": ["admin"] }),
            "POST /v1/organizations/{org}/connections" => json!({
                "protocol": "oidc", "name": "Other", "slug": "other", "broker": "direct",
                "domains": ["acme.test"],
                "config": { "issuer": "https://fake.test", "client_id": "c", "client_secret": "s",
                    "scopes": ["openid"], "required_claims": { "hd": "acme.test" } },
            }),
            "PATCH /v1/organizations/{org}/connections/{connection}" => json!({
                "name": "Own 2", "config": { "client_id": "e" }, "rollout": "some",
                "people": ["bo@x.test"], "domains": [],
            }),
            "POST /v1/organizations/{org}/connections/{connection}/activate" => {
                json!({ "hash": self.id("{hash}") })
            }
            "PUT /v1/organizations/{org}/connections/{connection}/role-mappings"
            | "POST /v1/organizations/{org}/connections/{connection}/role-mappings/diff" => json!({
                "mode": "additive",
                "rules": [{ "when": { "group": "it" }, "roles": ["member"], "access": "allow" },
                    { "when": { "claim": "hd", "equals": "acme.test" }, "roles": ["admin"] }],
            }),
            "POST /v1/organizations/{org}/connections/{connection}/role-mappings/simulate" => {
                json!({ "claims": { "groups": ["it"] } })
            }
            "POST /v1/organizations/{org}/domains" => json!({ "domain": "more.test" }),
            "POST /v1/organizations/{org}/setup-links" => json!({
                "purpose": "connection", "expires_in": 3600,
            }),
            "POST /v1/admin/apps" => json!({
                "client_name": "Board", "redirect_uris": ["https://board.test/cb", "http://127.0.0.1/cb"],
                "grant_types": ["authorization_code", "refresh_token"], "scope": "openid board:read",
                "audiences": ["https://api.test/"], "access_token_lifetime": 120,
                "token_endpoint_auth_method": "client_secret_post",
            }),
            "POST /v1/admin/initial-access-tokens" => json!({ "label": "n", "max_uses": 3, "expires_in": 600 }),
            "POST /v1/admin/keys/rotate" => json!({ "at_once": false }),
            "PATCH /v1/admin/apps/{app}" => json!({ "client_name": "Plans", "state": "active", "scope": null }),
            "POST /v1/admin/user-imports" => json!({
                "people": [{ "email": "old@x.test", "email_verified": true, "name": "Old", "state": "active", "password_hash": null }],
                "plan": false,
            }),
            "POST /v1/admin/api-tokens" => json!({
                "sha256": "0a".repeat(32), "name": "old", "user": self.id("users/{id}"), "expires_at": "2027-06-01T00:00:00Z",
            }),
            "POST /v1/me/tokens" => json!({ "name": "CI", "scopes": ["api"], "expires_in": 600 }),
            "POST /v1/organizations/{org}/service-accounts" => json!({ "name": "Bot", "roles": ["viewer"] }),
            "PATCH /v1/organizations/{org}/service-accounts/{account}" => {
                json!({ "name": "Bot", "state": "active", "roles": ["member"] })
            }
            "POST /v1/organizations/{org}/service-accounts/{account}/keys" => {
                json!({ "name": "two", "scopes": ["api"], "expires_in": 600 })
            }
            "POST /v1/organizations/{org}/service-accounts/{account}/public-keys" => {
                json!({ "name": "two", "jwk": { "kty": "OKP", "crv": "Ed25519", "x": "b" } })
            }
            "POST /v1/admin/routing/explain" => json!({ "identifier": "bo@acme.test" }),
            "PATCH /v1/organizations/{org}/members/{user}" => json!({ "state": "active" }),
            _ => return None,
        })
    }

    fn valid(&self, method: &str, path: &str, access: Access) -> Valid {
        let route: &'static str = Box::leak(format!("{method} {path}").into_boxed_str());
        let mut url = self.url(path);
        if method == "DELETE" && (path == "/v1/admin/sessions" || path == "/v1/sessions") {
            url.push_str(&format!("?user={}", self.id("users/{id}")));
        }
        Valid {
            route,
            url,
            body: self.body(route),
            bearer: matches!(access, Access::Needs(..)),
        }
    }

    async fn works(&mut self, method: &str, path: &str, access: Access) -> Reply {
        let request = self.valid(method, path, access);
        let call = self.call(&request, bytes(&request), &[]);
        self.browser.send(call).await
    }

    fn call(&self, request: &Valid, body: Option<Vec<u8>>, headers: &[(String, String)]) -> Call {
        let method = request.route.split(' ').next().unwrap_or("GET");
        let mut call = Call::new(method, &request.url).header("x-csrf", "1");
        if !headers.iter().any(|(name, _)| name == "content-type") {
            call = call.header("content-type", "application/json");
        }
        if request.bearer {
            call = call.bearer(&self.token);
        }
        if let Some(body) = body {
            call = call.body(body);
        }
        headers
            .iter()
            .fold(call, |call, (name, value)| call.header(name, value))
    }
}

fn bytes(request: &Valid) -> Option<Vec<u8>> {
    request
        .body
        .as_ref()
        .map(|body| body.to_string().into_bytes())
}

/// Problems of a provider that was named wrongly are not ours.
fn judge(reply: &Reply, what: &str) {
    let theirs = [
        "upstream_invalid",
        "upstream_unavailable",
        "upstream_timeout",
    ];
    let page = reply.header("content-type").starts_with("text/html");
    if page {
        assert!(reply.code() < 500, "{what}: {}", reply.code());
    } else if reply.code() < 500 || !theirs.contains(&reply.problem().as_str()) {
        check(reply, what);
    }
}

#[tokio::test]
async fn every_route_that_changes_anything_has_a_valid_request() {
    let mut refused = Vec::new();
    let listed: BTreeSet<&str> = ELSEWHERE.iter().map(|(route, _)| *route).collect();
    let mut shared = World::new().await;
    for (method, path, access) in ROUTES {
        let skipped = *method == "GET" || *access == Access::Proxy;
        if skipped || listed.contains(format!("{method} {path}").as_str()) {
            continue;
        }
        let mut reply = shared.works(method, path, *access).await;
        if reply.code() >= 400 {
            // What it is about has been ended meanwhile.
            shared = World::new().await;
            reply = shared.works(method, path, *access).await;
        }
        if reply.code() >= 400 {
            refused.push(format!(
                "{method} {path}: {} {}",
                reply.code(),
                reply.text()
            ));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[tokio::test]
async fn no_broken_request_is_an_error_of_ours() {
    let dice = Dice(SeededRandom::new(SEED));
    for _ in 0..ROUNDS * soak::factor() {
        let mut world = World::new().await;
        for (method, path, access) in ROUTES {
            let request = world.valid(method, path, *access);
            let (call, what) = mutate(&world, &dice, &request);
            judge(
                &world.browser.clone().send(call).await,
                &format!("{what} (seed {SEED})"),
            );
        }
        // Whatever was done: the program still works.
        let (token, me) = (world.token.clone(), Call::new("GET", "/v1/admin/users"));
        world.browser.send(me.bearer(&token)).await.expect(200);
    }
}
