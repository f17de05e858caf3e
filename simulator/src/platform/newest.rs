//! Memory that forgets: the newest things are kept, as long as they are neither too many nor too large together.

use std::borrow::Borrow;
use std::collections::{BTreeMap, VecDeque};

/// Things by key, in the order in which they came.
#[derive(Clone, Debug)]
pub(crate) struct Newest<K, V> {
    /// With the bytes that they count for.
    by_key: BTreeMap<K, (V, usize)>,
    order: VecDeque<K>,
    bytes: usize,
    most_bytes: usize,
}

impl<K: Ord + Clone, V> Newest<K, V> {
    /// Keeps so many bytes, or one thing if that alone is larger.
    pub(crate) fn new(most_bytes: usize) -> Newest<K, V> {
        Newest { by_key: BTreeMap::new(), order: VecDeque::new(), bytes: 0, most_bytes }
    }

    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.by_key.get(key).map(|(value, _)| value)
    }

    /// To change. If its size changes much, tell it with [`Newest::weigh`].
    pub(crate) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.by_key.get_mut(key).map(|(value, _)| value)
    }

    /// The oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.order.iter().filter_map(|key| self.get(key))
    }

    pub(crate) fn oldest(&self) -> Option<&V> {
        self.get(self.order.front()?)
    }

    /// Keeps something under a key that was not used before. The oldest go, so that there are at most `most`.
    pub(crate) fn add(&mut self, key: K, value: V, bytes: usize, most: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
        self.order.push_back(key.clone());
        self.by_key.insert(key, (value, bytes));
        while self.order.len() > most.max(1) || (self.bytes > self.most_bytes && self.order.len() > 1) {
            self.forget_oldest();
        }
    }

    /// Says how large something has become.
    pub(crate) fn weigh<Q: Ord + ?Sized>(&mut self, key: &Q, bytes: usize)
    where
        K: Borrow<Q>,
    {
        if let Some((_, old)) = self.by_key.get_mut(key) {
            self.bytes = self.bytes.saturating_sub(*old).saturating_add(bytes);
            *old = bytes;
        }
    }

    pub(crate) fn forget_oldest(&mut self) {
        if let Some((_, bytes)) = self.order.pop_front().and_then(|key| self.by_key.remove(&key)) {
            self.bytes = self.bytes.saturating_sub(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(newest: &Newest<u32, u32>) -> Vec<u32> {
        newest.iter().copied().collect()
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let mut newest = Newest::new(100);
        (0..5).for_each(|n| newest.add(n, n, 1, 3));
        assert_eq!((kept(&newest), newest.oldest(), newest.get(&1)), (vec![2, 3, 4], Some(&2), None));
    }

    #[test]
    fn a_few_large_things_are_as_much_as_many_small_ones() {
        let mut newest = Newest::new(100);
        (0..5).for_each(|n| newest.add(n, n, 40, 10));
        assert_eq!(kept(&newest), [3, 4]);
        newest.weigh(&3, 0);
        newest.add(5, 5, 60, 10);
        assert_eq!(kept(&newest), [3, 4, 5], "what became small makes room");
        newest.add(6, 6, 1000, 10);
        assert_eq!(kept(&newest), [6], "the newest is kept however large it is");
    }
}
