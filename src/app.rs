//! The one wiring place: everything that makes up a running program, and where another
//! repository adds rooms of its own.
//!
//! Owns: the order of start and stop.
//! Must not know: what the rooms do.

pub mod upkeep;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use laneway_contract::{Clock, Random};
use laneway_spans::Tracer;
use laneway_sqlkit::MigrationSet;

use crate::config::Config;
use crate::core::{self, Core, CoreOptions};
use crate::domain::Problem;
use crate::edge::Backends;
use crate::http::{self, AppState, Front, References, ops};
use crate::lane_a::desk;
use crate::outbound::{SystemClock, SystemRandom};
use crate::providers::Factory;

/// A room from outside: routes on login hosts, tables, adapters.
#[derive(Default)]
pub struct Module {
    /// Routes to merge; they pass the same gate.
    pub routes: Router<AppState>,
    /// Migrations, applied at start.
    pub migrations: Vec<MigrationSet>,
    /// Adapters by kind.
    pub adapters: HashMap<String, Factory>,
}

/// What the router takes of a module.
pub struct Extra {
    /// Routes to merge.
    pub routes: Router<AppState>,
}

/// Puts a program together.
pub struct Builder {
    config: Config,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    modules: Vec<Module>,
    tracer: Option<Tracer>,
}

/// A program that is ready to listen.
pub struct App {
    /// The core, for commands and tests.
    pub core: Arc<Core>,
    /// What the public listener asks.
    pub front: Front,
    /// The same for whoever asks without a listener.
    pub router: Router,
    /// The operations listener's router.
    pub ops: Router,
    /// Whoever collects traces.
    pub tracer: Option<Tracer>,
}

impl App {
    /// Starts from a checked configuration.
    pub fn builder(config: Config) -> Builder {
        Builder {
            config,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            modules: Vec::new(),
            tracer: None,
        }
    }
}

impl Builder {
    /// Adds a room.
    #[must_use]
    pub fn with(mut self, module: Module) -> Self {
        self.modules.push(module);
        self
    }

    /// Another clock (tests).
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Another source of randomness (tests).
    #[must_use]
    pub fn random(mut self, random: Arc<dyn Random>) -> Self {
        self.random = random;
        self
    }

    /// Whoever collects traces.
    #[must_use]
    pub fn tracer(mut self, tracer: Option<Tracer>) -> Self {
        self.tracer = tracer;
        self
    }

    /// Opens store and caches; nothing listens yet and no upstream is called.
    ///
    /// # Errors
    /// A problem whose source says what to do.
    pub async fn build(self) -> Result<App, Problem> {
        let mut factories = HashMap::new();
        let mut migrations = Vec::new();
        let mut extra = Vec::new();
        for module in self.modules {
            factories.extend(module.adapters);
            migrations.extend(module.migrations);
            extra.push(Extra {
                routes: module.routes,
            });
        }
        let options = CoreOptions {
            clock: self.clock,
            random: self.random,
            factories,
            migrations,
        };
        let core = Box::pin(core::open(self.config, options)).await?;
        let backends = Backends::new(&core.config.apps).map_err(|error| {
            Problem::new(
                crate::domain::Code::Internal,
                "No root certificates can be read.",
            )
            .because(error)
        })?;
        let state = AppState {
            core: Arc::clone(&core),
            backends,
            references: Arc::new(References::new(&*core.random)),
            tracer: self.tracer.clone(),
        };
        let front = Front::new(state.clone(), http::router(state, extra));
        let ops = ops::router(Arc::clone(&core));
        Ok(App {
            core,
            router: front.as_router(),
            front,
            ops,
            tracer: self.tracer,
        })
    }
}

/// The work that goes on beside requests. Ends when the handle is dropped or aborted.
pub fn spawn_jobs(core: &Arc<Core>) -> tokio::task::JoinSet<()> {
    let mut jobs = tokio::task::JoinSet::new();
    jobs.spawn(Arc::clone(&core.log).follow(core.config.revocation.poll));
    jobs.spawn(Arc::clone(&core.sessions).watch());
    every(&mut jobs, core, Duration::from_secs(5), |core| async move {
        core.sessions.flush().await.map_err(Problem::from)
    });
    every(&mut jobs, core, Duration::from_secs(1), |core| async move {
        if matches!(core.config.mail, crate::config::Mail::Smtp { .. }) {
            crate::lane_a::outbox::send_due(&core).await?;
        }
        Ok(())
    });
    every(&mut jobs, core, Duration::from_secs(1), |core| async move {
        crate::oauth::logout_notice::send_due(&core).await?;
        Ok(())
    });
    every(&mut jobs, core, Duration::from_secs(1), |core| async move {
        crate::lane_a::upstream_revocation::give_back_due(&core).await?;
        Ok(())
    });
    jobs.spawn(crate::lane_a::upstream_events::listen(Arc::clone(core)));
    jobs.spawn(crate::lane_a::revalidation::ask_due(Arc::clone(core)));
    every(&mut jobs, core, desk::HEARTBEAT, |core| async move {
        desk::heartbeat(&core).await
    });
    every(
        &mut jobs,
        core,
        Duration::from_millis(500),
        |core| async move { desk::acknowledge(&core).await },
    );
    every(&mut jobs, core, Duration::from_secs(5), |core| async move {
        desk::watch_upstreams(&core).await
    });
    every(
        &mut jobs,
        core,
        Duration::from_secs(10),
        |core| async move { desk::count(&core).await },
    );
    every(
        &mut jobs,
        core,
        Duration::from_secs(60),
        |core| async move { crate::lane_a::broker::switch_off_due(&core).await },
    );
    every(
        &mut jobs,
        core,
        Duration::from_secs(600),
        |core| async move { upkeep::prune(&core).await },
    );
    every(
        &mut jobs,
        core,
        Duration::from_secs(3600),
        |core| async move {
            crate::lane_b::domains::recheck(&core).await?;
            crate::lane_b::health::look_due(&core).await
        },
    );
    jobs
}

fn every<F, W>(jobs: &mut tokio::task::JoinSet<()>, core: &Arc<Core>, period: Duration, work: F)
where
    F: Fn(Arc<Core>) -> W + Send + 'static,
    W: Future<Output = Result<(), Problem>> + Send,
{
    let core = Arc::clone(core);
    jobs.spawn(async move {
        let mut ticks = tokio::time::interval(period);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(problem) = work(Arc::clone(&core)).await {
                tracing::warn!(
                    code = problem.code.as_str(),
                    source = problem.source,
                    "a job failed"
                );
            }
        }
    });
}
