//! The demo backend on an address of its own.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;

use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> ExitCode {
    match serve(std::env::args().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("laneway-echo: {text}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let address = listen_address(arguments, std::env::var("LANEWAY_ECHO_LISTEN").ok())?;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen on {address}: {error}"))?;
    announce(&listener).map_err(|error| format!("cannot announce the address: {error}"))?;
    axum::serve(listener, laneway_echo::router())
        .await
        .map_err(|error| error.to_string())
}

/// `--listen ADDR` wins over the environment; port 0 picks a free one.
fn listen_address(
    mut arguments: impl Iterator<Item = String>,
    environment: Option<String>,
) -> Result<SocketAddr, String> {
    let mut given = environment;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--listen" => given = Some(arguments.next().ok_or("--listen needs an address")?),
            other => return Err(format!("unknown argument {other:?}; usage: --listen ADDR")),
        }
    }
    let text = given.unwrap_or_else(|| "127.0.0.1:0".to_owned());
    text.parse()
        .map_err(|_| format!("{text:?} is not an address like 127.0.0.1:9000"))
}

/// The one line on stdout: whoever started us with port 0 reads the address from it.
fn announce(listener: &TcpListener) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", listener.local_addr()?)?;
    stdout.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_argument_wins_over_the_environment() {
        let arguments = ["--listen".to_owned(), "127.0.0.1:7".to_owned()].into_iter();
        let address = listen_address(arguments, Some("127.0.0.1:8".to_owned()));
        assert_eq!(address, Ok(SocketAddr::from(([127, 0, 0, 1], 7))));
    }

    #[test]
    fn unknown_arguments_are_refused() {
        let found = listen_address(["--port".to_owned()].into_iter(), None);
        assert!(found.is_err_and(|text| text.contains("--port")));
    }
}
