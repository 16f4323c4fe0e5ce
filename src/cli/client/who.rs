//! Who is signed in here, and signing out.

use clap::Args;

use super::place::Place;
use super::profile::{Profile, Wish, signed_out};
use super::server::Server;
use super::{Failure, Which, say, token};

/// `laneway whoami`
#[derive(Args)]
pub(in crate::cli) struct WhoamiArguments {
    #[command(flatten)]
    which: Which,
    /// All that the server says
    #[arg(long)]
    json: bool,
}

/// Tells who the server takes this computer for.
pub(super) async fn whoami(arguments: WhoamiArguments) -> Result<(), Failure> {
    let name = &arguments.which.profile;
    let fresh = Box::pin(token::fresh(name, &Wish::default())).await?;
    let place = Place::open()?;
    let address = Profile::server_of(&place, name)?.ok_or_else(|| signed_out(name))?;
    let server = Server::find(&address).await?;
    let Ok(person) = server.person(&fresh.access_token).await? else {
        return Err(signed_out(name));
    };
    if arguments.json {
        let mut all = person;
        all["server"] = address.into();
        say(&all.to_string());
        return Ok(());
    }
    let known = ["email", "name", "sub"];
    let account = known.iter().find_map(|member| person[*member].as_str());
    say(&format!("{} at {address}", account.unwrap_or_default()));
    Ok(())
}

/// `laneway logout`
#[derive(Args)]
pub(in crate::cli) struct LogoutArguments {
    #[command(flatten)]
    which: Which,
    /// Forget the sign-in here, also if the server does not answer
    #[arg(long)]
    local: bool,
}

/// Gives the sign-in back, and forgets it.
pub(super) async fn logout(arguments: LogoutArguments) -> Result<(), Failure> {
    let name = &arguments.which.profile;
    let place = Place::open()?;
    let _lock = place.lock(name)?;
    let given_back = match Profile::open(&place, name) {
        Ok(profile) => Box::pin(give_back(&profile)).await,
        Err(failure) => Err(failure),
    };
    match given_back {
        Ok(()) => {}
        Err(Failure::SignedOut(words)) => return Err(Failure::SignedOut(words)),
        Err(_) if arguments.local => {}
        Err(failure) => return Err(failure),
    }
    place.remove(name)?;
    say("signed out");
    Ok(())
}

async fn give_back(profile: &Profile) -> Result<(), Failure> {
    let server = Server::find(&profile.server).await?;
    let said = server.revoke(&profile.credentials.refresh_token).await?;
    said.map_err(|refusal| Failure::Refused(refusal.words()))
}
