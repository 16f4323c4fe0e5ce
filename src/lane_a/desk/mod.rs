//! What operators look at: nodes, upstreams, sign-ins, people, the record; and the work
//! beside requests that measures and counts for them.
//!
//! Owns: which numbers are shown, how they are counted and how old they may be.
//! Must not know: HTTP, pages, who may look.

pub mod acts;
mod attention;
mod count;
mod nodes;
mod people;
mod receipts;
mod sign_ins;
mod trail;
mod watch;

pub use attention::{Finding, findings};
pub use count::{Figures, count, figures};
pub use nodes::{HEARTBEAT, NodeView, Trust, heartbeat, leave, nodes};
pub use people::{Cursor, PEOPLE_ON_A_PAGE, PeoplePage, Person, PersonRow, find, list, person};
pub use receipts::{Acknowledgement, Receipt, acknowledge, receipt};
pub use sign_ins::{Bar, METHODS, Range, Series, series};
pub use trail::{
    KINDS, Question, Trail, TrailRow, about, changed_by_people, event, facts, plain, search, trace,
};
pub use watch::{UpstreamView, can_come_back, probe_now, upstreams, watch_upstreams};
