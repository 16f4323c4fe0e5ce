//! Master keys, and restored backups.

use super::Desk;
use crate::audit::{Event, Outcome, kind};
use crate::cli::complain;
use crate::config::Config;
use crate::domain::{Code, Problem};
use crate::lane_a::operator::{self, Act, AfterRestore};
use crate::store::reseal::{self, KEPT, PASSING};
use crate::store::tenants;

/// At a time.
const TENANTS: i64 = 100;

/// Seals with the current master key whatever another one has sealed; what is left to do.
pub(in crate::cli) async fn reseal(config: Config) -> Result<String, Problem> {
    let desk = Desk::open(config, None).await?;
    let core = &desk.core;
    let (mut anew, mut broken) = (0, 0);
    for of in KEPT {
        let done = reseal::run(&core.db, &core.sealer, of).await?;
        if done.anew + done.broken > 0 {
            let name = format!("{}.{}", of.table, of.column);
            complain(&format!(
                "{name}: {} sealed anew, {} not",
                done.anew, done.broken
            ));
        }
        anew += done.anew;
        broken += done.broken;
    }
    if anew > 0 {
        let act = desk.act();
        let mut write = core.begin().await?;
        let event = Event::new(
            kind::MASTER_KEY_CHANGED,
            Outcome::Success,
            ("key", "master"),
        );
        let event = event.detail(serde_json::json!({ "values": anew }));
        act.audit(&mut write, event).await?;
        core.commit(write).await?;
    }
    if broken > 0 {
        return Err(Problem::new(
            Code::Conflict,
            format!(
                "{anew} values were sealed anew; {broken} open with none of the keys. \
                 Put the key that sealed them into previous_master_keys and run this again."
            ),
        ));
    }
    let mut passing = 0;
    for of in PASSING {
        passing += reseal::waiting(&core.db, &core.sealer, of).await?;
    }
    let left = if passing > 0 {
        format!(
            "{passing} values of sign-ins under way still need the previous key; they are over within a day"
        )
    } else if core.sealer.has_previous() {
        "No value needs a previous key any more: take previous_master_keys away and restart every node"
            .to_owned()
    } else {
        "There is no previous key".to_owned()
    };
    Ok(format!("{anew} values were sealed anew. {left}."))
}

/// Ends in every tenant what must not live again; a line for each.
pub(in crate::cli) async fn after_restore(
    config: Config,
    also: AfterRestore,
) -> Result<String, Problem> {
    let desk = Desk::open(config, None).await?;
    let mut lines = Vec::new();
    let mut after = String::new();
    loop {
        let some = tenants::list(&desk.core.db, &after, TENANTS).await?;
        let Some(last) = some.last() else { break };
        after.clone_from(&last.id.0);
        for tenant in &some {
            let act = Act {
                tenant,
                ..desk.act()
            };
            let ended = operator::after_restore(&act, also).await?;
            lines.push(format!(
                "{}: ended {} sessions, {} sign-ins of apps, {} things under way, {} API tokens, {} recovery codes",
                ended.tenant,
                ended.sessions,
                ended.app_sign_ins,
                ended.under_way,
                ended.api_tokens,
                ended.recovery_codes
            ));
        }
    }
    let left = match (also.api_tokens, also.recovery_codes) {
        (true, true) => "",
        (true, false) => ", and recovery codes that were used",
        (false, true) => ", and API tokens that were revoked",
        (false, false) => ", API tokens that were revoked and recovery codes that were used",
    };
    lines.push(format!(
        "Look for yourself at people, members and operators who were taken out since the backup{left}: they are as they were."
    ));
    Ok(lines.join("\n"))
}
