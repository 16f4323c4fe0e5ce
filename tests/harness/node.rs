//! The real program as a process, to be killed.
//!
//! Owns: its files and ports, start and end, and requests to it over the network.

use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::cluster::free_port;
use super::until;

/// The program with its configuration.
pub struct Node {
    folder: TempDir,
    database: String,
    port: u16,
    ops: u16,
    settings: Vec<(&'static str, String)>,
    process: Option<Child>,
}

impl Node {
    /// On a database of its own in a folder of its own.
    pub async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = format!("sqlite:{}", folder.path().join("laneway.db").display());
        Self::new(folder, database).await
    }

    /// On a database that exists.
    pub async fn on(database: String) -> Self {
        Self::new(tempfile::tempdir().expect("a folder"), database).await
    }

    async fn new(folder: TempDir, database: String) -> Self {
        let (port, ops) = (free_port(), free_port());
        let mut node = Self {
            folder,
            database,
            port,
            ops,
            settings: Vec::new(),
            process: None,
        };
        node.start().await;
        node
    }

    /// Its public address.
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// The port of its public listener.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The port of its operations listener.
    pub fn ops(&self) -> u16 {
        self.ops
    }

    /// The process that runs.
    pub fn process(&self) -> u32 {
        self.process.as_ref().expect("it runs").id()
    }

    /// Its configuration file, from the next start on.
    pub fn configure(&self, text: &str) {
        std::fs::write(self.folder.path().join("laneway.toml"), text).expect("written");
    }

    /// Where its rows are.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// A setting, from the next start on.
    pub fn set(&mut self, variable: &'static str, value: &str) {
        self.settings.push((variable, value.to_owned()));
    }

    /// SIGTERM.
    pub fn stop(&self) {
        let process = self.process.as_ref().expect("it runs");
        let done = Command::new("kill")
            .arg("-TERM")
            .arg(process.id().to_string())
            .status();
        assert!(done.expect("kill runs").success());
    }

    /// Waits for its end; did it end well?
    pub async fn ended(&mut self) -> bool {
        let mut process = self.process.take().expect("it ran");
        let waited = tokio::task::spawn_blocking(move || process.wait());
        waited
            .await
            .expect("waited")
            .expect("it has ended")
            .success()
    }

    /// Starts it and waits until it answers.
    pub async fn start(&mut self) {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))
            .expect("a log");
        let child = self
            .program()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        self.process = Some(child);
        let ready = format!("http://127.0.0.1:{}/readyz", self.ops);
        until(60, "the program is ready", || async {
            reqwest_client()
                .get(&ready)
                .send()
                .await
                .ok()
                .filter(|r| r.status().is_success())
        })
        .await;
    }

    /// The program with this node's configuration.
    fn program(&self) -> Command {
        let port = self.port;
        // Figures of long runs are those of a release build (`dev/soak`).
        let other = std::env::var_os("LANEWAY_TEST_PROGRAM");
        let mut command = Command::new(other.unwrap_or(env!("CARGO_BIN_EXE_laneway").into()));
        command
            .current_dir(self.folder.path())
            .env("LANEWAY_LISTEN", format!("127.0.0.1:{port}"))
            .env("LANEWAY_OPS_LISTEN", format!("127.0.0.1:{}", self.ops))
            .env("LANEWAY_PUBLIC_URL", format!("http://localhost:{port}"))
            .env("LANEWAY_DATABASE_URL", &self.database)
            .env(
                "LANEWAY_MASTER_KEY",
                "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            )
            .env("LANEWAY_MAIL_URL", "outbox:")
            .env("LANEWAY_TENANT_SIGNUP", "open")
            .env("LANEWAY_LIMITS_NETWORK_FACTOR", "1000")
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            // Ours, not the program's: it refuses to start with a setting that it does not know.
            .env_remove("LANEWAY_SOAK")
            .env_remove("LANEWAY_SOAK_SEED")
            .env_remove("LANEWAY_SOAK_LOAD")
            .env_remove("LANEWAY_SOAK_RATE");
        command
    }

    /// Runs a command beside the running node; its output, or what it complains about.
    pub fn run(&self, arguments: &str) -> Result<String, String> {
        let out = self.output(arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if out.status.success() {
            Ok(text(&out.stdout))
        } else {
            Err(text(&out.stderr))
        }
    }

    /// Runs a command beside the running node, whatever becomes of it.
    pub fn output(&self, arguments: &str) -> Output {
        let arguments = arguments.split(' ').filter(|word| !word.is_empty());
        let command = self.program().args(arguments).output();
        command.expect("the program runs")
    }

    /// `kill -9`, and waits for the end.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.process.take() {
            child.kill().expect("it is killed");
            child.wait().expect("it has ended");
        }
    }

    /// A way to sign up and in over the network.
    pub fn visitor(&self, email: &str) -> Visitor {
        Visitor::new(reqwest_client(), (&self.url(), &[self.ops]), email)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends where it is told to, and follows nothing.
fn reqwest_client() -> reqwest::Client {
    patient_client(10)
}

/// The same for a machine that has much else to do: waits for so many seconds.
pub fn patient_client(seconds: u64) -> reqwest::Client {
    let builder = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(std::time::Duration::from_secs(seconds));
    builder.build().expect("a client")
}

/// A person at the real program.
pub struct Visitor {
    client: reqwest::Client,
    base: String,
    /// Any of them has the mails.
    ops: Vec<String>,
    email: String,
    flow_cookie: String,
    /// Counts what was asked for a second time, where that is done.
    again: Option<Arc<AtomicUsize>>,
}

impl Visitor {
    /// At a public address, with the operations ports of the nodes behind it.
    pub fn new(client: reqwest::Client, (base, ops): (&str, &[u16]), email: &str) -> Self {
        let ops = ops.iter().map(|port| format!("http://127.0.0.1:{port}"));
        Self {
            client,
            base: base.to_owned(),
            ops: ops.collect(),
            email: email.to_owned(),
            flow_cookie: String::new(),
            again: None,
        }
    }

    /// Asks once more where nobody answered, as browsers' scripts and people do.
    #[must_use]
    pub fn asks_again(mut self, counter: &Arc<AtomicUsize>) -> Self {
        self.again = Some(Arc::clone(counter));
        self
    }

    /// Whose address it is.
    pub fn email(&self) -> &str {
        &self.email
    }

    /// From nothing to a session, by code; signs up where `purpose` says so. Answers the
    /// session cookie.
    ///
    /// # Errors
    /// What went wrong first, for example because the program was killed.
    pub async fn sign_in(&mut self, purpose: &str) -> Result<String, String> {
        let begin = json!({ "purpose": purpose, "username": self.email });
        let (mut flow, _) = self.call("/v1/auth/flows", &begin).await?;
        let id = flow["id"].as_str().ok_or("no id")?.to_owned();
        let mut cookie = String::new();
        let mut body = json!({});
        let mut kind = "email-code".to_owned();
        for _ in 0..6 {
            (flow, cookie) = self
                .call(&format!("/v1/auth/flows/{id}/{kind}"), &body)
                .await?;
            if flow["state"] == "done" {
                break;
            }
            kind = flow["step"]["kind"].as_str().ok_or("no step")?.to_owned();
            body = match kind.as_str() {
                "email-code" => json!({ "code": self.code().await? }),
                "profile" => json!({ "name": "Somebody" }),
                "enrol" => json!({ "skip": true }),
                other => return Err(format!("unexpected step {other}")),
            };
        }
        if cookie.is_empty() {
            Err(format!("no session: {flow}"))
        } else {
            Ok(cookie)
        }
    }

    /// Who the program takes a session cookie for.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn user(&self, cookie: &str) -> Result<(u16, Value), String> {
        let request = self.client.get(format!("{}/bff/user", self.base));
        let reply = request
            .header("cookie", format!("__Host-lw={cookie}"))
            .send()
            .await;
        let reply = reply.map_err(|error| error.to_string())?;
        let status = reply.status().as_u16();
        Ok((
            status,
            reply.json().await.map_err(|error| error.to_string())?,
        ))
    }

    async fn call(&mut self, path: &str, body: &Value) -> Result<(Value, String), String> {
        let mut reply = self.post(path, body).await;
        let away = match &reply {
            Ok(reply) => {
                let status = reply.status();
                matches!(status.as_u16(), 502..=504).then(|| status.to_string())
            }
            Err(error) => Some(format!("{error:?}")),
        };
        if let Some(counter) = self.again.as_ref().filter(|_| away.is_some()) {
            counter.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            reply = self.post(path, body).await;
        }
        let reply = reply.map_err(|error| error.to_string())?;
        let status = reply.status();
        if status == 503 && !reply.headers().contains_key("retry-after") {
            return Err("told to come back, and not when".to_owned());
        }
        let mut session = String::new();
        for value in reply.headers().get_all("set-cookie") {
            let parsed = cookie::Cookie::parse(value.to_str().unwrap_or_default().to_owned());
            match parsed.map_err(|error| error.to_string())? {
                cookie if cookie.name() == "__Host-lw" => cookie.value().clone_into(&mut session),
                cookie if cookie.name() == "__Host-lw-flow" => {
                    cookie.value().clone_into(&mut self.flow_cookie);
                }
                _ => {}
            }
        }
        let body: Value = reply.json().await.map_err(|error| error.to_string())?;
        if status.is_success() {
            Ok((body, session))
        } else {
            // A first answer that was lost explains a second that nobody expects.
            Err(format!("{status}: {body}, at first: {away:?}"))
        }
    }

    async fn post(&self, path: &str, body: &Value) -> reqwest::Result<reqwest::Response> {
        let mut request = self
            .client
            .post(format!("{}{path}", self.base))
            .header("x-csrf", "1")
            .json(body);
        if !self.flow_cookie.is_empty() {
            request = request.header("cookie", format!("__Host-lw-flow={}", self.flow_cookie));
        }
        request.send().await
    }

    async fn code(&self) -> Result<String, String> {
        let mut reply = Err("no operations listener".to_owned());
        for ops in &self.ops {
            let request = self.client.get(format!("{ops}/messages"));
            let sent = request.query(&[("to", &self.email)]).send().await;
            reply = sent.map_err(|error| error.to_string());
            if reply
                .as_ref()
                .is_ok_and(|reply| reply.status().is_success())
            {
                break;
            }
        }
        let reply = reply?;
        if !reply.status().is_success() {
            return Err(format!("{} at the outbox", reply.status()));
        }
        let body: Value = reply.json().await.map_err(|error| error.to_string())?;
        let items = body["items"].as_array().ok_or("no mails")?;
        let code = items.iter().rev().find_map(|mail| mail["code"].as_str());
        code.map(str::to_owned).ok_or_else(|| "no code".to_owned())
    }
}
