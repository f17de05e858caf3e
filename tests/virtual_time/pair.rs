//! Client and platform, two machines that share nothing but the frame codec, over a link in virtual time.

use std::collections::BTreeMap;
use std::time::Duration;

use larkwire_core::{
    AliveKind, Attempt, Client, Close, Config, Delivery, DeliveryId, Domain, Input, LinkError, LinkErrorKind,
    MessageKind, Notice, Output, Reply, Time,
};
use larkwire_sim::{
    ConnectionId, ExchangeId, Input as Arrived, Link, LinkProfile, Message, Output as Done, Platform, Profile, Request,
    Response,
};

/// From the platform to the client, for one attempt.
#[derive(Debug)]
enum Down {
    Response(Response),
    Accepted,
    Refused(Response),
    Message(Message),
    Closed(u16, String),
    Cut,
}

/// What the application does with a delivery: how long it takes, and its answer.
pub(crate) type Handler = Box<dyn FnMut(&Delivery) -> (Duration, Reply)>;

pub(crate) struct Pair {
    pub(crate) client: Client,
    pub(crate) platform: Platform,
    pub(crate) now: Time,
    /// All notices but deliveries, with their time.
    pub(crate) notices: Vec<(Time, Notice)>,
    /// What was handled, by event id.
    pub(crate) handled: Vec<String>,
    pub(crate) handler: Handler,
    /// The application does not read from the socket.
    pub(crate) stalled: bool,
    up: Link<Arrived>,
    down: Link<(Attempt, Down)>,
    replies: Vec<(Time, DeliveryId, Reply)>,
    /// Connections that stand still, with what waits on both ways.
    frozen: BTreeMap<u64, (Vec<Arrived>, Vec<Down>)>,
    /// How far the platform's clock has jumped ahead of the client's.
    pub(crate) ahead: Duration,
    client_wait: Option<Time>,
    platform_wait: Option<Time>,
    next_wall: Time,
}

/// The wall clock at the origin of time.
const UNIX_MS: u64 = 1_767_225_600_000;

impl Pair {
    pub(crate) fn new(link: LinkProfile) -> Pair {
        Pair::with(link, |_| {}, |_| {})
    }

    pub(crate) fn with(
        link: LinkProfile,
        client: impl FnOnce(&mut Config),
        platform: impl FnOnce(&mut Profile),
    ) -> Pair {
        Pair::seeded(1, link, client, platform)
    }

    /// With other dice, for both machines and both directions.
    pub(crate) fn seeded(
        seed: u64,
        link: LinkProfile,
        client: impl FnOnce(&mut Config),
        platform: impl FnOnce(&mut Profile),
    ) -> Pair {
        let mut profile = Profile::default();
        platform(&mut profile);
        let mut config = Config::new(profile.app_id.clone(), profile.app_secret.clone());
        config.domain = Domain::Custom("http://127.0.0.1:9380".into());
        client(&mut config);
        let mut pair = Pair {
            client: Client::new(config, seed, Time::ZERO),
            platform: Platform::new(profile, seed + 1, Time::ZERO),
            now: Time::ZERO,
            notices: Vec::new(),
            handled: Vec::new(),
            handler: Box::new(|_| (Duration::ZERO, Reply::ok())),
            stalled: false,
            up: Link::new(link, seed + 2),
            down: Link::new(link, seed + 3),
            replies: Vec::new(),
            frozen: BTreeMap::new(),
            ahead: Duration::ZERO,
            client_wait: None,
            platform_wait: None,
            next_wall: Time::ZERO,
        };
        pair.settle();
        pair
    }

    /// Lets time pass, stopping at everything that happens on the way.
    pub(crate) fn pass(&mut self, duration: Duration) {
        self.settle();
        let until = self.now.after(duration);
        while let Some(at) = self.next().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.step();
        }
        self.now = until;
        self.step();
    }

    /// Lets time pass until `done`, for at most `limit`; tells how long it took.
    #[track_caller]
    pub(crate) fn until(&mut self, limit: Duration, what: &str, done: impl Fn(&Pair) -> bool) -> Duration {
        self.settle();
        let start = self.now;
        while !done(self) {
            let next = self.next().unwrap_or_else(|| panic!("nothing happens any more, and not {what}"));
            assert!(next.since(start) <= limit, "not {what} within {limit:?}: {:#?}", self.notices);
            self.now = self.now.max(next);
            self.step();
        }
        self.now.since(start)
    }

    pub(crate) fn until_ready(&mut self) {
        self.until(Duration::from_secs(3600), "ready", Pair::is_ready);
    }

    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.client.status(), larkwire_core::Status::Open { ready: true, .. })
    }

    /// The far end of every connection is gone, and nobody says so.
    pub(crate) fn cut(&mut self) {
        self.up.cut();
        self.down.cut();
    }

    /// The network works again; what was on it is lost.
    pub(crate) fn mend(&mut self) {
        self.up.renew();
        self.down.renew();
    }

    /// Nothing gets through for so long, and then everything does.
    pub(crate) fn stall(&mut self, duration: Duration) {
        let until = self.now.after(duration);
        self.up.stall(until);
        self.down.stall(until);
    }

    pub(crate) fn count(&self, what: impl Fn(&Notice) -> bool) -> usize {
        self.notices.iter().filter(|(_, notice)| what(notice)).count()
    }

    pub(crate) fn losses(&self) -> usize {
        self.count(|notice| matches!(notice, Notice::Disconnected { .. }))
    }

    fn next(&self) -> Option<Time> {
        let down = self.down.next().filter(|_| self.reads());
        let reply = self.replies.iter().map(|(at, ..)| *at).min();
        let wall = Some(self.next_wall);
        [self.client_wait, self.platform_wait, self.up.next(), down, reply, wall].into_iter().flatten().min()
    }

    fn reads(&self) -> bool {
        !self.stalled && self.client.wants_input()
    }

    fn step(&mut self) {
        self.platform.handle_input(self.now.after(self.ahead), Arrived::Timeout);
        if self.next_wall <= self.now {
            self.next_wall = self.now.after(Duration::from_secs(15));
            // The wall clock went on, even where the client's own stood still.
            let unix_ms = UNIX_MS + (self.now.since_origin() + self.ahead).as_millis() as u64;
            self.client.handle_input(self.now, Input::Wall { unix_ms });
        }
        while let Some(arrived) = self.up.receive(self.now) {
            self.arrives_at_platform(arrived);
        }
        let could_read = self.reads();
        while self.reads() {
            let Some((attempt, down)) = self.down.receive(self.now) else { break };
            self.arrives_at_client(attempt, down);
            self.settle();
        }
        let due = self.replies.iter().position(|(at, ..)| *at <= self.now);
        if let Some(index) = due {
            let (_, id, reply) = self.replies.remove(index);
            // A delivery that was given up meanwhile has nobody to answer.
            let _ = self.client.reply(self.now, id, reply);
        }
        if !could_read && self.reads() {
            self.client.handle_input(self.now, Input::Resumed);
        }
        self.client.handle_input(self.now, Input::Timeout);
        self.settle();
    }

    fn settle(&mut self) {
        self.client_wait = loop {
            match self.client.poll_output() {
                Output::Wait(at) => break at,
                output => self.client_says(output),
            }
        };
        self.platform_wait = loop {
            match self.platform.poll_output() {
                Done::Wait(at) => break at.map(|at| Time::new(at.since_origin().saturating_sub(self.ahead))),
                output => self.platform_does(output),
            }
        };
    }

    fn upwards(&mut self, arrived: Arrived) {
        self.up.send(self.now, arrived);
    }

    fn downwards(&mut self, number: u64, down: Down) {
        match self.frozen.get_mut(&number) {
            Some((_, held)) => held.push(down),
            None => self.down.send(self.now, (Attempt::new(number), down)),
        }
    }

    fn client_says(&mut self, output: Output) {
        match output {
            Output::Request { attempt, request } => {
                let target = request.url.path_and_query().into_owned();
                let request =
                    Request { method: request.method.into(), target, headers: request.headers, body: request.body };
                self.upwards(Arrived::Request { exchange: ExchangeId(attempt.number()), request });
            }
            Output::Connect { attempt, connect } => {
                let target = connect.url.path_and_query().into_owned();
                let request = Request { method: "GET".into(), target, headers: connect.headers, ..Request::default() };
                self.upwards(Arrived::Upgrade { connection: ConnectionId(attempt.number()), request });
            }
            Output::Send { attempt, data } => self.sends(attempt, Message::Binary(data)),
            Output::Ping { attempt } => self.sends(attempt, Message::Ping(Default::default())),
            Output::Close { attempt, how: Close::Graceful { code, reason } } => {
                let connection = ConnectionId(attempt.number());
                self.upwards(Arrived::Closed { connection, code: Some(code), reason: reason.into() });
            }
            Output::Close { attempt, .. } => self.upwards(Arrived::Lost { connection: ConnectionId(attempt.number()) }),
            Output::Notice(Notice::Delivery(delivery)) => {
                self.handled.extend(delivery.envelope().event_id.map(|id| id.into_owned()));
                let (takes, reply) = (self.handler)(&delivery);
                self.replies.push((self.now.after(takes), delivery.id(), reply));
            }
            Output::Notice(notice) => self.notices.push((self.now, notice)),
            other => panic!("nobody told this driver about {other:?}"),
        }
    }

    fn sends(&mut self, attempt: Attempt, message: Message) {
        self.upwards(Arrived::Message { connection: ConnectionId(attempt.number()), message });
    }

    fn arrives_at_platform(&mut self, arrived: Arrived) {
        let connection = match &arrived {
            Arrived::Message { connection, .. } | Arrived::Closed { connection, .. } => Some(connection.0),
            _ => None,
        };
        if let Some((held, _)) = connection.and_then(|connection| self.frozen.get_mut(&connection)) {
            return held.push(arrived);
        }
        if let Arrived::Message { connection, message: Message::Ping(data) } = &arrived {
            self.downwards(connection.0, Down::Message(Message::Pong(data.clone())));
        }
        self.platform.handle_input(self.now.after(self.ahead), arrived);
        self.settle();
    }

    fn platform_does(&mut self, output: Done) {
        match output {
            Done::Respond { exchange, response } => self.downwards(exchange.0, Down::Response(response)),
            Done::Accept { connection } => self.downwards(connection.0, Down::Accepted),
            Done::Refuse { connection, response } => self.downwards(connection.0, Down::Refused(response)),
            Done::Send { connection, message } => self.downwards(connection.0, Down::Message(message)),
            Done::Close { connection, code, reason } => self.downwards(connection.0, Down::Closed(code, reason)),
            Done::Abort { connection, .. } => {
                self.frozen.remove(&connection.0);
                self.downwards(connection.0, Down::Cut);
            }
            Done::Freeze { connection } => drop(self.frozen.insert(connection.0, Default::default())),
            Done::Thaw { connection } => {
                let (up, down) = self.frozen.remove(&connection.0).unwrap_or_default();
                down.into_iter().for_each(|down| self.downwards(connection.0, down));
                up.into_iter().for_each(|arrived| self.upwards(arrived));
            }
            Done::Jump { by } => {
                self.ahead += by;
                // Whoever looks at the wall clock now and then sees it at once.
                self.next_wall = self.now;
            }
            other => panic!("nobody told this driver about {other:?}"),
        }
    }

    fn arrives_at_client(&mut self, attempt: Attempt, down: Down) {
        let connection = ConnectionId(attempt.number());
        let input = match down {
            Down::Response(Response { status, headers, body }) => Input::Response { attempt, status, headers, body },
            Down::Accepted => Input::Opened { attempt, headers: Vec::new() },
            Down::Refused(Response { status, headers, body }) => Input::Rejected { attempt, status, headers, body },
            Down::Message(Message::Binary(data)) => Input::Message { attempt, kind: MessageKind::Binary, data },
            Down::Message(Message::Text(text)) => {
                Input::Message { attempt, kind: MessageKind::Text, data: text.into() }
            }
            Down::Message(Message::Ping(data)) => {
                self.sends(attempt, Message::Pong(data));
                Input::Alive { attempt, kind: AliveKind::Ping }
            }
            Down::Message(_) => Input::Alive { attempt, kind: AliveKind::Pong },
            Down::Closed(code, reason) => {
                // The WebSocket layer of the client answers a Close by itself.
                self.upwards(Arrived::Lost { connection });
                Input::Closed { attempt, code, reason }
            }
            Down::Cut => {
                self.upwards(Arrived::Lost { connection });
                Input::Failed { attempt, error: LinkError::new(LinkErrorKind::Reset, "end of stream") }
            }
        };
        self.client.handle_input(self.now, input);
    }
}
