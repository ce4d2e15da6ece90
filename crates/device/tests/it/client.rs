//! The least RTSP client that can play a stream over TCP.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

pub(crate) struct Client {
    socket: BufReader<TcpStream>,
    url: String,
    cseq: u32,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// One interleaved frame.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) channel: u8,
    pub(crate) data: Vec<u8>,
}

impl Frame {
    pub(crate) fn sequence(&self) -> u16 {
        u16::from_be_bytes([self.data[2], self.data[3]])
    }

    pub(crate) fn timestamp(&self) -> u32 {
        u32::from_be_bytes(self.data[4..8].try_into().unwrap())
    }

    pub(crate) fn marker(&self) -> bool {
        self.data[1] & 0x80 != 0
    }

    /// Type of the H.264 NAL unit that the packet carries or continues.
    pub(crate) fn nal_type(&self) -> u8 {
        match self.data[12] & 0x1f {
            28 => self.data[13] & 0x1f,
            kind => kind,
        }
    }
}

impl Client {
    pub(crate) async fn connect(url: &str) -> Self {
        let host = url.trim_start_matches("rtsp://").split('/').next().unwrap();
        let socket = BufReader::new(TcpStream::connect(host).await.unwrap());
        Self { socket, url: url.to_owned(), cseq: 0 }
    }

    /// Connected and playing its first `tracks` tracks.
    pub(crate) async fn playing(url: &str, tracks: u8) -> Self {
        let mut client = Self::connect(url).await;
        for track in 0..tracks {
            let transport = format!("Transport: RTP/AVP/TCP;unicast;interleaved={}-{}", 2 * track, 2 * track + 1);
            assert_eq!(client.ask("SETUP", &format!("/trackID={track}"), &transport).await.unwrap().status, 200);
        }
        assert_eq!(client.ask("PLAY", "", "").await.unwrap().status, 200);
        client
    }

    /// Sends a request and reads the reply, passing over media.
    pub(crate) async fn ask(&mut self, method: &str, suffix: &str, header: &str) -> io::Result<Reply> {
        self.cseq += 1;
        let header = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
        let request = format!("{method} {}{suffix} RTSP/1.0\r\nCSeq: {}\r\n{header}\r\n", self.url, self.cseq);
        self.socket.write_all(request.as_bytes()).await?;
        while self.socket.fill_buf().await?.first() == Some(&b'$') {
            self.frame().await?;
        }
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.socket.read_line(&mut head).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<usize>().ok());
        let mut body = vec![0; field("Content-Length:").unwrap_or(0)];
        self.socket.read_exact(&mut body).await?;
        Ok(Reply { status: head[9..12].parse().unwrap(), body: String::from_utf8(body).unwrap(), head })
    }

    pub(crate) async fn frame(&mut self) -> io::Result<Frame> {
        let mut head = [0; 4];
        self.socket.read_exact(&mut head).await?;
        assert_eq!(head[0], b'$');
        let mut data = vec![0; usize::from(u16::from_be_bytes([head[2], head[3]]))];
        self.socket.read_exact(&mut data).await?;
        Ok(Frame { channel: head[1], data })
    }

    /// The next packet of a channel.
    pub(crate) async fn packet(&mut self, channel: u8) -> io::Result<Frame> {
        loop {
            let frame = self.frame().await?;
            if frame.channel == channel {
                return Ok(frame);
            }
        }
    }

    /// The packets of the next `pictures` pictures, from a picture's first packet on.
    pub(crate) async fn pictures(&mut self, pictures: usize) -> io::Result<Vec<Vec<Frame>>> {
        let mut out: Vec<Vec<Frame>> = Vec::new();
        let mut picture = Vec::new();
        while out.len() < pictures {
            let packet = self.packet(0).await?;
            let ends = packet.marker();
            picture.push(packet);
            if ends {
                out.push(std::mem::take(&mut picture));
            }
        }
        Ok(out)
    }
}
