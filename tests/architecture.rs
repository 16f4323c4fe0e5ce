//! The directions between the rooms, held as data, and a check of every source file against them.
//!
//! Owns: the check, a pure function of a path and a text, so that each rule is also shown a
//! planted violation.
//! Must not know: what the rooms do; it reads text and runs nothing.

mod planted;
mod rules;
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use planted::{FINE, PLANTED};
use rules::{CRATES, EXCEPTIONS, LINES, OUTSIDE, ROOMS, SQL, SQL_VERBS, VENDOR_HOMES, VENDORS};
use source::Source;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Direction,
    Crate,
    Sql,
    Vendor,
    Head,
    Size,
}

#[derive(Debug, PartialEq, Eq)]
struct Finding {
    rule: Rule,
    path: String,
    line: usize,
    what: String,
}

// ---- the tests

#[test]
fn every_source_file_keeps_the_directions() {
    let mut findings = Vec::new();
    let mut used = BTreeSet::new();
    for (path, text) in sources() {
        for finding in check(&path, &text) {
            if let Some(index) = excuse(&finding) {
                used.insert(index);
            } else {
                findings.push(format!(
                    "{path}:{} {:?}: {}",
                    finding.line, finding.rule, finding.what
                ));
            }
        }
    }
    let stale: Vec<_> = (0..EXCEPTIONS.len())
        .filter(|i| !used.contains(i))
        .map(|i| EXCEPTIONS[i])
        .collect();
    assert!(
        findings.is_empty(),
        "{} violations:\n{}",
        findings.len(),
        findings.join("\n")
    );
    assert!(
        stale.is_empty(),
        "exceptions that nothing needs any more: {stale:?}"
    );
}

#[test]
fn the_directions_have_no_circle() {
    let mut sorted: Vec<&str> = Vec::new();
    while sorted.len() < ROOMS.len() {
        let next = ROOMS.iter().find(|(room, below)| {
            !sorted.contains(room) && below.iter().all(|other| sorted.contains(other))
        });
        sorted.push(
            next.unwrap_or_else(|| panic!("a circle above {sorted:?}"))
                .0,
        );
    }
}

#[test]
fn the_directions_name_every_room_there_is() {
    let named: BTreeSet<_> = ROOMS.iter().map(|(room, _)| (*room).to_owned()).collect();
    let found: BTreeSet<_> = sources()
        .iter()
        .filter_map(|(path, _)| room_of(path).map(str::to_owned))
        .collect();
    assert_eq!(named, found);
}

#[test]
fn each_rule_finds_a_planted_violation() {
    for (rule, path, text) in PLANTED {
        let found = check(path, text);
        let line = found.iter().find(|finding| finding.rule == *rule);
        assert!(
            line.is_some(),
            "{rule:?} is not found in {path}: {text}\nfound: {found:?}"
        );
    }
    let long = format!("//! Long.\n{}", "fn f() {}\n".repeat(LINES));
    assert!(
        check("src/lane_a/flow.rs", &long)
            .iter()
            .any(|f| f.rule == Rule::Size)
    );
}

#[test]
fn what_is_allowed_is_not_found() {
    for (path, text) in FINE {
        assert_eq!(check(path, text), vec![], "{path}: {text}");
    }
}

#[test]
fn a_violation_is_found_after_a_test_module() {
    let text = "//! A.\n#[cfg(test)]\nmod tests {\n    fn f() { let _ = '}'; }\n}\nuse crate::http::gate;\n";
    let found = check("src/domain/flow.rs", text);
    assert_eq!(
        found.iter().map(|f| (f.rule, f.line)).collect::<Vec<_>>(),
        [(Rule::Direction, 6)]
    );
}

// ---- the check

/// What breaks a rule in this file. Test code (`tests/`, `#[cfg(test)] mod`) is free.
fn check(path: &str, text: &str) -> Vec<Finding> {
    let source = Source::read(text);
    let mut found = Vec::new();
    let mut add = |rule, line, what: String| {
        found.push(Finding {
            rule,
            path: path.to_owned(),
            line,
            what,
        });
    };
    head(path, text, &mut add);
    if text.lines().count() > LINES {
        add(
            Rule::Size,
            LINES,
            format!("{} lines, more than {LINES}", text.lines().count()),
        );
    }
    if path.contains("/tests/") || path.ends_with("/tests.rs") {
        return found;
    }
    directions(path, &source, &mut add);
    crates(path, &source, &mut add);
    sql(path, &source, &mut add);
    vendors(path, text, &source, &mut add);
    found
}

type Add<'a> = dyn FnMut(Rule, usize, String) + 'a;

fn head(path: &str, text: &str, add: &mut Add) {
    let first = text
        .lines()
        .find(|line| !line.starts_with("#!["))
        .unwrap_or_default();
    if !first.starts_with("//!") {
        return add(Rule::Head, 1, "does not open with //!".to_owned());
    }
    let is_room =
        path.starts_with("src/") && path.ends_with("/mod.rs") && path.matches('/').count() == 2;
    let is_package = path.ends_with("/src/lib.rs");
    let opening: String = text
        .lines()
        .take_while(|line| line.starts_with("//!"))
        .collect();
    if is_room || is_package || path == "src/app.rs" || path == "src/providers.rs" {
        for word in ["Owns", "ust not know"] {
            if !opening.contains(word) {
                add(Rule::Head, 1, format!("does not say “{word}”"));
            }
        }
    }
}

fn directions(path: &str, source: &Source, add: &mut Add) {
    let Some(room) = room_of(path) else { return };
    let Some(allowed) = below(room) else {
        return add(
            Rule::Direction,
            1,
            format!("{room} is no room that this test knows"),
        );
    };
    for (line, other) in source.rooms_named(depth_of(path)) {
        let is_room = ROOMS.iter().any(|(name, _)| *name == other);
        if is_room && other != room && !allowed.contains(other.as_str()) {
            add(
                Rule::Direction,
                line,
                format!("{room} must not know {other}"),
            );
        }
    }
}

/// All rooms that a room may know.
fn below(room: &str) -> Option<BTreeSet<&'static str>> {
    let (_, next) = ROOMS.iter().find(|(name, _)| *name == room)?;
    let mut out: BTreeSet<_> = next.iter().copied().collect();
    for other in *next {
        out.extend(below(other)?);
    }
    Some(out)
}

fn crates(path: &str, source: &Source, add: &mut Add) {
    let own = path
        .strip_prefix("provider-adapters/")
        .and_then(|rest| rest.split('/').next())
        .map(|name| format!("laneway_{name}"));
    for (name, homes) in CRATES {
        if own.as_deref() == Some(name) || homes.iter().any(|home| path.starts_with(home)) {
            continue;
        }
        // `app.axum` or `crate::axum` would be ours; a crate's name begins a path or ends a `use`.
        for (line, before) in source.words(name) {
            let begins_path = !before.ends_with("::") && !before.ends_with('.');
            if begins_path && source.is_path(line, name) {
                add(Rule::Crate, line, format!("{name} must not be named here"));
            }
        }
    }
    let Some((room, allowed)) = OUTSIDE.iter().find(|(room, _)| room_of(path) == Some(room)) else {
        return;
    };
    for (line, name) in source.crates_used() {
        if !allowed.contains(&name.as_str()) {
            add(Rule::Crate, line, format!("{room} must not use {name}"));
        }
    }
}

fn sql(path: &str, source: &Source, add: &mut Add) {
    if SQL.iter().any(|home| path.starts_with(home)) {
        return;
    }
    for (line, literal) in &source.literals {
        let text = literal.trim_start();
        if SQL_VERBS.iter().any(|verb| text.starts_with(verb)) {
            add(
                Rule::Sql,
                *line,
                format!("SQL text: {}", text.lines().next().unwrap_or_default()),
            );
        }
    }
}

fn vendors(path: &str, text: &str, source: &Source, add: &mut Add) {
    if VENDOR_HOMES.iter().any(|home| path.starts_with(home)) {
        return;
    }
    let literals = source
        .literals
        .iter()
        .map(|(line, text)| (*line, text.as_str()));
    let code = source
        .code
        .lines()
        .enumerate()
        .map(|(index, text)| (index + 1, text));
    let comments = text
        .lines()
        .enumerate()
        .map(|(index, text)| (index + 1, text));
    let lines: Vec<_> = if path.starts_with("provider-adapters/contract/") {
        comments.collect()
    } else {
        literals.chain(code).collect()
    };
    for (line, text) in lines {
        let text = text.to_lowercase();
        for vendor in VENDORS.iter().filter(|vendor| text.contains(**vendor)) {
            add(Rule::Vendor, line, format!("says {vendor}"));
        }
    }
}

fn excuse(finding: &Finding) -> Option<usize> {
    EXCEPTIONS.iter().position(|(rule, path, what, _)| {
        finding.rule == *rule && finding.path == *path && finding.what.ends_with(what)
    })
}

// ---- the files

/// `src/store/users.rs` → `store`; `src/app.rs` → `app`.
fn room_of(path: &str) -> Option<&str> {
    let first = path.strip_prefix("src/")?.split('/').next()?;
    Some(first.strip_suffix(".rs").unwrap_or(first))
}

/// How many `super` lead from this module to the root of the crate.
fn depth_of(path: &str) -> usize {
    let inside = path
        .trim_start_matches("src/")
        .trim_end_matches(".rs")
        .trim_end_matches("/mod");
    inside.split('/').count()
}

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut out = Vec::new();
    for folder in ["src", "dev/echo", "provider-adapters", "traces"] {
        walk(root, &root.join(folder), &mut out);
    }
    assert!(out.len() > 100, "only {} files were found", out.len());
    out.sort();
    out
}

fn walk(root: &Path, folder: &Path, out: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(root, &path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path
                .strip_prefix(root)
                .expect("below the root")
                .to_string_lossy()
                .replace('\\', "/");
            out.push((name, fs::read_to_string(&path).expect("a text")));
        }
    }
}
