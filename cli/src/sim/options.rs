//! What can be chosen on the command line.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use clap::{Args, ValueEnum};
use larkwire_sim::{NamedFault, Preset, Profile, Sim, SimBuilder, Times};

use crate::exit::{Exit, Failure};

/// Longer than anybody waits for a bot.
const LONG: Duration = Duration::from_secs(365 * 24 * 3600);

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

    /// A name under which the page and the control API may be used, beside those of loopback; can be given again
    ///
    /// A web page elsewhere could otherwise reach them through the browser, under a name of its own.
    #[arg(long = "allow-host", value_name = "NAME", value_parser = host)]
    allowed_hosts: Vec<String>,

    /// Id of the app: cli_ and 16 hexadecimal digits, because the Node SDK insists on it. Given again, a further app
    #[arg(long = "app-id", value_name = "ID", env = "LARKWIRE_SIM_APP_ID", value_delimiter = ',', value_parser = app_id)]
    app_ids: Vec<String>,

    /// File with the app's secret; LARKWIRE_SIM_APP_SECRET does as well. Given again, those of the further apps
    #[arg(long = "secret-file", value_name = "FILE")]
    secret_files: Vec<PathBuf>,

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
    ///
    /// It is written while the run goes on, and has the same lines as GET /_sim/v1/export.
    #[arg(long, visible_alias = "export", value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,

    /// Load a cassette, for the page and for POST /_sim/v1/replay
    #[arg(long, value_name = "FILE")]
    import: Option<PathBuf>,

    /// Play a cassette to the bot that connects, tell which acks differ, and end; with several apps, to that of each
    #[arg(long, value_name = "FILE", conflicts_with = "import")]
    pub(crate) replay: Option<PathBuf>,

    /// When the events of the cassette go out
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Pauses::None, requires = "replay")]
    pub(crate) pauses: Pauses,

    /// Keep no transcript, for speed; there is nothing to see on the page then
    #[arg(long, conflicts_with = "record")]
    headless: bool,

    /// Exit with code 6 if a rule of the protocol was broken, an event not acked in time, or a replay differs
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

/// What lies between the events of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Pauses {
    /// Nothing: all at once
    None,
    /// The time that lay between them then
    Original,
}

impl Options {
    /// A platform as it was asked for.
    pub(crate) fn builder(&self) -> Result<SimBuilder, Failure> {
        let builder =
            Sim::builder().listen(self.listen).port(self.port).seed(self.seed).speed(self.speed).patience(LONG);
        let builder = self.allowed_hosts.iter().fold(builder, |builder, name| builder.allow_host(name));
        let builder = builder.profile(|profile| profile.transcript = !self.headless);
        let builder = self.apps()?.into_iter().fold(builder, |builder, (id, secret)| builder.app(id, secret));
        // Ids are long, and often differ only at their end.
        Ok(builder.profile(|profile| {
            let name = &profile.app_name;
            (2..).zip(&mut profile.apps).for_each(|(number, app)| app.name = format!("{name} {number}"));
        }))
    }

    /// The ids and secrets of the apps; there is always one.
    fn apps(&self) -> Result<Vec<(String, String)>, Failure> {
        let usual = Profile::default();
        let mut ids = self.app_ids.clone();
        if ids.is_empty() {
            ids.push(usual.app_id);
        }
        let mut secrets = self.secret_files.iter().map(|file| text_of(file)).collect::<Result<Vec<_>, _>>()?;
        if secrets.is_empty() {
            secrets.extend(std::env::var("LARKWIRE_SIM_APP_SECRET").ok());
        }
        if secrets.len() > ids.len() {
            let text = format!("{} secrets for {} app(s)", secrets.len(), ids.len());
            return Err(Exit::Usage.because(text).then("as many --app-id as --secret-file, in the same order"));
        }
        if let Some(twice) = ids.iter().enumerate().find_map(|(at, id)| ids.iter().take(at).find(|other| *other == id))
        {
            return Err(Exit::Usage.because(format!("there are two apps {twice}")));
        }
        let secrets = secrets.into_iter().map(checked).collect::<Result<Vec<_>, _>>()?;
        Ok(ids.into_iter().zip(secrets.into_iter().chain(std::iter::repeat(usual.app_secret))).collect())
    }

    /// The cassette that is to be loaded or played.
    pub(crate) fn cassette(&self) -> Result<Option<(&Path, String)>, Failure> {
        let file = self.import.as_deref().or(self.replay.as_deref());
        file.map(|file| Ok((file, text_of(file)?))).transpose()
    }

    /// Makes the faults wait that were asked for.
    pub(crate) fn inject(&self, sim: &Sim) {
        for preset in &self.preset {
            sim.faults().preset(preset);
        }
        for (fault, times) in &self.faults {
            sim.faults().any(fault.clone()).times(*times);
        }
    }

    /// Warns about what is allowed and dangerous.
    pub(crate) fn warn(&self) {
        if !self.listen.is_loopback() {
            warn(format!("on {} everybody who reaches this machine can use the platform", self.listen));
        }
    }
}

fn text_of(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| unusable(file, &error))
}

/// A file that was named and cannot be used.
pub(super) fn unusable(file: &Path, error: &dyn Display) -> Failure {
    Exit::Usage.because(format!("{}: {error}", file.display()))
}

fn checked(secret: String) -> Result<String, Failure> {
    let secret = secret.trim();
    if secret.is_empty() {
        return Err(Exit::Usage.because("the app's secret is empty"));
    }
    if looks_real(secret) {
        warn("the app's secret looks like a real one; the simulator needs none, any text will do");
    }
    Ok(secret.to_owned())
}

/// Real secrets are 32 letters and digits.
fn looks_real(secret: &str) -> bool {
    secret.len() == 32 && secret.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn warn(text: impl Display) {
    const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
    // Where nobody can read it, there is nobody to warn.
    let _ = writeln!(anstream::stderr(), "{YELLOW}warning{YELLOW:#}: {text}");
}

fn preset(name: &str) -> Result<String, String> {
    let names: Vec<&str> = Preset::all().iter().map(|preset| preset.name).collect();
    if names.contains(&name) { Ok(name.to_owned()) } else { Err(format!("there are {}", names.join(", "))) }
}

fn host(text: &str) -> Result<String, String> {
    if text.parse::<IpAddr>().is_ok() || (!text.is_empty() && !text.contains([':', '/', '*'])) {
        Ok(text.to_owned())
    } else {
        Err("it is a name or an address, without scheme and port".into())
    }
}

fn app_id(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix("cli_").unwrap_or_default();
    if digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(text.to_owned())
    } else {
        Err("an app id is cli_ and 16 hexadecimal digits".into())
    }
}
