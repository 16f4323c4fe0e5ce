//! The words in which routes and shapes are described.

use crate::domain::Code;

/// One route in words. Method and path are those of the list of routes; who may call it and
/// what can go wrong in general are read from there.
pub struct Entry {
    pub(super) route: &'static str,
    pub(super) summary: &'static str,
    pub(super) query: &'static [(&'static str, &'static str)],
    pub(super) body: Option<&'static str>,
    /// The type of a body that is no JSON.
    pub(super) media: Option<&'static str>,
    pub(super) answer: Answer,
    /// It may also answer 303.
    pub(super) sends_on: bool,
    pub(super) codes: &'static [Code],
}

/// What a route answers when all is well.
pub enum Answer {
    /// A shape, with this status.
    Json(u16, &'static str),
    /// A shape, `null`, or a list of claims.
    Loose(&'static str),
    /// A page of a listing of this shape.
    Page(&'static str),
    /// Nothing but the status.
    Empty(u16),
    /// The browser is sent on.
    Redirect,
    /// A body of another kind.
    Media(&'static str),
    /// Whatever stands behind Laneway says.
    Foreign,
}

/// A route: `op("GET /v1/me", "The own account", json("User"))`.
pub const fn op(route: &'static str, summary: &'static str, answer: Answer) -> Entry {
    Entry {
        route,
        summary,
        query: &[],
        body: None,
        media: None,
        answer,
        sends_on: false,
        codes: &[],
    }
}

/// 200 with a shape.
pub const fn json(shape: &'static str) -> Answer {
    Answer::Json(200, shape)
}

/// 201 with a shape.
pub const fn created(shape: &'static str) -> Answer {
    Answer::Json(201, shape)
}

/// 204.
pub const fn gone() -> Answer {
    Answer::Empty(204)
}

impl Entry {
    /// With a body of this shape.
    pub const fn takes(mut self, shape: &'static str) -> Self {
        self.body = Some(shape);
        self
    }

    /// With a body of another kind than JSON.
    pub const fn sends(mut self, media: &'static str) -> Self {
        self.media = Some(media);
        self
    }

    /// With members of the query: name and meaning.
    pub const fn asks(mut self, query: &'static [(&'static str, &'static str)]) -> Self {
        self.query = query;
        self
    }

    /// Some are sent on instead, with 303.
    pub const fn or_sends_on(mut self) -> Self {
        self.sends_on = true;
        self
    }

    /// With refusals that are its own.
    pub const fn refuses(mut self, codes: &'static [Code]) -> Self {
        self.codes = codes;
        self
    }
}

/// An object: its name, and its members in short.
///
/// A member is `name=kind`; text needs no kind. A `?` behind the name says that it may be
/// missing, one behind the kind that it may be `null`. Kinds: `text`, `instant`, `flag`, `count`,
/// `any`, words as `a|b`, another shape by its name, `[kind]`.
pub struct Shape {
    pub(super) name: &'static str,
    pub(super) members: &'static str,
}

/// An object's description.
pub const fn shape(name: &'static str, members: &'static str) -> Shape {
    Shape { name, members }
}
