//! Real nginx, Caddy and Envoy in front of an application, with the recipes of `docs/edge/`.
//!
//! Owns: which applications stand behind which proxy. The files that are tested are the
//! files that operators copy.

mod broken;
mod journey;
mod old_setups;
mod recorded;
pub mod rig;
mod visitor;

use rig::{Front, Rig, recipe};
use visitor::Visitor;

/// Behind nginx.
const WIKI: &str = "https://wiki.test";
/// Behind Caddy.
const NOTES: &str = "https://notes.test";
/// Behind Envoy.
const FILES: &str = "https://files.test";

/// A person, all three proxies, and the login host behind the first.
struct Street {
    rig: Rig,
    fronts: Vec<Front>,
}

impl Street {
    /// `None` where the proxies are not installed.
    async fn open() -> Option<Self> {
        let rig = Rig::new().await?;
        let fronts = vec![
            rig.nginx(&recipe("nginx.conf")).await,
            rig.caddy(&recipe("Caddyfile")).await,
            rig.envoy(&recipe("envoy.yaml")).await,
        ];
        Some(Self { rig, fronts })
    }

    fn visitor(&self) -> Visitor {
        let [nginx, caddy, envoy] = self.fronts.as_slice() else {
            panic!("three proxies");
        };
        Visitor::new(&[
            ("login.test", nginx.port),
            ("wiki.test", nginx.port),
            ("notes.test", caddy.port),
            ("files.test", envoy.port),
        ])
    }
}
