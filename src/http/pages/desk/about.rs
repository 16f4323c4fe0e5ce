//! What a tenant tells its people about itself: help, sender, picture.

use axum::Form;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::rejection::FormRejection;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::super::context::Context;
use super::super::super::flows::form_body;
use super::super::{render, see_other};
use super::guard::{Desk, Refused, act, explain};
use super::settings::{BACK, again, page, shown};
use super::upload::{PressedForm, Upload};
use crate::domain::settings::SENDER_ADDRESS;
use crate::domain::tenant::{LOGO_PATH, Tenant};
use crate::domain::{Code, Lang};
use crate::lane_a::desk::acts as operator;
use crate::lane_a::desk::acts::Permission;
use crate::lane_a::outbox;
use crate::views::desk::{AboutFields, Fixed};

const NAMES: [&str; 6] = [
    "locale",
    "help_url",
    "privacy_url",
    "support_email",
    "mail_from_name",
    SENDER_ADDRESS,
];

/// The fields as they are stored.
pub(super) fn fields(desk: &Desk<'_>, tenant: &Tenant) -> AboutFields {
    let core = desk.visit.core;
    let settings = &tenant.settings;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let url =
        |value: &Option<url::Url>| value.as_ref().map_or_else(String::new, url::Url::to_string);
    let sender = outbox::sender(core, tenant);
    let may_set_sender = operator::may_set_sender(&desk.act());
    let fixed = NAMES.into_iter().filter_map(|name| {
        if operator::set_in_file(core, tenant, name) {
            Some((name, Fixed::ByFile))
        } else {
            (name == SENDER_ADDRESS && !may_set_sender).then_some((name, Fixed::ForOthers))
        }
    });
    let logo = tenant.brand.logo_url.as_deref().unwrap_or_default();
    let config = &core.config.tenant;
    AboutFields {
        locale: settings.locale.map_or("", Lang::tag).to_owned(),
        help_url: url(&settings.help_url),
        privacy_url: url(&settings.privacy_url),
        support_email: text(&settings.support_email),
        mail_from_name: text(&settings.mail_from_name),
        mail_from_address: text(&settings.mail_from_address),
        sender_name: sender
            .as_ref()
            .map_or_else(|| tenant.name.clone(), |from| text(&from.name)),
        sender_address: sender.map_or_else(String::new, |from| from.address),
        fixed: fixed.collect(),
        uploaded: logo.starts_with(LOGO_PATH),
        logo_fixed: config.slug == tenant.slug && config.brand.logo_url.is_some(),
    }
}

/// The form. A field that cannot be changed is not sent.
#[derive(Deserialize)]
pub struct AboutForm {
    #[serde(default)]
    csrf: String,
    version: Option<i64>,
    locale: Option<String>,
    help_url: Option<String>,
    privacy_url: Option<String>,
    support_email: Option<String>,
    mail_from_name: Option<String>,
    mail_from_address: Option<String>,
}

impl AboutForm {
    fn given(&self) -> [(&'static str, Option<&String>); 6] {
        let [locale, help, privacy, support, name, address] = NAMES;
        [
            (locale, self.locale.as_ref()),
            (help, self.help_url.as_ref()),
            (privacy, self.privacy_url.as_ref()),
            (support, self.support_email.as_ref()),
            (name, self.mail_from_name.as_ref()),
            (address, self.mail_from_address.as_ref()),
        ]
    }

    fn patch(&self) -> Map<String, Value> {
        let members = self.given().into_iter().filter_map(|(name, value)| {
            let text = value?.trim();
            let value = if text.is_empty() {
                Value::Null
            } else {
                Value::from(text)
            };
            Some((name.to_owned(), value))
        });
        members.collect()
    }

    /// What was typed stays in its field.
    fn onto(self, about: &mut AboutFields) {
        let fields = [
            (&mut about.locale, self.locale),
            (&mut about.help_url, self.help_url),
            (&mut about.privacy_url, self.privacy_url),
            (&mut about.support_email, self.support_email),
            (&mut about.mail_from_name, self.mail_from_name),
            (&mut about.mail_from_address, self.mail_from_address),
        ];
        for (field, typed) in fields {
            if let Some(typed) = typed {
                *field = typed;
            }
        }
    }
}

/// `POST /admin/settings/about`
pub async fn save(
    context: Context,
    form: Result<Form<AboutForm>, FormRejection>,
) -> Result<Response, Refused> {
    let form = form_body(form)?;
    let desk = act(&context, Permission::TenantsWrite, &form.csrf, BACK).await?;
    let id = &context.site.tenant.id;
    let deed = desk.act();
    let patch = form.patch();
    let change = |tenant: &mut Tenant| operator::patch_settings(&deed, tenant, &patch);
    match operator::change_tenant(&deed, id, form.version, change, shown).await {
        Ok(_) => Ok(see_other("/admin/settings?done=saved")),
        Err(problem) => {
            let (status, text) = explain(desk.visit.lang, problem)?;
            let mut page = page(&context, &desk).await?;
            page.error = Some(text);
            form.onto(&mut page.about);
            Ok(render(&context, status, &page))
        }
    }
}

/// `POST /admin/settings/logo`: a form with a file, as browsers send it without scripts.
pub async fn put_logo(
    context: Context,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Refused> {
    let upload = Upload::read(&context, form).await?;
    let desk = act(&context, Permission::TenantsWrite, &upload.csrf, BACK).await?;
    let (id, version) = (&context.site.tenant.id, upload.version);
    let outcome = match upload.picture() {
        Ok(picture) => operator::put_logo(&desk.act(), id, version, picture).await,
        Err(problem) => Err(problem),
    };
    match outcome {
        Ok(_) => Ok(see_other("/admin/settings?done=logo")),
        Err(problem) => again(&context, &desk, problem).await,
    }
}

/// `POST /admin/settings/logo/remove`
pub async fn remove_logo(
    context: Context,
    form: Result<Form<PressedForm>, FormRejection>,
) -> Result<Response, Refused> {
    let form = form_body(form)?;
    let desk = act(&context, Permission::TenantsWrite, &form.csrf, BACK).await?;
    let id = &context.site.tenant.id;
    match operator::remove_logo(&desk.act(), id, form.version).await {
        // Somebody else removed it already.
        Ok(_) => Ok(see_other("/admin/settings?done=logo-removed")),
        Err(problem) if problem.code == Code::NotFound => Ok(see_other(BACK)),
        Err(problem) => again(&context, &desk, problem).await,
    }
}
