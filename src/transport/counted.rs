//! How many there are of each: connections of an address, calls of a principal.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Counts by key, at most so many of each. Cheap to clone.
#[derive(Debug)]
pub(super) struct Counted<K> {
    all: Arc<Mutex<BTreeMap<K, usize>>>,
    most: usize,
}

impl<K> Clone for Counted<K> {
    fn clone(&self) -> Self {
        Self { all: Arc::clone(&self.all), most: self.most }
    }
}

impl<K: Ord + Clone> Counted<K> {
    pub(super) fn new(most: usize) -> Self {
        Self { all: Arc::default(), most }
    }

    /// A place for one more, unless that would be too many.
    pub(super) fn take(&self, key: K) -> Option<Place<K>> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let of_it = all.get(&key).copied().unwrap_or(0);
        if of_it >= self.most {
            return None;
        }
        all.insert(key.clone(), of_it.saturating_add(1));
        drop(all);
        Some(Place { counted: self.clone(), key })
    }
}

/// One that counts, until it is dropped.
#[derive(Debug)]
pub(super) struct Place<K: Ord + Clone> {
    counted: Counted<K>,
    key: K,
}

impl<K: Ord + Clone> Drop for Place<K> {
    fn drop(&mut self) {
        let mut all = self.counted.all.lock().unwrap_or_else(PoisonError::into_inner);
        let left = all.get(&self.key).copied().unwrap_or(0).saturating_sub(1);
        if left == 0 {
            all.remove(&self.key);
        } else {
            all.insert(self.key.clone(), left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_so_many_places_and_gives_them_back() {
        let counted = Counted::new(2);
        let first = counted.take("a").unwrap();
        let _second = counted.take("a").unwrap();
        assert!(counted.take("a").is_none());
        assert!(counted.take("b").is_some(), "another has its own");
        drop(first);
        assert!(counted.take("a").is_some());
        assert_eq!(counted.all.lock().unwrap().len(), 1, "what is not there is not kept");
    }
}
