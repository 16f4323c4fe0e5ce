//! Requests and answers in Markdown, sent and compared.
//!
//! Owns: reading the blocks, which values may differ from run to run (ids, tokens, numbers), and
//! that an id of the page stands for the same id of the run until somebody else sits down.
//! Must not know: what is asked.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde_json::Value;

use crate::harness::{Browser, Call, Reply};

/// A piece of the page, with its line.
pub enum Block {
    /// `<!-- run: … -->`
    Scene(String),
    /// A request to send.
    Request(String, usize),
    /// What the last request is answered with.
    Answer(String, usize),
    /// Claims of the token that the last request brought to the backend.
    Claims(String, usize),
}

/// Scenes, requests and answers of a page, in order.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut out = Vec::new();
    let mut open: Option<(String, String, usize)> = None;
    for (index, line) in page.lines().enumerate() {
        if let Some((kind, mut text, from)) = open.take() {
            if line != "```" {
                text.push_str(line);
                text.push('\n');
                open = Some((kind, text, from));
                continue;
            }
            match kind.as_str() {
                "http" if text.starts_with("HTTP/") => out.push(Block::Answer(text, from)),
                "http" => out.push(Block::Request(text, from)),
                "json claims" => out.push(Block::Claims(text, from)),
                _ => {}
            }
        } else if let Some(kind) = line.strip_prefix("```") {
            open = Some((kind.to_owned(), String::new(), index + 2));
        } else if let Some(rest) = line.strip_prefix("<!-- run: ") {
            out.push(Block::Scene(rest.trim_end_matches(" -->").to_owned()));
        }
    }
    out
}

/// The text of all blocks of a language.
pub fn fenced(page: &str, language: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let text: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            if kind == language {
                out.push(text.join("\n"));
            }
        }
    }
    out
}

/// A run through a page.
pub struct Examples {
    browser: Browser,
    last: Option<Reply>,
    at: String,
    names: BTreeMap<String, String>,
}

impl Examples {
    /// With a browser to begin with.
    pub fn new(browser: Browser) -> Self {
        Self {
            browser,
            last: None,
            at: String::new(),
            names: BTreeMap::new(),
        }
    }

    /// Somebody else sits down.
    pub fn enter(&mut self, browser: Browser) {
        self.browser = browser;
        self.last = None;
        self.names.clear();
    }

    /// Sends a request. `code` is the newest that was mailed; the page shows another one.
    pub async fn ask(&mut self, text: &str, line: usize, code: Option<&str>) {
        let text = self.rename(text);
        let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
        let mut lines = head.lines();
        let first = lines.next().expect("a request line");
        let (method, url) = first
            .split_once(' ')
            .unwrap_or_else(|| panic!("line {line}: {first}"));
        let url = if url == "{location}" {
            self.location(line)
        } else {
            url.to_owned()
        };
        let mut call = Call::new(method, &url);
        for header in lines {
            let (name, value) = header
                .split_once(": ")
                .unwrap_or_else(|| panic!("line {line}: {header}"));
            call = call.header(&name.to_lowercase(), value);
        }
        if !body.trim().is_empty() {
            call = call.body(with_code(body, code).into_bytes());
        }
        self.at = url;
        self.last = Some(self.browser.send(call).await);
    }

    fn location(&self, line: usize) -> String {
        let last = self
            .last
            .as_ref()
            .unwrap_or_else(|| panic!("line {line}: nothing was asked"));
        let base = url::Url::parse(&self.at).expect("an address");
        base.join(last.location()).expect("a location").into()
    }

    /// Compares the last answer with the page: status, the headers and the body it shows.
    pub fn compare(&mut self, text: &str, line: usize) {
        let reply = self
            .last
            .clone()
            .unwrap_or_else(|| panic!("line {line}: nothing was asked"));
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let status = lines
            .next()
            .and_then(|first| first.split(' ').nth(1))
            .expect("a status");
        assert_eq!(
            status,
            reply.code().to_string(),
            "line {line}: {}",
            reply.text()
        );
        for header in lines {
            let (name, value) = header
                .split_once(": ")
                .unwrap_or_else(|| panic!("line {line}: {header}"));
            let given: Vec<String> = reply
                .headers
                .get_all(name)
                .iter()
                .map(|value| value.to_str().expect("ASCII").to_owned())
                .collect();
            let fits = given.iter().any(|given| self.same_text(value, given));
            assert!(fits, "line {line}: {name}: {value}\ngiven: {given:?}");
        }
        if !body.trim().is_empty() {
            let shown = json(body, line);
            let given = reply.json();
            self.same(&shown, &given, "")
                .unwrap_or_else(|why| panic!("line {line}: {why}\n{given:#}"));
        }
    }

    /// Compares the claims that the echoing backend was sent.
    pub fn compare_claims(&mut self, text: &str, line: usize) {
        let reply = self.last.as_ref().expect("something was asked").json();
        let headers = reply["headers"]
            .as_array()
            .expect("the backend answers headers");
        let bearer = headers
            .iter()
            .find(|pair| pair[0] == "authorization")
            .expect("a token");
        let token = bearer[1]
            .as_str()
            .and_then(|text| text.strip_prefix("Bearer "))
            .expect("a token");
        let part = |index| {
            let bytes = B64
                .decode(token.split('.').nth(index).expect("three parts"))
                .expect("base64url");
            serde_json::from_slice::<Value>(&bytes).expect("JSON")
        };
        let header: Value = part(0);
        assert_eq!(
            (&header["alg"], &header["typ"]),
            (&Value::from("ES256"), &Value::from("at+jwt"))
        );
        let given = part(1);
        self.same(&json(text, line), &given, "")
            .unwrap_or_else(|why| panic!("line {line}: {why}\n{given:#}"));
    }

    fn rename(&self, text: &str) -> String {
        self.names
            .iter()
            .fold(text.to_owned(), |text, (shown, given)| {
                text.replace(shown, given)
            })
    }

    fn same(&mut self, shown: &Value, given: &Value, at: &str) -> Result<(), String> {
        match (shown, given) {
            (Value::Object(shown), Value::Object(given)) => {
                let partial = shown.contains_key("…");
                for (key, value) in shown.iter().filter(|(key, _)| *key != "…") {
                    let other = given
                        .get(key)
                        .ok_or_else(|| format!("{at}/{key} is not given"))?;
                    self.same(value, other, &format!("{at}/{key}"))?;
                }
                match given.keys().find(|key| !shown.contains_key(*key)) {
                    Some(key) if !partial => Err(format!("{at}/{key} is not shown")),
                    _ => Ok(()),
                }
            }
            (Value::Array(shown), Value::Array(given)) if shown.len() == given.len() => {
                let mut pairs = shown.iter().zip(given).enumerate();
                pairs.try_for_each(|(index, (shown, given))| {
                    self.same(shown, given, &format!("{at}/{index}"))
                })
            }
            (Value::String(shown), Value::String(given)) if self.same_text(shown, given) => Ok(()),
            // Counters and instants move; a status is compared before.
            (Value::Number(_), Value::Number(_)) => Ok(()),
            _ if shown == given => Ok(()),
            _ => Err(format!("{at}: the page shows {shown}")),
        }
    }

    /// Equal word by word, where ids and random values stand for each other.
    fn same_text(&mut self, shown: &str, given: &str) -> bool {
        if is_instant(shown) && is_instant(given) {
            return true;
        }
        let (shown, given) = (words(shown), words(given));
        let open = shown.iter().position(|word| *word == "…");
        let enough = open.map_or(shown.len() == given.len(), |open| open <= given.len());
        enough
            && shown
                .iter()
                .zip(&given)
                .take(open.unwrap_or(shown.len()))
                .all(|(shown, given)| self.same_word(shown, given))
    }

    fn same_word(&mut self, shown: &str, given: &str) -> bool {
        if shown == given {
            return true;
        }
        let kind = kind(shown);
        if kind.is_none() || kind != self::kind(given) {
            return false;
        }
        // The same id on the page must be the same id in the run, request references aside.
        if kind == Some("id") {
            let known = self.names.entry(shown.to_owned());
            return known.or_insert_with(|| given.to_owned()) == given;
        }
        // What was handed out is what the page sends back.
        self.names.insert(shown.to_owned(), given.to_owned());
        true
    }
}

fn is_instant(text: &str) -> bool {
    time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).is_ok()
}

/// What may differ: ids, references, random values.
fn kind(word: &str) -> Option<&'static str> {
    let reference = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    if uuid::Uuid::parse_str(word).is_ok() {
        Some("id")
    } else if word.len() == 12 && word.chars().all(reference) {
        Some("reference")
    } else if word.len() == 9
        && word.as_bytes()[4] == b'-'
        && word.replace('-', "").chars().all(reference)
    {
        Some("user code")
    } else if word.len() >= 20 {
        Some("random")
    } else {
        None
    }
}

/// Runs of letters, digits, `-` and `_`; everything else stands alone.
fn words(text: &str) -> Vec<&str> {
    let inner = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if inner(first) {
            rest.find(|c| !inner(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        out.push(&rest[..end]);
        rest = &rest[end..];
    }
    out
}

/// The code on the page is not the one that was mailed. `000000` stands for a wrong one.
fn with_code(body: &str, code: Option<&str>) -> String {
    let Ok(mut json) = serde_json::from_str::<Value>(body) else {
        return body.trim_end().to_owned();
    };
    if let (Some(shown), Some(code)) = (json.get_mut("code"), code)
        && shown != "000000"
    {
        *shown = code.into();
    }
    json.to_string()
}

fn json(text: &str, line: usize) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("line {line}: {error}\n{text}"))
}

#[test]
fn a_page_that_lies_is_noticed() {
    let mut run = Examples::new(Browser::new(axum::Router::new()));
    let (a, b) = (
        "01a2108c-06ae-7018-aebb-c69497a38287",
        "01a2108c-06ae-7018-aebb-c69497a38299",
    );
    let given = serde_json::json!({ "id": b, "kind": "done", "n": 2, "ok": true });
    let mut differs = |shown: Value| run.same(&shown, &given, "").is_err();
    assert!(!differs(
        serde_json::json!({ "id": a, "kind": "done", "n": 1, "ok": true })
    ));
    assert!(!differs(serde_json::json!({ "id": a, "…": "…" })));
    assert!(
        differs(serde_json::json!({ "id": a, "kind": "done", "n": 1 })),
        "a member is not shown"
    );
    assert!(differs(
        serde_json::json!({ "id": a, "kind": "done", "n": 1, "ok": true, "x": 1 })
    ));
    assert!(differs(
        serde_json::json!({ "id": a, "kind": "pending", "n": 1, "ok": true })
    ));
    assert!(differs(
        serde_json::json!({ "id": a, "kind": "done", "n": "2", "ok": true })
    ));
    assert!(differs(
        serde_json::json!({ "id": a, "kind": "done", "n": 2, "ok": false })
    ));
    assert!(run.same_text(&format!("/flows/{a}"), &format!("/flows/{b}")));
    assert!(
        !run.same_text(&format!("/flows/{a}"), &format!("/flows/{a}x")),
        "no id"
    );
    assert!(!run.same_text("/a?b=…", "/a?c=1"));
}
