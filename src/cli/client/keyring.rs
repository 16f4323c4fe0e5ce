//! A key in the keyring of the desktop, by the tool that it brings: no library of the system is
//! linked for it.

use std::io::Write as _;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as B64;

/// What a tool is called with.
struct Tool {
    program: &'static str,
    find: Vec<String>,
    store: Vec<String>,
    /// What it reads when it stores, for this value.
    input: String,
}

fn tool(profile: &str, value: &str) -> Tool {
    let text = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    if cfg!(target_os = "macos") {
        // Values do not go into arguments, which everybody on the machine can read.
        return Tool {
            program: "security",
            find: text(&[
                "find-generic-password",
                "-s",
                "laneway",
                "-a",
                profile,
                "-w",
            ]),
            store: text(&["-i"]),
            input: format!("add-generic-password -U -s laneway -a {profile} -w {value}\n"),
        };
    }
    Tool {
        program: "secret-tool",
        find: text(&["lookup", "service", "laneway", "profile", profile]),
        store: text(&[
            "store",
            "--label=Laneway",
            "service",
            "laneway",
            "profile",
            profile,
        ]),
        input: value.to_owned(),
    }
}

fn run(program: &str, arguments: &[String], input: &str) -> Option<Vec<u8>> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(input.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    output.status.success().then_some(output.stdout)
}

/// The key of a profile.
pub(super) fn find(profile: &str) -> Option<Vec<u8>> {
    let tool = tool(profile, "");
    let found = run(tool.program, &tool.find, "")?;
    let text = String::from_utf8(found).ok()?;
    B64.decode(text.trim()).ok().filter(|key| key.len() == 32)
}

/// Stores the key of a profile; false where there is no keyring, or it is locked.
pub(super) fn store(profile: &str, key: &[u8]) -> bool {
    let tool = tool(profile, &B64.encode(key));
    // What was stored is what is found: a keyring that forgets would lock the person out.
    run(tool.program, &tool.store, &tool.input).is_some()
        && find(profile).is_some_and(|found| found == key)
}
