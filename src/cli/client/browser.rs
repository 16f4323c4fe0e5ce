//! The person's browser, and the keys that they press meanwhile.

use std::process::{Command, Stdio};

use tokio::sync::mpsc;

/// Opens an address; false where there is nothing to open it with.
pub(super) fn open(address: &str) -> bool {
    let own = std::env::var("BROWSER")
        .ok()
        .filter(|text| !text.is_empty());
    let usual = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let program = own.as_deref().unwrap_or(usual);
    // Only the program's own name: what else stands in the variable is for shells.
    Command::new(program)
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .is_ok()
}

/// Keys as they are pressed, without Enter; back to normal when it is dropped.
pub(super) struct Keys {
    pressed: mpsc::UnboundedReceiver<u8>,
    before: rustix::termios::Termios,
}

impl Keys {
    /// `None` where nobody types.
    pub(super) fn listen() -> Option<Self> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let input = std::io::stdin();
        let before = tcgetattr(&input).ok()?;
        let mut now = before.clone();
        // Ctrl-C keeps its meaning.
        now.local_modes
            .remove(LocalModes::ICANON | LocalModes::ECHO);
        tcsetattr(&input, OptionalActions::Now, &now).ok()?;
        let (sender, pressed) = mpsc::unbounded_channel();
        // A thread of its own, which ends with the process: a read cannot be called back.
        std::thread::spawn(move || {
            use std::io::Read as _;
            let mut byte = [0u8; 1];
            while std::io::stdin().lock().read_exact(&mut byte).is_ok() {
                if sender.send(byte[0]).is_err() {
                    break;
                }
            }
        });
        Some(Self { pressed, before })
    }

    /// Waits for a key.
    pub(super) async fn wait_for(&mut self, key: u8) {
        while let Some(pressed) = self.pressed.recv().await {
            if pressed.eq_ignore_ascii_case(&key) {
                return;
            }
        }
        std::future::pending::<()>().await;
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.before);
    }
}
