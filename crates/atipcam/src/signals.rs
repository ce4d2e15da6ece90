use std::io;

use tokio::signal::unix::{SignalKind, signal};

use crate::console::complain;

/// Listens from now on; the future resolves at the first SIGTERM or SIGINT. The second one leaves at once.
pub(crate) fn asked_to_stop() -> io::Result<impl Future<Output = ()>> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = term.recv() => {}
                _ = int.recv() => {}
            }
            complain("left at once, as asked twice");
            std::process::exit(130);
        });
    })
}
