//! Certificates of the public listener: read at start, chosen by the name that is asked for, and
//! read again when their files change.
//!
//! Must not know: what is answered behind them.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, crypto};
use x509_parser::prelude::{FromDer as _, X509Certificate};
use zeroize::Zeroizing;

use crate::config::Certificate;
use crate::domain::{Code, Problem};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(10);
/// A chain of certificates and a key are far smaller.
const LARGEST: u64 = 1024 * 1024;

/// What is shown, and where it came from.
#[derive(Debug)]
pub struct Certificates {
    files: Vec<Certificate>,
    shown: RwLock<Arc<Shown>>,
}

#[derive(Debug)]
struct Shown {
    keys: Vec<Arc<CertifiedKey>>,
    /// Hash of what the files said.
    seen: Vec<u8>,
}

impl Certificates {
    /// Reads them all.
    ///
    /// # Errors
    /// Which file cannot be used, and why.
    pub fn read(files: &[Certificate]) -> Result<Arc<Self>, Problem> {
        let shown = load(files).map_err(|why| {
            Problem::new(Code::Internal, "The certificate of [tls] cannot be used.").because(why)
        })?;
        let found = Self {
            files: files.to_vec(),
            shown: RwLock::new(Arc::new(shown)),
        };
        found.tell();
        Ok(Arc::new(found))
    }

    /// HTTP/2 where the client speaks it, HTTP/1.1 otherwise.
    ///
    /// # Errors
    /// When the library was built without a version of TLS that we want.
    pub fn server(self: &Arc<Self>) -> Result<Arc<ServerConfig>, Problem> {
        let builder = ServerConfig::builder_with_provider(provider());
        let builder = builder
            .with_safe_default_protocol_versions()
            .map_err(|error| {
                Problem::new(Code::Internal, "TLS cannot be set up.").because(error)
            })?;
        let resolver = Arc::clone(self) as Arc<dyn ResolvesServerCert>;
        let mut config = builder.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// Looks at the files from now on. What cannot be used is told once, and what was shown goes on:
    /// whoever renews writes one file after the other.
    pub async fn follow(self: Arc<Self>) {
        let mut told = String::new();
        loop {
            tokio::time::sleep(LOOK).await;
            let looking = Arc::clone(&self);
            let looked = tokio::task::spawn_blocking(move || looking.look()).await;
            match looked.unwrap_or_else(|error| Err(error.to_string())) {
                Ok(changed) => {
                    told.clear();
                    if changed {
                        self.tell();
                        tracing::info!("new certificates are shown");
                    }
                }
                Err(why) if why != told => {
                    tracing::error!(%why, "changed certificates cannot be used; the old ones are still shown");
                    told = why;
                }
                Err(_) => {}
            }
        }
    }

    /// Whether something else is shown now.
    ///
    /// # Errors
    /// Why what the files say now cannot be used.
    pub fn look(&self) -> Result<bool, String> {
        let fresh = load(&self.files)?;
        let same = fresh.seen == self.shown().seen;
        if !same {
            *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        }
        Ok(!same)
    }

    fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// When the first of them ends, as a metric.
    fn tell(&self) {
        let shown = self.shown();
        if let Some(end) = shown.keys.iter().filter_map(|key| ends_at(key)).min() {
            #[expect(clippy::cast_precision_loss, reason = "seconds since 1970")]
            metrics::gauge!("laneway_certificate_ends_seconds").set(end as f64);
        }
    }

    fn named(&self, name: Option<&str>) -> Option<Arc<CertifiedKey>> {
        let shown = self.shown();
        let fits = |key: &&Arc<CertifiedKey>| {
            let name = name.and_then(|name| ServerName::try_from(name).ok());
            let leaf = key.cert.first().map(ParsedCertificate::try_from);
            match (name, leaf) {
                (Some(name), Some(Ok(leaf))) => verify_server_name(&leaf, &name).is_ok(),
                _ => false,
            }
        };
        let found = shown.keys.iter().find(fits).or(shown.keys.first());
        found.map(Arc::clone)
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.named(hello.server_name())
    }
}

/// The earliest end of what the files say now, epoch seconds.
///
/// # Errors
/// Which file cannot be used, and why.
pub fn earliest_end(files: &[Certificate]) -> Result<Option<i64>, String> {
    let shown = load(files)?;
    Ok(shown.keys.iter().filter_map(|key| ends_at(key)).min())
}

fn ends_at(key: &CertifiedKey) -> Option<i64> {
    let (_, leaf) = X509Certificate::from_der(key.cert.first()?).ok()?;
    Some(leaf.validity().not_after.timestamp())
}

fn load(files: &[Certificate]) -> Result<Shown, String> {
    let mut keys = Vec::new();
    let mut seen = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for file in files {
        let (chain, key) = (bytes(&file.chain)?, Zeroizing::new(bytes(&file.key)?));
        seen.update(&chain);
        seen.update(&key);
        keys.push(Arc::new(certified(file, &chain, &key)?));
    }
    Ok(Shown {
        keys,
        seen: seen.finish().as_ref().to_vec(),
    })
}

fn certified(file: &Certificate, chain: &[u8], key: &[u8]) -> Result<CertifiedKey, String> {
    let (chain_at, key_at) = (file.chain.display(), file.key.display());
    let chain: Vec<_> = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("{chain_at} is no PEM: {error}"))?;
    if chain.is_empty() {
        return Err(format!("{chain_at} holds no certificate"));
    }
    // The library's error might quote what it read.
    let key = PrivateKeyDer::from_pem_slice(key)
        .map_err(|_| format!("{key_at} holds no private key in PEM"))?;
    CertifiedKey::from_der(chain, key, &provider())
        .map_err(|error| format!("{chain_at} and {key_at} do not go together: {error}"))
}

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > LARGEST {
        return Err(format!("{} is larger than 1 MiB", path.display()));
    }
    std::fs::read(path).map_err(unreadable)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(crypto::aws_lc_rs::default_provider())
}
