//! Who may call a route, in the words of the list of routes.

use crate::authz::Permission;

/// Who may call a route. Tests walk this list: each route is proven to refuse whoever is
/// not named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Anybody, but only with this browser's flow cookie or a value made for them.
    Bound,
    /// A person with a session.
    Session,
    /// Whoever has this permission there.
    Needs(Permission, At),
    /// A registered app, by its own proof or by an access token that it got.
    App,
    /// A listed proxy.
    Proxy,
}

/// Where a permission is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// For the whole installation.
    Instance,
    /// In the tenant of the host.
    Tenant,
    /// In the tenant that `{id}` names.
    Named,
    /// In the organization that `{org}` names.
    Org,
}
