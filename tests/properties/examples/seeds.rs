//! Writes the seeds of the fuzz targets to `fuzz/corpus`: `cargo run -p larkwire-properties --example seeds`.

use std::path::Path;
use std::{fs, io};

fn main() -> io::Result<()> {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for seed in larkwire_properties::seeds::all() {
        let folder = corpora.join(seed.target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(seed.name), seed.data)?;
    }
    Ok(())
}
