use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Result;

/// A port that greets whoever comes, says nothing more, and keeps count: what it did not see was not sent.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    /// Each connection's port, and the bytes that came by it, in the order in which they were made.
    came: watch::Receiver<Vec<(u16, u64)>>,
    /// Ports of the connections that it made itself.
    own: Mutex<Vec<u16>>,
    task: JoinHandle<()>,
}

/// What a listener saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Connections that were made to it.
    pub connections: usize,
    /// Bytes that came by them.
    pub bytes: u64,
}

impl Listener {
    /// Listens on loopback, on a port that the system picks. The greeting may be empty.
    pub async fn start(greeting: &'static str) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (tell, came) = watch::channel(Vec::new());
        let tell = Arc::new(tell);
        let task = tokio::spawn(async move {
            while let Ok((stream, from)) = listener.accept().await {
                tell.send_modify(|came| came.push((from.port(), 0)));
                tokio::spawn(count(stream, from.port(), greeting, Arc::clone(&tell)));
            }
        });
        Ok(Self { address, came, own: Mutex::default(), task })
    }

    /// Where it listens.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// What it saw. Connections queue up in order, so it makes one of its own and waits for that: one that was made before this
    /// call is in the count.
    pub async fn seen(&self) -> Result<Seen> {
        let knock = TcpStream::connect(self.address).await?;
        let port = knock.local_addr()?.port();
        let own = {
            let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
            own.push(port);
            own.clone()
        };
        let came = self.came.clone().wait_for(|came| came.iter().any(|(from, _)| *from == port)).await?.clone();
        let others = came.iter().filter(|(port, _)| !own.contains(port));
        Ok(others.fold(Seen::default(), |seen, (_, bytes)| Seen { connections: seen.connections + 1, bytes: seen.bytes + bytes }))
    }

    /// Returns when the first byte has come.
    pub async fn first_byte(&self) -> Result<()> {
        self.came.clone().wait_for(|came| came.iter().any(|(_, bytes)| *bytes > 0)).await?;
        Ok(())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn count(mut stream: TcpStream, from: u16, greeting: &str, tell: Arc<watch::Sender<Vec<(u16, u64)>>>) {
    // Whoever left already is counted all the same.
    let _ = stream.write_all(greeting.as_bytes()).await;
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
        tell.send_modify(|came| {
            for (_, bytes) in came.iter_mut().filter(|(port, _)| *port == from) {
                *bytes += length as u64;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_connection_and_byte_is_counted_and_its_own_are_not() {
        let listener = Listener::start("220 hello\r\n").await.unwrap();
        assert_eq!(listener.seen().await.unwrap(), Seen::default());
        let mut silent = TcpStream::connect(listener.address).await.unwrap();
        assert_eq!(listener.seen().await.unwrap(), Seen { connections: 1, bytes: 0 });
        let mut greeting = [0; 11];
        silent.read_exact(&mut greeting).await.unwrap();
        assert_eq!(&greeting, b"220 hello\r\n");
        let mut loud = TcpStream::connect(listener.address).await.unwrap();
        loud.write_all(b"EHLO").await.unwrap();
        listener.first_byte().await.unwrap();
        assert_eq!(listener.seen().await.unwrap().connections, 2);
        listener.came.clone().wait_for(|came| came.iter().map(|(_, bytes)| bytes).sum::<u64>() == 4).await.unwrap();
    }
}
