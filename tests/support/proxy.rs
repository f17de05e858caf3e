//! Proxies made by hand: well-behaved ones that remember what they were asked for, and ones that are not.

use std::future::pending;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use super::server::Server;

/// A proxy.
#[derive(Debug)]
pub(crate) struct Proxy {
    server: Server,
    reached: Reached,
}

type Reached = Arc<Mutex<Vec<String>>>;

impl Proxy {
    /// An HTTP proxy that takes CONNECT, with this `Proxy-Authorization` if one is given.
    pub(crate) fn connect(authorization: Option<&'static str>) -> Proxy {
        Proxy::start(move |stream, reached| connect(stream, authorization, reached))
    }

    /// A SOCKS5 proxy, which wants this name and password if they are given.
    pub(crate) fn socks5(credentials: Option<(&'static str, &'static str)>) -> Proxy {
        Proxy::start(move |stream, reached| socks5(stream, credentials, reached))
    }

    /// A server that reads a request head as a proxy does, and then does whatever `misbehave` does.
    pub(crate) fn hostile<F>(misbehave: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> Proxy
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let misbehave = Arc::new(misbehave);
        Proxy::start(move |mut stream, reached| {
            let misbehave = Arc::clone(&misbehave);
            async move {
                let head = head(&mut stream).await?;
                reached.lock().unwrap().push(request_line(&head));
                misbehave(stream).await
            }
        })
    }

    /// A server that answers whatever comes first with these bytes, and leaves the connection open.
    pub(crate) fn answering(bytes: &'static [u8]) -> Proxy {
        Proxy::start(move |mut stream, _| async move {
            stream.read_u8().await?;
            stream.write_all(bytes).await?;
            pending().await
        })
    }

    /// An HTTP proxy that takes any CONNECT, and sends its answer in single bytes.
    pub(crate) fn connect_in_bytes() -> Proxy {
        Proxy::start(|mut stream, reached| async move {
            let target = request_line(&head(&mut stream).await?);
            for byte in b"HTTP/1.1 200 Connection established\r\n\r\n" {
                stream.write_all(&[*byte]).await?;
                tokio::task::yield_now().await;
            }
            tunnel(stream, target, &reached).await
        })
    }

    fn start<F>(handle: impl Fn(TcpStream, Reached) -> F + Send + 'static) -> Proxy
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let reached = Reached::default();
        let remembering = Arc::clone(&reached);
        let server = Server::start(move |stream| {
            let handling = handle(stream, Arc::clone(&remembering));
            // A client that goes away is no news.
            async move { drop(handling.await) }
        });
        Proxy { server, reached }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// What it was asked to reach, the first first.
    pub(crate) fn reached(&self) -> Vec<String> {
        self.reached.lock().unwrap().clone()
    }
}

/// Everything until the empty line.
async fn head(stream: &mut TcpStream) -> io::Result<String> {
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        read.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&read).into_owned())
}

/// What a CONNECT asks for.
fn request_line(head: &str) -> String {
    head.split(' ').nth(1).unwrap_or_default().to_owned()
}

async fn connect(mut stream: TcpStream, authorization: Option<&str>, reached: Reached) -> io::Result<()> {
    let head = head(&mut stream).await?;
    let target = request_line(&head);
    let given = head.lines().find_map(|line| line.strip_prefix("Proxy-Authorization: "));
    let answer = match given {
        _ if !head.starts_with("CONNECT ") => "HTTP/1.1 405 Method Not Allowed",
        _ if !head.contains(&format!("Host: {target}\r\n")) => "HTTP/1.1 400 Bad Request",
        given if given != authorization => {
            "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\""
        }
        _ => "HTTP/1.1 200 Connection established\r\nVia: a test",
    };
    stream.write_all(format!("{answer}\r\n\r\n").as_bytes()).await?;
    if answer.contains(" 200 ") {
        tunnel(stream, target, &reached).await?;
    }
    Ok(())
}

async fn socks5(mut stream: TcpStream, credentials: Option<(&str, &str)>, reached: Reached) -> io::Result<()> {
    let _version = stream.read_u8().await?;
    let methods = counted(&mut stream).await?;
    let method = if credentials.is_some() { 2 } else { 0 };
    if !methods.contains(&method) {
        return stream.write_all(&[5, 0xff]).await;
    }
    stream.write_all(&[5, method]).await?;
    if let Some((name, password)) = credentials {
        let _version = stream.read_u8().await?;
        let right = counted(&mut stream).await? == name.as_bytes();
        let right = counted(&mut stream).await? == password.as_bytes() && right;
        stream.write_all(&[1, u8::from(!right)]).await?;
        if !right {
            return Ok(());
        }
    }
    let mut request = [0; 4];
    stream.read_exact(&mut request).await?;
    let host = match request[3] {
        1 => IpAddr::from(Ipv4Addr::from(stream.read_u32().await?)).to_string(),
        4 => IpAddr::from(stream.read_u128().await?.to_be_bytes()).to_string(),
        _ => String::from_utf8_lossy(&counted(&mut stream).await?).into_owned(),
    };
    let port = stream.read_u16().await?;
    // The bound address is a name here, which RFC 1928 allows and clients forget.
    stream.write_all(b"\x05\x00\x00\x03\x04test\x00\x01").await?;
    tunnel(stream, format!("{host}:{port}"), &reached).await
}

/// A length, and so many bytes.
async fn counted(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; stream.read_u8().await?.into()];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

async fn tunnel(mut outside: TcpStream, target: String, reached: &Reached) -> io::Result<()> {
    reached.lock().unwrap().push(target.clone());
    let mut inside = TcpStream::connect(target).await?;
    inside.set_nodelay(true)?;
    copy_bidirectional(&mut outside, &mut inside).await.map(drop)
}
