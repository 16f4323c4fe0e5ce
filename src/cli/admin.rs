//! `laneway admin …`: on the database; running nodes learn by the invalidation log.

mod manage;

use std::process::ExitCode;

use clap::Subcommand;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use serde_json::json;

pub(super) use manage::tenant_by;

use super::{failed, open, say};
use crate::audit::{Event, Outcome, RequestMeta, kind};
use crate::authz::OperatorRole;
use crate::config::Config;
use crate::core::{hash_token, make_owner_link};
use crate::domain::{Code, Problem};
use crate::lane_a::operator::AfterRestore;
use crate::store::api_tokens::{self, AdminToken};
use crate::store::tenants;

#[derive(Subcommand)]
pub(super) enum AdminCommand {
    #[command(flatten)]
    Manage(manage::Manage),
    /// Print a new operator token
    Token {
        /// What it may do
        #[arg(long, value_parser = role(), default_value = "owner")]
        role: OperatorRole,
        /// Only for the tenant of this short name
        #[arg(long)]
        tenant: Option<String>,
        /// How long it lives, for example 30m, 1h, 7d
        #[arg(long, default_value = "1h")]
        ttl: String,
    },
    /// Print a link that makes whoever uses it the owner; only while there is none
    OwnerLink,
    /// Publish a new signing key; the old one is kept until its last token is gone
    RotateKey {
        /// Sign with it at once instead of when every cached key set has learnt it
        #[arg(long)]
        now: bool,
        /// In the tenant of this short name
        #[arg(long)]
        tenant: Option<String>,
    },
    /// Seal with the current master key whatever a previous one has sealed
    Reseal,
    /// After restoring a backup, with every node stopped: end what had ended since it was made
    AfterRestore {
        /// Also revoke every API token, of operators too: which were revoked since, nobody can tell
        #[arg(long)]
        api_tokens: bool,
        /// Also void everybody's recovery codes: which were used since, nobody can tell
        #[arg(long)]
        recovery_codes: bool,
    },
}

/// Reads a role of operators by its stored word.
fn role() -> impl TypedValueParser<Value = OperatorRole> {
    let words = OperatorRole::ALL
        .iter()
        .map(|role| PossibleValue::new(role.as_str()).help(role.about()));
    PossibleValuesParser::new(words)
        .try_map(|word| OperatorRole::parse(&word).ok_or("no such role"))
}

pub(super) async fn run(config: Config, command: AdminCommand) -> ExitCode {
    let outcome = match command {
        AdminCommand::Manage(command) => Box::pin(manage::run(config, command)).await,
        AdminCommand::Token { role, tenant, ttl } => {
            token(config, role, tenant.as_deref(), &ttl).await
        }
        AdminCommand::OwnerLink => owner_link(config).await,
        AdminCommand::RotateKey { now, tenant } => {
            manage::rotate(config, tenant.as_deref(), now).await
        }
        AdminCommand::Reseal => Box::pin(manage::reseal(config)).await,
        AdminCommand::AfterRestore {
            api_tokens,
            recovery_codes,
        } => {
            let also = AfterRestore {
                api_tokens,
                recovery_codes,
            };
            Box::pin(manage::after_restore(config, also)).await
        }
    };
    match outcome {
        Ok(line) => {
            say(&line);
            ExitCode::SUCCESS
        }
        Err(problem) => failed(&problem),
    }
}

async fn token(
    config: Config,
    role: OperatorRole,
    tenant: Option<&str>,
    ttl: &str,
) -> Result<String, Problem> {
    let ttl = duration_ms(ttl).ok_or_else(|| {
        Problem::new(
            Code::InvalidRequest,
            "Write --ttl as a number with m, h or d, up to 90d.",
        )
    })?;
    let (core, main) = open(config).await?;
    let only = match tenant {
        None => None,
        Some(slug) => {
            let found = tenants::find_by_slug(&core.db, slug).await?;
            let unknown = || Problem::new(Code::NotFound, "There is no tenant of this short name.");
            Some(found.ok_or_else(unknown)?.id)
        }
    };
    let (secret, _) = core.new_token();
    let plain = format!("lw_adm_{}", secret.expose());
    let mut write = core.begin().await?;
    let now = write.now();
    let row = AdminToken {
        role: role.as_str().to_owned(),
        tenant: only.clone(),
        ..AdminToken::owner(core.new_id(), &plain, now + ttl)
    };
    api_tokens::create(&mut write.tx, &row, &hash_token(&plain), now).await?;
    let event = Event::new(
        kind::ADMIN_TOKEN_CREATED,
        Outcome::Success,
        ("token", &row.id),
    )
    .detail(json!({ "role": row.role, "tenant": row.tenant }));
    core.audit(
        &mut write,
        only.as_ref().unwrap_or(&main.id),
        &RequestMeta::default(),
        event.by("system", "cli"),
    )
    .await?;
    core.commit(write).await?;
    Ok(plain)
}

/// A lifetime as people write it; at most 90 days.
fn duration_ms(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: i64 = number.parse().ok()?;
    let unit = match unit {
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let ms = number.checked_mul(unit)?;
    (ms > 0 && ms <= 90 * 86_400_000).then_some(ms)
}

async fn owner_link(config: Config) -> Result<String, Problem> {
    let (core, tenant) = open(config).await?;
    let link = make_owner_link(&core, &tenant).await?;
    Ok(tenant.address(&format!("/owner/{}", link.0.expose())))
}

#[cfg(test)]
mod tests {
    use super::duration_ms;

    #[test]
    fn lifetimes() {
        assert_eq!(duration_ms("1h"), Some(3_600_000));
        assert_eq!(duration_ms("30m"), Some(1_800_000));
        for bad in ["", "h", "1", "-1h", "0h", "91d", "1y", "1.5h", "ä"] {
            assert_eq!(duration_ms(bad), None, "{bad}");
        }
    }
}
