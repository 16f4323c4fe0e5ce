//! How somebody gets in, and the one-time values that they leave behind on the way.

use std::sync::Mutex;

use laneway_sqlkit::q;
use serde_json::json;

use crate::harness::{Browser, Call, LOGIN, TestApp, answer};

/// A request whose value counts once.
#[derive(Clone)]
pub struct Spent {
    pub call: Call,
    /// As its browser was before it.
    pub browser: Browser,
    pub person: usize,
    /// Was it answered as the first?
    pub taken: bool,
}

/// Values of a sign-in that may be cut off: noted before they are sent.
pub type Noted = Mutex<Vec<Spent>>;

/// A value goes out; whether it was taken is known when its answer comes.
async fn spend(browser: &mut Browser, call: Call, person: usize, noted: &Noted) -> u16 {
    let copy = browser.clone();
    let new = Spent {
        call: call.clone(),
        browser: copy,
        person,
        taken: false,
    };
    noted.lock().expect("a list").push(new);
    let reply = browser.send(call).await;
    let code = reply.code();
    let cookie = browser.cookie(LOGIN, "__Host-lw").is_some();
    if code == 200 || cookie {
        let mut all = noted.lock().expect("a list");
        all.last_mut().expect("it was noted").taken = true;
    }
    code
}

fn session(browser: &Browser) -> Option<String> {
    browser.cookie(LOGIN, "__Host-lw").map(str::to_owned)
}

/// By a mailed code, or up by one.
pub async fn by_code(
    app: &TestApp,
    (person, email): (usize, &str),
    noted: &Noted,
) -> Option<String> {
    let mut browser = app.browser();
    let purpose = if has_account(app, email).await {
        "login"
    } else {
        "signup"
    };
    let body = json!({ "purpose": purpose, "username": email });
    let begun = browser.post("/v1/auth/flows", body).await;
    let flow = begun.json()["id"].as_str()?.to_owned();
    let before = app.mails_to(email).await.len();
    let asked = answer(&mut browser, &flow, "email-code", json!({})).await;
    let mails = app.mails_to(email).await;
    if asked.code() != 200 || mails.len() == before {
        return None;
    }
    let code = mails.last()?.code.clone()?;
    let path = format!("/v1/auth/flows/{flow}/email-code");
    let call = Call::api("POST", &path, &json!({ "code": code }));
    let mut status = spend(&mut browser, call, person, noted).await;
    for (kind, body) in [
        ("profile", json!({ "name": "Somebody" })),
        ("enrol", json!({ "skip": true })),
    ] {
        if status != 200 || session(&browser).is_some() {
            break;
        }
        let reply = answer(&mut browser, &flow, kind, body).await;
        // A step that is not asked for here is passed over.
        status = if reply.code() == 409 {
            200
        } else {
            reply.code()
        };
    }
    session(&browser)
}

async fn has_account(app: &TestApp, email: &str) -> bool {
    let sql = "SELECT COUNT(*) AS n FROM embedded_accounts WHERE login_name = $1";
    let row = q(sql).bind(email).one(&app.core().db).await;
    let count: i64 = row.expect("an answer").get("n").expect("a number");
    count > 0
}

/// At the provider and back.
pub async fn by_provider(
    app: &TestApp,
    (person, subject): (usize, &str),
    noted: &Noted,
) -> Option<String> {
    let mut browser = app.browser();
    let start = "/federation/corp/start?return_to=/account";
    let start = browser.get(start).await;
    if !start.location().starts_with("https://fake.test/") {
        return None;
    }
    let authorize = start.location().parse().expect("an address");
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(app.fake.callback_params(subject, &authorize))
        .finish();
    let call = Call::new("GET", &format!("/federation/callback/corp?{query}"));
    spend(&mut browser, call, person, noted).await;
    session(&browser)
}
