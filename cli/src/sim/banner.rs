//! What somebody needs to know to connect a bot.

use std::io::{self, IsTerminal as _, Write};

use anstyle::Style;
use larkwire_sim::Sim;
use serde_json::json;

use super::options::{Format, Options};

/// How each official SDK, and ours, is told the domain.
const SDKS: [(&str, &str); 5] = [
    ("Go", r#"larkws.WithDomain(os.Getenv("LARK_DOMAIN"))"#),
    ("Node", "new Lark.WSClient({ domain: process.env.LARK_DOMAIN, … })"),
    ("Python", r#"lark.ws.Client(…, domain=os.environ["LARK_DOMAIN"])"#),
    ("Java", r#"new Client.Builder(…).domain(System.getenv("LARK_DOMAIN"))"#),
    ("Rust", r#"config.domain = Domain::Custom(env::var("LARK_DOMAIN")?)"#),
];

/// Tells it on stdout, which is data; around a command, stdout is the command's, and this is talk.
pub(super) fn show(options: &Options, sim: &Sim) {
    let shown = if options.command.is_empty() {
        write(options, sim, &mut anstream::stdout(), io::stdout().is_terminal())
    } else if options.quiet {
        Ok(())
    } else {
        pretty(sim, &mut anstream::stderr())
    };
    // Where nobody reads it, the platform runs all the same.
    let _ = shown;
}

fn write(options: &Options, sim: &Sim, to: &mut impl Write, terminal: bool) -> io::Result<()> {
    match options.format {
        Format::Pretty => pretty(sim, to),
        Format::Auto if terminal => pretty(sim, to),
        Format::Auto | Format::Json => {
            let app = |(id, secret)| json!({"app_id": id, "app_secret": secret});
            let mut line = json!({"domain": sim.domain(), "page": sim.page(), "app_id": sim.app_id()});
            line["app_secret"] = sim.app_secret().into();
            line["apps"] = sim.apps().into_iter().map(app).collect();
            writeln!(to, "{line}")
        }
    }?;
    to.flush()
}

fn pretty(sim: &Sim, to: &mut impl Write) -> io::Result<()> {
    const BOLD: Style = Style::new().bold();
    let mut line = |label: &str, text: &str| writeln!(to, " {BOLD}{label:<9}{BOLD:#}  {text}");
    line("platform", &sim.domain())?;
    line("page", &sim.page())?;
    let names: Vec<String> = sim.look(|platform| platform.apps().map(|app| app.name.clone()).collect());
    for ((id, secret), name) in sim.apps().into_iter().zip(&names) {
        let name = if names.len() > 1 { format!("   name  {name}") } else { String::new() };
        line("app", &format!("{id}   secret  {secret}{name}"))?;
    }
    line("set", &format!("LARK_APP_ID={}", sim.app_id()))?;
    line("", &format!("LARK_APP_SECRET={}", sim.app_secret()))?;
    line("", &format!("LARK_DOMAIN={}   and start your bot:", sim.domain()))?;
    for (sdk, code) in SDKS {
        line("", &format!("{sdk:<7} {code}"))?;
    }
    Ok(())
}
