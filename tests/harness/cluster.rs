//! A PostgreSQL server that belongs to one test, so that it may be frozen or killed.
//!
//! Owns: making, starting, freezing, killing and ending it, by the ids of its own processes.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use laneway_sqlkit::Db;
use tempfile::TempDir;

use super::until;

/// A running server.
pub struct Cluster {
    server: Child,
    port: u16,
    programs: PathBuf,
    folder: TempDir,
}

impl Cluster {
    /// A new server; `None` where PostgreSQL's programs are not installed (a failure in CI).
    pub async fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(
                std::env::var("CI").is_err(),
                "PostgreSQL's server programs must be installed in CI"
            );
            eprintln!("skipped: PostgreSQL's server programs are not installed");
            return None;
        };
        // Not below a private temporary folder: the server runs as another user.
        let folder = tempfile::Builder::new()
            .prefix("laneway-pg")
            .tempdir_in("/tmp")
            .expect("a folder");
        let data = folder.path().join("data");
        std::fs::create_dir(&data).expect("a folder");
        let owner = server_user();
        if let Some((uid, gid)) = owner {
            for path in [folder.path(), &data] {
                std::os::unix::fs::chown(path, Some(uid), Some(gid)).expect("chown");
            }
        }
        let made = as_owner(&programs.join("initdb"), &data)
            .args([
                "-U",
                "laneway",
                "--auth=trust",
                "-E",
                "UTF8",
                "--no-sync",
                "-D",
            ])
            .arg(&data)
            .status()
            .expect("initdb runs");
        assert!(made.success(), "initdb");
        let port = free_port();
        let cluster = Self {
            server: serve(&programs, &data, port),
            port,
            programs,
            folder,
        };
        cluster.answers().await;
        Some(cluster)
    }

    async fn answers(&self) {
        let connect = || async { Db::connect(&self.url()).await.ok() };
        until(60, "the server answers", connect).await.close().await;
    }

    /// `kill -9` of every process of the server at once, then the server again: what it had not
    /// written is gone, and so is every connection.
    pub async fn crash(&mut self) {
        let children = children_of(self.server.id());
        send("KILL", &[&[self.server.id()], children.as_slice()].concat());
        self.server.wait().expect("it has ended");
        // A server that finds one of the old processes alive refuses to start.
        let gone = || async {
            let alive = |child: &u32| Path::new(&format!("/proc/{child}")).exists();
            (!children.iter().any(alive)).then_some(())
        };
        until(20, "the old processes are gone", gone).await;
        let data = self.folder.path().join("data");
        self.server = serve(&self.programs, &data, self.port);
        self.answers().await;
    }

    /// A superuser's address.
    pub fn url(&self) -> String {
        format!("postgres://laneway@127.0.0.1:{}/postgres", self.port)
    }

    /// Stops or continues every process of the server (`STOP`, `CONT`). The one that makes new
    /// processes is stopped first: none is born behind the look at its children.
    pub fn signal(&self, signal: &str) {
        send(signal, &[self.server.id()]);
        if signal == "STOP" {
            while !is_stopped(self.server.id()) {
                std::thread::yield_now();
            }
        }
        send(signal, &children_of(self.server.id()));
    }
}

fn serve(programs: &Path, data: &Path, port: u16) -> Child {
    as_owner(&programs.join("postgres"), data)
        .arg("-D")
        .arg(data)
        .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"])
        .args(["-c", "unix_socket_directories=", "-c", "fsync=off"])
        .spawn()
        .expect("postgres runs")
}

fn as_owner(program: &Path, data: &Path) -> Command {
    let mut command = Command::new(program);
    if let Some((uid, gid)) = server_user() {
        command.gid(gid).uid(uid);
    }
    let command_in = command.current_dir(data);
    command_in.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn send(signal: &str, processes: &[u32]) {
    let mut command = Command::new("kill");
    command.arg(format!("-{signal}"));
    command.args(processes.iter().map(ToString::to_string));
    // A connection may end between the look and the signal.
    let _ = command.stderr(Stdio::null()).status();
}

/// The state behind the name in parentheses is `T` (proc(5)).
fn is_stopped(process: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/stat"))
        .ok()
        .is_none_or(|stat| {
            stat.rsplit(") ")
                .next()
                .is_some_and(|rest| rest.starts_with('T'))
        })
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.signal("CONT");
        self.signal("QUIT");
        let _ = self.server.wait();
    }
}

fn programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop()
}

/// The server refuses to run as root: then it runs as `postgres`.
fn server_user() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt as _;
    let own = std::fs::metadata("/proc/self").expect("procfs").uid();
    if own != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").expect("users");
    let line = users
        .lines()
        .find(|line| line.starts_with("postgres:"))
        .expect("the user postgres");
    let fields: Vec<&str> = line.split(':').collect();
    Some((
        fields[2].parse().expect("a uid"),
        fields[3].parse().expect("a gid"),
    ))
}

fn children_of(parent: u32) -> Vec<u32> {
    let Ok(all) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid: &u32| parent_of(*pid) == Some(parent))
        .collect()
}

// proc(5): the fields after the name, which may hold blanks and is in parentheses.
fn parent_of(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?
        .1
        .split_ascii_whitespace()
        .nth(1)?
        .parse()
        .ok()
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
