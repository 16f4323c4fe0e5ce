//! `laneway login`, `token`, `whoami`, `logout`: the real program in a terminal, at a real server.

use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::harness::node::Node;
use crate::harness::terminal::{Said, Terminal, types};
use crate::oauth::client::claims;

fn decoded(text: &str) -> Vec<u8> {
    STANDARD.decode(text).expect("base64")
}

/// A person's browser: a session, and forms.
struct Person {
    client: reqwest::Client,
    base: String,
    cookie: String,
}

impl Person {
    async fn at(node: &Node, email: &str) -> Self {
        let session = node
            .visitor(email)
            .sign_in("signup")
            .await
            .expect("a session");
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        Self {
            client: client.build().expect("a client"),
            base: node.url(),
            cookie: format!(
                "__Host-lw={session}; __Host-lw-flow=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            ),
        }
    }

    async fn get(&self, url: &str) -> reqwest::Response {
        let own = url.starts_with(&self.base);
        let request = self.client.get(url);
        let request = if own {
            request.header("cookie", &self.cookie)
        } else {
            request
        };
        request.send().await.expect("an answer")
    }

    /// Follows an app's request to where it ends on this computer.
    async fn allows(&self, url: &str) -> String {
        let reply = self.get(url).await;
        assert_eq!(reply.status(), 303, "{url}");
        reply.headers()["location"]
            .to_str()
            .expect("an address")
            .to_owned()
    }

    async fn posts(&self, fields: &[(&str, &str)]) -> String {
        let page = self
            .get(&format!("{}/device", self.base))
            .await
            .text()
            .await
            .expect("a page");
        let csrf = page
            .split("name=\"csrf\" value=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", csrf.expect("a token"))
            .extend_pairs(fields);
        let request = self
            .client
            .post(format!("{}/device", self.base))
            .header("cookie", &self.cookie)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.finish());
        request
            .send()
            .await
            .expect("an answer")
            .text()
            .await
            .expect("a page")
    }

    async fn answers_device(&self, code: &str, answer: &str) -> String {
        self.posts(&[("user_code", code)]).await;
        self.posts(&[("user_code", code), ("answer", answer)]).await
    }

    /// What the server answers to a token.
    async fn shows(&self, token: &str, path: &str) -> (u16, Value) {
        let request = self.client.get(format!("{}{path}", self.base));
        let reply = request.bearer_auth(token).send().await.expect("an answer");
        (
            reply.status().as_u16(),
            reply.json().await.unwrap_or_default(),
        )
    }
}

async fn signed_in(terminal: &Terminal, node: &Node, person: &Person, more: &[&str]) {
    let url = node.url();
    let mut arguments = vec!["login", "--server", &url];
    arguments.extend(more);
    let child = terminal.start(&arguments);
    let back = person.allows(&terminal.opened().await).await;
    let page = person.get(&back).await;
    assert_eq!(page.status(), 200);
    assert!(
        page.text()
            .await
            .expect("a page")
            .contains("Back to the terminal")
    );
    Said::from(child.wait_with_output().expect("it ends")).done();
}

fn shown_code(said: &str) -> Option<String> {
    let code = said.split("user_code=").nth(1)?.get(..9)?;
    Some(code.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_signs_in_by_their_browser_and_scripts_get_tokens() {
    let node = Node::on_sqlite().await;
    let person = Person::at(&node, "ana@x.test").await;
    let terminal = Terminal::new();
    assert_eq!(terminal.run(&["token"]).code, 3, "not signed in");
    signed_in(&terminal, &node, &person, &[]).await;
    let file = terminal.file("default.json");
    let rights = std::fs::metadata(&file).expect("a file").permissions();
    assert_eq!(rights.mode() & 0o777, 0o600);
    let who = terminal.run(&["whoami"]).done();
    assert_eq!(who, format!("ana@x.test at {}", node.url()));
    let token = terminal.run(&["token"]).done();
    assert_eq!(claims(&token)["client_id"], "laneway-cli");
    let (status, me) = person.shows(&token, "/v1/me").await;
    assert_eq!((status, &me["email"]), (200, &json!("ana@x.test")));
    let again = terminal.run(&["token"]).done();
    assert_eq!(token, again, "good for a while");
    // Less, for something else, and in the forms that others read.
    let less: Value = serde_json::from_str(
        &terminal
            .run(&["token", "--scope", "openid", "--json"])
            .done(),
    )
    .expect("JSON");
    assert_eq!(
        (&less["scope"], &less["token_type"]),
        (&json!("openid"), &json!("Bearer"))
    );
    assert!(
        less["expires_at"]
            .as_str()
            .is_some_and(|at| at.ends_with('Z'))
    );
    let exec: Value =
        serde_json::from_str(&terminal.run(&["token", "--exec-credential"]).done()).expect("JSON");
    assert_eq!(
        (&exec["kind"], &exec["apiVersion"]),
        (
            &json!("ExecCredential"),
            &json!("client.authentication.k8s.io/v1")
        )
    );
    assert_eq!(exec["status"]["token"], json!(token));
    let refused = terminal.run(&["token", "--audience", "https://else.test/"]);
    assert_eq!(refused.code, 5, "{refused:?}");
    assert_eq!(terminal.run(&["token", "--org", "nowhere"]).code, 5);
    // The sign-in of the terminal is one of the person's, and has no browser.
    let (_, all) = person.shows(&token, "/v1/me/sessions").await;
    let own = all["items"]
        .as_array()
        .expect("items")
        .iter()
        .find(|one| one["current"] == true)
        .expect("itself");
    assert_eq!(own["app"]["name"], "Laneway CLI");
    assert_eq!(terminal.run(&["logout"]).done(), "signed out");
    assert!(!file.exists());
    assert_eq!(
        person.shows(&token, "/v1/me").await.0,
        401,
        "taken back at the server"
    );
    assert_eq!(terminal.run(&["whoami"]).code, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_that_need_a_token_at_once_one_refreshes() {
    let node = Node::on_sqlite().await;
    let person = Person::at(&node, "ana@x.test").await;
    let terminal = std::sync::Arc::new(Terminal::new());
    signed_in(&terminal, &node, &person, &[]).await;
    let old = terminal.run(&["token"]).done();
    // As it is when the token that lies there is over.
    let path = terminal.file("default.json");
    let mut stored: Value =
        serde_json::from_slice(&std::fs::read(&path).expect("a file")).expect("JSON");
    let plain = decoded(stored["sealed"].as_str().expect("a text"));
    let mut kept: Value = serde_json::from_slice(&plain).expect("JSON");
    kept["tokens"][0]["expires_at"] = json!(1);
    stored["sealed"] = json!(STANDARD.encode(kept.to_string()));
    std::fs::write(&path, stored.to_string()).expect("written");
    let all = (0..20).map(|_| {
        let terminal = std::sync::Arc::clone(&terminal);
        tokio::task::spawn_blocking(move || terminal.run(&["token"]).done())
    });
    let all = futures::future::join_all(all).await;
    let distinct: std::collections::BTreeSet<String> = all
        .into_iter()
        .map(|token| token.expect("a token"))
        .collect();
    assert_eq!(distinct.len(), 1, "one refresh");
    assert!(!distinct.contains(&old));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_browser_there_is_a_code_or_an_address_to_paste() {
    let node = Node::on_sqlite().await;
    let person = Person::at(&node, "ana@x.test").await;
    let (terminal, url) = (Terminal::new(), node.url());
    let child = terminal.start(&["login", "--server", &url, "--device", "--profile", "tv"]);
    let code = terminal.says(shown_code).await;
    assert!(
        person
            .answers_device(&code, "allow")
            .await
            .contains("Your device is signed in")
    );
    Said::from(child.wait_with_output().expect("it ends")).done();
    assert_eq!(
        terminal.run(&["whoami", "--profile", "tv"]).done(),
        format!("ana@x.test at {url}")
    );
    let child = terminal.start(&["login", "--server", &url, "--device", "--profile", "no"]);
    let code = terminal.says(shown_code).await;
    person.answers_device(&code, "deny").await;
    assert_eq!(
        Said::from(child.wait_with_output().expect("it ends")).code,
        5
    );
    assert_eq!(
        terminal.run(&["token", "--profile", "no"]).code,
        3,
        "profiles know nothing of each other"
    );
    // An address to paste; another's is refused.
    for (fitting, expected) in [(false, 1), (true, 0)] {
        let mut child = terminal.start(&["login", "--server", &url, "--no-browser"]);
        let asks = terminal.says(|said| {
            let rest = said.split("  http").nth(1)?;
            rest.contains("Paste")
                .then(|| format!("http{}", rest.split('\n').next().unwrap_or_default()))
        });
        let asks = asks.await;
        let back = person.allows(&asks).await;
        let back = if fitting {
            back
        } else {
            back.replace("state=", "state=x")
        };
        types(&mut child, &format!("{back}\n"));
        assert_eq!(
            Said::from(child.wait_with_output().expect("it ends")).code,
            expected,
            "{back}"
        );
    }
    terminal.run(&["whoami"]).done();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pressing_d_while_the_browser_is_open_goes_on_by_code() {
    let node = Node::on_sqlite().await;
    let person = Person::at(&node, "ana@x.test").await;
    let (terminal, url) = (Terminal::new(), node.url());
    let mut child = terminal.start_in_terminal(&["login", "--server", &url]);
    terminal.opened().await;
    terminal
        .says(|said| said.contains("Press d").then(String::new))
        .await;
    types(&mut child, "d");
    let code = terminal.says(shown_code).await;
    person.answers_device(&code, "allow").await;
    terminal
        .says(|said| said.contains("signed in as ana@x.test").then(String::new))
        .await;
    assert!(child.wait().expect("it ends").success());
    terminal.run(&["token"]).done();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lies_on_the_disk_is_sealed_where_there_is_a_key() {
    let mut node = Node::on_sqlite().await;
    let person = Person::at(&node, "ana@x.test").await;
    let inside = |terminal: &Terminal| {
        let stored: Value =
            serde_json::from_slice(&std::fs::read(terminal.file("default.json")).expect("a file"))
                .expect("JSON");
        String::from_utf8_lossy(&decoded(stored["sealed"].as_str().expect("a text")))
            .contains("lw_rt_")
    };
    let plain = Terminal::new();
    signed_in(&plain, &node, &person, &[]).await;
    assert!(inside(&plain));
    plain
        .says(|said| said.contains("no keyring").then(String::new))
        .await;
    // By a passphrase.
    let sealed = Terminal::new().with_passphrase(Some("correct horse"));
    signed_in(&sealed, &node, &person, &[]).await;
    assert!(!inside(&sealed));
    sealed.run(&["token"]).done();
    let sealed = sealed.with_passphrase(Some("wrong"));
    assert_eq!(sealed.run(&["token"]).code, 1);
    // By a keyring, through the tool that a desktop brings.
    let keyring = Terminal::new();
    keyring.tool(
        "secret-tool",
        "case $1 in store) cat > \"$HOME/key\" ;; *) cat \"$HOME/key\" ;; esac",
    );
    signed_in(&keyring, &node, &person, &[]).await;
    assert!(!inside(&keyring));
    let token = keyring.run(&["token"]).done();
    keyring.tool("secret-tool", "exit 1");
    assert_eq!(keyring.run(&["token"]).code, 1, "locked");
    // A server that does not answer is another matter.
    node.kill();
    assert_eq!(plain.run(&["token"]).code, 4);
    assert_eq!(plain.run(&["logout"]).code, 4);
    assert_eq!(plain.run(&["logout", "--local"]).done(), "signed out");
    assert_eq!(claims(&token)["client_id"], "laneway-cli");
}

#[test]
fn shells_and_man_are_told_everything() {
    let terminal = Terminal::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(
            terminal
                .run(&["completions", shell])
                .done()
                .contains("exec-credential"),
            "{shell}"
        );
    }
    let page = terminal.run(&["man"]).done();
    for words in ["laneway", "login", "token", "Exit codes"] {
        assert!(page.contains(words), "{words}");
    }
    assert_eq!(terminal.run(&["login"]).code, 1, "which server?");
    assert_eq!(terminal.run(&["token", "--profile", "../x"]).code, 1);
    assert_eq!(terminal.run(&["token", "--nonsense"]).code, 2);
}
