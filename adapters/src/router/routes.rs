//! From the type of an event to its handler, at run time.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use larkwire_core::event::{EventType, Schema};

use super::RouterError;
use super::extract::States;
use super::route::Route;

/// All routes, by what they are for. The names of the two versions of the envelope are spaces of their own.
#[derive(Default)]
pub(super) struct Table {
    spaces: BTreeMap<Schema, Space>,
    other: Option<Arc<Route>>,
}

#[derive(Default)]
struct Space {
    exact: HashMap<Arc<str>, Arc<Route>>,
    /// By what comes before the asterisk, the longest first.
    patterns: Vec<(String, Arc<Route>)>,
}

/// What comes before the asterisk of a pattern; none if the name is not a pattern.
fn prefix(name: &str) -> Result<Option<&str>, RouterError> {
    match name.strip_suffix('*') {
        _ if name.is_empty() => Err(RouterError::BadName(name.to_owned())),
        Some(prefix) if !prefix.contains('*') => Ok(Some(prefix)),
        None if !name.contains('*') => Ok(None),
        _ => Err(RouterError::BadName(name.to_owned())),
    }
}

impl Table {
    /// The handler for events of this type: that of the name, else that of the longest pattern, else the one for all others.
    pub(super) fn find(&self, of: Option<EventType<'_>>) -> Option<Arc<Route>> {
        let named = of.and_then(|of| {
            let space = self.spaces.get(&of.schema)?;
            space.exact.get(of.name).or_else(|| {
                let pattern = space.patterns.iter().find(|(prefix, _)| of.name.starts_with(prefix.as_str()));
                pattern.map(|(_, route)| route)
            })
        });
        named.or(self.other.as_ref()).cloned()
    }

    /// Gives back the one that it takes the place of.
    pub(super) fn set(&mut self, route: Route) -> Result<Option<Arc<Route>>, RouterError> {
        let route = Arc::new(route);
        let Some(schema) = route.of else { return Ok(self.other.replace(route)) };
        let space = self.spaces.entry(schema).or_default();
        let Some(prefix) = prefix(&route.name)? else {
            return Ok(space.exact.insert(Arc::clone(&route.name), route));
        };
        match space.patterns.iter_mut().find(|(known, _)| known == prefix) {
            Some((_, known)) => Ok(Some(std::mem::replace(known, route))),
            None => {
                let shorter = space.patterns.partition_point(|(known, _)| known.len() > prefix.len());
                space.patterns.insert(shorter, (prefix.to_owned(), route));
                Ok(None)
            }
        }
    }

    fn remove(&mut self, of: EventType<'_>) -> Option<Arc<Route>> {
        let space = self.spaces.get_mut(&of.schema)?;
        match prefix(of.name).ok()? {
            None => space.exact.remove(of.name),
            Some(prefix) => {
                let index = space.patterns.iter().position(|(known, _)| known == prefix)?;
                Some(space.patterns.remove(index).1)
            }
        }
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &Route> {
        let spaces = self.spaces.values();
        let named = spaces.flat_map(|space| space.exact.values().chain(space.patterns.iter().map(|(_, route)| route)));
        named.chain(&self.other).map(|route| &**route)
    }
}

/// The handlers of a router, to be replaced and removed while the bot runs. Cheap to clone; made by
/// [`Router::routes`](crate::Router::routes).
///
/// What changes is for deliveries that come from then on. Those that came before, running or waiting for their turn, keep
/// the handler that they found.
///
/// ```
/// use larkwire::event::im::v1::MessageReceiveV1;
/// use larkwire::event::{Event, EventType};
/// use larkwire::Router;
/// use larkwire::router::Route;
///
/// async fn open(event: MessageReceiveV1) {}
/// async fn closed(event: MessageReceiveV1) {}
///
/// let router = Router::builder().on(open).build()?;
/// let routes = router.routes();
/// // Later, when the bot has the router:
/// let replaced = routes.set(Route::event(closed))?;
/// assert!(replaced);
/// assert!(routes.remove(MessageReceiveV1::TYPE));
/// assert!(!routes.remove(EventType::p2("im.message.*")), "there is none");
/// # Ok::<(), larkwire::RouterError>(())
/// ```
#[derive(Clone)]
pub struct Routes {
    pub(super) table: Arc<RwLock<Table>>,
    pub(super) states: States,
}

impl Routes {
    /// Adds a route, or puts it in the place of the one that is for the same events. Tells whether there was one.
    ///
    /// # Errors
    /// When its name is not one, or it needs state that the router was not given. Nothing has changed then.
    pub fn set(&self, route: Route) -> Result<bool, RouterError> {
        check(&route, &self.states)?;
        // Its handler is the application's, and is dropped outside of the lock.
        let replaced = self.write().set(route)?;
        Ok(replaced.is_some())
    }

    /// Removes the route for events of exactly this name or pattern. Tells whether there was one.
    pub fn remove(&self, of: EventType<'_>) -> bool {
        let removed = self.write().remove(of);
        removed.is_some()
    }

    /// Removes the route for all that has no other one. Tells whether there was one.
    pub fn remove_other(&self) -> bool {
        let removed = self.write().other.take();
        removed.is_some()
    }

    /// The handler of a delivery of this type.
    pub(super) fn find(&self, of: Option<EventType<'_>>) -> Option<Arc<Route>> {
        self.read().find(of)
    }

    // Nothing in there panics half-way.
    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.read();
        let mut names: Vec<&str> = table.all().map(Route::name).collect();
        names.sort_unstable();
        f.debug_list().entries(names).finish()
    }
}

/// Whether the handler of a route can have what it asks for.
pub(super) fn check(route: &Route, states: &States) -> Result<(), RouterError> {
    match states.missing(&route.needs) {
        Some(state) => Err(RouterError::MissingState { state, handler: route.name.to_string() }),
        None => Ok(()),
    }
}
