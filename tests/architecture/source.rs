//! Reads Rust just well enough to tell code, strings and comments apart.
//!
//! Owns: lexing, leaving out test modules, the names that a path begins with.
//! Must not know: any rule.

/// A file without comments and test modules: code with strings blanked, and the strings.
pub(super) struct Source {
    /// Code, line by line as in the file.
    pub(super) code: String,
    /// Contents of strings and the lines they begin on.
    pub(super) literals: Vec<(usize, String)>,
}

impl Source {
    pub(super) fn read(text: &str) -> Self {
        let (code, mut literals) = lex(&text.chars().collect::<Vec<_>>());
        let (code, tests) = without_tests(&code);
        literals.retain(|(line, _)| !tests.iter().any(|range| range.contains(line)));
        Self { code, literals }
    }

    /// Rooms reached by `crate::…` or by climbing out with `super`.
    pub(super) fn rooms_named(&self, depth: usize) -> Vec<(usize, String)> {
        let climb = "super::".repeat(depth);
        let mut out = Vec::new();
        for root in ["crate::", climb.as_str()] {
            for (at, _) in self.code.match_indices(root) {
                let before = &self.code[..at];
                if before.ends_with(is_word) || before.ends_with("super::") {
                    continue;
                }
                let line = before.matches('\n').count() + 1;
                for first in heads(&self.code[at + root.len()..]) {
                    out.push((line, first));
                }
            }
        }
        out
    }

    /// Every place of a whole word: its line and the code before it on that line.
    pub(super) fn words(&self, word: &str) -> Vec<(usize, &str)> {
        let mut out = Vec::new();
        for (index, line) in self.code.lines().enumerate() {
            for (at, _) in line.match_indices(word) {
                let after = &line[at + word.len()..];
                if !line[..at].ends_with(is_word) && !after.starts_with(is_word) {
                    out.push((index + 1, line[..at].trim_end()));
                }
            }
        }
        out
    }

    pub(super) fn is_path(&self, line: usize, name: &str) -> bool {
        let text = self.code.lines().nth(line - 1).unwrap_or_default().trim();
        text.contains(&format!("{name}::")) || text.trim_start_matches("pub ").starts_with("use ")
    }

    /// First segments of `use` lines that are neither ours nor a module declared here.
    pub(super) fn crates_used(&self) -> Vec<(usize, String)> {
        let mut out = Vec::new();
        for (index, line) in self.code.lines().enumerate() {
            let line = line.trim().trim_start_matches("pub ");
            let Some(first) = line
                .strip_prefix("use ")
                .and_then(|rest| heads(rest).into_iter().next())
            else {
                continue;
            };
            let declared = [format!("mod {first};"), format!("mod {first} {{")];
            let ours = ["crate", "self", "super"].contains(&first.as_str())
                || declared.iter().any(|module| self.code.contains(module));
            if !ours {
                out.push((index + 1, first));
            }
        }
        out
    }
}

/// First segments at the beginning of a path: one, or one per branch of `{a, b::c}`.
fn heads(rest: &str) -> Vec<String> {
    let word = |text: &str| {
        text.trim_start()
            .chars()
            .take_while(|c| is_word(*c))
            .collect::<String>()
    };
    let Some(group) = rest.trim_start().strip_prefix('{') else {
        return vec![word(rest)];
    };
    let (mut level, mut start, mut out) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => level += 1,
            '}' if level > 0 => level -= 1,
            ',' | '}' if level == 0 => {
                out.push(word(&group[start..at]));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Blanks comments and literals, keeps lines; returns the string literals with their lines.
fn lex(text: &[char]) -> (String, Vec<(usize, String)>) {
    let (mut code, mut literals) = (String::new(), Vec::new());
    let mut at = 0;
    while at < text.len() {
        let line = |code: &str| code.matches('\n').count() + 1;
        let rest = &text[at..];
        let end = match rest {
            ['/', '/', ..] => rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => block_comment(rest),
            ['"', ..] => {
                let end = string(rest);
                literals.push((
                    line(&code),
                    rest[1..end.saturating_sub(1).max(1)].iter().collect(),
                ));
                end
            }
            ['r', '"' | '#', ..] if !code.ends_with(is_word) || code.ends_with('b') => {
                match raw_string(rest) {
                    Some((from, to, end)) => {
                        literals.push((line(&code), rest[from..to].iter().collect()));
                        end
                    }
                    None => 0,
                }
            }
            ['\'', '\\', ..] => {
                3 + rest[3.min(rest.len())..]
                    .iter()
                    .position(|c| *c == '\'')
                    .map_or(0, |p| p + 1)
            }
            ['\'', _, '\'', ..] => 3,
            _ => 0,
        };
        if end == 0 {
            code.push(text[at]);
            at += 1;
        } else {
            let end = end.min(rest.len());
            code.extend(
                rest[..end]
                    .iter()
                    .map(|c| if *c == '\n' { '\n' } else { ' ' }),
            );
            at += end;
        }
    }
    (code, literals)
}

fn block_comment(rest: &[char]) -> usize {
    let (mut level, mut at) = (0, 0);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (level, at) = (level + 1, at + 2),
            ['*', '/', ..] => (level, at) = (level - 1, at + 2),
            _ => at += 1,
        }
        if level == 0 {
            break;
        }
    }
    at
}

fn string(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Begin and end of the content, end of the literal.
fn raw_string(rest: &[char]) -> Option<(usize, usize, usize)> {
    let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return None;
    }
    let from = 2 + hashes;
    let closes = |at: usize| {
        rest[at] == '"' && rest[at + 1..].iter().take_while(|c| **c == '#').count() >= hashes
    };
    let to = (from..rest.len()).find(|at| closes(*at))?;
    Some((from, to, to + 1 + hashes))
}

/// Blanks what stands under `#[cfg(test)]`, and says which lines that were.
fn without_tests(code: &str) -> (String, Vec<std::ops::RangeInclusive<usize>>) {
    let (mut out, mut ranges) = (code.to_owned(), Vec::new());
    let mut from = 0;
    while let Some(at) = out[from..].find("#[cfg(test)]").map(|at| from + at) {
        let end = item_end(&out[at..]).map_or(out.len(), |end| at + end);
        let line = |at: usize| code[..at].matches('\n').count() + 1;
        ranges.push(line(at)..=line(end.saturating_sub(1)));
        let blank: String = out[at..end]
            .chars()
            .map(|c| if c == '\n' { '\n' } else { ' ' })
            .collect();
        out.replace_range(at..end, &blank);
        from = at + blank.len();
    }
    (out, ranges)
}

fn item_end(item: &str) -> Option<usize> {
    let mut level = 0;
    for (at, c) in item.char_indices() {
        match c {
            ';' if level == 0 => return Some(at + 1),
            '{' => level += 1,
            '}' if level == 1 => return Some(at + 1),
            '}' => level -= 1,
            _ => {}
        }
    }
    None
}
