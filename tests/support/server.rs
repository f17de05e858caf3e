//! A loopback server on a thread of its own.

use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;

use futures::channel::oneshot;
use tokio::net::TcpStream;

/// A server. Dropping it ends it and all its connections.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens on 127.0.0.1, and handles each connection in a task.
    pub(crate) fn start<F>(handle: impl Fn(TcpStream) -> F + Send + 'static) -> Server
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Server::start_at("127.0.0.1:0", handle)
    }

    /// The same, at another address.
    pub(crate) fn start_at<F>(at: &str, handle: impl Fn(TcpStream) -> F + Send + 'static) -> Server
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(at).expect("a free port");
        listener.set_nonblocking(true).expect("a socket that does not block");
        let address = listener.local_addr().expect("a bound socket");
        let (stop, stopped) = oneshot::channel::<()>();
        let body = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                let accepting = async {
                    loop {
                        if let Ok((stream, _)) = listener.accept().await {
                            let _ = stream.set_nodelay(true);
                            tokio::spawn(handle(stream));
                        }
                    }
                };
                tokio::select! { () = accepting => {}, _ = stopped => {} }
            });
        };
        let thread = std::thread::Builder::new().name("front".into()).spawn(body).expect("a thread");
        Server { address, stop: Some(stop), thread: Some(thread) }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A panic in there has been reported by the thread itself.
            let _ = thread.join();
        }
    }
}
