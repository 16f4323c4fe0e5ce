//! What a request says about single claims (OpenID Connect Core §5.5).

use laneway_contract::Acr;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Fault, Params};
use crate::domain::app::App;
use crate::domain::wanted_claims::WantedClaims;

/// Longer ones are refused.
const LONGEST: usize = 4096;

/// What is read of it.
#[derive(Default)]
pub(super) struct Claims {
    /// Standard claims that the app may have.
    pub wanted: WantedClaims,
    /// Who has to be signed in.
    pub subject: Option<String>,
    /// Wanted rung.
    pub acr: Option<Acr>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Sent {
    userinfo: Map<String, Value>,
    id_token: Map<String, Value>,
}

/// Reads the parameter. What nobody knows is left out, and so is what the app is not registered
/// for: claims are wishes, also essential ones.
///
/// # Errors
/// `invalid_request`.
pub(super) fn read(app: &App, params: &Params) -> Result<Claims, Fault> {
    let Some(text) = params.get("claims") else {
        return Ok(Claims::default());
    };
    if text.len() > LONGEST {
        return Err(Fault::request("claims is too long"));
    }
    let sent = serde_json::from_str::<Map<String, Value>>(text)
        .and_then(|members| serde_json::from_value::<Sent>(Value::Object(members)))
        .map_err(|_| Fault::request("claims is not an object of requests for claims"))?;
    let names = |all: &Map<String, Value>| all.keys().cloned().collect();
    let wanted = WantedClaims {
        userinfo: names(&sent.userinfo),
        id_token: names(&sent.id_token),
    };
    let rung = sent.id_token.get("acr").and_then(|acr| {
        let one = acr.get("value").into_iter();
        let many = acr.get("values").and_then(Value::as_array);
        let mut all = one.chain(many.into_iter().flatten());
        all.find_map(|value| value.as_str().and_then(Acr::parse))
    });
    let whole = [&sent.id_token, &sent.userinfo];
    let subject = whole.iter().find_map(|all| all.get("sub")?.get("value"));
    let subject = subject.and_then(Value::as_str).map(str::to_owned);
    Ok(Claims {
        wanted: wanted.within(&app.registration.scope),
        subject,
        acr: rung,
    })
}
