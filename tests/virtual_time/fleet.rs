//! Many clients on one platform, without a network between them: what is said is heard at once.

use std::collections::VecDeque;
use std::time::Duration;

use larkwire_core::{
    AliveKind, Attempt, Client, Close, Config, Domain, Input, LinkError, LinkErrorKind, MessageKind, Output, Time,
};
use larkwire_sim::{
    ConnectionId, ExchangeId, Input as Arrived, Message, Output as Done, Platform, Profile, Request, Response,
};

/// Attempts of one client that have numbers of their own.
const ATTEMPTS: u64 = 1_000_000;

pub(crate) struct Fleet {
    pub(crate) platform: Platform,
    pub(crate) now: Time,
    clients: Vec<One>,
    /// For which client, and what.
    inbox: VecDeque<(usize, Input)>,
    platform_wait: Option<Time>,
}

struct One {
    client: Client,
    wait: Option<Time>,
}

impl Fleet {
    pub(crate) fn new(count: usize) -> Fleet {
        let mut profile = Profile::default();
        profile.connection_limit = count;
        profile.transcript = false;
        let one = |seed: u64| {
            let mut config = Config::new(profile.app_id.clone(), profile.app_secret.clone());
            config.domain = Domain::Custom("http://127.0.0.1:9380".into());
            One { client: Client::new(config, seed, Time::ZERO), wait: None }
        };
        let clients: Vec<One> = (0..count as u64).map(one).collect();
        let platform = Platform::new(profile, 1, Time::ZERO);
        let mut fleet = Fleet { platform, now: Time::ZERO, clients, inbox: VecDeque::new(), platform_wait: None };
        (0..count).for_each(|index| fleet.listen(index));
        fleet.settle();
        fleet
    }

    /// Lets time pass, stopping at everything that happens on the way.
    pub(crate) fn pass(&mut self, duration: Duration) {
        let until = self.now.after(duration);
        self.settle();
        loop {
            let waits = self.clients.iter().filter_map(|one| one.wait).chain(self.platform_wait);
            self.now = waits.min().unwrap_or(until).clamp(self.now, until);
            self.platform.handle_input(self.now, Arrived::Timeout);
            for index in 0..self.clients.len() {
                if self.clients[index].wait.is_some_and(|wait| wait <= self.now) {
                    self.inbox.push_back((index, Input::Timeout));
                }
            }
            self.settle();
            if self.now == until {
                return;
            }
        }
    }

    fn settle(&mut self) {
        loop {
            self.carry_out();
            let Some((index, input)) = self.inbox.pop_front() else { return };
            self.clients[index].client.handle_input(self.now, input);
            self.listen(index);
        }
    }

    /// Carries out what a client says.
    fn listen(&mut self, index: usize) {
        let name = |attempt: Attempt| index as u64 * ATTEMPTS + attempt.number();
        loop {
            let arrived = match self.clients[index].client.poll_output() {
                Output::Wait(at) => {
                    self.clients[index].wait = at;
                    return;
                }
                Output::Request { attempt, request } => {
                    let target = request.url.path_and_query().into_owned();
                    let request =
                        Request { method: request.method.into(), target, headers: request.headers, body: request.body };
                    Arrived::Request { exchange: ExchangeId(name(attempt)), request }
                }
                Output::Connect { attempt, connect } => {
                    let target = connect.url.path_and_query().into_owned();
                    let request =
                        Request { method: "GET".into(), target, headers: connect.headers, ..Request::default() };
                    Arrived::Upgrade { connection: ConnectionId(name(attempt)), request }
                }
                Output::Send { attempt, data } => {
                    Arrived::Message { connection: ConnectionId(name(attempt)), message: Message::Binary(data) }
                }
                Output::Ping { attempt } => {
                    self.inbox.push_back((index, Input::Alive { attempt, kind: AliveKind::Pong }));
                    continue;
                }
                Output::Close { attempt, how: Close::Graceful { code, reason } } => {
                    Arrived::Closed { connection: ConnectionId(name(attempt)), code: Some(code), reason: reason.into() }
                }
                Output::Close { attempt, .. } => Arrived::Lost { connection: ConnectionId(name(attempt)) },
                _ => continue,
            };
            self.platform.handle_input(self.now, arrived);
        }
    }

    /// Carries out what the platform says.
    fn carry_out(&mut self) {
        let whose = |number: u64| ((number / ATTEMPTS) as usize, Attempt::new(number % ATTEMPTS));
        loop {
            let (number, input): (u64, Box<dyn FnOnce(Attempt) -> Input>) = match self.platform.poll_output() {
                Done::Wait(at) => {
                    self.platform_wait = at;
                    return;
                }
                Done::Respond { exchange, response: Response { status, headers, body } } => {
                    (exchange.0, Box::new(move |attempt| Input::Response { attempt, status, headers, body }))
                }
                Done::Accept { connection } => {
                    (connection.0, Box::new(|attempt| Input::Opened { attempt, headers: Vec::new() }))
                }
                Done::Send { connection, message: Message::Binary(data) } => {
                    (connection.0, Box::new(move |attempt| Input::Message { attempt, kind: MessageKind::Binary, data }))
                }
                Done::Abort { connection, .. } => (
                    connection.0,
                    Box::new(|attempt| Input::Failed {
                        attempt,
                        error: LinkError::new(LinkErrorKind::Reset, "end of stream"),
                    }),
                ),
                other => panic!("nobody told this driver about {other:?}"),
            };
            let (index, attempt) = whose(number);
            self.inbox.push_back((index, input(attempt)));
        }
    }
}
