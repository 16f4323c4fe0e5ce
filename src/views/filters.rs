//! What templates may call: words, icons, times, addresses of assets.

#![expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "templates hand over references"
)]
#![expect(
    clippy::inline_always,
    clippy::unused_self,
    clippy::unnecessary_wraps,
    reason = "the filter macro writes functions of this shape"
)]

use askama::filters::Safe;
use askama::{Result, Values, filter_fn};

use super::reader::of as reader;
use super::words::Words;
use super::{FluentArgs, Switch, assets, has_text, icons, text};

/// Words without values: `{{ "login-continue"|t }}`.
#[filter_fn]
pub fn t(key: &str, values: &dyn Values) -> Result<String> {
    Ok(text(reader(values)?.lang, key, &FluentArgs::new()))
}

/// The words of a key that is made at run time, or what to say where there are none.
#[filter_fn]
pub fn t_or(key: &str, values: &dyn Values, otherwise: &str) -> Result<String> {
    if !has_text(key) {
        return Ok(otherwise.to_owned());
    }
    Ok(text(reader(values)?.lang, key, &FluentArgs::new()))
}

/// Words with one value: `{{ "login-title"|t1("tenant", name) }}`.
#[filter_fn]
pub fn t1(key: &str, values: &dyn Values, name: &str, value: &str) -> Result<String> {
    let mut args = FluentArgs::new();
    args.set(name, value);
    Ok(text(reader(values)?.lang, key, &args))
}

/// Words with two values.
#[filter_fn]
pub fn t2(
    key: &str,
    values: &dyn Values,
    name: &str,
    value: &str,
    other: &str,
    another: &str,
) -> Result<String> {
    let mut args = FluentArgs::new();
    args.set(name, value);
    args.set(other, another);
    Ok(text(reader(values)?.lang, key, &args))
}

/// Words that change with a number: `{{ "code-resend-in"|tn("seconds", n) }}`.
#[filter_fn]
pub fn tn(key: &str, values: &dyn Values, name: &str, value: &u32) -> Result<String> {
    let mut args = FluentArgs::new();
    args.set(name, *value);
    Ok(text(reader(values)?.lang, key, &args))
}

/// Words with markup of their own around one value. The value is escaped first: only what
/// is written in the resource can be a tag.
#[filter_fn]
pub fn rich(key: &str, values: &dyn Values, name: &str, value: &str) -> Result<Safe<String>> {
    let mut args = FluentArgs::new();
    args.set(
        name,
        askama::filters::escape(value, askama::filters::Html)?.to_string(),
    );
    Ok(Safe(text(reader(values)?.lang, key, &args)))
}

/// The tag or the direction of the page's language: `{{ "tag"|lang }}`, `{{ "dir"|lang }}`.
#[filter_fn]
pub fn lang(which: &str, values: &dyn Values) -> Result<&'static str> {
    let lang = reader(values)?.lang;
    Ok(if which == "dir" {
        lang.dir()
    } else {
        lang.tag()
    })
}

/// The same page in the other languages: `{% for other in "here"|switches %}`.
#[filter_fn]
pub fn switches(_: &str, values: &dyn Values) -> Result<Vec<Switch>> {
    Ok(reader(values)?.switches())
}

/// A decorative icon.
#[filter_fn]
pub fn icon(name: &str, _: &dyn Values) -> Result<Safe<String>> {
    Ok(Safe(icons::svg(name)))
}

/// An instant in epoch milliseconds as a `time` element in UTC.
#[filter_fn]
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "templates hand over references"
)]
pub fn when(instant: &i64, values: &dyn Values) -> Result<Safe<String>> {
    Ok(Safe(super::when::element(reader(values)?.lang, *instant)))
}

/// A number with its thousands apart.
#[filter_fn]
pub fn num(number: &i64, values: &dyn Values) -> Result<String> {
    Ok(super::grouped(reader(values)?.lang, *number))
}

/// A sentence with its values.
#[filter_fn]
pub fn said(words: &Words, values: &dyn Values) -> Result<String> {
    Ok(words.say(reader(values)?.lang))
}

/// The day of an instant, in UTC.
#[filter_fn]
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "templates hand over references"
)]
pub fn day(instant: &i64, values: &dyn Values) -> Result<String> {
    Ok(super::when::day(reader(values)?.lang, *instant))
}

/// The address of an asset.
#[filter_fn]
pub fn asset(name: &str, values: &dyn Values) -> Result<String> {
    Ok(reader(values)?.ours(&assets::url(name)))
}

/// The address of something else of ours; others' addresses stay as they are.
#[filter_fn]
pub fn ours(address: &str, values: &dyn Values) -> Result<String> {
    Ok(reader(values)?.ours(address))
}

/// The first letter or digit of a name, for the tile in front of it.
#[filter_fn]
pub fn initial(name: &str, _: &dyn Values) -> Result<String> {
    let letter = name.chars().find(|c| c.is_alphanumeric());
    Ok(letter
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default())
}
