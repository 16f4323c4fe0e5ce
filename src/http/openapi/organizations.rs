//! Pictures, roles and groups of organizations in words (CONTRACT §8).

use super::describe::{Answer, Entry, Shape, created, gone, json, op, shape};
use crate::domain::Code::{Conflict, Duplicate, NotFound};

/// Routes.
pub const ENTRIES: &[Entry] = &[
    op(
        "PUT /v1/organizations/{org}/logo",
        "Upload the picture of an organization: one PNG of at most 64 KiB, sides of 16 to 1024 pixels",
        json("Organization"),
    )
    .sends("image/png"),
    op(
        "DELETE /v1/organizations/{org}/logo",
        "Remove the uploaded picture of an organization",
        gone(),
    ),
    op(
        "GET /v1/admin/roles",
        "Roles that can be granted in every organization, by slug",
        Answer::Page("Role"),
    ),
    op(
        "POST /v1/admin/roles",
        "Define a role for every organization",
        created("Role"),
    )
    .takes("NewRole")
    .refuses(&[Conflict, Duplicate]),
    op(
        "GET /v1/admin/roles/{role}",
        "One role, by slug",
        json("Role"),
    ),
    op(
        "PATCH /v1/admin/roles/{role}",
        "Rename a role or change what it permits; whoever has it follows at once",
        json("Role"),
    )
    .takes("RoleChange")
    .refuses(&[Conflict]),
    op(
        "DELETE /v1/admin/roles/{role}",
        "Delete a role that is not in use; else 409 with `used_by`",
        gone(),
    )
    .refuses(&[Conflict]),
    op(
        "GET /v1/organizations/{org}/roles",
        "Roles that can be granted here, by slug",
        Answer::Page("Role"),
    ),
    op(
        "POST /v1/organizations/{org}/roles",
        "Define a role for this organization",
        created("Role"),
    )
    .takes("NewRole")
    .refuses(&[Conflict, Duplicate]),
    op(
        "GET /v1/organizations/{org}/roles/{role}",
        "One role, by slug",
        json("Role"),
    ),
    op(
        "PATCH /v1/organizations/{org}/roles/{role}",
        "Rename a role or change what it permits; whoever has it follows at once",
        json("Role"),
    )
    .takes("RoleChange")
    .refuses(&[Conflict]),
    op(
        "DELETE /v1/organizations/{org}/roles/{role}",
        "Delete a role that is not in use; else 409 with `used_by`",
        gone(),
    )
    .refuses(&[Conflict]),
    op(
        "GET /v1/organizations/{org}/groups",
        "Groups of members",
        Answer::Page("Group"),
    )
    .asks(&[("member", "only those that this person is in")]),
    op(
        "POST /v1/organizations/{org}/groups",
        "Make a group and say which roles it gives",
        created("Group"),
    )
    .takes("NewGroup")
    .refuses(&[Conflict, Duplicate]),
    op(
        "GET /v1/organizations/{org}/groups/{group}",
        "One group",
        json("Group"),
    ),
    op(
        "PATCH /v1/organizations/{org}/groups/{group}",
        "Rename a group or change its roles; its members follow at once",
        json("Group"),
    )
    .takes("GroupChange")
    .refuses(&[Conflict, Duplicate]),
    op(
        "DELETE /v1/organizations/{org}/groups/{group}",
        "Delete a group; its members stay, without what it gave",
        gone(),
    )
    .refuses(&[Conflict]),
    op(
        "GET /v1/organizations/{org}/groups/{group}/members",
        "Who is in a group",
        Answer::Page("GroupMember"),
    ),
    op(
        "PUT /v1/organizations/{org}/groups/{group}/members/{user}",
        "Put a member into a group",
        json("Member"),
    ),
    op(
        "DELETE /v1/organizations/{org}/groups/{group}/members/{user}",
        "Take a member out of a group; what they have from elsewhere stays",
        gone(),
    )
    .refuses(&[Conflict]),
    op(
        "POST /v1/admin/api-tokens",
        "Import an API key that was in use elsewhere, by its hash",
        created("ApiToken"),
    )
    .takes("KeyImport")
    .refuses(&[NotFound, Duplicate]),
    op(
        "GET /v1/organizations/{org}/service-accounts",
        "Service accounts of an organization",
        Answer::Page("ServiceAccount"),
    ),
    op(
        "POST /v1/organizations/{org}/service-accounts",
        "Make a service account",
        created("ServiceAccount"),
    )
    .takes("NewServiceAccount")
    .refuses(&[Conflict]),
    op(
        "GET /v1/organizations/{org}/service-accounts/{account}",
        "One service account",
        json("ServiceAccount"),
    ),
    op(
        "PATCH /v1/organizations/{org}/service-accounts/{account}",
        "Change a service account, or switch it off",
        json("ServiceAccount"),
    )
    .takes("ServiceAccountChange")
    .refuses(&[Conflict]),
    op(
        "DELETE /v1/organizations/{org}/service-accounts/{account}",
        "Delete a service account with its keys",
        gone(),
    )
    .refuses(&[Conflict]),
    op(
        "GET /v1/organizations/{org}/service-accounts/{account}/keys",
        "Keys of a service account",
        Answer::Page("ApiToken"),
    ),
    op(
        "POST /v1/organizations/{org}/service-accounts/{account}/keys",
        "Make a key; its value is in this answer only",
        created("NewApiToken"),
    )
    .takes("NewKey")
    .refuses(&[Conflict]),
    op(
        "DELETE /v1/organizations/{org}/service-accounts/{account}/keys/{key}",
        "Revoke a key",
        gone(),
    ),
    op(
        "GET /v1/organizations/{org}/service-accounts/{account}/public-keys",
        "Public keys of a service account, for private_key_jwt",
        Answer::Page("PublicKey"),
    ),
    op(
        "POST /v1/organizations/{org}/service-accounts/{account}/public-keys",
        "Register a public key, as a JWK",
        created("PublicKey"),
    )
    .takes("NewPublicKey")
    .refuses(&[Conflict, Duplicate]),
    op(
        "DELETE /v1/organizations/{org}/service-accounts/{account}/public-keys/{public_key}",
        "Remove a public key; the tokens that came of it end",
        gone(),
    ),
];

/// Shapes.
pub const SHAPES: &[Shape] = &[
    shape(
        "ServiceAccount",
        "id name state=active|disabled roles=[text] created_at=instant",
    ),
    shape(
        "KeyImport",
        "sha256 name user? service_account? scopes?=[text]? expires_at=instant",
    ),
    shape("NewServiceAccount", "name roles?=[text]"),
    shape(
        "ServiceAccountChange",
        "name? state?=active|disabled roles?=[text]",
    ),
    shape("NewKey", "name scopes?=[text]? expires_in?=count?"),
    shape("NewPublicKey", "name jwk=any"),
    shape(
        "PublicKey",
        "id name thumbprint jwk=any created_at=instant uses=count last_used_at=instant? last_used_ip=text?",
    ),
    shape(
        "Role",
        "id slug name permissions=[text] org_id=text? built_in=flag",
    ),
    shape("NewRole", "slug name permissions=[text]"),
    shape("RoleChange", "name? permissions?=[text]"),
    shape(
        "Group",
        "id name roles=[text] members=count created_at=instant",
    ),
    shape("OrgBrand", "name?=text? color?=text? logo_url?=text?"),
    shape("NewGroup", "name roles?=[text]"),
    shape("GroupChange", "name? roles?=[text]"),
    shape("GroupMember", "user name=text? email=text? since=instant"),
];
