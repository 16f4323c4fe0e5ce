//! Connections of an organization, and of the tenant itself.

use axum::extract::{Path, Query};
use axum::response::Response;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::bff::rfc3339;
use super::super::context::Context;
use super::super::me::{Page, page, plausible};
use super::super::shown::instant;
use super::body::{Body, Patch, merged, parse_at};
use super::{Operator, created, if_match, versioned};
use crate::domain::Problem;
use crate::domain::connection::{Broker, Config, Connection, Protocol, Revision, Rollout, State};
use crate::lane_b::check::Check;
use crate::lane_b::connections::{self, ConnectionChange, Drafted, NewConnection};
use crate::lane_b::drafts::Secret;
use crate::lane_b::registered::Registered;
use crate::lane_b::through::{self, Given};
use crate::lane_b::{live, reading};
use crate::store::connections as rows;

/// The name of a connection in an address.
#[derive(Deserialize)]
pub struct Named {
    connection: String,
}

impl Named {
    /// As something that could be one.
    pub fn plausible(self) -> Result<String, Problem> {
        plausible(self.connection)
    }
}

/// A connection with its draft; the secret is never shown again.
fn shown(one: &Connection, draft: &Revision, given: &Given) -> Value {
    let mut config = json!(draft.config);
    if let Config::Oidc(_) = draft.config {
        config["client_secret"] = json!({ "set": draft.secret.is_some() });
    }
    json!({
        "id": one.id, "slug": one.slug, "name": one.name, "org": one.org,
        "protocol": one.protocol, "broker": one.broker, "state": one.state,
        "draft_hash": one.draft_hash, "tested_hash": one.tested_hash,
        "draft_revision": one.draft, "active_revision": one.active,
        "rollout": one.rollout, "enforced": one.enforced,
        "redirect_uri": one.redirect_uri, "acs_url": one.acs_url,
        "sp_entity_id": one.sp_entity_id,
        "sp_metadata_url": given.metadata_url,
        "upstream": one.through.as_ref().map(|through| &through.upstream), "trust": draft.trust, "config": config,
        "last_login_at": one.last_login_at.map(rfc3339), "created_at": rfc3339(one.created_at),
    })
}

async fn whole(context: &Context, drafted: &Drafted) -> Result<Value, Problem> {
    let (db, one) = (&context.core.db, &drafted.connection);
    let given = Given::of(one, &context.site.tenant);
    let mut body = shown(one, &drafted.draft, &given);
    body["domains"] = json!(rows::domains(db, &one.tenant, &one.id).await?);
    body["people"] = json!(rows::people(db, &one.tenant, &one.id).await?);
    if !drafted.checks.is_empty() {
        body["checks"] = checks(&drafted.checks);
    }
    Ok(body)
}

/// Findings as the outside sees them.
pub fn checks(all: &[Check]) -> Value {
    json!(all)
}

/// `GET …/connections`
pub async fn connections(
    by: Operator,
    context: Context,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    let path = by.connections_path();
    let (limit, after) = (paging.limit()?, paging.after(&context, &path)?);
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let all = rows::list(db, tenant, by.home().org(), &after, limit).await?;
    let last = all.last().map(|one| one.id.0.clone());
    let mut items = Vec::with_capacity(all.len());
    for one in all {
        items.push(whole(&context, &reading::drafted(&by.act(&context), one).await?).await?);
    }
    Ok(page(&context, &path, limit, items, last))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewBody {
    protocol: Protocol,
    name: String,
    slug: Option<String>,
    broker: Option<Broker>,
    #[serde(default)]
    domains: Vec<String>,
    config: Map<String, Value>,
    redirect_uri: Option<String>,
    acs_url: Option<String>,
    sp_entity_id: Option<String>,
}

/// `POST …/connections`
pub async fn create_connection(
    by: Operator,
    context: Context,
    Body(body): Body<NewBody>,
) -> Result<Response, Problem> {
    let mut members = body.config;
    let usual = || json!(by.home().usual_policy());
    members.entry("link_policy").or_insert_with(usual);
    let (config, secret) = read_config(body.protocol, members, Secret::Remove)?;
    let new = NewConnection {
        name: body.name,
        id: None,
        slug: body.slug,
        broker: match body.broker {
            Some(named) => named,
            None => through::usual_broker(&by.act(&context), by.home(), body.protocol).await?,
        },
        domains: body.domains,
        config,
        secret,
        registered: Registered {
            redirect_uri: body.redirect_uri,
            acs_url: body.acs_url,
            sp_entity_id: body.sp_entity_id,
        },
    };
    let drafted = connections::create(&by.act(&context), by.home(), new).await?;
    let one = &drafted.connection;
    let location = format!("{}/{}", by.connections_path(), one.id);
    Ok(created(
        &location,
        one.version,
        whole(&context, &drafted).await?,
    ))
}

/// A config as it came, apart from its secret.
pub fn read_config(
    protocol: Protocol,
    mut members: Map<String, Value>,
    absent: Secret,
) -> Result<(Config, Secret), Problem> {
    let secret = match members.remove("client_secret") {
        // The signing key is ours: nobody gives or takes it.
        _ if protocol == Protocol::Saml => Secret::Keep,
        None => absent,
        Some(Value::Null) => Secret::Remove,
        Some(Value::String(text)) if !text.is_empty() && text.len() <= 4096 => {
            Secret::Set(SecretString::from(text))
        }
        Some(_) => {
            let detail = "Give the client secret as a text.";
            return Err(Problem::field(
                "/config/client_secret",
                "invalid_type",
                detail,
            ));
        }
    };
    let members = Value::Object(members);
    let config = match protocol {
        Protocol::Oidc => Config::Oidc(parse_at("/config", &members)?),
        Protocol::Saml => Config::Saml(parse_at("/config", &members)?),
    };
    Ok((config, secret))
}

/// `GET …/connections/{connection}`
pub async fn read_connection(
    by: Operator,
    context: Context,
    Path(named): Path<Named>,
) -> Result<Response, Problem> {
    let act = by.act(&context);
    let one = connections::get(&act, by.home(), &named.plausible()?).await?;
    let version = one.version;
    let drafted = reading::drafted(&act, one).await?;
    Ok(versioned(version, whole(&context, &drafted).await?))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct ChangeBody {
    name: Patch<String>,
    config: Patch<Map<String, Value>>,
    rollout: Patch<Rollout>,
    people: Patch<Vec<String>>,
    enforced: Patch<bool>,
    state: Patch<State>,
    domains: Patch<Vec<String>>,
    contacts: Patch<Vec<String>>,
    client_secret_expires_at: Patch<String>,
    approve: Patch<String>,
}

/// `PATCH …/connections/{connection}`
pub async fn change_connection(
    by: Operator,
    context: Context,
    Path(named): Path<Named>,
    Body(body): Body<ChangeBody>,
) -> Result<Response, Problem> {
    let (act, home) = (by.act(&context), by.home());
    let (name, expected) = (named.plausible()?, if_match(&context)?);
    let draft = match body.config.lasting("/config")? {
        Some(members) => {
            let one = connections::get(&act, home, &name).await?;
            // An address of metadata that is given is read, also when it is the same again.
            let reads =
                members.contains_key("metadata_url") && !members.contains_key("certificates");
            let base = connections::get_revision(&act, &one, one.draft).await?;
            let all = merged(
                json!(base.config),
                Some(Value::Object(with_secret(members))),
            );
            let Value::Object(mut all) = all else {
                return Err(Problem::field("/config", "invalid_type", "Give an object."));
            };
            if reads {
                all.remove("certificates");
            }
            let removed = all.remove(NO_SECRET).is_some();
            let absent = if removed {
                Secret::Remove
            } else {
                Secret::Keep
            };
            let (config, secret) = read_config(one.protocol, all, absent)?;
            Some((one.draft, config, secret))
        }
        None => None,
    };
    let change = ConnectionChange {
        name: body.name.lasting("/name")?,
        draft,
        rollout: body.rollout.lasting("/rollout")?,
        people: body.people.lasting("/people")?,
        enforced: body.enforced.lasting("/enforced")?,
        state: body.state.lasting("/state")?,
        domains: body.domains.lasting("/domains")?,
        contacts: body.contacts.lasting("/contacts")?,
        secret_end: match body.client_secret_expires_at {
            Patch::Keep => None,
            Patch::Remove => Some(None),
            Patch::Set(text) => Some(Some(instant(Some(&text), 0)?)),
        },
        approve: body.approve.lasting("/approve")?,
    };
    let drafted = connections::change(&act, home, &name, change, expected).await?;
    let version = drafted.connection.version;
    Ok(versioned(version, whole(&context, &drafted).await?))
}

/// Stands for a removed secret while the rest is merged: `null` would only be left out.
const NO_SECRET: &str = "\u{0}no secret";

fn with_secret(mut members: Map<String, Value>) -> Map<String, Value> {
    if members.get("client_secret") == Some(&Value::Null) {
        members.insert(NO_SECRET.into(), Value::Bool(true));
    }
    // As it is shown: it says nothing new.
    if members.get("client_secret").is_some_and(Value::is_object) {
        members.remove("client_secret");
    }
    members
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivateBody {
    hash: String,
}

/// `POST …/connections/{connection}/activate`
pub async fn activate(
    by: Operator,
    context: Context,
    Path(named): Path<Named>,
    Body(body): Body<ActivateBody>,
) -> Result<Response, Problem> {
    let (act, home) = (by.act(&context), by.home());
    let (name, expected) = (named.plausible()?, if_match(&context)?);
    let one = live::activate(&act, home, &name, &body.hash, expected).await?;
    answer(&by, &context, one).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoMembers {}

/// `POST …/connections/{connection}/rollback`
pub async fn roll_back(
    by: Operator,
    context: Context,
    Path(named): Path<Named>,
    Body(_): Body<NoMembers>,
) -> Result<Response, Problem> {
    let (act, home) = (by.act(&context), by.home());
    let (name, expected) = (named.plausible()?, if_match(&context)?);
    let one = live::roll_back(&act, home, &name, expected).await?;
    answer(&by, &context, one).await
}

async fn answer(by: &Operator, context: &Context, one: Connection) -> Result<Response, Problem> {
    let version = one.version;
    let drafted = reading::drafted(&by.act(context), one).await?;
    Ok(versioned(version, whole(context, &drafted).await?))
}

/// `GET …/connections/{connection}/checks`: what the other side says now.
pub async fn live_checks(
    by: Operator,
    context: Context,
    Path(named): Path<Named>,
) -> Result<Response, Problem> {
    let act = by.act(&context);
    let one = connections::get(&act, by.home(), &named.plausible()?).await?;
    let found = reading::look(&act, &one).await?;
    let ok = found.iter().all(|check| check.ok);
    Ok(versioned(
        one.version,
        json!({ "ok": ok, "checks": checks(&found) }),
    ))
}
