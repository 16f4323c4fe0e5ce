//! The span of a statement, where somebody traces the request that it is part of: which verb on
//! which table, never a value.

use laneway_spans::{Kind, Open};

use crate::{DbError, Statement};

/// Words that a table's name follows.
const BEFORE_A_TABLE: [&str; 3] = ["FROM", "INTO", "UPDATE"];

/// A statement on its way, from before it waits for a connection.
pub(crate) struct Work(Option<Open>);

impl Work {
    /// Asks no more than whether anybody traces, where nobody does.
    pub(crate) fn of(pg: bool, statement: &Statement) -> Self {
        Self::open(pg, || named(statement.text()))
    }

    /// Of a transaction's own steps.
    pub(crate) fn begins(pg: bool, verb: &'static str) -> Self {
        Self::open(pg, || (verb.to_owned(), None))
    }

    fn open(pg: bool, name: impl FnOnce() -> (String, Option<String>)) -> Self {
        let mut said = None;
        let open = laneway_spans::child(Kind::Client, || {
            let (verb, table) = said.insert(name());
            match table {
                Some(table) => format!("{verb} {table}").into(),
                None => verb.clone().into(),
            }
        });
        Self(open.map(|mut open| {
            open.say("db.system.name", if pg { "postgresql" } else { "sqlite" });
            if let Some((verb, table)) = said {
                open.say("db.operation.name", verb);
                if let Some(table) = table {
                    open.say("db.collection.name", table);
                }
            }
            open
        }))
    }

    /// It is answered, or never will be.
    pub(crate) fn ended<T>(self, outcome: &Result<T, DbError>) {
        let Some(mut open) = self.0 else { return };
        if let Err(error) = outcome {
            open.say("error.type", kind(error));
            open.fail();
        }
        open.end();
    }
}

/// The error's own text may quote a value.
fn kind(error: &DbError) -> &'static str {
    match error {
        DbError::Unavailable(_) => "unavailable",
        DbError::Conflict(_) => "conflict",
        DbError::NewerSchema(_) => "newer_schema",
        DbError::Broken(_) => "broken",
    }
}

/// The verb, and the first table that is named. What is not plainly a name is left out.
fn named(sql: &str) -> (String, Option<String>) {
    let mut words = sql.split_whitespace();
    let verb = words.next().filter(|word| plain(word)).unwrap_or("other");
    let mut before = verb;
    let mut table = None;
    for word in words {
        let follows = BEFORE_A_TABLE
            .iter()
            .any(|key| before.eq_ignore_ascii_case(key));
        let name = word.split('(').next().unwrap_or_default();
        let name = name.trim_end_matches([',', ')', ';']);
        // A query in parentheses: its own table follows.
        if follows && plain(name) {
            table = Some(name.to_owned());
            break;
        }
        before = word.trim_start_matches('(');
    }
    (verb.to_ascii_uppercase(), table)
}

fn plain(word: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    !word.is_empty() && word.len() <= 40 && word.bytes().all(letters)
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn a_statement_is_known_by_its_verb_and_table() {
        for (sql, verb, table) in [
            (
                "SELECT a, b FROM users WHERE id = $1",
                "SELECT",
                Some("users"),
            ),
            ("select 1", "SELECT", None),
            ("INSERT INTO users(id) VALUES ($1)", "INSERT", Some("users")),
            (
                "UPDATE sessions SET x = 'users'",
                "UPDATE",
                Some("sessions"),
            ),
            ("DELETE FROM flows\n WHERE x", "DELETE", Some("flows")),
            (
                "SELECT x FROM (SELECT y FROM inner_one) AS z",
                "SELECT",
                Some("inner_one"),
            ),
            ("WITH a AS (SELECT b FROM c) SELECT d", "WITH", Some("c")),
            ("SELECT x FROM 'secret'", "SELECT", None),
            ("", "OTHER", None),
        ] {
            assert_eq!(
                named(sql),
                (verb.to_owned(), table.map(str::to_owned)),
                "{sql}"
            );
        }
    }
}
