//! What can be chosen on the command line.

use std::ffi::OsString;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use clap::{Args, ValueEnum};
use larkwire_sim::{NamedFault, Preset, Sim, SimBuilder, Times};

use crate::exit::{Exit, Failure};

/// Run a local Feishu that bots in any language connect to.
///
/// Alone, it runs until Ctrl-C. With a command behind `--`, it sets LARK_APP_ID, LARK_APP_SECRET, LARK_DOMAIN and
/// LARKWIRE_SIM for it, reports on stderr what the bot did, and exits with the command's code.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:\n  larkwire sim\n  larkwire sim --port 0 -- cargo test\n  \
                        larkwire sim --seed 42 --fault drop@10% --fault split:parts=3 -- python bot.py")]
pub(crate) struct Options {
    /// Port to listen on; 0 takes any free one
    #[arg(long, default_value_t = 9380)]
    pub(crate) port: u16,

    /// Address to listen on. Others than loopback let the network in, without any password
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub(crate) listen: IpAddr,

    /// Id of the app: cli_ and 16 hexadecimal digits, because the Node SDK insists on it
    #[arg(long, value_name = "ID", env = "LARKWIRE_SIM_APP_ID", value_parser = app_id)]
    app_id: Option<String>,

    /// File with the app's secret; LARKWIRE_SIM_APP_SECRET does as well
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,

    /// Decides all random choices: the same seed, the same run
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// How many times as fast as real time the platform's clock goes
    #[arg(long, default_value_t = 1.0)]
    speed: f64,

    /// A fault, as NAME[:PARAMETER=VALUE,…][@TIMES]; `larkwire sim --list-faults` shows them all
    ///
    /// TIMES is a number or a percentage; without it, the fault happens each time.
    #[arg(long = "fault", value_name = "FAULT", value_parser = NamedFault::parse)]
    faults: Vec<(NamedFault, Times)>,

    /// A situation of several faults
    #[arg(long, value_name = "PRESET", value_parser = preset)]
    preset: Vec<String>,

    /// Show all faults and presets, and exit
    #[arg(long)]
    pub(crate) list_faults: bool,

    /// Write the run to this file as lines of JSON, without secrets: a cassette that can be played again
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,

    /// Keep no transcript, for speed; there is nothing to see on the page then
    #[arg(long, conflicts_with = "record")]
    headless: bool,

    /// Exit with code 6 if a rule of the protocol was broken or an event not acked in time
    #[arg(long)]
    pub(crate) strict: bool,

    /// Say nothing but errors
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// How to tell the address and the app
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    pub(crate) format: Format,

    /// Command to run against the platform
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// The form of what goes to stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people on a terminal, JSON in a pipe
    Auto,
    /// For people
    Pretty,
    /// One JSON object
    Json,
}

impl Options {
    /// A platform as it was asked for.
    pub(crate) fn builder(&self) -> Result<SimBuilder, Failure> {
        let builder = Sim::builder().listen(self.listen).port(self.port).seed(self.seed).speed(self.speed);
        let secret = self.secret()?;
        let app_id = self.app_id.clone();
        Ok(builder.profile(|profile| {
            profile.transcript = !self.headless;
            if let Some(id) = app_id {
                profile.app_id = id;
            }
            if let Some(secret) = secret {
                profile.app_secret = secret;
            }
        }))
    }

    /// Makes the faults wait that were asked for.
    pub(crate) fn inject(&self, sim: &Sim) {
        for preset in &self.preset {
            sim.faults().preset(preset);
        }
        for (fault, times) in &self.faults {
            sim.act(|platform, now| platform.inject_named(now, fault, *times, None));
        }
    }

    fn secret(&self) -> Result<Option<String>, Failure> {
        const VARIABLE: &str = "LARKWIRE_SIM_APP_SECRET";
        let secret = match &self.secret_file {
            None => std::env::var(VARIABLE).ok(),
            Some(file) => {
                let text = std::fs::read_to_string(file);
                Some(text.map_err(|error| Exit::Usage.because(format!("{}: {error}", file.display())))?)
            }
        };
        let Some(secret) = secret else { return Ok(None) };
        let secret = secret.trim();
        if secret.is_empty() {
            return Err(Exit::Usage.because("the app's secret is empty"));
        }
        if looks_real(secret) {
            warn("the app's secret looks like a real one; the simulator needs none, any text will do");
        }
        Ok(Some(secret.to_owned()))
    }

    /// Warns about what is allowed and dangerous.
    pub(crate) fn warn(&self) {
        if !self.listen.is_loopback() {
            warn(format!("on {} everybody who reaches this machine can use the platform", self.listen));
        }
    }
}

/// Real secrets are 32 letters and digits.
fn looks_real(secret: &str) -> bool {
    secret.len() == 32 && secret.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn warn(text: impl std::fmt::Display) {
    const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
    // Where nobody can read it, there is nobody to warn.
    let _ = writeln!(anstream::stderr(), "{YELLOW}warning{YELLOW:#}: {text}");
}

fn preset(name: &str) -> Result<String, String> {
    let names: Vec<&str> = Preset::all().iter().map(|preset| preset.name).collect();
    if names.contains(&name) { Ok(name.to_owned()) } else { Err(format!("there are {}", names.join(", "))) }
}

fn app_id(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix("cli_").unwrap_or_default();
    if digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(text.to_owned())
    } else {
        Err("an app id is cli_ and 16 hexadecimal digits".into())
    }
}
