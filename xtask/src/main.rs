//! Writes the files that are made from data. They are committed, and `.ci/run` checks that they are what this writes.

mod events;
mod fidelity;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: cargo run -p xtask -- events|fidelity [--check]

events      writes the types of events, and the lists of them, from core/events/schema
fidelity    writes docs/FIDELITY.md, from lines above the tests of the simulator
--check     writes nothing, and fails if a file would change";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["events"] => events::generated(root()).and_then(|generated| write(&generated)),
        ["events", "--check"] => events::generated(root()).and_then(|generated| check(&generated)),
        ["fidelity"] => fidelity::generated(root()).and_then(|generated| write(&generated)),
        ["fidelity", "--check"] => fidelity::generated(root()).and_then(|generated| check(&generated)),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What a generator makes.
struct Generated {
    /// Has nothing else in it.
    directory: PathBuf,
    /// The text of each file, in the directory or beside it.
    files: BTreeMap<PathBuf, String>,
}

fn write(generated: &Generated) -> Result<(), Box<dyn Error>> {
    for stray in strays(generated)? {
        std::fs::remove_file(stray)?;
    }
    for (path, text) in generated.changed() {
        std::fs::create_dir_all(path.parent().unwrap_or(path))?;
        std::fs::write(path, text)?;
    }
    Ok(())
}

fn check(generated: &Generated) -> Result<(), Box<dyn Error>> {
    let mut wrong = strays(generated)?;
    wrong.extend(generated.changed().map(|(path, _)| path.clone()));
    match wrong[..] {
        [] => Ok(()),
        _ => Err(format!("not what it is made from says; run it again without --check: {wrong:#?}").into()),
    }
}

impl Generated {
    /// The files whose text is another one.
    fn changed(&self) -> impl Iterator<Item = (&PathBuf, &String)> {
        self.files.iter().filter(|(path, text)| std::fs::read_to_string(path).ok().as_ref() != Some(text))
    }
}

/// Files in the directory that do not belong there.
fn strays(generated: &Generated) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let (mut strays, mut inside) = (Vec::new(), vec![generated.directory.clone()]);
    while let Some(path) = inside.pop() {
        if path.is_dir() {
            for entry in std::fs::read_dir(path)? {
                inside.push(entry?.path());
            }
        } else if path.exists() && !generated.files.contains_key(&path) {
            strays.push(path);
        }
    }
    Ok(strays)
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_files_are_what_the_data_says() {
        let generated = events::generated(root()).unwrap();
        assert!(generated.files.len() > 25);
        check(&generated).unwrap();
        check(&fidelity::generated(root()).unwrap()).unwrap();
    }
}
