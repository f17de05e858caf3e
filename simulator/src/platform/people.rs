//! People of the tenant, and what names a person or a bot.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Platform;
use super::app::AppKey;
use super::dice::Dice;
use super::transcript::What;

/// A user of the tenant. All ids follow from the name, so that they are the same in every run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Person {
    /// The name, which also tells people apart.
    pub name: String,
    /// The id in the first app: `ou_` and 32 hexadecimal digits. Each app has its own, see [`Platform::open_id`].
    pub open_id: String,
    /// The id in all apps: `on_` and 32 hexadecimal digits.
    pub union_id: String,
    /// The id in the tenant: 8 hexadecimal digits.
    pub user_id: String,
    /// The chat with the first app's bot: `oc_` and 32 hexadecimal digits.
    pub chat_id: String,
    /// A mail address.
    pub email: String,
    /// A telephone number.
    pub mobile: String,
    /// Which of 8 colours the person's picture has.
    pub avatar: u8,
}

impl Person {
    fn named(name: &str) -> Person {
        let mut dice = Dice::of(name);
        let (open_id, union_id) = (format!("ou_{}", dice.hex(32)), format!("on_{}", dice.hex(32)));
        let (user_id, chat_id) = (dice.hex(8), format!("oc_{}", dice.hex(32)));
        let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
        let mailbox = if name.chars().all(plain) { name.to_ascii_lowercase() } else { user_id.clone() };
        Person {
            name: name.to_owned(),
            open_id,
            union_id,
            user_id,
            chat_id,
            email: format!("{mailbox}@example.com"),
            mobile: format!("138{}", dice.digits(8)),
            avatar: u8::try_from(dice.below(8)).unwrap_or_default(),
        }
    }
}

/// Who does something: a person, or the bot of an app.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Actor {
    /// A person, by name.
    User(String),
    /// A bot, by the id of its app.
    App(String),
}

impl Actor {
    /// The name of the person, or the id of the app.
    pub fn id(&self) -> &str {
        match self {
            Actor::User(id) | Actor::App(id) => id,
        }
    }
}

/// The kinds of ids that a person has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdType {
    Open,
    Union,
    User,
}

impl IdType {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            IdType::Open => "open_id",
            IdType::Union => "union_id",
            IdType::User => "user_id",
        }
    }

    pub(crate) fn named(name: &str) -> Option<IdType> {
        [IdType::Open, IdType::Union, IdType::User].into_iter().find(|id| id.as_str() == name)
    }
}

/// All people, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    by_name: BTreeMap<String, Person>,
}

impl People {
    pub(crate) fn get(&self, name: &str) -> Option<&Person> {
        self.by_name.get(name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Person> {
        self.by_name.values()
    }
}

impl Platform {
    /// A person of this name, who exists from now on. When there are as many people as [`Profile::records`] allows, a new
    /// one gets ids, but is not remembered.
    ///
    /// [`Profile::records`]: super::Profile::records
    pub fn person(&mut self, name: &str) -> Person {
        if let Some(person) = self.people.get(name) {
            return person.clone();
        }
        let person = Person::named(name);
        if self.people.by_name.len() < self.profile.records.max(1) {
            self.people.by_name.insert(name.to_owned(), person.clone());
            self.write(What::Person { person: person.clone() });
            self.p2p(&person, AppKey::FIRST);
        }
        person
    }

    /// All people who exist, in the order of their names.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.iter()
    }

    /// The id that a person has in an app: each app sees another one (official documentation). None if there is no such
    /// person or app.
    pub fn open_id(&self, name: &str, app_id: &str) -> Option<String> {
        Some(self.open_id_in(self.people.get(name)?, self.apps.find(app_id)?))
    }

    pub(super) fn open_id_in(&self, person: &Person, app: AppKey) -> String {
        if app == AppKey::FIRST {
            return person.open_id.clone();
        }
        format!("ou_{}", Dice::of(&format!("{}@{}", person.name, self.apps.get(app).id)).hex(32))
    }

    /// A person's id of this kind, as an app sees it.
    pub(super) fn id_in(&self, person: &Person, kind: IdType, app: AppKey) -> String {
        match kind {
            IdType::Open => self.open_id_in(person, app),
            IdType::Union => person.union_id.clone(),
            IdType::User => person.user_id.clone(),
        }
    }

    /// The person with this id of this kind, as an app sees it.
    pub(super) fn person_by(&self, kind: IdType, id: &str, app: AppKey) -> Option<&Person> {
        self.people.iter().find(|person| match kind {
            IdType::Open if app == AppKey::FIRST => person.open_id == id,
            IdType::Open => self.open_id_in(person, app) == id,
            IdType::Union => person.union_id == id,
            IdType::User => person.user_id == id,
        })
    }

    /// Whether this is the open id of a person as one of the first few other apps sees it.
    pub(super) fn is_open_id_elsewhere(&self, id: &str, app: AppKey) -> bool {
        const LOOKED_AT: usize = 16;
        let mut others = self.apps.keys().take(LOOKED_AT).filter(|other| *other != app);
        others.any(|other| self.person_by(IdType::Open, id, other).is_some())
    }

    /// Whom an app means by an id whose kind is not said: mentions take them all (official documentation).
    pub(super) fn actor_by_any(&self, id: &str, app: AppKey) -> Option<Actor> {
        let kind = match id.split_once('_') {
            Some(("ou", _)) => IdType::Open,
            Some(("on", _)) => IdType::Union,
            _ => IdType::User,
        };
        if let Some(person) = self.person_by(kind, id, app) {
            return Some(Actor::User(person.name.clone()));
        }
        let bot = self.apps.iter().find(|app| app.open_id == id || app.id == id)?;
        Some(Actor::App(bot.id.clone()))
    }

    /// All ids of a person or a bot in one object, as events carry them.
    pub(super) fn ids(&self, actor: &Actor, app: AppKey) -> Value {
        match actor {
            Actor::User(name) => match self.people.get(name) {
                Some(person) => json!({
                    "open_id": self.open_id_in(person, app),
                    "union_id": person.union_id,
                    "user_id": person.user_id,
                }),
                None => json!({"open_id": "", "union_id": "", "user_id": ""}),
            },
            Actor::App(app_id) => {
                let bot = self.apps.find(app_id).map(|key| self.apps.get(key));
                let union_id = format!("on_{}", Dice::of(app_id).hex(32));
                json!({"open_id": bot.map(|bot| bot.open_id.as_str()), "union_id": union_id, "user_id": ""})
            }
        }
    }

    /// The name under which people know somebody.
    pub(super) fn name_of(&self, actor: &Actor) -> String {
        match actor {
            Actor::User(name) => name.clone(),
            Actor::App(app_id) => {
                self.apps.find(app_id).map_or_else(|| app_id.clone(), |key| self.apps.get(key).name.clone())
            }
        }
    }
}
