//! The committed corpora of the fuzz targets, replayed: what fuzzing has found stays found.

use std::fs;
use std::path::Path;

#[test]
fn the_properties_hold_for_the_committed_corpora() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (target, property) in larkwire_properties::TARGETS {
        let mut seeds = 0;
        for file in fs::read_dir(corpora.join(target)).unwrap() {
            let path = file.unwrap().path();
            #[expect(clippy::print_stdout, reason = "shown when it fails: the panic itself does not know the file")]
            {
                println!("{}", path.display());
            }
            property(&fs::read(&path).unwrap());
            seeds += 1;
        }
        assert!(seeds >= 8, "{target} has only {seeds} seeds");
    }
}

#[test]
fn every_seed_of_the_generator_is_committed() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for seed in larkwire_properties::seeds::all() {
        let path = corpora.join(seed.target).join(seed.name);
        assert!(
            fs::read(&path).is_ok_and(|found| found == seed.data),
            "{} is not what the generator makes: cargo run -p larkwire-properties --example seeds",
            path.display()
        );
    }
}
