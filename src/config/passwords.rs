//! What the operator adds to the rules for passwords.
//!
//! The file's lines are judged when it is loaded; here only that it can be.

use std::path::{Path, PathBuf};

use super::section::Section;

/// The largest list that is loaded.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// The table `[passwords]`.
#[derive(Debug, Clone, Default)]
pub struct Passwords {
    /// Leaked passwords, one per line.
    pub breached_list: Option<PathBuf>,
}

pub(super) fn read(root: &mut Section<'_>) -> Passwords {
    let mut section = root.section("passwords");
    let breached_list = section.parsed("breached_list", list);
    section.finish();
    Passwords { breached_list }
}

fn list(text: &str) -> Result<PathBuf, String> {
    let path = Path::new(text);
    let found = std::fs::metadata(path)
        .map_err(|error| format!("name a file that can be read ({error})"))?;
    if !found.is_file() || found.len() == 0 {
        return Err("name a file with one password or SHA-1 per line".to_owned());
    }
    if found.len() > MAX_BYTES {
        return Err("cut the list to at most 256 MiB, the most frequent first".to_owned());
    }
    std::fs::File::open(path)
        .map_err(|error| format!("let the program read the file ({error})"))?;
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::list;

    #[test]
    fn a_list_is_a_file_that_can_be_read_and_is_not_empty() {
        let home = env!("CARGO_MANIFEST_DIR");
        assert!(list(&format!("{home}/Cargo.toml")).is_ok());
        for bad in [home.to_owned(), format!("{home}/nowhere"), String::new()] {
            assert!(list(&bad).is_err(), "{bad}");
        }
    }
}
