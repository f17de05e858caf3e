//! What the bot did, at the end.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use larkwire_sim::{PushRecord, Replayed, Sim};

use super::options::Options;

/// Tells it on stderr; whether all was as it should be is the result.
pub(super) fn show(options: &Options, sim: &Sim, replayed: Option<Replayed>) -> bool {
    let cut_short = options.replay.is_some() && replayed.is_none();
    let report = Report { replayed, cut_short, ..Report::of(sim) };
    if !options.quiet {
        // Where nobody can read it, there is nobody to tell.
        let _ = report.write(&mut anstream::stderr());
    }
    report.is_clean()
}

struct Report {
    pushes: usize,
    /// How long the acks took that came in time, in order.
    delays: Vec<Duration>,
    late: u64,
    unanswered: usize,
    redeliveries: u64,
    /// Explanations with how often each was given.
    violations: BTreeMap<String, usize>,
    not_simulated: BTreeMap<String, u64>,
    replayed: Option<Replayed>,
    /// Whether there should have been a replay, and it did not come to its end.
    cut_short: bool,
    /// Where there are several apps: how many pushes there were for each, and how many of them were acked.
    apps: Vec<(String, usize, usize)>,
}

impl Report {
    fn of(sim: &Sim) -> Report {
        let (pushes, stats) = (sim.pushes(), sim.stats());
        let acks = pushes.iter().flat_map(|push| &push.deliveries).filter_map(|delivery| delivery.ack.as_ref());
        let mut delays: Vec<Duration> = acks.filter(|ack| ack.on_time).map(|ack| ack.delay).collect();
        delays.sort_unstable();
        let mut violations = BTreeMap::new();
        for violation in sim.violations() {
            let count: &mut usize = violations.entry(violation.explanation).or_default();
            *count = count.saturating_add(1);
        }
        let of_app = |(id, _)| {
            let pushes: Vec<_> = pushes.iter().filter(|push| push.app_id == id).collect();
            let acked = pushes.iter().filter(|push| is_acked(push)).count();
            (id, pushes.len(), acked)
        };
        let apps: Vec<_> = sim.apps().into_iter().map(of_app).collect();
        Report {
            delays,
            late: stats.late_acks,
            unanswered: pushes.iter().filter(|push| !is_acked(push)).count(),
            redeliveries: stats.redeliveries,
            pushes: pushes.len(),
            violations,
            not_simulated: stats.not_simulated,
            replayed: None,
            cut_short: false,
            apps: if apps.len() > 1 { apps } else { Vec::new() },
        }
    }

    fn is_clean(&self) -> bool {
        let differs = self.replayed.as_ref().is_some_and(|replayed| !replayed.different.is_empty());
        self.late == 0 && self.unanswered == 0 && self.violations.is_empty() && !differs && !self.cut_short
    }

    fn write(&self, to: &mut impl Write) -> io::Result<()> {
        const RED: Style = AnsiColor::Red.on_default();
        const YELLOW: Style = AnsiColor::Yellow.on_default();
        let acked = self.pushes.saturating_sub(self.unanswered);
        write!(to, "larkwire sim: {} pushed, {acked} acked", self.pushes)?;
        if let (Some(half), Some(most)) = (self.percentile(50), self.percentile(99)) {
            write!(to, " (p50 {half:.1?}, p99 {most:.1?})")?;
        }
        let Report { late, unanswered, redeliveries, .. } = self;
        let violations: usize = self.violations.values().sum();
        writeln!(to, ", {unanswered} not acked, {late} late, {redeliveries} redelivered, {violations} violations")?;
        for (id, pushed, acked) in &self.apps {
            writeln!(to, "  {id}: {pushed} pushed, {acked} acked")?;
        }
        for (explanation, count) in &self.violations {
            writeln!(to, "{RED}violation{RED:#}: {explanation} ({count}x)")?;
        }
        if self.cut_short {
            writeln!(to, "{RED}replay{RED:#}: it did not come to its end")?;
        }
        if let Some(Replayed { pushes, same, different, .. }) = &self.replayed {
            writeln!(to, "replay: {pushes} pushed again, {same} with the same ack, {} with another", different.len())?;
            for different in different {
                writeln!(to, "{RED}different{RED:#}: {different}")?;
            }
        }
        for (call, count) in &self.not_simulated {
            writeln!(to, "{YELLOW}not simulated{YELLOW:#}: {call} ({count}x)")?;
        }
        Ok(())
    }

    fn percentile(&self, percent: usize) -> Option<Duration> {
        let index = self.delays.len().saturating_mul(percent) / 100;
        self.delays.get(index.min(self.delays.len().saturating_sub(1))).copied()
    }
}

fn is_acked(push: &PushRecord) -> bool {
    push.ack().is_some_and(|ack| ack.code == 200)
}
