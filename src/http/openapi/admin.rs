//! The administration in words (CONTRACT §8).

use super::describe::{Answer, Entry, Shape, created, gone, json, op, shape};
use crate::domain::Code::{
    Conflict, Duplicate, InvalidRequest, LastFactor, NotFound, NotSupportedByUpstream, RateLimited,
    UpstreamUnavailable,
};

const USER_QUERY: &[(&str, &str)] = &[
    ("q", "beginning of a name or an address, or a whole id"),
    ("state", "active or disabled"),
];
const SESSION_QUERY: &[(&str, &str)] = &[
    ("user", "of this person"),
    ("org", "active in this organization"),
    ("upstream", "that came from this upstream"),
];
const AUDIT_QUERY: &[(&str, &str)] = &[
    ("type", "one of the event types"),
    ("actor", "who did it: kind:id, or the id alone"),
    ("target", "to whom or what: kind:id, or the id alone"),
    ("org", "in this organization"),
    ("from", "not before this instant"),
    ("to", "before this instant"),
];

/// Routes.
pub const ENTRIES: &[Entry] = &[
    op(
        "GET /v1/admin/tenants",
        "Tenants that the caller may read",
        Answer::Page("Tenant"),
    ),
    op(
        "POST /v1/admin/tenants",
        "Create a tenant with its login host",
        created("Tenant"),
    )
    .takes("NewTenant")
    .refuses(&[Duplicate]),
    op("GET /v1/admin/tenants/{id}", "One tenant", json("Tenant")),
    op(
        "PATCH /v1/admin/tenants/{id}",
        "Change a tenant",
        json("Tenant"),
    )
    .takes("TenantChange")
    .refuses(&[Conflict]),
    op(
        "PUT /v1/admin/tenants/{id}/logo",
        "Upload the logo: one PNG of at most 64 KiB, sides of 16 to 1024 pixels",
        json("Tenant"),
    )
    .sends("image/png")
    .refuses(&[Conflict]),
    op(
        "DELETE /v1/admin/tenants/{id}/logo",
        "Remove the uploaded logo",
        gone(),
    ),
    op(
        "GET /v1/admin/tenants/{id}/hosts",
        "Host names of a tenant",
        Answer::Page("Host"),
    ),
    op(
        "POST /v1/admin/tenants/{id}/hosts",
        "Add a host name",
        created("Host"),
    )
    .takes("NewHost")
    .refuses(&[Duplicate]),
    op(
        "GET /v1/admin/tenants/{id}/hosts/{host}",
        "One host name",
        json("Host"),
    ),
    op(
        "DELETE /v1/admin/tenants/{id}/hosts/{host}",
        "Remove a host name",
        gone(),
    )
    .refuses(&[Conflict]),
    op(
        "GET /v1/admin/users",
        "People, found by prefix",
        Answer::Page("User"),
    )
    .asks(USER_QUERY),
    op("POST /v1/admin/users", "Create a person", created("User"))
        .takes("NewUser")
        .refuses(&[Duplicate, NotSupportedByUpstream, UpstreamUnavailable]),
    op("GET /v1/admin/users/{id}", "One person", json("User")),
    op(
        "PATCH /v1/admin/users/{id}",
        "Change a person, or switch them off",
        json("User"),
    )
    .takes("UserChange")
    .refuses(&[
        Conflict,
        Duplicate,
        NotSupportedByUpstream,
        UpstreamUnavailable,
    ]),
    op(
        "DELETE /v1/admin/users/{id}",
        "Delete a person: the row is anonymised",
        gone(),
    )
    .refuses(&[Conflict, NotSupportedByUpstream, UpstreamUnavailable]),
    op(
        "GET /v1/admin/users/{id}/sessions",
        "A person's sessions",
        Answer::Page("AdminSession"),
    ),
    op(
        "DELETE /v1/admin/users/{id}/sessions",
        "End all of a person's sessions",
        gone(),
    ),
    op(
        "DELETE /v1/admin/users/{id}/totp",
        "Take a person's authenticator app and recovery codes off; their sessions end",
        gone(),
    )
    .refuses(&[Conflict, LastFactor, NotSupportedByUpstream]),
    op(
        "GET /v1/admin/users/{id}/identities",
        "What a person is linked to",
        Answer::Page("Identity"),
    ),
    op(
        "PUT /v1/admin/users/{id}/identities",
        "Link a person to a subject",
        json("Identity"),
    )
    .takes("PutIdentity")
    .refuses(&[Duplicate]),
    op(
        "DELETE /v1/admin/users/{id}/identities/{identity}",
        "Remove a link; sessions end",
        gone(),
    ),
    op(
        "GET /v1/admin/users/{id}/organizations",
        "A person's memberships",
        Answer::Page("Member"),
    ),
    op(
        "GET /v1/admin/sessions",
        "Who is signed in",
        Answer::Page("AdminSession"),
    )
    .asks(SESSION_QUERY),
    op(
        "DELETE /v1/admin/sessions",
        "End sessions of a person, an organization or an upstream",
        gone(),
    )
    .asks(SESSION_QUERY)
    .refuses(&[NotFound, InvalidRequest]),
    op("DELETE /v1/admin/sessions/{sid}", "End one session", gone()),
    op(
        "GET /v1/admin/receipts",
        "Which nodes have heard that something ended",
        json("Receipt"),
    )
    .asks(&[("seq", "the number in the header X-Laneway-Receipt")])
    .refuses(&[NotFound, InvalidRequest]),
    op(
        "GET /v1/admin/upstreams",
        "Identity providers",
        Answer::Page("Upstream"),
    ),
    op(
        "POST /v1/admin/upstreams",
        "Add an identity provider, not active yet",
        created("Upstream"),
    )
    .takes("NewUpstream")
    .refuses(&[Duplicate]),
    op(
        "GET /v1/admin/upstreams/{id}",
        "One identity provider",
        json("Upstream"),
    ),
    op(
        "PATCH /v1/admin/upstreams/{id}",
        "Change, activate or retire an identity provider",
        json("Upstream"),
    )
    .takes("UpstreamChange")
    .refuses(&[Conflict]),
    op(
        "DELETE /v1/admin/upstreams/{id}",
        "Remove an identity provider; links and sessions stay",
        gone(),
    )
    .refuses(&[Conflict]),
    op(
        "POST /v1/admin/upstreams/{id}/probe",
        "Look at an identity provider",
        json("Probe"),
    ),
    op(
        "GET /v1/admin/invitations",
        "Invitations to the tenant, newest first",
        Answer::Page("Invitation"),
    ),
    op(
        "POST /v1/admin/invitations",
        "Invite an address to the tenant; the link is shown once",
        created("InvitationMade"),
    )
    .takes("NewInvitation")
    .refuses(&[Conflict, RateLimited]),
    op(
        "GET /v1/admin/invitations/{id}",
        "One invitation",
        json("Invitation"),
    ),
    op(
        "DELETE /v1/admin/invitations/{id}",
        "Take an invitation back; its link is dead",
        gone(),
    ),
    op(
        "POST /v1/admin/invitations/{id}/resend",
        "Send another link; the one before is dead. Only who may invite sees it",
        json("InvitationSent"),
    )
    .refuses(&[Conflict, RateLimited]),
    op(
        "GET /v1/admin/audit-events",
        "What happened, newest first",
        Answer::Page("AuditEvent"),
    )
    .asks(AUDIT_QUERY),
    op(
        "GET /v1/admin/audit-events/export",
        "The same, one JSON object per line, at most 100,000",
        Answer::Media("application/x-ndjson"),
    )
    .asks(AUDIT_QUERY)
    .refuses(&[InvalidRequest]),
    op(
        "GET /v1/organizations/{org}/audit-events",
        "What happened in an organization, newest first; `org` in the query counts nothing",
        Answer::Page("AuditEvent"),
    )
    .asks(AUDIT_QUERY),
    op(
        "GET /v1/organizations",
        "Organizations",
        Answer::Page("Organization"),
    ),
    op(
        "POST /v1/organizations",
        "Create an organization",
        created("Organization"),
    )
    .takes("NewOrganization")
    .refuses(&[Duplicate]),
    op(
        "GET /v1/organizations/{org}",
        "One organization, by id or slug",
        json("Organization"),
    ),
    op(
        "PATCH /v1/organizations/{org}",
        "Change an organization",
        json("Organization"),
    )
    .takes("OrganizationChange")
    .refuses(&[Duplicate, Conflict]),
    op(
        "DELETE /v1/organizations/{org}",
        "Delete an organization; people stay",
        gone(),
    ),
    op(
        "GET /v1/organizations/{org}/members",
        "Members",
        Answer::Page("Member"),
    )
    .asks(&[("role", "only those who have this role")]),
    op(
        "GET /v1/organizations/{org}/members/{user}",
        "One member",
        json("Member"),
    ),
    op(
        "PUT /v1/organizations/{org}/members/{user}",
        "Make somebody a member with these roles",
        json("Member"),
    )
    .takes("PutMember")
    .refuses(&[Conflict]),
    op(
        "PATCH /v1/organizations/{org}/members/{user}",
        "Suspend a member, or let them in again",
        json("Member"),
    )
    .takes("MemberChange")
    .refuses(&[Conflict]),
    op(
        "DELETE /v1/organizations/{org}/members/{user}",
        "Remove a member",
        gone(),
    )
    .refuses(&[Conflict]),
    op(
        "GET /v1/organizations/{org}/invitations",
        "Invitations into an organization, newest first",
        Answer::Page("Invitation"),
    ),
    op(
        "POST /v1/organizations/{org}/invitations",
        "Invite an address into an organization; the link is shown once",
        created("InvitationMade"),
    )
    .takes("NewInvitation")
    .refuses(&[Conflict, RateLimited]),
    op(
        "GET /v1/organizations/{org}/invitations/{id}",
        "One invitation",
        json("Invitation"),
    ),
    op(
        "DELETE /v1/organizations/{org}/invitations/{id}",
        "Take an invitation back; its link is dead",
        gone(),
    ),
    op(
        "POST /v1/organizations/{org}/invitations/{id}/resend",
        "Send another link; the one before is dead",
        json("InvitationMade"),
    )
    .refuses(&[Conflict, RateLimited]),
    op(
        "GET /v1/users",
        "Alias of /v1/admin/users",
        Answer::Page("User"),
    )
    .asks(USER_QUERY),
    op(
        "POST /v1/users",
        "Alias of /v1/admin/users",
        created("User"),
    )
    .takes("NewUser")
    .refuses(&[Duplicate, NotSupportedByUpstream]),
    op(
        "GET /v1/users/{id}",
        "Alias of /v1/admin/users/{id}",
        json("User"),
    ),
    op(
        "PATCH /v1/users/{id}",
        "Alias of /v1/admin/users/{id}",
        json("User"),
    )
    .takes("UserChange"),
    op(
        "DELETE /v1/users/{id}",
        "Alias of /v1/admin/users/{id}",
        gone(),
    ),
    op(
        "GET /v1/sessions",
        "Alias of /v1/admin/sessions",
        Answer::Page("AdminSession"),
    )
    .asks(SESSION_QUERY),
    op("DELETE /v1/sessions", "Alias of /v1/admin/sessions", gone())
        .asks(SESSION_QUERY)
        .refuses(&[NotFound, InvalidRequest]),
    op(
        "DELETE /v1/sessions/{sid}",
        "Alias of /v1/admin/sessions/{sid}",
        gone(),
    ),
];

/// Shapes.
pub const SHAPES: &[Shape] = &[
    shape(
        "Tenant",
        "id slug name state=active|disabled public_url signup=open|invite|closed \
         origins=[text] brand=Brand settings=Settings rp_id jit=create|deny claims_format=flag \
         registration_enabled=flag client_documents_enabled=flag \
         created_at=instant",
    ),
    shape("Brand", "color?=text? logo_url?=text?"),
    shape(
        "Settings",
        "locale?=en|de? help_url?=text? privacy_url?=text? support_email?=text? \
         mail_from_name?=text? mail_from_address?=text? \
         auth_methods?=[cookie|api_token|access_token|upstream_token]? \
         default_method?=cookie|api_token|access_token|upstream_token?",
    ),
    shape(
        "NewTenant",
        "slug name public_url signup?=open|invite|closed",
    ),
    shape(
        "TenantChange",
        "name? state?=active|disabled signup?=open|invite|closed origins?=[text]? \
         brand?=Brand? settings?=Settings? claims_format?=flag registration_enabled?=flag \
         client_documents_enabled?=flag jit?=create|deny",
    ),
    shape(
        "Host",
        "id host purpose=login|app canonical=flag config_owned=flag org=text?",
    ),
    shape("NewHost", "host purpose=login|app org?=text?"),
    shape(
        "NewUser",
        "email email_verified?=flag name?=text? password?",
    ),
    shape(
        "UserChange",
        "name?=text? email?=text? email_verified?=flag state?=active|disabled",
    ),
    shape(
        "AdminSession",
        "id user_id upstream=text? current=flag created_at=instant last_seen_at=instant \
         ip user_agent acr amr=[text] org_id=text? hosts=[text] app=SessionApp?",
    ),
    shape("PutIdentity", "upstream subject"),
    shape(
        "Upstream",
        "id kind name issuer client_id client_secret=Secret options=any \
         role=primary|companion|secondary|retired trust=operator|tenant \
         config_owned=flag created_at=instant",
    ),
    shape("Secret", "set=flag"),
    shape(
        "NewUpstream",
        "kind name issuer client_id client_secret?=text? options?=any",
    ),
    shape(
        "UpstreamChange",
        "role?=primary|companion|secondary|retired issuer? client_id? \
         client_secret?=text? options?=any",
    ),
    shape("Probe", "ok=flag checks=[Check]"),
    shape(
        "Check",
        "name ok=flag received=text? expected=text? who=provider|us|customer fix=text?",
    ),
    shape(
        "AuditEvent",
        "id at=instant type outcome=success|failure|denied actor target org_id=text? \
         request_id ip detail=any before=any after=any",
    ),
    shape(
        "Organization",
        "id slug name state=active|disabled required_acr=aal1|aal2|phr? max_staleness=count? social_login=flag \
         brand=OrgBrand created_at=instant",
    ),
    shape("NewOrganization", "slug name"),
    shape(
        "OrganizationChange",
        "slug? name? state?=active|disabled required_acr?=aal1|aal2|phr? max_staleness?=count? social_login?=flag \
         brand?=OrgBrand?",
    ),
    shape("NewInvitation", "email roles?=[text]"),
    shape(
        "Invitation",
        "id email roles=[text] org_id=text? state=pending|accepted|revoked|expired invited_by \
         created_at=instant sent_at=instant expires_at=instant revoked_at=instant? \
         accepted_at=instant? accepted_by=text?",
    ),
    shape(
        "InvitationMade",
        "id email roles=[text] org_id=text? state=pending|accepted|revoked|expired invited_by \
         created_at=instant sent_at=instant expires_at=instant revoked_at=instant? \
         accepted_at=instant? accepted_by=text? url",
    ),
    shape(
        "InvitationSent",
        "id email roles=[text] org_id=text? state=pending|accepted|revoked|expired invited_by \
         created_at=instant sent_at=instant expires_at=instant revoked_at=instant? \
         accepted_at=instant? accepted_by=text? url?",
    ),
    shape(
        "Member",
        "user org name=text? email=text? state=active|suspended roles=[text] \
         grants=[Grant] created_at=instant",
    ),
    shape("Grant", "role source=manual|mapping|scim|invitation|group"),
    shape("PutMember", "roles=[text]"),
    shape("MemberChange", "state?=active|suspended"),
];
