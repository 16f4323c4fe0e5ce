//! Step 1: what is pasted is read, what the other side needs is shown, what it gives is kept.

use axum::Form;
use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::response::Response;
use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::super::super::admin::read_config;
use super::super::super::context::Context;
use super::super::super::flows;
use super::super::{chrome, render, said_inline, see_other, words};
use super::guard::{Instead, Setup, enter};
use crate::domain::connection::{Broker, Config, Connection, Protocol};
use crate::domain::upstream::Trust;
use crate::domain::{Code, Problem};
use crate::lane_b::check::Check;
use crate::lane_b::connections::{self, ConnectionChange, NewConnection};
use crate::lane_b::drafts::Secret;
use crate::lane_b::paste::{Understood, understand};
use crate::lane_b::{setup_links, vendors};
use crate::views::setup::{FoundProvider, GiveRow, SetupConnectPage, SetupValues};

/// What was understood so far, kept with the link; no secret is in it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// As it was pasted.
    paste: String,
    /// Whose it is.
    vendor: String,
    /// SAML instead of OpenID Connect.
    saml: bool,
    /// Issuer or entity id.
    issuer: String,
    /// Where metadata came from.
    metadata_url: Option<String>,
    /// Metadata as it was read or pasted.
    metadata_xml: Option<String>,
}

impl Draft {
    /// What a link keeps; nothing where it cannot be read.
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// What there is already, for a link that begins with a connection.
    pub fn of_config(config: &Config) -> Self {
        let issuer = config.issuer().to_owned();
        let vendor = Url::parse(&issuer).map_or(vendors::GENERIC, |url| vendors::of_address(&url));
        Self {
            paste: issuer.clone(),
            vendor: vendor.to_owned(),
            saml: config.protocol() == Protocol::Saml,
            issuer,
            ..Self::default()
        }
    }

    /// Nothing was understood so far.
    pub fn is_empty(&self) -> bool {
        self.issuer.is_empty()
    }

    fn of(found: Understood, paste: &str) -> Self {
        Self {
            // Metadata itself is kept once.
            paste: if paste.trim_start().starts_with('<') {
                String::new()
            } else {
                paste.trim().chars().take(2000).collect()
            },
            vendor: found.vendor.to_owned(),
            saml: found.protocol == Protocol::Saml,
            issuer: found.issuer,
            metadata_url: found.metadata_url.map(String::from),
            metadata_xml: found.metadata_xml,
        }
    }

    fn protocol(&self) -> Protocol {
        if self.saml {
            Protocol::Saml
        } else {
            Protocol::Oidc
        }
    }
}

/// Fields of both forms.
#[derive(Deserialize, Default)]
pub struct ConnectForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    paste: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    client_id: String,
    client_secret: Option<SecretString>,
    #[serde(default)]
    groups_claim: String,
    #[serde(default)]
    required_value: String,
}

/// `GET /setup/{token}/connect`
pub async fn show(context: Context, Path(token): Path<String>) -> Result<Response, Instead> {
    let setup = enter(&context, &token).await?;
    Ok(page(&context, &setup, None, StatusCode::OK, None))
}

/// `POST /setup/{token}/connect`
pub async fn save(
    context: Context,
    Path(token): Path<String>,
    form: Result<Form<ConnectForm>, FormRejection>,
) -> Result<Response, Instead> {
    let form = flows::form_body(form)?;
    let setup = enter(&context, &token).await?;
    setup.check(&context, &form.csrf)?;
    if form.action == "paste" {
        return Ok(paste(&context, setup, &form.paste).await?);
    }
    match keep(&context, &setup, form).await {
        Ok(()) => Ok(see_other(&setup.address("check"))),
        Err(problem) if shown_here(&problem) => {
            let text = said(&context, &problem);
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(page(&context, &setup, Some(text), status, None))
        }
        Err(problem) => Err(problem.into()),
    }
}

fn shown_here(problem: &Problem) -> bool {
    matches!(
        problem.code,
        Code::InvalidField | Code::Conflict | Code::Duplicate | Code::Forbidden
    )
}

/// What is wrong, in the words of the finding where there is one.
fn said(context: &Context, problem: &Problem) -> String {
    said_inline(context.lang(), problem)
}

async fn paste(context: &Context, mut setup: Setup, text: &str) -> Result<Response, Problem> {
    // Whoever holds a link is trusted like a tenant, never like an operator.
    match understand(&context.core, Trust::Tenant, text).await {
        Ok(found) => {
            let draft = Draft::of(found, text);
            let json = serde_json::to_string(&draft).unwrap_or_default();
            setup_links::keep_draft(&setup.act(context), &setup.link, &json).await?;
            Ok(see_other(&setup.address("connect")))
        }
        Err(check) => {
            setup.draft.paste = text.chars().take(2000).collect();
            let words = finding(context, &check);
            Ok(page(
                context,
                &setup,
                Some(words),
                StatusCode::UNPROCESSABLE_ENTITY,
                None,
            ))
        }
    }
}

fn finding(context: &Context, check: &Check) -> String {
    let fix =
        crate::views::translate(context.lang(), &check.fix).unwrap_or_else(|| check.fix.clone());
    match &check.received {
        Some(received) => format!("{fix} ({}: {received})", check.code),
        None => format!("{fix} ({})", check.code),
    }
}

/// Creates the connection, or makes a new draft of it.
async fn keep(context: &Context, setup: &Setup, form: ConnectForm) -> Result<(), Problem> {
    let act = setup.act(context);
    let protocol = setup.draft.protocol();
    let (config, secret) = config(setup, &form)?;
    match &setup.made {
        None => {
            let new = NewConnection {
                name: form.name,
                id: Some(setup.link.reserved.clone()),
                slug: None,
                broker: Broker::Direct,
                domains: Vec::new(),
                config,
                secret,
            };
            let made = connections::create(&act, &setup.org.id, new).await?;
            setup_links::made(&act, &setup.link, &made.connection.id).await
        }
        Some((one, _)) if one.protocol != protocol => Err(Problem::new(
            Code::Conflict,
            "This set-up has begun with another protocol. Ask for a new link to change it.",
        )),
        Some((one, _)) => {
            let change = ConnectionChange {
                name: Some(form.name),
                draft: Some((one.draft, config, secret)),
                ..ConnectionChange::default()
            };
            let id = one.id.as_str();
            connections::change(&act, &setup.org.id, id, change, None).await?;
            Ok(())
        }
    }
}

/// What only the API sets stays as it is, as long as the provider is the same.
fn kept_of(setup: &Setup) -> Value {
    match &setup.made {
        Some((_, revision)) if revision.config.issuer() == setup.draft.issuer => {
            json!(revision.config)
        }
        _ => json!({}),
    }
}

fn scopes(draft: &Draft, groups: Option<&str>) -> Vec<&'static str> {
    let mut scopes = vec!["openid", "profile", "email"];
    // Asked for where the provider knows such a scope by its claim's name.
    if groups == Some("groups") && draft.vendor == vendors::GENERIC {
        scopes.push("groups");
    }
    scopes
}

/// What was pasted is read again; where nothing was, what there is stays.
fn give_metadata(draft: &Draft, all: &mut Value) {
    let pasted = draft.metadata_url.is_some() || draft.metadata_xml.is_some();
    if let (true, Some(members)) = (pasted, all.as_object_mut()) {
        members.remove("certificates");
        members.insert("metadata_url".into(), json!(draft.metadata_url));
        members.insert("metadata_xml".into(), json!(draft.metadata_xml));
    }
}

fn config(setup: &Setup, form: &ConnectForm) -> Result<(Config, Secret), Problem> {
    let draft = &setup.draft;
    let groups = Some(form.groups_claim.trim()).filter(|text| !text.is_empty());
    let mut all = kept_of(setup);
    if draft.saml {
        give_metadata(draft, &mut all);
    } else {
        all["issuer"] = json!(draft.issuer);
        all["client_id"] = json!(form.client_id.trim());
        if all.get("scopes").is_none() {
            all["scopes"] = json!(scopes(draft, groups));
        }
        let vendor = vendors::get(&draft.vendor);
        if let Some(claim) = vendor.required_claim(Protocol::Oidc) {
            all["required_claims"][claim] = json!(form.required_value.trim());
        }
    }
    match (groups, all.as_object_mut()) {
        (Some(groups), _) => all["groups_claim"] = json!(groups),
        (None, Some(members)) => drop(members.remove("groups_claim")),
        (None, None) => {}
    }
    let typed = form.client_secret.as_ref();
    let typed = typed.filter(|secret| !secret.expose_secret().trim().is_empty());
    if let Some(secret) = typed.filter(|_| !draft.saml) {
        all["client_secret"] = json!(secret.expose_secret().trim());
    }
    let Value::Object(members) = all else {
        return Err(Problem::not_found());
    };
    read_config(draft.protocol(), members, Secret::Keep)
}

/// The page.
pub(super) fn page(
    context: &Context,
    setup: &Setup,
    error: Option<String>,
    status: StatusCode,
    shared: Option<String>,
) -> Response {
    let mut frame = setup.frame(context, 1);
    frame.shared = shared.unwrap_or_default();
    let page = SetupConnectPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame,
        found: found(context, setup),
        give: give(context, setup),
        values: values(setup),
        error,
    };
    render(context, status, &page)
}

fn found(context: &Context, setup: &Setup) -> Option<FoundProvider> {
    let draft = &setup.draft;
    if draft.issuer.is_empty() {
        return None;
    }
    let (vendor, protocol) = (vendors::get(&draft.vendor), draft.protocol());
    let guide = vendor.guide(protocol, context.lang());
    Some(FoundProvider {
        vendor: if draft.vendor == vendors::GENERIC {
            words(context.lang(), "setup-generic")
        } else {
            vendor.name.clone()
        },
        protocol: match protocol {
            Protocol::Oidc => "OpenID Connect",
            Protocol::Saml => "SAML 2.0",
        }
        .to_owned(),
        saml: draft.saml,
        issuer: draft.issuer.clone(),
        place: guide.place,
        steps: guide.steps,
        client_id_label: vendor.word(protocol, "client_id"),
        client_secret_label: vendor.word(protocol, "client_secret"),
        required_claim: vendor
            .required_claim(protocol)
            .unwrap_or_default()
            .to_owned(),
    })
}

/// What the other side must be given, as it calls it.
fn give(context: &Context, setup: &Setup) -> Vec<GiveRow> {
    let (draft, id) = (&setup.draft, setup.id());
    let (vendor, protocol) = (vendors::get(&draft.vendor), draft.protocol());
    let address = |path: String| context.site.tenant.address(&path);
    let row = |name: &str, value: String| GiveRow {
        id: name.replace('_', "-"),
        label: vendor.word(protocol, name),
        value,
    };
    if draft.saml {
        let made = setup.made.as_ref().map(|(one, _)| one);
        let known = |of: fn(&Connection) -> &Option<String>| made.and_then(|one| of(one).clone());
        let entity = known(|one| &one.sp_entity_id);
        let acs = known(|one| &one.acs_url);
        let mut rows = vec![
            row(
                "entity_id",
                entity.unwrap_or_else(|| address(format!("/saml/{id}"))),
            ),
            row(
                "acs",
                acs.unwrap_or_else(|| address(format!("/saml/{id}/acs"))),
            ),
        ];
        // There is a key to tell of from the first save on.
        if made.is_some() {
            let ours = address(format!("/saml/{id}/metadata"));
            rows.push(row("sp_metadata", ours));
        }
        return rows;
    }
    let redirect = match &setup.made {
        Some((one, _)) => one.redirect_uri.clone(),
        None => address(format!("/federation/callback/{id}")),
    };
    vec![row("redirect_uri", redirect)]
}

fn values(setup: &Setup) -> SetupValues {
    let draft = &setup.draft;
    let vendor = vendors::get(&draft.vendor);
    let mut values = SetupValues {
        paste: draft.paste.clone(),
        name: setup.org.name.clone(),
        groups_claim: vendor.word(draft.protocol(), "groups"),
        ..SetupValues::default()
    };
    let Some((one, revision)) = &setup.made else {
        return values;
    };
    values.name.clone_from(&one.name);
    revision
        .config
        .groups_claim()
        .clone_into(&mut values.groups_claim);
    // Another provider needs its own.
    values.has_secret = revision.secret.is_some() && revision.config.issuer() == draft.issuer;
    if let Config::Oidc(oidc) = &revision.config {
        values.client_id.clone_from(&oidc.client_id);
        let claim = vendor.required_claim(Protocol::Oidc).unwrap_or_default();
        if let Some(value) = oidc.required_claims.get(claim) {
            value
                .as_str()
                .unwrap_or_default()
                .clone_into(&mut values.required_value);
        }
    }
    values
}
