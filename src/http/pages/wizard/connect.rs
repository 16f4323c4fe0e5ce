//! Step 1: what is pasted is read, what the other side needs is shown, what it gives is kept.

use axum::Form;
use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::response::Response;
use http::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;

use super::super::super::context::Context;
use super::super::{chrome, render, see_other, words};
use super::draft::{Draft, config, separate};
use super::guard::{Instead, Setup, enter, posted, told_here};
use crate::domain::connection::{Config, Protocol};
use crate::domain::upstream::Trust;
use crate::domain::{Code, ConnectionId, Lang, Problem};
use crate::lane_b::check::Check;
use crate::lane_b::connections::{self, ConnectionChange, NewConnection};
use crate::lane_b::home::Home;
use crate::lane_b::paste::{CERTIFICATE_ALONE, PRIVATE_KEY, by_fields, understand};
use crate::lane_b::registered::Registered;
use crate::lane_b::{setup_links, through, vendors};
use crate::views::setup::{FoundProvider, GiveRow, SetupConnectPage, SetupValues};

/// Fields of its forms.
#[derive(Deserialize, Default)]
pub struct ConnectForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    paste: String,
    #[serde(default)]
    pub entity_id: String,
    #[serde(default)]
    pub sso_url: String,
    #[serde(default)]
    pub certificates: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    pub client_id: String,
    pub client_secret: Option<SecretString>,
    #[serde(default)]
    pub groups_claim: String,
    #[serde(default)]
    pub required_value: String,
    pub link_policy: Option<String>,
    pub idp_initiated: Option<String>,
}

/// `GET /setup/{token}/connect`
pub async fn show(context: Context, Path(token): Path<String>) -> Result<Response, Instead> {
    let setup = enter(&context, &token).await?;
    Ok(page(&context, &setup, None, StatusCode::OK, None).await?)
}

/// `POST /setup/{token}/connect`
pub async fn save(
    context: Context,
    Path(token): Path<String>,
    form: Result<Form<ConnectForm>, FormRejection>,
) -> Result<Response, Instead> {
    let (setup, form) = posted(&context, &token, form, |form| &form.csrf).await?;
    match form.action.as_str() {
        "paste" => Ok(paste(&context, setup, &form.paste).await?),
        "fields" => Ok(fields(&context, setup, &form).await?),
        _ => match keep(&context, &setup, form).await {
            Ok(()) => Ok(see_other(&setup.address("check"))),
            Err(problem) => {
                let words = told_here(&context, problem)?;
                Ok(again(&context, &setup, words).await?)
            }
        },
    }
}

/// The page again, with what is wrong.
async fn again(context: &Context, setup: &Setup, words: String) -> Result<Response, Problem> {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    page(context, setup, Some(words), status, None).await
}

/// What was pasted, or read from a file.
pub(super) async fn paste(
    context: &Context,
    mut setup: Setup,
    text: &str,
) -> Result<Response, Problem> {
    // Whoever holds a link is trusted like a tenant, never like an operator.
    match understand(&context.core, Trust::Tenant, text).await {
        Ok(found) => understood(context, &setup, Draft::of(found, text)).await,
        Err(check) => {
            // A key that was pasted stands in no page again.
            if check.code != PRIVATE_KEY {
                setup.draft.paste = text.chars().take(2000).collect();
            }
            if check.code == CERTIFICATE_ALONE {
                // A beginning: the other values are asked for beside it.
                setup.draft.certificates = std::mem::take(&mut setup.draft.paste);
            }
            again(context, &setup, finding(context, &check)).await
        }
    }
}

/// What was typed in, where there is no metadata.
async fn fields(
    context: &Context,
    mut setup: Setup,
    form: &ConnectForm,
) -> Result<Response, Problem> {
    let draft = Draft::typed(form);
    let certificates = separate(&draft.certificates);
    match by_fields(&draft.issuer, &draft.sso_url, &certificates) {
        Ok(()) => understood(context, &setup, draft).await,
        Err(check) => {
            setup.draft = draft.into_typed();
            again(context, &setup, finding(context, &check)).await
        }
    }
}

async fn understood(context: &Context, setup: &Setup, draft: Draft) -> Result<Response, Problem> {
    let json = serde_json::to_string(&draft).unwrap_or_default();
    setup_links::keep_draft(&setup.act(context), &setup.link, &json).await?;
    Ok(see_other(&setup.address("connect")))
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
                broker: through::usual_broker(&act, &setup.org.id, protocol).await?,
                domains: Vec::new(),
                config,
                secret,
                registered: Registered::default(),
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

/// The page.
pub(super) async fn page(
    context: &Context,
    setup: &Setup,
    error: Option<String>,
    status: StatusCode,
    shared: Option<String>,
) -> Result<Response, Problem> {
    let mut frame = setup.frame(context, 1);
    frame.shared = shared.unwrap_or_default();
    let page = SetupConnectPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame,
        found: found(context, setup),
        give: give(context, setup).await?,
        values: values(setup, context.lang()),
        error,
    };
    Ok(render(context, status, &page))
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
        client_id_label: vendor.word(protocol, context.lang(), "client_id"),
        client_secret_label: vendor.word(protocol, context.lang(), "client_secret"),
        required_claim: vendor
            .required_claim(protocol)
            .unwrap_or_default()
            .to_owned(),
    })
}

/// What the other side must be given, as it calls it.
async fn give(context: &Context, setup: &Setup) -> Result<Vec<GiveRow>, Problem> {
    let protocol = setup.draft.protocol();
    let vendor = vendors::get(&setup.draft.vendor);
    let made = setup.made.as_ref().map(|(one, _)| one);
    let given = match made.filter(|one| one.protocol == protocol) {
        Some(one) => through::Given::of(one, &context.site.tenant),
        None => {
            let act = setup.act(context);
            let (home, id) = (&setup.org.id, ConnectionId(setup.id().to_owned()));
            let broker = through::usual_broker(&act, home, protocol).await?;
            through::given(&act, home, &id, (protocol, broker)).await?
        }
    };
    let row = |name: &str, value: String| GiveRow {
        id: name.replace('_', "-"),
        label: vendor.word(protocol, context.lang(), name),
        value,
    };
    let rows = match protocol {
        Protocol::Oidc => vec![("redirect_uri", Some(given.redirect_uri))],
        Protocol::Saml => vec![
            ("entity_id", given.sp_entity_id),
            ("acs", given.acs_url),
            // There is a key to tell of from the first save on.
            ("sp_metadata", given.metadata_url.filter(|_| made.is_some())),
        ],
    };
    let rows = rows.into_iter();
    Ok(rows
        .filter_map(|(name, value)| value.map(|value| row(name, value)))
        .collect())
}

fn values(setup: &Setup, lang: Lang) -> SetupValues {
    let draft = &setup.draft;
    let vendor = vendors::get(&draft.vendor);
    let mut values = SetupValues {
        paste: draft.paste.clone(),
        entity_id: if draft.is_empty() {
            draft.entity_id.clone()
        } else {
            draft.issuer.clone()
        },
        sso_url: draft.sso_url.clone(),
        certificates: draft.certificates.clone(),
        name: setup.org.name.clone(),
        groups_claim: vendor.word(draft.protocol(), lang, "groups"),
        link_policy: Home::from(&setup.org.id).usual_policy().as_str().to_owned(),
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
    let policy = revision.config.link_policy();
    policy.as_str().clone_into(&mut values.link_policy);
    if let Config::Saml(saml) = &revision.config {
        values.idp_initiated = saml.allow_idp_initiated;
    }
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
