//! App hosts, frontends, routes.

use std::path::PathBuf;
use std::time::Duration;

use super::{fault_keys, faults, good};
use crate::config::{Exchange, Frontend, HeaderSet, RouteToken};

const APPS: &str = r#"
public_url = "http://localhost:8080"
[[app]]
host = "demo.localhost"
frontend = { dir = "dev/demo" }
header_sets = ["laneway", "remote", "remote"]
[[app.route]]
name = "echo"
backend = "http://10.0.0.1:7000/base"
[[app.route]]
name = "open"
backend = "http://127.0.0.1:7001"
token = "none"
anonymous = true
strip_prefix = false
body_limit = 0
[[app]]
host = "IDE.Example:8443"
frontend = { proxy = "http://127.0.0.1:5173", header_timeout = "45s" }
"#;

#[test]
fn apps_have_origin_frontend_and_routes() {
    let apps = good(APPS, &[]).apps;
    assert_eq!(
        (apps[0].host.as_str(), apps[0].origin.as_str()),
        ("demo.localhost", "http://demo.localhost:8080/")
    );
    assert_eq!(
        (apps[1].host.as_str(), apps[1].origin.as_str()),
        ("ide.example:8443", "https://ide.example:8443/")
    );
    assert_eq!(
        apps[0].frontend,
        Some(Frontend::Dir(PathBuf::from("dev/demo")))
    );
    assert_eq!(apps[0].header_sets, [HeaderSet::Remote, HeaderSet::Laneway]);
    let Some(Frontend::Proxy { url, exchange }) = &apps[1].frontend else {
        panic!("a server")
    };
    assert_eq!(url.as_str(), "http://127.0.0.1:5173/");
    let seconds = Duration::from_secs;
    let defaults = Exchange {
        body_limit: 10 << 20,
        connect_timeout: seconds(2),
        header_timeout: seconds(10),
        idle_timeout: seconds(60),
        stream_idle_timeout: seconds(600),
    };
    // CONTRACT §4 and the issue name these numbers.
    assert_eq!(
        *exchange,
        Exchange {
            header_timeout: seconds(45),
            ..defaults
        }
    );
    let [echo, open] = &apps[0].routes[..] else {
        panic!("two routes")
    };
    assert_eq!(echo.audience, "http://demo.localhost:8080/api/echo");
    assert_eq!(echo.token, RouteToken::Laneway);
    assert!(echo.strip_prefix && !echo.anonymous);
    assert_eq!(echo.exchange, defaults);
    assert!(open.anonymous && !open.strip_prefix && open.exchange.body_limit == 0);
}

#[test]
fn garbled_apps_refuse_to_start() {
    let table = [
        (
            "host = \"IDE.Example:8443\"",
            "host = \"localhost\"",
            "app[1].host",
        ),
        (
            "host = \"IDE.Example:8443\"",
            "host = \"demo.localhost:9\"",
            "app[1].host",
        ),
        (
            "host = \"IDE.Example:8443\"",
            "host = \"https://ide.example\"",
            "app[1].host",
        ),
        ("host = \"IDE.Example:8443\"", "", "app[1].host"),
        ("name = \"open\"", "name = \"echo\"", "app[0].route[1].name"),
        ("name = \"open\"", "name = \"../x\"", "app[0].route[1].name"),
        (
            "token = \"none\"",
            "token = \"off\"",
            "app[0].route[1].token",
        ),
        (
            "token = \"none\"",
            "token = \"upstream\"\naudience = \"urn:x\"",
            "app[0].route[1].audience",
        ),
        (
            "anonymous = true",
            "anonymous = 1",
            "app[0].route[1].anonymous",
        ),
        (
            "anonymous = true",
            "anonymus = true",
            "app[0].route[1].anonymus",
        ),
        (
            "body_limit = 0",
            "body_limit = 'all'",
            "app[0].route[1].body_limit",
        ),
        (
            "body_limit = 0",
            "idle_timeout = '0s'",
            "app[0].route[1].idle_timeout",
        ),
        (
            "http://127.0.0.1:7001",
            "ftp://127.0.0.1",
            "app[0].route[1].backend",
        ),
        (
            "http://127.0.0.1:7001",
            "http://u:p@127.0.0.1",
            "app[0].route[1].backend",
        ),
        (
            "dir = \"dev/demo\"",
            "dir = 'dev', proxy = 'http://x'",
            "app[0].frontend",
        ),
        ("dir = \"dev/demo\"", "", "app[0].frontend"),
        (
            "dir = \"dev/demo\"",
            "dir = \"dev/nothing\"",
            "app[0].frontend.dir",
        ),
        (
            "dir = \"dev/demo\"",
            "dir = 'dev', idle_timeout = '9s'",
            "app[0].frontend.idle_timeout",
        ),
        ("[\"laneway\", ", "[\"all\", ", "app[0].header_sets"),
    ];
    for (from, to, key) in table {
        let text = APPS.replace(from, to);
        assert_ne!(text, APPS, "{from} is in the example");
        assert_eq!(fault_keys(&faults(&text, &[])), [key], "{to}");
    }
}
