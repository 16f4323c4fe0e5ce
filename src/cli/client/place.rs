//! Files of this person: readable by nobody else, replaced whole, one process at a time.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Failure;

/// The folder of profiles.
pub(super) struct Place(PathBuf);

fn failed(what: &Path, error: &std::io::Error) -> Failure {
    Failure::Local(format!("{}: {error}", what.display()))
}

impl Place {
    /// `$XDG_STATE_HOME/laneway`, or where that is by default; made if it is not there.
    pub(super) fn open() -> Result<Self, Failure> {
        let absolute = |name: &str| {
            let path = std::env::var_os(name).map(PathBuf::from);
            path.filter(|path| path.is_absolute())
        };
        let state = absolute("XDG_STATE_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".local/state")));
        let state = state.ok_or_else(|| Failure::Local("HOME is not set".into()))?;
        let folder = state.join("laneway");
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&folder)
            .map_err(|error| failed(&folder, &error))?;
        Ok(Self(folder))
    }

    fn file(&self, profile: &str, ending: &str) -> Result<PathBuf, Failure> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let fits = (1..=64).contains(&profile.len())
            && profile.bytes().all(plain)
            && !profile.starts_with('.');
        if !fits {
            let words = "a profile is named by letters, digits, `-`, `_` and `.`";
            return Err(Failure::Local(words.into()));
        }
        Ok(self.0.join(format!("{profile}.{ending}")))
    }

    /// Waits until no other process works on a profile. The lock ends with the file.
    pub(super) fn lock(&self, profile: &str) -> Result<File, Failure> {
        let path = self.file(profile, "lock")?;
        let file = private()
            .truncate(false)
            .open(&path)
            .map_err(|error| failed(&path, &error))?;
        file.lock().map_err(|error| failed(&path, &error))?;
        Ok(file)
    }

    /// What is kept of a profile.
    pub(super) fn read(&self, profile: &str) -> Result<Option<Vec<u8>>, Failure> {
        let path = self.file(profile, "json")?;
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&path, &error)),
        }
    }

    /// Replaces what is kept, whole or not at all.
    pub(super) fn write(&self, profile: &str, bytes: &[u8]) -> Result<(), Failure> {
        let (path, new) = (self.file(profile, "json")?, self.file(profile, "new")?);
        let written = || -> std::io::Result<()> {
            // Left behind by a process that was killed: it may have had other rights.
            match fs::remove_file(&new) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut file = private().create_new(true).open(&new)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&new, &path)
        };
        written().map_err(|error| failed(&path, &error))
    }

    /// Forgets a profile.
    pub(super) fn remove(&self, profile: &str) -> Result<(), Failure> {
        let path = self.file(profile, "json")?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(failed(&path, &error))
            }
            _ => Ok(()),
        }
    }

    /// True the first time that something is to be said on this computer.
    pub(super) fn first_time(&self, what: &str) -> bool {
        let path = self.0.join(format!("said-{what}"));
        private().create_new(true).open(path).is_ok()
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
