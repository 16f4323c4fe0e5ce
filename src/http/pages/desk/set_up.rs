//! Opens the set-up for whoever is signed in and may do it: a link is made in their name and
//! opened for this very browser, so that the pages behind it need to know one way in only.

use axum::response::Response;
use http::header;

use super::super::super::context::Context;
use super::super::super::me::plausible;
use super::super::see_other;
use super::guard::Desk;
use crate::authn;
use crate::core::hash_token;
use crate::domain::Problem;
use crate::lane_b::connections;
use crate::lane_b::setup_links::{self, NewLink};
use crate::store::orgs::Organization;
use crate::store::setup_links as rows;

/// Long enough for a day's work: another is made by a click.
const LIFE_S: i64 = 24 * 3600;

/// What is set up: a connection, what a link has begun, or with both empty a new one.
pub(super) struct Of {
    /// Id of a connection.
    pub connection: String,
    /// Id of a link.
    pub link: String,
    /// At how it goes, not at the first step.
    pub health: bool,
}

/// Goes to the set-up.
pub(super) async fn open(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    of: Of,
) -> Result<Response, Problem> {
    let act = desk.act();
    let step = if of.health { "/health" } else { "" };
    let (link, token) =
        setup_links::create(&act, &org.id, begun(context, desk, org, of).await?).await?;
    // The browser is known by its device cookie; it gets one where it has none.
    let known = authn::read_single(&context.headers, authn::DEVICE);
    let device = known.map_or_else(
        || context.core.new_token().0.expose().to_owned(),
        str::to_owned,
    );
    setup_links::open(&act, &link, &hash_token(&device)).await?;
    let mut response = see_other(&format!("/setup/{token}{step}"));
    if known.is_none() {
        let cookie = authn::set_device(&device);
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn begun(
    context: &Context,
    desk: &Desk<'_>,
    org: &Organization,
    of: Of,
) -> Result<NewLink, Problem> {
    let new = NewLink {
        expires_in: Some(LIFE_S),
        ..NewLink::default()
    };
    if !of.connection.is_empty() {
        let one = connections::get(&desk.act(), &org.id, &plausible(of.connection)?).await?;
        return Ok(NewLink {
            connection: Some(one.id),
            ..new
        });
    }
    if of.link.is_empty() {
        return Ok(new);
    }
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let found = rows::find(db, tenant, &org.id, &plausible(of.link)?).await?;
    let link = found.ok_or_else(Problem::not_found)?;
    Ok(NewLink {
        connection: link.connection,
        reserved: Some(link.reserved),
        draft: Some(link.draft),
        ..new
    })
}
