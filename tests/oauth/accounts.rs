//! Service accounts at the token endpoint: short tokens for no more than account and key may, by a
//! key or a signature, and only while both count.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use laneway_verify::Refusal;
use serde_json::{Value, json};

use super::client::{API, claims, head, refused};
use super::keys::Key;
use crate::api_tokens::{get, text};
use crate::forward::{WIKI, nginx, options, proxy};
use crate::harness::{APP, Browser, Call, LOGIN, Reply, TestApp, both, until};
use crate::service_accounts::Acme;
use crate::verifier::{follower, verifier};

/// The wiki as it names itself.
const ITSELF: &str = "https://wiki.test/";
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A service account of an organization, as whoever runs its program knows it.
struct Service {
    acme: Acme,
    ana: Browser,
    path: String,
    id: String,
    key: String,
    key_id: String,
}

impl Service {
    async fn new(app: TestApp, role: &str) -> Self {
        let acme = Acme::new(app).await;
        let mut ana = acme.person("ana", "owner").await;
        let (path, key) = acme.account(&mut ana, role).await;
        // What is registered is an audience that such a token may have.
        acme.app.client(json!({ "audiences": [API] })).await;
        let id = path.rsplit('/').next().expect("an id").to_owned();
        let (key, key_id) = (text(&key["token"]), text(&key["id"]));
        Self {
            acme,
            ana,
            path,
            id,
            key,
            key_id,
        }
    }

    fn app(&self) -> &TestApp {
        &self.acme.app
    }

    async fn asks(&self, more: &[(&str, &str)]) -> Reply {
        self.app()
            .browser()
            .send(asks(&self.id, &self.key, more))
            .await
    }

    async fn token(&self, more: &[(&str, &str)]) -> String {
        text(&self.asks(more).await.expect(200).json()["access_token"])
    }

    /// Registers a key; its address.
    async fn registers(&mut self, name: &str, jwk: &Value) -> String {
        let body = json!({ "name": name, "jwk": jwk });
        let made = self
            .ana
            .post(&format!("{}/public-keys", self.path), body)
            .await;
        made.expect(201).location().to_owned()
    }

    fn says(&self, id: &str) -> Value {
        let now = self.app().clock_s();
        json!({ "iss": self.id, "sub": self.id, "aud": LOGIN, "iat": now, "exp": now + 60, "jti": id })
    }

    async fn signs(&self, by: &Key, header: &Value, said: &Value) -> Reply {
        self.signs_for(by, header, said, &[]).await
    }

    async fn signs_for(
        &self,
        by: &Key,
        header: &Value,
        said: &Value,
        more: &[(&str, &str)],
    ) -> Reply {
        let assertion = by.sign(header, said);
        let mut fields = vec![
            ("grant_type", "client_credentials"),
            ("client_assertion_type", ASSERTION),
            ("client_assertion", assertion.as_str()),
        ];
        fields.extend_from_slice(more);
        let call = Call::form(&format!("{LOGIN}/oauth/token"), &fields);
        self.app().browser().send(call).await
    }

    async fn changes(&mut self, method: &str, path: &str, body: Value) -> Reply {
        self.ana.send(Call::api(method, path, &body)).await
    }
}

fn asks(id: &str, key: &str, more: &[(&str, &str)]) -> Call {
    let mut fields = vec![("grant_type", "client_credentials")];
    fields.extend_from_slice(more);
    sends("/oauth/token", (id, key), &fields)
}

fn sends(path: &str, (id, key): (&str, &str), fields: &[(&str, &str)]) -> Call {
    let basic = STANDARD.encode(format!("{id}:{key}"));
    Call::form(&format!("{LOGIN}{path}"), fields).header("authorization", &format!("Basic {basic}"))
}

both! {
    async fn a_service_account_gets_a_short_token_by_its_key(app: TestApp) {
        let service = Service::new(app, "viewer").await;
        let body = service.asks(&[]).await.expect(200);
        assert_eq!(body.header("cache-control"), "no-store");
        let body = body.json();
        assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(300)));
        assert!(body.get("refresh_token").is_none() && body.get("id_token").is_none(), "{body}");
        let access = text(&body["access_token"]);
        assert_eq!((&head(&access)["typ"], &head(&access)["alg"]), (&json!("at+jwt"), &json!("ES256")));
        let said = claims(&access);
        for (name, value) in [
            ("sub", json!(service.id)), ("client_id", json!(service.id)), ("aud", json!(LOGIN)), ("iss", json!(LOGIN)),
            ("sid", json!(service.key_id)), ("token_use", json!("machine")), ("org_slug", json!("acme")), ("org_roles", json!(["viewer"])),
            ("scope", body["scope"].clone()),
        ] {
            assert_eq!(said[name], value, "{name}");
        }
        let permits = said["org_permissions"].as_array().expect("a list");
        assert!(permits.contains(&json!("members:read")) && !permits.contains(&json!("members:write")), "{said}");
        for of_a_person in ["acr", "amr", "auth_time"] {
            assert!(said.get(of_a_person).is_none(), "{of_a_person}");
        }
        let words: Vec<&str> = body["scope"].as_str().expect("words").split(' ').collect();
        assert!(words.contains(&"api") && words.contains(&"members:read") && !words.contains(&"members:write"), "{words:?}");
        // The same in the body, for less, for somebody else.
        let fields = [
            ("grant_type", "client_credentials"), ("client_id", &service.id), ("client_secret", &service.key),
            ("scope", "api members:write"), ("resource", API),
        ];
        let posted = service.app().browser().send(Call::form(&format!("{LOGIN}/oauth/token"), &fields)).await.expect(200).json();
        assert_eq!((&posted["scope"], &claims(&text(&posted["access_token"]))["aud"]), (&json!("api"), &json!(API)));
        let own = service.token(&[("resource", &format!("{APP}/"))]).await;
        assert_eq!(claims(&own)["aud"], json!(format!("{APP}/")));
        service.app().core().sessions.flush().await.expect("written");
        let mut ana = service.ana.clone();
        let keys = ana.get(&format!("{}/keys", service.path)).await.expect(200).json();
        assert_eq!(keys["items"][0]["uses"], 3, "each token is a use of its key: {keys}");
    }

    async fn its_token_is_the_same_caller_as_its_key(app: TestApp) {
        let app = app.restarted(&options()).await.expect("it starts");
        let mut service = Service::new(app, "admin").await;
        let (members, app) = (service.acme.members(), service.app());
        let (whole, narrow) = (service.token(&[]).await, service.token(&[("scope", "members:read")]).await);
        get(app, &whole, &members).await.expect(200);
        get(app, &narrow, &members).await.expect(200);
        let make = |token: &str| Call::api("POST", service.acme.place(), &json!({ "name": "n", "roles": [] })).bearer(token);
        app.browser().send(make(&narrow)).await.refused(403, "forbidden");
        let made = app.browser().send(make(&whole)).await.expect(201).json();
        let event = app.events("service_account.created").await.pop().expect("an event");
        assert_eq!(event.actor, format!("service_account:{}", service.id), "{made}");
        get(app, &whole, "/v1/me").await.refused(403, "forbidden");
        // Applications, behind a proxy and behind us.
        let yes = proxy(app).send(nginx("https://wiki.test/x", "?role=admin&org=acme").bearer(&whole)).await.expect(200);
        assert_eq!((yes.header("x-laneway-user"), yes.header("x-laneway-name")), (service.id.as_str(), "CI"));
        proxy(app).send(nginx("https://wiki.test/x", "").bearer(&narrow)).await.expect(403);
        let call = Call::new("GET", &format!("{APP}/api/echo/x")).bearer(&whole);
        let told = app.browser().send(call).await.expect(200).text();
        assert!(told.contains("Bearer ") && !told.contains(&whole), "{told}");
        // For another audience, or over, it is nothing here.
        let foreign = service.token(&[("resource", API)]).await;
        get(app, &foreign, &members).await.refused(401, "invalid_token");
        // It does what the account may now.
        let next = service.token(&[]).await;
        let path = service.path.clone();
        service.changes("PATCH", &path, json!({ "roles": [] })).await.expect(200);
        get(service.app(), &next, &members).await.refused(403, "forbidden");
        service.changes("PATCH", &path, json!({ "state": "disabled" })).await.expect(200);
        get(service.app(), &next, &members).await.refused(401, "invalid_token");
        service.changes("PATCH", &path, json!({ "state": "active" })).await.expect(200);
        let last = service.token(&[]).await;
        service.app().clock.advance_s(300);
        get(service.app(), &last, &members).await.refused(401, "token_expired");
    }

    async fn its_token_opens_the_application_that_it_names(app: TestApp) {
        let app = app.restarted(&options()).await.expect("it starts");
        let mut service = Service::new(app, "viewer").await;
        let wiki = async |app: &TestApp, token: &str| {
            let asked = nginx(&format!("{WIKI}/page"), "").bearer(token);
            proxy(app).send(asked).await
        };
        let token = service.token(&[("resource", ITSELF), ("scope", "api")]).await;
        let yes = wiki(service.app(), &token).await.expect(200);
        assert_eq!(yes.header("x-laneway-user"), service.id);
        let told = claims(yes.header("x-laneway-jwt"));
        assert_eq!((&told["aud"], &told["sub"], &told["scope"]), (&json!(WIKI), &json!(service.id), &json!("api")));
        // It is for this one alone.
        let call = Call::new("GET", &format!("{APP}/api/echo/x")).bearer(&token);
        service.app().browser().send(call).await.refused(401, "invalid_token");
        let back = sends("/oauth/revoke", (&service.id, &service.key), &[("token", token.as_str())]);
        service.app().browser().send(back).await.expect(200);
        wiki(service.app(), &token).await.refused(401, "invalid_token");
        let next = service.token(&[("resource", ITSELF)]).await;
        wiki(service.app(), &next).await.expect(200);
        let path = service.path.clone();
        service.changes("PATCH", &path, json!({ "state": "disabled" })).await.expect(200);
        wiki(service.app(), &next).await.refused(401, "invalid_token");
    }

    async fn what_a_service_account_may_not_have_is_refused(app: TestApp) {
        let mut service = Service::new(app, "viewer").await;
        for (more, error) in [
            (("scope", "members:write"), "invalid_scope"), (("scope", "openid"), "invalid_scope"), (("scope", "\u{e4}"), "invalid_scope"),
            (("resource", "https://else.test/"), "invalid_target"), (("resource", "https://api.test"), "invalid_target"),
            (("resource", "https://api.tes%/"), "invalid_target"), (("resource", "https://ap_.test/"), "invalid_target"),
        ] {
            refused(&service.asks(&[more]).await, 400, error);
        }
        refused(&service.asks(&[("resource", API), ("scope", "members:read")]).await, 400, "invalid_scope");
        refused(&service.asks(&[("resource", API), ("resource", LOGIN)]).await, 400, "invalid_target");
        for grant in ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:token-exchange"] {
            let call = sends("/oauth/token", (&service.id, &service.key), &[("grant_type", grant)]);
            refused(&service.app().browser().send(call).await, 400, "unauthorized_client");
        }
        for (path, field) in [("/oauth/par", "response_type"), ("/oauth/introspect", "token"), ("/oauth/device_authorization", "scope")] {
            let call = sends(path, (&service.id, &service.key), &[(field, "x")]);
            refused(&service.app().browser().send(call).await, 401, "invalid_client");
        }
        // A key that is limited to less is limited here too.
        let body = json!({ "name": "narrow", "scopes": ["members:read"], "expires_in": 400 });
        let narrow = text(&service.ana.post(&format!("{}/keys", service.path), body).await.expect(201).json()["token"]);
        let send = async |id: &str, key: &str, more: &[(&str, &str)]| service.app().browser().send(asks(id, key, more)).await;
        assert_eq!(send(&service.id, &narrow, &[]).await.expect(200).json()["scope"], "members:read");
        refused(&send(&service.id, &narrow, &[("resource", API)]).await, 400, "invalid_scope");
        refused(&send(&service.id, &narrow, &[("scope", "api")]).await, 400, "invalid_scope");
        // Nor does the token live longer than its key; and with it that is over.
        service.app().clock.advance_s(250);
        assert_eq!(send(&service.id, &narrow, &[]).await.expect(200).json()["expires_in"], 150);
        service.app().clock.advance_s(150);
        refused(&send(&service.id, &narrow, &[]).await, 401, "invalid_client");
    }

    async fn nobody_else_passes_for_a_service_account(app: TestApp) {
        let mut service = Service::new(app, "viewer").await;
        let (_, other) = service.acme.account(&mut service.ana.clone(), "viewer").await;
        let mine = json!({ "name": "x", "scopes": ["api"] });
        let mine = text(&service.ana.post("/v1/me/tokens", mine).await.expect(201).json()["token"]);
        let user = text(&service.ana.me().await["sub"]);
        let send = async |id: &str, key: &str| service.app().browser().send(asks(id, key, &[])).await;
        for (id, key) in [
            (service.id.as_str(), ""), (&service.id, "lw_svc_wrong"), (&service.id, &text(&other["token"])), (&service.id, &mine),
            (&user, &mine), (&service.key_id, &service.key), ("x", &service.key),
        ] {
            refused(&send(id, key).await, 401, "invalid_client");
        }
        let bare = Call::form(&format!("{LOGIN}/oauth/token"), &[("grant_type", "client_credentials"), ("client_id", &service.id)]);
        refused(&service.app().browser().send(bare).await, 401, "invalid_client");
        let elsewhere = "https://other.test";
        let tenant = json!({ "slug": "other", "name": "Other", "public_url": elsewhere, "signup": "open" });
        service.app().admin("POST", "/v1/admin/tenants", tenant).await.expect(201);
        let call = asks(&service.id, &service.key, &[]).at_host(elsewhere);
        refused(&service.app().browser().send(call).await, 401, "invalid_client");
        // Where a tenant does not take API tokens, they are no way to others.
        let tenant = format!("/v1/admin/tenants/{}", service.app().tenant().await.id);
        let takes = |methods: Value| json!({ "settings": { "auth_methods": methods } });
        service.app().admin("PATCH", &tenant, takes(json!(["access_token"]))).await.expect(200);
        refused(&service.asks(&[]).await, 401, "invalid_client");
        service.app().admin("PATCH", &tenant, takes(Value::Null)).await.expect(200);
        service.asks(&[]).await.expect(200);
        // Switched off, on again, its key revoked, deleted.
        let (path, key) = (service.path.clone(), format!("{}/keys/{}", service.path, service.key_id));
        service.changes("PATCH", &path, json!({ "state": "disabled" })).await.expect(200);
        refused(&service.asks(&[]).await, 401, "invalid_client");
        service.changes("PATCH", &path, json!({ "state": "active" })).await.expect(200);
        service.asks(&[]).await.expect(200);
        service.changes("DELETE", &key, json!({})).await.expect(204);
        refused(&service.asks(&[]).await, 401, "invalid_client");
        service.changes("DELETE", &path, json!({})).await.expect(204);
        refused(&service.asks(&[]).await, 401, "invalid_client");
    }

    async fn it_proves_itself_by_what_it_signs(app: TestApp) {
        let mut service = Service::new(app, "viewer").await;
        for key in [Key::es256(), Key::rsa("RS256"), Key::rsa("PS256"), Key::ed25519()] {
            service.registers(key.alg(), &key.jwk()).await;
            let header = json!({ "alg": key.alg() });
            let said = service.says(key.alg());
            let body = service.signs(&key, &header, &said).await.expect(200).json();
            assert_eq!(claims(&text(&body["access_token"]))["sub"], json!(service.id));
            // The same once more, on whatever node.
            refused(&service.signs(&key, &header, &said).await, 401, "invalid_client");
        }
        let (key, stranger, es) = (Key::es256(), Key::es256(), json!({ "alg": "ES256" }));
        service.registers("one", &key.jwk()).await;
        let now = service.app().clock_s();
        for (n, (name, value)) in [
            ("iss", json!("x")), ("aud", json!("https://other.test")), ("aud", json!([LOGIN, "https://other.test"])), ("aud", Value::Null),
            ("exp", json!(now - 10)), ("exp", json!(now + 311)), ("nbf", json!(now + 60)), ("jti", Value::Null),
        ].into_iter().enumerate() {
            let mut said = service.says(&format!("n{n}"));
            said[name] = value;
            refused(&service.signs(&key, &es, &said).await, 401, "invalid_client");
        }
        refused(&service.signs(&stranger, &es, &service.says("s")).await, 401, "invalid_client");
        refused(&service.signs(&stranger, &json!({ "alg": "ES256", "jwk": stranger.jwk() }), &service.says("s")).await, 401, "invalid_client");
        // A key proves its own account and no other.
        let (other, _) = service.acme.account(&mut service.ana.clone(), "viewer").await;
        let mut said = service.says("o");
        for name in ["iss", "sub"] {
            said[name] = json!(other.rsplit('/').next());
        }
        refused(&service.signs(&key, &es, &said).await, 401, "invalid_client");
        let path = service.path.clone();
        service.changes("PATCH", &path, json!({ "state": "disabled" })).await.expect(200);
        refused(&service.signs(&key, &es, &service.says("d")).await, 401, "invalid_client");
    }

    async fn public_keys_are_swapped_without_a_gap_and_end_with_their_tokens(app: TestApp) {
        let mut service = Service::new(app, "viewer").await;
        let (old, new, es) = (Key::es256(), Key::es256(), json!({ "alg": "ES256" }));
        let mut named = old.jwk();
        named["kid"] = json!("old");
        named["x5c"] = json!(["a certificate"]);
        let at = service.registers("old", &named).await;
        service.registers("new", &new.jwk()).await;
        let first = service.signs(&old, &json!({ "alg": "ES256", "kid": "old" }), &service.says("a")).await.expect(200).json();
        let second = service.signs(&new, &es, &service.says("b")).await.expect(200).json();
        let (first, second) = (text(&first["access_token"]), text(&second["access_token"]));
        let members = service.acme.members();
        for token in [&first, &second] {
            get(service.app(), token, &members).await.expect(200);
        }
        service.app().core().sessions.flush().await.expect("written");
        let keys = service.ana.get(&format!("{}/public-keys", service.path)).await.expect(200).json();
        let last = &keys["items"][1];
        assert_eq!((&last["name"], &last["uses"], &last["jwk"]["kid"]), (&json!("old"), &json!(2), &json!("old")), "{keys}");
        assert!(last["last_used_ip"].is_string() && last["jwk"].get("x5c").is_none(), "{keys}");
        assert_eq!(keys["items"][0]["thumbprint"], new.name());
        service.changes("DELETE", &at, json!({})).await.expect(204);
        service.changes("DELETE", &at, json!({})).await.refused(404, "not_found");
        refused(&service.signs(&old, &es, &service.says("c")).await, 401, "invalid_client");
        get(service.app(), &first, &members).await.refused(401, "invalid_token");
        get(service.app(), &second, &members).await.expect(200);
        service.signs(&new, &es, &service.says("d")).await.expect(200);
        for (kind, n) in [("public_key.added", 2), ("public_key.removed", 1)] {
            assert_eq!(service.app().events(kind).await.len(), n, "{kind}");
        }
    }

    async fn only_public_keys_are_registered_and_only_by_who_stands_above(app: TestApp) {
        let mut service = Service::new(app, "admin").await;
        let at = format!("{}/public-keys", service.path);
        let key = Key::es256().jwk();
        let mut private = key.clone();
        private["d"] = json!("AAAA");
        for (body, pointer) in [
            (json!({ "name": "x", "jwk": private }), "/jwk"), (json!({ "name": "x", "jwk": { "kty": "oct", "k": "AAAA" } }), "/jwk"),
            (json!({ "name": "x", "jwk": "text" }), "/jwk"), (json!({ "name": " ", "jwk": key }), "/name"),
        ] {
            let reply = service.ana.post(&at, body).await.refused(422, "invalid_field").json();
            assert_eq!(reply["errors"][0]["pointer"], pointer);
        }
        service.registers("one", &key).await;
        service.ana.post(&at, json!({ "name": "again", "jwk": key })).await.refused(409, "duplicate");
        let mut viewer = service.acme.person("vic", "viewer").await;
        let known = viewer.get(&at).await.expect(200).json();
        let one = format!("{at}/{}", text(&known["items"][0]["id"]));
        viewer.post(&at, json!({ "name": "x", "jwk": Key::es256().jwk() })).await.refused(403, "forbidden");
        viewer.send(Call::api("DELETE", &one, &json!({}))).await.refused(403, "forbidden");
        // An admin does not make one of an account that is an owner.
        let (above, _) = service.acme.account(&mut service.ana, "owner").await;
        let mut admin = service.acme.person("adi", "admin").await;
        let body = json!({ "name": "x", "jwk": Key::es256().jwk() });
        admin.post(&format!("{above}/public-keys"), body.clone()).await.refused(403, "forbidden");
        admin.post(&at, body).await.expect(201);
        for n in 0..18 {
            service.registers(&format!("n{n}"), &Key::es256().jwk()).await;
        }
        service.ana.post(&at, json!({ "name": "x", "jwk": Key::es256().jwk() })).await.refused(409, "conflict");
        // They go with the account, and with the organization.
        let path = service.path.clone();
        service.changes("DELETE", &path, json!({})).await.expect(204);
        let (path, _) = service.acme.account(&mut service.ana, "viewer").await;
        service.ana.post(&format!("{path}/public-keys"), json!({ "name": "x", "jwk": key })).await.expect(201);
        let org = service.acme.members().replace("/members", "");
        service.app().admin("DELETE", &org, json!({})).await.expect(204);
    }

    async fn its_tokens_are_judged_given_back_and_ended(app: TestApp) {
        let mut service = Service::new(app, "viewer").await;
        let api = service.app().client(json!({ "redirect_uris": ["https://api.test/cb"], "audiences": [API] })).await;
        let stranger = service.app().client(json!({ "audiences": ["https://else.test/"] })).await;
        let judged = async |service: &Service, token: &str| {
            let call = api.form("/oauth/introspect", &[("token", token)]);
            service.app().browser().send(call).await.expect(200).json()
        };
        let dead = json!({ "active": false });
        let token = service.token(&[("resource", API)]).await;
        let said = judged(&service, &token).await;
        for (name, value) in [
            ("active", json!(true)), ("sub", json!(service.id)), ("client_id", json!(service.id)), ("sid", json!(service.key_id)),
            ("org_slug", json!("acme")), ("org_roles", json!(["viewer"])), ("token_use", json!("machine")), ("token_type", json!("Bearer")),
        ] {
            assert_eq!(said[name], value, "{name}");
        }
        let call = stranger.form("/oauth/introspect", &[("token", &token)]);
        assert_eq!(service.app().browser().send(call).await.expect(200).json(), dead);
        // Given back by itself, and by nobody else.
        service.app().browser().send(api.form("/oauth/revoke", &[("token", &token)])).await.expect(200);
        assert_eq!(judged(&service, &token).await["active"], true);
        let back = sends("/oauth/revoke", (&service.id, &service.key), &[("token", &token)]);
        service.app().browser().send(back).await.expect(200);
        assert_eq!(judged(&service, &token).await, dead);
        let event = service.app().events("token.revoked").await.pop().expect("an event");
        assert_eq!(event.actor, format!("service_account:{}", service.id));
        // What it says has to be true.
        let token = service.token(&[("resource", API)]).await;
        let path = service.path.clone();
        service.changes("PATCH", &path, json!({ "roles": ["admin"] })).await.expect(200);
        assert_eq!(judged(&service, &token).await, dead, "its roles are others");
        let token = service.token(&[("resource", API)]).await;
        assert_eq!(judged(&service, &token).await["org_roles"], json!(["admin"]));
        service.changes("PATCH", &path, json!({ "state": "disabled" })).await.expect(200);
        assert_eq!(judged(&service, &token).await, dead, "switched off");
        service.changes("PATCH", &path, json!({ "state": "active" })).await.expect(200);
        let token = service.token(&[("resource", API)]).await;
        let key = format!("{path}/keys/{}", service.key_id);
        service.changes("DELETE", &key, json!({})).await.expect(204);
        assert_eq!(judged(&service, &token).await, dead, "its key was revoked");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn those_who_judge_alone_hear_that_a_key_was_revoked() {
    let mut service = Service::new(TestApp::sqlite().await, "viewer").await;
    let signer = Key::es256();
    let at = service.registers("one", &signer.jwk()).await;
    let mut ana = service.ana.clone();
    let _jobs = service.app().jobs();
    let listener = service.app().listen().await;
    let feed = follower(service.app()).await;
    let verifier = verifier(service.app(), listener.address).feed(feed);
    let verifier = verifier.build().expect("a verifier");
    until(10, "the feed is heard", || async {
        verifier.is_current().then_some(())
    })
    .await;
    let said = service.says("a");
    let resource = [("resource", API)];
    let signed = service
        .signs_for(&signer, &json!({ "alg": "ES256" }), &said, &resource)
        .await;
    let by_signature = text(&signed.expect(200).json()["access_token"]);
    let by_key = service.token(&resource).await;
    let key = format!("{}/keys/{}", service.path, service.key_id);
    for (token, path) in [(by_key, key), (by_signature, at)] {
        let claims = verifier.verify(&token).await.expect("it counts");
        assert_eq!((&claims.sub, claims.has_scope("api")), (&service.id, true));
        ana.send(Call::api("DELETE", &path, &json!({})))
            .await
            .expect(204);
        until(5, "it is refused", || async {
            (verifier.verify(&token).await == Err(Refusal::InvalidToken)).then_some(())
        })
        .await;
    }
}
