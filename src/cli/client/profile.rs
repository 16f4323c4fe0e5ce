//! A sign-in at one server, as it is kept on this computer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as B64;
use serde::{Deserialize, Serialize};

use super::Failure;
use super::key::Seal;
use super::place::Place;

/// What a file holds; nothing in it is secret but `sealed`.
#[derive(Serialize, Deserialize)]
struct Stored {
    server: String,
    seal: Seal,
    sealed: String,
}

/// What nobody else may see.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Credentials {
    /// Leads to new tokens.
    pub refresh_token: String,
    /// Those that are still good for a while.
    pub tokens: Vec<Fresh>,
}

/// An access token, and what it was asked for.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Fresh {
    /// For what.
    pub wish: Wish,
    /// The token.
    pub access_token: String,
    /// Epoch seconds.
    pub expires_at: i64,
    /// What it is good for.
    pub scope: String,
}

/// What a token is wanted for.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wish {
    /// For whom.
    pub audience: Option<String>,
    /// For what.
    pub scope: Option<String>,
    /// In which organization.
    pub org: Option<String>,
}

/// A profile that is open.
pub(super) struct Profile {
    /// Its name.
    pub name: String,
    /// Address of the server.
    pub server: String,
    /// How it is sealed.
    pub seal: Seal,
    /// What nobody else may see.
    pub credentials: Credentials,
}

impl Profile {
    /// The server of a profile, where there is one.
    pub(super) fn server_of(place: &Place, name: &str) -> Result<Option<String>, Failure> {
        Ok(stored(place, name)?.map(|stored| stored.server))
    }

    /// Opens a profile.
    pub(super) fn open(place: &Place, name: &str) -> Result<Self, Failure> {
        let stored = stored(place, name)?.ok_or_else(|| signed_out(name))?;
        let damaged = || Failure::Local(format!("the profile {name} is damaged; sign in again"));
        let sealed = B64.decode(&stored.sealed).map_err(|_| damaged())?;
        let plain = stored.seal.open(name, &sealed)?;
        Ok(Self {
            name: name.to_owned(),
            server: stored.server,
            seal: stored.seal,
            credentials: serde_json::from_slice(&plain).map_err(|_| damaged())?,
        })
    }

    /// Keeps it.
    pub(super) fn save(&self, place: &Place) -> Result<(), Failure> {
        let lost = |error: serde_json::Error| Failure::Local(error.to_string());
        let plain = serde_json::to_vec(&self.credentials).map_err(lost)?;
        let stored = Stored {
            server: self.server.clone(),
            seal: self.seal.clone(),
            sealed: B64.encode(self.seal.seal(&self.name, &plain)?),
        };
        place.write(&self.name, &serde_json::to_vec(&stored).map_err(lost)?)
    }
}

/// What to do about a profile that is not there, or is over.
pub(super) fn signed_out(name: &str) -> Failure {
    let profile = match name {
        "default" => String::new(),
        name => format!(" --profile {name}"),
    };
    Failure::SignedOut(format!("not signed in; run `laneway login{profile}`"))
}

fn stored(place: &Place, name: &str) -> Result<Option<Stored>, Failure> {
    let Some(bytes) = place.read(name)? else {
        return Ok(None);
    };
    let damaged = |_| Failure::Local(format!("the profile {name} is damaged; sign in again"));
    serde_json::from_slice(&bytes).map(Some).map_err(damaged)
}
