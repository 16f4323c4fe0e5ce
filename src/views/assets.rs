//! Stylesheets, scripts and pictures, inside the program.
//!
//! Addresses carry one version over all files as their first part, so that relative imports
//! and pictures inside a stylesheet stay within the same version.

use std::borrow::Cow;
use std::sync::LazyLock;

use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

#[derive(RustEmbed)]
#[folder = "templates/assets"]
struct Files;

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<Cow<'static, str>> = Files::iter().collect();
    names.sort_unstable();
    let mut all = Sha256::new();
    for name in &names {
        if let Some(file) = Files::get(name) {
            all.update(name.as_bytes());
            all.update(file.metadata.sha256_hash());
        }
    }
    hex(&all.finalize()[..4])
});

/// One file as it is served.
pub struct Asset {
    /// Content.
    pub bytes: Cow<'static, [u8]>,
    /// With character set where it is text.
    pub content_type: String,
    /// Strong entity tag, in quotes.
    pub etag: String,
    /// Asked for under its own version: may be kept for ever. Otherwise (an old page, or
    /// one of a newer node) the content is not what the address stands for.
    pub immutable: bool,
}

/// The file behind `/assets/{path}`; the version in front of it may be missing or another.
pub fn get(path: &str) -> Option<Asset> {
    let (immutable, name) = match path.split_once('/') {
        Some((version, name)) if is_version(version) => (version == VERSION.as_str(), name),
        _ => (false, path),
    };
    let file = Files::get(name)?;
    let etag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..16]));
    // The registry knows this ending as a kind of video.
    let kind = if std::path::Path::new(name)
        .extension()
        .is_some_and(|e| e == "ts")
    {
        "text/plain"
    } else {
        file.metadata.mimetype()
    };
    let is_text = kind.starts_with("text/") || kind == "image/svg+xml";
    let content_type = if is_text {
        format!("{kind}; charset=utf-8")
    } else {
        kind.to_owned()
    };
    Some(Asset {
        bytes: file.data,
        content_type,
        etag,
        immutable,
    })
}

/// The address of an asset, such as `/assets/1f0c22ab/css/parts.css`.
pub fn url(name: &str) -> String {
    format!("/assets/{}/{name}", VERSION.as_str())
}

fn is_version(part: &str) -> bool {
    part.len() == 8
        && part
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        use std::fmt::Write as _;
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::{Files, get, url};

    #[test]
    fn an_address_leads_to_its_file() {
        let address = url("css/tokens.css");
        let asset =
            get(address.strip_prefix("/assets/").expect("prefix")).expect("the file exists");
        assert_eq!(asset.content_type, "text/css; charset=utf-8");
        assert!(asset.immutable);
        assert!(asset.etag.starts_with('"') && asset.etag.len() == 34);
        assert!(!asset.bytes.is_empty());
    }

    #[test]
    fn other_versions_are_served_but_not_for_ever() {
        let plain = get("js/copy.js").expect("the file exists");
        assert!(!plain.immutable);
        assert!(
            plain.content_type.starts_with("text/javascript"),
            "{}",
            plain.content_type
        );
        assert!(
            !get("00000000/js/copy.js")
                .expect("the file exists")
                .immutable
        );
    }

    #[test]
    fn types_are_text() {
        let types = get("js/laneway.d.ts").expect("the file exists");
        assert_eq!(types.content_type, "text/plain; charset=utf-8");
    }

    #[test]
    fn nothing_but_assets() {
        for path in [
            "",
            "css",
            "../text/en/login.ftl",
            "/etc/passwd",
            "css/../../text/en/login.ftl",
            "00000000/../x",
        ] {
            assert!(get(path).is_none(), "{path}");
        }
    }

    #[test]
    fn scripts_and_styles_name_only_each_other() {
        for name in Files::iter() {
            let bytes = Files::get(&name).expect("listed").data;
            let text = String::from_utf8_lossy(&bytes);
            for part in text
                .split("url(")
                .skip(1)
                .chain(text.split(" from \"").skip(1))
            {
                let target = part.trim_start_matches(['"', '\'']);
                let target = &target[..target.find(['"', '\'', ')']).expect("closed")];
                assert!(
                    !target.contains("//") && !target.starts_with('/'),
                    "{name}: {target}"
                );
                let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
                let path = match target.strip_prefix("../") {
                    Some(rest) => rest.to_owned(),
                    None => format!("{folder}/{}", target.trim_start_matches("./")),
                };
                assert!(Files::get(&path).is_some(), "{name} names {path}");
            }
        }
    }
}
