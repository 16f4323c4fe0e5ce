//! Metrics: what the program counts, against the operators' page, the dashboard and the alerts.
//!
//! Owns: finding metrics and their labels in the source and in expressions of Prometheus.
//! Must not know: what any of them means.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::lists::table;
use super::read;

/// Labels that Prometheus gives to whatever it reads.
const EVERYWHERE: [&str; 2] = ["instance", "job"];

struct Metric {
    kind: &'static str,
    labels: BTreeSet<String>,
}

/// A metric as an expression asks for it, with the labels and values that it wants.
struct Selector {
    name: String,
    wants: Vec<(String, String)>,
}

/// The whole program.
fn source() -> String {
    let mut text = String::new();
    for folder in ["src", "traces"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        gather(&folder, &mut text);
    }
    text
}

fn gather(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            gather(&path, text);
        } else if path.extension().is_some_and(|name| name == "rs") {
            text.push_str(&std::fs::read_to_string(&path).expect("a text"));
        }
    }
}

fn metrics(source: &str) -> BTreeMap<String, Metric> {
    let mut found: BTreeMap<String, Metric> = BTreeMap::new();
    for kind in ["counter", "gauge", "histogram"] {
        for call in source.split(&format!("{kind}!(")).skip(1) {
            let pieces: Vec<&str> = arguments(call).split('"').collect();
            let name = (*pieces.get(1).expect("a name")).to_owned();
            // Texts stand at the odd places; what an arrow follows is a label.
            let labels = pieces[2..]
                .windows(2)
                .filter(|pair| pair[1].trim_start().starts_with("=>"))
                .map(|pair| pair[0].to_owned())
                .collect();
            let metric = Metric { kind, labels };
            if let Some(other) = found.get(&name) {
                assert_eq!(other.labels, metric.labels, "{name} has two sets of labels");
            }
            found.insert(name, metric);
        }
    }
    found
}

/// Until the parenthesis that closes the call.
fn arguments(call: &str) -> &str {
    let mut depth = 1;
    let end = call.find(|c| {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        depth == 0
    });
    &call[..end.unwrap_or(call.len())]
}

fn selectors(expression: &str) -> Vec<Selector> {
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(at) = rest.find("laneway_") {
        rest = &rest[at..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
        let inner = after
            .strip_prefix('{')
            .and_then(|after| after.split_once('}'));
        let (wants, after) = inner.unwrap_or(("", after));
        let wants = wants.split(',').filter_map(|one| one.split_once('"'));
        found.push(Selector {
            name: name.to_owned(),
            wants: wants
                .map(|(label, value)| {
                    let label = label.trim().trim_end_matches(['=', '!', '~']);
                    (label.to_owned(), value.trim_end_matches('"').to_owned())
                })
                .collect(),
        });
        rest = after;
    }
    found
}

/// The labels that an expression's answer has.
fn grouped(expression: &str) -> BTreeSet<String> {
    let groups = expression.split("by (").skip(1);
    groups
        .filter_map(|rest| rest.split(')').next())
        .flat_map(|labels| labels.split(','))
        .map(|label| label.trim().to_owned())
        .collect()
}

/// Every metric exists, has the labels that are asked for, and takes the values.
fn judge(expression: &str, known: &BTreeMap<String, Metric>, source: &str) {
    let mut may: BTreeSet<&str> = EVERYWHERE.into();
    for selector in &selectors(expression) {
        let (base, metric) = resolve(&selector.name, known);
        may.extend(metric.labels.iter().map(String::as_str));
        if metric.kind == "histogram" {
            may.insert("le");
        }
        for (label, values) in &selector.wants {
            let exists = metric.labels.contains(label) || EVERYWHERE.contains(&label.as_str());
            assert!(exists, "{base} has no label {label}: {expression}");
            let plain = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            for value in values.split('|').filter(plain) {
                let given = source.contains(&format!("\"{value}\""));
                assert!(given, "{label} is never {value}: {expression}");
            }
        }
    }
    for label in grouped(expression) {
        assert!(
            may.contains(label.as_str()),
            "no label {label}: {expression}"
        );
    }
}

/// A histogram is asked by its buckets, its sum or its count; everything else by its name.
fn resolve<'n, 'k>(name: &'n str, known: &'k BTreeMap<String, Metric>) -> (&'n str, &'k Metric) {
    let part = ["_bucket", "_sum", "_count"]
        .into_iter()
        .find_map(|part| name.strip_suffix(part))
        .filter(|base| known.get(*base).is_some_and(|m| m.kind == "histogram"));
    let base = part.unwrap_or(name);
    let metric = known
        .get(base)
        .unwrap_or_else(|| panic!("there is no {base}"));
    let whole = metric.kind == "histogram" && part.is_none();
    assert!(!whole, "{name} is a histogram");
    (base, metric)
}

/// What stands between double braces of a text.
fn placeholders<'a>(text: &'a str, begins: &str) -> Vec<&'a str> {
    let parts = text.split("{{").skip(1);
    parts
        .filter_map(|part| part.split("}}").next())
        .filter_map(|inner| inner.trim().strip_prefix(begins))
        .collect()
}

#[test]
fn every_metric_is_on_the_page_and_no_other() {
    let shown: BTreeMap<String, BTreeSet<String>> = table("### Metrics")
        .into_iter()
        .map(|(cell, _)| {
            let (name, labels) = cell.split_once('{').unwrap_or((&cell, ""));
            let labels = labels.trim_end_matches('}').split(',');
            let labels = labels.filter(|label| !label.is_empty());
            (name.to_owned(), labels.map(str::to_owned).collect())
        })
        .collect();
    let known: BTreeMap<String, BTreeSet<String>> = metrics(&source())
        .into_iter()
        .map(|(name, metric)| (name, metric.labels))
        .collect();
    assert!(known.len() >= 13, "{:?}", known.keys());
    assert_eq!(shown, known);
}

#[test]
fn the_dashboard_shows_every_metric_and_no_other() {
    let source = source();
    let known = metrics(&source);
    let board: Value =
        serde_json::from_str(&read("deploy/grafana/laneway.json")).expect("the dashboard is JSON");
    let mut unseen: BTreeSet<&str> = known.keys().map(String::as_str).collect();
    for panel in board["panels"].as_array().expect("panels") {
        for target in panel["targets"].as_array().expect("targets") {
            let expression = target["expr"].as_str().expect("an expression");
            judge(expression, &known, &source);
            for selector in &selectors(expression) {
                unseen.remove(resolve(&selector.name, &known).0);
            }
            let legend = target["legendFormat"].as_str().expect("a legend");
            for label in placeholders(legend, "") {
                assert!(grouped(expression).contains(label), "{label}: {expression}");
            }
        }
    }
    assert!(unseen.is_empty(), "on no panel: {unseen:?}");
    for variable in board["templating"]["list"].as_array().expect("variables") {
        if let Some(query) = variable["query"]["query"].as_str() {
            judge(query, &known, &source);
        }
    }
}

#[test]
fn every_alert_asks_for_what_is_there_and_says_what_to_do() {
    let source = source();
    let known = metrics(&source);
    let rules = read("deploy/prometheus/alerts.yml");
    let mut alerts = Vec::new();
    for rule in rules.split("- alert: ").skip(1) {
        let line = |begins: &str| {
            let found = rule.lines().find_map(|l| l.trim().strip_prefix(begins));
            found.unwrap_or_else(|| panic!("no {begins} in {rule}"))
        };
        let expression = line("expr: ");
        judge(expression, &known, &source);
        assert!(["critical", "warning"].contains(&line("severity: ")));
        let mut has = grouped(expression);
        if !expression.contains('(') {
            has.extend(EVERYWHERE.map(str::to_owned));
        }
        for label in placeholders(line("summary: "), "$labels.") {
            assert!(has.contains(label), "{label}: {rule}");
        }
        alerts.push(rule.lines().next().unwrap_or_default().to_owned());
    }
    assert!(alerts.len() >= 9, "{alerts:?}");
    let told = table("### Dashboard and alerts");
    let named: Vec<String> = told.iter().map(|(alert, _)| alert.clone()).collect();
    assert_eq!(named, alerts, "on the page in the order of the file");
    for (alert, what) in told {
        assert!(what.len() > 40, "{alert}: what is to be done");
    }
}

/// The tests above would notice.
#[test]
fn an_expression_about_nothing_is_noticed() {
    let source =
        r#"metrics::counter!("laneway_x_total", "outcome" => word(1)); let word = "done";"#;
    let known = metrics(source);
    let fine =
        |expression: &str| std::panic::catch_unwind(|| judge(expression, &known, source)).is_ok();
    assert!(fine(
        r#"sum by (outcome, job) (rate(laneway_x_total{outcome="done"}[5m]))"#
    ));
    for expression in [
        "rate(laneway_y_total[5m])",
        r#"laneway_x_total{result="done"}"#,
        r#"laneway_x_total{outcome=~"done|gone"}"#,
        "sum by (method) (laneway_x_total)",
        "laneway_x_total_bucket",
    ] {
        assert!(!fine(expression), "{expression}");
    }
}
