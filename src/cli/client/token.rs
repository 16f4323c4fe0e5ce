//! Fresh access tokens: of many processes that need one, one refreshes.

use clap::Args;
use laneway_contract::Clock as _;
use serde_json::json;

use super::place::Place;
use super::profile::{Fresh, Profile, Wish, signed_out};
use super::server::Server;
use super::{Failure, Which, say};
use crate::outbound::SystemClock;

/// A token is used for some time after it was printed.
const LEFT_S: i64 = 60;

/// `laneway token`
#[derive(Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    which: Which,
    /// Whom it is for, of the audiences that are registered for this program
    #[arg(long)]
    audience: Option<String>,
    /// What it is for, with spaces between the scopes; less than was granted, never more
    #[arg(long)]
    scope: Option<String>,
    /// The organization that it speaks of, by id or short name
    #[arg(long)]
    org: Option<String>,
    /// With the instant of its end, for scripts
    #[arg(long)]
    json: bool,
    /// As kubectl's credential plugins print it
    #[arg(long, conflicts_with = "json")]
    exec_credential: bool,
}

/// Runs it.
pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let wish = Wish {
        audience: arguments.audience,
        scope: arguments.scope,
        org: arguments.org,
    };
    let fresh = Box::pin(fresh(&arguments.which.profile, &wish)).await?;
    let until = time::OffsetDateTime::from_unix_timestamp(fresh.expires_at);
    let until = until.ok().and_then(|at| {
        at.format(&time::format_description::well_known::Rfc3339)
            .ok()
    });
    if arguments.exec_credential {
        let status = json!({ "token": fresh.access_token, "expirationTimestamp": until });
        say(
            &json!({ "apiVersion": exec_version(), "kind": "ExecCredential", "status": status })
                .to_string(),
        );
    } else if arguments.json {
        say(&json!({
            "access_token": fresh.access_token, "token_type": "Bearer", "expires_at": until,
            "scope": fresh.scope,
        })
        .to_string());
    } else {
        say(&fresh.access_token);
    }
    Ok(())
}

/// kubectl says which version it speaks.
fn exec_version() -> String {
    let told = std::env::var("KUBERNETES_EXEC_INFO").unwrap_or_default();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap_or_default();
    let version = told["apiVersion"].as_str();
    let known = version.filter(|text| text.starts_with("client.authentication.k8s.io/"));
    known
        .unwrap_or("client.authentication.k8s.io/v1")
        .to_owned()
}

/// A token that is good for a while; from the file if there is one, else from the server.
pub(super) async fn fresh(name: &str, wish: &Wish) -> Result<Fresh, Failure> {
    let place = Place::open()?;
    // A look without the lock serves most calls.
    if let Some(found) = good(&Profile::open(&place, name)?, wish) {
        return Ok(found);
    }
    let _lock = place.lock(name)?;
    // Whoever had the lock may have fetched it meanwhile.
    let mut profile = Profile::open(&place, name)?;
    if let Some(found) = good(&profile, wish) {
        return Ok(found);
    }
    let server = Server::find(&profile.server).await?;
    let fresh = Box::pin(refresh(&server, &mut profile, wish)).await?;
    profile.save(&place)?;
    Ok(fresh)
}

fn good(profile: &Profile, wish: &Wish) -> Option<Fresh> {
    let now = SystemClock.now_ms() / 1000;
    let mut all = profile.credentials.tokens.iter();
    all.find(|token| token.wish == *wish && token.expires_at - now >= LEFT_S)
        .cloned()
}

async fn refresh(server: &Server, profile: &mut Profile, wish: &Wish) -> Result<Fresh, Failure> {
    let credentials = &mut profile.credentials;
    let mut fields = vec![
        ("grant_type", "refresh_token"),
        ("refresh_token", credentials.refresh_token.as_str()),
    ];
    let wishes = [
        ("resource", &wish.audience),
        ("scope", &wish.scope),
        ("organization", &wish.org),
    ];
    fields.extend(
        wishes
            .iter()
            .filter_map(|(name, value)| Some((*name, value.as_deref()?))),
    );
    let now = SystemClock.now_ms() / 1000;
    let tokens = match server.tokens(&fields).await? {
        Ok(tokens) => tokens,
        Err(refusal) if matches!(refusal.error.as_str(), "invalid_grant" | "invalid_client") => {
            return Err(signed_out(&profile.name));
        }
        Err(refusal) => return Err(Failure::Refused(refusal.words())),
    };
    if let Some(next) = tokens.refresh_token {
        credentials.refresh_token = next;
    }
    let fresh = Fresh {
        wish: wish.clone(),
        access_token: tokens.access_token,
        expires_at: now + tokens.expires_in,
        scope: tokens.scope,
    };
    credentials
        .tokens
        .retain(|old| old.expires_at > now && old.wish != fresh.wish);
    credentials.tokens.push(fresh.clone());
    Ok(fresh)
}
