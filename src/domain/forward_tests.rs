//! What the rule of forward-auth reads and decides.

use laneway_contract::Acr;

use super::*;
use crate::domain::OrgId;

fn member() -> Membership {
    Membership {
        org: OrgId("o1".into()),
        slug: "acme".into(),
        name: "Acme".into(),
        roles: vec!["admin".into(), "dev".into()],
        permissions: vec!["members:read".into()],
        max_staleness: None,
    }
}

fn verdict(query: &str, acr: Acr, verified: bool, org: bool) -> Verdict {
    let member = member();
    let who = Who {
        acr,
        email: verified.then_some("Ana@X.test"),
        org: org.then_some(&member),
        scopes: None,
        alone: false,
    };
    judge(&rules(query).expect("filters"), Some(&who))
}

#[test]
fn addresses_are_taken_apart_without_being_changed() {
    let read = Original::parse("GET", "https://App.Test:8443/a%2Fb;c//d?e=%zz&f=..").expect("fine");
    assert_eq!(read.host, "App.Test:8443");
    assert_eq!(read.origin, "https://app.test:8443");
    assert_eq!(read.path, "/a%2Fb;c//d?e=%zz&f=..");
    assert_eq!(
        Original::parse("GET", "https://app.test")
            .expect("fine")
            .path,
        "/"
    );
    assert_eq!(
        Original::of("GET", "ws", "app.localhost:80", "/")
            .expect("fine")
            .origin,
        "http://app.localhost:80"
    );
    assert_eq!(
        Original::of("GET", "wss", "app.test", "/")
            .expect("fine")
            .origin,
        "https://app.test"
    );
}

#[test]
fn path_or_host_that_two_may_read_differently_is_refused() {
    for bad in [
        "",
        "/x",
        "app.test/x",
        "//app.test/x",
        "ftp://app.test/",
        "http://app.test/",
        "https://",
        "https:///x",
        "https://user@app.test/",
        "https://app.test:99999/",
        "https://app.test?x",
        "https://app.test/a/../b",
        "https://app.test/a/..",
        "https://app.test/%2e%2E/b",
        "https://app.test/a/..;x/b",
        "https://app.test/a/.%2e%2fb",
        "https://app.test/%252e%252e/b",
        "https://app.test/a\\b",
        "https://app.test/a%5cb",
        "https://app.test/a%00",
        "https://app.test/a%0d%0ab",
        "https://app.test/a%7f",
        "https://app.test/a%",
        "https://app.test/a%2",
        "https://app.test/a%zz",
        "https://app.test/a b",
        "https://app.test/ü",
        "https://app.test/a#b",
        "https://app.test/a?b#c",
        "https://app.test/a\tb",
        "https://app.test\\@evil.test/",
        "https://app.test, https://evil.test/",
    ] {
        assert!(Original::parse("GET", bad).is_err(), "{bad:?}");
    }
    let long = format!("https://app.test/{}", "a".repeat(9000));
    assert!(Original::parse("GET", &long).is_err());
    for bad in ["", "GE T", "GET\r", "ü"] {
        assert!(
            Original::parse(bad, "https://app.test/").is_err(),
            "{bad:?}"
        );
    }
}

#[test]
fn a_sign_in_carries_back_as_much_as_fits() {
    let long = format!("https://app.test/deep?q={}", "a".repeat(3000));
    let read = Original::parse("GET", &long).expect("fine");
    assert_eq!(read.return_address(), "https://app.test/deep");
    let longer = format!("https://app.test/{}", "a".repeat(3000));
    let read = Original::parse("GET", &longer).expect("fine");
    assert_eq!(read.return_address(), "https://app.test/");
    let read = Original::parse(
        "GET",
        "https://app.test/a?b=c&d=ü%20".trim_end_matches("ü%20"),
    )
    .expect("fine");
    assert_eq!(
        login_address("https://login.test", &read, Some(Acr::Aal2)),
        "https://login.test/bff/login?rd=https%3A%2F%2Fapp.test%2Fa%3Fb%3Dc%26d%3D&acr_values=aal2"
    );
}

#[test]
fn filters_decide() {
    let table = [
        ("", Verdict::Yes),
        ("org=acme", Verdict::Yes),
        ("org=o1", Verdict::Yes),
        ("org=other,acme", Verdict::Yes),
        ("org=other", Verdict::Refused(0)),
        ("role=admin", Verdict::Yes),
        ("role=viewer,dev", Verdict::Yes),
        ("role=admin&role=viewer", Verdict::Refused(1)),
        ("allowed_groups=dev", Verdict::Yes),
        ("allowed_groups=viewer", Verdict::Refused(0)),
        ("scope=members:read", Verdict::Yes),
        ("scope=members:read+members:write", Verdict::Refused(0)),
        ("acr=aal1", Verdict::Yes),
        ("acr=phr", Verdict::StepUp(Acr::Phr)),
        ("acr=phr&role=viewer", Verdict::Refused(1)),
        ("acr=aal2&acr=phr", Verdict::StepUp(Acr::Phr)),
        ("allowed_emails=ana@x.test", Verdict::Yes),
        ("allowed_emails=ben@x.test", Verdict::Refused(0)),
        ("allowed_email_domains=x.test", Verdict::Yes),
        ("allowed_email_domains=y.test", Verdict::Refused(0)),
    ];
    for (query, want) in table {
        assert_eq!(verdict(query, Acr::Aal1, true, true), want, "{query}");
    }
    for query in ["org=acme", "role=admin", "scope=members:read"] {
        let without = verdict(query, Acr::Aal1, true, false);
        assert_eq!(
            without,
            Verdict::Refused(0),
            "{query} without an organization"
        );
    }
    for query in ["allowed_emails=ana@x.test", "allowed_email_domains=x.test"] {
        let unproven = verdict(query, Acr::Phr, false, true);
        assert_eq!(
            unproven,
            Verdict::Refused(0),
            "{query} with an unproven address"
        );
    }
    assert_eq!(judge(&[], None), Verdict::SignIn);
}

#[test]
fn a_filter_with_a_typing_error_lets_nobody_in() {
    for bad in [
        "roel=admin",
        "role=",
        "role",
        "acr=gold",
        "rd=/",
        "role=,",
        "ROLE=admin",
    ] {
        assert!(rules(bad).is_err(), "{bad}");
    }
}

#[test]
fn of_a_browsers_query_only_filters_are_looked_at_and_none_is_dropped() {
    assert_eq!(known_rules("x=1&rd=/&roel=admin"), Ok(Vec::new()));
    assert_eq!(known_rules("x=1&role=admin"), rules("role=admin"));
    assert!(known_rules("role=").is_err());
    for name in NAMES {
        assert!(rules(&format!("{name}=aal1")).is_ok(), "{name}");
    }
}

#[test]
fn dot_segments_in_any_spelling_are_refused() {
    for bad in [
        "/../x",
        "/a/..",
        "/a/%2e%2e/x",
        "/a/%2E%2e%2fx",
        "/a/..;x/y",
        "/a\\..\\b",
        "/%252e%252e/x",
        "/./x",
        "/..%5cx",
    ] {
        assert!(climbs(bad), "{bad}");
    }
    for good in [
        "",
        "/",
        "/a.b/c..d",
        "/...",
        "/a//b",
        "/%20x",
        "/.well-known/x",
    ] {
        assert!(!climbs(good), "{good}");
    }
}
