//! The keys that seal secrets at rest: from configuration, or a file beside a SQLite
//! database that the first start creates.
//!
//! Must not know what is sealed, nor how.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use laneway_contract::Random;
use secrecy::{ExposeSecret, SecretSlice};
use zeroize::Zeroizing;

use super::database::Database;
use super::section::Section;

const KEY_BYTES: usize = 32;
const FIX: &str = "write 32 random bytes in base64: openssl rand -base64 32";

/// The keys of this installation, 32 bytes each.
#[derive(Debug, Clone)]
pub struct MasterKeys {
    /// Seals and opens. `None` only with SQLite: then [`load_or_create`] has it.
    pub current: Option<SecretSlice<u8>>,
    /// Keys from before a rotation: open only.
    pub previous: Vec<SecretSlice<u8>>,
}

/// Why there is no usable key file.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// Reading or writing failed.
    #[error("the master key file {0} cannot be used: {1}")]
    Io(PathBuf, #[source] io::Error),
    /// Group or others may read it.
    #[error("the master key file {0} is open to other users: chmod 600 it")]
    TooOpen(PathBuf),
    /// It holds something else.
    #[error("the master key file {0} does not hold 32 bytes in base64")]
    Garbled(PathBuf),
}

/// Reads the key file, or creates it with mode 0600 where there is none. Of several
/// processes that start at once, all get the key of the one that was first.
///
/// # Errors
/// [`MasterKeyError`]; a damaged file is never replaced, since data may depend on it.
pub fn load_or_create(path: &Path, random: &dyn Random) -> Result<SecretSlice<u8>, MasterKeyError> {
    let failed = |error| MasterKeyError::Io(path.to_owned(), error);
    match load(path) {
        Err(MasterKeyError::Io(_, error)) if error.kind() == io::ErrorKind::NotFound => {
            create(path, random).map_err(failed)?;
            load(path)
        }
        other => other,
    }
}

pub(super) fn read(root: &mut Section<'_>, database: &Database) -> MasterKeys {
    if matches!(database, Database::Postgres { .. }) && !root.has("master_key") {
        let fix = format!("PostgreSQL needs LANEWAY_MASTER_KEY or LANEWAY_MASTER_KEY_FILE; {FIX}");
        root.missing("master_key", fix);
    }
    MasterKeys {
        current: root.parsed("master_key", |text| {
            decode(text).ok_or_else(|| FIX.to_owned())
        }),
        previous: root.list("previous_master_keys", |text| {
            decode(text).ok_or_else(|| FIX.to_owned())
        }),
    }
}

fn load(path: &Path) -> Result<SecretSlice<u8>, MasterKeyError> {
    let failed = |error| MasterKeyError::Io(path.to_owned(), error);
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.permissions().mode() & 0o077 != 0 {
        return Err(MasterKeyError::TooOpen(path.to_owned()));
    }
    let text = Zeroizing::new(io::read_to_string(file).map_err(failed)?);
    decode(&text).ok_or_else(|| MasterKeyError::Garbled(path.to_owned()))
}

/// Writes a complete file under another name first: a crash leaves no half key, and
/// linking fails where somebody else was faster.
fn create(path: &Path, random: &dyn Random) -> io::Result<()> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    random.fill(key.as_mut());
    let draft = path.with_extension(format!("key.{}.new", std::process::id()));
    let written =
        write_draft(&draft, key.as_ref()).and_then(|()| match std::fs::hard_link(&draft, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        });
    let removed = std::fs::remove_file(&draft);
    written.and(removed)?;
    match path.parent() {
        Some(folder) if folder != Path::new("") => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

fn write_draft(draft: &Path, key: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(draft)?;
    // The mode above is masked, and a draft left by a crash keeps its own.
    file.set_permissions(Permissions::from_mode(0o600))?;
    let text = Zeroizing::new(STANDARD.encode(key) + "\n");
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Standard or URL-safe base64, padded or not. A key of one repeated byte is a placeholder
/// that somebody forgot to replace.
fn decode(text: &str) -> Option<SecretSlice<u8>> {
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let text = text.trim();
    let alphabets = [base64::alphabet::STANDARD, base64::alphabet::URL_SAFE];
    let mut decoded = alphabets
        .iter()
        .filter_map(|a| GeneralPurpose::new(a, config).decode(text).ok());
    let key = SecretSlice::from(decoded.next()?);
    let bytes = key.expose_secret();
    let good = bytes.len() == KEY_BYTES && bytes.iter().any(|byte| *byte != bytes[0]);
    good.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;

    impl Random for Counting {
        fn fill(&self, buffer: &mut [u8]) {
            for (byte, value) in buffer.iter_mut().zip(1..) {
                *byte = value;
            }
        }
    }

    #[test]
    fn decodes_only_thirty_two_mixed_bytes() {
        let mixed: Vec<u8> = (200..232).collect();
        let padded = STANDARD.encode(&mixed);
        let url_safe = padded.replace('+', "-").replace('/', "_");
        for text in [
            padded.as_str(),
            padded.trim_end_matches('='),
            url_safe.as_str(),
        ] {
            assert_eq!(
                decode(text).expect("a key").expose_secret(),
                mixed,
                "{text}"
            );
        }
        let short = STANDARD.encode(&mixed[1..]);
        let constant = STANDARD.encode([7; 32]);
        for text in ["", "secret", &short, &constant] {
            assert!(decode(text).is_none(), "{text}");
        }
    }

    #[test]
    fn first_start_creates_a_private_file_that_the_second_reads() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("master.key");
        let first = load_or_create(&path, &Counting).expect("created");
        let mode = std::fs::metadata(&path)
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let second = load_or_create(&path, &Counting).expect("read");
        assert_eq!(first.expose_secret(), second.expose_secret());
        assert_eq!(
            std::fs::read_dir(folder.path()).expect("listing").count(),
            1,
            "no draft stays"
        );
    }

    #[test]
    fn refuses_an_open_or_damaged_file_and_keeps_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("master.key");
        std::fs::write(&path, "half a k").expect("written");
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("chmod");
        assert!(matches!(
            load_or_create(&path, &Counting),
            Err(MasterKeyError::TooOpen(_))
        ));
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("chmod");
        assert!(matches!(
            load_or_create(&path, &Counting),
            Err(MasterKeyError::Garbled(_))
        ));
        assert_eq!(std::fs::read_to_string(&path).expect("read"), "half a k");
    }

    #[test]
    fn a_folder_that_is_missing_is_an_error() {
        let path = Path::new("/nonexistent/laneway/master.key");
        assert!(matches!(
            load_or_create(path, &Counting),
            Err(MasterKeyError::Io(..))
        ));
    }
}
