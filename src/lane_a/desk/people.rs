//! People: finding one among many, and everything about one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use laneway_contract::{Credential, MethodKind};

use super::super::methods;
use crate::core::Core;
use crate::domain::session::Session;
use crate::domain::tenant::Tenant;
use crate::domain::user::{IdentityLink, User, UserState};
use crate::domain::{Problem, TenantId, UserId};
use crate::store::audit::EventRow;
use crate::store::belongings::{self, Belonging};
use crate::store::operators::{self, GrantRow};
use crate::store::user_search::{self, After, Around};
use crate::store::{links, sessions, users};

/// People on one page of the list.
pub const PEOPLE_ON_A_PAGE: usize = 25;
const SESSIONS: i64 = 50;

/// Where a list goes on, as it stands in addresses. It is no secret, and one that cannot be
/// read begins at the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cursor(After);

impl Cursor {
    /// Reads what [`Cursor::text`] wrote.
    pub fn parse(text: &str) -> Self {
        let plain = B64.decode(text).ok();
        let plain = plain.and_then(|bytes| String::from_utf8(bytes).ok());
        let parts = plain.as_deref().and_then(|plain| plain.split_once('\n'));
        Self(parts.map_or_else(After::default, |(id, key)| After {
            key: key.to_owned(),
            id: id.to_owned(),
        }))
    }

    /// For an address.
    pub fn text(&self) -> String {
        B64.encode(format!("{}\n{}", self.0.id, self.0.key))
    }
}

/// A person in a list.
#[derive(Debug, Clone)]
pub struct PersonRow {
    /// Their row.
    pub user: User,
    /// What else a list says.
    pub around: Around,
}

/// One page of people.
#[derive(Debug, Clone)]
pub struct PeoplePage {
    /// Who.
    pub rows: Vec<PersonRow>,
    /// The way to the next page, where there is one.
    pub next: Option<Cursor>,
}

/// People by exact id, by prefix of name or address, or the newest.
///
/// # Errors
/// `store_unavailable`.
pub async fn list(
    core: &Core,
    tenant: &TenantId,
    wanted: &str,
    state: Option<UserState>,
    after: &Cursor,
) -> Result<PeoplePage, Problem> {
    let (db, wanted) = (&core.db, wanted.trim());
    let limit = i64::try_from(PEOPLE_ON_A_PAGE + 1).unwrap_or(i64::MAX);
    let state = state.map(UserState::as_str);
    let exact = users::find(db, tenant, &UserId(wanted.to_owned())).await?;
    let mut found: Vec<(User, After)> = match exact.filter(|u| u.state != UserState::Deleted) {
        Some(user) => vec![(user, After::default())],
        None if wanted.is_empty() => user_search::newest(db, tenant, state, &after.0.id, limit)
            .await?
            .into_iter()
            .map(|user| {
                let id = user.id.0.clone();
                (
                    user,
                    After {
                        key: String::new(),
                        id,
                    },
                )
            })
            .collect(),
        None => user_search::by_prefix(db, tenant, wanted, state, &after.0, limit).await?,
    };
    let more = found.len() > PEOPLE_ON_A_PAGE;
    found.truncate(PEOPLE_ON_A_PAGE);
    let next = found
        .last()
        .filter(|_| more)
        .map(|(_, after)| Cursor(after.clone()));
    let ids: Vec<UserId> = found.iter().map(|(user, _)| user.id.clone()).collect();
    let mut around = user_search::around(db, tenant, &ids, core.now()).await?;
    let rows = found
        .into_iter()
        .map(|(user, _)| PersonRow {
            around: around.remove(&user.id).unwrap_or_default(),
            user,
        })
        .collect();
    Ok(PeoplePage { rows, next })
}

/// Everything about one person.
pub struct Person {
    /// Their row.
    pub user: User,
    /// Live sessions, newest first.
    pub sessions: Vec<Session>,
    /// Ways in.
    pub links: Vec<IdentityLink>,
    /// Organizations with grants.
    pub memberships: Vec<Belonging>,
    /// Passkeys and other factors; `None` where the provider keeps them to itself or does not answer.
    pub passkeys: Option<Vec<Credential>>,
    /// What happened to them and by them lately, newest first.
    pub events: Vec<EventRow>,
    /// What they administer.
    pub grants: Vec<GrantRow>,
}

/// The row of a person who is not deleted.
///
/// # Errors
/// `not_found`.
pub async fn find(core: &Core, tenant: &TenantId, id: &UserId) -> Result<User, Problem> {
    let found = users::find(&core.db, tenant, id).await?;
    found
        .filter(|user| user.state != UserState::Deleted)
        .ok_or_else(Problem::not_found)
}

/// Reads everything about one person.
///
/// # Errors
/// `not_found`.
pub async fn person(core: &Core, tenant: &Tenant, id: &UserId) -> Result<Person, Problem> {
    let user = find(core, &tenant.id, id).await?;
    let (db, now) = (&core.db, core.now());
    Ok(Person {
        sessions: sessions::list_of_user(db, &tenant.id, id, "", SESSIONS, now).await?,
        links: links::list(db, &tenant.id, id).await?,
        memberships: belongings::of_user(db, &tenant.id, id).await?,
        passkeys: passkeys(core, tenant, id).await,
        events: super::trail::about(core, &tenant.id, id, 8).await?,
        grants: operators::of_principal(db, "user", id.as_str()).await?,
        user,
    })
}

/// The page is worth showing without them: what a provider does not say is left out.
async fn passkeys(core: &Core, tenant: &Tenant, id: &UserId) -> Option<Vec<Credential>> {
    let offers = core.providers.offers(tenant).await.ok()?;
    let home = methods::pick(&offers, MethodKind::Passkey, None)?;
    let admin = home.upstream.provider().ok()?.credential_admin()?;
    let work = admin.list(id.as_str());
    core.providers.call(&home.upstream, "list", work).await.ok()
}

#[cfg(test)]
mod tests {
    use super::{After, Cursor};

    #[test]
    fn a_cursor_survives_an_address() {
        let after = After {
            key: "ana ruiz\nx".into(),
            id: "0199".into(),
        };
        let text = Cursor(after.clone()).text();
        assert_eq!(Cursor::parse(&text), Cursor(after));
        assert_eq!(Cursor::parse("%%%"), Cursor::default());
        assert_eq!(Cursor::parse(""), Cursor::default());
    }
}
