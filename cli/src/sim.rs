//! `larkwire sim`: the simulated platform, alone until a signal comes, or around a command.

mod banner;
mod catalogue;
mod command;
mod options;
mod record;
mod replay;
mod report;
mod signals;

use std::future::pending;
use std::io;
use std::process::ExitCode;

use larkwire_sim::StartError;

pub(crate) use self::options::Options;
use self::record::Recorder;
use self::signals::Signals;
use crate::exit::{Exit, Failure};

pub(crate) async fn run(options: Options) -> Result<ExitCode, Failure> {
    if options.list_faults {
        catalogue::show();
        return Ok(ExitCode::SUCCESS);
    }
    let mut signals = Signals::listen().map_err(|error| Exit::Internal.because(error))?;
    options.warn();
    let cassette = options.cassette()?;
    let sim = options.builder()?.start().await.map_err(|error| cannot_start(&options, &error))?;
    if let Some((file, cassette)) = cassette {
        replay::load(&sim, file, &cassette)?;
    }
    options.inject(&sim);
    banner::show(&options, &sim);
    let mut recorder = options.record.as_deref().map(|file| Recorder::start(&sim, file)).transpose()?;
    let mut replayed = None;
    let played = async {
        if options.replay.is_none() {
            return pending().await;
        }
        replayed = replay::play(&sim, options.pauses).await;
    };
    let ended = async {
        match options.command.split_first() {
            Some((program, arguments)) => command::run(&sim, program, arguments, &mut signals, played).await,
            None => {
                tokio::select! {
                    _ = signals.next() => {}
                    () = played => {}
                }
                Ok(ExitCode::SUCCESS)
            }
        }
    };
    let code = match &mut recorder {
        Some(recorder) => recorder.during(&sim, ended).await??,
        None => ended.await?,
    };
    let clean = report::show(&options, &sim, replayed);
    Ok(if options.strict && !clean && code == ExitCode::SUCCESS { Exit::Strict.code() } else { code })
}

fn cannot_start(options: &Options, error: &StartError) -> Failure {
    match error {
        StartError::Io(cause) if cause.kind() == io::ErrorKind::AddrInUse => {
            let text = format!("port {} is taken", options.port);
            Exit::Network.because(text).then("--port 0 takes any free one; perhaps another larkwire sim is running")
        }
        StartError::Speed(_) => Exit::Usage.because(error).then("--speed 1 is real time, --speed 60 a minute a second"),
        _ => Exit::Network.because(error),
    }
}
