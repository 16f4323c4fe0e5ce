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

use super::{FluentArgs, assets, icons, text};

/// Words without values: `{{ "login-continue"|t }}`.
#[filter_fn]
pub fn t(key: &str, _: &dyn Values) -> Result<String> {
    Ok(text(key, &FluentArgs::new()))
}

/// Words with one value: `{{ "login-title"|t1("tenant", name) }}`.
#[filter_fn]
pub fn t1(key: &str, _: &dyn Values, name: &str, value: &str) -> Result<String> {
    let mut args = FluentArgs::new();
    args.set(name, value);
    Ok(text(key, &args))
}

/// Words that change with a number: `{{ "code-resend-in"|tn("seconds", n) }}`.
#[filter_fn]
pub fn tn(key: &str, _: &dyn Values, name: &str, value: &u32) -> Result<String> {
    let mut args = FluentArgs::new();
    args.set(name, *value);
    Ok(text(key, &args))
}

/// Words with markup of their own around one value. The value is escaped first: only what
/// is written in the resource can be a tag.
#[filter_fn]
pub fn rich(key: &str, _: &dyn Values, name: &str, value: &str) -> Result<Safe<String>> {
    let mut args = FluentArgs::new();
    args.set(
        name,
        askama::filters::escape(value, askama::filters::Html)?.to_string(),
    );
    Ok(Safe(text(key, &args)))
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
pub fn when(instant: &i64, _: &dyn Values) -> Result<Safe<String>> {
    Ok(Safe(super::when::element(*instant)))
}

/// The address of an asset.
#[filter_fn]
pub fn asset(name: &str, _: &dyn Values) -> Result<String> {
    Ok(assets::url(name))
}

/// The first letter or digit of a name, for the tile in front of it.
#[filter_fn]
pub fn initial(name: &str, _: &dyn Values) -> Result<String> {
    let letter = name.chars().find(|c| c.is_alphanumeric());
    Ok(letter
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default())
}
