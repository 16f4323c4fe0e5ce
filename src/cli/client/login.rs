//! Signing in: by the browser of this computer, by another's, or by a code.

use std::io::{BufRead as _, IsTerminal as _};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use clap::Args;
use laneway_contract::Random as _;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::browser::{self, Keys};
use super::key::Seal;
use super::loopback::Loopback;
use super::place::Place;
use super::profile::{Credentials, Profile};
use super::server::{self, Server, Tokens};
use super::{CLIENT_ID, Failure, Which, complain, say};
use crate::outbound::SystemRandom;

/// As long as a sign-in may take.
const PATIENCE: Duration = Duration::from_mins(10);
/// What this program asks for.
const SCOPE: &str = "openid profile email organization offline_access account:read";
/// Where a browser on another computer is sent: nothing answers, and the address is pasted here.
const NOWHERE: &str = "http://127.0.0.1/callback";

/// `laneway login`
#[derive(Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    which: Which,
    /// Address of the server; the profile remembers it
    #[arg(long, env = "LANEWAY_SERVER")]
    server: Option<String>,
    /// Sign in on another device, by a code
    #[arg(long)]
    device: bool,
    /// Open no browser: print the address, and take the one that it leads to
    #[arg(long, conflicts_with = "device")]
    no_browser: bool,
    /// The organization that tokens are for, by id or short name
    #[arg(long)]
    org: Option<String>,
    /// The provider to sign in with, by its short name
    #[arg(long)]
    connection: Option<String>,
}

/// Runs it.
pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let place = Place::open()?;
    let name = arguments.which.profile.clone();
    let address = match &arguments.server {
        Some(text) => server::address(text)?,
        None => Profile::server_of(&place, &name)?
            .ok_or_else(|| Failure::Local("say which server: --server https://…".into()))?,
    };
    let server = Server::find(&address).await?;
    let tokens = if arguments.device {
        Box::pin(by_device(&server, &arguments)).await?
    } else if arguments.no_browser {
        Box::pin(by_pasting(&server, &arguments)).await?
    } else {
        Box::pin(by_browser(&server, &arguments)).await?
    };
    let Some(refresh_token) = tokens.refresh_token.clone() else {
        let words = "the server gave no refresh token: is laneway-cli changed there?";
        return Err(Failure::Refused(words.into()));
    };
    let account = match server.person(&tokens.access_token).await? {
        Ok(person) => ["email", "name", "sub"]
            .iter()
            .find_map(|member| person[*member].as_str().map(str::to_owned)),
        Err(refusal) => return Err(Failure::Refused(refusal.words())),
    };
    let _lock = place.lock(&name)?;
    let profile = Profile {
        seal: Seal::choose(&place, &name),
        name,
        server: address.clone(),
        credentials: Credentials {
            refresh_token,
            tokens: Vec::new(),
        },
    };
    profile.save(&place)?;
    say(&format!(
        "signed in as {} at {address}",
        account.unwrap_or_default()
    ));
    Ok(())
}

/// A request for a code, and what only this process knows of it.
struct Request {
    url: String,
    state: String,
    verifier: String,
    redirect_uri: String,
}

fn secret() -> String {
    let mut random = [0u8; 32];
    SystemRandom.fill(&mut random);
    B64.encode(random)
}

fn request(server: &Server, arguments: &Arguments, redirect_uri: &str) -> Result<Request, Failure> {
    let (state, verifier) = (secret(), secret());
    let challenge = B64.encode(Sha256::digest(&verifier));
    let broken = |_| Failure::Local("the server's answer cannot be read".into());
    let mut url = Url::parse(&server.document.authorization_endpoint).map_err(broken)?;
    url.query_pairs_mut()
        .append_pair("client_id", CLIENT_ID)
        .append_pair("response_type", "code")
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("scope", SCOPE)
        .append_pair("state", &state)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256")
        .extend_pairs(arguments.org.iter().map(|org| ("organization", org)))
        .extend_pairs(arguments.connection.iter().map(|one| ("connection", one)));
    Ok(Request {
        url: url.into(),
        state,
        verifier,
        redirect_uri: redirect_uri.to_owned(),
    })
}

async fn by_browser(server: &Server, arguments: &Arguments) -> Result<Tokens, Failure> {
    let loopback = Loopback::open().await?;
    let request = request(server, arguments, &loopback.redirect_uri)?;
    let opened = browser::open(&request.url);
    let mut keys = Keys::listen();
    complain(if opened {
        "Your browser opens. If it does not, open this address:"
    } else {
        "Open this address:"
    });
    complain(&format!("\n  {}\n", request.url));
    if keys.is_some() {
        complain("Press d to sign in on another device instead.");
    }
    let wait_for_d = async {
        match &mut keys {
            Some(keys) => keys.wait_for(b'd').await,
            None => std::future::pending().await,
        }
    };
    let answer = tokio::select! {
        answer = loopback.answer(&request.state) => Some(answer?),
        () = wait_for_d => None,
        () = tokio::time::sleep(PATIENCE) => {
            return Err(Failure::Refused("nobody signed in within ten minutes".into()));
        }
    };
    drop(keys);
    match answer {
        Some(answer) => redeem(server, &request, &answer).await,
        None => Box::pin(by_device(server, arguments)).await,
    }
}

async fn by_pasting(server: &Server, arguments: &Arguments) -> Result<Tokens, Failure> {
    let request = request(server, arguments, NOWHERE)?;
    complain("Open this address in a browser:");
    complain(&format!("\n  {}\n", request.url));
    complain("It ends at an address of 127.0.0.1 that does not load. Paste that address here:");
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Failure::Local(error.to_string()))?;
    let unfit = || Failure::Local("this is not the address of this sign-in".into());
    let answer = Url::parse(line.trim()).map_err(|_| unfit())?;
    if !answer.as_str().starts_with(NOWHERE)
        || find(&answer, "state") != Some(request.state.clone())
    {
        return Err(unfit());
    }
    redeem(server, &request, &answer).await
}

fn find(url: &Url, name: &str) -> Option<String> {
    let mut all = url.query_pairs();
    all.find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}

async fn redeem(server: &Server, request: &Request, answer: &Url) -> Result<Tokens, Failure> {
    // RFC 9207: the answer of another server is no answer.
    if !server.is_from(find(answer, "iss").as_deref()) {
        return Err(Failure::Refused(
            "the answer comes from another server".into(),
        ));
    }
    if let Some(error) = find(answer, "error") {
        let more = find(answer, "error_description").unwrap_or_default();
        return Err(Failure::Refused(format!("{more} ({error})")));
    }
    let code = find(answer, "code").unwrap_or_default();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", request.redirect_uri.as_str()),
        ("code_verifier", request.verifier.as_str()),
    ];
    let said = server.tokens(&fields).await?;
    said.map_err(|refusal| Failure::Refused(refusal.words()))
}

async fn by_device(server: &Server, arguments: &Arguments) -> Result<Tokens, Failure> {
    let mut fields = vec![("scope", SCOPE)];
    fields.extend(
        arguments
            .org
            .iter()
            .map(|org| ("organization", org.as_str())),
    );
    let codes = match server.device(&fields).await? {
        Ok(codes) => codes,
        Err(refusal) => return Err(Failure::Refused(refusal.words())),
    };
    complain(&format!(
        "On any device, open\n\n  {}\n\nand enter the code\n\n  {}\n\nor open {}\n",
        codes.verification_uri, codes.user_code, codes.verification_uri_complete
    ));
    if std::io::stderr().is_terminal() {
        complain("Waiting …");
    }
    let mut interval = Duration::from_secs(codes.interval);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(codes.expires_in);
    let fields = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", codes.device_code.as_str()),
    ];
    while tokio::time::Instant::now() < deadline {
        tokio::time::sleep(interval).await;
        match server.tokens(&fields).await {
            Ok(Ok(tokens)) => return Ok(tokens),
            Ok(Err(refusal)) => match refusal.error.as_str() {
                "authorization_pending" => {}
                "slow_down" => interval += Duration::from_secs(5),
                _ => return Err(Failure::Refused(refusal.words())),
            },
            // RFC 8628 §3.5: after a time-out ask less often.
            Err(Failure::Unreachable(_)) => interval = interval.saturating_mul(2),
            Err(failure) => return Err(failure),
        }
    }
    Err(Failure::Refused("the code is over; start again".into()))
}
