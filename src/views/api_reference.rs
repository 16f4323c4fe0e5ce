//! The description of the API as a page.

use askama::Template;

use super::{Chrome, filters};

/// Routes about one noun.
pub struct ApiGroup {
    /// Also the anchor.
    pub noun: String,
    /// Its routes.
    pub operations: Vec<ApiOperation>,
}

/// One route.
pub struct ApiOperation {
    /// Anchor.
    pub id: String,
    /// `GET`.
    pub method: String,
    /// `/v1/me`.
    pub path: String,
    /// What it does.
    pub summary: String,
    /// Who may: a permission and its scope.
    pub permission: Option<(String, String)>,
    /// Is somebody to be signed in?
    pub protected: bool,
    /// Members of the query.
    pub query: Vec<ApiMember>,
    /// Members of the body.
    pub body: Vec<ApiMember>,
    /// Status and what it answers.
    pub answers: Vec<(String, String)>,
    /// Members of the answer.
    pub members: Vec<ApiMember>,
}

/// A member of a query, a body or an answer.
pub struct ApiMember {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: String,
    /// May it be missing?
    pub optional: bool,
}

/// The reference.
#[derive(Template)]
#[template(path = "pages/api_reference.html")]
pub struct ApiReferencePage {
    /// Frame.
    pub chrome: Chrome,
    /// All routes.
    pub groups: Vec<ApiGroup>,
}

#[cfg(test)]
impl ApiReferencePage {
    pub(super) fn samples() -> Vec<Self> {
        let member = |name: &str, optional| ApiMember {
            name: name.into(),
            kind: "text".into(),
            optional,
        };
        let operation = ApiOperation {
            id: "patch_v1_admin_users_id".into(),
            method: "PATCH".into(),
            path: "/v1/admin/users/{id}".into(),
            summary: "Change a person".into(),
            permission: Some(("users:write".into(), "tenant".into())),
            protected: true,
            query: vec![member("q", true)],
            body: vec![member("name", true), member("<email>", false)],
            answers: vec![
                ("200".into(), "done".into()),
                ("404".into(), "not_found".into()),
            ],
            members: vec![member("id", false)],
        };
        let bare = ApiOperation {
            id: "get_healthz".into(),
            method: "GET".into(),
            path: "/healthz".into(),
            summary: "This process answers".into(),
            permission: None,
            protected: false,
            query: Vec::new(),
            body: Vec::new(),
            answers: vec![("200".into(), "done".into())],
            members: Vec::new(),
        };
        let group = |noun: &str, operation| ApiGroup {
            noun: noun.into(),
            operations: vec![operation],
        };
        vec![Self {
            chrome: Chrome::sample(),
            groups: vec![group("users", operation), group("healthz", bare)],
        }]
    }
}
