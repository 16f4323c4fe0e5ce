//! Files of people: CSV with a header, JSON lines, or one JSON array. Read one record at a time.
//!
//! Owns: which line a record stands on, and what of it cannot be read.
//! Must not know: what is done with it. Nothing of a value is ever said back: it may be a hash.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use clap::ValueEnum;
use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::{Map, Value, json};

use crate::domain::{Code, Problem};
use crate::http::read_newcomer;
use crate::lane_a::operator::Newcomer;

/// No record is longer.
const LONGEST: u64 = 64 * 1024;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Comma-separated, with names in the first line
    Csv,
    /// One object per line, or one array of objects
    Json,
}

impl Format {
    /// As the file's name says.
    pub(super) fn of(path: &Path) -> Self {
        let csv = path
            .extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("csv"));
        if csv { Self::Csv } else { Self::Json }
    }
}

/// A record and where it stands.
pub(super) struct Line {
    /// From 1.
    pub(super) number: u64,
    /// What stands there, or which member cannot be read.
    pub(super) record: Result<Newcomer, Problem>,
}

/// Reads until the end, or until nobody wants more.
///
/// # Errors
/// What is wrong with the file, where nothing behind it can be read.
pub(super) fn read(
    path: &Path,
    format: Format,
    mut each: impl FnMut(Line) -> bool,
) -> Result<(), String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut file = BufReader::new(file);
    if format == Format::Csv {
        return csv(file, &mut each);
    }
    let mut before = 1;
    loop {
        let next = file.fill_buf().map_err(|error| error.to_string())?;
        match next.first() {
            Some(b'[') => return array(file, before, &mut each),
            // A byte order mark, or nothing yet.
            Some(byte) if byte.is_ascii_whitespace() || matches!(byte, 0xEF | 0xBB | 0xBF) => {
                before += u64::from(*byte == b'\n');
                file.consume(1);
            }
            _ => return lines(file, before, &mut each),
        }
    }
}

fn csv(file: impl Read, each: &mut dyn FnMut(Line) -> bool) -> Result<(), String> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(file);
    let names = reader
        .headers()
        .map_err(|error| unreadable(&error))?
        .clone();
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => return Err(unreadable(&error)),
        }
        let number = record.position().map_or(0, csv::Position::line);
        let read = from_row(&names, &record).and_then(|value| read_newcomer(&value));
        if !each(Line {
            number,
            record: read,
        }) {
            return Ok(());
        }
    }
}

/// Without the library's own words, which may hold a value.
fn unreadable(error: &csv::Error) -> String {
    let line = error.position().map_or(1, csv::Position::line);
    format!("line {line}: this is no CSV in UTF-8")
}

/// The record that the row stands for. What is empty is not there.
fn from_row(names: &csv::StringRecord, row: &csv::StringRecord) -> Result<Value, Problem> {
    if row.len() > names.len() {
        let text = "There are more values than names in the first line. Put quotes around values with commas.";
        return Err(Problem::field("", "invalid", text));
    }
    let mut record = Map::new();
    for (name, value) in names.iter().zip(row) {
        if value.len() as u64 > LONGEST {
            return Err(Problem::field(
                &format!("/{name}"),
                "too_long",
                "This is too long.",
            ));
        }
        let value = match (name, value) {
            ("", "") => continue,
            (_, "") if name != "email" => continue,
            ("email_verified", text) => flag(text)?,
            // As exports of a realm have it.
            ("password_hash", text) if text.starts_with('{') => {
                serde_json::from_str(text).unwrap_or_else(|_| json!(text))
            }
            (_, text) => json!(text),
        };
        record.insert(name.to_owned(), value);
    }
    Ok(Value::Object(record))
}

fn flag(text: &str) -> Result<Value, Problem> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Ok(json!(true)),
        "false" | "0" | "no" => Ok(json!(false)),
        _ => Err(Problem::field(
            "/email_verified",
            "invalid",
            "Write true or false.",
        )),
    }
}

fn lines(
    mut file: impl BufRead,
    mut number: u64,
    each: &mut dyn FnMut(Line) -> bool,
) -> Result<(), String> {
    let mut text = Vec::new();
    loop {
        text.clear();
        let mut some = (&mut file).take(LONGEST + 1);
        let read = some.read_until(b'\n', &mut text);
        match read.map_err(|error| error.to_string())? as u64 {
            0 => return Ok(()),
            length if length > LONGEST => {
                return Err(format!("line {number}: this is longer than 64 KiB"));
            }
            _ => {}
        }
        let record = match serde_json::from_slice(&text) {
            Ok(value) => read_newcomer(&value),
            Err(_) if text.trim_ascii().is_empty() => {
                number += 1;
                continue;
            }
            Err(_) => Err(Problem::new(
                Code::InvalidRequest,
                "This is no JSON object on one line.",
            )),
        };
        if !each(Line { number, record }) {
            return Ok(());
        }
        number += 1;
    }
}

fn array(file: impl Read, first: u64, each: &mut dyn FnMut(Line) -> bool) -> Result<(), String> {
    let at = Rc::new(Cell::new(first));
    let counted = Counted {
        file,
        at: Rc::clone(&at),
    };
    let mut reader = serde_json::Deserializer::from_reader(counted);
    let mut wanted = true;
    let records = Records {
        at: Rc::clone(&at),
        each,
        wanted: &mut wanted,
    };
    let outcome = reader.deserialize_seq(records).and_then(|()| reader.end());
    match outcome {
        Err(_) if wanted => Err(format!("line {}: this is no JSON", at.get())),
        _ => Ok(()),
    }
}

/// Counts the lines that have been read.
struct Counted<R> {
    file: R,
    at: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.file.read(buffer)?;
        let ends = buffer[..length].iter().filter(|byte| **byte == b'\n');
        self.at.set(self.at.get() + ends.count() as u64);
        Ok(length)
    }
}

struct Records<'a> {
    at: Rc<Cell<u64>>,
    each: &'a mut dyn FnMut(Line) -> bool,
    wanted: &'a mut bool,
}

impl<'de> Visitor<'de> for Records<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("people")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<(), A::Error> {
        while let Some(value) = all.next_element::<Value>()? {
            let number = self.at.get();
            let record = read_newcomer(&value);
            if !(self.each)(Line { number, record }) {
                *self.wanted = false;
                return Ok(());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(format: Format, text: &str) -> (Vec<String>, Result<(), String>) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        let mut all = Vec::new();
        let end = read(file.path(), format, |line| {
            let number = line.number;
            all.push(match line.record {
                Ok(one) => format!(
                    "{number} {} {} {} {} {}",
                    one.email,
                    one.email_verified,
                    one.name.as_deref().unwrap_or("-"),
                    one.disabled,
                    one.password_hash.is_some()
                ),
                Err(problem) => {
                    let at = problem.errors.first().map(|fault| fault.pointer.as_str());
                    format!("{number} ! {}", at.unwrap_or("-"))
                }
            });
            true
        });
        (all, end)
    }

    #[test]
    fn csv_is_read_with_its_lines() {
        let (all, end) = told(
            Format::Csv,
            "email,name,email_verified,state,password_hash\n\
             ana@x.test,\"Ana\nMaria\",true,,$2b$\n\
             bo@x.test,,,disabled,\n\
             cy@x.test,,maybe,,\n\
             di@x.test,,0,gone\n\
             ed@x.test,a,b,c,d,e\n\
             ,Nobody,,,\n",
        );
        assert_eq!(end, Ok(()));
        assert_eq!(
            all,
            [
                "2 ana@x.test true Ana\nMaria false true",
                "4 bo@x.test false - true false",
                "5 ! /email_verified",
                "6 ! /state",
                "7 ! ",
                "8  false Nobody false false",
            ]
        );
        let (all, _) = told(Format::Csv, "email,role\na@x.test,owner\n");
        assert_eq!(all, ["2 ! /role"]);
    }

    #[test]
    fn json_is_read_as_lines_or_as_one_array() {
        let one = r#"{"email":"ana@x.test","email_verified":true}"#;
        let two = r#"{"email":"bo@x.test","state":"disabled","password_hash":{"a":1}}"#;
        let (all, end) = told(Format::Json, &format!("\n{one}\n\n{{\n{two}\n[]\n"));
        assert_eq!(end, Ok(()));
        let (ana, bo) = (
            "ana@x.test true - false false",
            "bo@x.test false - true true",
        );
        assert_eq!(
            all,
            [
                format!("2 {ana}"),
                "4 ! -".into(),
                format!("5 {bo}"),
                "6 ! ".into()
            ]
        );
        let (all, end) = told(Format::Json, &format!("[\n{one},\n {two}, 7,\n{{}}]"));
        assert_eq!(end, Ok(()));
        assert_eq!(
            all,
            [
                format!("2 {ana}"),
                format!("3 {bo}"),
                "3 ! ".into(),
                "4 ! /email".into()
            ]
        );
        let (all, end) = told(Format::Json, &format!("[\n{one},\n {two}"));
        assert_eq!((all.len(), end), (2, Err("line 3: this is no JSON".into())));
        let long = format!("{one}\n\"{}\"", "x".repeat(70_000));
        let (all, end) = told(Format::Json, &long);
        assert_eq!(all.len(), 1);
        assert!(end.is_err_and(|text| text.starts_with("line 2: ")));
    }

    #[test]
    fn formats_follow_the_name() {
        for (name, format) in [
            ("a.csv", Format::Csv),
            ("a.CSV", Format::Csv),
            ("a.jsonl", Format::Json),
            ("a", Format::Json),
        ] {
            assert_eq!(Format::of(Path::new(name)), format, "{name}");
        }
    }
}
