//! A server that goes silent without closing anything: SIGSTOP, the worst kind of outage,
//! because every call to it waits until somebody's patience ends.
//!
//! Owns: which process listens on a port, and that it goes on in any case.
//! Must not know: what the process is.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

/// The process behind a port of this machine.
pub struct Frozen {
    port: u16,
    stands: AtomicBool,
}

impl Frozen {
    /// The process is looked for when it is to be frozen.
    pub fn at(port: u16) -> Self {
        Self {
            port,
            stands: AtomicBool::new(false),
        }
    }

    /// Stops it where it stands.
    pub fn freeze(&self) {
        self.stands.store(true, Ordering::SeqCst);
        self.signal("STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        if self.stands.swap(false, Ordering::SeqCst) {
            self.signal("CONT");
        }
    }

    fn signal(&self, name: &str) {
        let pid = listener(self.port).expect("a process listens there");
        let done = Command::new("kill")
            .args([format!("-{name}"), pid])
            .status()
            .expect("kill runs");
        assert!(done.success(), "the server could not be sent SIG{name}");
    }
}

impl Drop for Frozen {
    // A failed test must not leave a frozen server behind.
    fn drop(&mut self) {
        let stands = self.stands.load(Ordering::SeqCst);
        if let Some(pid) = listener(self.port).filter(|_| stands) {
            let _ = Command::new("kill").args(["-CONT", &pid]).status();
        }
    }
}

/// Looks the port up among the listening sockets and the socket up among all processes.
fn listener(port: u16) -> Option<String> {
    let wanted = format!(":{port:04X}");
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"]
        .map(|table| std::fs::read_to_string(table).unwrap_or_default());
    let inode = tables
        .iter()
        .flat_map(|table| table.lines())
        .find_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let listens =
                words.get(3) == Some(&"0A") && words.get(1).is_some_and(|at| at.ends_with(&wanted));
            listens
                .then(|| words.get(9).map(|inode| format!("socket:[{inode}]")))
                .flatten()
        })?;
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let owner = processes
        .filter(|entry| holds(&entry.path(), &inode))
        .map(|entry| entry.file_name())
        .next();
    owner.and_then(|pid| pid.into_string().ok())
}

fn holds(process: &Path, socket: &str) -> bool {
    let Ok(files) = std::fs::read_dir(process.join("fd")) else {
        return false;
    };
    files
        .flatten()
        .any(|file| std::fs::read_link(file.path()).is_ok_and(|to| to.as_os_str() == socket))
}
