//! Tables, on stdout and in a file.

use std::fmt::{self, Display};
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use super::BoxError;

/// Where the table of goals is in a file.
const GOALS: &str = "goals";

/// A table in Markdown.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Table {
        Table { head: head.iter().map(|cell| (*cell).to_owned()).collect(), rows: Vec::new() }
    }

    /// Adds a row. Cells that are missing get a dash, so that the table stays one.
    pub(crate) fn row<T: Display>(&mut self, cells: impl IntoIterator<Item = T>) {
        let mut cells: Vec<String> = cells.into_iter().map(|cell| plain(&cell)).collect();
        cells.resize(self.head.len(), "-".to_owned());
        self.rows.push(cells);
    }
}

/// A text that fits into a cell: one line, and no border of its own.
fn plain(text: &impl Display) -> String {
    text.to_string().lines().next().unwrap_or_default().replace('|', "\\|")
}

impl Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| {} |", self.head.join(" | "))?;
        writeln!(f, "|{}", " --- |".repeat(self.head.len()))?;
        self.rows.iter().try_for_each(|row| writeln!(f, "| {} |", row.join(" | ")))
    }
}

/// What a part of the run has measured.
#[derive(Clone, Debug)]
pub(crate) struct Findings {
    pub(crate) table: Table,
    goals: Vec<Goal>,
}

/// A goal, and what came of it.
#[derive(Clone, Debug)]
struct Goal {
    text: String,
    measured: String,
    met: bool,
}

impl Findings {
    pub(crate) fn new(table: Table) -> Findings {
        Findings { table, goals: Vec::new() }
    }

    pub(crate) fn goal(&mut self, text: impl Display, measured: impl Display, met: bool) {
        self.goals.push(Goal { text: plain(&text), measured: plain(&measured), met });
    }
}

/// Where the tables go, each as soon as it is there.
pub(crate) struct Report {
    file: Option<PathBuf>,
}

impl Report {
    /// A report that goes to stdout, and into a file that has a place for each of these parts.
    pub(crate) fn new(file: Option<PathBuf>, parts: &[&str]) -> Result<Report, BoxError> {
        if let Some(file) = &file {
            let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
            for part in parts.iter().chain([&GOALS]) {
                section(&text, part)?;
            }
        }
        Ok(Report { file })
    }

    /// Adds what a part has measured, or why it could not.
    pub(crate) fn add(&self, part: &str, outcome: Result<Findings, BoxError>) -> Result<(), BoxError> {
        let (text, goals) = match outcome {
            Ok(Findings { table, goals }) => (table.to_string(), goals),
            Err(error) => (format!("Not measured: {}\n", plain(&error)), Vec::new()),
        };
        let mut stdout = anstream::stdout();
        writeln!(stdout, "## {part}\n\n{text}")?;
        for Goal { text, measured, met } in &goals {
            writeln!(stdout, "- {text}: {measured}, {}", verdict(*met))?;
        }
        writeln!(stdout)?;
        let Some(file) = &self.file else { return Ok(()) };
        let old = fs::read_to_string(file)?;
        let new = replace(&old, part, &text)?;
        let merged = merge(section(&new, GOALS)?, part, &goals);
        fs::write(file, replace(&new, GOALS, &merged)?)?;
        Ok(())
    }
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "not met" }
}

/// What is between the two lines of a part.
fn section<'a>(document: &'a str, part: &str) -> Result<&'a str, BoxError> {
    let begin = format!("<!-- bench {part} -->");
    let rest = document.split_once(&begin).ok_or_else(|| format!("the file has no line {begin}"))?.1;
    Ok(rest.split_once("<!-- end -->").ok_or_else(|| format!("the file has no line <!-- end --> behind {begin}"))?.0)
}

fn replace(document: &str, part: &str, text: &str) -> Result<String, BoxError> {
    let old = section(document, part)?;
    // The section is a part of the document, so that this is where it begins.
    let begin = old.as_ptr() as usize - document.as_ptr() as usize;
    Ok(format!("{}\n\n{}\n\n{}", &document[..begin], text.trim(), &document[begin + old.len()..]))
}

/// The table of goals with what was measured now. Rows of others stay, and so does what somebody wrote about a goal that is not
/// met.
fn merge(old: &str, part: &str, goals: &[Goal]) -> String {
    let mut table = Table::new(&["goal", "measured", "by", "", "remark"]);
    let rows = old.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")).skip(2);
    table.rows = rows.map(|row| row.split(" | ").map(str::to_owned).collect()).collect();
    for Goal { text, measured, met } in goals {
        let by = format!("`bench {part}`");
        let found = table.rows.iter_mut().find(|row| row.first() == Some(text));
        let remark = found.as_ref().and_then(|row| row.get(4)).filter(|_| !met).cloned().unwrap_or_default();
        let row = vec![text.clone(), measured.clone(), by, verdict(*met).to_owned(), remark];
        match found {
            Some(old) => *old = row,
            None => table.rows.push(row),
        }
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "a\n\n<!-- bench w1 -->\n\nold\n\n<!-- end -->\n\nb\n\n<!-- bench goals -->\n\n\
        | goal | measured | by |  | remark |\n| --- | --- | --- | --- | --- |\n| fast | 2 | `bench w1` | not met | the kernel |\n\
        | small | 3 | `wc` | met |  |\n\n<!-- end -->\n\nc\n";

    fn goal(measured: &str, met: bool) -> Goal {
        Goal { text: "fast".to_owned(), measured: measured.to_owned(), met }
    }

    #[test]
    fn a_table_takes_the_place_of_the_last_one_and_nothing_else() {
        let new = replace(DOCUMENT, "w1", "| x |\n").unwrap();
        assert_eq!(new, DOCUMENT.replace("old", "| x |"));
        assert_eq!(replace(&new, "w1", "| x |\n").unwrap(), new);
        assert!(replace(DOCUMENT, "w2", "").unwrap_err().to_string().contains("<!-- bench w2 -->"));
    }

    #[test]
    fn goals_of_others_stay_and_a_remark_lasts_as_long_as_its_goal_is_not_met() {
        let old = section(DOCUMENT, GOALS).unwrap();
        let still = merge(old, "w1", &[goal("1", false)]);
        assert!(
            still.contains("| fast | 1 | `bench w1` | not met | the kernel |\n| small | 3 | `wc` | met |  |\n"),
            "{still}"
        );
        let now = merge(&still, "w1", &[goal("0", true)]);
        assert!(now.contains("| fast | 0 | `bench w1` | met |  |\n| small | 3 |"), "{now}");
    }

    #[test]
    fn a_cell_is_one_line_without_borders_and_a_short_row_is_filled() {
        let mut table = Table::new(&["client", "rate", "CPU"]);
        table.row(["node", "ended: a|b\nat line 7"]);
        assert_eq!(table.to_string(), "| client | rate | CPU |\n| --- | --- | --- |\n| node | ended: a\\|b | - |\n");
    }
}
