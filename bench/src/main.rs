//! The tools of `bench/run` and of the counting gate: fill a database with sessions, load a
//! server with requests, be the floor that it is compared with, walk one path many times.
//!
//! Owns: arguments. Must not know: what a figure means; the scripts compare.

#![expect(clippy::print_stdout, reason = "its figures are its output")]

mod bare;
mod count;
mod fill;
mod load;
mod program;
mod token;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "laneway-bench", about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Put live sessions into the database of a laneway.toml and write their cookies, one a line
    Fill {
        /// The program's configuration file
        #[arg(long)]
        config: PathBuf,
        /// How many
        #[arg(long, default_value_t = 100_000)]
        sessions: usize,
        /// The host that the cookies count on
        #[arg(long)]
        host: String,
        /// Where the cookies go
        #[arg(long)]
        cookies: PathBuf,
    },
    /// Send requests over keep-alive connections and print JSON figures
    Load(load::Load),
    /// Listen as a bare axum handler that answers 200 with one header
    Bare {
        /// Address
        #[arg(long)]
        listen: SocketAddr,
    },
    /// Walk one path of the program in this process, for an instruction counter
    Count {
        /// Which
        path: count::Path,
        /// How many times, after one that warms the caches
        #[arg(long)]
        calls: usize,
    },
    /// Time the token endpoint beside a bare handler and a bare signature, and print JSON figures
    Token {
        /// Rounds; the figures are their medians
        #[arg(long, default_value_t = 15)]
        rounds: usize,
        /// Calls of each kind in a round
        #[arg(long, default_value_t = 500)]
        calls: usize,
    },
}

fn main() -> ExitCode {
    laneway::cli::install_crypto();
    let command = Arguments::parse().command;
    // One thread: a load generator must not take the cores of what it loads, and a counted
    // path must not depend on who stole which task.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(command)),
        Err(error) => Err(error.to_string()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("laneway-bench: {text}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), String> {
    match command {
        Command::Fill {
            config,
            sessions,
            host,
            cookies,
        } => fill::fill(&config, sessions, &host, &cookies).await,
        Command::Load(load) => {
            println!("{}", load::run(load).await?);
            Ok(())
        }
        Command::Bare { listen } => bare::serve(listen).await,
        Command::Count { path, calls } => count::count(path, calls).await,
        Command::Token { rounds, calls } => {
            println!("{}", token::token(rounds.max(1), calls.max(1)).await?);
            Ok(())
        }
    }
}
