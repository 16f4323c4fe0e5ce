//! Connections of organizations and of tenants in words (CONTRACT §10).

use super::describe::{Answer, Entry, Shape, created, gone, json, op, shape};
use crate::domain::Code::{
    Conflict, Denied, Duplicate, NotSupportedByUpstream, UpstreamUnavailable,
};

/// Routes.
pub const ENTRIES: &[Entry] = &[
    op(
        "GET /v1/organizations/{org}/connections",
        "The organization's own identity providers",
        Answer::Page("Connection"),
    ),
    op(
        "POST /v1/organizations/{org}/connections",
        "Attach an identity provider as a draft",
        created("Connection"),
    )
    .takes("NewConnection")
    .refuses(&[Duplicate, NotSupportedByUpstream]),
    op(
        "GET /v1/organizations/{org}/connections/{connection}",
        "One connection, by id or slug",
        json("Connection"),
    ),
    op(
        "PATCH /v1/organizations/{org}/connections/{connection}",
        "Make a new draft, roll out, enforce or switch off; what is live stays",
        json("Connection"),
    )
    .takes("ConnectionChange")
    .refuses(&[Conflict]),
    op(
        "POST /v1/organizations/{org}/connections/{connection}/activate",
        "Put the draft live that has passed its test under this hash",
        json("Connection"),
    )
    .takes("Activation")
    .refuses(&[Conflict]),
    op(
        "POST /v1/organizations/{org}/connections/{connection}/rollback",
        "Put the revision live again that was live before",
        json("Connection"),
    )
    .takes("Nothing")
    .refuses(&[Conflict]),
    op(
        "GET /v1/organizations/{org}/connections/{connection}/checks",
        "Ask the other side now what is right and wrong with the draft",
        json("ConnectionChecks"),
    ),
    op(
        "GET /v1/organizations/{org}/connections/{connection}/tests",
        "Test logins, newest first",
        Answer::Page("TestLogin"),
    ),
    op(
        "POST /v1/organizations/{org}/connections/{connection}/tests",
        "Make a link that tests the draft; it is shown once",
        created("TestMade"),
    )
    .takes("Nothing"),
    op(
        "GET /v1/organizations/{org}/connections/{connection}/tests/{test}",
        "What came of a test login",
        json("TestLogin"),
    ),
    op(
        "GET /v1/organizations/{org}/connections/{connection}/role-mappings",
        "The rules that give roles",
        json("RoleMapping"),
    ),
    op(
        "PUT /v1/organizations/{org}/connections/{connection}/role-mappings",
        "Replace the rules",
        json("RoleMapping"),
    )
    .takes("RoleMapping")
    .refuses(&[Conflict]),
    op(
        "POST /v1/organizations/{org}/connections/{connection}/role-mappings/simulate",
        "What a sign-in with these claims would come to",
        json("Simulated"),
    )
    .takes("Simulation")
    .refuses(&[Denied]),
    op(
        "POST /v1/organizations/{org}/connections/{connection}/role-mappings/diff",
        "What changed rules would give and take",
        json("MappingDiff"),
    )
    .takes("RoleMapping")
    .refuses(&[Denied]),
    op(
        "GET /v1/organizations/{org}/connections/{connection}/health",
        "How it goes with a connection: sign-ins, causes of failure, what ends, what was found",
        json("ConnectionHealth"),
    ),
    op(
        "GET /v1/admin/connections",
        "Providers that anybody may have an account at, attached to the tenant itself",
        Answer::Page("Connection"),
    ),
    op(
        "POST /v1/admin/connections",
        "Attach such a provider as a draft",
        created("Connection"),
    )
    .takes("NewConnection")
    .refuses(&[Duplicate, NotSupportedByUpstream]),
    op(
        "GET /v1/admin/connections/{connection}",
        "One of them, by id or slug",
        json("Connection"),
    ),
    op(
        "PATCH /v1/admin/connections/{connection}",
        "Make a new draft, rename, or switch off; what is live stays",
        json("Connection"),
    )
    .takes("ConnectionChange")
    .refuses(&[Conflict]),
    op(
        "POST /v1/admin/connections/{connection}/activate",
        "Put the draft live that has passed its test under this hash",
        json("Connection"),
    )
    .takes("Activation")
    .refuses(&[Conflict]),
    op(
        "POST /v1/admin/connections/{connection}/rollback",
        "Put the revision live again that was live before",
        json("Connection"),
    )
    .takes("Nothing")
    .refuses(&[Conflict]),
    op(
        "GET /v1/admin/connections/{connection}/checks",
        "Ask the other side now what is right and wrong with the draft",
        json("ConnectionChecks"),
    ),
    op(
        "GET /v1/admin/connections/{connection}/tests",
        "Test logins, newest first",
        Answer::Page("TestLogin"),
    ),
    op(
        "POST /v1/admin/connections/{connection}/tests",
        "Make a link that tests the draft; it is shown once",
        created("TestMade"),
    )
    .takes("Nothing"),
    op(
        "GET /v1/admin/connections/{connection}/tests/{test}",
        "What came of a test login",
        json("TestLogin"),
    ),
    op(
        "GET /v1/admin/connections/{connection}/health",
        "How it goes with one: sign-ins, causes of failure, what was found",
        json("ConnectionHealth"),
    ),
    op(
        "GET /v1/organizations/{org}/break-glass",
        "Who gets in without the organization's own provider, in an emergency",
        json("BreakGlassList"),
    ),
    op(
        "PUT /v1/organizations/{org}/break-glass/{user}",
        "Name a member for emergencies",
        Answer::Empty(204),
    ),
    op(
        "DELETE /v1/organizations/{org}/break-glass/{user}",
        "Take somebody off",
        Answer::Empty(204),
    )
    .refuses(&[Conflict]),
    op(
        "GET /v1/organizations/{org}/domains",
        "The organization's domains",
        Answer::Page("Domain"),
    ),
    op(
        "POST /v1/organizations/{org}/domains",
        "Name a domain as the organization's own, to be proven by a DNS record",
        created("Domain"),
    )
    .takes("NewDomain")
    .refuses(&[Duplicate]),
    op(
        "GET /v1/organizations/{org}/domains/{domain}",
        "One domain, by id or name",
        json("Domain"),
    ),
    op(
        "DELETE /v1/organizations/{org}/domains/{domain}",
        "Give a domain up",
        gone(),
    ),
    op(
        "POST /v1/organizations/{org}/domains/{domain}/verify",
        "Look for the record now",
        json("DomainLooked"),
    )
    .takes("Nothing")
    .refuses(&[Conflict, UpstreamUnavailable]),
    op(
        "GET /v1/organizations/{org}/setup-links",
        "Links by which somebody without an account sets a connection up",
        Answer::Page("SetupLink"),
    ),
    op(
        "POST /v1/organizations/{org}/setup-links",
        "Make such a link; it is shown once",
        created("SetupLinkMade"),
    )
    .takes("NewSetupLink"),
    op(
        "GET /v1/organizations/{org}/setup-links/{link}",
        "One such link",
        json("SetupLink"),
    ),
    op(
        "DELETE /v1/organizations/{org}/setup-links/{link}",
        "Take a link back",
        gone(),
    ),
    op(
        "POST /v1/admin/routing/explain",
        "Where an address, a domain, an organization or a connection leads, and why",
        json("Routing"),
    )
    .takes("Identifier"),
];

/// Shapes.
pub const SHAPES: &[Shape] = &[
    shape(
        "Connection",
        "id slug name org=text? protocol=oidc|saml broker=direct|upstream \
         state=draft|tested|active|disabled draft_hash tested_hash=text? draft_revision=count \
         active_revision=count? rollout=admins|some|all people=[text] enforced=flag \
         domains=[text] redirect_uri acs_url=text? sp_entity_id=text? sp_metadata_url=text? \
         upstream=text? trust=operator|tenant \
         config=any checks?=[ConnectionCheck] last_login_at=instant? created_at=instant",
    ),
    shape(
        "NewConnection",
        "protocol=oidc|saml name slug?=text? broker?=direct|upstream? domains?=[text] config=any \
         redirect_uri?=text? acs_url?=text? sp_entity_id?=text?",
    ),
    shape(
        "ConnectionChange",
        "name? config?=any rollout?=admins|some|all people?=[text] contacts?=[text] enforced?=flag \
         client_secret_expires_at?=text? approve?=text \
         state?=active|disabled domains?=[text]",
    ),
    shape("Activation", "hash"),
    shape("Nothing", ""),
    shape(
        "ConnectionCheck",
        "code ok=flag received=text? expected=text? who=customer|us fix link=text? advice=flag \
         member=text?",
    ),
    shape("ConnectionChecks", "ok=flag checks=[ConnectionCheck]"),
    shape(
        "TestMade",
        "id url state=waiting|passed|failed hash expires_at=instant",
    ),
    shape(
        "TestLogin",
        "id state=waiting|passed|failed hash current=flag checks=[ConnectionCheck] claims=any \
         identity?=any rules=[RuleJudged] result=any timeline=[Moment] created_at=instant \
         finished_at=instant? expires_at=instant",
    ),
    shape("RuleJudged", "index=count matched=flag reached=flag why"),
    shape("Moment", "at=instant what"),
    shape(
        "RoleMapping",
        "mode?=full_sync|additive|first_login rules?=[MappingRule]",
    ),
    shape("MappingRule", "when=any roles?=[text] access?=allow|deny"),
    shape("Simulation", "claims?=any user?=text? mapping?=any"),
    shape("Simulated", "rules=[RuleJudged] result=any"),
    shape("MappingDiff", "gain=[RoleShift] lose=[RoleShift]"),
    shape(
        "RoleShift",
        "user name=text? email=text? roles=[text] access=flag",
    ),
    shape(
        "Domain",
        "id domain verified_at=instant? checked_at=instant? missing_since=instant? txt=Txt \
         created_at=instant",
    ),
    shape("Txt", "name value"),
    shape(
        "DomainLooked",
        "id domain verified_at=instant? checked_at=instant? missing_since=instant? txt=Txt \
         created_at=instant seen=[text]",
    ),
    shape(
        "ConnectionHealth",
        "looked_at=text? checks=[ConnectionCheck] contacts=[text] days=[ConnectionDay] \
         causes=[ConnectionCause] expires=[ConnectionEnding] \
         client_secret_expires_at=text? changes=StatedChanges?",
    ),
    shape("StatedChanges", "hash members=[StatedChange]"),
    shape("StatedChange", "member before now"),
    shape("ConnectionDay", "day worked=count failed=count"),
    shape("ConnectionCause", "code count=count last_at fix=text? link"),
    shape("ConnectionEnding", "what name at"),
    shape("BreakGlassList", "items=[BreakGlass]"),
    shape(
        "BreakGlass",
        "user proven_at=text? used_at=text? created_at",
    ),
    shape("NewDomain", "domain"),
    shape(
        "SetupLink",
        "id purpose state=waiting|opened|expired|revoked connection=text? email=text? \
         invited_by created_at=instant expires_at=instant opened_at=instant? revoked_at=instant?",
    ),
    shape(
        "SetupLinkMade",
        "id purpose state=waiting|opened|expired|revoked connection=text? email=text? \
         invited_by created_at=instant expires_at=instant opened_at=instant? revoked_at=instant? url",
    ),
    shape(
        "NewSetupLink",
        "purpose expires_in?=count? connection?=text? email?=text?",
    ),
    shape("Identifier", "identifier"),
    shape(
        "Routing",
        "connection=text? reason enforced=flag beside=flag rules=[Looked]",
    ),
    shape("Looked", "rule outcome matched=flag"),
];
