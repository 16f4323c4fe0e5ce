//! Which language the person behind a request reads.
//!
//! In this order: their own setting, what they clicked on a page of ours (`lang` in the
//! address, then kept), what an application passes on (`ui_locales`, kept for the visit),
//! what the browser prefers, what the tenant is set to. The cookie `lw-lang` holds language
//! tags and nothing else; before an application's stands a mark.

use axum::response::Response;
use http::{HeaderMap, HeaderValue, header};
use url::form_urlencoded;

use super::context::Context;
use super::gate::is_one_time;
use crate::authn;
use crate::domain::Lang;
use crate::domain::lang::plain_locales;
use crate::views::Reader;

/// Pages have no address of their own there, or none that may be asked for twice.
const NO_PAGES: &[&str] = &["/bff/", "/api/", "/v1/", "/federation/", "/.laneway/"];

/// In the cookie, before a list that an application passed on.
const LIST: char = '~';

/// The wish in the address: a click, or an application's list.
enum Asked {
    Click(Lang),
    List(String),
}

impl Context {
    /// The language to answer in.
    pub fn lang(&self) -> Lang {
        self.chosen_lang()
            .or_else(|| accepted(&self.headers))
            .or(self.site.tenant.settings.locale)
            .unwrap_or_default()
    }

    /// The same where somebody chose it, rather than a browser or a setting of ours.
    fn chosen_lang(&self) -> Option<Lang> {
        if let Some(own) = self.own_lang.get() {
            return Some(*own);
        }
        match self.wish()? {
            Asked::Click(lang) => Some(lang),
            Asked::List(list) => Lang::first_of(&list),
        }
    }

    /// What was asked for, here or before: a person's click over an application's list.
    fn wish(&self) -> Option<Asked> {
        match (asked(self.uri.query()), kept(&self.headers)) {
            (Some(Asked::Click(lang)), _) | (_, Some(Asked::Click(lang))) => {
                Some(Asked::Click(lang))
            }
            (list, before) => list.or(before),
        }
    }

    /// What to pass on to a provider as `ui_locales`: it may speak what we do not.
    pub fn ui_locales(&self) -> Option<String> {
        if let Some(own) = self.own_lang.get() {
            return Some(own.tag().to_owned());
        }
        self.wish().map(|wish| match wish {
            Asked::Click(lang) => lang.tag().to_owned(),
            Asked::List(list) => list,
        })
    }

    /// For whom a page is rendered.
    pub fn reader(&self) -> Reader {
        let at_home = self.site.is_login();
        Reader {
            lang: self.lang(),
            here: self.here(),
            home: if at_home {
                String::new()
            } else {
                self.site.tenant.issuer()
            },
        }
    }

    /// This page's address up to the `?` or `&` that another parameter may follow.
    fn here(&self) -> Option<String> {
        let path = self.uri.path();
        let own = self.site.is_login() && !NO_PAGES.iter().any(|other| path.starts_with(other));
        if !self.reading || !own || self.own_lang.get().is_some() {
            return None;
        }
        let mut rest = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(self.uri.query().unwrap_or_default().as_bytes())
        {
            if name != "lang" && name != "ui_locales" {
                rest.append_pair(&name, &value);
            }
        }
        let rest = rest.finish();
        // A value that opens something once is not written into its own page.
        let path = if is_one_time(path) { "" } else { path };
        Some(if rest.is_empty() {
            format!("{path}?")
        } else {
            format!("{path}?{rest}&")
        })
    }

    /// Keeps the wish in the address for the pages that follow.
    pub fn remember_lang(&self, response: &mut Response) {
        if !self.reading || !self.site.is_login() {
            return;
        }
        let cookie = match (asked(self.uri.query()), kept(&self.headers)) {
            (Some(Asked::Click(lang)), _) => authn::set_lang(lang.tag(), true),
            // For this visit only: the application will say so again.
            (Some(Asked::List(list)), None | Some(Asked::List(_))) => {
                authn::set_lang(&format!("{LIST}{}", list.replace(' ', ".")), false)
            }
            _ => return,
        };
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

fn asked(query: Option<&str>) -> Option<Asked> {
    let query = query?;
    // Nearly no request has one: looked for before anything is decoded.
    if !query.contains("lang=") && !query.contains("ui_locales=") {
        return None;
    }
    let mut list = None;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "lang" => {
                if let Some(lang) = Lang::parse(&value) {
                    return Some(Asked::Click(lang));
                }
            }
            "ui_locales" => list = plain_locales(&value),
            _ => {}
        }
    }
    list.map(Asked::List)
}

fn kept(headers: &HeaderMap) -> Option<Asked> {
    let value = authn::read_lang(headers)?;
    match value.strip_prefix(LIST) {
        Some(list) => plain_locales(list).map(Asked::List),
        None => Lang::parse(value).map(Asked::Click),
    }
}

fn accepted(headers: &HeaderMap) -> Option<Lang> {
    let header = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    Lang::accepted(header)
}

/// What a page in one of several languages says about itself.
pub fn page_headers(headers: &mut HeaderMap, lang: Lang) {
    headers.insert(
        header::CONTENT_LANGUAGE,
        HeaderValue::from_static(lang.tag()),
    );
    headers.append(
        header::VARY,
        HeaderValue::from_static("Accept-Language, Cookie"),
    );
}
