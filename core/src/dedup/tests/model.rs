//! Random events against a model that remembers everything in a list.

use alloc::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Default)]
struct Model {
    running: BTreeMap<u8, u64>,
    failed: Vec<u8>,
    /// Event, the second after which it is forgotten, its answer.
    done: Vec<(u8, u64, Option<Bytes>)>,
    evicted: u64,
}

impl Model {
    fn look(&mut self, now: u64, event: u8) -> Seen {
        self.done.retain(|(_, until, _)| *until >= now);
        if let Some(number) = self.running.get(&event) {
            return Seen::Running(id(*number));
        }
        match self.done.iter().find(|(done, ..)| *done == event) {
            Some((_, _, answer)) => Seen::Done(answer.clone()),
            None if self.failed.contains(&event) => Seen::Failed,
            None => Seen::Never,
        }
    }

    fn finish(&mut self, now: u64, event: u8, answer: Option<Bytes>, limits: &Limits) {
        self.running.remove(&event);
        self.failed.retain(|failed| *failed != event);
        self.done.retain(|(_, until, _)| *until >= now);
        if self.done.iter().any(|(done, ..)| *done == event) {
            return;
        }
        if self.done.len() == limits.dedup_entries {
            self.done.remove(0);
            self.evicted += 1;
        }
        let size = |answer: &Option<Bytes>| answer.as_ref().map_or(0, |answer| answer.len() + ANSWER_OVERHEAD);
        let answer = answer.filter(|answer| answer.len() + ANSWER_OVERHEAD <= limits.dedup_answers);
        while self.done.iter().map(|(.., answer)| size(answer)).sum::<usize>() + size(&answer) > limits.dedup_answers {
            self.done.iter_mut().find(|(.., answer)| answer.is_some()).unwrap().2 = None;
        }
        self.done.push((event, now + limits.dedup_window.as_secs() + 1, answer));
    }
}

#[derive(Clone, Debug)]
enum Step {
    Start(u8),
    Fail(u8),
    Finish(u8, Option<usize>),
    Look(u8),
    Sleep(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let event = || 0u8..12;
    let step = prop_oneof![
        event().prop_map(Step::Start),
        event().prop_map(Step::Fail),
        (event(), prop::option::of(0usize..400)).prop_map(|(event, answer)| Step::Finish(event, answer)),
        event().prop_map(Step::Look),
        (0u64..20).prop_map(Step::Sleep),
    ];
    prop::collection::vec(step, 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_does_what_the_model_does(steps in steps(), seed in any::<(u64, u64)>(), taken in any::<u64>()) {
        let limits = Limits { dedup_window: Duration::from_secs(30), ..small(5, 700) };
        let mut dedup = Dedup { taken, ..Dedup::new(seed) };
        let mut model = Model::default();
        let mut now = 0;
        let mut number = 0;
        for step in steps {
            match step {
                Step::Start(event) => {
                    number += 1;
                    let key = key(&dedup, &event.to_string());
                    dedup.start(key, id(number));
                    model.running.insert(event, number);
                }
                Step::Fail(event) => {
                    let key = key(&dedup, &event.to_string());
                    dedup.fail(key);
                    model.running.remove(&event);
                    if !model.failed.contains(&event) {
                        model.failed.push(event);
                    }
                }
                Step::Finish(event, answer) => {
                    let answer = answer.map(|length| Bytes::from(vec![event; length]));
                    let key = key(&dedup, &event.to_string());
                    dedup.finish(at(now), key, answer.clone(), &limits);
                    model.finish(now, event, answer, &limits);
                }
                Step::Look(event) => {
                    let key = key(&dedup, &event.to_string());
                    prop_assert_eq!(dedup.look(at(now), key), model.look(now, event));
                    prop_assert_eq!(dedup.entries(), model.done.len());
                }
                Step::Sleep(seconds) => now += seconds,
            }
            prop_assert_eq!(dedup.evicted(), model.evicted);
            prop_assert!(dedup.answer_bytes <= limits.dedup_answers);
            prop_assert!(dedup.entries() <= limits.dedup_entries);
            prop_assert!(dedup.index.len() >= dedup.entries() && dedup.index.allocation_size() < 256);
            prop_assert_eq!(dedup.answers.len(), dedup.answered.len());
        }
    }
}
