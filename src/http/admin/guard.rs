//! Who may call a route of the administration: asked once, before the handler, for every
//! route. What is not in the list of routes with a permission is refused.

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;

use super::super::access::{Access, At};
use super::super::bff::check_org;
use super::super::context::{self, Context};
use super::super::me::plausible;
use super::super::router::{AppState, ROUTES};
use crate::audit::{Event, Outcome, kind};
use crate::authn::{self, Caller};
use crate::authz::{Authority, Permission, Scope, require};
use crate::domain::{Code, OrgId, Problem, TenantId};
use crate::lane_a::account;
use crate::lane_a::operator::Act;
use crate::lane_b::home::Home;
use crate::store::orgs::{self, Organization};

/// Who administers: their authority, and the organization that the route is about.
#[derive(Clone)]
pub struct Operator {
    authority: Authority,
    org: Option<Organization>,
}

impl Operator {
    /// Their act in the tenant of the host.
    pub fn act<'a>(&'a self, context: &'a Context) -> Act<'a> {
        Act {
            core: &context.core,
            tenant: &context.site.tenant,
            meta: &context.meta,
            by: &self.authority,
            lang: context.lang(),
        }
    }

    /// What they may do.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The organization in the route's address.
    ///
    /// # Errors
    /// `not_found`.
    pub fn org(&self) -> Result<&Organization, Problem> {
        self.org.as_ref().ok_or_else(Problem::not_found)
    }
}

impl Operator {
    /// Whose connections the route is about: those of the organization in its address, which has
    /// been asked about, or the tenant's own.
    pub fn home(&self) -> Home<'_> {
        match &self.org {
            Some(org) => Home::Org(&org.id),
            None => Home::Tenant,
        }
    }

    /// The address of these connections.
    pub fn connections_path(&self) -> String {
        match &self.org {
            Some(org) => format!("/v1/organizations/{}/connections", org.id),
            None => "/v1/admin/connections".to_owned(),
        }
    }
}

impl FromRequestParts<AppState> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Problem::new(Code::Internal, "The request did not pass the guard."))
    }
}

/// The guard of all routes under `/v1/admin` and `/v1/organizations`.
pub async fn guard(
    State(_): State<AppState>,
    matched: MatchedPath,
    params: RawPathParams,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(context) = context::of(&request) else {
        return Problem::not_found().into_response();
    };
    let method = request.method().clone();
    let named = |name: &str| {
        params
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    };
    let wanted = wanted(&method, matched.as_str());
    match admit(&context, &method, wanted, named("id"), named("org")).await {
        Ok(operator) => {
            request.extensions_mut().insert(operator);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// What the list of routes says about this one. HEAD is GET without a body.
fn wanted(method: &Method, path: &str) -> Option<(Permission, At)> {
    let method = if method == Method::HEAD {
        "GET"
    } else {
        method.as_str()
    };
    ROUTES.iter().find_map(|(m, p, access)| match access {
        Access::Needs(permission, at) if *m == method && *p == path => Some((*permission, *at)),
        _ => None,
    })
}

async fn admit(
    context: &Context,
    method: &Method,
    wanted: Option<(Permission, At)>,
    id: Option<String>,
    org: Option<String>,
) -> Result<Operator, Problem> {
    context.login_host_only()?;
    let caller = context.caller().await?;
    let authority = authority(context, &caller).await?;
    // Deny by default: no line in the table, no way in.
    let (permission, at) = wanted.ok_or_else(|| {
        Problem::new(Code::Forbidden, "Nobody may do this.").because("no permission is stated")
    })?;
    let tenant = &context.site.tenant.id;
    let own = Scope::Tenant(tenant.clone());
    let mut found = None;
    let there = match (at, id, org) {
        (At::Instance, ..) => Scope::Instance,
        (At::Tenant, ..) => own.clone(),
        (At::Named, Some(id), _) => Scope::Tenant(TenantId(id)),
        (At::Org, _, Some(org)) => {
            found = orgs::find(&context.core.db, tenant, &org).await?;
            // An organization that is not there is refused like one of others, unless the
            // caller may see them all.
            let id = found.as_ref().map(|org| org.id.clone());
            Scope::Org(tenant.clone(), id.unwrap_or(OrgId(String::new())))
        }
        _ => return Err(Problem::not_found()),
    };
    if let Err(problem) = require(&authority, permission, &there) {
        // An operator of one tenant is not told which others exist.
        if at == At::Named && there != own && authority.is_operator_of(tenant) {
            return Err(Problem::not_found());
        }
        return Err(refused(context, &authority, permission, problem).await);
    }
    let authority = match &found {
        Some(org) => inside(context, (&caller, authority), (org, permission), None).await?,
        None => authority,
    };
    prove(context, method, &caller).await?;
    if at == At::Org && found.is_none() {
        return Err(Problem::not_found());
    }
    Ok(Operator {
        authority,
        org: found,
    })
}

async fn authority(context: &Context, caller: &Caller) -> Result<Authority, Problem> {
    caller.authority(&context.core).await?.ok_or_else(|| {
        Problem::new(Code::Unauthenticated, "Sign in, or send a token.")
            .with("login_url", "/bff/login")
    })
}

/// What a caller may do in an organization. What they have by it counts for a session that could
/// switch into it, on every page and route alike; whoever is granted it over more than this one
/// organization works from outside.
///
/// # Errors
/// As the switch, with a way that comes back to `back`.
async fn inside(
    context: &Context,
    (caller, authority): (&Caller, Authority),
    (org, permission): (&Organization, Permission),
    back: Option<&str>,
) -> Result<Authority, Problem> {
    if !caller.is_somebody() {
        return Ok(authority);
    }
    let entered = match caller.token() {
        Some(token) => account::enter_by_token(&context.core, token, &org.id).await,
        None => account::enter_org(&context.visit_by(caller, [0; 32]), &org.id, back).await,
    };
    match entered {
        Ok(()) => Ok(authority),
        Err(problem) => {
            let there = Scope::Org(context.site.tenant.id.clone(), org.id.clone());
            let outside = authority.from_above(&there);
            if outside.may(permission, &there) {
                Ok(outside)
            } else {
                Err(problem)
            }
        }
    }
}

/// A person must have proven themselves recently before they change something, and a cookie
/// must come with the mark that no foreign page can set.
async fn prove(context: &Context, method: &Method, caller: &Caller) -> Result<(), Problem> {
    if caller.by_cookie() {
        authn::check_api(&context.headers, method, false)?;
    }
    if let Some(live) = caller.live() {
        check_org(context, live)?;
    }
    let reading = matches!(*method, Method::GET | Method::HEAD);
    if caller.live().is_some() && !reading {
        let visit = context.visit_by(caller, [0; 32]);
        account::require_operator(&visit, "/account").await?;
    }
    Ok(())
}

async fn refused(
    context: &Context,
    authority: &Authority,
    permission: Permission,
    problem: Problem,
) -> Problem {
    let (kind, id) = authority.actor();
    let event = Event::new(
        kind::ACCESS_DENIED,
        Outcome::Denied,
        ("permission", permission.as_str()),
    );
    let tenant = &context.site.tenant.id;
    context
        .core
        .audit_alone(tenant, &context.meta, event.by(kind, id))
        .await;
    problem
}

/// The caller of a page of the administration, who may do that on this host's tenant.
///
/// # Errors
/// `unauthenticated`, `forbidden`, `not_found` on app hosts.
pub async fn page_operator(context: &Context, permission: Permission) -> Result<Operator, Problem> {
    context.login_host_only()?;
    let caller = context.caller().await?;
    let authority = authority(context, &caller).await?;
    let there = Scope::Tenant(context.site.tenant.id.clone());
    if let Err(problem) = require(&authority, permission, &there) {
        let problem = if authority.is_operator_of(&context.site.tenant.id) {
            let detail = "Your role in this administration does not include this. Ask an owner.";
            Problem::new(Code::Forbidden, detail).because(permission.as_str())
        } else {
            problem
        };
        return Err(refused(context, &authority, permission, problem).await);
    }
    Ok(Operator {
        authority,
        org: None,
    })
}

/// The caller of a page of an organization, who may do that there. Whoever has nothing to do
/// with it is not told that it exists; whoever has to show more comes `back` afterwards.
///
/// # Errors
/// `unauthenticated`, `not_found`, `forbidden`; `sso_required`, `step_up_required`.
pub async fn page_manager(
    context: &Context,
    org: &str,
    permission: Permission,
    back: &str,
) -> Result<Operator, Problem> {
    context.login_host_only()?;
    let caller = context.caller().await?;
    let authority = authority(context, &caller).await?;
    let tenant = &context.site.tenant.id;
    let org = plausible(org.to_owned())?;
    let found = orgs::find(&context.core.db, tenant, &org).await?;
    let org = found.ok_or_else(Problem::not_found)?;
    let there = Scope::Org(tenant.clone(), org.id.clone());
    if !authority.belongs(&there) {
        return Err(Problem::not_found());
    }
    if require(&authority, permission, &there).is_err() {
        let detail = "Your roles in this organization do not include this. Ask one of its owners.";
        let problem = Problem::new(Code::Forbidden, detail).because(permission.as_str());
        return Err(refused(context, &authority, permission, problem).await);
    }
    let (who, what) = ((&caller, authority), (&org, permission));
    let authority = inside(context, who, what, Some(back)).await?;
    Ok(Operator {
        authority,
        org: Some(org),
    })
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::wanted;

    #[test]
    fn what_has_no_line_in_the_list_has_no_permission_to_ask_for() {
        assert!(wanted(&Method::GET, "/v1/admin/users").is_some());
        assert!(wanted(&Method::HEAD, "/v1/admin/users").is_some());
        for (method, path) in [
            (Method::PUT, "/v1/admin/users"),
            (Method::GET, "/v1/admin/nothing"),
            (Method::GET, "/v1/me"),
        ] {
            assert!(wanted(&method, path).is_none(), "{method} {path}");
        }
    }
}
