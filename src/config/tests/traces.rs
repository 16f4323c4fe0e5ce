//! Traces: what a program that was built for them takes, and what one says that was not.

use super::*;

const COLLECTOR: (&str, &str) = ("LANEWAY_TRACES_OTLP_ENDPOINT", "http://collector:4318");
const HEADERS: (&str, &str) = (
    "LANEWAY_TRACES_OTLP_HEADERS",
    "Authorization=Bearer%20canary-5ecret",
);

#[test]
fn nothing_is_traced_by_default() {
    let traces = good("", &[LOCAL]).traces;
    assert!(traces.otlp_endpoint.is_none() && traces.otlp_headers.is_empty());
    let traces = good("[traces]\nsample_ratio = 0.25", &[LOCAL]).traces;
    assert!((traces.sample_ratio - 0.25).abs() < 1e-9);
}

#[test]
fn headers_are_for_a_collector_and_never_shown() {
    let found = faults("", &[LOCAL, HEADERS]);
    assert_eq!(fault_keys(&found), ["traces.otlp_headers"]);
    let broken = ("LANEWAY_TRACES_OTLP_HEADERS", SECRET);
    let garbled = faults("", &[LOCAL, broken]);
    for told in [found, garbled] {
        assert!(!format!("{told:?}").contains(SECRET), "{told:?}");
    }
}

#[cfg(not(feature = "otlp"))]
#[test]
fn a_program_that_sends_no_traces_says_how_to_build_one_that_does() {
    let found = faults("", &[LOCAL, COLLECTOR, HEADERS]);
    assert_eq!(fault_keys(&found), ["traces.otlp_endpoint"]);
    assert!(found[0].fix.contains("--features otlp"), "{found:?}");
}

#[cfg(feature = "otlp")]
#[test]
fn secrets_go_over_tls_or_stay_on_this_machine() {
    assert!(good("", &[LOCAL, COLLECTOR]).traces.otlp_endpoint.is_some());
    let found = faults("", &[LOCAL, COLLECTOR, HEADERS]);
    assert_eq!(fault_keys(&found), ["traces.otlp_endpoint"]);
    for address in ["https://collector.example", "http://127.0.0.1:4318"] {
        let named = ("LANEWAY_TRACES_OTLP_ENDPOINT", address);
        let config = good("", &[LOCAL, named, HEADERS]);
        let (name, value) = &config.traces.otlp_headers[0];
        assert_eq!(name.as_str(), "authorization");
        assert_eq!(value.expose_secret(), &format!("Bearer {SECRET}"));
        assert!(!format!("{config:?}").contains(SECRET));
    }
    for address in [
        "ftp://c.example",
        "https://u:p@c.example",
        "https://c.example/?key=1",
    ] {
        let named = ("LANEWAY_TRACES_OTLP_ENDPOINT", address);
        assert_eq!(
            fault_keys(&faults("", &[LOCAL, named])),
            ["traces.otlp_endpoint"]
        );
    }
}
