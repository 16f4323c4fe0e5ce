//! A plain load generator: few keep-alive connections, one request in flight on each, cookies
//! drawn at random; and the processor time that the loaded process took meanwhile.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What to send.
#[derive(Args)]
pub struct Load {
    /// Address of the server
    #[arg(long)]
    to: SocketAddr,
    /// Path and query
    #[arg(long, default_value = "/")]
    path: String,
    /// `Name: value`, any number of times
    #[arg(long)]
    header: Vec<String>,
    /// A file of cookies to draw from
    #[arg(long)]
    cookies: Option<PathBuf>,
    /// Use each cookie once, in order, instead of drawing
    #[arg(long)]
    in_order: bool,
    /// Connections
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Requests in all
    #[arg(long, default_value_t = 100_000)]
    requests: usize,
    /// The status that every answer must have
    #[arg(long, default_value_t = 200)]
    expect: u16,
    /// Processes whose time is read before and after
    #[arg(long)]
    pid: Vec<u32>,
}

struct Plan {
    to: SocketAddr,
    head: String,
    cookies: Vec<String>,
    expect: u16,
}

/// Sends it all; figures as JSON.
///
/// # Errors
/// When a connection breaks or an answer has another status.
pub async fn run(load: Load) -> Result<Value, String> {
    let cookies = match &load.cookies {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| error.to_string())?
            .lines()
            .map(str::to_owned)
            .collect(),
        None => Vec::new(),
    };
    let mut head = format!("GET {} HTTP/1.1\r\n", load.path);
    for line in &load.header {
        head.push_str(&format!("{line}\r\n"));
    }
    let plan = Arc::new(Plan {
        to: load.to,
        head,
        cookies,
        expect: load.expect,
    });
    let before = processor_ticks(&load.pid)?;
    let started = Instant::now();
    let share = load.requests / load.connections;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..load.connections {
        tasks.spawn(one(Arc::clone(&plan), number, share, load.in_order));
    }
    while let Some(done) = tasks.join_next().await {
        done.map_err(|error| error.to_string())??;
    }
    let seconds = started.elapsed().as_secs_f64();
    let spent = processor_ticks(&load.pid)?.saturating_sub(before);
    let sent = u32::try_from(share * load.connections).unwrap_or(u32::MAX);
    let micros = f64::from(u32::try_from(spent).unwrap_or(u32::MAX)) * 10_000.0;
    Ok(json!({
        "requests": sent,
        "seconds": seconds,
        "per_second": f64::from(sent) / seconds,
        "cpu_us_per_request": micros / f64::from(sent),
    }))
}

async fn one(plan: Arc<Plan>, number: usize, share: usize, in_order: bool) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect(plan.to).await.map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    let mut dice = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(number as u64 + 1);
    let mut request = Vec::with_capacity(1024);
    let mut answer = Vec::with_capacity(4096);
    for turn in 0..share {
        request.clear();
        request.extend_from_slice(plan.head.as_bytes());
        if !plan.cookies.is_empty() {
            let index = if in_order {
                number * share + turn
            } else {
                draw(&mut dice)
            };
            let cookie = &plan.cookies[index % plan.cookies.len()];
            request.extend_from_slice(b"Cookie: __Host-lw=");
            request.extend_from_slice(cookie.as_bytes());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        stream.write_all(&request).await.map_err(failed)?;
        read_answer(&mut stream, &mut answer, plan.expect).await?;
    }
    Ok(())
}

/// xorshift64*: repeatable, and no two connections draw alike.
fn draw(state: &mut u64) -> usize {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    usize::try_from(state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 24).unwrap_or(0)
}

async fn read_answer(
    stream: &mut TcpStream,
    answer: &mut Vec<u8>,
    expect: u16,
) -> Result<(), String> {
    answer.clear();
    let end = loop {
        let read = stream
            .read_buf(answer)
            .await
            .map_err(|error| error.to_string())?;
        if read == 0 {
            return Err("the server closed the connection".to_owned());
        }
        if let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status != expect.to_string() {
        return Err(format!("expected {expect}, received:\n{head}"));
    }
    let body = length(&head).ok_or("an answer without Content-Length")?;
    while answer.len() < end + body {
        let read = stream
            .read_buf(answer)
            .await
            .map_err(|error| error.to_string())?;
        if read == 0 {
            return Err("the server closed the connection".to_owned());
        }
    }
    Ok(())
}

fn length(head: &str) -> Option<usize> {
    let status = head.split(' ').nth(1)?;
    let named = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    });
    named.or((status == "204").then_some(0))
}

/// User and system time of processes and their children, in ticks of 10 ms (`proc(5)`).
fn processor_ticks(pids: &[u32]) -> Result<u64, String> {
    let mut sum = 0;
    for pid in pids {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))
            .map_err(|error| format!("process {pid}: {error}"))?;
        // The name in parentheses may hold spaces; what follows does not.
        let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
        let fields: Vec<&str> = rest.split_whitespace().collect();
        for index in [11, 12] {
            sum += fields
                .get(index)
                .and_then(|field| field.parse::<u64>().ok())
                .ok_or("an unreadable process")?;
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn lengths_of_answers() {
        assert_eq!(
            length("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"),
            Some(12)
        );
        assert_eq!(length("HTTP/1.1 204 No Content\r\n\r\n"), Some(0));
        assert_eq!(length("HTTP/1.1 200 OK\r\n\r\n"), None);
    }
}
