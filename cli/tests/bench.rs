//! `larkwire bench` as it is: one real round of whole clients. No figure is asserted, since that depends on the machine.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(feature = "bench")]

use std::process::{Command, Output};

fn bench(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_larkwire")).arg("bench").args(arguments).output().unwrap()
}

/// The cells of the rows of a table, without its head.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.skip(2).map(|row| row.split(" | ").collect()).collect()
}

#[test]
fn a_round_gives_a_table_in_which_every_client_has_acked_and_one_that_fails_says_why() {
    let file = std::env::temp_dir().join(format!("larkwire-bench-{}.md", std::process::id()));
    let places = "<!-- bench w64 -->\n<!-- end -->\n\n<!-- bench goals -->\n<!-- end -->\n";
    std::fs::write(&file, places).unwrap();
    let short = ["--only", "w64", "--clients", "tokio,raw-parse", "--rounds", "1", "--seconds", "0.2"];
    let output =
        bench(&[&short[..], &["--write", file.to_str().unwrap(), "broken=false", "missing=no/such/program"]].concat());
    let written = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{told}");

    let (table, goals) = written.split_once("<!-- bench goals -->").unwrap();
    let rows = rows(table);
    assert!(rows.iter().all(|row| row.len() == 10), "{table}");
    let names: Vec<&str> = rows.iter().map(|row| row[0].split(':').next().unwrap()).collect();
    assert_eq!(names, ["tokio", "raw-parse", "broken", "missing"], "{table}{told}");
    for row in &rows[..2] {
        // A name with a reason behind it is that of a client which lost an ack, or sent one that was not correct.
        assert!(!row[0].contains(':') && row[1].parse::<u64>().unwrap() > 0, "{table}");
    }
    assert_eq!(rows[1][2], "1.00");
    assert!(rows[2][0].contains("1 of 1 rounds failed: the client ended"), "{table}");
    assert!(rows[3][0].contains("no/such/program"), "{table}");
    assert!(
        goals.contains("| w64: CPU time at most that of raw-parse |") && goals.contains("| `bench w64` |"),
        "{goals}"
    );
    assert!(String::from_utf8(output.stdout).unwrap().contains(&table.lines().nth(2).unwrap().to_owned()));
}

#[test]
fn what_cannot_be_measured_or_written_down_is_said_before_anything_is_loaded() {
    for wrong in [&["--only", "w65"][..], &["--seconds", "0"], &["python"], &["--write", "no/such/file"]] {
        let output = bench(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {output:?}");
    }
}
