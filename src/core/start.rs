//! Bringing the program up: open the store, prove the master key, apply configuration.
//! No upstream is waited for.

use std::collections::HashMap;
use std::sync::Arc;

use laneway_contract::{Clock, HttpClient, Random};
use laneway_sqlkit::{Db, MigrationSet};
use secrecy::{ExposeSecret, SecretSlice};
use serde_json::Value;
use zeroize::Zeroizing;

use super::section::apply_tenant;
use super::{Core, Documents, Node, PlainToken, Tenants};
use crate::audit::{Event, Outcome, RequestMeta, kind};
use crate::config::{self, Config};
use crate::domain::tenant::{Host, Purpose, Tenant, host_key};
use crate::domain::upstream::{Role, Trust, Upstream};
use crate::domain::{Code, Problem, UpstreamId};
use crate::outbound::{GuardedClient, Mailer, Names};
use crate::providers::{self, EMBEDDED, Factory, Parts, Providers};
use crate::sessions::{InvalidationLog, Sessions};
use crate::store::invalidations::{Change, Scope};
use crate::store::roles::{self, Role as OrgRole};
use crate::store::seal::{Place, Sealer};
use crate::store::secrets::{self, SecretPurpose};
use crate::store::{self, Write, hosts, installation, operators, upstreams};
use crate::tokens::Keys;

const KEY_CHECK: Place<'static> = Place {
    tenant: "",
    table: "installation",
    column: "key_check",
    row: "1",
};
const CODE_KEYS: Place<'static> = Place {
    column: "code_keys",
    ..KEY_CHECK
};
/// Of one such key.
const CODE_KEY_BYTES: usize = 32;
const OWNER_LINK_MS: i64 = 24 * 3600 * 1000;

/// What may be put in from outside.
pub struct CoreOptions {
    /// Wall clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Further adapters by kind.
    pub factories: HashMap<String, Factory>,
    /// Further migrations.
    pub migrations: Vec<MigrationSet>,
}

/// A fresh owner link.
pub struct OwnerLink(pub PlainToken);

/// Opens the store, migrates it and proves the master key.
///
/// # Errors
/// A problem whose source says what to do.
pub async fn open_store(config: &Config, options: &CoreOptions) -> Result<(Db, Sealer), Problem> {
    let db = Db::connect(config.database.url().expose_secret()).await?;
    store::MIGRATIONS.apply(&db).await?;
    for set in providers::migrations().iter().chain(&options.migrations) {
        set.apply(&db).await?;
    }
    let current = match &config.master_keys.current {
        Some(key) => key.clone(),
        None => key_file(config, options)?,
    };
    let previous = config.master_keys.previous.clone();
    let sealer = Sealer::new(current, previous, Arc::clone(&options.random));
    prove_key(&db, &sealer, options).await?;
    Ok((db, sealer))
}

fn key_file(config: &Config, options: &CoreOptions) -> Result<SecretSlice<u8>, Problem> {
    let missing = || Problem::new(Code::Internal, "Set LANEWAY_MASTER_KEY.");
    let path = config.database.master_key_path().ok_or_else(missing)?;
    config::master_key::load_or_create(&path, options.random.as_ref())
        .map_err(|error| missing().because(error))
}

/// A database that was sealed with another key must stop the start, not fail each request.
async fn prove_key(db: &Db, sealer: &Sealer, options: &CoreOptions) -> Result<(), Problem> {
    if installation::find(db).await?.is_none() {
        let now = options.clock.now_ms();
        let mut tx = db.begin().await?;
        let id = random_id(options.random.as_ref());
        installation::create(&mut tx, &id, sealer.seal(KEY_CHECK, b"laneway"), now).await?;
        tx.commit().await?;
    }
    let found = installation::find(db).await?;
    let (_, check) = found.ok_or_else(|| Problem::new(Code::Internal, "no installation row"))?;
    sealer.open(KEY_CHECK, &check).map_err(|error| {
        const FIX: &str = "Set the master key that this database was created with, as master_key or, after a change, \
            among previous_master_keys.";
        Problem::new(Code::Internal, FIX).because(error)
    })?;
    Ok(())
}

/// What fingerprints the codes that people keep. The first start takes it from the master key, so that
/// codes from before are still good; from then on it is a secret of its own.
async fn code_keys(db: &Db, sealer: &Sealer) -> Result<Vec<SecretSlice<u8>>, Problem> {
    if installation::code_keys(db).await?.is_none() {
        let derived = Zeroizing::new(sealer.derive_all("embedded codes").concat());
        installation::keep_code_keys(db, sealer.seal(CODE_KEYS, &derived)).await?;
    }
    let sealed = installation::code_keys(db).await?.unwrap_or_default();
    let plain = Zeroizing::new(sealer.open(CODE_KEYS, &sealed)?);
    let keys = plain.chunks_exact(CODE_KEY_BYTES);
    Ok(keys.map(|key| key.to_vec().into()).collect())
}

fn random_id(random: &dyn Random) -> String {
    let mut id = [0u8; 16];
    random.fill(&mut id);
    uuid::Builder::from_random_bytes(id).into_uuid().to_string()
}

/// The machine's name and our port: several nodes may share either.
fn node_name(port: u16) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host: String = host.trim().chars().take(60).collect();
    format!("{}:{port}", if host.is_empty() { "node" } else { &host })
}

/// Another node's new keys are known here before they sign.
fn hear_of_rotations(log: &InvalidationLog, keys: &Keys) {
    let forget = keys.forgetter();
    log.subscribe(move |changes| {
        if changes.iter().any(|row| row.scope == Scope::Tenant) {
            forget();
        }
    });
}

/// Opens everything; nothing listens yet.
///
/// # Errors
/// A problem whose source says what to do.
pub async fn open(config: Config, options: CoreOptions) -> Result<Arc<Core>, Problem> {
    let (db, sealer) = Box::pin(open_store(&config, &options)).await?;
    let clock = Arc::clone(&options.clock);
    let bound = ms(config.revocation.bound);
    let log = InvalidationLog::open(db.clone(), Arc::clone(&clock), bound).await?;
    let again = ms(config.sessions.revalidate_after);
    let sessions = Sessions::new(db.clone(), Arc::clone(&clock), &log, 1_000_000, again);
    let keys = Keys::new(db.clone(), sealer.clone(), Arc::clone(&clock));
    hear_of_rotations(&log, &keys);
    let names = config
        .federation
        .dns_server
        .map_or_else(Names::of_machine, Names::at);
    let mailer = Mailer::new(&config.mail).map_err(|error| {
        Problem::new(Code::Internal, "The mail settings do not fit.").because(error)
    })?;
    let breached = config.passwords.breached_list.as_deref();
    let breached = breached.map(providers::read_breached).transpose();
    let breached = breached.map_err(|error| {
        Problem::new(
            Code::Internal,
            "The list of leaked passwords cannot be read.",
        )
        .because(error)
    })?;
    let parts = Parts {
        db: db.clone(),
        code_keys: code_keys(&db, &sealer).await?,
        sealer: sealer.clone(),
        clock: Arc::clone(&clock),
        random: Arc::clone(&options.random),
        http_operator: guarded(Trust::Operator, &config)?,
        http_tenant: guarded(Trust::Tenant, &config)?,
        mail: !matches!(config.mail, config::Mail::None),
        codes: (
            u32::try_from(config.flow.code_ttl.as_secs()).unwrap_or(600),
            config.flow.code_tries,
            u32::try_from(config.flow.resend.as_secs()).unwrap_or(30),
        ),
        breached: breached.map(Arc::new),
        factories: options.factories,
    };
    let node = Node {
        id: random_id(options.random.as_ref()),
        name: node_name(config.server.listen.port()),
        started_at: clock.now_ms(),
    };
    let core = Arc::new(Core {
        node,
        providers: Providers::new(parts, &log),
        tenants: Tenants::new(db.clone(), &log, config.apps.clone()),
        config,
        db,
        sealer,
        clock,
        random: options.random,
        log,
        sessions,
        keys,
        mailer,
        documents: Documents::new(),
        names,
    });
    // Large, and every command would carry it.
    Box::pin(apply_configuration(&core)).await?;
    Ok(core)
}

/// Brings the default tenant, its hosts and its configured upstream up to the
/// configuration. Several nodes may do this at once.
async fn apply_configuration(core: &Core) -> Result<(), Problem> {
    for _ in 0..5 {
        match try_apply(core).await {
            Err(problem) if matches!(problem.code, Code::Duplicate | Code::Conflict) => {}
            other => return other,
        }
    }
    try_apply(core).await
}

async fn try_apply(core: &Core) -> Result<(), Problem> {
    let mut write = core.begin().await?;
    let tenant = apply_tenant(core, &mut write).await?;
    apply_hosts(core, &mut write, &tenant).await?;
    apply_upstreams(core, &mut write, &tenant).await?;
    for one in crate::authz::BUILT_IN {
        let role = OrgRole::of_tenant(core.new_id(), one.slug, one.name, one.permissions);
        roles::define(&mut write.tx, &tenant.id, &role).await?;
    }
    core.commit(write).await?;
    Ok(())
}

async fn apply_hosts(core: &Core, write: &mut Write, tenant: &Tenant) -> Result<(), Problem> {
    let mut wanted = vec![(url_host_key(&core.config.server.public_url), Purpose::Login)];
    wanted.extend(
        core.config
            .apps
            .iter()
            .map(|app| (app.host.clone(), Purpose::App)),
    );
    let existing = hosts::list(&mut write.tx, &tenant.id).await?;
    for old in existing.iter().filter(|host| host.config_owned) {
        if !wanted
            .iter()
            .any(|(name, purpose)| *name == old.host && *purpose == old.purpose)
        {
            hosts::release(&mut write.tx, &tenant.id, &old.host).await?;
            write.invalidate(Change::Changed, Scope::Tenant, tenant.id.as_str());
        }
    }
    for (name, purpose) in wanted {
        if existing
            .iter()
            .any(|host| host.host == name && host.purpose == purpose)
        {
            continue;
        }
        let host = Host {
            id: core.new_id(),
            host: name,
            purpose,
            canonical: purpose == Purpose::Login,
            config_owned: true,
            org: None,
        };
        hosts::create(&mut write.tx, &tenant.id, &host, core.now()).await?;
        write.invalidate(Change::Changed, Scope::Tenant, tenant.id.as_str());
    }
    Ok(())
}

/// The host key of an address.
pub fn url_host_key(url: &url::Url) -> String {
    let name = url.host_str().unwrap_or_default();
    let raw = url
        .port()
        .map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
    host_key(&raw).unwrap_or(raw)
}

async fn apply_upstreams(core: &Core, write: &mut Write, tenant: &Tenant) -> Result<(), Problem> {
    let existing = upstreams::list(&mut write.tx, &tenant.id).await?;
    let has_primary = existing.iter().any(|row| row.role == Role::Primary);
    let (own, wanted) = match &core.config.upstream {
        Some(named) if named.kind.as_str() == EMBEDDED => (Some(&named.options), None),
        other => (None, other.as_ref()),
    };
    if let Some(wanted) = wanted {
        apply_upstream(core, write, tenant, wanted, &existing, has_primary).await?;
    }
    let old = existing.iter().find(|row| row.kind == EMBEDDED);
    if let (Some(old), Some(options)) = (old, own) {
        return apply_options(write, old, options).await;
    }
    if old.is_none() {
        // Beside a configured upstream it waits as a possible companion or way back.
        let role = if has_primary || wanted.is_some() {
            Role::Secondary
        } else {
            Role::Primary
        };
        let row = Upstream {
            id: UpstreamId(core.new_id()),
            tenant: tenant.id.clone(),
            slug: EMBEDDED.into(),
            kind: EMBEDDED.into(),
            issuer: format!("urn:laneway:embedded:{}", tenant.slug),
            client_id: String::new(),
            secret: None,
            options: Value::Object(own.cloned().unwrap_or_default()),
            role,
            trust: Trust::Operator,
            config_owned: own.is_some(),
            version: 1,
            created_at: core.now(),
        };
        upstreams::create(&mut write.tx, &row).await?;
        write.invalidate(Change::Changed, Scope::Upstream, row.id.as_str());
    }
    Ok(())
}

/// What the embedded provider offers, where the configuration says it.
async fn apply_options(
    write: &mut Write,
    old: &Upstream,
    options: &serde_json::Map<String, Value>,
) -> Result<(), Problem> {
    let wanted = Upstream {
        options: Value::Object(options.clone()),
        config_owned: true,
        ..old.clone()
    };
    if wanted.options != old.options || !old.config_owned {
        upstreams::update(&mut write.tx, &wanted).await?;
        write.invalidate(Change::Changed, Scope::Upstream, old.id.as_str());
    }
    Ok(())
}

async fn apply_upstream(
    core: &Core,
    write: &mut Write,
    tenant: &Tenant,
    wanted: &config::Upstream,
    existing: &[Upstream],
    has_primary: bool,
) -> Result<(), Problem> {
    let options = Value::Object(wanted.options.clone());
    let old = existing.iter().find(|row| row.slug == wanted.name);
    let id = old.map_or_else(|| UpstreamId(core.new_id()), |row| row.id.clone());
    let secret = wanted.client_secret.as_ref().map(|secret| {
        core.sealer.seal(
            providers::secret_place(&tenant.id, &id),
            secret.expose_secret().as_bytes(),
        )
    });
    let mut row = Upstream {
        id: id.clone(),
        tenant: tenant.id.clone(),
        slug: wanted.name.clone(),
        kind: wanted.kind.as_str().to_owned(),
        issuer: wanted.issuer.clone(),
        client_id: wanted.client_id.clone(),
        secret,
        options,
        // Start never swaps: another primary stays until `laneway upstream activate`.
        role: match wanted.role {
            Role::Primary if has_primary => Role::Secondary,
            role => role,
        },
        trust: Trust::Operator,
        config_owned: true,
        version: 1,
        created_at: core.now(),
    };
    let Some(old) = old else {
        upstreams::create(&mut write.tx, &row).await?;
        write.invalidate(Change::Changed, Scope::Upstream, id.as_str());
        return Ok(());
    };
    if same_upstream(core, old, &row, wanted) {
        return Ok(());
    }
    row.version = old.version;
    if !upstreams::update(&mut write.tx, &row).await? {
        return Err(Problem::new(Code::Conflict, "another node was faster"));
    }
    write.invalidate(Change::Changed, Scope::Upstream, id.as_str());
    Ok(())
}

fn same_upstream(core: &Core, old: &Upstream, new: &Upstream, wanted: &config::Upstream) -> bool {
    let place = providers::secret_place(&old.tenant, &old.id);
    let old_secret = old
        .secret
        .as_ref()
        .and_then(|sealed| core.sealer.open(place, sealed).ok());
    let new_secret = wanted
        .client_secret
        .as_ref()
        .map(|s| s.expose_secret().as_bytes().to_vec());
    old.kind == new.kind
        && old.issuer == new.issuer
        && old.client_id == new.client_id
        && old.options == new.options
        && old.config_owned
        && old.trust == Trust::Operator
        && old_secret == new_secret
}

/// Makes an owner link while no person owns the installation.
///
/// # Errors
/// `conflict` when an owner exists already.
pub async fn make_owner_link(core: &Core, tenant: &Tenant) -> Result<OwnerLink, Problem> {
    let mut write = core.begin().await?;
    if operators::any_owner(&mut write.tx).await? {
        return Err(Problem::new(
            Code::Conflict,
            "Somebody owns this installation already; owners make further owners.",
        ));
    }
    let (plain, hash) = core.new_token();
    let now = write.now();
    let place = Place {
        tenant: tenant.id.as_str(),
        table: "one_time_secrets",
        column: "sealed",
        row: "owner_link",
    };
    let sealed = core.sealer.seal(place, b"{}");
    secrets::create(
        &mut write.tx,
        &tenant.id,
        SecretPurpose::OwnerLink,
        &hash,
        sealed,
        now,
        now + OWNER_LINK_MS,
    )
    .await?;
    let event = Event::new(
        kind::OWNER_LINK_CREATED,
        Outcome::Success,
        ("tenant", tenant.id.as_str()),
    );
    core.audit(
        &mut write,
        &tenant.id,
        &RequestMeta::default(),
        event.by("system", ""),
    )
    .await?;
    core.commit(write).await?;
    Ok(OwnerLink(plain))
}

fn guarded(trust: Trust, config: &Config) -> Result<Arc<dyn HttpClient>, Problem> {
    let client =
        GuardedClient::new(trust, config.outbound, config.federation).map_err(|error| {
            Problem::new(Code::Internal, "The outbound client cannot be set up.").because(error)
        })?;
    Ok(Arc::new(client))
}

fn ms(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
