//! Reads sources for the tests of words: string literals, and files under a folder.

use std::path::Path;

/// The string literals of Rust (or JavaScript) source, outside comments; escapes resolved
/// as far as sentences need it.
pub fn literals(source: &str) -> Vec<String> {
    let chars: Vec<char> = source.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        match chars[at] {
            '/' if chars.get(at + 1) == Some(&'/') => {
                while at < chars.len() && chars[at] != '\n' {
                    at += 1;
                }
            }
            '\'' if chars.get(at + 2) == Some(&'\'') => at += 3,
            '\'' if chars.get(at + 1) == Some(&'\\') => at += 4,
            'r' if matches!(chars.get(at + 1), Some('"' | '#')) => {
                let (text, end) = raw(&chars, at + 1);
                found.extend(text);
                at = end;
            }
            '"' => {
                let (text, end) = quoted(&chars, at + 1);
                found.push(text);
                at = end;
            }
            _ => at += 1,
        }
    }
    found
}

fn quoted(chars: &[char], mut at: usize) -> (String, usize) {
    let mut text = String::new();
    while at < chars.len() && chars[at] != '"' {
        if chars[at] != '\\' {
            text.push(chars[at]);
            at += 1;
            continue;
        }
        at += 1;
        match chars.get(at) {
            // A line that goes on: its indentation is not part of it.
            Some('\n') => {
                while chars.get(at).is_some_and(|c| c.is_whitespace()) {
                    at += 1;
                }
                continue;
            }
            Some('n') => text.push('\n'),
            Some(other) => text.push(*other),
            None => {}
        }
        at += 1;
    }
    (text, at + 1)
}

fn raw(chars: &[char], start: usize) -> (Option<String>, usize) {
    let hashes = chars[start..].iter().take_while(|c| **c == '#').count();
    if chars.get(start + hashes) != Some(&'"') {
        return (None, start);
    }
    let from = start + hashes + 1;
    let close: Vec<char> = std::iter::once('"')
        .chain(std::iter::repeat_n('#', hashes))
        .collect();
    let end = (from..chars.len())
        .find(|at| chars[*at..].starts_with(&close))
        .unwrap_or(chars.len());
    (Some(chars[from..end].iter().collect()), end + close.len())
}

/// Path (from the root of the repository) and content of every file with one of the
/// endings under a folder.
pub fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    let mut waiting = vec![root.join(folder)];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder is readable") {
            let path = entry.expect("the entry is readable").path();
            if path.is_dir() {
                waiting.push(path);
            } else if endings
                .iter()
                .any(|end| path.extension().is_some_and(|e| e == *end))
            {
                let name = path.strip_prefix(root).expect("below the root");
                let text = std::fs::read_to_string(&path).expect("sources are text");
                all.push((name.to_string_lossy().into_owned(), text));
            }
        }
    }
    all.sort_unstable();
    all
}

#[test]
fn literals_are_found() {
    let source = "let a = \"one\"; // \"not\"\nlet b = '\"'; let c = \"two \\\n    three\";\n\
                  let d = r#\"four \"x\"\"#; let e = '\\''; let f = \"say \\\"hi\\\"\";";
    assert_eq!(
        literals(source),
        ["one", "two three", "four \"x\"", "say \"hi\""]
    );
}
