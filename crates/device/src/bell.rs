//! The camera's bell: a button on this machine, of a key device of Linux's (the input subsystem's `event` interface) or Enter at
//! a terminal. By HTTP it is rung at `/ring`, beside ONVIF.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc;

/// Presses that wait to be told: a child at the door presses more often than anybody wants to hear.
const PRESSES_MAX: usize = 4;

/// A button that was pulled out may come back.
const AGAIN: Duration = Duration::from_secs(5);

/// Bytes of a `struct input_event` on this machine: two times of a word each, type, code and value (linux/input.h).
const EVENT_BYTES: usize = 2 * size_of::<usize>() + 8;

/// `EV_KEY` (linux/input-event-codes.h).
const KEY: u16 = 1;
/// A key went down; 0 is up, 2 is held.
const DOWN: i32 = 1;

/// Where presses come together.
#[must_use]
pub fn presses() -> (mpsc::Sender<()>, mpsc::Receiver<()>) {
    mpsc::channel(PRESSES_MAX)
}

/// Tells presses of any key of a key device, as `/dev/input/event0`: a button at a GPIO is one by the kernel's `gpio-keys`.
///
/// # Errors
/// Where it cannot be opened. One that goes later is looked for again.
pub fn key_device(path: PathBuf, pressed: mpsc::Sender<()>) -> io::Result<()> {
    let mut device = File::open(&path)?;
    // A thread of its own and no task: a read of a device has no end, and nothing is to wait for it.
    listen("bell-key", move || {
        loop {
            let ended = read_keys(&mut device, &pressed);
            if pressed.is_closed() {
                return;
            }
            tracing::warn!(path = %path.display(), error = ?ended.err(), "the bell's button is gone");
            device = loop {
                std::thread::park_timeout(AGAIN);
                match File::open(&path) {
                    Ok(device) => break device,
                    Err(_) if pressed.is_closed() => return,
                    Err(_) => {}
                }
            };
            tracing::info!(path = %path.display(), "the bell's button is back");
        }
    })
}

/// Tells presses of Enter on `input`, until it ends.
///
/// # Errors
/// Where this machine has no thread for it.
pub fn enter(mut input: impl BufRead + Send + 'static, pressed: mpsc::Sender<()>) -> io::Result<()> {
    listen("bell-enter", move || {
        let mut line = Vec::new();
        while !pressed.is_closed() {
            line.clear();
            // What is typed before Enter is nobody's, and bounded.
            match input.by_ref().take(1024).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) if line.ends_with(b"\n") => press(&pressed),
                Ok(_) => {}
            }
        }
    })
}

fn listen(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
}

/// Reads events until the device ends.
fn read_keys(device: &mut impl Read, pressed: &mpsc::Sender<()>) -> io::Result<()> {
    let mut event = [0; EVENT_BYTES];
    loop {
        device.read_exact(&mut event)?;
        if is_press(&event) {
            press(pressed);
        }
        if pressed.is_closed() {
            return Ok(());
        }
    }
}

fn is_press(event: &[u8; EVENT_BYTES]) -> bool {
    let Some(&[a, b, _, _, c, d, e, f]) = event.last_chunk::<8>() else { return false };
    u16::from_ne_bytes([a, b]) == KEY && i32::from_ne_bytes([c, d, e, f]) == DOWN
}

/// One more than are waiting is one too many.
fn press(pressed: &mpsc::Sender<()>) {
    let _ = pressed.try_send(());
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn event(kind: u16, value: i32) -> Vec<u8> {
        let times = vec![7; EVENT_BYTES - 8];
        [times, kind.to_ne_bytes().to_vec(), 28_u16.to_ne_bytes().to_vec(), value.to_ne_bytes().to_vec()].concat()
    }

    #[tokio::test]
    async fn a_key_that_goes_down_rings_and_nothing_else_does() {
        let (mut reader, mut writer) = io::pipe().unwrap();
        let (pressed, mut presses) = presses();
        // Up, held, a scan code, and what the kernel sends behind each.
        for (kind, value) in [(1, 0), (1, 2), (4, 28), (0, 0), (2, 1)] {
            writer.write_all(&event(kind, value)).unwrap();
        }
        writer.write_all(&event(1, 1)).unwrap();
        writer.write_all(&event(0, 0)[..3]).unwrap();
        drop(writer);
        assert_eq!(read_keys(&mut reader, &pressed).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        drop(pressed);
        assert_eq!(presses.recv().await, Some(()));
        assert_eq!(presses.recv().await, None, "one key went down");
    }

    #[tokio::test]
    async fn enter_rings_and_its_end_is_the_end() {
        let typed = io::Cursor::new(b"\nx\nno line".to_vec());
        let (pressed, mut presses) = presses();
        enter(typed, pressed.clone()).unwrap();
        assert!(key_device("/nowhere/event0".into(), pressed).is_err());
        let mut rung = 0;
        while presses.recv().await.is_some() {
            rung += 1;
        }
        assert_eq!(rung, 2);
    }
}
