use std::collections::BTreeMap;

use crate::schema::{Schema, text};
use crate::{all, callbacks, table};

#[test]
fn every_event_of_the_data_has_a_body_and_there_are_no_others() {
    let schema = Schema::read();
    let mut wanted: Vec<_> = schema.bodies().map(|(version, key, _)| (version, key)).collect();
    let mut found: Vec<_> = all().map(|body| body.key()).collect();
    wanted.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, wanted);
    let count = |version: &str| table::events().iter().filter(|body| body.key().0 == version).count();
    assert_eq!((count("p2"), count("p1"), callbacks().len()), (206, 43, 2));
}

#[test]
fn a_type_is_where_its_domain_and_version_say_and_has_the_name_of_its_event() {
    let bodies = table::events();
    let names: BTreeMap<_, _> = bodies.iter().map(|body| (body.key(), body.rust_name)).collect();
    let schema = Schema::read();
    for part in [&schema.p2, &schema.p1] {
        let events = part["events"].as_array().unwrap();
        for event in events {
            let key = (text(event, "version"), text(event, "type"));
            let shared = events.iter().filter(|other| other["body"] == event["body"]).count() > 1;
            let name = match key {
                ("p2", _) => text(event, "name").to_owned(),
                (_, key) if shared => format!("P1{}", camel(key)),
                _ => format!("P1{}", text(event, "name")),
            };
            let wanted = format!(
                "larkwire_events::generated::{}::{}::{name}",
                text(event, "domain"),
                text(event, "api_version")
            );
            assert_eq!(names[&key], wanted);
        }
    }
}

fn camel(key: &str) -> String {
    key.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

#[test]
fn there_is_a_feature_for_each_domain_in_both_packages() {
    let schema = Schema::read();
    let mut domains: Vec<_> = [&schema.p2, &schema.p1]
        .into_iter()
        .flat_map(|part| part["events"].as_array().unwrap())
        .map(|event| text(event, "domain"))
        .collect();
    domains.push("card");
    domains.sort_unstable();
    domains.dedup();
    assert_eq!(domains.len(), 25);
    let features = |manifest: &'static str| {
        let lines =
            manifest.lines().skip_while(|line| *line != "[features]").take_while(|line| *line != "[dependencies]");
        lines.filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect::<Vec<_>>()
    };
    let ours = features(include_str!("../../Cargo.toml"));
    assert_eq!(ours, [&["default", "all"], &domains[..]].concat());
    let passed_on = features(include_str!("../../../../adapters/Cargo.toml"));
    let passed_on: Vec<_> = passed_on.into_iter().filter_map(|name| name.strip_prefix("event-")).collect();
    assert_eq!(passed_on, domains);
}
