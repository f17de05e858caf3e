//! The types of events: `core/events/src/generated`, and the table of all of them for its tests.
//!
//! Names: the module is domain and API version. A body is named like its event, one of version 1.0 with `P1` before it; a
//! type inside a body has the name that the Python SDK gives it. Whatever is not as expected ends the program: a name
//! twice in a module, a type that is not there or in another module, a field that is no Rust name.

mod catalogue;
mod rust;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Generated;
use catalogue::{Catalogue, Event, Schema, Type};
use rust::{camel, documentation, module_text};

/// The one type that modules share, identical in each of them.
const USER_ID: &str = "UserId";

pub fn generated(root: &Path) -> Result<Generated, Box<dyn Error>> {
    let schema = Schema::read(&root.join("core/events/schema"))?;
    let modules = modules(&schema)?;
    let (directory, mut files) = (root.join("core/events/src/generated"), BTreeMap::new());
    for module in modules.values() {
        let path = directory.join(&module.domain).join(format!("{}.rs", module.version));
        files.insert(path, formatted(root, &module_text(module, &schema)?)?);
    }
    files.insert(directory.with_extension("rs"), formatted(root, &list(&modules, &schema)?)?);
    files.insert(root.join("core/events/tests/bodies/table.rs"), formatted(root, &table(&modules))?);
    Ok(Generated { directory, files })
}

/// All events of one version of one domain.
struct Module<'a> {
    domain: String,
    version: String,
    /// What is generated, by its Rust name.
    items: BTreeMap<String, Item<'a>>,
    uses_user_id: bool,
}

enum Item<'a> {
    /// A body of one kind of event.
    Body(&'a Event, Source<'a>),
    /// A body that several keys share.
    Shared(Vec<&'a Event>, Source<'a>),
    /// The type of one of these keys.
    Key(&'a Event, String),
    /// A type inside bodies.
    Part(Source<'a>),
}

/// Where the members of a struct come from.
struct Source<'a> {
    /// Its key in the data.
    key: &'a str,
    data: &'a Type,
}

fn modules(schema: &Schema) -> Result<BTreeMap<String, Module<'_>>, Box<dyn Error>> {
    let mut modules = BTreeMap::new();
    for catalogue in [&schema.p2, &schema.p1] {
        let mut named = BTreeSet::new();
        for event in &catalogue.events {
            let sharing: Vec<&Event> = catalogue.events.iter().filter(|other| other.body == event.body).collect();
            let source = source(catalogue, &event.body)?;
            let name = if event.is_p1() { format!("P1{}", event.name) } else { event.name.clone() };
            let module = module(&mut modules, &format!("{}.{}", event.domain, event.api_version))?;
            if sharing.len() > 1 {
                add(module, format!("P1{}", camel(&event.key)), Item::Key(event, name.clone()))?;
            }
            if named.insert(&event.body) {
                let item = if sharing.len() > 1 { Item::Shared(sharing, source) } else { Item::Body(event, source) };
                add(module, name, item)?;
            }
        }
        for (key, data) in &catalogue.types {
            let (place, name) = key.rsplit_once('.').ok_or("a type without a module")?;
            if named.contains(key) {
                continue;
            }
            let module = module(&mut modules, place)?;
            if name == USER_ID {
                let same = *data == catalogue.types["im.v1.UserId"];
                module.uses_user_id = same.then_some(true).ok_or(format!("{key} is another UserId"))?;
            } else {
                add(module, name.to_owned(), Item::Part(Source { key, data }))?;
            }
        }
    }
    Ok(modules)
}

fn module<'m, 'a>(
    modules: &'m mut BTreeMap<String, Module<'a>>,
    place: &str,
) -> Result<&'m mut Module<'a>, Box<dyn Error>> {
    let (domain, version) = place.split_once('.').ok_or("a module without a version")?;
    let (domain, version) = (domain.to_owned(), version.to_owned());
    Ok(modules.entry(place.to_owned()).or_insert_with(|| Module {
        domain,
        version,
        items: BTreeMap::new(),
        uses_user_id: false,
    }))
}

fn source<'a>(catalogue: &'a Catalogue, key: &'a str) -> Result<Source<'a>, Box<dyn Error>> {
    Ok(Source { key, data: catalogue.types.get(key).ok_or(format!("there is no type {key}"))? })
}

fn add<'a>(module: &mut Module<'a>, name: String, item: Item<'a>) -> Result<(), Box<dyn Error>> {
    if module.items.contains_key(&name) {
        return Err(format!("{}.{} has two types {name}", module.domain, module.version).into());
    }
    module.items.insert(name, item);
    Ok(())
}

/// `generated.rs`: the modules, and what they share.
fn list(modules: &BTreeMap<String, Module<'_>>, schema: &Schema) -> Result<String, Box<dyn Error>> {
    let mut text = String::from(rust::HEAD);
    let mut domains: BTreeMap<&str, Vec<&Module<'_>>> = BTreeMap::new();
    for module in modules.values() {
        domains.entry(&module.domain).or_default().push(module);
    }
    for (domain, versions) in domains {
        writeln!(text, "/// Events of {}.", documentation(domain).ok_or(format!("{domain}: what is it?"))?)?;
        writeln!(text, "#[cfg(feature = \"{domain}\")]\npub mod {domain} {{")?;
        for module in versions {
            writeln!(text, "pub mod {};", module.version)?;
        }
        writeln!(text, "}}\n")?;
    }
    rust::user_id(&mut text, &schema.p2.types["im.v1.UserId"], schema)?;
    Ok(text)
}

/// The table that tests go through: each key with the type of its body.
fn table(modules: &BTreeMap<String, Module<'_>>) -> String {
    let mut text = format!("{}use super::Body;\n\npub(crate) fn events() -> Vec<Body> {{ vec![\n", rust::HEAD);
    for module in modules.values() {
        for (name, item) in &module.items {
            if matches!(item, Item::Body(..) | Item::Key(..)) {
                text += &format!("Body::of::<larkwire_events::{}::{}::{name}>(),", module.domain, module.version);
            }
        }
    }
    text + "] }"
}

/// The text as `cargo fmt` wants it: rustfmt comes with the compiler, and knows the settings of this workspace.
fn formatted(root: &Path, text: &str) -> Result<String, Box<dyn Error>> {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = rustfmt.stdin.take().ok_or("no way into rustfmt")?;
    let text = text.to_owned();
    let writer = std::thread::spawn(move || std::io::Write::write_all(&mut input, text.as_bytes()));
    let output = rustfmt.wait_with_output()?;
    writer.join().map_err(|_| "writing to rustfmt panicked")??;
    if !output.status.success() {
        return Err("rustfmt does not understand what was generated".into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
