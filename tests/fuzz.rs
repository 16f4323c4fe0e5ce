//! Random requests: whatever is sent, the answer is never an error of ours.

use laneway::http::ROUTES;
use laneway_contract::Random as _;
use laneway_fake::SeededRandom;

use crate::garbage::{SEGMENTS, check, with_segment};
use crate::harness::{APP, Call, LOGIN, TestApp, both};

both! {
    async fn no_random_request_is_an_error_of_ours(app: TestApp) {
        let token = app.operator().await;
        app.add_fake().await;
        let mut browser = app.signup("ana@x.test").await;
        app.enter(&mut browser, APP).await;
        let dice = Dice(SeededRandom::new(20_261_125));
        for _ in 0..600 {
            let (call, what) = random_call(&dice, &token);
            check(&browser.send(call).await, &what);
        }
    }
}

struct Dice(SeededRandom);

impl Dice {
    fn below(&self, limit: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % limit as u64).expect("small")
    }

    fn pick<T: Copy>(&self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// Values of JSON that somebody may send.
pub const VALUES: &[&str] = &[
    "1",
    "null",
    "true",
    "\"\"",
    "\"x\"",
    "[]",
    "{}",
    "\"a\\u0000b\"",
    "\"ana@x.test\"",
    "-1",
    "1e999",
    "\"open\"",
    "[1]",
    "\"https://fake.test\"",
    "\"corp\"",
    "\"active\"",
    "\"primary\"",
    "[\"https://a.example\"]",
    "{\"color\":\"#zzz\"}",
    "\"\u{202e}\"",
    "\"login\"",
    "9007199254740993",
    "[null]",
    "[\"admin\"]",
];

/// Names of members that somebody may send.
pub const NAMES: &[&str] = &[
    "name",
    "slug",
    "email",
    "username",
    "purpose",
    "code",
    "upstream",
    "subject",
    "roles",
    "origins",
    "brand",
    "signup",
    "state",
    "role",
    "issuer",
    "client_id",
    "kind",
    "host",
    "public_url",
    "org",
    "return_to",
    "credential",
    "label",
    "jit",
    "options",
    "client_secret",
    "acr_values",
    "max_age",
    "everywhere",
    "password",
    "email_verified",
    "resend",
    "skip",
];

fn random_call(dice: &Dice, token: &str) -> (Call, String) {
    let (method, path, _) = dice.pick(ROUTES);
    let mut url = with_segment(path, dice.pick(SEGMENTS));
    if dice.below(5) == 0 {
        url = url.replace(LOGIN, APP);
    }
    if dice.below(3) == 0 {
        url = format!("{url}?{}={}", dice.pick(NAMES), dice.pick(SEGMENTS));
    }
    let members: Vec<String> = (0..dice.below(6))
        .map(|_| format!("\"{}\":{}", dice.pick(NAMES), dice.pick(VALUES)))
        .collect();
    let body = format!("{{{}}}", members.join(","));
    let mut call = Call::new(method, &url).body(body.clone().into_bytes());
    if dice.below(8) > 0 {
        call = call
            .header("x-csrf", "1")
            .header("content-type", "application/json");
    }
    if dice.below(2) == 0 && !(method == "POST" && path.ends_with("/tenants")) {
        call = call.bearer(token);
    }
    (call, format!("{method} {url} {body}"))
}
