//! The program on a socket, a certificate, an application, and proxies with a recipe.
//!
//! Owns: processes and ports; filling in what a recipe leaves to its operator.
//! Must not know: what any test proves.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::harness::app::Options;
use crate::harness::{TestApp, free_port, until};

/// A recipe of `docs/edge/`.
pub fn recipe(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs/edge")
        .join(name);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Where the proxies are. In CI a missing one is a failure.
struct Parts {
    nginx: PathBuf,
    caddy: PathBuf,
    envoy: PathBuf,
}

/// Where nginx is.
pub fn nginx_program() -> Option<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    path.split(':')
        .chain(["/usr/sbin"])
        .map(|dir| Path::new(dir).join("nginx"))
        .find(|file| file.exists())
}

fn parts() -> Option<Parts> {
    let cache = std::env::var("XDG_CACHE_HOME")
        .unwrap_or_else(|_| format!("{}/.cache", std::env::var("HOME").unwrap_or_default()));
    let installed = Path::new(&cache).join("laneway/edge-parts/bin");
    let (caddy, envoy) = (installed.join("caddy"), installed.join("envoy"));
    let found = nginx_program().filter(|_| caddy.exists() && envoy.exists());
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(
        found.is_some() || !ci,
        "in CI nginx, Caddy and Envoy must be there"
    );
    let Some(nginx) = found else {
        eprintln!("did not run: nginx, Caddy or Envoy is missing (dev/test installs them)");
        return None;
    };
    Some(Parts {
        nginx,
        caddy,
        envoy,
    })
}

/// The program behind proxies.
pub struct Rig {
    pub app: TestApp,
    parts: Parts,
    folder: TempDir,
    pub laneway: SocketAddr,
    pub application: String,
    /// A runtime of its own, so that it can be gone with all its connections.
    serving: Option<Runtime>,
    _jobs: tokio::task::JoinSet<()>,
}

/// A proxy that runs.
pub struct Front {
    pub port: u16,
    pub config: PathBuf,
    child: Child,
}

impl Drop for Front {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.stop();
    }
}

fn options() -> Options {
    Options {
        top: "trusted_proxies = [\"127.0.0.1/32\"]".into(),
        tables: r#"
[[app]]
host = "wiki.test"
header_sets = ["x-auth-request", "laneway"]
[[app]]
host = "notes.test"
header_sets = ["remote", "laneway"]
[[app]]
host = "files.test"
"#
        .into(),
        ..Options::default()
    }
}

impl Rig {
    /// `None` where the proxies are not installed.
    pub async fn new() -> Option<Self> {
        let parts = parts()?;
        let app = TestApp::sqlite_with(options()).await;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a listener");
        let laneway = listener.local_addr().expect("an address");
        let router = app.app.router.clone();
        let serving = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        serving.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("a listener");
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            axum::serve(listener, service).await.expect("a server");
        });
        let sockets = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let application = sockets.local_addr().expect("an address").to_string();
        tokio::spawn(serve_application(sockets));
        let folder = tempfile::tempdir().expect("a folder");
        certificate(folder.path());
        let jobs = app.jobs();
        Some(Self {
            app,
            parts,
            folder,
            laneway,
            application,
            serving: Some(serving),
            _jobs: jobs,
        })
    }

    /// The program is gone: no listener, no connection.
    pub fn stop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.shutdown_background();
        }
    }

    /// What an operator fills in: names, addresses, certificates, the port.
    fn filled(&self, recipe: &str, port: u16) -> String {
        let file = |name: &str| self.folder.path().join(name).display().to_string();
        recipe
            .replace("/etc/ssl/example.crt", &file("cert.pem"))
            .replace("/etc/ssl/example.key", &file("key.pem"))
            .replace("127.0.0.1:8080", &self.laneway.to_string())
            .replace("127.0.0.1:7000", &self.application)
            .replace(
                "address: 127.0.0.1, port_value: 8080",
                &format!("address: 127.0.0.1, port_value: {}", self.laneway.port()),
            )
            .replace(
                "address: 127.0.0.1, port_value: 7000",
                &format!(
                    "address: 127.0.0.1, port_value: {}",
                    self.application.rsplit(':').next().expect("a port")
                ),
            )
            .replace(
                "address: 0.0.0.0, port_value: 443",
                &format!("address: 127.0.0.1, port_value: {port}"),
            )
            .replace("listen 443 ssl", &format!("listen 127.0.0.1:{port} ssl"))
            .replace(
                "https://notes.example.com {",
                &format!("https://notes.test:{port} {{"),
            )
            .replace(".example.com", ".test")
    }

    fn folder_for(&self, name: &str, port: u16) -> PathBuf {
        let folder = self.folder.path().join(format!("{name}-{port}"));
        std::fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    pub async fn nginx(&self, recipe: &str) -> Front {
        let port = free_port();
        let folder = self.folder_for("nginx", port);
        serve_nginx(
            &self.parts.nginx,
            &folder,
            (port, &self.filled(recipe, port)),
        )
        .await
    }

    pub async fn caddy(&self, recipe: &str) -> Front {
        let port = free_port();
        let folder = self.folder_for("caddy", port);
        let global =
            "{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n\tpersist_config off\n}\n";
        let config = folder.join("Caddyfile");
        std::fs::write(&config, format!("{global}{}", self.filled(recipe, port))).expect("written");
        let mut command = Command::new(&self.parts.caddy);
        command
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(&config);
        command
            .env("XDG_DATA_HOME", &folder)
            .env("XDG_CONFIG_HOME", &folder);
        run(command, port, config).await
    }

    pub async fn envoy(&self, recipe: &str) -> Front {
        let port = free_port();
        let config = self.folder_for("envoy", port).join("envoy.yaml");
        std::fs::write(&config, self.filled(recipe, port)).expect("written");
        let mut command = Command::new(&self.parts.envoy);
        command.arg("-c").arg(&config);
        command.args([
            "--concurrency",
            "1",
            "--log-level",
            "error",
            "--use-dynamic-base-id",
        ]);
        run(command, port, config).await
    }
}

/// nginx with a site that listens on this port, its files in this folder.
pub async fn serve_nginx(program: &Path, folder: &Path, (port, site): (u16, &str)) -> Front {
    std::fs::write(folder.join("site.conf"), site).expect("written");
    let at = folder.display();
    let temp: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("{kind}_temp_path {at}/{kind}; "))
        .collect::<Vec<_>>()
        .concat();
    let whole = format!(
        "daemon off; master_process off; pid {at}/pid; error_log {at}/error.log;\n\
         events {{ worker_connections 256; }}\n\
         http {{ access_log off; {temp}\ninclude {at}/site.conf; }}\n"
    );
    std::fs::write(folder.join("nginx.conf"), whole).expect("written");
    let mut command = Command::new(program);
    command.args(["-e", "stderr", "-p"]).arg(folder);
    command.arg("-c").arg(folder.join("nginx.conf"));
    run(command, port, folder.join("site.conf")).await
}

async fn run(mut command: Command, port: u16, config: PathBuf) -> Front {
    let log = config.with_extension("log");
    let output = std::fs::File::create(&log).expect("a log");
    command
        .stdin(Stdio::null())
        .stdout(output.try_clone().expect("a log"))
        .stderr(output);
    let child = command.spawn().expect("the proxy starts");
    let front = Front {
        port,
        config,
        child,
    };
    until(
        30,
        &format!("a proxy listens; its log: {}", log.display()),
        || async {
            tokio::net::TcpStream::connect(("127.0.0.1", port))
                .await
                .ok()
        },
    )
    .await;
    front
}

fn certificate(folder: &Path) {
    let names = "DNS:login.test,DNS:wiki.test,DNS:notes.test,DNS:files.test";
    let status = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args(["-days", "2", "-subj", "/CN=Laneway test", "-addext"])
        .arg(format!("subjectAltName={names}"))
        .arg("-keyout")
        .arg(folder.join("key.pem"))
        .arg("-out")
        .arg(folder.join("cert.pem"))
        .stderr(Stdio::null())
        .status()
        .expect("openssl runs");
    assert!(status.success());
}

/// An application that knows nothing of Laneway: it answers with what it was sent, and a
/// WebSocket with whatever comes.
async fn serve_application(listener: TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let mut head = Vec::new();
            let mut byte = [0u8; 1];
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read(&mut byte).await {
                    Ok(1) => head.push(byte[0]),
                    _ => return,
                }
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            if head.to_ascii_lowercase().contains("upgrade: websocket") {
                let user = head
                    .lines()
                    .find(|line| line.to_ascii_lowercase().starts_with("x-laneway-user:"))
                    .and_then(|line| line.split(':').nth(1))
                    .unwrap_or_default()
                    .trim();
                let answer = format!(
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Seen-User: {user}\r\n\r\n"
                );
                let _ = stream.write_all(answer.as_bytes()).await;
                let mut part = [0u8; 1024];
                while let Ok(n @ 1..) = stream.read(&mut part).await {
                    let _ = stream.write_all(&part[..n]).await;
                }
                return;
            }
            let mut lines = head.lines();
            let mut first = lines.next().unwrap_or_default().split(' ');
            let headers: Vec<_> = lines
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| serde_json::json!([name.to_ascii_lowercase(), value.trim()]))
                .collect();
            let body = serde_json::json!({
                "method": first.next(), "path": first.next(), "headers": headers,
            })
            .to_string();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        });
    }
}
