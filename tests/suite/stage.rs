//! One Laneway on the real network with one provider behind it.
//!
//! Owns: start and end of both, the ways to sign in and to ask who is signed in.
//! Must not know: which provider it is.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;

use laneway::app::{App, Module, spawn_jobs};
use laneway::config::{Config, Sources};
use laneway::core::{Core, hash_token};
use laneway::providers::Factory;
use laneway::store::api_tokens::{self, AdminToken};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;

use super::rig::{Does, Landing, Person, Rig};
use super::web::{Browser, Page, client};

/// Name of the provider under test, where it is not there by itself.
pub const NAME: &str = "corp";
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Laneway and its provider.
pub struct Stage {
    /// The provider.
    pub rig: Box<dyn Rig>,
    /// The program, for the rig that has no server of its own.
    pub core: Arc<Core>,
    /// The upstream's id.
    pub upstream: String,
    /// The upstream's name in addresses.
    pub slug: &'static str,
    base: Url,
    operator: String,
    tasks: JoinSet<()>,
    _folder: TempDir,
}

impl Stage {
    /// Starts Laneway, registers it at the provider and makes that the primary.
    pub async fn open(rig: Box<dyn Rig>, adapters: HashMap<String, Factory>) -> Self {
        laneway::cli::install_crypto();
        let folder = tempfile::tempdir().expect("a folder");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let base = Url::parse(&format!("http://localhost:{port}")).expect("an address");
        let module = Module {
            adapters,
            ..Module::default()
        };
        let app = App::builder(config(&base, &folder))
            .with(module)
            .build()
            .await
            .expect("the program starts");
        let mut tasks = spawn_jobs(&app.core);
        let service = app
            .router
            .into_make_service_with_connect_info::<SocketAddr>();
        tasks.spawn(async move { axum::serve(listener, service).await.expect("a server") });
        let operator = operator(&app.core).await;
        let mut stage = Self {
            rig,
            core: app.core,
            upstream: String::new(),
            slug: NAME,
            base,
            operator,
            tasks,
            _folder: folder,
        };
        stage.attach().await;
        stage
    }

    async fn attach(&mut self) {
        if let Some(body) = self
            .rig
            .register(self.base.as_str().trim_end_matches('/'))
            .await
        {
            let made = self
                .admin("POST", "/v1/admin/upstreams", Some(body))
                .await
                .expect(201)
                .json();
            made["id"]
                .as_str()
                .expect("an id")
                .clone_into(&mut self.upstream);
            let path = format!("/v1/admin/upstreams/{}", self.upstream);
            self.admin("PATCH", &path, Some(json!({ "role": "primary" })))
                .await
                .expect(200);
            return;
        }
        let all = self
            .admin("GET", "/v1/admin/upstreams", None)
            .await
            .expect(200)
            .json();
        let own = all["items"]
            .as_array()
            .expect("a list")
            .iter()
            .find(|row| row["role"] == "primary");
        let id = own.expect("a primary")["id"].as_str();
        id.expect("an id").clone_into(&mut self.upstream);
        self.slug = laneway::providers::EMBEDDED;
    }

    /// Ends both.
    pub async fn close(mut self) {
        self.rig.clean_up().await;
        self.tasks.shutdown().await;
        self.core.db.close().await;
    }

    /// An address of Laneway.
    pub fn at(&self, path: &str) -> Url {
        self.base.join(path).expect("an address")
    }

    /// Whether an address is Laneway's.
    pub fn owns(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }

    /// One call of an operator.
    pub async fn admin(&self, method: &str, path: &str, body: Option<Value>) -> Page {
        let method = method.parse().expect("a method");
        let mut request = client()
            .request(method, self.at(path))
            .bearer_auth(&self.operator);
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await.expect("Laneway answers");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a body");
        Page {
            at: self.at(path),
            status,
            location: None,
            retry_after: None,
            text,
        }
    }

    /// What a probe of the provider finds.
    pub async fn probe(&self) -> Value {
        let path = format!("/v1/admin/upstreams/{}/probe", self.upstream);
        self.admin("POST", &path, None).await.expect(200).json()
    }

    /// `/bff/user` as this browser sees it.
    pub async fn user(&self, browser: &mut Browser) -> Page {
        browser.call("GET", &self.at("/bff/user"), None).await
    }

    /// Who is signed in here; fails where nobody is.
    #[track_caller]
    pub fn who<'a>(&'a self, browser: &'a mut Browser) -> impl Future<Output = Value> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let page = self.user(browser).await;
            assert_eq!(
                page.status, 200,
                "nobody is signed in at {caller}: {}",
                page.text
            );
            page.json()
        }
    }

    /// Opens `/bff/login` and goes to where a person can act: the provider's page, or
    /// Laneway's own. Fails where Laneway refuses at once.
    pub async fn begin(&self, browser: &mut Browser, query: &str) -> Url {
        let page = browser
            .open(&self.at(&format!("/bff/login?return_to=/account{query}")))
            .await
            .expect(303);
        page.leads_to()
    }

    /// A whole sign-in; what Laneway answers at its end, or the provider's last page.
    pub async fn try_sign_in(
        &self,
        browser: &mut Browser,
        query: &str,
        act: (&Person, Does),
    ) -> Result<Page, u16> {
        let url = self.begin(browser, query).await;
        match self.rig.act_as_user(self, browser, &url, act).await {
            Landing::Home(home) => Ok(browser.open(&home).await),
            Landing::Page(status) => Err(status),
        }
    }

    /// A sign-in that must succeed.
    pub async fn sign_in(&self, browser: &mut Browser, query: &str, act: (&Person, Does)) -> Value {
        let page = self
            .try_sign_in(browser, query, act)
            .await
            .expect("the provider leads back");
        assert!(
            matches!(page.status, 200 | 303),
            "{}: {}",
            page.status,
            page.text
        );
        self.who(browser).await
    }

    /// A new browser in which somebody signs in the ordinary way.
    pub async fn signed_in(&self, person: &Person) -> Browser {
        let mut browser = Browser::new();
        self.sign_in(&mut browser, "", (person, Does::SignIn)).await;
        browser
    }

    /// Begins a flow as a page's script does.
    pub async fn flow(&self, browser: &mut Browser, body: Value) -> Page {
        browser
            .call("POST", &self.at("/v1/auth/flows"), Some(&body))
            .await
    }

    /// Answers a step of a flow.
    pub async fn answer(&self, browser: &mut Browser, flow: &str, kind: &str, body: Value) -> Page {
        browser
            .call(
                "POST",
                &self.at(&format!("/v1/auth/flows/{flow}/{kind}")),
                Some(&body),
            )
            .await
    }
}

/// An owner's token, as `laneway admin token` makes it.
async fn operator(core: &Core) -> String {
    let (secret, _) = core.new_token();
    let plain = format!("lw_adm_{}", secret.expose());
    let mut write = core.begin().await.expect("a transaction");
    let now = write.now();
    let row = AdminToken::owner(core.new_id(), &plain, now + 3_600_000);
    api_tokens::create(&mut write.tx, &row, &hash_token(&plain), now)
        .await
        .expect("a token");
    core.commit(write).await.expect("a commit");
    plain
}

fn config(base: &Url, folder: &TempDir) -> Config {
    let public = base.as_str().trim_end_matches('/');
    let text = format!(
        r#"
public_url = "{public}"
mail_url = "outbox:"
mail_from = "Laneway <no-reply@login.test>"
[tenant]
signup = "open"
[limits]
network_factor = 1000
failures_per_account = 1000
mails_per_address = 1000
"#
    );
    let env = BTreeMap::from([
        (
            "LANEWAY_DATABASE_URL".to_owned(),
            format!("sqlite:{}", folder.path().join("laneway.db").display()),
        ),
        ("LANEWAY_MASTER_KEY".to_owned(), KEY.to_owned()),
    ]);
    let sources = Sources {
        file: Some(("suite.toml".into(), text)),
        env,
        read_file: |path| std::fs::read_to_string(path),
    };
    Config::load(&sources).unwrap_or_else(|faults| panic!("{faults:?}"))
}
