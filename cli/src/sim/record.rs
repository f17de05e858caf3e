//! `--record`: the run as a cassette, written while it goes on.

use std::fs::File;
use std::future::Future;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use larkwire_sim::Sim;

use super::options::unusable;
use crate::exit::Failure;

/// How often what happened is written.
const PERIOD: Duration = Duration::from_millis(50);

pub(super) struct Recorder {
    path: PathBuf,
    file: BufWriter<File>,
    /// The last entry that was written.
    seq: u64,
}

impl Recorder {
    /// Makes the file, with the first line of a cassette and what happened so far.
    pub(super) fn start(sim: &Sim, path: &Path) -> Result<Recorder, Failure> {
        let cannot = |error| unusable(path, &error);
        let file = BufWriter::new(File::create(path).map_err(cannot)?);
        let mut recorder = Recorder { path: path.to_owned(), file, seq: 0 };
        let head = sim.export_head();
        writeln!(recorder.file, "{head}").map_err(cannot)?;
        recorder.write(sim)?;
        Ok(recorder)
    }

    /// Writes until `ended` is ready, and then the rest.
    pub(super) async fn during<T>(&mut self, sim: &Sim, ended: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::pin!(ended);
        loop {
            tokio::select! {
                value = &mut ended => {
                    self.write(sim)?;
                    return Ok(value);
                }
                () = tokio::time::sleep(PERIOD) => self.write(sim)?,
            }
        }
    }

    fn write(&mut self, sim: &Sim) -> Result<(), Failure> {
        let (lines, seq) = sim.export_after(self.seq);
        let missing = seq.saturating_sub(self.seq).saturating_sub(u64::try_from(lines.len()).unwrap_or(u64::MAX));
        let mut write = || {
            if missing > 0 {
                // The platform keeps the newest entries only, and was faster than this.
                writeln!(self.file, r#"{{"kind":"missing","count":{missing}}}"#)?;
            }
            lines.iter().try_for_each(|line| writeln!(self.file, "{line}"))?;
            self.file.flush()
        };
        write().map_err(|error| unusable(&self.path, &error))?;
        self.seq = seq;
        Ok(())
    }
}
