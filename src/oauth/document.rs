//! Apps that are known by a document at their address: `client_id` is where it stands (client id
//! metadata documents). Off until a tenant turns it on.

use serde_json::{Value, json};
use url::{Host, Url};

use super::Fault;
use super::metadata::Said;
use crate::audit::{Event, Outcome, RequestMeta, kind};
use crate::core::Core;
use crate::domain::app::{App, AppState, AuthMethod};
use crate::domain::tenant::{Purpose, Tenant, is_loopback_name};
use crate::domain::upstream::Trust;
use crate::domain::{AppId, Code, Problem};
use crate::store::{apps, hosts};

/// Longer addresses are none.
const LONGEST: usize = 255;

/// The address that a `client_id` is, if it can be one: https, with a path, and spelled in one way
/// only. One on this machine is plain; whether it may be called is up to the guarded client.
pub(super) fn address(id: &str) -> Option<Url> {
    if id.len() > LONGEST || !id.contains("://") {
        return None;
    }
    let url = Url::parse(id).ok()?;
    let named = match url.scheme() {
        "https" => matches!(url.host(), Some(Host::Domain(_))),
        "http" => url.host_str().is_some_and(is_loopback_name),
        _ => false,
    };
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let fits = named && plain && url.path().len() > 1 && url.query().is_none();
    (fits && url.as_str() == id).then_some(url)
}

/// The app behind a document: as it stands there now, or as it was seen last, for an app that
/// calls itself. `None` where documents do not count.
///
/// # Errors
/// `invalid_request` for a document that cannot be had or is not what it should be.
pub(super) async fn app(
    core: &Core,
    tenant: &Tenant,
    url: &Url,
    now: bool,
) -> Result<Option<App>, Problem> {
    if !tenant.client_documents_enabled {
        return Ok(None);
    }
    let known = apps::find_by_document(&core.db, &tenant.id, url.as_str()).await?;
    if !now && known.is_some() {
        return Ok(known);
    }
    let refused = |why: String| {
        let detail = "The document at client_id cannot be had, or is not valid.";
        Problem::new(Code::InvalidRequest, detail).because(why)
    };
    let document = core.document(url).await;
    let Some(value) = &document.value else {
        return Err(refused("it cannot be had".into()));
    };
    let (name, mut registration) =
        read(url, value, known.as_ref()).map_err(|fault| match fault {
            Fault::Refused { description, .. } => refused(description),
            Fault::Broken(problem) => problem,
        })?;
    if known.is_none() {
        registration.audiences = resources(core, tenant).await?;
    }
    let app = match known {
        Some(old) if old.name == name && old.registration == registration => return Ok(Some(old)),
        Some(old) => App {
            name,
            registration,
            ..old
        },
        None => App {
            id: AppId(core.new_id()),
            tenant: tenant.id.clone(),
            name,
            state: AppState::Active,
            registration,
            trust: Trust::Tenant,
            document: Some(url.as_str().to_owned()),
            tokens_from: 0,
            version: 0,
            created_at: core.now(),
        },
    };
    keep(core, tenant, app).await.map(Some)
}

/// What a document says. It belongs to its address, and an app whose registration everybody can
/// read shares no secret with us.
fn read(
    url: &Url,
    value: &Value,
    known: Option<&App>,
) -> Result<(String, crate::domain::app::Registration), Fault> {
    let bad = |why: &str| Fault::new("invalid_client_metadata", why.to_owned());
    let mut map = value
        .as_object()
        .cloned()
        .ok_or_else(|| bad("it is no object"))?;
    if map.get("client_id").and_then(Value::as_str) != Some(url.as_str()) {
        return Err(bad("client_id is another address"));
    }
    if map.contains_key("client_secret") {
        return Err(bad("it has a secret"));
    }
    map.entry("token_endpoint_auth_method")
        .or_insert_with(|| json!(AuthMethod::None.as_str()));
    // What others take is no fault: what we have not is left out.
    if let Some(Value::Array(grants)) = map.get_mut("grant_types") {
        let known = ["authorization_code", "refresh_token"];
        grants.retain(|grant| grant.as_str().is_some_and(|word| known.contains(&word)));
    }
    let (name, registration) = Said(&map).registration(known)?;
    let secret = [AuthMethod::Basic, AuthMethod::Post];
    if secret.contains(&registration.token_endpoint_auth_method) {
        return Err(bad("it would need a secret"));
    }
    let name = super::apps::named(&name).map_err(|problem| bad(&problem.detail))?;
    Ok((name, registration))
}

/// What such an app may get tokens for without an operator: the tenant's applications, as they
/// name themselves (RFC 9728).
pub(super) async fn resources(core: &Core, tenant: &Tenant) -> Result<Vec<String>, Problem> {
    let all = hosts::list(&core.db, &tenant.id).await?;
    let apps = all.iter().filter(|host| host.purpose == Purpose::App);
    Ok(apps
        .map(|host| format!("{}/", host.origin(&tenant.public_url)))
        .collect())
}

/// Of two nodes that see a document for the first time one keeps it, and both have the same.
async fn keep(core: &Core, tenant: &Tenant, app: App) -> Result<App, Problem> {
    let mut write = core.begin().await?;
    let is_new = app.version == 0;
    let kept = if is_new {
        apps::create_documented(&mut write.tx, &app).await?
    } else {
        apps::update(&mut write.tx, &app).await?
    };
    if kept {
        let what = if is_new {
            kind::APP_CREATED
        } else {
            kind::APP_UPDATED
        };
        let event = Event::new(what, Outcome::Success, ("app", app.id.as_str()))
            .by("document", app.client_id())
            .change(None, Some(super::apps::shown(&app)));
        let meta = RequestMeta::default();
        core.audit(&mut write, &tenant.id, &meta, event).await?;
    }
    core.commit(write).await?;
    let found = apps::find_by_document(&core.db, &tenant.id, app.client_id()).await?;
    found.ok_or_else(Problem::not_found)
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_address_is_https_and_spelled_in_one_way() {
        assert!(address("https://client.test/app.json").is_some());
        assert!(address("http://127.0.0.1:8080/app.json").is_some());
        for bad in [
            "http://client.test/app.json",
            "https://client.test",
            "https://client.test/",
            "https://user@client.test/app",
            "https://client.test/app#x",
            "https://client.test/app?x=1",
            "https://client.test/a/../app",
            "https://client.test/./app",
            "https://CLIENT.test/app",
            "https://client.test:443/app",
            "https://127.0.0.1/app",
            "https://[::1]/app",
            "https:client.test/app",
            "not an address",
        ] {
            assert!(address(bad).is_none(), "{bad}");
        }
    }
}
