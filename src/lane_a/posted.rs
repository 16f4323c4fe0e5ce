//! An answer that was posted across sites, kept until the GET that carries the cookie.
//!
//! The post brings no cookie, so whoever holds a flow could have somebody else's browser post
//! that person's answer to it. What leads on to the judgement is therefore known only to the
//! browser that has posted: a ticket in the address that it is sent to.
//!
//! Owns: what is kept, and the ticket. Must not know: where it is kept.

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::core::{Core, hash_token};
use crate::domain::{Code, Problem};

/// As it is sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    ticket_hash: Vec<u8>,
    params: Vec<(String, String)>,
}

/// What is sealed of an answer, and the ticket that asks for it.
///
/// # Errors
/// `invalid_request` for what cannot be kept.
pub fn keep(core: &Core, params: &[(String, String)]) -> Result<(Vec<u8>, String), Problem> {
    let (ticket, hash) = core.new_token();
    let kept = Kept {
        ticket_hash: hash.to_vec(),
        params: params.to_vec(),
    };
    let plain = serde_json::to_vec(&kept)
        .map_err(|error| Problem::new(Code::InvalidRequest, "unreadable").because(error))?;
    Ok((plain, ticket.expose().to_owned()))
}

/// The answer, for whoever has the ticket.
pub fn take(plain: &[u8], ticket: &str) -> Option<Vec<(String, String)>> {
    let kept: Kept = serde_json::from_slice(plain).ok()?;
    let hash = hash_token(ticket);
    bool::from(kept.ticket_hash.as_slice().ct_eq(hash.as_slice())).then_some(kept.params)
}
