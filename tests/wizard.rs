//! The set-up by a link, page by page, as somebody without an account goes through it.

use serde_json::{Value, json};

use crate::harness::app::Options;
use crate::harness::idp::Idp;
use crate::harness::{Browser, Call, Reply, TestApp, form_token};

pub struct World {
    /// The program.
    pub app: TestApp,
    idp: Idp,
    token: String,
    /// The organization's id.
    pub org: String,
}

impl World {
    /// `None` where no provider runs.
    pub async fn new() -> Option<Self> {
        let idp = Idp::new().await?;
        let options = Options {
            real_time: true,
            // The provider is next door, and whoever holds a link is trusted like a tenant.
            tables: "[federation]\nallow_private = true\n".into(),
            ..Options::default()
        };
        let app = TestApp::sqlite_with(options).await;
        let token = app.operator().await;
        let mut world = Self {
            app,
            idp,
            token,
            org: String::new(),
        };
        let body = json!({ "slug": "acme", "name": "Acme" });
        let made = world
            .call("POST", "/v1/organizations", &body)
            .await
            .expect(201);
        made.json()["id"]
            .as_str()
            .expect("an id")
            .clone_into(&mut world.org);
        Some(world)
    }

    pub async fn call(&self, method: &str, path: &str, body: &Value) -> Reply {
        let call = Call::api(method, path, body).bearer(&self.token);
        self.app.browser().send(call).await
    }

    /// A link: its id and its address.
    async fn link(&self) -> (String, String) {
        let path = format!("/v1/organizations/{}/setup-links", self.org);
        let body = json!({ "purpose": "connection", "expires_in": 3600 });
        let made = self.call("POST", &path, &body).await.expect(201).json();
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        (text("id"), text("url"))
    }
}

/// Sends a form of a page with its hidden token.
async fn send(browser: &mut Browser, page: &str, form: &str, fields: &[(&str, &str)]) -> Reply {
    let html = browser.get(page).await.expect(200).text();
    let csrf = form_token(&html);
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend(fields);
    browser.send(Call::form(form, &all)).await
}

pub async fn opened(world: &World) -> (Browser, String) {
    let (_, url) = world.link().await;
    let mut browser = world.app.browser();
    send(&mut browser, &url, &url, &[]).await.expect(303);
    (browser, url)
}

/// A form that is sent back to the page it stands on.
pub async fn post(browser: &mut Browser, page: &str, fields: &[(&str, &str)]) -> Reply {
    send(browser, page, page, fields).await
}

/// Pastes the issuer, registers what the page shows at the provider, fills in the rest; the
/// connection's id.
async fn connected(world: &World, browser: &mut Browser, base: &str) -> String {
    let at = |page: &str| format!("{base}/{page}");
    let nonsense = [("action", "paste"), ("paste", "what is this")];
    let refused = post(browser, &at("connect"), &nonsense).await;
    assert!(refused.expect(422).text().contains("not_understood"));
    let fields = [("action", "paste"), ("paste", world.idp.issuer.as_str())];
    post(browser, &at("connect"), &fields).await.expect(303);
    let page = browser.get(&at("connect")).await.expect(200).text();
    assert!(page.contains(&world.idp.issuer), "{page}");
    let shown = page.split("/federation/callback/").nth(1).expect("shown");
    let id: String = shown
        .chars()
        .take_while(|c| c.is_ascii_hexdigit() || *c == '-')
        .collect();
    let config = world.idp.config();
    let back = format!("https://login.test/federation/callback/{id}");
    world.idp.register(&config, &back).await;
    let client = config["client_id"].as_str().expect("a client id");
    let fields = [
        ("action", "save"),
        ("name", "Acme SSO"),
        ("client_id", client),
        ("client_secret", "a-secret-of-the-customer"),
        ("groups_claim", "groups"),
    ];
    let saved = post(browser, &at("connect"), &fields).await.expect(303);
    assert!(saved.location().ends_with("/check"));
    let page = browser.get(&at("check")).await.expect(200).text();
    assert!(page.contains("Ready for a test login"), "{page}");
    // The secret is kept and nowhere shown.
    let page = browser.get(&at("connect")).await.expect(200).text();
    assert!(!page.contains("a-secret-of-the-customer") && page.contains("A secret is stored"));
    id
}

/// Signs in for a test and gives one of the shown groups a role.
async fn tested(world: &World, browser: &mut Browser, base: &str, person: &str) {
    let page = format!("{base}/test");
    let start = post(browser, &page, &[("action", "begin")])
        .await
        .expect(303);
    let back = world.idp.sign_in(start.location(), person).await.address();
    let done = browser.get(&back).await.expect(303);
    assert!(done.location().ends_with("/test"), "{}", done.location());
    let html = browser.get(&page).await.expect(200).text();
    for words in ["Test login worked", "staff", person, "There is no rule"] {
        assert!(html.contains(words), "{words}: {html}");
    }
    let map = [
        ("action", "map"),
        ("kind", "group"),
        ("subject", "it"),
        ("role", "admin"),
    ];
    post(browser, &page, &map).await.expect(303);
    let html = browser.get(&page).await.expect(200).text();
    assert!(html.contains("Matched"), "judged again at once: {html}");
}

/// Puts what was tested live, first for administrators, then for everybody.
async fn activated(browser: &mut Browser, base: &str) {
    let page = format!("{base}/activate");
    let html = browser.get(&page).await.expect(200).text();
    let hash = html.split("name=\"hash\" value=\"").nth(1).expect("a hash");
    let hash: String = hash.chars().take_while(char::is_ascii_hexdigit).collect();
    let go = [("action", "activate"), ("hash", hash.as_str())];
    post(browser, &page, &go).await.expect(303);
    let open = [("action", "rollout"), ("rollout", "all")];
    post(browser, &page, &open).await.expect(303);
}

#[tokio::test]
async fn from_an_empty_page_to_a_member_with_the_mapped_role() {
    let Some(world) = World::new().await else {
        return;
    };
    let groups = json!({ "groups": ["it", "staff"] });
    let ida = world.idp.person("ida", &groups).await;
    let (mut browser, base) = opened(&world).await;
    let first = browser.get(&base).await.expect(303);
    assert!(first.location().ends_with("/connect"));
    // Nothing is known yet: later steps lead back to the first.
    for page in ["check", "test", "activate"] {
        let ahead = browser.get(&format!("{base}/{page}")).await.expect(303);
        assert!(ahead.location().ends_with("/connect"));
    }
    let id = connected(&world, &mut browser, &base).await;
    tested(&world, &mut browser, &base, &ida).await;
    activated(&mut browser, &base).await;

    let mut member = world.app.browser();
    let start = member
        .get(&format!("/federation/{id}/start?return_to=/account"))
        .await
        .expect(303);
    let back = world.idp.sign_in(start.location(), &ida).await.address();
    member.get(&back).await.expect(303);
    let me = member.me().await;
    let org = &me["org"];
    assert_eq!(
        (&org["slug"], &org["roles"]),
        (&json!("acme"), &json!(["admin"]))
    );
    // Nobody was signed in where the set-up was done.
    browser
        .user("https://login.test")
        .await
        .refused(401, "unauthenticated");
    let made = world.app.events("connection.created").await;
    let actor = &made[0].actor;
    assert!(actor.starts_with("setup_link:"), "{actor}");
    crate::wizard_rules::loses_a_role_only_after_a_second_look(
        &mut browser,
        &format!("{base}/test"),
        &ida,
    )
    .await;
}

#[tokio::test]
async fn a_link_opens_once_and_can_be_taken_back() {
    let Some(world) = World::new().await else {
        return;
    };
    let (id, url) = world.link().await;
    let mut browser = world.app.browser();
    // Looking opens nothing, however often.
    for _ in 0..2 {
        let looked = world.app.browser().get(&url).await.expect(200);
        assert!(looked.text().contains("Open the set-up"));
    }
    send(&mut browser, &url, &url, &[]).await.expect(303);
    let taken = world.app.browser().get(&url).await.expect(410).text();
    assert!(taken.contains("open elsewhere"), "{taken}");
    for page in ["connect", "check", "test", "activate"] {
        let stranger = world.app.browser().get(&format!("{url}/{page}")).await;
        assert_eq!(stranger.code(), 410, "{page}");
    }
    let path = format!("/v1/organizations/{}/setup-links/{id}", world.org);
    let read = world
        .call("GET", &path, &Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(read["state"], "opened");
    world.call("DELETE", &path, &Value::Null).await.expect(204);
    let gone = browser
        .get(&format!("{url}/connect"))
        .await
        .expect(410)
        .text();
    assert!(gone.contains("taken back"), "{gone}");
    let nonsense = format!("https://login.test/setup/{}", "x".repeat(43));
    browser.get(&nonsense).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_colleague_gets_a_link_of_their_own_to_the_same_draft() {
    let Some(world) = World::new().await else {
        return;
    };
    let (mut browser, base) = opened(&world).await;
    let connect = format!("{base}/connect");
    let fields = [("action", "paste"), ("paste", world.idp.issuer.as_str())];
    send(&mut browser, &connect, &connect, &fields)
        .await
        .expect(303);
    let shared = send(&mut browser, &connect, &format!("{base}/share"), &[])
        .await
        .expect(200)
        .text();
    let url = shared.split("shared-link\">").nth(1).expect("a link");
    let url: String = url.chars().take_while(|c| *c != '<').collect();
    assert_ne!(url, base);
    let mut colleague = world.app.browser();
    send(&mut colleague, &url, &url, &[]).await.expect(303);
    let page = colleague
        .get(&format!("{url}/connect"))
        .await
        .expect(200)
        .text();
    assert!(page.contains(&world.idp.issuer), "the same draft: {page}");
    let callback = |page: &str| {
        let rest = page
            .split("/federation/callback/")
            .nth(1)
            .expect("shown")
            .to_owned();
        rest.chars().take(36).collect::<String>()
    };
    let own = browser.get(&connect).await.expect(200).text();
    assert_eq!(callback(&page), callback(&own), "the same addresses");
    // Whoever takes the first one back takes back what was shared from it.
    let links = format!("/v1/organizations/{}/setup-links", world.org);
    let all = world.call("GET", &links, &Value::Null).await.expect(200);
    let first = &all.json()["items"][1];
    assert!(!first["invited_by"].to_string().contains("setup_link"));
    let path = format!("{links}/{}", first["id"].as_str().expect("an id"));
    world.call("DELETE", &path, &Value::Null).await.expect(204);
    for browser in [&mut browser, &mut colleague] {
        browser.get(&url).await.expect(410);
    }
    world.call("DELETE", &path, &Value::Null).await.expect(404);
}

#[tokio::test]
async fn a_new_link_goes_on_with_a_connection_and_keeps_what_only_the_api_sets() {
    let Some(world) = World::new().await else {
        return;
    };
    let (mut browser, base) = opened(&world).await;
    let id = connected(&world, &mut browser, &base).await;
    let path = format!("/v1/organizations/{}/connections/{id}", world.org);
    let patch = json!({ "config": { "link_policy": "add", "required_claims": { "a": "b" } } });
    world.call("PATCH", &path, &patch).await.expect(200);
    let links = format!("/v1/organizations/{}/setup-links", world.org);
    let body = json!({ "purpose": "connection", "connection": id });
    let made = world.call("POST", &links, &body).await.expect(201).json();
    let url = made["url"].as_str().expect("an address").to_owned();
    let mut later = world.app.browser();
    send(&mut later, &url, &url, &[]).await.expect(303);
    let connect = format!("{url}/connect");
    let page = later.get(&connect).await.expect(200).text();
    for known in [world.idp.issuer.as_str(), &id, "A secret is stored"] {
        assert!(page.contains(known), "{known}: {page}");
    }
    let fields = [
        ("action", "save"),
        ("name", "Acme again"),
        ("client_id", "another"),
        ("groups_claim", "groups"),
    ];
    post(&mut later, &connect, &fields).await.expect(303);
    let read = world.call("GET", &path, &Value::Null).await.expect(200);
    let config = &read.json()["config"];
    assert_eq!(
        (&config["client_id"], &config["link_policy"]),
        (&json!("another"), &json!("add"))
    );
    assert_eq!(config["required_claims"], json!({ "a": "b" }));
    assert_eq!(config["client_secret"], json!({ "set": true }));
    // The page shows the policy that counts, and sets another.
    let page = later.get(&connect).await.expect(200).text();
    assert!(page.contains("value=\"add\" selected"), "{page}");
    assert!(
        !page.contains("idp_initiated"),
        "it is of SAML alone: {page}"
    );
    let with = |policy: &'static str| [&fields[..], &[("link_policy", policy)]].concat();
    post(&mut later, &connect, &with("replace"))
        .await
        .expect(303);
    post(&mut later, &connect, &with("whatever"))
        .await
        .expect(422);
    let read = world
        .call("GET", &path, &Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(read["config"]["link_policy"], "replace");
}

#[tokio::test]
async fn a_form_from_elsewhere_changes_nothing() {
    let Some(world) = World::new().await else {
        return;
    };
    let (mut browser, base) = opened(&world).await;
    for (page, fields) in [
        (
            "connect",
            vec![("action", "paste"), ("paste", "https://idp.example")],
        ),
        ("test", vec![("action", "begin")]),
        ("activate", vec![("action", "off")]),
        ("share", vec![]),
    ] {
        let form = Call::form(&format!("{base}/{page}"), &fields);
        browser.send(form).await.refused(403, "csrf_required");
    }
    let form = Call::form(&base, &[]);
    world
        .app
        .browser()
        .send(form)
        .await
        .refused(403, "csrf_required");
}

#[tokio::test]
async fn whoever_holds_a_link_gives_no_more_than_its_maker() {
    let Some(world) = World::new().await else {
        return;
    };
    // Made by an admin of the organization: owners stand above them.
    let mut ana = world.app.signup("ana@acme.test").await;
    let user = ana.me().await["sub"].as_str().expect("an id").to_owned();
    let member = format!("/v1/organizations/{}/members/{user}", world.org);
    world
        .call("PUT", &member, &json!({ "roles": ["admin"] }))
        .await
        .expect(200);
    let path = format!("/v1/organizations/{}/setup-links", world.org);
    let made = ana
        .post(&path, json!({ "purpose": "connection" }))
        .await
        .expect(201)
        .json();
    let url = made["url"].as_str().expect("an address").to_owned();
    let mut browser = world.app.browser();
    send(&mut browser, &url, &url, &[]).await.expect(303);
    let connect = format!("{url}/connect");
    let fields = [("action", "paste"), ("paste", world.idp.issuer.as_str())];
    send(&mut browser, &connect, &connect, &fields)
        .await
        .expect(303);
    let config = world.idp.config();
    let client = config["client_id"].as_str().expect("a client id");
    let fields = [
        ("action", "save"),
        ("name", "Acme"),
        ("client_id", client),
        ("client_secret", "s"),
    ];
    send(&mut browser, &connect, &connect, &fields)
        .await
        .expect(303);
    let test = format!("{url}/test");
    let map = |role| {
        [
            ("action", "map"),
            ("kind", "always"),
            ("subject", ""),
            ("role", role),
        ]
    };
    let refused = send(&mut browser, &test, &test, &map("owner"))
        .await
        .expect(422)
        .text();
    assert!(refused.contains("may do more than you"), "{refused}");
    send(&mut browser, &test, &test, &map("admin"))
        .await
        .expect(303);
    // What its maker may not do any more, it may not either.
    world
        .call("DELETE", &member, &Value::Null)
        .await
        .expect(204);
    let gone = browser.get(&connect).await.expect(410).text();
    assert!(gone.contains("taken back"), "{gone}");
}
