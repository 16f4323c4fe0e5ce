//! The certificates that the public listener shows; without one it speaks plain HTTP.
//!
//! Where files are is all that is known here: they are read at start and again whenever they change.

use std::path::PathBuf;

use super::section::Section;
use super::server::Server;

/// A chain and its key, both PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate and those between it and a root.
    pub chain: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// The table `[tls]`: the first is shown to whoever asks for a name that none of them has.
pub(super) fn read(root: &mut Section<'_>, server: &Server) -> Vec<Certificate> {
    let mut section = root.section("tls");
    let mut all = Vec::from_iter(certificate(&mut section));
    for mut also in section.sections("also") {
        all.extend(certificate(&mut also));
        also.finish();
    }
    section.finish();
    if !all.is_empty() && server.public_url.scheme() != "https" {
        root.fault(
            "public_url",
            server.public_url.as_str(),
            "begin it with https:// where [tls] is set",
        );
    }
    all
}

fn certificate(section: &mut Section<'_>) -> Option<Certificate> {
    if section.is_empty() {
        return None;
    }
    let mut file = |name: &'static str, fix: &str| {
        if !section.has(name) {
            section.missing(name, fix);
        }
        section.parsed(name, path)
    };
    let chain = file(
        "certificate",
        "name the PEM file with the certificate and its chain",
    );
    let key = file(
        "key",
        "name the PEM file with the certificate's private key",
    );
    Some(Certificate {
        chain: chain?,
        key: key?,
    })
}

fn path(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_absolute() {
        Ok(path)
    } else {
        Err("write the whole path, beginning with /".to_owned())
    }
}
