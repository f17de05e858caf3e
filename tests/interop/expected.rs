//! What is known to fail, in `expected_failures.json`: for each SDK and version, in which situation, how, and why.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::clients::Kind;

/// How a client fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Symptom {
    /// An event was never handled, although the platform pushed it again and again.
    Lost,
    /// An event was handled more than once.
    Twice,
    /// A message was handled that the platform never sent.
    Bogus,
    /// Nothing arrives any more, for longer than a user waits.
    Deaf,
    /// A delivery that has all that is needed was not acked.
    NotAcked,
    /// A callback was not answered: the user sees an error.
    Unanswered,
    /// It goes on asking, although it was told that there is no hope.
    AsksOn,
    /// It sends no pings any more.
    NoPings,
    /// It sends pings without a pause.
    PingFlood,
    /// It asks for the endpoint without a pause.
    DiscoveryFlood,
    /// It gave up, and its program does not learn of it.
    NeverEnds,
    /// `biz_rt` is no time.
    OddBizRt,
    /// SeqID or LogID of an ack are other ones.
    OtherIds,
    /// An ack broke a rule, and did not count.
    RefusedAck,
}

/// The failures of one client, by situation.
pub(crate) type Failures = BTreeMap<String, BTreeSet<Symptom>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    sdk: String,
    version: String,
    situations: Vec<String>,
    symptoms: BTreeSet<Symptom>,
    why: String,
}

fn entries() -> Vec<Entry> {
    serde_json::from_str(include_str!("expected_failures.json")).expect("a list of failures")
}

/// Where what happened to a client is not what the list says, in those situations in which it was.
pub(crate) fn differences(kind: Kind, seen: &Failures) -> Vec<String> {
    let (sdk, version) = kind.package();
    let mut expected: Failures = seen.keys().map(|situation| (situation.clone(), BTreeSet::new())).collect();
    for entry in entries().into_iter().filter(|entry| entry.sdk == sdk && entry.version == version) {
        for situation in entry.situations {
            expected.entry(situation).and_modify(|symptoms| symptoms.extend(&entry.symptoms));
        }
    }
    let other = seen.iter().filter(|(situation, symptoms)| expected.get(*situation) != Some(symptoms));
    let said = |(situation, symptoms)| {
        format!("{sdk} {version}, {situation}: {symptoms:?}; the list has {:?}", expected.get(situation))
    };
    other.map(said).collect()
}

#[test]
fn the_list_names_installed_versions_and_known_situations_and_nothing_of_ours() {
    let packages = [Kind::Python, Kind::Node].map(Kind::package);
    let known: BTreeSet<String> = crate::faults::situations().chain(crate::presets::situations()).collect();
    let mut listed = BTreeSet::new();
    for entry in entries() {
        assert!(packages.contains(&(&entry.sdk, entry.version.clone())), "{} {}", entry.sdk, entry.version);
        assert!(!entry.symptoms.is_empty() && entry.why.len() > 20, "{:?}", entry.situations);
        for situation in entry.situations {
            assert!(known.contains(&situation), "{situation}");
            for symptom in &entry.symptoms {
                assert!(listed.insert((entry.sdk.clone(), situation.clone(), *symptom)), "{situation} is listed twice");
            }
        }
    }
}
