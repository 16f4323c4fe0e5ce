//! `/admin/connections`: providers that anybody may have an account at. The address of a new one
//! is known before it is saved: its id stands in the address of the form.

use axum::Form;
use axum::extract::Query;
use axum::extract::rejection::FormRejection;
use axum::response::Response;
use http::{StatusCode, Uri};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::super::admin::read_config;
use super::super::super::context::Context;
use super::super::super::flows::{form_body, set_flow_cookie};
use super::super::super::me::plausible;
use super::super::test_login::row_for;
use super::super::{chrome, render_towards, render_towards_all, see_other, words as said};
use super::guard::{Desk, Refused, act, enter, explain};
use super::words;
use crate::domain::checks::EXPLAINED;
use crate::domain::connection::{Broker, Config, Connection, Protocol, State};
use crate::domain::{ConnectionId, FieldFault, Lang, Problem, ids};
use crate::lane_a::desk::acts::Permission;
use crate::lane_b::connections::{self as connections_of, ConnectionChange, NewConnection};
use crate::lane_b::drafts::Secret;
use crate::lane_b::home::Home;
use crate::lane_b::registered::Registered;
use crate::lane_b::trace::Trace;
use crate::lane_b::vendors::{self, GENERIC};
use crate::lane_b::{live, test_logins};
use crate::providers::vendor;
use crate::store::{connections, revisions, test_logins as rows};
use crate::views::Checks;
use crate::views::desk::{SocialCard, SocialChoice, SocialField, SocialNewPage, SocialPage};

const HERE: &str = "/admin/connections";
/// More than fit on a login page; all of them are in the API.
const MOST: i64 = 50;
/// What can be attached: the word in the address, and whose words describe it.
const CHOICES: [(&str, &str); 5] = [
    ("google", "google"),
    ("github", "github"),
    ("microsoft", "microsoft"),
    ("apple", "apple"),
    ("other", GENERIC),
];

#[derive(Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

/// `GET /admin/connections`
pub async fn show(
    context: Context,
    here: Uri,
    Query(query): Query<Done>,
) -> Result<Response, Refused> {
    let desk = enter(&context, &here, Permission::UpstreamsRead).await?;
    let mut page = page(&context, &desk).await?;
    page.flash = match query.done.as_str() {
        "created" => Some("desk-flash-social-made"),
        "tested" => Some("desk-flash-social-tested"),
        "live" => Some("desk-flash-social-live"),
        "off" => Some("desk-flash-social-off"),
        _ => None,
    };
    Ok(shown(&context, StatusCode::OK, &page).await?)
}

/// The page, from which a test login leads to whichever provider is tested.
async fn shown(
    context: &Context,
    status: StatusCode,
    page: &SocialPage,
) -> Result<Response, Problem> {
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let mut providers = Vec::new();
    for one in connections::list(db, tenant, None, "", MOST).await? {
        let draft = revisions::find(db, tenant, &one.id, one.draft).await?;
        let addresses = draft.map(|draft| draft.config.addresses());
        providers.extend(addresses.into_iter().flatten().map(|(_, url)| url));
    }
    // Those with https are in it already.
    providers.retain(|url| url.scheme() == "http");
    providers.dedup_by_key(|url| url.origin());
    Ok(render_towards_all(context, status, page, &providers))
}

async fn page(context: &Context, desk: &Desk<'_>) -> Result<SocialPage, Problem> {
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let mut cards = Vec::new();
    for one in connections::list(db, tenant, None, "", MOST).await? {
        cards.push(card(context, one).await?);
    }
    let choices = CHOICES.iter().map(|(id, words)| SocialChoice {
        id,
        name: name_of(context.lang(), words),
    });
    Ok(SocialPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "connections"),
        cards,
        choices: choices.collect(),
        may_write: desk.may(Permission::UpstreamsWrite),
        flash: None,
        error: None,
    })
}

fn name_of(lang: Lang, words: &str) -> String {
    if words == GENERIC {
        said(lang, "desk-social-other")
    } else {
        vendors::get(words).name.clone()
    }
}

async fn card(context: &Context, one: Connection) -> Result<SocialCard, Problem> {
    let (db, tenant) = (&context.core.db, &context.site.tenant);
    let draft = revisions::find(db, &tenant.id, &one.id, one.draft).await?;
    let config = draft.ok_or_else(Problem::not_found)?.config;
    let is_ready = one.tested_hash.as_ref() == Some(&one.draft_hash);
    let ahead = !one.is_active() || one.active != Some(one.draft);
    Ok(SocialCard {
        checks: checks(context, &one, &config).await?,
        ready: (is_ready && ahead).then(|| one.draft_hash.clone()),
        state: words::of_connection(one.state),
        live: one.is_active(),
        off: one.state == State::Disabled,
        used: one.last_login_at,
        issuer: config.issuer().to_owned(),
        client_id: match config {
            Config::Oidc(oidc) => oidc.client_id,
            Config::Saml(_) => String::new(),
        },
        id: one.id.0,
        name: one.name,
        slug: one.slug,
        redirect_uri: one.redirect_uri,
    })
}

/// What the last test of the draft found.
async fn checks(context: &Context, one: &Connection, config: &Config) -> Result<Checks, Problem> {
    let (core, tenant) = (&context.core, &context.site.tenant);
    let last = rows::list(&core.db, &tenant.id, &one.id, "", 1).await?;
    let last = last.first().filter(|test| test.hash == one.draft_hash);
    let Some(test) = last else {
        return Ok(Checks::default());
    };
    let Some(trace) = Trace::open(core, &tenant.id, test)? else {
        return Ok(Checks::default());
    };
    let reading = trace.read(core, tenant, one, config).await?;
    let rows = reading.checks.into_iter();
    Ok(rows.map(|check| row_for(context.lang(), check)).collect())
}

/// Fields of the list's forms.
#[derive(Deserialize)]
pub struct SocialForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    hash: String,
}

/// `POST /admin/connections`: tests one, puts it live, switches it.
pub async fn answer(
    context: Context,
    form: Result<Form<SocialForm>, FormRejection>,
) -> Result<Response, Refused> {
    let form = form_body(form)?;
    let desk = act(&context, Permission::UpstreamsWrite, &form.csrf, HERE).await?;
    let outcome = match plausible(form.id.clone()) {
        Ok(id) => change(&context, &desk, &id, &form).await,
        Err(problem) => Err(problem),
    };
    match outcome {
        Ok(response) => Ok(response),
        Err(problem) => {
            let (status, text) = explain(desk.visit.lang, problem)?;
            let mut page = page(&context, &desk).await?;
            page.error = Some(text);
            Ok(shown(&context, status, &page).await?)
        }
    }
}

async fn change(
    context: &Context,
    desk: &Desk<'_>,
    id: &str,
    form: &SocialForm,
) -> Result<Response, Problem> {
    let act = desk.act();
    let done = match form.action.as_str() {
        "test" => return test(context, desk, id).await,
        "activate" => {
            live::activate(&act, Home::Tenant, id, &form.hash, None).await?;
            "live"
        }
        "on" | "off" => {
            let on = form.action == "on";
            let change = ConnectionChange {
                state: Some(if on { State::Active } else { State::Disabled }),
                ..ConnectionChange::default()
            };
            connections_of::change(&act, Home::Tenant, id, change, None).await?;
            if on { "live" } else { "off" }
        }
        _ => return Err(Problem::not_found()),
    };
    Ok(see_other(&format!("{HERE}?done={done}")))
}

/// Runs a test in this browser, whose own session stays as it is.
async fn test(context: &Context, desk: &Desk<'_>, id: &str) -> Result<Response, Problem> {
    let (test, _) = test_logins::create(&desk.act(), Home::Tenant, id).await?;
    let browser = context.browser_or_new();
    let visit = context.visit(&browser).await?;
    let back = format!("{HERE}?done=tested");
    let url = test_logins::begin(&visit, &test, Some(back)).await?;
    let mut response = see_other(&url);
    set_flow_cookie(&mut response, &browser);
    Ok(response)
}

#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    provider: String,
    #[serde(default)]
    id: String,
}

/// `GET /admin/connections/new?provider=`: what to do there, and what to bring back.
pub async fn new(
    context: Context,
    here: Uri,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    let desk = enter(&context, &here, Permission::UpstreamsWrite).await?;
    if !ids::is_uuid(&wanted.id) {
        choice(&wanted.provider)?;
        let (provider, id) = (&wanted.provider, context.core.new_id());
        let address = format!("{HERE}/new?provider={provider}&id={id}");
        return Ok(see_other(&address));
    }
    let page = new_page(&context, &desk, &wanted, &NewForm::default())?;
    Ok(render_towards(&context, StatusCode::OK, &page, ""))
}

fn choice(provider: &str) -> Result<&'static str, Problem> {
    let found = CHOICES.iter().find(|(id, _)| *id == provider);
    found
        .map(|(_, words)| *words)
        .ok_or_else(Problem::not_found)
}

/// Fields of the form; which of them are asked says the provider.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct NewForm {
    csrf: String,
    name: String,
    issuer: String,
    client_id: String,
    client_secret: Option<SecretString>,
    team_id: String,
    key_id: String,
    tenants: String,
}

fn new_page(
    context: &Context,
    desk: &Desk<'_>,
    wanted: &Wanted,
    form: &NewForm,
) -> Result<SocialNewPage, Problem> {
    let words = vendors::get(choice(&wanted.provider)?);
    let (lang, known) = (context.lang(), vendor(&wanted.provider));
    let name = name_of(lang, choice(&wanted.provider)?);
    let needs = |member: &str| known.is_some_and(|one| one.needs.iter().any(|n| n == member));
    let serves_many = known.is_some_and(|one| one.options.contains_key("issuer_per_tenant"));
    let usual = if known.is_some() { name.as_str() } else { "" };
    let asked = [
        ("name", true, Some("desk-social-name-more"), &form.name),
        ("issuer", known.is_none(), None, &form.issuer),
        ("client_id", true, None, &form.client_id),
        ("team_id", needs("team_id"), None, &form.team_id),
        ("key_id", needs("key_id"), None, &form.key_id),
        (
            "tenants",
            serves_many,
            Some("desk-social-tenants-more"),
            &form.tenants,
        ),
    ];
    let fields = asked.into_iter().filter(|(_, asked, ..)| *asked);
    let fields = fields.map(|(field, _, hint, value)| SocialField {
        wrong: None,
        name: field,
        label: match field {
            "name" => said(lang, "setup-name"),
            _ => words.social_word(lang, field),
        },
        value: match (field, value.as_str()) {
            ("name", "") => usual.to_owned(),
            (_, value) => value.to_owned(),
        },
        hint,
    });
    let guide = words.social_guide(lang);
    let redirect_uri = format!("/federation/callback/{}", wanted.id);
    Ok(SocialNewPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "connections"),
        provider: wanted.provider.clone(),
        vendor: name.clone(),
        place: guide.place,
        steps: guide.steps,
        redirect_label: words.social_word(lang, "redirect_uri"),
        redirect_uri: context.site.tenant.address(&redirect_uri),
        id: wanted.id.clone(),
        fields: fields.collect(),
        secret_label: words.social_word(lang, "client_secret"),
        secret_is_key: needs("key_id"),
        error: None,
    })
}

/// `POST /admin/connections/new?provider=&id=`
pub async fn create(
    context: Context,
    Query(wanted): Query<Wanted>,
    form: Result<Form<NewForm>, FormRejection>,
) -> Result<Response, Refused> {
    let mut form = form_body(form)?;
    let (provider, id) = (&wanted.provider, &wanted.id);
    let meant = choice(provider).is_ok() && ids::is_uuid(id);
    let back = if meant {
        format!("{HERE}/new?provider={provider}&id={id}")
    } else {
        HERE.to_owned()
    };
    let desk = act(&context, Permission::UpstreamsWrite, &form.csrf, &back).await?;
    if !meant {
        return Err(Problem::not_found().into());
    }
    match keep(&desk, &wanted, &mut form).await {
        Ok(()) => Ok(see_other(&format!("{HERE}?done=created"))),
        Err(problem) => {
            let fault = problem.errors.first().cloned();
            let (status, text) = explain(desk.visit.lang, problem)?;
            let mut page = new_page(&context, &desk, &wanted, &form)?;
            page.error = beside(&mut page.fields, fault, text);
            Ok(render_towards(&context, status, &page, ""))
        }
    }
}

/// Says what is wrong beside the field that it is about; what is about none is given back.
fn beside(fields: &mut [SocialField], fault: Option<FieldFault>, text: String) -> Option<String> {
    let pointer = fault.as_ref().map_or("", |fault| fault.pointer.as_str());
    let name = pointer.rsplit('/').next().unwrap_or_default();
    let Some(field) = fields.iter_mut().find(|field| field.name == name) else {
        return Some(text);
    };
    let code = fault.map(|fault| fault.code);
    field.wrong = Some((text, code.filter(|code| EXPLAINED.contains(code))));
    None
}

async fn keep(desk: &Desk<'_>, wanted: &Wanted, form: &mut NewForm) -> Result<(), Problem> {
    let mut members = Map::new();
    let known = vendor(&wanted.provider).map(|_| wanted.provider.as_str());
    let texts = [
        ("provider", known.unwrap_or_default()),
        ("issuer", form.issuer.trim()),
        ("client_id", form.client_id.trim()),
        ("team_id", form.team_id.trim()),
        ("key_id", form.key_id.trim()),
    ];
    for (member, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        members.insert(member.to_owned(), json!(text));
    }
    let tenants: Vec<&str> = form
        .tenants
        .split([' ', ',', '\n'])
        .filter(|part| !part.is_empty())
        .collect();
    if !tenants.is_empty() {
        members.insert("tenants".into(), json!(tenants));
    }
    let usual = json!(Home::Tenant.usual_policy());
    members.insert("link_policy".into(), usual);
    members
        .entry("client_id")
        .or_insert_with(|| Value::from(""));
    let (config, _) = read_config(Protocol::Oidc, members, Secret::Remove)?;
    let secret = form.client_secret.take();
    let secret = secret.filter(|secret| !secret.expose_secret().trim().is_empty());
    let secret = secret.ok_or_else(|| {
        let detail = "Give the client secret as a text.";
        Problem::field("/client_secret", "required", detail)
    })?;
    let new = NewConnection {
        name: form.name.clone(),
        id: Some(ConnectionId(wanted.id.clone())),
        slug: None,
        broker: Broker::Direct,
        domains: Vec::new(),
        config,
        secret: Secret::Set(secret),
        registered: Registered::default(),
    };
    connections_of::create(&desk.act(), Home::Tenant, new).await?;
    Ok(())
}
