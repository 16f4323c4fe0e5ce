//! Connections: created as drafts, changed in drafts, rolled out, switched off.
//!
//! Owns: each of these as one transaction.
//! Must not know: what is in a config, how a test goes.

use serde_json::json;

use super::check::Check;
use super::drafts::{self, Secret};
use super::home::Home;
use super::metadata;
use super::registered::{self, Registered};
use super::secret_end;
use super::through::{self, Given};
use crate::audit::{Event, Outcome, kind};
use crate::domain::connection::{Broker, Config, Connection, Protocol, Revision, Rollout, State};
use crate::domain::{Code, ConnectionId, Email, Problem};
use crate::lane_a::end_in;
use crate::lane_a::operator::{Act, check_slug, check_version, moved};
use crate::store::sessions::Which;
use crate::store::{Write, connections, revisions, upstreams};

/// A connection to create.
pub struct NewConnection {
    /// On buttons and pages.
    pub name: String,
    /// The id that was promised to the other side; `None` makes one.
    pub id: Option<ConnectionId>,
    /// In addresses; made of the name where none is given.
    pub slug: Option<String>,
    /// Who speaks to it.
    pub broker: Broker,
    /// Domains that lead to it.
    pub domains: Vec<String>,
    /// What is set.
    pub config: Config,
    /// Its client secret.
    pub secret: Secret,
    /// Addresses that its provider knows already.
    pub registered: Registered,
}

/// A connection with its newest revision.
pub struct Drafted {
    /// The row.
    pub connection: Connection,
    /// The newest revision.
    pub draft: Revision,
    /// What the other side says about it, where it was asked.
    pub checks: Vec<Check>,
}

/// Creates a connection as a draft.
///
/// # Errors
/// `invalid_field` for settings, addresses or documents that cannot work, `duplicate` for a
/// slug that is taken, `not_supported_by_upstream`.
pub async fn create(
    act: &Act<'_>,
    home: impl Into<Home<'_>>,
    new: NewConnection,
) -> Result<Drafted, Problem> {
    let home = home.into();
    home.check_new(&new)?;
    let trust = drafts::trust(act, None);
    let config = metadata::filled(act.core, trust, new.config.clone()).await?;
    config.check()?;
    let name = check_name(&new.name)?;
    let domains = check_domains(&new.domains)?;
    let id = new.id.clone();
    let id = id.unwrap_or_else(|| ConnectionId(act.core.new_id()));
    let protocol = config.protocol();
    let given = through::given(act, home, &id, (protocol, new.broker)).await?;
    let given = registered::taken_over(act, home, protocol, (given, &new.registered)).await?;
    let mut one = blank(act, home, &new, (id, &name, given));
    let secret = match one.protocol {
        Protocol::Saml => metadata::signing_key(act.core, act.tenant).await?,
        Protocol::Oidc => new.secret,
    };
    let draft = drafts::revision(act, &one, 1, (config, secret), None)?;
    through::check_secret(&one, &draft)?;
    one.draft_hash.clone_from(&draft.hash);
    let checks = drafts::look(act.core, act.tenant, &one, &draft).await?;
    let checks = drafts::acceptable(&draft.config, checks)?;
    let mut write = act.core.begin().await?;
    one.slug = free_slug(act, &mut write, new.slug, &name).await?;
    connections::create(&mut write.tx, &one, &draft).await?;
    connections::set_domains(&mut write.tx, &act.tenant.id, &one.id, &domains).await?;
    if let Some(org) = home.org() {
        super::domains::claim_all(act, &mut write, org, &domains).await?;
    }
    let event = event(kind::CONNECTION_CREATED, &one)
        .change(None, Some(shown(&one)))
        .detail(json!({ "issuer": draft.config.issuer(), "hash": draft.hash }));
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    let checks = through::tell(act, &one, checks).await;
    Ok(Drafted {
        connection: one,
        draft,
        checks,
    })
}

fn blank(
    act: &Act<'_>,
    home: Home<'_>,
    new: &NewConnection,
    (id, name, given): (ConnectionId, &str, Given),
) -> Connection {
    Connection {
        redirect_uri: given.redirect_uri,
        acs_url: given.acs_url,
        sp_entity_id: given.sp_entity_id,
        id,
        tenant: act.tenant.id.clone(),
        org: home.org().cloned(),
        slug: String::new(),
        name: name.to_owned(),
        protocol: new.config.protocol(),
        broker: new.broker,
        through: given.through,
        state: State::Draft,
        rollout: home.first_rollout(),
        enforced: false,
        draft: 1,
        draft_hash: String::new(),
        active: None,
        tested_hash: None,
        last_login_at: None,
        version: 1,
        created_at: act.core.now(),
    }
}

fn check_name(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    let fits =
        !name.is_empty() && name.chars().count() <= 100 && !name.chars().any(char::is_control);
    if fits {
        return Ok(name.to_owned());
    }
    Err(Problem::field(
        "/name",
        "invalid",
        "Use at most 100 ordinary characters.",
    ))
}

/// In lower case and in order, each once.
fn check_domains(domains: &[String]) -> Result<Vec<String>, Problem> {
    if domains.len() > 100 {
        return Err(Problem::field(
            "/domains",
            "too_many",
            "Name at most 100 domains.",
        ));
    }
    let mut all = Vec::with_capacity(domains.len());
    for (i, domain) in domains.iter().enumerate() {
        let domain = super::domains::check(&format!("/domains/{i}"), domain)?;
        if !all.contains(&domain) {
            all.push(domain);
        }
    }
    all.sort_unstable();
    Ok(all)
}

/// The slug that was asked for, or one that is made of the name and taken by nobody.
async fn free_slug(
    act: &Act<'_>,
    write: &mut Write,
    wanted: Option<String>,
    name: &str,
) -> Result<String, Problem> {
    let tenant = &act.tenant.id;
    if let Some(slug) = wanted {
        check_slug("/slug", &slug)?;
        if is_taken(act, write, &slug).await? {
            return Err(Problem::new(
                Code::Duplicate,
                "A record with this value exists already.",
            ));
        }
        return Ok(slug);
    }
    let base = slug_of(name);
    for suffix in 1..50 {
        let slug = if suffix == 1 {
            base.clone()
        } else {
            format!("{base}-{suffix}")
        };
        let taken = is_taken(act, write, &slug).await?;
        if !taken
            && connections::find(&mut write.tx, tenant, &slug)
                .await?
                .is_none()
        {
            return Ok(slug);
        }
    }
    let id = act.core.new_id();
    Ok(format!("{base}-{}", &id[id.len() - 12..]))
}

/// A name that means an upstream cannot mean a connection.
async fn is_taken(act: &Act<'_>, write: &mut Write, slug: &str) -> Result<bool, Problem> {
    let all = upstreams::list(&mut write.tx, &act.tenant.id).await?;
    Ok(all.iter().any(|row| row.slug == slug))
}

fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 40 {
            break;
        }
    }
    let slug = slug.trim_end_matches('-').to_owned();
    if slug.is_empty() {
        "sso".to_owned()
    } else {
        slug
    }
}

/// A connection of an organization or of the tenant itself, by id or slug.
///
/// # Errors
/// `not_found`, `store_unavailable`.
pub async fn get(
    act: &Act<'_>,
    home: impl Into<Home<'_>>,
    name: &str,
) -> Result<Connection, Problem> {
    let org = home.into().org();
    let found = connections::find(&act.core.db, &act.tenant.id, name).await?;
    found
        .filter(|one| one.org.as_ref() == org)
        .ok_or_else(Problem::not_found)
}

/// A revision of a connection.
///
/// # Errors
/// `not_found`, `store_unavailable`.
pub async fn get_revision(
    act: &Act<'_>,
    one: &Connection,
    number: i64,
) -> Result<Revision, Problem> {
    let (db, tenant) = (&act.core.db, &act.tenant.id);
    let found = revisions::find(db, tenant, &one.id, number).await?;
    found.ok_or_else(Problem::not_found)
}

/// What is changed about a connection; `None` keeps.
#[derive(Default)]
pub struct ConnectionChange {
    /// On buttons and pages.
    pub name: Option<String>,
    /// A new draft, made of the one with this number.
    pub draft: Option<(i64, Config, Secret)>,
    /// For whom.
    pub rollout: Option<Rollout>,
    /// Whom a rollout to some means.
    pub people: Option<Vec<String>>,
    /// Nobody of its domains gets in by another way.
    pub enforced: Option<bool>,
    /// On or off.
    pub state: Option<State>,
    /// Domains that lead to it.
    pub domains: Option<Vec<String>>,
    /// Who is told when something about it needs somebody.
    pub contacts: Option<Vec<String>>,
    /// When the client secret ends, epoch ms; `Some(None)`: nobody knows.
    pub secret_end: Option<Option<i64>>,
    /// What the provider states about itself now is right: the hash of what was looked at.
    pub approve: Option<String>,
}

/// Changes a connection in one commit. A new draft leaves what is live alone.
///
/// # Errors
/// `not_found`, `invalid_field`, `version_mismatch`, `conflict`, `forbidden`.
pub async fn change(
    act: &Act<'_>,
    home: impl Into<Home<'_>>,
    name: &str,
    change: ConnectionChange,
    expected: Option<i64>,
) -> Result<Drafted, Problem> {
    let home = home.into();
    home.check_change(&change)?;
    let old = get(act, home, name).await?;
    check_version(expected, old.version)?;
    let replaced = matches!(&change.draft, Some((_, _, Secret::Set(_) | Secret::Remove)));
    let secret_end = secret_end::given(&old, change.secret_end, replaced)?;
    let (new, checks) = match change.draft {
        Some((base, config, secret)) => {
            if base != old.draft {
                return Err(moved());
            }
            let (new, checks) = next_draft(act, &old, config, secret).await?;
            (Some(new), checks)
        }
        None => (None, Vec::new()),
    };
    if change.enforced == Some(true) && !old.enforced {
        super::enforce::require_proven(act, &old).await?;
    }
    through::before_switching(act, &old, change.state).await?;
    let mut write = act.core.begin().await?;
    let found = connections::find(&mut write.tx, &act.tenant.id, old.id.as_str()).await?;
    // What was checked above outside of the transaction must still be so.
    let mut one = found
        .filter(|one| one.version == old.version)
        .ok_or_else(moved)?;
    if let Some(new) = &new {
        revisions::add(&mut write.tx, &act.tenant.id, new).await?;
        one.edited(new.number, new.hash.clone());
    }
    if let Some(name) = &change.name {
        one.name = check_name(name)?;
    }
    if let Some(domains) = &change.domains {
        let domains = check_domains(domains)?;
        connections::set_domains(&mut write.tx, &act.tenant.id, &one.id, &domains).await?;
        super::domains::claim_all(act, &mut write, one.owner()?, &domains).await?;
    }
    if let Some(people) = &change.people {
        let people = check_people(people)?;
        connections::set_people(&mut write.tx, &act.tenant.id, &one.id, &people).await?;
    }
    if let Some(contacts) = &change.contacts {
        super::health::set_contacts(act, &mut write, &one, contacts).await?;
    }
    if let Some(end) = secret_end {
        secret_end::set(act, &mut write, &one, end).await?;
    }
    if let Some(hash) = &change.approve {
        super::health::approve(act, &mut write, &one, hash).await?;
    }
    if let Some(rollout) = change.rollout {
        one.rollout = rollout;
    }
    if let Some(state) = change.state {
        one.switched(state)?;
    }
    one.enforced = change.enforced.unwrap_or(one.enforced);
    if one.enforced && (one.rollout != Rollout::All || !one.is_active()) && change.state.is_none() {
        return Err(Problem::new(
            Code::Conflict,
            "Only a connection that is live and rolled out to all can be enforced.",
        ));
    }
    // Nobody is kept out by a door that is shut.
    one.enforced &= one.state != State::Disabled;
    let enforces = one.enforced && !old.enforced;
    if enforces {
        super::enforce::require_people(act, &mut write, one.owner()?).await?;
    }
    // Written first: from here on a sign-in waits for us or is seen by us.
    save(&mut write, &mut one).await?;
    let ended = match one.state {
        _ if enforces => super::enforce::end_other_sessions(act, &mut write, one.owner()?).await?,
        State::Disabled if old.state != State::Disabled => {
            let (source, why) = (one.id.as_source(), "connection_disabled");
            end_in(&mut write, &act.tenant.id, Which::OfUpstream(&source), why)
                .await?
                .len()
        }
        _ => 0,
    };
    let event = event(kind::CONNECTION_UPDATED, &one)
        .change(Some(shown(&old)), Some(shown(&one)))
        .detail(json!({
            "sessions_ended": ended, "people": change.people.is_some(),
            "secret_end": secret_end.flatten(), "approved": change.approve,
        }));
    act.audit(&mut write, event).await?;
    let draft = revisions::find(&mut write.tx, &act.tenant.id, &one.id, one.draft).await?;
    act.core.commit(write).await?;
    through::after_switching(act, &old, &one).await;
    Ok(Drafted {
        connection: one,
        draft: draft.ok_or_else(Problem::not_found)?,
        checks,
    })
}

fn check_people(people: &[String]) -> Result<Vec<Email>, Problem> {
    if people.len() > 1000 {
        return Err(Problem::field(
            "/people",
            "too_many",
            "Name at most 1000 addresses.",
        ));
    }
    people
        .iter()
        .enumerate()
        .map(|(i, text)| {
            Email::parse(text).ok_or_else(|| {
                let pointer = format!("/people/{i}");
                Problem::field(&pointer, "invalid_email", "Give an e-mail address.")
            })
        })
        .collect()
}

async fn next_draft(
    act: &Act<'_>,
    old: &Connection,
    config: Config,
    secret: Secret,
) -> Result<(Revision, Vec<Check>), Problem> {
    let base = get_revision(act, old, old.draft).await?;
    let trust = drafts::trust(act, Some(base.trust));
    let config = metadata::filled(act.core, trust, config).await?;
    config.check()?;
    // A secret goes where it was given for and nowhere else, whoever names the new place.
    let moves = config.receiver() != base.config.receiver();
    if moves && base.secret.is_some() && matches!(secret, Secret::Keep) {
        return Err(Problem::field(
            "/config/client_secret",
            "required",
            "Give the client secret again: the kept one belongs to another provider.",
        ));
    }
    let set = (config, secret);
    let new = drafts::revision(act, old, old.draft + 1, set, Some(&base))?;
    through::check_secret(old, &new)?;
    let checks = drafts::look(act.core, act.tenant, old, &new).await?;
    let checks = drafts::acceptable(&new.config, checks)?;
    Ok((new, checks))
}

pub(super) async fn save(write: &mut Write, one: &mut Connection) -> Result<(), Problem> {
    if !connections::update(&mut write.tx, one).await? {
        return Err(moved());
    }
    one.version += 1;
    Ok(())
}

pub(super) fn shown(one: &Connection) -> serde_json::Value {
    json!({
        "name": one.name, "state": one.state, "rollout": one.rollout, "enforced": one.enforced,
        "draft": one.draft, "draft_hash": one.draft_hash, "active": one.active,
    })
}

pub(super) fn event(kind: &'static str, one: &Connection) -> Event {
    let event = Event::new(kind, Outcome::Success, ("connection", one.id.as_str()));
    match &one.org {
        Some(org) => event.org(org.as_str()),
        None => event,
    }
}

#[cfg(test)]
mod tests {
    use super::{check_domains, slug_of};

    #[test]
    fn slugs_are_made_of_names() {
        assert_eq!(slug_of("Acme, Inc. (Okta)"), "acme-inc-okta");
        assert_eq!(slug_of("  \u{1f33b} "), "sso");
        assert!(slug_of(&"x".repeat(200)).len() <= 40);
    }

    #[test]
    fn domains_are_in_lower_case_and_each_is_named_once() {
        let all = [
            "Acme.test".to_owned(),
            "acme.TEST".to_owned(),
            "a.test".to_owned(),
        ];
        assert_eq!(
            check_domains(&all).expect("domains"),
            ["a.test", "acme.test"]
        );
        assert!(check_domains(&["not a domain".to_owned()]).is_err());
    }
}
