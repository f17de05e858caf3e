//! The apps on the platform. Tickets, tokens, connections and idempotency keys belong to one app each.

use std::collections::BTreeMap;

use serde::Serialize;

use super::dice::Dice;
use super::profile::Profile;

/// An app of the tenant, which has a bot.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct App {
    /// `cli_` and 16 hexadecimal digits.
    #[serde(rename = "app_id")]
    pub id: String,
    /// The name that people see.
    pub name: String,
    /// The bot as a user: `ou_` and 32 hexadecimal digits, by which it finds itself among mentions.
    pub open_id: String,
    #[serde(skip)]
    secret: String,
    /// Counts pushes for [`Routing::RoundRobin`](super::Routing::RoundRobin).
    #[serde(skip)]
    pub(crate) turn: usize,
}

impl App {
    fn new(id: &str, secret: &str, name: &str) -> App {
        let open_id = format!("ou_{}", Dice::of(id).hex(32));
        App { id: id.to_owned(), name: name.to_owned(), open_id, secret: secret.to_owned(), turn: 0 }
    }

    pub(crate) fn has_secret(&self, secret: &str) -> bool {
        self.secret == secret
    }
}

/// Shows everything but the secret, which may be a real one that somebody pasted.
impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Names an app inside the machine. Apps are never removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AppKey(usize);

impl AppKey {
    /// The app that is there in any case.
    pub(crate) const FIRST: AppKey = AppKey(0);
}

/// All apps, in the order in which they came.
#[derive(Clone, Debug)]
pub(crate) struct Apps {
    first: App,
    more: Vec<App>,
    by_id: BTreeMap<String, AppKey>,
}

impl Apps {
    /// The apps of the profile; of two with the same id, the first counts.
    pub(crate) fn new(profile: &Profile) -> Apps {
        let first = App::new(&profile.app_id, &profile.app_secret, &profile.app_name);
        let by_id = BTreeMap::from([(profile.app_id.clone(), AppKey::FIRST)]);
        let mut apps = Apps { first, more: Vec::new(), by_id };
        for app in &profile.apps {
            apps.add(&app.id, &app.secret, &app.name);
        }
        apps
    }

    pub(crate) fn add(&mut self, id: &str, secret: &str, name: &str) -> AppKey {
        if let Some(key) = self.find(id) {
            return key;
        }
        self.more.push(App::new(id, secret, name));
        let key = AppKey(self.more.len());
        self.by_id.insert(id.to_owned(), key);
        key
    }

    pub(crate) fn find(&self, id: &str) -> Option<AppKey> {
        self.by_id.get(id).copied()
    }

    pub(crate) fn get(&self, key: AppKey) -> &App {
        key.0.checked_sub(1).and_then(|index| self.more.get(index)).unwrap_or(&self.first)
    }

    pub(crate) fn get_mut(&mut self, key: AppKey) -> &mut App {
        key.0.checked_sub(1).and_then(|index| self.more.get_mut(index)).unwrap_or(&mut self.first)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &App> {
        std::iter::once(&self.first).chain(&self.more)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = AppKey> + use<> {
        (0..=self.more.len()).map(AppKey)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }
}
