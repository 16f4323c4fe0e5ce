//! One finding: in what mood the fake is.

use async_trait::async_trait;
use laneway_contract::{Addresses, Check, Diagnose, Who};

use crate::Fake;

#[async_trait]
impl Diagnose for Fake {
    async fn diagnose(&self, _addresses: &Addresses) -> Vec<Check> {
        vec![match self.obey().await {
            Ok(()) => Check::pass("reachable", "answers"),
            Err(error) => Check::fail(
                "reachable",
                error.to_string(),
                "an answer",
                Who::Provider,
                "Start the provider and make it reachable from here.",
            ),
        }]
    }
}
