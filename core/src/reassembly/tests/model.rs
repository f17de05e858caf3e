//! Random parts against a model that does the same in the most naive way.

use proptest::prelude::*;

use super::*;

/// Every message since the beginning, in order of its first part.
#[derive(Default)]
struct Model {
    open: Vec<Message>,
    lost: u64,
}

struct Message {
    id: u8,
    began: u64,
    parts: Vec<Option<Vec<u8>>>,
}

impl Message {
    fn frames(&self) -> u64 {
        self.parts.iter().flatten().count() as u64
    }

    fn bytes(&self) -> Vec<u8> {
        self.parts.iter().flatten().flatten().copied().collect()
    }
}

impl Model {
    fn add(&mut self, now: u64, id: u8, sum: u32, seq: u32, data: &[u8], limits: &Limits) -> Added {
        if let Some(at) = self.open.iter().position(|message| message.id == id && message.parts.len() != sum as usize) {
            self.lost += self.open.remove(at).frames();
        }
        if !self.open.iter().any(|message| message.id == id) {
            self.open.push(Message { id, began: now, parts: alloc::vec![None; sum as usize] });
        }
        let at = self.open.iter().position(|message| message.id == id).unwrap();
        let slot = &mut self.open[at].parts[seq as usize];
        match slot {
            Some(first) if first == data => return Added::Duplicate,
            Some(_) => return Added::Conflict,
            None => *slot = Some(data.to_vec()),
        }
        if self.open[at].bytes().len() > limits.payload {
            self.lost += self.open.remove(at).frames();
            return Added::TooLarge;
        }
        if self.open[at].parts.iter().all(Option::is_some) {
            return Added::Complete { payload: self.open.remove(at).bytes().into(), parts: sum };
        }
        while self.open.len() > limits.open_messages {
            let oldest = self.open.iter().position(|message| message.id != id).unwrap();
            self.lost += self.open.remove(oldest).frames();
        }
        Added::Waiting
    }

    fn expire(&mut self, now: u64) {
        let lifetime = LIFETIME.as_millis() as u64;
        let (gone, open) =
            core::mem::take(&mut self.open).into_iter().partition(|m: &Message| m.began + lifetime <= now);
        self.open = open;
        self.lost += gone.iter().map(Message::frames).sum::<u64>();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_does_what_the_model_does(
        steps in prop::collection::vec((0u64..3_000, 0u8..6, 2u32..5, 0u32..4, prop::collection::vec(0u8..2, 0..4)), 0..80),
    ) {
        let limits = Limits { open_messages: 3, payload: 7, ..limits() };
        let mut bench = Bench::with(limits);
        let mut model = Model::default();
        let mut now = 0;
        for (pause, id, sum, seq, data) in steps {
            now += pause;
            bench.at(now);
            model.expire(now);
            let seq = seq.min(sum - 1);
            let added = bench.add(&id.to_string(), sum, seq, &data);
            prop_assert_eq!(added, model.add(now, id, sum, seq, &data, &limits));
            prop_assert_eq!(bench.reassembly.frames(), model.open.iter().map(Message::frames).sum::<u64>());
            let expires = model.open.iter().map(|message| message.began).min();
            let expires = expires.map(|began| Time::from_millis(began).after(LIFETIME));
            prop_assert_eq!(bench.reassembly.expires(), expires);
            prop_assert_eq!(bench.given_up.iter().map(|message| message.frames).sum::<u64>(), model.lost);
            let bytes: usize = model.open.iter().map(|message| message.bytes().len()).sum();
            prop_assert!(bench.reassembly.held() >= bytes);
        }
        bench.at(now + 10_000);
        prop_assert_eq!((bench.reassembly.frames(), bench.reassembly.held()), (0, 0));
    }

    #[test]
    fn what_is_held_stays_within_the_bound_and_is_counted_exactly(
        steps in prop::collection::vec((0u8..20, 2u32..6, 0u32..5, 0usize..2_000), 0..100),
    ) {
        let limits = Limits { open_messages: 8, open_bytes: 6_000, payload: 3_000, ..limits() };
        let mut bench = Bench::with(limits);
        for (id, sum, seq, length) in steps {
            bench.add(&id.to_string(), sum, seq.min(sum - 1), alloc::vec![0; length]);
            prop_assert!(bench.reassembly.held() <= limits.open_bytes);
            prop_assert!(bench.reassembly.open.len() <= limits.open_messages);
            prop_assert_eq!(bench.reassembly.held(), bench.reassembly.open.iter().map(Partial::held).sum::<usize>());
        }
    }
}
